"""Messages wherever they are, over HTTP: searched, looked at, run now, run later, cancelled; keys and their lines."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest
from tests.console.operators import dead, found
from tests.engine.notes import Book, Note, NoteTask, enqueue, work
from tests.support.server import Party, RunningServer

from barback.engine import Message, TransactionalTask, Work, Worker, changes, store
from barback.engine.dead import dead_edits, dead_letters
from barback.engine.leasing import arrivals
from barback.engine.operations import looking, moving
from barback.engine.operations.looking import Look
from barback.engine.payloads.masking import MASK, masked, unmasked
from barback.storage import Database, Transaction

WHO = "operator:1"


async def states(db: Database, **look: Any) -> dict[str, str]:
    """Where every message that fits is, by the name in its payload."""
    async with db.reading() as tx:
        seen = await looking.search(tx, Look(**look))
    return {msgspec.json.decode(one.payload)["name"]: one.state for one in seen.items}


async def put(db: Database, task: NoteTask, *works: Work[Note]) -> list[str]:
    async with db.transaction() as tx:
        return await task.enqueue_many(tx, works)


async def test_a_message_is_found_wherever_it_is(database: Database) -> None:
    task = NoteTask(Book(dies={"Bo"}), queue="mail", policy="park")
    await enqueue(database, task, "Bo", "Cy", key="tab 7")
    await work(database, task)
    await put(
        database, task, Work(Note("Ada")), Work(Note("Di"), tenant="bar-1", delay_ms=60_000), Work(Note("Eve"), key="k")
    )
    async with database.transaction() as tx:
        await task.enqueue_bulk(tx, [Note("Fay")])
    every = {"Ada": "ready", "Bo": "dead", "Cy": "waiting", "Di": "scheduled", "Eve": "waiting", "Fay": "ready"}
    assert await states(database) == every
    assert await states(database, queue="mail") == every
    assert await states(database, queue="print") == {}
    assert await states(database, key="tab 7") == {"Bo": "dead", "Cy": "waiting"}
    assert await states(database, tenant="bar-1") == {"Di": "scheduled"}
    assert await states(database, state="ready") == {"Ada": "ready", "Fay": "ready"}
    assert await states(database, text='"name":"Ev') == {"Eve": "waiting"}
    assert await states(database, text="%") == {}
    assert await states(database, task="mail.note", state="dead") == {"Bo": "dead"}


async def test_one_runs_now_later_or_never(database: Database) -> None:
    task = NoteTask(Book(), queue="mail")
    early, late, never = await put(
        database, task, Work(Note("Ada"), delay_ms=60_000), Work(Note("Bo")), Work(Note("Cy"), delay_ms=1_000)
    )
    async with database.transaction() as tx:
        await moving.hurry(tx, early, who=WHO)
        await moving.snooze(tx, late, 60_000, who=WHO)
        await moving.cancel(tx, never, who=WHO)
        with pytest.raises(moving.MessageNotWaiting):
            await moving.hurry(tx, (await put_ready(tx, task)), who=WHO)
        with pytest.raises(moving.MessageNotWaiting):
            await moving.cancel(tx, never, who=WHO)
    await work(database, task)
    assert sorted(task.book.done) == ["Ada", "Di"]
    assert await states(database) == {"Bo": "scheduled"}
    async with database.reading() as tx:
        actions = {change.subject.partition(":")[2]: change.action for change in await changes.page(tx)}
    assert actions == {early: "message.hurried", late: "message.snoozed", never: "message.cancelled"}


async def put_ready(tx: Transaction, task: NoteTask) -> str:
    return await task.enqueue(tx, Note("Di"))


async def test_the_head_of_a_key_is_cancelled_and_the_next_goes_on(database: Database) -> None:
    task = NoteTask(Book(), queue="mail")
    await put(database, task, *(Work(Note(name), key="tab 7") for name in ("Ada", "Bo", "Cy", "Di")))
    async with database.transaction() as tx:
        # Nobody has routed them yet: all four came just now.
        [bo] = (await looking.search(tx, Look(text="Bo"))).items
        await moving.cancel(tx, bo.id, who=WHO)

    async with database.transaction() as tx:
        heads, _ = await arrivals.route_arrivals(tx, "mail", 10)
        await store.add_ready(tx, heads)
        await moving.snooze(tx, heads[0].id, 60_000, who=WHO)
    await work(database, task)
    assert task.book.done == []
    async with database.transaction() as tx:
        await moving.cancel(tx, heads[0].id, who=WHO)
    await work(database, task)
    assert task.book.done == ["Cy", "Di"]


async def test_messages_and_keys_over_http(server: RunningServer, operator: Party, admin: Party) -> None:
    task, [letter] = await dead(server, "Bo", key="tab 7")
    await enqueue(server.db, task, "Cy", "Di", key="tab 7")
    [later] = await put(server.db, task, Work(Note("Eve"), delay_ms=60_000))

    async with server.db.transaction() as tx:
        await arrivals.route_arrivals(tx, "notes", 10)
    listed = await found(operator, "/v1/console/messages?q=queue:notes&limit=2")
    assert len(listed["items"]) == 2
    assert [one["id"] for one in (await found(operator, "/v1/console/messages?q=state:scheduled"))["items"]] == [later]
    one = await found(operator, f"/v1/console/messages/{later}")
    assert (one["payload"], one["state"], one["failures"]) == ({"name": "Eve"}, "scheduled", [])
    for deed in ("run-now", "snooze", "cancel"):
        # Its queue is believed: elsewhere it is not looked for.
        elsewhere = await operator.post(f"/v1/console/messages/{later}/{deed}?queue=mail", json={"ms": 1000})
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "message_not_found")
    assert (await operator.post(f"/v1/console/messages/{later}/run-now?queue=notes")).status_code == 200
    assert (await operator.post(f"/v1/console/messages/{later}/run-now")).status_code == 200
    assert (await operator.post(f"/v1/console/messages/{later}/snooze", json={"ms": 1000})).status_code == 200
    assert (await operator.post(f"/v1/console/messages/{later}/snooze", json={"ms": 0})).status_code == 422
    assert (await operator.post(f"/v1/console/messages/{later}/cancel")).status_code == 200
    assert (await found(operator, f"/v1/console/messages/{later}"))["state"] == "cancelled"

    [key] = (await found(operator, "/v1/console/keys"))["items"]
    assert (key["key"], key["closed"], key["letter"], key["waiting"]) == ("tab 7", True, letter, 2)
    page = await found(operator, "/v1/console/keys/one?queue=notes&key=tab%207")
    assert (page["lane"], page["waiting"], len(page["line"]), len(page["dead"])) == ("closed", 2, 2, 1)
    drained = await admin.post("/v1/console/keys/drain", json={"queue": "notes", "key": "tab 7"})
    assert drained.json() == {"cancelled": 2}


class Account(msgspec.Struct):
    """`pin` is nobody's business."""

    owner: str
    pin: Annotated[str, msgspec.Meta(extra_json_schema={"writeOnly": True})]
    others: list[Account] = []


