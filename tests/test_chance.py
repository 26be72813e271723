"""Chances: closed forms against published and independent numbers, against simulations, and at their limits."""

import itertools
import math

import mpmath
import numpy as np
import pytest
import sympy
from liquidation import (
    ALREADY,
    BELOW_ONE,
    LONG,
    NEVER,
    SHORT,
    Jumps,
    chance_before_target,
    chance_of_touching,
    chance_of_touching_with_jumps,
    geometric_brownian,
    inverse,
    largest_leverage_for_chance,
    linear,
    touch_frequency,
    touched,
)
from liquidation import chance_formulas as formulas
from liquidation.odds.special import exit_odds, exp_times_normal_cdf, log_normal_cdf, normal_cdf

SIDES = [LONG, SHORT]
DAY, WEEK = 1 / 365, 7 / 365
# 100 at 10x and 0.5% of the value at the mark price: 90 / 0.995 and 110 / 1.005.
PRICE = {LONG: 90 / 0.995, SHORT: 110 / 1.005}
TEN = {s: dict(side=s, mark_price=100, liquidation_price=PRICE[s], volatility=0.8, horizon=WEEK) for s in SIDES}


def on_mark(side, leverage, rate):
    return 100 * (1 - side / leverage) / (1 - side * rate)


def within(estimate, expected, errors=4):
    return abs(estimate.value - expected) <= errors * estimate.standard_error


# -- functions ---------------------------------------------------------------------------------------------------


def test_the_special_functions_against_mpmath_far_into_the_tails():
    with mpmath.workdps(40):
        for z in [-1e5, -300, -35.01, -35, -34.99, -8, -1, 0, 0.5, 3, 20]:
            exact = mpmath.ncdf(z)
            assert normal_cdf(float(z)) == pytest.approx(float(exact), rel=1e-13, abs=0)
            assert float(log_normal_cdf(z)) == pytest.approx(float(mpmath.log(exact)), rel=1e-14, abs=1e-16)
        beyond = mpmath.log(mpmath.ncdf(mpmath.mpf(-35.01)))
        assert abs(float(log_normal_cdf(-35.01) - beyond)) < 2e-13, "the last term of the series counts"
        for w, z in [(800.0, -40.0), (-3.0, 1.0), (5e5, -1_000.0)]:
            exact = mpmath.exp(w) * mpmath.ncdf(z)
            assert exp_times_normal_cdf(w, z) == pytest.approx(float(exact), rel=1e-9)
        for k, a, b in itertools.product([-5_000, -2, -1e-9, 1e-9, 2, 5_000], [-0.3, -1e-3], [0.1, 1e-3]):
            for a_, b_ in [(a, b), (-a, -b)]:
                x, y = mpmath.exp(-mpmath.mpf(k) * a_), mpmath.exp(-mpmath.mpf(k) * b_)
                assert exit_odds(k, a_, b_) == pytest.approx(float((1 - y) / (x - y)), rel=1e-12, abs=1e-300)
    assert normal_cdf(np.array([0.0, -40.0])).tolist() == [0.5, normal_cdf(-40.0)]


@pytest.mark.parametrize("name", ["touching", "closing_beyond", "ever_touching", "before_target", "looked_distance"])
def test_what_a_formula_shows_is_what_it_computes(name):
    formula = getattr(formulas, name)
    shown = formula.vocabulary.written_out(formula.expression)
    shown = shown.replace(sympy.Function("Phi"), lambda z: sympy.erfc(-z / sympy.sqrt(2)) / 2)
    names = formula.arguments
    exactly = sympy.lambdify([formula.symbols[name] for name in names], shown, "mpmath")
    choices = dict(side=SIDES, volatility=[0.2, 0.8], log_drift=[-0.4, 1e-9, 0.3], horizon=[WEEK, 1.0],
                   log_distance=[0.05, 0.4], target_distance=[0.11], look_interval=[DAY])  # fmt: skip
    rows = list(itertools.product(*(choices[name] for name in names)))
    if name == "ever_touching":
        rows = [row for row in rows if row[names.index("side")] * row[names.index("log_drift")] > 0]
    found = formula(**dict(zip(names, np.array(rows, dtype=float).T, strict=True)))
    with mpmath.workdps(40):
        for row, number in zip(rows, found, strict=True):
            assert number == pytest.approx(float(exactly(*map(mpmath.mpf, row))), rel=1e-12)
            assert formula(**dict(zip(names, row, strict=True))) == pytest.approx(number, rel=1e-14)


