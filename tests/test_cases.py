"""Small inputs that used to go wrong, each of a kind that users of trading software report in public."""

import random

import pytest
from liquidation import (
    BINANCE_BTCUSDT,
    BYBIT_BTCUSDT,
    LONG,
    MEXC_BTC_USDT,
    NEVER,
    SHORT,
    Account,
    Contract,
    Fill,
    InsuranceFund,
    Market,
    Order,
    Position,
    RiskTiers,
    deleverage,
    isolated,
    largest_without_bankruptcy,
    lights,
    liquidate,
    pro_rata,
)
from liquidation.algebra.exact import exact


def market(name="BTC", rate=0.004, initial=None, size=1, kind="linear", coin="", step=None):
    return Market(Contract(name, size, 0.1, kind, coin, step), RiskTiers([(0, 10**9, rate, initial)], "value", "flat"))


def test_an_order_that_only_closes_is_never_refused():
    under = Account(10_000, [Position(market(), LONG, 2, 50_000, 10)], marks={"BTC": 45_500})
    assert under.free_balance == -9_000
    for order in (Order(market(), SHORT, 2, 46_000, 10, reduce_only=True), Order(market(), SHORT, 2, 46_000, 10)):
        placed = under.place(order)
        assert placed.orders == (order,) and placed.free_balance == -9_000 and placed.order_margins == (0,)


def test_an_order_reserves_what_it_opens_and_of_two_the_first_closes_first():
    xyz = market("XYZ", 0.05, 0.10)
    alice = Account(100, [Position(xyz, LONG, 10, 100, 10)], marks={"XYZ": 98})
    assert alice.place(Order(xyz, SHORT, 5, 98, 10)).order_margins == (0,)
    with pytest.raises(ValueError, match=r"the order reserves 29.4 but only -20"):
        alice.place(Order(xyz, SHORT, 13, 98, 10))
    rich = Account(1_000, alice.positions, marks={"XYZ": 98})
    both = rich.place(Order(xyz, SHORT, 8, 100, 10)).place(Order(xyz, SHORT, 8, 100, 10))
    assert both.opening == (0, 6) and both.order_margins == (0, 60)
    hedged = rich.trade(xyz, SHORT, 4, 98, leverage=10, hedge=True)
    assert hedged.place(Order(xyz, SHORT, 8, 100, 10)).opening == (8,), "in hedge mode each order has its own side"


def test_exactly_the_free_balance_will_do():
    account = Account(100)
    assert account.place(Order(market(), LONG, 1, 1_000, 10)).free_balance == 0
    with pytest.raises(ValueError, match=r"reserves 100\.1"):
        account.place(Order(market(), LONG, 1, 1_001, 10))


def test_what_is_bought_in_parts_can_be_sold_in_others():
    lots = Account(100_000).trade(BINANCE_BTCUSDT, LONG, 0.3, 50_000, leverage=10)
    for _ in range(3):
        lots = lots.trade(BINANCE_BTCUSDT, SHORT, 0.1, 50_000)
    assert lots.positions == ()
    more = Account(100_000).trade(BINANCE_BTCUSDT, LONG, 0.1, 50_000, leverage=10)
    assert more.trade(BINANCE_BTCUSDT, LONG, 0.2, 50_000).position("BTCUSDT").quantity == 0.3
    with pytest.raises(ValueError, match=r"quantity=0.0005 is not allowed: BTCUSDT is traded in steps of 0.001"):
        Account(100_000).trade(BINANCE_BTCUSDT, LONG, 0.0005, 50_000)


@pytest.mark.parametrize("seed", range(40))
def test_histories_in_lots_end_flat(seed):
    draw, account, held = random.Random(seed), Account(1_000_000), 0
    for _ in range(6):
        lots, side = draw.randint(1, 900), draw.choice([LONG, SHORT])
        held += side * lots
        account = account.trade(BINANCE_BTCUSDT, side, lots / 1000, 50_000, leverage=10)
        if held:
            assert account.position("BTCUSDT").quantity == abs(held) / 1000
    if held:
        account = account.trade(BINANCE_BTCUSDT, -1 if held > 0 else 1, abs(held) / 1000, 50_000)
    assert account.positions == () and account.balance == 1_000_000


def test_parts_that_add_up_are_settled_and_deleveraged():
    taken = Position(BINANCE_BTCUSDT, LONG, 0.3, 49_000, 10)
    winner = Account(50_000, [Position(BINANCE_BTCUSDT, SHORT, 1.0, 55_000, 10)], marks={"BTCUSDT": 49_000})
    assert InsuranceFund(1_000).settle(taken, [Fill(0.1, 49_100)] * 3).left is None
    assert deleverage(taken, [winner] * 3, [0.1] * 3).left is None


