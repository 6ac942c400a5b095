"""A process that writes.

`hold` keeps a transaction open until told, `hurry` commits as often as it can, `order` orders drinks until told and
says how many and for how long it waited at most, `listen` says when it hears the bell.
"""

from __future__ import annotations

import asyncio
import sys
import time

from tests.conformance.bar import order, pouring
from tests.conformance.tools import say, sql

from barback.storage import open_database

ADD = sql("INSERT INTO note (id, n) VALUES (:id, 0)")
BUMP = sql("UPDATE note SET n = n + 1 WHERE id = 'busy'")


async def main(what: str, url: str) -> None:
    """Connect, do `what`."""
    db = await open_database(url)
    if what == "hold":
        async with db.transaction() as tx:
            await tx.run(ADD, id="of the child")
            say("holding")
            await asyncio.to_thread(sys.stdin.readline)
    elif what == "hurry":
        say("ready")
        while True:
            async with db.transaction() as tx:
                await tx.run(BUMP)
    elif what == "order":
        told = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
        longest, n = 0.0, 0
        while not told.done():
            began = time.monotonic()
            await order(db, pouring(name="bar.note", queue="notes"), [10_000 + n])
            longest, n = max(longest, time.monotonic() - began), n + 1
            if n == 1:
                say("ordering")
            await asyncio.sleep(0.01)  # time for others
        say(f"ordered {n} {longest:.3f}")
    elif what == "listen":
        listener = db.bell.listen("queue:bar")
        say("listening")
        heard = 0
        while True:
            await listener.wait(3_600)
            listener.clear()
            heard += 1
            say(f"heard {heard}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
