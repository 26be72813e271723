"""Pictures of lesson 03; their numbers are in ``_tiers_numbers``."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text

from liquidation import RiskTiers

from .. import drawing as draw
from . import _tiers_numbers as numbers

_FLAT: dict[str, Any] = {"color": draw.RED, "linestyle": "--"}
_MARGINAL: dict[str, Any] = {"color": draw.BLUE, "linestyle": "-"}
_LOOKS: dict[numbers.Rule, tuple[dict[str, Any], str]] = {"flat": (_FLAT, "s"), "marginal": (_MARGINAL, "o")}
_VALUE_AND_REQUIRED = ("position value (USDT)", draw.THOUSANDS), ("requirement (USDT)", draw.THOUSANDS)


@draw.own_style()
def room_and_depth(entry_price: float, depth: float, one_rate: float, tiers: RiskTiers, coins: float) -> draw.Picture:
    """Draw what selling costs per coin against the gap between liquidation and bankruptcy price, by size.

    Arguments:
        entry_price: [USDT per coin].
        depth: coins on offer per USDT of price.
        one_rate: the one maintenance rate that the ladder is compared with, a fraction.
        tiers: the ladder.
        coins: coins per unit of the ladder's caps.
    """
    sizes, room = numbers.room_by_size(entry_price, tiers, coins)
    cost, level = numbers.selling_cost(sizes, depth), one_rate * entry_price
    spent = numbers.size_that_spends(level, depth)
    figure, ax = draw.new_figure(height=3.8)
    ax.plot(sizes, room, color=draw.ORANGE, linewidth=2.4)
    ax.axhline(level, color=draw.GREY, linestyle="-.")
    ax.plot(sizes, cost, linewidth=2.2, **_MARGINAL)
    ax.fill_between(sizes, level, cost, where=sizes >= spent, color=draw.PALE_RED)
    ax.plot(spent, level, "o", color=draw.RED, zorder=5)
    ax.set(xscale="log", yscale="log", ylim=(cost[0] / 2, 3 * room[-1]))
    middle = float(np.sqrt(sizes[0] * sizes[-1]))
    for words, point, offset, color in [
        (f"gap at {one_rate:.1%} for every size", (sizes[0], level), (2, -5), draw.GREY),
        ("gap on a ladder of tiers", (sizes[-1], room[-1]), (-2, 4), draw.DARK_ORANGE),
        ("what selling costs", (middle, numbers.selling_cost(middle, depth)), (10, -8), draw.BLUE),
        (f"above {spent:,.0f} BTC\nit costs more\nthan {one_rate:.1%}", (spent, level), (8, -10), draw.RED),
    ]:
        draw.note(ax, words, point, offset, color=color, fontsize=11)
    caption = (
        "The gap between liquidation and bankruptcy price against what selling costs, both axes in powers of ten. "
        f"With {depth:g} BTC wanted per dollar of price, selling {sizes[-1]:,.0f} BTC costs {cost[-1]:,.0f} USDT per "
        f"BTC. A gap of {one_rate:.1%} of {entry_price:,.0f}, that is {level:,.0f}, is used up at {spent:,.0f} BTC. "
        f"Rates that rise with the size widen it from {room[0]:,.0f} to {room[-1]:,.0f}, which "
        f"{'is enough at every size shown' if (room >= cost).all() else 'is not always enough'}."
    )
    return draw.finish(figure, ax, caption, x=("size (BTC)", ",g"), y=("USDT per BTC", ",g"))


@draw.own_style()
def flat_and_marginal(tiers: RiskTiers, largest: float) -> draw.Picture:
    """Draw the requirement against the position value under both rules, in USDT."""
    values, jumps = numbers.at_corners(tiers, 0, largest), numbers.jumps(tiers, largest)
    flat, marginal = (numbers.ruled(tiers, rule).maintenance_margin(values) for rule in numbers.RULES)
    figure, ax = draw.new_figure(height=3.8)
    ax.plot(values, flat, linewidth=2.2, **_FLAT)
    ax.plot(values, marginal, linewidth=2.2, **_MARGINAL)
    for words, line, offset, style in (("flat", flat, (-8, 8), _FLAT), ("marginal", marginal, (14, -8), _MARGINAL)):
        point = 0.85 * largest, np.interp(0.85 * largest, values, line)
        draw.note(ax, words, point, offset, color=style["color"], fontsize=13, fontweight="bold")
    for floor, (below, jump) in jumps.items():
        draw.note(
            ax,
            f"jump of {jump:,.0f}",
            (floor, below + jump / 2),
            (-6, 10) if 4 * floor > largest else (6, -8),
            color=draw.RED,
        )
    ends = flat[-1], marginal[-1]
    arrow = {"arrowstyle": "<->", "color": draw.GREY}
    ax.annotate("", (largest, ends[0]), (largest, ends[1]), arrowprops=arrow)
    draw.note(ax, f"maintenance\namount {ends[0] - ends[1]:,.0f}", (largest, sum(ends) / 2), (8, 0))
    ax.set(xlim=(0, 1.28 * largest), ylim=(-0.08 * ends[0], 1.05 * ends[0]))
    said = " and ".join(f"by {jump:,.0f} at {floor:,.0f}" for floor, (_, jump) in jumps.items())
    caption = (
        f"One ladder, two rules. The flat requirement jumps {said}; the marginal one only grows steeper there. Above "
        f"the last jump they run side by side: at {largest:,.0f} it is {ends[0]:,.0f} against {ends[1]:,.0f}, apart by "
        f"the maintenance amount, {ends[0] - ends[1]:,.0f}, which is the sum of the jumps."
    )
    return draw.finish(figure, ax, caption, *_VALUE_AND_REQUIRED)


@draw.own_style()
def highest_line(tiers: RiskTiers, largest: float) -> draw.Picture:
    """Draw every tier's line, rate times value less amount, and the highest of them."""
    values, lines, highest = numbers.tier_lines(tiers, largest)
    figure, ax = draw.new_figure(height=3.6)
    for line, rate, style in zip(lines, tiers.rates, (":", "-.", "--", (0, (5, 1))), strict=False):
        ax.plot(values, line, color=draw.GREY, linewidth=1.2, linestyle=style)
        draw.note(ax, f"{rate:.1%}", (largest, line[-1]), (5, 0), color=draw.GREY)
    ax.plot(values, highest, linewidth=2.8, **_MARGINAL)
    ax.set(ylim=(-0.25 * highest[-1], 1.1 * highest[-1]), xlim=(0, 1.08 * largest))
    ax.axhline(0, color=draw.GREY, linewidth=0.8)
    ax.locator_params(axis="x", nbins=6)
    caption = (
        f"The line of each tier, drawn beyond its tier (grey), and the marginal requirement (blue): at each value the "
        f"highest of the {len(lines)}. At {largest:,.0f} it is {highest[-1]:,.0f}; the other tiers' lines give less "
        "there."
    )
    return draw.finish(figure, ax, caption, *_VALUE_AND_REQUIRED)


