"""The four steps: their order, the check after each, what they move, and what they leave alone."""

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from liquidation import (
    BINANCE_BTCUSDT,
    LONG,
    MEXC_BTC_USDT,
    SHORT,
    Account,
    Contract,
    Market,
    Order,
    Position,
    RiskTiers,
    balances,
    isolated,
    liquidate,
)
from liquidation.course.mira import BTC, ETH
from liquidation.engine.ledger import CLEARING, TRADER
from liquidation.engine.procedure import largest_loss_first, largest_requirement_first
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
        (lambda a: liquidate("me"), "account='me' is not allowed: account must be an Account"),
        (lambda a: liquidate(a, pick="X"), "pick='X' is not allowed: pick must be a function of the account"),
        (lambda a: liquidate(a, strict="no"), "strict='no'"),
        (lambda a: liquidate(a, takeover_price="last"), "takeover_price='last'"),
        (lambda a: a.close(a.positions[0], 2_000, 1), "the position has 1000 contracts"),
        (lambda a: a.change(replace(a.positions[0], quantity=3), None), "does not hold <BTC_USDT long 3"),
    ],
)
def test_what_cannot_be_is_refused(act, said):
    held = [isolated(BTC, LONG, 1_000, 50_000, 25), Position(ETH, LONG, 100, 2_000, 10)]
    with pytest.raises(ValueError, match=said):
        act(Account(600, held, marks=MARKS))


# -- who is closed, at what price, how far down ------------------------------------------------------------------------


def loser_and_big(**rules):
    """X has lost most (100 dollars), Y requires most (100 dollars, X only 9)."""
    x, y = one_tier().with_rules(**rules), one_tier(Fraction(1, 10), "Y", 1).with_rules(**rules)
    held = [Position(x, LONG, 100, 100), Position(y, SHORT, 20, 50)]
    return Account(Fraction(200), held, marks={"X": Fraction(90), "Y": Fraction(50)})


@pytest.mark.parametrize("turn", [1, -1], ids=["as given", "turned round"])
def test_the_largest_loss_and_the_largest_requirement_are_two_positions(turn):
    account = loser_and_big()
    x, y = account.positions
    assert largest_loss_first(account, account.positions[::turn]) is x
    assert largest_requirement_first(account, account.positions[::turn]) is y


@pytest.mark.parametrize(("rule", "first"), [("largest loss", "X"), ("largest requirement", "Y")])
def test_the_venue_says_which_position_goes_first(rule, first):
    sick = replace(loser_and_big(pick=rule), balance=Fraction(150))
    assert sick.equity() == 50 and sick.requirement() == 109
    assert liquidate(sick).taken[0].key[0] == first
    other = largest_requirement_first if first == "X" else largest_loss_first
    assert liquidate(sick, pick=other).taken[0].key[0] != first, "what is given comes before the venue's rule"


def test_where_there_is_one_position_no_rule_to_pick_is_needed():
    """Binance does not publish one."""
    alone = Account(100, [Position(BINANCE_BTCUSDT, LONG, 1, 50_000)], marks={"BTCUSDT": 49_900})
    assert [p.quantity for p in liquidate(alone).taken] == [1]
    held = [
        Position(BINANCE_BTCUSDT, LONG, 1, 50_000, margin=100),
        Position(BINANCE_BTCUSDT, SHORT, 1, 50_000),
    ]
    other = Market(Contract("ETHUSDT", 1, 1), BINANCE_BTCUSDT.tiers, BINANCE_BTCUSDT.venue)
    hedged = Account(10**6, [*held, Position(other, LONG, 1, 2_000)], marks={"BTCUSDT": 49_900, "ETHUSDT": 2_000})
    assert [p.key for p in liquidate(hedged, "BTCUSDT", LONG).taken] == [("BTCUSDT", LONG)]


