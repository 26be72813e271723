"""Pictures of lesson 02."""

from __future__ import annotations

import numpy as np

from liquidation.theory import LONG, SHORT, bankruptcy_price, linear, liquidation_price

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

_SIDES = [(LONG, "long", LONG_STYLE), (SHORT, "short", SHORT_STYLE)]


def equity_and_requirement(
    entry_price: float, quantity: float, contract_size: float, position_margin: float, maintenance_margin: float
) -> Picture:
    """Draw the equity of a long and of a short against the mark price, with requirement and zero; money in USDT."""
    size = {"entry_price": entry_price, "quantity": quantity, "contract_size": contract_size}
    room = position_margin / (quantity * contract_size)
    prices = np.linspace(entry_price - 1.3 * room, entry_price + 1.3 * room, 2)
    figure, ax = new_figure(height=4)
    ax.axhline(maintenance_margin, color=ORANGE, linewidth=2, linestyle="-.")
    note(ax, f"requirement {maintenance_margin:g}", (entry_price, maintenance_margin), (0, 8), color=DARK_ORANGE)
    ax.axhline(0, color=GREY, linewidth=0.8)
    found = {}
    for side, name, style in _SIDES:
        equity = position_margin + linear.unrealized_pnl(side=side, mark_price=prices, **size)
        ax.plot(prices, equity, linewidth=2.2, label=f"equity of the {name}", **style)
        dies = liquidation_price(
            side=side, position_margin=position_margin, maintenance_margin=maintenance_margin, **size
        )
        broke = bankruptcy_price(side=side, position_margin=position_margin, **size)
        found[side] = (dies, broke)
        ax.plot([dies, broke], [maintenance_margin, 0], "o", color=style["color"], zorder=5)
        note(ax, f"liquidation\n{dies:,.0f}", (dies, maintenance_margin), (-side * 26, 28), arrowprops=LEADER)
        note(ax, f"bankruptcy\n{broke:,.0f}", (broke, 0), (side * 24, -14), arrowprops=LEADER)
    ax.set_ylim(-0.45 * position_margin, 2.35 * position_margin)
    ax.legend(frameon=False, loc="upper center", fontsize=10)
    label_axes(ax, "mark price (USDT per BTC)", "equity, requirement (USDT)")
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
    """Draw the margin ratio (a fraction) along a falling mark price, up to where it fires."""
    figure, ax = new_figure(height=3.3)
    ax.plot(prices, ratios, linewidth=2.2, color=BLUE)
    half_way, half_full, end = len(prices) // 2, int(np.argmax(ratios >= 0.5)), len(prices) - 1
    for i in (half_way, half_full, end):
        ax.plot(prices[i], ratios[i], "o", markersize=8, color=RED if i == end else BLUE)
        note(ax, f"{ratios[i]:.0%} at {prices[i]:,.0f}", (prices[i], ratios[i]), (-8, 3 if i != end else -3))
    ax.axhline(1, color=RED, linestyle="--")
    note(ax, "liquidation", (prices[0], 1), (1, -4), color=RED)
    ax.set_ylim(0, 1.08)
    ax.invert_xaxis()
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    label_axes(ax, "mark price (USDT per BTC), falling to the right", "margin ratio")
    thousands(ax.xaxis)
    return Picture(
        figure,
        f"The margin ratio while the price falls from {prices[0]:,.0f}. It starts at {ratios[0]:.0%}; half of the "
        f"way down, at {prices[half_way]:,.0f}, it shows {ratios[half_way]:.0%}, and at {prices[half_full]:,.0f} still "
        f"only 50%. Then it shoots up and reaches {ratios[-1]:.0%} at {prices[-1]:,.0f}.",
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
        f"{maintenance_margin_rate:.1%}. From 2x to 125x the long's rises from {at[LONG][0]:,.0f} to "
        f"{at[LONG][1]:,.0f} and the short's falls from {at[SHORT][0]:,.0f} to {at[SHORT][1]:,.0f}: both close in on "
        "the entry, fast at first, then slowly.",
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
        said.append(f"{name} {shift[0]:+,.1f} at 2x and {shift[reference]:+,.1f} at 25x")
    ax.axhline(0, color=GREY, linewidth=0.8)
    leverage_axis(ax)
    ax.legend(frameon=False, fontsize=10)
    label_axes(ax, "leverage", "shift of the liquidation price\n(USDT per BTC; up: dies sooner)")
    return Picture(
        figure,
        f"What one real-world term at a time does to a long's liquidation price, in USDT per BTC (entry "
        f"{entry_price:,.0f}, maintenance rate {maintenance_margin_rate:.1%}, liquidation fee "
        f"{liquidation_fee_rate:.2%}, taker fee {taker_fee_rate:.2%}): "
        + "; ".join(said)
        + ". Up means that the position dies sooner.",
    )


class EquityAgainstRequirement(Scene):
    """The two lines of the trigger, with everything the trader can set."""

    controls = (
        SIDE,
        Slider("leverage", "Leverage (x)", 20, 100, 1, 25),
        Slider("rate", "Maintenance rate (%)", 0.1, 2, 0.1, 0.4, ".1f"),
        Slider("added", "Margin added (USDT)", 0, 300, 10, 0),
    )
    _ENTRY = 50_000.0
    _EDGES = np.array([44_000.0, 56_000.0])
    _LOWEST, _HIGHEST = -80, 650

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=self._EDGES, ylim=(self._LOWEST, self._HIGHEST))
        ax.axhline(0, color=GREY, linewidth=0.8)
        ax.axvline(self._ENTRY, color=GREY, linewidth=0.8, linestyle=":")
        note(ax, "entry", (self._ENTRY, self._HIGHEST), (4, -4), color=GREY)
        label_axes(ax, "mark price (USDT per BTC)", "equity, requirement (USDT)")
        thousands(ax.xaxis)
        (self._equity,) = ax.plot([], [], linewidth=2.2)
        (self._requirement,) = ax.plot([], [], linewidth=2.2, color=ORANGE, linestyle="-.")
        (self._drop,) = ax.plot([], [], color=RED, linewidth=1, linestyle=":")
        (self._point,) = ax.plot([], [], "o", markersize=10, color=RED)
        self._price = ax.text(0, 0, "", fontsize=11.5, va="bottom")
        self._names = [
            ax.text(0, 0, "equity", fontsize=10.5, va="top"),
            ax.text(0, 0, "", fontsize=10.5, color=DARK_ORANGE, va="bottom"),
        ]
        self.moving = [self._equity, self._requirement, self._drop, self._point, self._price, *self._names]

    def update(self, *, side: int, leverage: float, rate: float, added: float) -> str:
        """Set the lines; ``rate`` in percent, ``added`` in USDT."""
        # Refuses a rate at or above 1/leverage: such a position could not be opened.
        linear.liquidation_price_by_leverage(
            side=side, entry_price=self._ENTRY, leverage=leverage, maintenance_margin_rate=rate / 100
        )
        size = {"entry_price": self._ENTRY, "quantity": 1_000, "contract_size": 0.0001}
        margin = linear.initial_margin(leverage=leverage, **size) + added
        requirement = linear.maintenance_margin_entry_basis(
            maintenance_margin_rate=rate / 100, maintenance_amount=0, **size
        )
        price = liquidation_price(side=side, position_margin=margin, maintenance_margin=requirement, **size)
        self._equity.set_data(self._EDGES, margin + linear.unrealized_pnl(side=side, mark_price=self._EDGES, **size))
        self._equity.set(**(LONG_STYLE if side == LONG else SHORT_STYLE))
        self._requirement.set_data(self._EDGES, [requirement, requirement])
        self._drop.set_data([price, price], [self._LOWEST, requirement])
        self._point.set_data([price], [requirement])
        # The words stand where the equity line is not: it rises to the right for a long, to the left for a short.
        behind, ahead = ("right", "left") if side == LONG else ("left", "right")
        self._price.set(position=(price - side * 150, requirement + 22), text=f"{price:,.0f}", ha=behind)
        self._names[0].set(position=(self._ENTRY + side * 600, margin + 20), ha=ahead)
        edge = self._EDGES[1 if side == LONG else 0] - side * 150
        self._names[1].set(position=(edge, requirement + 8), text=f"requirement {requirement:,.0f}", ha=behind)
        away = abs(price - self._ENTRY) / self._ENTRY
        return (
            f"{margin:,.0f} USDT of margin against a requirement of {requirement:,.0f}. The "
            f"{'long' if side == LONG else 'short'} is liquidated at {price:,.0f}, {away:.1%} from its entry."
        )


