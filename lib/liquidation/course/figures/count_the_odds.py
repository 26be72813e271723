"""Pictures of lesson 10."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from liquidation import (
    LONG,
    Estimate,
    Jumps,
    chance_formulas,
    chance_of_touching,
    chance_of_touching_with_jumps,
    linear,
    touch_frequency,
)

from .. import drawing as draw

_DAY = 1 / 365


def _percent(chance: float) -> str:
    """Write a chance as 5%, a small one as 0.01%."""
    return f"{100 * chance:.10g}%"


def fates(prices: np.ndarray, liquidation_price: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sort paths, one a row, by what becomes of a long: it never touches the price, comes back, or ends at or below."""
    touched, below = prices.min(axis=1) <= liquidation_price, prices[:, -1] <= liquidation_price
    return ~touched, touched & ~below, below


@draw.own_style()
def mirrored_pair(prices: np.ndarray, liquidation_price: float, hours: float) -> draw.Picture:
    """Draw a path of a long that touches its liquidation price and ends below it, and its mirror image from there on.

    The first such path of ``prices``, shape ``(paths, steps + 1)``, over ``hours`` hours; mirrored in log price.
    """
    ended = fates(prices, liquidation_price)[2]
    path = prices[ended][0]
    touch = int((path <= liquidation_price).argmax())
    time = np.linspace(0, hours, path.size)
    mirror = liquidation_price**2 / path[touch:]
    line, dies, ends = (0, liquidation_price), (time[touch], liquidation_price), 1.02 * hours
    figure, ax = draw.new_figure(height=3.8)
    ax.plot([0, hours], [liquidation_price] * 2, color="black", linewidth=1.2)
    ax.plot(time[: touch + 1], path[: touch + 1], color=draw.GREY, linewidth=2)
    ax.plot(time[touch:], path[touch:], color=draw.RED, linewidth=2, linestyle="--")
    ax.plot(time[touch:], mirror, color=draw.ORANGE, linewidth=2)
    ax.plot(*dies, "X", color="black", markersize=11, zorder=5)
    ax.set_xlim(0, 1.32 * hours)
    ax.set_xticks(np.linspace(0, hours, 5))
    both = {"fontsize": 12, "va": "center"}
    ax.text(ends, mirror[-1], "its mirror image\ncomes back", color=draw.DARK_ORANGE, **both)
    ax.text(ends, liquidation_price, "equally likely,\nor nearly so", color=draw.GREY, **both)
    ax.text(ends, path[-1], "the path\nends below", color=draw.RED, **both)
    draw.note(ax, f"liquidation price {liquidation_price:,.0f}", line, (4, -4))
    draw.note(ax, "liquidated here,\nboth of them", dies, (-16, -24), arrowprops=draw.LEADER)
    caption = (
        f"One day that touches {liquidation_price:,.0f} after {time[touch]:.1f} hours (cross) and ends below it, at "
        f"{path[-1]:,.0f}; and the same day with every move after the touch turned round. That one ends above, at "
        f"{mirror[-1]:,.0f}, and is nearly as likely. Both have been liquidated."
    )
    return draw.finish(figure, ax, caption, x="hours", y=("mark price (USDT per BTC)", draw.THOUSANDS))


@draw.own_style()
def touched_and_ended(prices: np.ndarray, liquidation_price: float, hours: float) -> draw.Picture:
    """Draw the range and the end of each simulated path of a long: which touch its liquidation price, which end below.

    ``prices`` has the shape ``(paths, steps + 1)`` and takes ``hours`` hours; prices in USDT.
    """
    which, (lows, highs, ends) = fates(prices, liquidation_price), (prices.min(1), prices.max(1), prices[:, -1])
    counts = tuple(int(rows.sum()) for rows in which)
    figure, ax = draw.new_figure(height=4)
    ax.axhline(liquidation_price, color="black", linewidth=1.6)
    start = 0.0
    for rows, count, words, (color, dark, marker) in zip(which, counts, _FATES, _FATE_LOOKS, strict=True):
        order = np.flatnonzero(rows)[np.argsort(-ends[rows])]
        places = start + np.arange(count)
        ax.vlines(places, lows[order], highs[order], color=color, linewidth=3, alpha=0.5)
        ax.plot(places, ends[order], marker, color=dark, markersize=7)
        middle = start + (count - 1) / 2, highs.max()
        draw.note(ax, f"{count}\n{words}", middle, (0, 24), color=dark, fontsize=11, fontweight="bold")
        start += count + 3
    words = f"liquidation price {liquidation_price:,.0f}"
    draw.note(ax, words, (-1, liquidation_price), (1, -5))
    ax.set(xlim=(-1.5, start - 1.5), xticks=[], ylim=(None, highs.max() + 0.3 * (highs.max() - lows.min())))
    ax.grid(visible=False, axis="x")
    kind = "days" if hours == 24 else f"stretches of {hours:g} hours"
    _, came_back, ended = counts
    caption = (
        f"{len(prices)} simulated {kind}: a bar from the lowest to the highest price, and a mark where it ends. "
        f"{ended} end below the liquidation price of {liquidation_price:,.0f}, but {ended + came_back} have touched "
        f"it: the other {came_back} came back, too late for the position."
    )
    return draw.finish(
        figure, ax, caption, x=f"simulated {kind}, sorted", y=("mark price (USDT per BTC)", draw.THOUSANDS)
    )


