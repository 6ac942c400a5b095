"""The search of messages as one line: what it understands, what it finds, what it says to a mistake, and its price."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from tests.console.operators import errand_done, found
from tests.engine.notes import Book, Note, NoteTask, enqueue, work
from tests.support.server import Party, RunningServer

from barback.console import search_words
from barback.console.access import TasksKnown
from barback.console.message_shapes import payload_for
from barback.console.search_words import BadSearch
from barback.engine import Message, TransactionalTask, Work, changes
from barback.engine.operations import looking
from barback.engine.operations.looking import Look
from barback.engine.operations.payload_looks import Field, has_field, piece_of
from barback.foundation.clock import HandClock
from barback.storage import Database, Transaction

NOW = 1_795_284_000_000


class Line(msgspec.Struct):
    """One thing that was ordered."""

    sku: str
    count: int


class Order(msgspec.Struct):
    """`pin` is nobody's business."""

    id: int
    total: str
    lines: list[Line]
    paid: bool = False
    pin: Annotated[str, msgspec.Meta(extra_json_schema={"writeOnly": True})] = ""


class TakeOrder(TransactionalTask[Order]):
    """Takes orders."""

    name = "bar.take_order"
    queue = "bar"
    payload = Order

    async def handle(self, tx: Transaction, message: Message[Order]) -> None:
        del tx, message


async def ids_of(db: Database, line: str, *, known: TasksKnown | None = None) -> list[int]:
    """The orders that a line finds, as somebody sees them who knows these tasks."""
    async with db.reading() as tx:
        look = search_words.read(line, tx.now_ms)
        seen = await looking.search(tx, look, shown=payload_for(known or TasksKnown({})))
    return sorted(msgspec.json.decode(one.payload)["id"] for one in seen.items)


async def ordered(db: Database) -> None:
    task = TakeOrder()
    orders = [
        Order(4711, "12.50", [Line("IPA", 2), Line("cola", 1)], pin="1234"),
        Order(4712, 'a "b" €', [Line("cola", 4711)], paid=True, pin="9999"),
        Order(47110, "12.5", [], pin="4711"),
    ]
    async with db.transaction() as tx:
        for order in orders:
            await task.enqueue(tx, order)


async def test_a_field_is_found_at_its_place_and_nowhere_else(database: Database) -> None:
    await ordered(database)
    for line, expected in {
        "payload.id:4711": [4711],
        "payload.lines.0.sku:IPA": [4711],
        "payload.lines.*.sku:cola": [4711, 4712],
        "payload.lines.*.count:4711": [4712],
        "payload.lines.1.sku:IPA": [],
        "payload.paid:true": [4712],
        "payload.total:12.50": [4711],
        'payload.total:"a \\"b\\" €"': [4712],
        "payload.id:4711 payload.paid:true": [],
        "payload.*:12.5": [47110],
        "cola": [4711, 4712],
        '"SKU":"COLA"': [4711, 4712],
        "payload.nothing:1": [],
    }.items():
        assert await ids_of(database, line) == expected, line


async def test_nobody_finds_a_secret_by_guessing(database: Database) -> None:
    """Where it is masked it is not searched; whoever opens the database themselves finds it."""
    await ordered(database)
    known = TasksKnown({"bar.take_order": TakeOrder()})
    for guess in ("payload.pin:1234", "1234", '"pin":"1234"', "payload.*:9999", 'pin":"1'):
        assert await ids_of(database, guess, known=known) == [], guess
    assert await ids_of(database, "payload.pin:1234") == [4711]
    # What is found by something else still tells nothing of what is masked.
    assert await ids_of(database, "payload.*:4711", known=known) == [4711]


async def test_times_are_found_with_their_zones(database: Database, clock: HandClock) -> None:
    task = NoteTask(Book(), queue="mail")
    for name in ("first", "second", "third"):
        async with database.transaction() as tx:
            await task.enqueue_many(tx, [Work(Note(name), delay_ms=3_600_000)])
        clock.advance(3_600_000)

    async def names(line: str) -> list[str]:
        async with database.reading() as tx:
            seen = await looking.search(tx, search_words.read(line, tx.now_ms))
        return sorted(msgspec.json.decode(one.payload)["name"] for one in seen.items)

    assert await names("enqueued:-1h..") == ["third"]
    assert await names("enqueued:..-1h") == ["first", "second"]
    assert await names("enqueued:-150m..-90m") == ["second"]
    assert await names("due:..now") == ["first", "second"]
    assert await names("due:now.. queue:mail") == ["third"]
    assert await names("due:now.. queue:print") == []


def test_times_are_read_as_they_are_written() -> None:
    look = search_words.read("enqueued:2026-11-21T18:00+01:00..2026-11-21T18:00Z", NOW)
    assert (look.enqueued_to_ms or 0) - (look.enqueued_from_ms or 0) == 3_600_000
    assert search_words.read("due:-2h..+1d", NOW) == Look(due_from_ms=NOW - 7_200_000, due_to_ms=NOW + 86_400_000)


