"""The exercise checker in a notebook: verdicts on a reader's answers, and hints one at a time.

The cells of an exercise stand by themselves, whatever was run before:

>>> from liquidation.course.check import check
>>> answer_1 = 600
>>> check("01_open_a_leveraged_position", 1)
Question 1: right. 0.3 ETH at 2,000 are worth 600 USDT. (1 of 8 right)
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any

from . import cells
from .question import Outcome, Question, Verdict, not_yet


class Exercise:
    """The questions of one lesson, in order, counted from 1; remembers how many hints were given."""

    def __init__(self, name: str) -> None:
        lesson = name.split("_", 1)[-1]
        try:
            module = importlib.import_module(f"liquidation.course.questions.{lesson}")
        except ModuleNotFoundError:
            raise ValueError(f"there is no exercise called {name!r}") from None
        self.questions: Sequence[Question] = module.QUESTIONS
        self._given = [0] * len(self.questions)
        cells.watch()

    def _question(self, number: int) -> Question:
        if number not in range(1, len(self.questions) + 1):
            raise ValueError(f"there is no question {number}: the questions are 1 to {len(self.questions)}")
        return self.questions[number - 1]

    def check(self, number: int, answer: Any) -> Verdict:
        """Judge an answer to a question."""
        verdict = self._question(number).judge(answer)
        return Verdict(verdict.outcome, verdict.message, number)

    def hint(self, number: int) -> None:
        """Print the next hint to a question; the last one is repeated."""
        hints = self._question(number).hints
        given = min(self._given[number - 1] + 1, len(hints))
        self._given[number - 1] = given
        print(f"Hint {given} of {len(hints)}: {hints[given - 1]}")


_right: dict[str, set[int]] = {}
"""Which questions of each exercise have been answered right, in this kernel."""


def check(name: str, number: int) -> Verdict:
    """Judge ``answer_1``, ``answer_2``, ... of the notebook that calls: the answer to a question of an exercise.

    It does not matter what was run before. An answer whose cell ended in an error is not judged: it would be the one
    from before.
    """
    exercise = Exercise(name)
    if error := cells.failure(number):
        verdict = not_yet(f"the cell with your answer ended in a {error}. Mend it, run it, and then this one again.")
    else:
        verdict = exercise.check(number, sys._getframe(1).f_globals.get(f"answer_{number}", ...))
    right = _right.setdefault(name, set())
    (right.add if verdict.outcome is Outcome.RIGHT else right.discard)(number)
    return Verdict(verdict.outcome, verdict.message, number, f"{len(right)} of {len(exercise.questions)} right")
