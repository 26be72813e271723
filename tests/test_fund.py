"""The engine's result and the fund: published signs and deltas, where a fund stops, and what it hands on."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquidation import (
    BYBIT,
    BYBIT_BTCUSDT,
    LONG,
    SHORT,
    Contract,
    Fill,
    InsuranceFund,
    Market,
    Position,
    RiskTiers,
    balances,
    isolated,
    surplus,
    walk,
)
from liquidation.engine.ledger import CLEARING, ENGINE, FUND, TRADER

TIERS = RiskTiers([(0, 10**9, Fraction(1, 10))], "value", "flat")
BTC = Market(Contract("BTC", Fraction(1, 10_000), Fraction(1, 10)), TIERS)
COIN = Market(Contract("BTC_USD", 100, Fraction(1, 2), "inverse"), TIERS)


@pytest.mark.parametrize(
    "side, bankruptcy, price, sign",
    [
        (LONG, 6_950, 6_980, +1),  # Bybit help, "Insurance Fund": liquidated at 7,000; sold at 6,980 the fund grows,
        (LONG, 6_950, 6_930, -1),  # sold at 6,930 it pays
        (SHORT, 6_950, 6_980, -1),  # the textbook speaks of longs only: for a short better is lower
        (SHORT, 6_950, 6_930, +1),
        (LONG, 99, 99, 0),  # BitMEX: the engine's limit is the bankruptcy price
    ],
)
def test_better_than_the_bankruptcy_price_fills_the_fund(side, bankruptcy, price, sign):
    fund = InsuranceFund(Fraction(1_000))
    for market, reverse in [(BYBIT_BTCUSDT, 1), (BTC, 1), (COIN, 1)]:
        taken = Position(market, side, 3, Fraction(bankruptcy))
        settled = fund.settle(taken, [Fill(3, Fraction(price))])
        change = settled.fund.balance - fund.balance
        assert (change > 0) - (change < 0) == sign * reverse
        assert change == settled.gained == surplus(taken, settled.fills) and settled.left is None


@pytest.mark.parametrize("fill, delta, back", [(5_610, 28.05, 481.95), (5_049, -51, 0)])
def test_dydx_insurance_deltas(fill, delta, back):
    """dYdX v4-chain TestGetLiquidationInsuranceFundDelta: bankruptcy at 5,100, fee cap 0.5% of the fill."""
    taken = Position(BYBIT_BTCUSDT, LONG, Fraction(1, 10), 51_000)
    settled = InsuranceFund(1_000, fee_cap=Fraction(5, 1_000)).settle(taken, [Fill(Fraction(1, 10), fill * 10)])
    assert float(settled.fund.balance - 1_000) == delta
    assert float(balances(settled.transfers).get(TRADER, 0)) == back, "dYdX gives the rest of a surplus back"
    keeps_all = InsuranceFund(1_000).settle(taken, [Fill(Fraction(1, 10), fill * 10)])
    assert TRADER not in balances(keeps_all.transfers), "MEXC and Bybit keep it"


def test_a_fund_pays_down_to_zero_and_hands_the_position_on():
    taken = Position(BTC, LONG, 10_000, Fraction(48_000))  # 1 BTC
    offers = [Fill(4_000, Fraction(47_950)), Fill(6_000, Fraction(47_000))]
    settled = InsuranceFund(Fraction(320)).settle(taken, offers)
    # 20 for the first level; the other 300 pay 1,000 dollars on 0.3 BTC.
    assert settled.fills == (Fill(4_000, 47_950), Fill(3_000, 47_000))
    assert settled.fund.balance == 0 and settled.uncovered == 0
    assert settled.left.quantity == 3_000 and settled.left.entry_price == 48_000
    shared = InsuranceFund(Fraction(320)).settle(taken, offers, hand_on="loss")
    assert shared.left is None and shared.uncovered == 300 and shared.fund.balance == 0


def test_a_fund_with_a_drawdown_rule_stops_while_it_is_still_rich():
    """OKX and Bybit: deleveraging starts when the fund is 30% below its eight-hour peak."""
    fund = InsuranceFund(Fraction(900), drawdown=Fraction(3, 10), peak=Fraction(1_000))
    assert fund.payable == 200
    taken = Position(BTC, SHORT, 10_000, Fraction(48_000))
    settled = fund.settle(taken, [Fill(10_000, Fraction(49_000))])
    assert settled.fund.balance == 700 and settled.left.quantity == 8_000
    assert InsuranceFund(500, drawdown=Fraction(3, 10), peak=1_000).payable == 0


def test_a_fund_is_never_above_its_peak():
    fund = InsuranceFund(Fraction(1_000), drawdown=Fraction(3, 10), peak=Fraction(500))
    assert fund.peak == 1_000 and fund.payable == 300
    richer = fund.settle(Position(BTC, SHORT, 10_000, Fraction(48_000)), [Fill(10_000, Fraction(47_500))]).fund
    assert (richer.balance, richer.peak, richer.payable) == (1_500, 1_500, 450)


def test_a_fund_takes_its_rules_from_its_venue_and_what_is_given_comes_first():
    fund = InsuranceFund(100, venue=BYBIT)
    assert (fund.fee_cap, fund.drawdown) == (math.inf, 0.3) and fund.payable == pytest.approx(30)
    assert InsuranceFund(100, drawdown=Fraction(1, 2), venue=BYBIT).payable == 50
    assert InsuranceFund(100, fee_cap=Fraction(1, 50), venue=BYBIT).fee_cap == Fraction(1, 50)
    assert InsuranceFund(100).payable == 100


def test_every_payment_says_what_it_is_for():
    taken = Position(BTC, LONG, 10_000, Fraction(100))
    up = InsuranceFund(5, fee_cap=Fraction(1, 100)).settle(taken, [Fill(10_000, Fraction(110))])
    assert [str(transfer) for transfer in up.transfers] == [
        "clearing → engine: 10.00 (closed at the market)",
        "engine → fund: 1.10 (better than the bankruptcy price)",
        "engine → trader: 8.90 (the rest of the surplus)",
    ]
    down = InsuranceFund(5).settle(taken, [Fill(10_000, Fraction(98))])
    assert [str(transfer) for transfer in down.transfers] == [
        "engine → clearing: 2.00 (closed at the market)",
        "fund → engine: 2.00 (worse than the bankruptcy price)",
    ]


def test_a_fill_holds_plain_numbers():
    fill = Fill(np.int64(3), np.float64(100))
    assert (type(fill.quantity), type(fill.price)) == (int, float)


@pytest.mark.parametrize(("cap", "kept"), [(0, 0), (Fraction(1, 100), 9), (Fraction(1, 2), 100), (None, 100)])
def test_a_fund_keeps_of_a_surplus_what_its_cap_allows_and_no_more_than_there_is(cap, kept):
    """A long of 10 coins taken over at 80 and sold at 90: 100 dollars of surplus on 900 of value."""
    market = Market(Contract("COIN", Fraction(1, 2), 1), TIERS)
    settled = InsuranceFund(7, fee_cap=cap).settle(
        Position(market, LONG, 20, 80), [Fill(20, Fraction(90))], trader="Ann"
    )
    assert (settled.fund.balance, balances(settled.transfers).get("Ann", 0)) == (7 + kept, 100 - kept)


@pytest.mark.parametrize(
    ("quantity", "step", "closed", "left"),
    [
        (50, None, 33, 17),  # 100 dollars pay a loss of 3 on 33 contracts and a third
        (Fraction(50), None, Fraction(100, 3), Fraction(50, 3)),
        (50, 2, 32, 18),
        (Fraction(50), Fraction(1, 2), Fraction(33), 17),
        (50.5, Fraction(1, 2), 33.0, 17.5),
        (50.4, 0.4, 33.2, 17.2),
    ],
)
def test_of_a_level_that_the_fund_cannot_pay_whole_steps_are_closed(quantity, step, closed, left):
    market = Market(Contract("COIN", 1, 1, quantity_step=step), TIERS)
    taken = Position(market, SHORT, quantity, 100)
    settled = InsuranceFund(Fraction(100)).settle(taken, [Fill(quantity, Fraction(103))])
    (fill,) = settled.fills
    assert fill.quantity == closed and type(fill.quantity) is type(closed)
    assert settled.left.quantity == left and settled.uncovered == 0


def test_a_fund_that_holds_just_what_is_lost_pays_for_all_of_it():
    """In floats 25.81 / 0.89 is below 29."""
    market = Market(Contract("COIN", 0.89, 0.01), TIERS)
    settled = InsuranceFund(25.81).settle(Position(market, LONG, 29, 2), [Fill(29, 1)])
    assert settled.fills == (Fill(29, 1),) and settled.left is None and settled.fund.balance == 0


def test_the_last_bit_of_a_float_does_not_leave_the_fund_in_debt():
    """19 contracts that lose 8.14 each cost a bit more, in floats, than the 154.66 that they should."""
    market = Market(Contract("COIN", 1, 0.01), TIERS)
    offers = [Fill(19, 91.86), Fill(1, 100), Fill(10, 99.5)]
    settled = InsuranceFund(154.66).settle(Position(market, LONG, 30, 100), offers)
    assert settled.fills == (Fill(19, 91.86), Fill(1, 100)) and settled.left.quantity == 10
    assert settled.fund.balance == pytest.approx(0, abs=1e-9) == settled.uncovered


def test_an_empty_or_thin_book_leaves_the_rest_with_the_engine():
    taken = Position(BTC, LONG, 100, Fraction(48_000))
    for book in ([], [(48_100, 30)]):
        fills = walk(book, taken.quantity)
        settled = InsuranceFund(10).settle(taken, fills)
        assert settled.left.quantity == 100 - sum(size for _, size in book)
    assert walk([(5, 1), (4, 9)], 0) == ()


def test_a_walk_passes_over_empty_levels_and_takes_what_it_needs_of_the_last():
    book = [(100, 3), (99, 0), (98, 4), (97, 10), (96, 50)]
    assert walk(book, 12) == (Fill(3, 100), Fill(4, 98), Fill(5, 97))


def test_a_walk_compares_contracts_as_they_are_meant():
    """A bit less than three tenths: above the float 0.3, and below what it means."""
    less = Fraction(3, 10) - Fraction(1, 2 * 10**17)
    assert 0.3 < less < Fraction(3, 10)
    assert walk([(100, 0.3), (99, 1)], less) == (Fill(less, 100),)


def test_at_the_bankruptcy_price_nothing_changes_hands():
    taken = isolated(BTC, LONG, 5, Fraction(100), 10)
    settled = InsuranceFund(7).settle(taken, [Fill(5, Fraction(100))])
    assert settled.transfers == () and settled.fund.balance == 7


@given(
    st.sampled_from([LONG, SHORT]),
    st.sampled_from([BTC, COIN]),
    st.fractions(0, 50, max_denominator=5),
    st.lists(st.tuples(st.fractions(1, 200, max_denominator=3), st.integers(1, 5_000)), max_size=4),
    st.sampled_from([None, Fraction(1, 200)]),
    st.sampled_from([None, Fraction(3, 10)]),
    st.sampled_from(["position", "loss"]),
)
def test_no_money_is_made_or_lost(side, market, balance, offers, cap, drawdown, hand_on):
    taken = Position(market, side, 20_000, Fraction(100))
    fund = InsuranceFund(balance, cap, drawdown)
    settled = fund.settle(taken, [Fill(quantity, price) for price, quantity in offers], hand_on=hand_on)
    book = balances(settled.transfers)
    assert sum(book.values()) == 0
    assert settled.fund.balance - balance == book.get(FUND, 0) and settled.fund.balance >= 0
    assert book.get(CLEARING, 0) == -settled.gained
    assert book.get(ENGINE, 0) == -settled.uncovered <= 0, "the engine keeps nothing; what it owes is handed on"
    assert book.get(TRADER, 0) >= 0 and (cap is not None or TRADER not in book)
    closed = sum(fill.quantity for fill in settled.fills)
    assert closed + (settled.left.quantity if settled.left else 0) == taken.quantity
    if hand_on == "position":
        assert settled.uncovered == 0


@pytest.mark.parametrize(
    "act, said",
    [
        (lambda: InsuranceFund(-1), "balance=-1"),
        (lambda: InsuranceFund(float("nan")), "balance=nan"),
        (lambda: InsuranceFund(1, drawdown=2), "drawdown=2"),
        (lambda: InsuranceFund(1, fee_cap=-0.1), "fee_cap=-0.1"),
        (lambda: InsuranceFund(1, fee_cap=2), "fee_cap=2 is not allowed: fee_cap must be a fraction from 0 to 1"),
        (lambda: InsuranceFund(1, drawdown=math.inf), "drawdown=inf"),
        (lambda: InsuranceFund(1, peak=-1), "peak=-1"),
        (lambda: InsuranceFund(1, venue="Bybit"), "venue='Bybit' is not allowed: venue must be a Venue"),
        (lambda: InsuranceFund(1).settle(Position(BTC, LONG, 5, 100), [], trader=5), "trader=5"),
        (lambda: surplus("all of it", []), "taken='all of it' is not allowed: taken must be the Position"),
        (
            lambda: surplus(Position(BTC, LONG, 5, 100), 5),
            r"^fills=5 is not allowed.* a list of Fill\(quantity, price\)",
        ),
        (lambda: walk(5, 5), r"^book=5 is not allowed.* levels \(price, contracts\), from the best on"),
        (lambda: walk([(0, 5)], 5), "^price=0"),
        (lambda: walk([(5, -1)], 5), "^contracts=-1"),
        (lambda: walk([], -1), "^quantity=-1"),
        (lambda: Fill(1, 0), "price=0 is not allowed"),
        (lambda: Fill(-1, 5), "quantity=-1"),
        (lambda: InsuranceFund(1).settle(Position(BTC, LONG, 5, 100), [Fill(6, 100)]), "add up to 6 contracts"),
        (lambda: InsuranceFund(1).settle(Position(BTC, LONG, 5, 100), [], hand_on="me"), "hand_on='me'"),
        (lambda: InsuranceFund(1).settle("all of it", []), "taken='all of it' is not allowed"),
        (lambda: InsuranceFund(1).settle(Position(BTC, LONG, 5, 100), [5]), "offers=5 is not allowed"),
        (lambda: surplus(Position(BTC, LONG, 5, 100), [5]), "fills=5 is not allowed"),
        (lambda: walk([(100, 3, 7)], 5), r"a level \(100, 3, 7\): a level is \(price, contracts\)"),
        (lambda: walk([100], 5), "a level 100: a level is"),
    ],
)
def test_what_cannot_be_is_refused(act, said):
    with pytest.raises(ValueError, match=said):
        act()
