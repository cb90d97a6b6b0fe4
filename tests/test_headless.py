"""A template without a screen: its parameters are set, its outputs are kept, its failures are told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from roots_nb import headless
from roots_nb.errors import CaptchaRequired
from roots_nb.headless import TemplateFailed, run_report, templates_folder

HEADER = "import roots_nb as rn\nfrom roots_nb.worklogs import empty_worklogs\n"
REPORT = HEADER + "report = rn.report(empty_worklogs('Europe/Berlin'), period)"


def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *cells: str, tagged: bool = True) -> headless.Run:
    """Run a template made of these cells behind a parameters cell."""
    first = nbformat.v4.new_code_cell("period = '2020-W01'", metadata={"tags": ["parameters"]} if tagged else {})
    notebook = nbformat.v4.new_notebook(cells=[first, *map(nbformat.v4.new_code_cell, cells)])
    nbformat.write(notebook, tmp_path / "template.ipynb")
    monkeypatch.setattr(headless, "templates_folder", lambda: tmp_path)
    return run_report("template.ipynb", {"period": "2026-W47"}, excel=tmp_path / "week.xlsx")


def test_parameters_come_behind_the_templates_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page shows outputs without inputs, the workbook is written, and nothing is called complete unknowingly."""
    done = run(tmp_path, monkeypatch, REPORT, "print('shown', period)")
    assert "shown 2026-W47" in done.page
    assert "empty_worklogs" not in done.page
    assert "hand_over" not in done.page
    assert done.state == "unknown"
    assert "2026-W47" in done.table
    assert (tmp_path / "week.xlsx").stat().st_size > 1000


def test_error_of_ours_comes_through_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its advice, so that the command can choose an exit code by its class."""
    with pytest.raises(CaptchaRequired, match="Sign in once in the browser"):
        run(tmp_path, monkeypatch, "from roots_nb.errors import CaptchaRequired\nraise CaptchaRequired('Locked.')")


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


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.name, marks=[] if path.name == "03-bulk-edit.ipynb" else pytest.mark.slow)
        for path in sorted(templates_folder().glob("*.ipynb"))
    ],
)
def test_template_passes_papermill(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the demo, for a week other than the usual one; nothing is applied, and nothing asks for a person."""
    monkeypatch.setenv("ROOTS_NB_DEMO", "1")
    parameters = {} if path.name.startswith("01") else {"period": "2026-W30"}
    command = [sys.executable, "-m", "papermill", str(path), str(tmp_path / "out.ipynb"), "--no-progress-bar"]
    arguments = [argument for name, value in parameters.items() for argument in ("-p", name, value)]
    done = subprocess.run([*command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
