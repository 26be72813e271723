"""Pictures of lesson 02."""

from __future__ import annotations

import numpy as np

from liquidation.theory import LONG, SHORT, bankruptcy_price, linear, liquidation_price

from ..drawing import (
    BLUE,
    GREEN,
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
    leverage_axis,
    new_figure,
    note,
    thousands,
)

_SIDES = [(LONG, "long", LONG_STYLE), (SHORT, "short", SHORT_STYLE)]


def equity_and_requirement(
    entry_price: float, quantity: float, contract_size: float, position_margin: float, maintenance_margin: float
) -> Picture:
    """Draw the equity of a long and of a short against the mark price, with requirement and zero; money in USDT."""
    size = {"entry_price": entry_price, "quantity": quantity, "contract_size": contract_size}
    room = position_margin / (quantity * contract_size)
    prices = np.linspace(entry_price - 1.3 * room, entry_price + 1.3 * room, 2)
    figure, ax = new_figure(height=4)
    found = {}
    for side, name, style in _SIDES:
        equity = position_margin + linear.unrealized_pnl(side=side, mark_price=prices, **size)
        ax.plot(prices, equity, linewidth=2.2, label=f"equity of the {name}", **style)
        dies = liquidation_price(
            side=side, position_margin=position_margin, maintenance_margin=maintenance_margin, **size
        )
        broke = bankruptcy_price(side=side, position_margin=position_margin, **size)
        found[side] = (dies, broke)
        ax.plot([dies, broke], [maintenance_margin, 0], "o", color=style["color"])
        note(ax, f"liquidation\n{dies:,.0f}", (dies, maintenance_margin), (-side * 10, 12))
        note(ax, f"bankruptcy\n{broke:,.0f}", (broke, 0), (side * 8, -6))
    ax.axhline(
        maintenance_margin,
        color=ORANGE,
        linewidth=2.2,
        linestyle="-.",
        label=f"requirement, {maintenance_margin:g} USDT",
    )
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.set_ylim(-0.45 * position_margin, 2.35 * position_margin)
    ax.legend(frameon=False, loc="upper center", fontsize=10)
    label_axes(ax, "mark price (USDT per BTC)", "USDT")
    thousands(ax.xaxis)
    thousands(ax.yaxis)
    return Picture(
        figure,
        f"Equity against requirement. The long's equity meets the requirement at {found[LONG][0]:,.0f} and zero at "
        f"{found[LONG][1]:,.0f}; the short's at {found[SHORT][0]:,.0f} and {found[SHORT][1]:,.0f}. The gap of "
        f"{abs(found[LONG][0] - found[LONG][1]):,.0f} between the two is the maintenance margin, "
        f"{maintenance_margin:g} USDT on {quantity * contract_size:g} BTC.",
    )


def walk(prices: np.ndarray, ratios: np.ndarray) -> Picture:
    """Draw the margin ratio (a fraction) along a walk of the mark price up to where it fires."""
    figure, ax = new_figure(height=3.2)
    ax.plot(prices, ratios, ".", markersize=3, color=BLUE)
    ax.plot(prices[-1], ratios[-1], "o", markersize=9, color=RED)
    note(ax, f"{prices[-1]:,.0f}", (prices[-1], ratios[-1]), (10, -3))
    ax.axhline(1, color=RED, linestyle="--")
    note(ax, "liquidation at 100%", (prices[0], 1), (-1, -5), color=RED)
    ax.set_ylim(0, 1.08)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    label_axes(ax, "mark price (USDT per BTC)", "margin ratio")
    thousands(ax.xaxis)
    half = prices[np.argmax(ratios >= 0.5)]
    return Picture(
        figure,
        f"The margin ratio while the price falls from {prices[0]:,.0f} one dollar at a time. It starts at "
        f"{ratios[0]:.0%}, is still only at 50% at {half:,.0f}, then shoots up, and reaches "
        f"{ratios[-1]:.0%} at {prices[-1]:,.0f}.",
    )


