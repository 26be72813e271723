"""Many runs: here, in processes, on a cluster; and no case is lost with the process it was in."""

import concurrent.futures as futures
import subprocess
from dataclasses import replace

import cluster
import pytest
from cluster import CASES, Deadly
from liquidation.engine import sweep as sweeping
from liquidation.engine.sweep import Case, sweep


def test_a_row_for_each_case_in_their_order_whoever_runs_them():
    here = sweep(CASES, workers=0)
    assert here.seed.tolist() == list(range(6)) and (here.gone > 0).all() and (here.amplified >= 1).all()
    assert sweep(CASES, workers=2).equals(here), "bit for bit"
    with futures.ThreadPoolExecutor(2) as threads:
        assert sweep(CASES, threads).equals(here)
    assert sweep([]).empty


def test_a_case_is_decided_by_its_seed():
    one, same, other = (Case(seed=seed, traders=500, depth=50) for seed in (3, 3, 4))
    assert one.row() == same.row() != other.row()
    assert (one.outside() == same.outside()).all() and one.outside()[10] < one.outside()[9]
    calm = replace(one, volatility=0, shock=0)
    assert (calm.outside() == 100_000).all() and calm.run().drop == 0


def test_a_process_that_dies_costs_no_case(tmp_path):
    deadly = Deadly(seed=1, traders=300, mark=str(tmp_path / "died"))
    table = sweep([CASES[0], deadly, CASES[1]], workers=2)
    assert table.seed.tolist() == [0, 1, 1] and (tmp_path / "died").exists()


def test_what_dies_again_and_again_is_no_endless_loop(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeping, "ATTEMPTS", 1)
    hopeless = Deadly(seed=1, traders=300, mark=str(tmp_path / "no" / "such" / "folder"))
    with pytest.raises((futures.process.BrokenProcessPool, FileNotFoundError)):
        sweep([hopeless, hopeless], workers=2)


def test_where_there_are_no_processes_cases_run_one_after_the_other(monkeypatch):
    def none(*_, **__):
        raise NotImplementedError("no processes in a browser")

    monkeypatch.setattr(sweeping.futures, "ProcessPoolExecutor", none)
    assert sweep(CASES[:2], workers=2).equals(sweep(CASES[:2], workers=0))


def test_progress_is_shown_by_what_is_given():
    seen = []

    def progress(found, total):
        for item in found:
            seen.append(total)
            yield item

    sweep(CASES[:3], workers=0, progress=progress)
    assert seen == [3, 3, 3]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: sweep([1]), "cases=1"),
        (lambda: sweep(CASES[:1], workers=-1), "workers=-1"),
        (lambda: Case(seed=1, traders=0), "traders=0"),
        (lambda: Case(seed=1, depth=0.5), "depth=0.5"),
        (lambda: Case(seed=1, shock=1.2), "shock=1.2"),
        (lambda: Case(seed=1, leverage=0.5), "leverage=0.5"),
        (lambda: Case(seed=1, portion="half").run(), "portion='half'"),
        (lambda: Case(seed=1, shock_at=0), "shock_at=0"),
        (lambda: Case(seed=1, ticks=10), "shock_at=10 is not allowed: the shock comes after the first of 10 ticks"),
    ],
)
def test_what_is_no_case_is_refused(make, says):
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.long
def test_a_dask_cluster_gives_the_same_and_loses_no_case(tmp_path, interpreter):
    python = interpreter("cluster", "distributed")
    done = subprocess.run([python, cluster.__file__, tmp_path / "died"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["same", "0", "1", "1"] and (tmp_path / "died").exists()
