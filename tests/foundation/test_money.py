"""Money is exact: rounding, splits, rates, text. The vectors are the ones of the domain rules."""

import contextlib
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barback.foundation.money import (
    AMOUNT_MAX,
    BadAmount,
    CurrencyMismatchError,
    Money,
    UnknownCurrency,
    at_rate,
    decimal_text,
    divide,
    exponent,
    included_at_rate,
    is_currency,
    parse_decimal,
    spread,
    to_step,
)

AMOUNTS = st.integers(-AMOUNT_MAX, AMOUNT_MAX)
RATES = st.integers(0, 1_000_000)
CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KRW", "BHD", "KWD", "CLF", "ISK"])


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("EUR", 2), ("JPY", 0), ("KRW", 0), ("BHD", 3), ("JOD", 3), ("KWD", 3), ("OMR", 3), ("TND", 3)],
)
def test_exponents_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize("code", ["eur", "EURO", "", "XXX", "E U"])
def test_an_unknown_currency_is_refused_by_name(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(UnknownCurrency) as refusal:
        exponent(code)
    assert refusal.value.fields[0].field == "currency"


@pytest.mark.parametrize(
    ("numerator", "denominator", "half_up", "half_even"),
    [
        (5, 10, 1, 0),
        (15, 10, 2, 2),
        (25, 10, 3, 2),
        (-5, 10, -1, 0),
        (-25, 10, -3, -2),
        (4, 10, 0, 0),
        (6, 10, 1, 1),
        (0, 3, 0, 0),
    ],
)
def test_ties_go_away_from_zero_or_to_even(numerator: int, denominator: int, half_up: int, half_even: int) -> None:
    assert divide(numerator, denominator) == half_up
    assert divide(numerator, denominator, "half_even") == half_even


@given(AMOUNTS, st.integers(1, 10**12))
def test_rounding_agrees_with_decimal(numerator: int, denominator: int) -> None:
    with localcontext() as context:
        context.prec = 200
        # A tie must be exact in decimal for the comparison to mean anything: scale by 2 instead.
        exact = Fraction(numerator, denominator)
        tie = (2 * exact).denominator == 1 and exact.denominator == 2
        quotient = Decimal(numerator) / Decimal(denominator)
        if tie:
            quotient = Decimal(exact.numerator) / 2
        assert divide(numerator, denominator) == int(quotient.quantize(Decimal(1), ROUND_HALF_UP))
        assert divide(numerator, denominator, "half_even") == int(quotient.quantize(Decimal(1), ROUND_HALF_EVEN))


@given(AMOUNTS, RATES)
def test_rounding_is_symmetric(amount: int, ppm: int) -> None:
    assert at_rate(-amount, ppm) == -at_rate(amount, ppm)
    assert included_at_rate(-amount, ppm) == -included_at_rate(amount, ppm)


@given(AMOUNTS, RATES)
def test_included_tax_is_the_nearest_unit_and_never_more_than_half_the_price(gross: int, ppm: int) -> None:
    tax = included_at_rate(gross, ppm)
    assert abs(Fraction(gross * ppm, 1_000_000 + ppm) - tax) <= Fraction(1, 2)
    assert abs(tax) <= (abs(gross) + 1) // 2


def test_denominator_must_be_above_zero() -> None:
    with pytest.raises(ValueError, match="above 0"):
        divide(1, 0)


def test_vector_line_against_unit() -> None:
    assert included_at_rate(7 * 99, 190_000) == 111
    assert 7 * included_at_rate(99, 190_000) == 112


def test_vector_tie_tax_first() -> None:
    assert included_at_rate(299, 40_000) == 12


def test_vector_line_against_document() -> None:
    assert 3 * at_rate(105, 88_750) == 27
    assert at_rate(315, 88_750) == 28


def test_vector_discount_split() -> None:
    assert spread(at_rate(1000, 100_000), [333, 333, 334]) == [33, 33, 34]


def test_vector_tip_base() -> None:
    assert at_rate(1000, 200_000) == 200
    assert at_rate(1000 + at_rate(1000, 100_000), 200_000) == 220


def test_vector_correction() -> None:
    assert (included_at_rate(2100, 190_000), included_at_rate(1800, 190_000)) == (335, 287)


def test_cash_rounds_to_its_step() -> None:
    assert [to_step(amount, 5) for amount in (1001, 1002, 1003, 1007, 1008, -1003)] == [
        1000,
        1000,
        1005,
        1005,
        1010,
        -1005,
    ]


@given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_shares_sum_to_the_total_and_are_fair(total: int, weights: list[int]) -> None:
    shares = spread(total, weights)
    assert sum(shares) == total
    even = weights if sum(weights) else [1] * len(weights)
    for share, weight in zip(shares, even, strict=True):
        assert abs(Fraction(total * weight, sum(even)) - share) < 1
    assert spread(-total, weights) == [-share for share in shares]


def test_a_zero_weight_gets_nothing_and_ties_go_to_the_first() -> None:
    assert spread(100, [0, 1, 0]) == [0, 100, 0]
    assert spread(10, [1, 1, 1]) == [4, 3, 3]
    assert spread(0, []) == []


def test_a_split_without_takers_or_with_negative_weights_is_a_fault() -> None:
    with pytest.raises(ValueError, match="no weights"):
        spread(1, [])
    with pytest.raises(ValueError, match="at least 0"):
        spread(1, [2, -1])


def test_money_is_never_a_float() -> None:
    with pytest.raises(TypeError, match="never a float"):
        Money(1.5, "EUR")  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="never a float"):
        Money(True, "EUR")
    with pytest.raises(TypeError, match="at_rate"):
        Money(1, "EUR").__mul__(1.5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="within"):
        Money(AMOUNT_MAX + 1, "EUR")


