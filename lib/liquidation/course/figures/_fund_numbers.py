"""Numbers of the pictures of lesson 06; money in USDT."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from liquidation import Fill, Position, Ruins, chance_formulas, ruin, surplus, walk

from ..mira import BTC


def coins(taken: Position) -> float:
    """Size of a position in coins."""
    return float(taken.quantity * taken.market.contract.contract_size)


def change_of_fund(taken: Position, prices: np.ndarray) -> np.ndarray:
    """Compute what the fund gains or loses if all of a position is closed at one price, for each of the prices."""
    return np.array([float(surplus(taken, [Fill(taken.quantity, price)])) for price in prices])


def one_liquidation(change: np.ndarray, maintenance_rate: float, mean_gap: float) -> tuple[np.ndarray, float]:
    """Compute the density of a change of the fund by one liquidation of a long, and the chance of a loss.

    Changes are parts of the value at the liquidation price; ``mean_gap`` is the mean of the exponential slippage in
    log price.
    """
    fall = 1 - maintenance_rate + change  # of the price, as a factor
    density = fall ** (1 / mean_gap - 1) / mean_gap
    loss = chance_formulas.fill_beyond_bankruptcy.long
    return density, loss(bankruptcy_price=1 - maintenance_rate, stop_price=1.0, mean_gap=mean_gap)


def mean_change(maintenance_rates: Any, mean_gap: float) -> Any:
    """Compute the mean of these changes by maintenance rate; without any it is minus the mean slippage."""
    change = chance_formulas.expected_fund_change.long
    return change(bankruptcy_price=1 - maintenance_rates, stop_price=1.0, mean_gap=mean_gap)


def where_it_stops(balances: np.ndarray, drawdown: float) -> tuple[int, float, float] | None:
    """Find the first balance that is too far below its peak, a fraction, and place and balance on the way down to it.

    ``None`` if it never falls so far.
    """
    floors = (1 - drawdown) * np.maximum.accumulate(balances)
    too_low = balances < floors
    if not too_low.any():
        return None
    first = int(too_low.argmax())
    reached = floors[first]
    place = np.interp(-reached, -balances[first - 1 : first + 1], [first - 1, first])
    return first, float(place), float(reached)


def counted(simulated: Mapping[float, Ruins]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Collect balances at the start, the frequency of ruin for each, and three standard errors of it."""
    chances = [ruins.chance for ruins in simulated.values()]
    errors = [3 * chance.standard_error for chance in chances]
    return np.array(list(simulated)), np.array([chance.value for chance in chances]), np.array(errors)


def missing_more(deficits: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Compute which part of the deficits is larger than each level."""
    return np.array([(deficits > level).mean() for level in levels])


TAKEN_AT = 50_000
_BEST, _STEP, _LEVELS = 150, 10, 60  # USDT better than the bankruptcy price; apart; how many


def _levels() -> list[int]:
    """How much better than the bankruptcy price each level of the book is, in USDT, the best first."""
    return [_BEST - _STEP * k for k in range(_LEVELS)]


def whole_book(depth: float) -> tuple[np.ndarray, list[int]]:
    """BTC on offer up to each level and at it, with ``depth`` BTC at each; how much better than bankruptcy it is."""
    return depth * np.arange(1, _LEVELS + 1), _levels()


def walk_the_book(size: float, depth: float, side: int) -> tuple[np.ndarray, list[float], float, float]:
    """Close a position of so many BTC against levels that each take ``depth`` BTC, the best first.

    BTC closed after each level; how much better than the bankruptcy price each level is; the change of the fund, in
    all and per BTC closed.
    """
    contracts = round(1 / BTC.contract.contract_size)
    taken = Position(BTC, side, int(size) * contracts, TAKEN_AT)
    fills = walk([(TAKEN_AT + side * better, int(depth) * contracts) for better in _levels()], taken.quantity)
    ends = np.cumsum([fill.quantity / contracts for fill in fills])
    change = surplus(taken, fills)
    return ends, [side * (fill.price - TAKEN_AT) for fill in fills], change, change / ends[-1]


VALUE = 5_000
"""Value of each liquidation."""
FUNDS, LIQUIDATIONS = 6_000, 300


@cache
def slips() -> np.ndarray:
    """Sum the slippage of each fund up to each liquidation, in means: the same draws every time."""
    draws = np.random.default_rng(3).standard_exponential((FUNDS, LIQUIDATIONS), dtype=np.float32)
    return np.concatenate([np.zeros((FUNDS, 1), np.float32), np.cumsum(draws, axis=1)], axis=1)


class Funds(NamedTuple):
    """Many funds: the balances of each, whether it is ruined, and at which liquidation or, if it is not, the last one.

    ``gain`` and ``mean_loss`` are those of one liquidation, ``emptied`` is where the mean has used up the start or the
    last one is reached, and ``ever`` the chance of ruin at any time, by the formula.
    """

    balances: np.ndarray
    ruined: np.ndarray
    when: np.ndarray
    gain: float
    mean_loss: float
    emptied: float
    ever: float

    def path(self, fund: int) -> np.ndarray:
        """Liquidations and balances of one fund up to its ruin, one a row."""
        count = self.when[fund] + 1
        return np.column_stack([np.arange(count), self.balances[fund, :count]])


def follow_funds(maintenance: float, slippage: float, start: float) -> Funds:
    """Follow funds: maintenance comes in, exponential slippage goes out, both in percent of the value."""
    gain, mean_loss = VALUE * maintenance / 100, VALUE * slippage / 100
    balances = start + gain * np.arange(LIQUIDATIONS + 1, dtype=np.float32) - mean_loss * slips()
    below = balances < 0
    ruined = np.any(below, axis=1)
    when = np.where(ruined, below.argmax(axis=1), LIQUIDATIONS)
    earned = gain - mean_loss
    emptied = min(LIQUIDATIONS, start / -earned) if earned < -1e-9 else LIQUIDATIONS
    adjustment = ruin.fixed_gain_adjustment(gain=gain, mean_loss=mean_loss) if earned > 1e-9 else 0
    ever = ruin.chance_of_ruin(starting_balance=start, adjustment=adjustment, mean_loss=mean_loss)
    return Funds(balances, ruined, when, gain, mean_loss, emptied, ever)
