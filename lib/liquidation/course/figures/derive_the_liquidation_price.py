"""Pictures of lesson 02."""

from __future__ import annotations

import numpy as np

from liquidation import LONG, SHORT, bankruptcy_price, linear, liquidation_price

from .. import drawing as draw

_PRICE_AND_MONEY = ("mark price (USDT per BTC)", draw.THOUSANDS), ("equity, requirement (USDT)", draw.THOUSANDS)


def critical_prices(position_margin: float, maintenance_margin: float, **size: float) -> dict[int, tuple[float, float]]:
    """Compute the liquidation and the bankruptcy price of a long and of a short, by side, in USDT."""
    found = {}
    for side in (LONG, SHORT):
        case = dict(side=side, position_margin=position_margin, **size)
        found[side] = liquidation_price(maintenance_margin=maintenance_margin, **case), bankruptcy_price(**case)
    return found


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
    found = critical_prices(position_margin, maintenance_margin, **size)
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


def milestones(ratios: np.ndarray) -> tuple[int, int, int]:
    """Find the places half of the way along, of the first margin ratio of at least 50%, and at the end."""
    return len(ratios) // 2, int(np.argmax(ratios >= 0.5)), len(ratios) - 1


@draw.own_style()
def walk(prices: np.ndarray, ratios: np.ndarray) -> draw.Picture:
    """Draw the margin ratio (a fraction) along a falling mark price, up to where it fires."""
    half_way, half_full, end = milestones(ratios)
    figure, ax = draw.new_figure(height=3.3)
    ax.plot(prices, ratios, linewidth=2.2, color=draw.BLUE)
    for i in (half_way, half_full, end):
        ax.plot(prices[i], ratios[i], "o", markersize=8, color=draw.RED if i == end else draw.BLUE)
        words = f"{ratios[i]:.0%} at {prices[i]:,.0f}"
        draw.note(ax, words, (prices[i], ratios[i]), (-8, 3 if i != end else -3))
    ax.axhline(1, color=draw.RED, linestyle="--")
    draw.note(ax, "liquidation", (prices[0], 1), (1, -4), color=draw.RED)
    ax.set_ylim(0, 1.08)
    ax.invert_xaxis()
    caption = (
        f"The margin ratio while the price falls from {prices[0]:,.0f}. It starts at {ratios[0]:.0%}; half of the "
        f"way down, at {prices[half_way]:,.0f}, it shows {ratios[half_way]:.0%}, and at {prices[half_full]:,.0f} still "
        f"only 50%. Then it shoots up and reaches {ratios[-1]:.0%} at {prices[-1]:,.0f}."
    )
    falling = ("mark price (USDT per BTC), falling to the right", draw.THOUSANDS)
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
    draw.leverage_axis(ax)
    caption = (
        f"Liquidation price against leverage, entry {entry_price:,.0f}, maintenance rate "
        f"{maintenance_margin_rate:.1%}. From 2x to 125x the long's rises from {at[LONG][0]:,.0f} to "
        f"{at[LONG][1]:,.0f} and the short's falls from {at[SHORT][0]:,.0f} to {at[SHORT][1]:,.0f}: both close in on "
        "the entry, fast at first, then slowly."
    )
    return draw.finish(figure, ax, caption, x="leverage", y=("liquidation price (USDT per BTC)", draw.THOUSANDS))


