"""How long things took, as counts in buckets that grow: four to an octave, so a percentile is right to a fifth.

Adding one costs some hundred nanoseconds, and a minute of any task fits in a line of text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from barback.engine.leases import Lease

Spread = dict[int, int]
"""How many in each bucket."""

_DECODER = msgspec.json.Decoder(Spread)


class Latency(msgspec.Struct, frozen=True):
    """What half, 95 and 99 in a hundred of `count` were done within, in microseconds."""

    count: int
    p50_us: int
    p95_us: int
    p99_us: int


class Bar(msgspec.Struct, frozen=True):
    """How many took up to `upto_us` microseconds, and longer than the bar before."""

    upto_us: int
    count: int


def bucket_of(us: int) -> int:
    """The bucket of so many microseconds; what is negative, by clocks that differ, is nothing."""
    if us < 4:
        return max(0, us)
    octave = us.bit_length()
    return 4 * octave + (us >> (octave - 3) & 3)


def bounds_of(bucket: int) -> tuple[int, int]:
    """The microseconds that a bucket begins with, and those that the next one begins with."""
    if bucket < 4:
        return bucket, bucket + 1
    octave, quarter = divmod(bucket, 4)
    return (4 + quarter) << (octave - 3), (5 + quarter) << (octave - 3)


def merge(into: Spread, more: Mapping[int, int]) -> None:
    """Add the counts of `more`."""
    for bucket, count in more.items():
        into[bucket] = into.get(bucket, 0) + count


def merged(several: Iterable[Mapping[int, int]]) -> Spread:
    """All of them together."""
    found: Spread = {}
    for one in several:
        merge(found, one)
    return found


def encode(spread: Spread) -> str:
    """The column's text."""
    return msgspec.json.encode(spread).decode()


def decode(text: str) -> Spread:
    """What the column says."""
    return _DECODER.decode(text)


def latency_of(spread: Spread) -> Latency | None:
    """The percentiles that people ask for; None of nothing."""
    count = sum(spread.values())
    if count == 0:
        return None
    return Latency(count, *(_percentile(spread, count * share / 100) for share in (50, 95, 99)))


def _percentile(spread: Spread, rank: float) -> int:
    passed, upper = 0, 0
    for bucket in sorted(spread):
        lower, upper = bounds_of(bucket)
        if passed + spread[bucket] >= rank:
            return int(lower + (upper - lower) * (rank - passed) / spread[bucket])
        passed += spread[bucket]
    return upper


def total_us(spread: Spread) -> int:
    """All of them together, each taken for the middle of its bucket."""
    return sum(count * sum(bounds_of(bucket)) // 2 for bucket, count in spread.items())


def bars_of(spread: Spread) -> list[Bar]:
    """A bar for each octave from the first to the last that has any: what a histogram is drawn from."""
    octaves: Counter[int] = Counter()
    for bucket, count in spread.items():
        octaves[bounds_of(bucket)[0].bit_length()] += count
    if not octaves:
        return []
    return [Bar(1 << octave, octaves[octave]) for octave in range(min(octaves), max(octaves) + 1)]


def waits_of(lease: Lease) -> Mapping[tuple[str, int], int]:
    """How many messages of each task could run since when: since they were due, else since they were enqueued.

    A later try is counted where its due time is known. What was delayed and then stood behind its key counts
    from when it was enqueued, as does what was dead and sent round again.
    """
    if lease.packs:
        packed: Counter[tuple[str, int]] = Counter()
        for pack in lease.packs:
            packed[pack.task, pack.enqueued_ms] += pack.size
        return packed
    if not lease.due:
        return Counter((row.task, row.enqueued_ms) for row in lease.rows if row.attempt == 1)
    since = [(row.task, lease.due.get(row.id, row.enqueued_ms if row.attempt == 1 else None)) for row in lease.rows]
    return Counter((task, at_ms) for task, at_ms in since if at_ms is not None)
