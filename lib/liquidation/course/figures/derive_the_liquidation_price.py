"""Pictures of lesson 02; their numbers are in ``_prices_numbers``."""

from __future__ import annotations

import numpy as np

from liquidation import LONG, SHORT, linear

from .. import drawing as draw
from . import _prices_numbers as numbers
from ._prices_numbers import paid_after_the_sale as paid_after_the_sale

_PRICE_AND_MONEY = ("mark price (USDT per BTC)", draw.THOUSANDS), ("equity, requirement (USDT)", draw.THOUSANDS)
_LEVERAGE = "leverage (uneven scale: from 2x to 5x is as far as from 10x to 25x)"


@draw.own_style()
def what_is_left(
    side: int = LONG,
    entry_price: float = 50_000,
    quantity: float = 1_000,
    contract_size: float = 0.0001,
    position_margin: float = 200,
    maintenance_margin: float = 20,
) -> draw.Picture:
    """Draw what a trader has left of her margin while the price goes against her, and where the exchange steps in.

    Arguments:
        side: +1 long, -1 short.
        entry_price: [USDT per coin].
        quantity: contracts.
        contract_size: coins in one contract.
        position_margin: what she has at the entry price [USDT].
        maintenance_margin: what the exchange wants left [USDT].
    """
    size = {"entry_price": entry_price, "quantity": quantity, "contract_size": contract_size}
    dies, broke = numbers.critical_prices(position_margin, maintenance_margin, **size)[side]
    prices = np.array([entry_price, broke])
    left = position_margin + linear.unrealized_pnl(side=side, mark_price=prices, **size)
    start, middle = (entry_price, position_margin), (prices.mean(), left.mean())
    trigger, end, word = (dies, maintenance_margin), (broke, 0), (dies, 0.55 * position_margin)
    figure, ax = draw.new_figure(height=3.8)
    ax.axhline(0, color=draw.GREY, linewidth=0.8)
    ax.axhline(maintenance_margin, color=draw.ORANGE, linewidth=2, linestyle="-.")
    ax.plot(prices, left, linewidth=2.6, color=draw.BLUE)
    going = {"arrowstyle": "-|>,head_width=0.5,head_length=1", "color": draw.BLUE}
    ax.annotate("", middle, start, arrowprops=going)
    ax.plot(*zip(trigger, word, strict=True), color=draw.RED, linewidth=1, linestyle=":")
    for point, color in ((start, draw.GREEN), (trigger, draw.RED), (end, "black")):
        ax.plot(*point, "o", color=color, markersize=10, zorder=5)
    goes, each = "falls" if side == LONG else "rises", 100 * quantity * contract_size
    given, wanted = f"{position_margin:,g} USDT", f"the exchange wants {maintenance_margin:,g} left"
    draw.note(ax, f"at {entry_price:,.0f}\nall {given}", start, (side * -14, 1), color=draw.DARK_GREEN)
    draw.note(ax, f"{each:g} cents less\nfor each dollar it {goes}", middle, (side * 12, -6), color=draw.BLUE)
    draw.note(ax, f"liquidation\nat {dies:,.0f}", word, (0, 18), color=draw.RED, fontsize=13, fontweight="bold")
    draw.note(ax, f"bankruptcy at {broke:,.0f}: nothing left", end, (side * 10, -6))
    draw.note(ax, wanted, (entry_price, maintenance_margin), (-side, 4), color=draw.DARK_ORANGE)
    room = abs(entry_price - broke)
    ends = broke - side * 0.15 * room, entry_price + side * 0.08 * room
    ax.set(xlim=sorted(ends), ylim=(-0.22 * position_margin, 1.15 * position_margin))
    caption = (
        f"What is left of {given} while the price {goes} from {entry_price:,.0f}: {each:g} cents less for each dollar. "
        f"At {dies:,.0f} it is the {maintenance_margin:,g} that the exchange wants left, and there it steps in. At "
        f"{broke:,.0f} nothing would be left: bankruptcy."
    )
    return draw.finish(figure, ax, caption, _PRICE_AND_MONEY[0], (f"what is left of the {given}", draw.THOUSANDS))


