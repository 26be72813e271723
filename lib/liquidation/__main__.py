"""``python -m liquidation``: what there is, and where to begin."""

from __future__ import annotations

import liquidation

_WELCOME = """\
liquidation: at what price an exchange takes a leveraged crypto-futures position away, why there, and who pays.

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


def main() -> None:
    """Print it."""
    market = liquidation.BINANCE_BTCUSDT
    price = market.liquidation_price(side=-1, entry_price=50_000, quantity=0.1, leverage=25, on_tick=True)
    named = {name: getattr(liquidation, name) for name in liquidation.__all__}
    markets = [name for name, thing in named.items() if isinstance(thing, liquidation.Market)]
    print(_WELCOME.format(price=price, markets=", ".join(sorted(markets))))


if __name__ == "__main__":
    main()
