"""What is wrong with a database of ours, and the cure: `barback doctor`.

Each check asks one thing, answers findings, and changes nothing. `bad` is what loses time or work now;
`notice` is what somebody should know.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from barback.engine.history import tidy
from barback.engine.operations import doctor_indexes
from barback.engine.operations.figures import Snapshot, Watcher
from barback.foundation.settings import settings_from
from barback.storage import Database, MigrationSet, Transaction, pending, statements

SQL = statements(__file__, "doctor.sql")

SNAPSHOT_S = 60
SKEW_MS = 2_000
DEAD_ROWS = 50_000
SILENT_MS = 10_000
STUCK_MS = 15 * 60_000
FORGOTTEN_MS = 60 * 60_000
BEHIND_MS = 60_000
LOG_BYTES = 256 << 20
SLOT_BYTES = 1 << 30
DISK_SHARE = 0.05
CONNECTIONS_SHARE = 0.8
MANY = 1_000


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong. `kind` is for programs; `said` and `cure` are sentences."""

    kind: str
    severity: Literal["bad", "notice"]
    subject: str
    said: str
    cure: str


class Examined(msgspec.Struct, frozen=True):
    """Everything that was found, the worst first, and how many checks were made."""

    checks: int
    findings: list[Finding]

    @property
    def well(self) -> bool:
        """Whether nothing is bad."""
        return not any(one.severity == "bad" for one in self.findings)


async def examine(db: Database, sets: Sequence[MigrationSet]) -> Examined:
    """Make every check that fits the database; `sets` are the migrations it should have."""
    behind = await _migrations(db, sets)
    if behind:
        # What the other checks ask for may not be there yet.
        return Examined(1, behind)
    seen = await Watcher().look(db)
    checks = [*_EVERYWHERE, *(_POSTGRES if db.dialect == "postgres" else _SQLITE)]
    found = [one for check in (work, workers, upkeep, schedules) for one in check(seen)]
    async with db.reading() as tx:
        for check in checks:
            found += await check(tx)
        found += await doctor_indexes.missing(tx, sets, SQL.indexes, Finding)
    found.sort(key=lambda one: (one.severity, one.kind, one.subject))
    return Examined(len(checks) + 6, found)


async def _migrations(db: Database, sets: Sequence[MigrationSet]) -> list[Finding]:
    names = await pending(db, sets)
    if not names:
        return []
    said = f"{len(names)} migrations are not applied: {', '.join(names[:3])}{' …' if len(names) > 3 else ''}"
    return [Finding("migrations", "bad", "database", said, "run: barback migrate")]


def work(seen: Snapshot) -> list[Finding]:
    """Queues that nobody works, that are behind, or whose messages give up."""
    found: list[Finding] = []
    for one in seen.queues:
        waits, name = one.ready + one.waiting, one.queue
        if waits and not one.workers and not one.paused:
            said = f"{waits} messages wait in {name} and no worker works it"
            cure = f"run: barback work --queues {name}; or is its task not in --app?"
            found.append(Finding("no_worker", "bad", f"queue:{name}", said, cure))
        elif one.oldest_ms is not None and not one.paused and seen.as_of_ms - one.oldest_ms > BEHIND_MS:
            said = f"the oldest message of {name} that can run has waited {(seen.as_of_ms - one.oldest_ms) // 1000} s"
            cure = "more workers (barback work --max), more --concurrency, or look what its handlers wait for"
            found.append(Finding("behind", "notice", f"queue:{name}", said, cure))
        if one.died_last_hour:
            said = f"{one.died_last_hour} messages of {name} gave up in the last hour, {one.dead} in all"
            cure = f"look why: barback dead list --queue {name}; then: barback dead retry --queue {name}"
            found.append(Finding("dead_letters", "bad", f"queue:{name}", said, cure))
    return found


def workers(seen: Snapshot) -> list[Finding]:
    """Workers that hold messages and are not heard of."""
    return [
        Finding(
            "silent_worker", "bad", f"worker:{one.id}",
            f"{one.id} holds {one.leased} messages and was last heard of {(seen.as_of_ms - one.seen_ms) // 1000} s ago",
            "any other worker takes them over within seconds: start one, or mend its connection to the database",
        )
        for one in seen.workers
        if one.state == "silent" and one.leased
    ]  # fmt: skip


