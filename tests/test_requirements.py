"""Requirements that are no ladder, and coins behind a position: each by hand, and by putting the price back."""

import math
import random
from fractions import Fraction

import pytest
from liquidation import (
    ALREADY,
    NEVER,
    Account,
    Collateral,
    Contract,
    Market,
    Order,
    Position,
    RiskTiers,
    inverse,
    linear,
    liquidate,
)

BTC = Contract("BTC", contract_size=1, tick=0.1)
ETH = Contract("ETH", contract_size=0.1, tick=0.01)
COIN = Contract("BTCUSD", contract_size=100, tick=0.5, kind="inverse", settlement_coin="BTC")
HALF_A_PERCENT = RiskTiers([(0, 10**9, 0.005)], "value", "flat")
GROWING = RiskTiers([(0, 10**9, 0.005)], "value", "flat", growth=1e-7)
LADDER = RiskTiers([(0, 50_000, 0.004), (50_000, 10**9, 0.01)], "value", "marginal")


def market(contract=BTC, tiers=HALF_A_PERCENT, **rules):
    return Market(contract, tiers, **rules)


# -- a floor in money --------------------------------------------------------------------------------------------------


def test_the_floor_counts_where_the_ladder_asks_for_less():
    floored = market(least_maintenance=5)
    assert [floored.requirement(100, mark, 1) for mark in (500, 1_000, 2_000)] == [5, 5, 10]
    with_fee = market(least_maintenance=5, liquidation_fee_rate=0.001)
    assert with_fee.requirement(100, 500, 1) == pytest.approx(5 + 0.5)
    assert with_fee.requirement(100, 2_000, 1) == pytest.approx(10 + 2)


def test_the_price_with_a_floor_by_hand():
    floored = market(least_maintenance=5)
    # 10 of margin, 5 must be left: it may lose 5 on one coin. Without the floor 90 / 0.995.
    assert floored.liquidation_price(side=1, entry_price=100, quantity=1, position_margin=10) == 95
    assert floored.liquidation_price(side=-1, entry_price=100, quantity=1, position_margin=10) == 105
    free = market().liquidation_price(side=1, entry_price=100, quantity=1, position_margin=10)
    assert free == pytest.approx(90 / 0.995)
    # 20 coins of 100: the ladder asks for more than the floor.
    big = dict(side=1, entry_price=100, quantity=20, position_margin=200)
    assert floored.liquidation_price(**big) == market().liquidation_price(**big)
    # Too little margin for the floor; and more than the coin can lose.
    assert floored.liquidation_price(side=1, entry_price=100, quantity=1, position_margin=4) > 100
    assert floored.liquidation_price(side=1, entry_price=100, quantity=1, position_margin=120) is NEVER
    assert linear.liquidation_price_by_amount(
        side=-1, entry_price=100, quantity=1, contract_size=1, position_margin=10, maintenance_margin=5,
        liquidation_fee_rate=Fraction(1, 100),
    ) == Fraction(105) / (1 + Fraction(1, 100))  # fmt: skip


@pytest.mark.parametrize("basis", ["entry", "mark"])
@pytest.mark.parametrize("tiers", [HALF_A_PERCENT, LADDER, RiskTiers([(0, 10**9, 0.005)], "contracts", "flat")])
@pytest.mark.parametrize("contract", [BTC, ETH, COIN])
def test_with_a_floor_three_ways_give_one_price(basis, tiers, contract):
    """The formula, the intervals of all prices, and arrays; the price put back leaves nothing over."""
    draw = random.Random(f"{basis}{tiers.measure}{contract.name}")
    for _ in range(40):
        side, entry = draw.choice((1, -1)), draw.uniform(50, 500)
        quantity, leverage = draw.randint(1, 300), draw.uniform(1.5, 60)
        value = market(contract, tiers).value(entry, quantity)
        floored = market(contract, tiers, maintenance_basis=basis, least_maintenance=value / draw.uniform(20, 2_000))
        margin = value / leverage
        given = dict(side=side, entry_price=entry, quantity=quantity, position_margin=margin)
        price = floored.liquidation_price(**given)
        ends = [e for pair in floored.liquidatable_prices(**given) for e in pair if 0 < e < float("inf")]
        if price in (NEVER, ALREADY):
            assert not ends
            continue
        assert min(abs(e / price - 1) for e in ends) < 1e-9
        left = (
            margin + floored.unrealized_pnl(side, entry, price, quantity) - floored.requirement(entry, price, quantity)
        )
        assert abs(left) < 1e-9 * value
        many = floored.liquidation_price(**{**given, "position_margin": [margin, margin]})
        assert list(many) == pytest.approx([price, price], rel=1e-12)