def test_a_line_is_filters_and_text() -> None:
    line = 'queue:mail key:"tab \\"7\\"" out of paper payload.order.id:4711 tenant:bar-1 state:dead "a:b"'
    assert search_words.read(line, NOW) == Look(
        queue="mail", key='tab "7"', tenant="bar-1", state="dead", text="out of paper a:b",
        fields=(Field(("order", "id"), "4711"),),
    )  # fmt: skip
    id_ = "01980000-0000-7000-8000-000000000000"
    assert search_words.read(f" {id_}.7 ", NOW) == Look(id=f"{id_}.7")
    assert search_words.read("", NOW) == Look()


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        ("quue:mail", "quue", "did you mean queue?"),
        ("colour:red", "colour", "use one of queue, key"),
        ("http://x", "http", 'put it in quotes: "http://x"'),
        ("state:odd", "state", "use one of ready, waiting"),
        ("queue:", "queue", "it has no value"),
        ("queue:a queue:b", "queue", "leave one out"),
        ("enqueued:yesterday", "enqueued", "write from..to"),
        ("enqueued:2026-11-21T18:00..", "enqueued", "does not say in which time zone"),
        ("enqueued:now..-2h", "enqueued", "it ends before it begins"),
        ("due:2026-99-99..", "due", "2026-99-99 is no time"),
        ("payload:4711", "payload", "write payload.order.id:4711"),
        ("queue.name:x", "queue.name", "no such filter"),
    ],
)
def test_a_mistake_is_told_with_its_filter_value_and_cure(line: str, field: str, says: str) -> None:
    with pytest.raises(BadSearch) as told:
        search_words.read(line, NOW)
    [problem] = told.value.fields
    assert problem.field == field
    assert says in f"{problem.reason}; {problem.cure}"


def test_what_the_database_leaves_out_could_not_fit() -> None:
    """The piece is in the JSON of all that fits, however JSON writes it."""
    for value, path, wanted in (('é"/', ("a",), 'é"/'), (1e3, ("a", "b"), "1000"), ("a%b_c!", ("x",), "a%b_c!")):
        field = Field(path, wanted)
        payload = value
        for name in reversed(path):
            payload = {name: payload}
        text = msgspec.json.encode(payload).decode()
        assert has_field(text, field)
        piece = piece_of(None, [field])
        assert piece is None or piece in text.lower()


async def test_a_search_over_http(server: RunningServer, operator: Party) -> None:
    task = NoteTask(Book(), queue="notes")
    await enqueue(server.db, task, *(f"n{n}" for n in range(7)))
    seen: list[str] = []
    address = "/v1/console/messages?q=queue:notes&limit=3"
    page = await found(operator, address)
    while page["next"]:
        seen += [one["id"] for one in page["items"]]
        page = await found(operator, f"{address}&cursor={page['next']}")
    seen += [one["id"] for one in page["items"]]
    assert len(seen) == len(set(seen)) == 7
    assert (page["looked"], page["whole"]) == (7, True)
    refused = await operator.get("/v1/console/messages?q=quue:mail")
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_search")
    assert refused.json()["errors"][0]["field"] == "quue"
    assert (await operator.get("/v1/console/messages?cursor=x")).json()["code"] == "bad_cursor"
    words = await found(operator, "/v1/console/messages/words")
    assert "notes" in words["queues"]
    assert "payload" in words["names"]


async def test_all_that_a_search_finds_is_changed_page_by_page(
    server: RunningServer, operator: Party, admin: Party
) -> None:
    """Counted first; what does not fit stays; who did it and what they searched for is written down."""
    task = NoteTask(Book(), queue="notes")
    await enqueue(server.db, task, *(f"n{n}" for n in range(250)))
    await enqueue(server.db, task, "stays", key="tab")
    line = "queue:notes state:ready"
    assert await found(operator, f"/v1/console/messages/count?q={line}") == {"found": 250, "at_least": False}

    refused = await operator.post("/v1/console/messages/change", json={"q": line, "action": "cancel"})
    assert (refused.status_code, refused.json()["code"]) == (403, "admin_only")

    async def change(**asked: Any) -> tuple[int, int, int]:
        begun = await admin.made("/console/messages/change", asked)
        done = await errand_done(server, operator, begun)
        assert (done["state"], done["kind"], done["question"]) == ("done", asked["action"], asked["q"])
        return done["found"], done["handled"], done["left_alone"]

    assert await change(q=line, action="snooze", ms=60_000) == (250, 250, 0)
    assert await change(q="queue:notes state:scheduled payload.name:n7", action="run_now") == (1, 1, 0)
    assert await change(q="queue:notes state:scheduled", action="cancel") == (250, 250, 0)
    assert (await operator.post("/v1/console/messages/change", json={"q": "", "action": "cancel"})).status_code == 422
    await work(server.db, task)
    assert task.book.done == ["stays"]
    async with server.db.reading() as tx:
        told = await changes.page(tx, subject="search:queue:notes state:scheduled")
        cancelled = (await changes.page(tx, limit=200))[-1]
    assert [change.action for change in told] == [
        "errand.done", "messages.changed", "messages.changed", "errand.started"
    ]  # fmt: skip
    assert [msgspec.json.decode(change.after)["messages"] for change in told[1:3]] == [50, 200]
    assert cancelled.action == "message.cancelled"
    assert cancelled.who.startswith(("operator:", "admin:"))
