"""A reader's own positions: from a file, an exchange's answer or what a program holds, into an account.

Fields, as documented: Bybit, ``/v5/position/list`` (bybit-exchange.github.io, “Get Position Info”); Binance,
``/fapi/v2/positionRisk`` and ``v3`` (“Position Information”); ccxt, the unified position of ``fetch_positions`` (its
manual, “Position Structure”); read 2026-11-26. What none of them says, such as the maintenance rate of a contract,
must be given: nothing is guessed.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from ..algebra.checks import InputError, Number, as_number, one_number, refuse, shown
from ..margin.account import Account
from ..margin.contract import Contract
from ..margin.ladders import BINANCE_BTCUSDT, BYBIT_BTCUSDT, MEXC_BTC_USDT
from ..margin.market import Market
from ..margin.position import Position
from ..margin.tiers import RiskTiers
from ..margin.venue import Venue
from ..margin.venues import VENUES
from .text_file import read_text

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]  # pandas ships no types

TEMPLATE = "contract,side,quantity,entry_price,mark_price,leverage,margin,maintenance_margin_rate,stop_price"
"""The columns of our own file. A row with a margin is isolated; without one it is cross."""
EXAMPLE = f"""{TEMPLATE}
BTCUSDT,long,0.1,50000,49500,25,200,,48500
ETHUSDT,short,2,2000,2010,10,,0.01,
"""
"""Two positions in our own file, one isolated and one cross."""
NAMES = {
    "contract": ("contract", "symbol", "instrument", "market", "pair"),
    "side": ("side", "positionside", "direction"),
    "quantity": ("quantity", "qty", "size", "positionamt", "amount"),
    "entry_price": ("entryprice", "avgprice", "avgentryprice", "averageprice", "entry"),
    "mark_price": ("markprice", "mark"),
    "leverage": ("leverage",),
    "mode": ("mode", "marginmode", "margintype", "trademode"),
    "margin": ("margin", "positionmargin", "isolatedwallet", "positionbalance"),
    "margin_and_pnl": ("isolatedmargin", "collateral"),
    "pnl": ("unrealizedprofit", "unrealisedpnl", "unrealizedpnl"),
    "contract_size": ("contractsize",),
    "maintenance_margin_rate": ("maintenancemarginrate", "maintenancemarginpercentage"),
    "maintenance_margin": ("maintenancemargin", "maintmargin", "positionmm"),
    "shown_price": ("liquidationprice", "liqprice"),
    "stop_price": ("stopprice", "stop", "stoploss", "stoplossprice"),
}
"""What a column may be called, small letters and digits only."""
SHIPPED = {(m.venue.name, _key): m for m, _key in (
    (BINANCE_BTCUSDT, "BTCUSDT"), (BYBIT_BTCUSDT, "BTCUSDT"), (MEXC_BTC_USDT, "BTCUSDT"),
)}  # fmt: skip
"""Markets with a ladder of tiers, by venue and contract."""
_SIDES = {"long": 1, "buy": 1, "1": 1, "+1": 1, "short": -1, "sell": -1, "-1": -1}
_MODES = {"isolated": True, "1": True, "cross": False, "crossed": False, "0": False}
_TICK = 1e-8
"""Of a contract about which nothing but a rate is known: its prices are shown as they come out."""


@dataclass(frozen=True)
class Held:
    """One row that was read: the position, and what else the row says about it.

    ``row`` is its number (of a file: the line); ``shown_price`` the venue's own liquidation price, ``stop_price`` the
    reader's stop; ``None`` where the row doesn't say. ``rate_from`` says where the maintenance rate comes from.

    >>> (held,) = read_positions(f"{TEMPLATE}\\nETHUSDT,long,2,2000,1990,10,,0.01,1900", "Binance").held
    >>> held.row, held.name, held.mark_price, held.stop_price, held.rate_from
    (2, 'ETHUSDT', 1990, 1900, 'the row')
    """

    row: int
    position: Position
    mark_price: Number
    shown_price: Number | None
    stop_price: Number | None
    rate_from: str

    @property
    def name(self) -> str:
        """Name of the contract."""
        return self.position.market.contract.name


@dataclass(frozen=True)
class Holdings:
    """What came of a file of positions: the rows that could be read, and what is wrong with the others.

    >>> rows = "ETHUSDT,long,2,2000,1990,10,,0.01,\\nETHUSDT,up,2,2000,1990,10,,,"
    >>> read = read_positions(f"{TEMPLATE}\\n{rows}", "Binance")
    >>> read.account(1_000)
    <Account: 1,000 USDT, 0 orders; ETHUSDT long 2 contracts at 2,000, 10x, cross>
    >>> read.wrong
    ("line 3: side='up' is not allowed: it must be long or short, buy or sell",)
    """

    venue: Venue
    held: tuple[Held, ...]
    wrong: tuple[str, ...]

    @property
    def stops(self) -> dict[tuple[str, int], Number]:
        """Price of the stop by contract and side, where a row says one."""
        return {(h.name, h.position.side): h.stop_price for h in self.held if h.stop_price is not None}

    @property
    def shown_prices(self) -> dict[tuple[str, int], Number]:
        """The venue's own liquidation price by contract and side, where a row says one."""
        return {(h.name, h.position.side): h.shown_price for h in self.held if h.shown_price is not None}

    def account(self, balance: Number | None = None) -> Account:
        """Return the account that holds them.

        ``balance`` is all the money in it without unrealized PnL, isolated margins included; without cross positions
        it may be left out. Raises ``ValueError`` if it is missing or less than the isolated margins.
        """
        isolated = sum(h.position.margin for h in self.held if h.position.margin is not None)
        if balance is None:
            if any(h.position.margin is None for h in self.held):
                raise InputError(
                    "balance is needed: cross positions stand on all the money of the account; say how much"
                )
            balance = isolated
        money = one_number("balance", balance, "non-negative")
        if money < isolated:
            raise InputError(f"balance={balance} is less than the margins of the isolated positions, {isolated}")
        marks = {h.name: h.mark_price for h in self.held}
        return Account(money, [h.position for h in self.held], marks=marks)