def test_formulas_are_shown_in_words_a_reader_knows():
    assert r"\Phi" in formulas.touching._repr_latex_()
    for formula in (formulas.touching, formulas.before_target):
        assert "ExpPhi" not in formula._repr_latex_() + repr(formula)
        assert "ExitOdds" not in formula._repr_latex_() + repr(formula)


# -- published and independent numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "leverage", "horizon", "known"),
    [
        (LONG, 10, WEEK, 0.383553),
        (SHORT, 10, WEEK, 0.396314),
        (LONG, 100, DAY, 0.906501),
        (SHORT, 100, DAY, 0.903395),
    ],
)
def test_touching_at_10x_in_a_week_and_at_100x_in_a_day(side, leverage, horizon, known):
    found = chance_of_touching(
        side=side, mark_price=100, liquidation_price=on_mark(side, leverage, 0.005), volatility=0.8, horizon=horizon
    )
    assert found == pytest.approx(known, abs=5.1e-7)


@pytest.mark.parametrize(("side", "drift"), [(s, d) for s in SIDES for d in (-0.9, 0.0, 0.6, 40.0)])
def test_touching_against_an_integral_over_the_first_passage_time(side, drift):
    b = side * math.log(100 / PRICE[side])
    nu = side * (drift - 0.32)

    def density(t):
        t = mpmath.mpf(t)
        return b / (0.8 * mpmath.sqrt(2 * mpmath.pi * t**3)) * mpmath.exp(-((b + nu * t) ** 2) / (2 * 0.64 * t))

    integral = float(mpmath.quad(density, np.linspace(0, WEEK, 8).tolist()))
    assert chance_of_touching(**TEN[side], drift=drift) == pytest.approx(integral, rel=1e-9)


# The leverage-intuition notebook of dYdX, recomputed: a 5x long at +30% and 70% volatility for a year, without
# maintenance margin. Rows: expected return; columns: leverage. Any time, and looking once a day.
RETURNS, LEVERAGES = [0, 0.1, 0.3, 0.5, 1.0], [2, 3, 4, 5, 7, 10, 20]
ANY_TIME = """
.4412 .6739 .7735 .8272 .8833 .9217 .9627
.3933 .6314 .7390 .7988 .8624 .9068 .9552
.3142 .5543 .6741 .7439 .8212 .8770 .9399
.2532 .4879 .6154 .6930 .7818 .8480 .9245
.1537 .3611 .4956 .5850 .6947 .7818 .8884"""
DAILY = """
.4253 .6559 .7555 .8096 .8661 .9050 .9467
.3778 .6123 .7193 .7790 .8428 .8875 .9362
.2997 .5338 .6516 .7206 .7970 .8525 .9150
.2399 .4667 .5909 .6668 .7537 .8187 .8939
.1436 .3403 .4686 .5541 .6591 .7427 .8450"""


@pytest.mark.parametrize(("look", "table"), [(0, ANY_TIME), (DAY, DAILY)], ids=["any time", "daily"])
def test_a_year_at_70_percent_by_return_and_leverage(look, table):
    known = np.array([row.split() for row in table.split("\n")[1:]], dtype=float)
    bankruptcy = linear.bankruptcy_price_by_leverage(side=LONG, entry_price=1, leverage=LEVERAGES)
    found = chance_of_touching(
        side=LONG, mark_price=1, liquidation_price=bankruptcy, volatility=0.7, drift=np.log1p(RETURNS)[:, None],
        horizon=1, look_interval=look,
    )  # fmt: skip
    assert found == pytest.approx(known, abs=5.1e-5)


@pytest.mark.parametrize("side", SIDES)
def test_touching_is_twice_closing_beyond_where_the_log_price_has_no_drift(side):
    touch, close = (getattr(formulas, name).substitute(log_drift=0) for name in ("touching", "closing_beyond"))
    assert touch.equals(2 * close.expression)
    b = formulas.log_distance(side=side, mark_price=100, liquidation_price=PRICE[side])
    given = dict(volatility=0.8, horizon=WEEK, log_distance=b)
    assert touch(**given) == pytest.approx(2 * close(**given), rel=1e-12)
    assert chance_of_touching(**TEN[side], drift=0.32) == pytest.approx(touch(**given), rel=1e-12)


