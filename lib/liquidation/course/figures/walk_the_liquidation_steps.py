"""Pictures of lesson 05; their accounts and numbers are in ``_steps_numbers``."""

from __future__ import annotations

from functools import cache

from liquidation import Account, Step, Trace, liquidate

from .. import drawing as draw
from ..mira import BIG_BTC
from . import _steps_numbers as numbers
from ._steps_numbers import big as big
from ._steps_numbers import long_and_short as long_and_short
from ._steps_numbers import three_in_the_morning as three_in_the_morning


@draw.own_style()
def five_rules(account: Account) -> draw.Picture:
    """Draw what five rules sell, take over and leave of one isolated position."""
    found = numbers.endings(account)
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
        said, color = (f"keeps {ending.kept:,}", draw.DARK_GREEN) if ending.kept else ("keeps nothing", draw.RED)
        draw.note(ax, said, (start[row], row), (6, 0), color=color, fontweight="bold")
    ax.set_yticks(rows, [numbers.RULES[portion] for portion in found])
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.set_xlim(0, 1.42 * max(start))
    ax.spines.bottom.set_bounds(0, max(start))
    ax.xaxis.label.set_x(0.5 / 1.42)
    ax.set_xticks([0, max(start) / 3, 2 * max(start) / 3, max(start)])
    figure.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=9.5)
    caption = (
        f"The same {account.positions[0].quantity:,} contracts under five rules, and how many of them stay: "
        + "; ".join(f"{numbers.RULES[p]}, {e.kept:,}" for p, e in found.items())
        + ". What is sold in the market leaves the equity as it is; what is taken over takes its share of it along."
    )
    return draw.finish(figure, ax, caption, x=("contracts", draw.THOUSANDS), y="rule")


@draw.own_style()
def a_fifth_handed_over() -> draw.Picture:
    """Draw Clara's equity and requirement: before, less what goes at the bankruptcy price, and at the lower rate."""
    before, handed, lower = pairs = numbers.first_reduction(liquidate(big(49_190), numbers.NAME))
    have, keep = (float(pair.held * BIG_BTC.contract.contract_size) for pair in (before, handed))
    figure, ax = draw.new_figure(height=3.8)
    looks = ("ratio", draw.GREY), ("still", draw.GREY), ("now", "black")
    for place, (pair, (words, color)) in enumerate(zip(pairs, looks, strict=True)):
        for shift, money, paint in ((-0.17, pair.equity, draw.BLUE), (0.17, pair.required, draw.ORANGE)):
            ax.bar(place + shift, money, width=0.32, color=paint)
            draw.note(ax, f"{money:,.0f}", (place + shift, money), (0, 9), fontsize=11)
        words = f"{words} {pair.ratio:.1%}"
        draw.note(ax, words, (place, before.required), (0, 36), color=color, fontsize=14, fontweight="bold")
    for shift, words, color in ((-0.17, "equity", "white"), (0.17, "requirement", "black")):
        ax.text(shift, 0.03 * before.required, words, color=color, rotation=90, ha="center", fontsize=12)
    ax.set(xlim=(-0.6, 2.6), ylim=(0, 1.35 * before.required))
    rates = f"at {before.rate:.1%}", f"still at {handed.rate:.1%}", f"at the next tier's {lower.rate:.1%}"
    sizes = have, keep, keep
    ax.set_xticks(range(3), [f"{coins:g} BTC\n{rate}" for coins, rate in zip(sizes, rates, strict=True)], fontsize=11)
    ax.grid(visible=False)
    caption = (
        f"Clara hands over {have - keep:g} of her {have:g} BTC at the bankruptcy price. Her equity goes from "
        f"{before.equity:,.0f} to {handed.equity:,.0f} USDT, and what is required from {before.required:,.0f} to "
        f"{handed.required:,.0f}. Both shrink alike, so the ratio stays {handed.ratio:.1%}. Only the next tier's lower "
        f"rate moves it, to {lower.ratio:.1%}."
    )
    return draw.finish(figure, ax, caption, x="what Clara holds, and its maintenance rate", y=("USDT", draw.THOUSANDS))


@draw.own_style()
def staircase(trace: Trace) -> draw.Picture:
    """Draw the contracts that one isolated position has left after each step, against the caps of its ladder."""
    sizes, ratios = numbers.reductions(trace)
    tiers, places = trace.before.positions[0].market.tiers, range(len(sizes))
    figure, ax = draw.new_figure(height=3.6)
    ax.bar(places, sizes, width=0.55, color=[draw.RED if ratio >= 1 else draw.GREEN for ratio in ratios])
    for place, size, ratio in zip(places, sizes, ratios, strict=True):
        safe = "" if ratio >= 1 else ": safe"
        draw.note(ax, f"{size:,} contracts\nratio {ratio:.0%}{safe}", (place, size), (0, 17))
    for tier in range(tiers.index(sizes[0])):
        cap, rate = tiers.caps[tier], tiers.rates[tier]
        ax.axhline(cap, color=draw.GREY, linewidth=1.2, linestyle="--")
        words = f"cap of tier {tier + 1}\n(rate {rate:.1%})"
        draw.note(ax, words, (len(sizes) + 0.2, cap), (-2, 3), color=draw.GREY)
    ax.set(xlim=(-0.5, len(sizes) + 0.2), ylim=(0, 1.25 * sizes[0]))
    ax.set_xticks(places, ["before", *(f"reduction {k}" for k in places[1:])])
    ax.grid(visible=False)
    later = zip(sizes[1:], ratios[1:], strict=True)
    caption = (
        f"Tiered reduction of {sizes[0]:,} contracts (orange: still to be liquidated; green: safe). "
        + " ".join(f"Down to {size:,} the ratio is {ratio:.0%}." for size, ratio in later)
        + f" The first {sizes[0] - sizes[-1]:,} contracts are gone, the last {sizes[-1]:,} are saved."
    )
    return draw.finish(figure, ax, caption, x="step", y=("contracts held", draw.THOUSANDS))


