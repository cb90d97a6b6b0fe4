"""A real JupyterLab for tests, on 127.0.0.1, with directories of its own for everything it and its kernels write."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.browser.file_keyring import FILE_VARIABLE, FileKeyring

REPOSITORY = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.1

_OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=0",
    "--ServerApp.port_retries=0",
    "--ServerApp.terminals_enabled=False",
    "--ServerApp.jpserver_extensions={'jupyter_lsp': False}",
    "--LabApp.expose_app_in_browser=True",
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)
_SETTINGS = {
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}
_OTHERS = ("JUPYTER", "IPYTHON", "ROOTS_NB_", "XDG_", "PYTHON_KEYRING")


@dataclass(frozen=True, slots=True)
class Lab:
    """A running JupyterLab; everything it writes is under `base`.

    Attributes
    ----------
    url : str
        The address that opens it, token included.
    folder : Path
        Its root directory, where the notebooks are.
    home : Path
        The home directory of its kernels.
    keyring : Path
        The file with what its kernels put into the keyring; it may not exist.
    """

    base: Path
    url: str = ""

    @property
    def folder(self) -> Path:
        return self.base / "notebooks"

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def keyring(self) -> Path:
        return self.base / "keyring.json"

    def forget(self) -> None:
        """Empty the home directory, the keyring and the root directory, while no kernel runs."""
        self.keyring.unlink(missing_ok=True)
        for folder in (self.home, self.folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()

    def files_with(self, text: str) -> list[Path]:
        """Every file in which `text` is found, except the keyring's."""
        files = (path for path in self.base.rglob("*") if path.is_file() and path != self.keyring)
        return [path for path in files if text.encode() in path.read_bytes()]


@contextmanager
def running_lab(base: Path) -> Iterator[Lab]:
    """Start JupyterLab with its directories in `base`, which is empty, and stop it and its kernels in the end."""
    lab = Lab(base)
    lab.forget()
    for plugin, values in _SETTINGS.items():
        path = base / "settings" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    command = [sys.executable, "-m", "jupyterlab", *_OPTIONS, f"--ServerApp.root_dir={lab.folder}"]
    with (base / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=_environment(lab), cwd=base, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield Lab(base, _wait_for_url(base, process))
        finally:
            _stop(process)


def _environment(lab: Lab) -> dict[str, str]:
    """The kernels inherit it from the server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OTHERS)}
    return kept | {
        "HOME": str(lab.home),
        "JUPYTER_CONFIG_DIR": str(lab.base / "config"),
        "JUPYTER_DATA_DIR": str(lab.base / "data"),
        "JUPYTER_RUNTIME_DIR": str(lab.base / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(lab.base / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(lab.base / "workspaces"),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHON_KEYRING_BACKEND": f"{FileKeyring.__module__}.{FileKeyring.__qualname__}",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        FILE_VARIABLE: str(lab.keyring),
    }


def _wait_for_url(base: Path, process: subprocess.Popen[bytes]) -> str:
    """The server writes its address to a file when it listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for path in (base / "runtime").glob("jpserver-*.json"):
            with suppress(ValueError):  # it is just being written
                info = json.loads(path.read_text())
                return f"{info['url']}lab?token={info['token']}"
        with suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
            break
    raise AssertionError(f"JupyterLab did not start:\n{(base / 'server.log').read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
