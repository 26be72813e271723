"""The ruin of the fund: closed forms against published numbers, integrals done otherwise, and simulations."""

import math

import mpmath
import numpy as np
import pytest
import sympy
from liquidation import (
    chance_formulas,
    ruin,
    simulate_claims,
    simulate_drawdowns,
    simulate_liquidations,
    touch_frequency,
)
from liquidation.odds.ruin import chance_of_brownian_ruin, chance_of_ruin, chance_of_ruin_within, fixed_gain_adjustment

# Chance of a gain, rates of the exponential gains and losses, starting balance, chance of ruin.
WALKS = [(0.7, 1, 0.5, 10, 0.545878), (0.8, 1, 0.3, 10, 0.580944), (0.6, 2, 1.5, 3, 0.691430)]
# Starting balance, horizon, losses in the time in which a mean loss comes in, chance of ruin.
FINITE = [(0, 10, 0.8, 0.713577), (5, 50, 0.8, 0.255045), (10, 100, 0.8, 0.097469), (10, 100, 1 / 1.1, 0.250864)]


def walk(p, a, b):
    return dict(gain_chance=p, mean_gain=1 / a, mean_loss=1 / b)


def within(estimate, expected, errors=3):
    return abs(estimate.value - expected) <= errors * estimate.standard_error


# -- formulas ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "a", "b", "u", "chance"), WALKS)
def test_the_walk_to_the_last_printed_digit(p, a, b, u, chance):
    assert ruin.walk_ruin(starting_balance=u, **walk(p, a, b)) == pytest.approx(chance, abs=5e-7)
    found = ruin.adjustment(**walk(p, a, b))
    assert found == pytest.approx(p * b - (1 - p) * a)
    assert chance_of_ruin(starting_balance=u, adjustment=found, mean_loss=1 / b) == pytest.approx(chance, abs=5e-7)


@pytest.mark.parametrize(("u", "theta", "chance"), [(10, 0.25, 0.108268), (10, 0.1, 0.366264), (0, 0.25, 0.8)])
def test_cramer_and_lundberg_to_the_last_printed_digit(u, theta, chance):
    assert ruin.claims_ruin(starting_balance=u, loading=theta, mean_loss=1) == pytest.approx(chance, abs=5e-7)
    # Money has no unit of its own: losses and balance three times as large.
    assert ruin.claims_ruin(starting_balance=3 * u, loading=theta, mean_loss=3) == pytest.approx(chance, abs=5e-7)
    scaled = chance_of_ruin_within(
        starting_balance=3 * u, mean_loss=3, income_rate=(1 + theta) * 6, loss_rate=2, horizon=1e5
    )
    assert scaled == pytest.approx(chance, abs=5e-7), "after a very long time"


def test_the_adjustment_coefficient_makes_the_fund_a_fair_game():
    """The mean of exp(-R * change) is 1, in symbols for exponential gains, in numbers for a fixed one."""
    x = {**ruin.adjustment.symbols}
    p, g, loss, R = (x[name] for name in ("gain_chance", "mean_gain", "mean_loss", "adjustment"))
    t = sympy.Symbol("t", positive=True)
    gain = sympy.integrate(sympy.exp(-R * t - t / g) / g, (t, 0, sympy.oo), conds="none")
    assert sympy.simplify(gain - 1 / (1 + R * g)) == 0
    mean = p / (1 + R * g) + (1 - p) / (1 - R * loss)
    assert sympy.simplify((mean - 1).subs(R, ruin.adjustment.expression)) == 0
    for fixed, mean_loss in [(25, 20), (20.001, 20), (0.5, 0.1), (1e6, 1)]:
        found = fixed_gain_adjustment(gain=fixed, mean_loss=mean_loss)
        assert 0 < found <= 1 / mean_loss
        with mpmath.workdps(30):
            ratio = mpmath.mpf(fixed) / mean_loss
            exact = (1 + mpmath.lambertw(-ratio * mpmath.exp(-ratio)) / ratio) / mean_loss
        assert found == pytest.approx(float(exact), rel=1e-9 if fixed != 20.001 else 1e-4)
    assert fixed_gain_adjustment(gain=20, mean_loss=20) == fixed_gain_adjustment(gain=3, mean_loss=20) == 0


