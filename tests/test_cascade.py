"""Cascades against closed forms, against a plain walk that revalues everybody, and to the last unit of money."""

from dataclasses import replace

import numpy as np
import pytest
from liquidation import LONG, SHORT, Case, Contract, Market, RiskTiers
from liquidation.engine.cascade import run_cascade
from liquidation.engine.crowd import Crowd, draw_crowd
from liquidation.engine.order_book import OrderBook


def ladder_of_longs(density, count, price):
    """Longs on every tick below a price, ``density`` steps on each; nothing is required of them but their margin."""
    margin = (1 + np.arange(count)) * density
    same = np.full(count, density)
    return Crowd(np.ones(count, int), same, np.full(count, price), margin, 0.0)


# -- closed forms ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("density", "gain"), [(65, 1 / 0.35), (80, 5), (95, 20)])
def test_uniform_density_and_linear_impact_amplify_by_one_over_one_minus_their_product(density, gain):
    """Each tick of fall sells ``density`` steps, and these move the price by ``density / depth`` ticks."""
    price, shock = 1_000_000, 20_000
    crowd = ladder_of_longs(density, round(shock * gain * 1.1), price)
    outside = np.full(2_000, price - shock)
    outside[0] = price
    run = run_cascade(crowd, outside, OrderBook(depth=100), fund=10**17)
    assert run.drop / shock == pytest.approx(gain, rel=1e-3)
    assert (run.died >= 0).sum() == run.rows["alive"][0] - run.rows["alive"][-1] == run.drop


def test_a_critical_density_never_ends_and_a_thin_one_hardly_begins():
    price, shock = 100_000, 100
    outside = np.full(3_000, price - shock)
    outside[0] = price
    endless = run_cascade(ladder_of_longs(100, 90_000, price), outside, OrderBook(depth=100), fund=10**15)
    assert endless.drop == 90_000 + shock and endless.rows["alive"][-1] == 0, "each round as large as the one before"
    thin = run_cascade(ladder_of_longs(1, 90_000, price), outside, OrderBook(depth=100), fund=10**15)
    assert thin.drop == pytest.approx(shock / 0.99, abs=1)


def test_sizes_of_cascades_are_those_of_a_branching_process():
    """Poisson offspring of mean 0.9: sizes of mean 10 and variance 900 (Borel), within four standard errors."""
    rng, sizes = np.random.default_rng(15), []
    for _ in range(4_000):
        count = 3_000
        # Prices fall on a line at random, 0.9 for each tick by which one sale moves the price.
        gaps = rng.exponential(1_000 / 0.9, count)
        below = np.cumsum(gaps)
        reached, end = 0, 1_000.0  # the first sale has moved the price by 1,000
        while reached < count and below[reached] <= end:
            reached += 1
            end += 1_000
        sizes.append(1 + reached)
    sizes = np.array(sizes)
    error = len(sizes) ** -0.5
    assert sizes.mean() == pytest.approx(10, abs=4 * sizes.std() * error)
    fourth = ((sizes - sizes.mean()) ** 4).mean()
    assert sizes.var() == pytest.approx(900, abs=4 * (fourth - sizes.var() ** 2) ** 0.5 * error)
    outside = np.full(400, 1_000_000 - 1_000)
    outside[0] = 1_000_000
    # The same line of prices through the engine: each sells what moves the price by 1,000 ticks.
    for seed in range(20):
        below = np.cumsum(np.random.default_rng(seed).exponential(1_000 / 0.9, 600)).astype(int) + 1
        crowd = Crowd(np.ones(600, int), np.full(600, 1_000), np.full(600, 1_000_000), below * 1_000, 0.0)
        run = run_cascade(crowd, outside, OrderBook(depth=1), fund=10**17)
        end, reached = 1_000, 0
        while reached < 600 and below[reached] <= end:
            reached, end = reached + 1, end + 1_000
        assert (run.died >= 0).sum() == reached


