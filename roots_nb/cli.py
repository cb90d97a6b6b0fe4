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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from roots_nb import demo as demo_jira
from roots_nb import headless
from roots_nb.cli_connections import connections
from roots_nb.cli_runs import runs
from roots_nb.display import terminal_text
from roots_nb.errors import InvalidInput, JiraError, NotConnected, RootsError, Stopped
from roots_nb.paths import given_path
from roots_nb.periods import Period, parse_period
from roots_nb.reports.files import existing, keep_files, make_room, stem_of
from roots_nb.reports.schedule import Schedule
from roots_nb.reports.views import Face
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
_EXAMPLES = {"week": "2026-W47", "month": "2026-11", "year": "2026"}
_MOST_NAMED = 5


class Audience(StrEnum):
    """For whom the files are."""

    MINE = "mine"
    CUSTOMER = "customer"


class Format(StrEnum):
    """In which formats."""

    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"
    MD = "md"
    PNG = "png"
    SVG = "svg"


_FACES: dict[Audience | None, Face] = {None: "to hand in", Audience.MINE: "mine", Audience.CUSTOMER: "to hand in"}
_USUAL_FORMATS = [Format.HTML, Format.XLSX]


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
        print(f"roots-nb: {terminal_text(str(error))}", file=sys.stderr)
        sys.exit(next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 1))


@app.command()
def report(
    week: Annotated[
        str | None, typer.Option(help='"last" (the default), "this", 2026-W47, 2026-W40..2026-W47.')
    ] = None,
    month: Annotated[str | None, typer.Option(help='"last", "this", 2026-11 or 2026-09..2026-11.')] = None,
    year: Annotated[str | None, typer.Option(help='"last", "this" or 2026.')] = None,
    period: Annotated[str | None, typer.Option(help='Any other days: 2026-11-16..2026-11-20, "yesterday".')] = None,
    out: Annotated[Path, typer.Option(help="Folder for the files; made if missing.")] = Path("reports"),
    formats: Annotated[list[Format], typer.Option("--format", help="Repeat it for several.")] = _USUAL_FORMATS,
    audience: Annotated[
        Audience | None,
        typer.Option(
            "--for",
            help="mine: with target, balance and checks. customer: one file a project. By default to hand in, in one.",
        ),
    ] = None,
    connection: Annotated[
        list[str] | None, typer.Option(help="Only this connection; repeat it for several. By default all.")
    ] = None,
    schedule: Annotated[
        Path | None, typer.Option(help="Hours, holidays, absences; by default schedule.toml beside the connections.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Report on the built-in demo Jira.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files of the same name.")] = False,
) -> None:
    """Write the report of a week, a month, a year or any days, each into files of its own, and print it as a table."""
    periods = _periods({"week": week, "month": month, "year": year, "period": period})
    rules = Schedule.read(schedule) and schedule and str(given_path(schedule).resolve())
    kinds, face = tuple(dict.fromkeys(map(str, formats))), _FACES[audience]
    make_room(out)
    if audience is not Audience.CUSTOMER:  # whose customers' files are named after what is in Jira
        names = [f"{stem_of(each.label, face)}.{kind}" for each in periods for kind in kinds]
        _refuse(existing(map(Path, names), out), force=force)
    with tempfile.TemporaryDirectory(prefix="roots-nb-") as folder, _steps("Report") as on_cell:
        run = headless.run_report(
            REPORT_TEMPLATE,
            {"period": _whole(periods).label, "connection": connection or None, "schedule": rules},
            headless.Order(
                folder,
                kinds,
                tuple(each.label for each in periods),
                face,
                by="project" if audience is Audience.CUSTOMER else "",
                width=shutil.get_terminal_size((100, 24)).columns,
                colour=sys.stdout.isatty(),
            ),
            environment={UNATTENDED: "1", **({"ROOTS_NB_DEMO": "1"} if demo else {})},
            on_cell=on_cell,
        )
        made = [Path(folder, name) for name in run.files]
        _refuse(existing(made, out), force=force)
        _tell(run, keep_files(made, out, force=force), demo=demo)


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


def _tell(run: headless.Run, files: list[Path], *, demo: bool) -> None:
    print(run.table)
    for path in files:
        print(f"Written: {path}")
    if not files:
        print("Nothing was written: there are no worklogs in it.")
    if demo:
        print("This was the demo Jira. To go on in JupyterLab: make lab (or roots-nb lab --demo).")
    if run.problems:
        for problem in ("the report is INCOMPLETE, its head says why.", *run.problems):
            print(f"roots-nb: {terminal_text(problem)}", file=sys.stderr)
        raise typer.Exit(INCOMPLETE)


def _periods(given: dict[str, str | None]) -> list[Period]:
    """What each report is of, the oldest first."""
    asked = {name: text for name, text in given.items() if text is not None} or {"week": "last"}
    if len(asked) > 1:
        names = " and ".join(f"--{name}" for name in asked)
        raise InvalidInput(f"{names} cannot be given together.", advice="Choose one of them.")
    ((name, text),) = asked.items()
    today = datetime.now().astimezone().date()
    if name == "period":
        return [parse_period(text, today=today)]
    first, _, last = (part.strip() for part in text.partition(".."))
    begin = _named(name, first, today)
    return _run_of(begin, _named(name, last, today) if last else begin)


def _named(kind: str, text: str, today: date) -> Period:
    """Such as the week "last"."""
    period = parse_period(f"{text} {kind}" if text in ("last", "this") else text, today=today)
    if period.kind != kind:
        raise InvalidInput(f"{text} is not a {kind}.", advice=f"Write it as last, this or {_EXAMPLES[kind]}.")
    return period


def _run_of(first: Period, last: Period) -> list[Period]:
    if last.first < first.first:
        raise InvalidInput(f"{first.label} is after {last.label}.", advice="Swap the two.")
    periods = [last]
    while periods[0] != first:
        periods.insert(0, periods[0].previous)
    return periods


def _whole(periods: Sequence[Period]) -> Period:
    return periods[0] if len(periods) == 1 else Period(periods[0].first, periods[-1].last)


def _refuse(found: Sequence[Path], *, force: bool) -> None:
    """Nothing is written where something would be replaced."""
    if found and not force:
        names = ", ".join(map(str, found[:_MOST_NAMED])) + (", …" if len(found) > _MOST_NAMED else "")
        verb = "exists" if len(found) == 1 else "exist"
        raise InvalidInput(f"{names} {verb} already.", advice="Overwrite with --force, or choose another --out.")


@contextmanager
def _steps(what: str) -> Iterator[headless.OnCell]:
    """A line on stderr that says how far the notebook is; nothing when piped."""
    with Console(stderr=True).status(what) as status:
        yield lambda done, total: status.update(f"{what}: cell {done} of {total}")
