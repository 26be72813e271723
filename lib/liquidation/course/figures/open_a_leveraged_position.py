"""Pictures of lesson 01."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from liquidation.theory import LONG, SHORT, inverse, linear

from ..drawing import (
    BLUE,
    GREY,
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
    percent,
    thousands,
)


def profit_and_loss(entry_price: float, quantity: float, contract_size: float, move: float) -> Picture:
    """Draw the profit of a linear long and short against the mark price; ``move`` as a fraction."""
    position = {"entry_price": entry_price, "quantity": quantity, "contract_size": contract_size}
    prices = np.linspace(entry_price * (1 - 2 * move), entry_price * (1 + 2 * move), 2)
    marked = entry_price * (1 + move)
    figure, ax = new_figure()
    gains = {}
    for side, name, style in [(LONG, "long", LONG_STYLE), (SHORT, "short", SHORT_STYLE)]:
        ax.plot(prices, linear.unrealized_pnl(side=side, mark_price=prices, **position), linewidth=2.2, **style)
        gains[side] = linear.unrealized_pnl(side=side, mark_price=marked, **position)
        ax.plot(marked, gains[side], "o", color=style["color"])
        words = f"{name} {gains[side]:+,.0f}"
        note(ax, words, (marked, gains[side]), (8, -4 * side), color=style["color"], fontsize=11)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.axvline(entry_price, color=GREY, linewidth=0.8, linestyle=":")
    note(ax, "entry", (entry_price, ax.get_ylim()[0]), (4, 6), color=GREY)
    label_axes(ax, "mark price (USDT per BTC)", "unrealized PnL (USDT)")
    thousands(ax.xaxis)
    thousands(ax.yaxis)
    return Picture(
        figure,
        f"Unrealized PnL of {quantity * contract_size:g} BTC entered at {entry_price:,.0f}. At {marked:,.0f} the "
        f"long has gained {gains[LONG]:,.0f} USDT and the short has lost {-gains[SHORT]:,.0f}: two straight lines, "
        "mirror images of each other.",
    )


def same_move(move: float, leverages: Sequence[float], entry_price: float) -> Picture:
    """Draw the return on margin of a linear long for one move up and down at several leverages."""
    figure, ax = new_figure()
    up, down = (
        [
            linear.return_on_margin.long(entry_price=entry_price, mark_price=entry_price * (1 + m), leverage=leverage)
            for leverage in leverages
        ]
        for m in (move, -move)
    )
    places = np.arange(len(leverages))
    for returns, color, hatch, shift, name in [
        (up, BLUE, "", -0.2, f"price {move:+.0%}"),
        (down, RED, "///", 0.2, f"price {-move:+.0%}"),
    ]:
        bars = ax.bar(places + shift, returns, 0.36, color=color, hatch=hatch, edgecolor="white", label=name)
        ax.bar_label(bars, [f"{r:+.0%}" for r in returns], padding=2, fontsize=10.5)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.axhline(-1, color="black", linewidth=1.2, linestyle="--")
    note(ax, "all of the margin", (-0.45, -1), (1, -4))
    ax.set_xticks(places, [f"{leverage:g}x" for leverage in leverages])
    ax.set_ylim(1.25 * min(down), 1.25 * max(up))
    percent(ax.yaxis)
    label_axes(ax, "leverage", "return on margin")
    ax.legend(frameon=False, loc="upper left")
    listed = ", ".join(f"{r:.0%} at {leverage:g}x" for r, leverage in zip(down, leverages, strict=True))
    return Picture(
        figure,
        f"One move of {move:.0%}, up and down, as a part of the margin. A fall makes {listed}; a rise the same, with a "
        "plus. The dashed line is the whole margin; a loss beyond it cannot come out of this position's margin.",
    )


def linear_and_inverse(entry_price: float, dollars: float, move: float) -> Picture:
    """Draw the profit of a linear and of an inverse long of the same size, each in its own currency."""
    prices = np.linspace(entry_price * (1 - move), entry_price * (1 + move), 201)
    figure, (left, right) = new_figure(ncols=2)
    straight = linear.unrealized_pnl.long(
        entry_price=entry_price, mark_price=prices, quantity=dollars / entry_price, contract_size=1.0
    )
    bent = inverse.unrealized_pnl.long(
        entry_price=entry_price, mark_price=prices, quantity=dollars / 100, contract_size=100.0
    )
    for ax, pnl, unit, decimals, title in [
        (left, straight, "USDT", 0, "linear long"),
        (right, bent, "BTC", 2, "inverse long"),
    ]:
        ax.plot(prices, pnl, linewidth=2.2, **LONG_STYLE)
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.axvline(entry_price, color=GREY, linewidth=0.8, linestyle=":")
        note(ax, "entry", (entry_price, pnl[0]), (4, 0), color=GREY)
        label_axes(ax, f"mark price ({'USDT' if unit == 'USDT' else 'USD'} per BTC)", f"unrealized PnL ({unit})", title)
        ax.set_xticks([prices[0], entry_price, prices[-1]])
        thousands(ax.xaxis)
        thousands(ax.yaxis, decimals)
        for i in (0, -1):
            ax.plot(prices[i], pnl[i], "o", color=BLUE)
            words = f"{pnl[i]:+,.{decimals + 2 if decimals else 0}f}"
            note(ax, words, (prices[i], pnl[i]), (8, 0) if i == 0 else (-1, 6))
        ax.margins(y=0.12)
    return Picture(
        figure,
        f"A long of {dollars:,.0f} dollars at {entry_price:,.0f}. The linear one is a straight line in USDT. The "
        f"inverse one, counted in BTC, is bent: a fall by {move:.0%} loses {-bent[0]:.4f} BTC, a rise by {move:.0%} "
        f"gains only {bent[-1]:.4f}.",
    )


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


def three_prices(series: dict[str, np.ndarray], liquidation_price: float) -> Picture:
    """Draw last, index and mark price (USDT, one value a second) and a long's liquidation price."""
    figure, (whole, close) = new_figure(ncols=2, gridspec_kw={"width_ratios": [3, 2]})
    shown = np.arange(160, 260)
    for name, style in {
        "last": {"color": ORANGE, "linewidth": 1.2},
        "index": {"color": "black", "linestyle": ":"},
        "mark": {"color": BLUE, "linewidth": 2.2},
    }.items():
        whole.plot(series[name], label=f"{name} price", **style)
        close.plot(shown, series[name][shown], **style)
    whole.axhline(liquidation_price, color=RED, linestyle="--")
    note(whole, f"liquidation, {liquidation_price:,.0f}", (0, liquidation_price), (4, -4), color=RED)
    whole.set_ylim(min(series["last"].min(), liquidation_price) - 150)
    near = np.concatenate([series["mark"][shown], series["index"][shown]])
    close.set_ylim(near.min() - 40, near.max() + 40)
    whole.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(-0.05, 1), columnspacing=1, handlelength=1.5)
    label_axes(whole, "time (seconds)", "price (USDT per BTC)")
    label_axes(close, "time (seconds)", "price (USDT per BTC)", "close up, the wick cut off")
    thousands(whole.yaxis)
    thousands(close.yaxis)
    below, marked = (int((series[name] <= liquidation_price).sum()) for name in ("last", "mark"))
    pulled = (series["index"] - series["mark"]).max()
    return Picture(
        figure,
        f"A wick. The last price is at or below {liquidation_price:,.0f} for {below} seconds, down to "
        f"{series['last'].min():,.0f}; the mark price for {marked}. The wick pulls the mark at most {pulled:,.0f} "
        "below the index, for a minute. The position lives.",
    )


