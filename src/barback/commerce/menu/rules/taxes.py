"""Tax on an order: net, tax and gross of every line and of every component, to the minor unit.

Pure integer arithmetic, one rounding step, tax first: with tax included the gross stays what the
guest was told and `net = gross - tax`; with tax on top the net stays and `gross = net + tax`.

Rounding happens per line (not per unit), or once per document: then each component is summed
unrounded over the order, rounded once, and the difference to the rounded lines is handed out one
minor unit at a time, dearest line first. A line keeps that difference as its `correction`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from barback.foundation.money import PPM, Rounding, divide

RoundingScope = Literal["line", "document"]


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One component of a tax class: `ppm` of the net, or of net and the components before it if `compound`."""

    code: str
    name: str
    ppm: int
    compound: bool = False


@dataclass(frozen=True, slots=True)
class TaxStack:
    """The components of one tax class with their arithmetic worked out; equal stacks tax alike.

    `shares[i] / whole` is the exact rate of component i on the net; `total` is their sum.
    """

    rates: tuple[TaxRate, ...]
    shares: tuple[int, ...] = field(init=False, compare=False, repr=False)
    whole: int = field(init=False, compare=False, repr=False)
    total: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Bring every component to one denominator; a compound one multiplies it."""
        shares: list[int] = []
        whole = PPM
        for rate in self.rates:
            if not rate.compound or not shares:
                shares.append(rate.ppm * (whole // PPM))
                continue
            base = whole + sum(shares)
            shares = [share * PPM for share in shares]
            whole *= PPM
            shares.append(rate.ppm * base)
        object.__setattr__(self, "shares", tuple(shares))
        object.__setattr__(self, "whole", whole)
        object.__setattr__(self, "total", sum(shares))

    def base(self, *, prices_include_tax: bool) -> int:
        """What the shares are divided by: the net alone, or the gross."""
        return self.whole + self.total if prices_include_tax else self.whole


UNTAXED = TaxStack(())
"""No tax at all: what is sold without a known product carries this, and a flag."""


@dataclass(frozen=True, slots=True)
class TaxableLine:
    """What a line costs (gross if prices include tax, else net; negative for a correction) and how it is taxed."""

    amount_minor: int
    stack: TaxStack


@dataclass(frozen=True, slots=True)
class TaxPart:
    """The tax of one component, in minor units."""

    code: str
    name: str
    ppm: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """A line with its tax. `correction_minor`: how much of the tax came from rounding the document as a whole."""

    net_minor: int
    tax_minor: int
    gross_minor: int
    parts: tuple[TaxPart, ...]
    correction_minor: int = 0


@dataclass(frozen=True, slots=True)
class TaxedOrder:
    """The lines in the order given, their sums, and the tax by component (of equal code and rate)."""

    lines: tuple[TaxedLine, ...]
    net_minor: int
    tax_minor: int
    gross_minor: int
    parts: tuple[TaxPart, ...]


def tax_order(
    lines: Sequence[TaxableLine],
    *,
    prices_include_tax: bool,
    rounding_scope: RoundingScope = "line",
    rounding: Rounding = "half_up",
) -> TaxedOrder:
    """Tax every line; the sums of the lines are the totals, always (asserted)."""
    if rounding_scope == "line":
        taxes = [_line_parts(line, prices_include_tax=prices_include_tax, rounding=rounding) for line in lines]
        corrections = [0] * len(lines)
    else:
        taxes, corrections = _document_parts(lines, prices_include_tax=prices_include_tax, rounding=rounding)
    done: list[TaxedLine] = []
    net = tax = 0
    totals: dict[tuple[str, int], int] = {}
    names: dict[tuple[str, int], str] = {}
    for line, amounts, correction in zip(lines, taxes, corrections, strict=True):
        line_tax = sum(amounts)
        line_net = line.amount_minor - line_tax if prices_include_tax else line.amount_minor
        parts: list[TaxPart] = []
        for rate, amount in zip(line.stack.rates, amounts, strict=True):
            parts.append(TaxPart(rate.code, rate.name, rate.ppm, amount))
            key = rate.code, rate.ppm
            totals[key] = totals.get(key, 0) + amount
            names.setdefault(key, rate.name)
        done.append(TaxedLine(line_net, line_tax, line_net + line_tax, tuple(parts), correction))
        net += line_net
        tax += line_tax
    components = tuple(TaxPart(code, names[code, ppm], ppm, amount) for (code, ppm), amount in totals.items())
    order = TaxedOrder(tuple(done), net, tax, net + tax, components)
    _assert_adds_up(lines, order, prices_include_tax=prices_include_tax)
    return order


def _line_parts(line: TaxableLine, *, prices_include_tax: bool, rounding: Rounding) -> list[int]:
    """The tax of each component of one line: the line's tax is rounded once, the last takes what is left."""
    stack = line.stack
    if not stack.total:
        return [0] * len(stack.rates)
    base = stack.base(prices_include_tax=prices_include_tax)
    amount = line.amount_minor
    left = divide(amount * stack.total, base, rounding)
    if len(stack.shares) == 1:
        return [left]
    parts: list[int] = []
    for share in stack.shares[:-1]:
        part = divide(amount * share, base, rounding)
        # Many small components that all round up must not push the last one below zero.
        part = min(part, left) if left >= 0 else max(part, left)
        parts.append(part)
        left -= part
    return [*parts, left]