class Pay(TransactionalTask[Account]):
    """Dies of everything."""

    name = "pay.account"
    queue = "pay"
    payload = Account
    attempts_max = 1

    async def handle(self, tx: Transaction, message: Message[Account]) -> None:
        del tx
        raise RuntimeError(f"no account for {message.id}")


def test_secrets_are_masked_and_put_back() -> None:
    kept = msgspec.json.encode(Account("Ada", "1234", [Account("Bo", "99")]))
    shown = masked(kept, Pay())
    assert b"1234" not in shown
    assert b"99" not in shown
    assert unmasked(shown, kept, Pay()) == kept
    changed = shown.replace(b"Ada", b"Cy").replace(MASK.encode(), b"0000", 1)
    assert msgspec.json.decode(unmasked(changed, kept, Pay()), type=Account) == Account(
        "Cy", "0000", [Account("Bo", "99")]
    )
    assert masked(b'{"a":1}', None) == b'{"a":1}'


async def test_an_edit_keeps_a_masked_secret_and_records_none(database: Database) -> None:

    task = Pay()
    async with database.transaction() as tx:
        id_ = await task.enqueue(tx, Account("Ada", "1234"))
    await Worker(database, [task]).until_quiet()
    async with database.transaction() as tx:
        sent = msgspec.json.encode(Account("Bo", MASK))
        await dead_edits.edit(tx, id_, sent, {"pay.account": task}, who=WHO)
        letter = await dead_letters.one(tx, id_)
        [change] = await changes.page(tx)
    assert msgspec.json.decode(letter.payload, type=Account) == Account("Bo", "1234")
    assert b"1234" not in bytes(change.before) + bytes(change.after)
