"""`barback doctor` names what is wrong and the cure: each thing is made wrong, found, and mended."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.tools import sql
from tests.engine.notes import Book, NoteTask, enqueue, work
from typer.testing import CliRunner

from barback.engine import MIGRATIONS, Worker
from barback.engine.blobs import blob_refs
from barback.engine.history import tidy
from barback.engine.operations import control, doctor
from barback.engine.operations.doctor import Finding
from barback.engine.store import SQL
from barback.foundation.clock import HandClock, SystemClock
from barback.server import assembly
from barback.server.cli import app
from barback.storage import Database, open_database


async def found(db: Database, **without: Any) -> dict[str, Finding]:
    """Findings by kind; the test's own clock is far from the server's, which is a finding of its own."""
    examined = await doctor.examine(db, assembly.migrations())
    assert examined.checks > 5
    return {one.kind: one for one in examined.findings if one.kind not in ("clock_skew", *without)}


async def run(db: Database, text: str) -> None:
    async with db.transaction() as tx:
        await tx.script(text)


async def test_a_healthy_database_has_nothing(database: Database) -> None:
    assert await found(database) == {}


async def test_workers_of_which_none_forgets_what_is_old(database: Database) -> None:
    """A worker that was given tasks and nothing else; one of all parts does the upkeep."""
    await Worker(database, [NoteTask(Book())]).start()
    no_upkeep = (await found(database))["no_upkeep"]
    assert (no_upkeep.severity, no_upkeep.subject) == ("notice", "workers")
    assert "Worker.of" in no_upkeep.cure
    await Worker.of(database, NoteTask(Book())).start()
    assert await found(database) == {}


async def test_queues_workers_schedules_and_dead_letters(database: Database, clock: HandClock) -> None:
    """Nobody works a queue; a queue paused and forgotten; letters that died; a tick that nobody fires; a closed key."""
    task = NoteTask(Book(dies={"x"}), policy="park")
    await Worker(database, tidy.TASKS, schedules=tidy.SCHEDULES).start()
    await enqueue(database, task, "x", "y", key="tab 1")
    await work(database, task)
    await enqueue(database, task, "z")
    seen = await found(database)
    assert {kind: (one.severity, one.subject) for kind, one in seen.items()} == {
        "dead_letters": ("bad", "queue:notes"),
        "closed_keys": ("notice", "queue:notes"),
    }
    clock.advance(3 * 3_600_000)
    async with database.transaction() as tx:
        await tx.run(sql("DELETE FROM engine_worker"))
        await control.pause(tx, "notes", who="test")
    clock.advance(3_600_001)
    seen = await found(database)
    assert {"paused", "late_schedule"} <= seen.keys()
    assert seen["paused"].cure == "run: barback queue resume notes"
    async with database.transaction() as tx:
        await control.resume(tx, "notes", who="test")
    no_worker = (await found(database))["no_worker"]
    assert (no_worker.severity, no_worker.said) == ("bad", "2 messages wait in notes and no worker works it")
    assert "barback work --queues notes" in no_worker.cure


async def test_messages_that_need_a_blob_store(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as tx:
        await blob_refs.keep(tx, ["a", "b"])
    one = (await found(database))["no_blob_store"]
    assert (one.severity, one.said) == ("notice", "2 messages need a blob store and BARBACK_BLOBS is not set here")
    monkeypatch.setenv("BARBACK_BLOBS", str(tmp_path))
    assert await found(database) == {}


async def test_a_stuck_lease_and_a_silent_worker(database: Database, clock: HandClock) -> None:
    """Held by somebody who is gone; by somebody who is not heard of; by somebody who lives but for too long."""
    async with database.transaction() as tx:
        for worker in ("gone", "slow"):
            await tx.run(SQL.worker_add, id=worker, host="bar", pid=1, queues="notes", now_ms=tx.now_ms)
            await tx.one(
                SQL.lease_add,
                queue="notes",
                worker=worker,
                now_ms=tx.now_ms,
                size=3,
                body=b"\x90",
                lined=0,
                keys=None,
                unless_lined=0,
            )
        await tx.run(SQL.worker_remove, id="gone")
    clock.advance(60_000)
    seen = await found(database)
    assert (seen["stuck_lease"].severity, seen["silent_worker"].subject) == ("bad", "worker:slow")
    assert "held by gone for 60 s" in seen["stuck_lease"].said
    async with database.transaction() as tx:
        await tx.run(sql("DELETE FROM engine_lease WHERE worker = 'gone'"))
    clock.advance(15 * 60_000)
    async with database.transaction() as tx:
        await tx.all(SQL.worker_beat, id="slow", now_ms=tx.now_ms, memory_bytes=0, cpu_us=0, cpu_permille=0)
    seen = await found(database)
    assert (seen["stuck_lease"].severity, "silent_worker" in seen) == ("notice", False)
    assert "SIGUSR1" in seen["stuck_lease"].cure


async def test_a_missing_index_is_named_with_the_statement_that_makes_it(database: Database) -> None:
    await run(database, "DROP INDEX engine_ready_turn")
    missing = (await found(database))["missing_index"]
    assert (missing.severity, missing.subject) == ("bad", "index:engine_ready_turn")
    await run(database, missing.cure.removeprefix("run: "))
    assert await found(database) == {}


async def test_migrations_that_are_not_applied(empty_database_url: str) -> None:
    """The only thing said, as the rest could not be asked."""
    db = await open_database(empty_database_url)
    examined = await doctor.examine(db, [MIGRATIONS])
    assert [(one.kind, one.cure) for one in examined.findings] == [("migrations", "run: barback migrate")]
    await db.close()


async def test_a_held_snapshot_is_named_with_its_backend(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL by its process id; on SQLite by the log that cannot shrink."""
    monkeypatch.setattr(doctor, "SNAPSHOT_S", 0)
    monkeypatch.setattr(doctor, "LOG_BYTES", 0)
    other = await open_database(database.url)
    async with other.transaction() as holder:
        await holder.run(sql("INSERT INTO engine_queue (name, changed_ms) VALUES ('held', 0)"))
        if database.dialect == "postgres":
            row = await holder.one(sql("SELECT 1", "SELECT pg_backend_pid() AS pid"))
            assert row is not None
            held = (await found(database))["held_snapshot"]
            assert held.subject == f"backend:{row['pid']}"
            assert f"pg_terminate_backend({row['pid']})" in held.cure
    if database.dialect == "sqlite":
        assert "wal_checkpoint" in (await found(database))["held_snapshot"].cure
    await other.close()


