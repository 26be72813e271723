"""The kinds of questions: what is asked for, and what to say to an answer.

Three verdicts, and named slips: a question knows its right answer, computed by the library, and the typical wrong ones
with what to say to each. Where many answers are right it knows what must hold, and tries the one that is given. The
questions of a lesson live in ``questions/<name of the lesson>.py``.
"""

from __future__ import annotations

import dis
import enum
import html
import math
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from liquidation import Formula, InputError
from liquidation.algebra import checks
from liquidation.algebra.checks import shown


class Outcome(enum.Enum):
    """The three verdicts."""

    NOT_ATTEMPTED = "not attempted"
    NOT_YET = "not yet"
    RIGHT = "right"


LOOKS = {
    Outcome.NOT_ATTEMPTED: ("○", "#757575"),
    Outcome.NOT_YET: ("✗", "#C25500"),
    Outcome.RIGHT: ("✓", "#188544"),
}
"""Icon and color; a color that can be read on white and on JupyterLab's dark gray (a test holds it to that)."""


@dataclass(frozen=True)
class Verdict:
    """An outcome and what to say about it; in a notebook with an icon and a color. ``tally``: how many are right.

    Only bar and icon are colored. The text keeps the color of the page's theme, whatever that is.
    """

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
        head = f"Question {self.question}: {self.outcome.value}"
        tally = f' <span style="opacity: 0.7">({self.tally})</span>' if self.tally else ""
        return (
            f'<div style="border-left: 4px solid {color}; padding: 2px 10px">'
            f'<strong><span style="color: {color}">{icon}</span> {head}</strong>'
            f"{self._joint}{html.escape(self.message)}{tally}</div>"
        )


NOT_ATTEMPTED = Verdict(Outcome.NOT_ATTEMPTED, "Replace the three dots with your answer, and run the cell.")


