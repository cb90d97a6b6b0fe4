"""Distinct secrets, and a search through every byte that notebooks, forms and the report leave.

Each template is run as JupyterLab and nbconvert do, with the widgets' state stored, and the report as a schedule does;
with a secret that Jira takes and with one it refuses; always with tracebacks that show local variables (what
`%xmode Verbose` switches on) and with logs at DEBUG. Kernels are dear: each runs as much as it can. What needs no
kernel (every failure, the commands, the forms) is in `tests/test_canary_failures.py`.
"""

from __future__ import annotations

import base64
import html
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import nbformat
import pandas
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config import Config

from roots_nb.headless import templates_folder
from roots_nb.jira.http import Anonymous, Http
from tests.canaries import API_TOKEN, COOKIE, PASSWORD, PAT, CanaryWorld, found_in
from tests.faults.fault import Answer
from tests.world import World

TEMPLATES = [nbformat.read(path, as_version=4) for path in sorted(templates_folder().glob("*.ipynb"))]
LOGS = """import http.client, logging
logging.basicConfig(level=logging.DEBUG, filename={!r}, force=True)
http.client.HTTPConnection.debuglevel = 1
logging.debug("listening")
"""
FORGET = "%reset -f"
CONNECT = "import roots_nb as rn\nrn.connect()"
FORM = """import threading
from roots_nb.widgets.connect_form import ConnectForm
form, answered = ConnectForm(), threading.Event()
form.status.observe(lambda change: "…" in change["new"] or answered.set(), "value")
form.deployment.value, form.url.value, form.email.value = {!r}, {!r}, "ann@example.com"
form"""
ANSWER = "print(answered.wait(60), form.status.value)"

AfterCell = Callable[[NotebookClient, int], None]