def read_positions(
    source: str | Path | IO[Any] | Iterable[Mapping[str, Any]] | Mapping[str, Any] | pandas.DataFrame,
    venue: Venue | str,
    *,
    markets: Mapping[str, Market] | None = None,
    marks: Mapping[str, Number] | None = None,
    maintenance_margin_rate: Number | None = None,
) -> Holdings:
    """Read open positions, and name every row that cannot be read; the others count.

    Arguments:
        source: a path (also packed), an open file or the text of a CSV file with the columns of :data:`TEMPLATE` or
            with an exchange's own, or of JSON as Bybit's or Binance's position endpoint answers; a list of dicts as
            ccxt's ``fetch_positions`` returns; a pandas DataFrame.
        venue: the exchange whose rules count, or its name.
        markets: contract, ladder and rules by the name of a contract; others are taken from the shipped ladders or have
            one rate.
        marks: mark price by the name of a contract, for rows that do not say.
        maintenance_margin_rate: for contracts of which neither a ladder nor a rate is known [fraction].

    Quantities are in contracts of ``contract_size`` coins (1 where no column says), sides long/short or buy/sell, or
    the sign of the quantity. Positions of size 0 are passed over. A position is isolated if its row says so or, where
    no column names the mode, if it has a margin.

    >>> read = read_positions("contract,side,quantity,entry_price,mark_price,leverage,margin\\n"
    ...                       "BTCUSDT,long,0.1,50000,49500,25,200\\nBTCUSDT,sideways,1,1,1,1,1", "Binance USDⓈ-M")
    >>> round(read.account().liquidation_price("BTCUSDT"), 1), read.wrong
    (48192.8, ("line 3: side='sideways' is not allowed: it must be long or short, buy or sell",))

    Raises ``ValueError`` if nothing can be read at all: no text, no table, no column that is needed.
    """
    rules = _venue(venue)
    rows = _rows(source)
    rate = (
        None
        if maintenance_margin_rate is None
        else one_number("maintenance_margin_rate", maintenance_margin_rate, "rate")
    )
    given, marked = dict(markets or {}), dict(marks or {})
    held: dict[tuple[str, int], Held] = {}
    seen: dict[str, Number] = {}
    wrong = []
    kind = "row"
    for kind, number, row in rows:
        try:
            found = _held(number, row, rules, given, marked, rate)
            if found is None:
                continue
            key = found.name, found.position.side
            if key in held:
                raise InputError(
                    f"{found.name} is held on this side already, in {kind} {held[key].row}: give both as one, at the "
                    "average entry price"
                )
            if seen.setdefault(found.name, found.mark_price) != found.mark_price:
                raise InputError(f"mark_price={found.mark_price} of {found.name} is {seen[found.name]} in a row before")
            held[key] = found
        except InputError as error:
            wrong.append(f"{kind} {number}: {error}")
    return Holdings(rules, tuple(held.values()), tuple(wrong))


