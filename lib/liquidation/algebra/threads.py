"""Long arrays cut into shares, one for every thread: NumPy drops the interpreter's lock while it computes."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# A share that is worth the start of a thread.
SHARE = 262_144
THREADS = min(4, os.cpu_count() or 1)


def shares(count: int, width: int = 1) -> list[slice]:
    """Cut ``count`` rows of ``width`` elements into a share for every thread; one where that is not worth a thread."""
    threads = max(1, min(THREADS, count, count * width // SHARE))
    bounds = [count * k // threads for k in range(threads + 1)]
    return [slice(*pair) for pair in itertools.pairwise(bounds)]


def in_threads(work: Callable[[Any], Any], parts: Sequence[Any]) -> list[Any]:
    """Return ``work(part)`` for every part: the first in this thread, each other one in a thread of its own."""
    first, *others = parts
    if not others:
        return [work(first)]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(others)) as pool:
        started = pool.map(work, others)
        return [work(first), *started]


def search(rising: Sequence[Any], values: np.ndarray) -> np.ndarray:
    """Do what ``np.searchsorted`` does, a share of the values in every thread: it guesses wrong at each step."""
    parts = [values.reshape(-1)[part] for part in shares(values.size)]
    return np.concatenate(in_threads(lambda part: np.searchsorted(rising, part), parts)).reshape(values.shape)
