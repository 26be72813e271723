"""A progress bar for what takes more than two seconds, and a way out of it.

Stop the kernel (the square button, or Ctrl+C) and you keep what was computed until then.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")
PATIENCE = 2.0
_BETWEEN = 0.1


def with_progress(items: Iterable[Item], total: float, done: Callable[[Item], float] | None = None) -> Iterator[Item]:
    """Hand the items on, one by one; after two seconds a bar shows how many of ``total`` are done.

    ``done(item)`` says how far an item has come; left out, the items are counted. The bar goes when it is finished,
    interrupted or fails.

    >>> sum(with_progress([1, 2, 3], total=3))
    6
    """
    start = shown = time.monotonic()
    bar: _Bar | None = None
    try:
        for count, item in enumerate(items, 1):
            now = time.monotonic()
            if now - start >= PATIENCE and (bar is None or now - shown >= _BETWEEN):
                bar, shown = bar or _Bar(), now
                bar.show(min((done(item) if done else count) / total, 1.0))
            yield item
    finally:
        if bar:
            bar.close()


def last_of(items: Iterable[Item], total: float, done: Callable[[Item], float] | None = None) -> Item:
    """Run to the last item behind a progress bar; interrupted, say so and return the latest item there is.

    >>> import numpy as np
    >>> from liquidation import touch_estimates
    >>> many = dict(start=100, barrier=90, volatility=0.8, horizon=7 / 365, paths=300_000)
    >>> last_of(touch_estimates(np.random.default_rng(1), **many), total=300_000, done=lambda e: e.paths).paths
    300000
    """
    found: list[Any] = []
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


class _Bar:
    """One bar: a web page's own in a notebook, text on the error stream elsewhere."""

    def __init__(self) -> None:
        self.handle = None
        if "ipykernel" in sys.modules:
            from IPython import get_ipython
            from IPython.display import display

            if hasattr(get_ipython(), "kernel"):
                self.handle = display({"text/plain": ""}, raw=True, display_id=True)

    def show(self, fraction: float) -> None:
        text = f"{fraction:4.0%} done; interrupt the kernel to stop early"
        if self.handle:
            page = f'<progress value="{fraction:.3f}" aria-label="progress"></progress> {text}'
            self.handle.update({"text/plain": text, "text/html": page}, raw=True)
        else:
            print(f"\r{text}", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self.handle:
            self.handle.update({"text/plain": ""}, raw=True)
        else:
            print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
