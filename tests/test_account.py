"""Accounts: the trigger in each mode, every price put back, changes, and what is refused."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from liquidation import (
    ALREADY,
    LONG,
    NEVER,
    SHORT,
    Account,
    Contract,
    Market,
    Order,
    Position,
    RiskTiers,
    isolated,
)

STEPS = [(0, 5_000, Fraction(1, 100), Fraction(1, 50)), (5_000, 50_000, Fraction(3, 100), Fraction(1, 20))]


def market(name="BTC", size=Fraction(1, 100), kind="linear", rule="marginal", measure="value", basis="mark", fee=0):
    return Market(
        Contract(name, size, Fraction(1, 10), kind, "COIN"),
        RiskTiers(STEPS, measure, rule),
        maintenance_basis=basis,
        liquidation_fee_rate=fee,
    )


BTC, ETH = market(), market("ETH", Fraction(1, 10), rule="flat", measure="contracts", basis="entry")
MARKS = {"BTC": Fraction(100), "ETH": Fraction(20)}


@st.composite
def accounts(draw, kinds=("linear", "inverse"), isolate=(False, True)):
    """One to four positions in two contracts, on either side, in either mode, at whole-number-ish prices."""
    kind = draw(st.sampled_from(kinds))
    markets = [
        market(
            name,
            size,
            kind,
            draw(st.sampled_from(["flat", "marginal"])),
            draw(st.sampled_from(["value", "contracts"])),
            draw(st.sampled_from(["mark", "entry"])),
            draw(st.sampled_from([0, Fraction(1, 1000)])),
        )
        for name, size in [("BTC", Fraction(1, 100)), ("ETH", Fraction(3))]
    ]
    keys = draw(st.lists(st.sampled_from([(m, s) for m in (0, 1) for s in (LONG, SHORT)]), min_size=1, unique=True))
    positions = []
    for index, side in keys:
        alone = draw(st.sampled_from(isolate))
        positions.append(
            Position(
                markets[index],
                side,
                draw(st.fractions(1, 5_000, max_denominator=4)),
                draw(st.fractions(5, 300, max_denominator=4)),
                leverage=draw(st.integers(1, 50)),
                margin=draw(st.fractions(1, 500, max_denominator=3)) if alone else None,
            )
        )
    marks = {m.contract.name: draw(st.fractions(5, 300, max_denominator=4)) for m in {p.market for p in positions}}
    return Account(draw(st.fractions(0, 20_000, max_denominator=2)), positions, marks=marks)


def spare(account, name, side, marks):
    """Equity less requirement at other marks, asked of the moved account."""
    moved = account.at(marks)
    return moved.equity(name, side) - moved.requirement(name, side)


@given(accounts())
def test_the_ratio_is_exactly_1_at_every_liquidation_price(account):
    for position in account.positions:
        name, side = position.key
        now = account.marks[name]
        jumps = [p for q in account.positions if q.key[0] == name for p in q.market.breakpoints(q.quantity)]
        for price in account.liquidation_prices(name, side):
            if price is ALREADY or price is NEVER:
                continue
            at_price = account.at({name: price})
            if price in jumps:  # a flat ladder may cross 1 without being 1
                a, b = (
                    spare(account, name, side, {name: price * (1 + e)})
                    for e in (Fraction(1, 10**9), -Fraction(1, 10**9))
                )
                assert (a <= 0) != (b <= 0) or at_price.margin_ratio(name, side) == 1
            elif account.requirement(name, side) and at_price.requirement(name, side):
                assert at_price.margin_ratio(name, side) == 1
        nearest = account.liquidation_price(name, side)
        if nearest is not NEVER and nearest is not ALREADY:
            # Between the mark and the nearest price the answer does not change.
            between = [now + (nearest - now) * Fraction(k, 7) for k in range(1, 7)]
            assert {spare(account, name, side, {name: p}) <= 0 for p in between} == {
                spare(account, name, side, {name: between[0]}) <= 0
            }


@given(accounts())
def test_never_and_already_mean_what_they_say(account):
    for position in account.positions:
        name, side = position.key
        fired = {spare(account, name, side, {name: p}) <= 0 for p in (Fraction(1, 10**6), 1, 100, 10**6, 10**9)}
        if account.liquidation_price(name, side) is ALREADY:
            assert fired == {True}
        if account.liquidation_price(name, side) is NEVER:
            assert fired == {False}


@given(accounts())
def test_equity_is_exactly_0_at_every_isolated_bankruptcy_price(account):
    for position in account.positions:
        if position.isolated:
            price = account.bankruptcy_price(*position.key)
            if price is not NEVER and price is not ALREADY:
                assert account.at({position.key[0]: price}).equity(*position.key) == 0


@given(accounts(isolate=[False]))
def test_closing_every_cross_position_at_its_bankruptcy_price_leaves_nothing(account):
    assume(account.requirement() > 0)
    prices = [account.bankruptcy_price(*p.key) for p in account.positions]
    assume(all(price is not NEVER and price is not ALREADY for price in prices))
    assert account.pool_cash + sum(p.pnl(x) for p, x in zip(account.positions, prices, strict=True)) == 0


def test_a_pool_is_shared_in_proportion_to_the_requirements():
    """dYdX's rule, v4-chain GetBankruptcyPriceInQuoteQuantums: -dNNV - TNC * |dMMR| / TMMR."""
    account = Account(300, [Position(BTC, LONG, 1_000, 100), Position(ETH, SHORT, 1_500, 20)], marks=MARKS)
    required = [p.requirement(account.marks[p.key[0]]) for p in account.positions]
    assert required == [10, 30]
    lost = [300 * r / sum(required) for r in required]
    assert account.bankruptcy_price("BTC") == 100 - lost[0] / 10
    assert account.bankruptcy_price("ETH") == 20 + lost[1] / 150


