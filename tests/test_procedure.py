"""The four steps: their order, the check after each, what they move, and what they leave alone."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from liquidation import (
    LONG,
    MEXC_BTC_USDT,
    SHORT,
    Account,
    Contract,
    Market,
    Order,
    Position,
    RiskTiers,
    Transfer,
    balances,
    isolated,
    liquidate,
    pay,
)
from liquidation.course.mira import BTC, ETH
from liquidation.engine.ledger import CLEARING, TRADER
from test_account import accounts

MARKS = {"BTC_USDT": 50_000, "ETH_USDT": 2_000}


def names(trace):
    return [(step.number, step.ran) for step in trace.steps]


def one_tier(rate=Fraction(1, 100), name="X", size=Fraction(1, 10)):
    tiers = RiskTiers([(0, math.inf, rate)], "value", "flat")
    return Market(Contract(name, size, 1), tiers)


# -- published and derived -------------------------------------------------------------------------------------------


def test_mexc_tier_steps_multiply_the_ratio_by_the_rates():
    """Derived from MEXC's sample ladder: 150,000 contracts, -30,000 and the ratio x 0.8, -70,000 more and x 0.2."""
    market = replace(MEXC_BTC_USDT, liquidation_fee_rate=0)
    account = Account(20_000, [isolated(market, LONG, 150_000, 50_000, 50)], marks={"BTC_USDT": 49_010})
    trace = liquidate(account, "BTC_USDT")
    assert [position.quantity for position in trace.taken] == [30_000, 70_000, 50_000]
    ratios = [step.ratio_after for step in trace.steps if step.taken][:2]
    start = account.margin_ratio("BTC_USDT")
    assert [ratio / start for ratio in ratios] == [pytest.approx(0.8), pytest.approx(0.2)]
    healthier = liquidate(account.at({"BTC_USDT": 49_240}), "BTC_USDT")
    assert [position.quantity for position in healthier.taken] == [30_000]
    assert all(position.entry_price == pytest.approx(49_000) for position in trace.taken)


def test_okx_used_to_go_straight_to_the_lowest_tier():
    """Older OKX swap document 360020411711: 15,000 swaps, tier 3 from 12,001, tier 1 up to 2,000: 13,000 close."""
    rows = [(0, 2_000, 0.005), (2_000, 12_000, 0.01), (12_000, 99_999, 0.02)]
    market = Market(Contract("SWAP", Fraction(1, 100), 1), RiskTiers(rows, "contracts", "flat"))
    held = Position(market, SHORT, 15_000, 100, margin=Fraction(500))
    account = Account(500, [held], marks={"SWAP": Fraction(10_260, 100)})
    trace = liquidate(account, "SWAP", tiers_at_a_time=math.inf)
    assert [position.quantity for position in trace.taken] == [13_000]
    two = liquidate(account, "SWAP", tiers_at_a_time=2)
    assert two.taken == trace.taken
    assert [p.quantity for p in liquidate(account, "SWAP").taken] == [3_000, 10_000]


# -- the order of the steps --------------------------------------------------------------------------------------------


def test_an_account_saved_by_canceling():
    pool = Account(600, [Position(BTC, LONG, 1_000, 50_000, 25)], [Order(ETH, LONG, 100, 1_500, 10)], MARKS)
    trace = liquidate(pool.at({"BTC_USDT": 45_600}))
    assert names(trace) == [(1, True)]
    assert trace.after.orders == () and trace.after.balance == pool.balance and trace.transfers == ()
    assert "1 order canceled, 150.00 freed" in str(trace)


def test_an_account_saved_by_netting():
    market = one_tier()
    legs = [Position(market, LONG, 100, 1_000), Position(market, SHORT, 60, 1_100)]
    pool = Account(Fraction(200), legs, marks={"X": Fraction(1_120)})
    pool = replace(pool, balance=pool.requirement() - sum(p.pnl(Fraction(1_120)) for p in legs))
    trace = liquidate(pool)
    assert names(trace) == [(1, False), (2, True)] and not trace.after.is_liquidatable()
    assert trace.after.equity() == pool.equity(), "one price for both sides: nothing is gained or lost"
    (left,) = trace.after.positions
    assert (left.side, left.quantity) == (LONG, 40) and trace.taken == ()
    assert balances(trace.transfers)[TRADER] == trace.after.balance - pool.balance


def test_an_account_that_goes_all_the_way():
    pool = Account(600, [Position(BTC, LONG, 1_000, 50_000, 25), Position(ETH, LONG, 100, 2_000, 10)], marks=MARKS)
    trace = liquidate(pool.at({"BTC_USDT": 44_400}))
    assert names(trace) == [(1, False), (2, False), (3, False), (4, True), (4, True)]
    assert [p.key[0] for p in trace.taken] == ["BTC_USDT", "ETH_USDT"], "the largest loss first"
    assert trace.after.positions == () and abs(trace.after.balance) < 1e-9
    assert "125.0% → nothing held" in str(trace) and "125.0% → 125.0%" in trace._repr_markdown_()


def test_plain_isolated_skips_to_the_tiers_and_leaves_the_rest_alone():
    sick, other = isolated(BTC, LONG, 1_000, 50_000, 25), Position(ETH, SHORT, 100, 2_000, 10)
    account = Account(900, [sick, other], [Order(BTC, LONG, 100, 40_000, 10)], MARKS).at({"BTC_USDT": 48_000})
    trace = liquidate(account, "BTC_USDT")
    assert names(trace) == [(1, False), (2, False), (3, False), (4, True)]
    assert trace.after.positions == (other,) and trace.after.orders == account.orders
    assert trace.after.balance == pytest.approx(700), "the trader loses the margin and no more"
    crash = liquidate(account.at({"BTC_USDT": 30_000}), "BTC_USDT")
    assert crash.after.balance == pytest.approx(700), "nor when the price has gone far beyond"
    assert liquidate(account).steps == (), "the pool is healthy"


