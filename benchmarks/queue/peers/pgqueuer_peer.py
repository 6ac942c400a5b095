"""PgQueuer 1.6: asyncpg, batches as given (10, 100 and 500 were tried; see the table of the run)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

import asyncpg
import uvloop
from pgqueuer import AsyncpgDriver, PgQueuer, Queries

PAYLOAD = json.dumps({"order": "0197f2c0-0000-7000-8000-000000000000", "note": "x" * 130}).encode()
BATCH = int(os.environ.get("PEER_BATCH", "100"))


async def main(url: str, verb: str, count: int) -> dict[str, Any]:
    connection = await asyncpg.connect(url)
    driver = AsyncpgDriver(connection)
    queries = Queries(driver)
    if not await queries.schema_is_installed():
        await queries.install()
    began = time.perf_counter()
    if verb == "bulk":
        for start in range(0, count, 1000):
            n = min(1000, count - start)
            await queries.enqueue(["noop"] * n, [PAYLOAD] * n, [0] * n)
    elif verb == "one":
        for _ in range(count):
            await queries.enqueue("noop", PAYLOAD)
    elif verb == "drain":
        pgq = PgQueuer(driver)
        stamps: list[float] = []

        @pgq.entrypoint("noop")
        async def noop(_job: Any) -> None:
            stamps.append(time.perf_counter())
            if len(stamps) >= count:
                pgq.shutdown.set()

        await asyncio.wait_for(pgq.run(batch_size=BATCH), 300)
        left = await connection.fetchval("SELECT count(*) FROM pgqueuer")
        return {"per_s": (len(stamps) - 1) / (stamps[-1] - stamps[0]), "done": len(stamps), "left": left}
    return {"per_s": count / (time.perf_counter() - began)}


if __name__ == "__main__":
    print(json.dumps(uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))))
