"""An account checked: every reading against the library's closed forms, and every way out put back into the account."""

import math
from dataclasses import replace

import numpy as np
import pytest
from liquidation import (
    BINANCE,
    BINANCE_BTCUSDT,
    NEVER,
    Account,
    Collateral,
    Contract,
    Market,
    RiskTiers,
    chance_of_touching,
    check_account,
    price_for_chance,
    read_positions,
)

WEEK, HOUR = 7 / 365, 1 / 24 / 365


def single(name, size, rate):
    tiers = RiskTiers([(0, math.inf, rate)], "value", "marginal")
    return Market(Contract(name, contract_size=size, tick=0.01), tiers, BINANCE)


ETH, SOL = single("ETHUSDT", 0.01, 0.01), single("SOLUSDT", 0.1, 0.02)


def pool(balance=5_000):
    """An isolated short with a mark that is not its entry, and two positions on the pool; contract sizes of 0.01."""
    account = Account(balance).trade(BINANCE_BTCUSDT, -1, 0.2, 50_000, leverage=20, isolate=True)
    account = account.trade(ETH, 1, 500, 2_000, leverage=10)
    account = account.trade(SOL, -1, 200, 100, leverage=10)
    return account.at({"BTCUSDT": 50_700, "ETHUSDT": 1_990, "SOLUSDT": 104})


def one(side, **kept):
    account = Account(1_000).trade(BINANCE_BTCUSDT, side, 0.1, 50_000, leverage=25, isolate=True)
    return check_account(account, **{"volatility": 0.6, **kept}).positions[0]


def test_the_readings_are_those_of_the_account():
    account = pool()
    checked = check_account(account, volatility=0.8)
    assert [p.name for p in checked.positions] == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
    for found in checked.positions:
        name, side = found.position.key
        mark, price = account.marks[name], account.liquidation_price(name, side)
        assert found.liquidation_price == price and found.mark_price == mark
        assert found.distance == pytest.approx(abs(mark - price) / mark)
        assert found.days == pytest.approx(abs(math.log(price / mark)) / (0.8 / math.sqrt(365)))
        toward = dict(side=side, mark_price=mark, liquidation_price=price, volatility=0.8)
        assert found.chance_in_a_day == pytest.approx(chance_of_touching(horizon=1 / 365, **toward))
        assert found.chance_in_a_week == pytest.approx(chance_of_touching(horizon=WEEK, **toward))
        worth = float(mark * found.position.quantity * found.position.market.contract.contract_size)
        assert found.funding_in_a_week == pytest.approx(side * 21 * 0.0001 * worth), "a short receives it"
    short, ether, other = checked.positions
    assert short.margin_ratio == pytest.approx((50_700 * 0.2 * 0.004) / (500 - 140))
    assert checked.margin_ratio == ether.margin_ratio == other.margin_ratio
    assert checked.margin_ratio == pytest.approx(float(account.requirement() / account.equity()))
    assert (checked.falls_together, checked.rises_together) == account.joint_moves()
    assert checked.nearest == min(p.distance for p in checked.positions)