# -- against everybody revalued at every tick --------------------------------------------------------------------------


def revalued(crowd, outside, book, fund):
    """The same rules for ``portion="all"`` with a fund that never ends, trader by trader, in plain Python."""
    alive = np.ones(len(crowd), bool)
    eaten, prices = 0, []
    rate = crowd.maintenance_margin_rate
    for price in outside:
        eaten = book.refilled(eaten)
        mark = book.price(int(price), eaten)
        for side in (1, -1):
            equity = crowd.margin + crowd.side * (mark - crowd.entry) * crowd.quantity
            dead = alive & (crowd.side == side) & (equity <= rate * mark * crowd.quantity)
            bankrupt = crowd.bankruptcy_price[dead]
            quantity = int(crowd.quantity[dead].sum())
            rest = crowd.margin[dead] + side * (bankrupt - crowd.entry[dead]) * crowd.quantity[dead]
            fund += int(book.proceeds(int(price), eaten, side * quantity))
            fund += int(rest.sum()) - side * int((bankrupt * crowd.quantity[dead]).sum())
            eaten += side * quantity
            alive[dead] = False
        prices.append(book.price(int(price), eaten))
    return prices, fund, int(alive.sum())


@pytest.mark.parametrize("seed", range(12))
def test_two_sorted_lists_find_whom_a_walk_over_everybody_finds(seed):
    rng = np.random.default_rng(seed)
    crowd = draw_crowd(rng, 400, price=50_000, mean_quantity=30, spread=0.02)
    outside = np.maximum(np.rint(50_000 + np.cumsum(rng.normal(0, 300, 120))), 1)
    book = OrderBook(int(rng.integers(20, 300)), refill=0.1)
    run = run_cascade(crowd, outside, book, fund=10**12)
    prices, fund, alive = revalued(crowd, outside, book, 10**12)
    assert run.rows["price"].tolist() == prices
    assert (int(run.rows["fund"][-1]), int(run.rows["alive"][-1])) == (fund, alive)


def test_a_price_is_where_the_market_of_the_library_liquidates():
    """Up to the tick, long and short, with a contract size that is not 1."""
    rng = np.random.default_rng(4)
    crowd = draw_crowd(rng, 300, price=60_000, mean_quantity=40, spread=0.05, maintenance_margin_rate=0.007)
    market = Market(Contract("X", 1, 1), RiskTiers([(0, 10**15, 0.007)], "value", "flat"))
    exact = market.liquidation_price(
        side=crowd.side, entry_price=crowd.entry.astype(float), quantity=crowd.quantity.astype(float),
        position_margin=crowd.margin.astype(float),
    )  # fmt: skip
    away = crowd.side * (exact - crowd.liquidation_price)
    assert ((away >= -1e-6) & (away < 1)).all(), "rounded to where it has been reached"
    used_up = crowd.margin + crowd.side * (crowd.bankruptcy_price - crowd.entry) * crowd.quantity
    assert ((used_up >= 0) & (used_up < crowd.quantity)).all()


# -- to the last unit --------------------------------------------------------------------------------------------------


TIERS = ((60, 0.01), (200, 0.025))


@pytest.mark.parametrize("portion", ["all", "tiers", "least", "fifth"])
@pytest.mark.parametrize("seed", range(30))
def test_money_and_open_interest_are_conserved_at_every_tick(portion, seed):
    rng = np.random.default_rng(seed)
    long_share, tiers = rng.uniform(0.2, 0.8), TIERS if seed % 2 else ()
    crowd = draw_crowd(rng, 300, price=5_000, mean_quantity=50, spread=0.02, long_share=long_share, tiers=tiers)
    outside = np.maximum(np.cumsum(rng.normal(0, 60, 80)) + 5_000, 50)
    book = OrderBook(int(rng.integers(1, 200)), refill=0.3)
    run = run_cascade(crowd, outside, book, fund=int(rng.integers(0, 200_000)), portion=portion, check=True)
    assert (run.died >= 0).sum() == len(crowd) - run.rows["alive"][-1]