def price_against_leverage(entry_price: float, maintenance_margin_rate: float) -> Picture:
    """Draw the liquidation price of both sides against leverage."""
    leverage = np.geomspace(2, 125, 200)
    figure, ax = new_figure(height=3.8)
    at = {}
    for side, name, style in _SIDES:
        price = linear.liquidation_price_by_leverage(
            side=side, entry_price=entry_price, leverage=leverage, maintenance_margin_rate=maintenance_margin_rate
        )
        ax.plot(leverage, price, linewidth=2.2, **style)
        words = f"the {name} is liquidated {'at or below' if side == LONG else 'at or above'} this line"
        note(ax, words, (4, np.interp(4, leverage, price)), (10, side * -3), color=style["color"])
        at[side] = (price[0], price[-1])
    ax.axhline(entry_price, color=GREY, linewidth=0.8)
    note(ax, "entry", (2, entry_price), (2, 4), color=GREY)
    leverage_axis(ax)
    label_axes(ax, "leverage", "liquidation price (USDT per BTC)")
    thousands(ax.yaxis)
    return Picture(
        figure,
        f"Liquidation price against leverage, entry {entry_price:,.0f}, maintenance rate "
        f"{maintenance_margin_rate:.1%}. From 2x to 125x the long's rises from {at[LONG][0]:,.0f} to {at[LONG][1]:,.0f} "
        f"and the short's falls from {at[SHORT][0]:,.0f} to {at[SHORT][1]:,.0f}: both close in on the entry, fast at first, then slowly.",
    )


def what_each_term_changes(
    entry_price: float, maintenance_margin_rate: float, liquidation_fee_rate: float, taker_fee_rate: float
) -> Picture:
    """Draw how far three real-world terms move a linear long's liquidation price, against leverage."""
    leverage = np.geomspace(2, 125, 200)
    size = {"entry_price": entry_price, "quantity": 1.0, "contract_size": 1.0}
    bare = linear.initial_margin(leverage=leverage, **size)
    reserved = linear.position_margin(leverage=leverage, taker_fee_rate=taker_fee_rate, **size)
    rates = {"maintenance_margin_rate": maintenance_margin_rate, "maintenance_amount": 0.0, **size}
    entry, mark = linear.liquidation_price_entry_basis.long, linear.liquidation_price_mark_basis.long
    textbook = entry(position_margin=bare, liquidation_fee_rate=0.0, **rates)
    with_fee = entry(position_margin=bare, liquidation_fee_rate=liquidation_fee_rate, **rates)
    with_reserve = entry(position_margin=reserved, liquidation_fee_rate=0.0, **rates)
    on_mark = mark(position_margin=bare, liquidation_fee_rate=0.0, **rates)
    changed = {
        "liquidation fee counted": (with_fee, RED, "--"),
        "fee reserve in the margin": (with_reserve, GREEN, "-."),
        "maintenance on mark value": (on_mark, BLUE, "-"),
    }
    figure, ax = new_figure(height=3.8)
    said = []
    reference = int(np.argmin(abs(leverage - 25)))
    for name, (price, color, style) in changed.items():
        shift = price - textbook
        ax.plot(leverage, shift, color=color, linestyle=style, linewidth=2.2, label=name)
        said.append(f"{name} {shift[0]:+,.0f} at 2x and {shift[reference]:+,.1f} at 25x")
    ax.axhline(0, color=GREY, linewidth=0.8)
    leverage_axis(ax)
    ax.legend(frameon=False, fontsize=10)
    label_axes(ax, "leverage", "shift of the liquidation price (USDT)")
    return Picture(
        figure,
        f"What one real-world term at a time does to a long's liquidation price (entry {entry_price:,.0f}): "
        + "; ".join(said)
        + ". Up means that the position dies sooner.",
    )