def _document_parts(
    lines: Sequence[TaxableLine], *, prices_include_tax: bool, rounding: Rounding
) -> tuple[list[list[int]], list[int]]:
    """The tax of each component of each line when each component is rounded once for the whole order."""
    groups: dict[tuple[str, int], list[tuple[int, int]]] = {}
    taxes: list[list[int]] = []
    for number, line in enumerate(lines):
        base = line.stack.base(prices_include_tax=prices_include_tax)
        taxes.append([divide(line.amount_minor * share, base, rounding) for share in line.stack.shares])
        for place, rate in enumerate(line.stack.rates):
            groups.setdefault((rate.code, rate.ppm), []).append((number, place))
    corrections = [0] * len(lines)
    for members in groups.values():
        exact = Fraction(0)
        for number, place in members:
            stack = lines[number].stack
            exact += Fraction(
                lines[number].amount_minor * stack.shares[place], stack.base(prices_include_tax=prices_include_tax)
            )
        missing = divide(exact.numerator, exact.denominator, rounding)
        missing -= sum(taxes[number][place] for number, place in members)
        step = 1 if missing > 0 else -1
        dearest = sorted(members, key=lambda member: (-abs(lines[member[0]].amount_minor), member))
        for turn in range(abs(missing)):
            number, place = dearest[turn % len(dearest)]
            taxes[number][place] += step
            corrections[number] += step
    return taxes, corrections


def _assert_adds_up(lines: Sequence[TaxableLine], order: TaxedOrder, *, prices_include_tax: bool) -> None:
    """Stop before anything wrong is written: a mismatch here is a fault of this file, never of the caller."""
    given = sum(line.amount_minor for line in lines)
    if given != (order.gross_minor if prices_include_tax else order.net_minor):
        raise AssertionError(f"the lines cost {given}, the order says {order}")
    sums = [0, 0, 0]
    for line in order.lines:
        if (
            line.net_minor + line.tax_minor != line.gross_minor
            or sum(p.tax_minor for p in line.parts) != line.tax_minor
        ):
            raise AssertionError(f"a line does not add up: {line}")
        sums[0] += line.net_minor
        sums[1] += line.tax_minor
        sums[2] += line.gross_minor
    if sums != [order.net_minor, order.tax_minor, order.gross_minor]:
        raise AssertionError(f"the lines sum to {sums}, the order says {order}")
    if sum(part.tax_minor for part in order.parts) != order.tax_minor:
        raise AssertionError(f"the components do not sum to the tax: {order}")
