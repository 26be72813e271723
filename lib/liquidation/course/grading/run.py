"""One run of a hand-in, in a process of its own: ``python -m liquidation.course.grading.run``.

A cell that does not stop is interrupted and the next one run; a cell that ends the kernel is left out and the rest is
run anew. What the grader wants comes in on the standard input, what was found goes out as lines of JSON. So whatever a
student's kernel sends, it can overwhelm this process and no other.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..cells import numbers_answered
from .kernel import Kernel, KernelEndedError, fresh_folder
from .package import Package

CELL, CELLS, NOTEBOOK = 20.0, 120.0, 180.0
"""Seconds that a cell, all cells together, and a notebook with its answers may take."""
NOTES = 10
"""Most things that are noted of a hand-in."""
PAUSE = 0.3
"""Seconds to wait after each cell, once it is in doubt which of them ends the kernel."""
MEMORY = 2 * 2**30
"""Bytes that this process may use: it only passes answers on."""


@dataclass(frozen=True)
class Job:
    """What to run, and what to ask for: the questions, with the cases for those whose answer is a function.

    Its folder is one among those of others; ``hidden`` are folders that it is not to see.
    """

    cells: Sequence[str]
    wanted: Mapping[int, Sequence[Any] | None]
    package: Package
    among: Path
    hidden: Sequence[Path]
    core: int | None


class Run:
    """The run of a job, and what is to be said of it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.notes: dict[str, None] = {}  # in the order in which they came, each once
        self.failed: dict[int, str] = {}
        """Why the cell of a question did not come to its end."""
        self.answers: dict[int, Any] = {}
        self._ended: set[int] = set()
        self._careful = False
        self._deadline = time.monotonic() + NOTEBOOK

    def go(self) -> None:
        """Run the cells and collect the answers; again without a cell that ends the kernel."""
        while True:
            self._cells_until = min(time.monotonic() + CELLS, self._deadline - CELL)
            with fresh_folder(self.job.among) as folder:
                self.job.package.copy_to(folder / "course")
                kernel = Kernel(folder, self.job.core, self.job.hidden)
                tell(group=kernel.group)
                try:
                    self._run_cells(kernel)
                    return self._collect(kernel)
                except KernelEndedError:
                    if time.monotonic() > self._deadline:
                        self._note("its time was over before all answers were in")
                        return None
                    self._look_closer()
                finally:
                    kernel.end()

    def _run_cells(self, kernel: Kernel) -> None:
        for number, source in enumerate(self.job.cells, 1):
            if number in self._ended:
                continue
            left = self._cells_until - time.monotonic()
            if left <= 0:
                self._note(f"the cells took longer than {CELLS:.0f} s together: from cell {number} on none was run")
                return
            try:
                reply, interrupted = kernel.execute(source, min(CELL, left))
                time.sleep(PAUSE if self._careful else 0)
                kernel.look()  # what ends a little later is still this cell's doing
            except KernelEndedError:
                self._ended.add(number)
                self._fail(number, "ended the kernel (or did not obey when it was to stop)", "was left out")
                raise
            if interrupted:
                self._fail(number, f"did not stop within {CELL:.0f} s", "was interrupted")
            elif reply.get("status") == "error":
                self._fail(number, _told(reply))
            else:
                for question in numbers_answered(source):
                    self.failed.pop(question, None)

    def _look_closer(self) -> None:
        """After a second end, forget who seemed to be at fault: it may be a cell before them, whose deed comes late."""
        if len(self._ended) == 2 and not self._careful:
            self._careful = True
            self._ended.clear()
            self.notes.clear()
            self.failed.clear()

    def _note(self, what: str) -> None:
        self.notes[what] = None

    def _fail(self, number: int, what: str, then: str = "") -> None:
        self._note(f"cell {number} {what}" + (f" and {then}" if then else ""))
        for question in numbers_answered(self.job.cells[number - 1]):
            self.failed[question] = f"the cell with your answer {what}."

    def _collect(self, kernel: Kernel) -> None:
        for question, cases in self.job.wanted.items():
            if question in self.answers:
                continue
            left = self._deadline - time.monotonic()
            try:
                if left <= 0:
                    raise KernelEndedError
                self.answers[question] = kernel.answer(question, cases, min(CELL, left))
            except KernelEndedError:
                self.answers[question] = ["unreadable", "it ends the kernel, or does not come to an end."]
                self._note(f"answer {question} ended the kernel")
                raise


def _told(reply: Mapping[str, Any]) -> str:
    name, said = (" ".join(str(reply.get(key)).split())[:120] for key in ("ename", "evalue"))
    if name == "StdinNotImplementedError":
        return "asks for input, and nobody is there to type it; write the value into the cell"
    return f"ended in {name}: {said}"


def tell(**what: Any) -> None:
    """Write a line to the grader."""
    print(json.dumps(what), flush=True)


def main() -> None:
    """Read a job, run it, tell what was found."""
    job: Job = pickle.load(sys.stdin.buffer)
    with suppress(ImportError):  # Windows
        import resource

        # The soft limit only: a kernel that is started has its own.
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    run = Run(job)
    run.go()
    notes = list(run.notes)
    if len(notes) > NOTES:
        notes[NOTES:] = [f"and {len(notes) - NOTES} notes more"]
    tell(answers=run.answers, failed=run.failed, notes=notes)


if __name__ == "__main__":
    main()
