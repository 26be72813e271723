"""Numbers of the pictures of lesson 03; money in USDT, sizes in what the ladder measures."""

from __future__ import annotations

import itertools
from typing import Any, Literal, NamedTuple

import numpy as np

from liquidation import BINANCE_BTCUSDT, BYBIT_BTCUSDT, LONG, MEXC_BTC_USDT, SHORT, Contract, Market, RiskTiers, linear
from liquidation.algebra.checks import Number

Rule = Literal["flat", "marginal"]
RULES: tuple[Rule, ...] = ("flat", "marginal")


def ruled(tiers: RiskTiers, rule: Rule, unit: float = 1) -> RiskTiers:
    """Apply another rule to the rates of a ladder; ``unit`` is the money in one unit of its caps."""
    caps = [cap * unit for cap in tiers.caps]
    return RiskTiers(zip([0, *caps[:-1]], caps, tiers.rates, strict=True), "value", rule)


def at_corners(tiers: RiskTiers, low: float, high: float) -> np.ndarray:
    """Sizes from low to high that show every jump upright: each cap, and a hair above it."""
    caps = np.array([cap for cap in tiers.caps if low < cap < high], dtype=float)
    return np.sort(np.concatenate([[low, high], caps, caps * (1 + 1e-9), np.geomspace(max(low, 1), high, 400)]))


def room_by_size(entry_price: float, tiers: RiskTiers, coins: float) -> tuple[np.ndarray, np.ndarray]:
    """Sizes in coins, and the room that the maintenance margin leaves at each, in USDT per coin.

    ``coins`` is the number of coins in one unit of the ladder's caps.
    """
    ladder = ruled(tiers, "flat", coins)
    sizes = at_corners(ladder, 0.1, float(ladder.caps[-1]))
    return sizes, entry_price * np.array(ladder.rates)[ladder.index(sizes)]


def selling_cost(sizes: Any, depth: float) -> Any:
    """Compute what selling costs in USDT per coin: half of the way down a book of ``depth`` coins per USDT."""
    return sizes / depth / 2


def size_that_spends(room: float, depth: float) -> float:
    """Compute the size in coins whose selling costs just this room, in USDT per coin."""
    return 2 * depth * room


def jumps(tiers: RiskTiers, largest: float) -> dict[Number, tuple[Number, Number]]:
    """Map each value below the largest at which the flat requirement jumps to the requirement there and to the jump."""
    steps = zip(tiers.caps, itertools.pairwise(tiers.rates), strict=False)
    return {cap: (cap * lower, cap * (upper - lower)) for cap, (lower, upper) in steps if cap < largest}


def tier_lines(tiers: RiskTiers, largest: float) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Values up to the largest, each tier's line (rate times value less amount), and the marginal requirement."""
    marginal = ruled(tiers, "marginal")
    values = np.linspace(0, largest, 400)
    terms = zip(marginal.rates, marginal.amounts, strict=True)
    lines = [float(rate) * values - float(amount) for rate, amount in terms]
    return values, lines, marginal.maintenance_margin(values)


def targets(tiers: RiskTiers, entry_value: float, position_margin: float) -> dict[int, tuple[float, float, int]]:
    """Compute by side: signed entry value less margin, the signed value that meets it, and the tier there, from 1."""
    marginal = ruled(tiers, "marginal")
    market = Market(Contract("", contract_size=1, tick=1), marginal)  # one unit: its price is its value
    found = {}
    for side in (LONG, SHORT):
        value = market.liquidation_price(
            side=side, entry_price=entry_value, quantity=1, position_margin=position_margin
        )
        found[side] = side * entry_value - position_margin, side * value, marginal.index(value) + 1
    return found


def less_requirement(tiers: RiskTiers, signed_values: np.ndarray) -> np.ndarray:
    """Compute signed values less what the marginal rule requires of their size."""
    return signed_values - ruled(tiers, "marginal").maintenance_margin(np.abs(signed_values))


class TwoTriggers(NamedTuple):
    """A long's equity and its requirements for a range of falling prices, in USDT.

    ``spans`` are the prices from and to which it is liquidatable under the flat rule, rising; ``once`` is the price at
    which it is under the marginal one, with the requirement there.
    """

    prices: np.ndarray
    equity: np.ndarray
    flat: np.ndarray
    marginal: np.ndarray
    spans: list[tuple[float, float]]
    once: tuple[float, float]


