"""Live news: facts that screens follow, in a log that can be read again from any cursor.

News is written in the transaction that makes it true. The hub of each server process reads the log
once for all its connections. A cursor is a place in the log: whoever comes back with one misses
nothing, or is told to start anew when the log does not reach back that far.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec

from barback.engine.store import SQL
from barback.foundation.errors import FieldProblem, Invalid
from barback.storage import Database, Row, StorageError, Transaction

log = logging.getLogger("barback.engine")

BELL = "live"
REPLAY_MAX = 5_000
PAGE = 500
KEEP_MS = 24 * 3_600_000
QUIET_LOOK_S = 15.0
RECHECK_S = 0.01

Place = tuple[int, int]


class News(msgspec.Struct, frozen=True):
    """One fact, as it goes over the wire. `cursor` continues after it."""

    place: Place
    channels: tuple[str, ...]
    kind: str
    at_ms: int
    data: msgspec.Raw

    @property
    def cursor(self) -> str:
        """The place as opaque text."""
        return cursor_of(self.place)


class BadLiveCursor(Invalid):
    """The cursor is not one that we gave out."""

    code = "bad_live_cursor"
    title = "The cursor is not one of ours"


def cursor_of(place: Place) -> str:
    """Opaque text for a place in the log."""
    return f"{place[0]:x}.{place[1]:x}"


def place_of(cursor: str) -> Place:
    """The place a cursor stands for; raises BadLiveCursor."""
    try:
        xid, _, pos = cursor.partition(".")
        place = int(xid, 16), int(pos, 16)
        known = all(0 <= part < 2**63 for part in place)
    except ValueError:
        place, known = (0, 0), False
    if not known:
        problem = FieldProblem("cursor", cursor[:80], "not a cursor of the live log", "leave it out to start now")
        raise BadLiveCursor(fields=[problem])
    return place


async def publish(tx: Transaction, channels: Sequence[str], kind: str, data: Any) -> None:
    """Tell everybody who follows any of `channels`, if and only if `tx` commits."""
    await publish_many(tx, [(channels, kind, data)])


async def publish_many(tx: Transaction, news: Sequence[tuple[Sequence[str], str, Any]]) -> None:
    """Many at once: (channels, kind, data) each; `data` is anything msgspec can encode."""
    if not news:
        return
    rows = [
        {"at_ms": tx.now_ms, "channels": " ".join(channels), "kind": kind, "data": msgspec.json.encode(data).decode()}
        for channels, kind, data in news
    ]
    await tx.many(SQL.live_add, rows)
    bell = tx.database.bell
    tx.after_commit(lambda: bell.ring(BELL))


def _news(row: Row) -> News:
    place = int(row["xid"]), int(row["pos"])
    return News(
        place, tuple(str(row["channels"]).split(" ")), row["kind"], row["at_ms"], msgspec.Raw(str(row["data"]).encode())
    )


async def read_after(tx: Transaction, place: Place, limit: int) -> tuple[list[News], bool]:
    """What came after `place`, oldest first, at most `limit`; and whether more is there or about to be."""
    rows = await tx.all(SQL.live_after, xid=place[0], pos=place[1], n=limit)
    final = [_news(row) for row in rows if row["final"]]
    return final, len(rows) == limit or len(final) < len(rows)


async def end_of(tx: Transaction) -> Place:
    """The place after which only later news will come."""
    row = await tx.one(SQL.live_end)
    return (0, 0) if row is None else (int(row["xid"]), int(row["pos"]))


async def replay(tx: Transaction, place: Place, channel: str, upto: Place) -> list[News] | None:
    """What `channel` heard after `place` up to `upto`; None when the log is pruned there or it is too much."""
    start = await tx.one(SQL.live_start)
    if start is None or start["pos"] == 0:
        return None if place < upto else []
    if place < (int(start["xid"]), int(start["pos"])) and place != (0, 0) and not _adjoins(place, start):
        return None
    found: list[News] = []
    seen = 0
    while place < upto:
        page, more = await read_after(tx, place, PAGE)
        seen += len(page)
        found += [one for one in page if channel in one.channels and one.place <= upto]
        if not more or not page:
            return found
        if seen >= REPLAY_MAX:
            return None
        place = page[-1].place
    return found


def _adjoins(place: Place, start: Row) -> bool:
    """On SQLite places are gapless, so the one right before the first row lost nothing."""
    return place[0] == 0 and place[1] + 1 == int(start["pos"])


class Follower:
    """One connection's view: a bounded outbox. A follower that is too slow is cut off, not waited for."""

    def __init__(self, outbox_max: int = 2_000) -> None:
        """`outbox_max` frames wait at most."""
        self.channels: set[str] = set()
        self.outbox: deque[bytes] = deque()
        self.fresh = asyncio.Event()
        self.too_slow = False
        self.outbox_limit = outbox_max

    def put(self, frame: bytes) -> None:
        """Queue a frame, or give up on this follower."""
        if len(self.outbox) >= self.outbox_limit:
            self.too_slow = True
        else:
            self.outbox.append(frame)
        self.fresh.set()


