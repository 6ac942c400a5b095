"""A handler that keeps its transaction open for long is named in the log, while it does and when it has ended (E3)."""

from __future__ import annotations

import threading

import pytest
from tests.conformance.bar import Drink, numbers, order, pouring
from tests.conformance.tools import eventually

from barback.engine import Message
from barback.engine.handlers import slowness
from barback.storage import Database
from barback.testing import run_until_quiet

WHY = {"sqlite": "nobody else can write meanwhile", "postgres": "what it has locked stays locked"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowness, "SLOW_S", 0.05)


async def test_E3_a_handler_that_hangs_in_its_transaction_is_named_while_it_hangs(
    tables: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def hang(_message: Message[Drink]) -> None:
        await eventually(lambda: "task bar.pour has kept its transaction open" in caplog.text, 30)

    task = pouring(hang)
    await order(tables, task, [1])
    await run_until_quiet(tables, [task])
    assert await numbers(tables) == [1]
    assert WHY[tables.dialect] in caplog.text
    assert "task bar.pour kept its transaction open for" in caplog.text


async def test_E3_one_that_blocks_the_event_loop_is_named_when_it_has_ended(
    tables: Database, caplog: pytest.LogCaptureFixture
) -> None:
    task = pouring(lambda _message: threading.Event().wait(0.1) and None)
    await order(tables, task, [1])
    await run_until_quiet(tables, [task])
    assert "task bar.pour kept its transaction open for" in caplog.text
