"""The museum of wrong formulas: what calculators, code and help pages print, and what the trigger says of it.

Nothing here is called wrong by hand. A formula is compared with those that follow from the trigger; a printed number
with what the library computes from the same inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from liquidation import MEXC_BTC_USDT, Contract, Formula, inverse, linear
from liquidation.algebra.written import as_written

_NO_FEE = {"liquidation_fee_rate": 0, "maintenance_amount": 0}
TRUE = {
    "right, with maintenance on the value at entry": linear.liquidation_price_by_leverage,
    "right, with maintenance on the value at the mark": linear.liquidation_price_mark_basis.substitute(
        position_margin=linear.initial_margin, **_NO_FEE
    ),
    "the bankruptcy price": linear.bankruptcy_price_by_leverage,
    "right for a contract settled in the coin, with maintenance on the value at entry": (
        inverse.liquidation_price_by_leverage
    ),
}
"""What a formula for a long may turn out to be."""
WRONG = "wrong"


@dataclass(frozen=True)
class Exhibit:
    """A formula for the liquidation price of a long, as it was seen: in our names, and its fault if it has one.

    >>> FORMULAS[0].verdict
    'the bankruptcy price'
    """

    text: str
    seen: str
    fault: str = ""

    @cached_property
    def formula(self) -> Formula:
        """The formula, so that it can be shown and called."""
        return Formula(f"liquidation_price = {self.text}", "liquidation_price", linear.vocabulary)

    @property
    def latex(self) -> str:
        """The formula as it was typed."""
        return as_written(self.text, {name: term.letter for name, term in linear.vocabulary.by_name.items()})

    @cached_property
    def verdict(self) -> str:
        """What the trigger says: which of the true formulas it is, if any."""
        import sympy  # type: ignore[import-untyped]  # SymPy ships no types

        for words, true in TRUE.items():
            # The two kinds have the same letters, but each its own units: so the expressions are compared.
            if sympy.simplify(self.formula.expression - true.long.expression) == 0:
                return words
        return WRONG

    def price(self, **position: Any) -> float:
        """What it gives for a position."""
        return float(self.formula(**{name: position[name] for name in self.formula.arguments}))


FORMULAS = (
    Exhibit(
        "entry_price * (1 - 1/leverage)",
        "two calculators, AbraCalc and CalcVault",
    ),
    Exhibit(
        "entry_price * (1 - 1/leverage + maintenance_margin_rate)",
        "the textbook; tools.gera.services",
    ),
    Exhibit(
        "entry_price * (1 - 1/leverage - maintenance_margin_rate)",
        "at least ten programs on a code host",
        "the sign; what must be left brings death nearer, not farther",
    ),
    Exhibit(
        "entry_price * (1 - 0.9/leverage)",
        "smart contracts",
        "nine tenths of the margin may be lost only where the rate happens to be a tenth of 1/L",
    ),
    Exhibit(
        "entry_price * (1 - 1/leverage) / (1 - maintenance_margin_rate)",
        "what the formulas of Binance, Hyperliquid and dYdX come to",
    ),
    Exhibit(
        "entry_price * (1 - 1/leverage + maintenance_margin_rate/leverage)",
        "programs on a code host",
        "the base; the rate is one of the value, not of the margin",
    ),
    Exhibit(
        "entry_price * leverage / (leverage + 1 - maintenance_margin_rate*leverage)",
        "a calculator, The Standard Engine, as the formula of Binance and Bybit",
    ),
    Exhibit(
        "entry_price * (1 - maintenance_margin_rate)",
        "a back-testing library, lfest",
        "no leverage in it; right only where the rate is half of 1/L",
    ),
)


@dataclass(frozen=True)
class Print:
    """A number as it was printed, its inputs in words, and how the library computes it from them.

    >>> PRINTS[0].right == PRINTS[0].printed
    True
    """

    what: str
    printed: float
    compute: Callable[[], Any]
    seen: str
    why: str = ""

    @property
    def right(self) -> float:
        """What the library computes, to the digits that are printed."""
        digits = len(str(self.printed).partition(".")[2])
        return round(float(self.compute()), digits or None)


_ROUND = {"side": 1, "contract_size": 1}
_CENTS = Contract("BTC_USDT", contract_size=1, tick=0.1)
PRINTS = (
    Print(
        "1,000 dollars of bitcoin, long from 8,000, settled in the coin: margin 0.01 BTC, 1% at the mark",
        7_481,
        lambda: inverse.liquidation_price_mark_basis(
            **_ROUND, entry_price=8_000, quantity=1_000, position_margin=0.01, maintenance_margin_rate=0.01,
            maintenance_amount=0, liquidation_fee_rate=0,
        ),
        "Kraken, support 360022835671",
    ),
    Print(
        "0.1 BTC long from 50,000 at 25x, 0.4% on entry",
        51_800,
        lambda: linear.liquidation_price_by_leverage(
            side=1, entry_price=50_000, leverage=25, maintenance_margin_rate=0.004
        ),
        "a copy of MEXC's example on makeyousmile.net",
        "it is the short's",
    ),
    Print(
        "3 BTC long from 59,629.9, margin 894.4475, 0.4% on entry",
        59_560.2,
        lambda: _CENTS.to_tick(
            linear.liquidation_price_entry_basis(
                **_ROUND, entry_price=59_629.9, quantity=3, position_margin=894.4475, maintenance_margin_rate=0.004,
                maintenance_amount=0, liquidation_fee_rate=0,
            ),
            side=1,
        ),
        "Megabit, help 10509156450063",
        "one digit is another",
    ),
    Print(
        "the value of 10 contracts of 0.01 BTC at 9,961",
        99.61,
        lambda: linear.position_value(mark_price=9_961, quantity=10, contract_size=0.01),
        "CoinTR, help 5219504409487",
        "ten times too little",
    ),
    Print(
        "5 contracts of 0.0001 BTC, long from 109,777.5 at 2x, 0.1% on entry, and a closing fee of 0.04% counted",
        55_020.5,
        lambda: MEXC_BTC_USDT.liquidation_price(
            side=1, entry_price=109_777.5, quantity=5, leverage=2, on_tick=True
        ),
        "MEXC's interface documentation",
    ),
    Print(
        "a long from 50,000 at 100x, 0.5% at the mark",
        49_950,
        lambda: linear.liquidation_price_mark_basis(
            **_ROUND, entry_price=50_000, quantity=1, position_margin=500, maintenance_margin_rate=0.005,
            maintenance_amount=0, liquidation_fee_rate=0,
        ),
        "open-lib.com 6603, as OKX's",
        "its formula leaves most of the margin out: 0.1% of room where there is 0.5%",
    ),
)  # fmt: skip
