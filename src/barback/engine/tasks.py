"""Tasks: the functions that handle messages, and how messages for them are enqueued.

There are three kinds. A `TransactionalTask` and a `BatchTask` only touch the database: their effects
and the completion of their messages are one commit (ENGINE.md E3). An `ActingTask` reaches outside:
it decides in a transaction, acts without one, and records in another (E4).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, Literal, TypeVar, Unpack

import msgspec

from barback.engine import store
from barback.engine.blobs import blob_refs
from barback.engine.blobs.stores import Blobs
from barback.engine.bulk import bundles
from barback.engine.fairness import lines as its_lines
from barback.engine.fairness.limits import Limits, Lines
from barback.engine.guards import dedupe as dedupe_of
from barback.engine.guards.breakers import Breaker
from barback.engine.guards.outages import is_outage
from barback.engine.leases import Pack
from barback.engine.messages import (
    About,
    Message,
    Outcome,
    Stored,
    about_of,
    bell_name,
    encode_about,
)
from barback.engine.tracing import sending
from barback.engine.works import DEDUPE_MS, Found, SendOptions, Work, origin_here, rows_for
from barback.storage import Transaction, adopt, run_sync

P = TypeVar("P")
D = TypeVar("D")
R = TypeVar("R")

HeadFailure = Literal["block", "skip", "park"]

HANDLER_S = 60.0
"""How long a handler may take on PostgreSQL, where what hangs in its transaction holds up only what it has locked."""
TURN_S = 5.0
"""How long on SQLite: a handler in its transaction has the turn of the file's only writer; nobody sells meanwhile."""


