"""The template of the weekly report, as it is shipped."""

from __future__ import annotations

from pathlib import Path

import nbformat

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02-weekly-report.ipynb"


def test_the_notebook_can_be_parameterised() -> None:
    """One cell tagged "parameters" names the period and the connection."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    (cell,) = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    values: dict[str, object] = {}
    exec(cell.source, values)
    assert (values["period"], values["connection"]) == ("last week", None)
