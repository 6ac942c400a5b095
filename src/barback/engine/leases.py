"""What a worker holds: a lease on some messages, which are rows, or packs that nobody has taken apart yet."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from barback.engine.messages import About, RetryAfter, Stored


class Pack(msgspec.Struct, array_like=True, frozen=True):
    """Messages of one task that were made together, at rest; none of them has a key.

    `payloads` is one JSON array. Message number n is called `id.n`: it needs no id of its own until
    somebody asks for it.
    """

    id: str
    queue: str
    priority: int
    task: str
    tenant: str | None
    attempts_max: int
    enqueued_ms: int
    about: str | None
    size: int
    payloads: bytes

    def rows(self, attempt: int) -> list[Stored]:
        """Taken apart: a row for each message, `attempt` claims into its life."""
        raws = msgspec.json.decode(self.payloads, type=list[msgspec.Raw])
        return [self._row(n, raw, attempt) for n, raw in enumerate(raws)]

    def row(self, n: int, attempt: int) -> Stored:
        """Message number `n`."""
        return self._row(n, msgspec.json.decode(self.payloads, type=list[msgspec.Raw])[n], attempt)

    def ids(self) -> Iterator[str]:
        """The ids of its messages."""
        return (f"{self.id}.{n}" for n in range(self.size))

    @property
    def expires_ms(self) -> int | None:
        """The deadline of its messages."""
        return None if self.about is None else msgspec.json.decode(self.about, type=About).expires_ms

    def _row(self, n: int, raw: msgspec.Raw, attempt: int) -> Stored:
        return Stored(
            pos=0,
            queue=self.queue,
            key=None,
            priority=self.priority,
            id=f"{self.id}.{n}",
            task=self.task,
            tenant=self.tenant,
            attempt=attempt,
            attempts_max=self.attempts_max,
            enqueued_ms=self.enqueued_ms,
            payload=bytes(raw).decode(),
            about=self.about,
        )


class Lease:
    """Messages in a worker's hands. `alone`: a dead worker held this one, so none of its like runs beside it.

    `lined`: its messages are of lines, and hold tokens of them, unless nothing limits those.

    A lease holds rows or packs. A pack is leased for the first time, always: what waits again is rows.
    """

    began: float | None = None
    """When its handling began, as `time.perf_counter` tells; None while it has not."""
    took: Mapping[str, float] = {}
    """How many seconds those took that were handled by themselves and failed, by id of the message."""

    def __init__(
        self,
        token: int,
        queue: str,
        worker: str,
        rows: Sequence[Stored] = (),
        *,
        alone: bool = False,
        lined: bool = False,
        packs: Sequence[Pack] = (),
        loose: Collection[str] = (),
    ) -> None:
        """`packs` instead of `rows` for bundles. `loose`: keys that had no lane when they were claimed."""
        self.token = token
        self.queue = queue
        self.worker = worker
        self.alone = alone
        self.lined = lined
        self.packs = packs
        self.loose = frozenset(loose)
        self._rows = list(rows)
        self.loaded: dict[str, str | RetryAfter] = {}
        """Payloads that are not in the rows, by id of the message; or why one could not be had."""
        self.due: Mapping[str, int] = {}
        """When those were due that had been kept back, by id of the message; it may name others too."""

    @property
    def rows(self) -> list[Stored]:
        """Its messages as rows; packs are taken apart for it."""
        if not self._rows and self.packs:
            self._rows = [row for pack in self.packs for row in pack.rows(attempt=1)]
        return self._rows

    @property
    def size(self) -> int:
        """How many messages it holds."""
        return sum(pack.size for pack in self.packs) if self.packs else len(self._rows)

    def took_ms(self, id_: str) -> int | None:
        """How long an attempt has taken; of messages that were handled together each has an equal share of the time."""
        if id_ in self.took:
            return round(self.took[id_] * 1_000)
        return None if self.began is None else round((time.perf_counter() - self.began) * 1_000 / self.size)

    def packed(self, id_: str) -> Stored:
        """The row of one message of a pack. Raises KeyError for one that is in none of them."""
        base, _, n = id_.rpartition(".")
        for pack in self.packs:
            if pack.id == base:
                return pack.row(int(n), attempt=1)
        raise KeyError(id_)