def not_yet(because: str) -> Verdict:
    """The verdict on a wrong answer; the text ends the sentence "not yet, because ..."."""
    return Verdict(Outcome.NOT_YET, because)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What all questions have: three hints (a nudge, the way, nearly the answer), and a word for the right answer."""

    hints: tuple[str, str, str]
    praise: str

    def judge(self, answer: Any) -> Verdict:
        """Return the verdict on an answer; ``...``, and a function with only that in it, is "not attempted"."""
        if answer is ... or is_blank(answer):
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
    except Exception:  # whatever a class of the reader's own does
        return None


_DECIMALS = ("a whole number", "one decimal", "two decimals", "three decimals", "four decimals", "five decimals")
_ROUGHLY = 0.02
"""How far a rounded answer may be from the exact one, as a part of it; beyond that it may be right by accident."""


@dataclass(frozen=True, kw_only=True)
class Number(Question):
    """A number, in ``unit``, right to ``within``; ``slips`` maps what to say to the number the slip gives.

    ``form`` says what to give where it is not "a number of" the unit.
    """

    answer: checks.Number
    unit: str = ""
    form: str = ""
    within: float = 0.005
    slips: Mapping[str, checks.Number]

    def fault(self, answer: Any) -> str | None:
        """Compare with the answer, then with the slips, then with the slips of every question."""
        wanted = self.form or f"a number of {self.unit}"
        if isinstance(answer, (str, bytes, bool)):
            return f"{shown(answer)} is not a number; give {wanted}, without quotes."
        if (pair := _with_commas(answer)) is not None:
            because = self.fault(pair)
            meant = f"Python reads {pair:,} as {len(answer)} numbers; write {pair:_} or {pair}."
            return f"{meant} As {pair}, {because}" if because else f"the number is right, but {meant}"
        value = _number(answer)
        if value is None:
            return f"a {type(answer).__name__} is not a number; give {wanted}."
        if not math.isfinite(value):
            return (
                f"{shown(answer)} is larger than any amount."
                if isinstance(answer, int)
                else f"{value} is not a finite number."
            )
        if abs(value - self.answer) <= self.within:
            return None
        general = {
            "that is the right size with the other sign.": -self.answer,
            f"that is 100 times the right number; give {wanted}.": 100 * self.answer,
            f"that is a hundredth of the right number; give {wanted}.": self.answer / 100,
        }
        for because, slip in {**self.slips, **general}.items():
            if abs(value - slip) <= self.within:
                return because
        said = f"{value:,.10g} {self.unit}".strip()
        if _is_rounded(value, float(self.answer)):
            enough = (words for d, words in enumerate(_DECIMALS) if 0.5 * 0.1**d <= self.within * (1 + 1e-9))
            return f"{said} is right but for rounding: give {next(enough, 'more decimals')}."
        return f"{said} {_way_off(value, float(self.answer))}."


def _is_rounded(value: float, answer: float) -> bool:
    """Whether a value is an answer whose last decimals were rounded or cut off."""
    if abs(value - answer) > _ROUGHLY * abs(answer):
        return False
    cuts = (cut(answer * 10**d) / 10**d for d in range(7) for cut in (round, math.floor, math.ceil))
    return any(math.isclose(value, cut, rel_tol=1e-12) for cut in cuts)


def _way_off(value: float, answer: float) -> str:
    """In which direction a number misses, in words that are right for losses, too."""
    if value * answer < 0:
        return "lies on the wrong side of zero"
    little = " a little" if math.isclose(value, answer, rel_tol=0.005) else ""
    if answer < 0:
        return f"lies{little} {'farther from' if value < answer else 'nearer to'} zero than the right number"
    return f"lies{little} {'above' if value > answer else 'below'} the right number"


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
        given = _said(answer)
        if type(answer) in (int, float) and abs(answer) < math.inf:
            answer = sympy.sympify(answer)
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
        if answer.is_Number:
            return f"{given} is one number; build an expression from the symbols given, so that it holds for all."
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
            given, because = _returned(answer, case, float)
            if because:
                return because
            results.append(given)
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


def _returned(function: Callable[..., Any], case: Mapping[str, Any], read: Callable[[Any], Any]) -> tuple[Any, str]:
    """What a reader's function returns in a case, read by ``read``; or why that is nothing to go on with."""
    told = f"for {_call(case)} it"
    try:
        given = function(**{name: list(value) if isinstance(value, list) else value for name, value in case.items()})
        if given is None:
            return None, f"{told} returns nothing; end it with return and what is asked for."
        return read(given), ""
    except _UnreadableError as refused:
        return None, f"{told} returns {refused}."
    except (Exception, SystemExit) as error:
        return None, f"{told} fails with {type(error).__name__}: {' '.join(str(error).split())[:100]}."


class _UnreadableError(Exception):
    """What a function has returned, and why that cannot be judged."""


def is_blank(function: Any) -> bool:
    """Whether a function does nothing but hold its description and three dots."""
    code = getattr(function, "__code__", None)
    if not isinstance(code, types.CodeType) or not set(code.co_consts) <= {None, ..., function.__doc__}:
        return False
    return {step.opname for step in dis.get_instructions(code)} <= _IDLE


_IDLE = {"RESUME", "NOP", "LOAD_CONST", "POP_TOP", "RETURN_CONST", "RETURN_VALUE"}


def _agree(results: Sequence[float], wanted: Sequence[float]) -> bool:
    return all(math.isclose(r, w, rel_tol=1e-6) for r, w in zip(results, wanted, strict=True))


def _call(case: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value if isinstance(value, list) else f'{value:g}'}" for name, value in case.items())


# -- many answers are right -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One thing that a design chooses: a number from ``least`` to ``most``, in ``unit``, or one of ``words``."""

    unit: str = ""
    least: float = 0
    most: float = 1e9
    whole: bool = False
    words: Sequence[str] = ()

    def read(self, name: str, given: Any) -> float | str:
        """Return what was chosen; refuse, in words, what cannot be."""
        if isinstance(given, str):
            for word in self.words:
                if word.casefold() == given.strip().casefold():
                    return word
        elif self.unit and not isinstance(given, (bytes, bool)):
            value = _number(given)
            if value is not None and self.least <= value <= self.most and (not self.whole or value == int(value)):
                return int(value) if self.whole else value
        said = "still three dots" if given is ... else _said(given)
        raise InputError(f"{name} is {said}: give {self._wanted}")

    @property
    def _wanted(self) -> str:
        words = [repr(word) for word in self.words]
        number = f"a {'whole ' if self.whole else ''}number from {self.least:,.10g} to {self.most:,.10g} ({self.unit})"
        return " or ".join([number, *words] if self.unit else words)


