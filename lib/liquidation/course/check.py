"""The exercise checker: three verdicts, named slips, hints one at a time.

A question knows its right answer, computed by the library, and the typical slips with what to say to each. The
questions of a lesson live in ``questions/<name of the lesson>.py``; a notebook holds

>>> from liquidation.course.check import Exercise
>>> exercise = Exercise("01_open_a_leveraged_position")
>>> exercise.check(1, ...)
Question 1: not attempted. Put your answer in the place of the three dots.
"""

from __future__ import annotations

import enum
import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liquidation import Formula
from liquidation.algebra import checks


class Outcome(enum.Enum):
    """The three verdicts."""

    NOT_ATTEMPTED = "not attempted"
    NOT_YET = "not yet"
    RIGHT = "right"


@dataclass(frozen=True)
class Verdict:
    """An outcome and what to say about it."""

    outcome: Outcome
    message: str
    question: int = 0

    def __repr__(self) -> str:
        joint = ", because " if self.outcome is Outcome.NOT_YET else ". "
        return f"Question {self.question}: {self.outcome.value}{joint}{self.message}"


NOT_ATTEMPTED = Verdict(Outcome.NOT_ATTEMPTED, "Put your answer in the place of the three dots.")


def _not_yet(because: str) -> Verdict:
    return Verdict(Outcome.NOT_YET, because)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What all questions have: hints, from a nudge to nearly the answer, and a word for the right answer."""

    hints: Sequence[str]
    praise: str

    def judge(self, answer: Any) -> Verdict:
        """Return the verdict on an answer; ``...`` is "not attempted"."""
        if answer is ...:
            return NOT_ATTEMPTED
        because = self.fault(answer)
        return Verdict(Outcome.RIGHT, self.praise) if because is None else _not_yet(because)

    def fault(self, answer: Any) -> str | None:
        """Complete the sentence "not yet, because ...", or return None for a right answer."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Number(Question):
    """A number, in ``unit``, right to ``within``; ``slips`` maps what to say to the number the slip gives."""

    answer: checks.Number
    unit: str
    within: float = 0.005
    slips: Mapping[str, checks.Number]

    def fault(self, answer: Any) -> str | None:
        """Compare with the answer, then with the slips, then with the slips of every question."""
        if isinstance(answer, (str, bytes, bool)):
            return f"{answer!r} is not a number; give a number of {self.unit}."
        try:
            value = float(answer)
        except (TypeError, ValueError):
            return f"a {type(answer).__name__} is not a number; give a number of {self.unit}."
        if not math.isfinite(value):
            return f"{value} is not a finite number."
        general = {
            "the sign is the wrong way round.": -self.answer,
            f"it is 100 times too large: the unit is {self.unit}.": 100 * self.answer,
            f"it is 100 times too small: the unit is {self.unit}.": self.answer / 100,
        }
        if abs(value - self.answer) <= self.within:
            return None
        for because, slip in {**self.slips, **general}.items():
            if abs(value - slip) <= self.within:
                return because
        if math.isclose(value, self.answer, rel_tol=0.005):
            return f"{value:,g} {self.unit} is nearly right: give more digits."
        return f"{value:,g} {self.unit} lies {'above' if value > self.answer else 'below'} the right number."


@dataclass(frozen=True, kw_only=True)
class Word(Question):
    """One of a few words; ``options`` maps each wrong one to what to say."""

    answer: str
    options: Mapping[str, str]

    def fault(self, answer: Any) -> str | None:
        """Compare without regard to case."""
        word = str(answer).strip().lower()
        if word == self.answer:
            return None
        choices = ", ".join(repr(option) for option in sorted([self.answer, *self.options]))
        return self.options.get(word, f"{answer!r} is not one of {choices}.")


@dataclass(frozen=True, kw_only=True)
class Expression(Question):
    """A SymPy expression equal to a formula's solved side; ``slips`` maps what to say to wrong expressions."""

    answer: Formula
    slips: Mapping[str, Callable[[Mapping[str, Any]], Any]]
    """Each slip makes its expression from the formula's ``symbols``."""

    def fault(self, answer: Any) -> str | None:
        """Compare symbolically, for a long and for a short."""
        import sympy  # type: ignore[import-untyped]  # sympy ships no types

        if isinstance(answer, sympy.Equality):
            return "this is an equation; give only its right side (its .rhs)."
        if isinstance(answer, (list, tuple)):
            return "this is a list; sympy.solve returns one, take its first element with [0]."
        if not isinstance(answer, sympy.Expr):
            return f"a {type(answer).__name__} is not a SymPy expression; build it from the symbols given."
        if self.answer.equals(answer):
            return None
        symbols = self.answer.symbols
        for because, slip in self.slips.items():
            if sympy.simplify(answer - slip(symbols)) == 0:
                return because
        strange = sorted(map(str, answer.free_symbols - set(symbols.values())))
        if strange:
            return f"it contains {', '.join(strange)}; the answer needs only the symbols given."
        return "it is not equal to the solution for every value of the symbols; put it back into the equation."


@dataclass(frozen=True, kw_only=True)
class Function(Question):
    """A function that must agree with ``answer`` on every case; ``slips`` maps what to say to wrong functions.

    The cases include a short, a second position, a contract size other than 1 and a maintenance margin other than
    half the initial margin, for with those alike wrong formulas look right.
    """

    answer: Callable[..., float]
    cases: Sequence[Mapping[str, float]]
    slips: Mapping[str, Callable[..., float]]

    def fault(self, answer: Any) -> str | None:
        """Try every case; name the slip that explains all results, or the first case that differs."""
        if not callable(answer):
            return f"a {type(answer).__name__} is not a function."
        results = []
        for case in self.cases:
            try:
                results.append(float(answer(**case)))
            except Exception as error:
                return f"for {_call(case)} it fails with {type(error).__name__}: {error}."
        right = [self.answer(**case) for case in self.cases]
        if _agree(results, right):
            return None
        for because, slip in self.slips.items():
            if _agree(results, [slip(**case) for case in self.cases]):
                return because
        case, got, want = next(
            (c, g, w) for c, g, w in zip(self.cases, results, right, strict=True) if not _agree([g], [w])
        )
        return f"for {_call(case)} it returns {got:,g} instead of {want:,g}."

    def judge(self, answer: Any) -> Verdict:
        """Return the verdict; a function whose body is still ``...`` is "not attempted"."""
        if callable(answer):
            try:
                untouched = answer(**self.cases[0]) is None
            except Exception:
                untouched = False
            if untouched:
                return NOT_ATTEMPTED
        return super().judge(answer)


def _agree(results: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(math.isclose(r, w, rel_tol=1e-6) for r, w in zip(results, wanted, strict=True))


def _call(case: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in case.items())


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
