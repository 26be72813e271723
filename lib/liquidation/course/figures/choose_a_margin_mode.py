"""Pictures of lesson 04."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from liquidation import LONG, NEVER, SHORT, Account, Position

from .. import drawing as draw
from ..known import known
from ..mira import BTC, ETH

B, E = "BTC_USDT", "ETH_USDT"
_MARKS = ("mark price of BTC (USDT)", draw.THOUSANDS), ("mark price of ETH (USDT)", draw.THOUSANDS)
_ARROW = {"arrowstyle": "-|>,head_width=0.4,head_length=0.8", "linewidth": 5, "shrinkA": 0, "shrinkB": 0}


def in_cross(account: Account) -> Account:
    """The same account with every position moved into the pool."""
    return replace(account, positions=tuple(replace(p, margin=None) for p in account.positions))


def liquidation_prices(account: Account) -> tuple[float, float]:
    """Liquidation prices of BTC and of ETH, if only that one moves; in USDT."""
    return known(account.liquidation_price(B)), known(account.liquidation_price(E))


def edge_in_cross(account: Account, bitcoin: np.ndarray, far: float) -> list[float]:
    """Compute the liquidation price of ETH in cross at prices of BTC, ``far`` where there is none; all in USDT."""
    prices = [account.at({B: price}).liquidation_price(E) for price in bitcoin]
    return [far if price is NEVER else known(price) for price in prices]


@draw.own_style()
def two_prices(account: Account) -> draw.Picture:
    """Draw the plane of two mark prices: where isolated positions die, and where the same ones die in cross.

    ``account`` holds an isolated long of BTC_USDT and one of ETH_USDT; prices in USDT.
    """
    cross, now = in_cross(account), (account.marks[B], account.marks[E])
    x, y = np.array([0.84, 1.06]) * now[0], np.array([0.68, 1.13]) * now[1]
    alone, one, fall = liquidation_prices(account), liquidation_prices(cross), known(cross.joint_moves()[0])
    both = now[0] * (1 + fall), now[1] * (1 + fall)
    edge = edge_in_cross(cross, x, far=y[0])
    figure, ax = draw.new_figure(height=4.6)
    ax.set(xlim=x, ylim=y)
    ax.fill_between(x, y[0], edge, color=draw.PALE_RED, zorder=0)
    ax.plot(x, edge, color=draw.RED, linewidth=2.4)
    ax.plot([alone[0], alone[0]], y, color=draw.BLUE, linewidth=2.2, linestyle="--")
    ax.plot(x, [alone[1], alone[1]], color=draw.DARK_ORANGE, linewidth=2.2, linestyle="--")
    ray = np.array([0, fall])
    ax.plot(now[0] * (1 + ray), now[1] * (1 + ray), color=draw.GREY, linestyle=":", linewidth=1.6)
    ax.plot(*now, "o", color=draw.GREEN, markersize=10)
    draw.note(ax, "now: all live", now, (8, 4), color=draw.DARK_GREEN)
    for words, point, offset in [
        (f"only BTC falls\n{one[0]:,.0f}", (one[0], now[1]), (9, 2)),
        (f"both {fall:+.1%}", both, (1, 24)),
        (f"only ETH falls\n{one[1]:,.0f}", (now[0], one[1]), (8, 4)),
    ]:
        if point[1] > y[0]:
            ax.plot(*point, "s", color=draw.RED, markersize=8)
            draw.note(ax, words, point, offset)
    for words, point, offset, color in [
        (f"isolated BTC:\n{alone[0]:,.0f}", (alone[0], y[1]), (6, -4), draw.BLUE),
        (f"isolated ETH: {alone[1]:,.0f}", (x[1], alone[1]), (-4, 4), draw.DARK_ORANGE),
    ]:
        draw.note(ax, words, point, offset, color=color)
    for words, point, offset in [
        ("cross lives,\nisolated lost BTC", (alone[0], y[1]), (-6, -5)),
        ("cross lives,\nisolated lost ETH", (x[1], alone[1]), (-4, -6)),
        ("cross lost both,\nisolated keeps ETH", (x[0], alone[1]), (6, 6)),
        ("cross lost both,\nisolated too", (x[0], y[0]), (6, 6)),
        ("isolated\nkeeps BTC", (alone[0], y[0]), (6, 6)),
    ]:
        draw.note(ax, words, point, offset, fontsize=10, fontweight="bold")
    caption = (
        f"The plane of two prices, for one long of each. Isolated, BTC dies to the left of {alone[0]:,.0f} and ETH "
        f"below {alone[1]:,.0f}, whatever the other does. In cross both die together below the slanted line (orange): "
        f"at {one[0]:,.0f} if only BTC falls, at {one[1]:,.0f} if only ETH does, and at {fall:+.1%} if both fall alike."
    )
    return draw.finish(figure, ax, caption, *_MARKS)


def falls_to_death(account: Account) -> dict[str, float]:
    """Compute by which part of today's marks prices move until the same positions die in cross, negative for a fall."""
    cross, (bitcoin, ether) = in_cross(account), liquidation_prices(in_cross(account))
    return {
        "only BTC": bitcoin / float(account.marks[B]) - 1,
        "only ETH": ether / float(account.marks[E]) - 1,
        "both alike": known(cross.joint_moves()[0]),
    }


