"""A reader's own positions: from a file, an exchange's answer or what a program holds, into an account.

Fields, as documented: Bybit, ``/v5/position/list`` (bybit-exchange.github.io, “Get Position Info”); Binance,
``/fapi/v2/positionRisk`` and ``v3`` (“Position Information”); ccxt, the unified position of ``fetch_positions`` (its
manual, “Position Structure”); read 2026-11-26. What none of them says, such as the maintenance rate of a contract,
must be given: nothing is guessed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from ..algebra.checks import InputError, Number, one_number, refuse, shown
from ..margin.account import Account
from ..margin.contract import Contract
from ..margin.ladders import BINANCE_BTCUSDT, BYBIT_BTCUSDT, MEXC_BTC_USDT
from ..margin.market import Market
from ..margin.position import Position
from ..margin.tiers import RiskTiers
from ..margin.venue import Venue
from ..margin.venues import VENUES
from .text_file import as_frame, lines_of, read_text, rows_of

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
_CCXT = re.compile(r"([^/:]+)/([^/:]+):([^/:-]+)(-.*)?")
"""A symbol of ccxt: base, quote and settlement coin, and what tells a dated future from a perpetual one."""
_NUMBER = re.compile(r"[+-]?(\d+([.]\d*)?|[.]\d+)([eE][+-]?\d+)?")
_NOTHING = ("", "-", "--", "—")
"""What stands in a field that says nothing."""
_DEEPEST = 9
_SIDES = {"long": 1, "buy": 1, "1": 1, "+1": 1, "short": -1, "sell": -1, "-1": -1}
_MODES = {"isolated": True, "1": True, "1.0": True, "cross": False, "crossed": False, "0": False, "0.0": False}
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
        money = _number("balance", balance, "non-negative")
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
    the sign of the quantity where no column says. Positions of size 0 are passed over. A position is isolated if its
    row says so or, where no column names the mode, if it has a margin; without one, its margin is that of its leverage.
    Bybit's unified account says ``tradeMode`` 0 in either mode: give its isolated positions a field ``mode``.

    >>> read = read_positions("contract,side,quantity,entry_price,mark_price,leverage,margin\\n"
    ...                       "BTCUSDT,long,0.1,50000,49500,25,200\\nBTCUSDT,sideways,1,1,1,1,1", "Binance USDⓈ-M")
    >>> round(read.account().liquidation_price("BTCUSDT"), 1), read.wrong
    (48192.8, ("line 3: side='sideways' is not allowed: it must be long or short, buy or sell",))

    Raises ``ValueError`` if nothing can be read at all: no text, no table, no column that is needed.
    """
    rules = _venue(venue)
    rows = _rows(source)
    rate = (
        None if maintenance_margin_rate is None else _number("maintenance_margin_rate", maintenance_margin_rate, "rate")
    )
    given = _by_name("markets", markets, "Markets by the name of a contract", Market)
    marked = _by_name("marks", marks, "a price by the name of a contract, {'BTCUSDT': 50_000}", object)
    held: dict[tuple[str, int], Held] = {}
    seen: dict[str, dict[str, Number]] = {}
    wrong = []
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
            now = {
                "mark_price": found.mark_price,
                "contract_size": found.position.market.contract.contract_size,
            }
            before = seen.setdefault(found.name, now)
            for what in now:
                if now[what] != before[what]:
                    raise InputError(f"{what}={now[what]} of {found.name} is {before[what]} in a row before")
            held[key] = found
        except InputError as error:
            wrong.append(f"{kind} {number}: {error}")
    return Holdings(rules, tuple(held.values()), tuple(wrong))


def _venue(venue: Venue | str) -> Venue:
    if isinstance(venue, Venue):
        return venue
    if isinstance(venue, str):
        plain = _letters(venue)
        whole = [v for v in VENUES if _letters(v.name) == plain]
        named = whole or [v for v in VENUES if _letters(v.name.split()[0]) == plain]  # of two, the linear one
        if named:
            return named[0]
    raise refuse("venue", venue, f"one of {', '.join(v.name for v in VENUES)}")


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower().replace("ⓢ", "s"))


def _by_name(name: str, given: Any, words: str, kind: type) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(value, kind) for value in given.values()):
        raise refuse(name, given, words)
    return dict(given)