def test_the_constant_of_looking_now_and_then():
    coefficient = formulas.looked_distance(log_distance=1, volatility=1, look_interval=1) - 1
    assert coefficient == pytest.approx(float(-mpmath.zeta(0.5) / mpmath.sqrt(2 * mpmath.pi)), abs=1e-15)
    assert chance_of_touching(**TEN[LONG], look_interval=DAY / 24) == pytest.approx(0.35995, abs=5e-5)
    # Where it fails: seven looks in a week, 0.277 by the formula and 0.286 by simulation.
    assert chance_of_touching(**TEN[LONG], look_interval=DAY) == pytest.approx(0.277, abs=5e-4)


@pytest.mark.parametrize(("drift", "known"), [(0, 2 / 3), (0.4, 0.64595)])
def test_liquidation_before_target(drift, known):
    given = dict(mark_price=100, volatility=0.8, drift=drift)
    found = chance_before_target(side=LONG, liquidation_price=95, target_price=110, **given)
    assert found == pytest.approx(known, abs=5e-6)
    # Either the one or the other: the short in the mirror.
    other = chance_before_target(side=SHORT, liquidation_price=110, target_price=95, **given)
    assert found + other == pytest.approx(1, abs=1e-12)


def test_without_drift_the_odds_of_target_and_liquidation_do_not_depend_on_leverage_or_volatility():
    volatility = np.array([0.01, 0.8, 5.0])
    for side, liquidation, target in [(LONG, 95, 110), (SHORT, 2_070 / 20, 93)]:
        found = chance_before_target(
            side=side, mark_price=100, liquidation_price=liquidation, target_price=target, volatility=volatility
        )
        assert found == pytest.approx((target - 100) / (target - liquidation), rel=1e-9)
    # And where the log price has no drift: the limit in which the formula reads 0/0.
    found = chance_before_target(
        side=LONG, mark_price=100, liquidation_price=95, target_price=110, volatility=0.8, drift=0.32
    )
    assert found == pytest.approx(math.log(1.1) / math.log(110 / 95), rel=1e-9)


@pytest.mark.parametrize(
    ("leverage", "horizon", "percent"),
    [
        *((L, DAY, p) for L, p in [(5, 0.00), (10, 0.08), (20, 2.6), (50, 17.8), (100, 45.1)]),
        *((L, WEEK, p) for L, p in [(5, 0.11), (10, 1.7), (20, 6.6), (50, 22.1), (100, 48.1)]),
    ],
)
def test_the_takeover_costs_part_of_the_margin(leverage, horizon, percent):
    price = on_mark(LONG, leverage, 0.005)
    chance = chance_of_touching(side=LONG, mark_price=100, liquidation_price=price, volatility=0.8, horizon=horizon)
    case = dict(quantity=30, contract_size=0.1)
    required = linear.maintenance_margin_mark_basis(
        mark_price=price, maintenance_margin_rate=0.005, maintenance_amount=0, **case
    )
    cost = formulas.takeover_cost(chance=chance, maintenance_margin=required)
    margin = linear.initial_margin(entry_price=100, leverage=leverage, **case)
    assert round(100 * cost / margin, 1 if percent > 1 else 2) == percent
    # The same as the room between the liquidation and the bankruptcy price, times the chance.
    gap = price - linear.bankruptcy_price_by_leverage(side=LONG, entry_price=100, leverage=leverage)
    assert cost == pytest.approx(gap * 3 * chance, rel=1e-9)
    if (leverage, horizon) == (10, WEEK):
        assert cost / 3 == pytest.approx(0.173466, abs=5.1e-7)


