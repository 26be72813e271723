"""The book: it is built without a warning, a fault in its sources fails it, and its pages need no network."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urljoin, urlsplit

import liquidation
import nbformat
import pytest
from lab import CHROMIUM, ROOT, browser_page, free_port
from liquidation import Formula, Theory, Venue
from liquidation.margin import venues

pytestmark = pytest.mark.long
SOURCES = ("README.md", ".images", ".book", ".github", "notebooks", "exercises")
COMMANDS = re.findall(r"^    sphinx-build (.+) \S+$", (ROOT / ".book/conf.py").read_text(), re.M)


class Page(HTMLParser):
    """What a reader gets from a page: its text, its links, its pictures, its files."""

    def __init__(self, path):
        super().__init__()
        self.text, self.links, self.images, self.files, self.ids = [], [], [], [], set()
        self.inside = []
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join("".join(self.text).split())

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        self.inside.append(tag)
        self.ids |= {a[name] for name in ("id", "name") if name in a}
        if tag == "a" and "href" in a:
            self.links.append(a["href"])
        elif "src" in a or (tag == "link" and "href" in a):
            self.files.append(a.get("src") or a["href"])
        if tag == "img":
            self.images.append(a)
        if tag == "br":
            self.text.append(" ")

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.inside.pop()

    def handle_endtag(self, tag):
        while tag in self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self.inside):
            self.text.append(data)


@pytest.fixture(scope="module")
def python(interpreter):
    return interpreter("book", "furo")


def build(python, into, source=ROOT, command=COMMANDS[0]):
    """Run one of the two commands that stand in conf.py."""
    env = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH") and "XDIST" not in k}
    words = [python, "-m", "sphinx", "-q", *shlex.split(command), into]
    return subprocess.run(words, cwd=source, env=env, capture_output=True, text=True)


def built(python, into, command):
    done = build(python, into, command=command)
    assert done.returncode == 0 and done.stderr == "", done.stderr[-3000:]
    return into


def pages(site):
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


@pytest.fixture(scope="module")
def site(python, tmp_path_factory):
    return built(python, tmp_path_factory.mktemp("book") / "html", COMMANDS[0])


@pytest.fixture(scope="module")
def book(site):
    return pages(site)


# -- built from the notebooks ------------------------------------------------------------------------------------


def test_every_notebook_is_a_page_and_the_side_bar_lists_them_alike(site, book):
    notebooks = sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("exercises/**/*.ipynb")])
    assert {path.relative_to(ROOT).with_suffix(".html").as_posix() for path in notebooks} <= set(book)
    assert (site / "index.html").read_bytes() == (site / "README.html").read_bytes()
    tree = re.search(r'<div class="sidebar-tree">.*?</div>', (site / "index.html").read_text(), re.S)[0]
    listed = dict(re.findall(r'href="([^"]+)">([^<]+)</a>', tree))
    lessons = {href.split("/")[1]: name for href, name in listed.items() if href.startswith("notebooks/")}
    assert list(lessons) == sorted(lessons) and len(lessons) == len(list(ROOT.glob("notebooks/*.ipynb")))
    for href, name in listed.items():
        if href.startswith("exercises/"):
            assert name == lessons[href.rpartition("/")[2]], "an exercise is listed under the name of its lesson"


def test_every_link_leads_somewhere_and_nothing_is_fetched_from_outside(site, book):
    for name, page in book.items():
        for target in page.files:
            where = urlsplit(target)
            inside = where.scheme == "data"  # a picture behind a closed line comes with the page
            assert inside or (not where.scheme and not where.netloc), f"{name} asks {target[:80]} for a file"
        for target in [*page.links, *page.files]:
            where = urlsplit(urljoin(f"/{name}", target))
            if urlsplit(target).scheme or target == "#":
                continue
            file = unquote(where.path).removeprefix("/")
            assert (site / file).exists(), f"{name} links to {target}"
            if where.fragment and file in book:
                assert unquote(where.fragment) in book[file].ids, f"{name} links to {target}"
    for style in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import )['\"]?(https?:)?//", style.read_text()), style


def test_pictures_are_named_by_their_captions_and_none_pretends_to_move(book):
    for name, page in book.items():
        for image in page.images:
            assert len(image["alt"].split()) > 5 and ".png" not in image["alt"], (name, image)
        assert "To move the picture: Run" not in page.text
        if name.startswith("notebooks/"):
            source = (ROOT / name).with_suffix(".ipynb").read_text()
            stands_still = page.text.count("In JupyterLab this picture moves; here it stands still.")
            assert stands_still == len(re.findall(r"explore\(figures\.", source))


def test_a_page_hands_out_its_notebook_unchanged(site, book):
    for name, page in book.items():
        notebook = (ROOT / name).with_suffix(".ipynb")
        if notebook.exists():
            (target,) = (link for link in page.links if link.endswith(".ipynb"))
            assert (site / name).parent.joinpath(target).read_bytes() == notebook.read_bytes()


def test_the_reference_says_what_the_library_says(book):
    page = book["reference/formulas.html"].text
    public = {name: getattr(liquidation, name) for name in liquidation.__all__}
    for name, thing in list(public.items()):
        if isinstance(thing, (Theory, ModuleType)):
            public |= {f"{name}.{n}": f for n, f in vars(thing).items()}
    for name in ("ruin.touching", "ruin.ever_touching"):
        del public[name]  # they are chance_formulas'
    for name, formula in public.items():
        if isinstance(formula, Formula):
            assert f" {name}" in page and formula.latex in page, name
            assert plain(formula.about) in plain(page) and plain(formula.source) in plain(page), name
            for term in formula.terms.values():
                assert plain(f"{term.meaning} [{term.unit}]") in plain(page), (name, term)

    page = book["reference/venues.html"].text
    records = [venue for venue in vars(venues).values() if isinstance(venue, Venue)]
    silent = [venue for venue in records for field in fields(venue) if getattr(venue, field.name) is None]
    assert page.count("the venue does not say") == len(silent) > 0
    for venue in records:
        assert venue.name in page
        for source in venue.sources:
            assert plain(f"{source.how} {source.where}") in plain(page), (venue.name, source)
    for field in fields(Venue):
        if field.name not in ("name", "sources"):
            assert page.count(f"{field.name} ") >= len(records)

    page = book["reference/letters.html"].text
    for theory in (liquidation.linear, liquidation.inverse):
        for term in theory.vocabulary.terms:
            assert f" {term.name} " in page and term.unit in page


def plain(text):
    """Words alone: Sphinx sets typographic quotes."""
    return re.sub(r"\W+", " ", text).strip()


# -- a fault fails it --------------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path):
    """The book's sources, to be changed."""
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("_build", "__pycache__"))
        else:
            shutil.copy2(ROOT / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "fault", "said"),
    [
        ("notebooks/02_derive_the_liquidation_price.ipynb", "[gone](99_gone.ipynb)", "99_gone.ipynb"),
        ("exercises/02_derive_the_liquidation_price.ipynb", "![gone](gone.png)", "gone.png"),
        ("notebooks/10_count_the_odds.ipynb", "[gone](00_start_here.ipynb#gone)", "gone"),
        ("README.md", "[gone](notebooks/99_gone.ipynb)", "99_gone.ipynb"),
        ("README.md", "[gone](#gone)", "gone"),
    ],
    ids=["a dead link", "a missing picture", "a broken anchor", "a dead link in the README", "and an anchor"],
)
def test_a_fault_in_the_sources_fails_the_build(python, copy, file, fault, said):
    path = copy / file
    if path.suffix == ".md":
        path.write_text(f"{path.read_text()}\n\n{fault}\n")
    else:
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[0].source += f"\n\n{fault}"
        nbformat.write(notebook, path)
    done = build(python, copy / ".book/_build/html", source=copy)
    assert done.returncode != 0
    (warning,) = (line for line in done.stderr.splitlines() if "WARNING" in line)
    assert Path(file).name in warning and said in warning


