"""The venue's liquidation warning: when it is sent, and how seldom it is repeated."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..algebra.checks import InputError, Number, as_list, check_fields, one_number, one_of, refuse, require


@dataclass(frozen=True)
class Alert:
    """A liquidation warning that was sent: when (minutes), for which position, at what margin ratio.

    >>> Alert(minute=5, position="BTC", margin_ratio=0.72).position
    'BTC'
    """

    minute: Number
    position: str
    margin_ratio: Number

    def __post_init__(self) -> None:
        check_fields(self, minute="number", position=str, margin_ratio="time")


@dataclass(frozen=True)
class LiquidationWarning:
    """A venue's liquidation warning: an alert when a margin ratio reaches the threshold, seldom repeated.

    At most one alert per position every ``interval`` minutes (MEXC: 30). A ratio that stays at or above the threshold
    is announced again after the interval if ``repeat``; otherwise only after it has fallen below and risen again. The
    venue says neither: our choice is to repeat. A rise that the interval kept quiet is announced when it ends, if the
    ratio is still there. A position that is left out is closed and forgotten.

    The margin ratio rises to 1 at liquidation: an alert at 1 or more comes together with it, and is no warning.

    ``threshold`` is a margin ratio above 0 and below 1, ``interval`` in minutes. ``armed`` and ``sent`` are the state:
    which positions may be announced, and when each last was.

    >>> LiquidationWarning(0.7).run(range(3), {"BTC": [0.6, 0.8, 0.9]})
    [Alert(minute=1, position='BTC', margin_ratio=0.8)]
    """

    threshold: Number
    interval: Number = 30.0
    repeat: bool = True
    armed: Mapping[str, bool] = field(default_factory=dict)
    sent: Mapping[str, Number] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < one_number("threshold", self.threshold, "number") < 1:
            raise InputError(
                f"threshold={self.threshold} is not allowed: it must be above 0 and below 1, where liquidation begins"
            )
        require("non-negative", interval=self.interval)
        one_of("repeat", self.repeat, True, False)

    def check(
        self, minute: Number, margin_ratios: Mapping[str, Number]
    ) -> tuple[LiquidationWarning, tuple[Alert, ...]]:
        """Look at all positions once; return the warning's new state and the alerts sent.

        >>> warning, alerts = LiquidationWarning(0.7).check(0, {"BTC": 0.72, "ETH": 0.4})
        >>> alerts, warning.check(29, {"BTC": 0.9})[1]
        ((Alert(minute=0, position='BTC', margin_ratio=0.72),), ())
        """
        minute = one_number("minute", minute, "number")
        if not isinstance(margin_ratios, Mapping):
            raise refuse("margin_ratios", margin_ratios, "a margin ratio by position, such as {'BTC': 0.72}")
        alerts: list[Alert] = []
        armed: dict[str, bool] = {}
        sent: dict[str, Number] = {}
        for name, given in margin_ratios.items():
            ratio = one_number(f"the margin ratio of {name}", given, "time")
            armed[name] = self.armed.get(name, True) or ratio < self.threshold
            before = self.sent.get(name, -math.inf)
            quiet = minute - before < self.interval
            if ratio >= self.threshold and (armed[name] or self.repeat) and not quiet:
                alerts.append(Alert(minute, name, ratio))
                armed[name], before = False, minute
            sent[name] = before
        return replace(self, armed=armed, sent=sent), tuple(alerts)

    def run(self, minutes: Iterable[Number], margin_ratios: Mapping[str, Iterable[Number]]) -> list[Alert]:
        """Look at whole series: ``margin_ratios`` holds, for each position, one ratio for each of ``minutes``."""
        if not isinstance(margin_ratios, Mapping):
            raise refuse("margin_ratios", margin_ratios, "a series of margin ratios by position")
        times = _listed("minutes", minutes)
        series = {name: _listed("margin_ratios", ratios) for name, ratios in margin_ratios.items()}
        for name, ratios in series.items():
            if len(ratios) != len(times):
                raise InputError(f"there are {len(ratios)} margin ratios of {name} for {len(times)} minutes")
        warning = self
        alerts: list[Alert] = []
        for i, minute in enumerate(times):
            warning, new = warning.check(minute, {name: ratios[i] for name, ratios in series.items()})
            alerts.extend(new)
        return alerts


def _listed(name: str, given: Iterable[Number]) -> list[Number]:
    return as_list(name, list(given) if isinstance(given, Mapping) else given, "a series of numbers")
