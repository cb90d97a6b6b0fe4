"""A template notebook run without a screen, and the page that is left of it: outputs without inputs.

The template says what the report is. This module fills in its `parameters` cell and, behind the last one, adds a cell
that hands the variable `report` over: as a workbook, as text, and how complete it is (`tests/test_headless.py`).
"""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import nbformat
from markupsafe import Markup
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from roots_nb import errors
from roots_nb.display import page_html
from roots_nb.errors import RootsError
from roots_nb.reports.report import Report

OnCell = Callable[[int, int], None]


class TemplateFailed(RootsError):
    """A template could not be run to its end, for a reason that is none of our errors."""

    advice = "Open the notebook in JupyterLab (roots-nb lab) and run it there."


@dataclass(frozen=True, slots=True)
class Run:
    """What a run left: `page` as HTML, the report as a `table` for a terminal, and its completeness."""

    page: str
    table: str
    state: str


def templates_folder() -> Path:
    """Where the template notebooks are: inside the installed package, or beside it in a checkout."""
    installed = Path(__file__).with_name("notebooks")
    return installed if installed.is_dir() else Path(__file__).parent.with_name("notebooks")


def run_report(
    template: str,
    parameters: Mapping[str, object],
    *,
    excel: Path,
    width: int = 100,
    colour: bool = False,
    environment: Mapping[str, str] | None = None,
    on_cell: OnCell = lambda done, total: None,
) -> Run:
    """Run a template in a kernel of its own and return what it shows.

    Parameters
    ----------
    template : str
        File name of the template, such as "02-weekly-report.ipynb".
    parameters : mapping
        Variables to set behind the cell tagged "parameters"; values with a faithful `repr`.
    excel : Path
        Where the report's workbook is written; must not exist.
    width, colour : int, bool
        Columns of the terminal that `table` is for, and whether it understands colours.
    environment : mapping, optional
        Set in the kernel besides this process' own environment.
    on_cell : callable
        Told how many of how many cells are done.

    Raises
    ------
    RootsError
        What a cell raised, if it is one of ours; else `TemplateFailed`.
    """
    notebook = nbformat.read(templates_folder() / template, as_version=4)
    _set_parameters(notebook, parameters)
    notebook.cells.append(
        nbformat.v4.new_code_cell(
            f"from roots_nb.headless import hand_over\nhand_over(report, {str(excel)!r}, {width}, {colour})"
        )
    )
    with tempfile.TemporaryDirectory(prefix="rn-") as channels:
        client = NotebookClient(
            notebook, timeout=None, kernel_name="python3", store_widget_state=False, config=_private(channels)
        )
        client.on_cell_executed = lambda cell_index, **_: on_cell(cell_index + 1, len(notebook.cells))
        _execute(client, {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1", **(environment or {})})
    handed_over = notebook.cells.pop().outputs[0].data["application/json"]
    return Run(_page(notebook, str(parameters.get("period", template))), **handed_over)


def _execute(client: NotebookClient, environment: Mapping[str, str]) -> None:
    """Run the notebook on a thread: on the main one, nbclient would turn Ctrl-C into a broken kernel."""
    ended: Future[None] = Future()

    def run() -> None:
        try:
            asyncio.run(client.async_execute(env=environment, stderr=subprocess.DEVNULL))
        except BaseException as error:
            ended.set_exception(error)
        else:
            ended.set_result(None)

    threading.Thread(target=run, daemon=True).start()
    try:
        ended.result()
    except KeyboardInterrupt:
        _kill_kernel(client)
        raise
    except CellExecutionError as error:
        problem = _as_ours(error.ename, error.evalue)
    except (RuntimeError, AssertionError) as error:
        problem = TemplateFailed(f"The kernel died while the notebook ran ({type(error).__name__}).")
    else:
        return
    raise problem


def _kill_kernel(client: NotebookClient) -> None:
    process = getattr(getattr(client.km, "provisioner", None), "process", None)
    if process is not None:
        process.kill()


def hand_over(report: Report, excel: str, width: int, colour: bool) -> None:
    """Runs in the template's kernel: write the workbook, and pass the table on as this cell's output."""
    from IPython.display import display
    from rich.console import Console

    report.to_excel(excel)
    console = Console(file=io.StringIO(), width=width, force_jupyter=False, force_terminal=colour)
    with console.capture() as capture:
        console.print(report)
    display({"application/json": {"table": capture.get(), "state": report.completeness.state}}, raw=True)


def _private(folder: str) -> Config:
    """Sockets in a folder of their own, which nobody else can listen to; Windows has only TCP."""
    return Config({"KernelManager": {"transport": "ipc", "ip": f"{folder}/k"}} if os.name == "posix" else {})


def _set_parameters(notebook: nbformat.NotebookNode, parameters: Mapping[str, object]) -> None:
    tagged = [i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())]
    if not tagged:
        raise TemplateFailed('The notebook has no cell tagged "parameters".')
    source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    notebook.cells.insert(tagged[0] + 1, nbformat.v4.new_code_cell(source))


def _as_ours(name: str, message: str) -> RootsError:
    kind = getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, RootsError):
        return kind(message, advice="")
    return TemplateFailed(f"The notebook stopped with {name}: {message}")


def _page(notebook: nbformat.NotebookNode, title: str) -> str:
    """Outputs and text in our own page; nbconvert's would load scripts from elsewhere."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="basic",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    body, _ = exporter.from_notebook_node(notebook)
    return page_html(f"Worklogs {title}", Markup(body))  # noqa: S704
