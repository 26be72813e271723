"""Price paths: their distribution, touching between the steps, the running estimate, bars."""

import math

import numpy as np
import pytest
from liquidation import (
    LONG,
    SHORT,
    Jumps,
    chance_of_touching,
    geometric_brownian,
    jump_diffusion,
    to_bars,
    touch_estimates,
    touch_frequency,
    touched,
)
from liquidation.odds.touches import BLOCK

WEEK = 7 / 365
STORM = dict(start=2_000, volatility=0.8, horizon=WEEK)
LOW = dict(STORM, barrier=1_850)
HIGH = dict(STORM, barrier=2_150)


def rng(seed=1):
    return np.random.default_rng(seed)


def exact(case, **more):
    side = LONG if case["start"] > case["barrier"] else SHORT
    given = {name: case[name] for name in case if name not in ("start", "barrier")}
    return chance_of_touching(side=side, mark_price=case["start"], liquidation_price=case["barrier"], **given, **more)


def close_to(estimate, expected, errors=4):
    return abs(estimate.value - expected) <= errors * estimate.standard_error


def test_the_same_seed_gives_the_same_paths():
    one, other = (geometric_brownian(rng(), steps=5, paths=3, **STORM) for _ in range(2))
    assert one.shape == (3, 6) and (one == other).all() and (one[:, 0] == 2_000).all()
    assert (one[:, 1:] != geometric_brownian(rng(2), steps=5, paths=3, **STORM)[:, 1:]).all()


@pytest.mark.slow
@pytest.mark.parametrize("jumps", [None, Jumps(200, 0.3, 0.02, 0.04)], ids=["plain", "jumps"])
def test_growth_and_volatility_are_those_asked_for(jumps):
    given = dict(start=100, volatility=0.6, drift=0.5, horizon=0.25, steps=4, paths=200_000)
    prices = jump_diffusion(rng(), jumps=jumps, **given) if jumps else geometric_brownian(rng(), **given)
    ends = prices[:, -1]
    assert abs(ends.mean() - 100 * math.exp(0.5 / 4)) < 4 * ends.std() / math.sqrt(ends.size)
    moves = np.diff(np.log(prices), axis=1)
    variance = (0.36 + (jumps.variance if jumps else 0)) / 16
    squares = (moves - moves.mean()) ** 2
    assert abs(squares.mean() - variance) < 4 * squares.std() / math.sqrt(squares.size)
    assert abs(np.corrcoef(moves[:, 0], moves[:, 1])[0, 1]) < 0.01, "steps are independent"


def test_no_volatility_and_no_time_give_straight_lines():
    straight = geometric_brownian(rng(), start=100, volatility=0, drift=0.2, horizon=2, steps=2, paths=1)
    assert straight[0] == pytest.approx([100, 100 * math.exp(0.2), 100 * math.exp(0.4)])
    assert (geometric_brownian(rng(), start=100, volatility=0.8, horizon=0, steps=2, paths=2) == 100).all()


@pytest.mark.slow
@pytest.mark.parametrize("case", [LOW, HIGH, dict(LOW, drift=3.0), dict(HIGH, drift=-3.0)])
def test_one_step_and_fifty_steps_give_one_answer_the_exact_one(case):
    # Trap: looking at steps only, the chance depends on the step.
    few, many = (touch_frequency(rng(3), steps=n, paths=400_000, **case) for n in (1, 50))
    assert close_to(few, exact(case)) and close_to(many, exact(case))
    assert abs(few.value - many.value) <= 4 * math.hypot(few.standard_error, many.standard_error)
    counted = touch_frequency(rng(3), steps=50, paths=400_000, only_at_steps=True, **case)
    assert counted.value < exact(case) - 0.01, "fifty looks miss what happens between them"


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 50])
@pytest.mark.parametrize("case", [LOW, HIGH])
def test_touched_paths_are_as_many_as_the_chance_says(case, steps):
    prices = geometric_brownian(rng(4), steps=steps, paths=100_000, **STORM)
    hits = touched(rng(5), prices, barrier=case["barrier"], volatility=0.8, step=WEEK / steps)
    expected = exact(case)
    assert hits.shape == (100_000,)
    assert abs(hits.mean() - expected) < 4 * math.sqrt(expected * (1 - expected) / hits.size)
    side = 1 if case is LOW else -1
    assert hits[(side * (prices - case["barrier"]) <= 0).any(axis=1)].all(), "a path seen beyond has touched"


def test_a_path_that_starts_at_the_barrier_has_touched_it():
    assert touched(rng(), np.array([100.0, 110.0]), barrier=100, volatility=1e-3, step=1e-6)
    assert not touched(rng(), np.array([101.0, 110.0]), barrier=100, volatility=1e-3, step=1e-6)
    assert touch_frequency(rng(), start=100, barrier=100, volatility=0.5, horizon=1, paths=10).value == 1


def test_the_running_estimate_ends_where_the_whole_ends_and_counts_its_paths():
    paths = 40 * BLOCK + 7
    running = list(touch_estimates(rng(6), steps=2, paths=paths, **LOW))
    assert [e.paths for e in running] == [32 * BLOCK, paths]
    assert running[-1] == touch_frequency(rng(6), steps=2, paths=paths, **LOW)
    assert all(close_to(e, exact(LOW)) for e in running)
    assert touch_frequency(rng(6), paths=1, **LOW).paths == 1
    # Long paths are followed in stretches of 32 steps: 33 and 64 of them cross a seam.
    for steps in (31, 32, 33, 64, 65):
        assert close_to(touch_frequency(rng(steps), steps=steps, paths=50_000, **LOW), exact(LOW))