def test_a_bankruptcy_price_lies_beyond_its_liquidation_price():
    """Isolated: the margin is lost there. Cross: its share of the pool at the moment of its liquidation."""
    account = pool()
    short, *cross = check_account(account, volatility=0.8).positions
    assert short.bankruptcy_price == pytest.approx(50_000 + 500 / 0.2)
    for found in cross:
        name, side = found.position.key
        there = account.at({name: found.liquidation_price})
        assert float(found.bankruptcy_price) == pytest.approx(float(there.bankruptcy_price(name, side)))
        assert side * (found.liquidation_price - found.bankruptcy_price) > 0


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("chance", [0.001, 0.01, 0.2])
@pytest.mark.parametrize("volatility", [0.3, 0.8])
def test_each_way_out_leads_to_the_chance_wanted(side, chance, volatility):
    account = Account(9_000).trade(BINANCE_BTCUSDT, side, 0.1, 50_000, leverage=25, isolate=True)
    account = account.at({"BTCUSDT": 50_000 - side * 300})
    found = check_account(account, volatility=volatility, chance=chance).positions[0]
    ways, seen = found.ways_out, dict(side=side, mark_price=found.mark_price, volatility=volatility)
    assert ways.safe_price == pytest.approx(price_for_chance(chance=chance, horizon=WEEK, **seen))

    added = account.add_margin(ways.add, "BTCUSDT", side)
    price = added.liquidation_price("BTCUSDT", side)
    assert chance_of_touching(liquidation_price=price, horizon=WEEK, **seen) == pytest.approx(chance, rel=1e-6)

    # The rest of the position, with all the money that is there now behind it, what was lost so far included.
    kept = 0.1 - ways.close
    equity = 200 + side * 0.1 * (found.mark_price - 50_000)
    there = equity + side * kept * (ways.safe_price - found.mark_price)
    assert there == pytest.approx(float(BINANCE_BTCUSDT.requirement(50_000, ways.safe_price, kept)), abs=1e-6)

    an_hour = chance_of_touching(liquidation_price=found.liquidation_price, horizon=HOUR, **seen)
    assert (ways.stop is None) == (an_hour >= chance), "no room only where an hour from here is too much"
    if ways.stop is None:
        assert (ways.stop_loss, ways.stop_chance) == (0, 1)
    else:
        late = {**seen, "mark_price": ways.stop, "liquidation_price": found.liquidation_price}
        assert chance_of_touching(horizon=HOUR, **late) == pytest.approx(chance, rel=1e-6)
        assert ways.stop_loss == pytest.approx(0.1 * side * (found.mark_price - ways.stop))
        fires = chance_of_touching(liquidation_price=ways.stop, horizon=WEEK, **seen)
        assert ways.stop_chance == pytest.approx(fires)


def test_in_cross_the_money_to_add_counts_the_other_positions():
    for found in check_account(pool(2_300), volatility=0.8, chance=1e-7).positions[1:]:
        name, side = found.position.key
        richer = pool(2_300 + found.ways_out.add)
        assert float(richer.liquidation_price(name, side)) == pytest.approx(found.ways_out.safe_price, rel=1e-9)


@pytest.mark.parametrize("charge", ["both legs", "larger leg", "net"])
def test_a_pair_in_one_pool_moves_together(charge):
    """The other leg of the same contract gains and loses with the same price, and its venue charges the pair."""
    venue = replace(BINANCE, hedge_charge=charge)
    market = Market(Contract("BTCUSDT", 0.01, 0.1), RiskTiers([(0, math.inf, 0.01)], "value", "marginal"), venue)

    def pair(balance, held=30):
        account = Account(balance).trade(market, 1, held, 50_000, leverage=25)
        return account.trade(market, -1, 10, 50_400, leverage=25, hedge=True).at({"BTCUSDT": 49_800})

    found = check_account(pair(2_000), volatility=0.8, chance=1e-3).positions
    assert [p.position.key for p in found] == [("BTCUSDT", 1), ("BTCUSDT", -1)]
    ways = found[0].ways_out
    richer = pair(2_000 + ways.add)
    assert ways.add > 0
    assert float(richer.liquidation_price("BTCUSDT", 1)) == pytest.approx(ways.safe_price, rel=1e-9)

    smaller = pair(2_000 + 0.01 * ways.close * (49_800 - 50_000), 30 - ways.close)
    assert float(smaller.liquidation_price("BTCUSDT", 1)) == pytest.approx(ways.safe_price, rel=1e-6)
    at_its_end = pair(2_000).at({"BTCUSDT": found[0].liquidation_price})
    assert found[0].bankruptcy_price == pytest.approx(float(at_its_end.bankruptcy_price("BTCUSDT", 1)))


