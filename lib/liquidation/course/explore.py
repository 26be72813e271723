"""Sliders around a picture."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]  # ipywidgets ships no types
import traitlets

from .drawing import WIDTH, Choice, Scene, Slider, Steps, caption_bundle, compact, image_bundle, image_size

_LABEL_WIDTH = "15em"
_BUTTONS = 4
"""As many buttons as stand in one row."""
RUN_ME = "To move the picture: Run, then Run All Cells."

_STYLE = f"""<style>
.liquidation-explorer {{ width: 100%; max-width: {WIDTH}px; overflow: visible; }}
.liquidation-explorer .widget-hslider {{ width: 100%; height: auto; flex-wrap: wrap; }}
.liquidation-explorer .widget-hslider .slider-container {{ flex: 1 1 9em; min-width: 9em; }}
.liquidation-explorer .widget-label {{ height: auto; min-width: 0; white-space: normal; overflow: visible; }}
.liquidation-explorer .widget-readout {{ min-width: 4.5em; }}
.liquidation-explorer .liquidation-row {{ flex-wrap: wrap; }}
.liquidation-explorer .widget-toggle-buttons {{ width: auto; }}
.liquidation-picture {{ width: 100% !important; height: auto !important; }}
.liquidation-explorer.jupyter-widgets-disconnected::before {{
  content: "Not connected to a kernel any more. {RUN_ME}";
  display: block; padding: 4px 8px; border-left: 4px solid #D55E00;
  font: var(--jp-content-font-size1) var(--jp-content-font-family);
}}
.liquidation-explorer .jupyter-widgets-disconnected::before,
.liquidation-sentence.jupyter-widgets-disconnected::before {{ display: none; }}
.liquidation-explorer .liquidation-buttons {{
  flex-wrap: wrap; margin-left: clamp(0px, (100% - 480px) * 99, {_LABEL_WIDTH});
}}
</style>"""
"""What ipywidgets' own layouts cannot say: rows that wrap, a picture that keeps its proportions in a narrow window, and
a line that tells why nothing moves after the kernel has been restarted."""


_NAME = "A picture that the controls above it move. The sentence below says what it shows."


class _Picture(widgets.Image):
    """An image with an accessible name: ipywidgets gives its tooltip only to what has a description as well."""

    description = traitlets.Unicode("").tag(sync=True)


class Explorer:
    """A :class:`liquidation.course.drawing.Scene` with its controls.

    Shown in a notebook it is two outputs, each with a fallback for readers without a kernel: the sliders with the
    picture (fallback: the picture as it starts) and the sentence under it (fallback: the sentence as text).
    ``controls`` maps each argument's name to its widget.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.controls = {control.name: _widget(control) for control in scene.controls}
        size = image_size(scene.figure)["image/png"]
        # The file says how large it is, so that nothing on the page jumps while one picture replaces another.
        self.image = _Picture(format="png", width=size["width"], height=size["height"], tooltip=_NAME)
        self.image.add_class("liquidation-picture")
        self.sentence = widgets.HTML()
        self.sentence.add_class("liquidation-sentence")
        rows = [_row(control, self.controls[control.name]) for control in scene.controls]
        self.box = widgets.VBox([*rows, self.image, widgets.HTML(_STYLE)])
        self.box.add_class("liquidation-explorer")
        self._hold = False
        self._walk_anew(None)
        self.draw()
        for control in self.controls.values():
            control.observe(self._moved, names="value")

    def _moved(self, change: Any) -> None:
        if self._hold:  # while one control sets others
            return
        self._hold = True
        try:
            self._walk_anew(change["owner"])
        finally:
            self._hold = False
        self.draw()

    def _walk_anew(self, moved: widgets.Widget | None) -> None:
        """Another case begins at its first step, and ends with its last."""
        for control in self.scene.controls:
            slider = self.controls[control.name]
            if isinstance(control, Steps) and slider is not moved:
                slider.value = slider.min
                slider.max = self.scene.last_step(**self._values())

    def _values(self) -> dict[str, Any]:
        return {name: control.value for name, control in self.controls.items()}

    def draw(self) -> None:
        """Redraw for the controls' present values; whatever goes wrong is said in the sentence, not lost."""
        try:
            self.image.value, self.caption = self.scene.frame(**self._values())
        except Exception as error:  # JupyterLab hides what a callback raises
            self.caption = f"This picture could not be drawn: {type(error).__name__}: {error}"
        self.sentence.value = (
            '<div class="jp-RenderedHTMLCommon" aria-live="polite" style="font-size: var(--jp-content-font-size1)">'
            f"<p><strong>Figure.</strong> {html.escape(self.caption)}</p></div>"
        )

    def _ipython_display_(self) -> None:
        from IPython.display import display

        live = self.box._repr_mimebundle_()
        picture = {**live, **image_bundle(compact(self.image.value), self.caption)}
        display(picture, raw=True, metadata=image_size(self.scene.figure))
        still = caption_bundle(self.caption)
        still["text/markdown"] += f" *{RUN_ME}*"
        display({**self.sentence._repr_mimebundle_(), **still}, raw=True)


def explore(scene: type[Scene]) -> Explorer:
    """Put sliders around a scene: ``explore(EquityAgainstRequirement)``."""
    return Explorer(scene())


def _row(control: Slider | Choice, widget: widgets.Widget) -> widgets.Widget:
    """Put the label of a choice in line with those of the sliders; its own would stand above it."""
    if isinstance(control, Steps):
        buttons = widgets.HBox(_buttons(widget))
        buttons.add_class("liquidation-buttons")
        return widgets.VBox([widget, buttons])
    if isinstance(control, Slider):
        return widget
    label = widgets.Label(
        control.label, layout={"width": _LABEL_WIDTH, "display": "flex", "justify_content": "flex-end"}
    )
    row = widgets.HBox([label, widget])
    row.add_class("liquidation-row")
    return row


def _buttons(slider: widgets.IntSlider) -> list[widgets.Widget]:
    """Return back, on and play for a slider; Play counts in the browser, so that it needs no thread here."""
    back, on = (widgets.Button(description=words, layout={"width": "7em"}) for words in ("◀ Back", "Next ▶"))
    back.on_click(lambda _: setattr(slider, "value", max(slider.min, slider.value - 1)))
    on.on_click(lambda _: setattr(slider, "value", min(slider.max, slider.value + 1)))
    play = widgets.Play(min=slider.min, max=slider.max, value=slider.value, interval=1_500, show_repeat=False)
    widgets.jslink((play, "value"), (slider, "value"))
    widgets.jslink((slider, "max"), (play, "max"))
    return [back, on, play]


def _widget(control: Slider | Choice) -> widgets.Widget:
    if isinstance(control, Choice):
        options = list(control.options.items())
        if len(options) > _BUTTONS:
            return widgets.Dropdown(options=options, layout={"width": "16em"})
        return widgets.ToggleButtons(options=options, style={"button_width": "8em"})
    whole = all(float(x).is_integer() for x in (control.low, control.high, control.step, control.start))
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    return kind(
        value=control.start,
        min=control.low,
        max=control.high,
        step=control.step,
        description=control.label,
        readout_format=",d" if whole else control.readout,
        style={"description_width": _LABEL_WIDTH},
    )
