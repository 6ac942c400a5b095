"""The server under test: Barback itself, plus a no-op beside POST /v1/orders that does all of it but store."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import msgspec
import uvloop

from barback.commerce.orders.hot import _JSON_HEADERS, _body, _token
from barback.commerce.orders.intake import read_request
from barback.commerce.orders.shapes import BatchAnswer, OrderAnswer
from barback.engine import Worker
from barback.foundation.settings import Settings
from barback.server import assembly
from barback.server.asgi import Application
from barback.server.context import Context
from barback.server.logs import set_up_logs
from barback.server.serving import bind, leave_what_was_built_alone, listening, stop_with_parent
from barback.storage import migrate, open_database


class NoOp:
    """Authenticates, reads and validates the batch, and answers: the same work, stored nowhere."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = await _body(receive)
        now_ms = self._context.clock.now_ms()
        request = read_request(body, self._context.tokens.verify(_token(scope), now_ms), now_ms)
        answers = [OrderAnswer(one.order_id, "accepted", "0000-000000", "tab", []) for one in request.incoming]
        await send({"type": "http.response.start", "status": 202, "headers": _JSON_HEADERS})
        await send({"type": "http.response.body", "body": msgspec.json.encode(BatchAnswer(now_ms, answers))})


async def main(url: str, port: int, *, work: bool) -> None:
    settings = Settings(database_url=url, log_level="warning")
    set_up_logs(settings)
    db = await open_database(url)
    await migrate(db, assembly.migrations())
    application = Application(settings)
    stop = asyncio.Event()
    parent = asyncio.create_task(stop_with_parent(stop))
    if work:
        worker = Worker(db, assembly.tasks())
        working = asyncio.create_task(worker.run())
    else:
        async with listening(application, bind("127.0.0.1", port)):
            assert application.context is not None
            application._hot["POST", "/v1/noop"] = NoOp(application.context)
            leave_what_was_built_alone()
            print("ready", flush=True)
            await stop.wait()
        parent.cancel()
        await db.close()
        return
    print("ready", flush=True)
    await stop.wait()
    worker.stop()
    await working
    await db.close()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), work=sys.argv[3:] == ["work"]))