def news_frame(news: News, channel: str) -> bytes:
    """The frame that tells `channel` of `news`."""
    return msgspec.json.encode(
        {
            "type": "news",
            "channel": channel,
            "cursor": news.cursor,
            "kind": news.kind,
            "at_ms": news.at_ms,
            "data": news.data,
        }
    )


class Hub:
    """Reads the log once and hands each frame, encoded once, to whoever follows its channel."""

    def __init__(self, db: Database) -> None:
        """Call `run` in a task."""
        self._db = db
        self._followers: dict[str, set[Follower]] = {}
        self.place: Place = (0, 0)
        self.ready = asyncio.Event()

    def follow(self, follower: Follower, channel: str) -> None:
        """From now on `follower` gets the news of `channel`."""
        self._followers.setdefault(channel, set()).add(follower)
        follower.channels.add(channel)

    def unfollow(self, follower: Follower, channel: str) -> None:
        """No more news of `channel`."""
        followers = self._followers.get(channel, set())
        followers.discard(follower)
        if not followers:
            self._followers.pop(channel, None)
        follower.channels.discard(channel)

    def leave(self, follower: Follower) -> None:
        """The connection is gone."""
        for channel in list(follower.channels):
            self.unfollow(follower, channel)

    def is_followed(self, channel: str) -> bool:
        """Whether anybody of this process listens there."""
        return channel in self._followers

    def tell(self, channel: str, kind: str, at_ms: int, data: Any) -> None:
        """Tell the followers of this process something that is in no log: who was away does not hear it later."""
        news = News(self.place, (channel,), kind, at_ms, msgspec.Raw(msgspec.json.encode(data)))
        self._tell(news)

    async def run(self) -> None:
        """Follow the log for ever; survives a database that goes away."""
        listener = self._db.bell.listen(BELL)
        while True:
            try:
                if not self.ready.is_set():
                    async with self._db.reading() as tx:
                        self.place = await end_of(tx)
                    self.ready.set()
                listener.clear()
                hidden = await self._advance()
                # News may be there and not be final yet, behind a transaction that is about to end.
                await listener.wait(RECHECK_S if hidden else QUIET_LOOK_S)
            except (StorageError, OSError, TimeoutError) as error:
                log.warning("live: %s", error)
                await asyncio.sleep(1)

    async def _advance(self) -> bool:
        """Hand out what is new; True when something is there that is not final yet."""
        while True:
            async with self._db.reading() as tx:
                page, more = await read_after(tx, self.place, PAGE)
            for news in page:
                self.place = news.place
                self._tell(news)
            if not more or not page:
                return more

    def _tell(self, news: News) -> None:
        for channel in news.channels:
            followers = self._followers.get(channel)
            if followers:
                frame = news_frame(news, channel)
                for follower in followers:
                    follower.put(frame)


async def prune(tx: Transaction, now_ms: int, keep_ms: int = KEEP_MS) -> int:
    """Forget news older than a day, a page at a time; on PostgreSQL what is in no partition (see `retention`)."""
    return await tx.run(SQL.live_prune, before_ms=now_ms - keep_ms, n=1_000)