# -- a hedge -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charge", "long", "short", "required"),
    [
        ("both legs", 2, 2, 72 + 72),
        ("larger leg", 2, 2, 72),  # Kraken
        ("net", 2, 2, 0),
        ("both legs", 3, 1, 108 + 36),
        ("larger leg", 3, 1, 108),
        ("net", 3, 1, 72),
        ("larger leg", 1, 3, 108),
        ("net", 1, 3, 72),
    ],
)
def test_a_hedge_is_charged_as_the_venue_says(charge, long, short, required):
    hedged = market(tiers=RiskTiers([(0, 10**9, 0.004)], "value", "flat"), hedge_charge=charge)
    legs = (Position(hedged, 1, long, 10_000, 10), Position(hedged, -1, short, 9_000, 10))
    account = Account(10_000, legs, marks={"BTC": 9_000})
    assert account.requirement() == required
    # Apart from each other, and isolated, nothing is netted.
    assert account.requirement("BTC", 1) == required
    alone = Account(10_000, [Position(hedged, 1, long, 10_000, 10, margin=5_000), legs[1]], marks={"BTC": 9_000})
    assert alone.requirement("BTC", 1) == long * 36 and alone.requirement() == short * 36


# -- a rate that grows with the size -----------------------------------------------------------------------------------


def test_a_growing_rate_by_hand():
    """Deribit's rates, its help page “Linear Perpetual”: 2% and 1% of the value, and 0.005% more for every bitcoin."""
    by_coin = RiskTiers([(0, math.inf, 0.01, 0.02)], "contracts", "flat", growth=0.00005)
    assert by_coin.maintenance_margin(25) * 100_000 == pytest.approx(28_125)
    assert 25 * 100_000 / by_coin.largest_leverage(25) == pytest.approx(53_125)
    assert 350 * 100_000 / by_coin.largest_leverage(350) == pytest.approx(1_312_500)
    linear_one = market(BTC, by_coin)
    assert linear_one.requirement(90_000, 100_000, 25) == pytest.approx(28_125)
    # The number of coins does not change with the price, and so neither does the rate.
    price = linear_one.liquidation_price(side=-1, entry_price=100_000, quantity=25, position_margin=53_125)
    assert price == pytest.approx((100_000 + 53_125 / 25) / 1.01125)
    with pytest.raises(ValueError, match=r"leverage=47\.2 is not allowed"):
        linear_one.liquidation_price(side=1, entry_price=100_000, quantity=25, leverage=47.2)
    small = dict(side=1, entry_price=100_000, quantity=25, leverage=47)
    assert market(BTC, by_coin).liquidation_price(**small) == pytest.approx((100_000 - 100_000 / 47) / (1 - 0.01125))


def test_of_two_prices_the_open_position_meets_the_nearer():
    """An inverse short dies of a rise, and, having gained a lot, of a value that grows faster than it gains."""
    growing = market(COIN, RiskTiers([(0, math.inf, 0.01)], "value", "flat", growth=0.00005))
    held = dict(side=-1, entry_price=50_000, quantity=50_000, position_margin=10)
    (zero, low), (high, endless) = growing.liquidatable_prices(**held)
    assert zero == 0 and endless == math.inf
    for price in (low, high):  # put back: 100 coins sold at 50,000
        equity = 10 + 5_000_000 / price - 100
        coins = 5_000_000 / price
        assert equity == pytest.approx((0.01 + 0.00005 * coins) * coins, rel=1e-9)
    assert low < 300 and 54_000 < high < 55_000
    account = Account(10, [Position(growing, -1, 50_000, 50_000, 10, 10)], marks={"BTCUSD": 50_000})
    assert account.liquidation_price("BTCUSD") == high and account.liquidation_prices("BTCUSD") == (low, high)
    # Where it grows a hundred times as fast the requirement is above the equity at every price.
    steep = market(COIN, RiskTiers([(0, math.inf, 0.01)], "value", "flat", growth=0.01))
    assert steep.liquidatable_prices(**held) == [(0, math.inf)]
    with pytest.raises(ValueError, match="ask liquidatable_prices"):
        growing.liquidation_price(**held)