@draw.own_style()
def three_falls(account: Account) -> draw.Picture:
    """Draw how far BTC, ETH, and both together fall until the positions of an account die in cross.

    ``account`` holds an isolated long of BTC_USDT and one of ETH_USDT.
    """
    falls = falls_to_death(account)
    soonest = max(falls, key=lambda row: falls[row])
    figure, ax = draw.new_figure(height=2.5)
    for row, (name, fall) in enumerate(falls.items()):
        color = draw.RED if name == soonest else draw.BLUE
        ax.annotate("", (fall, row), (0, row), arrowprops=_ARROW | {"color": color})
        words = f"{100 * fall:.3g}%" + (": dies soonest" if name == soonest else "")
        draw.note(ax, words, (fall, row), (-8, 0), color=color, fontsize=13, fontweight="bold")
    ax.axvline(0, color=draw.GREEN, linewidth=3)
    draw.note(ax, "today", (0, -0.75), (-5, 0), color=draw.DARK_GREEN)
    ax.set(xlim=(1.35 * min(falls.values()), 0), ylim=(len(falls) - 0.5, -1))
    ax.set_yticks(range(len(falls)), list(falls), fontsize=11.5)
    ax.grid(visible=False, axis="y")
    ax.set_xticks(np.arange(0, 1.35 * min(falls.values()), -0.1))
    one, other, both = (f"{100 * fall:.3g}%" for fall in falls.values())
    caption = (
        f"How far prices fall before everything dies in cross. If only BTC falls: {one}. If only ETH falls: {other}. "
        f"If both fall alike: {both}. The account dies soonest when both fall together."
    )
    fallen = ("fall from today's price, until the cross account dies", draw.signed_percent)
    return draw.finish(figure, ax, caption, x=fallen, y="what falls")


class Death(NamedTuple):
    """At which price of BTC a position dies, and what the account is worth just before and after; all in USDT."""

    price: float
    before: float
    after: float


def deaths(account: Account) -> dict[str, Death]:
    """Compute how an isolated position in BTC dies, and how it would in cross; a death takes all that backs it."""
    position, balance = account.position(B), float(account.balance)
    found = {}
    for name, held, lost in [("isolated", account, known(position.margin)), ("cross", in_cross(account), balance)]:
        price = known(held.liquidation_price(B))
        found[name] = Death(price, balance + position.pnl(price), balance - lost)
    return found


