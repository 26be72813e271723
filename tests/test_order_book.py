"""The book against one that is walked level by level, and its ends."""

import random

import numpy as np
import pytest
from liquidation.engine.order_book import OrderBook


def walked(price, depth, eaten, quantity):
    """Sell one step after the other; a purchase is a sale backwards."""
    if quantity < 0:
        return -walked(price, depth, eaten + quantity, -quantity)
    money = 0
    for step in range(eaten, eaten + quantity):
        # A step between the bids (0 and up) or the offers (below 0) that were eaten.
        money += price - step // depth if step >= 0 else price + (-step - 1) // depth
    return money


def test_proceeds_are_those_of_walking_the_levels():
    draw = random.Random(8)
    for _ in range(400):
        book = OrderBook(draw.randint(1, 12))
        price, eaten, quantity = draw.randint(100, 500), draw.randint(-90, 90), draw.randint(-80, 80)
        assert book.proceeds(price, eaten, quantity) == walked(price, book.depth, eaten, quantity)


def test_in_one_go_or_in_two_it_is_the_same_money():
    book = OrderBook(7)
    whole = book.proceeds(1_000, 5, 60)
    assert whole == book.proceeds(1_000, 5, 23) + book.proceeds(1_000, 28, 37)
    sales = np.array([23, 60])
    np.testing.assert_array_equal(book.proceeds(1_000, 5, sales), [book.proceeds(1_000, 5, q) for q in (23, 60)])
    ten = OrderBook(10)
    assert ten.proceeds(1_000, 0, 25) == 24_980 and -ten.proceeds(1_000, 0, -25) == 25_020, "sold low, bought high"


def test_where_the_market_stands_and_how_it_comes_back():
    book = OrderBook(10, refill=0.25)
    assert [book.price(100, eaten) for eaten in (0, 9, 10, 25, -25, 5_000)] == [100, 100, 99, 98, 102, 1]
    assert (book.refilled(100), book.refilled(-100), book.refilled(0)) == (75, -75, 0)
    assert OrderBook(10).refilled(100) == 100 and OrderBook(10, refill=1).refilled(100) == 0
    assert book.room(100, eaten=40) == 950 and book.room(100, 5_000) == 0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"depth": 0}, "depth=0 is not allowed: it is a whole number from 1 to"),
        ({"depth": 1.5}, "depth=1.5"),
        ({"depth": 5, "refill": 1.1}, "refill=1.1"),
        ({"depth": "x"}, "depth='x'"),
    ],
)
def test_what_is_no_book_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        OrderBook(**given)
