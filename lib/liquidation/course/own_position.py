"""A form for one's own positions: type them in or load a file, and read the page about them.

All of it runs in the reader's own kernel; nothing is sent anywhere.
"""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]  # ipywidgets ships no types

from liquidation import VENUES, check_account, read_positions, read_prices
from liquidation.trader.position_file import TEMPLATE
from liquidation.trader.text_file import read_text

from .report import Report, report
from .tables import literal

RUN_ME = "To check your own positions: Run, then Run All Cells; then type or load them here."
_WIDE, _FIELD = {"width": "100%"}, {"width": "19em"}
_NAMED = {"description_width": "9em"}
_REST = (
    "<b>2. The rest.</b> The volatility is a year's. 0.6 lies between bitcoin's 0.47 of April 2025, as its options had "
    "it, and the 0.91 of 2017 to 2021; smaller coins move more. A file of prices says what yours did."
)
_LINE = ("contract", "side", "quantity", "entry_price", "mark_price", "leverage", "margin", "rate", "stop_price")


class OwnPositions:
    """The form. ``check()`` does what its button does, and returns the page or ``None`` if there is none."""

    def __init__(self) -> None:
        self.page: Report | None = None
        self.line: dict[str, Any] = {
            "contract": widgets.Text("BTCUSDT", description="contract"),
            "side": widgets.Dropdown(options=["long", "short"], description="side"),
            "quantity": widgets.Text("0.1", description="quantity (coins)"),
            "entry_price": widgets.Text("", description="entry price"),
            "mark_price": widgets.Text("", description="mark price now"),
            "leverage": widgets.Text("10", description="leverage"),
            "margin": widgets.Text("", description="isolated margin", placeholder="empty: cross"),
            "rate": widgets.Text("", description="maintenance rate", placeholder="empty: known"),
            "stop_price": widgets.Text("", description="stop", placeholder="empty: none"),
        }
        self.venue = widgets.Dropdown(options=[v.name for v in VENUES], value="Binance USDⓈ-M", description="exchange")
        self.balance = widgets.Text("1000", description="money in all")
        self.volatility = widgets.Text("0.6", description="volatility")
        self.chance = widgets.Text("0.01", description="accepted chance")
        self.rate = widgets.Text("", description="rate if unknown", placeholder="0.01")
        rest = (self.venue, self.balance, self.volatility, self.chance, self.rate)
        for widget in (*self.line.values(), *rest):
            widget.layout, widget.style = _FIELD, _NAMED
        self.positions = widgets.Textarea(f"{TEMPLATE}\n", layout={**_WIDE, "height": "8em"})
        self.positions.tooltip = "positions, a line each, as CSV or JSON"
        self.add, self.run = widgets.Button(description="Add this line"), widgets.Button(description="Check")
        self.run.button_style = "primary"
        self.upload = widgets.FileUpload(multiple=False, description="Load positions", layout={"width": "14em"})
        self.prices = widgets.FileUpload(multiple=False, description="Load prices", layout={"width": "14em"})
        self.said = widgets.HTML()
        self.add.on_click(lambda _: self.add_line())
        self.run.on_click(lambda _: self.check())
        self.upload.observe(lambda _: self._loaded(), names="value")
        self.prices.observe(lambda _: self._priced(), names="value")
        rows = [widgets.HTML("<b>1. Your positions.</b> Load a file, or fill in a line and add it, or edit the text.")]
        rows += [_row(self.upload), _row(*self.line.values()), _row(self.add), self.positions]
        rows.append(widgets.HTML(_REST))
        rows += [_row(*rest), _row(self.prices, self.run), self.said]
        self.box = widgets.VBox(rows)

    def add_line(self) -> None:
        """Put the fields under the positions as one line."""
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow([str(self.line[name].value).strip() for name in _LINE])
        text = self.positions.value.rstrip("\n")
        self.positions.value = f"{text or TEMPLATE}\n{line.getvalue()}"

    def check(self) -> Report | None:
        """Read the positions and show the page; whatever cannot be is said in words."""
        self.page = None
        try:
            rate = _number("maintenance rate", self.rate.value) if self.rate.value.strip() else None
            read = read_positions(io.StringIO(self.positions.value), self.venue.value, maintenance_margin_rate=rate)
            if not read.held:
                raise ValueError("\n".join(["no position could be read", *read.wrong]))
            checked = check_account(
                read.account(_number("money in all", self.balance.value) if self.balance.value.strip() else None),
                volatility=_number("volatility", self.volatility.value),
                chance=_number("accepted chance", self.chance.value),
                stops=read.stops,
                shown_prices=read.shown_prices,
            )
            self.page = report(checked, read.wrong)
            data = base64.b64encode(self.page.html.encode()).decode()
            link = f'<a download="my_positions.html" href="data:text/html;base64,{data}">Save this page as a file</a>'
            self.said.value = f"<p>{link}</p>{self.page._repr_html_()}"
        except ValueError as error:
            self.said.value = f"<pre style='white-space: pre-wrap'>{literal(str(error))}</pre>"
        except Exception as error:  # JupyterLab hides what a callback raises
            self.said.value = f"<pre>This could not be checked: {literal(f'{type(error).__name__}: {error}')}</pre>"
        return self.page

    def _loaded(self) -> None:
        if self.upload.value:
            try:
                self.positions.value = read_text(io.BytesIO(bytes(self.upload.value[0]["content"])))
                self.said.value = "<p>Loaded. Now press <b>Check</b>.</p>"
            except ValueError as error:
                self.said.value = f"<pre>{literal(str(error))}</pre>"

    def _priced(self) -> None:
        if self.prices.value:
            try:
                prices = read_prices(io.BytesIO(bytes(self.prices.value[0]["content"])))
                self.volatility.value = f"{prices.volatility:.4f}"
                self.said.value = (
                    f"<p>{len(prices.times):,} prices: a volatility of {prices.volatility:.1%} a year.</p>"
                )
            except ValueError as error:
                self.said.value = f"<pre style='white-space: pre-wrap'>{literal(str(error))}</pre>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        still = {"text/markdown": f"*{RUN_ME}*", "text/plain": RUN_ME}
        display({**self.box._repr_mimebundle_(), **still}, raw=True)


def _row(*items: Any) -> widgets.HBox:
    return widgets.HBox(items, layout={"flex_flow": "row wrap"})


def _number(name: str, text: str) -> float:
    try:
        return float(text.strip().rstrip("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        raise ValueError(f"{name}={text!r} is not a number, such as 0.6") from None
