"""A process that writes: `hold` keeps a transaction open until told, `hurry` commits as often as it can."""

from __future__ import annotations

import asyncio
import sys

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