def test_a_fund_that_does_not_earn_is_ruined_and_one_that_never_loses_is_not():
    assert chance_of_ruin(starting_balance=1e9, adjustment=0.0, mean_loss=2) == 1
    assert chance_of_ruin(starting_balance=3, adjustment=ruin.adjustment(**walk(1, 1, 0.5)), mean_loss=2) == 0
    both = chance_of_ruin(starting_balance=[0.0, 10.0], adjustment=np.array([[-1.0], [0.05]]), mean_loss=2)
    assert both.shape == (2, 2) and both[0].tolist() == [1, 1]
    assert both[1] == pytest.approx([0.9, 0.545878], abs=5e-7)
    for extreme in ("gain_chance", "mean_gain", "mean_loss"):
        case = walk(0.7, 1, 0.5) | {extreme: {"gain_chance": 0.0, "mean_gain": 1e-9, "mean_loss": 1e9}[extreme]}
        adjusted = ruin.adjustment(**case)
        assert chance_of_ruin(starting_balance=10, adjustment=adjusted, mean_loss=case["mean_loss"]) == 1


def integral(u, T, lam):
    """Asmussen and Albrecher's integral as it is printed, in 60 digits."""
    with mpmath.workdps(60):
        u, T, lam = map(mpmath.mpf, (u, T, lam))
        root = mpmath.sqrt(lam)

        def f(x):
            f1 = lam * mpmath.exp(2 * root * T * mpmath.cos(x) - (1 + lam) * T + u * (root * mpmath.cos(x) - 1))
            f2 = mpmath.cos(u * root * mpmath.sin(x)) - mpmath.cos(u * root * mpmath.sin(x) + 2 * x)
            return f1 * f2 / (1 + lam - 2 * root * mpmath.cos(x))

        steps = 20 * (20 + int(mpmath.sqrt(T + u)))
        # Smooth and periodic: the trapezoidal rule; its ends at 0 and pi are zeros of f2.
        total = sum(f(mpmath.pi * k / steps) for k in range(1, steps)) / steps
        return float((lam * mpmath.exp((lam - 1) * u) if lam < 1 else 1) - total)


@pytest.mark.parametrize(("u", "T", "lam", "chance"), FINITE)
def test_the_finite_horizon_to_the_last_printed_digit(u, T, lam, chance):
    case = dict(starting_balance=u, mean_loss=1, income_rate=1, loss_rate=lam, horizon=T)
    assert chance_of_ruin_within(**case) == pytest.approx(chance, abs=5e-7)
    other = dict(starting_balance=4 * u, mean_loss=4, income_rate=12, loss_rate=3 * lam, horizon=T / 3)
    assert chance_of_ruin_within(**other) == pytest.approx(chance, abs=5e-7)


@pytest.mark.parametrize(
    ("u", "T", "lam"),
    [(3, 7, 1.3), (20, 5, 0.5), (50, 2, 1.5), (0, 0.01, 0.8), (5, 300, 1.05), (2, 400, 0.9), (80, 60, 0.3)],
)
def test_the_finite_horizon_where_the_printed_integral_cancels(u, T, lam):
    found = chance_of_ruin_within(starting_balance=u, mean_loss=1, income_rate=1, loss_rate=lam, horizon=T)
    assert found == pytest.approx(integral(u, T, lam), rel=1e-9, abs=1e-300)


def test_the_finite_horizon_grows_to_the_infinite_one_and_starts_from_none():
    case = dict(starting_balance=5, mean_loss=2, income_rate=3, loss_rate=1.2)
    chances = [chance_of_ruin_within(horizon=T, **case) for T in (0, 1e-6, 0.1, 1, 10, 100, 1e3, 1e6)]
    assert chances[0] == 0 and chances == sorted(chances)
    assert chances[-1] == pytest.approx(ruin.claims_ruin(loading=0.25, mean_loss=2, starting_balance=5), rel=1e-9)
    near_one = [chance_of_ruin_within(horizon=40, **case | {"loss_rate": 1.5 + e}) for e in (-1e-9, 0, 1e-9)]
    assert near_one[0] == pytest.approx(near_one[1], rel=1e-8) == pytest.approx(near_one[2], rel=1e-8)


