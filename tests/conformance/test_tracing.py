"""Spans follow a message from its enqueueing through every attempt; without OpenTelemetry nothing is stored."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.conformance.bar import Drink, Ring, effects, order, pouring
from tests.conformance.tools import count

from barback.engine import BatchTask, Dead, Message, RetryAfter, TransactionalTask
from barback.storage import Database, Transaction
from barback.testing import HandClock, run_until_quiet


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What is traced, with a provider that lasts as long as the test."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    return kept


def seen(kept: InMemorySpanExporter) -> list[tuple[str, Any]]:
    """Name and outcome of each span, in the order in which they ended."""
    return [(span.name, (span.attributes or {}).get("barback.outcome")) for span in kept.get_finished_spans()]


def parent_of(span: ReadableSpan, spans: Sequence[ReadableSpan]) -> str:
    """The name of the span that a span belongs to."""
    assert span.parent is not None
    [found] = [one for one in spans if one.context and one.context.span_id == span.parent.span_id]
    return found.name


class Order(TransactionalTask[Drink]):
    """Enqueues what it orders."""

    name = "desk.order"
    queue = "desk"
    payload = Drink

    async def handle(self, tx: Transaction, message: Message[Drink]) -> None:
        with trace.get_tracer("test").start_as_current_span("look it up"):
            await pouring().enqueue(tx, message.payload)


async def test_one_trace_from_the_first_message_to_the_last_attempt(
    tables: Database, clock: HandClock, spans: InMemorySpanExporter
) -> None:
    with trace.get_tracer("test").start_as_current_span("request"):
        await order(tables, Order(), [1])  # type: ignore[arg-type]
    again = pouring(lambda message: RetryAfter(1_000, "no ice") if message.attempt == 1 else None)
    await run_until_quiet(tables, [Order(), again])
    clock.advance(1_000)
    await run_until_quiet(tables, [Order(), again])
    assert seen(spans) == [
        ("send desk", None),
        ("request", None),
        ("send bar", None),
        ("look it up", None),
        ("process desk.order", "Done"),
        ("process bar.pour", "RetryAfter"),
        ("process bar.pour", "Done"),
    ]
    found = spans.get_finished_spans()
    assert len({span.context.trace_id for span in found if span.context}) == 1
    assert parent_of(found[4], found) == "send desk"
    assert parent_of(found[3], found) == "process desk.order"
    assert [parent_of(span, found) for span in found[5:]] == ["send bar"] * 2
    first, second = (dict(span.attributes or {}) for span in found[5:])
    assert (first["barback.attempt"], second["barback.attempt"]) == (1, 2)
    assert first["messaging.message.id"] == second["messaging.message.id"]
    assert first["barback.parent"] == (found[4].attributes or {})["messaging.message.id"]
    assert (found[5].status.is_ok, found[5].status.description) == (False, "no ice")


async def test_what_acts_outside_is_traced_with_its_act(tables: Database, spans: InMemorySpanExporter) -> None:
    class Pay(Ring):
        async def act(self, decision: int) -> int:
            with trace.get_tracer("test").start_as_current_span("POST /payments"):
                return await super().act(decision)

    await order(tables, Pay(), [1])
    await run_until_quiet(tables, [Pay()])
    found = spans.get_finished_spans()
    assert seen(spans) == [("send bar", None), ("POST /payments", None), ("process bar.ring", "Done")]
    assert parent_of(found[1], found) == "process bar.ring"


async def test_each_message_of_a_batch_has_its_span(tables: Database, spans: InMemorySpanExporter) -> None:
    class Tray(BatchTask[Drink]):
        name = "bar.carry"
        queue = "bar"
        payload = Drink

        async def handle_batch(self, tx: Transaction, messages: Sequence[Message[Drink]]) -> list[Any]:
            del tx
            return [Dead("spilt") if message.payload.n == 1 else None for message in messages]

    await order(tables, Tray(), range(3))
    await run_until_quiet(tables, [Tray()])
    assert sorted(outcome for name, outcome in seen(spans) if name == "process bar.carry") == ["Dead", "Done", "Done"]


async def test_a_bundle_has_one_span(tables: Database, spans: InMemorySpanExporter) -> None:
    async with tables.transaction() as tx:
        await pouring().enqueue_bulk(tx, (Drink(n) for n in range(100)))
    await run_until_quiet(tables, [pouring()])
    [span] = spans.get_finished_spans()
    assert (span.attributes or {})["messaging.batch.message_count"] == 100
    assert len(await effects(tables)) == 100


async def test_a_try_that_is_undone_says_so(tables: Database, spans: InMemorySpanExporter) -> None:
    def spill(message: Message[Drink]) -> None:
        if message.payload.n == 1:
            raise ValueError("spilt")

    task = pouring(spill, attempts_max=1)
    await order(tables, task, range(2))
    await run_until_quiet(tables, [task])
    outcomes = [outcome for name, outcome in seen(spans) if name == "process bar.pour"]
    assert sorted(outcomes) == ["Done", "RetryAfter", "undone", "undone"]


async def test_without_a_provider_nothing_is_stored(tables: Database) -> None:
    await order(tables, pouring(), [1])
    assert await count(tables, "engine_ready", "about IS NULL") == 1


def test_without_it_nothing_of_it_is_imported() -> None:
    code = "import sys, barback.engine; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_what_is_logged_about_an_attempt_says_which(
    tables: Database, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    def spill(_message: Message[Drink]) -> None:
        raise ValueError("spilt")

    task = pouring(spill, attempts_max=1)
    [id_] = await order(tables, task, [1], key="tab:1")
    with caplog.at_level(logging.WARNING, "barback.engine"):
        await run_until_quiet(tables, [task])
    [record] = [one for one in caplog.records if one.getMessage().startswith("attempt 1")]
    said = {name: getattr(record, name) for name in ("message_id", "task", "queue", "key", "attempt")}
    assert said == {"message_id": id_, "task": "bar.pour", "queue": "bar", "key": "tab:1", "attempt": 1}
    assert spans.get_finished_spans()
