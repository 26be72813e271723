"""Pictures of lesson 06."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.collections import LineCollection

from liquidation import LONG, Position, walk
from liquidation.engine.fund import Fill, surplus
from liquidation.odds.formulas import expected_fund_change, fill_beyond_bankruptcy
from liquidation.odds.ruin import Ruins, chance_of_ruin, fixed_gain_adjustment

from ..drawing import (
    BLUE,
    DARK_ORANGE,
    GREEN,
    GREY,
    LEADER,
    LONG_STYLE,
    ORANGE,
    RED,
    SHORT_STYLE,
    SIDE,
    Picture,
    Scene,
    Slider,
    label_axes,
    new_figure,
    note,
    thousands,
)
from ..mira import BTC

_FILLS, _DRAWS = "#BFE3D6", "#F3C9B5"  # green and red, paled: what fills the fund, what draws on it
_DARK_GREEN = "#00664A"


def _coins(taken: Position) -> float:
    return taken.quantity * taken.market.contract.contract_size


def two_sides(*positions: Position, reach: float) -> Picture:
    """Draw the change of the fund against the execution price, for two positions taken over.

    The entry price of a position is the bankruptcy price it was taken over at; ``reach`` in USDT to either side.
    """
    figure, axes = new_figure(height=3.0, ncols=2)
    high = reach * max(map(_coins, positions))
    better = []
    for ax, taken in zip(axes, positions, strict=True):
        price, low = taken.entry_price, taken.side * reach
        prices = np.array([price - reach, price, price + reach])
        change = np.array([float(surplus(taken, [Fill(taken.quantity, p)])) for p in prices])
        ax.fill_between(prices, change, where=change >= 0, color=_FILLS)
        ax.fill_between(prices, change, where=change <= 0, color=_DRAWS)
        ax.plot(prices, change, **(LONG_STYLE if taken.side == LONG else SHORT_STYLE), linewidth=2.2)
        ax.axhline(0, color=GREY, linewidth=1)
        ax.plot(price, 0, "o", color=GREY)
        ax.set_ylim(-1.3 * high, 1.3 * high)
        note(ax, f"bankruptcy\nprice {price:,.0f}", (price, 0), (taken.side * 8, -12), color=GREY)
        for sign, words, color in ((1, "fills the\nfund", _DARK_GREEN), (-1, "draws on\nthe fund", RED)):
            place = {"ha": "center", "va": "bottom" if sign == 1 else "top"}
            ax.text(price + sign * 0.76 * low, sign * 0.05 * high, words, color=color, fontsize=10.5, **place)
        name, verb, words = ("long", "sells", "above") if taken.side == LONG else ("short", "buys back", "below")
        label_axes(ax, "execution price (USDT)", "", f"a {name}: the engine {verb}")
        ax.set_xticks(prices)
        thousands(ax.xaxis)
        better.append(f"{words} {price:,.0f} for a {name} of {_coins(taken):g} coins")
    axes[0].set_ylabel("change of the fund (USDT)", fontsize=10.5)
    axes[0].locator_params(axis="y", nbins=4)
    axes[1].set_yticks([])  # the same scale
    return Picture(
        figure,
        "What the fund gains or loses by the price at which the engine closes. Better than the bankruptcy price is "
        f"{' and '.join(better)}: there the fund is filled, by {_coins(positions[0]):g} USDT for every dollar.",
    )


def break_even(maintenance_rate: float, mean_gap: float) -> Picture:
    """Draw how likely each outcome of one liquidation of a long is, and where the mean falls, by maintenance rate.

    ``mean_gap``: mean of the exponential slippage in log price. Changes of the fund in percent of the value at the
    liquidation price.
    """
    figure, (left, right) = new_figure(height=3.0, ncols=2, width_ratios=(1.25, 1))
    lowest = -5 * mean_gap
    change = np.linspace(lowest, maintenance_rate, 400)
    fall = 1 - maintenance_rate + change  # of the price, as a factor
    density = fall ** (1 / mean_gap - 1) / mean_gap / 100
    gains = change >= 0
    left.fill_between(100 * change[gains], density[gains], color=_FILLS)
    left.fill_between(100 * change[~gains], density[~gains], color=_DRAWS)
    left.plot(100 * change, density, color=GREY, linewidth=1.6)
    case = dict(stop_price=1.0, mean_gap=mean_gap)
    bad = fill_beyond_bankruptcy.long(bankruptcy_price=1 - maintenance_rate, **case)
    top = density.max()
    inside = float(np.interp(maintenance_rate / 2, change, density)) / 2
    point = 50 * maintenance_rate, inside
    note(left, f"{1 - bad:.0%} fill\nthe fund", point, (-50, 48), color=_DARK_GREEN, arrowprops=LEADER)
    point = -70 * mean_gap, inside / 6
    note(left, f"{bad:.0%} draw\non it", point, (-40, 40), color=RED, arrowprops=LEADER)
    left.set_ylim(0, 1.3 * top)
    label_axes(left, "change of the fund (% of value)", "probability density (per %)", "one liquidation")
    rates = np.linspace(0, 3 * maintenance_rate, 3)
    means = expected_fund_change.long(bankruptcy_price=1 - rates, **case)
    slip = -float(means[0])
    right.axhline(0, color=GREY, linewidth=1)
    right.plot(100 * rates, 100 * means, color=BLUE, linewidth=2.2)
    right.plot(100 * slip, 0, "o", color=GREEN, markersize=9)
    note(right, f"break-even\nat {slip:.2%}", (100 * slip, 0), (10, -8), color=_DARK_GREEN)
    left.locator_params(nbins=5)
    right.locator_params(nbins=4)
    label_axes(right, "maintenance rate (%)", "mean change (% of value)", "on average")
    mean = expected_fund_change.long(bankruptcy_price=1 - maintenance_rate, **case)
    return Picture(
        figure,
        f"Maintenance rate {maintenance_rate:.2%}, mean slippage {slip:.2%}. Left: {1 - bad:.0%} of the liquidations "
        f"fill the fund, but none by more than {maintenance_rate:.2%}; the others may cost it much more. Right: the "
        f"mean is {mean:+.2%} at this rate, and the fund earns only if the rate is above the mean slippage.",
    )


def running_balance(balances: Sequence[float], drawdown: float | None = None) -> Picture:
    """Draw the balance of one fund (USDT) over liquidations; with ``drawdown``, also where it stops paying."""
    balances = np.asarray(balances, dtype=float)
    count = np.arange(balances.size)
    peaks = np.maximum.accumulate(balances)
    figure, ax = new_figure(height=3.2)
    stopped = np.zeros_like(count) if drawdown is None else balances < (1 - drawdown) * peaks
    first = int(stopped.argmax()) if stopped.any() else count.size - 1
    # It stops on the way down to the first balance that is too low.
    reached = (1 - drawdown) * peaks[first] if stopped.any() else balances[first]
    stop = float(np.interp(-reached, -balances[first - 1 : first + 1], [first - 1, first])) if stopped.any() else first
    ax.plot([*count[:first], stop], [*balances[:first], reached], color=BLUE, linewidth=1.6)
    ax.plot([stop, *count[first:]], [reached, *balances[first:]], color=BLUE, linewidth=1.2, linestyle=":")
    ax.set_xlim(0, 1.02 * count[-1])
    label_axes(ax, "liquidations", "balance of the fund (USDT)")
    thousands(ax.yaxis)
    if drawdown is None:
        lowest = int(balances.argmin())
        ax.set_ylim(0, 1.12 * balances.max())
        ax.plot(lowest, balances[lowest], "v", color=RED, markersize=9)
        note(ax, f"lowest: {balances[lowest]:,.0f}", (lowest, balances[lowest]), (6, 36), color=RED, arrowprops=LEADER)
        note(ax, f"{balances[-1]:,.0f}", (count[-1], balances[-1]), (-4, 6))
        rose = int((np.diff(balances) > 0).sum())
        return Picture(
            figure,
            f"One fund over {count[-1]:,} liquidations. {rose:,} of them filled it; it went from {balances[0]:,.0f} to "
            f"{balances[-1]:,.0f} USDT, and in between down to {balances[lowest]:,.0f}.",
        )
    floor = (1 - drawdown) * peaks
    ax.plot(count, floor, color=ORANGE, linewidth=2, linestyle="--")
    ax.set_ylim(0, 1.12 * peaks[-1])
    note(
        ax,
        f"{1 - drawdown:.0%} of the peak",
        (0.3 * count[-1], floor[int(0.3 * count[-1])]),
        (4, -6),
        color=DARK_ORANGE,
    )
    if not stopped.any():
        return Picture(
            figure,
            f"The fund and {1 - drawdown:.0%} of its peak, over {count[-1]:,} liquidations. It never falls so far; at "
            f"the end it holds {balances[-1]:,.0f} USDT.",
        )
    ax.plot(stop, reached, "s", color=RED, markersize=8)
    aside = -30 if first > balances.size / 3 else 30
    note(ax, f"stops paying\nat {reached:,.0f}", (stop, reached), (aside, -44), color=RED, arrowprops=LEADER)
    return Picture(
        figure,
        f"A fund that stops paying at {drawdown:.0%} below its peak of {peaks[first]:,.0f}. That happens at "
        f"liquidation {first:,}, with {reached:,.0f} USDT still in it. Had it gone on paying (dotted), it would "
        f"have been left with {balances[first:].min():,.0f} at the lowest.",
    )


def ruin_against_balance(simulated: Mapping[float, Ruins], adjustment: float, mean_loss: float) -> Picture:
    """Draw the chance of ruin against the starting balance (USDT): the formula, and simulated frequencies on it."""
    starts = np.array(list(simulated))
    line = np.linspace(0, 1.08 * starts.max(), 200)
    figure, ax = new_figure(height=3.6)
    formula = dict(adjustment=adjustment, mean_loss=mean_loss)
    ax.plot(line, chance_of_ruin(starting_balance=line, **formula), color=BLUE, linewidth=2.2)
    counted = np.array([ruins.chance.value for ruins in simulated.values()])
    errors = np.array([3 * ruins.chance.standard_error for ruins in simulated.values()])
    ax.errorbar(starts, counted, yerr=errors, fmt="o", color=RED, capsize=4, markersize=5)
    for start, value in zip(starts, counted, strict=True):
        note(ax, f"{value:.1%}", (start, value), (8, 3))
    ax.set_yscale("log")
    ax.set_yticks([1, 0.1, 0.01], ["100%", "10%", "1%"])
    ax.minorticks_off()
    ax.set_ylim(0.5 * counted[counted > 0].min(), 1.5)
    note(ax, "formula (line), counted (dots, ± 3 standard errors)", (line[-1], 1.0), (-4, 2), color=GREY)
    label_axes(ax, "balance at the start (USDT)", "chance of ruin")
    thousands(ax.xaxis)
    halves = math.log(2) / adjustment
    return Picture(
        figure,
        f"The chance that the fund is ruined: counted, {counted[0]:.1%} with {starts[0]:,.0f} USDT at the start and "
        f"{counted[-1]:.1%} with {starts[-1]:,.0f}. On this scale it is a straight line: every further {halves:,.0f} "
        "USDT halve it.",
    )


def bills(simulated: Mapping[float, Ruins], mean_loss: float) -> Picture:
    """Draw what is missing at ruin (USDT), by starting balance, against an exponential law."""
    figure, ax = new_figure(height=2.9)
    levels = np.linspace(0, 5 * mean_loss, 200)
    ax.plot(levels, np.exp(-levels / mean_loss), color="0.8", linewidth=5)
    for (start, ruins), style, color in zip(
        simulated.items(), ("-", "--", ":", "-."), (BLUE, RED, GREEN, ORANGE), strict=False
    ):
        more = np.array([(ruins.deficits > level).mean() for level in levels])
        ax.plot(levels, more, color=color, linestyle=style, linewidth=1.8, label=f"started with {start:,.0f}")
    ax.legend(frameon=False, fontsize=10.5)
    ax.set_ylim(0, 1.05)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    label_axes(ax, "missing at ruin (USDT)", "ruined funds that miss more")
    means = " and ".join(f"{ruins.mean_deficit.value:.1f}" for ruins in simulated.values())
    starts = " and ".join(f"{start:,.0f}" for start in simulated)
    return Picture(
        figure,
        f"What is missing when a fund is ruined, for funds that started with {starts} USDT: on average {means}. The "
        f"curves lie close to each other and to the exponential law of mean {mean_loss:g} (pale), whatever the start.",
    )


class WalkTheBook(Scene):
    """A position of any size sold into, or bought back from, an order book of equal levels."""

    controls = (
        Slider("size", "Position (BTC)", 2, 120, 2, 20),
        Slider("depth", "On offer at each level (BTC)", 1, 5, 1, 2),
        SIDE,
    )
    height = 4.0
    _TAKEN = 50_000
    _BEST, _STEP, _LEVELS = 150, 10, 60  # USDT better than the bankruptcy price; apart; how many

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0, 150), ylim=(-450, 200))
        ax.axhline(0, color=GREY, linewidth=1.4)
        note(ax, "bankruptcy\nprice", (150, 0), (-4, 3), color=GREY)
        label_axes(ax, "closed so far (BTC)", "price, better (+) or worse (−)\nthan bankruptcy (USDT)")
        (self._good,) = ax.fill([0], [0], color=_FILLS, linewidth=0, zorder=0)
        (self._bad,) = ax.fill([0], [0], color=_DRAWS, linewidth=0, zorder=0)
        (self._stairs,) = ax.plot([], [], color=BLUE, linewidth=1.8)
        (self._mean,) = ax.plot([], [], color=DARK_ORANGE, linewidth=2.2, linestyle="--")
        self._said = ax.text(148, 185, "", fontsize=11.5, color=DARK_ORANGE, va="top", ha="right")
        self.moving = [self._good, self._bad, self._stairs, self._mean, self._said]

    def update(self, *, size: float, depth: float, side: int) -> str:
        """Walk the book; sizes in BTC."""
        contracts = round(1 / BTC.contract.contract_size)
        taken = Position(BTC, side, int(size) * contracts, self._TAKEN)
        better = [self._BEST - self._STEP * k for k in range(self._LEVELS)]
        book = [(self._TAKEN + side * b, int(depth) * contracts) for b in better]
        fills = walk(book, taken.quantity)
        change = surplus(taken, fills)
        filled = [fill.quantity / contracts for fill in fills]
        ends = np.concatenate([[0], np.cumsum(filled)])
        heights = [side * (fill.price - self._TAKEN) for fill in fills]
        x, y = np.repeat(ends, 2)[1:-1], np.repeat(heights, 2)
        for area, edge in ((self._good, np.maximum(y, 0)), (self._bad, np.minimum(y, 0))):
            area.set_xy(np.column_stack([np.concatenate([[0], x, [x[-1]]]), np.concatenate([[0], edge, [0]])]))
        self._stairs.set_data(x, y)
        mean = change / ends[-1]
        self._mean.set_data([0, ends[-1]], [mean, mean])
        verb, kind = ("sells", "long") if side == LONG else ("buys back", "short")
        said = f"{'sold' if side == LONG else 'bought back'} on average (dashed): {round(mean):+,}"
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


class FundExplorer(Scene):
    """Many funds over many liquidations of one size: fixed maintenance in, exponential slippage out."""

    controls = (
        Slider("maintenance", "Maintenance rate (%)", 0.2, 1.0, 0.05, 0.5, readout=".2f"),
        Slider("slippage", "Mean slippage (%)", 0.2, 1.0, 0.05, 0.4, readout=".2f"),
        Slider("start", "Balance at the start (USDT)", 0, 500, 25, 100),
    )
    height = 3.5
    VALUE = 5_000
    _FUNDS, _LIQUIDATIONS = 6_000, 300
    _SHOWN = range(222, 230)

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0, self._LIQUIDATIONS), ylim=(-360, 2_500))
        ax.axhline(0, color=GREY, linewidth=1.2)
        label_axes(ax, f"liquidations of {self.VALUE:,} USDT each", "balance of the fund (USDT)")
        thousands(ax.yaxis)
        draws = np.random.default_rng(3).standard_exponential((self._FUNDS, self._LIQUIDATIONS), dtype=np.float32)
        self._slips = np.zeros((self._FUNDS, self._LIQUIDATIONS + 1), np.float32)
        np.cumsum(draws, axis=1, out=self._slips[:, 1:])
        self._steps = np.arange(self._LIQUIDATIONS + 1, dtype=np.float32)
        self._alive, self._ruined = (
            LineCollection([], colors=color, linewidths=width) for color, width in (("#8FBCD9", 1.0), (RED, 1.3))
        )
        for lines in (self._alive, self._ruined):
            ax.add_collection(lines, autolim=False)
        (self._ends,) = ax.plot([], [], "x", color=RED, markersize=7)
        (self._mean,) = ax.plot([], [], color="black", linewidth=2, linestyle="--")
        self._said = ax.text(self._LIQUIDATIONS / 2, -200, "", fontsize=11.5, ha="center", va="center")
        self.moving = [self._alive, self._ruined, self._ends, self._mean, self._said]

    def update(self, *, maintenance: float, slippage: float, start: float) -> str:
        """Follow the same draws with these rates (percent) and this balance (USDT)."""
        gain, mean_loss = self.VALUE * maintenance / 100, self.VALUE * slippage / 100
        funds = start + gain * self._steps - mean_loss * self._slips
        below = funds < 0
        ruined = below.any(axis=1)
        when = below.argmax(axis=1)
        alive, gone, ends = [], [], []
        for fund in self._SHOWN:
            path = np.column_stack([self._steps, funds[fund]])
            if ruined[fund]:
                gone.append(path[: when[fund] + 1])
                ends.append((when[fund], 0))
            else:
                alive.append(path)
        self._alive.set_segments(alive)
        self._ruined.set_segments(gone)
        self._ends.set_data(*zip(*ends, strict=True)) if ends else self._ends.set_data([], [])
        earned = gain - mean_loss
        until = min(self._LIQUIDATIONS, start / -earned) if earned < -1e-9 else self._LIQUIDATIONS
        self._mean.set_data([0, until], [start, start + earned * until])
        adjustment = fixed_gain_adjustment(gain=gain, mean_loss=mean_loss) if earned > 1e-9 else 0
        ever = chance_of_ruin(starting_balance=start, adjustment=adjustment, mean_loss=mean_loss)
        percent = "100%" if ever == 1 else f"{ever:.2%}" if ever > 5e-5 else "less than 0.01%"
        self._said.set_text(f"ruined within {self._LIQUIDATIONS}: {ruined.mean():.2%}, ever: {percent}")
        return (
            f"Each liquidation brings {gain:,.2f} USDT and costs {mean_loss:,.2f} on average: {earned + 0.0:+,.2f}. Of "
            f"{self._FUNDS:,} funds that start with {start:,.0f}, {ruined.mean():.2%} are ruined within "
            f"{self._LIQUIDATIONS} liquidations; ever, by the formula, {percent}. (Dashed: the mean; "
            f"{len(self._SHOWN)} funds are drawn.)"
        )
