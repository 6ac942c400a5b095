"""Topics on the console: who listens, and how far each listener is behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.console.operators import found
from tests.console.test_console_cli import said, told
from tests.engine.notes import Book, Note, NoteTask, work
from tests.support.server import Party

from barback.commerce.orders import order_priced
from barback.engine import Topic
from barback.engine.operations import figures, topic_looks
from barback.engine.workers.apps import load_app
from barback.storage import Database

APP = """
import msgspec
from barback.engine import Queue, Topic

class Drink(msgspec.Struct):
    n: int

bar = Queue("bar")

@bar.task("bar.pour", payload=Drink)
async def pour(tx, message) -> None: ...

served = Topic("drink.served", Drink)
served.subscribe(pour)
unheard = Topic("drink.spilt", Drink)
"""


async def test_E10_each_listener_is_shown_with_its_own_backlog_and_failures(database: Database) -> None:
    slow = NoteTask(Book(dies={"a"}), "notes")
    mails, topic = NoteTask(Book(), "mails"), Topic("note.taken", Note)
    topic.subscribe(slow)
    topic.subscribe(mails)
    topic.subscribe(NoteTask(Book(), "never"))
    async with database.transaction() as tx:
        await topic.publish(tx, Note("a"))
    await work(database, slow)
    async with database.transaction() as tx:
        topic.unsubscribe(slow)
        await topic.publish(tx, Note("b"))
        topic.subscribe(slow)
    seen = await figures.Watcher().look(database)
    unheard = Topic("alone", Note)
    first, second = topic_looks.topics([topic, unheard, topic], seen.queues)
    assert (first.name, first.subscriptions) == ("alone", [])
    assert (second.name, second.fact, second.fields) == ("note.taken", "Note", ["name"])
    by_task = {one.task: one.queue for one in second.subscriptions}
    assert list(by_task) == ["mails.note", "never.note", "notes.note"]
    assert (by_task["mails.note"].queue, by_task["mails.note"].ready, by_task["mails.note"].dead) == ("mails", 2, 0)
    notes = by_task["notes.note"]
    assert (notes.ready, notes.dead, notes.died_last_hour) == (0, 1, 1)
    assert by_task["never.note"].ready == 2


async def test_topics_over_http(operator: Party) -> None:
    [topic] = (await found(operator, "/console/topics"))["items"]
    assert (topic["name"], topic["fact"], topic["subscriptions"]) == ("order.priced", "OrderPriced", [])
    task = NoteTask(Book())
    order_priced.subscribe(task)  # type: ignore[arg-type]
    try:
        [topic] = (await found(operator, "/console/topics"))["items"]
    finally:
        order_priced.unsubscribe(task)  # type: ignore[arg-type]
    [one] = topic["subscriptions"]
    assert (one["task"], one["queue"]["queue"], one["queue"]["ready"]) == ("notes.note", "notes", 0)


async def test_topics_on_the_command_line(database: Database, database_url: str) -> None:
    del database
    assert "nobody listens" in await said(database_url, "topics")
    assert (await told(database_url, "topics"))["items"][0]["name"] == "order.priced"


def test_the_topics_of_a_program_are_found_with_its_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "topical.py").write_text(APP)
    monkeypatch.syspath_prepend(tmp_path)
    app = load_app("topical")
    assert sorted(topic.name for topic in app.topics) == ["drink.served", "drink.spilt"]
    assert {topic.name: topic.subscribers for topic in app.topics}["drink.served"] == ["bar.pour"]
    assert [task.name for task in app.tasks if task.queue == "bar"] == ["bar.pour"]
