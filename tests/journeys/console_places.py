"""Every page of the console: for pictures, for accessibility, and for who may only look."""

from __future__ import annotations

from typing import NamedTuple

from tests.engine.notes import Book, Note, NoteTask, enqueue, work

from barback.engine import Work, Worker
from barback.engine.fanout.batches import Batch
from barback.engine.guards import breakers
from barback.engine.guards.breakers import Breaker
from barback.engine.operations import errands
from barback.engine.operations.errand_steps import Drain, Purge
from barback.storage import Database

QUEUE = "receipts.print"
KEY = "tab 4711"


class Place(NamedTuple):
    """A page: its route in the web app, and an address of it; `{letter}` and the like are filled in."""

    route: str
    address: str


PLACES = {
    "overview": Place("/", ""),
    "queues": Place("/queues", "/queues"),
    "queue": Place("/queues/one", "/queues/one?name={queue}"),
    "messages": Place("/messages", "/messages"),
    "message": Place("/messages/$messageId", "/messages/{message}"),
    "keys": Place("/keys", "/keys"),
    "key": Place("/keys/one", "/keys/one?queue={key_queue}&key={key}"),
    "dead": Place("/dead", "/dead"),
    "letter": Place("/dead/$letterId", "/dead/{letter}"),
    "breakers": Place("/breakers", "/breakers"),
    "breaker": Place("/breakers/one", "/breakers/one?name={breaker}"),
    "batches": Place("/batches", "/batches"),
    "usage": Place("/usage", "/usage"),
    "scaling": Place("/scaling", "/scaling"),
    "workers": Place("/workers", "/workers"),
    "worker": Place("/workers/one", "/workers/one?id={worker}"),
    "schedules": Place("/schedules", "/schedules"),
    "tenant": Place("/tenants/one", "/tenants/one?name={tenant}"),
    "tenants": Place("/tenants", "/tenants"),
    "topics": Place("/topics", "/topics"),
    "schedule": Place("/schedules/one", "/schedules/one?name=close%20the%20day"),
    "errands": Place("/errands", "/errands"),
    "changes": Place("/changes", "/changes"),
}


def addresses(**ids: str) -> dict[str, str]:
    """The address of every page by its name, with these ids."""
    return {name: f"/console{place.address.format(**ids)}" for name, place in PLACES.items()}


async def furnish(db: Database) -> dict[str, str]:
    """Something to see on every page: a key whose head died, one that waits behind it, a batch; the ids of them."""
    task = NoteTask(Book(dies={"Ada"}), queue=QUEUE, policy="park")
    letter, message = await enqueue(db, task, "Ada", "Bo", key=KEY)
    await work(db, task)
    await enqueue(db, NoteTask(Book(), queue="mail.send"), "Di")
    async with db.transaction() as tx:
        batch = await Batch.open(tx, "export of the night")
        await batch.add(tx, task, [Work(Note("Cy"), tenant="harbour")])
        await breakers.declare(tx, {QUEUE: Breaker("printers")})
        await breakers.force(tx, "printers", "open", who="cli:furnisher")
        await errands.start(tx, Purge("mail.send"), found=1_200, at_least=False, who="operator:olu")
        begun = await errands.start(tx, Drain("pier"), found=12_000, at_least=True, who="operator:mara")
        await errands.stop(tx, begun.id, who="operator:mara")
    worker = Worker(db, [task])
    await worker.start()
    return {
        "queue": QUEUE, "key_queue": QUEUE, "key": KEY.replace(" ", "%20"), "letter": letter, "message": message,
        "worker": worker.name, "tenant": "harbour", "breaker": "printers",
    }  # fmt: skip
