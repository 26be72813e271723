"""Markets: breakpoints, boundaries of what may be opened, the tier next to a cap, arrays, and straight pieces."""

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from liquidation import LONG, SHORT, Contract, Market, RiskTiers
from liquidation.margin.pieces import at_or_below_zero

ROWS = [
    (0, 1_000, Fraction(1, 100), Fraction(1, 25)),
    (1_000, 5_000, Fraction(1, 40), Fraction(1, 10)),
    (5_000, 20_000, Fraction(1, 10), Fraction(1, 5)),
]


def market(kind="linear", measure="value", rule="marginal", rows=ROWS, **rules):
    """Three tiers; a contract of half a coin (of 5 USD, if inverse)."""
    size = Fraction(1, 2) if kind == "linear" else Fraction(5)
    return Market(Contract("X", size, Fraction(1, 10), kind), RiskTiers(rows, measure, rule), **rules)


# -- where a position changes its tier ---------------------------------------------------------------------------------


def test_the_tier_changes_where_the_value_is_a_cap_and_only_if_the_mark_counts():
    # 40 contracts: 20 coins, worth 1,000 at 50 and 5,000 at 250; inverse 200 USD, worth 1,000 coins at 1/5.
    assert market().breakpoints(40) == [50, 250]
    assert market("inverse").breakpoints(40) == [Fraction(1, 25), Fraction(1, 5)]
    for kind in ("linear", "inverse"):
        assert market(kind, "contracts").breakpoints(40) == []
        assert market(kind, maintenance_basis="entry").breakpoints(40) == []


# -- what may be opened: the boundaries are allowed --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "quantity", "leverage"),
    [
        ("value", 400, 5),  # 200 coins at 100: 20,000, the last cap, and the largest leverage of its tier
        ("value", 100, 10),  # 5,000: a cap belongs to its own tier
        ("value", 20, 25),
        ("contracts", 20_000, 5),
        ("contracts", 5_000, 10),
        ("contracts", 1_000, 25),
    ],
)
def test_a_cap_with_the_largest_leverage_of_its_tier_may_be_opened_and_nothing_beyond(measure, quantity, leverage):
    here = market(measure=measure)
    here.check_opening(100, quantity, leverage)
    just_more = Fraction(1, 10**9)
    with pytest.raises(ValueError, match=f"allows at most {leverage}$"):
        here.check_opening(100, quantity, leverage + just_more)
    with pytest.raises(ValueError, match=r"is above the last tier|allows at most"):
        here.check_opening(100, quantity + just_more, leverage)


def test_the_largest_leverage_is_allowed_whichever_way_it_is_written():
    """0.07 is a little less than the float of that name: 100/7 times it is 1, and so is the float 1/0.07 allowed."""
    for rate in (0.07, 0.3, 0.008):
        here = market(rows=[(0, 10**6, 0.004, rate)])
        here.check_opening(100, 1, here.tiers.largest_leverage(50))
        here.check_opening(100, 1, 1 / Fraction(str(rate)))
        with pytest.raises(ValueError, match="which allows at most"):
            here.check_opening(100, 1, 1 / rate + 1e-9)


def test_an_opening_at_which_maintenance_would_eat_all_of_the_margin_is_refused_without_initial_rates_too():
    here = market(rows=[(0, 10**6, Fraction(1, 100))])
    here.check_opening(100, 1, 99)
    with pytest.raises(ValueError, match="below 1/leverage"):
        here.check_opening(100, 1, 100)


# -- prices from a leverage, in arrays ---------------------------------------------------------------------------------


def test_a_leverage_in_an_array_gives_what_each_gives_alone():
    """Each is looked at by itself: 25x is allowed in the first tier, and 5x in the last, but not the other way."""
    here = market(maintenance_basis="entry")
    given = dict(side=LONG, entry_price=np.array([100.0, 100.0]), quantity=np.array([20.0, 400.0]))
    found = here.liquidation_price(leverage=np.array([25.0, 5.0]), **given)
    # 10 coins: margin 40, 10 to be left: down 3. 200 coins: margin 4,000, left 10 + 100 + 1,500 = 1,610: down 11.95.
    assert found.tolist() == pytest.approx([97, 88.05], rel=1e-14)
    with pytest.raises(ValueError, match=r"leverage=25 .*20,000 .* in tier 3, which allows at most 5"):
        here.liquidation_price(leverage=25, **given)
    with pytest.raises(ValueError, match=r"leverage=25\.0 .* in tier 3"):
        here.liquidation_price(leverage=[5, 25], **given)
    alone = here.liquidation_price(side=SHORT, entry_price=Fraction(100), quantity=400, leverage=5)
    assert alone == 100 + Fraction(4_000 - 1_610, 200)


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.inf, math.nan])
@pytest.mark.parametrize("name", ["entry_price", "quantity", "leverage"])
def test_what_is_wrong_in_an_array_is_named_with_its_place(name, wrong):
    given = dict(entry_price=100.0, quantity=20.0, leverage=10.0)
    bad = given | {name: np.array([given[name], wrong, given[name]])}
    with pytest.raises(ValueError, match=rf"^{name}={wrong} \(at position 1\) is not allowed"):
        market().liquidation_price(side=LONG, **bad)
    with pytest.raises(ValueError, match=rf"^{name}={wrong} is not allowed"):
        market().liquidation_price(side=LONG, **(given | {name: wrong}))