def _rows(source: Any) -> Iterable[tuple[str, int, dict[str, Any]]]:
    """Return what a row is called, its number, and its fields by canonical name."""
    frame = as_frame(source)
    if frame is not None:
        names = _columns([str(name) for name in frame.columns])
        records = frame.itertuples(index=False, name=None)
        return [("row", i, _fields(names, row)) for i, row in enumerate(records, 1)]
    if isinstance(source, Mapping):
        return _records(_listed(source))
    if isinstance(source, (str, Path)) or hasattr(source, "read"):
        # An answer stands on one line, and so would be taken for a path.
        is_json = isinstance(source, str) and re.fullmatch(r"[\ufeff\s]*[\[{].*[\]}]\s*", source, re.DOTALL)
        text = str(source).removeprefix("\ufeff") if is_json else read_text(source)
        if text.lstrip()[:1] in ("[", "{"):
            try:
                answer = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise InputError(f"source begins as JSON and is none: {error}"[:200]) from None
            return _records(_listed(answer))
        return _table(text)
    if not isinstance(source, Iterable) or isinstance(source, (bytes, bytearray)):
        raise refuse("source", source, "a path, a file, its text, a list of dicts or a DataFrame")
    if hasattr(source, "ndim") and not source.ndim:
        raise refuse("source", source, "a list of dicts")
    return _records(source)


def _listed(answer: Any) -> Iterable[Any]:
    """Find the list of positions in an exchange's answer."""
    inner = answer
    for _ in range(_DEEPEST):
        if not isinstance(inner, Mapping):
            break
        parts = [inner[key] for key in ("result", "data", "list", "positions") if key in inner]
        found = next((part for part in parts if isinstance(part, (Mapping, list, tuple))), None)
        if found is None:
            said = answer.get("retMsg", answer.get("msg"))
            if said is not None:
                raise InputError(f"source holds no positions but an answer that says {shown(said)}")
            return [inner]
        inner = found
    if not isinstance(inner, (list, tuple)):
        raise InputError(f"source holds {shown(inner)} where a list of positions was expected")
    return inner


def _records(rows: Iterable[Any]) -> Iterable[tuple[str, int, dict[str, Any]]]:
    """Read dicts; if none has the fields that are needed, the first says which there are."""
    known: dict[tuple[Any, ...], list[str | None]] = {}
    found: list[tuple[str, int, dict[str, Any]]] = []
    for number, row in enumerate(rows, 1):
        try:
            if not isinstance(row, Mapping):
                raise InputError(f"source holds {shown(row)} where a position, a dict, was expected")
            keys = tuple(row)
            if keys not in known:
                known[keys] = _columns([str(key) for key in keys])
            fields = _fields(known[keys], [row[key] for key in keys])
        except InputError as error:
            if not found and not isinstance(row, Mapping):
                raise
            fields = {"wrong": str(error)}
        found.append(("row", number, fields))
    if found and all("wrong" in fields for _, _, fields in found):
        raise InputError(found[0][2]["wrong"])
    return found


def _table(text: str) -> Iterable[tuple[str, int, dict[str, Any]]]:
    head = next((line for line in lines_of(text) if line.strip()), "")
    delimiter = next((mark for mark in "\t;" if mark in head), ",")
    rows = ((n, fields) for n, row in rows_of(text, delimiter) if any(fields := [field.strip() for field in row]))
    _, header = next(rows, (1, []))
    if not header:
        raise InputError("source is empty")
    names = _columns(header)
    found: list[tuple[str, int, dict[str, Any]]] = []
    for number, row in rows:
        if len(row) != len(header):
            wrong = f"it has {len(row)} fields and the first line has {len(header)}"
            found.append(("line", number, {"wrong": wrong}))
        elif row != header:  # which comes again where files were put one after another
            found.append(("line", number, _fields(names, row)))
    return found