def _venue(venue: Venue | str) -> Venue:
    if isinstance(venue, Venue):
        return venue
    if isinstance(venue, str):
        plain = _letters(venue)
        named = [v for v in VENUES if _letters(v.name) == plain]
        begins = named or [v for v in VENUES if _letters(v.name).startswith(plain) and plain]
        if begins:
            return begins[0]
    raise refuse("venue", venue, f"one of {', '.join(v.name for v in VENUES)}")


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower().replace("ⓢ", "s"))


def _rows(source: Any) -> Iterable[tuple[str, int, dict[str, Any]]]:
    """Return what a row is called, its number, and its fields by canonical name."""
    if hasattr(source, "iloc"):
        names = _columns([str(name) for name in source.columns])
        records = source.to_dict("split")["data"]
        return [("row", i, _fields(names, row)) for i, row in enumerate(records, 1)]
    if isinstance(source, Mapping):
        return _records(_listed(source))
    if isinstance(source, (str, Path)) or hasattr(source, "read"):
        text = read_text(source).strip("\ufeff \t")
        if text.lstrip()[:1] in ("[", "{"):
            try:
                return _records(_listed(json.loads(text)))
            except (ValueError, RecursionError) as error:
                raise InputError(f"the text begins as JSON and is none: {error}"[:200]) from None
        return _table(text)
    if isinstance(source, Iterable) and not isinstance(source, (bytes, bytearray)) and getattr(source, "shape", True):
        return _records(list(source))
    raise refuse("source", source, "a path, a file, its text, a list of dicts or a DataFrame")


def _listed(answer: Any) -> list[Any]:
    """Find the list of positions in an exchange's answer."""
    while isinstance(answer, Mapping):
        inner = next((answer[key] for key in ("result", "data", "list", "positions") if key in answer), None)
        if inner is None:
            return [answer]
        answer = inner
    if not isinstance(answer, list):
        raise InputError(f"the answer holds {shown(answer)} where a list of positions was expected")
    return answer


def _records(rows: Sequence[Any]) -> Iterable[tuple[str, int, dict[str, Any]]]:
    bad = next((row for row in rows if not isinstance(row, Mapping)), None)
    if bad is not None:
        raise InputError(f"source holds {shown(bad)} where a position, a dict, was expected")
    if rows:
        _columns([str(name) for row in rows[:1] for name in row])
    return [("row", i, _fields(_columns([str(n) for n in row]), list(row.values()))) for i, row in enumerate(rows, 1)]