class Task(Generic[P]):
    """What a queue does with a message. Subclass one of the three kinds below.

    - `name`: unique, `room.verb_object`; stored with every message.
    - `queue`: the queue its messages wait in.
    - `payload`: the type of the payload, a msgspec Struct or anything msgspec can encode.
    - `attempts_max`: claims after which a message is a dead letter.
    - `batch_max`: the most messages claimed at once.
    - `on_head_failure`: what a keyed message does to its followers when it fails. "block": they
      wait until it succeeds or dies. "skip": they go on while it waits for its retry. "park": like
      block, and when it dies the key stays closed until somebody releases it.
    - `priority`: lower goes first.
    - `lines`: turns and limits among the lines of its queue; `limits`: those of its queue as a whole.
    - `timeout_s`: seconds after which handling counts as failed: a batch, a message that is tried
      alone, `decide` and `record` each. None: 60, and 5 on SQLite, where nobody else can write meanwhile.
    - `blobs`: the blob store for payloads above 256 KiB, which are put there by `stow` (E19).
    - `expires_in_ms`: milliseconds after enqueueing from which on a message is worthless (E15).
    - `breaker`: what it depends on; while that is down its queue, or one line of it, is not claimed (E16).
    """

    name: ClassVar[str]
    queue: ClassVar[str]
    payload: type[P]
    attempts_max: int = 10
    batch_max: int = 200
    on_head_failure: HeadFailure = "block"
    priority: int = 0
    lines: Lines | None = None
    limits: Limits | None = None
    backoff_first_ms: int = 1_000
    backoff_max_ms: int = 600_000
    timeout_s: float | None = None
    expires_in_ms: int | None = None
    blobs: Blobs | None = None
    breaker: Breaker | None = None

    @property
    def in_lines(self) -> Lines | None:
        """The lines that its messages wait in: those it declares, or those that its breaker goes by."""
        return self.lines if self.lines is not None or self.breaker is None else self.breaker.lines

    def handler_s(self, dialect: str) -> float:
        """How many seconds its handler may keep a transaction of such a database open; what it says itself goes."""
        if self.timeout_s is not None:
            return self.timeout_s
        return TURN_S if dialect == "sqlite" else HANDLER_S

    def trips(self, error: Exception) -> bool:
        """Whether `error` says that what the task depends on is down, which its `breaker` counts (E16)."""
        return is_outage(error)

    def backoff_ms(self, attempt: int) -> int:
        """How long to wait after failed attempt number `attempt`: doubling, with 20 % of jitter."""
        delay = min(self.backoff_max_ms, self.backoff_first_ms * 2 ** min(attempt - 1, 30))
        return int(delay * random.uniform(0.8, 1.2))  # noqa: S311 - spreads retries, guards nothing

    async def enqueue(
        self,
        tx: Transaction,
        payload: P,
        *,
        key: str | None = None,
        tenant: str | None = None,
        delay_ms: int = 0,
        dedupe: str | None = None,
        dedupe_ms: int = DEDUPE_MS,
        expires_in_ms: int | None = None,
    ) -> str:
        """Enqueue one message in `tx`; it exists if and only if `tx` commits (E1). Returns its id.

        A message with a `key` takes its place behind earlier ones of that key when `tx` commits, or,
        with a delay, when it falls due. With a `dedupe` that was used for this task within its window
        nothing is enqueued, and the id is that of the first message. Raises PayloadTooLargeError above
        256 KiB, and ValueError for a key, a dedupe or a time that is none (see KEY_CHARS_MAX).
        """
        work = Work(payload, key, tenant, delay_ms, None, dedupe, dedupe_ms, expires_in_ms)
        return (await self.enqueue_many(tx, [work]))[0]

    def send(self, connection: object, payload: P, **options: Unpack[SendOptions]) -> str:
        """`enqueue` for synchronous programs: in the transaction that is open on their `connection`; returns the id.

        `connection` is what `adopt` takes, if it is synchronous; the options are those of `enqueue`.
        """
        return run_sync(self.enqueue(adopt(connection), payload, **options))

    def send_many(self, connection: object, works: Sequence[Work[P]]) -> list[str]:
        """`enqueue_many` for synchronous programs."""
        return run_sync(self.enqueue_many(adopt(connection), works))

    async def enqueue_many(self, tx: Transaction, works: Sequence[Work[P]]) -> list[str]:
        """Enqueue many messages in few statements; returns their ids in the same order."""
        known: list[str] | None = None
        if any(work.dedupe is not None for work in works):
            works, known = await dedupe_of.sift(tx, self.name, works)
        with sending(self.name, self.queue, len(works)):
            rows = rows_for(self, works, tx.now_ms)
        plain = rows
        if any(work.delay_ms > 0 or work.key is not None for work in works):
            plain, keyed = _by_key(works, rows)
            await store.add_arrivals(tx, keyed)
            later = [
                (tx.now_ms + work.delay_ms, row) for work, row in zip(works, rows, strict=True) if work.delay_ms > 0
            ]
            await store.add_later(tx, later, is_head=False)
        if plain:
            await (store.add_ready if self.in_lines is None else its_lines.add)(tx, plain)
        if blobs := [work.blob for work in works if work.blob is not None]:
            await blob_refs.keep(tx, blobs)
        if rows:
            tx.after_commit(partial(tx.database.bell.ring, bell_name(self.queue)))
        return [row.id for row in rows] if known is None else known

    async def enqueue_bulk(
        self, tx: Transaction, payloads: Iterable[P], *, tenant: str | None = None, batch: str | None = None
    ) -> int:
        """Enqueue bulk work without keys, packed a hundred messages to a row; returns how many there were.

        Several times as fast as `enqueue_many`, made and run together: for blasts, exports and the
        like. Each message still has its own attempts, retry and dead letter. Bundles and single
        messages of a queue take turns; those of a task with `lines` are not packed. `batch` is said by
        `Batch.add_bulk`. Raises PayloadTooLargeError above 256 KiB for one.
        """
        if self.in_lines is not None:
            # Each takes its turn in its line: packed they could not.
            several, count = iter(payloads), 0
            while page := list(itertools.islice(several, bundles.PAGE)):
                works = [Work(payload, tenant=tenant, batch=batch) for payload in page]
                count += len(await self.enqueue_many(tx, works))
            return count
        expires_ms = None if self.expires_in_ms is None else tx.now_ms + self.expires_in_ms
        trace, parent = origin_here() or (None, None)
        about = encode_about(About(expires_ms=expires_ms, batch=batch, trace=trace, parent=parent))
        kind = bundles.Kind(self.queue, self.name, self.priority, self.attempts_max, tenant, about)
        count = await bundles.add(tx, kind, payloads)
        if count:
            tx.after_commit(partial(tx.database.bell.ring, bell_name(self.queue)))
        return count

    def stored(self, work: Work[P], now_ms: int) -> Stored:
        """The row for one message. Raises PayloadTooLargeError, or ValueError for its key."""
        return rows_for(self, [work], now_ms)[0]

    def message(self, row: Stored) -> Message[P]:
        """What the handler sees of a row. Raises msgspec.ValidationError when the payload is not a `payload`."""
        return Message(
            row.id,
            row.task,
            row.key,
            row.tenant,
            row.attempt,
            row.attempts_max,
            row.enqueued_ms,
            self._decode(row.payload),
            None if row.about is None else about_of(row).expires_ms,
        )

    async def on_expired(self, tx: Transaction, message: Message[P]) -> None:
        """Its deadline has passed (E15): what is to be written down about it, in the transaction that ends it.

        Nothing by default. An exception counts as a failed attempt, and it is tried again.
        """

    def messages(self, pack: Pack) -> list[Message[P]]:
        """What the handler sees of a bundle, at its first attempt. Raises msgspec.ValidationError as `message`."""
        payloads: list[P] = msgspec.json.decode(pack.payloads, type=list[self.payload])
        expires_ms = pack.expires_ms
        return [
            Message(id_, pack.task, None, pack.tenant, 1, pack.attempts_max, pack.enqueued_ms, payload, expires_ms)
            for id_, payload in zip(pack.ids(), payloads, strict=True)
        ]

    def _decode(self, payload: str) -> P:
        return msgspec.json.decode(payload, type=self.payload)

    async def let_go(self) -> None:
        """Whoever worked this task stops: end what was kept for the next message."""