def test_what_jupyterlab_saves_beside_the_outputs_is_no_fault(python, copy, book):
    path = copy / "notebooks/02_derive_the_liquidation_price.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2}}
    outputs = [output for cell in notebook.cells if "explore(figures." in cell.source for output in cell.outputs]
    for output in outputs:
        output.data["application/vnd.jupyter.widget-view+json"] = {"model_id": "0", "version_major": 2}
    nbformat.write(notebook, path)
    done = build(python, copy / ".book/_build/html", source=copy)
    assert done.returncode == 0 and done.stderr == "" and outputs
    name = "notebooks/02_derive_the_liquidation_price.html"
    page = Page(copy / ".book/_build/html" / name)
    assert len(page.images) == len(book[name].images) and not any("://" in file for file in page.files)


# -- without the solutions ---------------------------------------------------------------------------------------


def answers():
    """The lines of the solutions that begin an answer, such as ``answer_1 = 30``."""
    for path in ROOT.glob("exercises/solutions/*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if "answer" in cell.metadata.get("tags", []):
                for line in cell.source.splitlines():
                    if re.match(r"answer_\d+ = ", line):
                        yield " ".join(line.split())


def test_without_solutions_no_page_gives_one_away(python, book, tmp_path):
    site = built(python, tmp_path / "class", COMMANDS[1])
    told = pages(site)
    assert set(told) == {name for name in book if "solutions/" not in name} != set(book)
    every = list(answers())
    assert len(every) > 50
    whole = " ".join(page.text for page in book.values())
    kept = " ".join(page.text for page in told.values())
    assert all(answer in whole for answer in every)
    assert not any(answer in kept for answer in every)
    for name, page in told.items():
        assert not any("solutions/" in link for link in page.links), name
    handed_out = {path.read_bytes() for path in site.rglob("*.ipynb")}
    assert not any(path.read_bytes() in handed_out for path in ROOT.glob("exercises/solutions/*.ipynb"))
    assert "exercises/solutions" not in (site / "searchindex.js").read_text()


def test_solutions_are_not_left_out_where_they_lie_already(python, tmp_path):
    old = tmp_path / "html/exercises/solutions"
    old.mkdir(parents=True)
    (old / "02.html").write_text("an earlier build")
    done = build(python, tmp_path / "html", command=COMMANDS[1])
    assert done.returncode != 0 and "holds solutions" in done.stderr


# -- in a browser ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(site):
    """The site as conf.py says to serve it."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "-d", site],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(address, timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def dark(page):
    return page.evaluate("getComputedStyle(document.querySelector('article img')).filter") != "none"


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: on Debian, apt-get install chromium")
def test_on_a_phone_every_page_fits_and_asks_for_nothing_from_outside(served, book):
    faults, asked = [], set()
    with browser_page(width=390, height=844) as page:
        page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("response", lambda got: faults.append(f"{got.status} {got.url}") if got.status >= 400 else None)
        page.on("request", lambda request: asked.add(request.url))
        for name in book:
            page.goto(f"{served}/{name}")
            page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
            page.evaluate("window.MathJax?.startup?.promise")
            assert page.locator("mjx-merror").count() == 0, name
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390, f"{name} is {wide} wide"
        assert page.evaluate("typeof MathJax") == "undefined", "a page without a formula does without"

        page.goto(f"{served}/notebooks/02_derive_the_liquidation_price.html")
        page.locator("mjx-container").first.wait_for()
        assert not page.locator("details").first.evaluate("folded => folded.open"), "answers are folded"
        assert not dark(page)
        page.emulate_media(color_scheme="dark")
        assert dark(page)
        page.evaluate("document.body.dataset.theme = 'light'")
        assert not dark(page)
        page.emulate_media(color_scheme="light")
        page.evaluate("document.body.dataset.theme = 'dark'")
        assert dark(page)

        page.goto(f"{served}/search.html?q=bankruptcy")
        page.locator("#search-results li a", has_text="Derive the liquidation price").first.wait_for()
    assert faults == []
    assert all(url.startswith((served, "data:", "blob:")) for url in asked)
