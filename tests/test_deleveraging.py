"""Ranking, sharing out, closing: published queues and haircuts, exact sums, and the vectorized queue."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquidation import (
    LONG,
    SHORT,
    Account,
    Contract,
    Market,
    Position,
    RiskTiers,
    balances,
    binance_score,
    by_score,
    deleverage,
    from_random_start,
    isolated,
    largest_without_bankruptcy,
    leveraged_return,
    lights,
    pro_rata,
    queue,
    ranking,
    top_of_queue,
)
from liquidation.algebra.exact import exact
from liquidation.engine import deleveraging
from liquidation.engine.ledger import CLEARING, ENGINE

MARKET = Market(Contract("XBT", Fraction(1, 10), 1), RiskTiers([(0, 10**9, Fraction(1, 100))], "value", "flat"))
amounts = st.lists(st.fractions(0, 100, max_denominator=6), min_size=1, max_size=7)


def test_bitmex_queue():
    """BitMEX "Auto-Deleveraging Examples": six longs, a short of 20 bankrupt at 650."""
    scores, quantities = [3, 6, 1, 4, 5, 2], [10, 10, 20, 30, 20, 10]
    assert [i + 1 for i in by_score(scores)] == [2, 5, 4, 1, 6, 3]
    percentiles = {2: 20, 5: 40, 4: 60, 1: 80, 6: 80, 3: 100}
    assert lights(scores, quantities) == [6 - percentiles[i + 1] // 20 for i in range(6)]
    closed = queue(20, quantities, by_score(scores))
    assert closed == [0, 10, 0, 0, 10, 0]
    accounts = [Account(1_000, [isolated(MARKET, LONG, q, 500, 5)], marks={"XBT": 660}) for q in quantities]
    taken = Position(MARKET, SHORT, 20, 650)
    done = deleverage(taken, accounts, closed)
    assert done.left is None and all("650.00" in transfer.why for transfer in done.transfers[:2])
    assert done.accounts[1].positions == () and done.accounts[4].position("XBT").quantity == 10
    assert done.accounts[1].balance == 1_000 + 150, "150 dollars on 1 XBT: at 650, not at the mark of 660"
    best, taken_from = top_of_queue(np.array(scores, float), np.array(quantities, float), 20)
    assert (best + 1).tolist() == [2, 5] and taken_from.tolist() == [10, 10]


def test_chitras_haircuts():
    """T. Chitra, "Autodeleveraging", arXiv:2512.01112 v3: five accounts, budget 7.5 of a deficit of 15."""
    equity, profits = [10, 5, 1, -3, -12], [8, 4, Fraction(1, 2)]
    budget = Fraction(15, 2)
    left = [e - h for e, h in zip(equity, [*queue(budget, profits, order=[1, 0, 2]), 0, 0], strict=True)]
    assert left == [Fraction(13, 2), 1, 1, -3, -12]
    left = [float(e - h) for e, h in zip(equity, [*pro_rata(budget, profits), 0, 0], strict=True)]
    assert left == [5.2, 2.6, 0.7, -3, -12]


@pytest.mark.parametrize("side", [LONG, SHORT])
def test_the_score_uses_signed_values(side):
    """MEXC's newer text drops the bars around absolute values; coded naively that ranks shorts backward."""
    entry, mark, size = 100, 100 + side * 20, 3
    gain = size * side * (mark - entry)
    equity = size * entry / 10 + gain
    score = leveraged_return(gain, size * entry, size * mark, equity)
    assert score == pytest.approx(0.2 * mark / 30) and score > 0
    # In loss, more leverage means a score nearer to zero, and every loser is behind every winner.
    lost = [leveraged_return(-5, 100, 95, equity) for equity in (5, 15)]
    assert lost[1] < lost[0] < 0
    both = leveraged_return(np.array([gain, -5.0]), np.array([size * entry, 100]), np.array([size * mark, 95]),
                            np.array([equity, 5]))  # fmt: skip
    assert both.tolist() == [score, lost[0]]


