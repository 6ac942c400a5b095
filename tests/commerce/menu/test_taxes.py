"""Tax to the minor unit: the vectors of the domain rules, and what must hold for any order."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barback.commerce.menu.rules.taxes import UNTAXED, RoundingScope, TaxableLine, TaxRate, TaxStack, tax_order
from barback.foundation.money import Rounding

S19 = TaxStack((TaxRate("S19", "VAT 19 %", 190_000),))
R7 = TaxStack((TaxRate("R7", "VAT 7 %", 70_000),))
R4 = TaxStack((TaxRate("R4", "VAT 4 %", 40_000),))
NYC = TaxStack((TaxRate("NYC", "Sales tax", 88_750),))
STACKED = TaxStack(
    (TaxRate("STATE", "State", 40_000), TaxRate("CITY", "City", 45_000), TaxRate("MCTD", "Transit", 3_750))
)
QUEBEC_OLD = TaxStack((TaxRate("GST", "GST", 50_000), TaxRate("QST", "QST", 95_000, compound=True)))


def _amounts(*amounts: int, stack: TaxStack) -> list[TaxableLine]:
    return [TaxableLine(amount, stack) for amount in amounts]


def test_vector_tax_is_per_line_not_per_unit() -> None:
    order = tax_order(_amounts(7 * 99, stack=S19), prices_include_tax=True)
    assert (order.gross_minor, order.tax_minor, order.net_minor) == (693, 111, 582)


def test_vector_a_tie_is_decided_on_the_tax() -> None:
    order = tax_order(_amounts(299, stack=R4), prices_include_tax=True)
    assert (order.tax_minor, order.net_minor) == (12, 287)


def test_vector_half_even_decides_the_same_tie_the_other_way_when_it_is_odd() -> None:
    # 0.5 exactly: half of one unit of tax.
    assert (
        tax_order(_amounts(5, stack=TaxStack((TaxRate("X", "X", 100_000),))), prices_include_tax=False).tax_minor == 1
    )
    even = tax_order(
        _amounts(5, stack=TaxStack((TaxRate("X", "X", 100_000),))), prices_include_tax=False, rounding="half_even"
    )
    assert even.tax_minor == 0


def test_vector_exclusive_per_line() -> None:
    order = tax_order(_amounts(105, 105, 105, stack=NYC), prices_include_tax=False)
    assert [line.tax_minor for line in order.lines] == [9, 9, 9]
    assert (order.net_minor, order.tax_minor, order.gross_minor) == (315, 27, 342)


def test_vector_exclusive_per_document_gives_the_extra_cent_to_line_one() -> None:
    order = tax_order(_amounts(105, 105, 105, stack=NYC), prices_include_tax=False, rounding_scope="document")
    assert [line.tax_minor for line in order.lines] == [10, 9, 9]
    assert [line.correction_minor for line in order.lines] == [1, 0, 0]
    assert (order.tax_minor, order.gross_minor) == (28, 343)


def test_the_dearest_line_takes_the_document_correction() -> None:
    order = tax_order(_amounts(105, 105, 1105, stack=NYC), prices_include_tax=False, rounding_scope="document")
    assert sum(line.tax_minor for line in order.lines) == round(Fraction(1315 * 88_750, 1_000_000))
    assert [line.correction_minor != 0 for line in order.lines] == [False, False, order.tax_minor != 9 + 9 + 98]


def test_vector_an_impossible_gross_is_kept() -> None:
    order = tax_order(_amounts(1500, stack=S19), prices_include_tax=True)
    assert (order.net_minor, order.tax_minor, order.gross_minor) == (1261, 239, 1500)


def test_vector_correction_of_three_beers() -> None:
    before = tax_order(_amounts(2100, stack=S19), prices_include_tax=True)
    after = tax_order(_amounts(1800, stack=S19), prices_include_tax=True)
    assert (before.tax_minor, after.tax_minor, after.gross_minor - before.gross_minor) == (335, 287, -300)


def test_vector_sale_of_the_ledger_example() -> None:
    order = tax_order(_amounts(1190, stack=S19), prices_include_tax=True)
    assert (order.net_minor, order.tax_minor) == (1000, 190)


def test_stacked_components_sum_to_the_tax_of_the_line() -> None:
    order = tax_order(_amounts(1000, stack=STACKED), prices_include_tax=False)
    assert [(part.code, part.tax_minor) for part in order.parts] == [("STATE", 40), ("CITY", 45), ("MCTD", 4)]
    assert order.tax_minor == 89
    inclusive = tax_order(_amounts(1089, stack=STACKED), prices_include_tax=True)
    assert [part.tax_minor for part in inclusive.parts] == [40, 45, 4]


def test_a_compound_component_taxes_the_one_before_it() -> None:
    order = tax_order(_amounts(10_000, stack=QUEBEC_OLD), prices_include_tax=False)
    assert [part.tax_minor for part in order.parts] == [500, 998]
    assert tax_order(_amounts(11_498, stack=QUEBEC_OLD), prices_include_tax=True).net_minor == 10_000


def test_many_tiny_components_never_push_the_last_below_zero() -> None:
    tiny = TaxStack(tuple(TaxRate(f"T{n}", "Tiny", 50_000) for n in range(4)))
    order = tax_order(_amounts(10, stack=tiny), prices_include_tax=False)
    assert [part.tax_minor for part in order.parts] == [1, 1, 0, 0]


def test_lines_of_two_classes_keep_their_own_tax() -> None:
    order = tax_order(
        [TaxableLine(1190, S19), TaxableLine(1070, R7), TaxableLine(500, UNTAXED)], prices_include_tax=True
    )
    assert [line.tax_minor for line in order.lines] == [190, 70, 0]
    assert {part.code: part.tax_minor for part in order.parts} == {"S19": 190, "R7": 70}


def test_an_order_of_nothing_or_of_zero_is_fine() -> None:
    assert tax_order([], prices_include_tax=True).gross_minor == 0
    assert tax_order(_amounts(0, stack=S19), prices_include_tax=True, rounding_scope="document").tax_minor == 0


RATES = st.builds(TaxRate, st.sampled_from(["A", "B", "C"]), st.just("x"), st.integers(0, 400_000), st.booleans())
STACKS = st.lists(RATES, max_size=3, unique_by=lambda rate: rate.code).map(lambda rates: TaxStack(tuple(rates)))
LINES = st.lists(st.builds(TaxableLine, st.integers(-1_000_000, 1_000_000), STACKS), max_size=12)
SCOPES = st.sampled_from(["line", "document"])
ROUNDINGS = st.sampled_from(["half_up", "half_even"])


@given(LINES, st.booleans(), SCOPES, ROUNDINGS)
def test_lines_sum_to_totals_and_what_was_told_is_kept(
    lines: list[TaxableLine], included: bool, scope: RoundingScope, rounding: Rounding
) -> None:
    order = tax_order(lines, prices_include_tax=included, rounding_scope=scope, rounding=rounding)
    assert sum(line.net_minor for line in order.lines) == order.net_minor
    assert sum(line.tax_minor for line in order.lines) == order.tax_minor == sum(part.tax_minor for part in order.parts)
    assert order.gross_minor == order.net_minor + order.tax_minor
    for given_line, line in zip(lines, order.lines, strict=True):
        assert (line.gross_minor if included else line.net_minor) == given_line.amount_minor


@given(LINES, st.booleans(), SCOPES)
def test_the_mirror_of_an_order_has_the_mirror_of_its_tax(
    lines: list[TaxableLine], included: bool, scope: RoundingScope
) -> None:
    order = tax_order(lines, prices_include_tax=included, rounding_scope=scope)
    mirror = tax_order(
        [TaxableLine(-line.amount_minor, line.stack) for line in lines],
        prices_include_tax=included,
        rounding_scope=scope,
    )
    assert [line.tax_minor for line in mirror.lines] == [-line.tax_minor for line in order.lines]


@given(LINES, st.booleans())
def test_a_document_component_is_within_half_a_unit_of_exact(lines: list[TaxableLine], included: bool) -> None:
    order = tax_order(lines, prices_include_tax=included, rounding_scope="document")
    exact: dict[tuple[str, int], Fraction] = {}
    for line in lines:
        for rate, share in zip(line.stack.rates, line.stack.shares, strict=True):
            key = rate.code, rate.ppm
            exact[key] = exact.get(key, Fraction(0)) + Fraction(
                line.amount_minor * share, line.stack.base(prices_include_tax=included)
            )
    for part in order.parts:
        assert abs(exact[part.code, part.ppm] - part.tax_minor) <= Fraction(1, 2)


@pytest.mark.parametrize("included", [True, False])
def test_a_line_is_within_half_a_unit_of_exact(included: bool) -> None:
    for amount in range(0, 3000, 7):
        line = tax_order(_amounts(amount, stack=QUEBEC_OLD), prices_include_tax=included).lines[0]
        exact = Fraction(amount * QUEBEC_OLD.total, QUEBEC_OLD.base(prices_include_tax=included))
        assert abs(exact - line.tax_minor) <= Fraction(1, 2)
