"""Pictures of lesson 06; their numbers are in ``_fund_numbers``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from liquidation import LONG, Position, Ruins, ruin

from .. import drawing as draw
from . import _fund_numbers as numbers

# What fills the fund, and what draws on it.
_FILLS, _DRAWS = draw.PALE_GREEN, draw.PALE_RED


@draw.own_style()
def two_sides(*positions: Position, reach: float) -> draw.Picture:
    """Draw the change of the fund against the execution price, for two positions taken over.

    The entry price of a position is the bankruptcy price it was taken over at; ``reach`` in USDT to either side.
    """
    figure, axes = draw.new_figure(height=3.0, ncols=2)
    high = reach * max(map(numbers.coins, positions))
    better = []
    for ax, taken in zip(axes, positions, strict=True):
        price = taken.entry_price
        prices = np.array([price - reach, price, price + reach])
        change = numbers.change_of_fund(taken, prices)
        ax.fill_between(prices, change, where=change >= 0, color=_FILLS)
        ax.fill_between(prices, change, where=change <= 0, color=_DRAWS)
        ax.plot(prices, change, **draw.SIDE_STYLES[taken.side], linewidth=2.2)
        ax.axhline(0, color=draw.GREY, linewidth=1)
        ax.plot(price, 0, "o", color=draw.GREY)
        ax.set_ylim(-1.3 * high, 1.3 * high)
        draw.note(ax, f"bankruptcy\nprice {price:,.0f}", (price, 0), (taken.side * 8, -12), color=draw.GREY)
        for sign, words, color in ((1, "fills the\nfund", draw.DARK_GREEN), (-1, "draws on\nthe fund", draw.RED)):
            place = price + sign * 0.76 * taken.side * reach, sign * 0.05 * high
            ax.text(*place, words, color=color, fontsize=10.5, ha="center", va="bottom" if sign == 1 else "top")
        name, verb, where = ("long", "sells", "above") if taken.side == LONG else ("short", "buys back", "below")
        money = "change of the fund (USDT)" if ax is axes[0] else ""
        draw.label_axes(ax, ("execution price (USDT)", draw.THOUSANDS), money, f"a {name}: the engine {verb}")
        ax.set_xticks(prices)
        better.append(f"{where} {price:,.0f} for a {name} of {numbers.coins(taken):g} coins")
    axes[0].locator_params(axis="y", nbins=4)
    axes[1].set_yticks([])  # the same scale
    return draw.Picture(
        figure,
        "What the fund gains or loses by the price at which the engine closes. Better than the bankruptcy price is "
        f"{' and '.join(better)}: there the fund is filled, by {numbers.coins(positions[0]):g} USDT for every dollar.",
    )


@draw.own_style()
def break_even(maintenance_rate: float, mean_gap: float) -> draw.Picture:
    """Draw how likely each outcome of one liquidation of a long is, and where the mean falls, by maintenance rate.

    ``mean_gap``: mean of the exponential slippage in log price. Changes of the fund in percent of the value at the
    liquidation price.
    """
    change = np.linspace(-5 * mean_gap, maintenance_rate, 400)
    density, bad = numbers.one_liquidation(change, maintenance_rate, mean_gap)
    inside = float(np.interp(maintenance_rate / 2, change, density)) / 200
    change, density = 100 * change, density / 100
    rates = np.linspace(0, 3 * maintenance_rate, 3)
    means, mean = (numbers.mean_change(rate, mean_gap) for rate in (rates, maintenance_rate))
    slip = -float(means[0])
    figure, (left, right) = draw.new_figure(height=3.0, ncols=2, width_ratios=(1.25, 1))
    gains = change >= 0
    left.fill_between(change[gains], density[gains], color=_FILLS)
    left.fill_between(change[~gains], density[~gains], color=_DRAWS)
    left.plot(change, density, color=draw.GREY, linewidth=1.6)
    words, point = f"{1 - bad:.0%} fill the fund,\nby {maintenance_rate:.2%} at most", (50 * maintenance_rate, inside)
    bold = {"fontweight": "bold", "arrowprops": draw.LEADER}
    draw.note(left, words, point, (-34, 52), color=draw.DARK_GREEN, **bold)
    words, point = f"{bad:.0%} draw on it,\nsome much more", (-70 * mean_gap, inside / 6)
    draw.note(left, words, point, (-30, 34), color=draw.RED, **bold)
    left.axvline(0, color=draw.GREY, linewidth=1)
    left.set_ylim(0, 1.3 * density.max())
    left.set_yticks([])
    left.locator_params(axis="x", nbins=5)
    draw.label_axes(left, "change of the fund (% of value)", "how likely", "one liquidation")
    right.axhline(0, color=draw.GREY, linewidth=1)
    right.plot(100 * rates, 100 * means, color=draw.BLUE, linewidth=2.2)
    right.plot(100 * slip, 0, "o", color=draw.GREEN, markersize=9)
    draw.note(right, f"break-even\nat {slip:.2%}", (100 * slip, 0), (10, -8), color=draw.DARK_GREEN)
    right.locator_params(nbins=4)
    draw.label_axes(right, "maintenance rate (%)", "mean change (% of value)", "on average")
    return draw.Picture(
        figure,
        f"Maintenance rate {maintenance_rate:.2%}, mean slippage {slip:.2%}. Left: {1 - bad:.0%} of the liquidations "
        f"fill the fund, but none by more than {maintenance_rate:.2%}; the others may cost it much more. Right: the "
        f"mean is {mean:+.2%} at this rate, and the fund earns only if the rate is above the mean slippage.",
    )


@draw.own_style()
def running_balance(balances: Sequence[float], drawdown: float | None = None) -> draw.Picture:
    """Draw the balance of one fund (USDT) over liquidations; with ``drawdown``, also where it stops paying."""
    figure, ax = draw.new_figure(height=3.2)
    held = np.asarray(balances, dtype=float)
    ax.set_xlim(0, 1.02 * (held.size - 1))
    caption = _whole_life(ax, held) if drawdown is None else _until_it_stops(ax, held, drawdown)
    return draw.finish(figure, ax, caption, x="liquidations", y=("balance of the fund (USDT)", draw.THOUSANDS))


def _whole_life(ax: Axes, balances: np.ndarray) -> str:
    last, lowest = balances.size - 1, int(balances.argmin())
    low = balances[lowest]
    ax.plot(balances, color=draw.BLUE, linewidth=1.6)
    ax.set_ylim(0, 1.12 * balances.max())
    ax.plot(lowest, low, "v", color=draw.RED, markersize=9)
    draw.note(ax, f"lowest: {low:,.0f}", (lowest, low), (6, 36), color=draw.RED, arrowprops=draw.LEADER)
    draw.note(ax, f"{balances[-1]:,.0f}", (last, balances[-1]), (-4, 6))
    rose = int((np.diff(balances) > 0).sum())
    return (
        f"One fund over {last:,} liquidations. {rose:,} of them filled it; it went from {balances[0]:,.0f} to "
        f"{balances[-1]:,.0f} USDT, and in between down to {low:,.0f}."
    )


def _until_it_stops(ax: Axes, balances: np.ndarray, drawdown: float) -> str:
    count, peaks = np.arange(balances.size), np.maximum.accumulate(balances)
    last, floor = int(count[-1]), (1 - drawdown) * peaks
    stop = numbers.where_it_stops(balances, drawdown)
    first, place, reached = stop or (last, last, balances[-1])
    ax.plot([*count[:first], place], [*balances[:first], reached], color=draw.BLUE, linewidth=1.6)
    ax.plot([place, *count[first:]], [reached, *balances[first:]], color=draw.BLUE, linewidth=1.2, linestyle=":")
    ax.plot(count, floor, color=draw.ORANGE, linewidth=2, linestyle="--")
    ax.set_ylim(0, 1.12 * peaks[-1])
    point = (0.3 * last, floor[int(0.3 * last)])
    draw.note(ax, f"{1 - drawdown:.0%} of the peak", point, (4, -6), color=draw.DARK_ORANGE)
    if stop is None:
        return (
            f"The fund and {1 - drawdown:.0%} of its peak, over {last:,} liquidations. It never falls so far; at "
            f"the end it holds {balances[-1]:,.0f} USDT."
        )
    ax.plot(place, reached, "s", color=draw.RED, markersize=8)
    aside = (-30 if first > balances.size / 3 else 30, -44)
    words = f"stops paying\nat {reached:,.0f}"
    draw.note(ax, words, (place, reached), aside, color=draw.RED, arrowprops=draw.LEADER)
    return (
        f"A fund that stops paying at {drawdown:.0%} below its peak of {peaks[first]:,.0f}. That happens at "
        f"liquidation {first:,}, with {reached:,.0f} USDT still in it. Had it gone on paying (dotted), it would "
        f"have been left with {balances[first:].min():,.0f} at the lowest."
    )


@draw.own_style()
def ruin_against_balance(simulated: Mapping[float, Ruins], adjustment: float, mean_loss: float) -> draw.Picture:
    """Draw the chance of ruin against the starting balance (USDT): the formula, and simulated frequencies on it."""
    starts, counted, errors = numbers.counted(simulated)
    line = np.linspace(0, 1.08 * starts.max(), 200)
    formula = ruin.chance_of_ruin(starting_balance=line, adjustment=adjustment, mean_loss=mean_loss)
    figure, ax = draw.new_figure(height=3.6)
    ax.plot(line, formula, color=draw.BLUE, linewidth=2.2)
    ax.errorbar(starts, counted, yerr=errors, fmt="o", color=draw.RED, capsize=4, markersize=5)
    for start, value in zip(starts, counted, strict=True):
        draw.note(ax, f"{value:.1%}", (start, value), (8, 3))
    ax.set_yscale("log")
    ax.set_yticks([1, 0.1, 0.01], ["100%", "10%", "1%"])
    ax.minorticks_off()
    ax.set_ylim(0.5 * counted[counted > 0].min(), 1.5)
    words = "formula (line), counted (dots, ± 3 standard errors)"
    draw.note(ax, words, (line[-1], 1.0), (-4, 2), color=draw.GREY)
    caption = (
        f"The chance that the fund is ruined: counted, {counted[0]:.1%} with {starts[0]:,.0f} USDT at the start and "
        f"{counted[-1]:.1%} with {starts[-1]:,.0f}. On this scale it is a straight line: every further "
        f"{math.log(2) / adjustment:,.0f} USDT halve it."
    )
    balance = ("balance at the start (USDT)", draw.THOUSANDS)
    return draw.finish(figure, ax, caption, x=balance, y="chance of ruin (log scale)")


@draw.own_style()
def bills(simulated: Mapping[float, Ruins], mean_loss: float) -> draw.Picture:
    """Draw what is missing at ruin (USDT), by starting balance, against an exponential law."""
    figure, ax = draw.new_figure(height=2.9)
    levels = np.linspace(0, 5 * mean_loss, 200)
    ax.plot(levels, np.exp(-levels / mean_loss), color="0.8", linewidth=5)
    looks = ((draw.BLUE, "-"), (draw.RED, "--"), (draw.GREEN, ":"), (draw.ORANGE, "-."))
    for (start, ruins), (color, style) in zip(simulated.items(), looks, strict=False):
        more = numbers.missing_more(ruins.deficits, levels)
        ax.plot(levels, more, color=color, linestyle=style, linewidth=1.8, label=f"started with {start:,.0f}")
    ax.legend(frameon=False, fontsize=10.5)
    same = (1.5 * mean_loss, float(np.exp(-1.5)))
    draw.note(ax, "one curve, whatever the start", same, (12, 12), color=draw.GREY, fontsize=11.5)
    ax.set_ylim(0, 1.05)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    means = " and ".join(f"{ruins.mean_deficit.value:.1f}" for ruins in simulated.values())
    starts = " and ".join(f"{start:,.0f}" for start in simulated)
    caption = (
        f"What is missing when a fund is ruined, for funds that started with {starts} USDT: on average {means}. The "
        f"curves lie close to each other and to the exponential law of mean {mean_loss:g} (pale), whatever the start."
    )
    more_missing = ("part that misses more", draw.PERCENT)
    return draw.finish(figure, ax, caption, x="missing at ruin (USDT)", y=more_missing)


def _stairs(ends: np.ndarray, heights: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Corners of stairs with these heights, each up to its end."""
    return np.repeat([0, *ends], 2)[1:-1], np.repeat(heights, 2)