@draw.own_style()
def worth(account: Account, lowest: float) -> draw.Picture:
    """Draw what the account is worth against the price of BTC, down to ``lowest``: isolated and cross; money in USDT.

    A position that is liquidated loses all that stood behind it.
    """
    prices = np.linspace(lowest, float(account.marks[B]), 400)
    position, died = account.position(B), deaths(account)
    figure, ax = draw.new_figure(height=3.8)
    for name, color, style in [("cross", draw.RED, "-"), ("isolated", draw.BLUE, "--")]:
        price, before, after = died[name]
        alive = prices[prices > price]
        gain = position.market.unrealized_pnl(position.side, position.entry_price, alive, position.quantity)
        ax.plot(alive, account.balance + gain, color=color, linestyle=style, linewidth=2.4)
        ax.plot([lowest, price], [after, after], color=color, linestyle=style, linewidth=2.4)
        ax.plot([price, price], [after, before], color=color, linewidth=1, linestyle=":")
        ax.plot(price, before, "o", color=color)
        draw.note(ax, f"{name} dies at {price:,.0f}: {after:,.0f} left", (lowest, after), (2, 5), color=color)
    ax.set_ylim(-0.06 * account.balance, 1.1 * account.balance)
    caption = (
        f"What the account is worth while BTC falls and ETH stands still. Isolated, the long dies at "
        f"{died['isolated'].price:,.0f} and the other {died['isolated'].after:,.0f} USDT are safe. In cross it lives "
        f"on to {died['cross'].price:,.0f}, and then nothing is left."
    )
    falling = ("← the price falls        mark price of BTC (USDT)", draw.THOUSANDS)
    return draw.finish(figure, ax, caption, x=falling, y="worth of the account\n(USDT)")


def price_of_bitcoin(account: Account, ether: np.ndarray) -> np.ndarray:
    """Compute the liquidation price of BTC in cross at each mark price of ETH; all in USDT."""
    return np.array([in_cross(account).at({E: price}).liquidation_price(B) for price in ether])


@draw.own_style()
def moving_price(account: Account) -> draw.Picture:
    """Draw the liquidation price of the BTC position against the mark price of ETH alone; prices in USDT."""
    bitcoin, mark = float(account.marks[B]), float(account.marks[E])
    ether, fallen = np.linspace(0.8, 1.1, 61) * mark, 0.9 * mark
    curve, (now, then) = (price_of_bitcoin(account, marks) for marks in (ether, np.array([mark, fallen])))
    alone, _ = liquidation_prices(account)
    crossing = np.interp(-alone, -curve, ether)  # the curve falls as ETH rises
    figure, ax = draw.new_figure(height=3.6)
    ax.axhline(bitcoin, color=draw.GREEN, linewidth=1.6)
    draw.note(ax, f"BTC now: {bitcoin:,.0f}", (ether[0], bitcoin), (4, 4), color=draw.GREEN)
    ax.axhline(alone, color=draw.BLUE, linewidth=2.2, linestyle="--")
    draw.note(ax, f"isolated: {alone:,.0f}", (ether[-1], alone), (-4, 4), color=draw.BLUE)
    ax.plot(ether, curve, color=draw.RED, linewidth=2.4)
    for price, height, words in [(mark, now, f"cross: {now:,.0f}"), (fallen, then, f"{then:,.0f}")]:
        ax.plot(price, height, "o", color=draw.RED)
        draw.note(ax, words, (price, height), (6, 4))
    ax.set_ylim(min(curve) - 1_000, bitcoin * 1.035)
    worse = f" Below {crossing:,.0f} for ETH, BTC dies sooner in cross than isolated." if alone < curve[0] else ""
    caption = (
        f"The liquidation price of the BTC position while only ETH moves. Isolated it stays at {alone:,.0f}. In cross "
        f"it is {now:,.0f} at first and {then:,.0f} once ETH has fallen by 10%: it comes nearer by "
        f"{(then - now) / (mark - fallen):,.0f} USDT for every USDT that ETH loses." + worse
    )
    along, up = "mark price of ETH (USDT); BTC does not move", "liquidation price of BTC (USDT)"
    return draw.finish(figure, ax, caption, x=(along, draw.THOUSANDS), y=(up, draw.THOUSANDS))


