"""Check an account: how close each position is, how likely its end, and three ways out with what each costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..algebra.checks import InputError, Number, one_number, refuse
from ..algebra.evaluation import NEVER, NoPrice, Price
from ..engine.procedure import liquidate
from ..margin.account import Account
from ..margin.holdings import charged
from ..margin.position import Position
from ..odds.chance import chance_of_touching, price_for_chance
from .explain import Explanation, explain_price

DAY = 1 / 365
PAYMENTS_A_WEEK = 21
"""Of funding, every eight hours."""
_SLOW = 1 / 24 * DAY
"""Years that a stop may take to be filled: an hour, our choice."""
_MOST = 10
"""A year's volatility of 1,000%: beyond it a percentage was meant, our choice."""
_NEAR_TIER = 0.05
"""Part of the way to the next tier that is called near: 5% of the size, our choice."""
_STEPS_OF_MOST = 50
"""Positions for which the steps are walked: beyond, a page would say the same again and again."""


@dataclass(frozen=True)
class WaysOut:
    """What brings the chance of a liquidation within the horizon down to the one wanted.

    ``safe_price`` is where the liquidation price must lie; ``add`` the margin to add [money]; ``close`` the contracts
    to close at the mark, leaving their money behind the rest; ``stop`` a price from which liquidation within an hour
    has that chance, with the loss from the mark to there [money] and the chance that it fires within the horizon. 0 and
    ``None`` if the position is that safe already.

    >>> from liquidation import BINANCE_BTCUSDT, Account
    >>> account = Account(200).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25, isolate=True)
    >>> ways = check_account(account, volatility=0.8).positions[0].ways_out
    >>> round(ways.safe_price), round(ways.add), round(ways.close, 3), round(ways.stop)
    (37381, 1077, 0.084, 49267)
    """

    safe_price: float
    add: float
    close: float
    stop: float | None
    stop_loss: float
    stop_chance: float


@dataclass(frozen=True)
class WithStop:
    """A stop on the mark price, between the mark and the liquidation price: how likely it fires, and is too late.

    The chances of a liquidation are those that the stop fires and that the hour, which filling it may take, is enough
    for the market to get from there to the liquidation price.

    >>> from liquidation import BINANCE_BTCUSDT, Account
    >>> account = Account(200).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25, isolate=True)
    >>> (found,) = check_account(account, volatility=0.6, stops={("BTCUSDT", 1): 49_000}).positions
    >>> f"fires {found.with_stop.fires_in_a_week:.0%}, too late {found.with_stop.chance_in_a_week:.1%}"
    'fires 82%, too late 0.8%'
    """

    price: Number
    fires_in_a_day: float
    fires_in_a_week: float
    chance_in_a_day: float
    chance_in_a_week: float