def test_the_fund_gains_if_the_maintenance_rate_beats_the_mean_gap():
    rate, bankruptcy = 0.005, 90
    price = bankruptcy / (1 - rate)
    for eta, change in [(199, 0), (100, -0.44331), (400, 0.22669)]:
        given = dict(side=LONG, stop_price=price, bankruptcy_price=bankruptcy, mean_gap=1 / eta)
        assert formulas.expected_fund_change(**given) == pytest.approx(price * (rate - 1 / (1 + eta)), abs=1e-12)
        assert formulas.expected_fund_change(**given) == pytest.approx(change, abs=5.1e-6)
        assert formulas.fill_beyond_bankruptcy(**given) == pytest.approx((1 - rate) ** eta, rel=1e-9)
        deficit = bankruptcy * (1 - rate) ** eta / (1 + eta)
        assert formulas.expected_deficit(**given) == pytest.approx(deficit, rel=1e-9)
        if eta == 199:
            assert deficit == pytest.approx(0.16596, abs=5e-6)
    # A stop's gap: mean fill S eta/(1 + eta).
    assert formulas.expected_fill(side=LONG, stop_price=95, mean_gap=0.01) == pytest.approx(95 * 100 / 101, rel=1e-9)
    with pytest.raises(ValueError, match="a short's mean gap must be below 1"):
        formulas.expected_fill(side=SHORT, stop_price=95, mean_gap=1.5)


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
def test_gaps_beyond_the_trigger_simulated(side):
    stop, bankruptcy, mean_gap = 100, 100 - side * 2, 0.01
    fill = stop * np.exp(-side * np.random.default_rng(5).exponential(mean_gap, 1_000_000))
    given = dict(side=side, stop_price=stop, bankruptcy_price=bankruptcy, mean_gap=mean_gap)
    beyond = side * (bankruptcy - fill)
    for sample, expected in [
        (fill, formulas.expected_fill(side=side, stop_price=stop, mean_gap=mean_gap)),
        (beyond > 0, formulas.fill_beyond_bankruptcy(**given)),
        (np.maximum(beyond, 0), formulas.expected_deficit(**given)),
        (-beyond, formulas.expected_fund_change(**given)),
    ]:
        assert abs(sample.mean() - expected) < 4 * sample.std() / 1_000


def test_growth_is_largest_at_kellys_leverage_and_gone_at_twice_that():
    best = formulas.growth_optimal_leverage(drift=0.32, volatility=0.4)
    assert best == pytest.approx(2)
    growth = formulas.growth_rate(drift=0.32, volatility=0.4, leverage=best * np.array([0.9, 1, 1.1, 2]))
    assert growth.argmax() == 1 and growth[3] == pytest.approx(0, abs=1e-12)
    for k, left in [(1, 0.5), (0.5, 0.125)]:
        fall = dict(drift=0.32, volatility=0.4, leverage=k * best, remaining_fraction=0.5)
        assert formulas.ever_falling_to(**fall) == pytest.approx(left, rel=1e-9)
        assert formulas.ever_falling_to(**{**fall, "remaining_fraction": 0.2}) == pytest.approx(0.2 ** (2 / k - 1))
    with pytest.raises(ValueError, match="there is no leverage"):
        formulas.growth_optimal_leverage(drift=-0.1, volatility=0.4)


# -- largest leverage --------------------------------------------------------------------------------------------

LARGEST = [  # volatility, days, long, short: at most 1% chance, 0.5% of the value at the mark price
    (0.8, 1, 9.3, 8.4),
    (0.8, 7, 3.9, 3.0),
    (0.8, 30, 2.2, 1.3),
    (1.2, 30, 1.6, BELOW_ONE),
]


@pytest.mark.parametrize(("volatility", "days", "long", "short"), LARGEST)
def test_largest_leverage_for_one_percent(volatility, days, long, short):
    case = dict(chance=0.01, volatility=volatility, horizon=days * DAY, maintenance_margin_rate=0.005)
    for side, known in [(LONG, long), (SHORT, short)]:
        found = largest_leverage_for_chance(side=side, maintenance_basis="mark", **case)
        assert found is BELOW_ONE if known is BELOW_ONE else round(found, 1) == known


@pytest.mark.parametrize("theory", [linear, inverse], ids=["linear", "inverse"])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("basis", ["entry", "mark"])
def test_largest_leverage_put_back_gives_the_chance(theory, side, basis):
    market = dict(side=side, volatility=0.6, drift=0.3, horizon=3 * DAY)
    leverage = largest_leverage_for_chance(
        chance=0.03, maintenance_margin_rate=0.01, maintenance_basis=basis, theory=theory, **market
    )
    case = dict(entry_price=2_000, quantity=30, contract_size=0.01)
    price_of = getattr(theory, f"liquidation_price_{basis}_basis")
    price = price_of(
        side=side, position_margin=theory.initial_margin(leverage=leverage, **case), maintenance_margin_rate=0.01,
        maintenance_amount=0, liquidation_fee_rate=0, **case,
    )  # fmt: skip
    assert chance_of_touching(mark_price=2_000, liquidation_price=price, **market) == pytest.approx(0.03, rel=1e-9)


