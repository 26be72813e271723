"""Pictures of lesson 07, and its book of winners."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from matplotlib.patches import Patch

from liquidation import (
    LONG,
    SHORT,
    Account,
    Fill,
    InsuranceFund,
    Position,
    Settlement,
    by_score,
    deleverage,
    from_random_start,
    largest_without_bankruptcy,
    leveraged_return,
    lights,
    pro_rata,
    queue,
)
from liquidation.algebra.checks import Number

from .. import drawing as draw
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
        accounts.append(Account(balance, tuple(positions), marks=marks))
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


def held_by(accounts: Sequence[Account]) -> list[Number]:
    """Contracts of each account's short."""
    return [account.position(NAME).quantity for account in accounts]


def shares(rule: str, contracts: Number, accounts: Sequence[Account]) -> list[Number]:
    """Contracts that a rule closes of each account."""
    held = held_by(accounts)
    if rule == "queue":
        return queue(contracts, held, by_score(scores(accounts)))
    if rule == "random":
        return queue(contracts, held, from_random_start(len(held), np.random.default_rng(11)))
    caps = None if rule == "pro rata" else [largest_without_bankruptcy(TAKEN, account) for account in accounts]
    return pro_rata(contracts, held, caps)


def given_up(closed: Sequence[Number], accounts: Sequence[Account]) -> list[float]:
    """Money that each winner has less than before, by being closed at the bankruptcy price and not at the mark."""
    after = deleverage(TAKEN, accounts, closed).accounts
    return [before.equity() - then.equity() for before, then in zip(accounts, after, strict=True)]


class Deleveraged(NamedTuple):
    """What a rule does to each winner: contracts closed, USDT given up, and equity before and after in USDT."""

    closed: list[Number]
    lost: list[float]
    equity: list[float]
    left: list[float]

    @property
    def bankrupt(self) -> list[str]:
        """Names of the winners who are pushed below zero."""
        return [name for name, money in zip(NAMES, self.left, strict=True) if money < -1e-6]


@cache
def deleveraged_by(rule: str, contracts: Number, mark: float = MARK) -> Deleveraged:
    """Close contracts of the winners by a rule, at the bankruptcy price, while the mark is at ``mark`` USDT."""
    accounts = winners(mark)
    closed = shares(rule, contracts, accounts)
    lost, equity = given_up(closed, accounts), [account.equity() for account in accounts]
    return Deleveraged(closed, lost, equity, [had - cost for had, cost in zip(equity, lost, strict=True)])


@draw.own_style()
def the_queue(accounts: Sequence[Account], contracts: float) -> draw.Picture:
    """Draw the queue: one bar for each winner, first in line on top; what is closed is filled."""
    ranking, held, closed = scores(accounts), held_by(accounts), shares("queue", contracts, accounts)
    ranked, lit = by_score(ranking), lights(ranking, held)
    figure, ax = draw.new_figure(height=3.3)
    for place, i in enumerate(ranked):
        ax.barh(place, held[i], height=0.6, color="white", edgecolor=draw.GREY)
        ax.barh(place, closed[i], height=0.6, color=draw.RED, edgecolor=draw.RED)
        goes = "all closed" if closed[i] == held[i] else f"{closed[i]:,.0f} closed" if closed[i] else "keeps all"
        words = f"{goes} (score {ranking[i]:.2f}, {lit[i]} light{'s' if lit[i] > 1 else ''})"
        draw.note(ax, words, (held[i], place), (6, 0))
    ax.set_yticks(range(len(ranked)), [NAMES[i] for i in ranked])
    ax.invert_yaxis()
    ax.set_xlim(0, 1.5 * max(held))
    ax.grid(visible=False)
    said = ", ".join(f"{NAMES[i]} {closed[i]:,.0f} of {held[i]:,}" for i in ranked if closed[i])
    caption = f"The queue for {contracts:,.0f} contracts. Closed are {said}. The others keep all of theirs."
    filled = ("contracts of the short (filled: closed)", draw.THOUSANDS)
    return draw.finish(figure, ax, caption, x=filled, y="the queue")


@draw.own_style()
def who_pays(settled: Settlement, margin: float) -> draw.Picture:
    """Draw who bears the loss of a position that was taken over: trader, fund, winners; money in USDT."""
    left = settled.left.quantity if settled.left else 0
    winners_pay, fund_pays = sum(deleveraged_by("queue", left).lost), -settled.gained
    figure, ax = draw.new_figure(height=1.9)
    start = 0.0
    for name, amount, color in [
        ("Clara's margin", margin, draw.BLUE),
        ("the fund", fund_pays, draw.ORANGE),
        ("the winners", winners_pay, draw.RED),
    ]:
        ax.barh(0, amount, left=start, color=color, height=0.5)
        ax.text(start + amount / 2, 0.42, f"{name}\n{amount:,.0f}", ha="center", va="bottom", fontsize=10.5)
        start += amount
    ax.set(ylim=(-0.4, 1.15), xlim=(0, start), yticks=[])
    ax.grid(visible=False)
    ax.spines["left"].set_visible(False)
    caption = (
        f"Who bears the loss of {start:,.0f} USDT: Clara first, with all of her {margin:,.0f}; then the fund, with "
        f"{fund_pays:,.0f}, until it is empty; then the winners, who give up {winners_pay:,.0f}."
    )
    loss = ("loss of 15 BTC bought at 50,000 (USDT)", draw.THOUSANDS)
    return draw.finish(figure, ax, caption, x=loss, y="who bears it")


