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


# -- the nearer of two prices ------------------------------------------------------------------------------------------

JUMP = [(0, 1_000, Fraction(1, 10)), (1_000, 10**6, Fraction(2, 5))]
"""A flat ladder by value: where the value passes 1,000, what must be left jumps from 100 to 400."""


def between(kind, mark, cross=False):
    """A position with a liquidation price on either side of the mark.

    10 coins long at 99 by 5: 198 + 10 P - 990 is 10% of 10 P at 88, and 40% of 10 P at 132; above 100 it is less.
    Inverse: 100,000 USD short at 104 by 5. A fifth of V + 100,000 / P - V, V = 100,000 / 104, is 10% of 100,000 / P
    at 9/8 of 104, which is 117, and 40% at 3/4, 78; below the cap's price, 100, it is less.
    """
    size, of = (
        (Fraction(1, 4), (LONG, 40, Fraction(99)))
        if kind == "linear"
        else (Fraction(100), (SHORT, 1_000, Fraction(104)))
    )
    here = Market(Contract("X", size, Fraction(1, 10), kind, "COIN"), RiskTiers(JUMP, "value", "flat"))
    held = isolated(here, *of, 5)
    return Account(held.margin, [replace(held, margin=None) if cross else held], marks={"X": Fraction(mark)})


@pytest.mark.parametrize("cross", [False, True])
@pytest.mark.parametrize(
    ("kind", "mark", "both", "nearer"),
    [
        ("linear", 93, (88, 100), 88),
        ("linear", 95, (88, 100), 100),
        ("linear", 94, (88, 100), 88),  # of two as near, the lower
        ("linear", 140, (132, NEVER), 132),
        ("linear", 100, (100, 132), 100),  # a price that is the mark counts as the one below
        ("linear", 120, (100, 132), 132),  # liquidated between the two
        ("linear", 110, (100, 132), 100),
        ("linear", 50, (NEVER, 88), 88),
        ("inverse", 104, (100, 117), 100),
        ("inverse", 110, (100, 117), 117),
        ("inverse", Fraction(217, 2), (100, 117), 100),
        ("inverse", 130, (117, NEVER), 117),
        ("inverse", 70, (NEVER, 78), 78),
    ],
)
def test_the_liquidation_price_is_the_nearer_of_the_two(kind, mark, both, nearer, cross):
    account = between(kind, mark, cross)
    assert account.liquidation_prices("X") == both and account.liquidation_price("X") == nearer
    if cross:
        assert account.joint_moves() == tuple(x if x is NEVER else x / Fraction(mark) - 1 for x in both)


# -- pools and changes on contracts of 1/100 and 1/2 coin, rates that differ -------------------------------------------


def plain(name, size, rate, **rules):
    """One tier; what must be left has nothing to do with what a position starts with."""
    tiers = RiskTiers([(0, 10**7, rate)], "value", "flat")
    return Market(Contract(name, size, Fraction(1, 10), settlement_coin="COIN"), tiers, **rules)


GOLD, TIN = plain("GOLD", Fraction(1, 100), Fraction(1, 50)), plain("TIN", Fraction(1, 2), Fraction(3, 100))
WIDE = Market(
    Contract("WIDE", Fraction(1, 100), Fraction(1, 10)),
    RiskTiers(
        [(0, 100_000, Fraction(1, 100), Fraction(1, 50)), (100_000, 10**6, Fraction(1, 40), Fraction(1, 10))],
        "value",
        "marginal",
    ),
)
SMALL = Fraction(1, 10**9)


def test_a_pool_is_shared_by_requirement_even_where_the_values_stand_in_another_proportion():
    """Values 1,100 and 440, requirements 22 and 13.2, so 5 to 3: of 800, 500 stand behind GOLD and 300 behind TIN."""
    positions = [Position(GOLD, LONG, 1_000, 100), Position(TIN, SHORT, 40, 20)]
    account = Account(Fraction(740), positions, marks={"GOLD": Fraction(110), "TIN": Fraction(22)})
    assert account.equity() == 800
    assert account.bankruptcy_price("GOLD") == 110 - 50 and account.bankruptcy_price("TIN") == 22 + 15
    alone = Account(740, [Position(TIN, SHORT, 40, 20, 8, margin=Fraction(45))], marks={"TIN": Fraction(22)})
    assert alone.bankruptcy_price("TIN") == 20 + Fraction(45, 20), "the balance is not its own"