@dataclass(frozen=True)
class Checkup:
    """One position, read; prices in the unit of the contract's price, money in the coin that it settles in.

    ``distance``: to the liquidation price as a fraction of the mark price; ``days``: the same in typical days' moves.
    ``shown_price``: the venue's own liquidation price where the reader gave it. ``tier``: number of its tier, of how
    many, and the part by which the size may grow before the next one (infinite in the last). ``with_stop``: what the
    reader's stop saves, ``None`` if there is none that can. ``notes``: what is wrong with it, in words.

    >>> from liquidation import BINANCE_BTCUSDT, Account
    >>> account = Account(200).trade(BINANCE_BTCUSDT, -1, 0.1, 50_000, leverage=25, isolate=True)
    >>> (found,) = check_account(account, volatility=0.6).positions
    >>> found.name, found.side, round(found.liquidation_price, 1), f"{found.distance:.2%}"
    ('BTCUSDT', 'short', 51792.8, '3.59%')
    """

    position: Position
    mark_price: Number
    margin_ratio: float
    liquidation_price: Price
    bankruptcy_price: Price
    distance: float
    days: float
    chance_in_a_day: float
    chance_in_a_week: float
    funding_in_a_week: float
    tier: tuple[int, int, float]
    shown_price: Number | None
    explained: Explanation | None
    with_stop: WithStop | None
    ways_out: WaysOut | None
    steps: str
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The contract."""
        return self.position.market.contract.name

    @property
    def side(self) -> str:
        """In a word."""
        return "long" if self.position.side > 0 else "short"

    @property
    def mode(self) -> str:
        """In a word."""
        return "isolated" if self.position.isolated else "cross"


@dataclass(frozen=True)
class AccountCheckup:
    """All positions, and what no single price shows: how far all prices may fall, or rise, together.

    >>> from liquidation import BINANCE_BTCUSDT, Account
    >>> checked = check_account(Account(1_000).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25), volatility=0.6)
    >>> f"{checked.falls_together:.2%}, {checked.rises_together}, {checked.nearest:.2%}"
    '-19.68%, never, 19.68%'
    """

    account: Account
    positions: tuple[Checkup, ...]
    volatility: float
    chance: float
    funding_rate: float
    margin_ratio: float | None
    falls_together: Price
    rises_together: Price

    @property
    def nearest(self) -> float:
        """The smallest distance of a position, as a fraction of its mark price."""
        return min((p.distance for p in self.positions), default=math.inf)


def check_account(
    account: Account,
    *,
    volatility: Number,
    chance: Number = 0.01,
    funding_rate: Number = 0.0001,
    stops: Mapping[tuple[str, int], Number] | None = None,
    shown_prices: Mapping[tuple[str, int], Number] | None = None,
) -> AccountCheckup:
    """Read every position of an account at its marks.

    Arguments:
        account: positions and marks.
        volatility: of the log price [per square root of a year], the same for all contracts.
        chance: of a liquidation within a week that would be accepted; the ways out lead there.
        funding_rate: of one payment, 21 of which make a week [fraction].
        stops: price of a stop by (contract, side).
        shown_prices: the venue's own liquidation prices by (contract, side), to be explained.

    >>> from liquidation import BINANCE_BTCUSDT, Account
    >>> account = Account(1_000).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25, isolate=True)
    >>> (found,) = check_account(account, volatility=0.8).positions
    >>> round(found.liquidation_price, 1), round(found.chance_in_a_day, 3), round(found.ways_out.add)
    (48192.8, 0.386, 1077)

    Raises ``ValueError`` for what cannot be; a position that is liquidated already is read as one.
    """
    if not isinstance(account, Account):
        raise refuse("account", account, "an Account")
    sigma = float(one_number("volatility", volatility, "volatility"))
    if sigma > _MOST:
        raise InputError(f"volatility={volatility} is not allowed: it would be {sigma:.0%} a year; write 0.6 for 60%")
    wanted = float(one_number("chance", chance, "number"))
    if not 0 < wanted < 1:
        raise InputError(f"chance={chance} is not allowed: chance must be above 0 and below 1, such as 0.01 for 1%")
    rate = float(one_number("funding_rate", funding_rate, "number"))
    stops, shown = _by_side("stops", stops, account), _by_side("shown_prices", shown_prices, account)
    equity, required = (account.equity(), account.requirement()) if account.cross else (0, 0)
    factors = {
        side: (
            price_for_chance(side=side, mark_price=1, chance=wanted, volatility=sigma, horizon=7 * DAY),
            price_for_chance(side=side, mark_price=1, chance=wanted, volatility=sigma, horizon=_SLOW),
        )
        for side in (1, -1)
    }
    sides = {position.key for position in account.positions}
    pool = {position.key: position for position in account.cross}
    asked = _Asked(account, equity, required, sigma, rate, stops, shown, factors, sides, pool)
    down, up = account.joint_moves() if account.cross else (NEVER, NEVER)
    found = [_checked(asked, position, number) for number, position in enumerate(account.positions)]
    ratio = float(required / equity) if account.cross and equity > 0 else None
    return AccountCheckup(account, tuple(found), sigma, wanted, rate, ratio, down, up)


def _by_side(name: str, given: Mapping[tuple[str, int], Number] | None, account: Account) -> dict[Any, Number]:
    """Check prices by contract and side; one of a position that isn't there would be lost in silence."""
    if given is None:
        return {}
    held = [position.key for position in account.positions]
    if not isinstance(given, Mapping):
        raise refuse(name, given, "a dict of prices by (contract, side)")
    for key in given:
        if key not in held:
            raise refuse(f"{name} of", key, f"of a position in the account: {', '.join(map(str, held)) or 'none'}")
    return {key: one_number(f"{name}[{key!r}]", price, "positive") for key, price in given.items()}