@pytest.fixture(autouse=True)
def _talkative(monkeypatch: pytest.MonkeyPatch, fresh_home: Path, tmp_path: Path) -> None:
    """All kernels say whatever can be said, into files below `tmp_path`."""
    profile = fresh_home / ".ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True)
    (profile / "ipython_config.py").write_text('c.InteractiveShell.xmode = "Verbose"\n')
    (profile / "startup" / "logs.py").write_text(LOGS.format(str(tmp_path / "kernel.log")))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def site(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[CanaryWorld]:
    """With a worklog a day over this week and the last two months; known from the environment."""
    with CanaryWorld(request.param, now=datetime.now(UTC)).running() as world:
        (key,) = world.add_issues(1)
        for days in range(63):
            world.add_worklog(key, f"{world.now.date() - timedelta(days=days)} 09:00")
        secret = "PASSWORD" if world.auth == "password" else "TOKEN"
        user, deployment = world.connection.user, world.deployment
        for name, value in {"URL": world.url, "USER": user, "DEPLOYMENT": deployment, secret: world.secret}.items():
            monkeypatch.setenv(f"ROOTS_NB_{name}", value)
        yield world


def run_as_jupyterlab(notebook: NotebookNode, folder: Path, after_cell: AfterCell | None = None) -> str:
    """Run every cell whatever fails, save as JupyterLab and nbconvert would, and return what was saved."""
    transport = Config({"KernelManager": {"transport": "ipc"}} if os.name == "posix" else {})
    client = NotebookClient(
        notebook, allow_errors=True, store_widget_state=True, timeout=90, kernel_name="python3", config=transport
    )
    if after_cell is not None:
        client.on_cell_executed = lambda cell_index, **_: after_cell(client, cell_index)
    client.execute()
    nbformat.write(notebook, folder / "saved.ipynb")
    page, _ = HTMLExporter().from_notebook_node(notebook)
    (folder / "saved.html").write_text(page, "utf-8")
    assert (folder / "kernel.log").stat().st_size > 0
    return (folder / "saved.ipynb").read_text("utf-8")


def cells_of(*templates: NotebookNode) -> list[NotebookNode]:
    """The templates one after the other, each as in a kernel of its own."""
    sources = [[cell.source for cell in template.cells if cell.cell_type == "code"] for template in templates]
    return [new_code_cell(source) for each in sources for source in (*each, FORGET)]


def errors_in(cells: list[NotebookNode]) -> list[str]:
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [output.ename for output in outputs if output.output_type == "error"]


@pytest.mark.parametrize(
    ("site", "works"), [("api_token", 0), pytest.param("pat", 1, marks=pytest.mark.slow)], indirect=["site"]
)
def test_notebooks_hold_no_secret(site: CanaryWorld, works: int, tmp_path: Path) -> None:
    """Outputs, tracebacks, widget state, page, logs, cache: of two templates that work, and of two that are refused."""
    first, second = cells_of(*TEMPLATES[works::2]), cells_of(*TEMPLATES[1 - works :: 2])
    last = len(first) - 1
    notebook = new_notebook(cells=[*first, *second, new_code_cell(CONNECT)])
    saved = run_as_jupyterlab(notebook, tmp_path, lambda _, index: site.shut_out() if index == last else None)
    assert errors_in(notebook.cells[: len(first)]) == []
    assert "APP-1" in str(notebook.cells[: len(first)])
    assert "AuthenticationFailed" in errors_in(notebook.cells[len(first) :])
    assert "***" in saved, "the tracebacks show no local variable"
    assert found_in(tmp_path) == []


@pytest.mark.parametrize("site", ["password"], indirect=True)
@pytest.mark.parametrize(
    "refused", [pytest.param(False, id="works", marks=pytest.mark.slow), pytest.param(True, id="refused")]
)
def test_report_without_a_screen_shows_no_secret(refused: bool, site: CanaryWorld, tmp_path: Path) -> None:
    """Page, workbook, table, error and logs of the command and of its kernel."""
    if refused:
        site.shut_out()
    code = LOGS.format(str(tmp_path / "command.log")) + "from roots_nb.cli import main\nmain()"
    command = [sys.executable, "-c", code, "report", "--out", "reports"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=100, check=False)
    (tmp_path / "said.txt").write_bytes(done.stdout + done.stderr)
    assert done.returncode == (4 if refused else 0), done.stderr
    assert (b"does not accept" in done.stderr) if refused else (b"APP-1" in done.stdout)
    for log in ("command.log", "kernel.log"):
        assert (tmp_path / log).stat().st_size > 0
    assert found_in(tmp_path) == []


def type_and_connect(client: NotebookClient) -> None:
    """What a browser sends: a press on Connect, and the secret as the answer to the question that follows."""
    *_, button = (comm for comm, state in client.widget_state.items() if state.get("description") == "Connect")
    *_, field = (comm for comm, state in client.widget_state.items() if "filled" in state)
    click, answer = {"event": "click"}, {"type": "secret", "id": 1}
    for comm, content, buffers in ((button, click, []), (field, answer, [API_TOKEN.encode()])):
        message = {"comm_id": comm, "data": {"method": "custom", "content": content}}
        client.kc.session.send(client.kc.shell_channel.socket, "comm_msg", message, buffers=buffers)


@pytest.mark.parametrize("site", ["api_token"], indirect=True)
def test_secret_typed_into_the_form_is_saved_nowhere(
    site: CanaryWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes as one message and rests in the session: not in the widgets' state, an output or a traceback."""
    site.shut_out()
    for name in ("URL", "TOKEN", "USER", "DEPLOYMENT"):
        monkeypatch.delenv(f"ROOTS_NB_{name}")
    form = FORM.format(site.deployment, site.url)
    refused, works = [form, ANSWER, CONNECT], [form, ANSWER, CONNECT]

    def act(client: NotebookClient, index: int) -> None:
        if index == len(refused) - 1:
            site.let_in()
        if index in (0, len(refused)):
            type_and_connect(client)

    notebook = new_notebook(cells=list(map(new_code_cell, refused + works)))
    saved = run_as_jupyterlab(notebook, tmp_path, act)
    assert errors_in(notebook.cells) == ["NotConnected"]
    assert "does not accept" in saved
    assert "signed in as Ann" in saved
    assert found_in(tmp_path) == []


CARELESS = {
    "saved.ipynb": "(lambda token: 1 / 0)(os.environ['ROOTS_NB_TOKEN'])",
    "saved.html": "ipywidgets.Password(value=os.environ['ROOTS_NB_PASSWORD'])",
    "kernel.log": "logging.debug(os.environ['ROOTS_NB_COOKIE'])",
}


def test_search_finds_what_careless_cells_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an empty search would mean nothing: a traceback, a widget's state, a log."""
    for name, secret in (("TOKEN", API_TOKEN), ("PASSWORD", PASSWORD), ("COOKIE", COOKIE)):
        monkeypatch.setenv(f"ROOTS_NB_{name}", secret)
    cells = ["import ipywidgets, logging, os", *CARELESS.values()]
    run_as_jupyterlab(new_notebook(cells=list(map(new_code_cell, cells))), tmp_path)
    found = found_in(tmp_path)
    assert {
        f"{name}, its end, plain in {tmp_path / file}"
        for name, file in zip(("API token", "password", "cookie"), CARELESS, strict=True)
    } <= set(found)


@pytest.mark.parametrize("secret", [API_TOKEN, PAT, PASSWORD, COOKIE])
def test_search_reads_every_writing(secret: str, tmp_path: Path) -> None:
    """A Basic header, an address, JSON in JSON, a page, a workbook, and a body in the cache, which is packed."""
    writings = {
        "basic": base64.b64encode(f"ann:{secret}".encode()),
        "basic-of-longer": base64.b64encode(f"anna:{secret}".encode()),
        "bytes": secret.encode().hex().encode(),
        "url": quote(secret, safe="").encode(),
        "json": json.dumps(json.dumps({"token": secret})).encode(),
        "page": html.escape(secret).encode(),
    }
    for name, content in writings.items():
        (tmp_path / name).write_bytes(content)
    pandas.DataFrame([secret]).to_excel(tmp_path / "workbook.xlsx")
    found = "\n".join(found_in(tmp_path))
    assert [name for name in (*writings, "workbook.xlsx") if f"in {tmp_path / name}" not in found] == []


def test_search_reads_packed_answers_in_the_cache(server: World, tmp_path: Path) -> None:
    """Bodies are compressed there: a secret in one would be in no byte of the file."""
    server.faults.when(lambda request: True, Answer(200, {"echo": COOKIE * 500}))
    http = Http(server.connection, Anonymous())
    http.use_cache("JIRAUSER1")
    http.read("/echo", cached=True)
    http.close()
    (where,) = (path for path in tmp_path.rglob("*.sqlite"))
    assert f"cookie, its end, plain in {where}" in found_in(tmp_path)
