"""Pictures of lesson 03."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text

from liquidation.margin.contract import Contract
from liquidation.margin.market import Market
from liquidation.margin.tiers import RiskTiers
from liquidation.margin.venues import BINANCE_BTCUSDT, BYBIT_BTCUSDT, MEXC_BTC_USDT
from liquidation.theory import LONG, SHORT

from ..drawing import (
    BLUE,
    GREY,
    LEADER,
    LONG_STYLE,
    ORANGE,
    RED,
    SHORT_STYLE,
    Choice,
    Picture,
    Scene,
    Slider,
    label_axes,
    new_figure,
    note,
    thousands,
)

_FLAT = {"color": RED, "linestyle": "--"}
_MARGINAL = {"color": BLUE, "linestyle": "-"}
_STYLES = {"flat": (_FLAT, "s"), "marginal": (_MARGINAL, "o")}


def _ruled(tiers: RiskTiers, rule: str, unit: float = 1) -> RiskTiers:
    """Apply another rule to the rates of a ladder; ``unit`` is the money in one unit of its caps."""
    rows = [(row.floor * unit, row.cap * unit, row.maintenance_margin_rate) for row in tiers.tiers]
    return RiskTiers(rows, "value", rule)


def _at_corners(tiers: RiskTiers, low: float, high: float) -> np.ndarray:
    """Sizes from low to high that show every jump upright: each cap, and a hair above it."""
    caps = np.array([cap for cap in tiers.caps if low < cap < high], dtype=float)
    return np.sort(np.concatenate([[low, high], caps, caps * (1 + 1e-9), np.geomspace(max(low, 1), high, 400)]))


def room_and_depth(entry_price: float, depth: float, one_rate: float, tiers: RiskTiers, coins: float) -> Picture:
    """Draw what selling costs per coin against the room that the maintenance margin leaves, by size.

    ``depth`` is in coins on offer per USDT of price, ``coins`` in coins per unit of the ladder's caps.
    """
    ladder = _ruled(tiers, "flat", coins)
    sizes = _at_corners(ladder, 0.1, ladder.caps[-1])
    room = entry_price * np.array(ladder.rates)[ladder.index(sizes)]
    spent = 2 * depth * one_rate * entry_price
    figure, ax = new_figure(height=3.8)
    ax.plot(sizes, room, color=ORANGE, linewidth=2.4, label="room on MEXC's steps")
    ax.axhline(one_rate * entry_price, color=GREY, linestyle="-.", label=f"room at {one_rate:.1%} for every size")
    ax.plot(sizes, sizes / depth / 2, linewidth=2.2, **_MARGINAL, label="what selling costs")
    ax.plot(spent, one_rate * entry_price, "o", color=RED, zorder=5)
    note(ax, f"{spent:,.0f} BTC", (spent, one_rate * entry_price), (6, -8), color=RED)
    ax.set(xscale="log", yscale="log")
    ax.legend(frameon=False, fontsize=10, loc="upper left")
    label_axes(ax, "size (BTC)", "USDT per BTC")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,g}")
    last = ladder.caps[-1]
    enough = (room >= sizes / depth / 2).all()
    return Picture(
        figure,
        f"Room against cost, both axes in powers of ten. With {depth:g} BTC wanted per dollar of price, selling "
        f"{last:,.0f} BTC costs {last / depth / 2:,.0f} USDT per BTC. A room of {one_rate:.1%} of {entry_price:,.0f}, "
        f"that is {one_rate * entry_price:,.0f}, is used up at {spent:,.0f} BTC. A real exchange's steps (the next "
        f"section) widen it with the size from {room[0]:,.0f} to {room[-1]:,.0f}, which "
        f"{'is enough at every size' if enough else 'is not always enough'}.",
    )


def flat_and_marginal(tiers: RiskTiers, largest: float) -> Picture:
    """Draw the requirement against the position value under both rules, in USDT."""
    flat, marginal = _ruled(tiers, "flat"), _ruled(tiers, "marginal")
    values = _at_corners(flat, 0, largest)
    figure, ax = new_figure(height=3.8)
    ax.plot(values, flat.maintenance_margin(values), linewidth=2.2, **_FLAT, label="flat")
    ax.plot(values, marginal.maintenance_margin(values), linewidth=2.2, **_MARGINAL, label="marginal")
    jumps = {}
    for lower, upper in itertools.pairwise(tiers.tiers):
        if upper.floor < largest:
            jumps[upper.floor] = upper.floor * (upper.maintenance_margin_rate - lower.maintenance_margin_rate)
            at = (upper.floor, upper.floor * lower.maintenance_margin_rate + jumps[upper.floor] / 2)
            note(
                ax,
                f"jump of {jumps[upper.floor]:,.0f}",
                at,
                (-6, 10) if 4 * upper.floor > largest else (6, -10),
                color=RED,
            )
    ends = flat.maintenance_margin(largest), marginal.maintenance_margin(largest)
    ax.annotate("", (largest, ends[0]), (largest, ends[1]), arrowprops={"arrowstyle": "<->", "color": GREY})
    note(ax, f"maintenance\namount {ends[0] - ends[1]:,.0f}", (largest, sum(ends) / 2), (8, 0))
    ax.set_xlim(0, 1.28 * largest)
    ax.legend(frameon=False, fontsize=10, loc="upper left")
    label_axes(ax, "position value (USDT)", "requirement (USDT)")
    thousands(ax.xaxis)
    thousands(ax.yaxis)
    said = " and ".join(f"by {jump:,.0f} at {floor:,.0f}" for floor, jump in jumps.items())
    return Picture(
        figure,
        f"One ladder, two rules. The flat requirement jumps {said}; the marginal one only grows steeper there. Above "
        f"the last jump they run side by side: at {largest:,.0f} it is {ends[0]:,.0f} against {ends[1]:,.0f}, apart by "
        f"the maintenance amount, {ends[0] - ends[1]:,.0f}, which is the sum of the jumps.",
    )


def highest_line(tiers: RiskTiers, largest: float) -> Picture:
    """Draw every tier's line, rate times value less amount, and the highest of them."""
    marginal = _ruled(tiers, "marginal")
    values = np.linspace(0, largest, 400)
    figure, ax = new_figure(height=3.6)
    for (rate, amount), style in zip(
        zip(marginal.rates, marginal.amounts, strict=True), (":", "-.", "--", (0, (5, 1))), strict=False
    ):
        ax.plot(values, rate * values - amount, color=GREY, linewidth=1.2, linestyle=style)
        end = rate * largest - amount
        note(ax, f"{rate:.1%}", (largest, end), (5, 0), color=GREY)
    highest = marginal.maintenance_margin(values)
    ax.plot(values, highest, linewidth=2.8, **_MARGINAL)
    ax.set(ylim=(-0.25 * highest[-1], 1.1 * highest[-1]), xlim=(0, 1.08 * largest))
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.locator_params(axis="x", nbins=6)
    label_axes(ax, "position value (USDT)", "requirement (USDT)")
    thousands(ax.xaxis)
    thousands(ax.yaxis)
    return Picture(
        figure,
        f"The line of each tier, drawn beyond its tier (grey), and the marginal requirement (blue): at each value the "
        f"highest of the {len(marginal.rates)}. At {largest:,.0f} it is {highest[-1]:,.0f}; the other tiers' lines "
        "give less there.",
    )