class WalkTheBook(draw.Scene):
    """A position of any size sold into, or bought back from, an order book of equal levels."""

    controls = (
        draw.Slider("size", "Position (BTC)", 2, 120, 2, 40),
        draw.Slider("depth", "On offer at each level (BTC)", 1, 5, 1, 2),
        draw.SIDE,
    )
    height = 4.0

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0, 125), ylim=(-450, 200))
        ax.axhline(0, color=draw.GREY, linewidth=1.4)
        draw.note(ax, "bankruptcy price", (125, 0), (-4, 3), color=draw.GREY)
        draw.note(ax, "grey: still in the book", (0, -450), (6, 6), color=draw.GREY)
        (self._book,) = ax.fill([0], [0], color="0.9", linewidth=0, zorder=0)
        draw.label_axes(ax, "closed so far (BTC)", "price, better (+) or worse (−)\nthan bankruptcy (USDT)")
        (self._good,) = ax.fill([0], [0], color=_FILLS, linewidth=0, zorder=0)
        (self._bad,) = ax.fill([0], [0], color=_DRAWS, linewidth=0, zorder=0)
        (self._stairs,) = ax.plot([], [], color=draw.BLUE, linewidth=1.8)
        (self._mean,) = ax.plot([], [], color=draw.DARK_ORANGE, linewidth=2.2, linestyle="--")
        self._said = ax.text(124, 185, "", fontsize=11.5, color=draw.DARK_ORANGE, va="top", ha="right")
        self.moving = [self._book, self._good, self._bad, self._stairs, self._mean, self._said]

    def update(self, *, size: float, depth: float, side: int) -> str:
        """Walk the book; sizes in BTC."""
        ends, better, change, mean = numbers.walk_the_book(size, depth, side)
        x, y = _stairs(ends, better)
        for area, x_to, edge in (
            (self._book, *_stairs(*numbers.whole_book(depth))),
            (self._good, x, np.maximum(y, 0)),
            (self._bad, x, np.minimum(y, 0)),
        ):
            area.set_xy(np.column_stack([[0, *x_to, x_to[-1]], [0, *edge, 0]]))
        self._stairs.set_data(x, y)
        self._mean.set_data([0, ends[-1]], [mean, mean])
        sold, verb, kind = ("sold", "sells", "long") if side == LONG else ("bought back", "buys back", "short")
        said = f"{sold} on average (dashed): {round(mean):+,}"
        self._said.set_text(said.replace("+0", "0").replace("-", "−"))
        worth = f"{abs(mean):,.0f} USDT {'better' if mean > 0 else 'worse'} than"
        does = f"{'fills' if mean > 0 else 'draws on'} the fund, by {abs(change):,.0f} USDT"
        if round(mean) == 0 and round(change) == 0:
            worth, does = "at", "neither fills the fund nor draws on it"
        left = size - ends[-1]
        return (
            f"The engine {verb} a {kind} of {size:,.0f} BTC, best price first: on average {worth} the bankruptcy "
            f"price. That {does}."
        ) + (f" Then the book is empty, and {left:,.0f} BTC are left with the engine." if left > 0 else "")


