"""Long arrays: cut into shares for the threads and into pieces for the cache, the arithmetic noted once on a tape.

``a * b + c`` on arrays asks for memory at every step. A tape takes the same steps in the same order, so with the same
rounding, and writes each result where no later step will read. NumPy drops the interpreter's lock while it computes,
so that every thread can have a share; where no thread can be started, all is done in this one.
"""

from __future__ import annotations

import itertools
import math
import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from .checks import Array

if TYPE_CHECKING:
    from .evaluation import Program

PIECE = 65_536
"""Elements evaluated at a time: what a piece needs stays in the processor's cache. Several threads want longer pieces,
not to quarrel about the interpreter's lock. Measured by tests/benchmark.py."""
SHARE = 262_144
"""A share that is worth the start of a thread."""
THREADS = min(4, os.cpu_count() or 1)

Part = TypeVar("Part")
Done = TypeVar("Done")


def evaluate(program: Program, values: Sequence[Any], result: Array) -> None:
    """Do what the plain path of a program does, a share of the elements in every thread."""
    # Arrays that lie in a row are cut anywhere, others along their first axis. Numbers stay numbers.
    arrays = [isinstance(x, np.ndarray) for x in values]
    views: list[Any] = [np.broadcast_to(x, result.shape) if cut else x for x, cut in zip(values, arrays, strict=True)]
    rows = result
    if all(x.flags.c_contiguous for x, cut in zip(views, arrays, strict=True) if cut):
        views = [x.reshape(-1) if cut else x for x, cut in zip(views, arrays, strict=True)]
        rows = result.reshape(-1)
    width = result.size // len(rows)
    in_threads(lambda share: _evaluate_rows(program, values, views, rows, share, width), shares(len(rows), width))


def _evaluate_rows(
    program: Program, values: Sequence[Any], views: Sequence[Any], result: Array, share: slice, width: int
) -> None:
    """Check and evaluate a share of the rows, of ``width`` elements each, piece by piece."""
    where = [i for i, x in enumerate(views) if isinstance(x, np.ndarray)]
    size = (share.stop - share.start) * width
    pieces, step = list(views), max(1, (PIECE if size < SHARE else 2 * PIECE) // max(1, width))

    def check(i: int, piece: Array) -> None:
        program.check_array(i, piece, values[i])

    # One piece is not worth a tape; functions other than arithmetic cannot be put on one.
    tape = Tape(program.fraction, views, step * width, check) if program.arithmetic and size > step * width else None
    with np.errstate(all="ignore"):
        for start in range(share.start, share.stop, step):
            part = slice(start, min(start + step, share.stop))
            for i in where:
                pieces[i] = np.asarray(views[i][part], float).reshape(-1)  # copies only what does not lie in a row
            out = result[part].reshape(-1)
            if tape:
                tape.play(pieces, out)
            else:
                program.check_arrays(pieces, values)
                np.divide(*program.fraction(*pieces), out=out)
            program.finish(out, pieces, values)


# -- shares and threads ----------------------------------------------------------------------------------------------


def shares(count: int, width: int = 1) -> list[slice]:
    """Cut ``count`` rows of ``width`` elements into a share for every thread; one where that is not worth a thread."""
    threads = max(1, min(THREADS, count, count * width // SHARE))
    bounds = [count * k // threads for k in range(threads + 1)]
    return [slice(*pair) for pair in itertools.pairwise(bounds)]


def in_threads(work: Callable[[Part], Done], parts: Sequence[Part]) -> list[Done]:
    """Return ``work(part)`` for every part: the first in this thread, each other one in a thread of its own.

    Of several errors the one in the earliest part is raised.
    """
    done: dict[int, Done] = {}
    failed: dict[int, BaseException] = {}

    def run(i: int) -> None:
        try:
            done[i] = work(parts[i])
        except BaseException as error:
            failed[i] = error

    started = []
    for i in range(1, len(parts)):
        thread = threading.Thread(target=run, args=(i,))
        try:
            thread.start()
        except RuntimeError:  # this machine gives us none
            run(i)
        else:
            started.append(thread)
    run(0)
    for thread in started:
        thread.join()
    if failed:
        raise failed[min(failed)]
    return [done[i] for i in range(len(parts))]


def search(rising: Sequence[Any], values: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Do what ``np.searchsorted`` does, a share of the values in every thread: it guesses wrong at each step."""
    flat = values.reshape(-1)
    found = in_threads(lambda part: np.searchsorted(rising, flat[part]), shares(values.size))
    return np.concatenate(found).reshape(values.shape)


class _StandIn(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array while a function runs, and notes what is done with it."""

    def __init__(self, noted: list[tuple[np.ufunc, tuple[Any, ...], _StandIn]]) -> None:
        self.noted = noted
        self.reads: float = 0
        self.cell = -1

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any) -> _StandIn:
        for x in operands:
            if isinstance(x, _StandIn):
                x.reads += 1
        result = _StandIn(self.noted)
        self.noted.append((ufunc, operands, result))
        return result


class Tape:
    """The steps from values to ``numerator / denominator``, where ``numerator, denominator = fraction(*values)``.

    ``fraction`` may only do arithmetic. Those of the values that are arrays are given anew to each :meth:`play`, with
    at most ``size`` elements; numbers stay as they are. ``look(i, array)`` is called just before the i-th value is
    first read, which brings it into the processor's cache once for both. A tape is for one thread.

    >>> tape = Tape(lambda a, b, c: (a * b + c, a), [np.empty(0), 3.0, np.empty(0)], size=2, look=lambda i, array: None)
    >>> found = np.empty(2)
    >>> tape.play([np.array([1.0, 2.0]), 3.0, np.array([5.0, 6.0])], found)
    >>> found
    array([8., 6.])
    """

    def __init__(
        self,
        fraction: Callable[..., tuple[Any, Any]],
        values: Sequence[Any],
        size: int,
        look: Callable[[int, np.ndarray], None],
    ) -> None:
        noted: list[tuple[np.ufunc, tuple[Any, ...], _StandIn]] = []
        stand_ins = [_StandIn(noted) if isinstance(x, np.ndarray) else x for x in values]
        np.divide(*fraction(*stand_ins))
        for cell, x in enumerate(stand_ins):
            if isinstance(x, _StandIn):
                x.cell, x.reads = cell, math.inf  # never written over
        self._cells, self._buffers = [*values, None], {}
        self._steps: list[tuple[Callable[..., Any], list[int]]] = []
        looked: set[int] = set()
        free = [len(values)]  # the result's own memory serves on the way
        for ufunc, operands, result in noted:
            used = []
            for x in operands:
                if isinstance(x, _StandIn):
                    if x.reads == math.inf and x.cell not in looked:
                        looked.add(x.cell)
                        self._steps.append((partial(look, x.cell), [x.cell]))
                    x.reads -= 1
                    if not x.reads:
                        free.append(x.cell)
                    used.append(x.cell)
                else:
                    used.append(len(self._cells))
                    self._cells.append(x)
            if not free:
                free.append(len(self._cells))
                self._buffers[free[0]] = np.empty(size)
                self._cells.append(self._buffers[free[0]])
            result.cell = len(values) if result is noted[-1][2] else free.pop()
            self._steps.append((ufunc, [*used, result.cell]))

    def play(self, values: Sequence[Any], out: np.ndarray) -> None:
        """Write the quotient for these values to ``out``."""
        cells = self._cells
        cells[: len(values)] = values
        cells[len(values)] = out
        for cell, buffer in self._buffers.items():
            cells[cell] = buffer[: out.size]
        for ufunc, used in self._steps:
            ufunc(*[cells[i] for i in used])