def _table(text: str) -> Iterable[tuple[str, int, dict[str, Any]]]:
    head = text.splitlines()[:1]
    if not head:
        raise InputError("source is empty")
    delimiter = next((mark for mark in "\t;" if mark in head[0]), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    found = []
    try:
        header = next(reader)
        names = _columns(header)
        for row in reader:
            if any(field.strip() for field in row):
                fields = _fields(names, row)
                if len(row) != len(header):
                    fields["wrong"] = f"it has {len(row)} fields and the first line has {len(header)}"
                found.append(("line", reader.line_num, fields))
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} is not a line of text: {error}") from None
    return found


def _columns(header: Sequence[str]) -> list[str | None]:
    """Return the canonical name of each column, ``None`` for what is not needed."""
    plain = [_letters(name) for name in header]
    found: list[str | None] = [None] * len(plain)
    for name, aliases in NAMES.items():
        place = next((plain.index(alias) for alias in aliases if alias in plain), None)
        if place is not None:
            found[place] = name
    if "contracts" in plain:  # ccxt's number of contracts, or a screen's column of contracts
        place = plain.index("contracts")
        missing = "quantity" if "contract" in found else "contract"
        found[place] = found[place] or (missing if missing not in found else None)
    needed = [name for name in ("contract", "quantity", "entry_price") if name not in found]
    if needed:
        said = ", ".join(header[:20]) or "nothing"
        raise InputError(
            f"source: there is no column for {' and '.join(needed)}; the columns are {said}; ours are {TEMPLATE}"[:500]
        )
    return found


def _fields(names: Sequence[str | None], values: Sequence[Any]) -> dict[str, Any]:
    pairs = zip(names, values, strict=False)
    return {name: value for name, value in pairs if name and not _is_empty(value)}


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, float) and math.isnan(value))


def _held(
    number: int,
    row: dict[str, Any],
    venue: Venue,
    markets: Mapping[str, Market],
    marks: Mapping[str, Number],
    rate: Any,
) -> Held | None:
    if "wrong" in row:
        raise InputError(row["wrong"])
    name = _text("contract", row)
    amount = _amount("quantity", row, "number")
    if amount == 0:
        return None
    side = _side(row, amount)
    entry = _amount("entry_price", row, "positive")
    market, rate_from = _market(name, row, venue, markets, rate, abs(amount), entry)
    mark = _amount("mark_price", row, "positive") if "mark_price" in row else marks.get(name)
    if mark is None:
        raise InputError(f"there is no mark_price of {name}: add a column mark_price, or give marks={{{name!r}: ...}}")
    leverage = _amount("leverage", row, "positive") if "leverage" in row else None
    margin = _margin(row, market, abs(amount), entry, leverage)
    # Counted in coins, a position may be closed by any part; a whole number would stand for whole contracts.
    quantity = abs(amount) if "contract_size" in row or market.contract.quantity_step else float(abs(amount))
    position = Position(market, side, quantity, entry, leverage if leverage is not None else 1, margin=margin)
    shown_price, stop_price = (
        (_amount(key, row, "non-negative") or None) if key in row else None for key in ("shown_price", "stop_price")
    )
    return Held(number, position, one_number("mark_price", mark, "positive"), shown_price, stop_price, rate_from)


def _text(field: str, row: Mapping[str, Any]) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{field} is missing: say which")
    if len(value) > 100:
        raise InputError(f"{field}={shown(value[:40])}... is too long for a name")
    if not value.isprintable():  # a terminal would obey what it doesn't print
        raise InputError(f"{field}={shown(value)} is not allowed: a name holds what can be printed")
    return value.strip()


def _amount(field: str, row: Mapping[str, Any], kind: str) -> Any:
    value = row.get(field)
    if value is None:
        raise InputError(f"{field} is missing")
    if isinstance(value, str):
        text = value.strip().rstrip("x")
        if not re.fullmatch(r"[+-]?(\d+([.]\d*)?|[.]\d+)([eE][+-]?\d+)?", text):
            comma = ": a comma in a number is not read" if "," in text else ""
            raise InputError(f"{field}={value.strip()[:40]!r} is not a number{comma}")
        value = int(text) if re.fullmatch(r"[+-]?\d{1,15}", text) else float(text)
    return one_number(field, as_number(value) if as_number(value) is not None else value, kind)