@given(accounts(isolate=[False]))
def test_joint_moves_put_back(account):
    for move in account.joint_moves():
        if move in (NEVER, ALREADY):
            continue
        around = [
            account.at({name: mark * (1 + move) * (1 + nudge) for name, mark in account.marks.items()})
            for nudge in (-Fraction(1, 10**9), 0, Fraction(1, 10**9))
        ]
        gaps = [a.equity() - a.requirement() for a in around]
        assert gaps[1] == 0 or (gaps[0] <= 0) != (gaps[2] <= 0)


@given(accounts(), st.fractions(Fraction(1, 7), 10, max_denominator=7))
def test_scaling_every_amount_of_money_moves_no_price(account, factor):
    assume(all(p.market.tiers.measure == "contracts" for p in account.positions))

    def scaled(m):
        rows = [(a * factor, b * factor, *rest) for a, b, *rest in STEPS]
        return replace(m, tiers=RiskTiers(rows, "contracts", m.tiers.rule))

    positions = [
        replace(p, market=scaled(p.market), quantity=p.quantity * factor, margin=p.margin and p.margin * factor)
        for p in account.positions
    ]
    larger = Account(account.balance * factor, positions, marks=account.marks)
    for p in account.positions:
        assert account.liquidation_prices(*p.key) == larger.liquidation_prices(*p.key)
    assert account.joint_moves() == larger.joint_moves()


@given(accounts(kinds=["linear"], isolate=[True]), st.fractions(1, 100, max_denominator=3))
def test_added_margin_moves_the_liquidation_price_away(account, amount):
    position = account.positions[0]
    assume(position.market.tiers.rule == "marginal" or position.market.tiers.measure == "contracts")
    account = replace(account, balance=Fraction(10**6))
    before, after = (a.liquidation_price(*position.key) for a in (account, account.add_margin(amount, *position.key)))
    if before is NEVER:
        assert after is NEVER
    elif before is not ALREADY and after is not NEVER:
        assert position.side * (before - after) > 0
    else:
        # A short is never out of reach: after more margin its price is a price, or still none.
        assert position.side == LONG or after is not NEVER


# -- margin modes, on numbers that can be checked by hand -------------------------------------------------------------


def test_isolated_positions_die_alone_and_cross_positions_together():
    long, short = (isolated(BTC, side, 1_000, 100, 10) for side in (LONG, SHORT))
    apart = Account(500, [long, short], marks={"BTC": Fraction(100)})
    assert apart.liquidation_price("BTC", LONG) == Fraction(900, 1) / Fraction(99, 10)
    assert apart.liquidation_price("BTC", SHORT) == Fraction(1_100, 1) / Fraction(101, 10)
    assert apart.equity() == 300 and apart.requirement() == 0 and not apart.is_liquidatable()
    crash = apart.at({"BTC": 90})
    assert crash.is_liquidatable("BTC", LONG) and not crash.is_liquidatable("BTC", SHORT)
    together = Account(500, [replace(p, margin=None) for p in (long, short)], marks={"BTC": 100})
    assert together.at({"BTC": 90}).margin_ratio() == Fraction(2 * 9, 500)