def upkeep(seen: Snapshot) -> list[Finding]:
    """Whether anybody forgets what is old: a worker that is given only tasks does what it is given and nothing else."""
    if not seen.workers or {one.name for one in seen.schedules} >= {one.name for one in tidy.SCHEDULES}:
        return []
    said = "workers work and none of them has ever forgotten what is old: history grows without end"
    cure = "make one by Worker.of(db, …), or run: barback work --app …; both do the upkeep"
    return [Finding("no_upkeep", "notice", "workers", said, cure)]


def schedules(seen: Snapshot) -> list[Finding]:
    """Schedules that nobody fires."""
    return [
        Finding(
            "late_schedule", "bad", f"schedule:{one.name}",
            f"{one.name} was due {(seen.as_of_ms - one.next_ms) // 1000} s ago",
            "start a worker that knows it: barback work, with the --app it is in",
        )
        for one in seen.schedules
        if one.late
    ]  # fmt: skip


async def leases(tx: Transaction) -> list[Finding]:
    """Messages in hands for too long, or in nobody's whom we know."""
    found: list[Finding] = []
    for row in await tx.all(SQL.leases_old, before_ms=tx.now_ms - 2 * SILENT_MS):
        age_s, subject = (tx.now_ms - row["claimed_ms"]) // 1000, f"lease:{row['token']}"
        said = f"{row['size']} messages of {row['queue']} are held by {row['worker']} for {age_s} s"
        if row["seen_ms"] is None:
            cure = "that worker is gone; any other worker takes them over: start one"
            found.append(Finding("stuck_lease", "bad", subject, said, cure))
        elif tx.now_ms - row["claimed_ms"] > STUCK_MS:
            cure = (
                "ask it what it does (SIGUSR1, then its log); SIGTERM twice hands them back; no timeout_s ends a "
                "handler that never awaits: make it a thread_task or a process_task"
            )
            found.append(Finding("stuck_lease", "notice", subject, said, cure))
    return found


async def paused(tx: Transaction) -> list[Finding]:
    """Queues that somebody paused and may have forgotten, and keys that stay closed."""
    found: list[Finding] = []
    for row in await tx.all(SQL.paused_long, before_ms=tx.now_ms - FORGOTTEN_MS):
        said = f"{row['name']} is paused for {(tx.now_ms - row['changed_ms']) // 60_000} min"
        found.append(
            Finding("paused", "notice", f"queue:{row['name']}", said, f"run: barback queue resume {row['name']}")
        )
    for row in await tx.all(SQL.keys_closed):
        said = f"{row['n']} keys of {row['queue']} are closed by a message that gave up; what is behind them waits"
        cure = (
            f"retry or discard it: barback dead list --queue {row['queue']}; or: barback queue release {row['queue']} …"
        )
        found.append(Finding("closed_keys", "notice", f"queue:{row['queue']}", said, cure))
    return found


async def snapshots(tx: Transaction) -> list[Finding]:
    """Transactions that are open for long: while they are, no dead row of any queue can be removed."""
    found: list[Finding] = []
    for row in await tx.all(SQL.snapshots_held, age_s=SNAPSHOT_S):
        program = row["program"] or "a program without a name"
        said = f"a transaction of {program} is open for {row['age_s']} s ({row['state']}): {row['query']}"
        cure = f"end it: SELECT pg_terminate_backend({row['pid']}); and set idle_in_transaction_session_timeout"
        found.append(Finding("held_snapshot", "bad", f"backend:{row['pid']}", said, cure))
    for row in await tx.all(SQL.prepared_held):
        said = f"the prepared transaction {row['gid']} waits for {row['age_s']} s"
        cure = f"COMMIT PREPARED '{row['gid']}' or ROLLBACK PREPARED '{row['gid']}'"
        found.append(Finding("held_snapshot", "bad", f"prepared:{row['gid']}", said, cure))
    for row in await tx.all(SQL.slots_left, bytes=SLOT_BYTES):
        said = f"nobody reads the replication slot {row['slot_name']}, which keeps {row['bytes'] >> 20} MiB of the log"
        cure = f"SELECT pg_drop_replication_slot('{row['slot_name']}'), or start who reads it"
        found.append(Finding("disk", "bad", f"slot:{row['slot_name']}", said, cure))
    return found


