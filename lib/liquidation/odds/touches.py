"""How often simulated prices touch a price: Brownian bridges between steps, and jumps, a block of paths at a time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from ..algebra.checks import Array, InputError, Number, check_fields, numbers, one_number, one_of, refuse
from .paths import Jumps, check_generator, check_work, log_drift

# Paths simulated at a time: one block of 24 steps stays in the processor's cache. Measured by tests/benchmark.py.
BLOCK = 4_096
# Steps followed at a time.
_STRETCH = 32
# Paths between two running estimates: some tens of milliseconds.
_REPORT = 32 * BLOCK
_STEPS = "paths times steps (or jumps over the horizon), the number of steps"
MOST_STEPS = 3e8
"""Most steps of all paths together: a few seconds. For more, add up several runs, each with a seed of its own."""

Single = npt.NDArray[np.float32]


def touched(
    rng: np.random.Generator, prices: Array, *, barrier: Number, volatility: Number, step: Number
) -> npt.NDArray[np.bool_]:
    """Which paths touch the barrier, also between the prices given; booleans of shape ``prices.shape[:-1]``.

    ``prices`` are steps of ``step`` years of a diffusion with this volatility. Between two prices on the safe side
    it touches with the chance ``exp(-2 x y / (volatility**2 step))``, x and y the log distances of the two (Brownian
    bridge), so that the answer does not depend on the step. A step that holds a jump is not such a bridge.

    Arguments:
        rng: a seeded generator.
        prices: along the last axis, one after the other.
        barrier: the price that is touched or not.
        volatility: of the log price [per square root of a year].
        step: time between two prices [years].

    >>> touched(np.random.default_rng(1), np.array([[100.0, 101, 102], [100, 89, 95]]), barrier=90, volatility=0.8,
    ...         step=1 / 365).tolist()
    [False, True]
    """
    check_generator(rng)
    series: Any = numbers("prices", prices, "positive")
    if not isinstance(series, np.ndarray) or not series.ndim or not series.shape[-1]:
        raise refuse("prices", prices, "an array of prices")
    level = float(one_number("barrier", barrier, "positive"))
    sigma, years = float(one_number("volatility", volatility, "volatility")), float(one_number("step", step, "years"))
    with np.errstate(over="ignore"):
        distance = np.log(series / level)
    distance *= np.sign(distance[..., :1])
    x, y = distance[..., :-1], distance[..., 1:]
    safe = (x > 0) & (y > 0)
    with np.errstate(over="ignore", divide="ignore"):
        odds = np.exp(np.where(safe, -2 * (x / sigma) * (y / sigma) / years, 0.0))
    beyond: npt.NDArray[np.bool_] = (rng.random(x.shape) < odds) | ~safe
    return np.asarray(beyond.any(axis=-1))


@dataclass(frozen=True)
class Estimate:
    """A simulated chance: its value, its standard error and the number of paths behind it.

    >>> print(Estimate(0.38572, 0.00119, 100_000))
    0.38572 ± 0.00119 (100,000 paths)
    """

    value: float
    standard_error: float
    paths: int

    def __post_init__(self) -> None:
        check_fields(self, value="number", standard_error="time", paths="count")

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
    rng: np.random.Generator,
    *,
    start: Number,
    barrier: Number,
    volatility: Number,
    drift: Number = 0.0,
    horizon: Number,
    paths: Number,
    steps: Number = 1,
    jumps: Jumps | None = None,
    only_at_steps: bool = False,
) -> Iterator[Estimate]:
    """Yield the running estimate of the chance of touching the barrier, about thirty times a second.

    Without jumps the path has ``steps`` equal steps with Brownian bridges between (any number gives the same chance),
    or is looked at only after each step (``only_at_steps``). With jumps it goes from jump to jump, bridges between:
    exact, and ``steps`` must stay 1. No path is kept: a bridge's chance of not touching multiplies along the path, so
    nothing is drawn for it and the estimate is less noisy than counting. Single precision: 1e-6, far below the noise.

    Arguments:
        rng: a seeded generator.
        start: the first price.
        barrier: the price that is touched or not.
        volatility: of the log price, between jumps if there are any [per square root of a year].
        drift: expected growth of the price, jumps included [per year].
        horizon: how far ahead one looks [years].
        paths: number of paths.
        steps: of each path.
        jumps: how often and how far the price jumps.
        only_at_steps: whether one looks only after each step.

    >>> week = dict(start=100, barrier=90, volatility=0.8, horizon=7 / 365)
    >>> [estimate.paths for estimate in touch_estimates(np.random.default_rng(7), paths=200_000, **week)]
    [131072, 200000]
    """
    check_generator(rng)
    first, level = float(one_number("start", start, "positive")), float(one_number("barrier", barrier, "positive"))
    sigma, mu = float(one_number("volatility", volatility, "volatility")), float(one_number("drift", drift, "number"))
    years = float(one_number("horizon", horizon, "years"))
    count, length = int(one_number("paths", paths, "count")), int(one_number("steps", steps, "count"))
    one_of("only_at_steps", only_at_steps, True, False)
    if jumps is not None and not isinstance(jumps, Jumps):
        raise refuse("jumps", jumps, "Jumps(rate, up_chance, up_mean, down_mean), or None")
    check_work(
        _STEPS,
        max(count, BLOCK) * (length + (jumps.rate * years if jumps else 0)),
        MOST_STEPS,
    )
    if jumps and (length != 1 or only_at_steps):
        raise InputError("with jumps the path goes from jump to jump: leave steps and only_at_steps out")
    side = 1 if first > level else -1
    distance = side * (math.log(first) - math.log(level))
    speed = side * log_drift(sigma, mu, jumps)
    if jumps:
        return _running(_jump_blocks(rng, distance, speed, sigma, years, count, side, jumps))
    deviation = sigma * math.sqrt(years / length)
    drifts = speed * years / length / deviation
    return _running(_diffusion_blocks(rng, distance / deviation, drifts, length, count, only_at_steps))


def _running(blocks: Iterator[npt.NDArray[Any]]) -> Iterator[Estimate]:
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


def _diffusion_blocks(
    rng: np.random.Generator, distance: float, drift: float, steps: int, paths: int, only_at_steps: bool
) -> Iterator[Single]:
    """Chance of survival of each path, in blocks; distance and drift in standard deviations of a step."""
    far, shift = (np.float32(min(max(x, -1e15), 1e15)) for x in (distance, drift))
    # A long path is followed in stretches, so that a block never outgrows the cache.
    stretches = [min(_STRETCH, steps - done) for done in range(0, steps, _STRETCH)]
    bridge = np.empty((stretches[0], BLOCK), np.float32)
    drawn = _drawn_ahead(rng, itertools.chain.from_iterable(itertools.repeat(stretches, math.ceil(paths / BLOCK))))
    for first in range(0, paths, BLOCK):
        alive = np.ones(BLOCK, np.float32)
        last: Any = far
        for gaps in itertools.islice(drawn, len(stretches)):
            gaps[0] = last
            if shift:
                gaps[1:] += shift
            for before, after in itertools.pairwise(gaps):
                after += before
            if only_at_steps:
                alive *= gaps[1:].min(axis=0) > 0
            else:
                alive *= _bridges(gaps[:-1], gaps[1:], np.float32(-2), bridge[: len(gaps) - 1])
            last = gaps[-1].copy()
        yield alive[: paths - first]


def _drawn_ahead(rng: np.random.Generator, steps: Iterable[int]) -> Iterator[Single]:
    """Yield blocks of ``steps + 1`` rows, all but the first drawn from the Normal law, the next one meanwhile.

    Another thread draws, one block at a time: the numbers are the same as without it. A block is overwritten when
    the next one is asked for.
    """
    blocks = itertools.cycle(np.empty((2, _STRETCH + 1, BLOCK), np.float32))
    with ThreadPoolExecutor(1) as other:
        coming: list[tuple[Future[Any] | None, Single]] = []
        for count, block in zip(steps, blocks, strict=False):
            drawn = block[: count + 1]
            coming.append((_submitted(other, partial(rng.standard_normal, out=drawn[1:], dtype=np.float32)), drawn))
            if len(coming) == 2:
                yield _finished(*coming.pop(0))
        for last in coming:
            yield _finished(*last)


def _finished(future: Future[Any] | None, drawn: Single) -> Single:
    if future:
        future.result()
    return drawn


def _submitted(other: ThreadPoolExecutor, work: Callable[[], Any]) -> Future[Any] | None:
    """Start work in another thread; where none can be started, do it here."""
    try:
        return other.submit(work)
    except RuntimeError:
        work()
        return None


def _bridges(x: npt.NDArray[Any], y: npt.NDArray[Any], factor: Any, out: npt.NDArray[Any]) -> Any:
    """Chance that none of the bridges from x to y (along the first axis) touches 0; 0 for ends on the wrong side."""
    np.multiply(x, y, out=out)
    out *= factor
    with np.errstate(over="ignore"):
        np.exp(out, out=out)
    np.subtract(1, out, out=out)
    np.maximum(out, 0, out=out)
    return np.multiply.reduce(out, axis=0)


def _jump_blocks(
    rng: np.random.Generator,
    distance: float,
    speed: float,
    volatility: float,
    horizon: float,
    paths: int,
    side: int,
    jumps: Jumps,
) -> Iterator[Array]:
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
