"""Money: whole minor units with a currency, exact rounding, splits that add up. Never a float.

A rate is parts per million (19 % = 190000). Every division here is integer arithmetic with one
rounding step, and is symmetric: what happens to -x is the mirror of what happens to x.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from barback.foundation.errors import FieldProblem, Invalid

Rounding = Literal["half_up", "half_even"]
"""How a tie is broken: away from zero (the default everywhere) or to the even neighbour."""

PPM = 1_000_000
"""One whole, in parts per million."""

AMOUNT_MAX = 2**53 - 1
"""The largest amount: what a browser's numbers hold exactly. Far inside 64 bits."""

_BY_EXPONENT = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN
NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC
SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
""",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS = {code: digits for digits, codes in _BY_EXPONENT.items() for code in codes.split()}

_DECIMAL = re.compile(r"(?P<sign>[+-]?)(?P<whole>\d{1,18})(?:\.(?P<part>\d{1,18}))?", re.ASCII)


class UnknownCurrency(Invalid):
    """The currency is not a current code of ISO 4217."""

    code = "unknown_currency"
    title = "The currency is not known"


class BadAmount(Invalid):
    """The text is not an amount of money in that currency."""

    code = "bad_amount"
    title = "The amount cannot be read"


class CurrencyMismatchError(ValueError):
    """Two amounts in different currencies met; a fault of the program, never of the caller."""


def is_currency(code: str) -> bool:
    """True for a current ISO 4217 code in capitals."""
    return code in _EXPONENTS


def exponent(currency: str) -> int:
    """How many digits the minor unit has: EUR 2, JPY 0, KWD 3. Raises UnknownCurrency."""
    try:
        return _EXPONENTS[currency]
    except KeyError:
        problem = FieldProblem("currency", currency, "not a currency of ISO 4217", "use three capitals, such as EUR")
        raise UnknownCurrency(f"expected an ISO 4217 currency, got {currency!r}", fields=[problem]) from None


def divide(numerator: int, denominator: int, rounding: Rounding = "half_up") -> int:
    """`numerator / denominator` to the nearest whole number; `denominator` above zero."""
    if denominator <= 0:
        raise ValueError(f"expected a denominator above 0, got {denominator}")
    whole, rest = divmod(abs(numerator), denominator)
    twice = 2 * rest
    if twice > denominator or (twice == denominator and (rounding == "half_up" or whole % 2)):
        whole += 1
    return whole if numerator >= 0 else -whole


def at_rate(amount: int, ppm: int, rounding: Rounding = "half_up") -> int:
    """`amount` times a rate: the tax on a net amount, a tip on a total. Minor units."""
    return divide(amount * ppm, PPM, rounding)


def included_at_rate(gross: int, ppm: int, rounding: Rounding = "half_up") -> int:
    """The part of `gross` that is tax when `gross` includes tax at `ppm`. Minor units."""
    return divide(gross * ppm, PPM + ppm, rounding)


def to_step(amount: int, step: int, rounding: Rounding = "half_up") -> int:
    """`amount` to the nearest multiple of `step` minor units: cash in CHF has a step of 5."""
    return divide(amount, step, rounding) * step


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Share `total` in proportion to `weights` so that the shares sum to it exactly.

    Largest remainder: every share is rounded towards zero, the missing units go to the largest
    fractions, ties to the earlier one. All weights 0: shared equally. Raises ValueError for a
    negative weight, or when there is nobody to give a total other than 0 to.
    """
    if not weights:
        if total:
            raise ValueError(f"expected somebody to share {total} with, got no weights")
        return []
    if min(weights) < 0:
        raise ValueError(f"expected weights of at least 0, got {min(weights)}")
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    size = abs(total)
    shares: list[int] = []
    rests: list[tuple[int, int]] = []
    for place, weight in enumerate(weights):
        share, rest = divmod(size * weight, whole)
        shares.append(share)
        rests.append((-rest, place))
    for _, place in sorted(rests)[: size - sum(shares)]:
        shares[place] += 1
    return shares if total >= 0 else [-share for share in shares]


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: whole minor units of one currency. Adding two currencies raises CurrencyMismatchError."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        """Refuse what is not a whole number, too large, or in no currency."""
        if type(self.amount) is not int:
            raise TypeError(f"expected whole minor units, got {self.amount!r}; money is never a float")
        if abs(self.amount) > AMOUNT_MAX:
            raise ValueError(f"expected an amount within ±{AMOUNT_MAX}, got {self.amount}")
        exponent(self.currency)

    def __add__(self, other: "Money") -> "Money":
        """The sum."""
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        """The difference."""
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        """The same amount the other way."""
        return Money(-self.amount, self.currency)

    def __mul__(self, times: int) -> "Money":
        """A whole number of times the amount; a rate goes through `at_rate`, which rounds."""
        if type(times) is not int:
            raise TypeError(f"expected a whole number, got {times!r}; use at_rate for a rate")
        return Money(self.amount * times, self.currency)

    def __bool__(self) -> bool:
        """False for nothing."""
        return self.amount != 0

    def __lt__(self, other: "Money") -> bool:
        """True when it is less."""
        return self.amount < self._same(other)

    def __le__(self, other: "Money") -> bool:
        """True when it is not more."""
        return self.amount <= self._same(other)

    def __str__(self) -> str:
        """Plain and the same everywhere: `12.50 EUR`."""
        return f"{decimal_text(self.amount, self.currency)} {self.currency}"

    def at_rate(self, ppm: int, rounding: Rounding = "half_up") -> "Money":
        """The amount times a rate, rounded once."""
        return Money(at_rate(self.amount, ppm, rounding), self.currency)

    def split(self, weights: Sequence[int]) -> "list[Money]":
        """Shares in proportion to `weights` that sum to the amount exactly; see `spread`."""
        return [Money(share, self.currency) for share in spread(self.amount, weights)]

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatchError(f"expected {self.currency}, got {other.currency}")
        return other.amount


def decimal_text(amount: int, currency: str) -> str:
    """`amount` minor units as plain decimal text: 1250 EUR is `12.50`, 1250 JPY is `1250`."""
    digits = exponent(currency)
    if digits == 0:
        return str(amount)
    whole, part = divmod(abs(amount), 10**digits)
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{digits}d}"


def parse_decimal(text: str, currency: str) -> int:
    """Minor units from decimal text: `12.5` EUR is 1250.

    Takes an optional sign, ASCII digits and a point; no grouping and no symbol. Raises BadAmount
    for anything else, for more digits than the currency has (unless they are 0) and for too much.
    """
    digits = exponent(currency)
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        raise _bad_amount(text, "not a decimal number", "write it like 12.50")
    part = match["part"] or ""
    if part[digits:].strip("0"):
        raise _bad_amount(text, f"{currency} has {digits} digits after the point", "round it first")
    amount = int(match["whole"] + part[:digits].ljust(digits, "0"))
    if amount > AMOUNT_MAX:
        raise _bad_amount(text, "too large", f"the most is {decimal_text(AMOUNT_MAX, currency)}")
    return -amount if match["sign"] == "-" else amount


def _bad_amount(text: str, reason: str, cure: str) -> BadAmount:
    problem = FieldProblem("amount", text[:40], reason, cure)
    return BadAmount(f"expected an amount of money, got {text[:40]!r}: {reason}", fields=[problem])