def two_triggers(tiers: RiskTiers, entry_price: float, quantity: float, position_margin: float) -> TwoTriggers:
    """Compare a long of so many coins with its requirement at the mark price, under both rules."""
    contract = Contract("", contract_size=1, tick=0.01)
    flat, marginal = (Market(contract, ruled(tiers, rule)) for rule in RULES)
    position = {"entry_price": entry_price, "quantity": quantity, "position_margin": position_margin}
    lowest, highest = entry_price - 1.15 * position_margin / quantity, entry_price * 1.002
    sides = [p for b in flat.breakpoints(quantity) for p in (b, b * (1 + 1e-9)) if lowest < b < highest]
    prices = np.sort([*np.linspace(lowest, highest, 400), *sides])
    price = marginal.liquidation_price(
        side=LONG, entry_price=entry_price, quantity=quantity, position_margin=position_margin
    )
    return TwoTriggers(
        prices,
        position_margin + flat.unrealized_pnl(LONG, entry_price, prices, quantity),
        flat.requirement(entry_price, prices, quantity),
        marginal.requirement(entry_price, prices, quantity),
        [(float(low), float(high)) for low, high in flat.liquidatable_prices(side=LONG, **position)],
        (price, marginal.requirement(entry_price, price, quantity)),
    )


LOWEST, LARGEST = 10_000.0, 4_000_000.0
# Ladder, USDT in one unit of its caps (MEXC's contracts of 0.0001 BTC at 50,000), its venue's own rule.
LADDERS: dict[str, tuple[RiskTiers, int, Rule]] = {
    "Binance": (BINANCE_BTCUSDT.tiers, 1, "marginal"),
    "Bybit": (BYBIT_BTCUSDT.tiers, 1, "marginal"),
    "MEXC": (MEXC_BTC_USDT.tiers, 5, "flat"),
}


def ladder_of(venue: str, rule: Rule) -> RiskTiers:
    """A venue's ladder in USDT, under a rule."""
    tiers, unit, _ = LADDERS[venue]
    return ruled(tiers, rule, unit)


def required(tiers: RiskTiers, values: Any) -> tuple[Any, Any, Any]:
    """Compute what must be left of values (USDT), in USDT and as a part of each, and their tiers, from 1."""
    money = tiers.maintenance_margin(values)
    return money, money / values, tiers.index(values) + 1


ENTRY = 50_000.0
_ROWS = ((0, 50_000, 0.004), (50_000, 250_000, 0.005), (250_000, 1_000_000, 0.01), (1_000_000, 10_000_000, 0.025))
_LADDERS = {rule: RiskTiers(_ROWS, "value", rule) for rule in RULES}
SIZES = at_corners(_LADDERS["flat"], 1_000, 40 * ENTRY) / ENTRY
"""Sizes in BTC that show every jump."""


def room_of(rule: Rule, sizes: np.ndarray, leverage: float) -> np.ndarray:
    """Compute how far the price may fall, as a part of the entry price, for longs of these sizes in BTC.

    Maintenance is on the value at the mark price. Where the flat rule has several prices the first one counts.
    """
    ladder, margin = _LADDERS[rule], ENTRY * sizes / leverage
    rates, amounts, floors, caps = (
        np.array(terms, dtype=float)[:, None]
        for terms in (ladder.rates, ladder.amounts, [0, *ladder.caps[:-1]], ladder.caps)
    )
    in_each_tier = linear.liquidation_price_mark_basis.long(
        entry_price=ENTRY,
        quantity=sizes,
        contract_size=1,
        position_margin=margin,
        maintenance_margin_rate=rates,
        maintenance_amount=amounts,
        liquidation_fee_rate=0,
    )
    values = in_each_tier * sizes
    prices = np.where((floors < values) & (values <= caps) & (in_each_tier <= ENTRY), in_each_tier, 0).max(axis=0)
    alive = margin > ladder.maintenance_margin(ENTRY * sizes)
    return np.where(alive, (ENTRY - prices) / ENTRY, 0)
