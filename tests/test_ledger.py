"""Who paid whom: what a payment is, how it reads, and that the sums of all parties are zero."""

from fractions import Fraction

import pytest
from liquidation import Transfer, balances, pay


def test_a_payment_reads_in_full_and_to_the_cent():
    assert str(Transfer("trader", "clearing", 1_234.5, "loss")) == "trader → clearing: 1,234.50 (loss)"
    assert str(Transfer("clearing", "Ann", Fraction(1, 3), "gain")) == "clearing → Ann: 0.33 (gain)"


@pytest.mark.parametrize(
    ("amount", "transfers"),
    [
        (Fraction(5, 2), (Transfer("a", "b", Fraction(5, 2), "why"),)),
        (-7, (Transfer("b", "a", 7, "why"),)),
        (0, ()),
    ],
)
def test_a_negative_payment_goes_the_other_way_and_nothing_is_no_payment(amount, transfers):
    assert pay("a", "b", amount, "why") == transfers


def test_received_less_paid():
    book = balances([Transfer("a", "b", 5, ""), Transfer("b", "c", 2, ""), Transfer("c", "a", 4, "")])
    assert book == {"a": -1, "b": 3, "c": -2}


def test_nothing_can_be_paid_in_a_transfer_but_not_less():
    assert Transfer("a", "b", 0, "").amount == 0
    with pytest.raises(ValueError, match="amount=-1"):
        Transfer("a", "b", -1, "")
    with pytest.raises(ValueError, match="cannot pay itself"):
        Transfer("a", "a", 1, "")


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda: Transfer(5, "b", 1, ""), "^payer=5 is not allowed: payer must be text"),
        (lambda: Transfer("a", 5, 1, ""), "^payee=5"),
        (lambda: Transfer("a", "b", 1, 5), "^why=5"),
        (lambda: Transfer("a", "b", "all", ""), "^amount='all'"),
        (lambda: pay(5, "b", 0, ""), "^payer=5"),
        (lambda: pay("a", 5, 0, ""), "^payee=5"),
        (lambda: pay("a", "b", 0, 5), "^why=5"),
        (lambda: pay("a", "b", "all", ""), "^amount='all'"),
        (lambda: balances(5), "^transfers=5 is not allowed.* a list of payments"),
        (lambda: balances([5]), "^transfers=5 is not allowed: transfers must be payments, as a trace"),
    ],
)
def test_what_is_no_payment_is_refused(act, says):
    with pytest.raises(ValueError, match=says):
        act()
