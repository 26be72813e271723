"""Who paid whom: every movement of money has a payer and a payee, so that none is made or lost.

A futures venue holds the money of all its traders. What a position has gained is owed by whoever stands on the other
side of it; until it is realized it is a claim, kept by the *clearing*. Realizing a loss is a payment to the clearing,
realizing a gain a payment from it. So the clearing's balance is minus all that has been realized, and at every mark
price the money of the venue, cash and claims together, is what has been paid in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ..algebra.checks import InputError, Number, as_list, one_number, refuse

TRADER, CLEARING, ENGINE, FUND, FEES = "trader", "clearing", "engine", "fund", "fees"


@dataclass(frozen=True)
class Transfer:
    """``payer`` pays ``payee`` an ``amount`` of money of at least 0, for a reason in words.

    >>> print(Transfer("trader", "clearing", 20, "loss realized"))
    trader → clearing: 20.00 (loss realized)
    """

    payer: str
    payee: str
    amount: Number
    why: str

    def __post_init__(self) -> None:
        for name in ("payer", "payee", "why"):
            if not isinstance(getattr(self, name), str):
                raise refuse(name, getattr(self, name), "text")
        amount = one_number("amount", self.amount, "number")
        if amount < 0:
            raise InputError(f"amount={amount} is not allowed: a transfer is at least 0; swap payer and payee")
        if self.payer == self.payee:
            raise InputError(f"{self.payer!r} cannot pay itself")

    def __str__(self) -> str:
        return f"{self.payer} → {self.payee}: {float(self.amount):,.2f} ({self.why})"


def pay(payer: str, payee: str, amount: Number, why: str) -> tuple[Transfer, ...]:
    """Return the transfer of an amount of either sign, turned round if negative; nothing if it is zero.

    >>> [str(transfer) for transfer in pay("trader", "clearing", -5, "gain realized")]
    ['clearing → trader: 5.00 (gain realized)']
    """
    for name, party in (("payer", payer), ("payee", payee), ("why", why)):
        if not isinstance(party, str):
            raise refuse(name, party, "text")
    if one_number("amount", amount, "number") == 0:
        return ()
    return (Transfer(payer, payee, amount, why) if amount > 0 else Transfer(payee, payer, -amount, why),)


def balances(transfers: Iterable[Transfer]) -> dict[str, Number]:
    """Sum the transfers by party: received less paid. The sums of all parties add up to zero.

    >>> balances([Transfer("trader", "clearing", 20, "loss"), Transfer("clearing", "engine", 5, "gain")])
    {'trader': -20, 'clearing': 15, 'engine': 5}
    """
    sums: dict[str, Number] = defaultdict(int)
    for transfer in as_list("transfers", transfers, "a list of payments"):
        if not isinstance(transfer, Transfer):
            raise refuse("transfers", transfer, "payments, as a trace or a settlement lists them")
        sums[transfer.payer] -= transfer.amount
        sums[transfer.payee] += transfer.amount
    return dict(sums)
