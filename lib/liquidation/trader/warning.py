"""The venue's liquidation warning: when it is sent, and how seldom it is repeated."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..algebra.checks import require


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