def test_money_of_two_currencies_does_not_mix() -> None:
    with pytest.raises(CurrencyMismatchError):
        _ = Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(CurrencyMismatchError):
        assert Money(1, "EUR") < Money(2, "USD")


def test_money_arithmetic() -> None:
    beer = Money(650, "EUR")
    assert beer + beer - Money(50, "EUR") == Money(1250, "EUR")
    assert beer * 3 == Money(1950, "EUR")
    assert -beer < Money(0, "EUR") <= beer
    assert beer.at_rate(190_000) == Money(124, "EUR")
    assert Money(1000, "EUR").split([1, 1, 1]) == [Money(334, "EUR"), Money(333, "EUR"), Money(333, "EUR")]
    assert beer
    assert not Money(0, "EUR")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(1250, "EUR", "12.50"), (-5, "EUR", "-0.05"), (1250, "JPY", "1250"), (1250, "BHD", "1.250"), (0, "EUR", "0.00")],
)
def test_text_is_plain_decimal(amount: int, currency: str, text: str) -> None:
    assert decimal_text(amount, currency) == text
    assert parse_decimal(text, currency) == amount
    assert str(Money(amount, currency)) == f"{text} {currency}"


@given(AMOUNTS, CURRENCIES)
def test_text_comes_back_as_the_same_amount(amount: int, currency: str) -> None:
    assert parse_decimal(decimal_text(amount, currency), currency) == amount


@pytest.mark.parametrize(
    "text", ["", "1,50", "12.505", "1e3", "EUR 1", "--1", ".5", "1.", "٣", "nan", "9" * 19, "99999999999999.99"]
)
def test_bad_text_is_refused(text: str) -> None:
    with pytest.raises(BadAmount):
        parse_decimal(text, "EUR")


def test_extra_zeros_are_not_extra_precision() -> None:
    assert parse_decimal("12.5000", "EUR") == 1250
    assert parse_decimal("+7", "EUR") == 700
    assert parse_decimal("7.0", "JPY") == 7


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadAmount):
        assert isinstance(parse_decimal(text, "EUR"), int)