def test_even_1x_can_be_too_much_and_the_answer_says_so():
    # Trap: 1x shorts taken for safe.
    wild = dict(chance=0.01, volatility=1.2, horizon=30 * DAY, maintenance_margin_rate=0.005)
    assert largest_leverage_for_chance(side=SHORT, **wild) is BELOW_ONE
    price = linear.liquidation_price_by_leverage(side=SHORT, entry_price=100, leverage=1, maintenance_margin_rate=0.005)
    market = dict(mark_price=100, volatility=1.2, horizon=30 * DAY)
    assert chance_of_touching(side=SHORT, liquidation_price=price, **market) > 0.01
    assert str(BELOW_ONE) == "below 1x" and repr(BELOW_ONE) == "BELOW_ONE"
    assert largest_leverage_for_chance(side=SHORT, theory=inverse, **wild) >= 1, "an inverse short at 1x is safe"
    enormous = largest_leverage_for_chance(
        side=LONG, chance=1e-9, volatility=90, drift=-50, horizon=30, maintenance_margin_rate=0.005
    )
    assert enormous is BELOW_ONE


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"chance": 1}, "chance=1 is not allowed: chance must be above 0 and below 1"),
        ({"chance": math.nan}, "chance=nan"),
        ({"volatility": 0}, "volatility=0 is not allowed"),
        ({"horizon": 0.0}, "horizon=0.0 is not allowed|log_distance=0.0 is not allowed"),
        ({"maintenance_basis": "last"}, "maintenance_basis='last' is not allowed"),
        ({"side": 0}, "side=0 is not allowed"),
    ],
)
def test_largest_leverage_refuses_what_cannot_be(changed, says):
    with pytest.raises(ValueError, match=says):
        largest_leverage_for_chance(**{**dict(side=LONG, chance=0.01, volatility=0.8, horizon=DAY), **changed})


# -- limits ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "chance", "why"),
    [
        ({"liquidation_price": NEVER}, 0, "never"),
        ({"liquidation_price": ALREADY}, 1, "already"),
        ({"mark_price": 90}, 1, "the mark price is beyond it"),
        ({"liquidation_price": 100}, 1, "the mark price is on it"),
        ({"horizon": 0}, 0, "no time"),
        ({"volatility": 0}, 0, "no volatility, no drift"),
        ({"volatility": 0, "drift": 6}, 0, "no volatility, drift away"),
        ({"volatility": 0, "drift": -6}, 1, "no volatility, drift to it"),
        ({"volatility": 0, "drift": -5}, 0, "no volatility, drift to it but too slow"),
        ({"volatility": 1e-200, "drift": -6}, 1, "hardly any volatility, drift to it"),
        ({"volatility": 1e-5, "drift": -6}, 1, "little volatility, drift to it"),
        ({"volatility": 1e-5, "drift": 6}, 0, "little volatility, drift away"),
        ({"volatility": 1e-9, "drift": 1e6}, 0, "an enormous drift away"),
        ({"liquidation_price": 100 * (1 - 1e-13)}, 1, "an enormous leverage"),
        ({"liquidation_price": 100 * (1 - 1.2e-16)}, 1, "the next float"),
        ({"liquidation_price": 1e-300}, 0, "hardly any leverage"),
        ({"horizon": 1e-300}, 0, "hardly any time"),
        ({"horizon": math.inf}, 1, "for ever, log drift to it"),
        ({"horizon": 1e9}, 1, "nearly for ever"),
        ({"horizon": math.inf, "volatility": 0}, 0, "for ever, but nothing moves"),
        ({"horizon": math.inf, "volatility": 0, "drift": -1e-9}, 1, "for ever, and slowly there"),
        ({"volatility": 1e6}, 1, "an enormous volatility pulls the log price down"),
    ],
)
def test_limits_of_touching(changed, chance, why):
    case = {**TEN[LONG], **changed}
    assert chance_of_touching(**case) == pytest.approx(chance, abs=1e-9), why
    in_array = {name: x for name, x in case.items() if x not in (NEVER, ALREADY)}
    in_array["mark_price"] = np.array([case["mark_price"], 100.0])
    if "liquidation_price" not in in_array:
        in_array["liquidation_price"] = -math.inf if changed["liquidation_price"] is NEVER else math.inf
    assert chance_of_touching(**in_array)[0] == pytest.approx(chance, abs=1e-9)


