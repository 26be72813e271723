"""Every term of the lessons stands in the glossary, in bold once, and is not used before."""

import re
from collections import defaultdict

import nbformat
import pytest
from conftest import ROOT

LINES = (ROOT / ".book/glossary.txt").read_text(encoding="utf-8").splitlines()
MEANINGS = dict(line.split(": ", 1) for line in LINES)
PROSE = [
    (path.name[:2], number, cell.source)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells)
    if cell.cell_type == "markdown"
]
"""What the lessons say, in the order of reading: lesson, cell, text."""
DEFINED = defaultdict(list)
for place, (_, _, text) in enumerate(PROSE):
    for bold in re.findall(r"\*\*([^*]+)\*\*", re.sub(r"`[^`]*`", "", text)):
        if bold[0].islower():
            DEFINED[bold].append(place)

EVERYDAY = """position long leverage margin liquidation contracts perpetual tick short linear inverse equity requirement
    trigger depth tier cap floor ladder flat marginal cross pool reserves hedge clearing ledger fill exponential ruined
    return score lights density impact gain shock storm gaps bar correlation drift touch jumps record notional"""
"""Terms that are also everyday words: that they come earlier in another sense is no fault."""


def test_bold_terms_and_glossary_are_the_same():
    assert sorted(DEFINED) == sorted(MEANINGS) and len(LINES) == len(MEANINGS) > 100


def test_a_term_is_in_bold_once():
    assert {term: [PROSE[at][:2] for at in places] for term, places in DEFINED.items() if len(places) > 1} == {}


def test_every_term_has_a_sentence_without_the_term_itself():
    assert sorted(LINES, key=str.lower) == LINES
    for term, meaning in MEANINGS.items():
        assert len(meaning) > 10 and not meaning.startswith(term) and not meaning.endswith(".")


@pytest.mark.parametrize("term", sorted(set(MEANINGS) - set(EVERYDAY.split())))
def test_no_term_is_used_before_it_is_explained(term):
    """Before its cell; tables, goals, links and references may name what is to come."""
    word = re.compile(rf"(?i)(?<![\w-]){re.escape(term.removesuffix('s'))}(e?s)?\b")
    for lesson, cell, text in PROSE[: DEFINED[term][0]]:
        said = re.sub(r"`[^`]*`|\]\([^)]*\)|(?m:^\|.*$|^\*\*Exercise.*$)", "", text).split("## References")[0]
        assert cell == 0 or not word.search(said), (lesson, cell)
