"""A class on one machine: everybody who knows the password gets JupyterLab with the course in a folder of their own.

Run from the course's folder, once the course, ``jupyterhub>=5.3`` and ``configurable-http-proxy`` are installed:

    CLASS_PASSWORD="..." .venv/bin/jupyterhub -f .hub/jupyterhub_config.py

Settings are environment variables; only the first has no default:

    CLASS_PASSWORD     what the learners type, beside a name of their own choice: at least 8 characters, ASCII
    TEACHER_PASSWORD   lets the name "teacher" in, who sees and stops servers at /hub/admin: at least 32 characters
    CLASS_FOLDER       the learners' homes (in homes/) and the hub's own files: ~/liquidation_class
    CLASS_ADDRESS      http://127.0.0.1:8000, this machine only; http://0.0.0.0:8000 lets in whoever reaches it
    COURSE_FOLDER      what is handed out: the folder that this file is in

**What this is not.** It does not separate the learners. Anybody may log in under anybody's name; all servers run as the
one account that starts the hub, so a terminal reads and changes every home, the course's folder with the solutions, the
passwords above, and whatever else that account may. Nothing limits memory: one endless list stops the class. The
address is plain HTTP. So: for a try, or for a class that trusts each other, from an account that you can lose.
Otherwise swap

* ``authenticator_class``: "pam" (accounts of this machine), or OAuth (``oauthenticator``) for your school's log-in,
* ``spawner_class``: systemdspawner or dockerspawner, each learner apart, with ``c.Spawner.mem_limit = "1G"``; then
  ``lay_out`` below must write where that spawner keeps its homes, and give the files to their learner,
* plain HTTP: ``c.JupyterHub.ssl_key`` and ``ssl_cert``, or a web server with a certificate in front.
"""

import importlib.util
import os
import shutil
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit


def setting(name, default=""):
    """An environment variable; set to nothing is as good as not set."""
    return os.environ.get(name) or default


def stop(message):
    """Say what is wrong, and start nothing."""
    raise SystemExit(f"\nThe hub was not started. {message}\n")


COURSE = Path(setting("COURSE_FOLDER", Path(__file__).parent.parent)).expanduser().resolve()
CLASS = Path(setting("CLASS_FOLDER", "~/liquidation_class")).expanduser().resolve()
ADDRESS = setting("CLASS_ADDRESS", "http://127.0.0.1:8000")
HANDED_OUT = ("notebooks", "exercises")
HELD_BACK = {"solutions", ".ipynb_checkpoints"}

# Found although nobody activated the environment: the learners' servers, the proxy, and Python in their terminals.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

# What would otherwise be noticed by twenty learners at once.
password, teacher = setting("CLASS_PASSWORD"), setting("TEACHER_PASSWORD")
if len(password) < 8 or not password.isascii():
    stop('Choose a password for the class, 8 or more of A-Z, a-z, 0-9 and signs: CLASS_PASSWORD="..." jupyterhub ...')
if teacher and (len(teacher) < 32 or not teacher.isascii()):
    stop("TEACHER_PASSWORD needs 32 or more of A-Z, a-z, 0-9 and signs. Without one nobody can be the teacher.")
if not all((COURSE / part).is_dir() for part in HANDED_OUT):
    stop(f"There is no course in {COURSE}: COURSE_FOLDER must be the folder that holds {' and '.join(HANDED_OUT)}.")
if CLASS.is_relative_to(COURSE):
    stop(f"The learners' homes would lie among the course's files: choose a CLASS_FOLDER outside {COURSE}.")
if not importlib.util.find_spec("liquidation"):
    stop(f"Its Python lacks the course: {sys.executable} -m pip install -r requirements.txt, in {COURSE}.")
if not shutil.which("configurable-http-proxy"):
    stop(f"The proxy is missing: npm install --global --prefix {sys.prefix} configurable-http-proxy (needs Node.js).")
url = urlsplit(ADDRESS)
if not url.hostname or not url.port:
    stop(f"CLASS_ADDRESS must look like http://127.0.0.1:8000, not like {ADDRESS}.")
for host, port in ((url.hostname, url.port), ("127.0.0.1", 8001), ("127.0.0.1", 8081)):  # the class, proxy, hub
    with socket.socket() as probe:
        if probe.connect_ex((host, port)) == 0:  # a second hub would fail, and pull down the first one's proxy
            stop(f"Port {port} is taken, perhaps by a hub that is running: stop it first, with Ctrl+C in its terminal.")

from liquidation.course.author import is_untouched, read  # noqa: E402 - only now it is known to be there

written = [path.name for path in sorted((COURSE / "exercises").glob("*.ipynb")) if not is_untouched(read(path))]
if written:
    stop(
        f"Somebody has written in {', '.join(written)}: the learners would be given those answers. Move these files "
        "elsewhere and run  python -m liquidation.course.author, or name a fresh copy of the course as COURSE_FOLDER."
    )


def lay_out(spawner):
    """Give a learner every handed-out file that is not in their home; what is there is theirs and stays as it is."""
    for part in HANDED_OUT:
        for source in (COURSE / part).rglob("*"):
            inside = source.relative_to(COURSE)
            target = Path(spawner.home_dir, inside)
            if source.is_file() and HELD_BACK.isdisjoint(inside.parts) and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)  # without the permissions: of a read-only course too they can save


c = get_config()  # noqa: F821 - JupyterHub provides it

CLASS.mkdir(mode=0o700, parents=True, exist_ok=True)  # closed to the machine's other accounts
c.JupyterHub.db_url = f"sqlite:///{CLASS}/jupyterhub.sqlite"
c.JupyterHub.cookie_secret_file = f"{CLASS}/jupyterhub_cookie_secret"
c.ConfigurableHTTPProxy.pid_file = f"{CLASS}/jupyterhub-proxy.pid"
c.JupyterHub.bind_url = ADDRESS

c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = password
c.SharedPasswordAuthenticator.admin_password = teacher
c.Authenticator.admin_users = {"teacher"} if teacher else set()
c.Authenticator.allow_all = True  # or allowed_users = {"anna", "ben"}: then a misspelled name makes no second home
c.Authenticator.username_pattern = r"\w[\w .@+-]*\Z"  # a name becomes a folder

c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = f"{CLASS}/homes/{{username}}"
c.Spawner.pre_spawn_hook = lay_out
c.Spawner.default_url = "/lab/tree/notebooks/00_start_here.ipynb"
# A whole class begins in the same minute. Twenty at once on two cores took 40 s each; the usual 30 refused twelve.
c.Spawner.start_timeout = c.Spawner.http_timeout = 180
c.Spawner.args = [
    # Every notebook that was opened keeps a kernel, also when it is closed; half an hour later that one goes.
    "--MappingKernelManager.cull_idle_timeout=1800",
    *(["--allow-root"] if os.geteuid() == 0 else []),  # in a container that is root all through
]
