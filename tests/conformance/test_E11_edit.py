"""E11. A dead letter is mended under its task's own type before it goes round again; before and after are kept."""

from __future__ import annotations

import msgspec
import pytest
from tests.conformance.bar import Drink, numbers, order, pouring

from barback.engine import BatchTask, Message, Task, changes
from barback.engine.dead import dead_edits, dead_letters
from barback.engine.dead.dead_edits import PayloadTooLarge, TaskNotKnown
from barback.engine.dead.dead_letters import DeadLetterNotFound
from barback.foundation.bodies import InvalidRequest, MalformedJson
from barback.foundation.errors import Refusal
from barback.storage import Database
from barback.testing import run_until_quiet

WHO = "operator:mara"


def sour(message: Message[Drink]) -> None:
    if message.payload.n < 0:
        raise ValueError("no such drink")


TASK = pouring(sour, attempts_max=1)
TASKS = {TASK.name: TASK}


async def dead(db: Database) -> str:
    [id_] = await order(db, TASK, [-5])
    await run_until_quiet(db, [TASK])
    return id_


async def edited(db: Database, id_: str, payload: str, *, dry_run: bool = False) -> dead_edits.Edited:
    async with db.transaction() as tx:
        return await dead_edits.edit(tx, id_, payload.encode(), TASKS, who=WHO, dry_run=dry_run)


async def payload_of(db: Database, id_: str) -> str:
    async with db.reading() as tx:
        return (await dead_letters.one(tx, id_)).payload


async def test_E11_a_mended_letter_does_what_it_says_now_and_the_record_keeps_both(tables: Database) -> None:
    id_ = await dead(tables)
    answer = await edited(tables, id_, '{"n": 5}')
    assert (bytes(answer.before), bytes(answer.after), answer.changed) == (b'{"n":-5}', b'{"n":5}', True)
    async with tables.transaction() as tx:
        await dead_letters.retry(tx, id_, who=WHO)
    await run_until_quiet(tables, [TASK])
    assert await numbers(tables) == [5]
    async with tables.reading() as tx:
        [_, change] = await changes.page(tx, subject=f"message:{id_}")
    assert (change.who, change.action) == (WHO, "dead.edited")
    assert (msgspec.json.decode(change.before), msgspec.json.decode(change.after)) == ({"n": -5}, {"n": 5})


async def test_E11_a_dry_run_says_what_would_be_and_changes_nothing(tables: Database) -> None:
    id_ = await dead(tables)
    answer = await edited(tables, id_, '{"n": 5}', dry_run=True)
    assert (bytes(answer.after), answer.changed, answer.dry_run) == (b'{"n":5}', True, True)
    assert await payload_of(tables, id_) == '{"n":-5}'
    async with tables.reading() as tx:
        assert await changes.page(tx) == []


@pytest.mark.parametrize(
    ("payload", "refusal", "says"),
    [
        ('{"n": "five"}', InvalidRequest, "n: expected int, got str"),
        ('{"m": 5}', InvalidRequest, "m: not a field of bar.pour"),
        ('{"nn": 5, "n": 5}', InvalidRequest, "did you mean n?"),
        ('{"n": 5', MalformedJson, "not JSON"),
        ("[1]", InvalidRequest, "expected object, got array"),
    ],
)
async def test_E11_an_edit_is_refused_that_the_task_could_not_read(
    tables: Database, payload: str, refusal: type[Refusal], says: str
) -> None:
    id_ = await dead(tables)
    with pytest.raises(refusal, match=says.replace("?", r"\?")):
        await edited(tables, id_, payload)
    assert await payload_of(tables, id_) == '{"n":-5}'


async def test_E11_nobody_edits_what_is_not_there_or_not_known(tables: Database) -> None:
    id_ = await dead(tables)
    with pytest.raises(DeadLetterNotFound):
        await edited(tables, "nothing", '{"n": 5}')
    with pytest.raises(TaskNotKnown, match=r"bar\.pour"):
        async with tables.transaction() as tx:
            await dead_edits.edit(tx, id_, b'{"n": 5}', {}, who=WHO)


class Label(msgspec.Struct, omit_defaults=True):
    """A payload whose defaults are not written."""

    words: str = ""
    size: int = 1


class Print(BatchTask[Label]):
    """Dies at once."""

    name = "bar.print"
    queue = "bar"
    payload = Label
    attempts_max = 1

    async def handle_batch(self, tx: object, messages: object) -> None:
        del tx, messages
        raise ValueError("out of paper")


async def test_E11_a_field_that_says_its_default_is_no_mistake_and_a_payload_has_a_limit(tables: Database) -> None:
    task: Task[Label] = Print()
    async with tables.transaction() as tx:
        id_ = await task.enqueue(tx, Label("hello", 2))
    await run_until_quiet(tables, [task])
    async with tables.transaction() as tx:
        answer = await dead_edits.edit(tx, id_, b'{"words": "hello", "size": 1}', {task.name: task}, who=WHO)
    assert bytes(answer.after) == b'{"words":"hello"}'
    large = msgspec.json.encode({"words": "x" * 300_000})
    with pytest.raises(PayloadTooLarge, match="262144"):
        async with tables.transaction() as tx:
            await dead_edits.edit(tx, id_, large, {task.name: task}, who=WHO)
