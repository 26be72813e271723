"""The liquidation warning, the outlook, the size for a fixed loss and the mixture of two positions."""

import math

import numpy as np
import pytest
from liquidation import (
    LONG,
    NEVER,
    SHORT,
    Alert,
    LiquidationWarning,
    chance_of_touching,
    equity_volatility,
    inverse,
    linear,
    outlook,
    size_for_loss,
)

MIRA = dict(
    side=LONG, entry_price=50_000, quantity=1_000, contract_size=0.0001, position_margin=200, maintenance_margin=20
)
BEN = dict(side=SHORT, entry_price=2_000, quantity=30, contract_size=0.01, position_margin=30, maintenance_margin=9)

# Ratios at minutes, and the minutes at which an alert is sent, at a threshold of 0.7.
WARNINGS = {
    "reaching the threshold is enough": (True, {0: 0.69, 1: 0.7}, [1]),
    "a ratio that hovers does not ring at every look": (True, {0: 0.71, 1: 0.72, 2: 0.71, 29: 0.8}, [0]),
    "thirty minutes are over when they are over": (True, {0: 0.71, 29.9: 0.8, 30: 0.8, 59: 0.8, 60: 0.8}, [0, 30, 60]),
    "falling back and rising again inside thirty minutes stays quiet": (True, {0: 0.8, 5: 0.5, 10: 0.9}, [0]),
    "a rise kept quiet is not lost": (False, {0: 0.8, 5: 0.5, 10: 0.9, 29: 0.9, 31: 0.9}, [0, 31]),
    "a rise kept quiet that is over is not announced late": (False, {0: 0.8, 5: 0.5, 10: 0.9, 31: 0.5, 40: 0.5}, [0]),
    "not repeated unless it fell back": (False, {0: 0.8, 40: 0.8, 80: 0.9, 90: 0.6, 95: 0.75}, [0, 95]),
    "a gap over threshold and liquidation together is announced too late": (True, {0: 0.5, 1: 1.3}, [1]),
    "an infinite ratio is a ratio": (True, {0: 0.5, 1: math.inf}, [1]),
    "calm": (True, {0: 0.1, 100: 0.69}, []),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_the_warning(name):
    repeat, ratios, expected = WARNINGS[name]
    alerts = LiquidationWarning(0.7, repeat=repeat).run(ratios, {"BTC": ratios.values()})
    assert [alert.minute for alert in alerts] == expected
    assert all(alert.margin_ratio == ratios[alert.minute] >= 0.7 for alert in alerts)


def test_one_position_does_not_silence_another():
    ratios = {"BTC": [0.8, 0.8, 0.8], "ETH": [0.1, 0.9, 0.9]}
    alerts = LiquidationWarning(0.7).run([0, 10, 30], ratios)
    assert alerts == [Alert(0, "BTC", 0.8), Alert(10, "ETH", 0.9), Alert(30, "BTC", 0.8)]


def test_a_position_closed_and_opened_again_is_a_new_one():
    warning, _ = LiquidationWarning(0.7).check(0, {"BTC": 0.8})
    warning, _ = warning.check(1, {})
    assert warning.check(2, {"BTC": 0.8})[1] == (Alert(2, "BTC", 0.8),)


def test_looking_changes_nothing_that_was_there_before():
    first = LiquidationWarning(0.7)
    assert first.check(0, {"BTC": 0.8})[1] == first.check(0, {"BTC": 0.8})[1] != ()


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (lambda: LiquidationWarning(1.0), "threshold=1.0 is not allowed: it must be above 0 and below 1"),
        (lambda: LiquidationWarning(math.nan), "threshold=nan"),
        (lambda: LiquidationWarning(0.7, interval=-1), "interval=-1"),
        # Trap: NaN passes every comparison that looks for trouble.
        (lambda: LiquidationWarning(0.7).check(0, {"BTC": math.nan}), "the margin ratio of BTC=nan"),
    ],
)
def test_warnings_refuse_what_cannot_be(action, says):
    with pytest.raises(ValueError, match=says):
        action()


@pytest.mark.parametrize("who", [MIRA, BEN], ids=["long", "short"])
def test_adding_margin_moves_all_four_readings_together(who):
    market = dict(mark_price=who["entry_price"], volatility=0.8, horizon=1 / 365)
    first, second = (
        outlook(**{**who, "position_margin": factor * who["position_margin"]}, **market) for factor in (1, 1.5)
    )
    assert who["side"] * (first.liquidation_price - second.liquidation_price) > 0
    assert second.distance > first.distance > 0
    assert second.margin_ratio < first.margin_ratio < 1
    assert second.chance < first.chance
    assert first.liquidation_price == linear.liquidation_price(**who)
    assert first.chance == chance_of_touching(side=who["side"], liquidation_price=first.liquidation_price, **market)
    # At the liquidation price the ratio would be 1: the distance leads there.
    there = market["mark_price"] * (1 - who["side"] * first.distance)
    assert linear.margin_ratio(mark_price=there, **who) == pytest.approx(1)