def pair_against_price(account: Account, name: str) -> tuple[float, np.ndarray, list[float], list[float]]:
    """Compute where a pool that holds one contract long and short dies, and prices, equity, requirement; in USDT."""
    dies = known(account.liquidation_price(name))
    prices = np.linspace(0.3 * float(account.marks[name]), 1.15 * dies, 3)
    at = [account.at({name: price}) for price in prices]
    return dies, prices, [then.equity() for then in at], [then.requirement() for then in at]


@draw.own_style()
def hedged_pair(account: Account, name: str) -> draw.Picture:
    """Draw equity and requirement of a pool that holds one contract long and short; prices and money in USDT."""
    dies, prices, equity, required = pair_against_price(account, name)
    now = account.marks[name], account.requirement()
    figure, ax = draw.new_figure(height=3.4)
    ax.plot(prices, equity, color=draw.BLUE, linewidth=2.2)
    ax.plot(prices, required, color=draw.ORANGE, linewidth=2.2, linestyle="-.")
    ax.plot(dies, equity[0], "o", color=draw.RED, markersize=9)
    draw.note(ax, "equity: what one leg gains the other loses", (prices[0], equity[0]), (6, 5), color=draw.BLUE)
    grows = "requirement: grows with the price"
    draw.note(ax, grows, (prices[1], required[1]), (10, -6), color=draw.DARK_ORANGE)
    draw.note(ax, f"liquidated at {dies:,.0f}", (dies, equity[0]), (-12, 22), arrowprops=draw.LEADER)
    ax.plot(*now, "o", color=draw.GREEN)
    draw.note(ax, f"now: {now[0]:,.0f}", now, (-6, 6), color=draw.GREEN)
    ax.set_ylim(0, 1.35 * equity[0])
    caption = (
        "A long and a short of the same size in cross, maintenance on the value at the mark price. Equity stays at "
        f"{equity[0]:,.0f} USDT. The requirement grows with the price and meets it at {dies:,.0f}: there the pair "
        "is liquidated although it has lost nothing."
    )
    return draw.finish(figure, ax, caption, x=_MARKS[0], y=("USDT", draw.THOUSANDS))


def mira_at(isolated: bool, side: int, bitcoin: float, ether: float) -> Account:
    """Mira's account at these marks: 600 USDT, a long of 0.1 BTC from 50,000 and one coin of ether from 2,000."""
    margin = 200 if isolated else None
    positions = Position(BTC, LONG, 1_000, 50_000, 25, margin), Position(ETH, side, 100, 2_000, 10, margin)
    return Account(600, positions, marks={B: bitcoin, E: ether})


def dead(account: Account) -> list[str]:
    """Name the coins of the positions that are liquidated at the marks of the account."""
    return [coin for coin, name in (("BTC", B), ("ETH", E)) if account.is_liquidatable(name)]