@dataclass(frozen=True)
class _Asked:
    """What the reader has said, and what the pool holds."""

    account: Account
    equity: Any
    required: Any
    volatility: float
    funding_rate: float
    stops: Mapping[tuple[str, int], Number]
    shown: Mapping[tuple[str, int], Number]
    factors: Mapping[int, tuple[float, float]]
    """By side: what a price is multiplied by to be touched with the chance wanted, within a week and within an hour."""
    sides: Set[Any]
    """Contract and side of each position."""
    pool: Mapping[Any, Position]
    """The cross positions by contract and side."""


def _checked(asked: _Asked, position: Position, number: int) -> Checkup:
    account, market, side, name = asked.account, position.market, position.side, position.key[0]
    mark, key = account.marks[name], (name, side)
    size = {"quantity": position.quantity, "contract_size": market.contract.contract_size}
    own = market.requirement(position.entry_price, mark, position.quantity)
    alone = position.margin is not None
    equity, required = (position.margin + position.pnl(mark), own) if alone else (asked.equity, asked.required)
    price: Any = account.liquidation_price(name, side)  # a number wherever there is one
    dead = equity <= 0 or (required > equity if market.venue.strict else required >= equity)
    none = isinstance(price, NoPrice) and not dead
    distance = 0.0 if dead else math.inf if none else float(abs(mark - price) / mark)
    days = distance if dead or none else abs(math.log(price / mark)) / (asked.volatility * math.sqrt(DAY))
    # In cross the nearest price may lie on the winning side, where another leg loses.
    toward = side if dead or none or side * (mark - price) >= 0 else -side
    look = {"side": toward, "mark_price": mark, "liquidation_price": price, "volatility": asked.volatility}
    chances = (1.0, 1.0) if dead else chance_of_touching(horizon=np.array([DAY, 7 * DAY]), **look)
    there, left = mark, equity if alone else equity * own / required if dead and required else 0
    if not alone and not dead and not none:  # at the liquidation, when what is left is what all of them require
        there, left = price, market.requirement(position.entry_price, price, position.quantity)
    bankrupt: Any = mark if equity <= 0 else price  # what is never liquidated by its own price is not bankrupt by it
    if equity > 0 and (alone or not none):
        bankrupt = market.theory.bankruptcy_price_by_equity(side=side, mark_price=there, equity=left, **size)
    if not alone and not dead and not none and (name, -side) in asked.pool:  # a hedge may be charged for less
        bankrupt = account.at({name: price}).bankruptcy_price(name, side)
    payment = market.theory.funding_payment(side=side, mark_price=mark, funding_rate=asked.funding_rate, **size)
    tier, stop = _tier(position, mark), asked.stops.get(key)
    return Checkup(
        position=position,
        mark_price=mark,
        margin_ratio=math.inf if equity <= 0 else float(required / equity),
        liquidation_price=price,
        bankruptcy_price=bankrupt,
        distance=distance,
        days=days,
        chance_in_a_day=float(chances[0]),
        chance_in_a_week=float(chances[1]),
        funding_in_a_week=PAYMENTS_A_WEEK * float(payment),
        tier=tier,
        shown_price=asked.shown.get(key),
        explained=_explained(position, asked.shown[key]) if alone and key in asked.shown else None,
        with_stop=_with_stop(stop, look) if stop is not None and not dead and not none else None,
        ways_out=None if dead or toward != side else _ways_out(asked, position, mark, equity, required, price),
        steps=_steps(account, position, price, dead) if number < _STEPS_OF_MOST else "",
        notes=tuple(_notes(asked, position, mark, price, dead, tier, stop)),
    )


def _with_stop(stop: Number, look: Mapping[str, Any]) -> WithStop | None:
    """Read a stop that can help: it lies on the losing side of the mark, before the liquidation price."""
    side, price = look["side"], look["liquidation_price"]
    if not side * look["mark_price"] > side * stop > side * price:
        return None
    fires = chance_of_touching(horizon=np.array([DAY, 7 * DAY]), **{**look, "liquidation_price": stop})
    late = float(chance_of_touching(horizon=_SLOW, **{**look, "mark_price": stop}))
    day, week = (float(x) for x in fires)
    return WithStop(stop, day, week, day * late, week * late)


def _explained(position: Position, shown: Number) -> Explanation:
    return explain_price(
        shown,
        market=position.market,
        side=position.side,
        entry_price=position.entry_price,
        quantity=position.quantity,
        position_margin=position.margin,
    )