def _by_key(works: Sequence[Work[Any]], rows: Sequence[Stored]) -> tuple[list[Stored], list[Stored]]:
    """Rows that are due now: those without a key, and those with one."""
    plain: list[Stored] = []
    keyed: list[Stored] = []
    for work, row in zip(works, rows, strict=True):
        if work.delay_ms <= 0:
            (plain if row.key is None else keyed).append(row)
    return plain, keyed


class TransactionalTask(Task[P]):
    """Touches only the database. Its effects and its completion are one commit."""

    async def handle(self, tx: Transaction, message: Message[P]) -> Outcome | None:
        """Do the work of one message in `tx`. None means Done; an exception means try again later."""
        raise NotImplementedError


class BatchTask(Task[P]):
    """Like TransactionalTask, for many messages at once; never two of the same key in one batch."""

    async def handle_batch(self, tx: Transaction, messages: Sequence[Message[P]]) -> Sequence[Outcome] | None:
        """Do the work of all `messages` in `tx`; answers one outcome each, or None for all done.

        When it raises, everything is undone and each message is handled in a batch of its own, so
        that one bad message stops nobody else.
        """
        raise NotImplementedError


class ActingTask(Task[P], Generic[P, D, R]):
    """Reaches outside: *decide* (transaction) → *act* (no transaction) → *record* (transaction)."""

    concurrency: int = 20
    act_timeout_s: float = 60.0

    async def find(self, tx: Transaction, after: str | None, limit: int) -> Found[P]:
        """Optional, for `Sweep.of`: subjects after the place `after` that may need this work.

        Also those that it was stuck at. It may only narrow: `decide` looks again.
        """
        raise NotImplementedError(f"{self.name} has no `find`, so it cannot be swept")

    async def decide(self, tx: Transaction, message: Message[P]) -> D | Outcome:
        """Look again under lock and write down what was decided, so that a repeat decides the same."""
        raise NotImplementedError

    async def act(self, decision: D) -> R:
        """Touch the outside world, with an idempotency key that is part of `decision`."""
        raise NotImplementedError

    async def record(self, tx: Transaction, message: Message[P], decision: D, result: R) -> Outcome | None:
        """Write down what happened. Commits together with the completion of the message."""
        raise NotImplementedError