def test_a_growing_rate_and_a_floor():
    floored = market(BTC, GROWING, least_maintenance=40)
    value = floored.breakpoints(1)[0]
    assert (0.005 + 1e-7 * value) * value == pytest.approx(40)
    assert floored.requirement(1, value * 0.9, 1) == 40 < floored.requirement(1, value * 1.1, 1)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: RiskTiers([(0, 10, 0.01)], "value", "marginal", growth=0.1), "growth=0.1 is not allowed beside steps"),
        (lambda: RiskTiers([(0, 10, 0.01), (10, 20, 0.02)], "value", "flat", growth=0.1), "flat and has one row"),
        (lambda: RiskTiers([(0, 10, 0.01)], "value", "flat", growth=-1), "growth=-1 is not allowed"),
        (lambda: market(BTC, GROWING, maintenance_basis="entry"), "maintenance_basis='entry'"),
    ],
)
def test_what_is_no_growing_rate_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_the_formula_of_a_growing_rate():
    assert inverse.maintenance_margin_growing(
        position_value=Fraction(100), maintenance_margin_rate=Fraction(1, 100), rate_growth=Fraction(5, 100_000)
    ) == Fraction(3, 2)  # 1.5% of 100 coins


# -- open orders -------------------------------------------------------------------------------------------------------


def with_orders(rule):
    """2,000 behind 1 coin bought at 1,000, and an order for 2 more at 900, 10x."""
    made = market(order_margin=rule)
    return Account(2_000, [Position(made, 1, 1, 1_000, 10)], [Order(made, 1, 2, 900, 10)], {"BTC": 1_000})


@pytest.mark.parametrize(
    ("rule", "equity", "requirement"),
    [("out of the equity", 1_820, 5), ("in the requirement", 2_000, 5 + 9), ("not counted", 2_000, 5)],
)
def test_open_orders_in_three_ways(rule, equity, requirement):
    account = with_orders(rule)
    assert account.equity() == equity and account.requirement() == requirement
    # What an order reserves is not free, whatever it does to the trigger: 2,000 less 180 and less 100.
    assert account.free_balance == 1_720
    canceled = account.cancel(account.orders)
    assert canceled.equity() == 2_000 and canceled.requirement() == 5 and canceled.free_balance == 1_900


def test_orders_move_the_liquidation_price_where_they_count():
    """1,000 + 800 less what must be left, on one coin and on mark value: by hand."""
    for rule, lost in (("out of the equity", 180), ("in the requirement", 9), ("not counted", 0)):
        made = market(order_margin=rule)
        account = Account(400, [Position(made, 1, 1, 1_000, 10)], [Order(made, 1, 2, 900, 10)], {"BTC": 1_000})
        assert account.liquidation_price("BTC") == pytest.approx((1_000 - 400 + lost) / 0.995)
        assert account.joint_moves()[0] == pytest.approx((1_000 - 400 + lost) / 0.995 / 1_000 - 1)


def test_canceling_orders_saves_where_their_maintenance_is_required():
    made = market(order_margin="in the requirement")
    account = Account(400, [Position(made, 1, 1, 1_000, 10)], [Order(made, 1, 100, 900, 300)], {"BTC": 1_000})
    assert account.requirement() == 5 + 450 and account.is_liquidatable()
    after = liquidate(account).after
    assert not after.orders and after.positions == account.positions
    # An isolated position stands on its own: orders do not concern it.
    alone = Account(400, [Position(made, 1, 1, 1_000, 10, 100)], account.orders, {"BTC": 1_000})
    assert alone.requirement("BTC") == 5 and not alone.is_liquidatable("BTC")


# -- coins -------------------------------------------------------------------------------------------------------------