def test_scores_of_many_positions_are_those_of_each():
    rng = np.random.default_rng(8)
    pnl, size, equity = rng.normal(0, 5, (2, 40_000)), rng.uniform(50, 100, 40_000), rng.uniform(1, 20, (2, 1))
    scores = leveraged_return(pnl, size, size + 1, equity)
    assert scores.shape == (2, 40_000)
    for i, j in [(0, 0), (0, 32_767), (1, 0), (1, 39_999)]:
        assert scores[i, j] == leveraged_return(pnl[i, j], size[j], size[j] + 1, equity[i, 0])


def test_scores_are_exact_for_fractions_and_none_for_nobody():
    score = leveraged_return(Fraction(10), 100, 110, Fraction(22))
    assert score == Fraction(1, 2) and isinstance(score, Fraction)
    assert leveraged_return(10, 100, 110, Fraction(1, 2)) == 22, "half a dollar of equity is equity"
    assert leveraged_return(np.array([]), 100, 110, np.array([])).shape == (0,)
    with pytest.raises(ValueError, match="equity are arrays that do not fit together"):
        leveraged_return(np.ones(2), 100, 110, np.ones(3))


def test_scores_are_computed_a_piece_at_a_time(monkeypatch):
    """What is computed on the way then stays in the processor's cache."""
    sizes, score = [], deleveraging._score

    def spy(pnl, *others):
        sizes.append(pnl.size)
        return score(pnl, *others)

    monkeypatch.setattr(deleveraging, "PIECE", 4)
    monkeypatch.setattr(deleveraging, "_score", spy)
    pnl = np.arange(-4.0, 6)
    assert leveraged_return(pnl, 100, 50, 25).tolist() == [x / 200 if x < 0 else x / 50 for x in pnl]
    assert sizes == [4, 4, 2]


def test_binances_score():
    """Profit 50 on a wallet of 200, maintenance 10: 0.25 x 10/250. No profit or no wealth, no score."""
    got = binance_score(np.array([50.0, -5, 10]), np.array([200.0, 100, -20]), np.array([10.0, 10, 10]))
    assert got.tolist() == [0.25 * 10 / 250, 0, 0]


@pytest.mark.parametrize(
    ("pnl", "wallet", "required", "score"),
    [
        (Fraction(1, 4), Fraction(1, 4), Fraction(1, 10), 0.25 * 0.2),  # a wallet below 1 counts as 1
        (Fraction(3), Fraction(3, 2), Fraction(9, 4), 2 * 0.5),
        (10, -10, 5, 0),  # just no wealth
        (10, -9, 5, 10 * 5.0),
        (-1, 100, 5, 0),
    ],
)
def test_binances_score_of_one(pnl, wallet, required, score):
    got = binance_score(pnl, wallet, required)
    assert got == pytest.approx(score) and type(got) is float
    assert binance_score(*(np.array([float(x)]) for x in (pnl, wallet, required))).tolist() == [got]


@given(st.fractions(0, 400, max_denominator=5), amounts)
def test_a_queue_reaches_the_total_and_goes_past_nobody(total, capacities):
    order = by_score(capacities)
    shares = queue(total, capacities, order)
    assert sum(shares) == min(total, sum(capacities))
    assert all(0 <= share <= capacity for share, capacity in zip(shares, capacities, strict=True))
    partly = [i for i in order if 0 < shares[i] < capacities[i]]
    assert len(partly) <= 1 and all(shares[i] == 0 for i in order[order.index(partly[0]) + 1 :]) if partly else True


@given(st.fractions(0, 400, max_denominator=5), amounts, st.randoms(use_true_random=False))
def test_capped_pro_rata_is_one_rate_for_all_below_their_caps(total, weights, random):
    caps = [random.choice([w / 3, w, 2 * w, Fraction(5)]) for w in weights]
    shares = pro_rata(total, weights, caps)
    reachable = sum(c for w, c in zip(weights, caps, strict=True) if w > 0)
    assert sum(shares) == min(total, reachable)
    rates = {s / w for s, w, c in zip(shares, weights, caps, strict=True) if w > 0 and s < c}
    assert len(rates) <= 1, "one rate for all who are below their cap"
    assert all(s == c for s, w, c in zip(shares, weights, caps, strict=True) if w and rates and c / w <= min(rates))
    # Splitting an account in two changes nothing for the others (no gain from a second identity).
    half = [w / 2 for w in weights[:1]] * 2 + weights[1:]
    assert pro_rata(total, half, [c / 2 for c in caps[:1]] * 2 + caps[1:])[2:] == shares[1:]