def test_the_brownian_fund_is_the_first_passage_of_lesson_prices():
    assert chance_of_brownian_ruin(starting_balance=5, drift=0.4, volatility=1.5) == math.exp(-2 * 0.4 * 5 / 1.5**2)
    for drift in (-0.4, 0.0, 0.4):
        chances = [
            chance_of_brownian_ruin(starting_balance=5, drift=drift, volatility=1.5, horizon=T)
            for T in (0, 1, 10, 1e3, 1e6, math.inf)
        ]
        assert chances[0] == 0 and chances == sorted(chances) and chances[-1] <= 1
        assert chances[4] == pytest.approx(chances[5], abs=1e-2)
    assert chance_of_brownian_ruin(starting_balance=0, drift=9, volatility=1) == 1
    # A price of e^u with this volatility falls to 1 as often as the fund falls to 0.
    found = touch_frequency(
        np.random.default_rng(3), start=math.exp(0.5), barrier=1, volatility=0.8, drift=0.2 + 0.32, horizon=2,
        paths=100_000,
    )  # fmt: skip
    assert within(found, chance_of_brownian_ruin(starting_balance=0.5, drift=0.2, volatility=0.8, horizon=2))


def test_the_two_parts_of_a_loss_and_the_best_balance():
    for u, mean in [(0, 3.0), (2, 3.0), (50, 0.5)]:
        beyond = mpmath.quad(lambda d, u=u, m=mean: (d - u) * mpmath.exp(-d / m) / m, [u, u + 10 * mean, mpmath.inf])
        missing = ruin.expected_shortfall(starting_balance=u, mean_loss=mean)
        assert missing == pytest.approx(float(beyond), rel=1e-9)
        assert missing + ruin.expected_paid(starting_balance=u, mean_loss=mean) == pytest.approx(mean)
    costs = dict(shortfall_cost=1.0, capital_cost=0.05)
    best = ruin.best_balance(mean_loss=3.0, **costs)

    def cost(u):
        return costs["capital_cost"] * u + costs["shortfall_cost"] * ruin.expected_shortfall(
            starting_balance=u, mean_loss=3.0
        )

    assert best == pytest.approx(3 * math.log(20)) and cost(best) < min(cost(0.98 * best), cost(1.02 * best))
    with pytest.raises(ValueError, match="the best fund is none"):
        ruin.best_balance(mean_loss=3.0, shortfall_cost=0.04, capital_cost=0.05)


def test_the_drawdown_formulas_and_their_limit_without_drift():
    case = dict(fund_drift=0.4, fund_volatility=1, drawdown=1.5)
    assert ruin.drawdown_time(**case) == pytest.approx(3.500, abs=5e-4)
    assert ruin.drawdown_peak(**case) == pytest.approx(2.900, abs=5e-4)
    assert ruin.drawdown_time(fund_drift=0, fund_volatility=2, drawdown=3) == 9 / 4
    assert ruin.drawdown_peak(fund_drift=0, fund_volatility=2, drawdown=3) == 3
    for k in (-300.0, -2.0, -0.1, -0.0999, -1e-9, 1e-300, 1e-5, 0.0999, 0.1, 30.0):
        with mpmath.workdps(400):
            x = mpmath.mpf(k)
            first, second = mpmath.expm1(x) / x, (mpmath.expm1(x) - x) / x**2
        assert ruin.drawdown_peak(fund_drift=k / 2, fund_volatility=1, drawdown=1) == pytest.approx(float(first))
        found = ruin.drawdown_time(fund_drift=np.array([k / 2]), fund_volatility=1, drawdown=1)
        assert found == pytest.approx(2 * float(second), rel=1e-13)
    assert "Power" not in repr(ruin.drawdown_time) + ruin.drawdown_peak._repr_latex_()


