"""What the same work would cost on the price lists of serverless platforms (K5).

The lists are in `prices.json`, each with its source and its date. They are list prices: no free
allowance, discount, tax, storage or traffic. Each message is taken as an invocation of its own with the
memory one says it needs, however it was batched here; its time is rounded up as the list does, for the
mean of each hour, task and tenant.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import msgspec

from barback.engine.usage import SQL
from barback.storage import Row, Transaction

MEMORY_MIB = 512
_MILLION = 1_000_000
_CENT = Decimal("0.01")


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """One platform's prices in US dollars, as `sources` said at `as_of`; see the fields' names."""

    name: str
    plan: str
    sources: list[str]
    as_of: str
    per_million_attempts: Decimal
    per_gib_second: Decimal
    per_vcpu_second: Decimal
    per_million_cpu_ms: Decimal
    rounds_up_to_ms: int
    at_least_ms: int
    memory_step_mib: int
    memory_min_mib: int
    per_million_queue_requests: Decimal
    queue_requests_per_message: int
    queue_requests_per_attempt: int


class _File(msgspec.Struct):
    lists: list[PriceList]


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What it would have cost on one list, in US dollars with two places. `compute` is time and memory."""

    name: str
    plan: str
    as_of: str
    sources: list[str]
    attempts: Decimal
    compute: Decimal
    queue: Decimal
    total: Decimal


class Hour(msgspec.Struct, frozen=True):
    """What one task did for one tenant in one hour; `ended` are the messages that went for good."""

    attempts: int
    ended: int
    wall_us: int
    cpu_us: int


def price_lists() -> list[PriceList]:
    """Every list there is."""
    return msgspec.json.decode(Path(__file__).with_name("prices.json").read_bytes(), type=_File).lists


async def hours(tx: Transaction, from_ms: int, until_ms: int, *, tenant: str | None = None) -> list[Hour]:
    """What a price list needs to know of that time."""
    rows = await tx.all(SQL.usage_hours, from_ms=from_ms, until_ms=until_ms, tenant=tenant)
    return [_hour(row) for row in rows]


def costs(used: list[Hour], *, memory_mib: int = MEMORY_MIB) -> list[Cost]:
    """What it would have cost on each list with `memory_mib` for each message, the cheapest first."""
    return sorted((_on(prices, used, memory_mib) for prices in price_lists()), key=lambda cost: cost.total)


def _on(prices: PriceList, used: list[Hour], memory_mib: int) -> Cost:
    count = sum(hour.attempts for hour in used)
    billed_ms = sum(hour.attempts * _billed_ms(prices, hour.wall_us, hour.attempts) for hour in used)
    cpu_ms = sum(hour.cpu_us for hour in used) // 1_000
    steps = -(-max(memory_mib, prices.memory_min_mib) // prices.memory_step_mib)
    gib_ms = billed_ms * steps * prices.memory_step_mib
    requests = count * prices.queue_requests_per_attempt
    requests += sum(hour.ended for hour in used) * prices.queue_requests_per_message
    attempts = prices.per_million_attempts * count / _MILLION
    compute = prices.per_gib_second * gib_ms / (1024 * 1000) + prices.per_vcpu_second * billed_ms / 1000
    compute += prices.per_million_cpu_ms * cpu_ms / _MILLION
    queue = prices.per_million_queue_requests * requests / _MILLION
    parts = [_dollars(part) for part in (attempts, compute, queue, attempts + compute + queue)]
    return Cost(
        name=prices.name,
        plan=prices.plan,
        as_of=prices.as_of,
        sources=prices.sources,
        attempts=parts[0],
        compute=parts[1],
        queue=parts[2],
        total=parts[3],
    )


def _billed_ms(prices: PriceList, wall_us: int, attempts: int) -> int:
    """What one attempt of these is billed as: the mean, rounded up."""
    mean_ms = -(-wall_us // (1_000 * max(1, attempts)))
    return max(prices.at_least_ms, -(-mean_ms // prices.rounds_up_to_ms) * prices.rounds_up_to_ms)


def _dollars(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _hour(row: Row) -> Hour:
    return Hour(row["attempts"], row["ended"], row["wall_us"], row["cpu_us"])