def test_a_random_start_reaches_everybody():
    orders = {tuple(from_random_start(4, np.random.default_rng(seed))) for seed in range(40)}
    assert orders == {(0, 1, 2, 3), (1, 2, 3, 0), (2, 3, 0, 1), (3, 0, 1, 2)}
    assert from_random_start(0, np.random.default_rng(1)) == []
    assert sorted(from_random_start(1_000, np.random.default_rng(1))) == list(range(1_000))


def winners():
    held = [(SHORT, 40, 120, 10), (SHORT, 60, 110, 2), (SHORT, 100, 104, 20)]
    return [
        Account(Fraction(200), [Position(MARKET, s, q, e, lev)], marks={"XBT": Fraction(80)}) for s, q, e, lev in held
    ]


def test_both_sides_are_closed_at_the_bankruptcy_price_and_money_is_conserved():
    taken = Position(MARKET, LONG, 90, Fraction(95))
    before = winners()
    done = deleverage(taken, before, [40, 50, 0], names=["Ann", "Bob", "Cem"])
    book = balances(done.transfers)
    assert sum(book.values()) == 0 and ENGINE not in book
    assert (book["Ann"], book["Bob"]) == (25 * 4, 15 * 5)
    assert [a.balance - b.balance for a, b in zip(done.accounts, before, strict=True)] == [100, 75, 0]
    assert done.accounts[2] is before[2] and done.left is None and done.closed == (40, 50, 0)
    at_mark = deleverage(taken, before, [40, 50, 0], price=Fraction(80))
    assert balances(at_mark.transfers)[ENGINE] == -15 * 9, "at the mark (OKX) the engine bears the loss"
    assert balances(at_mark.transfers)[CLEARING] == 135 - 40 * 4 - 30 * 5
    partly = deleverage(taken, before, [10, 0, 0])
    assert partly.left.quantity == 80 and partly.accounts[0].position("XBT").quantity == 30


COIN = Market(Contract("COIN", 1, 1), RiskTiers([(0, 10**9, Fraction(1, 10))], "value", "flat"))


def winner(balance, entry=100, more=(), margin=None, **rules):
    """A short of 100 contracts, 10 coins, with the mark at 80: worth 800, and 8 must be left."""
    market = MARKET.with_rules(**rules)
    held = [Position(market, SHORT, 100, Fraction(entry), 10, margin), *more]
    marks = {p.key[0]: {"XBT": Fraction(80), "COIN": Fraction(50)}[p.key[0]] for p in held}
    return Account(Fraction(balance), held, marks=marks)


def isolated_winner(balance, **rules):
    """It has 100 dollars behind it and has gained 200; the pool holds the other side of the contract, and a coin."""
    others = [Position(MARKET.with_rules(**rules), LONG, 50, Fraction(90)),
              Position(COIN.with_rules(**rules), LONG, 20, Fraction(50))]  # fmt: skip
    return winner(balance, more=others, margin=Fraction(100), **rules)


def test_the_venues_queue_judges_each_winner_by_the_equity_behind_the_position():
    bankrupt, loser, alone, broke = winner(-250), winner(600, 70), isolated_winner(10_000), winner(-200)
    rich, nearly = winner(400), winner(Fraction(-399, 2))
    assert [a.equity("XBT", SHORT) for a in (bankrupt, loser, alone, broke, rich, nearly)] == [
        -50, 500, 300, 0, 600, Fraction(1, 2)
    ]  # fmt: skip
    # Returns of 1/5, the loser's of -1/7; leverages 800 over the equity: 320, 8/15, 4/15, -5/56, and none for two.
    taken = Position(MARKET, LONG, 500, Fraction(95))
    assert ranking(taken, [bankrupt, loser, alone, broke, rich, nearly]) == [5, 2, 4, 1, 0, 3]


