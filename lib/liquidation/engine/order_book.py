"""An order book of finite depth, in whole units: what a forced sale brings, and what it does to the price.

On either side of the outside price the same quantity rests on every tick. What is sold eats into the bids, and the
price is where the eating has stopped; part of what was eaten comes back at every tick of time. Quantities are whole
steps, prices whole ticks, money is their product: nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..algebra.checks import InputError, one_number, shown

PARTS = 1_000_000
"""Rates are counted in whole millionths."""
_MOST = 2**60
"""Largest amount: sums of such stay within 64 bits."""


@dataclass(frozen=True)
class OrderBook:
    """Bids and offers of equal depth.

    Arguments:
        depth: quantity that rests on each tick of the price [steps per tick].
        refill: part of what was eaten that comes back at every tick of time [fraction].

    ``eaten`` is what sales have eaten of the bids, or, negative, purchases of the offers.

    >>> book = OrderBook(depth=10)
    >>> book.proceeds(price=1_000, eaten=0, quantity=25)  # 10 at 1,000, 10 at 999 and 5 at 998
    24980
    >>> book.price(1_000, eaten=25)
    998

    Raises ``ValueError`` for a book without depth, or one that never or more than refills.
    """

    depth: int
    refill: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", whole("depth", self.depth, least=1))
        object.__setattr__(self, "refill", float(one_number("refill", self.refill, "part")))

    def refilled(self, eaten: int) -> int:
        """Return what is still eaten a tick of time later."""
        eaten = whole("eaten", eaten, least=-_MOST)
        back = -(-abs(eaten) * round(self.refill * PARTS) // PARTS)  # at least a step
        return eaten - back if eaten > 0 else eaten + back

    def price(self, price: int, eaten: int) -> int:
        """Return where the market stands when the outside price is ``price``; at least one tick."""
        price, eaten = whole("price", price, least=1), whole("eaten", eaten, least=-_MOST)
        moved = abs(eaten) // self.depth
        return max(price - moved if eaten > 0 else price + moved, 1)

    def room(self, price: int, eaten: int) -> int:
        """Return how much can still be sold before the price is at one tick, where the bids end."""
        price, eaten = whole("price", price, least=1), whole("eaten", eaten, least=-_MOST)
        return max((price - 1) * self.depth - eaten, 0)

    def proceeds(self, price: int, eaten: int, quantity: Any) -> Any:
        """Return what a sale of a quantity brings, best bids first; of a negative quantity, what a purchase costs.

        Whole numbers, or arrays of quantities that are sold in one go.
        """
        price, eaten = whole("price", price, least=1), whole("eaten", eaten, least=-_MOST)
        if not (isinstance(quantity, np.ndarray) and quantity.dtype.kind == "i"):
            quantity = whole("quantity", quantity, least=-_MOST)
        after = eaten + quantity
        return price * quantity - (self._levels(after) - self._levels(eaten))

    def _levels(self, eaten: Any) -> Any:
        """Ticks that the price stands away, summed over all that was eaten; for both sides it is positive."""
        size = np.abs(eaten) if isinstance(eaten, np.ndarray) else abs(eaten)
        full = size // self.depth
        return self.depth * (full * (full - 1) // 2) + full * (size - full * self.depth)


def whole(name: str, value: object, least: int = 0) -> int:
    """Check a whole number; floats that are whole will do."""
    number = one_number(name, value, "number")
    if number != int(number) or not least <= number <= _MOST:
        raise InputError(f"{name}={shown(value)} is not allowed: it is a whole number from {least} to {_MOST}")
    return int(number)
