"""Pictures of lesson 07, and its book of winners."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from liquidation import LONG, SHORT, Account, Fill, InsuranceFund, Position
from liquidation.engine.deleveraging import (
    by_score,
    deleverage,
    from_random_start,
    largest_without_bankruptcy,
    leveraged_return,
    lights,
    pro_rata,
    queue,
)
from liquidation.engine.fund import Settlement

from ..drawing import (
    BLUE,
    GREEN,
    GREY,
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

NAME = "BTC_USDT"
MARK = 47_000
# Shorts of BTC in cross: name, contracts, entry price, balance. Gil hedges a long of ether with his.
_SHORTS = [
    ("Ann", 30_000, 52_000, 9_000),
    ("Bob", 20_000, 50_000, 2_500),
    ("Cem", 60_000, 49_500, 60_000),
    ("Dee", 25_000, 47_500, 400),
    ("Eli", 10_000, 54_000, 40_000),
    ("Gil", 40_000, 51_000, 32_000),
]
NAMES = [name for name, *_ in _SHORTS]
TAKEN = Position(BTC, LONG, 150_000, 49_000)
"""What the engine has taken over from Clara."""


def winners(mark_price: float = MARK, ether: float = 1_600) -> tuple[Account, ...]:
    """Return the six accounts at these marks."""
    accounts = []
    for name, contracts, entry, balance in _SHORTS:
        positions, marks = [Position(BTC, SHORT, contracts, entry, 10)], {NAME: mark_price}
        if name == "Gil":
            positions.append(Position(ETH, LONG, 10_000, 2_000, 10))
            marks["ETH_USDT"] = ether
        accounts.append(Account(balance, positions, marks=marks))
    return tuple(accounts)


def scores(accounts: Sequence[Account]) -> list[float]:
    """Score of BitMEX and MEXC for each account's short."""
    found = []
    for account in accounts:
        position, mark = account.position(NAME), account.marks[NAME]
        value = position.market.value
        found.append(
            leveraged_return(
                pnl=position.pnl(mark),
                entry_value=value(position.entry_price, position.quantity),
                mark_value=value(mark, position.quantity),
                equity=account.equity(NAME),
            )
        )
    return found


def sold_by_the_engine() -> Settlement:
    """What the engine can sell: 5 BTC at 48,000, 10 at 47,000, with 15,000 USDT in the fund."""
    return InsuranceFund(15_000).settle(TAKEN, [Fill(50_000, 48_000), Fill(100_000, 47_000)])


RULES = ("queue", "pro rata", "capped", "random")


def shares(rule: str, contracts: float, accounts: Sequence[Account]) -> list[float]:
    """Contracts that a rule closes of each account."""
    held = [account.position(NAME).quantity for account in accounts]
    if rule == "queue":
        return queue(contracts, held, by_score(scores(accounts)))
    if rule == "random":
        return queue(contracts, held, from_random_start(len(held), np.random.default_rng(11)))
    caps = None if rule == "pro rata" else [largest_without_bankruptcy(TAKEN, account) for account in accounts]
    return pro_rata(contracts, held, caps)


def given_up(closed: Sequence[float], accounts: Sequence[Account]) -> list[float]:
    """Money that each winner has less than before, by being closed at the bankruptcy price and not at the mark."""
    after = deleverage(TAKEN, accounts, closed).accounts
    return [before.equity() - then.equity() for before, then in zip(accounts, after, strict=True)]