def test_drawing_ahead_in_another_thread_changes_no_number():
    """Seventy steps by hand, one stretch after the other, from the numbers that the generator gives in turn."""
    paths, generator, alive = 3 * BLOCK, rng(7), []
    step = LOW["volatility"] * math.sqrt(LOW["horizon"] / 70)
    for _ in range(3):
        gap, chance = np.full(BLOCK, math.log(2_000 / 1_850) / step), np.ones(BLOCK)
        for stretch in (32, 32, 6):
            for normal in generator.standard_normal((stretch, BLOCK), np.float32):
                arrived = gap + normal - step / 2
                chance *= np.where((gap > 0) & (arrived > 0), 1 - np.exp(np.minimum(-2 * gap * arrived, 0)), 0)
                gap = arrived
        alive.append(chance)
    drawn = rng(7)
    found = touch_frequency(drawn, steps=70, paths=paths, **LOW)
    assert found.value == pytest.approx(1 - np.mean(alive), abs=1e-6)
    assert drawn.random() == generator.random(), "not a number more is drawn"


def test_the_standard_error_is_that_of_repeated_runs():
    runs = [touch_frequency(rng(seed), steps=3, paths=2_000, **LOW) for seed in range(200)]
    spread = np.std([run.value for run in runs], ddof=1)
    assert runs[0].standard_error == pytest.approx(spread, rel=0.2)


def test_extreme_distances_stay_finite():
    for volatility, drift, expected in [(1e-12, 0, 0), (1e-12, -50, 1), (1e-12, 50, 0), (1e3, 0, 1)]:
        case = dict(start=100, barrier=90, volatility=volatility, drift=drift, horizon=0.5, steps=3, paths=100)
        assert touch_frequency(rng(), **case).value == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"volatility": 0}, "volatility=0 is not allowed"),
        ({"horizon": math.nan}, "horizon=nan is not allowed"),
        ({"paths": 0}, "paths=0 is not allowed: paths must be a whole number above 0"),
        ({"steps": 2.5}, "steps=2.5 is not allowed"),
        ({"barrier": -1}, "barrier=-1 is not allowed"),
        ({"start": "100"}, "start='100' is not allowed"),
        ({"jumps": Jumps(1, 0.5, 0.1, 0.1), "steps": 2}, "leave steps and only_at_steps out"),
    ],
)
def test_simulations_refuse_what_cannot_be(changed, says):
    with pytest.raises(ValueError, match=says):
        touch_frequency(rng(), **{**LOW, "paths": 10, **changed})


def test_a_seed_is_not_a_generator():
    with pytest.raises(
        ValueError, match=r"rng=7 is not allowed: rng must be a random generator: numpy.random.default_rng\(seed\)"
    ):
        geometric_brownian(7, steps=1, paths=1, **STORM)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ((-1, 0.5, 0.1, 0.1), "rate=-1"),
        ((1, 1.5, 0.1, 0.1), "up_chance=1.5"),
        ((1, 0.5, 1.0, 0.1), "up_mean=1.0 is not allowed: up_mean must be below 1"),
        ((1, 0.5, 0.1, 0), "down_mean=0"),
    ],
)
def test_jumps_refuse_what_cannot_be(given, says):
    with pytest.raises(ValueError, match=says):
        Jumps(*given)


def test_bars_join_up_and_hold_every_price():
    prices = geometric_brownian(rng(8), steps=24, paths=3, **STORM)
    bars = to_bars(prices, every=6)
    assert bars.shape == (3, 4, 4)
    opened, high, low, close = np.moveaxis(bars, -1, 0)
    assert (opened[:, 1:] == close[:, :-1]).all() and (opened == prices[:, [0, 6, 12, 18]]).all()
    assert (close == prices[:, [6, 12, 18, 24]]).all()
    assert (high.max(axis=1) == prices.max(axis=1)).all() and (low.min(axis=1) == prices.min(axis=1)).all()
    with pytest.raises(ValueError, match="24 steps do not make whole bars of every=7"):
        to_bars(prices, every=7)


def test_the_same_numbers_are_drawn_where_no_thread_can_be_started(monkeypatch):
    case = dict(start=100, barrier=92, volatility=0.8, horizon=WEEK, steps=40, paths=9_000)
    usual = touch_frequency(np.random.default_rng(5), **case)

    def none(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", none)
    assert touch_frequency(np.random.default_rng(5), **case) == usual


def test_what_would_not_end_is_refused():
    rng = np.random.default_rng(1)
    case = dict(start=100, volatility=0.8, horizon=WEEK)
    with pytest.raises(ValueError, match=r"the number of prices would be about 1.0e\+12"):
        geometric_brownian(rng, steps=1e6, paths=1e6, **case)
    with pytest.raises(ValueError, match=r"the number of steps would be about .*e\+15"):
        touch_frequency(rng, barrier=90, steps=10**9, paths=10**6, **case)
    with pytest.raises(ValueError, match="lead beyond every number"):
        geometric_brownian(rng, start=100, volatility=0.1, drift=1e4, horizon=1, steps=10, paths=1)


def test_whole_numbers_may_be_written_as_floats():
    one, other = (
        geometric_brownian(np.random.default_rng(2), start=1, volatility=1, horizon=1, steps=steps, paths=paths)
        for steps, paths in ((4.0, 1e2), (4, 100))
    )
    assert np.array_equal(one, other)
    with pytest.raises(ValueError, match=r"paths=2.5 is not allowed: paths must be a whole number above 0"):
        geometric_brownian(np.random.default_rng(2), start=1, volatility=1, horizon=1, steps=4, paths=2.5)
