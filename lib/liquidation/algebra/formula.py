"""A formula: one equation between named quantities, solved by SymPy, shown as LaTeX, called on numbers.

The object that a lesson displays is the object that computes, so a formula is never typed twice: all that it can do
stands in this one class.
SymPy loads when a formula is first shown, solved or called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .checks import InputError, Number, as_number, one_number, refuse
from .evaluation import Program
from .help import PerFormula, signature, text
from .layout import LATEX
from .vocabulary import Legend, Relation, Term, Vocabulary

if TYPE_CHECKING:
    import sympy  # type: ignore[import-untyped]  # SymPy ships no types


class Formula:
    """An equation between named quantities, solved for one of them.

    ``equation`` is text such as ``"initial_margin = position_value / leverage"``, in the names of ``vocabulary``;
    ``target`` is the name it is solved for (or ``None``: then it can be shown and solved, but not called).
    ``about`` says in a sentence what it gives, ``source`` where the rule comes from.

    >>> from liquidation import linear
    >>> linear.initial_margin(entry_price=50_000, quantity=1_000, contract_size=0.0001, leverage=25)
    200.0
    >>> linear.initial_margin.solve_for("leverage")
    leverage = E*n*c/M_0

    Called with keywords it takes numbers, ``fractions.Fraction`` (exact in, exact out) and NumPy arrays of any
    broadcastable shapes. Missing, unknown, NaN or impossible arguments raise ``ValueError`` and are named.
    A price that does not exist is ``NEVER`` or ``ALREADY`` (infinities in arrays, see
    :class:`liquidation.algebra.evaluation.NoPrice`); any other result that cannot be raises ``ValueError``.
    """

    def __init__(
        self, equation: str, target: str | None, vocabulary: Vocabulary, about: str = "", source: str = ""
    ) -> None:
        sides = equation.split("=") if isinstance(equation, str) else ()
        if len(sides) != 2:
            raise InputError(f"{equation!r} is not an equation: write exactly one '=' between two sides")
        names = [vocabulary.names_in(side) for side in sides]
        if target is not None and vocabulary.term(target).name not in names[0] | names[1]:
            raise InputError(
                f"{target!r} is not in this equation; its names are: {', '.join(sorted(set.union(*names)))}"
            )
        self._recipe: Callable[[], sympy.Eq] = lambda: _equation(*(vocabulary.parse(side) for side in sides))
        self.target = target
        self.vocabulary = vocabulary
        self.about = about
        self.source = source
        self.relations: tuple[Relation, ...] = ()
        self._fixed: Mapping[str, Number] = {}

    def _derive(self, recipe: Callable[[], sympy.Eq], target: str | None, **other: Any) -> Formula:
        """Return a formula with another equation; what else is not given stays. What was said of it is not kept."""
        new = object.__new__(Formula)
        same = {"vocabulary": self.vocabulary, "relations": self.relations, "_fixed": self._fixed}
        vars(new).update({"about": "", "source": self.source, **same, **other}, _recipe=recipe, target=target)
        return new

    def __copy__(self) -> Formula:
        return self  # nothing in it can be changed

    def __deepcopy__(self, _memo: object) -> Formula:
        return self

    def __getstate__(self) -> dict[str, Any]:
        kept = {name: vars(self)[name] for name in ("target", "vocabulary", "about", "source", "relations", "_fixed")}
        return {**kept, "equation": self.equation}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _recipe=lambda: state["equation"])

    # -- symbols ---------------------------------------------------------------------------------------------

    @cached_property
    def equation(self) -> sympy.Eq:
        """The equation as it was stated, unsolved."""
        return self._recipe()

    @cached_property
    def terms(self) -> dict[str, Term]:
        """The terms of the equation by argument name, in the vocabulary's order, the target included."""
        free = {symbol.name for symbol in self.equation.free_symbols}
        return {term.name: term for term in self.vocabulary.terms if term.letter in free or term.name == self.target}

    @cached_property
    def symbols(self) -> dict[str, sympy.Symbol]:
        """Argument name to SymPy symbol: ``formula.symbols["entry_price"]`` is the *E* you see."""
        return {name: term.symbol for name, term in self.terms.items()}

    @cached_property
    def expression(self) -> sympy.Expr:
        """The right side of the solution, in the form in which ``sympy.solve`` returns it.

        An equation between special functions that is solved as it stands is left as it stands.
        """
        import sympy

        if self.target is None:
            raise InputError("this equation is not solved for anything yet: call .solve_for(name) first")
        if self.symbols[self.target] not in self.equation.free_symbols:
            names = ", ".join(name for name in self.terms if name != self.target)
            raise InputError(f"{self.target!r} is not in this equation; its names are: {names}")
        target, (left, right) = self.symbols[self.target], self.equation.args
        if self.vocabulary.functions and left == target and not right.has(target):
            return right  # solve would turn logarithms into powers that overflow
        solutions = sympy.solve(self.equation, target)
        if len(solutions) != 1:
            raise InputError(f"the equation has {len(solutions)} solutions for {self.target}, not exactly one")
        return solutions[0]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names that a call takes."""
        free = self.expression.free_symbols
        return tuple(name for name, symbol in self.symbols.items() if symbol in free)

    # -- new formulas from this one --------------------------------------------------------------------------

    def described(self, about: str, source: str = "") -> Formula:
        """Return the formula with a sentence on what it gives and, if another, its source."""
        return self._derive(self._recipe, self.target, about=about, source=source or self.source)

    def provided(self, *relations: Relation) -> Formula:
        """Return the formula under conditions between its arguments; formulas derived from it keep them."""
        return self._derive(self._recipe, self.target, relations=_together(self.relations, relations), about=self.about)

    def check(self, **values: Number) -> None:
        """Refuse values that contradict a condition of the formula, whatever else it takes."""
        for relation in self.relations:
            if values.keys() >= set(relation.names) and not relation.holds(*(values[name] for name in relation.names)):
                said = " with ".join(f"{name}={values[name]}" for name in relation.names)
                raise InputError(f"{said}: {relation.why}")

    def solve_for(self, name: str) -> Formula:
        """Return the same equation solved for another of its names."""
        self.vocabulary.term(name)
        return self._derive(self._recipe, name)

    def substitute(self, **replacements: Any) -> Formula:
        """Put something in the place of names, all at once, and return the new formula.

        A replacement is a number (a ``Fraction`` stays exact), another solved ``Formula``, a SymPy expression in
        this vocabulary's symbols, or text in its names, such as ``"position_margin + added_margin"``.

        >>> from liquidation import linear
        >>> linear.position_value.substitute(mark_price="entry_price")
        position_value = E*n*c
        """
        fixed, relations = dict(self._fixed), self.relations
        for name, value in replacements.items():
            term = self.vocabulary.term(name)
            try:
                number = self._as_fixed(value)
            except InputError as error:
                raise InputError(f"{name}: {error}") from None
            if isinstance(value, Formula):
                relations = _together(relations, value.relations)
            elif number is not None:
                fixed[name] = one_number(name, number, term.argument_kind)
            elif isinstance(value, str):
                self.vocabulary.names_in(value)
            elif type(value).__module__.split(".")[0] != "sympy":
                one_number(name, value, term.argument_kind)  # refuses it
        target = self.target
        if target is not None and target in replacements:
            value = replacements[target]
            target = value if isinstance(value, str) and value in self.vocabulary.by_name else None

        def recipe() -> sympy.Eq:
            # A plain rebuild would let SymPy turn a substituted equation into True or False; keep both sides.
            pairs = [(self.vocabulary.term(n).symbol, self._as_sympy(v)) for n, v in replacements.items()]
            return _equation(*(side.subs(pairs, simultaneous=True) for side in self.equation.args))

        new = self._derive(recipe, target, _fixed=fixed, relations=relations)
        new.check(**fixed)
        return new

    def _as_fixed(self, value: Any) -> Number | None:
        """Return the number that a replacement is, be it written as text or in SymPy; None if it holds names."""
        if isinstance(value, str) and not self.vocabulary.names_in(value):
            value = self.vocabulary.parse(value)
        if getattr(value, "is_Rational", False):
            return as_number(int(value) if value.is_Integer else value)
        return float(value) if getattr(value, "is_Float", False) else as_number(value)

    def _as_sympy(self, value: Any) -> sympy.Expr:
        import sympy

        if isinstance(value, str):
            return self.vocabulary.parse(value)
        return value.expression if isinstance(value, Formula) else sympy.sympify(value)

    @property
    def long(self) -> Formula:
        """The formula for a long: side +1 put in."""
        return self.substitute(side=1)

    @property
    def short(self) -> Formula:
        """The formula for a short: side -1 put in."""
        return self.substitute(side=-1)

    def equals(self, other: Formula | sympy.Expr) -> bool:
        """Whether both give the same result for every allowed value, for a long and for a short.

        >>> from liquidation import linear
        >>> linear.bankruptcy_price.equals(linear.liquidation_price.substitute(maintenance_margin=0))
        True
        """
        import sympy

        if not isinstance(other, (Formula, sympy.Expr)):
            raise refuse("other", other, "a Formula or a SymPy expression")
        difference = self.vocabulary.written_out(self.expression - self._as_sympy(other))
        sides = [term.symbol for term in self.vocabulary.terms if term.kind == "side"]
        return all(sympy.simplify(difference.subs([(side, sign) for side in sides])) == 0 for sign in (1, -1))

    # -- numbers ---------------------------------------------------------------------------------------------

    @cached_property
    def program(self) -> Program:
        """The compiled formula with its checks; made at the first call."""
        import sympy

        names = self.arguments
        target = self.target
        assert target is not None, "an equation without a target has no arguments and was refused"
        symbols = [self.symbols[name] for name in names]
        kind = self.terms[target].kind
        # A chance is left in one piece: fraction would turn exp(-x) into 1/exp(x), which overflows.
        whole = self.vocabulary.functions
        numerator, _ = quotient = (self.expression, sympy.S.One) if whole else sympy.fraction(self.expression)
        excess, straight = None, False
        if kind == "trigger price":
            left, right = self.equation.args
            # What canceled out of the solution, such as the size, is a positive factor of both sides: 1 will do.
            canceled = {symbol: 1 for name, symbol in self.symbols.items() if name not in (*names, target)}
            difference = (left - right).subs(canceled)
            excess = sympy.lambdify([*symbols, self.symbols[target]], difference, modules="math")
            straight = sympy.diff(difference, self.symbols[target], 2) == 0
        bound = {*names, *self._fixed}
        return Program(
            result=target,
            result_kind=kind,
            arguments={name: self.terms[name].argument_kind for name in names},
            # Numerator and denominator apart, with their common factors computed once: still the form that solve
            # returned, and one rounding order for numbers and arrays.
            fraction=sympy.lambdify(symbols, quotient, modules=[self.vocabulary.numbers, "math"], cse=True),
            arithmetic=not whole,
            excess=excess,
            straight=straight,
            shows_infinity=[
                n for n, x in zip(names, symbols, strict=True) if numerator.has(x) and numerator.is_polynomial(x)
            ],
            relations=[r for r in self.relations if bound.issuperset(r.names) and {*r.names} & {*names}],
            fixed=self._fixed,
        )

    def __call__(self, **arguments: Any) -> Any:
        """Compute the target from numbers, Fractions or arrays; see the class for what is refused."""
        return self.program(arguments)

    # -- looks -----------------------------------------------------------------------------------------------

    @property
    def legend(self) -> Legend:
        """The table of symbols: letter, name in code, meaning, unit."""
        return Legend(tuple(self.terms.values()))

    @property
    def _shown(self) -> tuple[sympy.Expr, sympy.Expr]:
        solved = self.equation.args if self.target is None else (self.symbols[self.target], self.expression)
        left, right = (self.vocabulary.layout(self.vocabulary.written_out(side)) for side in solved)
        return left, right

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    @property
    def latex(self) -> str:
        """What is shown, as LaTeX."""
        import sympy

        return str(sympy.latex(_equation(*self._shown), **LATEX))

    def __repr__(self) -> str:
        import sympy

        left, right = (sympy.sstr(side, order="none") for side in self._shown)
        return f"{left if self.target is None else self.target} = {right}"


# Help asks for these two names: each formula answers with its own arguments, the class with what it always says.
setattr(Formula, "__signature__", PerFormula(signature))  # noqa: B010 - mypy knows no such attribute
setattr(Formula, "__doc__", PerFormula(text, Formula.__doc__))  # noqa: B010


def _equation(left: Any, right: Any) -> sympy.Eq:
    import sympy

    return sympy.Eq(left, right, evaluate=False)


def _together(*relations: tuple[Relation, ...]) -> tuple[Relation, ...]:
    return tuple(dict.fromkeys(relation for some in relations for relation in some))
