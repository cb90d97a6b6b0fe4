"""The command `roots-nb`."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from roots_nb import demo as demo_jira
from roots_nb import headless
from roots_nb.cli_connections import connections
from roots_nb.cli_runs import runs
from roots_nb.errors import InvalidInput, JiraError, NotConnected, RootsError, Stopped
from roots_nb.periods import Period, parse_period
from roots_nb.reports.export import write_file
from roots_nb.widgets.signing_in import UNATTENDED

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Your Jira worklogs: see, repair and hand in your time.",
    epilog="Exit codes: 0 done, 1 failed (of a run: some changes were not made), 2 wrong usage, 3 not connected, "
    "4 Jira refused or unreachable, 5 not complete: a report is INCOMPLETE, a run is not finished. 130 interrupted.",
)
app.add_typer(connections, name="connections")
app.add_typer(runs, name="runs")

REPORT_TEMPLATE = "02-weekly-report.ipynb"
INCOMPLETE = 5
_INTERRUPTED = 130
_EXIT_CODES = ((NotConnected, 3), (JiraError, 4), (InvalidInput, 2), (Stopped, _INTERRUPTED))
_RELATIVE_WEEKS = {"last": "last week", "this": "this week"}


def main() -> None:
    """Run the command; our errors become one sentence on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an odd letter must not cost a report that is written already
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except OSError as error:
        print(f"roots-nb: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        sys.exit(1)
    except RootsError as error:
        print(f"roots-nb: {error}", file=sys.stderr)
        sys.exit(next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1))


@app.command()
def report(
    week: Annotated[str, typer.Option(help='"last", "this" or an ISO week such as 2026-W47.')] = "last",
    out: Annotated[Path, typer.Option(help="Folder for the files; made if missing.")] = Path("reports"),
    connection: Annotated[str | None, typer.Option(help="Only this connection; by default all.")] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Report on the built-in demo Jira.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files of the same name.")] = False,
) -> None:
    """Write the weekly report as HTML and XLSX, and print the week as a table."""
    period = _week(week)
    page, workbook = out / f"{period.label}.html", out / f"{period.label}.xlsx"
    _make_room(out, [] if force else [page, workbook])
    with tempfile.TemporaryDirectory(prefix="roots-nb-") as folder, _steps("Weekly report") as on_cell:
        excel = Path(folder) / workbook.name
        run = headless.run_report(
            REPORT_TEMPLATE,
            {"period": period.label, "connection": connection},
            excel=excel,
            width=shutil.get_terminal_size((100, 24)).columns,
            colour=sys.stdout.isatty(),
            environment={UNATTENDED: "1", **({"ROOTS_NB_DEMO": "1"} if demo else {})},
            on_cell=on_cell,
        )
        content = excel.read_bytes()
    write_file(page, run.page.encode(), force=force)
    write_file(workbook, content, force=force)
    print(run.table)
    print(f"Written: {page} and {workbook}")
    if demo:
        print("This was the demo Jira. To go on in JupyterLab: make lab (or roots-nb lab --demo).")
    if run.state == "incomplete":
        print("roots-nb: the report is INCOMPLETE, its head says why.", file=sys.stderr)
        raise typer.Exit(INCOMPLETE)


@app.command()
def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON before serving.")] = False,
) -> None:
    """Serve the demo Jira, Cloud and Data Center, on this computer until Ctrl-C."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with demo_jira.start() as running:
        if as_json:
            names = ("name", "deployment", "url", "user", "secret")
            sites = [{name: getattr(site, name) for name in names} for site in running.sites]
            print(json.dumps({"sites": sites}), flush=True)
        else:
            for site in running.sites:
                print(f"{site.name}\n  URL     {site.url}\n  user    {site.user or '-'}\n  secret  {site.secret}")
            print("Serving until Ctrl-C.", flush=True)
        stop.wait()


@app.command()
def notebooks(folder: Annotated[Path, typer.Argument(help="Where to; made if missing.")]) -> None:
    """Copy the template notebooks; files that exist are left as they are."""
    for template in sorted(headless.templates_folder().glob("*.ipynb")):
        target = folder / template.name
        folder.mkdir(parents=True, exist_ok=True)
        if target.exists():
            print(f"{target} is kept as it is.")
        else:
            shutil.copyfile(template, target)
            print(f"{target} is new.")


@app.command()
def lab(
    folder: Annotated[Path, typer.Argument(help="Folder with the notebooks; templates are copied into it.")] = Path(
        "my-notebooks"
    ),
    demo: Annotated[bool, typer.Option("--demo", help="Connect to the built-in demo Jira.")] = False,
) -> None:
    """Open JupyterLab on the template notebooks."""
    notebooks(folder)
    environment = {**os.environ, **({"ROOTS_NB_DEMO": "1"} if demo else {})}
    command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}"]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        command.append("--allow-root")  # in a container one is often root, and JupyterLab would refuse to start
    with subprocess.Popen(command, env=environment) as server:  # noqa: S603
        while True:
            try:
                raise typer.Exit(server.wait())
            except KeyboardInterrupt:
                continue  # JupyterLab got it as well, and asks whether to stop


def _week(text: str) -> Period:
    today = datetime.now().astimezone().date()
    period = parse_period(_RELATIVE_WEEKS.get(text, text), today=today)
    if period.kind != "week":
        raise InvalidInput(f"{text} is not a week.", advice="Write it as last, this or 2026-W47.")
    return period


def _make_room(out: Path, wanted: list[Path]) -> None:
    """Know before the work begins that its result can be written."""
    for path in wanted:
        if path.exists():
            raise InvalidInput(f"{path} exists already.", advice="Overwrite it with --force, or choose another --out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written to: {error.strerror}.", advice="Choose another --out.") from None


@contextmanager
def _steps(what: str) -> Iterator[headless.OnCell]:
    """A line on stderr that says how far the notebook is; nothing when piped."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    with console.status(what) as status:
        yield lambda done, total: status.update(f"{what}: cell {done} of {total}")
