"""Pictures of lesson 01."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from liquidation import LONG, SHORT, inverse, linear

from .. import drawing as draw


@draw.own_style()
def profit_and_loss(entry_price: float, quantity: float, contract_size: float, move: float) -> draw.Picture:
    """Draw the profit of a linear long and short against the mark price; ``move`` as a fraction."""
    position = {"entry_price": entry_price, "quantity": quantity, "contract_size": contract_size}
    prices = np.linspace(entry_price * (1 - 2 * move), entry_price * (1 + 2 * move), 2)
    marked = entry_price * (1 + move)
    figure, ax = draw.new_figure()
    gains = {}
    for side, name in draw.SIDE_NAMES.items():
        color = draw.SIDE_STYLES[side]["color"]
        pnl = linear.unrealized_pnl(side=side, mark_price=prices, **position)
        ax.plot(prices, pnl, linewidth=2.2, **draw.SIDE_STYLES[side])
        gains[side] = linear.unrealized_pnl(side=side, mark_price=marked, **position)
        ax.plot(marked, gains[side], "o", color=color)
        draw.note(ax, f"{name} {gains[side]:+,.0f}", (marked, gains[side]), (8, -4 * side), color=color, fontsize=11)
    ax.axhline(0, color=draw.GREY, linewidth=0.8)
    ax.axvline(entry_price, color=draw.GREY, linewidth=0.8, linestyle=":")
    draw.note(ax, "entry", (entry_price, ax.get_ylim()[0]), (4, 6), color=draw.GREY)
    caption = (
        f"Unrealized PnL of {quantity * contract_size:g} BTC entered at {entry_price:,.0f}. At {marked:,.0f} the "
        f"long has gained {gains[LONG]:,.0f} USDT and the short has lost {-gains[SHORT]:,.0f}: two straight lines, "
        "mirror images of each other."
    )
    money = ("unrealized PnL (USDT)", draw.THOUSANDS)
    return draw.finish(figure, ax, caption, x=("mark price (USDT per BTC)", draw.THOUSANDS), y=money)


@draw.own_style()
def same_move(move: float, leverages: Sequence[float], entry_price: float) -> draw.Picture:
    """Draw the return on margin of a linear long for one move up and down at several leverages."""
    up, down = (
        linear.return_on_margin.long(
            entry_price=entry_price, mark_price=entry_price * (1 + m), leverage=np.array(leverages)
        )
        for m in (move, -move)
    )
    figure, ax = draw.new_figure()
    places = np.arange(len(leverages))
    for returns, color, hatch, shift, name in [
        (up, draw.BLUE, "", -0.2, f"price {move:+.0%}"),
        (down, draw.RED, "///", 0.2, f"price {-move:+.0%}"),
    ]:
        bars = ax.bar(places + shift, returns, 0.36, color=color, hatch=hatch, edgecolor="white", label=name)
        ax.bar_label(bars, [f"{r:+.0%}" for r in returns], padding=2, fontsize=10.5)
    ax.axhline(0, color=draw.GREY, linewidth=0.8)
    ax.axhline(-1, color="black", linewidth=1.2, linestyle="--")
    draw.note(ax, "all of the margin", (-0.45, -1), (1, -4))
    ax.set_xticks(places, [f"{leverage:g}x" for leverage in leverages])
    ax.set_ylim(1.25 * min(down), 1.25 * max(up))
    ax.legend(frameon=False, loc="upper left")
    listed = ", ".join(f"{r:.0%} at {leverage:g}x" for r, leverage in zip(down, leverages, strict=True))
    caption = (
        f"One move of {move:.0%}, up and down, as a part of the margin. A fall makes {listed}; a rise the same, with a "
        "plus. The dashed line is the whole margin; a loss beyond it cannot come out of this position's margin."
    )
    return draw.finish(figure, ax, caption, x="leverage", y=("return on margin", draw.signed_percent))


def gains_of_dollars(prices: np.ndarray, entry_price: float, dollars: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute what a long worth so many dollars at entry has gained: a linear one in USDT, an inverse one in BTC."""
    given = {"entry_price": entry_price, "mark_price": prices}
    straight = linear.unrealized_pnl.long(quantity=dollars / entry_price, contract_size=1.0, **given)
    return straight, inverse.unrealized_pnl.long(quantity=dollars / 100, contract_size=100.0, **given)