def test_the_engine_takes_over_at_the_price_asked_for_with_the_leverage_of_the_position():
    market = one_tier(size=2)
    account = Account(10**4, [Position(market, SHORT, 10, 100, 20, Fraction(100))], marks={"X": Fraction(108)})
    (taken,) = liquidate(account, "X").taken
    assert (taken.entry_price, taken.side, taken.leverage) == (105, SHORT, 20), "100 dollars on 20 coins"
    at_mark = liquidate(account, "X", takeover_price="mark")
    assert at_mark.taken[0].entry_price == 108 and at_mark.after.balance == 10_000 - 160
    marked = replace(account.positions[0], market=market.with_rules(takeover_price="mark"))
    by_venue = replace(account, positions=[marked])
    assert liquidate(by_venue, "X").taken[0].entry_price == 108
    assert liquidate(by_venue, "X", takeover_price="bankruptcy").taken[0].entry_price == 105


def ladder(*rows, size=1, measure="value", step=None, **rules):
    """Tiers of caps and rates, flat."""
    caps = [0, *(cap for cap, _ in rows)]
    tiers = RiskTiers([(caps[i], cap, rate) for i, (cap, rate) in enumerate(rows)], measure, "flat")
    return Market(Contract("X", size, 1, quantity_step=step), tiers, **rules)


STAIRS = ((60_000, Fraction(1, 100)), (120_000, Fraction(4, 100)), (10**6, Fraction(5, 100)))


def test_tiers_are_counted_at_the_price_that_the_requirement_stands_on():
    """1,000 contracts at 100 with the mark at 98: at entry 600 fit under the cap of 60,000, at the mark 612."""
    kept = {}
    for basis in ("entry", "mark"):
        market = ladder(*STAIRS, maintenance_basis=basis)
        held = Position(market, LONG, 1_000, 100, margin=Fraction(5_000))
        trace = liquidate(Account(5_000, [held], marks={"X": Fraction(98)}), "X")
        kept[basis] = trace.after.position("X").quantity
    assert kept == {"entry": 600, "mark": 612}


def test_each_reduction_is_a_step_and_the_takeover_follows_without_another_word():
    market = ladder(*STAIRS, maintenance_basis="entry")
    account = Account(0, [Position(market, LONG, 2_000, 100)], marks={"X": Fraction(100)})
    trace = liquidate(account)
    assert names(trace) == [(1, False), (2, False), (3, True), (3, True), (4, True)]
    assert [p.quantity for p in trace.taken] == [800, 600, 600]
    two = liquidate(replace(account, positions=[Position(market.with_rules(tiers_at_a_time=2), LONG, 2_000, 100)]))
    assert [p.quantity for p in two.taken] == [1_400, 600], "the venue's rule"
    assert "from tier 3 to 1" in two.steps[2].why


@pytest.mark.parametrize(
    ("measure", "quantity", "step", "stays"),
    [
        # 60,000 dollars are 571 and 3/7 contracts at 105.
        ("value", 700, None, 571),
        ("value", Fraction(700), None, Fraction(4_000, 7)),
        ("value", 700, 2, 570),
        ("value", Fraction(700), Fraction(1, 2), Fraction(571)),
        ("value", 700.5, 0.1, 571.4),
        ("contracts", 700, None, 571),
        ("contracts", 700, 10, 570),
        ("contracts", Fraction(700), None, Fraction(1_143, 2)),
    ],
)
def test_what_may_stay_is_rounded_down_to_whole_steps(measure, quantity, step, stays):
    cap = 60_000 if measure == "value" else Fraction(1_143, 2)
    market = ladder((cap, Fraction(1, 100)), (10**6, Fraction(9, 100)), measure=measure, step=step)
    account = Account(5_000, [Position(market, SHORT, quantity, 105, margin=4_000)], marks={"X": Fraction(105)})
    trace = liquidate(account, "X")
    left = trace.after.position("X").quantity
    assert left == stays and type(left) is type(stays)
    assert [p.quantity + left for p in trace.taken] == [quantity]


