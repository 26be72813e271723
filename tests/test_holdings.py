"""What an account holds: how it looks, what orders reserve, what is free, and the threshold itself."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from liquidation import LONG, SHORT, Account, Contract, Market, Order, Position, RiskTiers, isolated
from liquidation.margin.holdings import Marks


def market(name, size, rate, **rules):
    """One tier by value up to 10 million; contracts of a size that is not 1."""
    tiers = RiskTiers([(0, 10**7, rate)], "value", "flat")
    return Market(Contract(name, size, Fraction(1, 10), settlement_coin="COIN"), tiers, **rules)


BTC, ETH = market("BTC", Fraction(1, 100), Fraction(1, 50)), market("ETH", Fraction(1, 2), Fraction(3, 100))
MARKS = {"BTC": Fraction(110), "ETH": Fraction(18)}
# 10 coins long at 100 in cross; 20 coins short at 20, isolated, with 45 of margin.
HELD = Account(
    Fraction(1_250),
    [Position(BTC, LONG, 1_000, Fraction(100), 8), Position(ETH, SHORT, 40, Fraction(20), 10, margin=Fraction(45))],
    marks=MARKS,
)


# -- marks -------------------------------------------------------------------------------------------------------------


def test_marks_are_equal_and_hash_alike_whatever_their_order_and_show_their_prices():
    marks = Marks({"BTC": 100, "ETH": 20})
    assert marks == Marks({"ETH": 20, "BTC": 100}) and hash(marks) == hash(Marks({"ETH": 20, "BTC": 100}))
    assert len({marks, Marks({"BTC": 100}), Marks({"BTC": 101, "ETH": 20}), Marks({"ETH": 20, "BTC": 100})}) == 3
    assert len({hash(Marks({"BTC": price})) for price in range(1, 20)}) == 19
    assert repr(marks) == "{'BTC': 100, 'ETH': 20}"
    assert Account(5, [Position(BTC, LONG, 1, 100)], marks=Marks({"BTC": 7})).marks == {"BTC": 7}


# -- how it looks ------------------------------------------------------------------------------------------------------


def test_an_account_shows_its_balance_its_orders_and_every_position():
    account = HELD.place(Order(BTC, LONG, 100, Fraction(90), 5))
    assert repr(account) == (
        "<Account: 1,250 COIN, 1 orders; BTC long 1,000 contracts at 100, 8x, cross, "
        "ETH short 40 contracts at 20, 10x, isolated with 45>"
    )
    assert repr(replace(HELD, positions=HELD.positions[:1], marks={"BTC": 7})) == (
        "<Account: 1,250 COIN, 0 orders; BTC long 1,000 contracts at 100, 8x, cross>"
    )
    assert repr(Account(5)) == "<Account: 5, 0 orders; no positions>"
    # Free: 1,250 - 45 isolated - 18 reserved - 125 initial margin; a gain is not free.
    assert account._repr_markdown_().splitlines() == [
        "Balance 1,250, free 1,062, 1 open orders",
        "",
        "| contract | side | contracts | entry | mark | leverage | margin |",
        "|---|---|--:|--:|--:|--:|--:|",
        "| BTC | long | 1,000 | 100 | 110 | 8x | cross |",
        "| ETH | short | 40 | 20 | 18 | 10x | 45 |",
    ]


def test_an_order_shows_its_side_and_whether_it_may_only_close():
    assert repr(Order(BTC, SHORT, 1_500, 110, 5, reduce_only=True)) == (
        "<order to sell 1,500 BTC at 110, 5x, reduce only>"
    )
    assert repr(Order(ETH, LONG, 40, Fraction(37, 2), 10)) == "<order to buy 40 ETH at 18.5, 10x>"


# -- what orders reserve -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("orders", "margins"),
    [
        ([(BTC, LONG, 500, 90, 5)], [90]),  # 5 coins at 90 by 5
        ([(BTC, LONG, 500, 90, 5), (ETH, SHORT, 40, 22, 4)], [90, 110]),
        ([(BTC, SHORT, 700, 120, 5), (BTC, SHORT, 700, 120, 5)], [0, 96]),  # 300 close the rest, 400 open: 480 by 5
        ([(BTC, SHORT, 1_400, 120, 5), (BTC, SHORT, 500, 125, 5)], [96, 125]),
        ([(ETH, LONG, 30, 18, 10), (ETH, LONG, 30, 16, 10), (BTC, SHORT, 1_000, 120, 5)], [0, 16, 0]),
        ([(BTC, SHORT, 5_000, 120, 5, True), (BTC, SHORT, 1_100, 120, 5)], [0, 24]),
    ],
)
def test_every_order_reserves_the_margin_of_what_it_would_open(orders, margins):
    account = replace(HELD, orders=[Order(*order) for order in orders])
    assert list(account.order_margins) == margins
    assert account.pool_cash == 1_250 - 45 - sum(margins) and account.free_balance == 1_205 - sum(margins) - 125
    assert account.equity() == 1_205 + 100 - sum(margins), "and none of it backs the pool"
    assert account.equity("ETH") == 45 + 40, "nor does it touch what stands alone"


def test_in_hedge_mode_every_order_opens_on_its_own_side():
    both = Account(
        Fraction(900), [Position(BTC, LONG, 1_000, 100, 8), Position(BTC, SHORT, 400, 100, 8)], (), {"BTC": 110}
    )
    both = replace(both, orders=[Order(BTC, SHORT, 300, 120, 5), Order(BTC, LONG, 200, 90, 4)])
    assert both.opening == (300, 200) and both.order_margins == (72, 45)


# -- what is free ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marks", "free"),
    [
        ({"BTC": 110, "ETH": 25}, 1_205 - 125),  # a gain does not count, and isolated losses are not the pool's
        ({"BTC": 100, "ETH": 18}, 1_205 - 125),
        ({"BTC": 70, "ETH": 18}, 1_205 - 125 - 300),
        ({"BTC": 1_000, "ETH": 18}, 1_205 - 200),  # what is required, 2% of 10,000, is more than the initial margin
    ],
)
def test_what_is_free_is_cash_less_initial_margin_or_requirement_and_less_losses(marks, free):
    assert HELD.at(marks).free_balance == free


# -- the threshold itself ----------------------------------------------------------------------------------------------


LONG_ALONE = Account(Fraction(200), HELD.positions[:1], marks={"BTC": Fraction(100)})


@pytest.mark.parametrize(
    ("account", "name", "price"),
    [
        (LONG_ALONE, "BTC", Fraction(4_000, 49)),  # 200 + 10 P - 1,000 = 2% of 10 P
        (HELD, "ETH", Fraction(2_225, 103)),  # 45 + 400 - 20 P = 3% of 20 P
    ],
)
def test_at_exactly_the_threshold_the_trigger_fires_unless_the_venue_is_strict(account, name, price):
    alone = name if account.position(name).isolated else None
    side, hair = account.position(name).side, Fraction(1, 10**12)
    there, before, beyond = (account.at({name: price + side * x}) for x in (0, hair, -hair))
    assert there.equity(alone) == there.requirement(alone) and there.margin_ratio(alone) == 1
    assert there.is_liquidatable(alone) and there.is_liquidatable(alone, strict=False)
    assert not there.is_liquidatable(alone, strict=True)
    assert not before.is_liquidatable(alone) and beyond.is_liquidatable(alone, strict=True)
    strict = replace(there, positions=[replace(p, market=p.market.with_rules(strict=True)) for p in there.positions])
    assert not strict.is_liquidatable(alone) and strict.is_liquidatable(alone, strict=False)


def test_a_ratio_without_equity_is_endless_and_without_positions_0():
    spent = Account(Fraction(100), HELD.positions[:1], marks={"BTC": Fraction(90)})
    assert spent.equity() == 0 and spent.margin_ratio() == math.inf
    assert replace(spent, balance=101).margin_ratio() == 18
    assert HELD.margin_ratio("ETH") == Fraction(54, 5) / 85, "3% of 360 over 45 + 40"


@pytest.mark.parametrize(
    ("side", "equity", "required", "ratio", "fired"),
    [
        (LONG, 125 + 150, 23, Fraction(23, 275), False),  # 10 coins from 100, marked at 115
        (SHORT, 100 - 90, Fraction(69, 5), Fraction(69, 50), True),  # 6 coins
        (None, 7_000, 0, 0, False),  # nothing is in the pool
    ],
)
def test_of_two_that_stand_alone_each_is_asked_by_its_side(side, equity, required, ratio, fired):
    legs = [Position(BTC, LONG, 1_000, 100, 8, Fraction(125)), Position(BTC, SHORT, 600, 100, 6, Fraction(100))]
    account = Account(7_225, legs, marks={"BTC": Fraction(115)})
    asked = (side and "BTC", side)
    assert (account.equity(*asked), account.requirement(*asked)) == (equity, required)
    assert account.margin_ratio(*asked) == ratio and account.is_liquidatable(*asked) is fired


# -- what is refused ---------------------------------------------------------------------------------------------------

INVERSE = Market(Contract("COINS", 1, 1, "inverse", "COIN"), BTC.tiers)
OTHER_COIN = Market(Contract("SOL", 1, 1, settlement_coin="EUR"), BTC.tiers)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Account(1, HELD.positions * 2, marks=MARKS),
         "two positions on the same side of BTC: add to the one .* or give the second isolated position an account of"),
        (lambda: Account(1, marks={"BTC": 1}), "a price for 'BTC', which the account does not hold; it holds: none$"),
        (lambda: Account(1, [Position(OTHER_COIN, LONG, 1, 1), *HELD.positions], marks={**MARKS, "SOL": 1}),
         "settle in COIN and in EUR cannot be added up: give them an account each, or say their settlement_coin if it"),
        (lambda: replace(HELD, marks={**MARKS, "SOL": 1}),
         "a price for 'SOL', which the account does not hold; it holds: BTC, ETH$"),
        (lambda: Account(1, [Position(INVERSE, LONG, 1, 1), HELD.positions[0]], marks={"COINS": 1, "BTC": 1}),
         "linear and inverse contracts settle in different money"),
        (lambda: Account(1, [Order(BTC, LONG, 1, 1)]), "positions=<order .* give Positions"),
        (lambda: Account(1, orders=[HELD.positions[0]]), "orders=<BTC long .* give Orders"),
        (lambda: Account(1, marks=[100]), r"marks=\[100\] is not allowed: give a price by contract"),
        (lambda: HELD.at({"BTC": math.inf}), "the mark price inf of BTC is not allowed"),
        (lambda: HELD.at({"BTC": -1}), "the mark price -1 of BTC is not allowed"),
        (lambda: HELD.is_liquidatable(strict="yes"), "strict='yes' is not allowed"),
        (lambda: HELD.position("ETH", LONG), "no such position in ETH|'ETH'; there is: BTC long, ETH short"),
    ],
)  # fmt: skip
def test_what_an_account_cannot_hold_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_an_isolated_position_starts_with_its_initial_margin_and_keeps_what_more_is_given():
    made = isolated(ETH, SHORT, 40, Fraction(20), 8, auto_margin=True, additions=3)
    assert (made.margin, made.auto_margin, made.additions) == (50, True, 3)


@pytest.mark.parametrize(
    ("position", "price", "on_tick"),
    [
        (isolated(BTC, LONG, 1_000, Fraction(100), 8), Fraction(625, 7), Fraction(892, 10)),  # 875 / 9.8
        (HELD.positions[1], Fraction(2_225, 103), Fraction(217, 10)),  # 445 / 20.6
    ],
)
def test_a_position_that_stands_alone_knows_its_price_and_a_cross_one_asks_its_account(position, price, on_tick):
    assert position.liquidation_price() == price and position.liquidation_price(on_tick=True) == on_tick
    with pytest.raises(ValueError, match=f"ask account.liquidation_price.'{position.key[0]}'"):
        replace(position, margin=None).liquidation_price()