def test_the_check_is_no_decoration(monkeypatch):
    from liquidation.engine import cascade

    real = cascade._State._trade

    def leaky(self, side, quantity, brings):
        real(self, side, quantity, brings)
        self.makers_cash += 1

    monkeypatch.setattr(cascade._State, "_trade", leaky)
    crowd = Crowd([1, -1], [100, 100], [50_000, 50_000], [200_000, 200_000], 0.004)
    with pytest.raises(AssertionError, match="1 units of money were made or lost"):
        run_cascade(crowd, [50_000, 48_000], OrderBook(10), fund=10**6)


@pytest.mark.slow
def test_a_hundred_thousand_traders_for_twelve_minutes_to_the_last_unit():
    rng = np.random.default_rng(12)
    crowd = draw_crowd(rng, 100_000, price=500_000, mean_quantity=200)
    outside = 500_000 * np.exp(np.cumsum(rng.normal(0, 0.0008, 720)))
    outside[300:] *= 0.96
    run = run_cascade(crowd, outside, OrderBook(20_000, 0.05), fund=10**10, check=True)
    assert run.rows["hits"].sum() > 5_000


def test_what_the_fund_cannot_pay_winners_forgo():
    """A long is past bankruptcy: of two shorts the one with more leverage is closed, at the long's bankruptcy price."""
    crowd = Crowd([1, -1, -1], [100, 60, 60], [1_000, 1_000, 1_000], [5_000, 3_000, 30_000], 0.004)
    run = run_cascade(crowd, [1_000, 900], OrderBook(depth=1), fund=0, check=True)
    assert crowd.bankruptcy_price.tolist() == [950, 1_050, 1_500]
    assert run.rows["deleveraged"].tolist() == [0, 100] and run.rows["sold"].tolist() == [0, 0]
    assert run.died.tolist() == [1, 1, -1], "all of the first short, 40 of the second"
    assert run.rows["fund"][-1] == 0 and run.outcome == "winners were deleveraged"


def test_a_fund_pays_as_far_as_it_reaches():
    crowd = Crowd([1, 1, -1], [50, 50, 100], [1_000, 1_000, 1_000], [2_500, 2_500, 50_000], 0.004)
    # At 940 each step is sold 10 below its bankruptcy price of 950: 600 pay for sixty of the hundred, the last in part.
    run = run_cascade(crowd, [1_000, 940], OrderBook(depth=1_000), fund=600, check=True)
    assert run.rows["sold"][-1] == 60 and run.rows["deleveraged"][-1] == 40 and run.rows["fund"][-1] == 0


def test_of_those_taken_over_in_one_tick_the_best_are_sold_first():
    """One dear long does not send the others, whose sale the fund would gain by, to the winners."""
    crowd = Crowd([1, 1, -1], [100, 50, 150], [1_000, 1_000, 1_000], [1_000, 5_000, 50_000], 0.004)
    run = run_cascade(crowd, [1_000, 903], OrderBook(depth=10_000), fund=0, check=True)
    # 50 are sold 3 above their 900: 150, which pay for 1 of those that cost 87 each; 99 are left to the winner.
    assert run.rows["sold"][-1] == 51 and run.rows["deleveraged"][-1] == 99 and run.rows["fund"][-1] == 63


@pytest.mark.parametrize("portion", ["all", "least", "fifth"])
def test_while_there_are_winners_no_fund_goes_below_zero(portion):
    for seed in range(8):
        crowd = draw_crowd(np.random.default_rng(seed), 400, price=50_000, mean_quantity=50)
        outside = np.full(40, 48_500)
        outside[0] = 50_000
        run = run_cascade(crowd, outside, OrderBook(60, 0.02), fund=seed * 1_000, portion=portion, check=True)
        assert run.rows["fund"].min() >= 0 and run.outcome != "the fund is below zero: there were not enough winners"