def test_collateral_in_the_same_coin_moves_with_it():
    """A twentieth of a bitcoin behind a long of bitcoin, counted at 95%: it is worth less just when it is needed."""

    def behind(balance):
        coins = [Collateral("BTCUSDT", 0.05, haircut=0.05)]
        account = Account(balance, collateral=coins, marks={"BTCUSDT": 50_000})
        return account.trade(BINANCE_BTCUSDT, 1, 0.3, 50_000, leverage=25).at({"BTCUSDT": 49_800})

    found = check_account(behind(500), volatility=0.8, chance=1e-3).positions[0]
    assert found.ways_out.add > 0
    richer = behind(500 + found.ways_out.add)
    assert float(richer.liquidation_price("BTCUSDT", 1)) == pytest.approx(found.ways_out.safe_price, rel=1e-9)


def test_in_a_ladder_the_part_to_close_is_found_in_its_own_tier():
    """2,000,000 dollars of bitcoin: the rest lies tiers below, where less is required."""
    account = Account(900_000).trade(BINANCE_BTCUSDT, 1, 40, 50_000, leverage=10, isolate=True)
    found = check_account(account, volatility=0.8).positions[0]
    kept = 40 - found.ways_out.close
    tiers = BINANCE_BTCUSDT.tiers
    assert tiers.index(kept * found.ways_out.safe_price) < tiers.index(40 * 50_000)
    there = 200_000 - kept * (50_000 - found.ways_out.safe_price)
    assert there == pytest.approx(float(BINANCE_BTCUSDT.requirement(50_000, found.ways_out.safe_price, kept)), abs=1e-3)


def test_who_is_safe_already_needs_no_way_out():
    account = Account(20_000).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25)
    found = check_account(account, volatility=0.6).positions[0]
    assert found.liquidation_price is NEVER and found.distance == math.inf
    assert (found.chance_in_a_day, found.chance_in_a_week, found.bankruptcy_price) == (0, 0, NEVER)
    assert (found.ways_out.add, found.ways_out.close, found.ways_out.stop) == (0, 0, None)
    checked = check_account(account, volatility=0.6)
    assert checked.falls_together is NEVER and checked.nearest == math.inf


def test_a_stop_of_ones_own_is_counted_with_the_hour_that_it_may_take():
    stop = one(1, stops={("BTCUSDT", 1): 49_000}).with_stop
    seen = dict(side=1, volatility=0.6)
    day, week = (stop.fires_in_a_day, stop.chance_in_a_day), (stop.fires_in_a_week, stop.chance_in_a_week)
    for days, (fires, late) in ((1, day), (7, week)):
        touched = chance_of_touching(mark_price=50_000, liquidation_price=49_000, horizon=days / 365, **seen)
        missed = chance_of_touching(mark_price=49_000, liquidation_price=48_192.77108433735, horizon=HOUR, **seen)
        assert fires == pytest.approx(touched) and late == pytest.approx(touched * missed)


def test_a_simulated_stop_comes_too_late_as_often_as_it_says():
    """The chance is a product: touched, and then an hour is enough. Here price by price, four a minute."""
    found = one(-1, stops={("BTCUSDT", -1): 51_000}, volatility=0.8)
    stop, liquidated = found.with_stop, found.liquidation_price
    rng = np.random.default_rng(19)
    step = 1 / 365 / 24 / 60 / 4
    late, runs = 0, 5_000
    for _ in range(runs):
        steps = rng.normal(-0.32 * step, 0.8 * math.sqrt(step), 25 * 240)
        price = 50_000 * np.exp(np.cumsum(steps))
        fired = int(np.argmax(price[: 24 * 240] >= 51_000))
        late += price[fired] >= 51_000 and price[fired : fired + 240].max() >= liquidated
    assert late / runs == pytest.approx(stop.chance_in_a_day, abs=0.015)


@pytest.mark.parametrize(
    ("side", "stop", "words"),
    [
        (1, 50_500, "would fire at once"),
        (-1, 49_500, "would fire at once"),
        (1, 48_000, "lies beyond the liquidation price"),
        (-1, 52_500, "lies beyond the liquidation price"),
        (1, 49_000, None),
        (-1, 51_000, None),
    ],
)
def test_a_stop_that_cannot_help_is_named(side, stop, words):
    found = one(side, stops={("BTCUSDT", side): stop})
    assert found.notes == () if words is None else words in found.notes[0]
    assert (found.with_stop is None) == (words is not None)


