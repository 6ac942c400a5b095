"""Operators for the console's tests, and something for them to look at."""

from __future__ import annotations

from typing import Any

from tests.engine.notes import Book, NoteTask, enqueue, work
from tests.support.server import PASSWORD, Party, RunningServer

from barback.commerce import accounts
from barback.engine import Worker
from barback.engine.operations import errands


async def operator_of(server: RunningServer, email: str = "ops@harbour.example", role: str = "operator") -> Party:
    """Whoever runs the installation, made as `barback user create --role operator` does."""
    await accounts.create_user(
        server.db,
        email=email,
        name="Ops",
        role=role,
        tenant_id=None,
        business_name="The house",
        currency="EUR",
        time_zone="UTC",
        password=PASSWORD,
    )
    return await server.sign_in(email)


async def found(party: Party, path: str) -> Any:
    answer = await party.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def dead(server: RunningServer, *names: str, key: str | None = None) -> tuple[NoteTask, list[str]]:
    """A queue of dead letters, by their names, and the task that would now do them."""
    task = NoteTask(Book(dies=set(names)), policy="park" if key else "block")
    ids = await enqueue(server.db, task, *names, key=key)
    await work(server.db, task)
    task.book.dies.clear()
    return task, ids


async def errand_done(server: RunningServer, party: Party, begun: Any) -> Any:
    """What became of long work: the engine's own worker does it, step by step."""
    while (await found(party, f"/console/errands/{begun['id']}"))["state"] == "running":
        await Worker(server.db, errands.TASKS).until_quiet()
        server.clock.advance(errands.PAUSE_MS)
    return await found(party, f"/console/errands/{begun['id']}")