@draw.own_style()
def linear_and_inverse(entry_price: float, dollars: float, move: float) -> draw.Picture:
    """Draw the profit of a linear and of an inverse long of the same size, each as a part of what it was worth."""
    prices = np.linspace(entry_price * (1 - move), entry_price * (1 + move), 201)
    straight, bent = gains_of_dollars(prices, entry_price, dollars)
    coins = dollars / entry_price
    figure, ax = draw.new_figure(height=4)
    ax.axhline(0, color=draw.GREY, linewidth=0.8)
    ax.plot(prices, straight / dollars, color=draw.GREY, linestyle="--", linewidth=2.2)
    ax.plot(prices, bent / coins, color=draw.BLUE, linewidth=2.8)
    ax.plot(entry_price, 0, "o", color="black")
    for pnl, part, color, kind, offsets in (
        ("", straight / dollars, draw.GREY, "linear", ((1, 34), (10, 2))),
        ("\n{:+.3g} BTC", bent / coins, draw.BLUE, "inverse", ((12, -2), (10, -2))),
    ):
        for i, offset in zip((0, -1), offsets, strict=True):
            ax.plot(prices[i], part[i], "o", color=color, markersize=9)
            words = f"{kind}: {part[i]:+.0%}" + pnl.format(bent[i])
            draw.note(ax, words, (prices[i], part[i]), offset, color=color, fontsize=12, fontweight="bold")
    shown = prices[[0, 100, -1]]
    ax.set_xticks(shown, [f"{price:,.0f}\n{dollars / price:.3g} BTC" for price in shown])
    ax.set_xlim(prices[0] - 0.15 * move * entry_price, prices[-1] + 0.7 * move * entry_price)
    ax.set_ylim(1.35 * bent[0] / coins, 1.35 * straight[-1] / dollars)
    caption = (
        f"A long of {dollars:,.0f} dollars at {entry_price:,.0f}, that is {coins:g} BTC. The linear one loses and "
        f"gains alike. The inverse one owes {dollars:,.0f} dollars and pays in BTC: a fall by {move:.0%} makes that "
        f"{dollars / prices[0]:.4g} BTC and loses {-bent[0]:.4f}, a rise by {move:.0%} gains only {bent[-1]:.4f}."
    )
    gained = ("PnL, as a part of the value at entry", draw.signed_percent)
    return draw.finish(figure, ax, caption, x=f"mark price, and below it {dollars:,.0f} dollars in BTC", y=gained)


def one_wick(seed: int = 7, seconds: int = 300) -> dict[str, np.ndarray]:
    """Simulate index, last and mark price, one value a second, with a wick of three seconds in the last price.

    The mark is the index plus the average gap between last and index over the past minute: a simplified recipe of
    the kind that venues use; each publishes its own.
    """
    rng = np.random.default_rng(seed)
    index = 48_650 + np.cumsum(rng.normal(0, 4, seconds))
    last = index + rng.normal(0, 12, seconds)
    last[180:183] -= [500, 900, 400]
    gap = np.concatenate([np.zeros(59), last - index])
    return {"index": index, "last": last, "mark": index + np.convolve(gap, np.ones(60) / 60, "valid")}


def wick_against(series: Mapping[str, np.ndarray], price: float) -> tuple[int, int, float]:
    """Count the seconds that last and mark price are at or below a price; find how far the mark is pulled, in USDT."""
    last, mark = (int((series[name] <= price).sum()) for name in ("last", "mark"))
    return last, mark, (series["index"] - series["mark"]).max()