def test_auto_margin_is_added_before_anything_and_again_once_orders_are_canceled():
    sick = isolated(BTC, LONG, 1_000, 50_000, 25, auto_margin=True)
    orders = [Order(BTC, LONG, 1_000, 40_000, 10), Order(ETH, LONG, 100, 1_500, 10)]
    account = Account(900, [sick], orders, MARKS).at({"BTC_USDT": 46_000})
    assert account.free_balance == 150
    trace = liquidate(account, "BTC_USDT")
    assert [step.title for step in trace.steps] == ["auto-margin addition", "1 order cancellation"]
    assert [o.market for o in trace.after.orders] == [ETH], "only the orders of this contract"
    assert not trace.after.is_liquidatable("BTC_USDT") and trace.after.balance == 900
    poor = liquidate(replace(account, balance=750), "BTC_USDT")
    assert [(step.number, step.ran) for step in poor.steps][:2] == [(0, False), (1, True)]


def test_strict_waits_until_equity_is_below_the_requirement():
    market = one_tier()
    account = Account(Fraction(10), [Position(market, LONG, 100, 100)], marks={"X": Fraction(100)})
    assert account.equity() == account.requirement() == 10
    assert liquidate(account).steps and not liquidate(account, strict=True).steps


def test_the_order_of_cross_positions_is_a_parameter():
    pool = Account(600, [Position(BTC, LONG, 1_000, 50_000, 25), Position(ETH, LONG, 100, 2_000, 10)], marks=MARKS)
    trace = liquidate(pool.at({"BTC_USDT": 44_400}), pick=lambda account, positions: positions[-1])
    assert [p.key[0] for p in trace.taken] == ["ETH_USDT", "BTC_USDT"]


@pytest.mark.parametrize(
    "act, said",
    [
        (lambda a: liquidate(a, "ETH_USDT"), "is a cross position: the pool is liquidated together"),
        (lambda a: liquidate(a, "DOGE"), "no such position"),
        (lambda a: liquidate(a, tiers_at_a_time=0), "tiers_at_a_time=0"),
        (lambda a: a.close(a.positions[0], 2_000, 1), "the position has 1000 contracts"),
        (lambda a: a.change(replace(a.positions[0], quantity=3), None), "does not hold <BTC_USDT long 3"),
    ],
)
def test_what_cannot_be_is_refused(act, said):
    held = [isolated(BTC, LONG, 1_000, 50_000, 25), Position(ETH, LONG, 100, 2_000, 10)]
    with pytest.raises(ValueError, match=said):
        act(Account(600, held, marks=MARKS))


# -- laws --------------------------------------------------------------------------------------------------------------


@given(accounts())
def test_money_is_conserved_and_only_the_sick_are_touched(account):
    assume(account.positions)
    units = [(None, None)] + [p.key for p in account.positions if p.isolated]
    for name, side in units:
        trace = liquidate(account, name, side)
        mine = account.cross if name is None else (account.position(name, side),)
        if not account.is_liquidatable(name, side):
            assert trace.steps == () and trace.after is account
            continue
        assert {p.key for p in account.positions if p not in mine} <= {p.key for p in trace.after.positions}
        assert all(p in trace.after.positions for p in account.positions if p not in mine)
        # Money: what the trader's balance lost is what the ledger says, and all parties sum to zero.
        book = balances(trace.transfers)
        assert book.get(TRADER, 0) == trace.after.balance - account.balance and sum(book.values()) == 0
        # Claims: the clearing holds what the positions, the engine's among them, have still to be paid.
        marks = account.marks

        def claims(positions, marks=marks):
            return sum(p.pnl(marks[p.key[0]]) for p in positions)

        assert claims(trace.after.positions) + claims(trace.taken) - claims(account.positions) == book.get(CLEARING, 0)
        # Contracts: what left the trader is with the engine, or was netted against itself.
        for contract in marks:
            nets = [sum(p.side * p.quantity for p in ps if p.key[0] == contract)
                    for ps in (account.positions, trace.after.positions, trace.taken)]  # fmt: skip
            assert nets[0] == nets[1] + nets[2]
        # Nobody gets sicker, and the procedure ends in health or with nothing.
        ratios = [step.ratio_before for step in trace.steps] + [trace.steps[-1].ratio_after]
        assert all(a >= b for a, b in itertools.pairwise(ratios))
        stuck = any("there is no bankruptcy price" in step.why for step in trace.steps)
        gone = name is not None and (name, side) not in [p.key for p in trace.after.positions]
        assert stuck or gone or not trace.after.is_liquidatable(name, side)


@given(accounts(isolate=[True]))
def test_an_isolated_trader_loses_the_margin_at_most(account):
    for position in account.positions:
        trace = liquidate(account, *position.key)
        assert account.balance - position.margin <= trace.after.balance


def test_the_ledger_refuses_what_is_not_a_payment():
    with pytest.raises(ValueError, match="amount=-1"):
        Transfer("a", "b", -1, "")
    with pytest.raises(ValueError, match="cannot pay itself"):
        Transfer("a", "a", 1, "")
    assert pay("a", "b", 0, "nothing") == ()
