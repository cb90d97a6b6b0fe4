"""A secret that can be told from everything else, and a search through every byte that running the notebooks leaves.

Each template is run as JupyterLab and nbconvert do, with the widgets' state stored, and the report as a schedule does;
with a token that Jira takes and with one it refuses; always with tracebacks that show local variables (what
`%xmode Verbose` switches on) and with logs at DEBUG.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config import Config

from roots_nb.headless import templates_folder
from tests.world import TOKEN, World

TEMPLATES = sorted(templates_folder().glob("*.ipynb"))
CANARY = "canary-6f1c9e-in-the-coal-mine-83d2"
FORMS = {  # a traceback cuts long values in the middle
    "plain, its beginning": b"canary-6f1c9e",
    "plain, its end": b"coal-mine-83d2",
    "Basic": base64.b64encode(f"ann@example.com:{CANARY}".encode()),
    "hexadecimal": CANARY.encode().hex().encode(),
}
LOGS = "import logging\nlogging.basicConfig(level=logging.DEBUG, filename={!r}, force=True)\n"
CONNECT = "import roots_nb as rn\nrn.connect()"
FORM = """import threading
from roots_nb.widgets.connect_form import ConnectForm
form, answered = ConnectForm(), threading.Event()
form.status.observe(lambda change: "Connecting" in change["new"] or answered.set(), "value")
form.deployment.value, form.url.value, form.email.value = {!r}, {!r}, "ann@example.com"
form"""

AfterCell = Callable[[NotebookClient, int], None]


@pytest.fixture
def site(world: World, monkeypatch: pytest.MonkeyPatch, fresh_home: Path, tmp_path: Path) -> World:
    """A Jira with worklogs since last month, known from the environment by the canary; kernels say what they can."""
    world.now = datetime.now(UTC)
    (key,) = world.add_issues(1)
    for days in range(32):
        world.add_worklog(key, f"{world.now.date() - timedelta(days=days)} 09:00")
    world.site.remove_credential(TOKEN)
    world.site.add_credential("api_token" if world.deployment == "cloud" else "pat", world.ann, CANARY)
    named = {"URL": world.url, "TOKEN": CANARY, "USER": world.connection.user, "DEPLOYMENT": world.deployment}
    for name, value in named.items():
        monkeypatch.setenv(f"ROOTS_NB_{name}", value)
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path)
    make_talkative(fresh_home / ".ipython" / "profile_default", tmp_path / "kernel.log")
    return world


def forget_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("URL", "TOKEN", "USER", "DEPLOYMENT"):
        monkeypatch.delenv(f"ROOTS_NB_{name}")


def make_talkative(profile: Path, log: Path) -> None:
    (profile / "startup").mkdir(parents=True)
    (profile / "ipython_config.py").write_text('c.InteractiveShell.xmode = "Verbose"\n')
    (profile / "startup" / "logs.py").write_text(LOGS.format(str(log)))


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
    return (folder / "saved.ipynb").read_text("utf-8")


def found_in(folder: Path) -> list[str]:
    """Where the canary is, in which form; every file counts, whatever its kind."""
    assert (folder / "kernel.log").stat().st_size > 0
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [f"{form} in {path}" for path in files for form, text in FORMS.items() if text in content_of(path)]


def content_of(path: Path) -> bytes:
    """The bytes of a file; a workbook is an archive, and compression would hide what it holds."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_notebook_that_works_holds_no_secret(template: Path, site: World, tmp_path: Path) -> None:
    """Outputs, widget state, page, logs, cache: whatever was written."""
    notebook = nbformat.read(template, as_version=4)
    saved = run_as_jupyterlab(notebook, tmp_path)
    assert "error" not in [output.output_type for cell in notebook.cells for output in cell.get("outputs", [])]
    assert "APP-1" in saved
    assert found_in(tmp_path) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_notebook_that_is_refused_holds_no_secret(template: Path, site: World, tmp_path: Path) -> None:
    """The tracebacks show the local variables of our own functions, and in place of the secret three stars."""
    site.site.remove_credential(CANARY)
    notebook = nbformat.read(template, as_version=4)
    notebook.cells.append(new_code_cell(CONNECT))
    saved = run_as_jupyterlab(notebook, tmp_path)
    assert "AuthenticationFailed" in saved
    assert "***" in saved
    assert found_in(tmp_path) == []