def test_the_economics_of_one_liquidation_as_published():
    """Taken over at p_liq, bankrupt at p_bk = 90, maintenance 0.5%; the slippage is exponential in log price."""
    stop = 90 / 0.995
    for eta, change in [(199, 0.0), (100, -0.44331), (400, 0.22669)]:
        found = chance_formulas.expected_fund_change(side=1, stop_price=stop, mean_gap=1 / eta, bankruptcy_price=90)
        assert found == pytest.approx(change, abs=5e-6)
        assert found == pytest.approx(stop * (0.005 - 1 / (1 + eta)), abs=1e-12)
    deficit = chance_formulas.expected_deficit(side=1, stop_price=stop, mean_gap=1 / 199, bankruptcy_price=90)
    assert deficit == pytest.approx(0.16596, abs=5e-6)


# -- simulations -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("p", "a", "b", "u", "chance"), WALKS)
def test_simulated_liquidations(p, a, b, u, chance):
    found = simulate_liquidations(
        np.random.default_rng(6), starting_balance=u, liquidations=5_000, paths=8_000, **walk(p, a, b)
    )
    assert within(found.chance, chance)
    assert within(found.mean_deficit, 1 / b)


@pytest.mark.slow
def test_what_is_missing_at_ruin_does_not_depend_on_the_balance():
    found = {
        u: simulate_liquidations(
            np.random.default_rng(8), starting_balance=u, liquidations=2_000, paths=30_000, **walk(0.7, 1 / 15, 1 / 20)
        )
        for u in (0, 100, 200)
    }
    for u, ruins in found.items():
        assert within(ruins.chance, 0.7 * math.exp(-0.015 * u)) and within(ruins.mean_deficit, 20)
        # Exponential: its quantiles, not only its mean.
        shares = [(ruins.deficits > level).mean() for level in (10, 20, 60)]
        assert shares == pytest.approx(np.exp([-0.5, -1, -3]), abs=4 * 0.5 / math.sqrt(ruins.deficits.size))


@pytest.mark.slow
def test_the_formula_holds_for_a_fixed_gain_as_well():
    R = fixed_gain_adjustment(gain=25, mean_loss=20)
    rng = np.random.default_rng(5)
    changes = 25 - 20 * rng.standard_exponential((20_000, 1_000), dtype=np.float32)
    lowest = np.cumsum(changes, axis=1, out=changes).min(axis=1)
    for u in (0, 30, 100):
        chance = chance_of_ruin(starting_balance=u, adjustment=R, mean_loss=20)
        assert abs((lowest < -u).mean() - chance) <= 3 * math.sqrt(chance * (1 - chance) / 20_000)


@pytest.mark.slow
@pytest.mark.parametrize(("u", "T", "lam", "chance"), [*FINITE, (3, 4, 2.0, 0.638661), (0, 2, 0.8, 0.527470)])
def test_simulated_claims_within_a_horizon(u, T, lam, chance):
    case = dict(starting_balance=2 * u, mean_loss=2, income_rate=4, loss_rate=2 * lam, horizon=T / 2)
    assert within(simulate_claims(np.random.default_rng(6), paths=50_000, **case).chance, chance)


@pytest.mark.slow
@pytest.mark.parametrize(("theta", "chance"), [(0.25, 0.108268), (0.1, 0.366264)])
def test_simulated_claims_for_a_very_long_time(theta, chance):
    case = dict(starting_balance=10, mean_loss=1, income_rate=1 + theta, loss_rate=1, horizon=5_000)
    found = simulate_claims(np.random.default_rng(4), paths=5_000, **case)
    assert within(found.chance, chance) and within(found.mean_deficit, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chance", "gain", "loss", "fall"), [(0.7, 15, 20, 300), (0.5, 20, 20, 100), (0.6, 10, 20, 150), (0.9, 3, 10, 40)]
)
def test_the_drawdown_of_a_walk_is_what_is_counted(chance, gain, loss, fall):
    rng, waits = np.random.default_rng(11), []
    below, time = np.zeros(6_000), 0  # below the peak
    while below.size:
        time += 1
        size = rng.standard_exponential(below.size)
        below = np.maximum(below - size * np.where(rng.random(below.size) < chance, gain, -loss), 0)
        waits += [time] * int((below > fall).sum())
        below = below[below <= fall]
    expected = ruin.walk_drawdown_time(gain_chance=chance, mean_gain=gain, mean_loss=loss, drawdown=fall)
    assert abs(np.mean(waits) - expected) < 3 * np.std(waits) / len(waits) ** 0.5


