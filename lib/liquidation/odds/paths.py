"""Price paths: geometric Brownian motion and jumps on a seeded generator, and how often they touch a price.

Times are in years, volatilities and drifts per year. Every function takes its generator first, such as
``numpy.random.default_rng(7)``; the same seed gives the same paths.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..algebra.checks import ALLOWED

# Paths simulated at a time: one block of 24 steps stays in the processor's cache. Measured by tests/benchmark.py.
BLOCK = 4_096
# Steps followed at a time.
_STRETCH = 32
# Paths between two running estimates: some tens of milliseconds.
_REPORT = 32 * BLOCK


def _check(**given: tuple[Any, str]) -> None:
    for name, (value, kind) in given.items():
        words, allowed = {"count": ("a whole number above 0", lambda x: x > 0 and x == int(x)), **ALLOWED}[kind]
        try:
            fine = allowed(value)
        except (TypeError, ValueError):
            fine = False
        if not fine:
            raise ValueError(f"{name}={value!r} is not allowed: {name} must be {words}")


def _check_generator(rng: Any) -> None:
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng={rng!r} is not a random generator: give numpy.random.default_rng(seed)")


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
        _check(rate=(self.rate, "non-negative"), up_chance=(self.up_chance, "probability"))
        _check(up_mean=(self.up_mean, "positive"), down_mean=(self.down_mean, "positive"))
        if self.up_mean >= 1:
            raise ValueError(f"up_mean={self.up_mean} is not allowed: up_mean must be below 1")

    @property
    def growth(self) -> float:
        """Expected growth of the price per year that comes from the jumps."""
        up, down = self.up_chance / (1 - self.up_mean), (1 - self.up_chance) / (1 + self.down_mean)
        return self.rate * (up + down - 1)

    @property
    def variance(self) -> float:
        """Variance of the log price per year that comes from the jumps."""
        return 2 * self.rate * (self.up_chance * self.up_mean**2 + (1 - self.up_chance) * self.down_mean**2)


def log_drift(volatility: float, drift: float, jumps: Jumps | None = None) -> float:
    """Drift of the log price between jumps, if the price itself is expected to grow by ``drift`` per year."""
    return drift - volatility**2 / 2 - (jumps.growth if jumps else 0)


def geometric_brownian(
    rng: np.random.Generator, *, start: float, volatility: float, drift: float = 0.0, horizon: float, steps: int,
    paths: int,
) -> np.ndarray:  # fmt: skip
    """Return prices of shape ``(paths, steps + 1)``: the start and ``steps`` equal steps over ``horizon`` years.

    >>> geometric_brownian(np.random.default_rng(7), start=100, volatility=0.8, horizon=7 / 365, steps=2, paths=1)
    array([[100.        ,  99.70322881, 101.75143945]])
    """
    return _grid(rng, start, volatility, drift, horizon, steps, paths, None)


def jump_diffusion(
    rng: np.random.Generator, *, start: float, volatility: float, drift: float = 0.0, jumps: Jumps, horizon: float,
    steps: int, paths: int,
) -> np.ndarray:  # fmt: skip
    """Like :func:`geometric_brownian`, with jumps; ``drift`` is the expected growth of the price, jumps included."""
    return _grid(rng, start, volatility, drift, horizon, steps, paths, jumps)


def _grid(rng, start, volatility, drift, horizon, steps, paths, jumps) -> np.ndarray:
    _check_generator(rng)
    _check(start=(start, "positive"), volatility=(volatility, "non-negative"), drift=(drift, "number"))
    _check(horizon=(horizon, "non-negative"), steps=(steps, "count"), paths=(paths, "count"))
    dt = horizon / steps
    prices = np.empty((paths, steps + 1))
    moves = prices[:, 1:]
    moves[...] = rng.standard_normal((paths, steps))
    moves *= volatility * math.sqrt(dt)
    moves += log_drift(volatility, drift, jumps) * dt
    if jumps:
        # The sum of n exponential sizes is a gamma variable, so that a step needs no loop over its jumps.
        count = rng.poisson(jumps.rate * dt, moves.shape)
        up = rng.binomial(count, jumps.up_chance)
        moves += jumps.up_mean * rng.standard_gamma(up) - jumps.down_mean * rng.standard_gamma(count - up)
    prices[:, 0] = 0
    np.cumsum(moves, axis=1, out=moves)
    np.exp(prices, out=prices)
    prices *= start
    return prices


def touched(
    rng: np.random.Generator, prices: np.ndarray, *, barrier: float, volatility: float, step: float
) -> np.ndarray:
    """Which paths touch the barrier, also between the prices given; booleans of shape ``prices.shape[:-1]``.

    ``prices`` are steps of ``step`` years of a diffusion with this volatility. Between two prices on the safe side
    it touches with the chance ``exp(-2 x y / (volatility**2 step))``, x and y the log distances of the two (Brownian
    bridge), so that the answer does not depend on the step. A step that holds a jump is not such a bridge.
    """
    _check_generator(rng)
    _check(barrier=(barrier, "positive"), volatility=(volatility, "positive"), step=(step, "positive"))
    distance = np.log(np.asarray(prices, dtype=float) / barrier)
    distance *= np.sign(distance[..., :1])
    x, y = distance[..., :-1], distance[..., 1:]
    safe = (x > 0) & (y > 0)
    crossed = rng.random(x.shape) < np.exp(np.where(safe, -2 * x * y / (volatility**2 * step), 0.0))
    return (crossed | ~safe).any(axis=-1)


@dataclass(frozen=True)
class Estimate:
    """A simulated chance: its value, its standard error and the number of paths behind it."""

    value: float
    standard_error: float
    paths: int

    def __str__(self) -> str:
        return f"{self.value:.5f} ± {self.standard_error:.5f} ({self.paths:,} paths)"


def touch_frequency(rng: np.random.Generator, **given: Any) -> Estimate:
    """Simulate how often a price touches a barrier; the arguments are those of :func:`touch_estimates`.

    >>> str(touch_frequency(np.random.default_rng(7), start=100, barrier=90.452261, volatility=0.8, horizon=7 / 365,
    ...                     paths=100_000))
    '0.38572 ± 0.00119 (100,000 paths)'
    """
    *_, last = touch_estimates(rng, **given)
    return last


def touch_estimates(
    rng: np.random.Generator, *, start: float, barrier: float, volatility: float, drift: float = 0.0,
    horizon: float, paths: int, steps: int = 1, jumps: Jumps | None = None, only_at_steps: bool = False,
) -> Iterator[Estimate]:  # fmt: skip
    """Yield the running estimate of the chance of touching the barrier, about thirty times a second.

    Without jumps the path has ``steps`` equal steps with Brownian bridges between (any number gives the same chance),
    or is looked at only after each step (``only_at_steps``). With jumps it goes from jump to jump, bridges between:
    exact, and ``steps`` must stay 1. No path is kept: a bridge's chance of not touching multiplies along the path, so
    nothing is drawn for it and the estimate is less noisy than counting. Single precision: 1e-6, far below the noise.
    """
    _check_generator(rng)
    _check(start=(start, "positive"), barrier=(barrier, "positive"), volatility=(volatility, "positive"))
    _check(drift=(drift, "number"), horizon=(horizon, "positive"), paths=(paths, "count"), steps=(steps, "count"))
    if jumps and (steps != 1 or only_at_steps):
        raise ValueError("with jumps the path goes from jump to jump: leave steps and only_at_steps out")
    side = 1 if start > barrier else -1
    distance = side * math.log(start / barrier)
    speed = side * log_drift(volatility, drift, jumps)
    if jumps:
        blocks = _jump_blocks(rng, distance, speed, volatility, horizon, paths, side, jumps)
    else:
        deviation = volatility * math.sqrt(horizon / steps)
        blocks = _diffusion_blocks(
            rng, distance / deviation, speed * horizon / steps / deviation, steps, paths, only_at_steps
        )
    return _running(blocks)


def _running(blocks: Iterator[np.ndarray]) -> Iterator[Estimate]:
    """Turn blocks of survival chances into running estimates of the chance of touching."""
    count, total, squares, reported = 0, 0.0, 0.0, 0

    def estimate() -> Estimate:
        mean = total / count
        return Estimate(1 - mean, math.sqrt(max(squares / count - mean**2, 0) / count), count)

    for alive in blocks:
        count += alive.size
        total += float(alive.sum(dtype=float))
        squares += float(np.square(alive, dtype=float).sum())
        if count >= reported + _REPORT:
            reported = count
            yield estimate()
    if count > reported:
        yield estimate()


def _diffusion_blocks(rng, distance, drift, steps, paths, only_at_steps) -> Iterator[np.ndarray]:
    """Chance of survival of each path, in blocks; distance and drift in standard deviations of a step."""
    distance, drift = (np.float32(min(max(x, -1e15), 1e15)) for x in (distance, drift))
    # A long path is followed in stretches, so that a block never outgrows the cache.
    stretches = [min(_STRETCH, steps - done) for done in range(0, steps, _STRETCH)]
    bridge = np.empty((stretches[0], BLOCK), np.float32)
    drawn = _drawn_ahead(rng, itertools.chain.from_iterable(itertools.repeat(stretches, math.ceil(paths / BLOCK))))
    for first in range(0, paths, BLOCK):
        alive, last = np.ones(BLOCK, np.float32), distance
        for gaps in itertools.islice(drawn, len(stretches)):
            gaps[0] = last
            if drift:
                gaps[1:] += drift
            for before, after in itertools.pairwise(gaps):
                after += before
            if only_at_steps:
                alive *= gaps[1:].min(axis=0) > 0
            else:
                alive *= _bridges(gaps[:-1], gaps[1:], np.float32(-2), bridge[: len(gaps) - 1])
            last = gaps[-1].copy()
        yield alive[: paths - first]


def _drawn_ahead(rng: np.random.Generator, steps: Iterable[int]) -> Iterator[np.ndarray]:
    """Yield blocks of ``steps + 1`` rows, all but the first drawn from the Normal law, the next one meanwhile.

    Another thread draws, one block at a time: the numbers are the same as without it. A block is overwritten when
    the next one is asked for.
    """
    blocks = itertools.cycle(np.empty((2, _STRETCH + 1, BLOCK), np.float32))

    def draw(count: int, block: np.ndarray) -> np.ndarray:
        rng.standard_normal(out=block[1 : count + 1], dtype=np.float32)
        return block[: count + 1]

    with ThreadPoolExecutor(1) as other:
        coming = None
        for count, block in zip(steps, blocks, strict=False):
            ready, coming = coming, other.submit(draw, count, block)
            if ready:
                yield ready.result()
        yield coming.result()


def _bridges(x: np.ndarray, y: np.ndarray, factor: Any, out: np.ndarray) -> np.ndarray:
    """Chance that none of the bridges from x to y (along the first axis) touches 0; 0 for ends on the wrong side."""
    np.multiply(x, y, out=out)
    out *= factor
    with np.errstate(over="ignore"):
        np.exp(out, out=out)
    np.subtract(1, out, out=out)
    np.maximum(out, 0, out=out)
    return np.multiply.reduce(out, axis=0)


def _jump_blocks(rng, distance, speed, volatility, horizon, paths, side, jumps) -> Iterator[np.ndarray]:
    """Chance of survival of each path, in blocks, going from jump to jump."""
    for first in range(0, paths, BLOCK):
        n = min(BLOCK, paths - first)
        alive = np.ones(n)
        index, gap, left = np.arange(n), np.full(n, distance), np.full(n, float(horizon))
        while index.size:
            wait = rng.exponential(1 / jumps.rate, index.size) if jumps.rate else np.full(index.size, math.inf)
            time = np.minimum(wait, left)
            arrived = gap + speed * time + volatility * np.sqrt(time) * rng.standard_normal(index.size)
            with np.errstate(divide="ignore"):
                factor = -2 / (volatility**2 * time)
            alive[index] *= _bridges(gap[None], arrived[None], factor, np.empty((1, index.size)))
            upward = rng.random(index.size) < jumps.up_chance
            size = rng.standard_exponential(index.size) * np.where(upward, jumps.up_mean, -jumps.down_mean)
            gap = arrived + side * size
            jumped = wait < left
            alive[index[jumped & (gap <= 0)]] = 0
            more = jumped & (gap > 0) & (alive[index] > 0)
            index, gap, left = index[more], gap[more], (left - time)[more]
        yield alive


def to_bars(prices: np.ndarray, every: int) -> np.ndarray:
    """Cut paths into bars of ``every`` steps: open, high, low and close along a new last axis.

    Each bar opens where the one before closed. A path of shape ``(..., bars * every + 1)`` gives
    ``(..., bars, 4)``.

    >>> to_bars(np.array([100.0, 103, 99, 101, 104]), every=2).tolist()
    [[100.0, 103.0, 99.0, 99.0], [99.0, 104.0, 99.0, 104.0]]
    """
    prices = np.asarray(prices, dtype=float)
    _check(every=(every, "count"))
    count, rest = divmod(prices.shape[-1] - 1, every)
    if rest or count < 1:
        raise ValueError(f"{prices.shape[-1] - 1} steps do not make whole bars of every={every}")
    inside = np.lib.stride_tricks.sliding_window_view(prices, every + 1, axis=-1)[..., ::every, :]
    return np.stack([inside[..., 0], inside.max(axis=-1), inside.min(axis=-1), inside[..., -1]], axis=-1)