def test_the_coin_that_is_traded_as_collateral_by_hand():
    """equity 100 + 0.5 (P - 50,000) + 0.095 P = 0.0025 P, so P = 24,900 / 0.5925."""
    long = Position(market(), 1, 0.5, 50_000, 10)
    coins = Account(100, [long], marks={"BTC": 50_000}, collateral=[Collateral("BTC", 0.1, haircut=0.05)])
    assert coins.equity() == pytest.approx(4_850)
    assert coins.liquidation_price("BTC") == pytest.approx(24_900 / 0.5925)
    money = Account(4_850, [long], marks={"BTC": 50_000})
    assert money.liquidation_price("BTC") == pytest.approx(20_150 / 0.4975)
    assert coins.liquidation_price("BTC") > money.liquidation_price("BTC") + 1_500
    assert coins.joint_moves()[0] == pytest.approx(24_900 / 0.5925 / 50_000 - 1)
    # A short is hedged by them: as many coins as it has sold never die of a rise.
    short = Position(market(), -1, 0.1, 50_000, 10)
    covered = Account(100, [short], marks={"BTC": 50_000}, collateral=[Collateral("BTC", 0.12)])
    assert covered.liquidation_prices("BTC")[1] is NEVER


def test_another_coin_has_a_price_at_which_the_pool_dies():
    """4,000 of ether, at 10% less, behind bitcoin that has lost nothing: 1 x E x 0.9 = 0.005 x 25,000 at 138.89."""
    account = Account(
        0, [Position(market(), 1, 0.5, 50_000, 10)], marks={"BTC": 50_000, "ETH": 4_000},
        collateral=[Collateral("ETH", 1, haircut=0.1)],
    )  # fmt: skip
    assert account.liquidation_price("ETH") == pytest.approx(125 / 0.9)
    assert account.liquidation_price("BTC") == pytest.approx((25_000 - 3_600) / 0.4975)
    assert account.at({"ETH": 3_000}).liquidation_price("BTC") > account.liquidation_price("BTC")
    assert account.free_balance == pytest.approx(3_600 - 2_500)
    assert account.trade(market(), -1, 0.5, 50_000).collateral == account.collateral
    assert "1 coins of ETH" in account._repr_markdown_()
    with pytest.raises(ValueError, match="there is no such position"):
        Account(100, marks={"ETH": 4_000}, collateral=[Collateral("ETH", 1)]).liquidation_price("ETH")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Collateral("", 1), "name='' is not allowed"),
        (lambda: Collateral("BTC", 0), "quantity=0"),
        (lambda: Collateral("BTC", 1, haircut=1.5), "haircut=1.5"),
        (lambda: Account(1, collateral=[Collateral("BTC", 1)]), "marks has no price for BTC"),
        (lambda: Account(1, collateral=["BTC"]), "give Collaterals"),
        (
            lambda: Account(1, [Position(market(COIN), 1, 1, 9, 5)], (), {"BTCUSD": 9, "X": 1}, [Collateral("X", 1)]),
            "linear contracts only",
        ),
    ],
)  # fmt: skip
def test_what_is_no_collateral_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_every_price_put_back_is_where_the_trigger_switches():
    """Random pools with hedges, floors, coins and fees: alive on one side of each price, not on the other."""
    draw, switches = random.Random(16), 0
    for _ in range(300):
        rules = {
            "hedge_charge": draw.choice(("both legs", "larger leg", "net")),
            "order_margin": draw.choice(("out of the equity", "in the requirement", "not counted")),
        }
        makers = [
            market(contract, draw.choice((HALF_A_PERCENT, LADDER, GROWING)), **rules,
                   least_maintenance=draw.choice((0, 40, 300)), liquidation_fee_rate=draw.choice((0, 0.0005)))
            for contract in (BTC, ETH)
        ]  # fmt: skip
        positions = [
            Position(maker, side, draw.randint(1, 20), draw.uniform(800, 1_200), 10)
            for maker in makers
            for side in (1, -1)
            if draw.random() < 0.8
        ]
        named = [name for name in ("BTC", "ETH") if draw.random() < 0.5]
        coins = [Collateral(name, draw.uniform(0.1, 8), draw.choice((0, 0.1))) for name in named]
        names = {p.key[0] for p in positions} | {c.name for c in coins}
        orders = [Order(draw.choice(makers), draw.choice((1, -1)), draw.randint(1, 5), 990, 20) for _ in range(2)]
        account = Account(draw.uniform(0, 5_000), positions, orders, {name: 1_000 for name in names}, coins)
        if not positions:
            continue
        for name in names:
            for low, high in account.liquidatable_prices(name):
                for end, inside in ((low, 1), (high, -1)):
                    if 1 < end < 1e6:
                        switches += 1
                        dead, alive = (account.at({name: end * (1 + way * 1e-7)}) for way in (inside, -inside))
                        assert dead.is_liquidatable() and not alive.is_liquidatable(), (account, name, end)
    assert switches > 300
