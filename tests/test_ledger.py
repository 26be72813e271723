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
