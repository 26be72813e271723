"""Pictures of lesson 10."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from liquidation import LONG, Jumps, chance_of_touching, linear, touch_frequency
from liquidation.odds.chance import chance_of_touching_with_jumps
from liquidation.odds.formulas import closing_beyond, log_distance, log_drift

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
    leverage_axis,
    new_figure,
    note,
    thousands,
)

_DAY = 1 / 365


def _percent(axis) -> None:
    """Write an axis's chances as 5%, small ones as 0.01%."""
    axis.set_major_formatter(lambda value, _: f"{100 * value:.10g}%")


def touched_and_ended(prices: np.ndarray, liquidation_price: float, hours: float) -> Picture:
    """Draw simulated paths of a long: which touch its liquidation price, and which of them also end below it.

    ``prices`` has the shape ``(paths, steps + 1)`` and takes ``hours`` hours; prices in USDT.
    """
    time = np.linspace(0, hours, prices.shape[1])
    touched = (prices <= liquidation_price).any(axis=1)
    below = prices[:, -1] <= liquidation_price
    figure, ax = new_figure(height=3.6)
    for rows, color, style, width in [
        (~touched, "0.75", "-", 0.7),
        (touched & ~below, ORANGE, "-", 1.1),
        (below, RED, "--", 1.1),
    ]:
        if rows.any():
            ax.plot(time, prices[rows].T, color=color, linestyle=style, linewidth=width)
    ax.plot([0, 1.02 * hours], [liquidation_price] * 2, color="black", linewidth=1.6)
    came_back, ended = int((touched & ~below).sum()), int(below.sum())
    ax.set_xlim(0, 1.34 * hours)
    ax.set_xticks(np.linspace(0, hours, 5))
    ax.text(1.03 * hours, liquidation_price, f"liquidation\nprice {liquidation_price:,.0f}", va="bottom", fontsize=10.5)
    high, low = prices.max(), prices.min()
    for height, words, color in [
        (0.75 * high + 0.25 * low, f"{len(prices) - len(below[touched])} never touch", GREY),
        (liquidation_price + 0.19 * (high - low), f"{came_back} touch\nand come back", DARK_ORANGE),
        (low, f"{ended} touch\nand end below", RED),
    ]:
        note(ax, words, (1.03 * hours, height), (1, 1), color=color, fontsize=11.5)
    label_axes(ax, "hours", "mark price (USDT per BTC)")
    thousands(ax.yaxis)
    return Picture(
        figure,
        f"{len(prices)} simulated days. {ended} end below the liquidation price of {liquidation_price:,.0f}, but "
        f"{ended + came_back} have touched it: the other {came_back} came back, too late for the position.",
    )


