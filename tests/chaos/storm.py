"""The storm: processes that are started again whenever they fall, and faults that make them fall. All from one seed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import resource
import signal
import struct
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.child import DEAD_AFTER_S
from tests.chaos.crowd import DEATHS, PLACE, TABLES
from tests.chaos.small_disk import filled
from tests.conformance.tools import ROOT, eventually, sql

from barback.storage import Database, StorageError
from barback.testing.postgres import PostgresServer

CUT = sql(
    "SELECT 1 AS n",
    "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.6",
)
IN_AN_ERRAND = sql(
    "SELECT w.pid FROM engine_lease l JOIN engine_worker w ON w.id = l.worker WHERE l.queue = 'engine' ORDER BY w.pid"
)
PIDS = sql("SELECT pid FROM engine_worker")
HOUR_MS = 3_600_000
FULL = "No space left on device"
FULL_S = 5.0


@dataclass
class Falling:
    """A process that is started again when it falls."""

    arguments: tuple[str, ...]
    environ: dict[str, str]
    log: Path
    process: asyncio.subprocess.Process | None = None
    starts: int = 0

    async def keep(self) -> None:
        """Run it, again and again, until cancelled."""
        try:
            while True:
                with self.log.open("ab") as log:
                    self.process = await asyncio.create_subprocess_exec(
                        sys.executable, "-m", *self.arguments, cwd=ROOT, env=self.environ,
                        stdin=asyncio.subprocess.PIPE, stdout=log, stderr=log,
                    )  # fmt: skip
                self.starts += 1
                await self.process.wait()
                await asyncio.sleep(0.05)  # time for the machine, when it falls at once each time
        finally:
            if self.process is not None and self.process.returncode is None:
                self.process.kill()
                await self.process.wait()

    def send(self, number: signal.Signals) -> None:
        """A signal, if it runs."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)


@dataclass
class Storm:
    """Everything that runs and can fall. `happened` counts the faults."""

    db: Database
    folder: Path
    chance: random.Random
    workers: list[Falling]
    others: list[Falling]
    server: PostgresServer | None = None
    disk: Path | None = None
    door: Falling | None = None
    server_hands: asyncio.Lock = field(default_factory=asyncio.Lock)
    happened: Counter[str] = field(default_factory=Counter[str])

    @property
    def everybody(self) -> list[Falling]:
        """Every process we keep."""
        return [*self.workers, *self.others, *([self.door] if self.door else [])]

    @property
    def deaths(self) -> Path:
        """Where messages that kill leave a line."""
        return self.folder / "deaths"

    def log(self) -> str:
        """What everybody said last."""
        texts = (one.log.read_text(errors="replace")[-1_500:] for one in self.everybody if one.log.exists())
        return "\n---\n".join(texts)

    def step_clocks(self, ms: int) -> None:
        """Every clock of the storm is off by so much from now on."""
        with (self.folder / "offset").open("r+b") as file:
            file.write(struct.pack("q", ms))

    async def kill_a_worker(self) -> None:
        self.chance.choice(self.workers).send(signal.SIGKILL)

    async def kill_anybody(self) -> None:
        """Also the writer, a supervisor, or a worker of a supervisor."""
        async with self.db.reading() as tx:
            pids = [int(row["pid"]) for row in await tx.all(PIDS)]
        if pids and self.chance.random() < 0.5:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(self.chance.choice(pids), signal.SIGKILL)
        else:
            self.chance.choice(self.others or self.workers).send(signal.SIGKILL)

    async def kill_in_an_errand(self) -> None:
        """Whoever has a step of one in hands."""
        for _ in range(500):
            with contextlib.suppress(StorageError, OSError):
                async with self.db.reading() as tx:
                    row = await tx.one(IN_AN_ERRAND)
                if row is not None:
                    os.kill(int(row["pid"]), signal.SIGKILL)
                    self.happened["killed in an errand"] += 1
                    return
            await asyncio.sleep(0.01)  # time for the next step

    async def stop_a_worker(self) -> None:
        """For longer than a dead worker is waited for; then it goes on as if nothing had been."""
        victim = self.chance.choice(self.workers)
        victim.send(signal.SIGSTOP)
        await asyncio.sleep(DEAD_AFTER_S * 1.6)  # time for the others to give it up for dead
        victim.send(signal.SIGCONT)

    async def block_a_loop(self) -> None:
        self.chance.choice(self.workers).send(signal.SIGUSR2)

    async def exhaust_a_pool(self) -> None:
        self.chance.choice(self.workers).send(signal.SIGUSR1)

    async def step_the_clock(self) -> None:
        self.step_clocks(self.chance.choice([-HOUR_MS, -1_000, 0, 1_000, HOUR_MS]))

    async def cut_connections(self) -> None:
        async with self.db.transaction() as tx:
            await tx.one(CUT)

    async def restart_the_database(self) -> None:
        assert self.server is not None
        async with self.server_hands:
            await asyncio.to_thread(self.server.restart, crash=self.chance.random() < 0.5)

    async def kill_the_server(self) -> None:
        """The one that answers HTTP."""
        assert self.door is not None
        self.door.send(signal.SIGKILL)

    async def kill_the_supervisor(self) -> None:
        """Its workers find themselves alone."""
        self.others[1].send(signal.SIGKILL)

    async def fill_the_disk(self) -> None:
        """Nothing more can be written for a while. PostgreSQL may fall over it; then somebody starts it again."""
        if self.server is None:
            await self._no_file_grows()
            return
        assert self.disk is not None
        async with self.server_hands:
            before = self._times_full()
            with filled(self.disk), contextlib.suppress(AssertionError):  # nobody may be left to meet it
                await eventually(lambda: self._times_full() > before + 1, FULL_S)
            self.happened["somebody met the full disk"] += self._times_full() - before
            if self.server.process.poll() is not None:
                self.happened["the full disk felled PostgreSQL"] += 1
                await asyncio.to_thread(self.server.restart)

    def _times_full(self) -> int:
        """How often PostgreSQL could not write so far."""
        assert self.server is not None
        return (self.server.home / "server.log").read_text(errors="replace").count(FULL)

    async def _no_file_grows(self) -> None:
        """Those of one process, so that nobody else on this disk notices."""
        victim = self.chance.choice(self.workers).process
        if victim is not None and victim.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                _, hard = resource.prlimit(victim.pid, resource.RLIMIT_FSIZE)
                resource.prlimit(victim.pid, resource.RLIMIT_FSIZE, (4_096, hard))
                await asyncio.sleep(0.7)  # time for it to meet the full disk
                resource.prlimit(victim.pid, resource.RLIMIT_FSIZE, (hard, hard))

    def faults(self) -> list[Callable[[], Awaitable[None]]]:
        """What can happen here, the likeliest named most often."""
        both = [self.kill_a_worker] * 3 + [self.kill_anybody, self.kill_in_an_errand] * 2
        both += [self.stop_a_worker, self.block_a_loop, self.exhaust_a_pool, self.step_the_clock]
        both += [self.kill_the_server] * 2 if self.door else []
        both += [self.kill_the_supervisor] if len(self.others) > 1 else []
        both += [self.fill_the_disk] if self.server is None or self.disk else []
        return both + ([self.cut_connections, self.cut_connections, self.restart_the_database] if self.server else [])

    async def rage(self, seconds: float, faults: list[Callable[[], Awaitable[None]]], every_s: float = 0.5) -> None:
        """One fault after the other, for so long, the slow ones side by side; each kind once at first, at any rate."""
        under_way: list[asyncio.Task[None]] = []
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        first = list(dict.fromkeys(faults))
        self.chance.shuffle(first)
        while first or loop.time() < end:
            fault = first.pop() if first else self.chance.choice(faults)
            under_way.append(asyncio.create_task(_befall(fault)))
            self.happened[fault.__name__] += 1
            await asyncio.sleep(every_s * self.chance.uniform(0.3, 1.7))  # time for work between two faults
        await asyncio.gather(*under_way)