def shifts(
    leverage: np.ndarray,
    entry_price: float,
    maintenance_margin_rate: float,
    liquidation_fee_rate: float,
    taker_fee_rate: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute how far three terms move a long's liquidation price, in USDT per BTC.

    They are the liquidation fee, the reserve for the closing fee, and maintenance on the value at the mark price.

    Arguments:
        leverage: one number for each result [times].
        entry_price: [USDT per BTC].
        maintenance_margin_rate: a fraction.
        liquidation_fee_rate: of the first term, a fraction.
        taker_fee_rate: what the second term reserves, a fraction.
    """
    size = {"entry_price": entry_price, "quantity": 1.0, "contract_size": 1.0}
    bare = linear.initial_margin(leverage=leverage, **size)
    reserved = linear.position_margin(leverage=leverage, taker_fee_rate=taker_fee_rate, **size)
    rates = {"maintenance_margin_rate": maintenance_margin_rate, "maintenance_amount": 0.0, **size}
    entry, mark = linear.liquidation_price_entry_basis.long, linear.liquidation_price_mark_basis.long
    textbook = entry(position_margin=bare, liquidation_fee_rate=0.0, **rates)
    with_fee = entry(position_margin=bare, liquidation_fee_rate=liquidation_fee_rate, **rates)
    with_reserve = entry(position_margin=reserved, liquidation_fee_rate=0.0, **rates)
    on_mark = mark(position_margin=bare, liquidation_fee_rate=0.0, **rates)
    return with_fee - textbook, with_reserve - textbook, on_mark - textbook


@draw.own_style()
def what_each_term_changes(
    entry_price: float, maintenance_margin_rate: float, liquidation_fee_rate: float, taker_fee_rate: float
) -> draw.Picture:
    """Draw how far three real-world terms move a linear long's liquidation price, against leverage."""
    leverage = np.geomspace(2, 125, 200)
    reference = int(np.argmin(abs(leverage - 25)))
    changed = shifts(leverage, entry_price, maintenance_margin_rate, liquidation_fee_rate, taker_fee_rate)
    figure, ax = draw.new_figure(height=3.8)
    said = []
    looks = [
        ("liquidation fee counted", draw.RED, "--"),
        ("fee reserve in the margin", draw.GREEN, "-."),
        ("maintenance on mark value", draw.BLUE, "-"),
    ]
    for shift, (name, color, style) in zip(changed, looks, strict=True):
        ax.plot(leverage, shift, color=color, linestyle=style, linewidth=2.2, label=name)
        said.append(f"{name} {shift[0]:+,.1f} at 2x and {shift[reference]:+,.1f} at 25x")
    ax.axhline(0, color=draw.GREY, linewidth=0.8)
    draw.leverage_axis(ax)
    ax.legend(frameon=False, fontsize=10)
    caption = (
        f"What one real-world term at a time does to a long's liquidation price, in USDT per BTC (entry "
        f"{entry_price:,.0f}, maintenance rate {maintenance_margin_rate:.1%}, liquidation fee "
        f"{liquidation_fee_rate:.2%}, taker fee {taker_fee_rate:.2%}): {'; '.join(said)}. Up means that the position "
        "dies sooner."
    )
    shifted = "shift of the liquidation price\n(USDT per BTC; up: dies sooner)"
    return draw.finish(figure, ax, caption, x="leverage", y=shifted)


_ENTRY = 50_000.0


def trigger_of(
    side: int, leverage: float, rate: float, added: float, marks: np.ndarray
) -> tuple[float, float, float, np.ndarray]:
    """Compute margin, requirement, liquidation price, and equity at marks, of 0.1 BTC from 50,000; all in USDT.

    Arguments:
        side: +1 long, -1 short.
        leverage: [times].
        rate: of maintenance [percent].
        added: margin beyond the initial margin [USDT].
        marks: mark prices at which to compute the equity [USDT].

    Raises ``ValueError`` if the margin does not cover what must be left: such a position dies as it opens.
    """
    size = {"entry_price": _ENTRY, "quantity": 1_000, "contract_size": 0.0001}
    margin = linear.initial_margin(leverage=leverage, **size) + added
    maintenance = linear.maintenance_margin_entry_basis
    requirement = maintenance(maintenance_margin_rate=rate / 100, maintenance_amount=0, **size)
    if margin <= requirement:
        raise ValueError(
            f"{leverage:g}x is too much for a maintenance rate of {rate:g}%: {margin:,.0f} USDT of margin do not cover "
            f"the {requirement:,.0f} that must be left. Take less leverage, or add margin."
        )
    price = liquidation_price(side=side, position_margin=margin, maintenance_margin=requirement, **size)
    return margin, requirement, price, margin + linear.unrealized_pnl(side=side, mark_price=marks, **size)


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
        ax.axvline(_ENTRY, color=draw.GREY, linewidth=0.8, linestyle=":")
        draw.note(ax, "entry", (_ENTRY, self._HIGHEST), (4, -4), color=draw.GREY)
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
        margin, requirement, price, equity = trigger_of(side, leverage, rate, added, self._EDGES)
        self._equity.set_data(self._EDGES, equity)
        self._equity.set(**draw.SIDE_STYLES[side])
        self._requirement.set_data(self._EDGES, [requirement, requirement])
        self._drop.set_data([price, price], [self._LOWEST, requirement])
        self._point.set_data([price], [requirement])
        # The words stand where the equity line is not: it rises to the right for a long, to the left for a short.
        behind, ahead = ("right", "left") if side == LONG else ("left", "right")
        self._price.set(position=(price - side * 150, requirement + 22), text=f"{price:,.0f}", ha=behind)
        self._names[0].set(position=(_ENTRY + side * 600, margin + 20), ha=ahead)
        edge = self._EDGES[1 if side == LONG else 0] - side * 150
        self._names[1].set(position=(edge, requirement + 8), text=f"requirement {requirement:,.0f}", ha=behind)
        return (
            f"{margin:,.0f} USDT of margin against a requirement of {requirement:,.0f}. The {draw.SIDE_NAMES[side]} is "
            f"liquidated at {price:,.0f}, {abs(price - _ENTRY) / _ENTRY:.1%} from its entry."
        )


def room_line(rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute leverages up to where the maintenance rate (percent) leaves no room, and the room at each, a fraction."""
    span = np.geomspace(1.9, min(125.0, 0.999 / (rate / 100)), 400)
    return span, linear.adverse_move(leverage=span, maintenance_margin_rate=rate / 100)


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
        draw.label_axes(ax, "leverage", ("adverse move that liquidates,\nas part of the entry price", draw.PERCENT))
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
        self._line.set_data(*room_line(rate))
        shown = min(room, self._HIGHEST)
        self._cross.set_data([1.9, leverage, leverage], [shown, shown, 0])
        self._point.set_data([leverage], [shown])
        self._point.set_marker("o" if shown == room else "^")
        self._words.set(position=(min(leverage * 1.1, 85), min(shown + 0.01, 0.45)), text=f"{room:.2%}")
        return (
            f"At {leverage:g}x and a maintenance rate of {rate:.1f}% the position survives any move against it of less "
            f"than {room:.2%} of the entry price."
        )