class RoomAgainstLeverage(Scene):
    """How far the price may move before liquidation, against leverage."""

    controls = (
        Slider("leverage", "Leverage (x)", 2, 125, 1, 25),
        Slider("rate", "Maintenance rate (%)", 0.1, 2.5, 0.1, 0.4, ".1f"),
    )
    _HIGHEST = 0.5

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(1.9, 135), ylim=(0, self._HIGHEST))
        leverage_axis(ax)
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        label_axes(ax, "leverage", "adverse move that liquidates,\nas part of the entry price")
        (self._line,) = ax.plot([], [], linewidth=2.2, color=BLUE)
        (self._cross,) = ax.plot([], [], color=GREY, linewidth=1, linestyle=":")
        (self._point,) = ax.plot([], [], "o", markersize=10, color=RED, clip_on=False)
        self._words = ax.text(0, 0, "", fontsize=11.5, va="bottom")
        self.moving = [self._line, self._cross, self._point, self._words]

    def update(self, *, leverage: float, rate: float) -> str:
        """Set line and point; ``rate`` in percent."""
        fraction = rate / 100
        room = linear.adverse_move(leverage=leverage, maintenance_margin_rate=fraction)
        span = np.geomspace(1.9, min(125.0, 0.999 / fraction), 400)
        self._line.set_data(span, linear.adverse_move(leverage=span, maintenance_margin_rate=fraction))
        shown = min(room, self._HIGHEST)
        self._cross.set_data([1.9, leverage, leverage], [shown, shown, 0])
        self._point.set_data([leverage], [shown])
        self._point.set_marker("o" if shown == room else "^")
        self._words.set(position=(min(leverage * 1.1, 85), min(shown + 0.01, 0.45)), text=f"{room:.2%}")
        return (
            f"At {leverage:g}x and a maintenance rate of {rate:.1f}% the position survives any move against it of less "
            f"than {room:.2%} of the entry price."
        )