@pytest.mark.parametrize("refused", [False, True], ids=["works", "refused"])
def test_report_without_a_screen_shows_no_secret(refused: bool, site: World, tmp_path: Path) -> None:
    """Page, workbook, table, error and logs of the command and of its kernel."""
    if refused:
        site.site.remove_credential(CANARY)
    code = LOGS.format(str(tmp_path / "command.log")) + "from roots_nb.cli import main\nmain()"
    command = [sys.executable, "-c", code, "report", "--out", "reports"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=100, check=False)
    (tmp_path / "said.txt").write_bytes(done.stdout + done.stderr)
    assert done.returncode == (4 if refused else 0), done.stderr
    assert (b"does not accept" in done.stderr) if refused else (b"APP-1" in done.stdout)
    assert (tmp_path / "command.log").stat().st_size > 0
    assert found_in(tmp_path) == []


def type_and_connect(client: NotebookClient, cell_index: int) -> None:
    """What a browser sends: a press on Connect, and the secret as the answer to the question that follows."""
    if cell_index > 0:
        return
    (button,) = (comm for comm, state in client.widget_state.items() if state.get("description") == "Connect")
    (field,) = (comm for comm, state in client.widget_state.items() if "filled" in state)
    click, answer = {"event": "click"}, {"type": "secret", "id": 1}
    for comm, content, buffers in ((button, click, []), (field, answer, [CANARY.encode()])):
        message = {"comm_id": comm, "data": {"method": "custom", "content": content}}
        client.kc.session.send(client.kc.shell_channel.socket, "comm_msg", message, buffers=buffers)


def run_form(site: World, folder: Path) -> str:
    """Sign in by the form alone, and connect in the cell after it."""
    form = FORM.format(site.deployment, site.url)
    cells = [form, "print(answered.wait(60), form.status.value)", CONNECT]
    return run_as_jupyterlab(new_notebook(cells=list(map(new_code_cell, cells))), folder, type_and_connect)


@pytest.mark.parametrize("refused", [False, True], ids=["works", "refused"])
def test_secret_typed_into_the_form_is_saved_nowhere(
    refused: bool, site: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes as one message and rests in the session: not in the widgets' state, an output or a traceback."""
    forget_environment(monkeypatch)
    if refused:
        site.site.remove_credential(CANARY)
    saved = run_form(site, tmp_path)
    assert ("does not accept" if refused else "signed in as Ann") in saved
    assert found_in(tmp_path) == []


@pytest.mark.parametrize(
    ("cell", "where"),
    [
        ("import os\n(lambda token: 1 / 0)(os.environ['ROOTS_NB_TOKEN'])", "saved.ipynb"),
        ("import os, ipywidgets\nipywidgets.Password(value=os.environ['ROOTS_NB_TOKEN'])", "saved.html"),
        ("import logging, os\nlogging.debug(os.environ['ROOTS_NB_TOKEN'])", "kernel.log"),
        ("import os, pandas\npandas.DataFrame([os.environ['ROOTS_NB_TOKEN']]).to_excel('a.xlsx')", "a.xlsx"),
    ],
    ids=["traceback", "widget", "log", "workbook"],
)
def test_search_finds_what_a_careless_cell_leaves(cell: str, where: str, site: World, tmp_path: Path) -> None:
    """Else an empty search would mean nothing."""
    run_as_jupyterlab(new_notebook(cells=[new_code_cell(cell)]), tmp_path)
    assert f"plain, its end in {tmp_path / where}" in found_in(tmp_path)