@pytest.mark.parametrize("wrong", [0.0, -2.0, math.inf, math.nan])
@pytest.mark.parametrize("name", ["entry_price", "mark_price", "quantity"])
@pytest.mark.parametrize(("measure", "basis"), [("value", "mark"), ("contracts", "entry")])
def test_a_requirement_refuses_what_is_wrong_in_an_array_with_its_place(name, wrong, measure, basis):
    """Whether or not it enters this market's formula."""
    here = market(measure=measure, maintenance_basis=basis, closing_fee_basis=basis)
    given = dict(entry_price=100.0, mark_price=110.0, quantity=20.0)
    bad = given | {name: np.array([[given[name], given[name]], [wrong, given[name]]])}
    with pytest.raises(ValueError, match=rf"^{name}={wrong} \(at position \(1, 0\)\) is not allowed"):
        here.requirement(**bad)
    with pytest.raises(ValueError, match=rf"^{name}={wrong} is not allowed"):
        here.requirement(**(given | {name: wrong}))


@pytest.mark.parametrize(("basis", "left"), [("entry", 35), ("mark", 8)])
def test_the_tier_is_that_of_the_price_that_counts(basis, left):
    """20 coins from 100 are 2,000: 1% of 1,000 and 2.5% of the rest. At a mark of 40 they are 800: 1%."""
    here = market(maintenance_basis=basis)
    assert here.requirement(100, 40, 40) == left
    assert here.requirement(np.array([100.0]), np.array([40.0]), 40).tolist() == [left]
    assert here.price_that_counts(100, 40) == {"entry": 100, "mark": 40}[basis]


def test_a_price_on_the_tick_is_rounded_as_the_venue_does():
    # 10 coins at 100, margin 35: what is left is 1% of the value, at (1,000 - 35) / 9.9 = 97.47...
    given = dict(side=LONG, entry_price=100.0, quantity=20, position_margin=35, on_tick=True)
    assert market(rounding="nearest").liquidation_price(**given) == 97.5
    assert market(rounding="away").liquidation_price(**given) == 97.4
    # By a leverage of 25 the margin is 40: 960 / 9.9 = 96.96...
    by_leverage = dict(side=LONG, entry_price=100.0, quantity=20, leverage=25, on_tick=True)
    assert market(rounding="nearest").liquidation_price(**by_leverage) == 97.0


# -- the tier next to a cap --------------------------------------------------------------------------------------------


def left_of(value):
    """What must be left of a value, slice by slice."""
    return sum((min(value, cap) - floor) * rate for floor, cap, rate, _ in ROWS if value > floor)


@pytest.mark.parametrize("kind", ["linear", "inverse"])
@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize("cap", [1_000, 5_000])
@pytest.mark.parametrize("beyond", [Fraction(-1, 2), Fraction(-1, 10**6), 0, Fraction(1, 10**6), Fraction(1, 2), 2])
def test_the_tier_that_counts_is_the_right_one_however_near_its_cap(kind, side, cap, beyond):
    """The margin is chosen so that equity = requirement where the value is just beside a cap; that price comes back."""
    here, quantity, value = market(kind), 40, cap + beyond
    price = value / Fraction(20) if kind == "linear" else 200 / Fraction(value)
    entry = price * (1 + side * Fraction(1, 5))
    margin = left_of(value) - here.unrealized_pnl(side, entry, price, quantity)
    found = here.liquidation_price(side=side, entry_price=entry, quantity=quantity, position_margin=margin)
    assert found == price


# -- all intervals -----------------------------------------------------------------------------------------------------


def test_intervals_of_exact_prices_hold_no_floats_but_endlessness():
    # 200 USD short at 10, margin 1/2, flat 1%: 1/2 + 200 / P - 20 = 2 / P, so P = 198 / 19.5; above it no end.
    coin = market("inverse", rule="flat")
    held = dict(side=SHORT, entry_price=Fraction(10), quantity=40, position_margin=Fraction(1, 2))
    (low, high), *more = coin.liquidatable_prices(**held)
    assert (low, high, more) == (Fraction(396, 39), math.inf, []) and isinstance(low, Fraction)
    # Its mirror image: 1/2 - 200 / P + 20 = 2 / P, from 0 to P = 202 / 20.5.
    ((low, high),) = coin.liquidatable_prices(**{**held, "side": LONG})
    assert (low, high) == (0, Fraction(404, 41)) and type(low) is int


