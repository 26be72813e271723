"""What a trader can watch and decide before the exchange does: the outlook, the warning, the size, the mixture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from .chance import chance_of_touching
from .chance_formulas import vocabulary as chance_vocabulary
from .evaluation import ALREADY, NEVER, NoPrice, require
from .formula import Formula
from .theory import Theory, linear
from .vocabulary import Term, Vocabulary

vocabulary = Vocabulary(
    (
        *chance_vocabulary.terms,
        Term("allowed_loss", "X", "loss that is accepted if the stop fills at its price", "USDT"),
        Term("first_exposure", "x_1", "first position's value over the equity, times its side", "times", "number"),
        Term("second_exposure", "x_2", "second position's value over the equity, times its side", "times", "number"),
        Term("first_volatility", "sigma_1", "volatility of the first price", "per square root of a year"),
        Term("second_volatility", "sigma_2", "volatility of the second price", "per square root of a year"),
        Term("correlation", "r_12", "correlation of the two log prices", "from −1 to 1", "correlation"),
        Term("equity_volatility", "sigma_e", "volatility of the equity", "per square root of a year", "non-negative"),
    ),
    chance_vocabulary.relations,
    chance_vocabulary.functions,
)

# Written as two squares, so that rounding cannot make a perfect hedge negative under the root.
equity_volatility = Formula(
    "equity_volatility = sqrt((first_exposure*first_volatility + correlation*second_exposure*second_volatility)**2"
    " + (1 - correlation**2)*(second_exposure*second_volatility)**2)",
    "equity_volatility",
    vocabulary,
)
"""Volatility of the equity of a cross account with two positions, at their present values."""


def size_for_loss(theory: Theory = linear) -> Formula:
    """Return the number of contracts whose loss at the stop is the loss allowed, fees and gaps left out.

    The profit formula of the contract, at the stop, solved for the quantity. Leverage does not enter.

    >>> size_for_loss()
    quantity = X/(c*s*(E - S))
    >>> round(size_for_loss()(side=1, entry_price=50_000, contract_size=0.0001, stop_price=49_000, allowed_loss=20))
    200
    """
    loss = Formula("allowed_loss = -unrealized_pnl", "allowed_loss", vocabulary)
    return (
        loss.substitute(unrealized_pnl=theory.unrealized_pnl).substitute(mark_price="stop_price").solve_for("quantity")
    )


@dataclass(frozen=True)
class Outlook:
    """One position's four readings, which move together.

    ``distance`` is the way to the liquidation price as a fraction of the mark price. ``NEVER`` where there is none.
    """

    liquidation_price: float | NoPrice
    distance: float | NoPrice
    margin_ratio: float
    chance: float


def outlook(
    *, side: int, entry_price: float, mark_price: float, quantity: float, contract_size: float,
    position_margin: float, maintenance_margin: float, volatility: float, drift: float = 0.0, horizon: float,
    theory: Theory = linear,
) -> Outlook:  # fmt: skip
    """Return the liquidation price, distance, margin ratio and chance of liquidation of one isolated position.

    >>> mira = dict(side=1, entry_price=50_000, mark_price=50_000, quantity=1_000, contract_size=0.0001,
    ...             maintenance_margin=20, volatility=0.8, horizon=1 / 365)
    >>> round(outlook(position_margin=200, **mira).chance, 4), round(outlook(position_margin=400, **mira).chance, 4)
    (0.3883, 0.0614)

    Raises ``ValueError`` for a position that is already liquidated at this mark price.
    """
    held = dict(
        side=side, entry_price=entry_price, quantity=quantity, contract_size=contract_size,
        position_margin=position_margin, maintenance_margin=maintenance_margin,
    )  # fmt: skip
    price = theory.liquidation_price(**held)
    if price is ALREADY or (price is not NEVER and side * (mark_price - price) <= 0):
        raise ValueError(f"mark_price={mark_price} is at or beyond the liquidation price {price}: nothing lies ahead")
    return Outlook(
        liquidation_price=price,
        distance=NEVER if price is NEVER else side * (mark_price - price) / mark_price,
        margin_ratio=theory.margin_ratio(mark_price=mark_price, **held),
        chance=chance_of_touching(
            side=side, mark_price=mark_price, liquidation_price=price, volatility=volatility, drift=drift,
            horizon=horizon,
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Alert:
    """A liquidation warning that was sent: when (minutes), for which position, at what margin ratio."""

    minute: float
    position: str
    margin_ratio: float


@dataclass(frozen=True)
class LiquidationWarning:
    """A venue's liquidation warning: an alert when a margin ratio reaches the threshold, seldom repeated.

    At most one alert per position every ``interval`` minutes (MEXC: 30). A ratio that stays at or above the threshold
    is announced again after the interval if ``repeat``; otherwise only after it has fallen below and risen again. The
    venue says neither: our choice is to repeat. A rise that the interval kept quiet is announced when it ends, if the
    ratio is still there. A position that is left out is closed and forgotten.

    The margin ratio rises to 1 at liquidation: an alert at 1 or more comes together with it, and is no warning.
    """

    threshold: float
    interval: float = 30.0
    repeat: bool = True
    armed: Mapping[str, bool] = field(default_factory=dict)
    sent: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < self.threshold < 1:
            raise ValueError(
                f"threshold={self.threshold} is not allowed: it must be above 0 and below 1, where liquidation begins"
            )
        require("non-negative", interval=self.interval)

    def check(self, minute: float, margin_ratios: Mapping[str, float]) -> tuple[LiquidationWarning, tuple[Alert, ...]]:
        """Look at all positions once; return the warning's new state and the alerts sent.

        >>> warning, alerts = LiquidationWarning(0.7).check(0, {"BTC": 0.72, "ETH": 0.4})
        >>> alerts, warning.check(29, {"BTC": 0.9})[1]
        ((Alert(minute=0, position='BTC', margin_ratio=0.72),), ())
        """
        alerts, armed, sent = [], {}, {}
        for name, ratio in margin_ratios.items():
            if not ratio >= 0:
                raise ValueError(f"the margin ratio of {name} is {ratio}: it must be a number of at least 0")
            armed[name] = self.armed.get(name, True) or ratio < self.threshold
            before = self.sent.get(name, -math.inf)
            quiet = minute - before < self.interval
            if ratio >= self.threshold and (armed[name] or self.repeat) and not quiet:
                alerts.append(Alert(minute, name, ratio))
                armed[name], before = False, minute
            sent[name] = before
        return replace(self, armed=armed, sent=sent), tuple(alerts)

    def run(self, minutes: Iterable[float], margin_ratios: Mapping[str, Iterable[float]]) -> list[Alert]:
        """Look at whole series: ``margin_ratios`` holds, for each position, one ratio for each of ``minutes``."""
        warning, alerts = self, []
        for minute, *ratios in zip(minutes, *margin_ratios.values(), strict=True):
            warning, new = warning.check(minute, dict(zip(margin_ratios, map(float, ratios), strict=True)))
            alerts.extend(new)
        return alerts
