"""What an order may be, what it is flagged for, and what it costs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from barback.commerce.menu.rules.taxes import UNTAXED, RoundingScope, TaxableLine, TaxedOrder, TaxStack, tax_order
from barback.commerce.orders.shapes import FlagShape, LineIn, OrderIn
from barback.foundation.errors import Forbidden, Invalid, NotFound, TooLarge

MINUTE_MS = 60_000
SKEW_FLAG_MS = 15 * MINUTE_MS
PROBLEM_PREFIX = "urn:barback:error:"

OrderState = Literal["accepted", "processed"]


class OrderNotFound(NotFound):
    """No such order in this tenant."""

    code = "order_not_found"
    title = "No such order"


class BatchMalformed(Invalid):
    """The body is not a batch of orders."""

    code = "batch_malformed"
    status = 400
    title = "The body is not a batch of orders"


class BatchTooLarge(TooLarge):
    """More than 100 orders, or more than 1 MiB, in one request."""

    code = "batch_too_large"
    title = "Too many orders in one request"


class OrderFilterInvalid(Invalid):
    """A filter of the list of orders says something that cannot be."""

    code = "order_filter_invalid"
    title = "The filter is not valid"


class OrdersNotAllowed(Forbidden):
    """This token may not sell."""

    code = "orders_not_allowed"
    title = "This token may not send orders"


# Why an order is invalid: it is kept for a person, and the device need not send it again.
INVALID_CODES: dict[str, str] = {
    "order_invalid": "The order is not well formed",
    "order_conflict": "Another order with this id is stored already",
    "device_seq_conflict": "Another order of this device has this sequence number",
    "tab_not_found": "No such tab",
    "event_not_found": "No such event",
    "currency_mismatch": "The order is in another currency than the event",
    "device_revoked": "The device was revoked before this sale",
    "no_tab_named": "The order says neither tag nor tab",
}


def problem(code: str, reason: str, field: str, value: object, cure: str) -> dict[str, object]:
    """An RFC 9457 object for one order of a batch."""
    return {
        "type": PROBLEM_PREFIX + code,
        "title": INVALID_CODES[code],
        "status": 422,
        "detail": f"{field}: {reason}",
        "code": code,
        "errors": [{"field": field, "value": value, "reason": reason, "cure": cure}],
    }


def flag_clock(skew_ms: int) -> FlagShape | None:
    """A flag when the device's clock is more than 15 minutes off."""
    if abs(skew_ms) <= SKEW_FLAG_MS:
        return None
    direction = "behind" if skew_ms > 0 else "ahead"
    return FlagShape("clock_skew", "sent_ms", f"the device's clock is {abs(skew_ms) // MINUTE_MS} minutes {direction}")


def effective_ms(device_time_ms: int, skew_ms: int, received_ms: int) -> int:
    """When the sale happened, by our clock: the device's time, put right, and never in the future."""
    return max(0, min(device_time_ms + skew_ms, received_ms))


def charged_minor(line: LineIn) -> int:
    """What a line was sold for: quantity times unit price with its modifiers; never below zero."""
    unit = line.unit_price_minor
    for chosen in line.modifiers:
        unit += chosen.price_minor
    return line.quantity * unit if unit > 0 else 0


def flag_total(order: OrderIn, total: int) -> FlagShape | None:
    """A flag when the lines, `total` in all, do not add up to what the guest was told. The lines count."""
    if total == order.total_minor:
        return None
    return FlagShape(
        "total_mismatch", "total_minor", f"the lines add up to {total}, the order says {order.total_minor}"
    )


def receipt_of(device_id: str, device_seq: int) -> str:
    """A number a person can read out: four characters of the device, then its sequence."""
    return f"{device_id.replace('-', '')[-4:].upper()}-{device_seq:06d}"


@dataclass(frozen=True, slots=True)
class Sold:
    """What the menu says of one line: its names, the price it should have had, how it is taxed."""

    name: str
    listed_unit_minor: int | None
    stack: TaxStack
    modifiers: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line as it goes on the tab."""

    n: int
    product_id: str
    name: str
    quantity: int
    unit_price_minor: int
    modifiers: tuple[tuple[str, int], ...]
    gross_minor: int
    net_minor: int
    tax_minor: int
    taxes: tuple[tuple[str, int, int], ...]
    note: str | None


@dataclass(frozen=True, slots=True)
class Priced:
    """An order with its tax. Sums of the lines equal the totals (asserted by `tax_order`)."""

    lines: tuple[PricedLine, ...]
    flags: tuple[FlagShape, ...]
    taxed: TaxedOrder


def price(order: OrderIn, sold: Sequence[Sold | None], *, prices_include_tax: bool, scope: RoundingScope) -> Priced:
    """Tax what was charged. The device's prices count, because the guest was told them; differences are flagged."""
    flags: list[FlagShape] = []
    taxable: list[TaxableLine] = []
    for n, (line, known) in enumerate(zip(order.lines, sold, strict=True)):
        taxable.append(TaxableLine(charged_minor(line), UNTAXED if known is None else known.stack))
        if known is None:
            flags.append(flag_unknown_product(n, line))
        elif known.listed_unit_minor is not None:
            unit = line.unit_price_minor + sum(chosen.price_minor for chosen in line.modifiers)
            if unit != known.listed_unit_minor:
                detail = f"{known.name} was sold for {unit}, the menu says {known.listed_unit_minor}"
                flags.append(FlagShape("price_mismatch", f"lines[{n}].unit_price_minor", detail))
    taxed = tax_order(taxable, prices_include_tax=prices_include_tax, rounding_scope=scope)
    lines = tuple(
        PricedLine(
            n=n,
            product_id=line.product_id,
            name=(known.name if known else None) or line.name or line.product_id,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            modifiers=known.modifiers
            if known
            else tuple((m.name or m.modifier_id, m.price_minor) for m in line.modifiers),
            gross_minor=tax.gross_minor,
            net_minor=tax.net_minor,
            tax_minor=tax.tax_minor,
            taxes=tuple((part.code, part.ppm, part.tax_minor) for part in tax.parts),
            note=line.note,
        )
        for n, (line, known, tax) in enumerate(zip(order.lines, sold, taxed.lines, strict=True))
    )
    return Priced(lines, tuple(flags), taxed)


def flag_unknown_product(n: int, line: LineIn) -> FlagShape:
    """The menu has no such product; it is sold untaxed at the price charged until a person looks."""
    return FlagShape("unknown_product", f"lines[{n}].product_id", f"the menu has no product {line.product_id!r}")


def merged_flags(first: Sequence[FlagShape], then: Sequence[FlagShape]) -> list[FlagShape]:
    """All flags, each code and field once."""
    kept = {(flag.code, flag.field): flag for flag in [*then, *first]}
    return sorted(kept.values(), key=lambda flag: (flag.code, flag.field))


FLAG_CODES: dict[str, str] = {
    "clock_skew": "The device's clock is more than 15 minutes off",
    "device_revoked": "The device was revoked after this sale",
    "price_mismatch": "Sold for another price than the menu's",
    "tab_closed": "The tab was closed already",
    "total_mismatch": "The lines do not add up to the total",
    "unknown_product": "The menu has no such product",
    "unknown_tag": "Nobody holds this tag (yet)",
}

flags_decoder = msgspec.json.Decoder(list[FlagShape])
