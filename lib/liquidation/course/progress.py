"""A progress bar for what takes more than two seconds, and a way out of it.

Stop the kernel (the square button, or Ctrl+C) and you keep what was computed until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm  # type: ignore[import-untyped]  # tqdm ships no types

Item = TypeVar("Item")
PATIENCE = 2.0
_LOOKS = "{percentage:3.0f}% done |{bar:20}| {remaining} left; interrupt the kernel to stop early"


def with_progress(items: Iterable[Item], total: float, done: Callable[[Item], float] | None = None) -> Iterator[Item]:
    """Hand the items on, one by one; after two seconds a bar shows how many of ``total`` are done.

    ``done(item)`` says how far an item has come; left out, the items are counted. The bar goes when it is finished,
    interrupted or fails.

    >>> sum(with_progress([1, 2, 3], total=3))
    6
    """
    # miniters=0: tqdm would otherwise guess from the speed so far how many items it need not look at the clock.
    with tqdm(total=total, delay=PATIENCE, leave=False, miniters=0, bar_format=_LOOKS) as bar:
        for count, item in enumerate(items, 1):
            reached = done(item) if done else count
            bar.update(min(reached, total) - bar.n)
            yield item


def last_of(items: Iterable[Item], total: float, done: Callable[[Item], float] | None = None) -> Item:
    """Run to the last item behind a progress bar; interrupted, say so and return the latest item there is.

    >>> import numpy as np
    >>> from liquidation import touch_estimates
    >>> many = dict(start=100, barrier=90, volatility=0.8, horizon=7 / 365, paths=300_000)
    >>> last_of(touch_estimates(np.random.default_rng(1), **many), total=300_000, done=lambda e: e.paths).paths
    300000
    """
    found: list[Item] = []
    try:
        for item in with_progress(items, total, done):
            found[:] = [item]
    except KeyboardInterrupt:
        if not found:
            raise
        print("Stopped early: this is what was computed so far.")
    if not found:
        raise ValueError("there was nothing to run: no items")
    return found[0]