def _tier(position: Position, mark: Number) -> tuple[int, int, float]:
    """Return the number of the tier, how many there are, and by which part the size may grow before the next."""
    market = position.market
    size = market.size(market.price_that_counts(position.entry_price, mark), position.quantity)
    place = int(market.tiers.index(size))
    caps = market.tiers.caps
    grows = math.inf if place + 1 == len(caps) else float(caps[place]) / float(size) - 1
    return place + 1, len(caps), grows


def _ways_out(asked: _Asked, position: Position, mark: Number, equity: Any, required: Any, price: Any) -> WaysOut:
    """Solve the trigger at the price that is safe enough: for the margin, for the size, and for the stop."""
    from scipy.optimize import brentq  # type: ignore[import-untyped]  # SciPy ships no types

    market, side, held = position.market, position.side, float(position.quantity)
    entry, now = position.entry_price, float(mark)
    safe_by, slow_by = asked.factors[side]
    safe = now * safe_by
    leg = None if position.isolated else asked.pool.get((position.key[0], -side))
    others = [(leg.entry_price, float(leg.quantity))] if leg else []  # of a pair, which moves with the same price
    rest = float(required) - float(equity) - float(charged(market, [(entry, held), *others], mark))
    if not position.isolated and (leg or asked.account.collateral):  # they gain and lose with the same price
        there = asked.account.at({position.key[0]: safe}).equity()
        rest -= float(there - equity - (position.pnl(safe) - position.pnl(mark)))

    def missing(quantity: float) -> float:
        """What is missing at the safe price if only so much is held on, its money and the rest's left behind it."""
        own = [(entry, quantity)] if quantity else []
        gained = float(market.unrealized_pnl(side, now, safe, quantity)) if quantity else 0
        return rest + float(charged(market, [*own, *others], safe)) - gained

    if isinstance(price, NoPrice) or missing(held) <= 0:
        return WaysOut(safe, 0.0, 0.0, None, 0.0, 0.0)
    kept = brentq(missing, 0.0, held, xtol=1e-9 * held) if missing(0) < 0 else 0.0
    stop = float(price) / slow_by  # an hour from it the chance of touching the liquidation price is the one wanted
    if side * (now - stop) <= 0:
        return WaysOut(safe, missing(held), held - kept, None, 0.0, 1.0)
    fires = chance_of_touching(
        side=side, mark_price=now, liquidation_price=stop, volatility=asked.volatility, horizon=7 * DAY
    )
    loss = -float(market.unrealized_pnl(side, now, stop, held))
    return WaysOut(safe, missing(held), held - kept, stop, loss, float(fires))


def _steps(account: Account, position: Position, price: Any, dead: bool) -> str:
    """Say what the venue's procedure would do a hair beyond the liquidation price."""
    name, side = position.key[0], position.side
    if isinstance(price, NoPrice) and not dead:
        return ""
    beyond = 1e-9 * float(account.marks[name])
    if position.isolated:  # the others don't matter
        account = Account(position.margin or 0, [position], marks={name: account.marks[name]})
    there = account if dead else account.at({name: float(price) + math.copysign(beyond, price - account.marks[name])})
    try:
        return str(liquidate(there, name, side) if position.isolated else liquidate(there))
    except InputError as error:
        several = len(there.cross) > 1 and position.market.venue.pick is None
        return f"{position.market.venue.name} does not say which of the pool's goes first" if several else str(error)


def _notes(
    asked: _Asked,
    position: Position,
    mark: Number,
    price: Price,
    dead: bool,
    tier: tuple[int, int, float],
    stop: Number | None,
) -> Iterator[str]:
    """Say what is wrong: a stop that cannot help, a tier about to be crossed, a hedge that is none."""
    side = position.side
    if dead:
        yield "at this mark price it is liquidated"
    if stop is not None and side * (stop - mark) >= 0:
        yield f"a stop at {stop:,} would fire at once: it is not on the losing side of the mark price"
    elif stop is not None and not isinstance(price, NoPrice) and side * (stop - price) <= 0:
        yield f"the stop at {stop:,} lies beyond the liquidation price: it never fires in time"
    if tier[2] < _NEAR_TIER:
        yield f"its size is within {tier[2]:.1%} of the next tier, where more must be left"
    if position.isolated and (position.key[0], -side) in asked.sides:
        yield "the two legs are no hedge: isolated, the gain of one does not reach the other"
