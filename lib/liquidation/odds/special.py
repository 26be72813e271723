"""Functions that probabilities need and elementary ones cannot say without overflowing.

A formula holds them by name: what is shown is what they stand for, what is computed is the stable way. The Normal
distribution and its logarithm are SciPy's, loaded when first needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..algebra.vocabulary import Special


def normal_cdf(z: Any) -> Any:
    """Chance that a standard Normal variable is at most ``z``; numbers and arrays.

    >>> normal_cdf(0.0)
    0.5
    """
    from scipy.special import ndtr  # type: ignore[import-untyped]  # SciPy ships no types

    found = ndtr(np.asarray(z, dtype=float))  # SciPy refuses Fractions
    return found if np.ndim(found) else float(found)


def log_normal_cdf(z: Any) -> Any:
    """Logarithm of :func:`normal_cdf`, also where that is smaller than the smallest float.

    >>> round(log_normal_cdf(-40.0), 6)
    -804.608442
    """
    from scipy.special import log_ndtr

    found = log_ndtr(np.asarray(z, dtype=float))
    return found if np.ndim(found) else float(found)


def exp_times_normal_cdf(w: Any, z: Any) -> Any:
    """``exp(w) * normal_cdf(z)`` where the first factor may overflow while the second underflows.

    >>> round(exp_times_normal_cdf(800.0, -40.0), 6)
    0.009967
    """
    with np.errstate(over="ignore"):
        found = np.exp(w + log_normal_cdf(z))
    return found if np.ndim(found) else float(found)


def exit_odds(k: Any, a: Any, b: Any) -> Any:
    """``(1 - exp(-k b)) / (exp(-k a) - exp(-k b))`` for a and b of opposite signs, and its limit b/(b - a) at k = 0.

    >>> exit_odds(0.0, -1.0, 2.0)
    0.6666666666666666
    """
    k, a, b = (np.asarray(x, dtype=float) for x in (k, a, b))
    up, down = -k * b, -k * a
    with np.errstate(all="ignore"):
        # Divided by the larger of the two exponentials, so that neither overflows.
        rising = -np.expm1(-np.abs(up)) / (-np.expm1(-np.abs(up)) - np.exp(-np.abs(up)) * np.expm1(-np.abs(down)))
        falling = np.expm1(-np.abs(up)) * np.exp(-np.abs(down))
        falling = falling / (falling + np.expm1(-np.abs(down)))
        found = np.where(up > 0, rising, falling)
        found = np.where(up == 0, b / (b - a), found)
    return found if found.ndim else float(found)


def bisect(before: Callable[[float], bool], low: float, high: float) -> float:
    """Return the place between two numbers up to which ``before`` holds, until no float is left between.

    >>> bisect(lambda x: x * x < 2, 1.0, 2.0)
    1.414213562373095
    """
    middle = (low + high) / 2
    while low < middle < high:
        low, high = (middle, high) if before(middle) else (low, middle)
        middle = (low + high) / 2
    return middle


PHI = Special("Phi", normal_cdf)
EXP_PHI = Special("ExpPhi", exp_times_normal_cdf, ("w, z", "exp(w)*Phi(z)"))
EXIT_ODDS = Special("ExitOdds", exit_odds, ("k, a, b", "(1 - exp(-k*b))/(exp(-k*a) - exp(-k*b))"))