_FATES = "never touch it", "touch it and\ncome back", "touch it and\nend below"
_FATE_LOOKS = (draw.GREY, draw.GREY, "o"), (draw.ORANGE, draw.DARK_ORANGE, "o"), (draw.RED, draw.RED, "v")


def chances(
    side: int, mark_price: float, liquidation_price: float, volatility: float, days: Any
) -> tuple[Any, Any, Any]:
    """Compute the chances of touching the liquidation price and of ending beyond it, and its standard deviations away.

    Arguments:
        side: +1 long, -1 short.
        mark_price: where the price is now [USDT].
        liquidation_price: [USDT].
        volatility: of the log price, a fraction [per square root of a year].
        days: one horizon or many.
    """
    horizon = days * _DAY
    prices = dict(side=side, mark_price=mark_price, liquidation_price=liquidation_price)
    distance = chance_formulas.log_distance(**prices)
    drift = chance_formulas.log_drift(drift=0, volatility=volatility)
    walk = dict(side=side, volatility=volatility, log_drift=drift, log_distance=distance, horizon=horizon)
    touch = chance_of_touching(**prices, volatility=volatility, horizon=horizon)
    return touch, chance_formulas.closing_beyond(**walk), distance / (volatility * np.sqrt(horizon))


def frequencies(
    rng: np.random.Generator, days: Sequence[int], paths: int, **price: float
) -> tuple[list[Estimate], list[Estimate]]:
    """Simulate how often a price is touched within each number of days: watched always, and looked at once a day.

    ``price``: its start and the barrier, both in USDT, and its volatility a year.
    """
    given: dict[str, Any] = {"paths": paths, **price}
    always = [touch_frequency(rng, **given, horizon=d * _DAY) for d in days]
    return always, [touch_frequency(rng, **given, horizon=d * _DAY, steps=d, only_at_steps=True) for d in days]


@draw.own_style()
def chance_against_horizon(
    rng: np.random.Generator,
    *,
    side: int,
    mark_price: float,
    liquidation_price: float,
    volatility: float,
    days: Sequence[int],
    paths: int,
) -> draw.Picture:
    """Draw the chances of touching and of ending beyond against the horizon: formulas, simulation, one look a day.

    Arguments:
        rng: a seeded generator.
        side: +1 long, -1 short.
        mark_price: where the price is now [USDT].
        liquidation_price: [USDT].
        volatility: of the log price, a fraction [per square root of a year].
        days: the horizons that are simulated.
        paths: simulated paths for each of them.
    """
    span = np.linspace(0.02, max(days), 300)
    position = (side, mark_price, liquidation_price, volatility)
    touch, close, _ = chances(*position, span)
    price = dict(start=mark_price, barrier=liquidation_price, volatility=volatility)
    always, daily = frequencies(rng, days, paths, **price)
    figure, ax = draw.new_figure(height=3.9)
    ax.plot(span, touch, color=draw.BLUE, linewidth=2.2)
    ax.plot(span, close, color=draw.RED, linewidth=2.2, linestyle="--")
    for found, color, marker in ((always, draw.BLUE, "o"), (daily, draw.ORANGE, "^")):
        values, errors = [e.value for e in found], [2 * e.standard_error for e in found]
        ax.errorbar(days, values, errors, color=color, marker=marker, linestyle="", capsize=3)
    ax.set(ylim=(0, 1), xlim=(0, 1.03 * max(days)))
    for words, chance, up, color in [
        ("touches it (line: formula, dots: simulated)", touch[-1], 9, draw.BLUE),
        ("seen there with one look a day (simulated)", daily[-1].value, -32, draw.DARK_ORANGE),
        ("ends beyond it (formula)", close[-1], -12, draw.RED),
    ]:
        draw.note(ax, words, (span[-1], chance), (-8, up), color=color, fontsize=11.5)
    at_last, beyond, _ = chances(*position, days[-1])
    caption = (
        f"The chance that the price reaches {liquidation_price:,.0f} from {mark_price:,.0f} at a volatility of "
        f"{volatility:.0%} a year. In {days[-1]} days it touches it with {at_last:.1%} (simulated: "
        f"{always[-1].value:.1%}), ends beyond it with {beyond:.1%}, and is seen there with {daily[-1].value:.1%} by "
        f"one look a day. Bars: two standard errors of {paths:,} paths."
    )
    return draw.finish(figure, ax, caption, x="horizon (days)", y=("chance", _percent))


