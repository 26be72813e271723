"""JupyterLab in a real browser: a reader runs the lessons and moves their sliders with the keyboard."""

import json
import re
import shutil
import urllib.request

import nbformat
import pytest
from lab import CHROMIUM, ROOT, browser_page, cell_with, jupyterlab, open_notebook, run_all
from liquidation import linear
from liquidation.trader.position_file import EXAMPLE
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: on Debian, apt-get install chromium"),
]
LESSON = "notebooks/02_derive_the_liquidation_price.ipynb"


def widgets_of(path):
    """The cells of a notebook that make a widget."""
    cells = nbformat.read(path, as_version=4).cells
    found = [cell.source for cell in cells if cell.cell_type == "code" and "explore(" in cell.source]
    assert all(re.fullmatch(r"explore\(figures\.\w+\)", source) for source in found), "a line of its own"
    return found


WIDGETS = {path.stem: found for path in sorted((ROOT / "notebooks").glob("*.ipynb")) if (found := widgets_of(path))}


@pytest.fixture(scope="module")
def lab():
    with jupyterlab() as (address, token), browser_page() as page:
        yield page, address, token


def sentence(page, words):
    return page.locator(".liquidation-sentence [aria-live]", has_text=words).first


def said(page, words):
    """Wait until one of the sentences under the pictures contains these words."""
    sentence(page, words).wait_for(state="attached")


def test_a_reader_runs_lesson_02_and_moves_a_slider_with_the_keyboard(lab):
    page, address, token = lab
    open_notebook(page, address, token, LESSON)

    # Before anything is run: the stored picture and its sentence are there, and no broken widget.
    cell = cell_with(page, "explore(figures.RoomAgainstLeverage)")
    cell.locator("img").first.wait_for()
    assert "less than 3.60% of the entry price" in cell.inner_text()
    assert "model not found" not in page.content()

    run_all(page)
    errors = page.locator("[data-mime-type='application/vnd.jupyter.error']").count()
    assert errors == 0
    cell = cell_with(page, "explore(figures.RoomAgainstLeverage)")
    picture = cell.locator("img").first
    picture.wait_for()
    shown = sentence(page, "the position survives any move")
    assert "At 25x" in shown.inner_text() and "3.60%" in shown.inner_text()
    before = picture.get_attribute("src")

    handle = cell.locator(".noUi-handle").first
    handle.focus()
    for _ in range(15):
        handle.press("ArrowLeft")
    expected = f"{linear.adverse_move(leverage=10, maintenance_margin_rate=0.004):.2%}"
    said(page, "At 10x")
    assert expected == "9.60%" and expected in shown.inner_text(), "the last of many presses wins"
    page.wait_for_function("([img, old]) => img.src !== old", arg=[picture.element_handle(), before])

    # The label is in words with a unit, and the handle tells a screen reader where it stands.
    assert "Leverage (x)" in cell.inner_text()
    assert float(handle.get_attribute("aria-valuenow")) == 10

    # A combination that cannot be is said in words.
    cell = cell_with(page, "explore(figures.EquityAgainstRequirement)")
    handles = cell.locator(".noUi-handle")
    handles.nth(0).press("End")
    handles.nth(1).press("End")
    said(page, "100x is too much for a maintenance rate of 2%")
    # Buttons work from the keyboard too.
    handles.nth(1).press("Home")
    cell.get_by_role("button", name="short").press("Enter")
    said(page, "The short is liquidated")


@pytest.mark.parametrize("name", WIDGETS)
def test_every_widget_of_a_lesson_follows_its_slider(lab, name):
    page, address, token = lab
    open_notebook(page, address, token, f"notebooks/{name}.ipynb")
    run_all(page)
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    for source in WIDGETS[name]:
        cell = cell_with(page, source)
        shown = cell.locator(".liquidation-sentence [aria-live]").first
        shown.wait_for()
        before = shown.inner_text()
        picture = cell.locator("img").first.get_attribute("src")
        handle = cell.locator(".noUi-handle").first
        handle.press("End")
        expect(shown).not_to_have_text(before)
        expect(cell.locator("img").first).not_to_have_attribute("src", picture)
        assert "could not be drawn" not in shown.inner_text()


def test_the_walk_of_lesson_05_can_be_played(lab):
    page, address, token = lab
    open_notebook(page, address, token, "notebooks/05_walk_the_liquidation_steps.ipynb")
    run_all(page)
    cell = cell_with(page, "explore(figures.Walk)")
    said(page, "The trigger has fired")
    cell.get_by_role("button", name="Next").press("Enter")
    said(page, "Step 1 of 1.")
    cell.get_by_role("button", name="tiers").press("Enter")
    said(page, "Step 0 of 4.")
    for _ in range(3):
        cell.get_by_role("button", name="Next").press("Enter")
    said(page, "30,000 contracts of BTC_USDT to the engine")
    cell.get_by_role("button", name="Back").press("Enter")
    said(page, "netting is skipped")
    cell.locator(".widget-play button").first.click()
    said(page, "70,000 contracts of BTC_USDT to the engine")


def end_all_kernels(address, token):
    sessions = json.load(urllib.request.urlopen(f"{address}/api/sessions?token={token}"))
    for session in sessions:
        end = urllib.request.Request(f"{address}/api/sessions/{session['id']}?token={token}", method="DELETE")
        urllib.request.urlopen(end)


