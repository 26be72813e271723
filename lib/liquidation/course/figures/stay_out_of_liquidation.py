"""Pictures of lesson 09."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from liquidation import LONG, LiquidationWarning, StopLoss, linear, liquidation_price, replay_stop

from ..drawing import (
    BLUE,
    DARK_ORANGE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    Choice,
    Picture,
    Scene,
    Slider,
    label_axes,
    new_figure,
    note,
    thousands,
)
from ..storms import THREE, Tally, season

_MIRA = dict(side=LONG, entry_price=50_000, quantity=1_000, contract_size=0.0001)
_HELD = dict(**_MIRA, position_margin=200, maintenance_margin=20)
_STYLES = {"slide": (GREY, "-"), "turn": (GREEN, "-"), "gap": (BLUE, "--")}


@cache
def _three() -> dict[str, np.ndarray]:
    storms = season()
    return {name: storms[index] for name, index in THREE.items()}


def three_storms(storms: np.ndarray, liquidation_price: float) -> Picture:
    """Draw three storms out of the season and the liquidation price of a long; prices in USDT."""
    figure, ax = new_figure(height=3.6)
    hours = np.linspace(0, 24, storms.shape[1])
    ends = {}
    for name, index in THREE.items():
        color, style = _STYLES[name]
        path = storms[index]
        ax.plot(hours, path, color=color, linestyle=style, linewidth=1.3)
        ax.text(24.3, path[-1], f"the {name}", color=color, va="center", fontsize=11.5)
        reached = path <= liquidation_price
        if reached.any():
            ends[name] = hours[reached.argmax()]
            ax.plot(ends[name], path[reached.argmax()], "X", color=RED, markersize=10)
    ax.plot([0, 24], [liquidation_price] * 2, color=RED, linewidth=1.6)
    ax.text(24.3, liquidation_price, f"liquidation\n{liquidation_price:,.0f}", color=RED, va="center", fontsize=10.5)
    ax.set(xlim=(0, 28))
    ax.set_xticks(np.arange(0, 25, 6))
    label_axes(ax, "hours", "mark price (USDT per BTC)")
    thousands(ax.yaxis)
    said = ", ".join(f"the {name} after {hour:.1f} hours" for name, hour in ends.items())
    return Picture(
        figure,
        f"Three of {len(storms):,} storms. A long whose liquidation price is {liquidation_price:,.0f} is taken over "
        f"(crosses) in {said}. The turn ends the day at {storms[THREE['turn'], -1]:,.0f}, after the position is gone.",
    )


# Where the columns of results stand, in percent of the storms.
_COLUMNS = (119, 134, 149)


def outcomes(tallies: Sequence[Tally]) -> Picture:
    """Draw, for every plan, how many positions were liquidated, stopped or still open at the end, and the results."""
    figure, ax = new_figure(height=1.3 + 0.4 * len(tallies))
    total = len(tallies[0].results)
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85}
    looks = {"liquidated": (RED, "xxx"), "stopped": (ORANGE, "///"), "open": (GREEN, "")}
    for row, tally in enumerate(tallies):
        left = 0
        for name, (color, hatch) in looks.items():
            which = getattr(tally, name)
            width = 100 * which.mean()
            words = name if row == 0 else None
            ax.barh(
                row, width, left=left, color=color, alpha=0.45, hatch=hatch, edgecolor="white", height=0.7, label=words
            )
            middle = width > 8
            if middle or name == "liquidated":
                ax.text(
                    left + (width / 2 if middle else width + 0.6), row, f"{which.sum():,}",
                    ha="center" if middle else "left", va="center", fontsize=10, bbox=paper,
                )  # fmt: skip
            left += width
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
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0f}%")
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=10, frameon=False, columnspacing=1)
    label_axes(ax, f"part of {total:,} storms", "plan")
    ax.xaxis.label.set_x(50 / ax.get_xlim()[1])
    said = "; ".join(f"{t.name}: {t.liquidated.sum():,}" for t in tallies)
    return Picture(
        figure,
        f"How many of {total:,} positions are liquidated under each plan. {said}. On the right the results in USDT: on "
        "average, in the worst storm, and in a good one.",
    )


def _bar(opened, high, low, close):
    return [opened, high, low, close]


_CALM = _bar(50_000, 50_150, 49_400, 49_600)
_STOP = 49_000
# Name, bars of the mark price, bars of the last price if they differ, contracts that can be traded in a bar.
_CASES = (
    ("a gap over the stop", [_CALM, _bar(48_600, 48_900, 48_400, 48_700)], None, np.inf),
    ("a gap over both", [_CALM, _bar(48_000, 48_500, 47_900, 48_400)], None, np.inf),
    ("too few buyers", [_CALM, _bar(49_300, 49_400, 48_700, 48_750), _bar(48_700, 48_800, 48_100, 48_300)], None, 400),
    ("a wick in the last price", [_CALM, _bar(49_600, 49_800, 49_350, 49_700)],
     [_CALM, _bar(49_600, 49_800, 48_900, 49_700)], np.inf),
    ("the last price lags", [_CALM, _bar(49_600, 49_600, 48_100, 48_500)],
     [_CALM, _bar(49_600, 49_600, 49_100, 49_200)], np.inf),
    ("both in one bar", [_CALM, _bar(49_600, 49_600, 47_900, 48_500)], None, np.inf),
)  # fmt: skip


def ways_to_fail() -> Picture:
    """Draw six short cases of Mira's long with a stop at 49,000 that watches the last price, and how each ends."""
    figure, axes = new_figure(height=5.4, nrows=2, ncols=3, sharey=True, sharex=True)
    said = []
    for ax, (name, mark, last, tradable) in zip(axes.flat, _CASES, strict=True):
        outcome = replay_stop(StopLoss(_STOP), mark=mark, last=last, tradable=tradable, **_HELD)
        for i, (opened, high, low, close) in enumerate(mark):
            ax.plot([i, i], [low, high], color=BLUE, linewidth=2)
            ax.plot([i - 0.18, i], [opened, opened], color=BLUE, linewidth=2)
            ax.plot([i, i + 0.18], [close, close], color=BLUE, linewidth=2)
        if last:
            ax.plot([1.32, 1.32], [last[1][2], last[1][1]], color=GREEN, linewidth=3, linestyle=":")
        ax.axhline(_STOP, color=DARK_ORANGE, linestyle="--", linewidth=1.2)
        ax.axhline(48_200, color=RED, linewidth=1.2)
        for fill in outcome.fills:
            stopped = fill.reason == "stop"
            ax.plot(fill.bar, fill.price, "s" if stopped else "X", color=DARK_ORANGE if stopped else RED, markersize=9)
        ax.set(xlim=(-0.5, 2.6), ylim=(47_750, 50_300), xticks=[0, 1, 2])
        ax.set_xticks([0, 1, 2], ["1", "2", "3"])
        thousands(ax.yaxis)
        ax.set_title(name, fontsize=11, loc="left")
        ending = "liquidated" if outcome.ending == "liquidated" else "stopped"
        ax.text(2.55, 50_250, f"{ending}\n{outcome.pnl:+,.0f}", ha="right", va="top", fontsize=10.5)
        said.append(f"{name}: {ending}, {outcome.pnl:+,.0f}")
    for place, ax in np.ndenumerate(axes):  # shared axes are named once, at the edge
        ax.set(xlabel="bar", ylabel="USDT per BTC")
        ax.xaxis.label.set_visible(place[0] == 1)
        ax.yaxis.label.set_visible(place[1] == 0)
    for ax, words, level, color in [
        (axes[0, 0], "stop", _STOP, DARK_ORANGE),
        (axes[0, 0], "liquidation", 48_200, RED),
    ]:
        ax.text(-0.45, level + 25, words, color=color, fontsize=9.5, va="bottom")
    return Picture(
        figure,
        "A stop at 49,000 in front of a liquidation at 48,200; it promises −100 USDT. Squares: fills of the stop; "
        "crosses: takeovers, drawn at the bankruptcy price; dotted: the last price, where it is not the mark price. "
        + "; ".join(said)
        + ".",
    )