def _columns(header: Sequence[str]) -> list[str | None]:
    """Return the canonical name of each column, ``None`` for what is not needed."""
    plain = [_letters(name) for name in header]
    found: list[str | None] = [None] * len(plain)
    for name, aliases in NAMES.items():
        alias = next((alias for alias in aliases if alias in plain), None)
        if alias is not None:
            if plain.count(alias) > 1:
                raise InputError(
                    f"source has {plain.count(alias)} columns {shown(header[plain.index(alias)])}: one is needed"
                )
            found[plain.index(alias)] = name
    if "contracts" in plain:  # ccxt's number of contracts, or a screen's column of contracts
        place = plain.index("contracts")
        missing = "quantity" if "contract" in found else "contract"
        found[place] = found[place] or (missing if missing not in found else None)
    needed = [name for name in ("contract", "quantity", "entry_price") if name not in found]
    if needed:
        said = ", ".join(header[:20]) or "nothing"
        raise InputError(
            f"source has no column for {' and '.join(needed)}; the columns are {said[:300]}; ours are {TEMPLATE}"
        )
    return found


def _fields(names: Sequence[str | None], values: Sequence[Any]) -> dict[str, Any]:
    """Return what a row says; that a side or a mode is not said, where it should be, is kept."""
    pairs = zip(names, values, strict=False)
    return {name: value for name, value in pairs if name and (name in ("side", "mode") or not _is_empty(value))}


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip() in _NOTHING
    return (
        value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
    )


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
    mark = _amount("mark_price", row, "positive") if "mark_price" in row else marks.get(name)
    if mark is None:
        raise InputError(f"there is no mark_price of {name}: add a column mark_price, or give marks={{{name!r}: ...}}")
    mark = _number("mark_price", mark, "positive")
    price = mark if venue.maintenance_basis == "mark" else entry
    market, rate_from = _market(name, row, venue, markets, rate, abs(amount), price)
    leverage = _amount("leverage", row, "positive") if "leverage" in row else None
    # Counted in coins, a position may be closed by any part; a whole number would stand for whole contracts.
    quantity = abs(amount) if "contract_size" in row or market.contract.quantity_step else float(abs(amount))
    margin = _margin(row, market, side, quantity, entry, leverage)
    position = Position(market, side, quantity, entry, leverage if leverage is not None else 1, margin=margin)
    shown_price = _amount("shown_price", row, "number") if "shown_price" in row else 0  # some say -1 for none
    stop_price = _amount("stop_price", row, "non-negative") if "stop_price" in row else 0
    return Held(number, position, mark, shown_price if shown_price > 0 else None, stop_price or None, rate_from)


def _text(field: str, row: Mapping[str, Any]) -> str:
    value = row.get(field)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{field} is missing: say which")
    if len(value) > 100:
        raise InputError(f"{field}={shown(value)} is too long for a name")
    if not value.isprintable():  # a terminal would obey what it doesn't print
        raise InputError(f"{field}={shown(value)} is not allowed: a name holds what can be printed")
    return value.strip()


def _word(field: str, row: Mapping[str, Any]) -> str:
    """Return what a row says in a column in which each row must say something."""
    value = row[field]
    if _is_empty(value):
        raise InputError(f"{field} is missing: say which")
    return (value if isinstance(value, str) else shown(value)).strip().lower()


def _amount(field: str, row: Mapping[str, Any], kind: str) -> Any:
    value = row.get(field)
    if value is None:
        raise InputError(f"{field} is missing")
    if isinstance(value, str):
        text = value.strip()
        digits = text[:-1] if field == "leverage" and text[-1:] in ("x", "X") else text
        if not _NUMBER.fullmatch(digits):
            comma = ": a comma in a number is not read" if "," in text else ""
            raise InputError(f"{field}={text[:40]!r} is not a number{comma}")
        value = int(digits) if re.fullmatch(r"[+-]?\d{1,15}", digits) else float(digits)
    return _number(field, value, kind)


def _number(name: str, value: object, kind: str) -> Any:
    try:
        return one_number(name, value, kind)
    except TypeError:  # numpy's time spans pass for whole numbers
        raise InputError(f"{name}={shown(value)} is not a number") from None