@draw.own_style()
def what_is_kept(account: Account) -> draw.Picture:
    """Draw what an isolated trader has left: closing all herself, tiered reduction, full takeover.

    All at the mark price of ``account``, without slippage and fees; money in USDT.
    """
    (alone, stepped, left), mark = numbers.kept(account), account.marks[numbers.NAME]
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
        f"What {account.positions[0].quantity:,} contracts leave their holder at a mark of {mark:,}. "
        f"Closing all herself: {alone:,.0f} USDT. Tiered reduction: {stepped:,.0f} USDT, the equity of the {left:,} "
        "contracts that she keeps. A full takeover: nothing."
    )
    return draw.finish(figure, ax, caption, x=("money that is still hers (USDT)", draw.THOUSANDS), y="outcome")


@cache
def _trace(case: str) -> Trace:
    return numbers.CASES[case]()


class Walk(draw.Scene):
    """One liquidation, step by step: equity and requirement, the size of the position, the ledger so far."""

    controls = (
        draw.Choice("case", "Saved by", {case: case for case in numbers.CASES}),
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
        draw.label_axes(size, "contracts", "")
        self._bars = [*money.barh([0, 1], [0, 0], color=[draw.ORANGE, draw.BLUE], height=0.5)]
        self._held = [*size.barh([0, 1], [0, 0], color=[draw.RED, draw.BLUE], height=0.5)]
        self._labels = [money.text(0, y, "", va="center", fontsize=10.5) for y in (0, 1)]
        self._counts = [size.text(0, y, "", va="center", fontsize=10.5) for y in (0, 1)]
        self._ratio = money.text(0.98, 1.5, "", ha="right", va="center", fontsize=11.5)
        self._caps = size.vlines([], -0.6, 1.6, color=draw.GREY, linestyle="--", linewidth=1.2)
        self._step = size.text(0.98, 1.5, "", ha="right", va="center", fontsize=11.5, color=draw.GREY)
        self._tiers = [size.text(0, -0.35, "", va="center", fontsize=10, color=draw.GREY) for _ in range(2)]
        bars_and_words = [*self._bars, *self._held, *self._labels, *self._counts, *self._tiers]
        self.moving = [*bars_and_words, self._ratio, self._caps, self._step]

    def last_step(self, *, case: str, step: int) -> int:
        """Return the number of steps of a case."""
        return len(_trace(case).steps)

    def update(self, *, case: str, step: int) -> str:
        """Show an account after a number of its steps; beyond its last one it stays there."""
        trace = _trace(case)
        now = numbers.stage(trace, int(step))
        self._show_money(now, 1.35 * numbers.most_money(trace))
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

    def _show_money(self, now: numbers.Stage, top: float) -> None:
        for bar, words, money in zip(self._bars, self._labels, (now.required, now.equity), strict=True):
            width = min(max(money / top, 0), 1)
            bar.set_width(width)
            words.set(x=width + 0.02, text=f"{money:,.0f}")
        healthy = now.ratio is not None and now.ratio < 1
        said = "nothing left" if now.ratio is None else f"margin ratio {now.ratio:.0%}"
        self._ratio.set(text=said, color=draw.DARK_GREEN if healthy else draw.RED)

    def _show_sizes(self, now: numbers.Stage, trace: Trace) -> None:
        full = 1.45 * max(p.quantity for p in trace.before.positions)
        for bar, words, held in zip(self._held, self._counts, now.held.values(), strict=True):
            bar.set_width(held / full)
            words.set(x=held / full + 0.02, text=f"{held:,}" if held else "")
        caps = [cap for cap in trace.before.positions[0].market.tiers.caps if cap < full]
        self._caps.set_segments([[(cap / full, -0.6), (cap / full, 1.6)] for cap in caps])
        for tier, words in enumerate(self._tiers):
            cap = caps[tier] if tier < len(caps) else 0
            words.set(x=cap / full + 0.02, text=f"tier {tier + 1}\n≤ {cap:,}" if cap else "")


def _said(step: Step) -> str:
    name = step.name.capitalize()
    return f"{name}: {step.why}." if step.ran else f"{name} is skipped: {step.why}."