def test_a_walk_of_small_steps_waits_as_long_as_a_brownian_fund():
    step, fall = 0.01, 2.0
    fund = dict(gain_chance=0.5, mean_gain=step * 1.002, mean_loss=step)
    drift = 0.5 * 0.002 * step
    spread = math.sqrt(0.5 * 2 * (fund["mean_gain"] ** 2 + step**2) - drift**2)
    counted = ruin.walk_drawdown_time(drawdown=fall, **fund)
    assert counted == pytest.approx(
        ruin.drawdown_time(fund_drift=drift, fund_volatility=spread, drawdown=fall), rel=3 * step / fall + 0.01
    )
    # A fair fund, where the formula is 0/0 before it is written with means of powers.
    assert ruin.walk_drawdown_time(gain_chance=0.5, mean_gain=20, mean_loss=20, drawdown=300) == pytest.approx(144.5)


def test_simulated_drawdowns_within_two_percent():
    time, peak = simulate_drawdowns(
        np.random.default_rng(2), fund_drift=0.4, fund_volatility=1, drawdown=1.5, step=2e-3, paths=15_000
    )
    assert abs(time.value - 3.500365) <= 0.02 * 3.5 and within(time, 3.500365, errors=4)
    assert abs(peak.value - 2.900146) <= 0.02 * 2.9 and within(peak, 2.900146, errors=4)