@pytest.mark.parametrize(
    ("side", "balance", "moves"),
    [
        # GOLD 10 coins from 100, marked at 110; TIN 5 coins the other way from 50, marked at 60; both move by f.
        (SHORT, Fraction(1_155, 4), (NEVER, Fraction(1, 4))),  # 288.75 + 1,000 - 1,100 f + 300 f - 250 = (22 + 9) f
        (LONG, Fraction(674, 5), (Fraction(-1, 5), NEVER)),  # 134.8 - 1,000 + 1,100 f - 300 f + 250 = (22 + 9) f
    ],
)
def test_joint_moves_move_every_contract_of_the_pool(side, balance, moves):
    positions = [Position(GOLD, side, 1_000, 100), Position(TIN, -side, 10, 50)]
    marks = {"GOLD": Fraction(110), "TIN": Fraction(60)}
    for held in (positions, positions[::-1]):
        assert Account(balance, held, marks=marks).joint_moves() == moves


# -- leverage and margin of a position that stands alone ---------------------------------------------------------------


def wide(side, quantity=4_000, leverage=10, balance=100_000):
    """Isolated at 500; 4,000 contracts are 40 coins, worth 20,000."""
    return Account(Fraction(balance)).trade(WIDE, side, quantity, Fraction(500), leverage=leverage, isolate=True)


@pytest.mark.parametrize("side", [LONG, SHORT])
@pytest.mark.parametrize(
    ("added", "leverage", "margin"),
    [(500, 5, 4_500), (0, 5, 4_000), (500, 20, 1_500), (500, 10, 2_500), (0, Fraction(25, 2), 1_600)],
)
def test_added_margin_stays_when_the_leverage_changes(side, added, leverage, margin):
    account = wide(side)
    assert account.position("WIDE").margin == 2_000
    if added:
        account = account.add_margin(added, "WIDE")
    after = account.set_leverage(leverage, "WIDE")
    assert (after.position("WIDE").margin, after.position("WIDE").leverage) == (margin, leverage)
    assert after.balance == account.balance and after.free_balance == 100_000 - margin


def test_a_margin_is_never_less_than_nothing_however_much_the_leverage_rises():
    """A gain of 20,000 backs it: of 50 at 10x, with 2,000 at the start, 5x more takes out no more than the 50."""
    held = replace(wide(LONG).position("WIDE"), margin=Fraction(50))
    account = Account(100, [held], marks={"WIDE": Fraction(1_000)})
    assert account.set_leverage(15, "WIDE").position("WIDE").margin == 0


@pytest.mark.parametrize("isolate", [False, True])
def test_the_new_leverage_must_be_allowed_for_the_size_that_is_held(isolate):
    account = Account(Fraction(100_000)).trade(WIDE, SHORT, 30_000, Fraction(500), leverage=5, isolate=isolate)
    assert account.set_leverage(10, "WIDE").position("WIDE").leverage == 10
    for leverage in (50, 10 + SMALL):
        with pytest.raises(ValueError, match=r"a position of 150,000 \(value\) is in tier 2, which allows at most 10"):
            account.set_leverage(leverage, "WIDE")
    assert wide(LONG).set_leverage(50, "WIDE").position("WIDE").margin == 400, "in tier 1 it is allowed"


def test_exactly_the_free_balance_may_be_moved_and_no_more():
    assert wide(LONG, balance=4_000).set_leverage(5, "WIDE").free_balance == 0
    with pytest.raises(ValueError, match=r"leverage=5 needs 2000 more margin, but only 1999.* is free"):
        wide(LONG, balance=4_000 - SMALL).set_leverage(5, "WIDE")
    assert wide(SHORT, balance=2_700).add_margin(700, "WIDE").free_balance == 0
    with pytest.raises(ValueError, match="is not allowed: only 700 is free"):
        wide(SHORT, balance=2_700).add_margin(700 + SMALL, "WIDE")
    assert Account(2_000).place(Order(WIDE, LONG, 4_000, 500, 10)).free_balance == 0
    with pytest.raises(ValueError, match=r"the order reserves 2000.* but only 1999.* is free"):
        Account(2_000 - SMALL).place(Order(WIDE, LONG, 4_000, 500, 10))
    for isolate in (False, True):
        assert Account(2_000).trade(WIDE, LONG, 4_000, 500, leverage=10, isolate=isolate).free_balance == 0
        with pytest.raises(ValueError, match=r"this trade needs .* more than is free"):
            Account(2_000 - SMALL).trade(WIDE, LONG, 4_000, 500, leverage=10, isolate=isolate)
        left = Account(2_000 + SMALL).trade(WIDE, LONG, 4_000, 500, leverage=10, isolate=isolate)
        assert left.free_balance == SMALL, "nor need any be left"