def test_a_hedged_pair_has_a_liquidation_price():
    """Equity stands still, the requirement grows with the price: (balance + amounts) / (coins * rates)."""
    one = Market(Contract("X", 1, 1), RiskTiers([(0, math.inf, Fraction(1, 200))], "value", "marginal"))
    pair = Account(1_000, [Position(one, side, 1, 20_000) for side in (LONG, SHORT)], marks={"X": Fraction(20_000)})
    assert pair.liquidation_prices("X") == (NEVER, 100_000)
    tiered = Account(1_000, [Position(BTC, side, 10_000, 20) for side in (LONG, SHORT)], marks={"BTC": Fraction(20)})
    amount = BTC.tiers.amounts[1]
    assert tiered.liquidation_price("BTC") == (1_000 + 2 * amount) / (100 * 2 * Fraction(3, 100))


def test_the_cross_price_moves_by_minus_the_others_gain_per_coin():
    """d(price)/d(PnL of the other) = -side / (coins * (1 - side * rate)), maintenance on mark value."""
    other = Market(
        Contract("ETH", Fraction(1, 10), 1, settlement_coin="COIN"), RiskTiers([(0, math.inf, 0)], "value", "marginal")
    )
    for side in (LONG, SHORT):
        account = Account(300, [Position(BTC, side, 1_000, 100), Position(other, LONG, 500, 20)], marks=MARKS)
        before = account.liquidation_price("BTC")
        richer = account.at({"ETH": Fraction(21)})
        gained = richer.equity() - account.equity()
        assert gained == 50
        assert richer.liquidation_price("BTC") - before == gained * Fraction(-side) / (
            10 * (1 - side * Fraction(1, 100))
        )


def test_order_margin_and_isolated_positions_do_not_back_the_pool():
    alone = isolated(ETH, LONG, 100, 20, 10)
    account = Account(1_000, [Position(BTC, LONG, 1_000, 100, 10), alone], marks=MARKS)
    account = account.place(Order(BTC, LONG, 2_000, 90, leverage=5))
    assert account.equity() == 1_000 - 20 - 360
    assert account.at({"ETH": 30}).equity() == account.equity(), "isolated profit is not the pool's"
    assert account.free_balance == 1_000 - 20 - 360 - 100
    assert account.at({"BTC": 110}).free_balance == account.free_balance, "a gain is not free before it is realized"
    assert account.at({"BTC": 90}).free_balance == account.free_balance - 100
    freed = account.cancel(account.orders)
    assert freed.equity() == 980 and freed.margin_ratio() < account.margin_ratio()


def test_two_coins_moving_together_die_sooner_than_either_alone():
    account = Account(300, [Position(BTC, LONG, 1_000, 100, 10), Position(ETH, LONG, 500, 20, 10)], marks=MARKS)
    down, up = account.joint_moves()
    assert up is NEVER
    moves = [account.liquidation_price(name) / mark - 1 for name, mark in MARKS.items()]
    assert all(move < down < 0 for move in moves)
    (_, above), *_ = account.boundary("BTC", "ETH", [Fraction(90)])
    below, _ = account.at({"BTC": 90}).liquidation_prices("ETH")
    assert account.boundary("BTC", "ETH", [Fraction(90)])[0][0] == below and above is NEVER


def test_a_one_times_inverse_short_is_never_liquidated_and_a_broke_account_already_is():
    coin = market(kind="inverse", size=1)
    short = isolated(coin, SHORT, 1_000, 100, 1)
    account = Account(10, [short], marks={"BTC": Fraction(100)})
    assert account.liquidation_price("BTC") is NEVER and account.bankruptcy_price("BTC") is NEVER
    broke = Account(-5, [Position(BTC, side, 1_000, 100) for side in (LONG, SHORT)], marks={"BTC": Fraction(100)})
    assert broke.liquidation_price("BTC") is ALREADY and broke.margin_ratio() == math.inf
    assert broke.joint_moves() == (ALREADY, ALREADY)
    rich = Account(10_000, [Position(BTC, LONG, 1_000, 100)], marks={"BTC": Fraction(100)})
    assert rich.liquidation_price("BTC") is NEVER and rich.joint_moves() == (NEVER, NEVER)
    assert Account(5).joint_moves() == (NEVER, NEVER) and Account(5).margin_ratio() == 0
    assert not Account(-5).is_liquidatable(), "nothing is held, so nothing can be liquidated"


