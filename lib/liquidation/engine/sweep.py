"""Many cascades: one case is one row of the answer, whoever computes it.

A case is numbers only, and its seed decides everything. So it can be run here, in other processes, or on other
machines: any executor of ``concurrent.futures`` will do, such as a Dask cluster's (``client.get_executor()``), and the
answer is the same to the last bit.
"""

from __future__ import annotations

import concurrent.futures as futures
import math
import multiprocessing
import os
from collections.abc import Callable, Iterable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..algebra.checks import InputError, as_list, one_number, refuse
from ..odds.paths import geometric_brownian
from .cascade import Cascade, Portion, run_cascade
from .crowd import Tiers, draw_crowd
from .order_book import OrderBook, whole

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pandas ships no types

ATTEMPTS = 3
"""How often a case is sent again to a new pool of processes, after the one it was in has broken."""
_SECONDS_A_YEAR = 365 * 24 * 3_600


@dataclass(frozen=True, kw_only=True)
class Case:
    """One run, in numbers: a crowd, a shock, a book and a fund.

    Arguments:
        seed: of the crowd and of the outside price.
        traders: how many.
        price: at the start [ticks].
        mean_quantity: of a trader [steps].
        tail: of the sizes, see :func:`liquidation.engine.crowd.draw_crowd`.
        leverage: that all have; 0: drawn from :data:`liquidation.engine.crowd.LEVERAGES` [times].
        long_share: part of the traders that are long [fraction].
        depth: of the book [steps per tick].
        refill: of the book, for each tick of time [fraction].
        thins_to: part of the depth that is there from the shock on [fraction]; on October 10, 2025, some 0.02.
        shock: fall of the outside price [fraction].
        shock_at: in which tick of time it falls.
        ticks: seconds that the run takes.
        volatility: of the outside price [per square root of a year].
        fund: at the start [ticks x steps].
        portion: how much of a position is sold at once.
        maintenance_margin_rate: [fraction].
        tiers: of higher rates, see :class:`liquidation.engine.crowd.Crowd`.

    >>> case = Case(seed=1, traders=2_000, depth=500, shock=0.03)
    >>> case.run()
    <Cascade of 2,000 traders: 285 gone, winners were deleveraged>
    """

    seed: int
    traders: int = 10_000
    price: int = 100_000
    mean_quantity: int = 100
    tail: float = 1.5
    leverage: float = 0
    long_share: float = 0.5
    depth: int = 1_000
    refill: float = 0.05
    thins_to: float = 1.0
    shock: float = 0.03
    shock_at: int = 10
    ticks: int = 120
    volatility: float = 0.8
    fund: int = 0
    portion: Portion = "all"
    maintenance_margin_rate: float = 0.004
    tiers: Tiers = ()

    def __post_init__(self) -> None:
        for name in ("seed", "fund", "shock_at"):
            object.__setattr__(self, name, whole(name, getattr(self, name)))
        for name in ("traders", "price", "mean_quantity", "depth", "ticks"):
            object.__setattr__(self, name, whole(name, getattr(self, name), least=1))
        for name, kind in (("shock", "rate"), ("volatility", "non-negative"), ("leverage", "non-negative")):
            object.__setattr__(self, name, float(one_number(name, getattr(self, name), kind)))
        if self.shock and not 0 < self.shock_at < self.ticks:
            raise InputError(
                f"shock_at={self.shock_at} is not allowed: the shock comes after the first of {self.ticks} ticks"
            )
        object.__setattr__(self, "thins_to", float(one_number("thins_to", self.thins_to, "part")))
        if 0 < self.leverage < 1:
            raise InputError(f"leverage={self.leverage} is not allowed: at least 1, or 0 for the usual mixture")

    def outside(self) -> Any:
        """Return the outside price of each tick of time."""
        rng = np.random.default_rng([self.seed, 1])
        if self.ticks == 1 or not self.volatility:
            path = np.full(self.ticks, float(self.price))
        else:
            horizon = (self.ticks - 1) / _SECONDS_A_YEAR
            (path,) = geometric_brownian(
                rng, start=self.price, volatility=self.volatility, horizon=horizon, steps=self.ticks - 1, paths=1
            )
        path[self.shock_at :] *= 1 - self.shock
        return np.maximum(np.rint(path), 1)

    def run(self, progress: Callable[[Iterable[int]], Iterable[int]] | None = None) -> Cascade:
        """Draw the crowd and run the case."""
        mixture: Any = {"leverages": ([self.leverage], [1])} if self.leverage else {}
        crowd = draw_crowd(
            np.random.default_rng([self.seed, 0]), self.traders, price=self.price, mean_quantity=self.mean_quantity,
            tail=self.tail, long_share=self.long_share, maintenance_margin_rate=self.maintenance_margin_rate,
            tiers=self.tiers, **mixture,
        )  # fmt: skip
        book = OrderBook(self.depth, self.refill)
        depths = None
        if self.thins_to < 1:
            depths = [self.depth] * self.shock_at
            depths += [max(round(self.depth * self.thins_to), 1)] * (self.ticks - self.shock_at)
        return run_cascade(
            crowd, self.outside(), book, fund=self.fund, portion=self.portion, depths=depths, progress=progress
        )

    def row(self) -> dict[str, Any]:
        """Run it and return its numbers and what came out, as a row of a table."""
        run, outside = self.run(), self.outside()
        rows = run.rows
        return {
            **asdict(self),
            "fell": run.drop / self.price,
            "amplified": run.drop / (outside[0] - outside.min()) if outside.min() < outside[0] else math.nan,
            "gone": int((run.died >= 0).sum()),
            "liquidated": int(rows["liquidated"].sum()),
            "deleveraged": int(rows["deleveraged"].sum()),
            "fund_left": int(rows["fund"][-1]),
            "outcome": run.outcome,
        }