def test_less_than_a_whole_unit_of_money_counts_as_well():
    """One coin at 100 by 10: margin 10. A quarter is free; half is not there, in whichever way it is asked for."""
    account = Account(Fraction(41, 4)).trade(GOLD, LONG, 100, Fraction(100), leverage=10, isolate=True)
    with pytest.raises(ValueError, match="only 1/4 is free"):
        account.add_margin(Fraction(1, 2), "GOLD")
    with pytest.raises(ValueError, match="needs 1/2 more margin, but only 1/4 is free"):
        account.set_leverage(Fraction(200, 21), "GOLD")
    with pytest.raises(ValueError, match="reserves 1/2 but only 1/4 is free"):
        account.place(Order(TIN, SHORT, 1, Fraction(10), 10))
    assert account.add_margin(Fraction(1, 4), "GOLD").position("GOLD").margin == Fraction(41, 4)


def test_margin_comes_out_again_down_to_exactly_the_initial_margin():
    account = wide(SHORT).add_margin(500, "WIDE")
    assert account.add_margin(-500, "WIDE").position("WIDE").margin == 2_000
    with pytest.raises(ValueError, match="less than the initial margin 2000"):
        account.add_margin(-500 - SMALL, "WIDE")
    thin = Account(9_000, [replace(account.position("WIDE"), margin=Fraction(1_500))], marks=account.marks)
    for amount in (0, Fraction(1, 2), 100):  # to add is never refused for what was missing before
        assert thin.add_margin(amount, "WIDE").position("WIDE").margin == 1_500 + amount


def test_what_takes_nothing_is_not_refused_where_less_than_nothing_is_free():
    """Cash 60 behind a pool that needs 100 to start and 20 to stay: 40 are missing."""
    alone = isolated(TIN, SHORT, 40, Fraction(20), 8)
    account = Account(Fraction(110), [Position(GOLD, LONG, 1_000, 100, 10), alone], marks={"GOLD": 100, "TIN": 20})
    assert account.free_balance == -40
    assert account.add_margin(0, "TIN") == account == account.set_leverage(8, "TIN")
    assert account.set_leverage(10, "TIN").free_balance == -30
    waiting = account.place(Order(GOLD, SHORT, 700, 120, 10))
    assert waiting.order_margins == (0,) and waiting.free_balance == -40
    assert account.trade(GOLD, SHORT, 300, 100).free_balance == -10, "what reduces risk is never refused"
    for act in (
        lambda: account.add_margin(SMALL, "TIN"),
        lambda: account.set_leverage(8 - SMALL, "TIN"),
        lambda: account.place(Order(GOLD, LONG, 1, 100, 10)),
        lambda: account.trade(GOLD, LONG, 1, 100, leverage=10),
    ):
        with pytest.raises(ValueError, match="is free"):
            act()


def test_a_change_reaches_the_side_that_was_named():
    """Long and short of one contract stand alone, each with its own margin."""
    legs = [isolated(GOLD, side, 1_000, Fraction(100), 10, auto_margin=True) for side in (LONG, SHORT)]
    account = Account(Fraction(1_000), legs, marks={"GOLD": Fraction(100)})
    assert [p.margin for p in account.add_margin(50, "GOLD", SHORT).positions if p.side == SHORT] == [150]
    lower = account.set_leverage(5, "GOLD", SHORT)
    assert lower.position("GOLD", SHORT).margin == 200 and lower.position("GOLD", LONG) == legs[0]
    # At 115 only the short is at its end: what must be left is 2% of 1,150, so 23 at a time. 150 are lost.
    saved = account.at({"GOLD": 115}).add_margin_automatically("GOLD", SHORT)
    short = saved.position("GOLD", SHORT)
    # 100 + 3 * 23 - 150 = 19 is not enough, 42 is.
    assert (short.additions, short.margin) == (4, 192) and saved.position("GOLD", LONG) == legs[0]


@pytest.mark.parametrize(
    ("free", "additions", "margin"),
    [
        (1_000, 4, 192),
        (92, 4, 192),
        (Fraction(145, 2), 4, Fraction(345, 2)),  # the last addition is what is left, 3.5
        (Fraction(139, 2), 4, Fraction(339, 2)),  # and so is half a unit
        (69, 3, 169),
        (0, 0, 100),
    ],
)
def test_margin_is_added_as_often_as_it_takes_while_there_is_any(free, additions, margin):
    """As above: 23 at a time, and more than 173 in all."""
    short = isolated(GOLD, SHORT, 1_000, Fraction(100), 10, auto_margin=True)
    saved = Account(100 + Fraction(free), [short], marks={"GOLD": Fraction(115)}).add_margin_automatically("GOLD")
    assert (saved.position("GOLD").additions, saved.position("GOLD").margin) == (additions, margin)
    assert saved.is_liquidatable("GOLD") == (margin <= 173)


