"""How much an engine sells: the least that cures, a fifth, chunks; against the formula, and against one step less."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from liquidation import (
    BINANCE,
    DERIBIT,
    DYDX,
    HYPERLIQUID,
    LONG,
    MEXC,
    SHORT,
    Account,
    Contract,
    Market,
    Order,
    Position,
    RiskTiers,
    balances,
    inverse,
    linear,
    liquidate,
)
from liquidation.engine.portions import least_that_cures, part_of
from sympy import simplify

BTC, COIN = Contract("BTC", 1, 0.1), Contract("BTCUSD", 100, 0.5, "inverse")
FLAT = RiskTiers([(0, 10**12, 0.01)], "value", "flat")
STEPS = RiskTiers([(0, 60_000, 0.01), (60_000, 10**12, 0.03)], "value", "flat")
SLICES = RiskTiers([(0, 60_000, 0.01), (60_000, 10**12, 0.03)], "value", "marginal")


def market(portion, contract=BTC, tiers=FLAT, **rules):
    return Market(contract, tiers, portion=portion, **rules)


# -- the mathematics ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theory", [linear, inverse], ids=["linear", "inverse"])
@pytest.mark.parametrize("side", [LONG, SHORT])
def test_at_the_bankruptcy_price_only_closing_all_cures(theory, side):
    """Symbolically: without a lower rate the least is all of it; at the mark it is what the equity does not bear."""
    free = {"maintenance_amount": 0, "liquidation_fee_rate": 0, "taker_fee_rate": 0, "side": side}
    least = theory.quantity_to_close.substitute(**free)
    at_bankruptcy = least.substitute(fill_price=theory.bankruptcy_price_by_equity.substitute(side=side))
    n, W, m, c, P = (theory.vocabulary.term(name).symbol for name in (
        "quantity", "equity", "maintenance_margin_rate", "contract_size", "mark_price",
    ))  # fmt: skip
    assert simplify(at_bankruptcy.expression - n) == 0
    value = P * c if theory is linear else c / P
    assert simplify(least.substitute(fill_price="mark_price").expression - (n - W / (m * value))) == 0


@pytest.mark.parametrize("theory", [linear, inverse], ids=["linear", "inverse"])
def test_put_back_what_is_left_is_just_what_is_required(theory):
    draw = random.Random(theory.kind)
    for _ in range(100):
        side, mark, n, c = (
            draw.choice((1, -1)),
            draw.uniform(500, 60_000),
            draw.uniform(1, 900),
            draw.choice((0.01, 100)),
        )
        fill, fee, rate = mark * (1 - side * draw.uniform(0, 0.002)), draw.uniform(0, 0.001), draw.uniform(0.01, 0.05)
        known = {"quantity": n, "contract_size": c}
        required = theory.requirement_mark_basis(
            mark_price=mark, **known, maintenance_margin_rate=rate, maintenance_amount=0, liquidation_fee_rate=fee
        )
        equity = required * draw.uniform(0.7, 0.99)
        x = theory.quantity_to_close(
            side=side, equity=equity, mark_price=mark, fill_price=fill, **known, maintenance_margin_rate=rate,
            maintenance_amount=0, liquidation_fee_rate=fee, taker_fee_rate=fee,
        )  # fmt: skip
        if not 0 < x < n:
            continue
        lost = theory.unrealized_pnl(side=side, entry_price=mark, mark_price=fill, quantity=x, contract_size=c)
        paid = fee * theory.position_value(mark_price=fill, quantity=x, contract_size=c)
        left = theory.requirement_mark_basis(
            mark_price=mark, quantity=n - x, contract_size=c, maintenance_margin_rate=rate, maintenance_amount=0,
            liquidation_fee_rate=fee,
        )  # fmt: skip
        assert equity + lost - paid == pytest.approx(left, rel=1e-9)


def test_a_published_size_of_a_case_by_hand():
    """Equity 1,000, 3,000 held at 1, half of it required: 2,000 may stay, so 1,000 are sold."""
    held = Position(
        Market(BTC, RiskTiers([(0, 10**9, 0.5)], "value", "flat"), portion="least", strict=True), 1, 3_000, 1, 1
    )
    fund = Account(1_000, [held], marks={"BTC": 1})
    run = liquidate(fund)
    assert run.after.position("BTC").quantity == 2_000 and run.after.margin_ratio() == 1
    assert not run.taken and run.after.equity() == 1_000
    # Where equity equal to the requirement is liquidated, one contract more.
    assert liquidate(fund, strict=False).after.position("BTC").quantity == 1_999


# -- the least, whatever the rules -------------------------------------------------------------------------------------


@pytest.mark.parametrize("isolate", [False, True])
@pytest.mark.parametrize("tiers", [FLAT, STEPS, SLICES], ids=["one tier", "flat", "marginal"])
@pytest.mark.parametrize("contract", [BTC, COIN], ids=["linear", "inverse"])
def test_the_least_cures_and_one_step_less_does_not(contract, tiers, isolate):
    draw = random.Random(f"{contract.name}{tiers}{isolate}")
    found = 0
    for _ in range(60):
        made = market("least", contract, tiers, maintenance_basis=draw.choice(("entry", "mark")),
                      liquidation_fee_rate=draw.choice((0, 0.0005)), strict=draw.choice((True, False)))  # fmt: skip
        side, n = draw.choice((1, -1)), draw.randint(20, 400)
        position = Position(made, side, n, 1_000, 10)
        needed = position.requirement(1_000)
        money = needed * draw.uniform(0.3, 0.999)
        if isolate:
            position = replace(position, margin=money)
        account = Account(money, [position], marks={contract.name: 1_000})
        name = contract.name if isolate else None
        strict = made.venue.strict
        x = least_that_cures(account, account.positions[0], strict)
        after = liquidate(account, name).after
        assert after.balance == pytest.approx(money), "at its own price nothing is realized"
        if x == n:
            assert not after.positions
            continue
        found += 1
        assert after.positions[0].quantity == n - x and not after.is_liquidatable(name, strict=strict)
        assert after.equity(name) == pytest.approx(account.equity(name)), "a sale at the mark costs nothing"
        one_less = (
            account.close(account.positions[0], x - 1, 1_000, keep=money if isolate else None) if x > 1 else account
        )
        assert one_less.is_liquidatable(name, strict=strict)
    assert found > 30


def test_on_mark_value_in_one_tier_it_is_the_formula():
    contract = Contract("BTC", 1, 0.1, quantity_step=0.001)
    account = Account(900, [Position(market("least", contract), SHORT, 100.0, 950, 20)], marks={"BTC": 954})
    x = linear.quantity_to_close(
        side=-1, equity=account.equity(), mark_price=954, fill_price=954, quantity=100, contract_size=1,
        maintenance_margin_rate=0.01, maintenance_amount=0, liquidation_fee_rate=0, taker_fee_rate=0,
    )  # fmt: skip
    sold = least_that_cures(account, account.position("BTC"), strict=True)
    assert x <= sold < x + 0.001 and sold == round(sold, 3)


def test_without_a_step_it_is_found_to_the_last_digits():
    account = Account(500, [Position(market("least"), LONG, 100.0, 1_000, 20)], marks={"BTC": 1_000})
    assert least_that_cures(account, account.position("BTC"), strict=True) == pytest.approx(50, rel=1e-12)


def test_in_a_pool_one_after_the_other_until_it_is_cured():
    ether = Contract("ETH", 1, 0.1)
    pool = Account(
        1_000,
        [Position(market("least"), LONG, 100, 1_000, 20), Position(market("least", ether), SHORT, 100, 1_000, 20)],
        marks={"BTC": 998, "ETH": 1_000},
    )
    run = liquidate(pool)
    assert [step.name for step in run.steps if step.ran] == ["market reduction", "market reduction"]
    assert not run.after.is_liquidatable() and run.after.equity() == pytest.approx(pool.equity())
    assert {p.key[0]: p.quantity for p in run.after.positions}.keys() == {"ETH"}, "the loser went first, all of it"


# -- a fifth, chunks, all ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("portion", "money", "left", "sales"),
    [
        ("fifth", 850, 80, 1),
        ("fifth", 750, 0, 2),
        ("fifth", 600, 0, 0),  # below two thirds of 1,000 the backstop takes over
        ("chunks", 850, 76, 2),
        ("chunks", 500, 48 - 8, 5),
        ("all", 850, 0, 0),
    ],
)
def test_by_hand(portion, money, left, sales):
    """100 coins at 1,000, 1% required: 1,000."""
    account = Account(money, [Position(market(portion), LONG, 100, 1_000, 50)], marks={"BTC": 1_000})
    run = liquidate(account)
    sold = [step for step in run.steps if step.name == "market reduction" and step.ran]
    assert len(sold) == sales
    assert sum(p.quantity for p in run.after.positions) == left
    assert sum(balances(run.transfers).values()) == 0


def test_no_equity_is_left_for_a_sale_and_the_engine_takes_over():
    account = Account(50_000, [Position(market("least"), LONG, 100, 1_500, 5)], marks={"BTC": 990})
    assert account.equity() < 0
    steps = {step.name: step.ran for step in liquidate(account).steps}
    assert steps["market reduction"] is False


def test_money_is_conserved_by_every_portion():
    draw = random.Random(5)
    for _ in range(80):
        portion = draw.choice(("least", "fifth", "chunks", "tier", "all"))
        made = market(portion, tiers=draw.choice((FLAT, STEPS, SLICES)))
        n, money = draw.randint(3, 300), draw.randint(50, 4_000)
        account = Account(Fraction(money), [Position(made, LONG, n, 1_000, 50)], marks={"BTC": Fraction(997)})
        run = liquidate(account)
        paid = balances(run.transfers)
        assert run.after.balance - account.balance == paid.get("trader", 0), portion


def test_the_records_that_sell_in_the_market_do_so():
    rates = RiskTiers([(0, 10**12, 0.01)], "value", "marginal")
    for venue, sold in ((BINANCE, 16), (HYPERLIQUID, 20), (DERIBIT, 24), (DYDX, 100), (MEXC, 100)):
        tiers = rates if venue.tier_rule == "marginal" else FLAT
        made = Market(BTC, tiers, venue, maintenance_basis="mark", liquidation_fee_rate=0)
        account = Account(845, [Position(made, LONG, 100, 1_000, 50)], marks={"BTC": 1_000})
        left = sum(p.quantity for p in liquidate(account).after.positions)
        assert left == 100 - sold, venue.name


def test_a_part_is_in_whole_steps_and_never_nothing():
    assert part_of(Position(market("fifth"), LONG, 3, 1_000), Fraction(1, 5)) == 1
    assert part_of(Position(market("fifth"), LONG, 11, 1_000), Fraction(1, 5)) == 2
    stepped = Contract("BTC", 1, 0.1, quantity_step=0.001)
    assert part_of(Position(market("fifth", stepped), LONG, 0.009, 1_000), Fraction(1, 5)) == 0.001
    assert part_of(Position(market("fifth"), LONG, 1.0, 1_000), Fraction(1, 5)) == 0.2


# -- two thresholds ----------------------------------------------------------------------------------------------------


def near(money, **rules):
    """A requirement of 2,129 at 42,580, as KuCoin's rule sees it: cancel at 95%, take at 100%."""
    made = Market(BTC, RiskTiers([(0, 10**9, 0.05)], "value", "flat"), **rules)
    return Account(money, [Position(made, 1, 1, 50_000, 10)], [Order(made, 1, 0.1, 40_000, 10)], {"BTC": 42_580})


def test_orders_are_canceled_before_a_position_is_touched():
    run = liquidate(near(10_000, cancel_at=0.95))
    assert [step.name for step in run.steps] == ["order cancellation"] and not run.after.orders
    assert run.after.positions == run.before.positions and run.after.margin_ratio() < 0.95
    assert not liquidate(near(10_000)).steps, "elsewhere nothing happens yet"
    assert not liquidate(near(10_100, cancel_at=0.95)).steps, "below the threshold neither"
    assert liquidate(near(9_500, cancel_at=0.95)).steps[0].name == "order cancellation", "and at 100% it comes first"


@pytest.mark.parametrize(
    ("rules", "says"), [({"portion": "half"}, "portion='half'"), ({"cancel_at": 0}, "cancel_at=0")]
)
def test_what_is_no_rule_is_refused(rules, says):
    with pytest.raises(ValueError, match=says):
        near(10_000, **rules)
    with pytest.raises(ValueError, match="portion='half'"):
        liquidate(near(9_000), portion="half")