@draw.own_style()
def signed_value(tiers: RiskTiers, entry_value: float, position_margin: float) -> draw.Picture:
    """Draw signed value less requirement, and the targets of a long and of a short of that value and margin."""
    largest = 1.35 * (entry_value + position_margin)
    across = np.linspace(-largest, largest, 600)
    caps = np.array([x for cap in tiers.caps for x in (cap, -cap) if cap < largest])
    bottom = -largest * 1.45
    figure, ax = draw.new_figure(height=4.2)
    ax.plot(across, numbers.less_requirement(tiers, across), color="black", linewidth=2.2)
    ax.axhline(0, color=draw.GREY, linewidth=0.8)
    ax.axvline(0, color=draw.GREY, linewidth=0.8)
    ax.plot(caps, numbers.less_requirement(tiers, caps), "|", color=draw.GREY, markersize=12)
    said = []
    for side, (target, found, tier) in numbers.targets(tiers, entry_value, position_margin).items():
        name, style = draw.SIDE_NAMES[side], draw.SIDE_STYLES[side]
        color = style["color"]
        ax.plot([-side * largest, found, found], [target, target, bottom], linewidth=1.6, **style)
        ax.plot(found, target, "o", markersize=9, color=color, zorder=5)
        arrow = {"arrowstyle": "-|>,head_width=0.35,head_length=0.8", "color": color, "linewidth": 0}
        ax.annotate("", (found - 0.12 * side * largest, target), (-side * largest, target), arrowprops=arrow)
        ax.annotate("", (found, bottom), (found, target), arrowprops=arrow | {"shrinkB": 0})
        words = f"1. target of the {name}\n{target:+,.0f}"
        draw.note(ax, words, (-side * largest, target), (side * 4, side * 4), color=color, fontsize=11.5)
        words = f"2. w = {found:+,.0f}"
        draw.note(ax, words, (found, (target + bottom) / 2), (9, 0), color=color, fontsize=11.5)
        said.append(f"the {name}'s target of {target:+,.0f} at w = {found:+,.0f}, in tier {tier}")
    ax.set(xlim=(-largest, largest), ylim=(bottom, largest))
    ax.locator_params(axis="x", nbins=5)
    caption = (
        f"From each target (1) across to the black line, and down to w (2). The line is the signed value less its "
        f"requirement. It only rises, so that each target is met once: {said[0]}; {said[1]}. Entry value "
        f"{entry_value:,.0f}, margin {position_margin:,.0f}. Short strokes mark the caps."
    )
    x, y = "signed value w = side × value (USDT)", "w less its requirement (USDT)"
    return draw.finish(figure, ax, caption, x=(x, draw.THOUSANDS), y=(y, draw.THOUSANDS))


