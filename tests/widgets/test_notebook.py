"""The template that connects, as it is shipped: readable, thin, and running on the demo from top to bottom."""

from __future__ import annotations

import tempfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from traitlets.config import Config

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01-connect.ipynb"


def test_the_notebook_can_be_parameterised() -> None:
    """One cell tagged "parameters" names the connection."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (parameters,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    assert parameters.source.startswith("connection = None")


def test_the_notebook_runs_on_the_demo(monkeypatch: pytest.MonkeyPatch, fresh_home: Path) -> None:
    """Headless, with the widgets' state kept: both sites are connected, and the week is shown."""
    monkeypatch.setenv("ROOTS_NB_DEMO", "1")
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with tempfile.TemporaryDirectory(prefix="rn-") as channels:
        ipc = Config({"KernelManager": {"transport": "ipc", "ip": f"{channels}/k"}})
        NotebookClient(notebook, timeout=60, kernel_name="python3", store_widget_state=True, config=ipc).execute()
    outputs = {cell.id: str(cell.outputs) for cell in notebook.cells if cell.cell_type == "code"}
    assert "application/vnd.jupyter.widget-view+json" in outputs["connections"]
    assert all(name in outputs["who"] for name in ("Demo Cloud", "Demo Server", "signed in as"))
    assert "text/html" in outputs["first"]
    assert "+ Add connection" in str(notebook.metadata["widgets"])
