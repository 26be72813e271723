"""Price paths: geometric Brownian motion and jumps on a seeded generator, and bars cut from them.

Times are in years, volatilities and drifts per year. Every function takes its generator first, such as
``numpy.random.default_rng(7)``; the same seed gives the same paths.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..algebra.checks import Array, InputError, Number, numbers, one_number, refuse

LARGEST_ARRAY = 2**26
"""Most prices that are made at once: 512 MiB of them."""


def check_generator(rng: object) -> np.random.Generator:
    """Return a random generator; refuse what is none."""
    if not isinstance(rng, np.random.Generator):
        raise refuse("rng", rng, "a random generator: numpy.random.default_rng(seed)")
    return rng


def check_work(what: str, count: float, most: float) -> None:
    """Refuse what would not end while one waits."""
    if not count <= most:
        size = float(count) if count < 1e300 else math.inf
        raise InputError(f"{what} would be about {size:.1e}, and {most:.0e} is the most: take less of them")


@dataclass(frozen=True)
class Jumps:
    """Jumps of the log price: Poisson in time, exponential in size, upward or downward (Kou 2002).

    ``rate`` jumps per year; ``up_chance`` of them go up, by ``up_mean`` in log price on average; the others go down
    by ``down_mean``. Raises ``ValueError`` for an ``up_mean`` of 1 or more: the expected price would be infinite.

    >>> round(Jumps(rate=141, up_chance=0.5, up_mean=0.05, down_mean=0.05).growth, 6)
    0.353383
    """

    rate: float
    up_chance: float
    up_mean: float
    down_mean: float

    def __post_init__(self) -> None:
        for name, kind in _JUMP_KINDS.items():
            object.__setattr__(self, name, float(one_number(name, getattr(self, name), kind)))
        if self.up_mean >= 1:
            raise InputError(f"up_mean={self.up_mean} is not allowed: up_mean must be below 1")

    @property
    def growth(self) -> float:
        """Expected growth of the price per year that comes from the jumps."""
        up, down = self.up_chance / (1 - self.up_mean), (1 - self.up_chance) / (1 + self.down_mean)
        return self.rate * (up + down - 1)

    @property
    def variance(self) -> float:
        """Variance of the log price per year that comes from the jumps."""
        return 2 * self.rate * (self.up_chance * self.up_mean**2 + (1 - self.up_chance) * self.down_mean**2)


_JUMP_KINDS = {"rate": "non-negative", "up_chance": "part", "up_mean": "positive", "down_mean": "positive"}


def log_drift(volatility: float, drift: float, jumps: Jumps | None = None) -> float:
    """Drift of the log price between jumps, if the price itself is expected to grow by ``drift`` per year."""
    return drift - volatility**2 / 2 - (jumps.growth if jumps else 0)


def geometric_brownian(
    rng: np.random.Generator,
    *,
    start: Number,
    volatility: Number,
    drift: Number = 0.0,
    horizon: Number,
    steps: Number,
    paths: Number,
) -> Array:
    """Return prices of shape ``(paths, steps + 1)``: the start and equal steps over the horizon.

    Arguments:
        rng: a seeded generator.
        start: the first price.
        volatility: of the log price [per square root of a year].
        drift: expected growth of the price [per year].
        horizon: time that the steps take together [years].
        steps: number of equal steps.
        paths: number of paths.

    >>> geometric_brownian(np.random.default_rng(7), start=100, volatility=0.8, horizon=7 / 365, steps=2, paths=1)
    array([[100.        ,  99.70322881, 101.75143945]])

    Raises ``ValueError`` for what cannot be, and for more than :data:`LARGEST_ARRAY` prices.
    """
    return _grid(rng, start, volatility, drift, horizon, steps, paths, None)


def jump_diffusion(
    rng: np.random.Generator,
    *,
    start: Number,
    volatility: Number,
    drift: Number = 0.0,
    jumps: Jumps,
    horizon: Number,
    steps: Number,
    paths: Number,
) -> Array:
    """Like :func:`geometric_brownian`, with jumps.

    Arguments:
        rng: a seeded generator.
        start: the first price.
        volatility: of the log price between jumps [per square root of a year].
        drift: expected growth of the price, jumps included [per year].
        jumps: how often and how far the price jumps.
        horizon: time that the steps take together [years].
        steps: number of equal steps.
        paths: number of paths.

    >>> calm = Jumps(rate=0, up_chance=0.5, up_mean=0.05, down_mean=0.05)
    >>> walk = dict(start=100, volatility=0.8, horizon=7 / 365, steps=2, paths=1)
    >>> jump_diffusion(np.random.default_rng(7), jumps=calm, **walk).round(1).tolist()
    [[100.0, 99.7, 101.8]]
    """
    if not isinstance(jumps, Jumps):
        raise refuse("jumps", jumps, "Jumps(rate, up_chance, up_mean, down_mean)")
    return _grid(rng, start, volatility, drift, horizon, steps, paths, jumps)


def _grid(
    rng: np.random.Generator,
    start: Number,
    volatility: Number,
    drift: Number,
    horizon: Number,
    steps: Number,
    paths: Number,
    jumps: Jumps | None,
) -> Array:
    check_generator(rng)
    first = float(one_number("start", start, "positive"))
    sigma, mu = (
        float(one_number("volatility", volatility, "volatility or 0")),
        float(one_number("drift", drift, "number")),
    )
    years = float(one_number("horizon", horizon, "non-negative"))
    count, rows = int(one_number("steps", steps, "count")), int(one_number("paths", paths, "count"))
    check_work("paths times steps, the number of prices", rows * (count + 1), LARGEST_ARRAY)
    dt = years / count
    prices = np.empty((rows, count + 1))
    moves = prices[:, 1:]
    moves[...] = rng.standard_normal((rows, count))
    moves *= sigma * math.sqrt(dt)
    moves += log_drift(sigma, mu, jumps) * dt
    if jumps:
        check_work("the number of jumps in a step", jumps.rate * dt, 1e9)
        # The sum of n exponential sizes is a gamma variable, so that a step needs no loop over its jumps.
        jumped = rng.poisson(jumps.rate * dt, moves.shape)
        up = rng.binomial(jumped, jumps.up_chance)
        moves += jumps.up_mean * rng.standard_gamma(up) - jumps.down_mean * rng.standard_gamma(jumped - up)
    prices[:, 0] = 0
    np.cumsum(moves, axis=1, out=moves)
    with np.errstate(over="ignore"):
        np.exp(prices, out=prices)
        prices *= first
    if not prices.max() < math.inf:
        raise InputError(f"volatility={volatility} and drift={drift} over horizon={horizon} lead beyond every number")
    return prices


def to_bars(prices: Array, every: Number) -> Array:
    """Cut paths into bars of ``every`` steps: open, high, low and close along a new last axis.

    Each bar opens where the one before closed. A path of shape ``(..., bars * every + 1)`` gives
    ``(..., bars, 4)``.

    >>> to_bars(np.array([100.0, 103, 99, 101, 104]), every=2).tolist()
    [[100.0, 103.0, 99.0, 99.0], [99.0, 104.0, 99.0, 104.0]]
    """
    series: Any = numbers("prices", prices, "positive")
    size = int(one_number("every", every, "count"))
    if not isinstance(series, np.ndarray) or not series.ndim:
        raise refuse("prices", prices, "an array of prices")
    count, rest = divmod(series.shape[-1] - 1, size)
    if rest or count < 1:
        raise InputError(f"prices of {series.shape[-1] - 1} steps do not make whole bars of every={size}")
    inside = np.lib.stride_tricks.sliding_window_view(series, size + 1, axis=-1)[..., ::size, :]
    return np.stack([inside[..., 0], inside.max(axis=-1), inside.min(axis=-1), inside[..., -1]], axis=-1)
