"""E19. Payloads to 256 KiB are rows; larger ones go to a blob store by reference; anything else is a clear error."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.bar import Drink, held
from tests.conformance.tools import count

from barback.engine import ActingTask, Dead, Message, Outcome, PayloadTooLargeError, Queue, Work, submit
from barback.engine.blobs.stores import BlobMissingError, Blobs, FolderBlobs, open_blobs, store_of
from barback.engine.dead import dead_letters
from barback.engine.history.tidy import Tidy
from barback.engine.operations import moving
from barback.engine.payloads.blob_payloads import ORPHAN_AFTER_MS, enqueue_large, remove_orphans, stow
from barback.engine.payloads.tidy_blobs import TidyBlobs
from barback.engine.workers.apps import App, with_upkeep
from barback.foundation.settings import settings_from
from barback.storage import Database, Transaction
from barback.testing import HandClock, run_until_quiet

LARGE = "x" * 300_000


class Report(Drink):
    """A payload that may be large."""

    text: str = ""


class Reads:
    """A task that reads reports, and what it read; some die of it."""

    def __init__(self, blobs: Blobs | None, *, dies: bool = False) -> None:
        self.read: list[tuple[int, int]] = []
        self.dies = dies

        async def handle(_tx: Transaction, message: Message[Report]) -> Outcome | None:
            self.read.append((message.payload.n, len(message.payload.text)))
            return Dead("no ice") if self.dies else None

        self.task = Queue("reports").task("report.read", payload=Report, blobs=blobs)(handle)


class AwayBlobs(FolderBlobs):
    """A store that is away for a while."""

    away = False

    async def get(self, name: str) -> bytes:
        if self.away:
            raise ConnectionError("no line to the store")
        return await super().get(name)

    async def delete(self, names: Iterable[str]) -> None:
        if self.away:
            raise ConnectionError("no line to the store")
        await super().delete(names)


def files(folder: Path) -> list[str]:
    """What is in the store."""
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


async def enqueue(db: Database, task: Any, *works: Work[Report]) -> list[str]:
    """Stow, then enqueue in one transaction."""
    stowed = [await stow(task, work) for work in works]
    async with db.transaction() as tx:
        return await task.enqueue_many(tx, stowed)


async def test_E19_a_large_payload_goes_by_the_blob_store_and_is_removed_at_the_end(
    tables: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "blobs"
    reads = Reads(FolderBlobs(folder))
    await enqueue(tables, reads.task, Work(Report(1, LARGE)), Work(Report(2, "small")), Work(Report(3, LARGE), key="a"))
    assert len(files(folder)) == await count(tables, "engine_blob") == 2, "the small one is a row"
    await run_until_quiet(tables, [reads.task])
    assert sorted(reads.read) == [(1, 300_000), (2, 5), (3, 300_000)]
    assert files(folder) == []
    assert await count(tables, "engine_blob") == 0


async def test_E19_one_that_is_stowed_may_be_submitted(tables: Database, tmp_path: Path) -> None:
    """What it is and where its payload lies are two rows, and one commit."""
    reads = Reads(FolderBlobs(tmp_path / "blobs"))
    await submit(tables, reads.task, await stow(reads.task, Work(Report(1, text="x" * 400_000))))
    await run_until_quiet(tables, [reads.task])
    assert reads.read == [(1, 400_000)]
    assert files(tmp_path / "blobs") == []


async def test_E19_without_a_blob_store_it_is_a_clear_error(tables: Database) -> None:
    reads = Reads(None)
    with pytest.raises(PayloadTooLargeError, match=r"at most 262144 bytes for report\.read, got .*`stow`"):
        async with tables.transaction() as tx:
            await reads.task.enqueue(tx, Report(1, LARGE))
    with pytest.raises(ValueError, match=r"report\.read has no blob store"):
        await stow(reads.task, Work(Report(1, LARGE)))


async def test_E19_a_dead_letter_keeps_its_payload_until_it_is_done_or_discarded(
    tables: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "blobs"
    reads = Reads(FolderBlobs(folder), dies=True)
    [first] = await enqueue(tables, reads.task, Work(Report(1, LARGE)))
    second = await enqueue_large(tables, reads.task, Work(Report(2, LARGE)))
    await run_until_quiet(tables, [reads.task])
    assert len(files(folder)) == 2
    reads.dies = False
    async with tables.transaction() as tx:
        await dead_letters.retry(tx, first, who="test")
        await dead_letters.discard(tx, second, who="test")
    await run_until_quiet(tables, [reads.task])
    assert sorted(reads.read) == [(1, 300_000), (1, 300_000), (2, 300_000)]
    assert await count(tables, "engine_blob") == 0
    assert len(files(folder)) == 1, "that of the discarded one is an orphan"


async def test_E19_a_message_that_is_cancelled_needs_its_payload_no_more(tables: Database, tmp_path: Path) -> None:
    reads = Reads(FolderBlobs(tmp_path / "blobs"))
    [cancelled, _] = await enqueue(tables, reads.task, *(Work(Report(n, LARGE)) for n in (1, 2)))
    async with tables.transaction() as tx:
        await moving.cancel(tx, cancelled, who="test")
    assert await count(tables, "engine_blob") == 1, "that of the other one"


async def test_E19_a_store_that_is_away_fails_only_what_needs_it(
    tables: Database, tmp_path: Path, clock: HandClock
) -> None:
    store = AwayBlobs(tmp_path / "blobs")
    reads = Reads(store)
    await enqueue(tables, reads.task, Work(Report(1, LARGE)), Work(Report(2)))
    store.away = True
    await run_until_quiet(tables, [reads.task])
    assert reads.read == [(2, 0)]
    assert await held(tables) == {"later": 1}
    assert await count(tables, "engine_failure", "error LIKE '%no line to the store'") == 1
    store.away = False
    clock.advance(600_000)
    await run_until_quiet(tables, [reads.task])
    assert reads.read == [(2, 0), (1, 300_000)]


async def test_E19_an_acting_task_gets_its_payload_too(tables: Database, tmp_path: Path) -> None:
    class Send(ActingTask[Report, Report, int]):
        """Sends a report."""

        name, queue, payload = "report.send", "send", Report
        blobs = FolderBlobs(tmp_path / "blobs")
        sent = 0

        async def decide(self, tx: Transaction, message: Message[Report]) -> Report:
            del tx
            return message.payload

        async def act(self, decision: Report) -> int:
            return len(decision.text)

        async def record(self, tx: Transaction, message: Message[Report], decision: Report, result: int) -> None:
            del tx, message, decision
            self.sent += result

    send = Send()
    await enqueue(tables, send, Work(Report(1, LARGE)))
    await run_until_quiet(tables, [send])
    assert send.sent == 300_000
    assert files(tmp_path / "blobs") == []


async def test_E19_what_no_message_needs_is_removed_after_a_day(
    tables: Database, tmp_path: Path, clock: HandClock
) -> None:
    folder = tmp_path / "blobs"
    store = FolderBlobs(folder)
    reads = Reads(store)
    await stow(reads.task, Work(Report(1, LARGE)))  # and never enqueued
    await enqueue(tables, reads.task, Work(Report(2, LARGE)))
    for name in files(folder):
        os.utime(folder / name, (clock.now_ms() / 1000, clock.now_ms() / 1000))
    assert await remove_orphans(tables, store) == 0
    clock.advance(ORPHAN_AFTER_MS + 1_000)
    tidy = TidyBlobs(tables, store)
    async with tables.transaction() as tx:
        await tidy.enqueue(tx, Tidy())
    await run_until_quiet(tables, [tidy])
    assert len(files(folder)) == 1
    await run_until_quiet(tables, [reads.task])
    assert reads.read == [(2, 300_000)]


@pytest.fixture(params=["folder", "object store"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """A store of each kind; the object store is obstore's own in memory."""
    return open_blobs("memory:///" if request.param == "object store" else f"file://{tmp_path / 'blobs'}")


