"""Pictures of lesson 05."""

from __future__ import annotations

from functools import cache

import numpy as np

from liquidation import LONG, SHORT, Account, Order, Position, isolated
from liquidation.engine.ledger import balances
from liquidation.engine.procedure import Step, Trace, liquidate

from ..drawing import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    RED,
    Choice,
    Picture,
    Scene,
    Steps,
    label_axes,
    new_figure,
    note,
    thousands,
)
from ..mira import BIG_BTC, BTC, ETH

NAME = "BTC_USDT"


def saved_by_canceling() -> Account:
    """Mira's bitcoin in cross, with an order that reserves 150 USDT, at a mark of 45,600."""
    marks = {NAME: 45_600, "ETH_USDT": 2_000}
    return Account(600, [Position(BTC, LONG, 1_000, 50_000, 25)], [Order(ETH, LONG, 100, 1_500, 10)], marks)


def saved_by_netting() -> Account:
    """A long of 1,000 contracts and a short of 600, both from 50,000, in cross, at a mark of 38,000."""
    legs = [Position(BTC, LONG, 1_000, 50_000, 25), Position(BTC, SHORT, 600, 50_000, 25)]
    return Account(500, legs, marks={NAME: 38_000})


def big(mark_price: float) -> Account:
    """Clara's 150,000 contracts, isolated at 50x, in the third tier of MEXC's sample ladder."""
    return Account(15_000, [isolated(BIG_BTC, LONG, 150_000, 50_000, 50)], marks={NAME: mark_price})


CASES = {
    "canceling": lambda: liquidate(saved_by_canceling()),
    "netting": lambda: liquidate(saved_by_netting()),
    "tiers": lambda: liquidate(big(49_190), NAME),
    "nothing": lambda: liquidate(big(49_010), NAME),
}


def _contracts(account: Account) -> int:
    return sum(p.quantity for p in account.positions if p.key[0] == NAME)


def staircase(trace: Trace) -> Picture:
    """Draw the contracts that one isolated position has left after each step, against the caps of its ladder."""
    position = trace.before.positions[0]
    steps = [step for step in trace.steps if step.taken]
    sizes = [position.quantity, *(_contracts(step.after) for step in steps)]
    ratios = [steps[0].ratio_before, *(step.ratio_after for step in steps)]
    figure, ax = new_figure(height=3.6)
    places = np.arange(len(sizes))
    ax.bar(places, sizes, width=0.55, color=[RED if ratio >= 1 else GREEN for ratio in ratios])
    for place, size, ratio in zip(places, sizes, ratios, strict=True):
        note(ax, f"{size:,} contracts\nratio {ratio:.0%}", (place, size), (0, 17))
    highest = position.market.tiers.index(position.quantity)
    for tier, cap in enumerate(position.market.tiers.caps[:highest]):
        ax.axhline(cap, color=GREY, linewidth=1.2, linestyle="--")
        rate = position.market.tiers.rates[tier]
        note(ax, f"cap of tier {tier + 1} (rate {rate:.1%})", (len(sizes) - 0.45, cap), (-2, 3), color=GREY)
    ax.set(xlim=(-0.5, len(sizes) - 0.4), ylim=(0, 1.25 * sizes[0]))
    ax.set_xticks(places, ["before", *(f"reduction {k + 1}" for k in range(len(steps)))])
    ax.grid(visible=False)
    label_axes(ax, "step", "contracts held")
    thousands(ax.yaxis)
    return Picture(
        figure,
        f"Tiered reduction of {sizes[0]:,} contracts (orange: still to be liquidated; green: safe). "
        + " ".join(
            f"Down to {size:,} the ratio is {ratio:.0%}." for size, ratio in zip(sizes[1:], ratios[1:], strict=True)
        )
        + f" The first {sizes[0] - sizes[-1]:,} contracts are gone, the last {sizes[-1]:,} are saved.",
    )


def what_is_kept(account: Account) -> Picture:
    """Draw what an isolated trader has left: closing all herself, tiered reduction, full takeover.

    All at the mark price of ``account``, without slippage and fees; money in USDT.
    """
    position = account.positions[0]
    trace = liquidate(account, NAME)
    alone = account.equity(NAME)
    stepped = trace.after.equity(NAME)
    figure, ax = new_figure(height=2.5)
    rows = [
        ("closes at the mark herself", alone, BLUE),
        ("tiered reduction", stepped, GREEN),
        ("all taken over", 0, RED),
    ]
    for place, (_, kept, color) in enumerate(rows):
        ax.barh(place, kept, color=color, height=0.55)
        note(ax, f"{kept:,.0f} USDT", (kept, place), (5, 0))
        ax.texts[-1].set(ha="left")
    ax.set_yticks(range(len(rows)), [name for name, *_ in rows])
    ax.invert_yaxis()
    ax.set_xlim(0, 1.2 * alone)
    ax.grid(visible=False)
    label_axes(ax, "money that is still hers (USDT)", "outcome")
    thousands(ax.xaxis)
    left = trace.after.position(NAME).quantity
    return Picture(
        figure,
        f"What {position.quantity:,} contracts leave their holder at a mark of {account.marks[NAME]:,}. Closing all "
        f"herself: {alone:,.0f} USDT. Tiered reduction: {stepped:,.0f} USDT, the equity of the {left:,} contracts "
        "that she keeps. A full takeover: nothing.",
    )