@draw.own_style()
def equity_and_requirement(
    entry_price: float, quantity: float, contract_size: float, position_margin: float, maintenance_margin: float
) -> draw.Picture:
    """Draw the equity of a long and of a short against the mark price, with requirement and zero.

    Arguments:
        entry_price: [USDT per coin].
        quantity: contracts.
        contract_size: coins in one contract.
        position_margin: what each of the two stands on [USDT].
        maintenance_margin: the requirement [USDT].
    """
    size = {"entry_price": entry_price, "quantity": quantity, "contract_size": contract_size}
    found = numbers.critical_prices(position_margin, maintenance_margin, **size)
    room = position_margin / (quantity * contract_size)
    prices = np.linspace(entry_price - 1.3 * room, entry_price + 1.3 * room, 2)
    figure, ax = draw.new_figure(height=4)
    ax.axhline(maintenance_margin, color=draw.ORANGE, linewidth=2, linestyle="-.")
    level = (entry_price, maintenance_margin)
    draw.note(ax, f"requirement {maintenance_margin:g}", level, (0, 8), color=draw.DARK_ORANGE)
    ax.axhline(0, color=draw.GREY, linewidth=0.8)
    for side, name in draw.SIDE_NAMES.items():
        equity = position_margin + linear.unrealized_pnl(side=side, mark_price=prices, **size)
        ax.plot(prices, equity, linewidth=2.2, label=f"equity of the {name}", **draw.SIDE_STYLES[side])
        dies, broke = found[side]
        ax.plot([dies, broke], [maintenance_margin, 0], "o", color=draw.SIDE_STYLES[side]["color"], zorder=5)
        leader = {"arrowprops": draw.LEADER}
        draw.note(ax, f"liquidation\n{dies:,.0f}", (dies, maintenance_margin), (-side * 26, 28), **leader)
        draw.note(ax, f"bankruptcy\n{broke:,.0f}", (broke, 0), (side * 24, -14), **leader)
    ax.set_ylim(-0.45 * position_margin, 2.35 * position_margin)
    ax.legend(frameon=False, loc="upper center", fontsize=10)
    caption = (
        f"Equity against requirement. The long's equity meets the requirement at {found[LONG][0]:,.0f} and zero at "
        f"{found[LONG][1]:,.0f}; the short's at {found[SHORT][0]:,.0f} and {found[SHORT][1]:,.0f}. The gap of "
        f"{abs(found[LONG][0] - found[LONG][1]):,.0f} between the two is the maintenance margin, "
        f"{maintenance_margin:g} USDT on {quantity * contract_size:g} BTC."
    )
    return draw.finish(figure, ax, caption, *_PRICE_AND_MONEY)


@draw.own_style()
def walk(prices: np.ndarray, ratios: np.ndarray) -> draw.Picture:
    """Draw the margin ratio (a fraction) along a falling mark price, up to where it fires."""
    half_way, half_full, end = numbers.milestones(ratios)
    figure, ax = draw.new_figure(height=3.3)
    ax.plot(prices, ratios, linewidth=2.2, color=draw.BLUE)
    for i in (half_way, half_full, end):
        ax.plot(prices[i], ratios[i], "o", markersize=8, color=draw.RED if i == end else draw.BLUE)
        words = f"{ratios[i]:.0%} at {prices[i]:,.0f}"
        draw.note(ax, words, (prices[i], ratios[i]), (9, 3 if i != end else -5))
    ax.axhline(1, color=draw.RED, linestyle="--")
    draw.note(ax, "liquidation", (prices[0], 1), (-1, -4), color=draw.RED)
    ax.set_ylim(0, 1.08)
    caption = (
        f"The margin ratio while the price falls from {prices[0]:,.0f}. It starts at {ratios[0]:.0%}; half of the "
        f"way down, at {prices[half_way]:,.0f}, it shows {ratios[half_way]:.0%}, and at {prices[half_full]:,.0f} still "
        f"only 50%. Then it shoots up and reaches {ratios[-1]:.0%} at {prices[-1]:,.0f}."
    )
    falling = ("← the price falls        mark price (USDT per BTC)", draw.THOUSANDS)
    return draw.finish(figure, ax, caption, x=falling, y=("margin ratio", draw.PERCENT))