async def bloat(tx: Transaction) -> list[Finding]:
    """Tables that are mostly dead rows."""
    return [
        Finding(
            "bloat", "bad", f"table:{row['name']}",
            f"{row['name']} has {row['dead']} dead rows for {row['alive']} live ones, {row['bytes'] >> 20} MiB",
            f"end what holds a snapshot, if anything does; then: VACUUM {row['name']}; is autovacuum on?",
        )
        for row in await tx.all(SQL.dead_rows, least=DEAD_ROWS)
    ]  # fmt: skip


async def server(tx: Transaction) -> list[Finding]:
    """The server's clock, connections, and whether a commit is a commit."""
    row = await tx.one(SQL.server_facts)
    assert row is not None
    found: list[Finding] = []
    skew_ms = row["now_ms"] - tx.database.clock.now_ms()
    if abs(skew_ms) > SKEW_MS:
        way = "behind" if skew_ms > 0 else "ahead of"
        said = f"the clock of this machine is {abs(skew_ms) / 1000:.1f} s {way} the database's"
        cure = "let NTP set both (timedatectl set-ntp true): delays and schedules go by the clock of whoever enqueues"
        found.append(Finding("clock_skew", "bad", "clock", said, cure))
    if row["connections"] > CONNECTIONS_SHARE * row["connections_max"]:
        said = f"{row['connections']} of {row['connections_max']} connections are taken"
        cure = "lower BARBACK_DATABASE_POOL_MAX, raise max_connections, or put a pooler in between"
        found.append(Finding("connections", "bad", "server", said, cure))
    for name in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
        if row[name] == "off":
            said = f"{name} is off: " + ("dead rows stay" if name == "autovacuum" else "what was committed can be lost")
            found.append(Finding("durability", "bad", "server", said, f"ALTER SYSTEM SET {name} = on; then reload"))
    return found


async def file(tx: Transaction) -> list[Finding]:
    """The SQLite file: how it is written, its log, and the room on its disk."""
    path = Path(tx.database.url.removeprefix("sqlite:///"))
    row = await tx.one(SQL.journal)
    found: list[Finding] = []
    if row is not None and row["mode"] != "wal":
        cure = "close every program, then: PRAGMA journal_mode = wal"
        found.append(Finding("durability", "bad", str(path), f"its journal is {row['mode']} and not wal", cure))
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size > LOG_BYTES:
        said = f"{wal.name} has grown to {wal.stat().st_size >> 20} MiB"
        cure = "some program keeps a reading transaction open: end it; then: PRAGMA wal_checkpoint(TRUNCATE)"
        found.append(Finding("held_snapshot", "bad", str(path), said, cure))
    disk = shutil.disk_usage(path.parent)
    if disk.free < DISK_SHARE * disk.total:
        said = f"{disk.free >> 20} MiB are free on the disk of {path}"
        found.append(
            Finding("disk", "bad", str(path), said, "make room before it is full: nothing can be accepted then")
        )
    return found


async def blobs(tx: Transaction) -> list[Finding]:
    """Messages whose payload lies in a blob store, and nothing here says which one."""
    row = await tx.one(SQL.blobs_needed_now, n=MANY)
    if row is None or not row["n"] or settings_from(os.environ).blobs:
        return []
    count = f"{MANY} or more" if row["n"] >= MANY else str(row["n"])
    said = f"{count} messages need a blob store and BARBACK_BLOBS is not set here"
    cure = "set BARBACK_BLOBS, for workers too, to what those who enqueue use; all is well if their tasks have `blobs`"
    return [Finding("no_blob_store", "notice", "settings:blobs", said, cure)]


Check = Callable[[Transaction], Awaitable[list[Finding]]]
_EVERYWHERE: tuple[Check, ...] = (leases, paused, blobs)
_POSTGRES: tuple[Check, ...] = (snapshots, bloat, server)
_SQLITE: tuple[Check, ...] = (file,)