@cache
def _trace(case: str) -> Trace:
    return CASES[case]()


class Walk(Scene):
    """One liquidation, step by step: equity and requirement, the size of the position, the ledger so far."""

    controls = (
        Choice(
            "case", "Saved by", {"canceling": "canceling", "netting": "netting", "tiers": "tiers", "nothing": "nothing"}
        ),
        Steps("step", "Step (number)", 0, 5, 1, 0),
    )
    height = 3.7

    def __init__(self) -> None:
        super().__init__()
        self.figure.clear()
        grid = self.figure.add_gridspec(2, 2, height_ratios=[1, 0.5])
        self._money, self._size = (self.figure.add_subplot(grid[0, k]) for k in (0, 1))
        self._text = self.figure.add_subplot(grid[1, :])
        for ax in (self._money, self._size):
            ax.spines[["top", "right"]].set_visible(False)
            ax.tick_params(labelsize=10)
            ax.set_ylim(-0.6, 1.6)
        self._text.axis("off")
        self._text.set(xlim=(0, 1), ylim=(0, 1))
        self._money.set_yticks([0, 1], ["requirement", "equity"])
        self._money.set(xlim=(0, 1), xticks=[])
        self._size.set(xlim=(0, 1), xticks=[])
        self._size.set_yticks([0, 1], ["short", "long"])
        label_axes(self._money, "money (USDT)", "")
        label_axes(self._size, "contracts (dashed: caps of tiers)", "")
        self._bars = [*self._money.barh([0, 1], [0, 0], color=[ORANGE, BLUE], height=0.5)]
        self._held = [*self._size.barh([0, 1], [0, 0], color=[RED, BLUE], height=0.5)]
        self._labels = [self._money.text(0, y, "", va="center", fontsize=10.5) for y in (0, 1)]
        self._counts = [self._size.text(0, y, "", va="center", fontsize=10.5) for y in (0, 1)]
        self._ratio = self._money.text(0.98, 1.5, "", ha="right", va="center", fontsize=11.5)
        self._caps = self._size.vlines([], -0.6, 1.6, color=GREY, linestyle="--", linewidth=1.2)
        self._words = self._text.text(0, 0.98, "", va="top", fontsize=10.5, linespacing=1.5)
        self.moving = [
            *self._bars, *self._held, *self._labels, *self._counts, self._ratio, self._caps, self._words,
        ]  # fmt: skip

    def update(self, *, case: str, step: int) -> str:
        """Show an account after a number of its steps; beyond its last one it stays there."""
        trace = _trace(case)
        done = trace.steps[: int(step)]
        account = done[-1].after if done else trace.before
        key = NAME if trace.before.positions[0].isolated else None
        alive = bool(account.positions)
        equity, required = (account.equity(key), account.requirement(key)) if alive else (0, 0)
        ratio = account.margin_ratio(key) if alive else 0
        top = 1.35 * max(trace.before.requirement(key), trace.after.equity(key) if trace.after.positions else 0)
        for bar, words, money in zip(self._bars, self._labels, (required, equity), strict=True):
            width = min(max(float(money) / top, 0), 1)
            bar.set_width(width)
            words.set(x=width + 0.02, text=f"{float(money):,.0f}")
        words = f"margin ratio {float(ratio):.0%}" if alive else "nothing left"
        self._ratio.set(text=words, color=RED if not alive or ratio >= 1 else "#00664A")
        self._draw_sizes(trace, account)
        said = _said(done[-1]) if done else "The trigger has fired; no step has been taken."
        end = " The procedure ends here." if int(step) >= len(trace.steps) else ""
        paid = balances(t for s in done for t in s.transfers)
        ledger = ", ".join(f"{party} {float(amount):+,.0f}" for party, amount in paid.items()) or "no payment yet"
        ledger = f"Ledger so far (USDT): {ledger}."
        head = f"Step {min(int(step), len(trace.steps))} of {len(trace.steps)}. "
        self._words.set_text(f"{_folded(head + said + end)}\n{ledger}")
        money = f"Equity {float(equity):,.0f}, requirement {float(required):,.0f} USDT"
        return f"{said}{end} {money}, {f'ratio {float(ratio):.0%}' if alive else 'nothing is held any more'}. {ledger}"

    def _draw_sizes(self, trace: Trace, account: Account) -> None:
        full = 1.25 * max(p.quantity for p in trace.before.positions)
        for bar, words, side in zip(self._held, self._counts, (SHORT, LONG), strict=True):
            held = sum(p.quantity for p in account.positions if p.key == (NAME, side))
            bar.set_width(held / full)
            words.set(x=held / full + 0.02, text=f"{held:,}" if held else "")
        caps = [cap / full for cap in trace.before.positions[0].market.tiers.caps if cap < full]
        self._caps.set_segments([[(cap, -0.6), (cap, 1.6)] for cap in caps])


def _said(step: Step) -> str:
    words = step.name if step.name[0].isalpha() else step.name[2:]
    return f"{words.capitalize()}: {step.why}." if step.ran else f"{words.capitalize()} is skipped: {step.why}."


def _folded(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 76))