def test_two_isolated_legs_are_no_hedge_and_two_cross_legs_are_one():
    def both(**how):
        account = Account(1_000).trade(BINANCE_BTCUSDT, 1, 0.05, 50_000, leverage=25, **how)
        account = account.trade(BINANCE_BTCUSDT, -1, 0.05, 50_000, leverage=25, hedge=True, **how)
        return check_account(account, volatility=0.6)

    assert ["no hedge" in p.notes[0] for p in both(isolate=True).positions] == [True, True]
    assert len(both().positions) == 2
    assert not any(p.notes for p in both().positions)


def test_a_tier_about_to_be_crossed_is_named():
    """Binance's first tier of bitcoin ends at a value of 300,000."""
    (cap, *_) = BINANCE_BTCUSDT.tiers.caps
    near = Account(90_000).trade(BINANCE_BTCUSDT, 1, float(cap) * 0.97 / 50_000, 50_000, leverage=10)
    found = check_account(near, volatility=0.6).positions[0]
    assert found.tier[0] == 1 and found.tier[2] == pytest.approx(1 / 0.97 - 1)
    assert found.notes == ("its size is within 3.1% of the next tier, where more must be left",)


def test_one_that_is_liquidated_already_is_read_as_one():
    account = Account(1_000).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25, isolate=True).at({"BTCUSDT": 48_150})
    found = check_account(account, volatility=0.6).positions[0]
    assert (found.distance, found.chance_in_a_day, found.chance_in_a_week, found.ways_out) == (0, 1, 1, None)
    assert found.notes == ("at this mark price it is liquidated",) and "sold in the market" in found.steps
    cross = Account(200).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25).at({"BTCUSDT": 48_150})
    assert float(check_account(cross, volatility=0.6).positions[0].bankruptcy_price) == pytest.approx(48_000)
    gone = account.at({"BTCUSDT": 47_000})
    assert check_account(gone, volatility=0.6).positions[0].margin_ratio == math.inf


def test_the_exchanges_own_price_is_kept_and_explained():
    found = one(1, shown_prices={("BTCUSDT", 1): 48_192.7})
    assert found.shown_price == 48_192.7 and found.explained.exact
    cross = Account(1_000).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25)
    (found,) = check_account(cross, volatility=0.6, shown_prices={("BTCUSDT", 1): 40_160}).positions
    assert found.shown_price == 40_160 and found.explained is None, "in cross no file holds all that explains it"


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (dict(volatility=-1), "volatility=-1"),
        (dict(volatility=math.nan), "volatility=nan"),
        (dict(volatility=60), "6000% a year; write 0.6 for 60%"),
        (dict(stops={("BTCUSDT", -1): 1}), "of a position in the account"),
        (dict(stops={("BTCUSDT", 1): -1}), "stops.*=-1"),
        (dict(shown_prices=[1]), "a dict of prices"),
        (dict(chance=0), "chance=0"),
        (dict(chance=1), "chance=1"),
        (dict(funding_rate="much"), "funding_rate="),
    ],
)
def test_what_cannot_be_is_refused(kept, words):
    with pytest.raises(ValueError, match=words):
        one(1, **kept)


@pytest.mark.parametrize("margin", ["10", ""], ids=["isolated", "one cross account"])
def test_many_positions_read_as_each_alone(margin):
    """Five hundred from a file. (How long it takes is measured elsewhere.)"""
    head = "contract,side,quantity,entry_price,mark_price,leverage,margin,maintenance_margin_rate"
    rows = [f"C{i}USDT,{'long' if i % 2 else 'short'},1,100,{99 + i % 3},10,{margin},0.01" for i in range(500)]
    read = read_positions("\n".join([head, *rows]), "Binance")
    account = read.account(10_000)
    checked = check_account(account, volatility=0.6)
    assert len(checked.positions) == 500 and not read.wrong
    for found in checked.positions[::100]:
        assert found.liquidation_price == account.liquidation_price(*found.position.key)
