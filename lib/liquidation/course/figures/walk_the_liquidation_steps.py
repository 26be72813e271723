"""Pictures of lesson 05."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from liquidation import LONG, SHORT, Account, Order, Position, Step, Trace, balances, isolated, liquidate
from liquidation.algebra.checks import Number

from .. import drawing as draw
from ..mira import BIG_BTC, BTC, ETH

NAME = "BTC_USDT"


def saved_by_canceling() -> Account:
    """Mira's bitcoin in cross, with an order that reserves 150 USDT, at a mark of 45,600."""
    marks = {NAME: 45_600, "ETH_USDT": 2_000}
    return Account(600, (Position(BTC, LONG, 1_000, 50_000, 25),), (Order(ETH, LONG, 100, 1_500, 10),), marks)


def saved_by_netting() -> Account:
    """A long of 1,000 contracts and a short of 600, both from 50,000, in cross, at a mark of 38,000."""
    legs = Position(BTC, LONG, 1_000, 50_000, 25), Position(BTC, SHORT, 600, 50_000, 25)
    return Account(500, legs, marks={NAME: 38_000})


def big(mark_price: float) -> Account:
    """Clara's 150,000 contracts, isolated at 50x, in the third tier of MEXC's sample ladder."""
    return Account(15_000, (isolated(BIG_BTC, LONG, 150_000, 50_000, 50),), marks={NAME: mark_price})


CASES = {
    "canceling": lambda: liquidate(saved_by_canceling()),
    "netting": lambda: liquidate(saved_by_netting()),
    "tiers": lambda: liquidate(big(49_190), NAME),
    "nothing": lambda: liquidate(big(49_010), NAME),
}


def contracts_of(account: Account, side: int) -> Number:
    """Contracts of BTC that an account holds on one side."""
    return sum(p.quantity for p in account.positions if p.key == (NAME, side))


def reductions(trace: Trace) -> tuple[list[Number], list[float]]:
    """Contracts of the one position liquidated, and its margin ratio, at first and after each step that takes some."""
    side = trace.before.positions[0].side
    steps = [step for step in trace.steps if step.taken]
    sizes = [contracts_of(account, side) for account in (trace.before, *(step.after for step in steps))]
    return sizes, [steps[0].ratio_before, *(step.ratio_after for step in steps)]


class Ending(NamedTuple):
    """Contracts of one position that are sold in the market, taken over by the engine, and kept."""

    sold: Number
    taken: Number
    kept: Number


RULES = {
    "tier": "down a tier (MEXC)",
    "least": "the least that cures (Binance)",
    "fifth": "a fifth, then the rest (Hyperliquid)",
    "chunks": "eighths until cured (Deribit)",
    "all": "all at once (dYdX)",
}


def endings(account: Account) -> dict[str, Ending]:
    """Liquidate the one isolated position of an account by each rule."""
    found, (held,) = {}, account.positions
    for portion in RULES:
        run = liquidate(account, held.key[0], portion=portion)
        kept = sum(p.quantity for p in run.after.positions)
        taken = sum(p.quantity for p in run.taken)
        found[portion] = Ending(held.quantity - kept - taken, taken, kept)
    return found


@draw.own_style()
def five_rules(account: Account) -> draw.Picture:
    """Draw what five rules sell, take over and leave of one isolated position."""
    found = endings(account)
    figure, ax = draw.new_figure(height=3.2)
    looks = (("kept", draw.GREEN), ("sold", draw.ORANGE), ("taken", draw.RED))
    words = {
        "kept": "stays with the trader",
        "sold": "sold in the market",
        "taken": "taken over at the bankruptcy price",
    }
    rows = range(len(found))
    start = [0.0] * len(found)
    for part, color in looks:
        widths = [float(getattr(ending, part)) for ending in found.values()]
        ax.barh(rows, widths, left=start, color=color, height=0.6, label=words[part])
        start = [a + b for a, b in zip(start, widths, strict=True)]
    for row, ending in zip(rows, found.values(), strict=True):
        ax.annotate(
            f"{ending.kept:,}" if ending.kept else "nothing is kept",
            (0, row),
            (6, 0),
            textcoords="offset points",
            va="center",
            fontsize=10.5,
        )
    ax.set_yticks(rows, [RULES[portion] for portion in found])
    ax.invert_yaxis()
    ax.grid(visible=False)
    draw.few_ticks(ax.xaxis, 6)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=9.5)
    caption = (
        f"The same {account.positions[0].quantity:,} contracts under five rules. "
        + "; ".join(f"{RULES[p]} keeps {e.kept:,}" for p, e in found.items())
        + ". What is sold in the market leaves the equity as it is; what is taken over takes its share of it along."
    )
    return draw.finish(figure, ax, caption, x=("contracts", draw.THOUSANDS), y="rule")