@draw.own_style()
def price_against_leverage(entry_price: float, maintenance_margin_rate: float) -> draw.Picture:
    """Draw the liquidation price of both sides against leverage."""
    leverage = np.geomspace(2, 125, 200)
    figure, ax = draw.new_figure(height=3.8)
    at = {}
    for side, name in draw.SIDE_NAMES.items():
        price = linear.liquidation_price_by_leverage(
            side=side, entry_price=entry_price, leverage=leverage, maintenance_margin_rate=maintenance_margin_rate
        )
        ax.plot(leverage, price, linewidth=2.2, **draw.SIDE_STYLES[side])
        words = f"the {name} is liquidated {'at or below' if side == LONG else 'at or above'} this line"
        point = (4, np.interp(4, leverage, price))
        draw.note(ax, words, point, (10, side * -3), color=draw.SIDE_STYLES[side]["color"])
        at[side] = (price[0], price[-1])
    ax.axhline(entry_price, color=draw.GREY, linewidth=0.8)
    draw.note(ax, "entry", (2, entry_price), (2, 4), color=draw.GREY)
    words = f"at 125x: {at[SHORT][1]:,.0f}\nand {at[LONG][1]:,.0f}"
    draw.note(ax, words, (leverage[-1], entry_price), (-3, 30), arrowprops=draw.LEADER)
    draw.leverage_axis(ax)
    caption = (
        f"Liquidation price against leverage, entry {entry_price:,.0f}, maintenance rate "
        f"{maintenance_margin_rate:.1%}. From 2x to 125x the long's rises from {at[LONG][0]:,.0f} to "
        f"{at[LONG][1]:,.0f} and the short's falls from {at[SHORT][0]:,.0f} to {at[SHORT][1]:,.0f}: both close in on "
        "the entry, fast at first, then slowly."
    )
    return draw.finish(figure, ax, caption, x=_LEVERAGE, y=("liquidation price (USDT per BTC)", draw.THOUSANDS))


@draw.own_style()
def what_each_term_changes(
    entry_price: float, maintenance_margin_rate: float, liquidation_fee_rate: float, taker_fee_rate: float
) -> draw.Picture:
    """Draw how far three real-world terms move a linear long's liquidation price, against leverage."""
    leverage = np.geomspace(2, 125, 200)
    reference = int(np.argmin(abs(leverage - 25)))
    changed = numbers.shifts(leverage, entry_price, maintenance_margin_rate, liquidation_fee_rate, taker_fee_rate)
    figure, ax = draw.new_figure(height=3.8)
    said = []
    looks = [
        ("liquidation fee counted", draw.RED, "--", -1, (-2, 6)),
        ("fee reserve in the margin", draw.GREEN, "-.", -1, (-2, -6)),
        ("maintenance on mark value", draw.BLUE, "-", 30, (10, -6)),
    ]
    for shift, (name, color, style, place, offset) in zip(changed, looks, strict=True):
        ax.plot(leverage, shift, color=color, linestyle=style, linewidth=2.2)
        words = draw.DARK_GREEN if color == draw.GREEN else color
        draw.note(ax, name, (leverage[place], shift[place]), offset, color=words, fontsize=11.5)
        said.append(f"{name} {shift[0]:+,.1f} at 2x and {shift[reference]:+,.1f} at 25x")
    ax.axhline(0, color=draw.GREY, linewidth=0.8)
    draw.leverage_axis(ax)
    top, low = max(shift.max() for shift in changed), min(shift.min() for shift in changed)
    ax.set_ylim(low - 0.1 * (top - low), top + 0.25 * (top - low))
    draw.note(ax, "↑ liquidated sooner", (leverage[0], top), (1, 9), fontweight="bold")
    draw.note(ax, "↓ liquidated later", (leverage[0], 0), (1, -4), fontweight="bold")
    caption = (
        f"What one real-world term at a time does to a long's liquidation price, in USDT per BTC (entry "
        f"{entry_price:,.0f}, maintenance rate {maintenance_margin_rate:.1%}, liquidation fee "
        f"{liquidation_fee_rate:.2%}, taker fee {taker_fee_rate:.2%}): {'; '.join(said)}. Above zero the "
        "position is liquidated sooner, below zero later."
    )
    shifted = "the liquidation price moves by\n(USDT per BTC)"
    return draw.finish(figure, ax, caption, x=_LEVERAGE, y=shifted)


