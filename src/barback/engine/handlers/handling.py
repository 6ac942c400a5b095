"""Running handlers that only touch the database, many messages in one transaction.

The first try trusts everybody: no savepoints. When a handler raises, the whole transaction is undone
and tried again carefully, each message behind a savepoint of its own, so that a poisoned one fails alone.
What took too long is tried with a transaction for each message: none is open for the sum of their times.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from barback.engine.attempts import HANDLING, about_attempt
from barback.engine.bulk import batch_counts
from barback.engine.guards.deadlines import is_late
from barback.engine.handlers.slowness import HandlerTimeoutError, in_its_time
from barback.engine.leases import Lease, Pack
from barback.engine.messages import (
    DONE,
    EXPIRED,
    Cancel,
    Dead,
    Done,
    Expired,
    LeaseLostError,
    Message,
    Outcome,
    RetryAfter,
    Snooze,
    Stored,
    Tripped,
)
from barback.engine.payloads import blob_payloads
from barback.engine.tasks import BatchTask, Task, TransactionalTask
from barback.engine.tracing import attempts, inside, is_on
from barback.storage import StorageError, Transaction

log = logging.getLogger("barback.engine")

UNKNOWN_TASK_RETRY_MS = 30_000
ERROR_CHARS_MAX = 2_000

Call = Callable[[Transaction, Task[Any], Sequence[Message[Any]], dict[str, Outcome]], Awaitable[None]]
"""Runs messages of a task in a transaction, and writes down the outcomes that are not plain Done."""


class HandlerFailedError(Exception):
    """A handler raised in the trusting try; the transaction is to be undone and tried carefully."""


class HandlerTooSlowError(HandlerFailedError):
    """The trusting try took too long: each message is to be tried in a transaction of its own, to let others in."""


def error_text(error: BaseException) -> str:
    """What is kept of an exception: its type and message, bounded."""
    return f"{type(error).__name__}: {error}"[:ERROR_CHARS_MAX]


def belongs_to_the_engine(error: BaseException) -> bool:
    """Errors that say nothing about the message: the lease is gone, or the database could not."""
    return isinstance(error, LeaseLostError) or (isinstance(error, StorageError) and error.transient)


def failed(task: Task[Any], attempt: int, error: Exception) -> RetryAfter:
    """The outcome of an attempt that raised `error`."""
    kind = Tripped if task.breaker is not None and task.trips(error) else RetryAfter
    return kind(task.backoff_ms(attempt), error_text(error))


def outcome_of(task: Task[Any], answer: object) -> Outcome:
    """What a handler answered. Raises TypeError for what is no outcome: a message must not vanish with it."""
    if answer is None:
        return DONE
    if isinstance(answer, Done | RetryAfter | Snooze | Cancel | Dead | Expired):
        return answer
    raise TypeError(
        f"{task.name}: expected None, Done, RetryAfter, Snooze, Cancel, Dead or Expired, got {answer!r:.200}"
    )


def opened(task: Task[Any], rows: Sequence[Stored], outcomes: dict[str, Outcome]) -> list[Message[Any]]:
    """The messages of `rows`; one whose payload does not fit is a dead letter at once."""
    messages: list[Message[Any]] = []
    for row in rows:
        try:
            messages.append(task.message(row))
        except msgspec.MsgspecError as error:
            outcomes[row.id] = Dead(f"the payload does not fit {task.payload.__name__}: {error}")
    return messages


async def handle_lease(
    tx: Transaction, lease: Lease, tasks: Mapping[str, Task[Any]], *, carefully: bool
) -> Mapping[str, Outcome]:
    """Handle what a lease holds in `tx`; returns the outcomes that are not plain Done. Raises as `handle_rows`."""
    lease.began, lease.took = time.perf_counter(), (took := dict[str, float]())
    with attempts(lease) as traced:
        if lease.packs and not carefully:
            outcomes = await handle_packs(tx, lease.packs, tasks)
        else:
            rows, failed = blob_payloads.with_payloads(lease)
            outcomes = {**failed, **await handle_rows(tx, rows, tasks, took, carefully=carefully)}
        if traced is not None:
            traced.update(outcomes)
    return outcomes


async def handle_rows(
    tx: Transaction, rows: Sequence[Stored], tasks: Mapping[str, Task[Any]], took: dict[str, float], *, carefully: bool
) -> dict[str, Outcome]:
    """Handle `rows` in `tx`; returns the outcomes that are not plain Done. `took`: how long those took that failed.

    Raises HandlerFailedError in the trusting try (HandlerTooSlowError: it took too long), LeaseLostError and
    transient StorageErrors always.
    """
    outcomes: dict[str, Outcome] = {}
    rows = await batch_counts.without_cancelled(tx, rows, outcomes)
    groups: dict[tuple[str, bool], list[Stored]] = {}
    for row in rows:
        late = row.about is not None and is_late(row, tx.now_ms)
        groups.setdefault((row.task, late), []).append(row)
    for (name, late), group in groups.items():
        task = tasks.get(name)
        if task is None:
            unknown = RetryAfter(
                UNKNOWN_TASK_RETRY_MS, f"no task named {name!r} in this worker; is it a newer version's?"
            )
            outcomes.update({row.id: unknown for row in group})
            continue
        messages = opened(task, group, outcomes)
        if not messages:
            continue
        call = _expire if late else _call
        if carefully:
            await _carefully(tx, task, messages, outcomes, took, call)
        else:
            await _trusting(tx, task, messages, outcomes, call)
    return outcomes


async def _expire(
    tx: Transaction, task: Task[Any], messages: Sequence[Message[Any]], outcomes: dict[str, Outcome]
) -> None:
    for message in messages:
        await task.on_expired(tx, message)
        outcomes[message.id] = EXPIRED


async def handle_packs(tx: Transaction, packs: Sequence[Pack], tasks: Mapping[str, Task[Any]]) -> dict[str, Outcome]:
    """Handle bundles in `tx`, trusting; returns the outcomes that are not plain Done.

    Raises HandlerFailedError also where a payload does not fit, a task is unknown or a deadline has
    passed: their messages are to be handled as rows then, which finds out which it is.
    """
    if any(expires_ms <= tx.now_ms for pack in packs if (expires_ms := pack.expires_ms) is not None):
        raise HandlerFailedError("some of them have expired")
    if await batch_counts.cancelled(tx, (pack.about for pack in packs)):
        raise HandlerFailedError("a batch of theirs was cancelled")
    outcomes: dict[str, Outcome] = {}
    for name, group in itertools.groupby(packs, lambda pack: pack.task):
        task = tasks.get(name)
        if task is None:
            raise HandlerFailedError(f"no task named {name!r} in this worker")
        try:
            messages = [message for pack in group for message in task.messages(pack)]
        except msgspec.MsgspecError as error:
            raise HandlerFailedError(error_text(error)) from error
        for start in range(0, len(messages), task.batch_max):
            await _trusting(tx, task, messages[start : start + task.batch_max], outcomes, _call)
    return outcomes


async def _call(
    tx: Transaction, task: Task[Any], messages: Sequence[Message[Any]], outcomes: dict[str, Outcome]
) -> None:
    if isinstance(task, BatchTask):
        answers = await task.handle_batch(tx, messages)
        if answers is None:
            return
        if len(answers) != len(messages):
            raise ValueError(
                f"{task.name}: expected {len(messages)} outcomes, one for each message, got {len(answers)}"
            )
    else:
        assert isinstance(task, TransactionalTask), f"{task.name} is no task of this kind of queue"
        answers = [await _one(tx, task, message) for message in messages]
    for message, answer in zip(messages, answers, strict=True):
        outcome = outcome_of(task, answer)
        if outcome is not DONE:
            outcomes[message.id] = outcome


async def _one(tx: Transaction, task: TransactionalTask[Any], message: Message[Any]) -> Outcome | None:
    HANDLING.set(message)
    try:
        if not is_on():
            return await task.handle(tx, message)
        with inside(message.id):
            return await task.handle(tx, message)
    finally:
        HANDLING.set(None)


async def _trusting(
    tx: Transaction, task: Task[Any], messages: Sequence[Message[Any]], outcomes: dict[str, Outcome], call: Call
) -> None:
    try:
        async with in_its_time(tx, task, len(messages)):
            await call(tx, task, messages, outcomes)
    except HandlerTimeoutError as error:
        raise HandlerTooSlowError(error_text(error)) from error
    except Exception as error:
        if belongs_to_the_engine(error):
            raise
        raise HandlerFailedError(error_text(error)) from error


async def _carefully(
    tx: Transaction,
    task: Task[Any],
    messages: Sequence[Message[Any]],
    outcomes: dict[str, Outcome],
    took: dict[str, float],
    call: Call,
) -> None:
    for message in messages:
        began = time.perf_counter()
        try:
            async with tx.savepoint(), in_its_time(tx, task):
                await call(tx, task, [message], outcomes)
        except Exception as error:
            if belongs_to_the_engine(error):
                raise
            said = message.attempt, task.name, message.id, error_text(error)
            log.warning("attempt %d of %s %s failed: %s", *said, extra=about_attempt(message, task.queue))
            outcomes[message.id] = failed(task, message.attempt, error)
            took[message.id] = time.perf_counter() - began
