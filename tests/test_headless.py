"""A template without a screen: its parameters are set, its outputs are kept, its failures are told."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest

import roots_nb as rn
from roots_nb import headless
from roots_nb.errors import CaptchaRequired, NotConnected
from roots_nb.headless import Order, TemplateFailed, hand_over, run_report, templates_folder
from roots_nb.reports.report import Report
from tests.reports.frames import frame, load, worklog
from tests.systems import needs_signals

HEADER = "import roots_nb as rn\nfrom roots_nb.worklogs import empty_worklogs\n"
REPORT = HEADER + "report = rn.report(empty_worklogs('Europe/Berlin'), period)"


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *cells: str, tagged: bool = True) -> headless.Run:
    """Run a template made of these cells behind a parameters cell."""
    first = nbformat.v4.new_code_cell("period = '2020-W01'", metadata={"tags": ["parameters"]} if tagged else {})
    notebook = nbformat.v4.new_notebook(cells=[first, *map(nbformat.v4.new_code_cell, cells)])
    nbformat.write(notebook, tmp_path / "template.ipynb")
    monkeypatch.setattr(headless, "templates_folder", lambda: tmp_path)
    (tmp_path / "files").mkdir()
    return run_report("template.ipynb", {"period": "2026-W47"}, Order(str(tmp_path / "files"), ("xlsx", "md")))


def test_parameters_come_behind_the_templates_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are of the period asked for, and the table for the terminal as well."""
    done = run(tmp_path, monkeypatch, REPORT)
    assert done.files == ("2026-W47.xlsx", "2026-W47.md")
    assert (tmp_path / "files" / "2026-W47.xlsx").stat().st_size > 1000
    assert "Worklogs 2026-W47" in (tmp_path / "files" / "2026-W47.md").read_text("utf-8")
    assert "2026-W47" in done.table
    assert done.problems == ()


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the cell that hands over puts out."""
    found: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: found.append(data["application/json"]))
    return found


def two_weeks(*, problem: str = "") -> Report:
    """Of two sites, one of which may have failed."""
    rows = [
        worklog("2026-11-10 09:00", 60),
        worklog("2026-11-17 09:00", 90),
        worklog("2026-11-18 09:00", 30, issue="OPS-1", connection="Server"),
    ]
    loads = [load(first="2026-11-09"), load("Server", first="2026-11-09", problem=problem)]
    return rn.report(frame(*rows, loads=loads), "2026-11-09..2026-11-22")


def test_several_periods_are_reported_from_one_load(tmp_path: Path, said: list[dict[str, Any]]) -> None:
    """Each its files, and a line for each in the table."""
    hand_over(two_weeks(), Order(str(tmp_path), ("md",), periods=("2026-W46", "2026-W47")))
    assert said[0]["files"] == ["2026-W46.md", "2026-W47.md"]
    assert "1:00" in (tmp_path / "2026-W46.md").read_text("utf-8")
    assert "OPS-1" not in (tmp_path / "2026-W46.md").read_text("utf-8")
    assert re.search(r"2026-W46 +1:00 +1 complete *\n2026-W47 +2:00 +2 complete", said[0]["table"])


def test_each_customer_gets_a_file_of_its_own(tmp_path: Path, said: list[dict[str, Any]]) -> None:
    """A project is one; nothing of one is in the file of another."""
    hand_over(two_weeks(), Order(str(tmp_path), ("csv",), periods=("2026-W47",), by="project"))
    assert said[0]["files"] == ["2026-W47-Cloud-APP.csv", "2026-W47-Server-OPS.csv"]
    assert "OPS-1" not in (tmp_path / said[0]["files"][0]).read_text("utf-8-sig")


def test_file_with_the_balance_is_called_mine(tmp_path: Path, said: list[dict[str, Any]]) -> None:
    """It does not take the name of the one to hand in."""
    hand_over(two_weeks(), Order(str(tmp_path), ("html",), periods=("2026-W47",), face="mine"))
    assert said[0]["files"] == ["2026-W47-mine.html"]
    assert "Balance" in (tmp_path / "2026-W47-mine.html").read_text("utf-8")


def test_what_is_missing_is_handed_over_once(tmp_path: Path, said: list[dict[str, Any]]) -> None:
    """However many of the periods it is missing in."""
    made = two_weeks(problem="Jira refused.")
    hand_over(made, Order(str(tmp_path), ("md",), periods=("2026-W46", "2026-W47")))
    assert said[0]["problems"] == ["Server: Jira refused."]
    assert said[0]["table"].count("INCOMPLETE") == 2


def test_error_of_ours_comes_through_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its advice, so that the command can choose an exit code by its class."""
    with pytest.raises(CaptchaRequired, match="Sign in once in the browser"):
        run(tmp_path, monkeypatch, "from roots_nb.errors import CaptchaRequired\nraise CaptchaRequired('Locked.')")