def test_what_fits_exactly_under_a_cap_stays():
    market = ladder((60_000, Fraction(1, 100)), (10**6, Fraction(9, 100)), size=Fraction(1, 2))
    account = Account(5_000, [Position(market, LONG, 1_300, 100, margin=4_000)], marks={"X": Fraction(100)})
    assert liquidate(account, "X").after.position("X").quantity == 1_200


def test_the_last_bit_of_a_float_does_not_keep_a_position_in_the_tier_above():
    price, cap = 485.66, 8_033.0
    assert price * (cap / price) > cap, "which is why"
    market = ladder((cap, 0.01), (10**6, 0.09))
    account = Account(900.0, [Position(market, LONG, 20.5, price, margin=600.0)], marks={"X": price})
    (left,) = liquidate(account, "X").after.positions
    assert left.quantity == pytest.approx(cap / price, rel=1e-14) and market.tiers.index(left.quantity * price) == 0


# -- the steps of one position and of a pool ---------------------------------------------------------------------------


def test_every_contract_held_on_both_sides_is_netted():
    x, y = one_tier(), one_tier(Fraction(1, 50), "Y", 1)
    held = [
        Position(x, LONG, 100, 1_000), Position(x, SHORT, 60, 1_100),
        Position(y, SHORT, 30, 200), Position(y, LONG, 50, 210),
    ]  # fmt: skip
    marks = {"X": Fraction(1_000), "Y": Fraction(200)}
    pool = Account(Fraction(-60), held, marks=marks)
    assert (pool.equity(), pool.requirement()) == (40, 160 + 320)
    net = liquidate(pool).steps[1]
    assert [(p.key, p.quantity) for p in net.after.positions] == [(("X", LONG), 40), (("Y", LONG), 20)]
    assert [t.amount for t in net.transfers] == [600, 300] and net.after.equity() == 40
    assert (net.ratio_before, net.ratio_after) == (12, Fraction(120, 40))


def test_quantities_are_netted_as_they_are_meant():
    """A tenth of a quadrillionth below three tenths: above the float 0.3, and below what it means."""
    less = Fraction(3, 10) - Fraction(1, 2 * 10**17)
    assert 0.3 < less < Fraction(3, 10)
    market = one_tier()
    held = [Position(market, SHORT, 0.3, 100), Position(market, LONG, less, 100)]
    net = liquidate(Account(-1, held, marks={"X": 100})).steps[1]
    assert [(p.side, p.quantity) for p in net.after.positions] == [(SHORT, 5e-18)]


def hedged(margin, balance):
    """An isolated long of 1,000 at 25x with auto-margin, beside an isolated short of the same contract."""
    sick = Position(BTC, LONG, 1_000, 50_000, 25, margin, auto_margin=True)
    calm = Position(BTC, SHORT, 500, 50_000, 10, 250)
    orders = [Order(ETH, LONG, 100, 1_500, 10), Order(BTC, LONG, 1_000, 40_000, 10)]
    return Account(balance, [sick, calm], orders, MARKS)


def test_margin_is_added_to_the_side_that_is_sick():
    # 150 and 400 dollars are reserved by the orders, 250 by the short: of 910 with a margin of 50, 60 are free.
    account = hedged(50, 910).at({"BTC_USDT": 47_500})
    assert account.free_balance == 60 and account.equity("BTC_USDT", LONG) == -200
    added, canceled = liquidate(account, "BTC_USDT", LONG).steps[:2]
    assert (added.ran, added.why) == (True, "60.00 moved in from the free balance")
    assert added.after.position("BTC_USDT", LONG).margin == 110 and added.after.orders == account.orders
    assert canceled.why == "1 order canceled, 400.00 freed and added as far as needed"
    # It lacks 160 of the 20 that must be left on what the position is worth: one maintenance margin at a time.
    assert canceled.after.position("BTC_USDT", LONG).margin == 290
    assert canceled.after.position("BTC_USDT", SHORT).margin == 250 and len(canceled.after.orders) == 1