# -- orders ------------------------------------------------------------------------------------------------------------


def test_every_order_reserves_and_the_second_finds_less_free():
    order = Order(GOLD, LONG, 600, 100, 10)
    once = Account(Fraction(100)).place(order)
    assert once.free_balance == 40, "6 coins, not 600, at 100 by 10"
    with pytest.raises(ValueError, match="reserves 60 but only 40 is free"):
        once.place(Order(TIN, SHORT, 60, 20, 10))
    twice = once.place(Order(TIN, SHORT, 40, 20, 10))
    assert twice.order_margins == (60, 40) and twice.free_balance == 0


def test_one_cancel_takes_out_one_order_even_of_two_that_are_alike():
    alike, other = Order(GOLD, LONG, 600, 100, 10), Order(TIN, SHORT, 40, 20, 10)
    account = Account(Fraction(500), orders=[alike, other, alike])
    assert account.free_balance == 340
    for taken, left in (([alike], (other, alike)), ([other], (alike, alike)), ([alike, alike], (other,))):
        after = account.cancel(taken)
        assert after.orders == left and after.free_balance == 500 - sum(o.margin for o in left)
    assert account.cancel([alike, other, alike]).orders == () and account.cancel([]) == account
    with pytest.raises(ValueError, match="the account has no <order to sell 40 TIN at 20, 10x>"):
        account.cancel([other, other])
    with pytest.raises(ValueError, match="the account has no <order to buy 600 GOLD at 100, 10x>"):
        account.cancel([alike] * 3)


def test_an_order_is_allowed_up_to_the_last_cap_together_with_what_it_adds_to():
    """In coins at 500: 800 held, 600 ordered, and 600 more make the 2,000 that a million allows."""
    account = Account(Fraction(10**6)).trade(WIDE, LONG, 80_000, Fraction(500), leverage=5)
    account = account.place(Order(WIDE, LONG, 60_000, 500, 5))
    assert len(account.place(Order(WIDE, LONG, 60_000, 500, 5)).orders) == 2
    with pytest.raises(ValueError, match="is above the last tier"):
        account.place(Order(WIDE, LONG, 60_000 + SMALL, 500, 5))
    against = account.place(Order(WIDE, SHORT, 80_000, 500, 5)).place(Order(WIDE, SHORT, 200_000, 500, 10))
    assert against.opening == (60_000, 0, 200_000), "what closes adds to nothing"
    with pytest.raises(ValueError, match="is above the last tier"):
        against.place(Order(WIDE, SHORT, SMALL, 500, 10))
    with pytest.raises(ValueError, match="in tier 2, which allows at most 10"):
        Account(Fraction(10**6)).place(Order(WIDE, LONG, 10_000, 500, 50)).place(Order(WIDE, LONG, 10_001, 500, 50))
    assert Account(10**6).place(Order(WIDE, LONG, 10_000, 500, 50)).place(Order(WIDE, LONG, 10_000, 500, 50)).orders


def test_an_order_brings_a_mark_only_if_one_is_given_and_only_where_there_is_none():
    order = Order(GOLD, LONG, 600, 90, 10)
    assert Account(500).place(order).marks == {}
    assert Account(500).place(order, mark_price=95).marks == {"GOLD": 95}
    held = Account(500, [Position(TIN, SHORT, 40, 20, 10)], marks={"TIN": 22})
    assert held.place(order, mark_price=95).marks == {"GOLD": 95, "TIN": 22}
    assert held.place(Order(TIN, SHORT, 40, 25, 10), mark_price=30).marks == {"TIN": 22}
    with pytest.raises(ValueError, match="mark price 0 of GOLD is not allowed"):
        Account(500).place(order, mark_price=0)


# -- trades ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "quantity", "price", "balance", "held"),
    [
        (SHORT, 3_000, 110, 1_000 + 100 - Fraction(33, 10), (SHORT, 2_000)),  # 30 coins at 110, closed or opened
        (SHORT, 1_000, 110, 1_000 + 100 - Fraction(11, 10), None),
        (SHORT, 400, 90, 1_000 - 40 - Fraction(36, 100), (LONG, 600)),
        (LONG, 400, 90, 1_000 - Fraction(36, 100), (LONG, 1_400)),
    ],
)
def test_the_fee_is_paid_on_all_that_is_traded(side, quantity, price, balance, held):
    account = Account(Fraction(1_000)).trade(GOLD, LONG, 1_000, Fraction(100), leverage=10)
    after = account.trade(GOLD, side, quantity, Fraction(price), leverage=10, fee_rate=Fraction(1, 1_000))
    assert after.balance == balance
    assert [(p.side, p.quantity) for p in after.positions] == ([held] if held else [])


