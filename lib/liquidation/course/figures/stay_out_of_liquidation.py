"""Pictures of lesson 09; their numbers are in ``_storms_numbers``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from .. import drawing as draw
from ..storms import THREE, Tally
from . import _storms_numbers as numbers

_HOURS_AND_PRICE = "hours", ("mark price (USDT per BTC)", draw.THOUSANDS)
_STYLES = {"slide": (draw.GREY, "-"), "turn": (draw.GREEN, "-"), "gap": (draw.BLUE, "--")}


@draw.own_style()
def three_storms(storms: np.ndarray, liquidation_price: float) -> draw.Picture:
    """Draw three storms out of the season and the liquidation price of a long; prices in USDT."""
    figure, ax = draw.new_figure(height=3.6)
    hours = np.linspace(0, 24, storms.shape[1])
    paths = storms[list(THREE.values())]
    ends = {}
    for name, path, end in zip(THREE, paths, numbers.first_at_or_below(paths, liquidation_price), strict=True):
        color, style = _STYLES[name]
        over = end if end >= 0 else len(path) - 1
        ax.plot(hours[: over + 1], path[: over + 1], color=color, linestyle=style, linewidth=1.6)
        ax.plot(hours[over:], path[over:], color=color, linestyle=style, linewidth=1, alpha=0.4)
        ax.text(24.3, path[-1], f"the {name}", color=color, va="center", fontsize=11.5)
        if end >= 0:
            ends[name] = hours[end]
            ax.plot(hours[end], path[end], "X", color=draw.RED, markersize=11, zorder=5)
    ax.plot([0, 24], [liquidation_price] * 2, color=draw.RED, linewidth=1.6)
    words = f"liquidation\n{liquidation_price:,.0f}"
    ax.text(24.3, liquidation_price, words, color=draw.RED, va="center", fontsize=10.5)
    ax.set(xlim=(0, 28))
    ax.set_xticks(np.arange(0, 25, 6))
    said = ", ".join(f"the {name} after {hour:.1f} hours" for name, hour in ends.items())
    caption = (
        f"Three of {len(storms):,} storms. A long whose liquidation price is {liquidation_price:,.0f} is taken over "
        f"(crosses; pale: without it) in {said}. The turn ends the day at {storms[THREE['turn'], -1]:,.0f}, after the "
        "position is gone."
    )
    return draw.finish(figure, ax, caption, *_HOURS_AND_PRICE)


# Where the columns of results stand, in percent of the storms.
_COLUMNS = (119, 134, 149)


@draw.own_style()
def outcomes(tallies: Sequence[Tally]) -> draw.Picture:
    """Draw, for every plan, how many positions were liquidated, stopped or still open at the end, and the results."""
    figure, ax = draw.new_figure(height=1.3 + 0.4 * len(tallies))
    total = len(tallies[0].results)
    for row, tally in enumerate(tallies):
        _bar_of(ax, row, tally)
        for place, money, digits in zip(_COLUMNS, tally.columns, (1, 0, 0), strict=True):
            ax.text(place, row, f"{money:+.{digits}f}", ha="right", va="center", fontsize=10.5)
    for place, words in zip(_COLUMNS, ("average", "worst", "good"), strict=True):
        ax.text(place, -0.75, words, ha="right", va="center", fontsize=10.5)
    ax.set_yticks(range(len(tallies)), [tally.name for tally in tallies])
    ax.invert_yaxis()
    ax.set_xlim(0, _COLUMNS[-1] + 1)
    ax.set_xticks(range(0, 101, 25))
    ax.spines.bottom.set_bounds(0, 100)
    ax.grid(visible=False)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=10, frameon=False, columnspacing=1)
    ax.xaxis.label.set_x(50 / ax.get_xlim()[1])
    said = "; ".join(f"{t.name}: {t.liquidated.sum():,}" for t in tallies)
    caption = (
        f"How many of {total:,} positions are liquidated under each plan. {said}. On the right the results in USDT: on "
        "average, in the worst storm, and in a good one."
    )
    return draw.finish(figure, ax, caption, x=(f"part of {total:,} storms", lambda part: f"{part:.0f}%"), y="plan")


def _bar_of(ax: Axes, row: int, tally: Tally) -> None:
    """Draw what became of the positions of one plan; the first row names the colors."""
    left = 0.0
    looks = {"liquidated": (draw.RED, "xxx"), "stopped": (draw.ORANGE, "///"), "open": (draw.GREEN, "")}
    for name, (color, hatch) in looks.items():
        which = getattr(tally, name)
        width = 100 * which.mean()
        words = name if row == 0 else None
        ax.barh(row, width, 0.7, left, color=color, alpha=0.45, hatch=hatch, edgecolor="white", label=words)
        middle = width > 8
        if middle or name == "liquidated":
            place, align = (left + width / 2, "center") if middle else (left + width + 0.6, "left")
            paper = draw.paper(1.5, 0.85)
            ax.text(place, row, f"{which.sum():,}", ha=align, va="center", fontsize=10, bbox=paper)
        left += width


@draw.own_style()
def ways_to_fail() -> draw.Picture:
    """Draw seven short cases of Mira's long with a stop at 49,000 that watches the last price, and how each ends."""
    figure, axes = draw.new_figure(height=8, nrows=4, ncols=2, sharey=True, sharex=True)
    said = []
    *stories, words = axes.flat
    for ax, (name, case) in zip(stories, numbers.CASES.items(), strict=True):
        outcome = case.outcome()
        _draw_bars(ax, case)
        for fill in outcome.fills:
            stop = fill.reason == "stop"
            price = fill.price if stop else case.seen_at(fill.bar)
            ax.plot(fill.bar, price, **_ENDINGS["filled" if stop else "taken over"])
        ax.set_title(f"{name}:", fontsize=14, loc="left", pad=23)
        ends = dict(color=_ENDS[outcome.ending][0], fontsize=14, fontweight="bold", transform=ax.transAxes)
        ax.text(0, 1.04, f"{outcome.ending} {outcome.pnl:+,.0f}", **ends)
        ax.tick_params(labelsize=13)
        said.append(f"{name}: {outcome.ending}, {outcome.pnl:+,.0f}")
    for (row, column), ax in np.ndenumerate(axes):  # shared axes are named once, at the edge
        ax.set_xlabel("bar", fontsize=13)
        ax.set_ylabel("USDT per BTC", fontsize=13)
        ax.xaxis.label.set_visible(row == len(axes) - 1)
        ax.yaxis.label.set_visible(column == 0)
    _explain(words)
    return draw.Picture(
        figure,
        "A stop at 49,000 in front of a liquidation at 48,200; it promises −100 USDT. A cross is where the exchange "
        f"takes over; what it books is the bankruptcy price, 48,000, wherever the market is. {'; '.join(said)}.",
    )