def signed_value(tiers: RiskTiers, entry_value: float, position_margin: float) -> Picture:
    """Draw signed value less requirement, and the targets of a long and of a short of that value and margin."""
    marginal = _ruled(tiers, "marginal")
    market = Market(Contract("", contract_size=1, tick=1), marginal)  # one unit: its price is its value
    largest = 1.35 * (entry_value + position_margin)
    across = np.linspace(-largest, largest, 600)
    figure, ax = new_figure(height=4.2)
    ax.plot(across, across - marginal.maintenance_margin(abs(across)), color="black", linewidth=2.2)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.axvline(0, color=GREY, linewidth=0.8)
    for cap in marginal.caps:
        for x in (cap, -cap):
            if abs(x) < largest:
                ax.plot(x, x - marginal.maintenance_margin(cap), "|", color=GREY, markersize=12)
    said = []
    for side, name, style in [(LONG, "long", LONG_STYLE), (SHORT, "short", SHORT_STYLE)]:
        target = side * entry_value - position_margin
        value = market.liquidation_price(
            side=side, entry_price=entry_value, quantity=1, position_margin=position_margin
        )
        found = side * value
        bottom = -largest * 1.45
        ax.plot([-side * largest, found, found], [target, target, bottom], linewidth=1.6, **style)
        ax.plot(found, target, "o", markersize=9, color=style["color"], zorder=5)
        tier = marginal.index(value) + 1
        words = f"target of the {name}\n{target:+,.0f}"
        note(ax, words, (-side * largest, target), (side * 4, side * 4), color=style["color"])
        note(ax, f"w = {found:+,.0f}", (found, target), (9, -6), color=style["color"])
        said.append(f"the {name}'s target of {target:+,.0f} at w = {found:+,.0f}, in tier {tier}")
    ax.set(xlim=(-largest, largest), ylim=(bottom, largest))
    ax.locator_params(axis="x", nbins=5)
    label_axes(ax, "signed value w = side × value (USDT)", "w less its requirement (USDT)")
    thousands(ax.xaxis)
    thousands(ax.yaxis)
    return Picture(
        figure,
        f"Signed value less requirement only rises, so that each target is met once: {said[0]}; {said[1]}. Entry value "
        f"{entry_value:,.0f}, margin {position_margin:,.0f}. Short strokes mark the caps.",
    )


