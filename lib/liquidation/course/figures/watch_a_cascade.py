"""Pictures and tables of lesson 08: a crowd, a book of bids, and what forced selling does to the price.

A tick is half a dollar and a step a thousandth of a coin, at 50,000 dollars a coin: so the depth of a book, in steps on
each tick, is also the number of coins that are wanted within 1% of the price.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from liquidation import Case, Crowd, OrderBook, draw_crowd, run_cascade

from .. import drawing as draw
from ..tables import Table

DOLLARS = 0.5  # of a tick
COINS = 0.001  # of a step
ENDLESS = 10**15
"""A fund that pays for everything, in lessons that are not about the fund."""
_FALL = ("price against the start", "+.1%")


# -- two hundred traders who can be counted ----------------------------------------------------------------------------


def line_of_traders(quantity: int, count: int = 200, price: int = 10_000) -> Crowd:
    """Longs of equal size, one on each tick below the price; nothing but their margin is required of them."""
    margin = quantity * np.arange(1, count + 1)
    return Crowd(np.ones(count, int), np.full(count, quantity), np.full(count, price), margin, 0.0)


def rounds_of(quantity: int, depth: int, shock: int, count: int = 200, rounds: int = 60) -> list[int]:
    """Compute how far the price falls in each round, the shock first, while it runs into a line of traders."""
    price = 10_000
    outside = np.full(rounds + 1, price - shock)
    outside[0] = price
    run = run_cascade(line_of_traders(quantity, count), outside, OrderBook(depth), fund=ENDLESS)
    # What the outside has moved comes first; each later round is what the selling of the one before has moved.
    marks = [price, price - shock, *run.rows["price"][1:].tolist()]
    falls = [int(before - after) for before, after in itertools.pairwise(marks)]
    return [fall for fall in falls if fall]


@draw.own_style()
def rounds(quantity: int, depth: int, shock: int) -> draw.Picture:
    """Draw each round of a cascade through a line of traders: how far the price falls, and how many it takes."""
    falls = rounds_of(quantity, depth, shock)
    figure, ax = draw.new_figure(height=3.2)
    ax.bar(range(len(falls)), falls, color=[draw.GREY] + [draw.RED] * (len(falls) - 1))
    for place, fall in enumerate(falls[:6]):
        draw.note(ax, f"{fall}", (place, fall), (0, 8))
    ax.xaxis.get_major_locator().set_params(integer=True)
    total = sum(falls)
    caption = (
        f"Each round of the cascade. The price elsewhere falls by {shock} ticks (grey) and reaches {shock} traders; "
        f"their selling moves the price here by {falls[1]} more, and so on: {total} ticks and {total} traders in "
        f"{len(falls)} rounds, {total / shock:.1f} times the shock."
    )
    return draw.finish(figure, ax, caption, x="round", y="further fall (ticks)")


def found_again(products: Sequence[float], shock: int = 2_000) -> Table:
    """Compare the gain of the formula with that of the simulation: one seller on each tick, depth 100."""
    rows = []
    for product in products:
        quantity, price = round(100 * product), 100_000
        count = round(shock / (1 - product) * 1.1)
        margin = quantity * np.arange(1, count + 1)
        crowd = Crowd(np.ones(count, int), np.full(count, quantity), np.full(count, price), margin, 0.0)
        outside = np.full(2_000, price - shock)
        outside[0] = price
        run = run_cascade(crowd, outside, OrderBook(100), fund=ENDLESS)
        rows.append((f"{product:g}", f"{1 / (1 - product):.2f}", f"{run.drop / shock:.2f}"))
    return Table(("density x impact", "1 / (1 - it)", "simulated"), rows)


# -- a crowd of ten thousand -------------------------------------------------------------------------------------------


def fall(case: Case) -> np.ndarray:
    """Compute the price at each second against the start, as a fraction."""
    found: np.ndarray = case.run().rows["price"] / case.price - 1
    return found


class CascadeOfTenThousand(draw.Scene):
    """Ten thousand traders, a shock, and a book that the reader deepens."""

    controls = (
        draw.Slider("leverage", "Everybody's leverage (x)", 3, 50, 1, 25),
        draw.Slider("depth", "Wanted within 1% (coins)", 20, 400, 10, 100),
        draw.Slider("shock", "Fall elsewhere (%)", 0.5, 5, 0.25, 2, ".2f"),
        draw.Choice("portion", "Sells at once", {"all": "all", "a fifth": "fifth", "the least": "least"}),
    )
    height = 3.8
    base = Case(seed=1, depth=100, refill=0.02, fund=ENDLESS)

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0, 119), ylim=(-0.26, 0.02))
        draw.label_axes(ax, "seconds", _FALL)
        (self._outside,) = ax.plot([], [], color=draw.GREY, linewidth=2, linestyle="--")
        (self._market,) = ax.plot([], [], color=draw.RED, linewidth=2.4)
        self._words = ax.text(2, -0.252, "", va="bottom", fontsize=12)
        ax.plot([], [], color=draw.GREY, linestyle="--", label="elsewhere")
        ax.plot([], [], color=draw.RED, label="on this exchange")
        ax.legend(frameon=False, fontsize=10, loc="lower right")
        self.moving = [self._outside, self._market, self._words]

    def update(self, *, leverage: float, depth: float, shock: float, portion: Any) -> str:
        """Run the same crowd and seed; ``shock`` in percent."""
        case = replace(self.base, leverage=leverage, depth=int(depth), shock=shock / 100, portion=portion)
        run, seconds = case.run(), np.arange(case.ticks)
        elsewhere, here = case.outside() / case.price - 1, run.rows["price"] / case.price - 1
        self._outside.set_data(seconds, elsewhere)
        self._market.set_data(seconds, here)
        gone = int((run.died >= 0).sum())
        self._words.set_text(f"{gone:,} of {case.traders:,} gone")
        return (
            f"Elsewhere the price falls by {-elsewhere.min():.1%}. Here, where everybody has {leverage:g}x and "
            f"{depth:g} coins are wanted within 1%, it falls by {-here.min():.1%}, "
            f"{here.min() / elsewhere.min():.1f} times as far, and {gone:,} of {case.traders:,} traders are liquidated."
        )


RULES: dict[Any, str] = {
    "all": "all at once",
    "tiers": "down the tiers",
    "fifth": "a fifth, then the rest",
    "least": "the least that cures",
}


@draw.own_style()
def rules_compared(case: Case) -> draw.Picture:
    """Draw one shock to one crowd under four rules of how much is sold at once."""
    figure, ax = draw.new_figure(height=3.4)
    looks = zip(RULES.items(), ((draw.RED, "-"), (draw.GREEN, ":"), (draw.ORANGE, "-."), (draw.BLUE, "-")), strict=True)
    found = {}
    for (portion, words), (color, style) in looks:
        path = fall(replace(case, portion=portion))
        found[words] = -path.min()
        ax.plot(path, color=color, linestyle=style, linewidth=2.2, label=words)
    ax.plot(case.outside() / case.price - 1, color=draw.GREY, linestyle="--", label="elsewhere")
    ax.legend(frameon=False, fontsize=10)
    caption = (
        f"One shock of {case.shock:.1%}, one crowd, four rules. "
        + "; ".join(f"{words}: {x:.1%}" for words, x in found.items())
        + ". What is not sold does not push."
    )
    return draw.finish(figure, ax, caption, x="seconds", y=_FALL)


def rules_by_shock(case: Case, shocks: Sequence[float]) -> Table:
    """Put how far the price falls under four rules into a table, for several shocks."""
    rows = []
    for shock in shocks:
        fell = [-fall(replace(case, shock=shock, portion=portion)).min() for portion in RULES]
        rows.append((f"{shock:.2%}", *(f"{x:.1%}" for x in fell)))
    return Table(("fall elsewhere", *RULES.values()), rows)


def ahead(case: Case) -> tuple[float, float]:
    """Compute the coins of longs that die in the 1% below the shock, and the coins wanted there."""
    crowd, low = crowd_of(case), case.price * (1 - case.shock)
    dies = (crowd.side > 0) & (crowd.liquidation_price <= low) & (crowd.liquidation_price > low - case.price / 100)
    return float(crowd.quantity[dies].sum() * COINS), float(case.depth * COINS * case.price / 100)


def products(case: Case, leverages: Sequence[float]) -> Table:
    """Put the product of density and impact just below the shock into a table, by leverage, and what came of it."""
    rows = []
    for leverage in leverages:
        given = replace(case, leverage=leverage)
        dies, wanted = ahead(given)
        fell = -fall(given).min()
        rows.append((f"{leverage:g}x", f"{dies:,.0f}", f"{wanted:,.0f}", f"{dies / wanted:.2f}", f"{fell:.1%}"))
    head = ("leverage", "coins that die in the 1% below", "coins wanted there", "product", "the price falls by")
    return Table(head, rows)


def edge_of(case: Case) -> tuple[int, float, float]:
    """Find the first leverage at which the price falls twice as far as elsewhere; the product before it, and at it."""
    for leverage in range(5, 100):
        if -fall(replace(case, leverage=leverage)).min() > 2 * case.shock:
            sides = (ahead(replace(case, leverage=x)) for x in (leverage - 1, leverage))
            before, there = (dies / wanted for dies, wanted in sides)
            return leverage, before, there
    raise ValueError(f"{case} falls twice as far at no leverage below 100")


def edges(case: Case, seeds: Sequence[int]) -> Table:
    """Put the edges of several crowds into a table, and the product of density and impact on both sides of them."""
    rows = []
    for seed in seeds:
        leverage, before, there = edge_of(replace(case, seed=seed))
        rows.append((f"{seed}", f"{leverage}x", f"{before:.2f}", f"{there:.2f}"))
    return Table(("crowd", "falls twice as far at", "product at 1x less", "product there"), rows)


# -- who pays ----------------------------------------------------------------------------------------------------------


class Bill(NamedTuple):
    """Who paid for a run: the fund [dollars], coins taken from winners and their number, and the fall [fraction]."""

    start: float
    end: float
    deleveraged: float
    winners: int
    fell: float


def bills(case: Case, funds: Sequence[float]) -> list[Bill]:
    """Run a case with several funds, given in dollars."""
    unit = DOLLARS * COINS
    found = []
    for start in funds:
        given = replace(case, fund=round(start / unit))
        run = given.run()
        crowd = crowd_of(given)
        # A short whose own price was never reached has been closed as a winner.
        winner = (crowd.side < 0) & (crowd.liquidation_price > run.rows["price"].max())
        winners = int(((run.died >= 0) & winner).sum())
        found.append(
            Bill(
                start,
                int(run.rows["fund"][-1]) * unit,
                int(run.rows["deleveraged"].sum()) * COINS,
                winners,
                run.drop / case.price,
            )
        )
    return found


def crowd_of(case: Case) -> Crowd:
    """The crowd of a case."""
    mixture: Any = {"leverages": ([case.leverage], [1])} if case.leverage else {}
    return draw_crowd(
        np.random.default_rng([case.seed, 0]), case.traders, price=case.price, mean_quantity=case.mean_quantity,
        tail=case.tail, long_share=case.long_share, maintenance_margin_rate=case.maintenance_margin_rate, **mixture,
    )  # fmt: skip


def bill(case: Case, funds: Sequence[float]) -> Table:
    """Put what several funds buy into a table."""
    return Table(
        ("fund (dollars)", "left of it", "coins taken from winners", "winners closed", "the price falls by"),
        [
            (f"{b.start:,.0f}", f"{b.end:,.0f}", f"{b.deleveraged:,.1f}", f"{b.winners:,}", f"{b.fell:.1%}")
            for b in bills(case, funds)
        ],
    )


# -- you are one of them -----------------------------------------------------------------------------------------------


class Fate(NamedTuple):
    """The second in which a trader goes, -1 if never, and how far the price was down then, here and elsewhere."""

    second: int
    here: float
    elsewhere: float


def fate(case: Case, leverage: float) -> Fate:
    """Add a small long to the crowd and compute when it goes."""
    crowd = crowd_of(case)
    margin = round(case.price * 10 / leverage)
    own = {"side": 1, "quantity": 10, "entry": case.price, "margin": margin}
    added: dict[str, Any] = {name: np.append(getattr(crowd, name), value) for name, value in own.items()}
    joined = replace(crowd, **added)
    outside = case.outside()
    run = run_cascade(joined, outside, OrderBook(case.depth, case.refill), fund=case.fund, portion=case.portion)
    second = int(run.died[-1])
    if second < 0:
        return Fate(-1, 0, 0)
    # It was hit by the price that stood before the selling of this second.
    stood = min(int(run.rows["price"][second - 1]), int(outside[second]))
    return Fate(second, 1 - stood / case.price, 1 - float(outside[second]) / case.price)


def fates(case: Case, leverages: Sequence[float]) -> Table:
    """Put the fates of small longs of several leverages into a table."""
    rows = []
    for leverage in leverages:
        found = fate(case, leverage)
        away = f"{1 - (1 - 1 / leverage) / (1 - case.maintenance_margin_rate):.1%}"
        if found.second < 0:
            rows.append((f"{leverage:g}x", away, "lives", "", "", ""))
            continue
        forced = max(found.here - found.elsewhere, 0)
        rows.append((
            f"{leverage:g}x", away, f"{found.second}", f"{found.here:.1%}", f"{found.elsewhere:.1%}",
            f"{forced / found.here:.0%}",
        ))  # fmt: skip
    head = ("leverage", "its price is away", "gone in second", "down here", "down elsewhere", "part by forced selling")
    return Table(head, rows)


# -- depth against leverage --------------------------------------------------------------------------------------------


@draw.own_style()
def depth_against_leverage(table: Any) -> draw.Picture:
    """Draw how far the price falls, from a sweep over depth and leverage, with the line on which it falls twice as far.

    ``table`` is what ``sweep`` returns for a full grid.
    """
    grid = table.pivot_table(index="leverage", columns="depth", values="fell")
    shock = float(table["shock"].iloc[0])
    figure, ax = draw.new_figure(height=4.0)
    levels = [0, 1.25 * shock, 2 * shock, 4 * shock, 8 * shock, 1]
    colors = ["#FFFFFF", "#FBE6DC", "#F3C9B5", "#E8976B", "#D55E00"]
    ax.contourf(grid.columns, grid.index, grid.values, levels=levels, colors=colors)
    lines = ax.contour(grid.columns, grid.index, grid.values, levels=[2 * shock], colors="black", linewidths=2)
    ax.clabel(lines, fmt=lambda level: f"falls by {level:.0%}", fontsize=10)
    ax.set_xscale("log")
    ax.set_xticks(list(grid.columns), [f"{x:g}" for x in grid.columns])
    ax.minorticks_off()
    ax.grid(visible=False)
    worst, best = float(grid.values.max()), float(grid.values.min())
    caption = (
        f"How far the price falls after a shock of {shock:.0%}, by everybody's leverage and the coins wanted within "
        f"1%. On the black line it falls twice as far as elsewhere. In the best corner it falls by {best:.1%}, in the "
        f"worst by {worst:.0%}, and what lies between is less a slope than an edge."
    )
    return draw.finish(figure, ax, caption, x="coins wanted within 1%", y=("everybody's leverage", lambda x: f"{x:g}x"))
