"""Slider to pixels in a real JupyterLab; run by hand: ``python tests/benchmark_browser.py``.

Two sliders around the same picture in one notebook: ours, and ``ipywidgets.interact`` with inline re-plotting, which
is what most courses do. Blocks of key presses take turns; each press is timed from the key going down to the
decoded picture having been painted.
"""

import statistics
import tempfile
from pathlib import Path

import nbformat
from lab import browser_page, jupyterlab, open_notebook, run_all
from liquidation.course.author import METADATA

OURS = """
from liquidation.course.explore import explore
from liquidation.course.figures.derive_the_liquidation_price import RoomAgainstLeverage
explore(RoomAgainstLeverage)
"""
THEIRS = """
%matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
from ipywidgets import interact

def draw(leverage=25, rate=0.4):
    figure, ax = plt.subplots(figsize=(7.2, 3.6), dpi=100, layout="constrained")
    room = 1 / leverage - rate / 100
    span = np.geomspace(1, min(125, 99.9 / rate), 400)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color="0.9")
    ax.plot(span, 1 / span - rate / 100, linewidth=2.2)
    ax.plot([0.95, leverage, leverage], [room, room, 0], ":", color="0.3")
    ax.plot([leverage], [room], "o", markersize=10)
    ax.text(min(leverage * 1.1, 85), room + 0.01, f"{room:.2%}")
    ax.set(xlim=(0.95, 135), ylim=(0, 0.5), xscale="log", xlabel="leverage", ylabel="adverse move")
    ticks = [1, 2, 3, 5, 10, 25, 50, 125]
    ax.set_xticks(ticks, [f"{tick}x" for tick in ticks])
    ax.minorticks_off()
    plt.show()

interact(draw, leverage=(1, 125), rate=(0.1, 2.5, 0.1));
"""
MEASURE = """root => {
    const old = root.querySelector('img').src;
    let start;
    root.addEventListener('keydown', () => { start = performance.now(); }, {capture: true, once: true});
    window.painted = new Promise(resolve => {
        const observer = new MutationObserver(async () => {
            const img = root.querySelector('img');
            if (!img || img.src === old) return;
            observer.disconnect();
            await img.decode();
            requestAnimationFrame(() => {
                const channel = new MessageChannel();
                channel.port1.onmessage = () => resolve(performance.now() - start);
                channel.port2.postMessage(0);
            });
        });
        observer.observe(root, {subtree: true, childList: true, attributes: true, attributeFilter: ['src']});
    });
}"""


def press(page, cell, key):
    """Press a key on the cell's first slider; return milliseconds until the new picture is painted."""
    page.evaluate(MEASURE, cell.element_handle())
    cell.locator(".noUi-handle").first.press(key)
    milliseconds = page.evaluate("() => window.painted")
    page.wait_for_timeout(30)
    return milliseconds


def main(blocks=8, presses=10):
    """Print both medians and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(code.strip()) for code in (OURS, THEIRS)], metadata=METADATA
        )
        nbformat.write(notebook, Path(folder, "side_by_side.ipynb"))
        with jupyterlab(folder) as (address, token), browser_page(height=1800) as page:
            open_notebook(page, address, token, "side_by_side.ipynb")
            run_all(page)
            cells = page.locator(".jp-CodeCell")
            times = [[], []]
            for block in range(blocks + 1):
                key = "ArrowRight" if block % 2 else "ArrowLeft"
                for which in (0, 1):
                    cells.nth(which).locator("img").first.wait_for()
                    taken = [press(page, cells.nth(which), key) for _ in range(presses)]
                    if block:  # the first block warms up
                        times[which] += taken
    ours, theirs = map(statistics.median, times)
    print(f"slider to pixels: ours {ours:.0f} ms, interact {theirs:.0f} ms, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