def twice_liquidatable(tiers: RiskTiers, entry_price: float, quantity: float, position_margin: float) -> Picture:
    """Draw a long's equity against its requirement under the flat and the marginal rule, both at mark value."""
    contract = Contract("", contract_size=1, tick=0.01)
    flat = Market(contract, _ruled(tiers, "flat"))
    marginal = Market(contract, _ruled(tiers, "marginal"))
    position = {"side": LONG, "entry_price": entry_price, "quantity": quantity, "position_margin": position_margin}
    spans = flat.liquidatable_prices(**position)
    once = marginal.liquidation_price(**position)
    lowest, highest = entry_price - 1.15 * position_margin / quantity, entry_price * 1.002
    jumps = [p for b in flat.breakpoints(quantity) for p in (b, b * (1 + 1e-9)) if lowest < b < highest]
    prices = np.sort([*np.linspace(lowest, highest, 400), *jumps])
    equity = position_margin + flat.unrealized_pnl(LONG, entry_price, prices, quantity)
    figure, ax = new_figure(height=4)
    ax.plot(prices, equity, color="black", linewidth=2.2, label="equity of the long")
    ax.plot(prices, flat.requirement(entry_price, prices, quantity), linewidth=2.2, **_FLAT, label="requirement, flat")
    needed = marginal.requirement(entry_price, prices, quantity)
    ax.plot(prices, needed, linewidth=2.2, **_MARGINAL, label="requirement, marginal")
    bottom, top = equity[0] - 0.1 * position_margin, 1.1 * position_margin
    for low, high in spans:
        ax.axvspan(max(low, lowest), high, color=RED, alpha=0.16, linewidth=0)
    healthy = [(low + high) / 2 for (_, low), (high, _) in itertools.pairwise(spans)]
    for price in healthy:
        ax.text(price, bottom, "healthy again\nif flat", ha="center", va="bottom", fontsize=10.5)
    at = marginal.requirement(entry_price, once, quantity)
    ax.plot(once, at, "o", color=BLUE, markersize=8, zorder=5)
    note(ax, f"marginal: {once:,.4f}", (once, at), (14, 52), color=BLUE, arrowprops=LEADER)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.set(xlim=(lowest, highest), ylim=(bottom, top))
    ax.invert_xaxis()
    ax.legend(frameon=False, fontsize=10, loc="upper right")
    label_axes(ax, "mark price (USDT), falling to the right", "equity, requirement (USDT)")
    thousands(ax.yaxis)
    (_, last), *above = spans
    said = " and ".join(f"between {high:,.4f} and {low:,.4f}" for low, high in reversed(above))
    return Picture(
        figure,
        f"A long of {quantity:,.0f} coins, margin {position_margin:,.0f}. Flat by value: liquidatable "
        f"{said + ', healthy again below that, and liquidatable ' if above else ''}from {last:,.4f} down (shaded). "
        f"Marginal: at one price, {once:,.4f}, and below it.",
    )


