"""The kinds of questions: what is asked for, and what to say to an answer.

Three verdicts, and named slips: a question knows its right answer, computed by the library, and the typical wrong ones
with what to say to each. The questions of a lesson live in ``questions/<name of the lesson>.py``.
"""

from __future__ import annotations

import dis
import enum
import html
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liquidation import Formula
from liquidation.algebra import checks
from liquidation.algebra.checks import shown


class Outcome(enum.Enum):
    """The three verdicts."""

    NOT_ATTEMPTED = "not attempted"
    NOT_YET = "not yet"
    RIGHT = "right"


LOOKS = {
    Outcome.NOT_ATTEMPTED: ("○", "#888888"),
    Outcome.NOT_YET: ("✗", "#D55E00"),
    Outcome.RIGHT: ("✓", "#1A9850"),
}


@dataclass(frozen=True)
class Verdict:
    """An outcome and what to say about it; in a notebook with an icon and a color. ``tally``: how many are right."""

    outcome: Outcome
    message: str
    question: int = 0
    tally: str = ""

    @property
    def _joint(self) -> str:
        return ", because " if self.outcome is Outcome.NOT_YET else ". "

    def __repr__(self) -> str:
        said = f"Question {self.question}: {self.outcome.value}{self._joint}{self.message}"
        return f"{said} ({self.tally})" if self.tally else said

    def _repr_html_(self) -> str:
        icon, color = LOOKS[self.outcome]
        head = f"{icon} Question {self.question}: {self.outcome.value}"
        tally = f' <span style="opacity: 0.7">({self.tally})</span>' if self.tally else ""
        return (
            f'<div style="border-left: 4px solid {color}; padding: 2px 10px">'
            f'<strong style="color: {color}">{head}</strong>{self._joint}{html.escape(self.message)}{tally}</div>'
        )


NOT_ATTEMPTED = Verdict(Outcome.NOT_ATTEMPTED, "Put your answer in the place of the three dots, and run the cell.")


def not_yet(because: str) -> Verdict:
    """The verdict on a wrong answer; the text ends the sentence "not yet, because ..."."""
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
        return Verdict(Outcome.RIGHT, self.praise) if because is None else not_yet(because)

    def fault(self, answer: Any) -> str | None:
        """Complete the sentence "not yet, because ...", or return None for a right answer."""
        raise NotImplementedError


def _with_commas(answer: Any) -> int | None:
    """The number that somebody meant who typed 48,200, which Python reads as a pair."""
    if isinstance(answer, tuple) and len(answer) > 1 and all(type(part) is int for part in answer):
        first, *rest = answer
        if 0 < abs(first) < 1_000 and all(0 <= part < 1_000 for part in rest):
            return int(f"{first}{''.join(f'{part:03}' for part in rest)}")
    return None


def _number(answer: Any) -> float | None:
    """An answer as a float; infinite if it is too large for one, ``None`` if it is none."""
    if str(type(answer).__module__).startswith("sympy."):
        from .compare import ComparisonError, value_of

        try:
            answer = value_of(answer, {})
        except (ComparisonError, TypeError):  # a matrix, say, cannot even be looked up
            return None
    try:
        return float(answer)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return None


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
            return f"{shown(answer)} is not a number; give a number of {self.unit}, without quotes."
        if (pair := _with_commas(answer)) is not None:
            because = self.fault(pair)
            meant = f"Python reads {pair:,} as {len(answer)} numbers; write {pair:_} or {pair}."
            return f"{meant} As {pair}, {because}" if because else f"the number is right, but {meant}"
        value = _number(answer)
        if value is None:
            return f"a {type(answer).__name__} is not a number; give a number of {self.unit}."
        if not math.isfinite(value):
            return (
                f"{shown(answer)} is larger than any amount."
                if isinstance(answer, int)
                else f"{value} is not a finite number."
            )
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
        word = answer.strip().lower() if isinstance(answer, str) else None
        if word == self.answer:
            return None
        choices = ", ".join(repr(option) for option in sorted([self.answer, *self.options]))
        # What else it is may be too long to be written out.
        given = shown(answer) if isinstance(answer, (str, int, float)) else f"a {type(answer).__name__}"
        return self.options.get(word or "", f"{given} is not one of {choices}.")


@dataclass(frozen=True, kw_only=True)
class Expression(Question):
    """A SymPy expression equal to a formula's solved side; ``slips`` maps what to say to wrong expressions."""

    answer: Formula
    slips: Mapping[str, Callable[[Mapping[str, Any]], Any]]
    """Each slip makes its expression from the formula's ``symbols``."""

    def fault(self, answer: Any) -> str | None:
        """Compare symbolically, for a long and for a short."""
        import sympy  # type: ignore[import-untyped]  # sympy ships no types

        from .compare import ComparisonError, points, same

        if isinstance(answer, sympy.Equality):
            return "this is an equation; give only its right side (its .rhs)."
        if isinstance(answer, (list, tuple)):
            return "this is a list; sympy.solve returns one, take its first element with [0]."
        if not isinstance(answer, sympy.Expr):
            return f"a {type(answer).__name__} is not a SymPy expression; build it from the symbols given."
        symbols, formula = self.answer.symbols, self.answer
        sides = [str(term.symbol) for term in formula.vocabulary.terms if term.kind == "side"]
        at = points([str(symbol) for symbol in symbols.values()], sides)
        right = formula.vocabulary.written_out(formula.expression)
        try:
            if same(answer, right, at):
                return None
        except ComparisonError as because:
            return str(because)
        for because_of, slip in self.slips.items():
            if same(answer, slip(symbols), at):
                return because_of
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
                given = answer(**case)
                if given is None:
                    return f"for {_call(case)} it returns nothing; end it with return and what is asked for."
                results.append(float(given))
            except (Exception, SystemExit) as error:
                return f"for {_call(case)} it fails with {type(error).__name__}: {shown(error)}."
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
        return NOT_ATTEMPTED if is_blank(answer) else super().judge(answer)


def is_blank(function: Any) -> bool:
    """Whether a function does nothing but hold its description and three dots."""
    code = getattr(function, "__code__", None)
    if code is None or not set(code.co_consts) <= {None, ..., function.__doc__}:
        return False
    return {step.opname for step in dis.get_instructions(code)} <= _IDLE


_IDLE = {"RESUME", "NOP", "LOAD_CONST", "POP_TOP", "RETURN_CONST", "RETURN_VALUE"}


def _agree(results: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(math.isclose(r, w, rel_tol=1e-6) for r, w in zip(results, wanted, strict=True))


def _call(case: Mapping[str, float]) -> str:
    return ", ".join(f"{name}={value:g}" for name, value in case.items())