@pytest.mark.parametrize("seed", range(20))
def test_shares_never_add_up_to_more_and_on_steps_to_all(seed):
    draw = random.Random(seed)
    for _ in range(50):
        sizes = [round(draw.uniform(0.001, 2), 3) for _ in range(draw.randint(2, 9))]
        total = round(sum(sizes) * draw.random(), 3)
        assert sum(pro_rata(total, sizes)) <= total
        shares = pro_rata(total, sizes, step=0.001)
        assert round(sum(shares) * 1000) == round(total * 1000)
        assert all(share <= size for share, size in zip(shares, sizes, strict=True))


def test_lights_are_the_same_in_coins_and_in_contracts():
    assert lights([5, 4, 3, 2, 1], [0.1] * 5) == [5, 4, 3, 2, 1]
    assert lights(list(range(10, 0, -1)), [0.1] * 10) == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    draw = random.Random(1)
    for _ in range(300):
        sizes = [draw.randint(1, 2_000) for _ in range(draw.randint(2, 20))]
        scores = [draw.random() for _ in sizes]
        assert lights(scores, sizes) == lights(scores, [x / 1000 for x in sizes])
    with pytest.raises(ValueError, match=r"quantities\[0\]=0"):
        lights([1, 2], [0, 0])


def test_coins_are_not_added_up():
    btc, eth = market("BTCUSD", size=100, kind="inverse"), market("ETHUSD", size=10, kind="inverse")
    with pytest.raises(ValueError, match="cannot be added up"):
        Account(1, [Position(btc, LONG, 1, 50_000), Position(eth, LONG, 1, 2_000)], marks={"BTCUSD": 1, "ETHUSD": 1})
    quanto = market("ETHUSD quanto", size=1e-6, coin="BTC")
    with pytest.raises(ValueError, match="settle in BTC and in USDT"):
        Account(1, [Position(market(), LONG, 1, 5), Position(quanto, LONG, 1, 2)], marks={"BTC": 1, "ETHUSD quanto": 1})


def test_an_order_is_looked_at_together_with_what_is_held():
    tiers = RiskTiers([(0, 50_000, 0.004, 0.008), (50_000, 1_000_000, 0.01, 0.02)], "value", "marginal")
    held = Market(Contract("BTC", 1, 0.1), tiers)
    account = Account(10_000, [Position(held, LONG, 0.8, 50_000, 100)], marks={"BTC": 50_000})
    with pytest.raises(ValueError, match=r"leverage=100 is not allowed: a position of 80,000 .* at most 50"):
        account.place(Order(held, LONG, 0.8, 50_000, 100))
    assert account.place(Order(held, LONG, 0.2, 50_000, 100)).opening == (0.2,), "up to the cap itself"


def test_no_position_is_born_liquidatable():
    with pytest.raises(ValueError, match="allows at most 125"):
        Account(10).trade(BINANCE_BTCUSDT, LONG, 0.1, 50_000, leverage=500)
    with pytest.raises(ValueError, match=r"maintenance_margin_rate=0.004 with leverage=250.* below 1/leverage"):
        Account(1_000).trade(market(), LONG, 0.1, 50_000, leverage=250)
    assert BYBIT_BTCUSDT.tiers.largest_leverage(79_000_000) == pytest.approx(14)
    for shipped in (BINANCE_BTCUSDT, BYBIT_BTCUSDT, MEXC_BTC_USDT):
        assert all(row.initial_margin_rate for row in shipped.tiers.tiers)
    with pytest.raises(ValueError, match="above the last tier, which ends at 80000000: give today's ladder"):
        BYBIT_BTCUSDT.liquidation_price(side=LONG, entry_price=50_000, quantity=2_000, leverage=5)


def test_ladders_as_they_are_printed():
    rows = [(0.0, 25_000.0, 0.015, 1 / 50), (25_001.0, 50_000.0, 0.02, 1 / 33.3), (50_001.0, None, 0.025, 1 / 20)]
    tiers = RiskTiers(rows, "value", "flat")
    assert tiers.rates == (0.015, 0.02, 0.025) and tiers.index(25_000.5) == 1 and tiers.index(10**12) == 2


