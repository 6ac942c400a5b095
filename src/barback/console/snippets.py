"""A message copied as a test: Python that handles it again, on a database of the test's own, with `barback.testing`."""

from __future__ import annotations

import inspect
import json
import re
import sys
from typing import Any

from barback.engine import Task
from barback.engine.operations.looking import Seen
from barback.engine.payloads.masking import MASK

_TEXT = '''"""The message {id} of queue {queue}, handled again.{error}"""

import msgspec
from barback.engine.dead import dead_letters
from barback.testing import enqueued, fresh_database, run_until_quiet

{task}

PAYLOAD = {payload}{masked}


async def test_{name}() -> None:
    async with fresh_database() as db:
        # Tables of your own that the handler needs are made here.
        async with db.transaction() as tx:
            payload = msgspec.json.decode(PAYLOAD, type=task.payload)
            await task.enqueue(tx, payload{more})
        assert await run_until_quiet(db, [task]) >= 1
        async with db.reading() as tx:
            assert await enqueued(tx, task) == [], "it waits for another attempt: the log says why"
            assert [letter.error for letter in await dead_letters.page(tx)] == []
'''


def as_test(seen: Seen, task: Task[Any] | None, payload: str) -> str:
    """The text of the test. `payload` is JSON, with what is secret masked."""
    more = [f", {name}={value!r}" for name, value in (("key", seen.key), ("tenant", seen.tenant)) if value is not None]
    return _TEXT.format(
        id=seen.id,
        queue=_plain(seen.queue),
        error=f" It died of: {_plain(seen.error)}" if seen.error else "",
        task=_import_of(task, seen.task),
        payload=_literal(payload),
        masked=f"  # put in what {MASK} stands for" if MASK in payload else "",
        name=re.sub(r"\W+", "_", seen.task).strip("_").lower(),
        more="".join(more),
    )


def _import_of(task: Task[Any] | None, name: str) -> str:
    """Where a program has the task: a name of a module, or its class."""
    if task is None:
        return f"from your_program import task  # the task {_plain(name)}; this server does not know it"
    for module in list(sys.modules.values()):
        for variable, value in list(vars(module).items()) if hasattr(module, "__dict__") else ():
            if value is task and variable.isidentifier() and not variable.startswith("_"):
                return f"from {module.__name__} import {variable} as task"
    made = type(task)
    asks = [one.name for one in inspect.signature(made).parameters.values() if one.default is one.empty]
    hint = f"  # it asks for {', '.join(asks)}" if asks else ""
    return f"from {made.__module__} import {made.__qualname__}\n\ntask = {made.__qualname__}(){hint}"


def _plain(text: str) -> str:
    """Fit for a docstring: one line, and nothing that ends it."""
    return re.sub(r'[\\\x00-\x1f"]+', " ", text)[:200].strip()


def _literal(payload: str) -> str:
    return json.dumps(payload, ensure_ascii=False)
