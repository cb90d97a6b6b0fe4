"""`roots-nb lab`, as `make lab` calls it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.systems import needs_signals

PATIENCE_SECONDS = 60
TEMPLATES = {path.name for path in (Path(__file__).parents[1] / "notebooks").glob("*.ipynb")}


@needs_signals
def test_lab_serves_the_templates_until_it_is_stopped(fresh_home: Path, tmp_path: Path) -> None:
    """JupyterLab on copies of them, and it ends with the command."""
    config = tmp_path / "config"
    config.mkdir()
    (config / "jupyter_server_config.json").write_text('{"ServerApp": {"open_browser": false, "port": 0}}')
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(config), "JUPYTER_RUNTIME_DIR": str(tmp_path)}
    command = [str(Path(sys.executable).parent / "roots-nb"), "lab", "--demo"]
    with subprocess.Popen(
        command, cwd=fresh_home, env=environment, start_new_session=True, stderr=subprocess.PIPE
    ) as lab:
        try:
            server = address(tmp_path)
            listing = requests.get(f"{server['url']}api/contents", params={"token": server["token"]}, timeout=10)
            assert {entry["name"] for entry in listing.json()["content"]} == TEMPLATES
        finally:
            os.killpg(lab.pid, signal.SIGTERM)
    with pytest.raises(requests.ConnectionError):
        requests.get(server["url"], timeout=10)
    assert {path.name for path in (fresh_home / "my-notebooks").glob("*.ipynb")} == TEMPLATES


def address(folder: Path) -> dict[str, str]:
    """The server writes it to a file when it listens."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for path in folder.glob("jpserver-*.json"):
            with suppress(ValueError):  # it is just being written
                return json.loads(path.read_text())
        time.sleep(0.1)
    raise AssertionError("JupyterLab did not start")