def liquidation_price_on_mark(leverage: Any, maintenance_margin_rate: float) -> Any:
    """Compute at which part of its entry price a long is liquidated if maintenance is on the value at the mark."""
    bankruptcy = linear.bankruptcy_price_by_leverage.long(entry_price=1, leverage=leverage)
    return bankruptcy / (1 - maintenance_margin_rate)


def smooth_chance(leverage: Any, volatility: float, maintenance_margin_rate: float) -> Any:
    """Compute the chance that a long is liquidated within a day by geometric Brownian motion."""
    price = liquidation_price_on_mark(leverage, maintenance_margin_rate)
    return chance_of_touching(side=LONG, mark_price=1, liquidation_price=price, volatility=volatility, horizon=_DAY)


def jumping_chance(leverage: float, diffusion: float, jumps: Jumps, maintenance_margin_rate: float) -> float:
    """Compute the same chance if the price also jumps; ``diffusion`` is the volatility between the jumps."""
    price = float(liquidation_price_on_mark(leverage, maintenance_margin_rate))
    return chance_of_touching_with_jumps(
        side=LONG, mark_price=1, liquidation_price=price, volatility=diffusion, horizon=_DAY, jumps=jumps
    )


@draw.own_style()
def fat_tails(
    measured: Mapping[float, float],
    *,
    volatility: float,
    diffusion: float,
    jumps: Jumps,
    maintenance_margin_rate: float,
) -> draw.Picture:
    """Draw the chance that a long is liquidated within a day against leverage: measured, without and with jumps.

    Arguments:
        measured: frequency of liquidation by leverage.
        volatility: of the log price, jumps included, a fraction [per square root of a year].
        diffusion: the volatility between the jumps, likewise.
        jumps: how often and how far the price jumps.
        maintenance_margin_rate: on the value at the mark price, a fraction.
    """
    first, middle, high, last = (sorted(measured)[i] for i in (0, 1, -2, -1))
    # Each evaluation takes a fifth of a second: where there is a measurement, and between.
    leverage = sorted({*measured, 4, 7, 14, 30})
    jumping = {x: jumping_chance(x, diffusion, jumps, maintenance_margin_rate) for x in leverage}
    fine = np.geomspace(first, last, 200)
    smooth = np.maximum(smooth_chance(fine, volatility, maintenance_margin_rate), 1e-9)
    at_middle, at_high = (smooth_chance(x, volatility, maintenance_margin_rate) for x in (middle, high))
    figure, ax = draw.new_figure(height=4)
    ax.plot(fine, smooth, color=draw.BLUE, linewidth=2.2)
    ax.plot(leverage, list(jumping.values()), ".--", color=draw.GREEN, linewidth=2.2, markersize=9)
    ax.plot(*zip(*measured.items(), strict=True), "D", color=draw.RED, ms=9, markerfacecolor="none", markeredgewidth=2)
    ax.set_yscale("log")
    draw.leverage_axis(ax)
    ax.set(ylim=(3e-6, 1.5), xlim=(0.9 * first, 1.3 * last))
    for words, point, offset, color in [
        ("measured", (middle, measured[middle]), (-8, 6), draw.RED),
        ("with jumps", (leverage[5], jumping[leverage[5]]), (8, -8), draw.DARK_GREEN),
        ("geometric\nBrownian motion", (fine[np.searchsorted(smooth, 2e-4)], 2e-4), (10, -10), draw.BLUE),
    ]:
        draw.note(ax, words, point, offset, color=color, fontsize=11.5)
    words = f"{at_high:.0%} against\n{measured[high]:.0%} measured"
    draw.note(ax, words, (high, measured[high]), (6, -14), arrowprops=draw.LEADER)
    caption = (
        "A long's chance of liquidation within a day, against leverage. Diamonds: measured; dots: where the model "
        f"with jumps was computed. Both models have a volatility of {volatility:.0%}. At {high:g}x geometric Brownian "
        f"motion says {at_high:.1%}, the model with jumps {jumping[high]:.1%}, and {measured[high]:.1%} were "
        f"measured; at {middle:g}x it says {at_middle:.4%}, and {measured[middle]:.2%} were measured."
    )
    return draw.finish(figure, ax, caption, x="leverage", y=("chance of liquidation in a day", _percent))