def test_rounding_makes_no_chance_above_one():
    price = 1 - 3 * 2**-53
    b = -math.log(price)
    bare = formulas.touching(side=LONG, volatility=1.0, log_drift=-1.18 - 0.5, horizon=0.5, log_distance=b)
    case = dict(side=LONG, mark_price=1, liquidation_price=price, volatility=1.0, drift=-1.18, horizon=0.5)
    assert bare == pytest.approx(1) and chance_of_touching(**case) <= 1


def test_a_short_is_ever_liquidated_with_the_chance_of_its_two_prices():
    for volatility in (0.01, 0.8):
        found = chance_of_touching(**{**TEN[SHORT], "volatility": volatility, "horizon": math.inf})
        assert found == pytest.approx(100 / PRICE[SHORT], rel=1e-9)
        late = chance_of_touching(**{**TEN[SHORT], "volatility": volatility, "horizon": 1e8})
        assert late == pytest.approx(found, rel=1e-9)


def test_no_corner_overflows_or_leaves_the_range():
    grid = np.meshgrid(SIDES, [1e-6, 99.0, 100 - 1e-9, 100.0, 101.0, 1e9, math.inf, -math.inf],
                       [0, 1e-160, 1e-9, 1e-3, 1, 1e3, 1e150], [-1e6, -1, 0, 1e-9, 1, 1e6],
                       [0, 1e-300, 1e-9, 1, 1e9, math.inf], indexing="ij")  # fmt: skip
    s, price, volatility, drift, horizon = grid
    found = chance_of_touching(
        side=s, mark_price=100, liquidation_price=price, volatility=volatility, drift=drift, horizon=horizon
    )
    assert found.shape == s.shape and ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found[..., :-1], axis=-1) >= -1e-9).all(), "more time cannot make it less likely"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"side": 0}, "side=0 is not allowed: side must be"),
        ({"volatility": -1}, "volatility=-1 is not allowed"),
        ({"volatility": math.nan}, "volatility=nan is not allowed"),
        ({"horizon": -1}, "horizon=-1 is not allowed: horizon must be a number of at least 0, math.inf for ever"),
        ({"horizon": math.nan}, "horizon=nan"),
        ({"liquidation_price": 0}, "liquidation_price=0 is not allowed"),
        ({"liquidation_price": math.nan}, "liquidation_price=nan"),
        ({"mark_price": "100 USDT"}, "mark_price='100 USDT' is not allowed"),
        ({"mark_price": [100, -1]}, "mark_price=-1"),
    ],
)
def test_touching_refuses_what_cannot_be(changed, says):
    with pytest.raises(ValueError, match=says):
        chance_of_touching(**{**TEN[LONG], **changed})


@pytest.mark.parametrize(
    ("side", "liquidation", "target"), [(LONG, 95, 99), (LONG, 101, 110), (SHORT, 95, 110), (SHORT, 110, 110)]
)
def test_a_target_on_the_wrong_side_is_refused(side, liquidation, target):
    with pytest.raises(ValueError, match="must lie between"):
        chance_before_target(
            side=side, mark_price=100, liquidation_price=liquidation, target_price=target, volatility=0.8
        )


def test_no_liquidation_price_before_a_target():
    case = dict(side=LONG, mark_price=100, target_price=110, volatility=0.8)
    assert chance_before_target(liquidation_price=NEVER, **case) == 0
    assert chance_before_target(liquidation_price=ALREADY, **case) == 1


# -- against simulations -----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("drift", [0, 2.5])
@pytest.mark.parametrize("side", SIDES)
def test_touching_simulated(side, drift):
    estimate = touch_frequency(
        np.random.default_rng(11), start=100, barrier=PRICE[side], volatility=0.8, drift=drift, horizon=WEEK, steps=4,
        paths=1_000_000,
    )  # fmt: skip
    assert estimate.standard_error < 5e-4
    assert within(estimate, chance_of_touching(**TEN[side], drift=drift))