def test_the_same_seed_gives_the_same_funds_and_no_ruin_has_no_deficit():
    case = dict(starting_balance=10, liquidations=50, paths=300, **walk(0.7, 1, 0.5))
    one, two = (simulate_liquidations(np.random.default_rng(1), **case) for _ in range(2))
    assert one.chance == two.chance and one.deficits.tolist() == two.deficits.tolist()
    assert one.chance.paths == 300 and one.deficits.size == round(300 * one.chance.value)
    with pytest.raises(ValueError, match="0 of 300 funds were ruined"):
        _ = simulate_liquidations(np.random.default_rng(1), **case | {"starting_balance": 1e6}).mean_deficit


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ruin.ruin(starting_balance=-1, adjustment=0.1, mean_loss=1), "starting_balance=-1 is not allowed"),
        (lambda: ruin.ruin(starting_balance=1, adjustment=-0.1, mean_loss=1), "there is no ruin_chance"),
        (lambda: chance_of_ruin(starting_balance=math.nan, adjustment=0.1, mean_loss=1), "starting_balance=nan"),
        (lambda: fixed_gain_adjustment(gain=1, mean_loss=0), "mean_loss=0 is not allowed"),
        (lambda: ruin.adjustment(gain_chance=1.2, mean_gain=1, mean_loss=1), "gain_chance=1.2 is not allowed"),
        (lambda: chance_of_ruin_within(starting_balance=1, mean_loss=1, income_rate=0, loss_rate=1, horizon=1),
         "income_rate=0 is not allowed: income_rate must be a finite number above 0"),
        (lambda: chance_of_brownian_ruin(starting_balance=1, drift=0, volatility=1, horizon=-1), "math.inf for ever"),
        (lambda: chance_of_brownian_ruin(starting_balance=1, drift=0, volatility=0), "volatility=0 is not allowed"),
        (lambda: simulate_liquidations(7, starting_balance=1, liquidations=1, paths=1, **walk(0.5, 1, 1)),
         "must be a random generator"),
        (lambda: simulate_liquidations(np.random.default_rng(1), starting_balance=1, liquidations=2.5, paths=1,
                                       **walk(0.5, 1, 1)), "liquidations=2.5 is not allowed"),
        (lambda: simulate_claims(np.random.default_rng(1), starting_balance=1, mean_loss=1, income_rate=1,
                                 loss_rate=1, horizon=math.inf, paths=1), "horizon=inf is not allowed"),
        (lambda: simulate_drawdowns(np.random.default_rng(1), fund_drift=0, fund_volatility=1, drawdown=0.1, step=1,
                                    paths=1), "over a tenth of the drawdown"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(call, says):
    with pytest.raises(ValueError, match=r".") as refused:
        call()
    assert says in str(refused.value)


def test_the_waits_and_the_luck_that_lesson_06_tells_of():
    """Its sentences on exponential steps, on the run it shows, and on its crash, computed otherwise."""

    def wait(drawdown, width=2.0):
        """Mean steps of the fall from the peak, on a grid, gains of 15 on average at 70 %, else losses of 20."""
        edges = np.arange(0, drawdown + width, width)
        fall = (edges[:-1] + edges[1:]) / 2
        reach = fall[:, None] - edges  # how large a gain leads below each edge
        gain = np.diff(np.exp(-np.maximum(reach, 0) / 15), axis=1)
        gain[:, 0] += np.exp(-fall / 15)  # all the way up to a new peak
        loss = -np.diff(np.exp(-np.maximum(-reach, 0) / 20), axis=1)
        return np.linalg.solve(np.eye(len(fall)) - 0.7 * gain - 0.3 * loss, np.ones(len(fall)))[0]

    assert wait(300) == pytest.approx(2_200, rel=0.03) and wait(1_000) == pytest.approx(84e6, rel=0.03)
    steps = 25 - 5_000 * np.random.default_rng(1).exponential(0.004, (40_000, 400))
    lowest = 300 + np.cumsum(steps, axis=1).min(axis=1)
    assert (lowest <= 36.5).mean() == pytest.approx(1 / 200, rel=0.2), "about 1 in 200 falls as low as the one shown"
    assert (lowest[lowest <= 36.5] < 0).mean() == pytest.approx(1 / 2, rel=0.2), "and half of those are ruined"
    crash = 25 - 5_000 * np.random.default_rng(2).exponential(0.015, (40_000, 40))
    ruined = (2_506 + np.cumsum(crash, axis=1).min(axis=1) < 0).mean()
    assert ruined == pytest.approx(1 / 7, rel=0.05), "one such crash in seven"


@pytest.mark.parametrize("above", [1e-12, 1e-8, 1e-3, 0.05, 0.3, 4])
def test_a_fixed_gain_just_above_the_mean_loss_loses_no_digit(above):
    """Against mpmath in 60 digits: x = R * mean_loss solves -log(1 - x)/x = gain/mean_loss."""
    gain = 20 * (1 + above)
    with mpmath.workdps(60):
        ratio = mpmath.mpf(gain) / 20
        low, high = min(ratio - 1, mpmath.mpf("0.5")), min(2.2 * (ratio - 1), 1 - mpmath.mpf(10) ** -30)
        for _ in range(190):
            x = (low + high) / 2
            low, high = (x, high) if -mpmath.log1p(-x) / x < ratio else (low, x)
    assert fixed_gain_adjustment(gain=gain, mean_loss=20) == pytest.approx(float(x / 20), rel=1e-9)


def test_ruin_within_a_very_long_time_is_ruin_at_all_and_costs_nothing():
    fund = dict(starting_balance=5, mean_loss=1, income_rate=1, loss_rate=0.8)
    ever = chance_of_ruin(starting_balance=5, adjustment=0.2, mean_loss=1)
    assert chance_of_ruin_within(horizon=1e12, **fund) == pytest.approx(ever, rel=1e-12)
    assert chance_of_ruin_within(horizon=1e12, **fund | {"starting_balance": 1e9, "loss_rate": 0.5}) == 0
    assert chance_of_ruin_within(horizon=1e12, **fund | {"loss_rate": 1.2}) == pytest.approx(1, abs=1e-12)


def test_simulations_that_would_not_end_are_refused():
    rng = np.random.default_rng(1)
    with pytest.raises(ValueError, match="the number of steps would be about inf"):
        simulate_drawdowns(rng, fund_drift=100, fund_volatility=1, drawdown=10, step=0.001, paths=10)
    fund = dict(starting_balance=1, gain_chance=0.9, mean_gain=1, mean_loss=1)
    with pytest.raises(ValueError, match=r"the number of liquidations would be about 1.0e\+12"):
        simulate_liquidations(rng, liquidations=10**9, paths=1, **fund)
    with pytest.raises(ValueError, match="the number of losses"):
        simulate_claims(rng, starting_balance=1, mean_loss=1, income_rate=2, loss_rate=1, horizon=1e9, paths=10)
