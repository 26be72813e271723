"""One page about an account: how close, how likely, and what to do. As HTML, as a table, as plain values, and as CSV.

Everything that comes from a file is escaped: a contract named ``<script>``, ``$x$`` or ``=cmd()`` stays text.
"""

from __future__ import annotations

import base64
import csv
import html
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from liquidation import NEVER, AccountCheckup, Checkup, NoPrice, WaysOut
from liquidation.algebra.checks import InputError

from . import drawing as draw
from .tables import Table, literal

_SHOWN = 12
"""Positions in the picture."""
_STYLE = """
.own { font: 16px/1.5 system-ui, sans-serif; color: #222; background: #fff; }
.own { max-width: 760px; margin: 0 auto; padding: 1em; }
.own h1 { font-size: 1.5em; margin: 0 0 .3em; } .own h2 { font-size: 1.15em; margin: 1.6em 0 .4em; }
.own table { border-collapse: collapse; width: 100%; font-size: .95em; }
.own td, .own th { border-bottom: 1px solid #ddd; padding: .3em .5em; text-align: left; vertical-align: top; }
.own td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.own .wide { overflow-x: auto; } .own img { max-width: 100%; height: auto; }
.own .bad { border-left: 4px solid #B04000; padding: .1em .8em; background: #fff6f0; }
.own pre { white-space: pre-wrap; font-size: .85em; background: #f6f6f6; padding: .6em; }
.own .small { font-size: .85em; color: #555; }
@media (max-width: 480px) { .own table { font-size: .8em; } .own td, .own th { padding: .3em .2em; } }
@media print { .own { font-size: 12px; } .own section { break-inside: avoid; } }
"""
POOL_INCOMPLETE = "If one of them stands on the pool, every figure of the cross positions is without it, and wrong."
_EDUCATION = (
    "Computed on this machine; nothing has left it. The chances are those of geometric Brownian motion at the "
    "volatility named above: real prices jump, so far moves are likelier than this says. Education, not advice."
)


class Report:
    """The page on a checked account: shows itself in a notebook, saves itself as one file, gives its rows.

    ``wrong`` are the rows of a file that could not be read; they stand at the top.
    """

    def __init__(self, checked: AccountCheckup, wrong: Sequence[str] = (), title: str = "My positions") -> None:
        if not isinstance(checked, AccountCheckup):
            raise InputError("checked must be what check_account returns")
        self.checked, self.wrong, self.title = checked, tuple(wrong), str(title)

    @property
    def incomplete(self) -> str:
        """What the rows that were left out do to the others; empty where they do nothing."""
        pooled = self.checked.margin_ratio is not None
        return POOL_INCOMPLETE if self.wrong and pooled else ""

    def rows(self) -> list[dict[str, Any]]:
        """Return a dict of plain values for each position: what ``--json`` prints."""
        return [_plain(position) for position in self.checked.positions]

    def table(self) -> Table:
        """Return the summary, a line a position."""
        head = ("position", "liquidated at", "away", "in a day", "in a week", "ratio", "mode")
        return Table(head, [_line(position) for position in self.checked.positions], foreign=True)

    def csv(self) -> str:
        """Return the rows for a spreadsheet, without the notes; no cell of it begins a formula there."""
        text = io.StringIO()
        rows = [{name: value for name, value in row.items() if name not in ("stop", "notes")} for row in self.rows()]
        writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _cell(value) for name, value in row.items()})
        return text.getvalue()

    @property
    def html(self) -> str:
        """The whole page in one file, its picture in it."""
        title = html.escape(self.title)
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
            f'<body style="margin:0">{self._body()}</body></html>\n'
        )

    def save(self, path: str | Path) -> Path:
        """Write the page, and return where."""
        file = Path(path)
        try:
            file.write_text(self.html, encoding="utf-8")
        except OSError as error:
            raise InputError(f"path={str(path)!r} cannot be written: {error}") from None
        return file

    def _repr_html_(self) -> str:
        return self._body()

    def __repr__(self) -> str:
        return "\n".join([*self.wrong, repr(self.table())])

    def _body(self) -> str:
        checked = self.checked
        parts = [f"<style>{_STYLE}</style>", '<div class="own">', f"<h1>{literal(self.title)}</h1>"]
        if self.wrong:
            rows = "".join(f"<li>{literal(line)}</li>" for line in self.wrong[:50])
            more = f"<li>... and {len(self.wrong) - 50} more</li>" if len(self.wrong) > 50 else ""
            parts.append(f'<div class="bad"><p>Left out, because it could not be read:</p><ul>{rows}{more}</ul>')
            parts.append(f"<p>{self.incomplete}</p></div>")
        notes = [(p, note) for p in checked.positions for note in p.notes]
        if notes:
            rows = "".join(f"<li>{literal(f'{p.name} {p.side}: {note}')}</li>" for p, note in notes[:50])
            parts.append(f'<div class="bad"><p>Look at this first:</p><ul>{rows}</ul></div>')
        parts += [_table(self.table()), _picture(checked), _together(checked)]
        parts += [_section(position, checked) for position in checked.positions[:50]]
        if len(checked.positions) > 50:
            parts.append(f"<p>The other {len(checked.positions) - 50} positions stand in the table only.</p>")
        said = f"Volatility {checked.volatility:.0%} a year; a chance of {checked.chance:.1%} a week would be accepted."
        parts += [f'<p class="small">{said} {_EDUCATION}</p>', "</div>"]
        return "\n".join(parts)