def test_binances_queue_takes_the_requirement_of_the_position():
    rule = dict(adl_score="profit and margin ratio")
    taken = Position(MARKET.with_rules(**rule), LONG, 500, Fraction(95))
    # 200/1,000 x 8/1,200 and 200/900 x 8/1,100; by the pool's 104 the first would come first.
    assert ranking(taken, [isolated_winner(1_000, **rule), winner(900, **rule)]) == [1, 0]
    assert ranking(replace(taken, market=MARKET), [isolated_winner(1_000), winner(900)]) == [0, 1]


def test_without_a_ranking_the_start_is_drawn():
    taken = Position(MARKET.with_rules(adl_score="random start"), LONG, 500, Fraction(95))
    starts = [ranking(taken, [winner(400)] * 3, np.random.default_rng(seed)) for seed in range(20)]
    assert {tuple(order) for order in starts} == {(0, 1, 2), (1, 2, 0), (2, 0, 1)}
    with pytest.raises(ValueError, match="the venue starts at random: give rng"):
        ranking(taken, [winner(400)] * 3)


def test_the_venue_says_whether_both_sides_are_closed_at_the_mark():
    taken = Position(MARKET.with_rules(adl_price="mark"), LONG, 50, Fraction(95))
    done = deleverage(taken, [winner(400, adl_price="mark")], [30])
    assert done.accounts[0].balance == 460 and done.left.quantity == 20
    assert balances(done.transfers) == {CLEARING: -15, "winner 1": 60, ENGINE: -45}
    assert deleverage(taken, [], []).left == taken


@pytest.mark.parametrize(
    ("account", "price", "most"),
    [
        # Closing 0.1 coin at 120, and not at the mark of 80, costs 4; at 84 it costs 0.40; at 75 it brings 0.50.
        (winner(-180), 84, 50),
        (winner(-180), 80, 100),
        (winner(-180), 79, 100),
        (winner(Fraction(-399, 2)), 95, Fraction(1, 3)),
        (winner(-200), 95, 0),
        (winner(-200), 75, 0),  # no equity, and nothing to heal
        (winner(-250), 75, 100),
        (winner(-250), 70, 50),
        (winner(-250), 80, 0),
        (winner(-250), 95, 0),
        (isolated_winner(10_000), 120, 75),  # the margin of 100 and the gain of 200, whatever the pool has
        (isolated_winner(-10_000), 120, 75),
    ],
)
def test_how_many_contracts_a_winner_can_bear(account, price, most):
    taken = Position(MARKET, LONG, 500, Fraction(price))
    assert largest_without_bankruptcy(taken, account) == most
    assert largest_without_bankruptcy(replace(taken, entry_price=1), account, price=Fraction(price)) == most


def test_the_cap_stops_before_a_winner_goes_bankrupt():
    taken = Position(MARKET, LONG, 500, Fraction(95))
    poor = Account(Fraction(-100), [Position(MARKET, SHORT, 40, Fraction(110))], marks={"XBT": Fraction(80)})
    assert poor.equity() == 20
    most = largest_without_bankruptcy(taken, poor)
    assert most == Fraction(40, 3), "closing at 95 and not at 80 costs 1.50 for each contract"
    assert deleverage(taken, [poor], [most]).accounts[0].equity() == 0
    assert largest_without_bankruptcy(taken, poor, price=Fraction(75)) == 40
    broke = replace(poor, balance=Fraction(-200))
    assert largest_without_bankruptcy(taken, broke) == 0


@pytest.mark.parametrize("total", [0, 1, 777, 123_456, 10**9])
def test_the_vectorized_queue_is_the_queue(total):
    rng = np.random.default_rng(4)
    scores, quantities = rng.normal(size=5_000).round(2), rng.pareto(1.5, 5_000).round(1)
    best, closed = top_of_queue(scores, quantities, total)
    wanted = queue(total, quantities.tolist(), by_score(scores.tolist()))
    got = np.zeros(5_000)
    got[best] = closed
    assert np.allclose(got, wanted, atol=1e-6) and (np.diff(scores[best]) <= 0).all()