@pytest.mark.slow
def test_looking_every_hour_simulated():
    given = dict(start=100, barrier=PRICE[LONG], volatility=0.8, horizon=WEEK, only_at_steps=True)
    hourly = touch_frequency(np.random.default_rng(12), steps=168, paths=400_000, **given)
    expected = chance_of_touching(**TEN[LONG], look_interval=DAY / 24)
    assert abs(hourly.value - expected) < 1e-3 + 4 * hourly.standard_error
    daily = touch_frequency(np.random.default_rng(12), steps=7, paths=400_000, **given)
    assert daily.value - chance_of_touching(**TEN[LONG], look_interval=DAY) > 0.005, "seven looks are too few"


@pytest.mark.slow
def test_liquidation_before_target_and_its_cost_simulated():
    # A fair walk on a fine grid of log prices, 1/2 % up or down, meets one of two prices that lie on the grid.
    rng, paths = np.random.default_rng(13), 100_000
    step = 0.005
    low, high = -10, 19
    position, alive = np.zeros(paths, int), np.arange(paths)
    up = (1 - math.exp(-step)) / (math.exp(step) - math.exp(-step))  # no drift of the price
    while alive.size:
        position[alive] += np.where(rng.random(alive.size) < up, 1, -1)
        alive = alive[(position[alive] > low) & (position[alive] < high)]
    hit = (position == low).mean()
    expected = chance_before_target(
        side=LONG, mark_price=1, liquidation_price=math.exp(low * step), target_price=math.exp(high * step),
        volatility=0.7,
    )  # fmt: skip
    assert abs(hit - expected) < 4 * math.sqrt(expected * (1 - expected) / paths)


@pytest.mark.slow
@pytest.mark.parametrize("side", SIDES)
def test_the_market_is_fair_but_for_the_takeover(side):
    rng, paths = np.random.default_rng(14), 1_000_000
    price = geometric_brownian(rng, start=100, volatility=0.8, horizon=WEEK, steps=1, paths=paths)
    hit = touched(rng, price, barrier=PRICE[side], volatility=0.8, step=WEEK)
    pnl = np.where(hit, -10.0, side * (price[:, -1] - 100))
    cost = side * (PRICE[side] - (100 - side * 10)) * chance_of_touching(**TEN[side])
    assert abs(pnl.mean() + cost) < 4 * pnl.std() / math.sqrt(paths)


# -- jumps -------------------------------------------------------------------------------------------------------

BASE = Jumps(rate=3, up_chance=0.5, up_mean=0.02, down_mean=0.03)


def with_jumps(side=SHORT, distance=0.3, jumps=BASE, log_drift=0.1, volatility=0.2, horizon=1.0):
    drift = log_drift + volatility**2 / 2 + jumps.growth
    return dict(side=side, mark_price=1.0, liquidation_price=math.exp(-side * distance), volatility=volatility,
                drift=drift, horizon=horizon, jumps=jumps)  # fmt: skip


def test_jumps_give_the_published_base_case_for_a_short_and_mirrored_for_a_long():
    # Kou and Wang (2003), table 1: 0.25584 for these parameters.
    assert chance_of_touching_with_jumps(**with_jumps()) == pytest.approx(0.2558430401, abs=1e-10)
    mirrored = Jumps(rate=3, up_chance=0.5, up_mean=0.03, down_mean=0.02)
    case = with_jumps(LONG, jumps=mirrored, log_drift=-0.1)
    assert chance_of_touching_with_jumps(**case) == pytest.approx(0.2558430401, abs=1e-10)
    assert mpmath.mp.dps == 15, "the reader's precision is left alone"


@pytest.mark.parametrize("side", SIDES)
def test_without_jumps_the_jump_formula_is_the_plain_one(side):
    for none in (Jumps(0, 0.3, 0.02, 0.03), Jumps(1e-12, 0.3, 0.02, 0.03)):
        found = chance_of_touching_with_jumps(**TEN[side], jumps=none)
        assert found == pytest.approx(chance_of_touching(**TEN[side]), abs=1e-9)


