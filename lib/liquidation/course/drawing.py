"""What every picture shares: its looks, its caption, and how it becomes pixels.

Widget callbacks run in another thread than cells do, and matplotlib is not thread-safe. So there is no pyplot here:
each picture owns its ``Figure``, and every rendering holds one lock. Matplotlib's settings are the reader's, and of the
whole process: a picture is *made* under our own (:func:`own_style`), in the thread of the cell that asks for it, and
only if the reader's differ; a callback only moves what is made, and sets nothing.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import io
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PIL import Image

from liquidation.algebra.checks import Number

# Okabe and Ito's palette: told apart by color-blind readers; line styles and labels tell them apart in grey.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#595959"
DARK_ORANGE, DARK_GREEN = "#8A5A00", "#00664A"  # for words: the light ones are too pale to read
PALE_BLUE, PALE_GREEN, PALE_RED = "#CFE3F0", "#BFE3D6", "#F3C9B5"  # for areas
LONG_STYLE: dict[str, Any] = {"color": BLUE, "linestyle": "-"}
SHORT_STYLE: dict[str, Any] = {"color": RED, "linestyle": "--"}
SIDE_NAMES, SIDE_STYLES = {1: "long", -1: "short"}, {1: LONG_STYLE, -1: SHORT_STYLE}

LEADER = {"arrowstyle": "-", "color": GREY, "shrinkB": 5, "linewidth": 0.8}

Numbers = str | Callable[[float], str]
"""How an axis writes its numbers: by a format, or by a function of the number."""
Label = str | tuple[str, Numbers]
"""The words beside an axis; with them, how its numbers are written."""
THOUSANDS, PERCENT = ",.0f", ".0%"  # 50,000 and 5%

WIDTH = 720  # pixels on the page
_INCHES = 7.2
_LOCK = threading.RLock()


_NOT_OF_THE_DRAWING = (
    *("animation.", "backend", "date.", "docstring.", "interactive", "keymap.", "macosx.", "pdf.", "pgf.", "ps."),
    *("svg.", "tk.", "timezone", "toolbar", "webagg."),
)
_FONT = "DejaVu Sans"  # which comes with matplotlib


@functools.cache
def _own_settings() -> dict[str, Any]:
    """Matplotlib's settings as they come, as far as they concern a drawing."""
    return {name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith(_NOT_OF_THE_DRAWING)}


@contextlib.contextmanager
def own_style() -> Iterator[None]:
    """Make pictures look as ours whatever the reader's settings are; a decorator, too.

    Settings belong to the whole process. So they are only changed where they differ from ours, for as long as the cell
    makes the picture, and never by another thread: what the reader draws at the same time keeps its looks.
    """
    settings: Any = mpl.rcParams
    differ: Any = {name: value for name, value in _own_settings().items() if settings[name] != value}
    if differ and threading.current_thread() is threading.main_thread():
        with mpl.rc_context(differ):
            yield
    else:
        yield


def _name_the_font(artists: Iterable[Artist]) -> None:
    """Say which font words are written in; else the settings at the time of drawing would."""
    for artist in artists:
        for text in artist.findobj(Text):
            text.set_fontfamily(_FONT)


def new_figure(height: float = 3.6, **subplots: Any) -> tuple[Figure, Any]:
    """Return a figure of the course's width, and its axes; ``height`` in inches, ``subplots`` as in matplotlib."""
    figure = Figure(figsize=(_INCHES, height), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))
    axes = figure.subplots(**subplots)
    for ax in np.atleast_1d(axes).flat:
        ax.spines[["top", "right"]].set_visible(False)
        ax.spines[["left", "bottom"]].set_color(GREY)
        ax.grid(color="0.9", linewidth=0.8)
        ax.set_axisbelow(True)
        ax.tick_params(colors="0.25", labelsize=10)
    return figure, axes


def label_axes(ax: Axes, x: Label, y: Label, title: str = "") -> None:
    """Name both axes, with their units, and the panel if there are several.

    ``("equity (USDT)", THOUSANDS)`` also says how the axis writes its numbers.
    """
    for axis, label in ((ax.xaxis, x), (ax.yaxis, y)):
        if isinstance(label, tuple):
            label, numbers = label
            write_numbers(axis, numbers)
        axis.set_label_text(label, fontsize=10.5)
    if title:
        ax.set_title(title, fontsize=11, loc="left")


