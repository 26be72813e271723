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
    top_of_queue,
)
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


def test_binances_score():
    """Profit 50 on a wallet of 200, maintenance 10: 0.25 x 10/250. No profit or no wealth, no score."""
    got = binance_score(np.array([50.0, -5, 10]), np.array([200.0, 100, -20]), np.array([10.0, 10, 10]))
    assert got.tolist() == [0.25 * 10 / 250, 0, 0]


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
    assert done.accounts[2] is before[2] and done.left is None
    at_mark = deleverage(taken, before, [40, 50, 0], price=Fraction(80))
    assert balances(at_mark.transfers)[ENGINE] == -15 * 9, "at the mark (OKX) the engine bears the loss"
    assert balances(at_mark.transfers)[CLEARING] == 135 - 40 * 4 - 30 * 5
    partly = deleverage(taken, before, [10, 0, 0])
    assert partly.left.quantity == 80 and partly.accounts[0].position("XBT").quantity == 30


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


@pytest.mark.parametrize(
    "act, said",
    [
        (lambda: queue(-1, [1], [0]), "total=-1"),
        (lambda: queue(1, [-1], [0]), r"capacities\[0\]=-1 is not allowed"),
        (lambda: pro_rata(1, [1, 2], caps=[1]), "2 weights but 1 caps"),
        (lambda: leveraged_return(1, 1, 1, 0), "equity must be above 0"),
        (lambda: deleverage(Position(MARKET, LONG, 5, 95), winners(), [3, 3, 0]), "closing 6 contracts against the 5"),
        (lambda: deleverage(Position(MARKET, LONG, 5, 95), winners(), [3]), "3 accounts but closed has 1 numbers"),
        (lambda: deleverage(Position(MARKET, SHORT, 5, 95), winners(), [3, 0, 0]), "no such position"),
        (lambda: deleverage(Position(MARKET, LONG, 500, 95), winners(), [50, 0, 0]), "the position has 40 contracts"),
        (lambda: top_of_queue(np.array([]), np.array([]), 1), "non-empty arrays"),
        (lambda: top_of_queue(np.array([1, np.nan]), np.array([1.0, 1]), 1), "must be numbers"),
    ],
)
def test_what_cannot_be_is_refused(act, said):
    with pytest.raises(ValueError, match=said):
        act()


def test_an_empty_queue_covers_nothing_and_says_so():
    assert queue(5, [], []) == [] and pro_rata(5, []) == []
    taken = Position(MARKET, LONG, 5, 95)
    assert deleverage(taken, [], []).left == taken