_ENDINGS: dict[str, dict[str, Any]] = {
    "filled": dict(marker="s", color=draw.DARK_ORANGE, markersize=9, linestyle="", label="stop is filled"),
    "taken over": dict(marker="X", color=draw.RED, markersize=10, linestyle="", label="taken over", zorder=5),
}
_LINES: dict[str, dict[str, Any]] = {
    "stop": dict(color=draw.DARK_ORANGE, linestyle="--", linewidth=1.2, label="stop: −100"),
    "liquidation": dict(color=draw.RED, linewidth=1.2, label="liquidation"),
    "mark": dict(color=draw.BLUE, linewidth=2, label="mark price"),
    "last": dict(color="black", linewidth=3, linestyle=":", label="last price, if other"),
}


def _explain(ax: Axes) -> None:
    """Turn a panel into the legend of the others."""
    for look in (*_LINES.values(), *_ENDINGS.values()):
        ax.plot([], [], **look)
    ax.legend(loc="center", fontsize=13, frameon=False, handlelength=1.6, borderpad=0)
    ax.axis("off")


def _draw_bars(ax: Axes, case: numbers.Case) -> None:
    mark, last = (dict(_LINES[name], label="_") for name in ("mark", "last"))
    for i, (opened, high, low, close) in enumerate([numbers.CALM, *case.mark]):
        ax.plot([i, i], [low, high], **mark)
        ax.plot([i - 0.18, i], [opened, opened], **mark)
        ax.plot([i, i + 0.18], [close, close], **mark)
    for _, high, low, _ in case.last:
        ax.plot([1.32, 1.32], [low, high], **last)
    ax.axhline(numbers.STOP, **_LINES["stop"])
    ax.axhline(48_200, **_LINES["liquidation"])
    ax.set(xlim=(-0.5, 2.6), ylim=(47_750, 50_300))
    ax.set_xticks([0, 1, 2], ["1", "2", "3"])
    draw.write_numbers(ax.yaxis, draw.THOUSANDS)


@draw.own_style()
def notice(storms: np.ndarray, thresholds: Sequence[float]) -> draw.Picture:
    """Draw how long before its liquidation Mira's long is warned, and how often in vain, by warning threshold.

    ``thresholds`` are margin ratios; the notice is the median over the storms that liquidate her.
    """
    found = [numbers.notice_of(storms, threshold) for threshold in thresholds]
    figure, ax = draw.new_figure(height=3.6)
    shown = [max(minutes, 0.5) for minutes, _ in found]
    ax.plot(thresholds, shown, color=draw.BLUE, linewidth=2.2, marker="o")
    ax.set_yscale("log")
    ax.set_yticks([1, 3, 10, 30, 60, 180], ["1 min", "3 min", "10 min", "30 min", "1 h", "3 h"])
    ax.minorticks_off()
    ax.set_ylim(0.4, 900)
    for threshold, minutes, (_, vain) in zip(thresholds, shown, found, strict=True):
        draw.note(ax, f"{vain:.0%}\nin vain", (threshold, minutes), (3, 6), fontsize=9.5, color=draw.GREY)
    ax.set_xlim(0.85 * thresholds[0], thresholds[-1] + 0.1)
    (first, first_vain), (last, last_vain) = found[0], found[-1]
    caption = (
        f"A warning at a margin ratio of {thresholds[0]:.0%} comes {first:,.0f} minutes before the liquidation (the "
        f"median), and {first_vain:.0%} of such warnings are in vain: no liquidation follows on that day. One at "
        f"{thresholds[-1]:.0%} is right more often, {last_vain:.0%} in vain, and comes "
        f"{last:.0f} minute{'s' * int(last != 1)} before."
    )
    ratio = ("warning threshold (margin ratio)", draw.PERCENT)
    return draw.finish(figure, ax, caption, x=ratio, y="time left until liquidation (median)")


