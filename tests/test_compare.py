"""Two exchanges, one position: what each rule does, and that together they make the difference."""

import itertools
import random

import pytest
from liquidation import (
    ALREADY,
    NEVER,
    VENUES,
    Contract,
    Market,
    PriceChange,
    RiskTiers,
    compare_markets,
)

LINEAR = Contract("BTC_USDT", 0.0001, 0.1)
INVERSE = Contract("BTCUSD", 10, 0.5, "inverse")
POSITION = {"side": 1, "entry_price": 50_000, "coins": 0.1, "leverage": 25}


def market(contract=LINEAR, rate=0.004, **rules):
    return Market(contract, RiskTiers([(0, 10**12, rate)], "value", "flat"), **rules)


def words_and_moves(changes):
    return [(change.rule, round(change.moved, 2)) for change in changes]


def test_one_rule_at_a_time_by_hand():
    plain = market(maintenance_basis="entry")
    other = market(rate=0.005, liquidation_fee_rate=0.0005, taker_fee_rate=0.0005)
    assert words_and_moves(compare_markets(plain, other, **POSITION)) == [
        ("its own ladder", 50.0),
        ("maintenance on mark value", round(48_000 / 0.995 - 48_250, 2)),
        ("a closing fee of 0.05% counted", round(48_000 / 0.9945 - 48_000 / 0.995, 2)),
        ("a closing fee of 0.05% reserved", round(-25 / 0.9945, 2)),
    ]
    back = words_and_moves(compare_markets(other, plain, **POSITION))
    assert [rule for rule, _ in back] == [
        "its own ladder", "maintenance on entry value", "no closing fee counted",
        "no closing fee reserved",
    ]  # fmt: skip
    assert compare_markets(plain, plain, **POSITION) == ()


def test_settled_in_the_coin():
    (change,) = compare_markets(market(), market(INVERSE), **POSITION)
    assert change.rule == "settled in the coin"
    # The long's margin is 0.004 coins: 0.104 coins less 0.4% of what is left.
    assert (change.before, change.after) == pytest.approx((48_000 / 0.996, 5_000 * 1.004 / 0.104))
    (change,) = compare_markets(market(INVERSE), market(), **{**POSITION, "side": -1})
    assert change.rule == "settled in dollars" and change.after == pytest.approx(52_000 / 1.004)


def test_a_growing_rate_and_a_floor():
    growing = Market(INVERSE, RiskTiers([(0, 10**6, 0.004)], "value", "flat", growth=0.00005))
    changes = compare_markets(market(maintenance_basis="entry"), growing, **POSITION)
    assert [change.rule for change in changes] == ["maintenance on mark value", "settled in the coin"]
    (change,) = compare_markets(market(), market(least_maintenance=40), **POSITION)
    assert change.rule == "at least 40 of maintenance" and change.after == 48_400
    (change,) = compare_markets(market(least_maintenance=40), market(), **POSITION)
    assert change.rule == "no least maintenance"


def test_no_price_is_said_and_not_made_up():
    # A short at 1x in the coin is never liquidated, and one whose fee is above what it has left at once.
    (change,) = compare_markets(market(), market(INVERSE, rate=0.004), side=-1, entry_price=50_000, coins=1, leverage=1)
    assert change.after is NEVER and change.moved is None
    assert PriceChange("a rule", ALREADY, 5).moved is None


def test_the_changes_add_up():
    """Random pairs of venues, long and short: each change begins where the one before ended."""
    draw = random.Random(11)
    for _ in range(200):
        pair = []
        for venue in draw.sample(VENUES, 2):
            kind = venue.kind or draw.choice(("linear", "inverse"))
            tiers = RiskTiers(
                [(0, 10**12, draw.choice((0.004, 0.005)))], venue.tier_measure or "value", venue.tier_rule
            )
            pair.append(Market(LINEAR if kind == "linear" else INVERSE, tiers, venue))
        position = {**POSITION, "side": draw.choice((1, -1)), "leverage": draw.uniform(2, 50)}
        changes = compare_markets(*pair, **position)
        ends = [c.after for c in compare_markets(*reversed(pair), **position)]
        for one, two in itertools.pairwise(changes):
            assert one.after == two.before
        if changes and all(change.moved is not None for change in changes):
            assert changes[-1].after == pytest.approx(compare_markets(pair[1], pair[0], **position)[0].before)
            assert ends[-1] == pytest.approx(changes[0].before)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"coins": 0}, "coins=0 is not allowed"),
        ({"side": 2}, "side=2 is not allowed"),
        ({"leverage": "x"}, "leverage='x' is not allowed"),
        ({"coins": 1e308}, r"coins=1e\+308 at entry_price=50000 is more, or less, than floats can reckon with"),
        ({"entry_price": 1e-200}, r"entry_price=1e-200 is more, or less, than floats"),
        ({"coins": 5e-324}, r"coins=5e-324 at entry_price=50000 is more, or less"),
        ({"leverage": 300}, r"leverage=300: the maintenance margin rate must be below 1/leverage"),
    ],
)
def test_what_is_no_position_is_refused(more, says):
    with pytest.raises(ValueError, match=says):
        compare_markets(market(), market(INVERSE), **{**POSITION, **more})
    with pytest.raises(ValueError, match="second='MEXC' is not allowed"):
        compare_markets(market(), "MEXC", **POSITION)