def write_numbers(axis: Axis, numbers: Numbers) -> None:
    """Write an axis's numbers in this way, and not in matplotlib's."""
    write = (lambda value: format(value, numbers)) if isinstance(numbers, str) else numbers
    axis.set_major_formatter(FuncFormatter(lambda value, _: write(value)))


def few_ticks(axis: Axis, most: int) -> None:
    """Let an axis have so many numbers at most, so that they do not touch."""
    axis.set_major_locator(MaxNLocator(most))


def signed_percent(fraction: float) -> str:
    """Write a fraction as +5%, and nothing as 0%."""
    return f"{fraction:+.0%}" if fraction else "0%"


def note(ax: Axes, words: str, point: tuple[Number, Number], offset: tuple[float, float], **text: Any) -> None:
    """Write words beside a point, ``offset`` typographic points away; they are aligned so as to grow away from it.

    Arguments:
        ax: where to write.
        words: what to write.
        point: x and y in the units of the axes.
        offset: to the right and up [typographic points].
        text: matplotlib's text properties; ``arrowprops=LEADER`` draws a thin line from the words to the point.
    """
    align = {-1: ("right", "top"), 0: ("center", "center"), 1: ("left", "bottom")}
    horizontal, vertical = (align[int(np.sign(o))][i] for i, o in enumerate(offset))
    place = float(point[0]), float(point[1])
    ax.annotate(
        words, place, offset, textcoords="offset points", ha=horizontal, va=vertical, **{"fontsize": 10.5, **text}
    )


def leverage_axis(ax: Axes) -> None:
    """Make x a logarithmic axis of leverage with the usual steps."""
    ax.set_xscale("log")
    ticks = [2, 3, 5, 10, 25, 50, 125]
    ax.set_xticks(ticks, [f"{tick}x" for tick in ticks])
    ax.minorticks_off()


def paper(pad: float, alpha: float = 1) -> dict[str, Any]:
    """Box of white paper under words that stand on lines: matplotlib's ``bbox``."""
    return {"facecolor": "white", "edgecolor": "none", "pad": pad, "alpha": alpha}


def wrap(text: str, width: int) -> str:
    """Break text into lines of at most so many characters."""
    return "\n".join(textwrap.wrap(text, width))


class Picture(NamedTuple):
    """A figure and the caption that states its result in words and numbers, for every reader."""

    figure: Figure
    caption: str

    def png(self) -> bytes:
        """Render; the same picture always gives the same bytes."""
        with _LOCK, own_style():
            if self.figure.get_layout_engine() is not None:
                # Laid out once and then left alone: each further pass of the layout would move things by a hair.
                self.figure.draw_without_rendering()
                self.figure.set_layout_engine("none")
            buffer = io.BytesIO()
            self.figure.savefig(buffer, format="png", dpi=160, metadata={"Software": None})
        return compact(buffer.getvalue())

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(image_bundle(self.png(), self.caption), raw=True, metadata=image_size(self.figure))
        display(caption_bundle(self.caption), raw=True)


def finish(figure: Figure, ax: Axes, caption: str, x: Label, y: Label) -> Picture:
    """Label the axes of a picture that has one pair of them, and return it with its caption.

    Arguments:
        figure: the drawing.
        ax: its one pair of axes.
        caption: its result in words and numbers.
        x: the words beside the horizontal axis, with its unit.
        y: the words beside the vertical axis, with its unit.
    """
    label_axes(ax, x, y)
    return Picture(figure, caption)


def compact(png: bytes) -> bytes:
    """Give a picture a palette, which keeps notebooks small: line drawings have few colors."""
    buffer = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB").quantize(80, dither=Image.Dither.NONE)
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def image_bundle(png: bytes, caption: str) -> dict[str, str]:
    """MIME bundle of a picture; where no image can be shown, its caption is."""
    return {"image/png": base64.b64encode(png).decode(), "text/plain": caption}


def caption_bundle(caption: str) -> dict[str, str]:
    """MIME bundle of the line under a picture."""
    return {"text/markdown": f"**Figure.** {caption}", "text/plain": caption}