@draw.own_style()
def three_prices(series: dict[str, np.ndarray], liquidation_price: float) -> draw.Picture:
    """Draw last, index and mark price (USDT, one value a second) and a long's liquidation price."""
    last, mark, pulled = wick_against(series, liquidation_price)
    deep, lowest = int(series["last"].argmin()), int(series["mark"].argmin())
    low = float(series["mark"][lowest])
    figure, ax = draw.new_figure(height=3.8)
    styles: dict[str, dict[str, Any]] = {
        "last": {"color": draw.ORANGE, "linewidth": 1.4},
        "index": {"color": "black", "linestyle": ":"},
        "mark": {"color": draw.BLUE, "linewidth": 2.6},
    }
    for name, style in styles.items():
        ax.plot(series[name], label=f"{name} price", **style)
    ax.axhline(liquidation_price, color=draw.RED, linestyle="--", linewidth=1.6)
    draw.note(ax, f"liquidation price {liquidation_price:,.0f}", (0, liquidation_price), (4, -4), color=draw.RED)
    words = f"last price: down to {series['last'][deep]:,.0f},\nbelow the line for {last} second{'s' * (last != 1)}"
    draw.note(ax, words, (deep, series["last"][deep]), (12, 2), color=draw.DARK_ORANGE, fontsize=11.5)
    ax.plot(lowest, low, "o", color=draw.BLUE, markersize=6)
    words = f"mark price:\nnever below {low:,.0f}"
    draw.note(ax, words, (lowest, low), (0, -11), color=draw.BLUE, fontsize=11.5, arrowprops=draw.LEADER)
    ax.set_ylim(min(series["last"].min(), liquidation_price) - 100)
    ax.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(-0.02, 1), columnspacing=1.2)
    caption = (
        f"A wick. The last price is at or below {liquidation_price:,.0f} for {last} seconds, down to "
        f"{series['last'].min():,.0f}; the mark price for {mark}. The wick pulls the mark at most "
        f"{pulled:,.0f} below the index, for a minute. The position lives."
    )
    return draw.finish(figure, ax, caption, x="time (seconds)", y=("price (USDT per BTC)", draw.THOUSANDS))


_ENTRY, _VALUE = 50_000.0, 5_000.0
_FARTHEST = 15  # percent that the price moves at most
_LIMIT = 2.0


def return_after(side: int, leverage: float, move: Any) -> tuple[float, Any]:
    """Compute the margin (USDT) of 5,000 USDT at entry, and its return, a fraction, after a price move in percent."""
    position = {"side": side, "entry_price": _ENTRY, "leverage": leverage}
    return _VALUE / leverage, linear.return_on_margin(mark_price=_ENTRY * (1 + move / 100), **position)


class ReturnOnMargin(draw.Scene):
    """Return on margin against the price move, for a leverage the reader sets."""

    controls = (
        draw.SIDE,
        draw.Slider("leverage", "Leverage (x)", 1, 125, 1, 25),
        draw.Slider("move", "Price move (%)", -_FARTHEST, _FARTHEST, 0.1, -2, "+.1f"),
    )

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(-15.6, 15.6), ylim=(-_LIMIT, _LIMIT))
        ax.axhline(0, color=draw.GREY, linewidth=0.8)
        ax.axhline(-1, color="black", linewidth=1.2, linestyle="--")
        draw.label_axes(ax, "price move since entry (%)", ("return on margin", draw.signed_percent))
        (self._line,) = ax.plot([], [], linewidth=2.2)
        (self._point,) = ax.plot([], [], "o", markersize=10, color="black")
        self._words = ax.text(0, 0, "", fontsize=11.5, bbox=draw.paper(1))
        self._all = ax.text(0, -1.06, "all of the margin is lost", fontsize=10.5, va="top")
        self.moving = [self._line, self._point, self._words, self._all]

    def update(self, *, side: int, leverage: float, move: float) -> str:
        """Set line and point; ``move`` in percent."""
        margin, part = return_after(side, leverage, move)
        ends = np.array([-_FARTHEST, _FARTHEST])
        self._line.set_data(ends, return_after(side, leverage, ends)[1])
        self._line.set(**draw.SIDE_STYLES[side])
        shown = min(max(part, -0.85 * _LIMIT), 0.85 * _LIMIT)
        self._point.set_data([move], [shown])
        self._point.set_marker("o" if shown == part else "^" if part > 0 else "v")
        # The words stand where the line is not: it rises for a long and falls for a short.
        to_right = move < 9
        above = to_right == (side == SHORT)
        place = (move + (0.3 if to_right else -0.3), shown + (0.08 if above else -0.08))
        self._words.set(position=place, text=f"{part:+.0%}")
        self._words.set(ha="left" if to_right else "right", va="bottom" if above else "top")
        self._all.set(x=15.3 if side == LONG else -15.3, ha="right" if side == LONG else "left")
        money, too_much = abs(part) * margin, ": more than there is." if part < -1 else "."
        return (
            f"A {draw.SIDE_NAMES[side]} at {leverage:g}x: {margin:,.2f} USDT of margin hold a position "
            f"worth {_VALUE:,.0f} at entry. A price move of {move:+.1f}% {'makes' if part >= 0 else 'loses'} "
            f"{money:,.2f} USDT, {abs(part):.1%} of the margin{too_much}"
        )
