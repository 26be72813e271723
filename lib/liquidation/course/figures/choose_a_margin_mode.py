"""Pictures of lesson 04."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from liquidation import LONG, NEVER, SHORT, Account, Position

from ..drawing import (
    BLUE,
    DARK_ORANGE,
    GREEN,
    GREY,
    LEADER,
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
from ..mira import BTC, ETH

B, E = "BTC_USDT", "ETH_USDT"
_DEAD = "#F3C9B5"  # the orange-red of RED, paled: the side of a line on which a position is liquidated
_PALE = "#CFE3F0"


def in_cross(account: Account) -> Account:
    """The same account with every position moved into the pool."""
    return replace(account, positions=[replace(p, margin=None) for p in account.positions])


def two_prices(account: Account) -> Picture:
    """Draw the plane of two mark prices: where isolated positions die, and where the same ones die in cross.

    ``account`` holds an isolated long of BTC_USDT and one of ETH_USDT; prices in USDT.
    """
    cross = in_cross(account)
    now = account.marks[B], account.marks[E]
    x = np.array([0.84, 1.06]) * now[0]
    y = np.array([0.68, 1.08]) * now[1]
    alone = account.liquidation_price(B), account.liquidation_price(E)
    line = np.array([cross.at({B: price}).liquidation_price(E) for price in x])
    figure, ax = new_figure(height=4.6)
    ax.set(xlim=x, ylim=y)
    ax.fill_between(x, y[0], line, color=_DEAD, zorder=0)
    ax.plot(x, line, color=RED, linewidth=2.4)
    ax.plot([alone[0], alone[0]], y, color=BLUE, linewidth=2.2, linestyle="--")
    ax.plot(x, [alone[1], alone[1]], color=BLUE, linewidth=2.2, linestyle="--")
    down, _ = cross.joint_moves()
    ray = np.array([0, -0.155])
    ax.plot(now[0] * (1 + ray), now[1] * (1 + ray), color=GREY, linestyle=":", linewidth=1.6)
    joint = now[0] * (1 + down), now[1] * (1 + down)
    ax.plot(*joint, "s", color=RED, markersize=8)
    ax.plot(*now, "o", color=GREEN, markersize=10)
    note(ax, "now", now, (8, 4), color=GREEN)
    note(ax, f"both fall\nby {-down:.1%}", joint, (14, -8))
    low = cross.liquidation_price(B), cross.liquidation_price(E)
    ax.plot([low[0]], [now[1]], "s", color=RED, markersize=8)
    note(ax, f"only BTC falls:\n{low[0]:,.0f}", (low[0], now[1]), (-8, -4))
    if low[1] > y[0]:
        note(ax, f"only ETH falls:\n{low[1]:,.0f}", (now[0], low[1]), (8, 4))
        ax.plot([now[0]], [low[1]], "s", color=RED, markersize=8)
    note(ax, f"isolated BTC dies\nleft of {alone[0]:,.0f}", (alone[0], y[1]), (-6, -6), color=BLUE)
    note(ax, f"isolated ETH dies below {alone[1]:,.0f}", (x[1], alone[1]), (-4, -5), color=BLUE)
    ax.text(x[0] * 1.012, y[0] * 1.05, "cross: everything dies\nbelow this line", color=RED, fontsize=11)
    label_axes(ax, "mark price of BTC (USDT)", "mark price of ETH (USDT)")
    thousands(ax.xaxis)
    thousands(ax.yaxis)
    return Picture(
        figure,
        f"The plane of two prices, for one long of each. Isolated, BTC dies to the left of {alone[0]:,.0f} and ETH "
        f"below {alone[1]:,.0f}, whatever the other does. In cross both die together below the slanted line: at "
        f"{low[0]:,.0f} if only BTC falls, at {low[1]:,.0f} if only ETH does, and at {down:+.1%} if both fall alike.",
    )


def worth(account: Account, lowest: float) -> Picture:
    """Draw what the account is worth against the price of BTC, down to ``lowest``: isolated and cross; money in USDT.

    A position that is liquidated loses all that stood behind it.
    """
    cross = in_cross(account)
    start = account.marks[B]
    prices = np.linspace(lowest, start, 400)
    margin = account.position(B).margin
    figure, ax = new_figure(height=3.8)
    dies = {}
    for name, held, color, style, lost in [
        ("isolated", account, BLUE, "--", margin),
        ("cross", cross, RED, "-", account.balance),
    ]:
        price = dies[name] = held.liquidation_price(B)
        alive = prices[prices > price]
        gain = account.position(B).pnl(alive)
        ax.plot(alive, account.balance + gain, color=color, linestyle=style, linewidth=2.4)
        after = account.balance - lost
        ax.plot([lowest, price], [after, after], color=color, linestyle=style, linewidth=2.4)
        at_death = account.balance + account.position(B).pnl(price)
        ax.plot([price, price], [after, at_death], color=color, linewidth=1, linestyle=":")
        ax.plot(price, at_death, "o", color=color)
        words = f"{name} dies at {price:,.0f}: {after:,.0f} left"
        note(ax, words, (lowest, after), (-2, 5), color=color)
    ax.invert_xaxis()
    ax.set_ylim(-0.06 * account.balance, 1.1 * account.balance)
    label_axes(ax, "mark price of BTC (USDT), falling to the right", "worth of the account\n(USDT)")
    thousands(ax.xaxis)
    isolated_left = account.balance - margin
    return Picture(
        figure,
        f"What the account is worth while BTC falls and ETH stands still. Isolated, the long dies at "
        f"{dies['isolated']:,.0f} and the other {isolated_left:,.0f} USDT are safe. In cross it lives on to "
        f"{dies['cross']:,.0f}, and then nothing is left.",
    )


def moving_price(account: Account) -> Picture:
    """Draw the liquidation price of the BTC position against the mark price of ETH alone; prices in USDT."""
    cross = in_cross(account)
    ether = np.linspace(0.8, 1.1, 61) * account.marks[E]
    moved = np.array([cross.at({E: price}).liquidation_price(B) for price in ether])
    alone = account.liquidation_price(B)
    mark = account.marks[B]
    figure, ax = new_figure(height=3.6)
    ax.axhline(mark, color=GREEN, linewidth=1.6)
    note(ax, f"BTC now: {mark:,.0f}", (ether[0], mark), (4, 4), color=GREEN)
    ax.axhline(alone, color=BLUE, linewidth=2.2, linestyle="--")
    note(ax, f"isolated: {alone:,.0f}", (ether[-1], alone), (-4, 4), color=BLUE)
    ax.plot(ether, moved, color=RED, linewidth=2.4)
    now = np.interp(account.marks[E], ether, moved)
    fallen = 0.9 * account.marks[E]
    then = cross.at({E: fallen}).liquidation_price(B)
    for price, height, words in [(account.marks[E], now, f"cross: {now:,.0f}"), (fallen, then, f"{then:,.0f}")]:
        ax.plot(price, height, "o", color=RED)
        note(ax, words, (price, height), (6, 4))
    label_axes(ax, "mark price of ETH (USDT); BTC does not move", "liquidation price of BTC (USDT)")
    thousands(ax.xaxis)
    thousands(ax.yaxis)
    ax.set_ylim(min(moved) - 1_000, mark * 1.035)
    crossing = np.interp(-alone, -moved, ether)
    worse = f" Below {crossing:,.0f} for ETH, BTC dies sooner in cross than isolated." if alone < moved[0] else ""
    return Picture(
        figure,
        f"The liquidation price of the BTC position while only ETH moves. Isolated it stays at {alone:,.0f}. In cross "
        f"it is {now:,.0f} at first and {then:,.0f} once ETH has fallen by 10%: it comes nearer by "
        f"{(then - now) / (account.marks[E] - fallen):,.0f} USDT for every USDT that ETH loses." + worse,
    )


def hedged_pair(account: Account, name: str) -> Picture:
    """Draw equity and requirement of a pool that holds one contract long and short; prices and money in USDT."""
    dies = account.liquidation_price(name)
    prices = np.linspace(0.3 * account.marks[name], 1.15 * dies, 3)
    required = [account.at({name: price}).requirement() for price in prices]
    equity = [account.at({name: price}).equity() for price in prices]
    figure, ax = new_figure(height=3.4)
    ax.plot(prices, equity, color=BLUE, linewidth=2.2)
    ax.plot(prices, required, color=ORANGE, linewidth=2.2, linestyle="-.")
    ax.plot(dies, equity[0], "o", color=RED, markersize=9)
    note(ax, "equity: what one leg gains the other loses", (prices[0], equity[0]), (6, 5), color=BLUE)
    note(ax, "requirement: grows with the price", (prices[1], required[1]), (10, -6), color=DARK_ORANGE)
    note(ax, f"liquidated at {dies:,.0f}", (dies, equity[0]), (-12, 22), arrowprops=LEADER)
    ax.plot(account.marks[name], account.requirement(), "o", color=GREEN)
    note(ax, f"now: {account.marks[name]:,.0f}", (account.marks[name], account.requirement()), (-6, 6), color=GREEN)
    ax.set_ylim(0, 1.35 * equity[0])
    label_axes(ax, "mark price of BTC (USDT)", "USDT")
    thousands(ax.xaxis)
    thousands(ax.yaxis)
    return Picture(
        figure,
        "A long and a short of the same size in cross, maintenance on the value at the mark price. Equity stays at "
        f"{equity[0]:,.0f} USDT. The requirement grows with the price and meets it at {dies:,.0f}: there the pair "
        "is liquidated although it has lost nothing.",
    )


class TwoPrices(Scene):
    """Both marks, the mode, and whether the ether position is a second bet or a hedge."""

    controls = (
        Choice("isolated", "Mode", {"isolated": True, "cross": False}),
        Choice("side", "ETH position", {"long": LONG, "short": SHORT}),
        Slider("bitcoin", "BTC mark price (USDT)", 40_000, 56_000, 250, 50_000),
        Slider("ether", "ETH mark price (USDT)", 1_400, 2_600, 25, 2_000),
    )
    height = 4.4
    _BALANCE = 600
    _X = np.array([40_000.0, 56_000.0])
    _Y = np.array([1_400.0, 2_600.0])

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.set(xlim=self._X, ylim=self._Y)
        label_axes(ax, "mark price of BTC (USDT)", "mark price of ETH (USDT)")
        thousands(ax.xaxis)
        thousands(ax.yaxis)
        ax.plot(50_000, 2_000, "+", color=GREY, markersize=12)
        note(ax, "entry", (50_000, 2_000), (7, 3), color=GREY)
        (self._first,) = ax.fill([0], [0], color=_DEAD, zorder=0)
        (self._second,) = ax.fill([0], [0], color=_PALE, zorder=0, alpha=0.75)
        (self._lines,) = ax.plot([], [], color=RED, linewidth=2.2)
        (self._other,) = ax.plot([], [], color=BLUE, linewidth=2.2, linestyle="--")
        (self._point,) = ax.plot([], [], "o", markersize=12, markeredgecolor="white")
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 2, "alpha": 0.8}
        self._words = ax.text(0, 0, "", fontsize=11.5, va="center", bbox=paper)
        self._names = [ax.text(0, 0, "", fontsize=11) for _ in range(2)]
        self.moving = [self._first, self._second, self._lines, self._other, self._point, self._words, *self._names]

    def account(self, isolated: bool, side: int, bitcoin: float, ether: float) -> Account:
        """Mira's account at these marks."""
        margin = 200 if isolated else None
        positions = [Position(BTC, LONG, 1_000, 50_000, 25, margin), Position(ETH, side, 100, 2_000, 10, margin)]
        return Account(self._BALANCE, positions, marks={B: bitcoin, E: ether})

    def update(self, *, isolated: bool, side: int, bitcoin: float, ether: float) -> str:
        """Set regions, lines and the point; prices in USDT."""
        account = self.account(isolated, side, bitcoin, ether)
        x, y = self._X, self._Y
        far = y[0] if side == LONG else y[1]
        inner = far + side * 30  # just inside the edge at which the ether position dies
        outer = (y[1] if side == LONG else y[0]) - side * 60  # at the other one
        grows = "bottom" if side == LONG else "top"
        if isolated:
            left, across = account.liquidation_price(B), account.liquidation_price(E)
            self._first.set_xy([(x[0], y[0]), (left, y[0]), (left, y[1]), (x[0], y[1])])
            self._second.set_xy([(x[0], across), (x[1], across), (x[1], far), (x[0], far)])
            self._lines.set_data([left, left], y)
            self._other.set_data(x, [across, across])
            self._names[0].set(position=(left - 200, outer), text="BTC dies", ha="right", va="center", color=RED)
            self._names[1].set(position=(x[1] - 200, inner), text="ETH dies", ha="right", va=grows, color=BLUE)
            gone = [name for name, contract in (("BTC", B), ("ETH", E)) if account.is_liquidatable(contract)]
        else:
            prices = [account.at({B: price}).liquidation_price(E) for price in x]
            line = [far if price is NEVER else price for price in prices]
            self._first.set_xy([(x[0], far), (x[0], line[0]), (x[1], line[1]), (x[1], far)])
            self._second.set_xy([(x[0], far)] * 3)
            self._lines.set_data(x, line)
            self._other.set_data([], [])
            self._names[0].set(position=(x[0] + 300, inner), text="both die", ha="left", va=grows, color=RED)
            self._names[1].set_text("")
            gone = ["BTC", "ETH"] if account.is_liquidatable() else []
        self._point.set_data([bitcoin], [ether])
        self._point.set_color(RED if gone else GREEN)
        said = f"{' and '.join(gone)} {'die' if len(gone) > 1 else 'dies'}" if gone else "both live"
        ahead = bitcoin < np.mean(x)
        place = (bitcoin + (450 if ahead else -450), ether)
        self._words.set(position=place, ha="left" if ahead else "right", text=said, color=RED if gone else "#00664A")
        return f"BTC at {bitcoin:,.0f}, ETH at {ether:,.0f}: {said}. " + self._reading(account, isolated)

    @staticmethod
    def _reading(account: Account, isolated: bool) -> str:
        if isolated:
            prices: Any = (account.liquidation_price(B), account.liquidation_price(E))
            return "Isolated, BTC is liquidated at {:,.0f} and ETH at {:,.0f}.".format(*prices)
        equity, required = account.equity(), account.requirement()
        return f"In cross the account's equity is {equity:,.0f} USDT and its requirement {required:,.0f} USDT."