@pytest.fixture(scope="module")
def copied(lab, tmp_path_factory):
    """A copy of the lessons that may be saved, in a JupyterLab of its own."""
    root = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    page, _, _ = lab
    with jupyterlab(root=root) as (address, token):
        yield page, address, token, root


@pytest.mark.parametrize(
    ("name", "cell", "words"),
    [
        ("02_derive_the_liquidation_price", "explore(figures.RoomAgainstLeverage)", "At 24x"),
        ("05_walk_the_liquidation_steps", "explore(figures.Walk)", "Step 1 of 1."),
    ],
)
def test_a_lesson_that_was_saved_shows_its_pictures_when_it_is_opened_again(copied, name, cell, words):
    page, address, token, root = copied
    open_notebook(page, address, token, f"notebooks/{name}.ipynb")
    run_all(page)
    handle = cell_with(page, cell).locator(".noUi-handle").first
    handle.press("ArrowRight" if "Walk" in cell else "ArrowLeft")
    said(page, words)
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    end_all_kernels(address, token)
    assert "widgets" in nbformat.read(root / f"notebooks/{name}.ipynb", as_version=4).metadata, "the state is saved"

    open_notebook(page, address, token, f"notebooks/{name}.ipynb")
    shown = cell_with(page, cell)
    shown.locator(".noUi-handle").first.wait_for()
    expect(shown.locator("img").first).to_have_js_property("naturalWidth", 720)
    said(page, words)
    assert "model not found" not in page.content()
    # Nothing moves before the cell is run again, and the page says so.
    notice = "e => getComputedStyle(e, '::before').content"
    assert "Run All Cells" in shown.locator(".liquidation-explorer").first.evaluate(notice)


@pytest.mark.parametrize("width", [600, 960, 1_366, 1_920])
def test_a_moving_picture_keeps_its_proportions_in_any_window(lab, width):
    page, address, token = lab
    open_notebook(page, address, token, LESSON)
    run_all(page)
    page.set_viewport_size({"width": width, "height": 900})
    try:
        cell = cell_with(page, "explore(figures.EquityAgainstRequirement)")
        picture = cell.locator("img").first
        picture.wait_for()
        box = picture.bounding_box()
        assert box["width"] / box["height"] == pytest.approx(2, rel=0.01)
        for readout in cell.locator(".widget-readout").all():
            place = readout.bounding_box()
            assert place["x"] + place["width"] <= box["x"] + box["width"] + 2, "the numbers beside the sliders are seen"
        assert picture.get_attribute("title"), "a name for those who do not see it"
    finally:
        page.set_viewport_size({"width": 1_400, "height": 1_000})


ANSWERS = {
    path.stem: cells
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    if (cells := [c.source for c in nbformat.read(path, as_version=4).cells if "reveal(" in c.source])
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_answers_a_prediction_is_closed_after_run_all_and_opens_at_a_click(lab, name):
    page, address, token = lab
    open_notebook(page, address, token, f"notebooks/{name}.ipynb")
    for _ in range(2):  # as stored, and after Run All
        for source in ANSWERS[name]:
            answer = cell_with(page, max(source.splitlines(), key=len)).locator("details").first  # no other cell's
            answer.wait_for()
            assert answer.get_attribute("open") is None
        run_all(page)
    answer.locator("summary").click()
    assert answer.get_attribute("open") is not None
    expect(answer.locator("img, table, p").first).to_be_visible()


def test_a_reader_checks_positions_from_a_file_and_takes_the_page_home(lab, tmp_path):
    """Two good lines and a bad one are loaded, read, and saved; the saved page opens by itself, also printed."""
    page, address, token = lab
    file = tmp_path / "mine.csv"
    file.write_text(EXAMPLE.replace("48500", "48000") + "SOLUSDT,sideways,1,100,100,5,,0.01,\n")
    open_notebook(page, address, token, "notebooks/12_check_your_own_position.ipynb")
    run_all(page)
    assert page.locator("[data-mime-type='application/vnd.jupyter.error']").count() == 0
    cell = cell_with(page, "OwnPositions()")
    with page.expect_file_chooser() as chooser:
        cell.get_by_role("button", name="Load positions").click()
    chooser.value.set_files(file)
    expect(cell.locator("textarea")).to_have_value(re.compile("sideways"))
    cell.get_by_role("button", name="Check").click()
    shown = cell.locator(".own")
    expect(shown).to_contain_text("line 4: side='sideways' is not allowed")
    expect(shown).to_contain_text("the stop at 48,000 lies beyond the liquidation price")
    with page.expect_download() as download:
        cell.get_by_role("link", name="Save this page as a file").click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)

    alone = page.context.browser.new_page(viewport={"width": 390, "height": 844})
    asked = []
    alone.on("request", lambda request: asked.append(request.url))
    alone.goto(saved.as_uri())
    expect(alone.locator("h1")).to_have_text("My positions")
    assert alone.evaluate("document.documentElement.scrollWidth") <= 390, "nothing hangs over a phone's edge"
    assert alone.evaluate("document.querySelector('img').naturalWidth") > 0
    assert all(url.startswith(("file:", "data:")) for url in asked), asked
    assert alone.pdf().startswith(b"%PDF")
    alone.close()
