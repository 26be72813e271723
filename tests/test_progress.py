"""The progress bar: only when it takes long, gone in the end, and interrupting keeps what there is."""

import re
import time
from contextlib import closing

import pytest
from liquidation.course import progress
from liquidation.course.progress import last_of, with_progress


@pytest.fixture
def hurry(monkeypatch):
    """Two seconds pass in 0.2."""
    assert progress.PATIENCE == 2
    monkeypatch.setattr(progress, "PATIENCE", 0.2)


def slowly(count, seconds=0.12):
    for i in range(count):
        time.sleep(seconds)
        yield i


def percentages(err):
    """What the bar has said, in order."""
    return [int(found) for found in re.findall(r"(\d+)% done", err)]


def is_gone(err):
    """The last thing that is written on the line of the bar is blank."""
    return err.endswith("\r") and not err.split("\r")[-2].strip()


def test_what_takes_less_than_two_seconds_shows_nothing(capsys):
    assert list(with_progress(slowly(10, 0.05), total=10)) == list(range(10))
    assert capsys.readouterr() == ("", "")


def test_what_is_slow_shows_how_far_it_is_and_cleans_up(hurry, capsys):
    assert last_of(slowly(10), total=10) == 9
    out, err = capsys.readouterr()
    said = percentages(err)
    assert out == "" and said == sorted(said) and said[0] >= 20 and said[-1] >= 90 and len(said) > 3
    assert "interrupt the kernel to stop early" in err and is_gone(err)


def test_an_item_can_say_how_far_it_is_and_never_is_beyond_the_end(hurry, capsys):
    last_of(slowly(4, 0.25), total=30, done=lambda item: 15 * item)
    assert set(percentages(capsys.readouterr().err)) == {0, 50, 100}


def interrupted(count):
    yield from slowly(count)
    raise KeyboardInterrupt


def test_interrupting_keeps_the_latest_and_says_so(hurry, capsys):
    assert last_of(interrupted(5), total=9) == 4
    out, err = capsys.readouterr()
    assert out == "Stopped early: this is what was computed so far.\n"
    assert percentages(err) and is_gone(err)


def test_a_failure_is_passed_on_and_the_bar_goes(hurry, capsys):
    def failing():
        yield from slowly(5)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        last_of(failing(), total=9)
    err = capsys.readouterr().err
    assert percentages(err) and is_gone(err)


def test_who_wants_no_more_is_rid_of_the_bar(hurry, capsys):
    with closing(with_progress(slowly(9), total=9)) as items:
        assert [next(items) for _ in range(5)] == [0, 1, 2, 3, 4]
    err = capsys.readouterr().err
    assert percentages(err) and is_gone(err)


def test_interrupting_before_anything_was_computed_is_passed_on():
    def nothing():
        raise KeyboardInterrupt
        yield

    with pytest.raises(KeyboardInterrupt):
        last_of(nothing(), total=9)
    with pytest.raises(ValueError, match="nothing to run"):
        last_of([], total=9)