# -- changes ---------------------------------------------------------------------------------------------------------


def test_averaging_in_keeps_the_value_at_entry():
    account = Account(1_000).trade(BTC, LONG, 1_000, Fraction(100), leverage=10)
    account = account.trade(BTC, LONG, 3_000, Fraction(80))
    assert (account.position("BTC").entry_price, account.position("BTC").quantity) == (85, 4_000)
    coin = market(kind="inverse", size=Fraction(1))
    account = Account(1_000).trade(coin, LONG, 300, Fraction(100)).trade(coin, LONG, 300, Fraction(50))
    assert account.position("BTC").entry_price == Fraction(200, 3), "the harmonic mean"


def test_selling_more_than_is_held_flips_the_side_and_the_price_with_it():
    account = Account(1_000).trade(BTC, LONG, 1_000, Fraction(100), leverage=10).at({"BTC": Fraction(110)})
    flipped = account.trade(BTC, SHORT, 3_000, Fraction(110), leverage=10)
    position = flipped.position("BTC")
    assert (position.side, position.quantity, position.entry_price) == (SHORT, 2_000, 110)
    assert flipped.balance == 1_100
    assert flipped.liquidation_price("BTC") == (1_100 + 20 * 110) / (20 * (1 + Fraction(1, 100)))


def test_trading_conserves_money_and_a_hedge_keeps_both_sides():
    account = Account(1_000).trade(BTC, LONG, 1_000, Fraction(100), leverage=10, isolate=True)
    assert account.position("BTC").margin == 100 and account.free_balance == 900
    half = account.at({"BTC": Fraction(104)}).trade(BTC, SHORT, 500, Fraction(104), fee_rate=Fraction(1, 1000))
    assert half.balance == 1_000 + 20 - Fraction(52, 100) and half.position("BTC").margin == 50
    gone = half.trade(BTC, SHORT, 500, Fraction(104))
    assert gone.positions == () and gone.marks == {} and gone.free_balance == gone.balance
    hedged = account.trade(BTC, SHORT, 400, Fraction(104), leverage=10, hedge=True)
    assert len(hedged.positions) == 2 and hedged.balance == account.balance
    added = account.trade(BTC, LONG, 1_000, Fraction(50))
    assert added.position("BTC").margin == 150


def test_leverage_moves_margin_only_where_the_position_stands_alone():
    account = Account(1_000).trade(BTC, LONG, 1_000, Fraction(100), leverage=10, isolate=True)
    lower = account.set_leverage(5, "BTC")
    assert lower.position("BTC").margin == 200
    assert lower.liquidation_price("BTC") < account.liquidation_price("BTC")
    cross = Account(1_000).trade(BTC, LONG, 1_000, Fraction(100), leverage=10)
    assert cross.set_leverage(5, "BTC").liquidation_price("BTC") == cross.liquidation_price("BTC")
    assert cross.set_leverage(5, "BTC").free_balance == cross.free_balance - 100


def test_margin_is_added_by_itself_one_maintenance_at_a_time_and_at_most_100_times():
    position = isolated(BTC, LONG, 1_000, Fraction(100), 10, auto_margin=True)
    account = Account(1_000, [position], marks={"BTC": Fraction(80)})
    saved = account.add_margin_automatically("BTC")
    held = saved.position("BTC")
    assert held.additions == 14 and held.margin == 100 + 14 * 8 and not saved.is_liquidatable("BTC")
    assert saved.balance == account.balance and not saved.add_margin_automatically("BTC").is_liquidatable("BTC")
    tired = replace(position, additions=95)
    assert (
        Account(1_000, [tired], marks={"BTC": Fraction(80)}).add_margin_automatically("BTC").position("BTC").additions
        == 100
    )
    poor = Account(120, [position], marks={"BTC": Fraction(80)}).add_margin_automatically("BTC")
    assert poor.free_balance == 0 and poor.position("BTC").margin == 120
    plain = Account(1_000, [replace(position, auto_margin=False)], marks={"BTC": Fraction(80)})
    assert plain.add_margin_automatically("BTC") == plain


