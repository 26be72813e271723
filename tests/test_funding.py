"""Funding: what a payment takes, how many a margin bears, and where the position dies after them."""

import random
from fractions import Fraction

import pytest
from liquidation import (
    Account,
    Contract,
    Market,
    Position,
    RiskTiers,
    inverse,
    isolated,
    linear,
    size_for_loss,
)

HALF_A_PERCENT = RiskTiers([(0, 10**9, Fraction(1, 200))], "value", "flat")
BTC = Market(Contract("BTC", contract_size=Fraction(1, 10), tick=0.1), HALF_A_PERCENT)
COIN = Market(Contract("BTCUSD", contract_size=100, tick=0.5, kind="inverse", settlement_coin="BTC"), HALF_A_PERCENT)


def test_the_published_payment():
    """MEXC Learn 17827791509933, read 2026-11-26: long 10 BTC at a fair price of 10,000, 0.01%: 10 USDT."""
    sample = dict(mark_price=10_000, quantity=10, contract_size=1, funding_rate=Fraction(1, 10_000))
    assert linear.funding_payment(side=1, **sample) == 10
    assert linear.funding_payment(side=-1, **sample) == -10


def test_ten_times_at_a_tenth_of_a_percent_lasts_for_95_payments():
    terms = dict(leverage=10, maintenance_margin_rate=Fraction(1, 200), funding_rate=Fraction(1, 1_000))
    for theory in (linear, inverse):
        assert theory.payments_until_liquidation_by_leverage(side=1, **terms) == 95
        assert theory.payments_until_liquidation_by_leverage(side=-1, **terms) == -95  # it receives them


@pytest.mark.parametrize("theory", [linear, inverse])
@pytest.mark.parametrize("side", [1, -1])
def test_after_so_many_payments_equity_is_the_requirement(theory, side):
    draw = random.Random(f"{theory.kind}{side}")
    for _ in range(50):
        entry, mark = (Fraction(draw.randint(800, 1_200)) for _ in range(2))
        held = dict(quantity=draw.randint(1, 50), contract_size=Fraction(draw.randint(1, 30), 10))
        value = theory.position_value(mark_price=entry, **held)
        position = dict(side=side, entry_price=entry, mark_price=mark, **held)
        margin, maintenance = value / draw.randint(2, 5), value / draw.randint(50, 300)
        rate = Fraction(draw.choice((-1, 1)) * draw.randint(1, 30), 10_000)
        payments = theory.payments_until_liquidation(
            position_margin=margin, maintenance_margin=maintenance, funding_rate=rate, **position
        )
        paid = payments * theory.funding_payment(side=side, mark_price=mark, funding_rate=rate, **held)
        assert margin - paid + theory.unrealized_pnl(**position) == maintenance
        # And where it dies after three of them: the price put back into the trigger.
        paid = 3 * theory.funding_payment(side=side, mark_price=mark, funding_rate=rate, **held)
        position.pop("mark_price")
        price = theory.liquidation_price_after_funding(
            position_margin=margin, maintenance_margin=maintenance, funding_paid=paid, **position
        )
        assert margin - paid + theory.unrealized_pnl(mark_price=price, **position) == maintenance


@pytest.mark.parametrize("isolate", [True, False])
@pytest.mark.parametrize("market", [BTC, COIN])
def test_a_standing_price_liquidates_at_the_95th_payment(market, isolate):
    held = isolated(market, side=1, quantity=20, entry_price=Fraction(50_000), leverage=10)
    balance = held.margin
    account = Account(balance, [held if isolate else Position(market, 1, 20, Fraction(50_000), 10)],
                      marks={held.key[0]: Fraction(50_000)})  # fmt: skip
    name = held.key[0] if isolate else None
    for count in range(1, 96):
        account = account.pay_funding(Fraction(1, 1_000), held.key[0])
        assert account.is_liquidatable(name) == (count == 95)
    assert account.balance == balance - 95 * market.value(Fraction(50_000), 20) / 1_000
    assert account.equity(name) == account.requirement(name)


def test_what_one_side_pays_the_other_receives():
    marks = {"BTC": Fraction(48_000)}
    hedge = Account(9_000, [Position(BTC, 1, 20, Fraction(50_000), 10), Position(BTC, -1, 20, Fraction(47_000), 10)],
                    marks=marks)  # fmt: skip
    assert hedge.pay_funding(Fraction(1, 1_000), "BTC").balance == 9_000
    short = Account(9_000, [isolated(BTC, -1, 20, Fraction(50_000), 10)], marks=marks)
    after = short.pay_funding(Fraction(1, 1_000), "BTC")
    assert after.balance == 9_000 + 96 and after.position("BTC").margin == short.position("BTC").margin + 96
    assert after.liquidation_price("BTC") > short.liquidation_price("BTC")
    assert short.pay_funding(0, "BTC") == short


def test_what_cannot_be_paid_is_refused_in_words():
    long = Account(9_000, [isolated(BTC, 1, 20, Fraction(50_000), 10)], marks={"BTC": Fraction(50_000)})
    with pytest.raises(ValueError, match=r"there is no such position in 'ETH'"):
        long.pay_funding(0.001, "ETH")
    with pytest.raises(ValueError, match=r"rate='0.001' is not allowed"):
        long.pay_funding("0.001", "BTC")
    with pytest.raises(ValueError, match=r"takes 20000.* from BTC, whose margin is 10000"):
        long.pay_funding(Fraction(1, 5), "BTC")


@pytest.mark.parametrize("theory", [linear, inverse])
def test_the_size_that_counts_all_costs_loses_just_what_is_allowed(theory):
    draw = random.Random(theory.kind)
    for _ in range(50):
        side, entry, size = draw.choice((1, -1)), Fraction(draw.randint(80, 120)), Fraction(draw.randint(1, 9), 3)
        stop = entry * (1 - side * Fraction(draw.randint(10, 200), 1_000))
        rates = {
            name: Fraction(draw.randint(0, 9), 10_000) for name in ("entry_fee_rate", "exit_fee_rate", "funding_rate")
        }
        payments = draw.randint(0, 30)
        known = dict(side=side, entry_price=entry, contract_size=size)
        quantity = size_for_loss(theory, costs=True)(
            stop_price=stop, allowed_loss=100, payments=payments, **rates, **known
        )
        at = [theory.position_value(mark_price=price, quantity=quantity, contract_size=size) for price in (entry, stop)]
        lost = -theory.unrealized_pnl(mark_price=stop, quantity=quantity, **known)
        lost += rates["entry_fee_rate"] * at[0] + rates["exit_fee_rate"] * at[1]
        lost += payments * side * rates["funding_rate"] * at[0]
        assert lost == 100
        free = {name: 0 for name in (*rates, "payments")}
        without = size_for_loss(theory)(stop_price=stop, allowed_loss=100, **known)
        assert size_for_loss(theory, costs=True)(stop_price=stop, allowed_loss=100, **free, **known) == without
