"""A cascade: the price reaches traders, their positions are sold, the selling moves the price to the next ones.

A tick of time is one round: the book refills, the mark is where the market stands, whoever it has reached is
liquidated, what is sold goes into the book, the fund keeps or pays the difference to the bankruptcy prices, and what it
cannot pay for is closed against winners. Who is reached is found in two sorted lists of liquidation prices: a tick
costs what its hits cost, whatever the size of the crowd (and one glance at those who have kept a part; one at
everybody, where winners are looked for). Everything is counted in whole units, so that money and open
interest can be checked to the last one; they are, at the end of every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ..algebra.checks import InputError, as_list, one_of, refuse
from .crowd import Crowd, Whole
from .order_book import PARTS, OrderBook, whole

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]  # pandas ships no types

Portion = Literal["all", "tiers", "least", "fifth"]
COLUMNS = (
    "price", "liquidated", "liquidated_value", "sold", "fund", "deleveraged", "deleveraged_value", "queue", "alive",
    "hits",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Cascade:
    """What happened, a tick of time for a row; made by :func:`run_cascade`.

    Arguments:
        rows: prices at the end of each tick [ticks]; what was liquidated [steps] and its value at the mark [ticks x
            steps]; what was sold into the book [steps]; the fund [ticks x steps]; what was deleveraged [steps] and its
            value at the price of it [ticks x steps]; the longest queue of winners that it came to; traders that still
            hold a position; and how many were hit.
        start: the outside price at the first tick of time [ticks].
        died: the tick of time at which each trader's position was gone; -1: it is still there.
        unsold: what the engine could not sell because the book was empty [steps].
        paid_in: all the money there was [ticks x steps].

    >>> from liquidation.engine.crowd import Crowd
    >>> run_cascade(Crowd([1], [100], [50_000], [200_000], 0.004), [50_000, 40_000], OrderBook(depth=100)).outcome
    'the fund is below zero: there were not enough winners to take over'
    """

    rows: dict[str, Whole]
    start: int
    died: npt.NDArray[np.int32]
    unsold: int
    paid_in: int

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame of pandas."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    @property
    def drop(self) -> int:
        """How far the price has fallen from the start to its lowest [ticks]."""
        return int(self.start - self.rows["price"].min())

    @property
    def outcome(self) -> str:
        """What became of the venue, in words."""
        if self.unsold:
            return "the book was empty: the engine could not sell everything"
        if int(self.rows["fund"][-1]) < 0:
            return "the fund is below zero: there were not enough winners to take over"
        return "winners were deleveraged" if int(self.rows["deleveraged"].sum()) else "the fund paid for everything"

    def __repr__(self) -> str:
        lost = int((self.died >= 0).sum())
        return f"<Cascade of {self.died.size:,} traders: {lost:,} gone, {self.outcome}>"


def run_cascade(
    crowd: Crowd,
    outside: Any,
    book: OrderBook,
    *,
    fund: int = 0,
    portion: Portion = "all",
    depths: Any = None,
    progress: Callable[[Iterable[int]], Iterable[int]] | None = None,
    check: bool = False,
) -> Cascade:
    """Let the outside price move through a crowd, a tick of time after the other.

    Traders are liquidated at the mark, at or below their requirement. How much of a position goes at once:

    * ``portion="all"``: the engine takes it over at its bankruptcy price and sells it;
    * ``"tiers"``: it takes over at that price what brings the position into the tier below, all of it in the lowest;
    * ``"least"``: it sells in the market what would cure if the sale did not move the price;
    * ``"fifth"``: it sells a fifth the first time and all of it the next; what is left stays the trader's.

    Whoever is past bankruptcy, or would be by the sale, is taken over whatever the portion. Of those who are taken over
    in one tick the ones whose sale brings most, or costs the fund least, are sold first (our choice). What the fund
    cannot pay for is closed against the winners of highest leveraged return at the bankruptcy price of whom they are
    closed for; a winner who would be bankrupt by that is passed over (our choice, as on dYdX).

    Arguments:
        crowd: who is there.
        outside: the price elsewhere, for each tick of time [ticks].
        book: what rests between the two.
        fund: the insurance fund at the start [ticks x steps].
        portion: how much of a position is sold at once.
        depths: of a book that thins out or thickens, for each tick of time [steps per tick]; None: the book's own. The
            price stays where it is while the depth changes.
        progress: wraps the ticks of time, to show how far it is.
        check: check money and open interest at every tick, and not at the end only.

    >>> from liquidation.engine.crowd import Crowd
    >>> two = Crowd([1, -1], [100, 100], [50_000, 50_000], [200_000, 200_000], 0.004)
    >>> run = run_cascade(two, [50_000, 48_500, 48_190], OrderBook(depth=10), fund=1_000)
    >>> run.frame.price.tolist(), run.frame.fund.tolist()
    ([50000, 48500, 48180], [1000, 1000, 19550])
    >>> run
    <Cascade of 2 traders: 1 gone, the fund paid for everything>

    Raises ``ValueError`` for prices and depths that are none.
    """
    if not isinstance(crowd, Crowd):
        raise refuse("crowd", crowd, "a Crowd")
    if not isinstance(book, OrderBook):
        raise refuse("book", book, "an OrderBook")
    prices = _prices(outside)
    one_of("portion", portion, "all", "tiers", "least", "fifth")
    one_of("check", check, True, False)
    books = _books(book, depths, prices.size)
    state = _State(crowd, books, whole("fund", fund), portion, prices)
    ticks: Iterable[int] = range(prices.size)
    for tick in ticks if progress is None else progress(ticks):
        state.tick(tick)
        if check:
            state.check()
    state.check()
    return Cascade(state.rows, int(prices[0]), state.died, abs(state.engine), state.paid_in)


def _prices(outside: object) -> Whole:
    try:
        found = np.asarray(outside)
    except ValueError:  # a ragged list
        found = np.asarray(None)
    if found.ndim != 1 or not found.size or found.dtype.kind not in "iuf":
        raise refuse("outside", outside, "a list of prices in whole ticks, one for each tick of time")
    there = np.isfinite(found) & (found >= 1) & (found <= 2.0**40)
    if not there.all():
        raise InputError(
            f"outside={found[~there][0]} is not allowed: a price is at least one tick, and at most {2**40}"
        )
    whole_prices: Whole = np.rint(found).astype(np.int64)
    return whole_prices


def _books(book: OrderBook, depths: object, ticks: int) -> list[OrderBook]:
    """Return the book of each tick of time."""
    if depths is None:
        return [book] * ticks
    given = [whole("depths", x, least=1) for x in as_list("depths", depths, "a list, one depth for each tick of time")]
    if len(given) != ticks:
        raise InputError(f"depths has {len(given)} entries, but there are {ticks} ticks of time: one for each")
    known = {depth: replace(book, depth=depth) for depth in set(given)}
    return [known[depth] for depth in given]


@dataclass
class _State:
    """The venue while it runs."""

    crowd: Crowd
    books: list[OrderBook]
    fund: int
    portion: str
    prices: Whole
    eaten: int = 0
    makers: int = 0
    """Market makers' position [steps], and their cash."""
    makers_cash: int = 0
    engine: int = 0
    """What the engine could not sell."""
    paid_out: int = 0
    """What deleveraged winners have taken with them."""
    next: dict[int, int] = field(default_factory=lambda: {1: 0, -1: 0})

    def __post_init__(self) -> None:
        crowd, self.book = self.crowd, self.books[0]
        self._check_headroom()
        self.quantity, self.margin = crowd.quantity.copy(), crowd.margin.copy()
        self.reached, self.bankrupt = crowd.liquidation_price, crowd.bankruptcy_price
        self.sorted = {side: self._sorted(side) for side in (1, -1)}
        self.again = np.empty(0, dtype=np.int64)
        self.once = np.zeros(len(crowd), dtype=bool)
        self.died = np.full(len(crowd), -1, dtype=np.int32)
        self.alive = len(crowd)
        self.makers, self.makers_cash = -crowd.net, crowd.net * int(self.prices[0])
        self.rows = {name: np.zeros(self.prices.size, dtype=np.int64) for name in COLUMNS}
        self.paid_in = self.money()

    def _check_headroom(self) -> None:
        """Refuse what 64 bits could not count if everybody were sold into this book."""
        crowd, total = self.crowd, float(self.crowd.quantity.sum(dtype=float))
        depth = min(book.depth for book in self.books)
        farthest = float(self.prices.max()) + float(crowd.entry.max(initial=0)) + total / depth
        largest = float(crowd.quantity.max(initial=0)) * farthest * PARTS
        if max(total * farthest + float(self.fund), largest) > 2.0**62:
            raise InputError(
                f"depth={depth} is too thin for a crowd of {total:.2g} steps: selling all of it would move "
                f"the price by {total / depth:.2g} ticks, more than can be counted; take larger units"
            )

    def _sorted(self, side: int) -> tuple[Whole, Whole]:
        """Traders of a side, whoever is reached first at the front, and their liquidation prices, rising."""
        those = np.flatnonzero(self.crowd.side == side)
        keys, count = -side * self.reached[those], max(those.size, 1)
        if np.abs(keys).max(initial=0) < 2**62 // count:
            # Price and place in one number: sorting numbers is quicker than sorting places, and ties keep their order.
            both = np.sort(keys * count + np.arange(those.size))
            keys = both // count
            return those[both - keys * count], keys
        order = np.argsort(keys, kind="stable")
        return those[order], keys[order]

    # -- one tick of time ----------------------------------------------------------------------------------------

    def tick(self, now: int) -> None:
        self.now, self.outside = now, int(self.prices[now])
        self._thin_out(self.books[now])
        self.eaten = self.book.refilled(self.eaten)
        self.mark = mark = self.book.price(self.outside, self.eaten)
        for side in (1, -1):
            hit = self._hit(side, mark)
            if hit.size:
                self._liquidate(hit, side, mark)
        row = {"price": self.book.price(self.outside, self.eaten), "fund": self.fund, "alive": self.alive}
        for name, value in row.items():
            self.rows[name][now] = value

    def _thin_out(self, book: OrderBook) -> None:
        """Take another depth; the same ticks stay eaten."""
        if book.depth != self.book.depth:
            eaten = abs(self.eaten) * book.depth // self.book.depth
            self.eaten = eaten if self.eaten > 0 else -eaten
        self.book = book

    def _hit(self, side: int, mark: int) -> Whole:
        """Who of a side is reached by the mark, in the order in which the price came to them."""
        those, keys = self.sorted[side]
        start = self.next[side]
        end = start + int(np.searchsorted(keys[start:], -side * mark, side="right"))
        self.next[side] = end
        hit = those[start:end]
        # A winner who was closed in part may have come into a lower tier: his price has moved away.
        moved = side * (mark - self.reached[hit]) > 0
        if moved.any():
            self.again, hit = np.concatenate([self.again, hit[moved]]), hit[~moved]
        if self.again.size:
            back = (self.crowd.side[self.again] == side) & (side * (mark - self.reached[self.again]) <= 0)
            hit = np.concatenate([hit, self.again[back]])
            self.again = self.again[~back]
        return hit[self.quantity[hit] > 0]

    def _liquidate(self, hit: Whole, side: int, mark: int) -> None:
        self.rows["hits"][self.now] += hit.size
        if self.portion == "all":
            return self._take_over(hit, side, mark)
        equity = self.margin[hit] + side * (mark - self.crowd.entry[hit]) * self.quantity[hit]
        able = equity > 0
        self._take_over(hit[~able], side, mark)
        if self.portion == "tiers":
            held = self.quantity[hit[able]]
            return self._take_over(hit[able], side, mark, held - self.crowd.below(held))
        return self._sell_parts(hit[able], equity[able], side, mark)

    def _take_over(self, taken: Whole, side: int, mark: int, sizes: Whole | None = None) -> None:
        """Take positions, or so much of them, over at their bankruptcy prices and sell, as far as the fund bears it."""
        if not taken.size:
            return
        order = np.argsort(side * self.bankrupt[taken], kind="stable")
        taken, quantity = taken[order], (self.quantity[taken] if sizes is None else sizes)[order]
        price = self.bankrupt[taken]
        self._liquidated(int(quantity.sum()))
        self.margin[taken] += side * (price - self.crowd.entry[taken]) * quantity
        self.quantity[taken] -= quantity
        closed = self.quantity[taken] == 0
        self.fund += int(self.margin[taken[closed]].sum())  # what rounding has left
        self._gone(taken[closed])
        self._keep(taken[~closed])
        total, cost = np.cumsum(quantity), np.cumsum(side * price * quantity)
        # What the fund has left after each: it rises and then falls, for the best come first and the price gets worse.
        left = self.fund + self.book.proceeds(self.outside, self.eaten, side * total) - cost
        bears = (left >= 0) & (total <= self._room(side))
        cut = int(taken.size if bears.all() else np.argmin(bears))
        whole, paid = (int(total[cut - 1]), int(cost[cut - 1])) if cut else (0, 0)
        part = (
            self._part_that_is_borne(side, whole, paid, int(quantity[cut]), int(price[cut])) if cut < taken.size else 0
        )
        if whole + part:
            brings = int(self.book.proceeds(self.outside, self.eaten, side * (whole + part)))
            self.fund += brings - paid - side * part * (int(price[cut]) if part else 0)
            self._trade(side, whole + part, brings)
        if cut < taken.size:
            quantity[cut] -= part
            self._deleverage(side, mark, quantity[cut:], price[cut:])

    def _part_that_is_borne(self, side: int, whole: int, paid: int, quantity: int, price: int) -> int:
        """How much of the next position can still be sold before the fund is at zero, or the book empty."""
        low, high = 0, min(quantity, max(self._room(side) - whole, 0))
        while low < high:
            middle = (low + high + 1) // 2
            brings = int(self.book.proceeds(self.outside, self.eaten, side * (whole + middle)))
            if self.fund + brings - paid - side * middle * price >= 0:
                low = middle
            else:
                high = middle - 1
        return low

    def _room(self, side: int) -> int:
        return self.book.room(self.outside, self.eaten) if side > 0 else 2**62

    def _trade(self, side: int, quantity: int, brings: int) -> None:
        """Market makers take the other side of what the engine sells, or buys back."""
        self.eaten += side * quantity
        self.makers += side * quantity
        self.makers_cash -= brings
        self.rows["sold"][self.now] += quantity

    def _liquidated(self, quantity: int) -> None:
        self.rows["liquidated"][self.now] += quantity
        self.rows["liquidated_value"][self.now] += quantity * self.mark

    def _gone(self, those: Whole) -> None:
        self.quantity[those], self.margin[those] = 0, 0
        self.died[those] = self.now
        self.alive -= int(those.size)

    # -- a part only ---------------------------------------------------------------------------------------------

    def _sell_parts(self, hit: Whole, equity: Whole, side: int, mark: int) -> None:
        """Sell parts in the market; what is left, and its money, stays with the traders."""
        if not hit.size:
            return
        held = self.quantity[hit]
        if self.portion == "least":
            stays = np.clip((PARTS * equity - 1) // (np.maximum(self.crowd.rate_of(held), 1) * mark), 0, held - 1)
            part = held - stays
        else:
            part = np.where(self.once[hit], held, np.maximum(held // 5, 1))
            self.once[hit] = True
        fits = np.cumsum(part) <= self._room(side)
        # Whoever would be closed by the sale below what is owed is taken over instead; so is what the book cannot take.
        solvent = fits.copy()
        if fits.any():
            each = self._average(side, int(part[fits].sum()))
            ends = self.margin[hit] + side * (each - self.crowd.entry[hit]) * held
            solvent &= (part < held) | (ends >= 0)
        self._sell_the_parts(hit[solvent], held[solvent], part[solvent], side)
        self._take_over(hit[~solvent], side, mark)

    def _average(self, side: int, quantity: int) -> int:
        """Whole ticks that a sale brings for each step, or that a purchase costs; what is left over is the fund's."""
        brings = int(self.book.proceeds(self.outside, self.eaten, side * quantity))
        return brings // quantity if side > 0 else -(brings // quantity)

    def _sell_the_parts(self, hit: Whole, held: Whole, part: Whole, side: int) -> None:
        quantity = int(part.sum())
        if not quantity:
            return
        each = self._average(side, quantity)
        brings = int(self.book.proceeds(self.outside, self.eaten, side * quantity))
        self.fund += brings - side * each * quantity
        self._trade(side, quantity, brings)
        self._liquidated(quantity)
        self.margin[hit] += side * (each - self.crowd.entry[hit]) * part
        self.quantity[hit] = held - part
        closed = hit[self.quantity[hit] == 0]
        self.paid_out += int(self.margin[closed].sum())  # whoever has closed all takes the rest along
        self._gone(closed)
        self._keep(hit[self.quantity[hit] > 0])

    def _keep(self, those: Whole) -> None:
        """Watch those who have kept a part; they are no longer in the sorted list."""
        if those.size:
            self._reprice(those)
            self.again = np.concatenate([self.again, those])

    def _reprice(self, those: Whole) -> None:
        """Find the new prices of who is left; a margin that is used up makes a position that is reached at once."""
        side, entry, quantity, margin = (
            array[those] for array in (self.crowd.side, self.crowd.entry, self.quantity, self.margin)
        )
        lost, below = entry * quantity - side * margin, quantity * (PARTS - side * self.crowd.rate_of(quantity))
        self.reached[those] = np.where(side > 0, lost * PARTS // below, -(-lost * PARTS // below))
        self.bankrupt[those] = entry - side * (margin // quantity)

    # -- winners -------------------------------------------------------------------------------------------------

    def _deleverage(self, side: int, mark: int, quantity: Whole, price: Whole) -> None:
        """Close what the fund cannot pay for against winners of the other side, the highest leveraged return first."""
        queue = self._queue(-side, mark, int(price.max() if side > 0 else price.min()))
        self.rows["queue"][self.now] = max(self.rows["queue"][self.now], queue.size)
        wanted, offered = np.cumsum(quantity), np.cumsum(self.quantity[queue])
        matched = min(int(wanted[-1]), int(offered[-1]) if queue.size else 0)
        if matched:
            ends = np.unique(np.concatenate([wanted, offered, [matched]]))
            ends = ends[ends <= matched]
            each = np.diff(ends, prepend=0)
            loser, winner = np.searchsorted(wanted, ends), np.searchsorted(offered, ends)
            self._close_winners(queue, winner, each, price[loser], -side)
            self.rows["deleveraged_value"][self.now] += int((each * price[loser]).sum())
        self.rows["deleveraged"][self.now] += matched
        if matched < wanted[-1]:
            left = np.minimum(quantity, np.maximum(wanted - matched, 0))
            self._leave_to_the_fund(side, int(left.sum()), int((left * price).sum()))

    def _queue(self, side: int, mark: int, bankrupt: int) -> Whole:
        """The winners of a side whom a close at a price leaves solvent, in the order in which they are closed."""
        there = np.flatnonzero((self.crowd.side == side) & (self.quantity > 0))
        gain = side * (mark - self.crowd.entry[there])  # for each step
        solvent = (gain > 0) & (side * (bankrupt - self.bankrupt[there]) >= 0)
        there, gain = there[solvent], gain[solvent]
        per_step = self.margin[there] / self.quantity[there]
        score = gain / self.crowd.entry[there] * (mark / (per_step + gain))
        return there[np.argsort(-score, kind="stable")]

    def _close_winners(self, queue: Whole, winner: Whole, each: Whole, price: Whole, side: int) -> None:
        count = int(winner[-1]) + 1
        those = queue[:count]
        closed = np.zeros(count, dtype=np.int64)
        gained = np.zeros(count, dtype=np.int64)
        np.add.at(closed, winner, each)
        np.add.at(gained, winner, side * (price - self.crowd.entry[queue[winner]]) * each)
        held, margin = self.quantity[those], self.margin[those]
        # Only the last one may keep a part; its margin leaves in proportion, whole units of it.
        freed = margin.copy()
        if closed[-1] < held[-1]:
            freed[-1] = int(margin[-1]) * int(closed[-1]) // int(held[-1])
        self.paid_out += int((freed + gained).sum())
        self.quantity[those], self.margin[those] = held - closed, margin - freed
        self._reprice(those[-1:][self.quantity[those[-1:]] > 0])
        all_closed = those[self.quantity[those] == 0]
        self.died[all_closed] = self.now
        self.alive -= int(all_closed.size)

    def _leave_to_the_fund(self, side: int, quantity: int, cost: int) -> None:
        """Sell what nobody takes, at the fund's expense; what the book does not take stays with the engine."""
        sold = min(quantity, self._room(side))
        if sold:
            brings = int(self.book.proceeds(self.outside, self.eaten, side * sold))
            self.fund += brings
            self._trade(side, sold, brings)
        self.fund -= side * cost
        self.engine += side * (quantity - sold)

    # -- nothing is lost -----------------------------------------------------------------------------------------

    def money(self) -> int:
        """All the money of the venue at the present outside price; the same at any price, and at any time."""
        crowd, price = self.crowd, int(self.prices[0])
        held = self.margin + crowd.side * (price - crowd.entry) * self.quantity
        others = self.makers_cash + self.makers * price + self.engine * price
        return int(held.sum()) + others + self.fund + self.paid_out

    def check(self) -> None:
        """Money and open interest, to the last unit."""
        open_interest = int((self.crowd.side * self.quantity).sum()) + self.makers + self.engine
        assert open_interest == 0, f"open interest of {open_interest} steps has nobody on the other side"
        assert self.money() == self.paid_in, f"{self.money() - self.paid_in} units of money were made or lost"