def test_a_larger_fund_never_deleverages_more_in_one_tick():
    crowd = draw_crowd(np.random.default_rng(3), 2_000, price=50_000, mean_quantity=50)
    taken = [
        int(run_cascade(crowd, [50_000, 47_500], OrderBook(200), fund=fund).rows["deleveraged"].sum())
        for fund in (0, 10**6, 10**7, 10**8, 10**9)
    ]
    assert taken == sorted(taken, reverse=True) and taken[0] > taken[-1] == 0


def test_too_few_winners_leave_the_fund_below_zero_and_say_so():
    crowd = Crowd([1, 1], [50, 50], [1_000, 1_000], [2_500, 2_500], 0.004)
    run = run_cascade(crowd, [1_000, 900], OrderBook(depth=1_000), fund=0, check=True)
    assert run.rows["fund"][-1] == -5_000 and "below zero" in run.outcome


def test_a_book_that_thins_out_keeps_its_price_and_falls_farther():
    """Sold are 100 at the shock, into a depth of 10; then the depth is 5, and a long of 50 falls by 10 ticks of it."""
    crowd = Crowd([1, 1, -1], [100, 50, 150], [1_000] * 3, [1_000, 1_500, 150_000], 0.0)
    outside, depths = [1_000, 990, 990, 990, 979, 979], [10, 10, 10, 5, 5, 5]
    thin = run_cascade(crowd, outside, OrderBook(10), fund=10**6, depths=depths, check=True)
    # The first goes at 990 and moves the price to 980, 50 of 5 a tick since; the second is reached at 970.
    assert thin.rows["price"].tolist() == [1_000, 980, 980, 980, 959, 959]
    assert thin.rows["liquidated"].tolist() == [0, 100, 0, 0, 50, 0]
    assert thin.rows["liquidated_value"].tolist() == [0, 99_000, 0, 0, 50 * 969, 0]
    deep = run_cascade(crowd, outside, OrderBook(10), fund=10**6, check=True)
    assert deep.rows["price"].tolist() == [1_000, 980, 980, 980, 964, 964]
    case = Case(seed=1, traders=2_000, depth=200, shock=0.02)
    assert replace(case, thins_to=0.02).run().drop > case.run().drop


def test_an_empty_book_is_an_outcome():
    crowd = Crowd([1], [5_000], [100], [50_000], 0.004)
    run = run_cascade(crowd, [100, 60], OrderBook(depth=10), fund=0, check=True)
    assert run.unsold > 0 and "book was empty" in run.outcome and run.rows["price"][-1] == 1