class EquityAgainstRequirement(draw.Scene):
    """The two lines of the trigger, with everything the trader can set."""

    controls = (
        draw.SIDE,
        draw.Slider("leverage", "Leverage (x)", 20, 100, 1, 25),
        draw.Slider("rate", "Maintenance rate (%)", 0.1, 2, 0.1, 0.4, ".1f"),
        draw.Slider("added", "Margin added (USDT)", 0, 300, 10, 0),
    )
    _EDGES = np.array([44_000.0, 56_000.0])
    _LOWEST, _HIGHEST = -80, 650

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=self._EDGES, ylim=(self._LOWEST, self._HIGHEST))
        ax.axhline(0, color=draw.GREY, linewidth=0.8)
        ax.axvline(numbers.ENTRY, color=draw.GREY, linewidth=0.8, linestyle=":")
        draw.note(ax, "entry", (numbers.ENTRY, self._HIGHEST), (4, -4), color=draw.GREY)
        draw.label_axes(ax, *_PRICE_AND_MONEY)
        (self._equity,) = ax.plot([], [], linewidth=2.2)
        (self._requirement,) = ax.plot([], [], linewidth=2.2, color=draw.ORANGE, linestyle="-.")
        (self._drop,) = ax.plot([], [], color=draw.RED, linewidth=1, linestyle=":")
        (self._point,) = ax.plot([], [], "o", markersize=10, color=draw.RED)
        self._price = ax.text(0, 0, "", fontsize=11.5, va="bottom")
        self._names = [
            ax.text(0, 0, "equity", fontsize=10.5, va="top"),
            ax.text(0, 0, "", fontsize=10.5, color=draw.DARK_ORANGE, va="bottom"),
        ]
        self.moving = [self._equity, self._requirement, self._drop, self._point, self._price, *self._names]

    def update(self, *, side: int, leverage: float, rate: float, added: float) -> str:
        """Set the lines; ``rate`` in percent, ``added`` in USDT."""
        margin, requirement, price, equity = numbers.trigger_of(side, leverage, rate, added, self._EDGES)
        self._equity.set_data(self._EDGES, equity)
        self._equity.set(**draw.SIDE_STYLES[side])
        self._requirement.set_data(self._EDGES, [requirement, requirement])
        self._drop.set_data([price, price], [self._LOWEST, requirement])
        self._point.set_data([price], [requirement])
        # The words stand where the equity line is not: it rises to the right for a long, to the left for a short.
        behind, ahead = ("right", "left") if side == LONG else ("left", "right")
        self._price.set(position=(price - side * 150, requirement + 22), text=f"{price:,.0f}", ha=behind)
        self._names[0].set(position=(numbers.ENTRY + side * 600, margin + 20), ha=ahead)
        edge = self._EDGES[1 if side == LONG else 0] - side * 150
        self._names[1].set(position=(edge, requirement + 8), text=f"requirement {requirement:,.0f}", ha=behind)
        return (
            f"{margin:,.0f} USDT of margin against a requirement of {requirement:,.0f}. The {draw.SIDE_NAMES[side]} is "
            f"liquidated at {price:,.0f}, {abs(price - numbers.ENTRY) / numbers.ENTRY:.1%} from its entry."
        )


class RoomAgainstLeverage(draw.Scene):
    """How far the price may move before liquidation, against leverage."""

    controls = (
        draw.Slider("leverage", "Leverage (x)", 2, 125, 1, 25),
        draw.Slider("rate", "Maintenance rate (%)", 0.1, 2.5, 0.1, 0.4, ".1f"),
    )
    _HIGHEST = 0.5

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=(1.9, 135), ylim=(0, self._HIGHEST))
        draw.leverage_axis(ax)
        draw.label_axes(ax, _LEVERAGE, ("adverse move that liquidates,\nas part of the entry price", draw.PERCENT))
        (self._line,) = ax.plot([], [], linewidth=2.2, color=draw.BLUE)
        (self._cross,) = ax.plot([], [], color=draw.GREY, linewidth=1, linestyle=":")
        (self._point,) = ax.plot([], [], "o", markersize=10, color=draw.RED, clip_on=False)
        self._words = ax.text(0, 0, "", fontsize=11.5, va="bottom")
        self.moving = [self._line, self._cross, self._point, self._words]

    def update(self, *, leverage: float, rate: float) -> str:
        """Set line and point; ``rate`` in percent."""
        if leverage * rate >= 100:
            raise ValueError(
                f"{leverage:g}x is too much for a maintenance rate of {rate:g}%: the margin, {1 / leverage:.2%} of the "
                "value, does not cover what must be left. Take less leverage."
            )
        room = linear.adverse_move(leverage=leverage, maintenance_margin_rate=rate / 100)
        self._line.set_data(*numbers.room_line(rate))
        shown = min(room, self._HIGHEST)
        self._cross.set_data([1.9, leverage, leverage], [shown, shown, 0])
        self._point.set_data([leverage], [shown])
        self._point.set_marker("o" if shown == room else "^")
        self._words.set(position=(min(leverage * 1.1, 85), min(shown + 0.01, 0.45)), text=f"{room:.2%}")
        return (
            f"At {leverage:g}x and a maintenance rate of {rate:.1f}% the position survives any move against it of less "
            f"than {room:.2%} of the entry price."
        )