def report(checked: AccountCheckup, wrong: Sequence[str] = (), title: str = "My positions") -> Report:
    """Make the page: ``report(check_account(account, volatility=0.8))``."""
    return Report(checked, wrong, title)


def price(value: Any) -> str:
    """Write a price as people do; what is none in a word."""
    if isinstance(value, NoPrice):
        return "never" if str(value).lower() == "never" else "already"
    return f"{float(value):,.6g}" if abs(float(value)) < 100_000 else f"{float(value):,.1f}"


def together(move: Any) -> str:
    """Write a common move of all prices as a percentage; what is none in a word."""
    return price(move) if isinstance(move, NoPrice) else f"at {float(move):+.2%}"


def _line(p: Checkup) -> tuple[str, ...]:
    dead = p.chance_in_a_day == 1
    return (
        f"{p.name} {p.side}",
        price(p.liquidation_price),
        "—" if p.distance == math.inf else f"{p.distance:.2%}",
        "now" if dead else _chance(p.chance_in_a_day),
        "now" if dead else _chance(p.chance_in_a_week),
        "liquidated" if p.margin_ratio == math.inf else f"{p.margin_ratio:.1%}",
        p.mode,
    )


def _chance(chance: float) -> str:
    return "below 0.1%" if 0 < chance < 0.001 else f"{chance:.1%}"


def _plain(p: Checkup) -> dict[str, Any]:
    def number(value: Any) -> float | None:
        return None if isinstance(value, NoPrice) or not math.isfinite(float(value)) else float(value)

    ways = p.ways_out
    return {
        "contract": p.name,
        "side": p.side,
        "mode": p.mode,
        "quantity": float(p.position.quantity),
        "mark_price": float(p.mark_price),
        "margin_ratio": number(p.margin_ratio),
        "liquidation_price": number(p.liquidation_price),
        "liquidation": price(p.liquidation_price) if isinstance(p.liquidation_price, NoPrice) else "at a price",
        "bankruptcy_price": number(p.bankruptcy_price),
        "distance": number(p.distance),
        "chance_in_a_day": p.chance_in_a_day,
        "chance_in_a_week": p.chance_in_a_week,
        "funding_in_a_week": p.funding_in_a_week,
        "tier": p.tier[0],
        "shown_price": number(p.shown_price) if p.shown_price is not None else None,
        "explained": str(p.explained) if p.explained else None,
        "stop": dict(vars(p.with_stop)) if p.with_stop else None,
        "add_margin": ways.add if ways else None,
        "close_contracts": ways.close if ways else None,
        "stop_at": ways.stop if ways else None,
        "notes": list(p.notes),
    }