def test_the_short_way_to_a_price():
    """25x short: margin 2,000 of 50,000 a coin; equity = requirement at P = 52,000 / 1.004, up to the tick."""
    case = dict(side=SHORT, entry_price=50_000, quantity=0.1)
    price = BINANCE_BTCUSDT.liquidation_price(leverage=25, **case)
    assert price == pytest.approx(52_000 / 1.004)
    assert BINANCE_BTCUSDT.liquidation_price(leverage=25, on_tick=True, **case) == 51_792.8
    held = isolated(BINANCE_BTCUSDT, SHORT, 0.1, 50_000, 25)
    assert held.liquidation_price() == price and held.liquidation_price(on_tick=True) == 51_792.8
    with pytest.raises(ValueError, match=r"stands on its account's money: ask account.liquidation_price\('BTCUSDT'\)"):
        Position(BINANCE_BTCUSDT, SHORT, 0.1, 50_000, 25).liquidation_price()
    for both in ({}, {"leverage": 5, "position_margin": 200}):
        with pytest.raises(ValueError, match="give either position_margin or leverage"):
            BINANCE_BTCUSDT.liquidation_price(**case, **both)


def test_a_resting_order_sets_no_mark_and_cancel_takes_what_it_is_given():
    order = Order(market(), LONG, 1, 30_000, 10)
    account = Account(20_000).place(order).place(order)
    assert account.marks == {} and account.trade(market(), LONG, 0.1, 50_000, leverage=10).marks == {"BTC": 50_000}
    assert account.cancel([order]).orders == (order,) and account.cancel([order, order]).orders == ()
    with pytest.raises(ValueError, match="the account has no <order to buy 1 BTC"):
        account.cancel([order] * 3)


def test_a_bankrupt_winner_is_closed_only_as_far_as_it_heals():
    broke = Account(1_000, [Position(market(), SHORT, 1, 50_000, 10)], marks={"BTC": 52_000})
    assert broke.equity() == -1_000
    for price, contracts in [(52_000, 0), (53_000, 0), (50_000, 0.5), (51_500, 1)]:
        taken = Position(market(), LONG, 1, price)
        assert largest_without_bankruptcy(taken, broke) == contracts


def test_many_positions_in_one_pool_get_their_prices_in_one_pass():
    """Each against the pool's sum less this position, added up directly."""
    markets = [market(f"C{k}", 0.004 + k / 100_000) for k in range(60)]
    positions = [Position(m, LONG if k % 3 else SHORT, 1 + k / 7, 100 + k, 10) for k, m in enumerate(markets)]
    account = Account(10_000, positions, marks={f"C{k}": 101 + k for k in range(60)})
    for k in (0, 7, 59):
        others = sum(
            p.pnl(account.marks[p.key[0]]) - p.requirement(account.marks[p.key[0]])
            for i, p in enumerate(positions)
            if i != k
        )
        p, rate = positions[k], 0.004 + k / 100_000
        by_hand = (account.balance + others - p.side * p.quantity * p.entry_price) / (p.quantity * (rate - p.side))
        found = account.liquidation_price(f"C{k}")
        assert found is NEVER if by_hand <= 0 else found == pytest.approx(by_hand, rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_no_step_hands_over_a_phantom(seed):
    """Random liquidations in floats, contract sizes that are no whole numbers: no rounding error goes to the engine."""
    draw = random.Random(seed)
    for _ in range(250):
        caps = sorted(draw.uniform(100, 100_000) for _ in range(4))
        rates = sorted(draw.uniform(0.002, 0.08) for _ in range(5))
        rows = list(zip([0, *caps], [*caps, 10**9], rates, strict=True))
        measure, rule = draw.choice(["value", "contracts"]), draw.choice(["flat", "marginal"])
        contract = Contract("X", draw.choice([0.001, 0.01, 0.1, 0.3, 7.0]), 0.1)
        ladder = Market(contract, RiskTiers(rows, measure, rule), maintenance_basis=draw.choice(["entry", "mark"]))
        side, entry, size = draw.choice([LONG, SHORT]), draw.uniform(1, 500), draw.uniform(200, 90_000)
        quantity = size if measure == "contracts" else size / entry / contract.contract_size
        held = isolated(ladder, side, quantity, entry, draw.uniform(1, 12))
        spans = ladder.liquidatable_prices(
            side=side, entry_price=entry, quantity=held.quantity, position_margin=held.margin
        )
        if not spans:
            continue
        at = spans[-1][1] * (1 - 1e-4) if side == LONG else spans[0][0] * (1 + 1e-4)
        trace = liquidate(Account(held.margin, [held], marks={"X": at}), "X")
        assert all(taken.quantity > 1e-9 * held.quantity for taken in trace.taken), trace
        assert sum(map(exact, (taken.quantity for taken in trace.taken))) <= exact(held.quantity)
        numbers = [step.why.split("tier ")[1].split(" ")[0] for step in trace.steps if "from tier" in step.why]
        assert len(numbers) == len(set(numbers)), "no tier is left twice"