def image_size(figure: Figure) -> dict[str, dict[str, int]]:
    """Display metadata: the size on the page, whatever the resolution of the file."""
    width, height = figure.get_size_inches()
    return {"image/png": {"width": WIDTH, "height": round(WIDTH * height / width)}}


@dataclass(frozen=True)
class Slider:
    """A number that the reader moves: its argument name, its label in words with a unit, its range."""

    name: str
    label: str
    low: float
    high: float
    step: float
    start: float
    readout: str = ",.0f"

    @property
    def corners(self) -> tuple[float, ...]:
        """The values a test tries: both ends and the start."""
        return (self.low, self.high, self.start)


class Steps(Slider):
    """A whole number that is walked through: a slider with buttons to play, to go back and to go on."""


@dataclass(frozen=True)
class Choice:
    """A pick among a few named values."""

    name: str
    label: str
    options: Mapping[str, Any]

    @property
    def start(self) -> Any:
        """The first option."""
        return next(iter(self.options.values()))

    @property
    def corners(self) -> tuple[Any, ...]:
        """Every option."""
        return tuple(self.options.values())


SIDE = Choice("side", "Side", {name: side for side, name in SIDE_NAMES.items()})


class Scene:
    """A picture that moves: a drawing made once, of which only some artists change.

    A subclass names its ``controls``, draws what stands still in ``__init__``, lists the artists that change in
    ``moving``, and in ``update`` sets them from the controls' values and returns the caption. A combination that
    cannot be raises ``ValueError``; its message is then shown in the picture.
    """

    controls: ClassVar[tuple[Slider | Choice, ...]]
    height: ClassVar[float] = 3.6
    _DPI = WIDTH / _INCHES

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__init__ = own_style()(cls.__init__)  # type: ignore[method-assign]  # the same, in our style

    def __init__(self) -> None:
        self.figure, self.axes = new_figure(self.height)
        self.moving: list[Artist] = []
        self._background: Any = None

    def update(self, *args: Any, **values: Any) -> str:
        """Set the moving artists for these values and return the caption; a subclass takes its controls' names."""
        raise NotImplementedError

    def last_step(self, *args: Any, **values: Any) -> int:
        """Return how far a :class:`Steps` can be walked with the other controls where they are."""
        (steps,) = (control for control in self.controls if isinstance(control, Steps))
        return int(steps.high)

    def start(self) -> dict[str, Any]:
        """Return the values the controls start from."""
        return {control.name: control.start for control in self.controls}

    def frame(self, **values: Any) -> tuple[bytes, str]:
        """Draw one state; return PNG bytes and the caption."""
        with _LOCK:
            if self._background is None:
                with own_style():
                    self._draw_background()
            self._canvas.restore_region(self._background)
            try:
                caption = self.update(**values)
                artists = self.moving
            except ValueError as impossible:
                caption = str(impossible)
                self._message.set_text(wrap(caption, 58))
                artists = [self._message]
            for artist in artists:
                self.figure.draw_artist(artist)
            return _quick_png(self._canvas), caption

    def _draw_background(self) -> None:
        self._message = self.figure.text(
            0.5,
            0.5,
            "",
            ha="center",
            va="center",
            fontsize=11,
            color=RED,
            bbox={"facecolor": "white", "edgecolor": RED, "pad": 8},
            in_layout=False,
        )
        _name_the_font([*self.moving, self._message])
        self.figure.set_dpi(self._DPI)
        self._canvas = FigureCanvasAgg(self.figure)
        for artist in [*self.moving, self._message]:
            artist.set_animated(True)  # left out when the whole canvas is drawn
            artist.set_in_layout(False)
        self._canvas.draw()
        self._background = self._canvas.copy_from_bbox(self.figure.bbox)


def _quick_png(canvas: FigureCanvasAgg) -> bytes:
    """Encode the canvas fast rather than small: this happens at every move of a slider."""
    size = canvas.get_width_height(physical=True)
    buffer = io.BytesIO()
    Image.frombuffer("RGBA", size, canvas.buffer_rgba(), "raw", "RGBA", 0, 1).convert("RGB").save(
        buffer, "PNG", compress_level=1
    )
    return buffer.getvalue()
