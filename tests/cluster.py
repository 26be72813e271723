"""A sweep on a Dask cluster of two worker processes, one of which dies; run by an interpreter that has Dask."""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from liquidation.engine.sweep import Case, sweep

CASES = [Case(seed=seed, traders=800, shock=0.01 * (1 + seed % 3), depth=40, fund=10**7) for seed in range(6)]


@dataclass(frozen=True, kw_only=True)
class Deadly(Case):
    """A case that ends the process it is in, the first time it is run."""

    mark: str = ""

    def row(self):
        if not Path(self.mark).exists():
            Path(self.mark).touch()
            os._exit(1)
        return super().row()


def main(mark):
    """Print whether the cluster's answer is that of this process, and the seeds of a sweep that loses a worker."""
    from dask import distributed

    deadly = Deadly(seed=1, traders=300, mark=mark)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as workers,
        distributed.Client(workers) as client,
    ):
        executor = client.get_executor()
        same = sweep(CASES, executor).equals(sweep(CASES, workers=0))
        workers.adapt(minimum=2, maximum=2)
        time.sleep(1)
        table = sweep([CASES[0], deadly, CASES[1]], executor)
    print("same" if same else "different", *table.seed)


if __name__ == "__main__":
    main(sys.argv[1])