def test_prices_and_quantities_up_to_a_tenth_of_the_largest_float_can_be_reckoned_with():
    here = Market(Contract("X", 1, 1), RiskTiers([(0, 10**6, 0.01)], "value", "flat"), maintenance_basis="entry")
    most = sys.float_info.max / 10
    held = dict(side=LONG, position_margin=1.0)
    assert here.liquidatable_prices(entry_price=most, quantity=1e-3, **held) == [(0, pytest.approx(1.01 * most))]
    assert here.liquidatable_prices(entry_price=1.0, quantity=most, **held) == [(0, pytest.approx(1.01))]
    for entry_price, quantity in ((most * 1.05, 1e-3), (1.0, most * 1.05)):
        with pytest.raises(ValueError, match="more than floats can reckon with"):
            here.liquidatable_prices(entry_price=entry_price, quantity=quantity, **held)


@pytest.mark.parametrize(
    ("function", "breakpoints", "found"),
    [
        (lambda x: Fraction(0), [], [(0, math.inf)]),  # at zero everywhere is liquidated everywhere
        (lambda x: Fraction(0), [2], [(0, math.inf)]),
        (lambda x: abs(x - 4), [4], []),  # at zero in one point only: no interval
        (lambda x: x, [], []),
        (lambda x: abs(x - 4) - 1, [0, 4, 4, math.inf, -7], [(3, 5)]),
    ],
)
def test_pieces_at_zero(function, breakpoints, found):
    asked = []

    def noted(x):
        asked.append(x)
        return function(x)

    assert at_or_below_zero(noted, breakpoints, Fraction(1)) == found
    assert all(isinstance(x, Fraction) and x > 0 for x in asked), "only positive, exact points are asked for"


def test_pieces_in_floats_are_floats():
    ((low, high),) = at_or_below_zero(lambda x: abs(x - 3) - 1, [3])
    assert (low, high) == (2, 4) and type(low) is type(high) is float


@pytest.mark.parametrize(
    ("excess", "found"),
    [
        (lambda x: x - 2.0**-47, [(0, 2.0**-47)]),
        (lambda x: x - 2.0**-48, []),  # so small a price is what floats left over: there is none
        (lambda x: 2.0**-48 - x, [(2.0**-48, math.inf)]),
        (lambda x: 2.0**-49 - x, [(0, math.inf)]),
        (lambda x: x - 2.0**49, [(0, 2.0**49)]),  # nothing cancels in one so large
        (lambda x: 2.0**49 - x, [(2.0**49, math.inf)]),
    ],
)
def test_in_floats_a_price_counts_from_two_to_the_minus_48_of_the_usual_one_on(excess, found):
    """At a usual price of 1; at one of 3 all is 3 times as much. Exact prices need no such rule."""
    assert market().intervals(excess, [], 1.0) == found
    assert market().intervals(lambda x: excess(x / 3), [], 3.0) == [tuple(3 * end for end in pair) for pair in found]
    exact = market().intervals(lambda x: x - Fraction(1, 2**60), [], Fraction(1))
    assert exact == [(0, Fraction(1, 2**60))]


@pytest.mark.parametrize(
    ("excess", "found"),
    [
        (lambda x: 1 / x - 2.0**-49, [(2.0**49, math.inf)]),  # at twice the edge: there is none
        (lambda x: 1 / x - 2.0**-47, [(2.0**47, math.inf)]),
        (lambda x: 1 / x - 2.0**49, [(2.0**-49, math.inf)]),
    ],
)
def test_where_money_is_straight_in_the_reciprocal_it_is_the_large_prices_that_floats_leave_over(excess, found):
    coins = Market(Contract("X", 1, 0.1, "inverse", "BTC"), RiskTiers([(0, 10**9, 0.01)], "value", "flat"))
    wanted = [] if found[0][0] > 2.0**48 else found
    assert coins.intervals(excess, [], 1.0) == wanted


# -- what is refused ---------------------------------------------------------------------------------------------------

CONTRACT, TIERS = market().contract, market().tiers
FLAT = RiskTiers(ROWS, "value", "flat")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Market("X", TIERS), "^contract='X' is not allowed: contract must be a Contract"),
        (lambda: Market(CONTRACT, ROWS), "^tiers=.* is not allowed: tiers must be a RiskTiers"),
        (lambda: Market(CONTRACT, TIERS, kind="inverse"), "^kind='linear' .* it is 'inverse'"),
        (lambda: Market(CONTRACT, TIERS, tier_rule="flat"), "^rule='marginal' .* it is 'flat'"),
        (lambda: Market(CONTRACT, TIERS, tier_measure="contracts"), "^measure='value' .* it is 'contracts'"),
        (lambda: Market(CONTRACT, FLAT).liquidation_price(side=1, entry_price=1, quantity=1, position_margin=1),
         "^with a flat ladder by value .* ask liquidatable_prices$"),
        (lambda: market().liquidation_price(side=1, entry_price=1, quantity=1), "^give either position_margin or lev"),
        (lambda: market().liquidation_price(side=1, entry_price=1, quantity=1, position_margin=1, leverage=1),
         "^give either position_margin or leverage"),
    ],
)  # fmt: skip
def test_what_is_no_market_is_refused_by_name(make, says):
    with pytest.raises(ValueError, match=says):
        make()