class ReturnOnMargin(Scene):
    """Return on margin against the price move, for a leverage the reader sets."""

    controls = (
        SIDE,
        Slider("leverage", "Leverage (x)", 1, 125, 1, 25),
        Slider("move", "Price move (%)", -15, 15, 0.1, -2, "+.1f"),
    )
    _ENTRY, _VALUE, _LIMIT = 50_000.0, 5_000.0, 2.0

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(-15.6, 15.6), ylim=(-self._LIMIT, self._LIMIT))
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.axhline(-1, color="black", linewidth=1.2, linestyle="--")
        percent(ax.yaxis)
        label_axes(ax, "price move since entry (%)", "return on margin")
        (self._line,) = ax.plot([], [], linewidth=2.2)
        (self._point,) = ax.plot([], [], "o", markersize=10, color="black")
        self._words = ax.text(0, 0, "", fontsize=11.5, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
        self._all = ax.text(0, -1.06, "all of the margin is lost", fontsize=10.5, va="top")
        self.moving = [self._line, self._point, self._words, self._all]

    def update(self, *, side: int, leverage: float, move: float) -> str:
        """Set line and point; ``move`` in percent."""
        position = {"side": side, "entry_price": self._ENTRY, "leverage": leverage}
        moves = np.array([-15, 15])
        self._line.set_data(moves, linear.return_on_margin(mark_price=self._ENTRY * (1 + moves / 100), **position))
        self._line.set(**(LONG_STYLE if side == LONG else SHORT_STYLE))
        result = linear.return_on_margin(mark_price=self._ENTRY * (1 + move / 100), **position)
        shown = min(max(result, -0.85 * self._LIMIT), 0.85 * self._LIMIT)
        self._point.set_data([move], [shown])
        self._point.set_marker("o" if shown == result else "^" if result > 0 else "v")
        # The words stand where the line is not: it rises for a long and falls for a short.
        to_right = move < 9
        above = to_right == (side == SHORT)
        place = (move + (0.3 if to_right else -0.3), shown + (0.08 if above else -0.08))
        self._words.set(position=place, text=f"{result:+.0%}")
        self._words.set(ha="left" if to_right else "right", va="bottom" if above else "top")
        self._all.set(x=15.3 if side == LONG else -15.3, ha="right" if side == LONG else "left")
        margin = self._VALUE / leverage
        return (
            f"{'A long' if side == LONG else 'A short'} at {leverage:g}x: {margin:,.2f} USDT of margin hold a position "
            f"worth {self._VALUE:,.0f} at entry. A price move of {move:+.1f}% {'makes' if result >= 0 else 'loses'} "
            f"{abs(result) * margin:,.2f} USDT, {abs(result):.1%} of the margin"
            f"{': more than there is.' if result < -1 else '.'}"
        )