async def test_E19_every_store_keeps_gives_lists_and_forgets(store: Blobs) -> None:
    await store.put("one", b"1" * 1_000_000)
    await store.put("one", b"2" * 1_000_000)
    await store.put("two", b"")
    assert await store.get("one") == b"2" * 1_000_000
    assert await store.get("two") == b""
    with pytest.raises(BlobMissingError):
        await store.get("three")
    assert await store.older(0) == []
    assert sorted(await store.older(2**45)) == ["one", "two"]
    await store.delete(["one", "three"])
    assert await store.older(2**45) == ["two"]


async def test_E19_a_blob_in_a_folder_is_seen_whole_or_not_at_all(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path)
    await store.put("one", b"0" * 100_000)

    async def write() -> None:
        for n in range(20):
            await store.put("one", str(n % 10).encode() * 100_000)

    writing = asyncio.create_task(write())
    while not writing.done():
        data = await store.get("one")
        assert len(data) == 100_000
        assert len(set(data)) == 1
    await writing
    assert files(tmp_path) == ["one"]


def test_E19_stores_are_named_by_url_and_blobs_by_plain_names(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"starts with file:///, s3://, gs:// or az://, got 'ftp://x'"):
        open_blobs("ftp://x")
    with pytest.raises(ValueError, match=r"without a slash, got '\.\./x'"):
        asyncio.run(FolderBlobs(tmp_path).put("../x", b""))


@pytest.mark.parametrize("kind", ["folder", "object store"])
async def test_E19_a_store_can_be_set_for_all_tasks(
    tables: Database, tmp_path: Path, clock: HandClock, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """BARBACK_BLOBS, where a task has none: large payloads go and come, and workers remove what nobody needs."""
    url = str(tmp_path / "blobs") if kind == "folder" else f"memory:///{tmp_path.name}"
    monkeypatch.setenv("BARBACK_BLOBS", url)
    store = store_of(settings_from(os.environ))
    assert store is not None
    reads = Reads(None)
    await enqueue(tables, reads.task, Work(Report(1, LARGE)), Work(Report(2, "small")))
    assert await count(tables, "engine_blob") == 1
    await stow(reads.task, Work(Report(3, LARGE)))  # its transaction never came
    app = with_upkeep(App((reads.task,)))
    await run_until_quiet(tables, app.tasks)
    assert sorted(reads.read) == [(1, 300_000), (2, 5)]
    assert len(await store.older(2**52)) == 1, "that of the message is gone"
    clock.advance(time.time_ns() // 1_000_000 + 2 * ORPHAN_AFTER_MS - clock.now_ms())
    [tidy] = [task for task in app.tasks if isinstance(task, TidyBlobs)]
    assert tidy.schedule in app.schedules
    async with tables.transaction() as tx:
        await tidy.enqueue(tx, Tidy())
    await run_until_quiet(tables, app.tasks)
    assert await store.older(2**52) == []
