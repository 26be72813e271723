"""What venues print: their own price formulas, in their own letters, beside what the trigger gives with their choices.

A form is not believed but proven: the venue's record is put into the trigger, the result is written in the venue's
letters, and SymPy is asked whether anything is left between the two.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from ..algebra.checks import InputError, one_number, one_of, refuse, shown
from ..algebra.formula import Formula
from ..algebra.vocabulary import Term, Vocabulary
from ..algebra.written import as_written, expression, letter
from ..theory import LONG, SHORT, theory_of
from .venue import Venue
from .venues import BINANCE, BINANCE_COIN_M, BYBIT, BYBIT_INVERSE, DYDX, GATE, HYPERLIQUID, MEXC, OKX

if TYPE_CHECKING:
    import sympy  # type: ignore[import-untyped]  # SymPy ships no types


def price_formula(venue: Venue, kind: Literal["linear", "inverse"] | None = None) -> Formula:
    """Return the liquidation price on a venue: the trigger with its choices put in, solved for the price.

    Arguments:
        venue: its record says on which value the maintenance margin stands, whether a closing fee is counted, and on
            which; where all of a ladder's rates are flat there is no maintenance amount.
        kind: of contract; left out, the venue's.

    >>> from liquidation import BINANCE
    >>> price_formula(BINANCE)
    liquidation_price = (s*E*n*c - M - A)/(n*c*(s - m))

    Raises ``ValueError`` for a venue of both kinds where none is given.
    """
    if not isinstance(venue, Venue):
        raise refuse("venue", venue, "a Venue")
    settled: Any = one_of("kind", venue.kind if kind is None else kind, "linear", "inverse")
    if venue.kind not in (None, settled):
        raise InputError(f"kind={kind!r} is not allowed: the rules of {venue.name} are for {venue.kind} contracts")
    if venue.least_maintenance:
        raise InputError(f"{venue.name} has a least maintenance margin, and with it two formulas: ask its Market")
    theory = theory_of(settled, venue.rule("closing_fee_basis"))
    formula = theory.liquidation_price_on(venue.rule("maintenance_basis"))
    nothing = {"liquidation_fee_rate": venue.liquidation_fee_rate == 0, "maintenance_amount": venue.tier_rule == "flat"}
    return formula.substitute(**{name: 0 for name, is_nothing in nothing.items() if is_nothing})


@dataclass(frozen=True, eq=False)
class PublishedForm:
    """A liquidation or bankruptcy price as a venue prints it, and how its letters stand in our trigger.

    Arguments:
        name: venue and contract, in words.
        venue: its record.
        kind: of contract, ``"linear"`` or ``"inverse"``.
        long: the form for a long, in the venue's letters; ``side`` in it is +1.
        short: the form for a short; ``side`` in it is -1.
        put_in: for each of our names, what it is in the venue's letters.
        rules: rules of the record that were others when the form was printed.
        without: what the form leaves out: these names are 0 in the trigger.
        price: which price, ``"liquidation"`` or ``"bankruptcy"``.
        source: page and day.

    >>> form = PublishedForm("Binance", BINANCE, "linear", *2 * ["(WB + cum - side*Q*EP) / (Q*MMR - side*Q)"],
    ...     put_in={"position_margin": "WB", "maintenance_amount": "cum", "maintenance_margin_rate": "MMR",
    ...             "entry_price": "EP", "quantity": "Q", "contract_size": "1"})
    >>> form.derived(-1)
    (EP*Q + WB + cum)/(Q*(MMR + 1))
    >>> form.difference(1), form.difference(-1)
    (0, 0)
    """

    name: str
    venue: Venue
    kind: Literal["linear", "inverse"]
    long: str
    short: str
    put_in: Mapping[str, str]
    rules: Mapping[str, Any] | None = None
    without: tuple[str, ...] = ()
    price: Literal["liquidation", "bankruptcy"] = "liquidation"
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.venue, Venue):
            raise refuse("venue", self.venue, "a Venue")
        one_of("kind", self.kind, "linear", "inverse")
        one_of("price", self.price, "liquidation", "bankruptcy")
        for name in ("put_in", "rules"):
            if not isinstance(getattr(self, name) or {}, Mapping):
                raise refuse(name, getattr(self, name), "a mapping by name")
        self._words  # noqa: B018 - what is no expression is refused now

    @cached_property
    def _words(self) -> Vocabulary:
        """The venue's letters: all names in what it prints."""
        found = self._names(self.long, self.short, *self.put_in.values()) | {"side"}
        return Vocabulary(tuple(Term(name, name, name, "", "number") for name in sorted(found)))

    def _names(self, *texts: str) -> set[str]:
        return {node.id for text in texts for node in ast.walk(expression(text)) if isinstance(node, ast.Name)}

    def _read(self, text: str, side: int) -> sympy.Expr:
        return self._words.parse(text).subs(self._words.term("side").symbol, side)

    @cached_property
    def formula(self) -> Formula:
        """The price that follows from the trigger under the venue's rules, in our letters."""
        unknown = (self.rules or {}).keys() - Venue.__dataclass_fields__.keys()
        if unknown:
            raise InputError(f"rules: a venue has no rule called {', '.join(sorted(unknown))}")
        venue = replace(self.venue, **(self.rules or {}))
        formula = price_formula(venue, self.kind)
        if self.price == "bankruptcy":
            formula = theory_of(self.kind, "mark").bankruptcy_price
        return formula.substitute(**dict.fromkeys(self.without, 0))

    def printed(self, side: int) -> sympy.Expr:
        """What the venue prints for a side."""
        return self._read(self.long if one_number("side", side, "side") == LONG else self.short, side)

    def derived(self, side: int) -> sympy.Expr:
        """What follows from the trigger, in the venue's letters."""
        import sympy

        formula = self.formula.substitute(side=one_number("side", side, "side"))
        missing = set(formula.arguments) - {*self.put_in}
        if missing:
            raise InputError(f"put_in={shown(dict(self.put_in))} says nothing of {', '.join(sorted(missing))}")
        ours = {formula.symbols[name]: self._read(self.put_in[name], side) for name in formula.arguments}
        return self._signed(sympy.factor(formula.expression.subs(ours, simultaneous=True)))

    def _signed(self, product: sympy.Expr) -> sympy.Expr:
        """Turn the signs of sums so that each is positive for an ordinary position: 1 - MMR and not MMR - 1."""
        import sympy

        large = {n for name in ("entry_price", "quantity", "contract_size") for n in self._names(self.put_in[name])}
        usual = {x: 10 if x.name == "L" else 1 if x.name in large else 0.01 for x in product.free_symbols}
        factors = []
        for factor in sympy.Mul.make_args(product):
            base, power = factor.as_base_exp()
            if base.is_Add and base.subs(usual) < 0:
                factors += [sympy.S.NegativeOne**power, sympy.Add(*(-term for term in base.args)) ** power]
            else:
                factors.append(factor)
        return sympy.Mul(*factors)

    def difference(self, side: int) -> sympy.Expr:
        """What is left between the two; 0 where the print is what the trigger gives."""
        import sympy

        return sympy.simplify(self.printed(side) - self.derived(side))

    def _repr_markdown_(self) -> str:
        import sympy

        names = {term.symbol: letter(term.name) for term in self._words.terms}

        def row(words: str, formula: str) -> str:
            return f"| {words} | $\\displaystyle {formula}$ |"

        rows = []
        for side, word, text in ((LONG, "long", self.long), (SHORT, "short", self.short)):
            rows.append(row(f"{word}: it prints", as_written(text)))
            derived = sympy.latex(self.derived(side), symbol_names=names, mul_symbol="dot")
            rows.append(row("the trigger gives", derived))
        left = ", ".join(sympy.latex(self.difference(side)) for side in (LONG, SHORT))
        head = f"**{self.name}**, {self.price} price ({self.source})\n\n|  |  |\n|---|:--:|\n"
        return head + "\n".join([*rows, row("differences", left)])