class FundExplorer(draw.Scene):
    """Many funds over many liquidations of one size: fixed maintenance in, exponential slippage out."""

    controls = (
        draw.Slider("maintenance", "Maintenance rate (%)", 0.2, 1.0, 0.05, 0.5, readout=".2f"),
        draw.Slider("slippage", "Mean slippage (%)", 0.2, 1.0, 0.05, 0.4, readout=".2f"),
        draw.Slider("start", "Balance at the start (USDT)", 0, 500, 25, 100),
    )
    height = 3.5
    _LAST = numbers.LIQUIDATIONS
    _SHOWN = range(222, 230)

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0, self._LAST), ylim=(-360, 2_500))
        ax.axhline(0, color=draw.GREY, linewidth=1.2)
        each = f"liquidations of {numbers.VALUE:,} USDT each"
        draw.label_axes(ax, each, ("balance of the fund (USDT)", draw.THOUSANDS))
        self._alive, self._ruined = (
            LineCollection([], colors=color, linewidths=width) for color, width in (("#8FBCD9", 1.0), (draw.RED, 1.3))
        )
        for lines in (self._alive, self._ruined):
            ax.add_collection(lines, autolim=False)
        (self._ends,) = ax.plot([], [], "x", color=draw.RED, markersize=7)
        (self._mean,) = ax.plot([], [], color="black", linewidth=2, linestyle="--")
        self._said = ax.text(self._LAST / 2, -200, "", fontsize=11.5, ha="center", va="center")
        self.moving = [self._alive, self._ruined, self._ends, self._mean, self._said]

    def update(self, *, maintenance: float, slippage: float, start: float) -> str:
        """Follow the same draws with these rates (percent) and this balance (USDT)."""
        funds = numbers.follow_funds(maintenance, slippage, start)
        ruined = [fund for fund in self._SHOWN if funds.ruined[fund]]
        self._alive.set_segments([funds.path(fund) for fund in self._SHOWN if fund not in ruined])
        self._ruined.set_segments([funds.path(fund) for fund in ruined])
        self._ends.set_data(funds.when[ruined], [0] * len(ruined))
        earned = funds.gain - funds.mean_loss
        self._mean.set_data([0, funds.emptied], [start, start + earned * funds.emptied])
        part, ever = funds.ruined.mean(), funds.ever
        percent = "100%" if ever == 1 else f"{ever:.2%}" if ever > 5e-5 else "less than 0.01%"
        self._said.set_text(f"ruined within {self._LAST}: {part:.2%}, ever: {percent}")
        return (
            f"Each liquidation brings {funds.gain:,.2f} USDT and costs {funds.mean_loss:,.2f} on average: "
            f"{earned + 0.0:+,.2f}. Of {numbers.FUNDS:,} funds that start with {start:,.0f}, {part:.2%} are ruined "
            f"within {self._LAST} liquidations; ever, by the formula, {percent}. (Dashed: the mean; "
            f"{len(self._SHOWN)} funds are drawn.)"
        )