async def _befall(fault: Callable[[], Awaitable[None]]) -> None:
    with contextlib.suppress(StorageError, OSError):
        await fault()


@asynccontextmanager
async def storm(
    db: Database, folder: Path, seed: int, *, broken: str = "", workers: int = 3, per_second: int = 250,
    supervised: bool = False, server: PostgresServer | None = None, disk: Path | None = None,
    port: int | None = None, broken_door: str = "",
) -> AsyncIterator[Storm]:  # fmt: skip
    """Workers and a writer on `db`, for the length of the block; with a `port` also the HTTP server.

    `disk`: that of `server`, if it may be filled.
    """
    async with db.transaction() as tx:
        await tx.script(TABLES.format(place=PLACE[db.dialect]))
    (folder / "offset").write_bytes(bytes(8))
    environ = os.environ | {DEATHS: str(folder / "deaths"), "PYTHONUNBUFFERED": "1", "BARBACK_LOG_LEVEL": "warning"}

    def child(name: str, *arguments: str) -> Falling:
        return Falling(arguments, environ, folder / f"{name}.log")

    def ours(name: str, what: str, more: str) -> Falling:
        return child(name, "tests.chaos.child", what, db.url, str(folder / "offset"), more, str(per_second))

    made = [ours(f"worker {n}", "work", broken) for n in range(workers)]
    others = [ours("writer", "write", str(seed))]
    if supervised:
        options = ("--database", db.url, "--app", "tests.chaos.crowd:app", "--min", "1", "--max", "2", "--with-parent")
        others.append(child("supervisor", "barback", "work", *options))
    door: Falling | None = None
    if port is not None:
        environ["BARBACK_TEST_PLATFORM"] = "1"
        door = ours("door", "serve", broken_door)
        door.arguments = (*door.arguments[:-1], str(port))
    raging = Storm(db, folder, random.Random(seed), made, others, server, disk, door)
    keeping = {one.log.name: asyncio.create_task(one.keep()) for one in raging.everybody}
    try:
        yield raging
    finally:
        for task in keeping.values():
            task.cancel()
        await asyncio.gather(*keeping.values(), return_exceptions=True)


async def hush(raging: Storm) -> None:
    """The writer falls silent, and every clock runs two hours ahead: what waits for its time is due."""
    writer = raging.others[0]
    writer.arguments = ("tests.conformance.tools",)  # a program that ends at once
    writer.send(signal.SIGKILL)
    raging.step_clocks(2 * HOUR_MS)
