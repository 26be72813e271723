"""A real JupyterLab in a real browser, for the browser test and the browser benchmark."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def free_port():
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def jupyterlab(root=ROOT, python=sys.executable):
    """Start JupyterLab on a free port, with a home of its own; yield (address, token)."""
    port = free_port()
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as home:
        own = {name: f"{home}/{name.lower()}" for name in (
            "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR",
        )}  # fmt: skip
        settings = Path(own["JUPYTERLAB_SETTINGS_DIR"], "@jupyterlab/apputils-extension")
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
        log = open(f"{home}/log", "w+")  # noqa: SIM115 - open as long as the server
        server = subprocess.Popen(
            [python, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
             f"--ServerApp.port={port}", f"--IdentityProvider.token={token}", "--LabApp.expose_app_in_browser=True",
             "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"],
            cwd=root, env={**os.environ, "HOME": home, **own}, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(300):
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"{address}/api?token={token}", timeout=2)
                    break
                if server.poll() is not None:
                    break
                time.sleep(0.2)
            else:
                server.terminate()
            if server.poll() is not None:
                log.seek(0)
                raise RuntimeError(f"JupyterLab did not start:\n{log.read()[-2000:]}")
            yield address, token
        finally:
            server.terminate()
            server.wait(20)
            log.close()


@contextlib.contextmanager
def browser_page(width=1400, height=1000):
    """Start headless Chromium and yield a page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def open_notebook(page, address, token, path):
    """Open a notebook in the page and wait until its kernel is ready."""
    page.goto(f"{address}/lab/workspaces/test-{secrets.token_hex(4)}/tree/{path}?token={token}&reset")
    page.wait_for_function(
        "() => window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session?.kernel"
        "?.connectionStatus === 'connected'"
    )
    wait_idle(page)


def wait_idle(page):
    """Wait until the kernel has nothing to do."""
    page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.status === 'idle'"
    )


def run_all(page):
    """Run every cell and wait for the last one."""
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_function(
        """() => {
            const cells = window.jupyterapp.shell.currentWidget.content.widgets.filter(c => c.model.type === 'code');
            return cells.every(c => c.model.executionCount !== null && c.model.executionState !== 'running'
                                    && !c.inputArea?.prompt?.executionCount?.includes?.('*'));
        }"""
    )
    wait_idle(page)


def cell_with(page, text):
    """Scroll to the code cell that contains a text and return its element."""
    page.evaluate(
        """text => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            const i = notebook.widgets.findIndex(c => c.model.sharedModel.source.includes(text));
            notebook.activeCellIndex = i;
            notebook.scrollToItem(i, 'start');
        }""",
        text,
    )
    cell = page.locator(".jp-CodeCell", has_text=text).first
    cell.scroll_into_view_if_needed()
    return cell
