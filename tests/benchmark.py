"""Ratios that the library promises; run by hand: ``python tests/benchmark.py``.

Every figure is a ratio of medians taken in the same run, one after the other in turn, because machines are noisy.
"""

import os
import statistics
import subprocess
import sys
import time

import numpy as np
from liquidation import (
    BINANCE_BTCUSDT,
    OrderBook,
    draw_crowd,
    leveraged_return,
    linear,
    liquidation_price,
    run_cascade,
    top_of_queue,
    touch_frequency,
)
from liquidation.course.figures.watch_a_cascade import CascadeOfTenThousand
from liquidation.engine.cascade import _State

POSITIONS = 10_000_000


def seconds(function, repeat=1):
    start = time.perf_counter()
    for _ in range(repeat):
        function()
    return (time.perf_counter() - start) / repeat


def medians(*functions, rounds=15, repeat=1, pause=0.0):
    """Median seconds of each function, the functions taking turns, with a pause before each."""
    for function in functions:
        function()
    times = [[time.sleep(pause) or seconds(function, repeat) for function in functions] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def arrays():
    """Ten million positions against their hand-written expressions.

    Twice: as single calls, half a second apart, and in a tight loop, where NumPy gets the memory that it has just
    given back and so spends less on its temporary arrays.
    """
    rng = np.random.default_rng(1)
    s = rng.choice([-1.0, 1.0], POSITIONS)
    E = rng.uniform(100, 100_000, POSITIONS)
    n = rng.uniform(1, 1_000, POSITIONS)
    c = np.full(POSITIONS, 0.0001)
    M = E * n * c / rng.uniform(2, 100, POSITIONS)
    R = M / 10
    given = dict(side=s, entry_price=E, quantity=n, contract_size=c, position_margin=M, maintenance_margin=R)
    assert np.allclose(liquidation_price(**given), E + (R - M) / (s * n * c))
    for name, pause in [("single calls", 0.5), ("a tight loop", 0.0)]:
        ours, same, short = medians(
            lambda: liquidation_price(**given),
            lambda: (s * E * n * c - M + R) / (s * n * c),
            lambda: E + (R - M) / (s * n * c),
            pause=pause,
        )
        print(
            f"1e7 positions, {name}: {ours:.3f} s, {ours / same:.2f} of the same expression by hand ({same:.3f} s), "
            f"{ours / short:.2f} of the shortest one ({short:.3f} s)"
        )


def short_arrays():
    """Arrays of a few thousand positions against plain NumPy with the same checks."""
    rng = np.random.default_rng(4)
    for count in (5_000, 20_000, 100_000):
        s, E = rng.choice([-1.0, 1.0], count), rng.uniform(100, 100_000, count)
        n, c = rng.uniform(1, 1_000, count), np.full(count, 0.0001)
        M = E * n * c / rng.uniform(2, 100, count)
        R = M / 10
        given = dict(side=s, entry_price=E, quantity=n, contract_size=c, position_margin=M, maintenance_margin=R)

        def plain(s=s, E=E, n=n, c=c, M=M, R=R):
            squares = s * s
            assert squares.min() == 1 and squares.max() == 1
            assert all(x.min() > 0 and x.max() < np.inf for x in (E, n, c, M)) and R.min() >= 0 and R.max() < np.inf
            price = (s * E * n * c - M + R) / (s * n * c)
            assert price.min() > 0 and price.max() < np.inf
            return price

        assert np.allclose(liquidation_price(**given), plain())
        ours, theirs = medians(lambda given=given: liquidation_price(**given), plain, rounds=31, repeat=20)
        print(f"{count:>7,} positions: {ours / theirs:.2f} of plain NumPy with the same checks ({theirs * 1e6:.0f} µs)")


def tiered():
    """The exact price in a ladder of tiers, against one rate for all, and against trying every tier."""
    rng = np.random.default_rng(2)
    market, tiers = BINANCE_BTCUSDT, BINANCE_BTCUSDT.tiers

    def book(count):
        value = 10 ** rng.uniform(3, 7.8, count)
        price = rng.uniform(20_000, 100_000, count)
        case = dict(side=rng.choice([-1.0, 1.0], count), entry_price=price, quantity=value / price)
        return case | {"position_margin": value / rng.uniform(2, 40, count)}

    def untiered(case):
        return linear.liquidation_price_mark_basis(
            contract_size=1, maintenance_margin_rate=0.01, maintenance_amount=0, liquidation_fee_rate=0, **case
        )

    def dense(case):
        """Price in every tier, then keep the one whose value lies in its own tier."""
        s, E, q, M = (case[name][:, None] for name in ("side", "entry_price", "quantity", "position_margin"))
        price = (s * E * q - M - np.array(tiers.amounts)) / (q * (s - np.array(tiers.rates)))
        floors, caps = np.array([0, *tiers.caps[:-1]]), np.array([*tiers.caps[:-1], np.inf])
        kept = (price * q > floors) & (price * q <= caps)
        return price[np.arange(len(price)), kept.argmax(axis=1)]

    case = book(1_000_000)
    assert np.allclose(market.liquidation_price(**case), dense(case))
    ours, one, every = medians(
        lambda: market.liquidation_price(**case), lambda: untiered(case), lambda: dense(case), pause=0.1
    )
    print(
        f"1e6 positions in tiers: {ours / one:.1f} of an untiered call, {every / ours:.1f} times as fast as all tiers"
    )
    for count in (10_000, 100_000, 1_000_000, 10_000_000):
        case = book(count)
        (each,) = medians(lambda case=case: market.liquidation_price(**case), rounds=5)
        print(f"  {count:>10,} positions: {each / count * 1e9:.0f} ns each")


def deleveraging(count=1_000_000):
    """Ranking a million winners and closing the top of the queue, against one argpartition of their scores."""
    rng = np.random.default_rng(3)
    entry, margin = rng.uniform(100, 200, count), rng.uniform(0.01, 0.5, count)
    quantity = rng.pareto(1.5, count) + 0.1
    pnl, entry_value, mark_value = (220 - entry) * quantity, entry * quantity, 220 * quantity
    equity = margin * entry_value + pnl
    wanted = 0.01 * quantity.sum()
    scores = leveraged_return(pnl, entry_value, mark_value, equity)
    ours, rank, one = medians(
        lambda: top_of_queue(scores, quantity, wanted),
        lambda: leveraged_return(pnl, entry_value, mark_value, equity),
        lambda: np.argpartition(scores, count - count // 100),
        rounds=21,
    )
    print(
        f"closing 1% of {count:.0e} winners: {ours / one:.2f} of an argpartition ({one * 1e3:.0f} ms), "
        f"{(ours + rank) / one:.2f} with the scores"
    )


def scalar():
    """One call against the bare lambdified function."""
    given = dict(
        side=1,
        entry_price=50_000.0,
        quantity=1_000,
        contract_size=0.0001,
        position_margin=200.0,
        maintenance_margin=20.0,
    )
    liquidation_price(**given)
    bare, values = liquidation_price.program.fraction, tuple(given.values())
    ours, theirs = medians(lambda: liquidation_price(**given), lambda: bare(*values), repeat=20_000)
    print(f"one call: {ours * 1e6:.2f} µs, {(ours - theirs) * 1e6:.2f} µs beyond the lambdified call")


def imports():
    """A fresh interpreter importing liquidation against one importing numpy, both from stored bytecode.

    Installed packages have theirs stored; where the environment forbids Python to write any, ours would be compiled
    anew at each start.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run(code):
        return lambda: subprocess.run([sys.executable, "-c", code], check=True, env=environment)

    ours, numpy, nothing = medians(run("import liquidation"), run("import numpy"), run("pass"))
    print(
        f"import: {(ours - nothing) / (numpy - nothing):.2f} of import numpy "
        f"({(ours - nothing) * 1e3:.0f} ms against {(numpy - nothing) * 1e3:.0f} ms)"
    )


def bridge(paths=1_000_000, steps=24):
    """A million bridge paths of 24 steps against drawing their Normal numbers and reading them once.

    The numbers alone: as plain NumPy draws them, all at once in double precision; in the single precision that the
    simulation uses; and in its blocks, where they never leave the cache.
    """
    given = dict(start=100, barrier=90.452261, volatility=0.8, horizon=7 / 365, steps=steps, paths=paths)

    def at_once(dtype):
        return np.random.default_rng(1).standard_normal((paths, steps), dtype).sum(dtype=float)

    def in_blocks(size=4_096):
        rng, block = np.random.default_rng(1), np.empty((steps, size), np.float32)
        return sum(float(rng.standard_normal(out=block, dtype=np.float32).sum()) for _ in range(0, paths, size))

    ours, double, single, blocks = medians(
        lambda: touch_frequency(np.random.default_rng(1), **given),
        lambda: at_once(np.float64),
        lambda: at_once(np.float32),
        in_blocks,
        rounds=11,
    )
    print(
        f"{paths:.0e} bridge paths of {steps} steps: {ours:.3f} s, {ours / double:.2f} of the bare normals in double "
        f"precision and one pass ({double:.3f} s), {ours / single:.2f} in single ({single:.3f} s), "
        f"{ours / blocks:.2f} in single and in blocks ({blocks:.3f} s)"
    )


def revalued(crowd, outside, book, fund):
    """The rules of a cascade with everybody revalued at every tick of time, in plain NumPy."""
    alive, eaten, gone = np.ones(len(crowd), bool), 0, 0
    for price in outside.astype(np.int64).tolist():
        eaten = book.refilled(eaten)
        mark = book.price(price, eaten)
        equity = crowd.margin + crowd.side * (mark - crowd.entry) * crowd.quantity
        dead = alive & (equity * 1_000_000 <= crowd.rate_of(crowd.quantity) * mark * crowd.quantity)
        for side in (1, -1):
            hit = np.flatnonzero(dead & (crowd.side == side))
            quantity, bankrupt = (
                crowd.quantity[hit],
                crowd.entry[hit] - side * (crowd.margin[hit] // crowd.quantity[hit]),
            )
            rest = crowd.margin[hit] + side * (bankrupt - crowd.entry[hit]) * quantity
            sold = side * int(quantity.sum())
            fund += int(book.proceeds(price, eaten, sold)) + int(rest.sum()) - side * int((bankrupt * quantity).sum())
            eaten += sold
            alive[hit], gone = False, gone + hit.size
    return fund, gone


def cascades():
    """A million traders for 720 ticks of time; how the time grows; a tick without a hit; a frame of the widget."""
    rng = np.random.default_rng(2)
    outside = 500_000 * np.exp(np.cumsum(np.r_[0, rng.normal(0, 0.0002, 719)]))
    outside[300:] *= 0.985
    outside, per_trader, quiet = np.rint(outside), {}, {}
    for traders in (10**4, 10**5, 10**6, 10**7):
        crowd = draw_crowd(np.random.default_rng(1), traders, price=500_000, mean_quantity=200)
        book = OrderBook(traders * 2 // 5, 0.05)
        (ours,) = medians(lambda crowd=crowd, book=book: run_cascade(crowd, outside, book, fund=10**15), rounds=3)
        per_trader[traders] = ours / traders / np.log2(traders)
        state = _State(crowd, [book] * 2_001, 10**15, "all", np.full(2_001, 500_000))
        state.tick(0)
        quiet[traders] = seconds(lambda state=state: [state.tick(k) for k in range(1, 2_001)]) / 2_000
        if traders == 10**6:
            run = run_cascade(crowd, outside, book, fund=10**15)
            state = _State(crowd, [book] * 720, 10**15, "all", outside.astype(np.int64))
            ticks = seconds(lambda state=state: [state.tick(k) for k in range(720)])
            start = time.perf_counter()
            fund, gone = revalued(crowd, outside, book, 10**15)
            plain = time.perf_counter() - start
            assert (fund, gone) == (run.rows["fund"][-1], (run.died >= 0).sum())
            print(
                f"a million traders, 720 ticks, {gone / traders:.1%} liquidated: {ours:.3f} s, "
                f"{plain / ours:.0f} times faster than revaluing everybody; the ticks alone {plain / ticks:.0f} times"
            )
    growth = {n: round(float(t / per_trader[10**5]), 2) for n, t in per_trader.items()}
    print("seconds for n log n, against 1e5:", growth)
    print("a tick of time without a hit (microseconds):", {n: round(t * 1e6, 1) for n, t in quiet.items()})
    scene = CascadeOfTenThousand()
    values = {**scene.start(), "leverage": 30}
    frame = seconds(lambda: scene.frame(**values), 20)
    print(f"a frame of ten thousand traders, run and drawn: {frame * 1e3:.0f} ms")


if __name__ == "__main__":
    arrays()
    short_arrays()
    tiered()
    deleveraging()
    scalar()
    imports()
    bridge()
    cascades()
