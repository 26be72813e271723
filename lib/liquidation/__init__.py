"""When, why and at whose cost a leveraged crypto-futures position is liquidated.

One equation, ``equity = requirement``, solved once with SymPy and used everywhere:

>>> from liquidation import liquidation_price
>>> liquidation_price(side=1, entry_price=50_000, quantity=1_000, contract_size=0.0001,
...                   position_margin=200, maintenance_margin=20)
48200.0

SymPy, matplotlib and ipywidgets load when first needed, so this import stays quick.
"""

from .account import Account, Order, Position, isolated
from .contract import Contract
from .formula import ALREADY, NEVER, Formula, NoPrice
from .market import Market
from .theory import LONG, SHORT, bankruptcy_price, inverse, linear, liquidation_price, trigger
from .tiers import RiskTiers

__all__ = [
    "ALREADY",
    "LONG",
    "NEVER",
    "SHORT",
    "Account",
    "Contract",
    "Formula",
    "Market",
    "NoPrice",
    "Order",
    "Position",
    "RiskTiers",
    "bankruptcy_price",
    "inverse",
    "isolated",
    "linear",
    "liquidation_price",
    "trigger",
]
