"""Pictures and tables of lesson 11."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from liquidation import Market, Position, PriceChange, RiskTiers, Venue, compare_markets, isolated, price_of_coins
from liquidation.algebra.evaluation import NoPrice

from .. import drawing as draw
from ..known import known
from ..mira import BTC, on_venues
from ..museum import FORMULAS, PRINTS, WRONG
from ..tables import Table

MIRA: dict[str, Any] = {"side": 1, "entry_price": 50_000, "coins": 0.1, "leverage": 25}


def on_screen(market: Market, position: Mapping[str, Any]) -> float:
    """Compute the liquidation price of a position as the exchange shows it, on the tick."""
    price = market.contract.to_tick(price_of_coins(market, **position), position["side"], market.venue.rule("rounding"))
    return known(price)


def prices(markets: Mapping[str, Market], position: Mapping[str, Any]) -> dict[str, float]:
    """Compute the price on every screen, the one that is reached first at the top."""
    found = {name: on_screen(market, position) for name, market in markets.items()}
    return dict(sorted(found.items(), key=lambda item: -position["side"] * item[1]))


@draw.own_style()
def screens(markets: Mapping[str, Market], position: Mapping[str, Any]) -> draw.Picture:
    """Draw the liquidation price of one position on every exchange; prices in dollars per coin."""
    found = prices(markets, position)
    names, values = list(found), np.array(list(found.values()))
    coin = [markets[name].contract.kind == "inverse" for name in names]
    figure, ax = draw.new_figure(height=1.2 + 0.3 * len(names))
    rows = np.arange(len(names))
    for row, price, inverse in zip(rows, values, coin, strict=True):
        look = {"color": draw.ORANGE, "marker": "D"} if inverse else {"color": draw.BLUE, "marker": "o"}
        ax.plot(price, row, markersize=8, **look)
        ax.annotate(f"{price:,.1f}", (price, row), (9, 0), textcoords="offset points", va="center", fontsize=10.5)
    own = len({market.tiers.rates for market in markets.values()}) > 1
    ax.set_yticks(
        rows, [_drawn(name) + (f", {_percent(markets[name].tiers.rates[0])}" if own else "") for name in names]
    )
    ax.invert_yaxis()
    span = np.ptp(values)
    ax.set_xlim(values.min() - 0.08 * span, values.max() + 0.2 * span)
    draw.few_ticks(ax.xaxis, 6)
    first, last = names[0], names[-1]
    kinds = " Diamonds are settled in the coin." if any(coin) and not all(coin) else ""
    caption = (
        f"One position on {len(names)} screens. {first}'s price is reached first, at {found[first]:,.1f}, and "
        f"{last}'s last, at {found[last]:,.1f}: {abs(found[first] - found[last]):,.1f} dollars apart.{kinds}"
    )
    return draw.finish(
        figure,
        ax,
        caption,
        x=("liquidation price (dollars per coin)", draw.THOUSANDS),
        y="exchange" + ", and its rate" * own,
    )


def _drawn(name: str) -> str:
    """A name in letters that matplotlib's own font has."""
    return name.replace("Ⓢ", "S")


def _percent(fraction: Any) -> str:
    return f"{100 * fraction:g}%"


def rules_of(markets: Mapping[str, Market], *rules: str) -> Table:
    """Put rules of exchanges side by side, in words; a star marks our choice where the exchange does not say."""
    return Table(
        ("exchange", *(WORDS[rule] for rule in rules)),
        [(name, *(_said(market.venue, rule) for rule in rules)) for name, market in markets.items()],
    )


WORDS = {
    "kind": "settled in",
    "maintenance_basis": "maintenance on value at",
    "tier_rule": "tiers",
    "liquidation_fee_rate": "closing fee counted",
    "taker_fee_rate": "closing fee reserved",
    "strict": "liquidated",
    "ratio": "margin ratio",
    "order_margin": "open orders",
    "hedge_charge": "a hedge requires",
    "portion": "sells at once",
    "takeover_price": "takes over at",
}