def test_limits_with_jumps():
    case = with_jumps(LONG)
    assert chance_of_touching_with_jumps(**{**case, "liquidation_price": NEVER}) == 0
    assert chance_of_touching_with_jumps(**{**case, "liquidation_price": ALREADY}) == 1
    assert chance_of_touching_with_jumps(**{**case, "liquidation_price": 1.2}) == 1
    assert chance_of_touching_with_jumps(**with_jumps(LONG, distance=60)) == pytest.approx(0, abs=1e-9)
    assert chance_of_touching_with_jumps(**with_jumps(LONG, distance=1e-9)) == pytest.approx(1, abs=1e-6)
    with pytest.raises(ValueError, match=r"volatility=0 is not allowed"):
        chance_of_touching_with_jumps(**{**case, "volatility": 0})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("side", "jumps"),
    [(SHORT, BASE), (LONG, BASE), (LONG, Jumps(20, 0.2, 0.05, 0.08)), (SHORT, Jumps(20, 0, 0.05, 0.08)),
     (SHORT, Jumps(20, 1, 0.05, 0.08))],
)  # fmt: skip
def test_jumps_simulated(side, jumps):
    case = with_jumps(side, jumps=jumps)
    estimate = touch_frequency(
        np.random.default_rng(15), start=1.0, barrier=case["liquidation_price"], volatility=case["volatility"],
        drift=case["drift"], horizon=1.0, jumps=jumps, paths=300_000,
    )  # fmt: skip
    assert within(estimate, chance_of_touching_with_jumps(**case))


def test_jumps_make_low_leverage_riskier_and_high_leverage_safer_than_the_same_volatility_without():
    # Fitted by eye to hourly prices of 2017 to 2021; the measurement itself is not ours to ship.
    jumps, volatility = Jumps(141, 0.5, 0.05, 0.05), 0.35
    plain = math.sqrt(volatility**2 + jumps.variance)
    assert plain == pytest.approx(0.909, abs=0.001)
    for leverage, known in [(3, 0.00013), (5, 0.00389), (10, 0.0337), (20, 0.100), (50, 0.475), (100, 0.803)]:
        case = dict(side=LONG, mark_price=100, liquidation_price=on_mark(LONG, leverage, 0.005), horizon=DAY)
        jumping = chance_of_touching_with_jumps(volatility=volatility, jumps=jumps, **case)
        assert jumping == pytest.approx(known, rel=0.03, abs=1e-5)
        assert (jumping > chance_of_touching(volatility=plain, **case)) == (leverage < 10)


# -- what used to go wrong ---------------------------------------------------------------------------------------------

BOUND = [
    (1 / 8_760, 0.01, Jumps(141, 0.5, 0.05, 0.05), 0.01),
    (6 / 8_760, 0.05, Jumps(141, 0.5, 0.05, 0.05), 0.03),
    (1 / 365, 0.1, Jumps(365, 0.3, 0.01, 0.01), 0.03),
    (1 / 365, 0.35, Jumps(3, 0.5, 0.02, 0.03), 0.01),
    (1 / 365, 0.01, Jumps(365, 0.3, 0.01, 0.02), 0.01),
    (6 / 8_760, 0.8, Jumps(365, 0.3, 0.01, 0.01), 0.03),
]


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize(("horizon", "volatility", "jumps", "distance"), BOUND)
def test_jumps_with_little_noise_and_little_time_agree_with_simulation(side, horizon, volatility, jumps, distance):
    """Where the roots of the transform lie far apart, the search for them used to give up."""
    price = 100 * math.exp(-side * distance)
    chance = chance_of_touching_with_jumps(
        side=side, mark_price=100, liquidation_price=price, volatility=volatility, horizon=horizon, jumps=jumps
    )
    seen = touch_frequency(
        np.random.default_rng(11), start=100, barrier=price, volatility=volatility, horizon=horizon, jumps=jumps,
        paths=200_000,
    )  # fmt: skip
    assert abs(chance - seen.value) < 4 * max(seen.standard_error, 1e-5)


@pytest.mark.parametrize("price", [NEVER, ALREADY])
def test_arguments_are_looked_at_even_where_the_price_decides(price):
    fine = dict(side=LONG, mark_price=100, liquidation_price=price, target_price=110, volatility=0.8)
    assert chance_before_target(**fine) == (1.0 if price is ALREADY else 0.0)
    for name, bad in [("side", 7), ("mark_price", -3), ("target_price", 90), ("volatility", math.nan)]:
        with pytest.raises(ValueError, match=name):
            chance_before_target(**fine | {name: bad})
