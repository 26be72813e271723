"""The progress bar: only when it takes long, gone in the end, and interrupting keeps what there is."""

import pytest
from liquidation.course import progress
from liquidation.course.progress import last_of, with_progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def slowly(clock, count, seconds):
    for i in range(count):
        clock[0] += seconds
        yield i


def test_what_is_quick_shows_nothing(clock, capsys):
    assert list(with_progress(slowly(clock, 100, 0.019), total=100)) == list(range(100))
    assert capsys.readouterr() == ("", "")


def test_what_is_slow_shows_how_far_it_is_and_cleans_up(clock, capsys):
    assert last_of(slowly(clock, 10, 0.5), total=10) == 9
    shown = capsys.readouterr().err
    assert "10%" not in shown and " 40% done" in shown and "100% done" in shown
    assert shown.endswith("\r" + " " * 60 + "\r")


def test_an_item_can_say_how_far_it_is(clock, capsys):
    last_of(slowly(clock, 4, 1.0), total=30, done=lambda item: 10 * item)
    assert [part.strip()[:3] for part in capsys.readouterr().err.split("\r") if "done" in part] == ["33%", "67%", "100"]


def interrupted(clock):
    yield from slowly(clock, 3, 1.0)
    raise KeyboardInterrupt


def test_interrupting_keeps_the_latest_and_says_so(clock, capsys):
    assert last_of(interrupted(clock), total=9) == 2
    said = capsys.readouterr()
    assert said.out == "Stopped early: this is what was computed so far.\n"
    assert said.err.endswith("\r" + " " * 60 + "\r")


def test_interrupting_before_anything_was_computed_is_passed_on(clock):
    def nothing():
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        last_of(nothing(), total=9)
    with pytest.raises(ValueError, match="nothing to run"):
        last_of([], total=9)


class Handle:
    def __init__(self):
        self.shown = []

    def update(self, data, raw):
        self.shown.append(data)


def test_in_a_notebook_it_is_a_bar_of_the_page_and_goes_in_the_end(clock, monkeypatch):
    handle = Handle()
    monkeypatch.setattr(progress._Bar, "__init__", lambda self: setattr(self, "handle", handle))
    last_of(slowly(clock, 4, 1.0), total=4)
    assert '<progress value="0.500" aria-label="progress">' in handle.shown[0]["text/html"]
    assert handle.shown[-1] == {"text/plain": ""}