def _said(venue: Venue, rule: str) -> str:
    value, source = getattr(venue, rule), venue.source(rule)
    star = " *" if source is not None and source.how == "our choice" else ""
    if rule == "kind":
        said = {"linear": "dollars", "inverse": "the coin", None: "both"}[value]
    elif rule.endswith("_rate"):
        said = _percent(value) if value else "–"
    elif rule == "strict":
        said = "below the requirement" if value else "at the requirement"
    else:
        said = "does not say" if value is None else str(value)
    return said + star


def changes(first: Market, second: Market, position: Mapping[str, Any]) -> Table:
    """Put what each rule that differs does to the price into a table."""
    return Table(("rule", "moves the price by", "to"), [_row(c) for c in compare_markets(first, second, **position)])


def combinations(position: Mapping[str, Any], rate: float, fee: float) -> Table:
    """Compute the price of a position, settled in dollars, under every choice of basis and fee."""
    fees = {"no fee": (0, 0), "fee counted": (fee, 0), "fee reserved": (0, fee), "counted and reserved": (fee, fee)}
    tiers = RiskTiers([(0, math.inf, rate)], "value", "flat")
    rows = []
    for words, (counted, reserved) in fees.items():
        prices = (
            price_of_coins(
                Market(
                    BTC.contract, tiers, maintenance_basis=basis, liquidation_fee_rate=counted, taker_fee_rate=reserved
                ),
                **position,
            )
            for basis in ("entry", "mark")
        )
        rows.append((words, *(f"{known(price):,.2f}" for price in prices)))
    return Table(("", "maintenance on value at entry", "at the mark"), rows)


def _row(change: PriceChange) -> tuple[str, str, str]:
    after = change.after
    return (
        change.rule,
        "" if change.moved is None else f"{change.moved:+,.2f}",
        after.value if isinstance(after, NoPrice) else f"{after:,.2f}",
    )


_ONE_RATE = on_venues(0.004)
SCREENS = {
    "MEXC": "MEXC",
    "Binance": "Binance USDⓈ-M",
    "OKX": "OKX",
    "Gate": "Gate",
    "BitMEX": "BitMEX",
    "Deribit": "Deribit",
    "Binance coin": "Binance COIN-M",
}
"""Exchanges whose rules for the price differ, by what the buttons say; Bybit, Hyperliquid and dYdX are as Binance."""


class TermByTerm(draw.Scene):
    """From the price of one exchange to that of another, one rule at a time."""

    controls = (
        draw.Choice("first", "From", SCREENS),
        draw.Choice("second", "To", {name: SCREENS[name] for name in ("OKX", *SCREENS) if name in SCREENS}),
        draw.SIDE,
        draw.Slider("leverage", "Leverage (x)", 5, 50, 1, 25),
    )
    height = 3.0
    _ROWS = 6

    def __init__(self) -> None:
        super().__init__()
        ax = self.axes
        ax.axis("off")
        ax.set(xlim=(0, 1), ylim=(self._ROWS - 0.4, -0.6))
        ax.axvline(0.44, color="0.85", linewidth=0.8)
        ax.axvline(0.86, color="0.85", linewidth=0.8)
        self._words = [ax.text(0.42, row, "", ha="right", va="center", fontsize=11) for row in range(self._ROWS)]
        self._moves = [ax.text(0.88, row, "", ha="left", va="center", fontsize=11) for row in range(self._ROWS)]
        self._bars = [ax.plot([], [], linewidth=11, solid_capstyle="butt")[0] for _ in range(self._ROWS)]
        self._dots = [ax.plot([], [], "|", color="black", markersize=16, markeredgewidth=2)[0] for _ in range(2)]
        self.moving = [*self._bars, *self._dots, *self._words, *self._moves]

    def update(self, *, first: str, second: str, side: int, leverage: float) -> str:
        """Walk the rules for Mira's position."""
        position = {**MIRA, "side": side, "leverage": leverage}
        walk = compare_markets(_ONE_RATE[first], _ONE_RATE[second], **position)
        if any(isinstance(price, NoPrice) for change in walk for price in (change.before, change.after)):
            raise ValueError("On one of the two this position is never liquidated, or at once. Take another leverage.")
        start, end = (known(price_of_coins(_ONE_RATE[name], **position)) for name in (first, second))
        steps = [(c.rule, known(c.before), known(c.after)) for c in walk]
        low, high = (f([start, *(after for *_, after in steps)]) for f in (min, max))
        scale = (high - low) or 1

        def at(price: float) -> float:
            return 0.46 + 0.38 * (price - low) / scale

        for row in range(self._ROWS):
            self._words[row].set_text("")
            self._moves[row].set_text("")
            self._bars[row].set_data([], [])
        self._words[0].set_text(_drawn(first))
        self._moves[0].set_text(f"{start:,.2f}")
        for row, (rule, before, after) in enumerate(steps, 1):
            self._words[row].set_text(rule)
            self._moves[row].set_text(f"{after - before:+,.2f}")
            self._bars[row].set_data([at(before), at(after)], [row, row])
            self._bars[row].set_color(draw.RED if side * (after - before) > 0 else draw.GREEN)
        last = len(steps) + 1
        self._words[last].set_text(_drawn(second))
        self._moves[last].set_text(f"{end:,.2f}")
        for dot, row, price in zip(self._dots, (0, last), (start, end), strict=True):
            dot.set_data([at(price)], [row])
        return _compared(first, second, side, start, end, steps)