@draw.own_style()
def staircase(trace: Trace) -> draw.Picture:
    """Draw the contracts that one isolated position has left after each step, against the caps of its ladder."""
    sizes, ratios = reductions(trace)
    tiers, places = trace.before.positions[0].market.tiers, range(len(sizes))
    figure, ax = draw.new_figure(height=3.6)
    ax.bar(places, sizes, width=0.55, color=[draw.RED if ratio >= 1 else draw.GREEN for ratio in ratios])
    for place, size, ratio in zip(places, sizes, ratios, strict=True):
        draw.note(ax, f"{size:,} contracts\nratio {ratio:.0%}", (place, size), (0, 17))
    for tier in range(tiers.index(sizes[0])):
        cap, rate = tiers.caps[tier], tiers.rates[tier]
        ax.axhline(cap, color=draw.GREY, linewidth=1.2, linestyle="--")
        words = f"cap of tier {tier + 1} (rate {rate:.1%})"
        draw.note(ax, words, (len(sizes) - 0.45, cap), (-2, 3), color=draw.GREY)
    ax.set(xlim=(-0.5, len(sizes) - 0.4), ylim=(0, 1.25 * sizes[0]))
    ax.set_xticks(places, ["before", *(f"reduction {k}" for k in places[1:])])
    ax.grid(visible=False)
    later = zip(sizes[1:], ratios[1:], strict=True)
    caption = (
        f"Tiered reduction of {sizes[0]:,} contracts (orange: still to be liquidated; green: safe). "
        + " ".join(f"Down to {size:,} the ratio is {ratio:.0%}." for size, ratio in later)
        + f" The first {sizes[0] - sizes[-1]:,} contracts are gone, the last {sizes[-1]:,} are saved."
    )
    return draw.finish(figure, ax, caption, x="step", y=("contracts held", draw.THOUSANDS))


def kept(account: Account) -> tuple[float, float, Number]:
    """Compute what an isolated trader keeps, in USDT: closing at the mark, and in reduction, with contracts left."""
    after = liquidate(account, NAME).after
    return account.equity(NAME), after.equity(NAME), after.position(NAME).quantity


@draw.own_style()
def what_is_kept(account: Account) -> draw.Picture:
    """Draw what an isolated trader has left: closing all herself, tiered reduction, full takeover.

    All at the mark price of ``account``, without slippage and fees; money in USDT.
    """
    alone, stepped, left = kept(account)
    rows = {
        "closes at the mark herself": (alone, draw.BLUE),
        "tiered reduction": (stepped, draw.GREEN),
        "all taken over": (0, draw.RED),
    }
    figure, ax = draw.new_figure(height=2.5)
    for place, (money, color) in enumerate(rows.values()):
        ax.barh(place, money, color=color, height=0.55)
        draw.note(ax, f"{money:,.0f} USDT", (money, place), (5, 0))
    ax.set_yticks(range(len(rows)), list(rows))
    ax.invert_yaxis()
    ax.set_xlim(0, 1.2 * alone)
    ax.grid(visible=False)
    caption = (
        f"What {account.positions[0].quantity:,} contracts leave their holder at a mark of {account.marks[NAME]:,}. "
        f"Closing all herself: {alone:,.0f} USDT. Tiered reduction: {stepped:,.0f} USDT, the equity of the {left:,} "
        "contracts that she keeps. A full takeover: nothing."
    )
    return draw.finish(figure, ax, caption, x=("money that is still hers (USDT)", draw.THOUSANDS), y="outcome")


@cache
def _trace(case: str) -> Trace:
    return CASES[case]()


class Stage(NamedTuple):
    """A liquidation after some of its steps: equity and requirement in USDT, margin ratio, contracts by side.

    ``ratio`` is ``None`` if nothing is held any more; ``ledger`` is what each party has received less paid, in USDT.
    """

    done: tuple[Step, ...]
    over: bool
    equity: float
    required: float
    ratio: float | None
    held: dict[int, Number]
    ledger: dict[str, float]


def stage(trace: Trace, step: int) -> Stage:
    """Look at a liquidation after so many of its steps; beyond the last one it stays there."""
    done = trace.steps[:step]
    account = done[-1].after if done else trace.before
    key = NAME if trace.before.positions[0].isolated else None
    alive = bool(account.positions)
    equity, required = (float(account.equity(key)), float(account.requirement(key))) if alive else (0.0, 0.0)
    return Stage(
        done=done,
        over=step >= len(trace.steps),
        equity=equity,
        required=required,
        ratio=float(account.margin_ratio(key)) if alive else None,
        held={side: contracts_of(account, side) for side in (SHORT, LONG)},
        ledger={party: float(money) for party, money in balances(t for s in done for t in s.transfers).items()},
    )


