"""The ringer: calls come after the end of a transaction, rings are gathered, and a ring that fails hurts nobody."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

import barback
from barback.storage.adopting import ringer as ringers
from barback.storage.adopting.places import Place
from barback.storage.adopting.ringer import Ringer

WAIT_S = 20.0


@dataclass
class Recorder:
    """A place that writes down what is rung there."""

    rung: list[frozenset[str]] = field(default_factory=list)
    opened: int = 0
    closed: int = 0
    fails: int = 0

    def open(self) -> Recorder:
        self.opened += 1
        return self

    def send(self, names: frozenset[str]) -> None:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the line is dead")
        self.rung.append(names)

    def close(self) -> None:
        self.closed += 1

    @property
    def place(self) -> Place:
        return Place("here", self.open)


def wait_until(holds: Callable[[], bool]) -> None:
    until, nothing = time.monotonic() + WAIT_S, threading.Event()
    while not holds():
        assert time.monotonic() < until, "not in time"
        nothing.wait(0.005)


def test_a_call_comes_when_the_transaction_has_ended_and_not_before() -> None:
    ringer, over, called = Ringer(), threading.Event(), threading.Event()
    ringer.watch(over, over.is_set, called.set)
    assert not called.wait(0.1)
    over.set()
    assert called.wait(WAIT_S)
    ringer.close()


def test_a_transaction_that_seems_endless_gets_hints_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two that follow each other closely look like one: nobody must wait for the last of a thousand."""
    monkeypatch.setattr(ringers, "HINT_S", 0.01)
    ringer, called = Ringer(), list[float]()
    ringer.watch(called, lambda: False, lambda: called.append(0))
    wait_until(lambda: len(called) >= 2)
    ringer.close()


def test_a_ring_that_may_be_too_early_is_repeated_and_at_the_end_of_the_program_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever looks at the first one may see nothing yet, and would then sleep for a minute."""
    monkeypatch.setattr(ringers, "ECHO_S", (0.01, 3_600.0))
    ringer, called = Ringer(), list[float]()
    ringer.watch(called, lambda: True, lambda: called.append(time.monotonic()), early=True)
    wait_until(lambda: len(called) == 2)
    assert called[1] - called[0] >= 0.01
    ringer.close()
    assert len(called) == 3


def test_sqlite_says_that_a_transaction_has_ended_before_its_rows_can_be_seen(tmp_path: Path) -> None:
    """Why the hands on its connections say `early`. Should this ever fail, they need not any more."""
    one, other = (sqlite3.connect(tmp_path / "early.db", check_same_thread=False) for _ in range(2))
    one.executescript("PRAGMA journal_mode=WAL; CREATE TABLE drink (name TEXT)")
    unseen = 0
    for number in range(1, 51):
        one.execute("INSERT INTO drink VALUES ('tea')")
        committing = threading.Thread(target=one.commit)
        committing.start()
        while one.in_transaction:
            pass
        unseen += other.execute("SELECT count(*) FROM drink").fetchone() != (number,)
        committing.join()
    assert unseen
    one.close()
    other.close()


async def test_workers_hear_twice_of_a_commit_on_a_bare_connection_of_sqlite(tmp_path: Path) -> None:
    """The first time may be too early, so one ring alone would be a message that waits for a minute."""
    db = await barback.open_database(f"sqlite:///{tmp_path / 'bar.db'}")
    listener = db.bell.listen("queue:bar")
    with contextlib.closing(sqlite3.connect(tmp_path / "bar.db")) as connection:
        connection.execute("CREATE TABLE drink (name TEXT)")
        tx = barback.adopt(connection)
        await tx.run(barback.sql("INSERT INTO drink VALUES ('tea')"))
        tx.after_commit(partial(tx.database.bell.ring, "queue:bar"))
        connection.commit()
        for _ in range(2):
            assert await listener.wait(WAIT_S)
            listener.clear()
    await db.close()


def test_a_connection_that_cannot_be_asked_any_more_has_no_transaction() -> None:
    ringer, called = Ringer(), threading.Event()

    def closed() -> bool:
        raise ValueError("closed")

    ringer.watch(called, closed, called.set)
    assert called.wait(WAIT_S)
    ringer.close()


def test_a_transaction_of_many_messages_is_asked_about_once() -> None:
    ringer, over, asked, called = Ringer(), threading.Event(), list[int](), list[int]()

    def ended() -> bool:
        asked.append(1)
        return over.is_set()

    for number in range(5_000):
        ringer.watch(over, ended, lambda number=number: called.append(number))
    before = len(asked)
    over.set()
    wait_until(lambda: len(called) == 5_000)
    assert called == list(range(5_000))
    assert len(asked) - before < 5_000
    ringer.close()


def test_rings_at_one_place_share_a_sender_and_are_gathered() -> None:
    ringer, there = Ringer(), Recorder()
    for number in range(500):
        ringer.ring(there.place, f"queue:{number % 7}")
    ringer.close()
    assert frozenset[str]().union(*there.rung) == {f"queue:{n}" for n in range(7)}
    assert len(there.rung) < 500
    assert (there.opened, there.closed) == (1, 1)


def test_a_ring_that_fails_is_forgotten_and_the_next_one_opens_anew() -> None:
    ringer, there = Ringer(), Recorder(fails=1)
    ringer.ring(there.place, "queue:a")
    wait_until(lambda: there.closed == 1)
    ringer.ring(there.place, "queue:b")
    wait_until(lambda: there.rung == [frozenset({"queue:b"})])
    ringer.close()


def test_at_the_end_of_a_short_program_its_last_rings_go_out() -> None:
    program = """
import sys
from barback.storage.adopting.places import Place
from barback.storage.adopting.ringer import ringer

class There:
    def send(self, names): print(*names, flush=True)
    def close(self): print("closed", flush=True)

place = Place("here", There)
ended = []
ringer().watch(ended, lambda: bool(ended), lambda: ringer().ring(place, "queue:watched"))
ended.append(True)
ringer().ring(place, "queue:rung")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert set(done.stdout.split()) == {"queue:watched", "queue:rung", "closed"}


def test_a_forked_child_rings_through_a_ringer_of_its_own() -> None:
    program = """
import os
from barback.storage.adopting.ringer import ringer

mine = ringer()
assert ringer() is mine
if (child := os.fork()) == 0:
    os._exit(0 if ringer() is not mine else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "0\n"