def test_of_equal_scores_the_first_given_are_closed():
    """The few at the top are found without sorting: of a thousand that tie, any could be among them."""
    scores = np.repeat([1.0, 2.0, 1.0], [500, 3, 497])
    best, closed = top_of_queue(scores, np.full(1_000, 2.0), 13)
    assert best.tolist() == [500, 501, 502, 0, 1, 2, 3] and closed.tolist() == [2] * 6 + [1]


SMALL_ON_TOP = np.where(np.arange(5_000) < 300, 0.5, 100.0)


@pytest.mark.parametrize(
    ("quantities", "total", "closed", "sorted_at_most"),
    [
        (np.full(5_000, 10.0), 0, 0, 64),
        (np.full(5_000, 10.0), 15, 2, 64),
        (np.full(5_000, 10.0), 1_000, 100, 150),  # half as many again as would do if all had the mean
        (np.full(5_000, 0.25), 25, 100, 150),
        (SMALL_ON_TOP, 64 * 0.5, 64, 64),
        (SMALL_ON_TOP, 65 * 0.5, 65, 256),  # four times as many, as 64 did not do
        (SMALL_ON_TOP, 257 * 0.5, 257, 1_024),
        (SMALL_ON_TOP, 10**6, 5_000, 5_000),
    ],
)
def test_only_the_top_of_the_queue_is_sorted(monkeypatch, quantities, total, closed, sorted_at_most):
    sizes, argsort = [], np.argsort

    def spy(values, **options):
        sizes.append(values.size)
        return argsort(values, **options)

    monkeypatch.setattr(np, "argsort", spy)
    best, taken = top_of_queue(-np.arange(5_000.0), quantities, total)
    assert best.tolist() == list(range(closed)) and max(sizes) <= sorted_at_most
    assert taken.sum() == pytest.approx(min(total, quantities.sum()))


# -- sharing out -------------------------------------------------------------------------------------------------------


def test_a_queue_compares_contracts_as_they_are_meant():
    """A bit less than three tenths: above the float 0.3, and below what it means."""
    less = Fraction(3, 10) - Fraction(1, 2 * 10**17)
    assert 0.3 < less < Fraction(3, 10)
    assert queue(less, [0.3, 1], [0, 1]) == [less, 0]


@pytest.mark.parametrize(
    ("total", "weights", "caps", "step", "shares"),
    [
        (10, [1, 1, 1], [9, 9, 9], 1, [4, 3, 3]),
        (7, [32, 38], [9, 9], 1, [3, 4]),  # 3.2 and 3.8: to whom the rounding took most from, given first or not
        (7, [38, 32], [9, 9], 1, [4, 3]),
        (10, [1, 3], [Fraction(5, 2), 9], 1, [2, 8]),  # nobody above whole steps of the cap
        (10, [1, 3], [2.5, 9.0], 1, [2.0, 8.0]),
        (10.0, [1, 1, 1], [9, 9, 9], 1, [4.0, 3.0, 3.0]),
        (1, [1, 2], [9, 9], 0.25, [0.25, 0.75]),  # 1/3 and 2/3: a twelfth and a sixth are lost
        (1, [1, 2], [9, 9], Fraction(1, 4), [Fraction(1, 4), Fraction(3, 4)]),
        (9, [1, 1], [2, 3], 1, [2, 3]),
    ],
)
def test_shares_on_steps_are_of_the_kind_of_what_was_given(total, weights, caps, step, shares):
    got = pro_rata(total, weights, caps, step)
    assert got == shares and [type(x) for x in got] == [type(x) for x in shares]


