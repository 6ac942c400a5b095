"""One message's page: what enqueued it and what it enqueued, its trace, and the test that it is copied as."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Annotated, Any

import msgspec
import pytest
from tests.console.operators import found
from tests.support.server import Party, RunningServer

from barback.console.access import TasksKnown
from barback.console.message_shapes import detail, payload_for
from barback.console.snippets import as_test
from barback.engine import Message, TransactionalTask, Work, Worker, store
from barback.engine.messages import About, Stored, encode_about
from barback.engine.operations import looking
from barback.engine.operations.looking import Look, Seen
from barback.engine.payloads.masking import MASK
from barback.storage import Database, Transaction


class Step(msgspec.Struct):
    """`pin` is nobody's business."""

    n: int
    word: str = ""
    pin: Annotated[str, msgspec.Meta(extra_json_schema={"writeOnly": True})] = ""


class Steps(TransactionalTask[Step]):
    """Enqueues what comes after: number 0 a later and a dead one."""

    name = "steps.take"
    queue = "steps"
    payload = Step
    attempts_max = 1

    async def handle(self, tx: Transaction, message: Message[Step]) -> None:
        if message.payload.word == "dies":
            raise RuntimeError('no "step"\n\\here')
        if message.payload.n == 0:
            await self.enqueue_many(tx, [Work(Step(1), delay_ms=60_000), Work(Step(2, "dies"), key="tab 7")])
        elif message.payload.n == 3:
            raise AssertionError("never")


async def started(db: Database) -> tuple[str, Seen, Seen]:
    """The first, which is done, and what it enqueued: one that is dead, one that waits."""
    async with db.transaction() as tx:
        first = await Steps().enqueue(tx, Step(0))
    await Worker(db, [Steps()]).until_quiet()
    async with db.reading() as tx:
        dead, later = sorted((await looking.search(tx, Look(parent=first))).items, key=lambda one: one.state)
    return first, dead, later


async def test_what_a_message_enqueued_is_found_and_what_enqueued_it(server: RunningServer, operator: Party) -> None:
    first, dead, later = await started(server.db)
    assert (dead.state, later.state) == ("dead", "scheduled")
    kin = await found(operator, f"/v1/console/messages/{dead.id}/kin")
    # The one that enqueued it is done, so only its id is known.
    assert (kin["parent_id"], kin["parent"], kin["children"], kin["more"]) == (first, None, [], False)
    # Where the one that enqueued others failed after all, both sides are there: as if it had acted before it died.
    async with server.db.transaction() as tx:
        again = await Steps().enqueue(tx, Step(5, "dies"))
    await Worker(server.db, [Steps()]).until_quiet()
    async with server.db.transaction() as tx:
        told = encode_about(About(parent=again))
        row = Stored(0, "steps", None, 100, "child", Steps.name, None, 0, 1, tx.now_ms, '{"n":6}', None, told)
        await store.add_ready(tx, [row])
    kin = await found(operator, f"/v1/console/messages/{again}/kin?queue=steps")
    assert (kin["parent"], [one["id"] for one in kin["children"]]) == (None, ["child"])
    kin = await found(operator, "/v1/console/messages/child/kin?queue=steps")
    assert (kin["parent"]["id"], kin["parent"]["state"], kin["children"]) == (again, "dead", [])
    assert (await operator.get("/v1/console/messages/child?queue=others")).status_code == 404
    listed = await found(operator, f"/v1/console/messages?q=parent:{first}")
    assert {one["id"] for one in listed["items"]} == {dead.id, later.id}
    assert (await operator.get("/v1/console/messages/nothing/kin")).status_code == 404
    assert (await operator.get("/v1/console/messages/nothing/test")).status_code == 404
    told = await found(operator, f"/v1/console/messages/{dead.id}/test")
    assert "this server does not know it" in told["text"]


def test_a_trace_is_linked_where_the_setting_says() -> None:
    about = About(trace="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    seen = Seen(
        id="1", queue="q", task="t", key=None, tenant=None, priority=0, attempt=0, attempts_max=1, enqueued_ms=0,
        payload="{}", state="ready", at_ms=None, worker=None, about=about,
    )  # fmt: skip
    linked = detail(seen, TasksKnown({}), [], [], "https://traces.example/{trace_id}?tab=spans")
    assert linked.trace_url == "https://traces.example/0af7651916cd43dd8448eb211c80319c?tab=spans"
    assert detail(seen, TasksKnown({}), [], []).trace_url is None


async def run_text(text: str) -> None:
    """What pytest would do with the file."""
    module: dict[str, Any] = {}
    exec(compile(text, "test_copied.py", "exec"), module)
    [test] = [value for name, value in module.items() if name.startswith("test_")]
    await test()


async def test_a_message_copied_as_a_test_runs(database: Database) -> None:
    """It passes for what is handled and fails for what is not; of secrets it has the mask."""
    _, dead, later = await started(database)
    known = TasksKnown({"steps.take": Steps()})
    await run_text(as_test(later, known.by_name[later.task], payload_for(known)(later)))
    text = as_test(dead, Steps(), dead.payload)
    assert "key='tab 7'" in text
    with pytest.raises(AssertionError):
        await run_text(text)

    async with database.transaction() as tx:
        secret = await Steps().enqueue(tx, Step(5, 'a "b" \\ \n €', pin="1234"))
        seen = await looking.one(tx, secret)
    text = as_test(seen, Steps(), payload_for(known)(seen))
    assert "1234" not in text
    assert MASK in text
    await run_text(text)


async def test_a_task_that_a_module_holds_is_imported_by_its_name(database: Database) -> None:
    _, _, later = await started(database)
    module = ModuleType("bar_of_a_test")
    module.__dict__["steps"] = task = Steps()
    sys.modules["bar_of_a_test"] = module
    try:
        text = as_test(later, task, later.payload)
        assert "from bar_of_a_test import steps as task" in text
        await run_text(text)
    finally:
        del sys.modules["bar_of_a_test"]
