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

from barback.engine.history.usage import SQL
from barback.storage import Transaction

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


class Alike(msgspec.Struct, frozen=True):
    """Attempts whose task, tenant and hour have the same mean; `ended` are the messages that went for good."""

    mean_ms: int
    attempts: int
    ended: int
    cpu_us: int


def price_lists() -> list[PriceList]:
    """Every list there is."""
    return msgspec.json.decode(Path(__file__).with_name("prices.json").read_bytes(), type=_File).lists


async def attempts_alike(tx: Transaction, from_ms: int, until_ms: int, *, tenant: str | None = None) -> list[Alike]:
    """What a price list needs to know of that time."""
    rows = await tx.all(SQL.usage_means, from_ms=from_ms, until_ms=until_ms, tenant=tenant)
    return [Alike(row["mean_ms"], row["attempts"], row["ended"], row["cpu_us"]) for row in rows]


def costs(used: list[Alike], *, memory_mib: int = MEMORY_MIB) -> list[Cost]:
    """What it would have cost on each list with `memory_mib` for each message, the cheapest first."""
    return sorted((_on(prices, used, memory_mib) for prices in price_lists()), key=lambda cost: cost.total)


def _on(prices: PriceList, used: list[Alike], memory_mib: int) -> Cost:
    count = sum(alike.attempts for alike in used)
    billed_ms = sum(alike.attempts * _billed_ms(prices, alike.mean_ms) for alike in used)
    cpu_ms = sum(alike.cpu_us for alike in used) // 1_000
    steps = -(-max(memory_mib, prices.memory_min_mib) // prices.memory_step_mib)
    gib_ms = billed_ms * steps * prices.memory_step_mib
    requests = count * prices.queue_requests_per_attempt
    requests += sum(alike.ended for alike in used) * prices.queue_requests_per_message
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


def _billed_ms(prices: PriceList, mean_ms: int) -> int:
    """What one attempt of these is billed as."""
    return max(prices.at_least_ms, -(-mean_ms // prices.rounds_up_to_ms) * prices.rounds_up_to_ms)


def _dollars(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)
