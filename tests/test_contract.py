"""Contracts and rounding to the tick."""

from fractions import Fraction

import numpy as np
import pytest
from liquidation import ALREADY, LONG, NEVER, SHORT, Contract, inverse, linear

BTC = Contract("BTC_USDT", contract_size=0.0001, tick=0.1)
COIN = Contract("BTC_USD", contract_size=100, tick=0.5, kind="inverse")


def test_a_contract_knows_its_formulas():
    assert BTC.theory is linear and COIN.theory is inverse


def test_the_price_is_rounded_away_from_the_entry():
    assert BTC.to_tick(55_020.5357, LONG) == 55_020.5
    assert BTC.to_tick(55_020.5357, SHORT) == 55_020.6
    assert COIN.to_tick(91.3636, LONG) == 91.0
    assert COIN.to_tick(110.5556, SHORT) == 111.0
    assert COIN.to_tick(110.5556, SHORT, rounding="nearest") == 110.5


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_price_on_a_tick_stays_there_whatever_its_last_bit(side):
    for steps in range(481_990, 482_010):
        price = steps / 10
        for noisy in (price, np.nextafter(price, 0), np.nextafter(price, 1e9)):
            assert BTC.to_tick(noisy, side) == price


def test_fractions_stay_exact_and_arrays_stay_arrays():
    assert BTC.to_tick(Fraction(550_205_357, 10_000), LONG) == Fraction(550_205, 10)
    assert BTC.to_tick(48_200, SHORT) == 48_200
    assert BTC.to_tick(np.array([48_200.04, 48_200.06, -np.inf]), LONG).tolist() == [48_200.0, 48_200.0, -np.inf]


def test_no_price_stays_no_price():
    assert BTC.to_tick(NEVER, LONG) is NEVER and BTC.to_tick(ALREADY, SHORT) is ALREADY


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Contract("X", contract_size=0, tick=0.1), "contract_size=0 is not allowed"),
        (lambda: Contract("X", contract_size=1, tick=-1), "tick=-1 is not allowed"),
        (lambda: Contract("X", contract_size=1, tick=1, kind="quanto"), "kind='quanto' is not allowed"),
        (lambda: BTC.to_tick(1.0, 0), "side=0 is not allowed"),
        (lambda: BTC.to_tick(float("nan"), LONG), "price=nan is not allowed"),
        (lambda: BTC.to_tick(1.0, LONG, rounding="up"), "rounding='up' is not allowed"),
    ],
)
def test_bad_input_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()