def _side(row: Mapping[str, Any], amount: Number) -> int:
    said = _word("side", row) if "side" in row else "both"
    if said in ("both", "net"):
        return 1 if amount > 0 else -1
    side = _SIDES.get(said)
    if side is None:
        raise InputError(f"side={said[:40]!r} is not allowed: it must be long or short, buy or sell")
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
    price: Number,
) -> tuple[Market, str]:
    """Return the market of a contract, and where its maintenance rate comes from.

    ``price``: the one on which the venue's maintenance stands.
    """
    if name in markets:
        return markets[name], "the ladder that was given"
    kind, plain = _kind(name, venue)
    size = _amount("contract_size", row, "positive") if "contract_size" in row else None
    if (venue.name, plain) in SHIPPED:
        market = SHIPPED[venue.name, plain]
        if (1 if size is None else size) != market.contract.contract_size:
            said = f"contract_size={size} is not allowed" if size is not None else "contract_size is missing"
            raise InputError(f"{said}: of {name} on {venue.name} it is {market.contract.contract_size}")
        return market, f"{market.tiers.source}"
    contract = Contract(name, 1 if size is None else size, _TICK, kind)
    if "maintenance_margin_rate" in row:
        rate, where = _amount("maintenance_margin_rate", row, "rate"), "the row"
    elif "maintenance_margin" in row:
        worth = contract.theory.position_value(
            mark_price=price, quantity=quantity, contract_size=contract.contract_size
        )
        required = _amount("maintenance_margin", row, "non-negative")
        if required >= worth:
            raise InputError(f"maintenance_margin={required} is not below what the position is worth, {worth}")
        rate, where = required / worth, "its maintenance margin in the row, as one rate"
    else:
        where = "the rate that was given for all"
    if rate is None:
        raise InputError(
            f"no maintenance rate of {name} on {venue.name} is known: add a column maintenance_margin_rate, or give "
            "maintenance_margin_rate= (in a terminal --rate) or markets="
        )
    tiers = RiskTiers([(0, math.inf, rate)], venue.tier_measure or "value", venue.tier_rule or "flat", where)
    return Market(contract, tiers, venue), where


def _kind(name: str, venue: Venue) -> tuple[Literal["linear", "inverse"], str]:
    """Return the kind of a contract, and its plain name, by which a shipped ladder is found."""
    kind, plain = venue.kind, re.sub(r"[/_\-\s]", "", name).upper()
    found = _CCXT.fullmatch(name.upper())
    if found:
        base, quote, coin, rest = found.groups()
        kind = "inverse" if coin == base else "linear"
        plain = base + quote + (rest or "")
        if coin not in (base, quote) and not coin.startswith("USD"):
            raise InputError(
                f"{name} settles in {coin}, which is neither {base} nor {quote}: such contracts are not known"
            )
    if re.search(r"-[CP]$", name.upper()):
        raise InputError(f"{name} is an option: it has no liquidation price of its own")
    if kind is None and ("USDT" in plain or "USDC" in plain):
        kind = "linear"
    if kind is None:
        raise InputError(f"{name} on {venue.name} may be linear or inverse: give it in markets=")
    if kind != (venue.kind or kind):
        raise InputError(f"{name} is {kind}, and the contracts of {venue.name} are {venue.kind}")
    return kind, plain


def _margin(
    row: Mapping[str, Any], market: Market, side: int, quantity: Number, entry: Number, leverage: Number | None
) -> Any:
    """Return the position margin of an isolated position, ``None`` if it is cross."""
    said = _word("mode", row) if "mode" in row else None
    if said is not None and said not in _MODES:
        raise InputError(f"mode={said[:40]!r} is not allowed: it must be isolated or cross")
    if said is not None and not _MODES[said]:
        return None
    margin = _amount("margin", row, "non-negative") if "margin" in row else 0
    if margin:
        return margin
    with_pnl = _amount("margin_and_pnl", row, "number") if "margin_and_pnl" in row else 0
    if with_pnl:
        if "pnl" not in row and "mark_price" not in row:
            raise InputError("the margin contains an unrealized PnL that no column says: add a column unrealizedPnl")
        pnl = (
            _amount("pnl", row, "number")
            if "pnl" in row
            else market.unrealized_pnl(side, entry, _amount("mark_price", row, "positive"), quantity)
        )
        return one_number("margin", with_pnl - pnl, "positive")
    if said is None:
        return None
    if leverage is None:
        raise InputError("the margin of the isolated position is missing, and so is its leverage: give one of them")
    return market.initial_margin(entry, quantity, leverage)
