"""Ladders: the amounts, the refusals, and one exact price against brute force."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from liquidation import (
    ALREADY,
    BINANCE_BTCUSDT,
    BYBIT_BTCUSDT,
    LONG,
    MEXC_BTC_USDT,
    NEVER,
    SHORT,
    Contract,
    Market,
    RiskTiers,
)
from liquidation.margin.pieces import at_or_below_zero

OLD_BINANCE = [
    (0, 50_000, Fraction(4, 1000)),
    (50_000, 250_000, Fraction(5, 1000)),
    (250_000, 1_000_000, Fraction(10, 1000)),
    (1_000_000, 10_000_000, Fraction(25, 1000)),
    (10_000_000, 20_000_000, Fraction(50, 1000)),
    (20_000_000, math.inf, Fraction(100, 1000)),
]


def ladder(rule="marginal", measure="value", rows=OLD_BINANCE):
    return RiskTiers(rows, measure=measure, rule=rule)


@st.composite
def ladders(draw, rules=("marginal", "flat"), measures=("value", "contracts")):
    """Ladders of one to five tiers with rates of at most 45%."""
    count = draw(st.integers(1, 5))
    widths = draw(st.lists(st.fractions(1, 500, max_denominator=20), min_size=count, max_size=count))
    steps = draw(st.lists(st.fractions(0, Fraction(9, 100), max_denominator=500), min_size=count, max_size=count))
    rows, floor, rate = [], Fraction(0), Fraction(0)
    for width, step in zip(widths, steps, strict=True):
        rate += step
        rows.append((floor, floor + width, rate))
        floor += width
    return RiskTiers(rows, measure=draw(st.sampled_from(measures)), rule=draw(st.sampled_from(rules)))


def test_amounts_follow_from_the_rates():
    assert ladder().amounts == (0, 50, 1_300, 16_300, 266_300, 1_266_300)
    assert ladder("flat").amounts == (0,) * 6


@given(ladders(rules=["marginal"]), st.fractions(0, 2_000, max_denominator=50))
def test_a_marginal_requirement_is_the_sum_of_its_slices(tiers, size):
    slices = sum(
        (min(size, row.cap if row is not tiers.tiers[-1] else size) - row.floor) * row.maintenance_margin_rate
        for row in tiers.tiers
        if size > row.floor
    )
    assert tiers.maintenance_margin(size) == slices


@given(ladders(rules=["marginal"]))
def test_a_marginal_requirement_is_continuous_at_every_floor(tiers):
    for number, row in enumerate(tiers.tiers[1:], 1):
        below = row.floor * tiers.rates[number - 1] - tiers.amounts[number - 1]
        assert row.floor * tiers.rates[number] - tiers.amounts[number] == below


def test_a_flat_requirement_jumps():
    tiers = ladder("flat")
    assert tiers.maintenance_margin(250_000) == 1_250
    assert tiers.maintenance_margin(Fraction(2_500_001, 10)) > 2_500


def test_a_cap_belongs_to_its_own_tier_and_a_size_beyond_the_last_one_stays_in_it():
    tiers = MEXC_BTC_USDT.tiers
    sizes = [0, 50_000, 50_001, 17_000_000, 99_000_000]
    assert [tiers.index(size) for size in sizes] == [0, 0, 1, 5, 5]
    assert tiers.index(np.array(sizes)).tolist() == [0, 0, 1, 5, 5]
    assert tiers.maintenance_margin(np.array(sizes)).tolist() == [tiers.maintenance_margin(size) for size in sizes]


@pytest.mark.parametrize("market", [MEXC_BTC_USDT, BINANCE_BTCUSDT, BYBIT_BTCUSDT])
def test_shipped_ladders_name_their_source_and_year(market):
    assert any(year in market.tiers.source for year in ("2024", "2026"))
    assert market.tiers._repr_markdown_().count("\n|") == len(market.tiers.tiers) + 1


@pytest.mark.parametrize(
    "rows, said",
    [
        ([], "at least one tier"),
        ([(0, 10, 0.01), (20, 30, 0.02)], "tier 2: it starts at 20 but the tier below ends at 10: a gap"),
        ([(0, 10, 0.01), (5, 30, 0.02)], "tier 2: .* an overlap"),
        ([(0, 10, 0.01), (10, 8, 0.02)], "tier 2: its cap 8 is not above its floor 10"),
        ([(5, 10, 0.01)], "tier 1: it starts at 5"),
        ([(0, 10, 0.02), (10, 20, 0.01)], "tier 2: its rate 0.01 is below the 0.02"),
        ([(0, 10, 1.5)], "tier 1: maintenance_margin_rate=1.5 is not allowed"),
        ([(0, 10, 40)], "tier 1: .*such as 0.004 for 0.4 %"),
        ([(0, 10, math.nan)], "tier 1: maintenance_margin_rate=nan"),
        ([(0, 10, 0.02, 0.01)], "tier 1: initial_margin_rate=0.01 .* a position must start with more"),
        ([(0, 50_000, 0.004), (50_000, 90_000, 0.005, None, 60)], "tier 2: .*60 contradicts the rates, which give 50"),
    ],
)
def test_a_wrong_ladder_is_refused_with_its_row_named(rows, said):
    with pytest.raises(ValueError, match=said):
        RiskTiers(rows, measure="value", rule="marginal")


def test_other_bad_input_is_refused_in_words():
    for arguments, said in [
        (dict(measure="coins", rule="flat"), "measure='coins'"),
        (dict(measure="value", rule="both"), "rule='both'"),
    ]:
        with pytest.raises(ValueError, match=said):
            RiskTiers(OLD_BINANCE, **arguments)
    with pytest.raises(ValueError, match="size=-1 is not allowed"):
        ladder().index(-1)
    with pytest.raises(ValueError, match=r"size=nan .* is not allowed"):
        ladder().index(np.array([1, math.nan]))
    with pytest.raises(ValueError, match="last tier ends at 17000000 contracts"):
        MEXC_BTC_USDT.tiers.largest_leverage(17_000_001)
    with pytest.raises(ValueError, match="without initial margin rates"):
        ladder().largest_leverage(1)
    contract = Contract("X", contract_size=1, tick=1)
    with pytest.raises(ValueError, match="maintenance_basis='last' is not"):
        Market(contract, ladder(), maintenance_basis="last")
    with pytest.raises(ValueError, match=r"liquidation_fee_rate=-0\.1"):
        Market(contract, ladder(), liquidation_fee_rate=-0.1)


# -- the price at which a position in a ladder is liquidated -------------------------------------------------------


def markets(**more):
    return st.builds(
        lambda tiers, kind, size, basis, fee: Market(
            Contract("X", size, Fraction(1, 10), kind), tiers, maintenance_basis=basis, liquidation_fee_rate=fee
        ),
        ladders(**more),
        st.sampled_from(["linear", "inverse"]),
        st.sampled_from([Fraction(1), Fraction(1, 100), Fraction(10)]),
        st.sampled_from(["mark", "entry"]),
        st.sampled_from([Fraction(0), Fraction(1, 2000)]),
    )


positions = st.fixed_dictionaries(
    dict(
        side=st.sampled_from([LONG, SHORT]),
        entry_price=st.fractions(Fraction(1, 10), 200, max_denominator=50),
        quantity=st.fractions(Fraction(1, 10), 100, max_denominator=20),
    )
)
leverages = st.fractions(Fraction(1, 2), 20, max_denominator=10)


def opened(market, case, leverage):
    case = dict(case, position_margin=market.value(case["entry_price"], case["quantity"]) / leverage)
    return case


def spare(market, case, price):
    """Equity less requirement from the definitions, the tier looked up row by row."""
    n, c, E, s = case["quantity"], market.contract.contract_size, case["entry_price"], case["side"]
    linear = market.contract.kind == "linear"
    value = {"mark": price, "entry": E}[market.maintenance_basis] * n * c if linear else None
    if not linear:
        value = n * c / {"mark": price, "entry": E}[market.maintenance_basis]
    gain = s * (price - E) * n * c if linear else s * (n * c / E - n * c / price)
    size = value if market.tiers.measure == "value" else n
    held = 0
    for row in market.tiers.tiers:
        inside = size > row.floor or row.floor == 0
        if market.tiers.rule == "flat":
            held = size * row.maintenance_margin_rate if inside else held
        elif inside:
            top = size if row is market.tiers.tiers[-1] else min(size, row.cap)
            held += (top - row.floor) * row.maintenance_margin_rate
    fee = market.liquidation_fee_rate * (price * n * c if linear else n * c / price)
    return case["position_margin"] + gain - held * value / size - fee


@given(markets(), positions, leverages)
def test_the_ratio_is_exactly_1_at_the_liquidation_price(market, case, leverage):
    by_value = market.tiers.measure == "value" and market.maintenance_basis == "mark"
    assume(not (by_value and market.tiers.rule == "flat"))
    case = opened(market, case, leverage)
    price = market.liquidation_price(**case)
    ends = [end for pair in market.liquidatable_prices(**case) for end in pair if 0 < end < math.inf]
    if price in (NEVER, ALREADY):
        assert ends == []
        sign = 1 if price is NEVER else -1
        assert all(
            sign * spare(market, case, p) > 0 for p in (Fraction(1, 1000), Fraction(1), Fraction(100), Fraction(10**6))
        )
    else:
        assert ends == [price]
        assert spare(market, case, price) == 0
        just_beyond, just_before = (price * (1 + side * case["side"] * Fraction(1, 10**6)) for side in (-1, 1))
        assert spare(market, case, just_beyond) < 0 < spare(market, case, just_before)


@given(markets(rules=["marginal"], measures=["value"]), positions, leverages)
def test_symbols_give_what_numbers_give(market, case, leverage):
    """The formula that a lesson shows, with the rate and the amount of the tier that counts."""
    case = opened(market, case, leverage)
    price = market.liquidation_price(**case)
    assume(price not in (NEVER, ALREADY))
    theory, on_entry = market.contract.theory, market.maintenance_basis == "entry"
    formula = theory.liquidation_price_entry_basis if on_entry else theory.liquidation_price_mark_basis
    value = market.value(case["entry_price"] if on_entry else price, case["quantity"])
    rate, amount = market.tiers.take(market.tiers.index(value))
    given = case | {
        "contract_size": market.contract.contract_size,
        "maintenance_margin_rate": rate,
        "maintenance_amount": amount,
        "liquidation_fee_rate": market.liquidation_fee_rate,
    }
    shown = formula.expression.subs({formula.symbols[name]: sympy.Rational(value) for name, value in given.items()})
    assert shown == sympy.Rational(price)


@given(markets(rules=["flat"], measures=["value"]), positions, leverages)
def test_all_the_intervals_of_a_flat_ladder_are_found(market, case, leverage):
    case = opened(market, case, leverage)
    intervals = market.liquidatable_prices(**case)
    assert all(low < high for low, high in intervals)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(intervals)), "rising and apart"
    ends = [0, *(end for pair in intervals for end in pair if 0 < end < math.inf), 10**4]
    for low, high in itertools.pairwise(ends):
        middle = (Fraction(low) + Fraction(high)) / 2
        inside = any(a < middle <= b for a, b in intervals)
        if low < high:
            assert (spare(market, case, middle) <= 0) == inside


@pytest.mark.parametrize("kind", ["linear", "inverse"])
@pytest.mark.parametrize("measure, basis", [("value", "mark"), ("value", "entry"), ("contracts", "mark")])
def test_arrays_give_what_numbers_give(kind, measure, basis):
    rng = np.random.default_rng(5)
    market = Market(
        Contract("X", 0.5, 0.1, kind), ladder(measure=measure), maintenance_basis=basis, liquidation_fee_rate=0.0004
    )
    count = 2_000
    case = dict(
        side=rng.choice([LONG, SHORT], count),
        entry_price=rng.uniform(10, 100, count),
        quantity=10 ** rng.uniform(2, 10, count),
    )
    case["position_margin"] = market.value(case["entry_price"], case["quantity"]) / rng.uniform(0.8, 20, count)
    found = market.liquidation_price(**case)
    infinite = {(LONG, NEVER): -math.inf, (SHORT, NEVER): math.inf, (SHORT, ALREADY): -math.inf}
    infinite[LONG, ALREADY] = math.inf
    for i in range(count):
        one = {name: values[i].item() for name, values in case.items()}
        price = market.liquidation_price(**one)
        price = infinite.get((one["side"], price), price)
        assert found[i] == price or math.isclose(found[i], price, rel_tol=1e-12)
    assert len(set(market.tiers.index(market.size(case["entry_price"], case["quantity"])).tolist())) == 6


@given(positions, leverages)
def test_a_long_in_an_inverse_ladder_is_a_linear_short_at_the_reciprocal(case, leverage):
    tiers = ladder(rows=[(0, 30, Fraction(1, 100)), (30, math.inf, Fraction(3, 100))])
    coin, money = (Market(Contract("X", Fraction(1), Fraction(1), kind), tiers) for kind in ("inverse", "linear"))
    case = opened(coin, case, leverage)
    mirror = case | {"side": -case["side"], "entry_price": 1 / case["entry_price"]}
    ours, theirs = coin.liquidation_price(**case), money.liquidation_price(**mirror)
    assert ours == theirs if isinstance(theirs, type(NEVER)) else ours * theirs == 1


def test_scaling_quantity_margin_and_caps_together_moves_nothing():
    for rule in ("flat", "marginal"):
        small, large = (
            Market(
                Contract("X", Fraction(1, 100), Fraction(1)),
                RiskTiers([(k * a, k * b, m) for a, b, m in OLD_BINANCE], measure="contracts", rule=rule),
            )
            for k in (1, 7)
        )
        case = dict(side=SHORT, entry_price=50, quantity=300_000, position_margin=9_000)
        more = case | {"quantity": 2_100_000, "position_margin": 63_000}
        assert small.liquidation_price(**case) == large.liquidation_price(**more)


def test_a_flat_ladder_by_value_liquidates_heals_and_liquidates_again():
    case = dict(side=LONG, entry_price=100, quantity=10_200, position_margin=44_000)
    flat = Market(Contract("X", 1, 0.01), ladder("flat"))
    (a, b), (c, d) = flat.liquidatable_prices(**case)
    assert (a, round(b, 4), round(c, 4), round(d, 4)) == (0, 96.6528, 98.0392, 98.1398)
    with pytest.raises(ValueError, match="several liquidation prices"):
        flat.liquidation_price(**case)
    marginal = Market(Contract("X", 1, 0.01), ladder())
    assert round(float(marginal.liquidation_price(**case)), 4) == 96.5241
    # In contracts the tier cannot change with the price: one price, whatever the rule.
    for rule in ("flat", "marginal"):
        market = Market(Contract("X", 1, 0.01), ladder(rule, "contracts"))
        assert len(market.liquidatable_prices(**case)) == 1


@pytest.mark.parametrize(
    "function, breakpoints, found",
    [
        (lambda x: Fraction(1), [], []),
        (lambda x: Fraction(-1), [3], [(0, math.inf)]),
        (lambda x: x - 2, [], [(0, 2)]),
        (lambda x: 2 - x, [1, 2, 3], [(2, math.inf)]),
        (lambda x: abs(x - 4) - 1, [4, math.inf, -7], [(3, 5)]),
        (lambda x: 1 - abs(x - 4), [4], [(0, 3), (5, math.inf)]),
        (lambda x: 1 if x > 2 else -1, [2], [(0, 2)]),
    ],
)
def test_pieces(function, breakpoints, found):
    assert at_or_below_zero(function, breakpoints, Fraction(1)) == found


@pytest.mark.parametrize("price", [17256.977, 3851.0, 42547.423, 0.0123])
def test_a_position_paid_in_full_has_no_price_where_nothing_is_required(price):
    market = Market(Contract("BTC", 0.001, 0.1), RiskTiers([(0, 10**12, 0)], "value", "flat"))
    held = dict(side=LONG, entry_price=price, quantity=2704.87, position_margin=price * 2704.87 * 0.001)
    assert market.liquidation_price(**held) is NEVER and market.liquidatable_prices(**held) == []
    coins = Market(Contract("BTCUSD", 100, 0.1, "inverse", "BTC"), RiskTiers([(0, 10**12, 0)], "value", "flat"))
    short = dict(side=SHORT, entry_price=price, quantity=2704.87, position_margin=2704.87 * 100 / price)
    assert coins.liquidation_price(**short) is NEVER and coins.liquidatable_prices(**short) == []


@pytest.mark.parametrize("cap", [10**6, 10**10, 10**14, 10**18])
def test_a_far_cap_costs_the_price_no_digits(cap):
    held = dict(side=LONG, entry_price=50_000.0, quantity=1, position_margin=2_000)
    tiers = RiskTiers([(0, cap, 0.005), (cap, 100 * cap, 0.01)], "value", "flat")
    ((low, high),) = Market(Contract("BTC", 1, 0.1), tiers).liquidatable_prices(**held)
    assert low == 0 and high == pytest.approx(48_000 / 0.995, rel=1e-14)
    short = {**held, "side": SHORT}
    for found, _ in Market(Contract("BTC", 1, 0.1), tiers).liquidatable_prices(**short):
        assert found == pytest.approx(52_000 / 1.005, rel=1e-14)


# -- reading tables ----------------------------------------------------------------------------------------------------

CCXT = [
    {"minNotional": 0, "maxNotional": 50_000, "maintenanceMarginRate": 0.004, "maxLeverage": 125, "tier": 1},
    {"minNotional": 50_001, "maxNotional": 250_000, "maintenanceMarginRate": 0.01, "maxLeverage": 50},
    {"minNotional": 250_000, "maxNotional": None, "maintenanceMarginRate": 0.02, "maxLeverage": None},
]


def test_what_ccxt_returns_becomes_a_ladder_by_value():
    read = RiskTiers.from_ccxt(CCXT)
    assert (read.measure, read.rule, read.source) == ("value", "marginal", "")
    assert [row.floor for row in read.tiers] == [0, 50_000, 250_000] and read.caps == (50_000, 250_000, math.inf)
    assert read.rates == (0.004, 0.01, 0.02)
    assert [row.initial_margin_rate for row in read.tiers] == [1 / 125, 1 / 50, None]
    assert read.amounts == (0, pytest.approx(300), pytest.approx(2_800))
    flat = RiskTiers.from_ccxt((row for row in CCXT), "flat", source="Gate, X_USDT, 2024")
    assert (flat.rule, flat.source, flat.amounts) == ("flat", "Gate, X_USDT, 2024", (0, 0, 0))
    bare = [{name: value for name, value in row.items() if name != "maxLeverage"} for row in CCXT]
    assert [row.initial_margin_rate for row in RiskTiers.from_ccxt(bare).tiers] == [None] * 3


@pytest.mark.parametrize(
    "rows, said",
    [
        ([CCXT[0], "a row"], r"^tier 2: 'a row' is not one of the dicts that ccxt gives"),
        ([CCXT[0], {"maxNotional": 5}], r"^tier 2: it has no minNotional and no maintenanceMarginRate$"),
        ([{"minNotional": 0, "maintenanceMarginRate": 0.1}], r"^tier 1: it has no maxNotional$"),
        ([CCXT[0] | {"maxLeverage": 0}], r"^tier 1: maxLeverage=0 is not allowed"),
        ([CCXT[0], CCXT[1] | {"maxLeverage": "50x"}], r"^tier 2: maxLeverage='50x' is not allowed"),
        (CCXT[0], r"^tiers=.* is not allowed: .* the list of dicts that ccxt gives for one market"),
    ],
)
def test_what_ccxt_does_not_return_is_refused_by_row(rows, said):
    with pytest.raises(ValueError, match=said):
        RiskTiers.from_ccxt(rows)


def test_a_floor_one_unit_up_touches_the_cap_below_and_loses_nothing_of_its_row():
    read = RiskTiers([(0, 10, 0.01), (11, 90, 0.02, 0.05, 0.1), (90.5, None, 0.03)], "contracts", "marginal")
    middle = read.tiers[1]
    assert (middle.floor, middle.cap, middle.maintenance_margin_rate) == (10, 90, 0.02)
    assert (middle.initial_margin_rate, middle.printed_amount) == (0.05, 0.1)
    assert read.tiers[2].floor == 90 and read.caps[2] == math.inf


@pytest.mark.parametrize(
    "rows, said",
    [
        # Two units up is a gap, and so is one unit where a ladder is counted in so few units.
        ([(0, 10, 0.01), (12, 90, 0.02)], r"^tier 2: it starts at 12 but the tier below ends at 10: a gap"),
        ([(0, 9, 0.01), (10, 90, 0.02)], r"^tier 2: it starts at 10 but the tier below ends at 9: a gap"),
        ([(0, 10, 0.01), (9, 90, 0.02)], r"^tier 2: it starts at 9 but the tier below ends at 10: an overlap"),
        ([(0, 10, 0.01), (11, 90, 0.02, None, 0.2)], r"^tier 2: the printed maintenance amount 0.2 contradicts"),
        ([(0, 10, 0.01), (11, 90, 0.02, 0.02)], r"^tier 2: initial_margin_rate=0.02 with maintenance_margin_rate=0.02"),
        ([(0, 10, 0.01, 1.25)], r"^tier 1: initial_margin_rate=1.25 .* at most its whole value"),
        ([(0, 10, 0.01), (10, 10, 0.02)], r"^tier 2: its cap 10 is not above its floor 10"),
        ([5], r"^tier 1: 5 is not a row"),
        (["abc"], r"^tier 1: 'abc' is not a row"),
        ([{0: 1, 10: 2, 0.01: 3}], r"^tier 1: .* is not a row"),
        ([{0, 10, 0.01}], r"^tier 1: .* is not a row"),
        ([(0, 10)], r"^tier 1: \(0, 10\) is not a row"),
        ([(0, 10, 0.01, 0.1, None, None)], r"^tier 1: .* is not a row"),
    ],
)
def test_rows_that_do_not_touch_or_are_none_are_refused(rows, said):
    with pytest.raises(ValueError, match=said):
        RiskTiers(rows, "value", "marginal")


def test_an_equal_rate_and_an_initial_rate_of_1_are_allowed():
    read = RiskTiers([(0, 10, 0.01, 1), (10, 20, 0.01, 0.02)], "value", "marginal")
    assert read.amounts == (0, 0) and read.largest_leverage(10) == 1 and read.largest_leverage(20) == 50


def test_a_printed_amount_may_differ_by_a_millionth_and_by_no_more():
    """Tier 3 starts at 250,000: 50,000 * 0.001 + 250,000 * 0.005 = 1,300. Less than 1 counts as if it were 1."""

    def printed(*amounts, rule="marginal"):
        rows = [(*row, None, amount) for row, amount in zip(OLD_BINANCE, amounts, strict=False)]
        return RiskTiers(rows, "value", rule).amounts

    assert printed(0, 50, 1_300) == (0, 50, 1_300)
    assert printed(1e-6, 50, 1_300.00129) == (0, 50, 1_300) == printed(None, 50, 1_299.99871)
    assert printed(0, 0, 0, rule="flat") == (0, 0, 0)
    for wrong, number in (((2e-6,), 1), ((0, -50), 2), ((0, 50, 1_300.0014), 3), ((0, 50, 1_299.9986), 3)):
        with pytest.raises(ValueError, match=rf"^tier {number}: the printed maintenance amount .* contradicts"):
            printed(*wrong)
    with pytest.raises(ValueError, match=r"^tier 2: the printed maintenance amount 50 contradicts .* give 0$"):
        printed(0, 50, rule="flat")


def test_a_ladder_shows_its_rows_from_the_first():
    read = RiskTiers([(0, 50_000, 0.004, 0.008), (50_000, 250_000, 0.005)], "value", "marginal", "Venue, 2026")
    assert read._repr_markdown_().splitlines()[2:] == [
        "| 1 | 50,000 | 0.400% | 0.00 | 125x |",
        "| 2 | 250,000 | 0.500% | 50.00 |  |",
        "",
        "marginal; Venue, 2026",
    ]
    assert repr(read) == "<RiskTiers marginal by value, 2 tiers up to 250,000>" and ladder().source == ""


@pytest.mark.parametrize("method", ["index", "maintenance_margin"])
@pytest.mark.parametrize("wrong", [-1.0, math.inf, -math.inf, math.nan])
def test_a_size_that_cannot_be_is_named_with_its_place(method, wrong):
    for sizes, place in (([5.0, 6.0, wrong], "2"), ([[5.0, wrong], [1.0, 2.0]], r"\(0, 1\)")):
        with pytest.raises(ValueError, match=rf"^size={wrong} \(at position {place}\) is not allowed"):
            getattr(ladder(), method)(np.array(sizes))
    with pytest.raises(ValueError, match=rf"^size={wrong} is not allowed"):
        getattr(ladder(), method)(wrong)


def test_the_largest_leverage_is_that_of_the_tier_up_to_the_last_cap_itself():
    rows = [(0, 1_000, Fraction(1, 100), Fraction(1, 20)), (1_000, 5_000, Fraction(1, 40), Fraction(1, 8))]
    tiers = RiskTiers(rows, "contracts", "flat")
    assert [tiers.largest_leverage(size) for size in (0, 1_000, Fraction(1_001), 5_000)] == [20, 20, 8, 8]
    with pytest.raises(ValueError, match="size=5001 is not allowed: the last tier ends at 5000 contracts"):
        tiers.largest_leverage(5_001)
    with pytest.raises(ValueError, match="size=-1 is not allowed"):
        tiers.largest_leverage(-1)