def test_floats_are_shared_to_the_last_bit_and_nobody_gets_more_than_the_cap():
    assert pro_rata(3.0, [1, 1, 1], caps=[9, 9, 9]) == [1, 1, 1]
    assert pro_rata(1.8, [0.4, 1.5, 0.1], caps=[0.2, 4.4, 0.1]) == [0.2, 1.5, 0.1]
    # The shares are a bit too large together: who has most gives it up, not the one with next to nothing.
    shares = pro_rata(2.5, [0.3, 0.2, 3.0, 1e-30], caps=[9] * 4)
    assert sum(map(exact, shares)) == Fraction(5, 2) and shares[3] == pytest.approx(2.5e-30 / 3.5, abs=1e-42)
    assert shares[:2] == [0.75 / 3.5, 0.5 / 3.5]
    # So here, where only their sum in floats is too large.
    assert 1.52 + 1.672 + 0.608 > 3.8
    shares = pro_rata(3.8, [2.0, 2.2, 0.8], caps=[9] * 3)
    assert sum(pro_rata(2.4, [1.3, 1.2, 1.0], caps=[9] * 3)) <= 2.4 < 2.4 * 1.3 / 3.5 + 2.4 * 1.2 / 3.5 + 2.4 / 3.5
    assert sum(shares) <= 3.8 and (shares[0], shares[2]) == (1.52, 0.608) and shares[1] == pytest.approx(1.672)


def test_fractions_are_shared_exactly_also_where_their_float_is_more():
    assert float(Fraction(1, 10)) > Fraction(1, 10)
    shares = pro_rata(Fraction(1, 10), [1, 1])
    assert shares == [Fraction(1, 20)] * 2 and all(isinstance(share, Fraction) for share in shares)


@pytest.mark.parametrize(
    "act, said",
    [
        (lambda: queue(-1, [1], [0]), "total=-1"),
        (lambda: queue(1, [-1], [0]), r"capacities\[0\]=-1 is not allowed"),
        (lambda: pro_rata(1, [1, 2], caps=[1]), "2 weights but 1 caps"),
        (lambda: pro_rata(-1, [1]), "^total=-1"),
        (lambda: pro_rata(1, [1, -2]), r"^weights\[1\]=-2"),
        (lambda: pro_rata(1, [1, 2], caps=[1, -2]), r"^caps\[1\]=-2"),
        (lambda: pro_rata(1, [1], step=0), "^step=0"),
        (lambda: leveraged_return(1, 1, 1, 0), "equity must be above 0"),
        (lambda: deleverage(Position(MARKET, LONG, 5, 95), winners(), [3, 3, 0]), "closing 6 contracts against the 5"),
        (lambda: deleverage(Position(MARKET, LONG, 5, 95), winners(), [3]), "3 accounts but closed has 1 numbers"),
        (lambda: deleverage(Position(MARKET, SHORT, 5, 95), winners(), [3, 0, 0]), "no such position"),
        (lambda: deleverage(Position(MARKET, LONG, 500, 95), winners(), [50, 0, 0]), "the position has 40 contracts"),
        (lambda: top_of_queue(np.array([]), np.array([]), 1), "non-empty arrays"),
        (lambda: top_of_queue(np.ones((2, 2)), np.ones((2, 2)), 1), "two non-empty arrays of one length"),
        (lambda: top_of_queue(np.ones(3), np.ones(2), 1), "two non-empty arrays of one length"),
        (lambda: top_of_queue(np.ones(3), np.array([1.0, -1, 1]), 1), "quantities numbers of at least 0"),
        (lambda: top_of_queue(np.ones(3), np.ones(3), -1), "^total=-1"),
        (lambda: top_of_queue([1, "x"], [1, 1], 1), "^scores"),
        (lambda: top_of_queue([1, 1], [1, "x"], 1), "^quantities"),
        (lambda: from_random_start(10**7 + 1, np.random.default_rng(1)), "count must be at most 1e7"),
        (lambda: top_of_queue(np.array([1, np.nan]), np.array([1.0, 1]), 1), "must be numbers"),
    ],
)
def test_what_cannot_be_is_refused(act, said):
    with pytest.raises(ValueError, match=said):
        act()


def test_an_empty_queue_covers_nothing_and_says_so():
    assert queue(5, [], []) == pro_rata(5, []) == pro_rata(0, []) == pro_rata(5.0, []) == []
    taken = Position(MARKET, LONG, 5, 95)
    assert deleverage(taken, [], []).left == taken