def the_queue(accounts: Sequence[Account], contracts: float) -> Picture:
    """Draw the queue: one bar for each winner, first in line on top; what is closed is filled."""
    ranked = by_score(scores(accounts))
    held = [account.position(NAME).quantity for account in accounts]
    closed = shares("queue", contracts, accounts)
    lit = lights(scores(accounts), held)
    figure, ax = new_figure(height=3.3)
    for place, i in enumerate(ranked):
        ax.barh(place, held[i], height=0.6, color="white", edgecolor=GREY)
        ax.barh(place, closed[i], height=0.6, color=RED, edgecolor=RED)
        words = f"score {scores(accounts)[i]:.2f}, {lit[i]} light{'s' if lit[i] > 1 else ''}"
        note(ax, words, (held[i], place), (6, 0))
        ax.texts[-1].set(ha="left")
    ax.set_yticks(range(len(ranked)), [NAMES[i] for i in ranked])
    ax.invert_yaxis()
    ax.set_xlim(0, 1.5 * max(held))
    ax.grid(visible=False)
    label_axes(ax, "contracts of the short (filled: closed)", "the queue")
    thousands(ax.xaxis)
    said = ", ".join(f"{NAMES[i]} {closed[i]:,.0f} of {held[i]:,}" for i in ranked if closed[i])
    return Picture(
        figure,
        f"The queue for {contracts:,.0f} contracts. Closed are {said}. The others keep all of theirs.",
    )


def who_pays(settled: Settlement, margin: float) -> Picture:
    """Draw who bears the loss of a position that was taken over: trader, fund, winners; money in USDT."""
    left = settled.left.quantity
    winners_pay = given_up(shares("queue", left, winners()), winners())
    parts = [
        ("Clara's margin", margin, BLUE),
        ("the fund", -settled.gained, ORANGE),
        ("the winners", sum(winners_pay), RED),
    ]
    figure, ax = new_figure(height=1.9)
    start = 0.0
    for name, amount, color in parts:
        ax.barh(0, amount, left=start, color=color, height=0.5)
        ax.text(start + amount / 2, 0.42, f"{name}\n{amount:,.0f}", ha="center", va="bottom", fontsize=10.5)
        start += amount
    ax.set(ylim=(-0.4, 1.15), xlim=(0, start), yticks=[])
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    label_axes(ax, "loss of 15 BTC bought at 50,000 (USDT)", "")
    ax.set_ylabel("who bears it", fontsize=10.5)
    thousands(ax.xaxis)
    return Picture(
        figure,
        f"Who bears the loss of {start:,.0f} USDT: Clara first, with all of her {margin:,.0f}; then the fund, with "
        f"{-settled.gained:,.0f}, until it is empty; then the winners, who give up {sum(winners_pay):,.0f}.",
    )


def four_rules(contracts: float) -> Picture:
    """Draw what each winner gives up under four rules, for the same book and the same contracts; money in USDT."""
    accounts = winners()
    figure, axes = new_figure(height=3.4, ncols=4, sharey=True)
    worst = {}
    most = max(max(given_up(shares(rule, contracts, accounts), accounts)) for rule in RULES)
    for ax, rule in zip(axes, RULES, strict=True):
        closed = shares(rule, contracts, accounts)
        lost = given_up(closed, accounts)
        left = [account.equity() - cost for account, cost in zip(accounts, lost, strict=True)]
        broke = [money < -1e-6 for money in left]
        ax.barh(range(len(lost)), lost, color=[RED if bad else BLUE for bad in broke], height=0.6)
        for place, cost in enumerate(lost):
            ax.text(most * 0.03 + cost, place, f"{cost:,.0f}", va="center", fontsize=9)
        ax.set_xlim(0, 1.45 * most)
        ax.set_xticks([])
        ax.grid(visible=False)
        first = f" ({NAMES[closed.index(max(closed))]} first)" if rule == "random" else ""
        label_axes(ax, "USDT", "winner" if ax is axes[0] else "", rule + first)
        worst[rule] = [NAMES[i] for i, bad in enumerate(broke) if bad]
    axes[0].set_yticks(range(len(NAMES)), NAMES)
    axes[0].invert_yaxis()
    bankrupt = "; ".join(f"{rule}: {', '.join(names)}" for rule, names in worst.items() if names) or "none"
    total = sum(given_up(shares("queue", contracts, accounts), accounts))
    return Picture(
        figure,
        f"Who gives up how much when {contracts:,.0f} contracts are closed, under four rules. The sum is the same, "
        f"{total:,.0f} USDT. Pushed below zero (orange) by being deleveraged: {bankrupt}.",
    )