def notice(storms: np.ndarray, thresholds: Sequence[float]) -> Picture:
    """Draw how long before its liquidation Mira's long is warned, and how often in vain, by warning threshold.

    ``thresholds`` are margin ratios; the notice is the median over the storms that liquidate her.
    """

    def first(level):
        reached = storms <= level
        return np.where(reached.any(axis=1), reached.argmax(axis=1), -1)

    dies = first(liquidation_price(**_HELD))
    lasts, vain = [], []
    for threshold in thresholds:
        alert = first(liquidation_price(**{**_HELD, "maintenance_margin": 20 / threshold}))
        lasts.append(float(np.median((dies - alert)[dies >= 0])))
        vain.append(((alert >= 0) & (dies < 0)).sum() / max((alert >= 0).sum(), 1))
    figure, ax = new_figure(height=3.6)
    ax.plot(thresholds, np.maximum(lasts, 0.5), color=BLUE, linewidth=2.2, marker="o")
    ax.set_yscale("log")
    ax.set_yticks([1, 3, 10, 30, 60, 180], ["1 min", "3 min", "10 min", "30 min", "1 h", "3 h"])
    ax.minorticks_off()
    ax.set_ylim(0.4, 900)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    for x, y, part in zip(thresholds, lasts, vain, strict=True):
        note(ax, f"{part:.0%}\nin vain", (x, max(y, 0.5)), (3, 6), fontsize=9.5, color=GREY)
    ax.set_xlim(0.85 * thresholds[0], thresholds[-1] + 0.1)
    label_axes(ax, "warning threshold (margin ratio)", "time left until liquidation (median)")
    return Picture(
        figure,
        f"A warning at a margin ratio of {thresholds[0]:.0%} comes {lasts[0]:,.0f} minutes before the liquidation (the "
        f"median), and {vain[0]:.0%} of such warnings are in vain: no liquidation follows on that day. One at "
        f"{thresholds[-1]:.0%} is right more often, {vain[-1]:.0%} in vain, and comes "
        f"{lasts[-1]:.0f} minute{'s' * int(lasts[-1] != 1)} before.",
    )