def test_unknown_secret_comes_through_as_not_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable that could hold it is named."""
    site = 'Connection("Other", "datacenter", "https://jira.example.com", "pat")'
    cell = "from roots_nb.connecting import *\nfrom roots_nb.connections.connection import Connection\n"
    with pytest.raises(NotConnected, match="ROOTS_NB_OTHER_TOKEN"):
        run(tmp_path, monkeypatch, f"{cell}raise SecretUnknown({site})")


@pytest.mark.parametrize(
    ("cell", "words"),
    [("1 / 0", "ZeroDivisionError"), ("period", "'report' is not defined"), ("import os\nos._exit(1)", "kernel died")],
)
def test_other_failures_name_what_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cell: str, words: str
) -> None:
    """A changed template is somebody's own program: it says where to look."""
    with pytest.raises(TemplateFailed, match=f"{words}.*JupyterLab"):
        run(tmp_path, monkeypatch, cell)


def test_template_without_a_parameters_cell_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would silently report another week."""
    with pytest.raises(TemplateFailed, match="parameters"):
        run(tmp_path, monkeypatch, REPORT, tagged=False)


@pytest.mark.parametrize("path", sorted(templates_folder().glob("*.ipynb")), ids=lambda path: path.name)
def test_template_is_thin_and_clean(path: Path) -> None:
    """No stored output, no state, no functions; at most two dozen cells of at most ten lines."""
    notebook = json.loads(path.read_text("utf-8"))
    nbformat.validate(notebook)
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(notebook["cells"]) <= 24
    assert "widgets" not in notebook["metadata"]
    assert sum("parameters" in cell["metadata"].get("tags", []) for cell in code) == 1
    for cell in code:
        assert cell["outputs"] == []
        assert cell["execution_count"] is None
        assert len(cell["source"]) <= 10
        assert not any(line.lstrip().startswith(("def ", "class ")) for line in cell["source"])


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(templates_folder().glob("*.ipynb")), ids=lambda path: path.name)
def test_template_passes_papermill(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the demo, for a week other than the usual one; nothing is applied, and nothing asks for a person."""
    monkeypatch.setenv("ROOTS_NB_DEMO", "1")
    parameters = {} if path.name.startswith("01") else {"period": "2026-W30"}
    command = [sys.executable, "-m", "papermill", str(path), str(tmp_path / "out.ipynb"), "--no-progress-bar"]
    arguments = [argument for name, value in parameters.items() for argument in ("-p", name, value)]
    done = subprocess.run([*command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@needs_signals
def test_interrupt_waits_until_the_kernel_is_gone() -> None:
    """Even where it comes before the kernel: who left at once would abort in zmq, or leave a kernel behind."""
    killed, tidied = threading.Event(), []

    async def execute(**_: object) -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        client.km = SimpleNamespace(provisioner=SimpleNamespace(process=SimpleNamespace(kill=killed.set)))
        while not killed.is_set():
            await asyncio.sleep(0.01)
        tidied.append("kernel")

    client: Any = SimpleNamespace(km=None, async_execute=execute)
    with pytest.raises(KeyboardInterrupt):
        headless._execute(client, {})
    assert tidied == ["kernel"]
