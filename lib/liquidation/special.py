"""Functions that probabilities need and elementary ones cannot say without overflowing.

A formula holds them by name: what is shown is what they stand for, what is computed is the stable way. NumPy has no
error function; the standard library's ``math.erfc`` is applied element by element.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

_erfc = np.frompyfunc(math.erfc, 1, 1)
_TAIL = -35.0


def normal_cdf(z: Any) -> Any:
    """Chance that a standard Normal variable is at most ``z``; numbers and arrays.

    >>> normal_cdf(0.0)
    0.5
    """
    if isinstance(z, np.ndarray):
        return _erfc(z * -math.sqrt(0.5)).astype(float) / 2
    return math.erfc(z * -math.sqrt(0.5)) / 2


def log_normal_cdf(z: Any) -> Any:
    """Logarithm of :func:`normal_cdf`, also where that is smaller than the smallest float.

    Far below zero the classical alternating series takes over (Abramowitz and Stegun 26.2.12): its error is less
    than the first term left out, here 4e-15.
    """
    z = np.asarray(z, dtype=float)
    with np.errstate(divide="ignore", over="ignore"):
        far = np.minimum(z, _TAIL)
        square = 1 / far**2
        series = -square * (1 - 3 * square * (1 - 5 * square * (1 - 7 * square * (1 - 9 * square))))
        tail = -(far**2) / 2 - np.log(-far * math.sqrt(2 * math.pi)) + np.log1p(series)
        near = np.log(normal_cdf(np.maximum(z, _TAIL)))
    return np.where(z < _TAIL, tail, near)


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


def _both(on_numbers: Callable[[float], float], on_arrays: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: on_arrays(x) if isinstance(x, np.ndarray) else on_numbers(x)


@dataclass(frozen=True)
class Special:
    """A function that formulas may name: how it is computed, and the text of x, y, z that it stands for, if any."""

    name: str
    number: Callable[..., Any]
    stands_for: tuple[str, str] | None = None
    """Its parameters and, in their terms, what it stands for."""


ELEMENTARY = {
    "exp": _both(math.exp, np.exp),
    "log": _both(math.log, np.log),
    "sqrt": _both(math.sqrt, np.sqrt),
}
PHI = Special("Phi", normal_cdf)
EXP_PHI = Special("ExpPhi", exp_times_normal_cdf, ("w, z", "exp(w)*Phi(z)"))
EXIT_ODDS = Special("ExitOdds", exit_odds, ("k, a, b", "(1 - exp(-k*b))/(exp(-k*a) - exp(-k*b))"))