def test_a_float_that_is_traded_means_its_decimal():
    """The float 0.1 is a little more than a tenth, but a tenth is meant: of a hair more than a tenth the hair stays."""
    hair = Fraction(1, 10**20)
    account = Account(1_000).trade(GOLD, LONG, Fraction(1, 10) + hair, Fraction(100), leverage=10)
    (left,) = account.trade(GOLD, SHORT, 0.1, Fraction(100)).positions
    assert (left.side, left.quantity) == (LONG, float(hair))


@pytest.mark.parametrize(
    ("option", "value"),
    [("isolate", 1), ("hedge", "yes"), ("fee_rate", 1), ("fee_rate", -SMALL), ("leverage", 0), ("market", "GOLD")],
)
def test_an_option_of_a_trade_is_refused_by_its_name(option, value):
    given = {"market": GOLD, "side": LONG, "quantity": 100, "price": 100} | {option: value}
    with pytest.raises(ValueError, match=f"^{option}={value!r} is not allowed|^{option}={value} is not allowed"):
        Account(1_000).trade(**given)


# -- a pool that is at its end where all that is free has gone ---------------------------------------------------------


def strained(free, *more, mark=100):
    """A cross short of 20 coins from 20 to 60: 800 lost; 36 must be left, though it started with 400 / 30."""
    apart = sum(p.margin for p in more)
    positions = [Position(TIN, SHORT, 40, Fraction(20), 30), *more]
    marks = {"TIN": Fraction(60)} | ({"GOLD": Fraction(mark)} if more else {})
    account = Account(800 + 36 + Fraction(free) + apart, positions, marks=marks)
    assert account.free_balance == free and not account.is_liquidatable()
    return account


@pytest.mark.parametrize(
    ("free", "additions", "margin"),
    [(46, 1, 123), (47, 2, 146), (80, 3, 169), (92, 3, 169), (93, 4, 192)],
)
def test_the_addition_that_would_take_all_from_a_strained_pool_is_left_out(free, additions, margin):
    """23 at a time are added to the short of 10 coins at 115, and 173 are not enough; the rest stays in the pool."""
    short = isolated(GOLD, SHORT, 1_000, Fraction(100), 10, auto_margin=True)
    saved = strained(free, short, mark=115).add_margin_automatically("GOLD")
    assert (saved.position("GOLD").additions, saved.position("GOLD").margin) == (additions, margin)
    assert saved.free_balance == free - (margin - 100) > 0 and not saved.is_liquidatable()


def test_nothing_is_added_where_nothing_is_required():
    free = plain("FREE", Fraction(1, 100), 0)
    short = isolated(free, SHORT, 1_000, Fraction(100), 10, auto_margin=True)
    account = Account(1_000, [short], marks={"FREE": Fraction(115)})
    assert account.is_liquidatable("FREE") and account.add_margin_automatically("FREE") == account


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_a_trade_that_would_take_all_from_a_strained_pool_is_refused(side):
    said = r"^with so much taken from the pool its cross positions would be liquidated at the present marks$"
    with pytest.raises(ValueError, match=said):
        strained(100).trade(GOLD, side, 1_000, 100, leverage=10, isolate=True)
    opened = strained(100 + SMALL).trade(GOLD, side, 1_000, 100, leverage=10, isolate=True)
    assert opened.free_balance == SMALL and not opened.is_liquidatable()


def test_a_trade_that_only_closes_is_never_refused_even_where_its_loss_is_the_end_of_the_pool():
    """5 of 10 coins are sold at 62: 190 of 200 are lost, and 2% of the other 500 must be left."""
    account = Account(Fraction(200), [Position(GOLD, LONG, 1_000, 100, 10)], marks={"GOLD": Fraction(100)})
    sold = account.trade(GOLD, SHORT, 500, 62)
    assert not account.is_liquidatable() and (sold.equity(), sold.requirement()) == (10, 10) and sold.is_liquidatable()


def test_only_a_position_that_is_still_held_can_be_changed():
    account = wide(LONG)
    stale = replace(account.position("WIDE"), margin=Fraction(7))
    for old in (stale, "WIDE", None):
        with pytest.raises(ValueError, match="the account does not hold"):
            account.change(old, None)
    assert account.change(account.position("WIDE"), stale).positions == (stale,)
    assert account.change(account.position("WIDE"), None, balance=3) == Account(3)
