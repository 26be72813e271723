"""When, why and at whose cost a leveraged crypto-futures position is liquidated.

One equation, ``equity = requirement``, solved once with SymPy and used everywhere:

>>> from liquidation import liquidation_price
>>> liquidation_price(side=1, entry_price=50_000, quantity=1_000, contract_size=0.0001,
...                   position_margin=200, maintenance_margin=20)
48200.0

SymPy, matplotlib and ipywidgets load when first needed, so this import stays quick; so do the rooms that only some
lessons need.
"""

from importlib import import_module

from .contract import Contract
from .evaluation import ALREADY, NEVER, NoPrice
from .formula import Formula
from .theory import LONG, SHORT, bankruptcy_price, inverse, linear, liquidation_price, trigger

_LATER = {
    "account": ("Account",),
    "market": ("Market",),
    "position": ("Order", "Position", "isolated"),
    "tiers": ("RiskTiers",),
    "chance": ("BELOW_ONE", "chance_before_target", "chance_of_touching", "largest_leverage_for_chance"),
    "deleveraging": ("deleverage",),
    "fund": ("Fill", "InsuranceFund", "walk"),
    "guard": ("LiquidationWarning", "outlook", "size_for_loss"),
    "paths": ("Jumps", "geometric_brownian", "touch_frequency"),
    "price_file": ("read_prices",),
    "procedure": ("liquidate",),
    "stop_loss": ("StopLoss", "replay_stop"),
}
_ROOM = {name: room for room, names in _LATER.items() for name in names}

__all__ = [
    "ALREADY",
    "BELOW_ONE",
    "LONG",
    "NEVER",
    "SHORT",
    "Account",
    "Contract",
    "Fill",
    "Formula",
    "InsuranceFund",
    "Jumps",
    "LiquidationWarning",
    "Market",
    "NoPrice",
    "Order",
    "Position",
    "RiskTiers",
    "StopLoss",
    "bankruptcy_price",
    "chance_before_target",
    "chance_of_touching",
    "deleverage",
    "geometric_brownian",
    "inverse",
    "isolated",
    "largest_leverage_for_chance",
    "linear",
    "liquidate",
    "liquidation_price",
    "outlook",
    "read_prices",
    "replay_stop",
    "size_for_loss",
    "touch_frequency",
    "trigger",
    "walk",
]


def __getattr__(name: str) -> object:
    """Load a room when one of its names is first asked for."""
    if name not in _ROOM:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_ROOM[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOM})