_ENDS = {"liquidated": (draw.RED, "X"), "stopped": (draw.DARK_ORANGE, "s"), "open": (draw.DARK_GREEN, "o")}


class StormReplay(draw.Scene):
    """One storm, with the reader's leverage, stop and warning."""

    controls = (
        draw.Choice("storm", "Storm", {name: name for name in THREE}),
        draw.Slider("leverage", "Leverage (x)", 5, 40, 1, 25),
        draw.Slider("stop", "Stop below entry (%; 0: none)", 0, 3.5, 0.25, 2, ".2f"),
        draw.Slider("threshold", "Warn at a ratio of (%)", 25, 95, 5, 50),
    )
    height = 4.0

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0, 24), ylim=(43_500, 55_000))
        ax.set_xticks(np.arange(0, 25, 3))
        draw.label_axes(ax, *_HOURS_AND_PRICE)
        (self._alive,) = ax.plot([], [], color=draw.BLUE, linewidth=1.6)
        (self._after,) = ax.plot([], [], color="0.7", linewidth=1)
        (self._liquidation,) = ax.plot([], [], color=draw.RED, linewidth=1.6)
        (self._stop,) = ax.plot([], [], color=draw.DARK_ORANGE, linewidth=1.6, linestyle="--")
        (self._alerts,) = ax.plot([], [], "v", color=draw.ORANGE, markeredgecolor="black", markersize=8)
        (self._end,) = ax.plot([], [], "o", markersize=11, clip_on=False)
        self._words = ax.text(0.3, 54_700, "", va="top", fontsize=12)
        named = {"fontsize": 10.5, "clip_on": True, "bbox": draw.paper(0.5, 0.7)}
        self._liquidation_name = ax.text(0.2, 0, "", color=draw.RED, va="top", **named)
        self._stop_name = ax.text(23.8, 0, "", color=draw.DARK_ORANGE, va="bottom", ha="right", **named)
        lines = [self._after, self._alive, self._liquidation, self._stop, self._alerts, self._end]
        self.moving = [*lines, self._words, self._liquidation_name, self._stop_name]

    def update(self, *, storm: str, leverage: float, stop: float, threshold: float) -> str:
        """Replay; ``stop`` and ``threshold`` in percent."""
        room = numbers.room(leverage)
        if stop >= room > 0:
            raise ValueError(
                f"A stop {stop:g}% below the entry can never fire at {leverage:g}x: the position is liquidated "
                f"{room:.2f}% below it. Take a nearer stop, or less leverage."
            )
        lived = numbers.replay(storm, leverage, stop, threshold)
        path, over, price = lived.path, lived.over, lived.liquidation
        hours = numbers.MINUTES / 60
        self._alive.set_data(hours[: over + 1], path[: over + 1])
        self._after.set_data(hours[over:], path[over:])
        self._liquidation.set_data([0, 24], [price, price])
        self._liquidation_name.set(y=price - 100, text=f"liquidation {price:,.0f}")
        self._stop.set_data(*(([], []) if lived.stop is None else ([0, 24], [lived.stop, lived.stop])))
        self._stop_name.set_text("" if lived.stop is None else f"stop {lived.stop:,.0f}")
        self._stop_name.set_y((lived.stop or price) + 60)
        self._alerts.set_data(lived.alerts / 60, path[lived.alerts] + 250)
        color, marker = _ENDS[lived.ending]
        self._end.set_data([over / 60], [path[over]])
        self._end.set(color=color, marker=marker)
        self._words.set(text=f"{lived.ending}, {lived.result:+,.0f} USDT", color=color)
        when = "at the end" if lived.ending == "open" else f"after {over / 60:.1f} hours"
        return (
            f"The {storm} at {leverage:g}x ({lived.margin:,.0f} USDT of margin): {lived.ending} {when}, "
            f"{lived.result:+,.0f} USDT. {_warned(lived)}"
        )


def _warned(lived: numbers.Replay) -> str:
    if not lived.alerts.size:
        return "No warning came: the margin ratio stayed below the threshold."
    first = int(lived.alerts[0])
    left = lived.over - first
    before = f"after {first:,} minutes"
    if lived.ending != "open":
        before = f"{left:,} minute{'s' * (left != 1)} before the end"
    return f"{lived.alerts.size} warnings, the first {before}." if lived.alerts.size > 1 else f"One warning, {before}."