def _compared(first: str, second: str, side: int, start: float, end: float, steps: list[Any]) -> str:
    if first == second or not steps:
        return f"Between {first} and {second} no rule differs that moves this price: both show {start:,.2f}."
    nearer = second if side * (end - start) > 0 else first
    return (
        f"From {first}, {start:,.2f}, to {second}, {end:,.2f}: {end - start:+,.2f}. Orange-red moves it nearer to the "
        f"entry, green away from it. The {draw.SIDE_NAMES[side]} dies first on {nearer}."
    )


class Ratios(NamedTuple):
    """Mark prices, and the margin ratio in both spellings."""

    marks: np.ndarray
    rising: np.ndarray
    falling: np.ndarray


def both_ratios(position: Position) -> Ratios:
    """Compute requirement over equity and equity over requirement, from the entry to the liquidation price."""
    entry, market = float(position.entry_price), position.market
    end = known(
        market.liquidation_price(
            side=position.side, entry_price=entry, quantity=position.quantity, position_margin=position.margin
        )
    )
    marks = np.linspace(entry, end, 201)
    equity = float(position.margin or 0) + np.array([float(position.pnl(mark)) for mark in marks])
    required = np.array([float(position.requirement(mark)) for mark in marks])
    return Ratios(marks, required / equity, equity / required)


@draw.own_style()
def two_ratios(market: Market) -> draw.Picture:
    """Draw one fall on two dashboards: the ratio that rises to 100% and the one that falls to it."""
    found = both_ratios(isolated(market, 1, 1_000, 50_000, 25))
    figure, (left, right) = draw.new_figure(height=3.2, ncols=2)
    titles = "rises: requirement / equity", "falls: equity / requirement"
    for ax, ratio, color, title in zip((left, right), found[1:], (draw.BLUE, draw.ORANGE), titles, strict=True):
        ax.plot(found.marks, ratio, color=color, linewidth=2.4)
        ax.axhline(1, color=draw.RED, linestyle="--", linewidth=1.4)
        ax.plot(found.marks[-1], 1, "X", color=draw.RED, markersize=10, clip_on=False, zorder=5)
        ax.set_ylim(0, None)
        draw.label_axes(ax, ("← falls     mark price (USDT)", draw.THOUSANDS), ("margin ratio", draw.PERCENT), title)
        ax.set_xticks([50_000, 49_000, 48_200])
    middle = len(found.marks) // 2
    caption = (
        f"One position on two dashboards. At entry one shows {found.rising[0]:.0%} and the other "
        f"{found.falling[0]:,.0%}; halfway, {found.rising[middle]:.0%} and {found.falling[middle]:.0%}. Both show 100% "
        "at the same price: one is one over the other."
    )
    return draw.Picture(figure, caption)


