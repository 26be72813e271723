"""JupyterLab in a real browser: a reader runs lesson 02 and moves a slider with the keyboard."""

import pytest
from lab import CHROMIUM, browser_page, cell_with, jupyterlab, open_notebook, run_all
from liquidation import linear

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: on Debian, apt-get install chromium"),
]
LESSON = "notebooks/02_derive_the_liquidation_price.ipynb"


def sentence(page, words):
    return page.locator("p[aria-live]", has_text=words).first


def said(page, words):
    """Wait until one of the sentences under the pictures contains these words."""
    sentence(page, words).wait_for(state="attached")


def test_a_reader_runs_lesson_02_and_moves_a_slider_with_the_keyboard():
    with jupyterlab() as (address, token), browser_page() as page:
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
        said(page, "must be below 1/leverage")
        # Buttons work from the keyboard too.
        handles.nth(1).press("Home")
        cell.get_by_role("button", name="short").press("Enter")
        said(page, "The short is liquidated")