def _said(given: Any) -> str:
    """A value in a reply; what may be too long, or strange, by its kind."""
    plain = given is None or isinstance(given, (str, int, float))
    return shown(given) if plain else f"a {type(given).__name__}"


@dataclass(frozen=True, kw_only=True)
class Design(Question):
    """Something that the reader builds: many answers are right, and the library tries the one that is given.

    Arguments:
        parts: what there is to choose, by name.
        conditions: what must hold, tried in this order. Each takes the parts and returns the end of the sentence "not
            yet, because ...", what happens with them in numbers; or None if it holds.
        report: the numbers of a design that is right, in a sentence.
    """

    parts: Mapping[str, Part]
    conditions: Sequence[Callable[..., str | None]]
    report: Callable[..., str]

    def judge(self, answer: Any) -> Verdict:
        """Return the verdict; on a right design with its own numbers."""
        verdict = super().judge(answer)
        if verdict.outcome is Outcome.RIGHT:
            return replace(verdict, message=f"{self.report(**self._read(answer))} {self.praise}")
        return verdict

    def fault(self, answer: Any) -> str | None:
        """Say what the first condition that does not hold says."""
        try:
            design = self._read(answer)
            return _first(condition(**design) for condition in self.conditions)
        except InputError as refused:
            return f"{refused}."

    def _read(self, answer: Any) -> dict[str, Any]:
        """The parts by name; a tuple or a list has them in their order."""
        form = f"{{{', '.join(f'{name!r}: ...' for name in self.parts)}}}"
        if isinstance(answer, (tuple, list)) and len(answer) == len(self.parts):
            answer = dict(zip(self.parts, answer, strict=True))
        if not isinstance(answer, Mapping):
            raise InputError(f"{_said(answer)} is not a design: give {form}")
        for name in self.parts:
            if name not in answer:
                raise InputError(f"it does not say {name!r}: give {form}")
        for name in answer:
            if name not in self.parts:
                raise InputError(f"{_said(name)} is none of its parts: give {form}")
        return {name: part.read(name, answer[name]) for name, part in self.parts.items()}


@dataclass(frozen=True, kw_only=True)
class Rule(Question):
    """A function that the reader invents; it returns a list, and the conditions look at it in every case.

    A condition takes what was returned, a list of numbers, and the case; else it is as for a :class:`Design`.
    """

    cases: Sequence[Mapping[str, Any]]
    conditions: Sequence[Callable[..., str | None]]

    def fault(self, answer: Any) -> str | None:
        """Try every case; say what the first condition that does not hold says."""
        if not callable(answer):
            return f"{_said(answer)} is not a function."
        for case in self.cases:
            given, because = _returned(answer, case, _list_of_numbers)
            if because:
                return because
            try:
                found = _first(condition(given, **case) for condition in self.conditions)
            except InputError as refused:
                found = f"{refused}."
            if found:
                return f"for {_call(case)} {found}"
        return None


def _first(found: Iterable[str | None]) -> str | None:
    return next((because for because in found if because), None)


def _list_of_numbers(given: Any) -> list[float]:
    given = given.tolist() if hasattr(given, "tolist") else given
    if not isinstance(given, (list, tuple)):
        raise _UnreadableError(f"{_said(given)}, which is not a list of numbers")
    values = [None if isinstance(x, (str, bytes, bool)) else _number(x) for x in given]
    for value, x in zip(values, given, strict=True):
        if value is None or not math.isfinite(value):
            raise _UnreadableError(f"a list with {_said(x)} in it, which is not a number")
    return [value for value in values if value is not None]