def _cell(value: Any) -> Any:
    """A spreadsheet computes what begins like this, and shows it after an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@") else value


def _table(table: Table) -> str:
    head = "".join(f"<th>{literal(str(name))}</th>" for name in table.head)
    rows = []
    for first, *numbers in table.rows:
        cells = "".join(f'<td class="n">{literal(str(x))}</td>' for x in numbers)
        rows.append(f"<tr><td>{literal(str(first))}</td>{cells}</tr>")
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def _picture(checked: AccountCheckup) -> str:
    drawn = distances(checked)
    data = base64.b64encode(drawn.png()).decode()
    alt = html.escape(drawn.caption, quote=True)
    return f'<p><img alt="{alt}" src="data:image/png;base64,{data}"></p><p class="small">{literal(drawn.caption)}</p>'


@draw.own_style()
def distances(checked: AccountCheckup) -> draw.Picture:
    """Draw how far each position is from its liquidation price, the nearest first, against typical moves."""
    near = sorted((p for p in checked.positions if p.distance != math.inf), key=lambda p: p.distance)[:_SHOWN]
    figure, ax = draw.new_figure(height=1.4 + 0.42 * max(len(near), 1))
    day = checked.volatility / math.sqrt(365)
    for row, p in enumerate(near):
        ax.barh(row, 100 * p.distance, color=draw.RED if p.distance < day else draw.BLUE, height=0.6)
        end = day if 0.7 * day < p.distance < day else p.distance  # so that the line doesn't cross the number
        draw.note(ax, f"{p.distance:.1%}", (100 * end, row), (5, 0), fontsize=10.5)
    ax.axvline(100 * day, color=draw.GREY, linestyle="--", linewidth=1.4)
    draw.note(ax, "a typical day", (100 * day, -0.55), (4, -4), color=draw.GREY)
    # A dollar sign would begin a formula.
    ax.set_yticks(range(len(near)), [f"{p.name[:18]} {p.side}".replace("$", r"\$") for p in near])
    ax.set(xlim=(0, 1.25 * max([100 * day, *(100 * p.distance for p in near)])), ylim=(max(len(near), 1) - 0.4, -0.95))
    within = sum(p.distance < day for p in near)
    caption = (
        f"How far the mark price is from each liquidation price. A typical day moves prices by {day:.1%}; "
        f"{within} of {len(checked.positions)} positions {'is' if within == 1 else 'are'} nearer than that."
    )
    return draw.finish(figure, ax, caption, x="distance (% of the mark price)", y="")


def _together(checked: AccountCheckup) -> str:
    if checked.margin_ratio is None:
        return ""
    said = [f"The cross positions stand on one pool, whose margin ratio is {checked.margin_ratio:.1%}."]
    for move, word in ((checked.falls_together, "fall"), (checked.rises_together, "rise")):
        end = "never liquidated" if move is NEVER else f"liquidated {together(move)}"
        said.append(f"If all prices {word} together, it is {end}.")
    return f"<section><h2>All together</h2><p>{literal(' '.join(said))}</p></section>"


def _section(p: Checkup, checked: AccountCheckup) -> str:
    number, of, grows = p.tier
    more = "the last one" if grows == math.inf else f"the next one begins at a size {grows:.0%} larger"
    readings = [
        ("margin ratio (liquidated at 100%)", "liquidated" if p.margin_ratio == math.inf else f"{p.margin_ratio:.1%}"),
        ("liquidation price", price(p.liquidation_price)),
        ("bankruptcy price", price(p.bankruptcy_price)),
        ("away from the mark price", "—" if p.distance == math.inf else f"{p.distance:.2%}, {p.days:.2f} typical days"),
        ("chance of touching it in a day, in a week", f"{_chance(p.chance_in_a_day)}, {_chance(p.chance_in_a_week)}"),
        (f"funding in a week, if it is {checked.funding_rate:.2%} every eight hours", f"{p.funding_in_a_week:+,.2f}"),
        ("tier", f"{number} of {of}, {more}"),
    ]
    if p.with_stop:
        stop = p.with_stop
        fires = f"{_chance(stop.fires_in_a_day)}, {_chance(stop.fires_in_a_week)}"
        late = f"{_chance(stop.chance_in_a_day)}, {_chance(stop.chance_in_a_week)}"
        readings.append((f"your stop at {price(stop.price)} fires in a day, in a week", fires))
        readings.append(("liquidated all the same, if the stop takes an hour to fill", late))
    if p.shown_price is not None:
        said = str(p.explained) if p.explained else _beside(p)
        readings.append((f"the exchange shows {price(p.shown_price)}", said))
    rows = "".join(
        f"<tr><td>{literal(a)}</td><td class='n' style='white-space:normal'>{literal(b)}</td></tr>" for a, b in readings
    )
    ways = _ways(p, p.ways_out, checked) if p.ways_out else ""
    steps = f"<p>What the exchange would do there, step by step:</p><pre>{literal(p.steps)}</pre>" if p.steps else ""
    name = literal(f"{p.name} {p.side}, {float(p.position.quantity):,g} contracts from {price(p.position.entry_price)}")
    return f"<section><h2>{name}</h2><table>{rows}</table>{ways}{steps}</section>"


def _beside(p: Checkup) -> str:
    """Say how far the exchange's own price of a cross position is: what explains it stands in no file."""
    if isinstance(p.liquidation_price, NoPrice):
        return "here it has none; in cross it depends on everything else in the account"
    away = float(p.shown_price or 0) / float(p.liquidation_price) - 1
    return f"{away:+.2%} from ours; in cross it depends on everything else in the account"


def _ways(p: Checkup, ways: WaysOut, checked: AccountCheckup) -> str:
    wanted = f"{checked.chance:.1%} a week"
    if not ways.add:
        return f"<p>It is safer than {wanted} already.</p>"
    free = float(checked.account.free_balance) if p.position.isolated else 0.0
    short = f" Only {max(free, 0):,.2f} is free in the account; the rest must be brought in." if free < ways.add else ""
    lines = [
        f"<b>Add {ways.add:,.2f}</b> of margin. It costs nothing today; it is what more you can lose."
        + (short if p.position.isolated else " In cross it must be brought into the account."),
        f"<b>Close {ways.close:,.6g}</b> of {float(p.position.quantity):,g} contracts, and leave all of the margin "
        "behind the rest. What they have lost so far is lost for good.",
    ]
    if ways.stop is None:
        lines.append("A <b>stop</b> has no room: any that could be filled in time would fire at once.")
    else:
        lines.append(
            f"Place a <b>stop at {price(ways.stop)}</b>, on the mark price. From here to there you lose "
            f"{ways.stop_loss:,.2f}, and the chance that it fires within a week is {_chance(ways.stop_chance)}. "
            f"If it fires and takes an hour to fill, liquidation still comes first in {checked.chance:.1%} of cases; "
            "a gap may jump past both."
        )
    items = "".join(f"<li>{line}</li>" for line in lines)
    there = price(ways.safe_price)
    return f"<p>Three ways to bring it down to {wanted} (liquidated at {there}):</p><ul>{items}</ul>"
