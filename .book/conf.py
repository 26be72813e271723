"""The book of the course: the notebooks as they are stored, none of them run, with the README as the front page.

At the top of the repository, in an environment that has the library with its extra ``book``::

    sphinx-build -W -n --keep-going -E -c .book . .book/_build/html
    python -m http.server -d .book/_build/html

For a class, without the solutions::

    sphinx-build -W -n --keep-going -E -t no_solutions -c .book . .book/_build/class
"""

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path

from liquidation.course.explore import RUN_ME
from sphinx.errors import ConfigError

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import reference  # noqa: E402 - it stands beside this file

SOLUTIONS = not tags.has("no_solutions")  # noqa: F821 - Sphinx puts the tags here

project = html_title = "How leveraged positions are liquidated"
language = "en"
root_doc = "README"
extensions = ["myst_nb", "sphinx.ext.githubpages"]  # the second lets Pages serve folders that begin with _
include_patterns = ["README.md", "notebooks/*.ipynb", "exercises/*.ipynb"]
exclude_patterns = ["**/.ipynb_checkpoints"]
PARTS = {"Lessons": "notebooks", "Exercises": "exercises"}
if SOLUTIONS:
    include_patterns.append("exercises/solutions/*.ipynb")
    PARTS["Solutions"] = "exercises/solutions"

WRITTEN = {
    "set_up": ".book/set_up.md",
    "teach": ".book/teach.md",
    "contributing": ".github/CONTRIBUTING.md",
    "sources": ".book/sources.md",
}
"""Pages beside the README: where they lie on a code host is nothing for an address, so each has a name."""

nb_execution_mode = "off"
nb_merge_streams = True
nb_render_markdown_format = "myst"  # what Python prints as Markdown may hold tables and formulas
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}
html_static_path = ["static"]
html_css_files = ["book.css"]
html_js_files = [("book.js", {"defer": "defer"})]
html_favicon = "static/favicon.svg"
html_use_index = False
html_copy_source = False  # every page of a notebook has a link that downloads it
html_show_copyright = False
mathjax_path = "mathjax/tex-chtml.js"
mathjax4_config = {"options": {"enableMenu": False}}  # each formula would be a stop of the Tab key

SOLUTION = re.compile(r"\[([^\]]*)\]\([^)]*\bsolutions/[^)]*\)")
STILL = "In JupyterLab this picture moves; here it stands still."
TOOLS = (
    '<div class="tools">\n\n{{download}}`Download this notebook <{name}>` · [How to run it](/README.md#open-the-course)'
    "\n\n</div>"
)


def title(path):
    """Return a notebook's number and first heading, without what the side bar says above it."""
    heading = "".join(json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"]).splitlines()[0]
    return path.name[:2] + " " + re.sub(r"^# (Exercise \d+\W+)?| · solution$", "", heading)


def contents(app):
    """Return the lists of all pages, for the side bar and for what is previous and next."""
    parts = {}
    for part, folder in PARTS.items():
        paths = sorted((Path(app.srcdir) / folder).glob("[0-9]*.ipynb"))
        parts[part] = [f"{title(path)} <{folder}/{path.stem}>" for path in paths]
    parts["Reference"] = [f"reference/{name}" for name in reference.PAGES]
    parts["Beside the course"] = list(WRITTEN)
    return "".join(
        f"\n\n```{{toctree}}\n:caption: {p}\n:hidden:\n" + "\n".join(of) + "\n```\n" for p, of in parts.items()
    )


def fit_for_a_book(notebook, name):
    """Change in a notebook what is different where nothing runs."""
    first = notebook["cells"][0]
    heading, _, rest = "".join(first["source"]).partition("\n")
    first["source"] = f"{heading}\n\n{TOOLS.format(name=name)}\n{rest}"
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and not SOLUTIONS:
            # A link to a file that is no page would become a download of that file.
            cell["source"] = SOLUTION.sub(r"\1 (not in this book)", "".join(cell["source"]))
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            data.pop("application/vnd.jupyter.widget-view+json", None)  # in a reader's copy; scripts of others show it
            if "image/png" in data:  # its caption is also what those hear who do not see it
                cell["metadata"]["mystnb"] = {"image": {"alt": "".join(data["text/plain"])}}
            if "text/markdown" in data:
                data["text/markdown"] = "".join(data["text/markdown"]).replace(RUN_ME, STILL)


def on_source(app, docname, source):
    """Add the contents to the front page, and make notebooks fit."""
    if docname == root_doc:
        source[0] += contents(app)
    elif docname.startswith(tuple(PARTS.values())):
        notebook = json.loads(source[0])
        fit_for_a_book(notebook, docname.rpartition("/")[2] + ".ipynb")
        source[0] = json.dumps(notebook)


def add_pages(app, env, added, changed, removed):
    """Let Sphinx read pages from where they are: those that are written, and those that the library says.

    The latter are written into the build's own folder. Sphinx has no public way to read a page from outside of its
    sources; the other way would be to litter there.
    """
    folder = Path(app.doctreedir) / "reference"
    folder.mkdir(exist_ok=True)
    places = {name: Path(path) for name, path in WRITTEN.items()}
    for name, page in reference.PAGES.items():
        places[f"reference/{name}"] = folder / f"{name}.md"
        places[f"reference/{name}"].write_text(page(Path(app.srcdir)), encoding="utf-8")
    env.project.docnames.update(places)
    env.project._docname_to_path |= places
    env.project._path_to_docname |= {Path(app.srcdir, path): name for name, path in places.items()}
    return list(places)


def keep_solutions_out(app):
    """Refuse to leave the solutions out where an earlier build has left them behind: Sphinx deletes no pages."""
    if not SOLUTIONS and any(Path(app.outdir, "exercises/solutions").glob("*")):
        raise ConfigError(f"{app.outdir} holds solutions: delete it, or build into another folder")


def name_levels(app, pagename, templatename, context, doctree):
    """Say the level of the side bar's headings, which Sphinx leaves out and screen readers need."""
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


def finish(app, error):
    """Serve MathJax from the book itself, for readers behind a firewall or offline; make the front page the index."""
    if error or app.builder.format != "html":
        return
    have = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent / "static/mathjax"
    into = Path(app.outdir) / "_static/mathjax"
    fonts = "output/chtml/fonts/woff-v2"
    shutil.copytree(have / fonts, into / fonts, dirs_exist_ok=True)
    shutil.copy2(have / "tex-chtml.js", into)
    shutil.copy2(Path(app.outdir) / f"{root_doc}.html", Path(app.outdir) / "index.html")


def setup(app):
    """Connect the above."""
    app.connect("builder-inited", keep_solutions_out)
    app.connect("env-get-outdated", add_pages)
    app.connect("source-read", on_source)
    app.connect("html-page-context", name_levels, priority=900)  # after Furo has made the tree
    app.connect("build-finished", finish)