_MEXC = {"position_margin": "PM", "maintenance_margin_rate": "MM/(E*Q)", "entry_price": "E", "quantity": "Q"}
_BINANCE = {
    "position_margin": "WB - TMM + UPNL",
    "maintenance_amount": "cum",
    "maintenance_margin_rate": "MMR",
    "entry_price": "EP",
    "quantity": "Q",
}
_BYBIT = {"entry_price": "E", "quantity": "Q", "maintenance_margin_rate": "MMR", "maintenance_amount": "deduction"}
_GATE = {
    "entry_price": "E",
    "quantity": "size",
    "maintenance_margin_rate": "MMR",
    "liquidation_fee_rate": "taker",
    "position_margin": "margin",
    "maintenance_amount": "0",
}
_AS_NOW = "read 2026-11-26"

PUBLISHED_FORMS = (
    PublishedForm(
        "MEXC", MEXC, "linear",
        "(MM - PM + E*Q) / Q",
        "(E*Q - MM + PM) / Q",
        put_in={**_MEXC, "contract_size": "1"},
        without=("liquidation_fee_rate",),
        source=f"blog “Liquidation in futures”, commission excluded, {_AS_NOW}",
    ),
    PublishedForm(
        "Binance USDⓈ-M", BINANCE, "linear",
        *2 * ("(WB - TMM + UPNL + cum - side*Q*EP) / (Q*MMR - side*Q)",),
        put_in={**_BINANCE, "contract_size": "1"},
        source=f"FAQ b3c689c1f50a44cabb3a84e663b81d93, as restated in freqtrade's binance.py, {_AS_NOW}",
    ),
    PublishedForm(
        "Binance COIN-M", BINANCE_COIN_M, "inverse",
        *2 * ("(Q*MMR + side*Q) / ((WB - TMM + UPNL + cum)/face + side*Q/EP)",),
        put_in={**_BINANCE, "contract_size": "face"},
        source=f"FAQ ceccfcfb4e3a45e3b48b0b1bb1a8ae46, a picture there, written out here; {_AS_NOW}",
    ),
    PublishedForm(
        "Bybit USDT, edition of 2024", BYBIT, "linear",
        "E - (IM - MM)/Q - extra/Q",
        "E + (IM - MM)/Q + extra/Q",
        put_in={**_BYBIT, "contract_size": "1", "position_margin": "IM + extra",
                "maintenance_margin_rate": "MM/(E*Q)", "maintenance_amount": "0"},
        rules={"maintenance_basis": "entry"},
        source=f"help “Liquidation Price (USDT Contract)”, {_AS_NOW}",
    ),
    PublishedForm(
        "Bybit inverse, edition of 2024", BYBIT_INVERSE, "inverse",
        "Q / (V + (IM - MM))",
        "Q / (V - (IM - MM))",
        put_in={"entry_price": "Q/V", "quantity": "Q", "contract_size": "1", "position_margin": "IM",
                "maintenance_margin_rate": "MM/V", "maintenance_amount": "0"},
        rules={"maintenance_basis": "entry"},
        source=f"help “Liquidation Price Calculation under Isolated Mode” (2024-09-10), {_AS_NOW}",
    ),
    PublishedForm(
        "Bybit inverse, edition of May 2026", BYBIT_INVERSE, "inverse",
        "Q*(MMR + 1) / (Q/E + Q/E/L + deduction)",
        "Q*(1 - MMR) / (Q/E - Q/E/L - deduction)",
        put_in={**_BYBIT, "contract_size": "1", "position_margin": "Q/E/L"},
        source=f"the same page (2026-05-27), its term for added margin left out; {_AS_NOW}",
    ),
    PublishedForm(
        "Bybit USDT", BYBIT, "linear",
        "E * (1 - 1/L)",
        "E * (1 + 1/L)",
        put_in={"entry_price": "E", "quantity": "Q", "contract_size": "1", "position_margin": "E*Q/L"},
        price="bankruptcy",
        source=f"its FAQ, as on mobie.io, {_AS_NOW}",
    ),
    PublishedForm(
        "Bybit inverse", BYBIT_INVERSE, "inverse",
        "E * L/(L + 1)",
        "E * L/(L - 1)",
        put_in={"entry_price": "E", "quantity": "Q", "contract_size": "1", "position_margin": "Q/E/L"},
        price="bankruptcy",
        source=f"help 900000031623, {_AS_NOW}",
    ),
    PublishedForm(
        "Gate, settled in dollars, lowest tier", GATE, "linear",
        "(E - margin/(multiplier*size)) / (1 - (MMR + taker))",
        "(E + margin/(multiplier*size)) / (1 + (MMR + taker))",
        put_in={**_GATE, "contract_size": "multiplier"},
        source=f"help 27724 and staff answer 3870211, {_AS_NOW}",
    ),
    PublishedForm(
        "Gate, settled in the coin, lowest tier", GATE, "inverse",
        "size*E*(1 + MMR + taker) / (size + margin*E)",
        "size*E*(1 - MMR - taker) / (size - margin*E)",
        put_in={**_GATE, "contract_size": "1"},
        source=f"staff answer 3870211, {_AS_NOW}",
    ),
    PublishedForm(
        "OKX, settled in the coin", OKX, "inverse",
        "(1 + MMR) / (1/E + margin/(face*size))",
        "(1 - MMR) / (1/E - margin/(face*size))",
        put_in={**_GATE, "contract_size": "face"},
        without=("liquidation_fee_rate",),
        source=f"a handbook's, ukcamo.com 5262, which says that the taker fee is added and leaves it out; {_AS_NOW}",
    ),
    PublishedForm(
        "Hyperliquid", HYPERLIQUID, "linear",
        *2 * ("price - side * available / (size * (1 - l*side))",),
        put_in={"entry_price": "price", "quantity": "size", "contract_size": "1", "maintenance_amount": "0",
                "maintenance_margin_rate": "l", "position_margin": "available + l*price*size"},
        source=f"documentation, trading/liquidations: l is one over the maintenance leverage, {_AS_NOW}",
    ),
    PublishedForm(
        "dYdX v4", DYDX, "linear",
        *2 * ("(e - side*size*p) / (size*MMF - side*size)",),
        put_in={"entry_price": "p", "quantity": "size", "contract_size": "1", "maintenance_margin_rate": "MMF",
                "position_margin": "e"},
        source=f"documentation, concepts/trading/liquidations: s there is side times size, {_AS_NOW}",
    ),
)  # fmt: skip
"""The price formulas that could be read; of OKX (linear), BitMEX and Deribit none.

They are true of the lowest tier and of a margin that was never changed, where their sources say so; Bybit's page of
2026 has a term for added margin that does not follow from the trigger with a fee on mark value.
"""