_ENTRY = 50_000


class Odds(draw.Scene):
    """The chance of liquidation against the horizon, with everything it depends on."""

    controls = (
        draw.SIDE,
        draw.Slider("leverage", "Leverage (x)", 2, 100, 1, 25),
        draw.Slider("volatility", "Volatility (% a year)", 20, 150, 10, 80),
        draw.Slider("days", "Horizon (days)", 1, 90, 1, 1),
    )
    _EDGES = (0.2, 90)
    _RATE = 0.004

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(self._EDGES[0], 330), ylim=(0, 1.08), xscale="log")
        ticks = [0.25, 1, 3, 7, 14, 30, 90]
        ax.set_xticks(ticks, ["6 h", *(f"{t} d" for t in ticks[1:])])
        ax.minorticks_off()
        draw.label_axes(ax, "horizon (hours, days; logarithmic)", ("chance", _percent))
        self._span = np.geomspace(*self._EDGES, 200)
        (self._touch,) = ax.plot([], [], linewidth=2.2)
        (self._close,) = ax.plot([], [], linewidth=1.4, color=draw.GREY, linestyle="-.")
        (self._cross,) = ax.plot([], [], color=draw.GREY, linewidth=1, linestyle=":")
        (self._point,) = ax.plot([], [], "o", markersize=10, color=draw.RED, clip_on=False)
        self._words = ax.text(0, 0, "", fontsize=12, va="center", bbox=draw.paper(1, 0.8))
        self._names = [ax.text(100, 0, name, fontsize=10.5, va="center") for name in ("touches", "ends beyond")]
        self._names[1].set_color(draw.GREY)
        self.moving = [self._cross, self._close, self._touch, self._point, *self._names, self._words]

    def update(self, *, side: int, leverage: float, volatility: float, days: float) -> str:
        """Set the curves; ``volatility`` in percent a year."""
        price = linear.liquidation_price_by_leverage(
            side=side, entry_price=_ENTRY, leverage=leverage, maintenance_margin_rate=self._RATE
        )
        position = (side, _ENTRY, price, volatility / 100)
        touch, close, _ = chances(*position, self._span)
        chance, beyond, deviations = chances(*position, days)
        self._touch.set_data(self._span, touch)
        self._touch.set(**draw.SIDE_STYLES[side])
        self._close.set_data(self._span, close)
        self._cross.set_data([self._EDGES[0], days, days], [chance, chance, 0])
        self._point.set_data([days], [chance])
        self._words.set(position=(days * 0.87, chance + 0.06), ha="right", text=f"{chance:.1%}")
        self._names[0].set(y=max(touch[-1], close[-1] + 0.08), color=draw.SIDE_STYLES[side]["color"])
        self._names[1].set_y(max(close[-1], 0.02))
        return (
            f"A {draw.SIDE_NAMES[side]} from 50,000 at {leverage:g}x is liquidated at {price:,.0f}, "
            f"{deviations:.2f} standard deviations of {days:g} day{'s' if days > 1 else ''} away. Volatility "
            f"{volatility:g}%: the chance that the price touches it is {chance:.2%}, that it ends beyond "
            f"{beyond:.2%}."
        )
