"""For teachers: ``python -m liquidation.course.grade FOLDER [--marks FILE] [--feedback FOLDER]``.

FOLDER holds the exercises as they were handed in, in any subfolders and under any names. Each notebook is run alone, in
a fresh folder, within limits, and its variables ``answer_1``, ``answer_2``, ... are judged outside it, whatever the
notebook's own checks say. There is one row a file: whose it is, how many answers are right, the verdict on each, and a
note of what went wrong, and a page of feedback for each student.

A run of a notebook is a run of its author's code: "Teach with it", .book/teach.md, says how to do that in safety.
"""

from __future__ import annotations

import argparse
import csv
import os
import queue
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

from tqdm import tqdm  # type: ignore[import-untyped]  # tqdm ships no types

from .check import Exercise
from .grading import feedback, fence
from .grading.handin import HandIn, exercises, read_all
from .grading.kernel import remove
from .grading.marks import Findings, Marks, judged, run_apart
from .grading.package import Package


def grade(handins: Sequence[HandIn], folder: Path, package: Package) -> Iterator[Marks]:
    """Grade hand-ins from a folder, one on each core of the machine, and return their marks in order."""
    cores: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    known = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else [None] * (os.cpu_count() or 1)
    for core in known:
        cores.put(core)
    # Not below a folder with a long name: a socket's address has room for a hundred letters.
    place = None if len(tempfile.gettempdir()) < 50 else "/tmp"
    folders = Path(tempfile.mkdtemp(prefix="grade-", dir=place)).resolve()

    def run(handin: HandIn) -> tuple[Findings | Exception | None, list[str]]:
        before, core = package.changed(), cores.get()
        try:
            found: Findings | Exception | None = None
            if not handin.fault:
                found = run_apart(handin, package, folders, [folder.resolve()], core)
        except Exception as error:  # the grader's own fault must not cost the class its marks
            found = error
        finally:
            cores.put(core)
        return found, sorted(set(package.changed()) - set(before))

    pool = ThreadPoolExecutor(len(known))
    try:
        for handin, (found, changed) in zip(handins, pool.map(run, handins), strict=True):
            harm = f"while it or its neighbor ran, the installed package was changed: {', '.join(changed)}"
            yield _marks(handin, found, harm if changed else "")
    finally:
        pool.shutdown(cancel_futures=True)
        remove(folders)


def _marks(handin: HandIn, found: Findings | Exception | None, also: str) -> Marks:
    if found is None:
        return Marks(handin, note=handin.fault)
    try:
        if isinstance(found, Exception):
            raise found
        return judged(handin, found, also)
    except Exception as error:
        return Marks(handin, note=f"not graded: {error}"[:300])


def write_rows(marks: Iterator[Marks], out: TextIO) -> list[Marks]:
    """Write a row a hand-in as soon as it is graded; return them all."""
    most = max(len(Exercise(name).questions) for name in exercises().values())
    writer = csv.writer(out)
    writer.writerow(["file", "student", "right", "questions", *(f"question {k + 1}" for k in range(most)), "note"])
    done = []
    for one in marks:
        verdicts = [verdict.outcome.value for verdict in one.verdicts]
        counts = [one.right, len(verdicts)] if verdicts else ["", ""]
        gaps = [""] * (most - len(verdicts))
        writer.writerow([_cell(one.handin.file), _cell(one.handin.student), *counts, *verdicts, *gaps, _cell(one.note)])
        out.flush()
        done.append(one)
    return done


def _cell(text: str) -> str:
    """A text that a spreadsheet takes for a text: not for a formula, whoever chose the name of a file."""
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    return f"'{plain}" if plain.startswith(("=", "+", "-", "@")) else plain


def main(arguments: Sequence[str] | None = None) -> None:
    """Read what was handed in, grade it, and write marks and feedback."""
    parser = argparse.ArgumentParser("python -m liquidation.course.grade", description="Grade handed-in exercises.")
    parser.add_argument("folder", type=Path, help="the hand-ins, in any subfolders")
    parser.add_argument("--marks", type=Path, metavar="FILE", help="the table, as CSV; left out: to the terminal")
    parser.add_argument("--feedback", type=Path, metavar="FOLDER", help="where a page for each student is written")
    parser.add_argument("--match", default="**/*.ipynb*", help='which files: "*/exercises/*.ipynb"; left out: all')
    chosen = parser.parse_args(arguments)
    if not chosen.folder.is_dir():
        parser.error(f"{chosen.folder} is not a folder")
    handins = read_all(chosen.folder, chosen.match)
    if not handins:
        parser.error(f"{chosen.folder} holds no notebook that matches {chosen.match}")
    if not fence.is_there():
        print(_NO_FENCE, file=sys.stderr)

    package = Package.read()
    rows = grade(handins, chosen.folder, package)
    # UTF-8 whatever the console speaks, with the mark by which spreadsheets know it.
    with open(
        chosen.marks or sys.stdout.fileno(), "w", encoding="utf-8-sig", newline="", closefd=bool(chosen.marks)
    ) as out:
        done = write_rows(tqdm(rows, total=len(handins), unit="file", desc="graded", file=sys.stderr), out)
    for page in feedback.write(chosen.feedback, done) if chosen.feedback else ():
        print(f"The feedback page {page} could not be written.", file=sys.stderr)
    if package.changed():
        print("A hand-in has changed the installed package (see the notes): install it anew.", file=sys.stderr)


_NO_FENCE = (
    "Bubblewrap is missing, or may not be used here: a hand-in can do what your account can. "
    'Install it (apt-get install bubblewrap), or see "Teach with it", .book/teach.md.'
)


if __name__ == "__main__":
    main()