def _side(row: Mapping[str, Any], amount: Number) -> int:
    said = str(row.get("side", "both")).strip().lower()
    if said in ("both", "", "net", "none"):
        return 1 if amount > 0 else -1
    side = _SIDES.get(said)
    if side is None:
        raise InputError(
            f"side={str(row['side']).strip()[:40]!r} is not allowed: it must be long or short, buy or sell"
        )
    if amount < 0 and side > 0:
        raise InputError(f"quantity={amount} is negative and side={said!r}: one of the two is wrong")
    return side


def _market(
    name: str,
    row: Mapping[str, Any],
    venue: Venue,
    markets: Mapping[str, Market],
    rate: Any,
    quantity: Number,
    entry: Number,
) -> tuple[Market, str]:
    """Return the market of a contract, and where its maintenance rate comes from."""
    if name in markets:
        return markets[name], "the ladder that was given"
    plain = _letters(name.split(":")[0]).upper()
    if (venue.name, plain) in SHIPPED:
        market = SHIPPED[venue.name, plain]
        size = _amount("contract_size", row, "positive") if "contract_size" in row else market.contract.contract_size
        if size != market.contract.contract_size:
            raise InputError(
                f"contract_size={size} is not allowed: of {name} on {venue.name} it is {market.contract.contract_size}"
            )
        return market, f"{market.tiers.source}"
    size = _amount("contract_size", row, "positive") if "contract_size" in row else 1
    if "maintenance_margin_rate" in row:
        rate, where = _amount("maintenance_margin_rate", row, "rate"), "the row"
    elif "maintenance_margin" in row:
        price = (
            _amount("mark_price", row, "positive")
            if venue.maintenance_basis == "mark" and "mark_price" in row
            else entry
        )
        worth = quantity / (size * price) if venue.kind == "inverse" else quantity * size * price
        rate, where = (
            one_number("maintenance_margin", _amount("maintenance_margin", row, "non-negative") / worth, "rate"),
            "its maintenance margin in the row, as one rate",
        )
    else:
        where = "the rate that was given for all"
    if rate is None:
        raise InputError(
            f"no maintenance rate of {name} on {venue.name} is known: add a column maintenance_margin_rate, or give "
            "maintenance_margin_rate= or markets="
        )
    kind: Literal["linear", "inverse"] = "inverse" if venue.kind == "inverse" else "linear"
    tiers = RiskTiers([(0, math.inf, rate)], venue.tier_measure or "value", venue.tier_rule or "flat", where)
    return Market(Contract(name, size, _TICK, kind), tiers, venue), where


def _margin(row: Mapping[str, Any], market: Market, quantity: Any, entry: Any, leverage: Any) -> Any:
    """Return the position margin of an isolated position, ``None`` if it is cross."""
    said = str(row["mode"]).strip().lower() if "mode" in row else None
    if said is not None and said not in _MODES:
        raise InputError(f"mode={said[:40]!r} is not allowed: it must be isolated or cross")
    known = [key for key in ("margin", "margin_and_pnl") if key in row and _amount(key, row, "number") > 0]
    if said is not None and not _MODES[said]:
        return None
    if said is None and not known:
        return None
    if "margin" in known:
        return _amount("margin", row, "positive")
    if known and "pnl" in row:
        return one_number(
            "margin", _amount("margin_and_pnl", row, "positive") - _amount("pnl", row, "number"), "positive"
        )
    if leverage is None:
        raise InputError("the margin of the isolated position is missing, and so is its leverage: give one of them")
    return market.initial_margin(entry, quantity, leverage)
