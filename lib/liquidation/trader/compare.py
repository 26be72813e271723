"""Compare two exchanges: the same position under the rules of one and of the other, one rule at a time.

Two liquidation prices differ by the sum of what each rule does to them; which rule does how much is told by changing
one after the other. (What a rule does depends a little on those changed before it; the order is fixed.)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..algebra.checks import InputError, Number, check_fields, one_number, refuse
from ..algebra.evaluation import NoPrice, Price
from ..margin.market import Market
from .explain import first_reached


@dataclass(frozen=True)
class PriceChange:
    """What one rule does to a liquidation price: the rule in words, the price before and after it.

    >>> PriceChange("closing fee", 48_200, 48_219.3).moved
    19.3
    """

    rule: str
    before: Price
    after: Price

    def __post_init__(self) -> None:
        check_fields(self, rule=str)
        for name in ("before", "after"):
            if not isinstance(price := getattr(self, name), NoPrice):
                one_number(name, price, "positive")

    @property
    def moved(self) -> Number | None:
        """By how much the price went up; ``None`` where one of the two is no price."""
        if isinstance(self.before, NoPrice) or isinstance(self.after, NoPrice):
            return None
        before: Any = self.before
        moved: Number = round(self.after - before, 9)
        return moved


_MOST = 1e30
"""Of coins, or of a price: no position is larger, and what is computed from it is still exact."""


def price_of_coins(market: Market, *, side: int, entry_price: Number, coins: Number, leverage: Number) -> Price:
    """Return the price at which a position of so many coins is liquidated first, not rounded to the tick.

    Contracts that are settled in the coin are counted in dollars: there it is as many dollars as the coins are worth at
    the entry. The margin is untouched. Where a position has several such prices, the one that it meets first by losing.

    Arguments:
        market: contract, ladder and rules.
        side: +1 long, -1 short.
        entry_price: in the unit of the contract's price.
        coins: size of the position.
        leverage: [times].

    >>> from liquidation import BINANCE_BTCUSDT
    >>> round(price_of_coins(BINANCE_BTCUSDT, side=1, entry_price=50_000, coins=0.1, leverage=25), 2)
    48192.77

    Raises ``ValueError`` for what cannot be a position, or what the ladder does not allow to be opened.
    """
    if not isinstance(market, Market):
        raise refuse("market", market, "a Market")
    side = int(one_number("side", side, "side"))
    price: Any = one_number("entry_price", entry_price, "positive")
    coins = one_number("coins", coins, "positive")
    leverage = one_number("leverage", leverage, "positive")
    if not all(1 / _MOST < x < _MOST for x in (coins, price)):
        raise InputError(f"coins={coins} at entry_price={entry_price} is more, or less, than floats can reckon with")
    worth: Any = coins if market.contract.kind == "linear" else coins * price
    quantity = worth / market.contract.contract_size
    try:
        market.check_opening(price, quantity, leverage)
    except InputError as refusal:  # it speaks of contracts
        raise InputError(f"coins={coins} at entry_price={entry_price}: {refusal}") from None
    margin = market.initial_margin(price, quantity, leverage)
    held = {"side": side, "entry_price": price, "quantity": quantity, "position_margin": margin}
    return first_reached(market, held)


def compare_markets(
    first: Market, second: Market, *, side: int, entry_price: Number, coins: Number, leverage: Number
) -> tuple[PriceChange, ...]:
    """Walk from the rules of one market to those of another and return what each rule that differs does to the price.

    One isolated position with an untouched margin. The rules, in this order: the contract (settled in dollars or in the
    coin), the ladder, the value that maintenance stands on, a least maintenance, the closing fee that is counted, the
    fee that is reserved in the margin; one that does not move the price of this position is left out. Prices are not
    rounded to the tick.

    Arguments:
        first: where the walk begins.
        second: where it ends.
        side: +1 long, -1 short.
        entry_price: in the unit of the contracts' price.
        coins: size of the position; of an inverse contract, what is worth as many coins at the entry.
        leverage: [times].

    >>> from liquidation import MEXC_BTC_USDT
    >>> mexc = MEXC_BTC_USDT.with_rules(liquidation_fee_rate=0)
    >>> for change in compare_markets(mexc, mexc.with_rules(maintenance_basis="mark", liquidation_fee_rate=0.0005),
    ...                               side=1, entry_price=50_000, coins=0.1, leverage=25):
    ...     print(f"{change.rule}: {change.moved:+.2f}")
    maintenance on mark value: -1.95
    a closing fee of 0.05% counted: +24.06

    Raises ``ValueError`` for what cannot be a position in either.
    """
    for name, value in (("first", first), ("second", second)):
        if not isinstance(value, Market):
            raise refuse(name, value, "a Market")
    position: dict[str, Any] = {"side": side, "entry_price": entry_price, "coins": coins, "leverage": leverage}
    now, second = _unbound(first), _unbound(second)
    changes, price = [], price_of_coins(now, **position)
    walk = [_contract, *_RULES]
    if second.grows_with_value:  # such a ladder stands on mark value: that comes first
        walk[:2] = reversed(walk[:2])
    for change in walk:
        words, then = change(now, second)
        if then == now:
            continue
        now, before, price = then, price, price_of_coins(then, **position)
        if price != before:
            changes.append(PriceChange(words, before, price))
    return tuple(changes)


def _unbound(market: Market) -> Market:
    """The market with rules that are bound to no kind of contract or ladder, so that they can be changed one by one."""
    return Market(market.contract, market.tiers, replace(market.venue, kind=None, tier_measure=None, tier_rule=None))


def _contract(now: Market, then: Market) -> tuple[str, Market]:
    other = now.contract.kind != then.contract.kind
    words = f"settled in {'the coin' if then.contract.kind == 'inverse' else 'dollars'}" if other else "its own ladder"
    return words, Market(then.contract, then.tiers, now.venue)


def _basis(now: Market, then: Market) -> tuple[str, Market]:
    return f"maintenance on {then.maintenance_basis} value", _with(now, then, "maintenance_basis")


def _least(now: Market, then: Market) -> tuple[str, Market]:
    words = (
        f"at least {float(then.least_maintenance):g} of maintenance"
        if then.least_maintenance
        else "no least maintenance"
    )
    return words, _with(now, then, "least_maintenance")


def _counted(now: Market, then: Market) -> tuple[str, Market]:
    words = f"{_fee(then.liquidation_fee_rate)} counted"
    return words, _with(now, then, "liquidation_fee_rate", "closing_fee_basis")


def _reserved(now: Market, then: Market) -> tuple[str, Market]:
    words = f"{_fee(then.taker_fee_rate)} reserved"
    return words, _with(now, then, "taker_fee_rate")


def _fee(rate: Number) -> str:
    return f"a closing fee of {100 * float(rate):g}%" if rate else "no closing fee"


def _with(now: Market, then: Market, *rules: str) -> Market:
    venue = replace(now.venue, **{rule: getattr(then.venue, rule) for rule in rules})
    return Market(now.contract, now.tiers, venue)


_RULES = (_basis, _least, _counted, _reserved)