@pytest.mark.parametrize(
    ("who", "mark", "distance"),
    [
        (BEN, 1_800, 270 / 1_800),  # up to 2,070; not of the entry price of 2,000, nor from there
        (BEN, 2_025, 45 / 2_025),
        (MIRA, 51_250, 3_050 / 51_250),  # down to 48,200
        (MIRA, 48_300, 100 / 48_300),
    ],
)
def test_the_distance_is_a_fraction_of_the_mark_price(who, mark, distance):
    found = outlook(mark_price=mark, volatility=0.8, horizon=1 / 365, **who)
    assert found.distance == pytest.approx(distance, rel=1e-12)
    assert found.margin_ratio == pytest.approx(linear.margin_ratio(mark_price=mark, **who))


def touched(distance, growth, volatility, horizon):
    """Chance that a random walk with drift goes a distance of log price, up, by the reflection principle."""

    def below(x):
        return math.erfc(-x / math.sqrt(2)) / 2

    spread = volatility * math.sqrt(horizon)
    back = math.exp(2 * growth * distance / volatility**2) * below((-distance - growth * horizon) / spread)
    return below((growth * horizon - distance) / spread) + back


@pytest.mark.parametrize(("who", "mark", "to"), [(MIRA, 51_000, 48_200), (BEN, 1_960, 2_070)], ids=["long", "short"])
def test_a_drift_of_the_price_makes_liquidation_likelier_on_one_side(who, mark, to):
    chances = []
    for drift in (-3, 0, 3):
        growth = -who["side"] * (drift - 0.8**2 / 2)  # towards the liquidation price
        found = outlook(mark_price=mark, volatility=0.8, horizon=5 / 365, drift=drift, **who).chance
        assert found == pytest.approx(touched(abs(math.log(to / mark)), growth, 0.8, 5 / 365))
        chances.append(found)
    assert (chances[::-1] if who is MIRA else chances) == sorted(chances), "a fall is a long's"


@pytest.mark.parametrize("who", [MIRA, BEN], ids=["long", "short"])
def test_funding_that_was_paid_is_gone_from_the_margin(who):
    market = dict(mark_price=who["entry_price"], volatility=0.8, horizon=1 / 365)
    less = {**who, "position_margin": who["position_margin"] - 5}
    assert outlook(funding_paid=5, **who, **market) == outlook(**less, **market)
    assert outlook(funding_paid=-5, **who, **market).chance < outlook(**who, **market).chance
    with pytest.raises(ValueError, match="it has used up the position margin"):
        outlook(funding_paid=who["position_margin"], **who, **market)


def test_an_outlook_of_no_liquidation_and_of_one_that_has_happened():
    market = dict(mark_price=50_000, volatility=0.8, horizon=1)
    safe = outlook(**{**MIRA, "position_margin": 6_000}, **market)
    assert safe.liquidation_price is safe.distance is NEVER and safe.chance == 0
    with pytest.raises(ValueError, match="mark_price=48200 is at or beyond the liquidation price 48200"):
        outlook(**MIRA, **{**market, "mark_price": 48_200})


@pytest.mark.parametrize("theory", [linear, inverse], ids=["linear", "inverse"])
@pytest.mark.parametrize(("side", "stop"), [(LONG, 1_900), (SHORT, 2_050)])
def test_the_size_loses_what_was_allowed(theory, side, stop):
    case = dict(side=side, entry_price=2_000, contract_size=0.01)
    quantity = size_for_loss(theory)(stop_price=stop, allowed_loss=50, **case)
    assert theory.unrealized_pnl(mark_price=stop, quantity=quantity, **case) == pytest.approx(-50)
    assert "leverage" not in size_for_loss(theory).arguments
    with pytest.raises(ValueError, match="there is no quantity"):
        size_for_loss(theory)(stop_price=stop, allowed_loss=50, **{**case, "side": -side})


MIXTURES = {  # exposures, correlation, volatility of the equity; both prices at 0.5
    "independent longs": (2, 2, 0, math.sqrt(2)),
    "the same coin twice": (2, 2, 1, 2),
    "a perfect hedge": (2, -2, 1, 0),
    "a long and a short that rise together": (2, -2, 0.8, math.sqrt(2 - 1.6)),
    "a hedge that fails: they move apart": (2, -2, -1, 2),
    "one position": (3, 0, 0.7, 1.5),
}


@pytest.mark.parametrize("name", MIXTURES)
def test_correlation_decides_what_two_positions_do(name):
    first, second, correlation, expected = MIXTURES[name]
    given = dict(first_exposure=first, second_exposure=second, first_volatility=0.5, second_volatility=0.5)
    assert equity_volatility(correlation=correlation, **given) == pytest.approx(expected, abs=1e-12)
    covariance = 0.25 * np.array([[1, correlation], [correlation, 1]])
    weights = np.array([first, second])
    assert expected**2 == pytest.approx(weights @ covariance @ weights, abs=1e-12)
    with pytest.raises(ValueError, match=r"correlation=1.2 is not allowed: correlation must be a number from -1 to 1"):
        equity_volatility(correlation=1.2, **given)


def test_mixtures_of_arrays():
    given = dict(first_exposure=2, second_exposure=-2, first_volatility=0.5, second_volatility=0.5)
    many = equity_volatility(correlation=np.linspace(-1, 1, 201), **given)
    assert (np.diff(many) < 0).all() and many[-1] == 0
