"""The arithmetic of a function, noted once and repeated on arrays in memory that is used again.

``a * b + c`` on arrays asks for memory at every step. A tape takes the same steps in the same order, so with the same
rounding, and writes each result where no later step will read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np


class _StandIn(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array while a function runs, and notes what is done with it."""

    def __init__(self, noted: list[tuple[np.ufunc, tuple[Any, ...], _StandIn]]) -> None:
        self.noted, self.reads, self.cell = noted, 0, -1

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