async def test_what_is_particular_to_a_server_or_a_file(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dead rows, its clock, its connections; the room on a disk."""
    if database.dialect == "sqlite":
        monkeypatch.setattr(doctor, "DISK_SHARE", 2.0)
        assert (await found(database))["disk"].subject == database_url.removeprefix("sqlite:///")
        return
    monkeypatch.setattr(doctor, "CONNECTIONS_SHARE", 0.0)
    assert "BARBACK_DATABASE_POOL_MAX" in (await found(database))["connections"].cure
    kinds = {one.kind for one in (await doctor.examine(database, assembly.migrations())).findings}
    assert "clock_skew" in kinds
    right = await open_database(database_url, clock=SystemClock())
    assert "clock_skew" not in {one.kind for one in (await doctor.examine(right, assembly.migrations())).findings}
    monkeypatch.setattr(doctor, "DEAD_ROWS", 10)
    fill = "INSERT INTO engine_queue (name, changed_ms) SELECT 'q' || n, 0 FROM generate_series(1, 200) AS n"
    await run(database, "ALTER TABLE engine_queue SET (autovacuum_enabled = false)")
    await run(database, f"{fill}; DELETE FROM engine_queue; SELECT pg_stat_force_next_flush();")

    async def bloated() -> bool:
        return "bloat" in await found(database)

    async with asyncio.timeout(30):
        while not await bloated():  # noqa: ASYNC110 - the server's statistics tell nobody
            await asyncio.sleep(0.05)
    assert (await found(database))["bloat"].subject == "table:engine_queue"
    await right.close()


async def test_the_command_prints_the_cure_and_exits_with_one(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """And with none when all is well; as JSON for programs."""
    task = NoteTask(Book())
    arguments = ("doctor", "--database", database_url)
    environment = {"BARBACK_DATABASE_URL": database_url, "HOME": str(tmp_path)}
    answer = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
    assert (answer.exit_code, answer.stdout.splitlines()[-1].endswith("checks: nothing is wrong")) == (0, True)
    await enqueue(database, task, "a")
    answer = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
    assert answer.exit_code == 1
    assert "✗ no_worker: 1 messages wait in notes and no worker works it\n    run: barback work" in answer.stdout
    answer = await asyncio.to_thread(CliRunner().invoke, app, (*arguments, "--json"), env=environment)
    assert [one["kind"] for one in json.loads(answer.stdout)["findings"]] == ["no_worker"]