def chance_against_horizon(
    rng: np.random.Generator, *, side: int, mark_price: float, liquidation_price: float, volatility: float,
    days: Sequence[int], paths: int,
) -> Picture:  # fmt: skip
    """Draw the chances of touching and of ending beyond against the horizon: formulas, simulation, one look a day.

    ``days``: the horizons that are simulated, with ``paths`` paths each.
    """
    case = dict(side=side, mark_price=mark_price, liquidation_price=liquidation_price, volatility=volatility)
    span = np.linspace(0.02, max(days), 300)
    touch = chance_of_touching(**case, horizon=span * _DAY)
    close = closing_beyond(
        side=side, volatility=volatility, log_drift=log_drift(drift=0, volatility=volatility), horizon=span * _DAY,
        log_distance=log_distance(side=side, mark_price=mark_price, liquidation_price=liquidation_price),
    )  # fmt: skip
    given = dict(start=mark_price, barrier=liquidation_price, volatility=volatility, paths=paths)
    always = [touch_frequency(rng, **given, horizon=d * _DAY) for d in days]
    daily = [touch_frequency(rng, **given, horizon=d * _DAY, steps=d, only_at_steps=True) for d in days]
    figure, ax = new_figure(height=3.9)
    ax.plot(span, touch, color=BLUE, linewidth=2.2, label="touches it: formula")
    for found, color, marker, words in [
        (always, BLUE, "o", "touches it: simulated"),
        (daily, ORANGE, "^", "seen with one look a day: simulated"),
    ]:
        values, errors = [e.value for e in found], [2 * e.standard_error for e in found]
        ax.errorbar(days, values, errors, color=color, marker=marker, linestyle="", capsize=3, label=words)
    ax.plot(span, close, color=RED, linewidth=2.2, linestyle="--", label="ends beyond it: formula")
    ax.set(ylim=(0, 1), xlim=(0, 1.03 * max(days)))
    ax.legend(loc="lower right", fontsize=10, framealpha=0.95)
    label_axes(ax, "horizon (days)", "chance")
    _percent(ax.yaxis)
    last = days[-1]
    end = chance_of_touching(**case, horizon=last * _DAY)
    return Picture(
        figure,
        f"The chance that the price reaches {liquidation_price:,.0f} from {mark_price:,.0f} at a volatility of "
        f"{volatility:.0%} a year. In {last} days it touches it with {end:.1%} (simulated: {always[-1].value:.1%}), "
        f"ends beyond it with {close[-1]:.1%}, and is seen there with {daily[-1].value:.1%} by one look a day. Bars: "
        f"two standard errors of {paths:,} paths.",
    )


def fat_tails(
    measured: Mapping[float, float], *, volatility: float, diffusion: float, jumps: Jumps,
    maintenance_margin_rate: float,
) -> Picture:  # fmt: skip
    """Draw the chance that a long is liquidated within a day against leverage: measured, without and with jumps.

    ``measured`` maps leverage to frequency; ``diffusion`` is the volatility between the jumps. Maintenance is on the
    value at the mark price.
    """
    given = dict(side=LONG, mark_price=1, horizon=_DAY)
    low, high = min(measured), sorted(measured)[-2]

    def price(leverage):
        bankruptcy = linear.bankruptcy_price_by_leverage.long(entry_price=1, leverage=leverage)
        return bankruptcy / (1 - maintenance_margin_rate)

    def smooth(leverage):
        return chance_of_touching(**given, liquidation_price=price(leverage), volatility=volatility)

    def with_jumps(leverage):
        return chance_of_touching_with_jumps(
            **given, liquidation_price=float(price(leverage)), volatility=diffusion, jumps=jumps
        )

    # Each evaluation takes a fifth of a second: where there is a measurement, and between.
    leverage = sorted({*measured, 4, 7, 14, 30})
    jumping = [with_jumps(x) for x in leverage]
    fine = np.geomspace(low, max(measured), 200)
    normal = np.maximum(smooth(fine), 1e-9)
    figure, ax = new_figure(height=4)
    ax.plot(fine, normal, color=BLUE, linewidth=2.2)
    ax.plot(leverage, jumping, ".--", color=GREEN, linewidth=2.2, markersize=9)
    ax.plot(
        list(measured), list(measured.values()), "D", color=RED, markersize=9, markerfacecolor="none", markeredgewidth=2
    )
    ax.set_yscale("log")
    leverage_axis(ax)
    ax.set(ylim=(3e-6, 1.5), xlim=(0.9 * low, 1.3 * max(measured)))
    _percent(ax.yaxis)
    middle = sorted(measured)[1]
    note(ax, "measured", (middle, measured[middle]), (-8, 6), color=RED, fontsize=11.5)
    note(ax, "with jumps", (leverage[5], jumping[5]), (8, -8), color="#00664A", fontsize=11.5)
    note(
        ax,
        "geometric\nBrownian motion",
        (fine[np.searchsorted(normal, 2e-4)], 2e-4),
        (10, -10),
        color=BLUE,
        fontsize=11.5,
    )
    words = f"{smooth(high):.0%} against\n{measured[high]:.0%} measured"
    note(ax, words, (high, measured[high]), (6, -14), arrowprops=LEADER)
    label_axes(ax, "leverage", "chance of liquidation in a day")
    return Picture(
        figure,
        "A long's chance of liquidation within a day, against leverage. Diamonds: measured; dots: where the model "
        f"with jumps was computed. Both models have a volatility of {volatility:.0%}. At {high:g}x geometric Brownian "
        f"motion says {smooth(high):.1%}, the model with jumps {with_jumps(high):.1%}, and {measured[high]:.1%} were "
        f"measured; at {middle:g}x it says {smooth(middle):.4%}, and {measured[middle]:.2%} were measured.",
    )


