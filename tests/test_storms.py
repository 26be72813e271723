"""Storms and plans: against replay_stop and LiquidationWarning, which know nothing of them, and by hand."""

import numpy as np
import pytest
from liquidation import LONG, SHORT, LiquidationWarning, StopLoss, linear, replay_stop
from liquidation.course.storms import (
    COUNT,
    THREE,
    Plan,
    correlated,
    make_storms,
    mean_and_error,
    season,
    try_plan,
    try_two_coins,
)

STORMS = make_storms(np.random.default_rng(3), 40)


def held(plan):
    value = plan.quantity * 0.0001 * 50_000
    return dict(side=plan.side, entry_price=50_000, quantity=plan.quantity, contract_size=0.0001,
                position_margin=plan.margin, maintenance_margin=0.004 * value)  # fmt: skip


PLANS = {
    "long, no stop": Plan("", margin=150),
    "long, stop": Plan("", stop=49_300),
    "long, other size": Plan("", quantity=370, margin=110, stop=49_100, slippage=0.002),
    "short, no stop": Plan("", side=SHORT, margin=230),
    "short, stop": Plan("", side=SHORT, stop=50_900),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_ends_as_the_replay_bar_by_bar_does(name):
    plan = PLANS[name]
    tally = try_plan(STORMS, plan)
    size = {key: held(plan)[key] for key in ("side", "entry_price", "quantity", "contract_size")}
    endings = set()
    for i, path in enumerate(STORMS):
        stop = plan.stop and StopLoss(plan.stop, watches="mark", slippage=plan.slippage)
        outcome = replay_stop(stop, mark=np.repeat(path[:, None], 4, axis=1), **held(plan))
        endings.add(outcome.ending)
        assert (tally.liquidated[i], tally.stopped[i], tally.open[i]) == tuple(
            outcome.ending == word for word in ("liquidated", "stopped", "open")
        )
        pnl = outcome.pnl if outcome.fills else linear.unrealized_pnl(mark_price=path[-1], **size)
        assert tally.results[i] == pytest.approx(pnl, abs=1e-9)
    assert len(endings) >= 2, "the case tests something"


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_margin_is_added_the_delay_after_the_first_alert_and_not_to_a_dead_position(side):
    plan = Plan("", side=side, margin=160, warn_at=0.4, add=90, delay=25)
    tally = try_plan(STORMS, plan)
    case, seen = held(plan), set()
    for i, path in enumerate(STORMS):
        equity = 160 + side * (path - 50_000) * 0.1
        dead = np.flatnonzero(equity <= 20)
        last = dead[0] if dead.size else len(path) - 1
        ratios = linear.margin_ratio(mark_price=path[:last], **case)
        alerts = LiquidationWarning(0.4).run(range(last), {"BTC": ratios})
        acts = alerts[0].minute + 25 if alerts else np.inf
        added = acts < last if dead.size else acts <= last
        equity = equity + 90 * added * (np.arange(len(path)) >= acts)
        liquidated = bool((equity <= 20).any())
        seen.add((bool(added), liquidated))
        assert tally.liquidated[i] == liquidated
        assert tally.results[i] == pytest.approx(-160 - 90 * added if liquidated else equity[-1] - 160 - 90 * added)
    assert len(seen) == 4, "in time and too late, lost and saved"


@pytest.mark.parametrize(
    ("path", "stop", "ending", "result"),
    [
        ([50_000, 49_100, 47_000], 49_000, "liquidated", -200),  # a gap over both: the stop never comes up
        ([50_000, 49_100, 48_400], 49_000, "stopped", -160 - 4.84),  # a gap over the stop, then slippage
        ([50_000, 49_100, 48_205], 48_210, "stopped", -179.5 - 4.8205),
        ([50_000, 49_100, 49_001], 49_000, "open", -99.9),
    ],
)
def test_a_stop_by_hand(path, stop, ending, result):
    tally = try_plan(np.array([path], float), Plan("", stop=stop))
    assert getattr(tally, ending).all() and tally.results == pytest.approx([result])


def test_no_stop_loses_more_than_the_margin():
    tally = try_plan(np.array([[50_000, 48_205.0]]), Plan("", stop=48_210, slippage=0.01))
    assert tally.stopped.all() and tally.results.tolist() == [-200]


def test_storms_come_in_mirror_pairs_around_a_fair_price():
    storms = season()
    assert storms.shape == (COUNT, 1_441) and (storms[:, 0] == 50_000).all()
    pairs = np.log(storms).reshape(-1, 2, 1_441).mean(axis=1)
    assert np.ptp(pairs, axis=0).max() < 1e-9, "the mean log price of a pair is the same in all pairs"
    ends = storms[:, -1].reshape(-1, 2).mean(axis=1)
    assert abs(ends.mean() - 50_000) < 4 * ends.std() / len(ends) ** 0.5
    moves = np.diff(np.log(storms), axis=1)
    assert np.sqrt((moves**2).sum(axis=1).mean()) == pytest.approx((1 / 365 + 2 * 0.01**2) ** 0.5, rel=0.02)
    assert (season()[::500] == storms[::500]).all(), "the same ones every time"


def test_the_three_storms_are_what_they_are_called():
    slide, turn, gap = (season()[THREE[name]] for name in ("slide", "turn", "gap"))
    assert slide[-1] == pytest.approx(slide.min(), rel=0.001) and slide.max() < 50_050
    assert turn.min() < 48_200 and turn[-1] > 52_000
    assert np.diff(gap).min() < -2_000 and np.diff(slide).min() > -300


def test_correlation_and_a_cross_account_of_two_coins():
    others = make_storms(np.random.default_rng(4), 40)
    second = correlated(STORMS, others, 0.8)
    a, b = (np.diff(np.log(x), axis=1).ravel() for x in (STORMS, second))
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(0.8, abs=0.02)
    same = try_two_coins("", STORMS, correlated(STORMS, others, 1.0))
    alone = try_plan(STORMS, Plan(""))
    assert (same.liquidated == alone.liquidated).all() and 0 < same.liquidated.sum() < 40
    assert same.results == pytest.approx(alone.results)


@pytest.mark.parametrize("correlation", [0, 0.3, 0.8, 1])
def test_a_second_coin_is_expected_to_end_where_it_began_as_the_first_does(correlation):
    others = make_storms(np.random.default_rng(4), 4_000)
    storms = make_storms(np.random.default_rng(5), 4_000)
    ends, error = mean_and_error(correlated(storms, others, correlation)[:, -1])
    assert abs(ends - 1) < 3 * error, "a mixture of two compensated walks would end 0.06% lower, 20 errors away"
    assert error < 6e-5


def test_the_error_is_that_of_pairs_because_mirrored_storms_are_not_independent():
    seasons = [make_storms(np.random.default_rng(seed), 200)[:, -1] for seed in range(60)]
    means, errors = zip(*(mean_and_error(ends) for ends in seasons), strict=True)
    assert np.std(means) == pytest.approx(np.mean(errors), rel=0.3)
    assert np.std(means) < 0.2 * np.mean([ends.std() / 200**0.5 for ends in seasons]), "mirrors cancel: far less"


def test_results_are_takeovers_slippage_and_luck():
    plans = Plan("", stop=49_300), Plan("", margin=150), Plan("", side=SHORT, margin=150, warn_at=0.3, add=90)
    for plan in plans:
        tally, size = try_plan(STORMS, plan), plan.quantity * 0.0001
        ends = tally.results + tally.taken + tally.slipped
        for path, end, taken, liquidated, stopped in zip(
            STORMS, ends, tally.taken, tally.liquidated, tally.stopped, strict=True
        ):
            assert np.isclose(plan.side * (path - 50_000) * size, end, atol=1e-9).any(), "a price of the storm"
            assert liquidated or taken == 0
            assert taken <= 20 + 1e-9 and (stopped or liquidated or end == plan.side * (path[-1] - 50_000) * size)
        assert tally.taken.any() != tally.slipped.any(), "each plan shows one of the two"
        assert (tally.slipped > 0).tolist() == tally.stopped.tolist()


def test_half_of_the_value_is_in_the_second_coin():
    one, other = np.array([[50_000, 49_000.0], [50_000, 48_000]]), np.array([[2_000, 2_020.0], [4, 3.8]])
    tally = try_two_coins("", one, other, margin=210)
    assert tally.results == pytest.approx([2_500 * (-0.02 + 0.01), -210])
    assert tally.liquidated.tolist() == [False, True]  # 2,500 * (-0.04 - 0.05): 225 are lost


def test_an_odd_number_of_storms_is_refused():
    with pytest.raises(ValueError, match="count=3 is not allowed"):
        make_storms(np.random.default_rng(1), 3)
