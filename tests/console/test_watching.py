"""The overview is pushed to consoles that are open, and to nobody else."""

from __future__ import annotations

import asyncio
import contextlib

import msgspec
import pytest
from tests.engine.notes import Book, NoteTask, enqueue

from barback.commerce.accounts import Principal
from barback.console.watching import CHANNEL, push_overview
from barback.engine.live import Follower, Hub
from barback.foundation.errors import Forbidden
from barback.server.channels import CHANNELS
from barback.storage import Database


async def test_who_follows_is_told_how_things_are(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("barback.console.watching.LOOK_EVERY_S", 0.01)
    hub, follower = Hub(database), Follower()
    pushing = asyncio.create_task(push_overview(database, hub))
    try:
        assert not hub.is_followed(CHANNEL)
        await enqueue(database, NoteTask(Book(), queue="mail"), "Ada")
        hub.follow(follower, CHANNEL)
        async with asyncio.timeout(30):
            await follower.fresh.wait()
        frame = msgspec.json.decode(follower.outbox[0])
        assert (frame["channel"], frame["kind"], frame["data"]["ready"]) == (CHANNEL, "overview", 1)
        assert frame["at_ms"] == frame["data"]["as_of_ms"]
    finally:
        pushing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await pushing


async def test_only_who_may_look_may_follow(database: Database) -> None:
    async with database.reading() as tx:
        await CHANNELS["console"](tx, Principal("t", "person", "p", "watcher"), "overview")
        with pytest.raises(Forbidden):
            await CHANNELS["console"](tx, Principal("t", "person", "p", "owner"), "overview")