class Odds(Scene):
    """The chance of liquidation against the horizon, with everything it depends on."""

    controls = (
        SIDE,
        Slider("leverage", "Leverage (x)", 2, 100, 1, 25),
        Slider("volatility", "Volatility (% a year)", 20, 150, 10, 80),
        Slider("days", "Horizon (days)", 1, 90, 1, 1),
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
        _percent(ax.yaxis)
        label_axes(ax, "horizon (hours, days; logarithmic)", "chance")
        self._span = np.geomspace(*self._EDGES, 200)
        (self._touch,) = ax.plot([], [], linewidth=2.2)
        (self._close,) = ax.plot([], [], linewidth=1.4, color=GREY, linestyle="-.")
        (self._cross,) = ax.plot([], [], color=GREY, linewidth=1, linestyle=":")
        (self._point,) = ax.plot([], [], "o", markersize=10, color=RED, clip_on=False)
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.8}
        self._words = ax.text(0, 0, "", fontsize=12, va="center", bbox=paper)
        self._names = [ax.text(100, 0, name, fontsize=10.5, va="center") for name in ("touches", "ends beyond")]
        self._names[1].set_color(GREY)
        self.moving = [self._cross, self._close, self._touch, self._point, *self._names, self._words]

    def update(self, *, side: int, leverage: float, volatility: float, days: float) -> str:
        """Set the curves; ``volatility`` in percent a year."""
        price = linear.liquidation_price_by_leverage(
            side=side, entry_price=50_000, leverage=leverage, maintenance_margin_rate=self._RATE
        )
        sigma = volatility / 100
        distance = log_distance(side=side, mark_price=50_000, liquidation_price=price)

        def touch(horizon):
            return chance_of_touching(
                side=side, mark_price=50_000, liquidation_price=price, volatility=sigma, horizon=horizon * _DAY
            )

        def close(horizon):
            return closing_beyond(
                side=side, volatility=sigma, log_drift=-(sigma**2) / 2, horizon=horizon * _DAY, log_distance=distance
            )

        chance, beyond = touch(days), close(days)
        self._touch.set_data(self._span, touch(self._span))
        self._touch.set(**(LONG_STYLE if side == LONG else SHORT_STYLE))
        self._close.set_data(self._span, close(self._span))
        self._cross.set_data([self._EDGES[0], days, days], [chance, chance, 0])
        self._point.set_data([days], [chance])
        self._words.set(position=(days * 0.87, chance + 0.06), ha="right", text=f"{chance:.1%}")
        ends = touch(self._span[-1]), close(self._span[-1])
        self._names[0].set(y=max(ends[0], ends[1] + 0.08), color=self._touch.get_color())
        self._names[1].set_y(max(ends[1], 0.02))
        moves = distance / (sigma * np.sqrt(days * _DAY))
        return (
            f"A {'long' if side == LONG else 'short'} from 50,000 at {leverage:g}x is liquidated at {price:,.0f}, "
            f"{moves:.2f} standard deviations of {days:g} day{'s' if days > 1 else ''} away. Volatility "
            f"{volatility:g}%: the chance that the price touches it is {chance:.2%}, that it ends beyond {beyond:.2%}."
        )
