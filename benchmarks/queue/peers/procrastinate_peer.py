"""Procrastinate 3.10: 20 jobs at once, finished jobs deleted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from typing import Any

import procrastinate
import uvloop

NOTE = "x" * 130


async def main(url: str, verb: str, count: int) -> dict[str, Any]:
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url))
    stamps: list[float] = []
    finished = asyncio.Event()

    @app.task(name="noop")
    async def noop(order: str, note: str) -> None:
        del order, note
        stamps.append(time.perf_counter())
        if len(stamps) >= count:
            finished.set()

    async with app.open_async():
        with contextlib.suppress(procrastinate.exceptions.ConnectorException):  # it may be there already
            await app.schema_manager.apply_schema_async()
        arguments = {"order": "0197f2c0-0000-7000-8000-000000000000", "note": NOTE}
        began = time.perf_counter()
        if verb == "bulk":
            for start in range(0, count, 1000):
                await noop.batch_defer_async(*[arguments] * min(1000, count - start))
        elif verb == "one":
            for _ in range(count):
                await noop.defer_async(**arguments)
        else:
            running = asyncio.create_task(
                app.run_worker_async(concurrency=20, delete_jobs="always", install_signal_handlers=False)
            )
            await finished.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            return {"per_s": (len(stamps) - 1) / (stamps[-1] - stamps[0]), "done": len(stamps)}
        return {"per_s": count / (time.perf_counter() - began)}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
