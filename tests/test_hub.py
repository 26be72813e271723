"""The hub's configuration, read as JupyterHub reads it: what learners are given, and what stops it from starting."""

import runpy
import shutil
import socket
from types import SimpleNamespace

import pytest
from lab import ROOT, free_port
from liquidation.course import author


class Config(dict):
    """A section for every name that is asked for, as traitlets has it."""

    def __getattr__(self, name):
        return self.setdefault(name, SimpleNamespace())


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read the file with these settings; a program of the proxy's name is there, and a course that nobody answered."""
    for part in ("notebooks", "exercises", "exercises/solutions"):
        (tmp_path / "course" / part).mkdir(parents=True)
        for path in (ROOT / part).glob("*.ipynb"):
            if part != "exercises" or author.is_untouched(author.read(path)):
                shutil.copy(path, tmp_path / "course" / part)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/configurable-http-proxy").write_text("#!/bin/sh\n")
    (tmp_path / "bin/configurable-http-proxy").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    def run(**settings):
        defaults = {
            "CLASS_PASSWORD": "long enough",
            "COURSE_FOLDER": str(tmp_path / "course"),
            "CLASS_FOLDER": str(tmp_path / "class"),
            "CLASS_ADDRESS": f"http://127.0.0.1:{free_port()}",
        }
        for name, value in {**defaults, **settings}.items():
            monkeypatch.setenv(name, value)
        config = Config()
        runpy.run_path(str(ROOT / ".hub/jupyterhub_config.py"), {"get_config": lambda: config})
        return config

    return run


def test_learners_get_lessons_and_exercises_and_keep_what_is_theirs(read, tmp_path):
    config = read()
    home = tmp_path / "class/homes/anna"
    lay_out = config.Spawner.pre_spawn_hook
    lay_out(SimpleNamespace(home_dir=str(home)))
    given = {path.relative_to(home).as_posix() for path in home.rglob("*.ipynb")}
    course = tmp_path / "course"
    ours = [path for part in ("notebooks", "exercises") for path in (course / part).glob("*.ipynb")]
    assert given == {path.relative_to(course).as_posix() for path in ours}
    edited, deleted = home / "exercises" / ours[-1].name, home / "notebooks" / ours[0].name
    edited.write_text("mine")
    deleted.unlink()
    lay_out(SimpleNamespace(home_dir=str(home)))
    assert edited.read_text() == "mine" and deleted.read_bytes() == ours[0].read_bytes()
    assert config.JupyterHub.bind_url.startswith("http://127.0.0.1")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"CLASS_PASSWORD": ""}, "Choose a password"),
        ({"CLASS_PASSWORD": "short"}, "Choose a password"),
        ({"TEACHER_PASSWORD": "short"}, "TEACHER_PASSWORD needs 32"),
        ({"COURSE_FOLDER": "/usr"}, "There is no course"),
        ({"COURSE_FOLDER": str(ROOT), "CLASS_FOLDER": str(ROOT / "class")}, "would lie among the course's files"),
        ({"CLASS_ADDRESS": "localhost"}, "CLASS_ADDRESS must look like"),
        ({"PATH": "/usr/bin"}, "The proxy is missing"),
    ],
)
def test_what_would_go_wrong_is_said_before_it_starts(read, settings, says):
    with pytest.raises(SystemExit, match=says):
        read(**settings)


def test_a_port_that_is_taken_is_named(read):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Port {port} is taken"):
            read(CLASS_ADDRESS=f"http://127.0.0.1:{port}")