def most_money(trace: Trace) -> float:
    """The largest of the sums to show: the requirement before, or the equity after, in USDT."""
    key = NAME if trace.before.positions[0].isolated else None
    return max(trace.before.requirement(key), trace.after.equity(key) if trace.after.positions else 0)


class Walk(draw.Scene):
    """One liquidation, step by step: equity and requirement, the size of the position, the ledger so far."""

    controls = (
        draw.Choice("case", "Saved by", {case: case for case in CASES}),
        draw.Steps("step", "Step (number)", 0, 1, 1, 0),  # as far as the case goes that comes first
    )
    height = 2.7

    def __init__(self) -> None:
        super().__init__()
        self.figure.clear()
        money, size = self.figure.subplots(ncols=2)
        for ax, names in ((money, ("requirement", "equity")), (size, ("short", "long"))):
            ax.spines[["top", "right"]].set_visible(False)
            ax.tick_params(labelsize=10)
            ax.set(xlim=(0, 1), ylim=(-0.6, 1.6), xticks=[])
            ax.set_yticks([0, 1], names)
        draw.label_axes(money, "money (USDT)", "")
        draw.label_axes(size, "contracts (dashed: caps of tiers)", "")
        self._bars = [*money.barh([0, 1], [0, 0], color=[draw.ORANGE, draw.BLUE], height=0.5)]
        self._held = [*size.barh([0, 1], [0, 0], color=[draw.RED, draw.BLUE], height=0.5)]
        self._labels = [money.text(0, y, "", va="center", fontsize=10.5) for y in (0, 1)]
        self._counts = [size.text(0, y, "", va="center", fontsize=10.5) for y in (0, 1)]
        self._ratio = money.text(0.98, 1.5, "", ha="right", va="center", fontsize=11.5)
        self._caps = size.vlines([], -0.6, 1.6, color=draw.GREY, linestyle="--", linewidth=1.2)
        self._step = size.text(0.98, 1.5, "", ha="right", va="center", fontsize=11.5, color=draw.GREY)
        bars_and_words = [*self._bars, *self._held, *self._labels, *self._counts]
        self.moving = [*bars_and_words, self._ratio, self._caps, self._step]

    def last_step(self, *, case: str, step: int) -> int:
        """Return the number of steps of a case."""
        return len(_trace(case).steps)

    def update(self, *, case: str, step: int) -> str:
        """Show an account after a number of its steps; beyond its last one it stays there."""
        trace = _trace(case)
        now = stage(trace, int(step))
        self._show_money(now, 1.35 * most_money(trace))
        self._show_sizes(now, trace)
        said = _said(now.done[-1]) if now.done else "The trigger has fired; no step has been taken."
        said += " The procedure ends here." if now.over else ""
        paid = ", ".join(f"{party} {money:+,.0f}" for party, money in now.ledger.items()) or "no payment yet"
        ledger = f"Ledger so far (USDT): {paid}."
        head = f"step {len(now.done)} of {len(trace.steps)}"
        self._step.set_text(head)
        ratio = "nothing is held any more" if now.ratio is None else f"ratio {now.ratio:.0%}"
        head = head.capitalize()
        return f"{head}. {said} Equity {now.equity:,.0f}, requirement {now.required:,.0f} USDT, {ratio}. {ledger}"

    def _show_money(self, now: Stage, top: float) -> None:
        for bar, words, money in zip(self._bars, self._labels, (now.required, now.equity), strict=True):
            width = min(max(money / top, 0), 1)
            bar.set_width(width)
            words.set(x=width + 0.02, text=f"{money:,.0f}")
        healthy = now.ratio is not None and now.ratio < 1
        said = "nothing left" if now.ratio is None else f"margin ratio {now.ratio:.0%}"
        self._ratio.set(text=said, color=draw.DARK_GREEN if healthy else draw.RED)

    def _show_sizes(self, now: Stage, trace: Trace) -> None:
        full = 1.25 * max(p.quantity for p in trace.before.positions)
        for bar, words, held in zip(self._held, self._counts, now.held.values(), strict=True):
            bar.set_width(held / full)
            words.set(x=held / full + 0.02, text=f"{held:,}" if held else "")
        caps = [cap / full for cap in trace.before.positions[0].market.tiers.caps if cap < full]
        self._caps.set_segments([[(cap, -0.6), (cap, 1.6)] for cap in caps])


def _said(step: Step) -> str:
    name = step.name.capitalize()
    return f"{name}: {step.why}." if step.ran else f"{name} is skipped: {step.why}."
