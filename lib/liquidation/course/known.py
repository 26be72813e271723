"""What a picture or a question knows to be there, where the library has to allow for its absence."""

from __future__ import annotations

from liquidation import InputError, NoPrice
from liquidation.algebra.evaluation import Price


def known(found: Price | None) -> float:
    """Return the number that is there: a liquidation price, a joint move, an isolated margin; refuse what is none.

    >>> from liquidation import ALREADY
    >>> known(48_200)
    48200.0
    >>> known(ALREADY)
    Traceback (most recent call last):
    ...
    liquidation.algebra.checks.InputError: there is no number here (already: this holds at every positive price)
    """
    if found is None:
        raise InputError("there is no number here (a cross position has no margin of its own)")
    if isinstance(found, NoPrice):
        raise InputError(f"there is no number here ({found.value})")
    return float(found)