def hedge_undone(before: Account, after: Account) -> Picture:
    """Draw the equity of a hedged account against a common move of its marks, before and after; money in USDT."""
    moves = np.linspace(-0.15, 0.1, 26)
    figure, ax = new_figure(height=3.4)
    ends = {}
    for name, account, color, style in [
        ("with both legs", before, GREEN, "-"),
        ("after the short is gone", after, RED, "--"),
    ]:
        equity = [account.at({n: mark * (1 + m) for n, mark in account.marks.items()}).equity() for m in moves]
        ax.plot(moves, equity, color=color, linestyle=style, linewidth=2.2)
        ends[name] = equity[0]
        place = 5 if account is before else 8
        note(ax, name, (moves[place], equity[place]), (-4, 10) if account is before else (8, -6), color=color)
    required = after.requirement()
    ax.axhline(required, color=ORANGE, linewidth=1.6, linestyle="-.")
    note(ax, f"requirement without the short: {required:,.0f}", (moves[0], required), (4, 4), color="#8A5A00")
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:+.0%}" if value else "0%")
    label_axes(ax, "move of both coins from here", "equity (USDT)")
    thousands(ax.yaxis)
    first, second = ends.values()
    return Picture(
        figure,
        f"A hedged account before and after its winning leg is closed. A further fall of 15% would leave it "
        f"{first:,.0f} USDT with both legs, and {second:,.0f} with the long alone, which requires {required:,.0f}.",
    )


@cache
def _shares(rule: str, contracts: float, mark: float) -> list[float]:
    return shares(rule, contracts, winners(mark))


class WhoPays(Scene):
    """Winners' gains, and what is taken of them, for a rule, a number of contracts and a mark."""

    controls = (
        Choice("rule", "Rule", {rule: rule for rule in RULES}),
        Slider("contracts", "To be closed (contracts)", 5_000, 150_000, 5_000, 40_000),
        Slider("mark", "Mark price (USDT)", 45_000, 47_250, 250, 47_000),
    )
    height = 3.8

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        places = np.arange(len(NAMES))
        ax.set(xlim=(-8_000, 95_000), ylim=(len(NAMES) - 0.4, -0.6))
        ax.set_yticks(places, NAMES)
        ax.axvline(0, color=GREY, linewidth=0.8)
        label_axes(ax, "equity of the account (USDT): filled, what is left; white, given up", "")
        thousands(ax.xaxis)
        self._before = [*ax.barh(places, [0] * len(NAMES), height=0.6, color="white", edgecolor=GREY)]
        self._after = [*ax.barh(places, [0] * len(NAMES), height=0.6)]
        self._words = [ax.text(0, place, "", va="center", fontsize=10) for place in places]
        self.moving = [*self._before, *self._after, *self._words]

    def update(self, *, rule: str, contracts: float, mark: float) -> str:
        """Set the bars; ``contracts`` to close at 49,000, ``mark`` in USDT."""
        accounts = winners(mark)
        closed = _shares(rule, contracts, mark)
        lost = given_up(closed, accounts)
        broke = []
        for i, account in enumerate(accounts):
            equity = account.equity()
            left = equity - lost[i]
            self._before[i].set_width(equity)
            self._after[i].set_width(left)
            self._after[i].set_facecolor(RED if left < -1e-6 else GREEN)
            self._words[i].set(x=equity + 1_000, text=f"−{lost[i]:,.0f}" if closed[i] else "")
            if left < -1e-6:
                broke.append(NAMES[i])
        worst = max(range(len(lost)), key=lambda i: lost[i])
        missing = contracts - sum(closed)
        rest = f" {missing:,.0f} contracts find nobody." if missing > 0.5 else ""
        return (
            f"Rule {rule}, {contracts:,.0f} contracts, mark {mark:,.0f}: the winners give up {sum(lost):,.0f} USDT, "
            f"{NAMES[worst]} most, {lost[worst]:,.0f}. Pushed below zero: {', '.join(broke) or 'nobody'}.{rest}"
        )
