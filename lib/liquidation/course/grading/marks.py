"""From answers to marks: every question is judged here, in the grader's own process."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..check import Exercise
from ..question import Function, Outcome, Question, Rule, Verdict, not_yet
from . import values
from .handin import HandIn
from .kernel import START
from .package import Package
from .run import NOTEBOOK, Job


@dataclass(frozen=True)
class Marks:
    """A hand-in, the verdict on each of its questions (none if it could not be graded), and what is to be said."""

    handin: HandIn
    verdicts: Sequence[Verdict] = ()
    note: str = ""

    @property
    def right(self) -> int:
        """How many answers are right."""
        return sum(verdict.outcome is Outcome.RIGHT for verdict in self.verdicts)

    def next_hint(self, question: int) -> str:
        """The first hint to a question not right that the notebook has not asked for; the last when all were."""
        if self.verdicts[question - 1].outcome is Outcome.RIGHT:
            return ""
        hints = Exercise(self.handin.exercise).questions[question - 1].hints
        seen = (self.handin.hinted or {}).get(question, 0)
        return hints[min(seen, len(hints) - 1)]


@dataclass(frozen=True)
class Findings:
    """What a run has brought: each answer as plain data, why a question's cell failed, and what is to be noted."""

    answers: Mapping[str, Any]
    failed: Mapping[str, str]
    notes: Sequence[str]


def run_apart(handin: HandIn, package: Package, among: Path, hidden: Sequence[Path], core: int | None) -> Findings:
    """Run a hand-in in a process of its own, in a fresh folder among others, and collect its answers."""
    if handin.untouched:
        return Findings({}, {}, ())
    questions = Exercise(handin.exercise).questions
    wanted = {number: _cases(question) for number, question in enumerate(questions, 1)}
    job = pickle.dumps(Job(handin.cells, wanted, package, among, hidden, core))
    process = subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.run"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        out, _ = process.communicate(job, timeout=NOTEBOOK + 2 * START)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
    told = [json.loads(line) for line in out.splitlines()]
    if told and "answers" in told[-1]:
        return Findings(**told[-1])
    for line in told:  # what its kernels have left behind
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(line["group"], signal.SIGKILL)
    raise RuntimeError("its run came to no end, or sent more than can be read")


def _cases(question: Question) -> Sequence[Mapping[str, object]] | None:
    if not isinstance(question, (Function, Rule)):
        return None
    return [{name: values.packed(value) for name, value in case.items()} for case in question.cases]


def judged(handin: HandIn, found: Findings, also: str = "") -> Marks:
    """Judge what a hand-in has answered."""
    verdicts = [
        _verdict(question, found.answers.get(str(number), ["constant", "..."]), found.failed.get(str(number)))
        for number, question in enumerate(Exercise(handin.exercise).questions, 1)
    ]
    return Marks(handin, verdicts, "; ".join(filter(None, [handin.note, *found.notes, also])))


def _verdict(question: Question, answer: Any, failed: str | None) -> Verdict:
    try:
        verdict = question.judge(_answer(answer))
    except values.UnreadableError as error:
        verdict = not_yet(str(error))
    except Exception:  # one answer that cannot be judged must not cost the others their marks
        verdict = not_yet("it cannot be judged.")
    return not_yet(failed) if failed and verdict.outcome is not Outcome.RIGHT else verdict


def _answer(data: Any) -> Any:
    if isinstance(data, list) and len(data) == 2 and data[0] == "function" and isinstance(data[1], list):
        return Replay(data[1])
    return values.unpacked(data)


class Replay:
    """In the place of a student's function: returns, case by case, what it has returned in its own kernel."""

    def __init__(self, results: Sequence[Any]) -> None:
        self._results = iter(results)

    def __call__(self, **case: Any) -> Any:
        """Return the next result, or fail as it did there."""
        result = next(self._results)
        if result[0] == "fails":
            raise type(str(result[1])[:100], (Exception,), {})(str(result[2])[:200])
        if result[0] not in ("float", "constant", "list", "tuple"):  # a probe sends nothing else
            raise values.UnreadableError("it cannot be read.")
        return values.unpacked(result)