def _two_rules(ax: Axes) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Make an empty line, a point and its words for each rule."""
    lines = {rule: ax.plot([], [], linewidth=2.2, label=rule, **style)[0] for rule, (style, _) in _STYLES.items()}
    points = {
        rule: ax.plot([], [], marker, markersize=9, color=style["color"], clip_on=False)[0]
        for rule, (style, marker) in _STYLES.items()
    }
    words = {rule: ax.text(0, 0, "", fontsize=11, color=style["color"]) for rule, (style, _) in _STYLES.items()}
    return lines, points, words


def _beside(words: Text, x: float, y: float, aside: float, up: float, above: bool, left: bool) -> None:
    words.set(position=(x - aside if left else x + aside, y + up if above else y - up))
    words.set(ha="right" if left else "left", va="bottom" if above else "top")


class TierClimber(Scene):
    """Requirement as a part of the position value, against the value, under both rules."""

    controls = (
        Choice(
            "ladder",
            "Ladder",
            {"Binance": "Binance", "Bybit": "Bybit", "MEXC": "MEXC"},
        ),
        Slider("value", "Value (thousand USDT)", 10, 4_000, 10, 600),
    )
    _LADDERS: ClassVar = {
        "Binance": (BINANCE_BTCUSDT.tiers, 1, "marginal"),
        "Bybit": (BYBIT_BTCUSDT.tiers, 1, "marginal"),
        "MEXC": (MEXC_BTC_USDT.tiers, 5, "flat"),  # 0.0001 BTC at 50,000
    }
    _LOWEST, _LARGEST = 10_000.0, 4_000_000.0

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0.9 * self._LOWEST, 2.2 * self._LARGEST), ylim=(0, 0.0112), xscale="log")
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.1%}")
        label_axes(ax, "position value (USDT)", "requirement,\nas part of the value")
        thousands(ax.xaxis)
        self._lines, self._points, self._words = _two_rules(ax)
        ax.legend(frameon=False, loc="upper left", fontsize=10)
        self.moving = [*self._lines.values(), *self._points.values(), *self._words.values()]

    def update(self, *, ladder: str, value: float) -> str:
        """Set lines and points; ``value`` in thousand USDT."""
        tiers, unit, own = self._LADDERS[ladder]
        size = value * 1_000.0
        said = {}
        for rule, line in self._lines.items():
            ruled = _ruled(tiers, rule, unit)
            values = _at_corners(ruled, self._LOWEST, self._LARGEST)
            line.set_data(values, ruled.maintenance_margin(values) / values)
            required = ruled.maintenance_margin(size)
            self._points[rule].set_data([size], [required / size])
            said[rule] = (required, required / size, ruled.index(size) + 1)
            # Both only rise: left above the flat line is free, and so is right below the marginal one.
            left = rule == "flat" and value > 30
            _beside(self._words[rule], size, required / size, 0.06 * size, 0.0003, above=rule == "flat", left=left)
            self._words[rule].set_text(f"{required:,.0f} USDT")
        (flat, flat_part, tier), (marginal, part, _) = said["flat"], said["marginal"]
        return (
            f"{size:,.0f} USDT on the ladder of {ladder}, tier {tier}. Flat requires {flat:,.2f} USDT, {flat_part:.3%} "
            f"of the value; marginal {marginal:,.2f}, {part:.3%}. {ladder}'s own rule is {own}"
            f"{'; its caps are in contracts, here worth 5 USDT each.' if unit == 5 else '.'}"
        )


class RoomAgainstSize(Scene):
    """How far the price may move before liquidation, against size, under both rules."""

    controls = (
        Slider("leverage", "Leverage (x)", 10, 50, 1, 20),
        Slider("size", "Size (BTC)", 1, 40, 1, 20),
    )
    _ENTRY, _HIGHEST = 50_000.0, 0.105
    _ROWS = ((0, 50_000, 0.004), (50_000, 250_000, 0.005), (250_000, 1_000_000, 0.01), (1_000_000, 10_000_000, 0.025))

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0, 41), ylim=(-0.008, self._HIGHEST))
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        label_axes(ax, "size (BTC)", "adverse move that liquidates,\nas part of the entry price")
        self._markets = {
            rule: Market(
                Contract("BTC", contract_size=1, tick=0.1),
                RiskTiers(self._ROWS, "value", rule),
                maintenance_basis="entry",
            )
            for rule in _STYLES
        }
        self._lines, self._points, self._words = _two_rules(ax)
        ax.legend(frameon=False, loc="upper right", fontsize=10, ncols=2)
        self.moving = [*self._lines.values(), *self._points.values(), *self._words.values()]

    def _room(self, rule: str, sizes: np.ndarray, leverage: float) -> np.ndarray:
        market = self._markets[rule]
        price = market.liquidation_price(
            side=LONG,
            entry_price=self._ENTRY,
            quantity=sizes,
            position_margin=market.initial_margin(self._ENTRY, sizes, leverage),
        )
        return np.maximum((self._ENTRY - price) / self._ENTRY, 0)  # "already" is an infinite price: no room

    def update(self, *, leverage: float, size: float) -> str:
        """Set lines and points; ``size`` in BTC."""
        sizes = _at_corners(self._markets["flat"].tiers, 1_000, 40 * self._ENTRY) / self._ENTRY
        said = {}
        for rule, line in self._lines.items():
            line.set_data(sizes, self._room(rule, sizes, leverage))
            (room,) = self._room(rule, np.array([float(size)]), leverage)
            self._points[rule].set_data([size], [room])
            # Both only fall: right above the marginal line is free, and so is left below the flat one.
            left = size > 33 if rule == "marginal" else size > 5
            _beside(self._words[rule], size, room, 0.6, 0.002, above=rule == "marginal", left=left)
            self._words[rule].set_text(f"{room:.2%}" if room else "none")
            said[rule] = f"by a move of {room:.2%}" if room else "the moment it opens"
        return (
            f"{size:g} BTC at {self._ENTRY:,.0f} and {leverage:g}x. Flat: liquidated {said['flat']}. "
            f"Marginal: liquidated {said['marginal']}."
        )
