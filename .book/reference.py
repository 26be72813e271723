"""The reference pages of the book, said by the library: its formulas, its venues, its letters and words.

What stands here is how they are laid out. A formula, venue or word that is added to the library comes by itself.
"""

import inspect
import json
import math
import re
from dataclasses import dataclass, fields
from types import ModuleType

import liquidation
from liquidation import Formula, Source, Theory, Venue
from liquidation.margin import venues as records
from liquidation.margin.venue import PER_CONTRACT
from sphinx.pycode import ModuleAnalyzer
from sympy import latex

SUBJECTS = {
    "linear": "Linear contracts",
    "inverse": "Inverse contracts",
    "chance_formulas": "Chances",
    "ruin": "Ruin of a fund",
}
"""Names at the door that hold many formulas; those which stand there by themselves come last."""


@dataclass
class Subject:
    """Formulas that belong together, by the names under which they are public."""

    key: str
    title: str
    about: str
    formulas: dict[str, Formula]

    def by_result(self):
        """Return pairs: the word that is computed, and the formulas that compute it."""
        found = {}
        for name, formula in self.formulas.items():
            found.setdefault(formula.target or name.rpartition(".")[2], {})[name] = formula
        return found.items()

    def label(self, word):
        """Return the name by which other pages link to the formulas for a word."""
        return f"{self.key}-{word}"


def subjects():
    """Return all public formulas; a formula that has several names stands under its first."""
    door = {name: getattr(liquidation, name) for name in (*SUBJECTS, *liquidation.__all__)}
    comments = ModuleAnalyzer.for_module("liquidation.theory").find_attr_docs()
    said = {name: " ".join(lines) for (_, name), lines in comments.items()}
    found, seen, alone = [], {}, {}
    for key, thing in door.items():
        if isinstance(thing, (Theory, ModuleType)):
            about = said[key] if isinstance(thing, Theory) else thing.__doc__.split("\n\n")[0]
            members = {f"{key}.{name}": f for name, f in vars(thing).items() if isinstance(f, Formula)}
            new = {name: f for name, f in members.items() if id(f) not in seen}
            if new:
                found.append(Subject(key, SUBJECTS.get(key, words(key)), about.strip(), new))
                seen |= {id(f): f for f in new.values()}
        elif isinstance(thing, Formula) and id(thing) not in seen:
            alone[key] = thing
        elif inspect.isfunction(thing) and makes_a_formula(inspect.signature(thing)):
            alone[f"{key}()"] = thing().described(inspect.getdoc(thing).partition("\n")[0])
    return [*found, Subject("further", "Further formulas", "", alone)]


def makes_a_formula(signature):
    """Return whether a function needs nothing to return a formula."""
    needed = [p for p in signature.parameters.values() if p.default is p.empty]
    return signature.return_annotation == "Formula" and not needed


def words(name):
    """Return a name in code as words."""
    return name.replace("_", " ").capitalize().replace("pnl", "PnL")


def first_up(text):
    """Return a sentence that begins with a capital."""
    return text[:1].upper() + text[1:]


def italic(text):
    """Return text with what is code in a docstring in italics."""
    return re.sub(r'``"?(.+?)"?``', r"*\1*", text)


# -- formulas ----------------------------------------------------------------------------------------------------


def formulas(top):
    """Return the page of all formulas."""
    out = [
        "# Formulas",
        "Each of these is an object of the library: what you see is what computes. Under the name that stands above it "
        "it is called with keywords, and `?` after the name says what it takes: "
        "`from liquidation import linear`, then `linear.initial_margin?`.",
    ]
    also = {}
    for name in liquidation.__all__:
        also.setdefault(id(getattr(liquidation, name)), []).append(name)
    for subject in subjects():
        out += [f"## {subject.title}", subject.about]
        for word, those in subject.by_result():
            out.append(f"({subject.label(word)})=\n### {words(word)}")
            out += [card(name, formula, also.get(id(formula), [])) for name, formula in those.items()]
    return "\n\n".join(out)


def card(name, formula, others):
    """Return a formula with all that it knows of itself."""
    names = ", also ".join(f"`{n}`" for n in dict.fromkeys([name, *others]))
    terms = sorted(formula.terms.values(), key=lambda term: term.name != formula.target)  # what it gives comes first
    legend = " · ".join(f"${latex(t.symbol)}$ {t.meaning} <i>[{t.unit}]</i>" for t in terms)
    holds = [first_up(r.why) + "." for r in formula.relations if formula.terms.keys() >= set(r.names)]
    source = [f"Source: {formula.source}."] if formula.source else []
    return "\n\n".join([
        f'<div class="formula" id="{name.removesuffix("()")}">\n\n{names}<br>{formula.about}',
        f"$$\n{formula.latex}\n$$",
        f'<div class="small">\n\n{legend}',
        *holds, *source,
        "</div>\n</div>",
    ])  # fmt: skip


# -- venues ------------------------------------------------------------------------------------------------------