@draw.own_style()
def flat_and_marginal_equity(
    tiers: RiskTiers, entry_price: float, quantity: float, position_margin: float
) -> draw.Picture:
    """Draw a long's equity against its requirement under the flat and the marginal rule, both at mark value."""
    found = numbers.two_triggers(tiers, entry_price, quantity, position_margin)
    lowest, highest = found.prices[0], found.prices[-1]
    digits = 1 if entry_price > 1_000 else 4
    figure, ax = draw.new_figure(height=4)
    ax.plot(found.prices, found.equity, color="black", linewidth=2.2, label="equity of the long")
    ax.plot(found.prices, found.flat, linewidth=2.2, **_FLAT, label="requirement, flat")
    ax.plot(found.prices, found.marginal, linewidth=2.2, **_MARGINAL, label="requirement, marginal")
    bottom, top = found.equity[0] - 0.12 * position_margin, 1.1 * position_margin
    for low, high in found.spans:
        ends = max(low, lowest), min(high, highest)
        ax.axvspan(*ends, color=draw.PALE_RED, linewidth=0, zorder=0)
        draw.note(ax, "dead", (sum(ends) / 2, bottom), (0, 10), fontsize=12, fontweight="bold")
    for (_, low), (high, _) in itertools.pairwise(found.spans):
        draw.note(ax, "healthy again", ((low + high) / 2, bottom), (0, 10), color=draw.DARK_GREEN, fontsize=11)
    if found.spans[-1][1] < highest:
        place = (found.spans[-1][1] + highest) / 2, bottom
        draw.note(ax, "healthy", place, (0, 10), color=draw.DARK_GREEN, fontsize=11)
    draw.note(ax, "flat:", (lowest, bottom), (4, 10), fontsize=11)
    ax.plot(*found.once, "o", color=draw.BLUE, markersize=8, zorder=5)
    words = f"marginal: {found.once[0]:,.{digits}f}"
    draw.note(ax, words, found.once, (-14, 52), color=draw.BLUE, arrowprops=draw.LEADER)
    ax.axhline(0, color=draw.GREY, linewidth=0.8)
    ax.set(xlim=(lowest, highest), ylim=(bottom, top))
    ax.legend(frameon=False, fontsize=10, loc="upper left")
    (_, last), *above = found.spans
    said = " and ".join(f"between {high:,.{digits}f} and {low:,.{digits}f}" for low, high in reversed(above))
    caption = (
        f"A long of {quantity:,g} coins, margin {position_margin:,.0f}. Flat by value: liquidatable "
        f"{said + ', healthy again below that, and liquidatable ' if above else ''}from {last:,.{digits}f} down "
        f"(shaded; the words along the bottom are for flat). Marginal: at one price, "
        f"{found.once[0]:,.{digits}f}, and below it."
    )
    y = ("equity, requirement (USDT)", draw.THOUSANDS)
    return draw.finish(figure, ax, caption, x=("← the price falls        mark price (USDT)", ",g"), y=y)


class _Curve(NamedTuple):
    """What moves for one rule: its line, a point on it, and the words beside the point."""

    line: Line2D
    point: Line2D
    words: Text

    def mark(self, x: float, y: float, words: str, aside: float, up: float, *, above: bool, left: bool) -> None:
        """Put the point, and the words away from it.

        Arguments:
            x: of the point, in the units of the axes.
            y: of the point, likewise.
            words: what to write beside it.
            aside: how far to the side the words begin, in the units of x.
            up: how far above or below they are, in those of y.
            above: whether they are above the point, and not below.
            left: whether they are to the left of it, and not to the right.
        """
        self.point.set_data([x], [y])
        self.words.set(position=(x - aside if left else x + aside, y + up if above else y - up), text=words)
        self.words.set(ha="right" if left else "left", va="bottom" if above else "top")


