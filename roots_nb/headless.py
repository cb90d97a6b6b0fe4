"""The report's template run without a screen, and the files that are left of it.

The template says what is loaded and how it is reported. This module fills in its `parameters` cell and, behind the last
one, adds a cell that hands the variable `report` over: as files, as a table for a terminal, and how complete it is. Of
several periods only one load is made, of all of them together (`tests/test_headless.py`).
"""

from __future__ import annotations

import asyncio
import atexit
import io
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roots_nb import errors
from roots_nb.connecting import SecretUnknown
from roots_nb.display import Cell, Column, Row, Table, table_terminal
from roots_nb.errors import NotConnected, RootsError
from roots_nb.reports.files import parts_of, save_reports
from roots_nb.reports.report import Report, report
from roots_nb.reports.views import Face

if TYPE_CHECKING:  # they take longer to import than all of ours, and the kernel and most commands do without
    from nbclient import NotebookClient
    from nbformat import NotebookNode
    from traitlets.config import Config

OnCell = Callable[[int, int], None]
SIGNALS_SECONDS = 0.5


class TemplateFailed(RootsError):
    """A template could not be run to its end, for a reason that is none of our errors."""

    advice = "Open the notebook in JupyterLab (roots-nb lab) and run it there."


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of a report.

    Attributes
    ----------
    folder : str
        Existing and empty; where the files are written.
    formats : tuple of str
        Names in `reports.files.FORMATS`.
    periods : tuple of str
        Each a report of its own, within the one that the template makes; empty = that one.
    face : "to hand in" or "mine"
    by : str
        Files for each "project", such as one for each customer; "" = everything together.
    width, colour : int, bool
        Columns of the terminal for which the table is, and whether it understands colours.
    """

    folder: str
    formats: tuple[str, ...] = ("html", "xlsx")
    periods: tuple[str, ...] = ()
    face: Face = "to hand in"
    by: str = ""
    width: int = 100
    colour: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """What a run left.

    Attributes
    ----------
    files : tuple of str
        Names of the files in the folder of the order.
    table : str
        For a terminal: the report with everything, or of several periods a line each.
    problems : tuple of str
        What is missing, in sentences; empty when nothing is known to be.
    """

    files: tuple[str, ...]
    table: str
    problems: tuple[str, ...]


def templates_folder() -> Path:
    """Where the template notebooks are: inside the installed package, or beside it in a checkout."""
    installed = Path(__file__).with_name("notebooks")
    return installed if installed.is_dir() else Path(__file__).parent.with_name("notebooks")


def run_report(
    template: str,
    parameters: Mapping[str, object],
    order: Order,
    *,
    environment: Mapping[str, str] | None = None,
    on_cell: OnCell = lambda done, total: None,
) -> Run:
    """Run a template in a kernel of its own and write what was ordered of its report.

    Parameters
    ----------
    template : str
        File name of the template, such as "02-weekly-report.ipynb".
    parameters : mapping
        Variables to set behind the cell tagged "parameters"; values with a faithful `repr`.
    order : Order
    environment : mapping, optional
        Set in the kernel besides this process' own environment.
    on_cell : callable
        Told how many of how many cells are done.

    Raises
    ------
    RootsError
        What a cell raised, if it is one of ours; else `TemplateFailed`.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(templates_folder() / template, as_version=4)
    _set_parameters(notebook, parameters)
    last = f"from roots_nb.headless import Order, hand_over\nhand_over(report, {order!r})"
    notebook.cells.append(nbformat.v4.new_code_cell(last))
    with tempfile.TemporaryDirectory(prefix="rn-") as channels:
        client = NotebookClient(
            notebook, timeout=None, kernel_name="python3", store_widget_state=False, config=_private(channels)
        )
        client.on_cell_executed = lambda cell_index, **_: on_cell(cell_index + 1, len(notebook.cells))
        _execute(client, {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1", **(environment or {})})
    found = notebook.cells[-1].outputs[0].data["application/json"]
    return Run(tuple(found["files"]), found["table"], tuple(found["problems"]))


def _execute(client: NotebookClient, environment: Mapping[str, str]) -> None:
    """Run the notebook on a thread: on the main one, nbclient would turn Ctrl-C into a broken kernel."""
    from nbclient.exceptions import CellExecutionError

    ended: Future[None] = Future()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as loop:  # as zmq wants it on Windows, too
                loop.run(client.async_execute(env=environment, stderr=subprocess.DEVNULL))
        except BaseException as error:
            ended.set_exception(error)
        else:
            ended.set_result(None)
        finally:
            if client.km is None:  # the kernel never came up, and nbclient would tidy up after it at exit
                atexit.unregister(client._cleanup_kernel)

    worker = threading.Thread(target=run, daemon=True)
    try:
        worker.start()
        while not wait([ended], SIGNALS_SECONDS).done:  # one that comes just before a wait begins is heard after it
            pass
        ended.result()
    except KeyboardInterrupt:
        while worker.is_alive():  # to leave before nbclient has tidied up would abort the process or orphan the kernel
            _kill_kernel(client)
            worker.join(0.1)
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


def hand_over(made: Report, order: Order) -> None:
    """Runs in the template's kernel: write the files, and pass the rest on as this cell's output."""
    from IPython.display import display

    reports = [_of_period(made, period) for period in order.periods] or [made]
    parts = [part for each in reports for part in parts_of(each, order.by)]
    files = save_reports(parts, Path(order.folder), order.formats, face=order.face)
    said = {
        "files": [path.name for path in files],
        "table": _printed(reports, order),
        "problems": list(_problems(reports)),
    }
    display({"application/json": said}, raw=True)


def _of_period(made: Report, period: str) -> Report:
    """From the same worklogs, by the same rules."""
    if made.period.label == period:
        return made
    return report(
        made.frame,
        period,
        schedule=made.schedule,
        categories=made.categories,
        skip_checks=made.skip_checks,
        decimal=made.decimal,
    )


def _problems(reports: Iterable[Report]) -> Iterable[str]:
    """Each once, however many periods it is about."""
    incomplete = [each for each in reports if each.completeness.state == "incomplete"]
    return dict.fromkeys(problem for each in incomplete for problem in each.completeness.problems)


def _printed(reports: Sequence[Report], order: Order) -> str:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=order.width, force_jupyter=False, force_terminal=order.colour)
    with console.capture() as capture:
        console.print(reports[0] if len(reports) == 1 else table_terminal(_overview(reports)))
    return capture.get()


def _overview(reports: Iterable[Report]) -> Table:
    columns = [Column("Period", "key"), Column("Total", "number"), Column("Worklogs", "number"), Column("Completeness")]
    rows = [
        Row(
            list(
                map(
                    Cell,
                    (
                        each.period.label,
                        each.write_hours(each.total),
                        f"{len(each.worklogs):,}",
                        str(each.completeness),
                    ),
                )
            )
        )
        for each in reports
    ]
    return Table(columns, rows)


def _private(folder: str) -> Config:
    """Sockets in a folder of their own, which nobody else can listen to; Windows has only TCP."""
    from traitlets.config import Config

    return Config({"KernelManager": {"transport": "ipc", "ip": f"{folder}/k"}} if os.name == "posix" else {})


def _set_parameters(notebook: NotebookNode, parameters: Mapping[str, object]) -> None:
    from nbformat.v4 import new_code_cell

    tagged = [i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())]
    if not tagged:
        raise TemplateFailed('The notebook has no cell tagged "parameters".')
    source = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    notebook.cells.insert(tagged[0] + 1, new_code_cell(source))


def _as_ours(name: str, message: str) -> RootsError:
    kind = NotConnected if name == SecretUnknown.__name__ else getattr(errors, name, None)
    if isinstance(kind, type) and issubclass(kind, RootsError):
        return kind(message, advice="")
    return TemplateFailed(f"The notebook stopped with {name}: {message}")
