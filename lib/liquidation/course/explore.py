"""Sliders around a picture."""

from __future__ import annotations

import html
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]  # ipywidgets ships no types

from .drawing import WIDTH, Choice, Scene, Slider, Steps, caption_bundle, compact, image_bundle, image_size


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
        # A fixed box: nothing on the page jumps while one picture replaces another.
        layout = widgets.Layout(width=f"{WIDTH}px", height=f"{size['height']}px", min_height=f"{size['height']}px")
        self.image = widgets.Image(format="png", layout=layout)
        self.sentence = widgets.HTML()
        rows = [_row(control, self.controls[control.name]) for control in scene.controls]
        self.box = widgets.VBox([*rows, self.image])
        self.draw()
        for control in self.controls.values():
            control.observe(self.draw, names="value")

    def draw(self, _change: Any = None) -> None:
        """Redraw for the controls' present values; whatever goes wrong is said in the sentence, not lost."""
        try:
            values = {name: control.value for name, control in self.controls.items()}
            self.image.value, self.caption = self.scene.frame(**values)
        except Exception as error:  # JupyterLab hides what a callback raises
            self.caption = f"This picture could not be drawn: {type(error).__name__}: {error}"
        self.sentence.value = f'<p aria-live="polite"><b>Figure.</b> {html.escape(self.caption)}</p>'

    def _ipython_display_(self) -> None:
        from IPython.display import display

        live = self.box._repr_mimebundle_()
        picture = {**live, **image_bundle(compact(self.image.value), self.caption)}
        display(picture, raw=True, metadata=image_size(self.scene.figure))
        display({**self.sentence._repr_mimebundle_(), **caption_bundle(self.caption)}, raw=True)


def explore(scene: type[Scene]) -> Explorer:
    """Put sliders around a scene: ``explore(EquityAgainstRequirement)``."""
    return Explorer(scene())


_LABEL_WIDTH = "15em"


def _row(control: Slider | Choice, widget: widgets.Widget) -> widgets.Widget:
    """Put the label of a choice in line with those of the sliders; its own would stand above it."""
    if isinstance(control, Steps):
        return widgets.VBox([widget, widgets.HBox(_buttons(widget), layout={"margin": f"0 0 0 {_LABEL_WIDTH}"})])
    if isinstance(control, Slider):
        return widget
    label = widgets.Label(
        control.label, layout={"width": _LABEL_WIDTH, "display": "flex", "justify_content": "flex-end"}
    )
    return widgets.HBox([label, widget])


def _buttons(slider: widgets.IntSlider) -> list[widgets.Widget]:
    """Return back, on and play for a slider; Play counts in the browser, so that it needs no thread here."""
    back, on = (widgets.Button(description=words, layout={"width": "7em"}) for words in ("◀ Back", "Next ▶"))
    back.on_click(lambda _: setattr(slider, "value", max(slider.min, slider.value - 1)))
    on.on_click(lambda _: setattr(slider, "value", min(slider.max, slider.value + 1)))
    play = widgets.Play(min=slider.min, max=slider.max, value=slider.value, interval=1_500, show_repeat=False)
    widgets.jslink((play, "value"), (slider, "value"))
    return [back, on, play]


def _widget(control: Slider | Choice) -> widgets.Widget:
    if isinstance(control, Choice):
        return widgets.ToggleButtons(options=list(control.options.items()), style={"button_width": "8em"})
    whole = all(float(x).is_integer() for x in (control.low, control.high, control.step, control.start))
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    return kind(
        value=control.start,
        min=control.low,
        max=control.high,
        step=control.step,
        description=control.label,
        readout_format="d" if whole else control.readout,
        style={"description_width": _LABEL_WIDTH},
        layout={"width": f"{WIDTH}px"},
    )