class TwoPrices(draw.Scene):
    """Both marks, the mode, and whether the ether position is a second bet or a hedge."""

    controls = (
        draw.Choice("isolated", "Mode", {"isolated": True, "cross": False}),
        draw.Choice("side", "ETH position", {"long": LONG, "short": SHORT}),
        draw.Slider("bitcoin", "BTC mark price (USDT)", 40_000, 56_000, 250, 50_000),
        draw.Slider("ether", "ETH mark price (USDT)", 1_400, 2_600, 25, 2_000),
    )
    height = 4.4
    _X = np.array([40_000.0, 56_000.0])
    _Y = np.array([1_400.0, 2_600.0])

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=self._X, ylim=self._Y)
        draw.label_axes(ax, *_MARKS)
        ax.plot(50_000, 2_000, "+", color=draw.GREY, markersize=12)
        draw.note(ax, "entry", (50_000, 2_000), (1, -8), color=draw.GREY)
        (self._first,) = ax.fill([0], [0], color=draw.PALE_RED, zorder=0)
        (self._second,) = ax.fill([0], [0], color=draw.PALE_BLUE, zorder=0, alpha=0.75)
        (self._lines,) = ax.plot([], [], color=draw.RED, linewidth=2.2)
        (self._other,) = ax.plot([], [], color=draw.BLUE, linewidth=2.2, linestyle="--")
        (self._point,) = ax.plot([], [], "o", markersize=12, markeredgecolor="white")
        self._words = ax.text(0, 0, "", fontsize=11.5, va="center", bbox=draw.paper(2, 0.8))
        self._names = [ax.text(0, 0, "", fontsize=11.5) for _ in range(3)]
        self.moving = [self._first, self._second, self._lines, self._other, self._point, self._words, *self._names]

    def update(self, *, isolated: bool, side: int, bitcoin: float, ether: float) -> str:
        """Set regions, lines and the point; prices in USDT."""
        account = mira_at(isolated, side, bitcoin, ether)
        gone = dead(account)
        reading = self._show_isolated(account, side) if isolated else self._show_cross(account, side)
        self._point.set_data([bitcoin], [ether])
        self._point.set_color(draw.RED if gone else draw.GREEN)
        said = f"{' and '.join(gone)} {'die' if len(gone) > 1 else 'dies'}" if gone else "both live"
        # The words stand on the point's side of BTC's border, where there is room for them.
        ahead = 48_200 < bitcoin < 52_500 or bitcoin < 44_500
        color = draw.RED if gone else draw.DARK_GREEN
        place = (bitcoin + (450 if ahead else -450), ether)
        self._words.set(position=place, ha="left" if ahead else "right", text=said, color=color)
        return f"BTC at {bitcoin:,.0f}, ETH at {ether:,.0f}: {said}. {reading}"

    def _edges(self, side: int) -> tuple[float, float, str]:
        """The price of ETH that is worst for a side, one just inside it, and how words there are aligned."""
        far = self._Y[0 if side == LONG else 1]
        return far, far + side * 30, "bottom" if side == LONG else "top"

    def _show_isolated(self, account: Account, side: int) -> str:
        (left, right), (low, high), (far, inner, grows) = self._X, self._Y, self._edges(side)
        outer = (high if side == LONG else low) - side * 30
        bitcoin, ether = liquidation_prices(account)
        self._first.set_xy([(left, low), (bitcoin, low), (bitcoin, high), (left, high)])
        self._second.set_xy([(left, ether), (right, ether), (right, far), (left, far)])
        self._lines.set_data([bitcoin, bitcoin], self._Y)
        self._other.set_data(self._X, [ether, ether])
        shrinks = "top" if grows == "bottom" else "bottom"
        for name, x, y, words, color, align, stand in [
            (self._names[0], left + 300, outer, "BTC dies", draw.RED, "left", shrinks),
            (self._names[1], right - 200, inner, "ETH dies", draw.BLUE, "right", grows),
            (self._names[2], left + 300, inner, "both die", "black", "left", grows),
        ]:
            name.set(position=(x, y), text=words, color=color, ha=align, va=stand)
        return f"Isolated, BTC is liquidated at {bitcoin:,.0f} and ETH at {ether:,.0f}."

    def _show_cross(self, account: Account, side: int) -> str:
        (left, right), (far, inner, grows) = self._X, self._edges(side)
        line = edge_in_cross(account, self._X, far)
        self._first.set_xy([(left, far), (left, line[0]), (right, line[1]), (right, far)])
        self._second.set_xy([(left, far)] * 3)
        self._lines.set_data(self._X, line)
        self._other.set_data([], [])
        self._names[0].set(position=(left + 300, inner), text="both die", ha="left", va=grows, color=draw.RED)
        for name in self._names[1:]:
            name.set_text("")
        equity, required = account.equity(), account.requirement()
        return f"In cross the account's equity is {equity:,.0f} USDT and its requirement {required:,.0f} USDT."
