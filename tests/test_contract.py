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


# -- rounding: exact numbers, either side, ticks whose numerator is not 1, and what floats cannot bear -----------------

LARGE = Contract("BIG", contract_size=1, tick=2.5)
"""A tick of 5/2: neither its numerator nor its denominator is 1."""


@pytest.mark.parametrize(
    ("contract", "price", "side", "rounding", "rounded"),
    [
        (BTC, Fraction(10_012, 100), LONG, "away", Fraction(1_001, 10)),
        (BTC, Fraction(10_012, 100), SHORT, "away", Fraction(1_002, 10)),
        (BTC, Fraction(10_012, 100), SHORT, "nearest", Fraction(1_001, 10)),
        (BTC, Fraction(10_018, 100), LONG, "nearest", Fraction(1_002, 10)),
        (BTC, Fraction(10_018, 100), LONG, "away", Fraction(1_001, 10)),
        (LARGE, 101, LONG, "away", 100),
        (LARGE, 101, SHORT, "away", Fraction(205, 2)),
        (LARGE, 104, SHORT, "nearest", 105),
    ],
)
def test_exact_prices_are_rounded_exactly(contract, price, side, rounding, rounded):
    found = contract.to_tick(price, side, rounding)
    assert found == rounded and not isinstance(found, float)


@pytest.mark.parametrize(
    ("contract", "price", "side", "rounding", "rounded"),
    [
        (BTC, 100.12, SHORT, "nearest", 100.1),
        (BTC, 100.18, LONG, "nearest", 100.2),
        (BTC, 100.12, SHORT, "away", 100.2),
        (BTC, 100.195, LONG, "away", 100.1),  # a twentieth of a tick below a step is not on that step
        (BTC, 100.205, SHORT, "away", 100.3),
        (LARGE, 101.0, LONG, "away", 100.0),
        (LARGE, 101.0, SHORT, "away", 102.5),
        (LARGE, 103.9, LONG, "nearest", 105.0),
        (BTC, 0.0, LONG, "away", 0.0),
        (BTC, 0.03, LONG, "away", 0.0),
        (BTC, 0.53, SHORT, "away", 0.6),
    ],
)
def test_floats_are_rounded_to_the_tick_and_stay_floats(contract, price, side, rounding, rounded):
    found = contract.to_tick(price, side, rounding)
    assert found == rounded and type(found) is float


def test_less_than_a_millionth_of_a_tick_is_on_the_step_and_a_millionth_is_not():
    whole = Contract("X", contract_size=1, tick=1)
    assert whole.to_tick(0.999e-6, SHORT) == 0 and whole.to_tick(1e-6, SHORT) == 1
    assert whole.to_tick(4.9999995, LONG) == 5 and whole.to_tick(4.999998, LONG) == 4


@pytest.mark.parametrize("price", [8_106_479_329_266_892.0, 1e308])
def test_from_two_to_the_53_ticks_on_a_price_stays_as_it_is(price):
    """2 ** 53 ticks of 0.9 are 8,106,479,329,266,892.8; 1e308 is more ticks than a float can hold."""
    with np.errstate(all="raise"):  # nor is anything warned of
        assert Contract("X", contract_size=1, tick=0.9).to_tick(price, SHORT) == price


@pytest.mark.parametrize(
    ("tick", "price", "dtype", "rounded"),
    [
        (0.0001, 300_000, np.int32, 300_000.0),  # 3,000,000,000 ticks are more than an int32 can hold
        (0.0001, 100, np.int8, 100.0),
        (0.0001, 100, np.float16, 100.0),  # and 1,000,000 more than a float16
        (0.01, 1_000.5, np.float16, 1_000.5),
    ],
)
def test_arrays_of_small_numbers_are_rounded_in_float64(tick, price, dtype, rounded):
    found = Contract("X", contract_size=1, tick=tick).to_tick(np.array([price], dtype), LONG)
    assert found.tolist() == [rounded] and found.dtype == np.float64


def test_every_price_of_an_array_is_rounded_for_its_own_side():
    prices, sides = np.array([100.12, 100.12, 100.2, -np.inf, np.inf]), np.array([LONG, SHORT, SHORT, LONG, SHORT])
    assert BTC.to_tick(prices, sides).tolist() == [100.1, 100.2, 100.2, -np.inf, np.inf]
    assert BTC.to_tick(100.12, np.array([SHORT, LONG])).tolist() == [100.2, 100.1]
    assert BTC.to_tick(Fraction(10_012, 100), [SHORT, LONG]).tolist() == [100.2, 100.1]
    assert BTC.to_tick(prices[:2].reshape(2, 1), np.array([LONG, SHORT])).tolist() == [[100.1, 100.2]] * 2


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Contract("X", None, 1), "contract_size=None is not allowed"),
        (lambda: Contract("X", 1, None), "tick=None is not allowed"),
        (lambda: Contract("X", 1, 1, quantity_step=0), "quantity_step=0 is not allowed"),
        (lambda: Contract("X", 1, 1, quantity_step="1"), "quantity_step='1' is not allowed"),
        (lambda: Contract("X", 1, 1, quantity_step=0.1).checked_quantity(0.25), r"quantity=0\.25 .* in steps of 0\.1"),
        (lambda: BTC.to_tick(np.array([1.0, -1.0]), LONG), "prices are at least 0"),
        (lambda: BTC.to_tick(-Fraction(1, 2), LONG), "price=-1/2 is not allowed"),
        (lambda: BTC.to_tick(np.array([1.0, 2.0]), np.array([1, 0])), r"side=0 \(at position 1\)"),
    ],
)
def test_what_is_no_contract_no_price_and_no_side_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_a_contract_keeps_plain_numbers_and_its_own_settlement_coin():
    made = Contract("X", np.float64(0.5), np.int64(2), quantity_step=np.float32(0.25))
    assert [type(x) for x in (made.contract_size, made.tick, made.quantity_step)] == [float, int, float]
    assert made.settlement_coin == "USDT" and Contract("X", 1, 1, settlement_coin="EUR").settlement_coin == "EUR"
    assert COIN.settlement_coin != Contract("ETH_USD", 10, 0.05, kind="inverse").settlement_coin


def test_a_quantity_is_a_whole_number_of_steps_as_decimals_or_any_number_without_a_step():
    stepped = Contract("X", 1, 1, quantity_step=0.1)
    assert [stepped.checked_quantity(x) for x in (0.1, 0.3, 7, Fraction(3, 10))] == [0.1, 0.3, 7, Fraction(3, 10)]
    assert BTC.checked_quantity(Fraction(1, 3)) == Fraction(1, 3) and BTC.checked_quantity(0.25) == 0.25