# -- what is refused -------------------------------------------------------------------------------------------------

HELD = Account(
    1_000,
    [isolated(BTC, LONG, 1_000, Fraction(100), 10), Position(ETH, SHORT, 100, Fraction(20), 10)],
    marks=MARKS,
)


@pytest.mark.parametrize(
    "act, said",
    [
        (lambda: HELD.at({"DOGE": 1}), r"holds no 'DOGE'; it holds: BTC, ETH"),
        (lambda: replace(HELD, marks={**MARKS, "DOGE": 1}), r"marks has a price for 'DOGE', which .* BTC, ETH"),
        (lambda: replace(HELD, marks={"BTC": 100}), r"marks has no price for ETH"),
        (lambda: HELD.at({"BTC": math.nan}), r"mark price nan of BTC is not allowed"),
        (lambda: HELD.at({"BTC": 0}), r"mark price 0 of BTC"),
        (lambda: replace(HELD, balance=math.nan), r"balance=nan"),
        (lambda: replace(HELD, positions=HELD.positions * 2), r"two positions on the same side of BTC"),
        (lambda: HELD.position("SOL"), r"no such position in 'SOL'; there is: BTC long, ETH short"),
        (lambda: HELD.liquidation_price("BTC", SHORT), r"there is: BTC long, ETH short"),
        (lambda: HELD.place(Order(BTC, LONG, 40_000, 100, 1)), r"reserves 40000.* but only 880.* is free"),
        (lambda: HELD.place(Order(BTC, LONG, 100, 100, 80)), r"leverage=80 .* in tier 1, which allows at most 50"),
        (lambda: HELD.place(Order(BTC, LONG, 10**6, 100, 1)), r"above the last tier, which ends at 50000"),
        (lambda: HELD.add_margin(900, "BTC"), r"amount=900 is not allowed: only 880"),
        (lambda: HELD.add_margin(-1, "BTC"), r"would leave 99, less than the initial margin 100"),
        (lambda: HELD.add_margin(1, "ETH"), r"ETH is a cross position"),
        (lambda: HELD.add_margin(math.nan, "BTC"), r"amount=nan"),
        (lambda: HELD.set_leverage(1, "BTC"), r"leverage=1 needs 900 more margin, but only 880"),
        (lambda: HELD.at({"BTC": 91}).set_leverage(20, "BTC"), r"a margin of 50 would have BTC liquidated"),
        (lambda: HELD.set_leverage(0, "BTC"), r"leverage=0 is not allowed"),
        (lambda: HELD.trade(BTC, LONG, 20_000, 100), r"this trade needs .* more than is free"),
        (lambda: HELD.trade(BTC, 0, 5, 100), r"side=0"),
        (lambda: HELD.trade(BTC, LONG, -5, 100), r"quantity=-5"),
        (lambda: HELD.trade(market("X", kind="inverse"), LONG, 5, 100), r"linear and inverse .* different money"),
        (lambda: Position(BTC, LONG, 0, 100), r"quantity=0"),
        (lambda: Position(BTC, LONG, 1, 100, auto_margin=True), r"only an isolated position"),
        (lambda: Position(BTC, LONG, 1, 100, margin=-1), r"margin=-1"),
        (lambda: Order(BTC, 2, 1, 100), r"side=2"),
        (lambda: HELD.trade(ETH, LONG, 1, 20, hedge=True).position("ETH"), r"held long and short: say which"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_changes(act, said):
    before = (HELD.balance, HELD.positions, HELD.orders, dict(HELD.marks))
    with pytest.raises(ValueError, match=said):
        act()
    assert before == (HELD.balance, HELD.positions, HELD.orders, HELD.marks)


def test_a_pool_that_requires_nothing_is_shared_by_value():
    free = RiskTiers([(0, math.inf, 0)], "value", "flat")
    x, y = (Market(Contract(name, 1, 1), free) for name in "XY")
    account = Account(40, [Position(x, LONG, 1, 100), Position(y, SHORT, 3, 100)], marks={"X": 100, "Y": 100})
    assert account.bankruptcy_price("X") == 100 - 10 and account.bankruptcy_price("Y") == 100 + 30 / 3
    broke = account.at({"Y": 120})
    assert broke.equity() == -20 and broke.margin_ratio() == math.inf and broke.is_liquidatable()


# -- what must not happen by itself ------------------------------------------------------------------------------


def grown(deposit=Fraction(100)):
    """A cross short whose requirement, 2 at the entry, has grown to 6 at three times the price; 30x needs 10/3."""
    tiers = RiskTiers([(0, 10**6, Fraction(2, 100))], "value", "flat")
    market = Market(Contract("ETH", Fraction(1, 10), Fraction(1, 10)), tiers, maintenance_basis="mark")
    return market, Account(deposit).trade(market, SHORT, 50, Fraction(20), leverage=30)


def test_what_a_pool_requires_is_not_free_even_where_it_is_more_than_the_initial_margin():
    _, account = grown(Fraction(300))
    assert account.free_balance == 300 - Fraction(10, 3)
    moved = account.at({"ETH": Fraction(60)})
    assert moved.requirement() == 6 and moved.free_balance == 300 - 200 - 6


def test_margin_is_not_moved_in_where_the_pool_would_be_liquidated_for_it():
    market, account = grown(Fraction(300))
    other = Market(Contract("BTC", Fraction(1, 100), Fraction(1, 10)), market.tiers)
    account = account.trade(other, LONG, 100, Fraction(100), leverage=10, isolate=True).at({"ETH": Fraction(60)})
    free = account.free_balance
    with pytest.raises(ValueError, match="its cross positions would be liquidated"):
        account.add_margin(free, "BTC")
    assert not account.add_margin(free - Fraction(1, 1000), "BTC").is_liquidatable()
    falls = account.at({"BTC": Fraction(5)})
    switched = falls.change(falls.position("BTC"), replace(falls.position("BTC"), auto_margin=True))
    added = switched.add_margin_automatically("BTC")
    assert added.position("BTC").margin > 10 and not added.is_liquidatable(), "the last addition is left out"
    assert added.free_balance > 0


def test_an_order_that_would_have_the_pool_liquidated_is_refused_at_exactly_the_free_balance():
    market, account = grown(Fraction(300))
    account = account.at({"ETH": Fraction(60)})
    other = Market(Contract("BTC", Fraction(1, 100), Fraction(1, 10)), market.tiers)
    exactly = Order(other, LONG, 100, account.free_balance * 10, 10)
    with pytest.raises(ValueError, match="its cross positions would be liquidated"):
        account.place(exactly)
    assert account.place(replace(exactly, price=account.free_balance * 10 - 1)).free_balance == Fraction(1, 10)


@pytest.mark.parametrize(("size", "left"), [(100, []), (130, [30]), (60, [])])
def test_an_order_that_was_to_close_goes_with_what_it_was_to_close(size, left):
    market, account = grown()
    account = Account(Fraction(1_000)).trade(market, LONG, 100, Fraction(20), leverage=10)
    held = account.place(Order(market, SHORT, size, Fraction(22), 10))
    closed = held.close(held.position("ETH"), 100, Fraction(20))
    assert [order.quantity for order in closed.orders] == left
    assert sum(closed.order_margins) == sum(held.order_margins), "none begins to reserve by itself"
    sold = held.trade(market, SHORT, 100, Fraction(20))
    assert [order.quantity for order in sold.orders] == left


def test_of_two_closing_orders_the_later_one_is_cut_first_and_reduce_only_is_left():
    market, _ = grown()
    account = Account(Fraction(1_000)).trade(market, LONG, 100, Fraction(20), leverage=10)
    orders = [Order(market, SHORT, size, Fraction(22), 10) for size in (70, 50)]
    waiting = Order(market, SHORT, 100, Fraction(25), 10, reduce_only=True)
    held = account.place(orders[0]).place(orders[1]).place(waiting)
    assert held.opening == (0, 20, 0)
    closed = held.close(held.position("ETH"), 40, Fraction(20))
    assert [order.quantity for order in closed.orders] == [60, 20, 100] and closed.opening == (0, 20, 0)