@pytest.mark.parametrize(
    ("balance", "ran", "why"),
    [(800, False, "nothing is free"), (815, True, "15.00 moved in from the free balance")],
)
def test_a_position_without_a_cent_of_margin_gets_what_is_free(balance, ran, why):
    step = liquidate(hedged(0, balance), "BTC_USDT", LONG).steps[0]
    assert (step.number, step.ran, step.why) == (0, ran, why)


def test_the_trace_keeps_the_account_as_it_was_and_ends_with_nothing_required():
    account = Account(900, [isolated(BTC, SHORT, 1_000, 50_000, 25)], marks={"BTC_USDT": 52_000})
    trace = liquidate(account, "BTC_USDT")
    assert trace.before is account and trace.after.positions == ()
    assert [step.ratio_after for step in trace.steps] == [math.inf, math.inf, math.inf, 0]
    assert trace._repr_markdown_().splitlines() == [
        "| step | what happened | margin ratio |",
        "|---|---|:--:|",
        "| 1 order cancellation | isolated: orders do not concern the position |  |",
        "| 2 long/short netting | isolated: each side stands alone |  |",
        "| 3 tiered reduction | already in the lowest tier |  |",
        "| 4 full takeover | 1,000 contracts of BTC_USDT to the engine at 52,000.00 | no equity left → nothing held |",
    ]
    assert str(trace).splitlines()[2:] == [
        "       3 tiered reduction | already in the lowest tier",
        "          4 full takeover | 1,000 contracts of BTC_USDT to the engine at 52,000.00 "
        "| no equity left → nothing held",
    ]
    healthy = liquidate(account.at({"BTC_USDT": 50_000}), "BTC_USDT")
    assert str(healthy) == healthy._repr_markdown_() == "the account is healthy: nothing happens"


def test_each_step_starts_where_the_one_before_ended():
    account = Account(-1, [Position(BTC, LONG, 1_000, 50_000, 25), Position(ETH, SHORT, 100, 2_000, 10)], marks=MARKS)
    trace = liquidate(account)
    # The debt of 1 dollar is shared 20 : 30, as what they require: 0.40 on 0.1 coin, 0.60 on 1.
    assert [(step.title, step.why) for step in trace.steps] == [
        ("1 order cancellation", "there are no open orders"),
        ("2 long/short netting", "no contract is held long and short"),
        ("3 tiered reduction", "already in the lowest tier"),
        ("4 full takeover", "1,000 contracts of BTC_USDT to the engine at 50,004.00"),
        ("4 full takeover", "100 contracts of ETH_USDT to the engine at 1,999.40"),
    ]
    assert trace.steps[0].before is account and trace.steps[-1].after is trace.after
    assert all(a.after is b.before for a, b in itertools.pairwise(trace.steps))
    assert all(step.before is step.after for step in trace.steps if not step.ran)


def test_a_pool_too_deep_in_debt_for_a_price_keeps_its_positions_and_the_trace_says_so():
    market = ladder(*STAIRS, maintenance_basis="entry")
    account = Account(-500_000, [Position(market, SHORT, 1_500, 100)], marks={"X": 100})
    trace = liquidate(account)
    assert trace.after is account and trace.taken == ()
    assert [(step.title, step.why) for step in trace.steps[2:]] == [
        ("3 tiered reduction", "there is no bankruptcy price to take a part over at"),
        ("4 full takeover", "there is no bankruptcy price to take it over at"),
    ]


@pytest.mark.parametrize("pick", [largest_loss_first, largest_requirement_first])
def test_what_cannot_be_picked_from_is_refused(pick):
    account = loser_and_big()
    for whose, positions, says in [
        ("me", account.positions, "account='me' is not allowed: account must be an Account"),
        (account, (), "positions holds none: there is nothing to pick from"),
        (account, ("X",), "positions='X' is not allowed: give Positions"),
        (account, (Position(BTC, LONG, 5, 5),), "no such position in 'BTC_USDT'"),
    ]:
        with pytest.raises(ValueError, match=f"^.*{says}"):
            pick(whose, positions)


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