class StormReplay(Scene):
    """One storm, with the reader's leverage, stop and warning."""

    controls = (
        Choice("storm", "Storm", {name: name for name in THREE}),
        Slider("leverage", "Leverage (x)", 5, 40, 1, 25),
        Slider("stop", "Stop below entry (%; 0: none)", 0, 3.5, 0.25, 2, ".2f"),
        Slider("threshold", "Warn at a ratio of (%)", 25, 95, 5, 50),
    )
    height = 4.0
    _MINUTES = np.arange(1_441)

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(0, 24), ylim=(43_500, 55_000))
        ax.set_xticks(np.arange(0, 25, 3))
        label_axes(ax, "hours", "mark price (USDT per BTC)")
        thousands(ax.yaxis)
        (self._alive,) = ax.plot([], [], color=BLUE, linewidth=1.6)
        (self._after,) = ax.plot([], [], color="0.7", linewidth=1)
        (self._liquidation,) = ax.plot([], [], color=RED, linewidth=1.6)
        (self._stop,) = ax.plot([], [], color=DARK_ORANGE, linewidth=1.6, linestyle="--")
        (self._alerts,) = ax.plot([], [], "v", color=ORANGE, markeredgecolor="black", markersize=8)
        (self._end,) = ax.plot([], [], "o", markersize=11, clip_on=False)
        self._words = ax.text(0.3, 54_700, "", va="top", fontsize=12)
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.7}
        self._names = [ax.text(0.2, 0, "", fontsize=10.5, clip_on=True, bbox=paper) for _ in range(2)]
        self.moving = [self._after, self._alive, self._liquidation, self._stop, self._alerts, self._end, self._words,
                       *self._names]  # fmt: skip

    def update(self, *, storm: str, leverage: float, stop: float, threshold: float) -> str:
        """Replay; ``stop`` and ``threshold`` in percent."""
        path = _three()[storm]
        margin = linear.initial_margin(leverage=leverage, **{k: _MIRA[k] for k in _MIRA if k != "side"})
        held = dict(**_MIRA, position_margin=margin, maintenance_margin=20)
        price = liquidation_price(**held)
        order = StopLoss(50_000 * (1 - stop / 100), watches="mark") if stop else None
        outcome = replay_stop(order, mark=np.repeat(path[:, None], 4, axis=1), **held)
        over = outcome.fills[0].bar if outcome.fills else len(path) - 1
        seen = self._MINUTES[: over + 1]
        ratios = linear.margin_ratio(mark_price=np.maximum(path[seen], price), **held)
        alerts = LiquidationWarning(threshold / 100).run(seen, {"BTC_USDT": ratios})
        times = np.array([alert.minute for alert in alerts], dtype=int)
        hours = self._MINUTES / 60
        self._alive.set_data(hours[: over + 1], path[: over + 1])
        self._after.set_data(hours[over:], path[over:])
        self._liquidation.set_data([0, 24], [price, price])
        level = order.price if order else np.nan_to_num(price)
        self._stop.set_data([0, 24] if order else [], [level, level] if order else [])
        self._alerts.set_data(times / 60, path[times] + 250)
        color = {"liquidated": RED, "stopped": DARK_ORANGE, "open": "#00664A"}[outcome.ending]
        self._end.set_data([over / 60], [path[over]])
        self._end.set(color=color, marker={"liquidated": "X", "stopped": "s", "open": "o"}[outcome.ending])
        result = outcome.pnl if outcome.fills else float(linear.unrealized_pnl(mark_price=path[-1], **_MIRA))
        self._words.set(text=f"{outcome.ending}, {result:+,.0f} USDT", color=color)
        self._names[0].set(position=(0.2, price - 100), text=f"liquidation {price:,.0f}", color=RED, va="top")
        self._names[1].set(position=(23.8, level + 60), text=f"stop {level:,.0f}" if order else "", color=DARK_ORANGE,
                           va="bottom", ha="right")  # fmt: skip
        return (
            f"The {storm} at {leverage:g}x ({margin:,.0f} USDT of margin): {outcome.ending}"
            f"{f' after {over / 60:.1f} hours' if outcome.fills else ' at the end'}, {result:+,.0f} USDT. "
            + _warned(times, over, outcome.ending)
        )


def _warned(times: np.ndarray, over: int, ending: str) -> str:
    if not times.size:
        return "No warning came: the margin ratio stayed below the threshold."
    left = int(over - times[0])
    before = f"{left:,} minute{'s' * (left != 1)} before the end" if ending != "open" else f"after {times[0]:,} minutes"
    return f"{times.size} warnings, the first {before}." if times.size > 1 else f"One warning, {before}."