@draw.own_style()
def four_rules(contracts: float) -> draw.Picture:
    """Draw what each winner gives up under four rules, for the same book and the same contracts; money in USDT."""
    done = {rule: deleveraged_by(rule, contracts) for rule in RULES}
    most = max(max(found.lost) for found in done.values())
    figure, axes = draw.new_figure(height=3.4, ncols=4, sharey=True)
    for ax, (rule, found) in zip(axes, done.items(), strict=True):
        colors = [draw.RED if name in found.bankrupt else draw.BLUE for name in NAMES]
        ax.barh(range(len(NAMES)), found.lost, color=colors, height=0.6)
        for place, cost in enumerate(found.lost):
            ax.text(most * 0.03 + cost, place, f"{cost:,.0f}", va="center", fontsize=9)
        ax.set_xlim(0, 1.45 * most)
        ax.set_xticks([])
        ax.grid(visible=False)
        first = f" ({NAMES[found.closed.index(max(found.closed))]} first)" if rule == "random" else ""
        draw.label_axes(ax, "USDT", "winner" if ax is axes[0] else "", rule + first)
    axes[0].set_yticks(range(len(NAMES)), NAMES)
    axes[0].invert_yaxis()
    looks = Patch(color=draw.BLUE, label="gives up"), Patch(color=draw.RED, label="gives up, and is pushed below zero")
    figure.legend(handles=looks, loc="outside lower center", ncols=2, frameon=False, fontsize=10.5)
    bankrupt = "; ".join(f"{rule}: {', '.join(found.bankrupt)}" for rule, found in done.items() if found.bankrupt)
    return draw.Picture(
        figure,
        f"Who gives up how much when {contracts:,.0f} contracts are closed, under four rules. The sum is the same, "
        f"{sum(done['queue'].lost):,.0f} USDT. Pushed below zero (orange) by being deleveraged: {bankrupt or 'none'}.",
    )


def equity_after_moves(account: Account, moves: np.ndarray) -> list[float]:
    """Compute the equity of the pool (USDT) after all marks have moved by the same fraction, for each of many."""
    marks = account.marks.items()
    return [account.at({name: mark * (1 + move) for name, mark in marks}).equity() for move in moves]


@draw.own_style()
def hedge_undone(before: Account, after: Account) -> draw.Picture:
    """Draw the equity of a hedged account against a common move of its marks, before and after; money in USDT."""
    moves = np.linspace(-0.15, 0.1, 26)
    hedged, alone = (equity_after_moves(account, moves) for account in (before, after))
    required = after.requirement()
    figure, ax = draw.new_figure(height=3.4)
    for name, equity, color, style, place, offset in [
        ("with both legs", hedged, draw.GREEN, "-", 5, (-4, 10)),
        ("after the short is gone", alone, draw.RED, "--", 8, (8, -6)),
    ]:
        ax.plot(moves, equity, color=color, linestyle=style, linewidth=2.2)
        draw.note(ax, name, (moves[place], equity[place]), offset, color=color)
    ax.axhline(required, color=draw.ORANGE, linewidth=1.6, linestyle="-.")
    words = f"requirement without the short: {required:,.0f}"
    draw.note(ax, words, (moves[0], required), (4, 4), color=draw.DARK_ORANGE)
    caption = (
        f"A hedged account before and after its winning leg is closed. A further fall of 15% would leave it "
        f"{hedged[0]:,.0f} USDT with both legs, and {alone[0]:,.0f} with the long alone, which requires "
        f"{required:,.0f}."
    )
    move = ("move of both coins from here", draw.signed_percent)
    return draw.finish(figure, ax, caption, x=move, y=("equity (USDT)", draw.THOUSANDS))


class WhoPays(draw.Scene):
    """Winners' gains, and what is taken of them, for a rule, a number of contracts and a mark."""

    controls = (
        draw.Choice("rule", "Rule", {rule: rule for rule in RULES}),
        draw.Slider("contracts", "To be closed (contracts)", 5_000, 150_000, 5_000, 40_000),
        draw.Slider("mark", "Mark price (USDT)", 45_000, 47_250, 250, 47_000),
    )
    height = 3.8

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        places = np.arange(len(NAMES))
        ax.set(xlim=(-8_000, 95_000), ylim=(len(NAMES) - 0.4, -0.6))
        ax.set_yticks(places, NAMES)
        ax.axvline(0, color=draw.GREY, linewidth=0.8)
        equity = ("equity of the account (USDT): filled, what is left; white, given up", draw.THOUSANDS)
        draw.label_axes(ax, equity, "")
        self._before = [*ax.barh(places, [0] * len(NAMES), height=0.6, color="white", edgecolor=draw.GREY)]
        self._after = [*ax.barh(places, [0] * len(NAMES), height=0.6)]
        self._words = [ax.text(0, place, "", va="center", fontsize=10) for place in places]
        self.moving = [*self._before, *self._after, *self._words]

    def update(self, *, rule: str, contracts: float, mark: float) -> str:
        """Set the bars; ``contracts`` to close at 49,000, ``mark`` in USDT."""
        found = deleveraged_by(rule, contracts, mark)
        for i, (closed, lost, equity, left) in enumerate(zip(*found, strict=True)):
            self._before[i].set_width(equity)
            self._after[i].set_width(left)
            self._after[i].set_facecolor(draw.RED if NAMES[i] in found.bankrupt else draw.GREEN)
            self._words[i].set(x=equity + 1_000, text=f"−{lost:,.0f}" if closed else "")
        most = max(found.lost)
        missing = contracts - sum(found.closed)
        rest = f" {missing:,.0f} contracts find nobody." if missing > 0.5 else ""
        return (
            f"Rule {rule}, {contracts:,.0f} contracts, mark {mark:,.0f}: the winners give up {sum(found.lost):,.0f} "
            f"USDT, {NAMES[found.lost.index(most)]} most, {most:,.0f}. Pushed below zero: "
            f"{', '.join(found.bankrupt) or 'nobody'}.{rest}"
        )
