"""``python -m liquidation``: my positions, from a terminal; without a file, what there is and where to begin.

``python -m liquidation positions.csv --venue Bybit`` prints a table. It ends with 0 if all is well, 1 if a position is
nearer to its liquidation price than ``--warn``, 2 if nothing could be read, else 3 if some rows could not; so it can
stand in a cron job. ``--template`` prints a file to begin with.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

import liquidation
from liquidation.trader.position_file import EXAMPLE

_WELCOME = """\
liquidation: at what price an exchange takes a leveraged crypto-futures position away, why there, and who pays.

  your positions python -m liquidation --template > positions.csv
                 python -m liquidation positions.csv --venue Binance --balance 1000 --volatility 0.6
  the course     jupyter lab, then notebooks/00_start_here.ipynb
  set-up check   python -m liquidation.course.setup_check
  for teachers   python -m liquidation.course.grade FOLDER
  for editors    python -m liquidation.course.author

Where does my position die? In Python:

  >>> from liquidation import BINANCE_BTCUSDT
  >>> BINANCE_BTCUSDT.liquidation_price(side=-1, entry_price=50_000, quantity=0.1, leverage=25, on_tick=True)
  {price}

Markets that are shipped: {markets}.
help(liquidation.liquidation_price) shows a formula with its arguments and its source.\
"""
WARNED, NOTHING, SOME = 1, 2, 3
_FEW = 30
"""Prices from which a volatility says little, our choice."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m liquidation", description="Check your own positions.")
    parser.add_argument("positions", nargs="?", help="a CSV or JSON file; - reads standard input")
    parser.add_argument("--template", action="store_true", help="print a file of positions to begin with")
    parser.add_argument("--venue", help="the exchange: " + ", ".join(v.name for v in liquidation.VENUES))
    parser.add_argument("--balance", type=float, help="all the money in the account, if positions are in cross")
    parser.add_argument("--rate", type=float, help="maintenance margin rate of contracts of which none is known")
    moves = parser.add_mutually_exclusive_group()
    moves.add_argument("--volatility", type=float, help="a year's, such as 0.6 for 60%%")
    moves.add_argument("--prices", help="a file of prices, from which the volatility is taken")
    parser.add_argument("--chance", type=float, default=0.01, help="of a liquidation within a week, accepted (0.01)")
    parser.add_argument("--warn", type=float, help="end with 1 if a position is nearer than this, such as 0.05")
    parser.add_argument("--report", help="write the page to this file (HTML)")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--json", action="store_true", help="print JSON instead of a table")
    instead.add_argument("--csv", action="store_true", help="print CSV, for a spreadsheet, instead of a table")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it, and return the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.template:
        print(EXAMPLE, end="")
        return 0
    if given.positions is None:
        print(_welcome())
        return 0
    if given.venue is None:
        parser.error("--venue is needed: the rules of which exchange count?")
    try:
        return _check(given)
    except ValueError as error:
        print(error, file=sys.stderr)
        return NOTHING


def _check(given: argparse.Namespace) -> int:
    from liquidation.course.report import report

    source = sys.stdin if given.positions == "-" else given.positions
    read = liquidation.read_positions(source, given.venue, maintenance_margin_rate=given.rate)
    for line in read.wrong:
        print(line, file=sys.stderr)
    if not read.held:
        raise ValueError("no position could be read")
    checked = liquidation.check_account(
        read.account(given.balance),
        volatility=_volatility(given),
        chance=given.chance,
        stops=read.stops,
        shown_prices=read.shown_prices,
    )
    page = report(checked, read.wrong)
    if page.incomplete:
        print(page.incomplete, file=sys.stderr)
    if given.json:
        print(json.dumps(page.rows(), indent=1))
    elif given.csv:
        print(page.csv(), end="")
    else:
        print(page.table())
        for position in checked.positions:
            for note in position.notes:
                print(f"{position.name} {position.side}: {note}")
    if given.report:
        print(f"written: {page.save(given.report)}", file=sys.stderr)
    if given.warn is not None and checked.nearest < given.warn:
        return WARNED
    return SOME if read.wrong else 0


def _volatility(given: argparse.Namespace) -> float:
    if given.volatility is not None:
        return float(given.volatility)
    if given.prices is not None:
        prices = liquidation.read_prices(given.prices)
        if len(prices.times) < _FEW:
            print(
                f"{given.prices} holds {len(prices.times)} prices: a volatility from so few says little",
                file=sys.stderr,
            )
        return prices.volatility
    raise ValueError("volatility is needed: give --volatility, such as 0.6 for 60% a year, or --prices with a file")


def _welcome() -> str:
    market = liquidation.BINANCE_BTCUSDT
    price = market.liquidation_price(side=-1, entry_price=50_000, quantity=0.1, leverage=25, on_tick=True)
    named = {name: getattr(liquidation, name) for name in liquidation.__all__}
    markets = [name for name, thing in named.items() if isinstance(thing, liquidation.Market)]
    return _WELCOME.format(price=price, markets=", ".join(sorted(markets)))


if __name__ == "__main__":
    sys.exit(main())