class Index(NamedTuple):
    """Seconds, the last price of each spot market, and two ways to make one price of them."""

    seconds: np.ndarray
    sources: np.ndarray
    mean: np.ndarray
    median: np.ndarray


def index_of(sources: int, crashed: int, fall: float, seed: int = 4) -> Index:
    """Compute an index while some of the spot markets fall by a fraction for twenty seconds."""
    rng, seconds = np.random.default_rng(seed), np.arange(61.0)
    common = 50_000 + np.cumsum(rng.normal(0, 4, seconds.size))
    each = common + rng.normal(0, 12, (sources, 1)) + rng.normal(0, 3, (sources, seconds.size))
    hit = (seconds >= 20) & (seconds < 40)
    each[:crashed, hit] *= 1 - fall
    return Index(seconds, each, each.mean(axis=0), np.median(each, axis=0))


@draw.own_style()
def index(crashed: int) -> draw.Picture:
    """Draw five spot markets of which some fall by a fifth, and what a mean and a median make of them."""
    found = index_of(5, crashed, 0.2)
    figure, ax = draw.new_figure(height=3.4)
    for price in found.sources:
        ax.plot(found.seconds, price, color="0.72", linewidth=1)
    ax.plot(found.seconds, found.mean, color=draw.ORANGE, linewidth=2.4, linestyle="--", label="mean of five")
    ax.plot(found.seconds, found.median, color=draw.BLUE, linewidth=2.4, label="median of five")
    ax.axhline(48_200, color=draw.RED, linewidth=1.2)
    draw.note(ax, "Mira's liquidation price", (60, 48_200), (-2, 4), color=draw.RED)
    ax.legend(frameon=False, fontsize=10, loc="lower left")
    low_mean, low_median = found.mean.min(), found.median.min()
    many = {1: "One of five markets falls", 3: "Three of five markets fall"}.get(crashed, f"{crashed} of five fall")
    caption = (
        f"{many} by 20% for twenty seconds (grey). The mean goes down to {low_mean:,.0f}, "
        f"{'below' if low_mean < 48_200 else 'not below'} Mira's liquidation price; the median to {low_median:,.0f}, "
        f"{'below' if low_median < 48_200 else 'far above'} it."
    )
    return draw.finish(figure, ax, caption, x="seconds", y=("dollars per bitcoin", draw.THOUSANDS))


# -- the museum ----------------------------------------------------------------------------------------------------


def formulas() -> Table:
    """Hang the formulas on the wall, without a word on them."""
    rows = [(f"{n}", f"$\\displaystyle {x.latex}$") for n, x in enumerate(FORMULAS, 1)]
    return Table(("", "liquidation price of a long"), rows)


def verdicts(leverages: Sequence[float] = (25, 50), rate: float = 0.004) -> Table:
    """Say what the trigger says of each formula, and what it gives for Mira's long at two leverages."""
    rows = []
    for number, exhibit in enumerate(FORMULAS, 1):
        given = [exhibit.price(entry_price=50_000, leverage=x, maintenance_margin_rate=rate) for x in leverages]
        said = f"{WRONG}: {exhibit.fault}" if exhibit.verdict == WRONG else exhibit.verdict
        rows.append((f"{number}", *(f"{price:,.0f}" for price in given), said, exhibit.seen))
    return Table(("", *(f"at {x:g}x" for x in leverages), "the trigger says", "seen in"), rows)


def printed() -> Table:
    """List the printed numbers, without a word on them."""
    return Table(("", "what", "printed"), [(f"{n}", x.what, f"{x.printed:,}") for n, x in enumerate(PRINTS, 1)])


def recomputed() -> Table:
    """Say what the library computes in the place of each printed number."""
    rows = []
    for number, x in enumerate(PRINTS, 1):
        right = x.right == x.printed
        rows.append((f"{number}", f"{x.printed:,}", f"{x.right:,}", "right" if right else f"wrong: {x.why}", x.seen))
    return Table(("", "printed", "computed", "so it is", "seen in"), rows)