def sweep(
    cases: Iterable[Case],
    executor: Any = None,
    *,
    workers: int | None = None,
    progress: Callable[..., Iterable[Any]] | None = None,
) -> pd.DataFrame:
    """Run cases and return a row for each, in their order.

    Arguments:
        cases: what to run.
        executor: any executor of ``concurrent.futures``; left out, processes of this machine, and where there are none
            (in a browser) one case after the other.
        workers: how many processes; left out, one for each processor. 0: one case after the other, here.
        progress: wraps what is done, as ``tqdm`` does, to show how far it is.

    A process that dies costs no case: what it had not finished is sent again to a new pool, three times at most.

    >>> table = sweep([Case(seed=1, traders=500, shock=shock) for shock in (0.01, 0.05)], workers=0)
    >>> table[["shock", "gone"]].values.tolist()
    [[0.01, 10.0], [0.05, 219.0]]
    """
    import pandas as pd

    todo = dict(enumerate(as_list("cases", cases, "a list of Cases")))
    for case in todo.values():
        if not isinstance(case, Case):
            raise refuse("cases", case, "Cases")
    if workers is not None:
        workers = whole("workers", workers)
    wrap = progress or (lambda found, **_: found)
    rows: dict[int, dict[str, Any]] = {}
    attempts = 0
    while todo:
        pool = executor if executor is not None else _processes(workers, len(todo))
        if pool is None:
            rows |= {number: case.row() for number, case in wrap(todo.items(), total=len(todo))}
            break
        try:
            asked = {pool.submit(_row, case): number for number, case in todo.items()}
            for done in wrap(futures.as_completed(asked), total=len(asked)):
                rows[asked[done]] = done.result()
        except BrokenProcessPool:
            attempts += 1
            if executor is not None or attempts > ATTEMPTS:
                raise
        finally:
            if executor is None:
                pool.shutdown(cancel_futures=True)
            todo = {number: case for number, case in todo.items() if number not in rows}
    return pd.DataFrame([rows[number] for number in sorted(rows)])


def _row(case: Case) -> dict[str, Any]:
    return case.row()


def _processes(workers: int | None, cases: int) -> futures.Executor | None:
    """A pool of fresh processes, or None where there are none or one case would have it for itself."""
    count = min(os.cpu_count() or 1 if workers is None else workers, cases)
    if count < 2:
        return None
    try:
        return futures.ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn"))
    except (ImportError, NotImplementedError, OSError, ValueError):
        return None
