"""The trigger equation and every formula that follows from it, for linear and for inverse contracts.

    equity = requirement:    position_margin + unrealized_pnl = maintenance_margin + closing_fee

A kind of contract is two substitutions into it: what a position is worth at a price, and what it has gained.
Everything else is derived, once, by SymPy. ``linear`` and ``inverse`` hold the same formulas for the two kinds.
(The module is long because every formula of the course stands here, with its sentence and its source.)

Sources of the rules (read 2026-11-26): MEXC Learn "What is forced liquidation" for the trigger without fees, MEXC
support 360044646391 for the trigger with the liquidation fee; Bybit help "Liquidation Price (USDT Contract)" and
Binance FAQ b3c689c1f50a44cabb3a84e663b81d93 for maintenance on entry and on mark value. That MEXC's position
margin holds the close-fee reserve and that its maintenance stands on entry value was inferred from its published
account samples; see the tests of this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from .algebra.checks import one_of
from .algebra.formula import Formula
from .algebra.vocabulary import Relation, Term, Vocabulary

LONG = 1
SHORT = -1


def _below_one_over(rate: Any, leverage: Any) -> Any:
    return rate * leverage < 1


def _below_one_together(rate: Any, fee: Any) -> Any:
    return rate + fee < 1


_RATE_BELOW_ONE_OVER_LEVERAGE = Relation(
    ("maintenance_margin_rate", "leverage"),
    _below_one_over,
    "the maintenance margin rate must be below 1/leverage, or the position is liquidated the moment it opens",
)
_RATES_BELOW_ONE = Relation(
    ("maintenance_margin_rate", "liquidation_fee_rate"),
    _below_one_together,
    "the two rates must add up to less than 1, or closing would take the whole value of the position",
)
_MEXC = "MEXC support 360044646391, “Liquidation and Risk Limit”, read 2026-11-26"
_TEXTBOOK = "MEXC Learn, “What is forced liquidation”, read 2026-11-26"
_BINANCE = "Binance FAQ b3c689c1f50a44cabb3a84e663b81d93, “How to calculate liquidation price”, read 2026-11-26"
_SAMPLES = "inferred from MEXC's published account samples, 2026; see tests/test_theory.py"
_FUNDING = "MEXC Learn 17827791509933, on the funding rate, read 2026-11-26"
_DERIBIT = "Deribit support 25944738177565, “Linear Perpetual”, read 2026-11-26"
_DERIVED = "derived from the trigger equation in this module"


def _vocabulary(money: str, price: str, contract_size: str) -> Vocabulary:
    """The words of the subject with the units of one kind of contract."""
    return Vocabulary(
        (
            Term("side", "s", "side: +1 long, −1 short", "sign", "side"),
            Term("entry_price", "E", "entry price (average, if bought in parts)", price),
            Term("mark_price", "P", "mark price, the venue's fair price", price),
            Term("quantity", "n", "number of contracts", "contracts"),
            Term("contract_size", "c", "contract size", contract_size),
            Term("leverage", "L", "leverage", "times"),
            Term("position_value", "V", "position value (notional)", money, "non-negative"),
            Term("initial_margin", "M_0", "initial margin", money),
            Term("position_margin", "M", "position margin: what backs the position", money),
            Term("added_margin", "a", "margin added (+) or taken out (−)", money, "number"),
            Term("unrealized_pnl", "U", "unrealized profit (+) or loss (−)", money, "number"),
            Term("return_on_margin", "r", "unrealized PnL over initial margin", "fraction", "number"),
            Term("equity", "W", "equity: margin and unrealized PnL", money, "number"),
            Term("maintenance_margin", "R", "maintenance margin: the requirement", money, "non-negative"),
            Term("maintenance_margin_rate", "m", "maintenance margin rate", "fraction", "rate"),
            Term(
                "rate_growth", "h", "what each unit of value adds to the rate", f"fraction per {money}", "non-negative"
            ),
            Term("maintenance_amount", "A", "maintenance amount (deduction)", money, "non-negative"),
            Term("taker_fee_rate", "t", "taker fee rate, reserved for the close", "fraction", "rate"),
            Term("closing_fee", "F", "fee for closing, where the venue counts it", money, "non-negative"),
            Term("liquidation_fee_rate", "f", "liquidation fee rate", "fraction", "rate"),
            Term(
                "margin_ratio",
                "rho",
                "margin ratio: requirement over equity, 1 at liquidation",
                "fraction",
                "non-negative",
            ),
            Term("funding_rate", "phi", "funding rate: longs pay it if it is positive", "fraction", "number"),
            Term("funding_payment", "Phi", "one payment of funding: paid (+) or received (−)", money, "number"),
            Term("funding_paid", "K", "funding paid so far (+) or received (−)", money, "number"),
            Term("payments", "k", "payments of funding; negative if they are received", "number", "number"),
            Term("liquidation_price", "P_liq", "liquidation price", price, "trigger price"),
            Term("bankruptcy_price", "P_bk", "bankruptcy price", price, "trigger price"),
            Term("closed_quantity", "x", "contracts closed", "contracts", "number"),
            Term("fill_price", "p", "price at which they are closed", price),
            Term("price_gap", "g", "room between liquidation and bankruptcy price", price, "number"),
            Term("adverse_move", "d", "price move against the position, over the entry price", "fraction", "number"),
        )
    )


Basis = Literal["entry", "mark"]


@dataclass(frozen=True)
class Theory:
    """Every formula of one kind of contract. Units: see each formula's ``legend``; help on a formula says what it is.

    ``entry_basis``: maintenance margin on the value at entry (MEXC; Bybit until 2026).
    ``mark_basis``: maintenance margin on the value at the mark price (Binance, Bybit since 2026, OKX, Gate).

    >>> linear.requirement("mark") is linear.requirement_mark_basis
    True
    """

    kind: Literal["linear", "inverse"]
    vocabulary: Vocabulary
    trigger: Formula
    position_value: Formula
    unrealized_pnl: Formula
    initial_margin: Formula
    return_on_margin: Formula
    position_margin: Formula
    maintenance_margin: Formula
    maintenance_margin_entry_basis: Formula
    maintenance_margin_mark_basis: Formula
    maintenance_margin_growing: Formula
    closing_fee: Formula
    requirement_entry_basis: Formula
    requirement_mark_basis: Formula
    margin_ratio: Formula
    liquidation_price: Formula
    liquidation_price_entry_basis: Formula
    liquidation_price_mark_basis: Formula
    liquidation_price_by_amount: Formula
    liquidation_price_by_leverage: Formula
    bankruptcy_price: Formula
    bankruptcy_price_by_leverage: Formula
    bankruptcy_price_by_equity: Formula
    funding_payment: Formula
    liquidation_price_after_funding: Formula
    payments_until_liquidation: Formula
    payments_until_liquidation_by_leverage: Formula
    quantity_to_close: Formula
    price_gap: Formula
    margin_to_add: Formula
    adverse_move: Formula
    largest_leverage: Formula

    def requirement(self, basis: Basis) -> Formula:
        """Return the requirement at a mark price, from rates, on the value at entry or at the mark price."""
        return (
            self.requirement_entry_basis
            if one_of("basis", basis, "entry", "mark") == "entry"
            else self.requirement_mark_basis
        )

    def liquidation_price_on(self, basis: Basis) -> Formula:
        """Return the liquidation price from rates, with the maintenance margin on that value."""
        entry = one_of("basis", basis, "entry", "mark") == "entry"
        return self.liquidation_price_entry_basis if entry else self.liquidation_price_mark_basis


_SAID: dict[str, tuple[str, str]] = {
    "trigger": ("Equity = requirement, not solved for anything.", _MEXC),
    "position_value": ("What a position is worth at a mark price.", _TEXTBOOK),
    "unrealized_pnl": ("What a position has gained or lost at a mark price.", _TEXTBOOK),
    "initial_margin": ("Value at entry over leverage: no reserve for fees.", _TEXTBOOK),
    "return_on_margin": ("Gain or loss over the initial margin.", _TEXTBOOK),
    "position_margin": (
        "Initial margin plus the reserve for the closing fee (MEXC); taker_fee_rate=0 leaves the reserve out.",
        _SAMPLES,
    ),
    "maintenance_margin": ("What must be left of a value, by its tier's rate and maintenance amount.", _BINANCE),
    "maintenance_margin_entry_basis": ("Maintenance margin on the value at entry (MEXC).", _SAMPLES),
    "maintenance_margin_mark_basis": ("Maintenance margin on the value at the mark price.", _BINANCE),
    "maintenance_margin_growing": (
        "Maintenance margin by a rate that rises with the value itself: no steps, and the more the steeper.",
        _DERIBIT,
    ),
    "closing_fee": ("Liquidation fee, where the venue counts it into the requirement.", _MEXC),
    "requirement_entry_basis": ("Maintenance margin on the value at entry, and the closing fee.", _MEXC),
    "requirement_mark_basis": ("Maintenance margin on the value at the mark price, and the closing fee.", _BINANCE),
    "margin_ratio": (
        "Requirement over equity; rises to 1 at liquidation. At or beyond bankruptcy there is no such ratio.",
        _MEXC,
    ),
    "liquidation_price": ("From amounts of money, without fees: the textbook's pair of formulas in one.", _TEXTBOOK),
    "liquidation_price_entry_basis": (
        "From rates, maintenance on the value at entry, with the liquidation fee: MEXC's own rule.",
        _MEXC,
    ),
    "liquidation_price_mark_basis": (
        "From rates, maintenance on the value at the mark price, with the liquidation fee.",
        _BINANCE,
    ),
    "liquidation_price_by_amount": (
        "From the amount of the maintenance margin, with the liquidation fee: for what is no rate, such as a floor.",
        _MEXC,
    ),
    "liquidation_price_by_leverage": (
        "From leverage and rate alone: maintenance on entry, no fees, margin never changed.",
        _TEXTBOOK,
    ),
    "bankruptcy_price": ("Where the equity is used up: the trigger with nothing required.", _DERIVED),
    "bankruptcy_price_by_leverage": ("Where the initial margin is used up.", _DERIVED),
    "bankruptcy_price_by_equity": (
        "From what is left at a mark price: equity plus what is gained or lost from there on is zero.",
        _DERIVED,
    ),
    "funding_payment": ("What one payment takes from a position, on its value at the mark price.", _FUNDING),
    "liquidation_price_after_funding": (
        "Where the position dies after funding has been paid: out of its margin, and by no price move.",
        _FUNDING,
    ),
    "payments_until_liquidation": (
        "How many payments the margin bears while the price stands still; negative if they are received.",
        _DERIVED,
    ),
    "payments_until_liquidation_by_leverage": (
        "The same for a price that stands at the entry, from leverage and rates alone.",
        _DERIVED,
    ),
    "quantity_to_close": (
        "The least to close that cures: what is left is then just required of the rest, on mark value; the sale pays a "
        "fee.",
        _DERIVED,
    ),
    "price_gap": ("The room between the liquidation and the bankruptcy price.", _DERIVED),
    "margin_to_add": ("What to add (or, negative, may be taken out) for a wanted liquidation price.", _DERIVED),
    "adverse_move": (
        "The largest move against the position, as a fraction of the entry price, that it survives.",
        _DERIVED,
    ),
    "largest_leverage": ("The leverage that puts the liquidation price at a wanted distance.", _DERIVED),
}


def _theory(
    kind: Literal["linear", "inverse"], vocabulary: Vocabulary, value: str, pnl: str, fee_basis: Basis = "mark"
) -> Theory:
    """Derive everything from the trigger, a value and a profit; ``fee_basis``: the value that pays the closing fee."""

    # One word more, for what stands on the right of the trigger; it goes into it at once.
    word = Term("requirement", "Q", "what must be left", vocabulary.term("equity").unit, "non-negative")
    words = Vocabulary((*vocabulary.terms, word))

    def formula(equation: str, target: str | None) -> Formula:
        return Formula(equation, target, words)

    equity = formula("equity = position_margin + unrealized_pnl", "equity")
    requirement = formula("requirement = maintenance_margin + closing_fee", "requirement")
    trigger = formula("equity = requirement", None).substitute(equity=equity, requirement=requirement)
    position_value = formula(f"position_value = {value}", "position_value")
    unrealized_pnl = formula(f"unrealized_pnl = {pnl}", "unrealized_pnl")
    entry_value = position_value.substitute(mark_price="entry_price")

    initial_margin = formula("initial_margin = position_value / leverage", "initial_margin").substitute(
        position_value=entry_value
    )
    initial_margin = initial_margin.provided(_RATE_BELOW_ONE_OVER_LEVERAGE)
    return_on_margin = formula("return_on_margin = unrealized_pnl / initial_margin", "return_on_margin").substitute(
        unrealized_pnl=unrealized_pnl, initial_margin=initial_margin
    )
    position_margin = formula(
        "position_margin = initial_margin + taker_fee_rate * position_value", "position_margin"
    ).substitute(initial_margin=initial_margin, position_value=entry_value)
    maintenance = formula(
        "maintenance_margin = maintenance_margin_rate * position_value - maintenance_amount", "maintenance_margin"
    )
    on_entry = maintenance.substitute(position_value=entry_value)
    on_mark = maintenance.substitute(position_value=position_value)
    growing = maintenance.substitute(
        maintenance_margin_rate="maintenance_margin_rate + rate_growth * position_value", maintenance_amount=0
    )
    fee = formula("closing_fee = liquidation_fee_rate * position_value", "closing_fee").substitute(
        position_value=entry_value if fee_basis == "entry" else position_value
    )
    fee = fee.provided(_RATES_BELOW_ONE)
    needs = requirement.substitute(closing_fee=fee)
    margin_ratio = formula("margin_ratio = requirement / equity", "margin_ratio").substitute(
        requirement=requirement.substitute(closing_fee=0), equity=equity.substitute(unrealized_pnl=unrealized_pnl)
    )

    # From here on the price is the unknown: the trigger at the price where it fires.
    at_price = trigger.substitute(unrealized_pnl=unrealized_pnl)

    def trigger_price(name: str, **terms: Formula | float) -> Formula:
        return at_price.substitute(**terms).substitute(mark_price=name).solve_for(name)

    liquidation_price = trigger_price("liquidation_price", closing_fee=0)
    by_entry = trigger_price("liquidation_price", maintenance_margin=on_entry, closing_fee=fee)
    by_mark = trigger_price("liquidation_price", maintenance_margin=on_mark, closing_fee=fee)
    by_leverage = by_entry.substitute(position_margin=initial_margin, maintenance_amount=0, liquidation_fee_rate=0)
    bankruptcy_price = trigger_price("bankruptcy_price", maintenance_margin=0, closing_fee=0)

    from_here = unrealized_pnl.substitute(entry_price="mark_price", mark_price="bankruptcy_price")
    by_equity = formula("equity + unrealized_pnl = 0", None).substitute(unrealized_pnl=from_here)

    funding_payment = formula("funding_payment = side * funding_rate * position_value", "funding_payment")
    funding_payment = funding_payment.substitute(position_value=position_value)
    after_funding = liquidation_price.substitute(position_margin="position_margin - funding_paid")
    payments = at_price.substitute(closing_fee=0, position_margin="position_margin - payments * funding_payment")
    payments = payments.substitute(funding_payment=funding_payment).solve_for("payments")
    at_entry = payments.substitute(position_margin=initial_margin, maintenance_margin=on_mark)
    at_entry = at_entry.substitute(mark_price="entry_price", maintenance_amount=0)

    sold = {"quantity": "closed_quantity", "mark_price": "fill_price"}
    curing = formula("equity + unrealized_pnl - taker_fee_rate * position_value = requirement", None).substitute(
        unrealized_pnl=unrealized_pnl.substitute(entry_price="mark_price", **sold),
        position_value=position_value.substitute(**sold),
        requirement=needs.substitute(maintenance_margin=on_mark).substitute(quantity="quantity - closed_quantity"),
    )

    price_gap = formula("price_gap = side * (liquidation_price - bankruptcy_price)", "price_gap").substitute(
        liquidation_price=liquidation_price, bankruptcy_price=bankruptcy_price
    )
    margin_to_add = liquidation_price.substitute(position_margin="position_margin + added_margin")
    margin_to_add = margin_to_add.solve_for("added_margin")
    adverse_move = formula("adverse_move = side * (entry_price - liquidation_price) / entry_price", "adverse_move")
    adverse_move = adverse_move.substitute(liquidation_price=by_leverage)

    found = dict(
        trigger=trigger,
        position_value=position_value,
        unrealized_pnl=unrealized_pnl,
        initial_margin=initial_margin,
        return_on_margin=return_on_margin,
        position_margin=position_margin,
        maintenance_margin=maintenance,
        maintenance_margin_entry_basis=on_entry,
        maintenance_margin_mark_basis=on_mark,
        maintenance_margin_growing=growing,
        closing_fee=fee,
        requirement_entry_basis=needs.substitute(maintenance_margin=on_entry),
        requirement_mark_basis=needs.substitute(maintenance_margin=on_mark),
        margin_ratio=margin_ratio,
        liquidation_price=liquidation_price,
        liquidation_price_entry_basis=by_entry,
        liquidation_price_mark_basis=by_mark,
        liquidation_price_by_amount=trigger_price("liquidation_price", closing_fee=fee),
        liquidation_price_by_leverage=by_leverage,
        bankruptcy_price=bankruptcy_price,
        bankruptcy_price_by_leverage=bankruptcy_price.substitute(position_margin=initial_margin),
        bankruptcy_price_by_equity=by_equity.solve_for("bankruptcy_price"),
        funding_payment=funding_payment,
        liquidation_price_after_funding=after_funding,
        payments_until_liquidation=payments,
        payments_until_liquidation_by_leverage=at_entry,
        quantity_to_close=curing.solve_for("closed_quantity"),
        price_gap=price_gap,
        margin_to_add=margin_to_add,
        adverse_move=adverse_move,
        largest_leverage=adverse_move.solve_for("leverage"),
    )
    described = {name: formula.described(*_SAID[name]) for name, formula in found.items()}
    return Theory(kind=kind, vocabulary=vocabulary, **described)


def theory_of(kind: Literal["linear", "inverse"], closing_fee_basis: Basis) -> Theory:
    """Return the formulas of a kind of contract, with the closing fee on the value at entry or at the mark price.

    >>> theory_of("linear", "mark") is linear
    True
    """
    one_of("kind", kind, "linear", "inverse")
    return _made(kind, one_of("closing_fee_basis", closing_fee_basis, "entry", "mark"))


@cache
def _made(kind: str, closing_fee_basis: Basis) -> Theory:
    if kind == "linear":
        return _theory(
            "linear",
            _vocabulary(money="USDT", price="USDT per coin", contract_size="coins per contract"),
            value="mark_price * quantity * contract_size",
            pnl="side * (mark_price - entry_price) * quantity * contract_size",
            fee_basis=closing_fee_basis,
        )
    return _theory(
        "inverse",
        _vocabulary(money="coins", price="USD per coin", contract_size="USD per contract"),
        value="quantity * contract_size / mark_price",
        pnl="side * (quantity * contract_size / entry_price - quantity * contract_size / mark_price)",
        fee_basis=closing_fee_basis,
    )


linear = theory_of("linear", "mark")
"""Contracts on an amount of coin, settled in the quote currency (USDT-margined)."""

inverse = theory_of("inverse", "mark")
"""Contracts on an amount of dollars, settled in the coin (coin-margined)."""

trigger = linear.trigger
liquidation_price = linear.liquidation_price
bankruptcy_price = linear.bankruptcy_price