def _curves(ax: Axes) -> dict[numbers.Rule, _Curve]:
    """Make an empty line, a point and its words for each rule."""
    made = {}
    for rule, (style, marker) in _LOOKS.items():
        (line,) = ax.plot([], [], linewidth=2.2, label=rule, **style)
        (point,) = ax.plot([], [], marker, markersize=9, color=style["color"], clip_on=False)
        made[rule] = _Curve(line, point, ax.text(0, 0, "", fontsize=11, color=style["color"]))
    return made


class TierClimber(draw.Scene):
    """Requirement as a part of the position value, against the value, under both rules."""

    controls = (
        draw.Choice("ladder", "Ladder", {name: name for name in numbers.LADDERS}),
        draw.Slider("value", "Value (thousand USDT)", 10, 4_000, 10, 600),
    )

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0.9 * numbers.LOWEST, 2.2 * numbers.LARGEST), ylim=(0, 0.0112), xscale="log")
        draw.label_axes(ax, _VALUE_AND_REQUIRED[0], ("requirement,\nas part of the value", ".1%"))
        self._curves = _curves(ax)
        ax.legend(frameon=False, loc="upper left", fontsize=10)
        self.moving = [artist for artists in zip(*self._curves.values(), strict=True) for artist in artists]

    def update(self, *, ladder: str, value: float) -> str:
        """Set lines and points; ``value`` in thousand USDT."""
        size, said = value * 1_000.0, {}
        for rule, curve in self._curves.items():
            tiers = numbers.ladder_of(ladder, rule)
            values = numbers.at_corners(tiers, numbers.LOWEST, numbers.LARGEST)
            curve.line.set_data(values, numbers.required(tiers, values)[1])
            money, part, tier = numbers.required(tiers, size)
            # Both only rise: left above the flat line is free, and so is right below the marginal one.
            left = rule == "flat" and value > 30
            curve.mark(size, part, f"{money:,.0f} USDT", 0.06 * size, 0.0003, above=rule == "flat", left=left)
            said[rule] = f"{money:,.2f}", f"{part:.3%}"
        (flat, flat_part), (marginal, marginal_part) = said["flat"], said["marginal"]
        _, unit, own = numbers.LADDERS[ladder]
        return (
            f"{size:,.0f} USDT on the ladder of {ladder}, tier {tier}. Flat requires {flat} USDT, {flat_part} of the "
            f"value; marginal {marginal}, {marginal_part}. {ladder}'s own rule is {own}"
            f"{'; its caps are in contracts, here worth 5 USDT each.' if unit == 5 else '.'}"
        )


class RoomAgainstSize(draw.Scene):
    """How far the price may move before liquidation, against size, under both rules."""

    controls = (draw.Slider("leverage", "Leverage (x)", 10, 50, 1, 20), draw.Slider("size", "Size (BTC)", 1, 40, 1, 20))

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0, 41), ylim=(-0.008, 0.105))
        ax.axhline(0, color=draw.GREY, linewidth=0.8)
        move = "adverse move that liquidates,\nas part of the entry price"
        draw.label_axes(ax, "size (BTC)", (move, draw.PERCENT))
        self._curves = _curves(ax)
        ax.legend(frameon=False, loc="upper right", fontsize=10, ncols=2)
        self.moving = [artist for artists in zip(*self._curves.values(), strict=True) for artist in artists]

    def update(self, *, leverage: float, size: float) -> str:
        """Set lines and points; ``size`` in BTC."""
        said = {}
        for rule, curve in self._curves.items():
            curve.line.set_data(numbers.SIZES, numbers.room_of(rule, numbers.SIZES, leverage))
            (room,) = numbers.room_of(rule, np.array([float(size)]), leverage)
            # Both only fall: right above the marginal line is free, and so is left below the flat one.
            left = size > 33 if rule == "marginal" else size > 5
            words = f"{room:.2%}" if room else "none"
            curve.mark(size, room, words, 0.6, 0.002, above=rule == "marginal", left=left)
            said[rule] = f"by a move of {room:.2%}" if room else "the moment it opens"
        return (
            f"{size:g} BTC at {numbers.ENTRY:,.0f} and {leverage:g}x. Flat: liquidated {said['flat']}. "
            f"Marginal: liquidated {said['marginal']}."
        )