class EquityAgainstRequirement(Scene):
    """The two lines of the trigger, with everything the trader can set."""

    controls = (
        SIDE,
        Slider("leverage", "Leverage (x)", 10, 100, 1, 25),
        Slider("rate", "Maintenance rate (%)", 0.1, 2, 0.1, 0.4, ".1f"),
        Slider("added", "Margin added (USDT)", 0, 300, 10, 0),
    )
    _SIZE = {"entry_price": 50_000.0, "quantity": 1_000.0, "contract_size": 0.0001}  # noqa: RUF012 - never changed

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(41_500, 58_500), ylim=(-60, 900))
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.axvline(50_000, color=GREY, linewidth=0.8, linestyle=":")
        ax.annotate("entry", (50_000, 900), (4, -4), textcoords="offset points", va="top", color=GREY)
        label_axes(ax, "mark price (USDT per BTC)", "USDT")
        thousands(ax.xaxis)
        (self._equity,) = ax.plot([], [], linewidth=2.2)
        (self._requirement,) = ax.plot([], [], linewidth=2.2, color=ORANGE, linestyle="-.")
        (self._drop,) = ax.plot([], [], color=RED, linewidth=1, linestyle=":")
        (self._point,) = ax.plot([], [], "o", markersize=10, color=RED)
        self._words = ax.text(
            0,
            0,
            "",
            fontsize=11.5,
            ha="center",
            va="bottom",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 2},
        )
        self._names = [
            ax.text(0, 0, "equity", fontsize=10.5, va="bottom"),
            ax.text(0, 0, "requirement", fontsize=10.5, color="#8A5A00", va="bottom"),
        ]
        self.moving = [self._equity, self._requirement, self._drop, self._point, self._words, *self._names]

    def update(self, *, side: int, leverage: float, rate: float, added: float) -> str:
        """Set the lines; ``rate`` in percent, ``added`` in USDT."""
        # Refuses a rate at or above 1/leverage: such a position could not be opened.
        linear.liquidation_price_by_leverage(
            side=side, entry_price=self._SIZE["entry_price"], leverage=leverage, maintenance_margin_rate=rate / 100
        )
        margin = linear.initial_margin(leverage=leverage, **self._SIZE) + added
        requirement = linear.maintenance_margin_entry_basis(
            maintenance_margin_rate=rate / 100, maintenance_amount=0, **self._SIZE
        )
        price = liquidation_price(side=side, position_margin=margin, maintenance_margin=requirement, **self._SIZE)
        prices = np.array([41_500.0, 58_500.0])
        self._equity.set_data(prices, margin + linear.unrealized_pnl(side=side, mark_price=prices, **self._SIZE))
        self._equity.set(**(LONG_STYLE if side == LONG else SHORT_STYLE))
        self._requirement.set_data(prices, [requirement, requirement])
        self._drop.set_data([price, price], [-60, requirement])
        self._point.set_data([price], [requirement])
        self._words.set(position=(price, requirement + 130), text=f"{price:,.0f}")
        profit_side = 50_000 + side * 3_000
        self._names[0].set(position=(profit_side, margin + 300), ha="right" if side == LONG else "left")
        self._names[1].set(
            position=(58_300 if side == LONG else 41_700, requirement + 8), ha="right" if side == LONG else "left"
        )
        away = abs(price - 50_000) / 50_000
        return (
            f"{margin:,.0f} USDT of margin against a requirement of {requirement:,.0f}. The "
            f"{'long' if side == LONG else 'short'} is liquidated at {price:,.0f}, {away:.1%} from its entry."
        )


class RoomAgainstLeverage(Scene):
    """How far the price may move before liquidation, against leverage."""

    controls = (
        Slider("leverage", "Leverage (x)", 1, 125, 1, 25),
        Slider("rate", "Maintenance rate (%)", 0.1, 2.5, 0.1, 0.4, ".1f"),
    )

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(1, 125), ylim=(0, 0.3))
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        label_axes(ax, "leverage", "adverse move that liquidates")
        (self._line,) = ax.plot([], [], linewidth=2.2, color=BLUE)
        (self._cross,) = ax.plot([], [], color=GREY, linewidth=1, linestyle=":")
        (self._point,) = ax.plot([], [], "o", markersize=10, color=RED, clip_on=False)
        self._words = ax.text(
            0, 0, "", fontsize=11.5, va="bottom", bbox={"facecolor": "white", "edgecolor": "none", "pad": 2}
        )
        self.moving = [self._line, self._cross, self._point, self._words]

    def update(self, *, leverage: float, rate: float) -> str:
        """Set line and point; ``rate`` in percent."""
        fraction = rate / 100
        room = linear.adverse_move(leverage=leverage, maintenance_margin_rate=fraction)
        span = np.linspace(1, min(125.0, 0.999 / fraction), 400)
        self._line.set_data(span, linear.adverse_move(leverage=span, maintenance_margin_rate=fraction))
        shown = min(room, 0.3)
        self._cross.set_data([1, leverage, leverage], [shown, shown, 0])
        self._point.set_data([leverage], [shown])
        self._point.set_marker("o" if shown == room else "^")
        self._words.set(position=(min(leverage + 2, 108), min(shown + 0.01, 0.26)), text=f"{room:.2%}")
        return (
            f"At {leverage:g}x and a maintenance rate of {rate:.1f}% the position survives a move against it of up to "
            f"{room:.2%} of the entry price."
        )
