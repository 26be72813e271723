"""From answers to marks: every question is judged here, in the grader's own process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..check import Exercise
from ..question import Function, Outcome, Question, Verdict, not_yet
from . import values
from .handin import HandIn
from .kernel import Answer, Run
from .package import Package


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
        if self.verdicts[question - 1].outcome is Outcome.RIGHT or self.handin.exercise is None:
            return ""
        hints = Exercise(self.handin.exercise).questions[question - 1].hints
        seen = (self.handin.hinted or {}).get(question, 0)
        return hints[min(seen, len(hints) - 1)]


def answers(handin: HandIn, package: Package, among: Path) -> Run:
    """Run a hand-in, in a fresh folder among others, and collect its answers."""
    run = Run(handin.cells, package, among)
    if not handin.untouched:
        questions = Exercise(handin.exercise or "").questions
        run.ask({number: _cases(question) for number, question in enumerate(questions, 1)})
    return run


def _cases(question: Question) -> Sequence[Mapping[str, object]] | None:
    if not isinstance(question, Function):
        return None
    return [{name: values.packed(value) for name, value in case.items()} for case in question.cases]


def judged(handin: HandIn, run: Run, also: str = "") -> Marks:
    """Judge what a hand-in has answered."""
    questions = Exercise(handin.exercise or "").questions
    verdicts = [
        _verdict(question, run.answers.get(number, Answer()), run.failed.get(number))
        for number, question in enumerate(questions, 1)
    ]
    return Marks(handin, verdicts, "; ".join(filter(None, [handin.note, *run.notes, also])))


def _verdict(question: Question, answer: Answer, failed: str | None) -> Verdict:
    verdict = not_yet(answer.fault) if answer.fault else question.judge(answer.value)
    return not_yet(failed) if failed and verdict.outcome is not Outcome.RIGHT else verdict
