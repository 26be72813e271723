"""When, why and at whose cost a leveraged crypto-futures position is liquidated.

One equation, ``equity = requirement``, solved once with SymPy and used everywhere:

>>> from liquidation import liquidation_price
>>> liquidation_price(side=1, entry_price=50_000, quantity=1_000, contract_size=0.0001,
...                   position_margin=200, maintenance_margin=20)
48200.0

This is the one public door: every public name can be imported from here. It is loaded when it is first asked for, so
that the import itself stays quick. (The apparatus of the lessons is in ``liquidation.course``.)
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the same names for editors and type checkers; a test compares the two lists
    from .algebra.checks import InputError as InputError
    from .algebra.evaluation import ALREADY as ALREADY
    from .algebra.evaluation import NEVER as NEVER
    from .algebra.evaluation import NoPrice as NoPrice
    from .algebra.formula import Formula as Formula
    from .engine.cascade import Cascade as Cascade
    from .engine.cascade import run_cascade as run_cascade
    from .engine.crowd import Crowd as Crowd
    from .engine.crowd import draw_crowd as draw_crowd
    from .engine.deleveraging import Deleveraging as Deleveraging
    from .engine.deleveraging import binance_score as binance_score
    from .engine.deleveraging import deleverage as deleverage
    from .engine.deleveraging import largest_without_bankruptcy as largest_without_bankruptcy
    from .engine.deleveraging import leveraged_return as leveraged_return
    from .engine.deleveraging import ranking as ranking
    from .engine.deleveraging import top_of_queue as top_of_queue
    from .engine.fund import Fill as Fill
    from .engine.fund import InsuranceFund as InsuranceFund
    from .engine.fund import Settlement as Settlement
    from .engine.fund import surplus as surplus
    from .engine.fund import walk as walk
    from .engine.ledger import Transfer as Transfer
    from .engine.ledger import balances as balances
    from .engine.ledger import pay as pay
    from .engine.order_book import OrderBook as OrderBook
    from .engine.procedure import largest_loss_first as largest_loss_first
    from .engine.procedure import largest_requirement_first as largest_requirement_first
    from .engine.procedure import liquidate as liquidate
    from .engine.sharing import by_score as by_score
    from .engine.sharing import from_random_start as from_random_start
    from .engine.sharing import lights as lights
    from .engine.sharing import pro_rata as pro_rata
    from .engine.sharing import queue as queue
    from .engine.sweep import Case as Case
    from .engine.sweep import sweep as sweep
    from .engine.trace import Step as Step
    from .engine.trace import Trace as Trace
    from .margin.account import Account as Account
    from .margin.contract import Contract as Contract
    from .margin.ladders import BINANCE_BTCUSDT as BINANCE_BTCUSDT
    from .margin.ladders import BYBIT_BTCUSDT as BYBIT_BTCUSDT
    from .margin.ladders import MEXC_BTC_USDT as MEXC_BTC_USDT
    from .margin.market import Market as Market
    from .margin.position import Collateral as Collateral
    from .margin.position import Order as Order
    from .margin.position import Position as Position
    from .margin.position import isolated as isolated
    from .margin.published import PUBLISHED_FORMS as PUBLISHED_FORMS
    from .margin.published import PublishedForm as PublishedForm
    from .margin.published import price_formula as price_formula
    from .margin.tiers import RiskTiers as RiskTiers
    from .margin.tiers import Tier as Tier
    from .margin.venue import Source as Source
    from .margin.venue import Venue as Venue
    from .margin.venues import BINANCE as BINANCE
    from .margin.venues import BINANCE_COIN_M as BINANCE_COIN_M
    from .margin.venues import BITMEX as BITMEX
    from .margin.venues import BYBIT as BYBIT
    from .margin.venues import BYBIT_INVERSE as BYBIT_INVERSE
    from .margin.venues import DERIBIT as DERIBIT
    from .margin.venues import DYDX as DYDX
    from .margin.venues import GATE as GATE
    from .margin.venues import HYPERLIQUID as HYPERLIQUID
    from .margin.venues import MEXC as MEXC
    from .margin.venues import OKX as OKX
    from .margin.venues import VENUES as VENUES
    from .odds import formulas as chance_formulas  # noqa: F401 - it is public under this name
    from .odds import ruin as ruin
    from .odds.chance import BELOW_ONE as BELOW_ONE
    from .odds.chance import NoLeverage as NoLeverage
    from .odds.chance import chance_before_target as chance_before_target
    from .odds.chance import chance_of_touching as chance_of_touching
    from .odds.chance import largest_leverage_for_chance as largest_leverage_for_chance
    from .odds.chance import price_for_chance as price_for_chance
    from .odds.fund_paths import Ruins as Ruins
    from .odds.fund_paths import simulate_claims as simulate_claims
    from .odds.fund_paths import simulate_drawdowns as simulate_drawdowns
    from .odds.fund_paths import simulate_liquidations as simulate_liquidations
    from .odds.jump_chance import chance_of_touching_with_jumps as chance_of_touching_with_jumps
    from .odds.paths import Jumps as Jumps
    from .odds.paths import geometric_brownian as geometric_brownian
    from .odds.paths import jump_diffusion as jump_diffusion
    from .odds.paths import to_bars as to_bars
    from .odds.touches import Estimate as Estimate
    from .odds.touches import touch_estimates as touch_estimates
    from .odds.touches import touch_frequency as touch_frequency
    from .odds.touches import touched as touched
    from .theory import LONG as LONG
    from .theory import SHORT as SHORT
    from .theory import Theory as Theory
    from .theory import bankruptcy_price as bankruptcy_price
    from .theory import inverse as inverse
    from .theory import linear as linear
    from .theory import liquidation_price as liquidation_price
    from .theory import theory_of as theory_of
    from .theory import trigger as trigger
    from .trader.checkup import AccountCheckup as AccountCheckup
    from .trader.checkup import Checkup as Checkup
    from .trader.checkup import WaysOut as WaysOut
    from .trader.checkup import WithStop as WithStop
    from .trader.checkup import check_account as check_account
    from .trader.compare import PriceChange as PriceChange
    from .trader.compare import compare_markets as compare_markets
    from .trader.compare import price_of_coins as price_of_coins
    from .trader.explain import Explanation as Explanation
    from .trader.explain import Reading as Reading
    from .trader.explain import explain_price as explain_price
    from .trader.outlook import Outlook as Outlook
    from .trader.outlook import outlook as outlook
    from .trader.position_file import Held as Held
    from .trader.position_file import Holdings as Holdings
    from .trader.position_file import read_positions as read_positions
    from .trader.price_file import Prices as Prices
    from .trader.price_file import read_prices as read_prices
    from .trader.sizing import equity_volatility as equity_volatility
    from .trader.sizing import size_for_loss as size_for_loss
    from .trader.stop_loss import ClosedPart as ClosedPart
    from .trader.stop_loss import Outcome as Outcome
    from .trader.stop_loss import StopLoss as StopLoss
    from .trader.stop_loss import replay_stop as replay_stop
    from .trader.warning import Alert as Alert
    from .trader.warning import LiquidationWarning as LiquidationWarning

_MODULES = {
    "chance_formulas": "odds.formulas",
    "ruin": "odds.ruin",
}
_NAMES = {
    "algebra.checks": "InputError",
    "algebra.evaluation": "ALREADY NEVER NoPrice",
    "algebra.formula": "Formula",
    "theory": "LONG SHORT Theory bankruptcy_price inverse linear liquidation_price theory_of trigger",
    "margin.account": "Account",
    "margin.contract": "Contract",
    "margin.ladders": "BINANCE_BTCUSDT BYBIT_BTCUSDT MEXC_BTC_USDT",
    "margin.market": "Market",
    "margin.position": "Collateral Order Position isolated",
    "margin.published": "PUBLISHED_FORMS PublishedForm price_formula",
    "margin.tiers": "RiskTiers Tier",
    "margin.venue": "Source Venue",
    "margin.venues": "BINANCE BINANCE_COIN_M BITMEX BYBIT BYBIT_INVERSE DERIBIT DYDX GATE HYPERLIQUID MEXC OKX VENUES",
    "odds.chance": "BELOW_ONE NoLeverage chance_before_target chance_of_touching largest_leverage_for_chance "
    "price_for_chance",
    "odds.jump_chance": "chance_of_touching_with_jumps",
    "odds.fund_paths": "Ruins simulate_claims simulate_drawdowns simulate_liquidations",
    "odds.paths": "Jumps geometric_brownian jump_diffusion to_bars",
    "odds.touches": "Estimate touch_estimates touch_frequency touched",
    "engine.cascade": "Cascade run_cascade",
    "engine.crowd": "Crowd draw_crowd",
    "engine.deleveraging": (
        "Deleveraging binance_score deleverage largest_without_bankruptcy leveraged_return ranking top_of_queue"
    ),
    "engine.sharing": "by_score from_random_start lights pro_rata queue",
    "engine.fund": "Fill InsuranceFund Settlement surplus walk",
    "engine.ledger": "Transfer balances pay",
    "engine.order_book": "OrderBook",
    "engine.procedure": "largest_loss_first largest_requirement_first liquidate",
    "engine.sweep": "Case sweep",
    "engine.trace": "Step Trace",
    "trader.checkup": "AccountCheckup Checkup WaysOut WithStop check_account",
    "trader.compare": "PriceChange compare_markets price_of_coins",
    "trader.explain": "Explanation Reading explain_price",
    "trader.outlook": "Outlook outlook",
    "trader.position_file": "Held Holdings read_positions",
    "trader.price_file": "Prices read_prices",
    "trader.sizing": "equity_volatility size_for_loss",
    "trader.stop_loss": "ClosedPart Outcome StopLoss replay_stop",
    "trader.warning": "Alert LiquidationWarning",
}
_WHERE = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = sorted([*_MODULES, *_WHERE])


def __getattr__(name: str) -> object:
    """Load a public name when it is first asked for."""
    if name in _MODULES:
        found: object = import_module(f".{_MODULES[name]}", __name__)
    elif name in _WHERE:
        found = getattr(import_module(f".{_WHERE[name]}", __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
