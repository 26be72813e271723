"""What answers a prediction stays closed, in the output itself; and it is said in words for those without a screen."""

import html

import pytest
from liquidation import linear
from liquidation.course.figures import compare_the_venues as figures
from liquidation.course.mira import on_venues
from liquidation.course.reveal import SUMMARY, reveal
from liquidation.course.tables import Table


def shown(*things, **more):
    found = reveal(*things, **more)._repr_markdown_()
    assert found.startswith("<details><summary>") and found.endswith("</details>"), "closed: no attribute open"
    return found


def test_words_tables_formulas_and_numbers():
    assert shown("39, twice as many.") == f"<details><summary>{SUMMARY}</summary>\n\n39, twice as many.\n\n</details>"
    table = Table(("exchange", "price"), [("MEXC", 48_199.2), ("OKX", 48_217)])
    assert "| MEXC | 48,199.2 |" in shown(table) and "|---|--:|" in shown(table)
    assert linear.initial_margin._repr_latex_() in shown(linear.initial_margin)
    assert "```\n42\n```" in shown(42) and repr(reveal(42)) == "42"
    assert "<summary>1 &lt; 2?</summary>" in shown("yes", summary="1 < 2?")


def test_a_picture_with_its_caption_for_every_reader():
    picture = figures.screens(on_venues(0.004), figures.MIRA)
    found = shown(picture, "And a word.")
    assert f'alt="{html.escape(picture.caption, quote=True)}"' in found and "data:image/png;base64," in found
    assert f"**Figure.** {picture.caption}" in found and found.index("**Figure.**") < found.index("And a word.")
    assert repr(reveal(picture)) == picture.caption


@pytest.mark.parametrize("value", [1_000, 0.5, "words"])
def test_a_table_prints_as_one(value):
    table = Table(("a", "b"), [("long words", value)])
    head, row = repr(table).splitlines()
    assert head.split() == ["a", "b"] and row.startswith("long words  ")