def venues(top):
    """Return the page of the exchanges' rules."""
    how = inspect.getdoc(Source).split("\n\n")[1].partition(" ``where``")[0]
    how = italic(how.replace("``how`` is ", "").replace("the field is ``None``", "nothing is set"))
    rules = dict(re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", inspect.getdoc(Venue), re.M))
    out = [
        "# Venues",
        "What one exchange does differently is one record. Exchanges change their rules often: each rule has its "
        "source and when it was read, and before you rely on it, read it there again.",
        f"How we know a rule: {how}",
    ]
    for name, venue in vars(records).items():
        if isinstance(venue, Venue):
            names = [f.name for f in fields(venue) if f.name in rules and f.name not in ("name", "sources")]
            out += [f"## {venue.name}", f"In code: `liquidation.{name}`."]
            out += ["### Rules of a contract", table(venue, [n for n in names if n in PER_CONTRACT], rules)]
            out += ["### Rules of the account, the engine and the fund"]
            out += [table(venue, [n for n in names if n not in PER_CONTRACT], rules)]
            printed = [form._repr_markdown_() for form in liquidation.PUBLISHED_FORMS if form.venue is venue]
            if printed:
                out += ["### What it prints, and what the trigger gives", "In the letters of the exchange.", *printed]
    return "\n\n".join(out)


def table(venue, names, rules):
    """Return some rules of a venue: what is asked, what the venue says, how we know."""
    rows = ["| rule | value | how we know |", "|---|---|---|"]
    for name in names:
        asked = re.sub(r"\s+", " ", rules[name]).replace("math.inf", "∞")
        fraction, asked = "[fraction]" in asked, italic(asked.replace(" [fraction]", ""))
        source = venue.source(name)
        known = f'<span class="how">{source.how}</span> {source.where}' if source else ""
        rows.append(f"| `{name}`<br>{first_up(asked)} | {said(getattr(venue, name), fraction)} | {known} |")
    return '<div class="rules">\n\n' + "\n".join(rows) + "\n\n</div>"


def said(value, fraction):
    """Return the value of a rule in words."""
    match value:
        case None:
            return "*the venue does not say*"
        case bool():
            value = "yes" if value else "no"
        case tuple():
            value = ", then ".join(value)
        case math.inf:
            value = "∞"
        case int() | float() if fraction:
            value = f"{100 * value:g}%"
    return f"**{value}**"


# -- letters and words -------------------------------------------------------------------------------------------


def letters(top):
    """Return the page of all words with their letters and units, where they are computed and where explained."""
    lessons = {path: lesson_text(path) for path in sorted((top / "notebooks").glob("[0-9]*.ipynb"))}
    found = subjects()
    links = {}
    for subject in found:
        for word, _ in subject.by_result():
            links.setdefault(word, []).append(f"[{subject.title.split()[0].lower()}](#{subject.label(word)})")
    inverse = liquidation.inverse.trigger.vocabulary.by_name
    out = [
        "# Letters and words",
        "Each quantity has one word, in the text and in the code, and one letter. Only the ruin of a fund borrows some "
        "letters for words of its own. Units in brackets; where an inverse contract has another, it comes second.",
    ]
    seen = set()
    for subject in found:
        terms = dict.fromkeys(t for formula in subject.formulas.values() for t in formula.vocabulary.terms)
        new = [t for t in terms if (t.name, t.letter) not in seen]
        seen |= {(t.name, t.letter) for t in new}
        if not new:
            continue
        rows = ["| letter | word | formulas | explained |", "|:--:|---|---|---|"]
        for t in new:
            units = dict.fromkeys([t.unit, inverse.get(t.name, t).unit])
            explained = next((link(path) for path, text in lessons.items() if defines(text, t)), "")
            rows.append(
                f"| ${latex(t.symbol)}$ | `{t.name}`<br>{first_up(t.meaning)} <i>[{'; '.join(units)}]</i> "
                f"| {', '.join(links.get(t.name, []))} | {explained} |"
            )
        title = "Contracts and margin" if subject.key == "linear" else subject.title
        out += [f"## {title}", '<div class="rules words">\n\n' + "\n".join(rows) + "\n\n</div>"]
    return "\n\n".join(out)


def glossary(top):
    """Return the page of all terms, each with the lesson that puts it in bold."""
    lessons = {path: lesson_text(path) for path in sorted((top / "notebooks").glob("[0-9]*.ipynb"))}
    out = [
        "# Glossary",
        "Every term of the lessons, in a sentence, with the lesson that explains it.",
        "| term | what it is | lesson |",
        "|---|---|---|",
    ]
    for term, meaning in glossary_entries(top).items():
        explained = next((link(path) for path, text in lessons.items() if f"**{term}**" in text), "")
        out.append(f"| **{term}** | {meaning} | {explained} |")
    return "\n\n".join(out[:2]) + "\n\n" + '<div class="rules">\n\n' + "\n".join(out[2:]) + "\n\n</div>"


def glossary_entries(top):
    """Return the sentence for each term."""
    lines = (top / ".book/glossary.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines)


def lesson_text(path):
    """Return what a lesson says between its code."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def defines(text, term):
    """Whether a lesson puts a term in bold, as it does where it explains it."""
    names = {term.name.replace("_", " "), re.split(r"[:,(]", term.meaning)[0].strip()}
    return any(f"**{name}**" in text.lower() for name in names)


def link(path):
    """Return a link to a lesson."""
    return f"[lesson {path.name[:2]}](/notebooks/{path.name})"


PAGES = {"formulas": formulas, "venues": venues, "letters": letters, "glossary": glossary}