# -- parts only --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("portion", "left"), [("all", 0), ("least", 97), ("fifth", 80)])
def test_a_part_by_hand(portion, left):
    """A long of 100 from 1,000 with 5,000: at 955, 500 are left and 382 required; at 953, 300 and 381."""
    crowd = Crowd([1, -1], [100, 100], [1_000, 1_000], [5_000, 50_000], 0.004)
    deep = OrderBook(depth=10**6)
    assert crowd.liquidation_price[0] == 953
    run = run_cascade(crowd, [1_000, 954, 953], deep, fund=10**6, portion=portion, check=True)
    wanted = {"all": 100, "least": 100 - (300_000_000 - 1) // (4_000 * 953), "fifth": 20}[portion]
    assert run.rows["liquidated"].tolist() == [0, 0, wanted]
    assert (run.died[0] >= 0) == (portion == "all")


def test_down_the_tiers_by_hand():
    """A long of 300 from 1,000 with 15,000: 1% of 300 at 959 is 2,877 and 2,700 are left; at 0.4% it lives to 953."""
    crowd = Crowd([1, -1], [300, 300], [1_000, 1_000], [15_000, 150_000], 0.004, ((100, 0.01), (250, 0.02)))
    assert crowd.liquidation_price[0] == 969  # 950 / 0.98
    outside = [1_000, 970, 969, 969, 960, 959, 954, 954, 953]
    run = run_cascade(crowd, outside, OrderBook(depth=10**6), fund=10**6, portion="tiers", check=True)
    assert run.rows["liquidated"].tolist() == [0, 0, 50, 0, 0, 150, 0, 0, 100]
    assert run.died[0] == 8
    # The engine took over at 950: what it sold above that is the fund's.
    assert run.rows["fund"][-1] == 10**6 + 50 * 19 + 150 * 9 + 100 * 3


def test_a_winner_who_comes_into_a_lower_tier_is_reached_later():
    """The short of 300 is closed in part against the long; what is left has another rate and another price."""
    tiers = ((250, 0.05),)
    crowd = Crowd([1, -1], [200, 300], [1_000, 1_000], [4_000, 60_000], 0.004, tiers)
    before = int(crowd.liquidation_price[1])  # 1,200 / 1.05
    after = -(-1_200_000 // 1_004)
    assert (before, after) == (1_143, 1_196)
    outside = [1_000, 900, before, after - 1, after]
    run = run_cascade(crowd, outside, OrderBook(depth=10**6), fund=0, check=True)
    assert run.rows["deleveraged"].tolist() == [0, 200, 0, 0, 0] and run.rows["queue"].tolist() == [0, 1, 0, 0, 0]
    assert run.died.tolist() == [1, 4]
    assert run.rows["deleveraged_value"].tolist() == [0, 200 * 980, 0, 0, 0], "at the long's bankruptcy price"


def test_everybody_is_reached_where_the_market_of_the_library_with_tiers_says():
    crowd = draw_crowd(np.random.default_rng(4), 300, price=60_000, mean_quantity=40, spread=0.05, tiers=TIERS)
    ladder = [(0, 60, 0.004), (60, 200, 0.01), (200, 10**15, 0.025)]
    market = Market(Contract("X", 1, 1), RiskTiers(ladder, "contracts", "flat"))
    exact = market.liquidation_price(
        side=crowd.side, entry_price=crowd.entry.astype(float), quantity=crowd.quantity.astype(float),
        position_margin=crowd.margin.astype(float),
    )  # fmt: skip
    away = crowd.side * (exact - crowd.liquidation_price)
    assert len(set(crowd.rate_of(crowd.quantity))) == 3
    assert ((away >= -1e-6) & (away < 1)).all()


def test_selling_less_softens_the_same_shock():
    """One crowd, one shock, three rules: the price falls least where least is sold."""
    crowd = draw_crowd(np.random.default_rng(2), 20_000, price=100_000, mean_quantity=100, spread=0.01)
    outside = np.full(200, 98_500)
    outside[0] = 100_000
    fell = {
        portion: run_cascade(crowd, outside, OrderBook(300, refill=0.02), fund=10**12, portion=portion).drop
        for portion in ("all", "fifth", "least")
    }
    assert fell["least"] < fell["all"] and fell["fifth"] < fell["all"]


# -- a crowd -----------------------------------------------------------------------------------------------------------


def test_a_drawn_crowd_is_what_was_asked_for():
    crowd = draw_crowd(np.random.default_rng(7), 50_000, price=200_000, mean_quantity=500, tail=2.5, long_share=0.7)
    again = draw_crowd(np.random.default_rng(7), 50_000, price=200_000, mean_quantity=500, tail=2.5, long_share=0.7)
    assert (crowd.quantity == again.quantity).all() and (crowd.entry == again.entry).all()
    assert (crowd.side == LONG).mean() == pytest.approx(0.7, abs=0.01)
    assert crowd.quantity.mean() == pytest.approx(500, rel=0.05) and (crowd.side == SHORT).any()
    assert (crowd.side * (200_000 - crowd.liquidation_price) > 0).all(), "nobody is dead on arrival"
    heavy = draw_crowd(np.random.default_rng(7), 50_000, price=200_000, mean_quantity=500, tail=1.2)
    assert heavy.quantity.max() > 10 * crowd.quantity.max()


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Crowd([1], [1, 2], [5], [5], 0.01), "sizes are: side 1, quantity 2"),
        (lambda: Crowd([1], [0], [5], [5], 0.01), "quantity=0"),
        (lambda: Crowd([2], [1], [5], [5], 0.01), "side=2"),
        (lambda: Crowd([1], [1.5], [5], [5], 0.01), "whole numbers"),
        (lambda: Crowd([1], [10**9], [10**6], [5], 0.01), "take larger units"),
        (lambda: draw_crowd(np.random.default_rng(1), 10**9, price=5, mean_quantity=5), "2e\\+07 is the most"),
        (lambda: draw_crowd(np.random.default_rng(1), 5, price=5, mean_quantity=5, tail=1), "tail=1"),
        (lambda: draw_crowd(np.random.default_rng(1), 5, price=5, mean_quantity=5, leverages=([1], [])), "leverages="),
        (lambda: draw_crowd(1, 5, price=5, mean_quantity=5), "rng=1"),
        (lambda: run_cascade(None, [5], OrderBook(1)), "crowd=None"),
        (lambda: run_cascade(Crowd([1], [1], [5], [1], 0), [5, 5], OrderBook(1), depths=[1]), "depths has 1 entries"),
        (lambda: run_cascade(Crowd([1], [1], [5], [1], 0), [5, 5], OrderBook(1), depths=[1, 0]), "depths=0"),
        (lambda: run_cascade(Crowd([1], [1], [5], [1], 0), [5, 5], OrderBook(1), depths=7), "depths=7"),
        (lambda: Case(seed=1, thins_to=2), "thins_to=2"),
        (
            lambda: run_cascade(Crowd([1], [4 * 10**9], [1], [1], 0), [5], OrderBook(1)),
            "depth=1 is too thin for a crowd",
        ),
        (lambda: run_cascade(Crowd([1], [1], [5], [1], 0), [5, 1e300], OrderBook(1)), r"outside=1e\+300"),
        (lambda: run_cascade(Crowd([1], [1], [5], [1], 0), [[5], [1, 2]], OrderBook(1)), "outside="),
        (lambda: Crowd([1], [1e19], [5], [1], 0), r"quantity=1e\+19"),
        (lambda: Crowd([1], [1], [5], [1], 0.9999999), "maintenance_margin_rate=0.9999999"),
        (lambda: Crowd([1], [1], [5], [1], 0.01, ((5, 0.01),)), "rise from tier to tier"),
        (lambda: Crowd([1], [1], [5], [1], 0.01, ((5, 0.02), (5, 0.03))), "rise from tier to tier"),
        (lambda: Crowd([1], [1], [5], [1], 0.01, ((5, 2),)), "tiers=2"),
        (lambda: Crowd([1], [1], [5], [1], 0.01, 7), "tiers=7"),
        (lambda: run_cascade(Crowd([1], [1], [5], [1], 0), [5, 0], OrderBook(1)), "outside=0"),
        (lambda: run_cascade(Crowd([1], [1], [5], [1], 0), [], OrderBook(1)), "outside="),
        (lambda: run_cascade(Crowd([1], [1], [5], [1], 0), [5], 3), "book=3"),
        (lambda: run_cascade(Crowd([1], [1], [5], [1], 0), [5], OrderBook(1), portion="half"), "portion='half'"),
        (lambda: run_cascade(Crowd([1], [1], [5], [1], 0), [5], OrderBook(1), fund=-1), "fund=-1"),
    ],
)
def test_what_cannot_be_is_refused_in_words(make, says):
    with pytest.raises(ValueError, match=says):
        make()
