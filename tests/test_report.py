"""The page about an account: as HTML, as a table, as values; as a form; and from a terminal. All of it escaped."""

import base64
import csv
import datetime
import io
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
from lab import ROOT
from liquidation import BINANCE_BTCUSDT, NEVER, Account, check_account, read_positions
from liquidation.__main__ import NOTHING, SOME, WARNED, main
from liquidation.course.own_position import OwnPositions
from liquidation.course.report import Report, report, together
from liquidation.trader.position_file import EXAMPLE, TEMPLATE

HOSTILE = ["<script>alert(1)</script>", "$x$", "=cmd()", '" onload="alert(1)', "&amp;", "</style><b>", "{0}%s", "日本"]
BAD = f"{EXAMPLE}SOLUSDT,sideways,1,1,1,1,,0.01,\n"


NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
PICTURE = re.compile(r"data:image/png;base64,[^\"]+")


class Tags(HTMLParser):
    """Every tag and attribute, and the text between."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attributes)

    def handle_data(self, data):
        self.text.append(data)


def checked(text=EXAMPLE, **kept):
    read = read_positions(io.StringIO(text), "Binance")
    return report(check_account(read.account(1_000), volatility=0.6, stops=read.stops, **kept), read.wrong), read


def test_it_says_all_that_is_asked():
    page, _ = checked(EXAMPLE.replace(",48500", ",48000"), shown_prices={("BTCUSDT", 1): 48_192.7})
    text = " ".join(Tags(page.html).text)
    for words in (
        "48,192.8", "48,000", "2.64%", "0.85 typical days", "39.9%, 75.7%", "1 of 5",
        "if it is 0.01% every eight hours", "+10.40",
        "the exchange shows 48,192.7", "lies beyond the liquidation price", "If all prices fall together",
        "What the exchange would do there", "Add ", "Close ", "stop at", "nothing has left it", "Volatility 60%",
    ):  # fmt: skip
        assert words in text, words


def test_the_page_is_one_file_that_asks_nobody(tmp_path):
    page, _ = checked()
    saved = page.save(tmp_path / "page.html").read_text(encoding="utf-8")
    assert saved == page.html and "data:image/png;base64," in saved
    assert not re.search(r"https?://|//[a-z]|<script|<link|@import|url\(", PICTURE.sub("", saved))
    assert {"html", "table", "img"} <= Tags(saved).tags and "script" not in Tags(saved).tags
    assert 'name="viewport"' in saved and "@media print" in saved
    with pytest.raises(ValueError, match="cannot be written"):
        page.save(tmp_path / "nowhere" / "page.html")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_contract_of_any_name_stays_text(name):
    quoted = '"' + name.replace('"', '""') + '"'
    page, read = checked(f"{TEMPLATE}\n{quoted},long,1,100,99,5,,0.01,\n{quoted},sideways,1,1,1,1,,,\n")
    assert read.held[0].name == name and len(read.wrong) == 1
    plain, seen = (
        Tags(checked(f"{TEMPLATE}\nX,long,1,100,99,5,,0.01,\nX,sideways,1,1,1,1,,,\n")[0].html),
        Tags(page.html),
    )
    assert (seen.tags - {"span"}, seen.attributes) == (plain.tags, plain.attributes)
    assert name in "".join(seen.text) and name in repr(page.table())
    in_markdown = page.table()._repr_markdown_()
    assert "<script" not in in_markdown and "$x$" not in in_markdown
    assert json.loads(json.dumps(page.rows()))[0]["contract"] == name


@pytest.mark.parametrize("name", ["A\x1b[2J", "A\u202eB", "A\nB"])
def test_a_name_that_a_terminal_would_obey_is_a_wrong_row(name):
    _, read = checked(f'{EXAMPLE}"{name}",long,1,100,99,5,,0.01,\n')
    assert len(read.held) == 2 and "can be printed" in read.wrong[0] and read.wrong[0].isprintable()


def test_a_row_that_is_wrong_stands_at_the_top_escaped():
    account = Account(1_000).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25)
    page = report(check_account(account, volatility=0.6), ["line 3: <b>"], title="<i>")
    assert "line 3: &#60;b&#62;" in page.html and "<h1>&#60;i&#62;</h1>" in page.html
    assert page.html.index("line 3") < page.html.index("<table")


@pytest.mark.parametrize("name", [*HOSTILE, "+1", "-1", "@SUM(A1)"])
def test_a_spreadsheet_computes_nothing_from_a_name(name, file, capsys):
    quoted = '"' + name.replace('"', '""') + '"'
    assert main([file(f"{TEMPLATE}\n{quoted},long,1,100,99,5,,0.01,\n"), *ASK, "--csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["contract"].lstrip("'") == name and row["contract"][0] not in "=+-@"
    assert row["liquidation"] == "never" and float(row["mark_price"]) == 99


def test_values_are_plain_and_none_where_there_is_none():
    account = Account(20_000).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25)
    (row,) = report(check_account(account, volatility=0.6)).rows()
    assert row["liquidation_price"] is None and row["liquidation"] == "never" and row["distance"] is None
    assert together(NEVER) == "never" and together(-0.25) == "at -25.00%"
    assert json.loads(json.dumps(row, allow_nan=False)) == row


def test_a_report_is_on_what_was_checked():
    with pytest.raises(ValueError, match="check_account"):
        Report(Account(1))


def test_many_positions_make_a_page_that_stays_readable():
    rows = "\n".join(f"C{i},long,1,100,{99 + i % 3},10,5,0.01," for i in range(200))
    page, _ = checked(f"{TEMPLATE}\n{rows}\n" + "x\n" * 80)
    assert "The other 150 positions stand in the table only." in page.html and "... and 30 more" in page.html
    assert len(page.html) < 600_000 and len(page.rows()) == 200


# --- the form ---


def test_the_form_checks_what_stands_in_it():
    form = OwnPositions()
    assert form.check() is None and "no position could be read" in form.said.value
    form.positions.value = EXAMPLE
    page = form.check()
    assert [row["contract"] for row in page.rows()] == ["BTCUSDT", "ETHUSDT"]
    link = re.search(r'download="my_positions.html" href="data:text/html;base64,([^"]+)"', form.said.value)
    assert base64.b64decode(link[1]).decode() == page.html


def test_a_line_is_typed_in():
    form = OwnPositions()
    for name, value in (("side", "short"), ("quantity", "0,2"), ("entry_price", "50000"), ("mark_price", "50500")):
        form.line[name].value = value
    form.add.click()
    assert form.check() is None and "a comma in a number is not read" in form.said.value, "0,2 is no 2"
    form.positions.value = ""
    form.line["quantity"].value = "0.2"
    form.add.click()
    (row,) = form.check().rows()
    assert (row["side"], row["quantity"], row["mark_price"], row["mode"]) == ("short", 0.2, 50_500, "cross")


def upload(widget, content):
    file = {"name": "mine.csv", "type": "text/csv", "size": len(content), "last_modified": NOW}
    widget.value = ({**file, "content": memoryview(content)},)


def test_files_are_loaded_and_what_is_wrong_is_said():
    form = OwnPositions()
    upload(form.upload, BAD.encode("utf-16"))
    form.run.click()
    assert len(form.page.rows()) == 2 and "side=&#39;sideways&#39;" in form.said.value
    upload(form.upload, b"\x00\x01\x02<script>")
    assert "<script>" not in form.said.value and form.said.value.startswith("<pre")
    upload(form.prices, b"time,close\n" + b"".join(b"%d,%d\n" % (1.7e9 + 3600 * i, 100 + i % 2) for i in range(100)))
    assert float(form.volatility.value) > 0.5 and "100 prices" in form.said.value
    upload(form.prices, b"nothing")
    assert form.said.value.startswith("<pre")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("volatility", "wild", "volatility=&#39;wild&#39; is not a number"),
        ("chance", "2", "chance=2.0 is not allowed"),
        ("balance", "", "balance is needed"),
        ("balance", "1", "less than the margins"),
        ("positions", "", "is empty"),
        ("positions", f"{TEMPLATE}\nx\n", "no position could be read"),
    ],
)
def test_the_form_says_what_it_needs(field, value, words):
    form = OwnPositions()
    form.positions.value = EXAMPLE
    getattr(form, field).value = value
    assert form.check() is None and words in form.said.value


def test_a_rate_for_what_is_not_known():
    form = OwnPositions()
    form.positions.value = f"{TEMPLATE}\nNEWUSDT,long,1,100,99,5,,,\n"
    assert form.check() is None and "no maintenance rate of NEWUSDT" in form.said.value
    form.rate.value = "1%"
    assert form.check().rows()[0]["contract"] == "NEWUSDT"


# --- the terminal ---

ASK = ["--venue", "Binance", "--balance", "1000", "--volatility", "0.6"]


@pytest.fixture
def file(tmp_path):
    def written(text):
        path = tmp_path / "positions.csv"
        path.write_text(text)
        return str(path)

    return written


@pytest.mark.parametrize(
    ("text", "more", "code"),
    [
        (EXAMPLE, [], 0),
        (EXAMPLE, ["--warn", "0.01"], 0),
        (EXAMPLE, ["--warn", "0.05"], WARNED),
        (BAD, [], SOME),
        (BAD, ["--warn", "0.05"], WARNED),
        (f"{TEMPLATE}\nx\n", [], NOTHING),
        ("", [], NOTHING),
        ("a\nb\n", [], NOTHING),
        (EXAMPLE, ["--volatility", "-1"], NOTHING),
        (EXAMPLE, ["--volatility", "60"], NOTHING),
        (EXAMPLE, ["--venue", "Nowhere"], NOTHING),
    ],
)
def test_it_ends_with_a_code_that_a_cron_job_understands(file, capsys, text, more, code):
    assert main([file(text), *ASK, *more]) == code
    said = capsys.readouterr()
    assert (said.out == "") == (code == NOTHING)
    assert bool(said.err) == (code == NOTHING or text == BAD), "words, where something is wrong"


def test_a_file_that_is_not_there(capsys, tmp_path):
    assert main([str(tmp_path / "none.csv"), *ASK]) == NOTHING
    assert "none.csv" in capsys.readouterr().err


def test_the_volatility_comes_from_a_number_or_a_file(file, tmp_path, capsys):
    assert main([file(EXAMPLE), "--venue", "Binance", "--balance", "1000"]) == NOTHING
    assert "--prices" in capsys.readouterr().err
    prices = tmp_path / "prices.csv"
    prices.write_text("time,close\n" + "".join(f"{1_700_000_000 + 3600 * i},{100 + i % 2}\n" for i in range(100)))
    assert main([file(EXAMPLE), "--venue", "Binance", "--balance", "1000", "--prices", str(prices)]) == 0


def test_a_pool_that_lacks_a_line_is_called_wrong(file, capsys):
    assert main([file(BAD), *ASK]) == SOME
    assert "every figure of the cross positions is without it" in capsys.readouterr().err
    page, _ = checked(BAD)
    assert page.incomplete and page.incomplete in page.html
    alone, _ = checked(BAD.replace("10,,0.01", "10,500,0.01"))
    assert alone.wrong and not alone.incomplete


def test_money_that_is_not_there_is_said():
    page, _ = checked()
    assert "is free in the account; the rest must be brought in" in page.html
    account = Account(9_000).trade(BINANCE_BTCUSDT, 1, 0.1, 50_000, leverage=25, isolate=True)
    assert "must be brought in" not in report(check_account(account, volatility=0.6)).html


def test_a_volatility_of_few_prices_is_called_little(file, tmp_path, capsys):
    prices = tmp_path / "prices.csv"
    prices.write_text("time,close\n1700000000,100\n1700003600,101\n1700007200,100\n")
    assert main([file(EXAMPLE), "--venue", "Binance", "--balance", "1000", "--prices", str(prices)]) == 0
    assert "3 prices" in capsys.readouterr().err


def test_json_and_the_page(file, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert main([file(EXAMPLE), *ASK, "--json", "--report", str(page)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["side"] for row in rows] == ["long", "short"]
    assert rows[0]["liquidation_price"] == pytest.approx((50_000 - 2_000) / 0.996)
    assert page.read_text(encoding="utf-8") == checked()[0].html


def test_the_readmes_commands_print_what_it_says(tmp_path):
    readme = (ROOT / "README.md").read_text()
    first, second = re.search(r"```sh\n(.*)\n(.*)\n```", readme).groups()
    (printed,) = re.findall(r"```text\n(.*?)```", readme, re.S)
    for command in (first, second):
        command = command.replace(".venv/bin/python", sys.executable)
        done = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == printed and (tmp_path / "page.html").exists()
