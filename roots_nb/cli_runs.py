"""The command `roots-nb runs`: what was applied on this computer, gone on with, taken back or closed in a shell.

Nothing is sent before somebody has seen what will be, and said yes, and nothing but the run's own accounts signs in,
each only where something is left to do (`tests/test_cli_runs.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import pandas as pd
import typer
from rich.console import Console

from roots_nb.connecting import known_connections, open_connection
from roots_nb.display import Cell, Column, Row, Table, table_terminal, terminal_text
from roots_nb.editing import apply, preview, result_view
from roots_nb.editing.history import STATES
from roots_nb.editing.journal import journal_paths
from roots_nb.editing.record import Record, read_records
from roots_nb.editing.result import Result
from roots_nb.editing.runs import close_run, plan_undo, result_of
from roots_nb.editing.runs import runs as all_runs
from roots_nb.errors import InvalidInput, NotConnected, RootsError, Stopped, UnfinishedRun
from roots_nb.jira.client import Jira

runs = typer.Typer(invoke_without_command=True, help="List, show, resume, undo and close what was applied.")

FAILED = 1
NOT_FINISHED = 5
_ID_LENGTH = 8
_MOST_CANDIDATES = 5
_PIPED_WIDTH = 400

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, or its beginning.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@runs.callback()
def usual(context: typer.Context) -> None:
    """List, show, resume, undo and close what was applied; without a command: list."""
    if context.invoked_subcommand is None:
        list_()


@runs.command("list")
def list_() -> None:
    """Show every run, the newest first: when, where, whether it has ended and how; exit code 1 if one is unreadable."""
    applied = all_runs()
    if applied.empty:
        print("There is no run: nothing was applied on this computer in the last 90 days.")
        return
    titles = ("Run", "Begun", "Connections", "Status", "Changes", "Undone by")
    problems = list(filter(None, applied["problem"]))
    _print(Table([Column(title, "key") for title in titles], [_row(run) for run in applied.itertuples()]), *problems)
    if problems:
        raise typer.Exit(FAILED)


@runs.command()
def show(run: RunArgument) -> None:
    """Show what became of each change; exit code 5 if it is not finished, 1 if some were not made."""
    _end(result_of(_full_id(run)))


@runs.command()
def resume(run: RunArgument) -> None:
    """Go on with an interrupted run: settle what is unknown, send what was not sent, verify everything."""
    full = _full_id(run)
    if not _is_open(full):
        print(f"Run {_short(full)} has ended; there is nothing to resume.")
        _end(result_of(full))
    with _in_words_of_a_shell(full):
        still_open = {record.key for record in read_records(full) if record.is_open}
        _end(apply.resume(_signed_in(full, still_open), full))


@runs.command()
def undo(run: RunArgument, yes: YesOption = False) -> None:
    """Take a run back: shows the plan, asks, and applies it."""
    full = _full_id(run)
    with _in_words_of_a_shell(full):
        plan = plan_undo(full)
    if not plan.operations:
        print(f"There is nothing to undo in run {_short(full)}.")
        return
    whole = max(len(plan.operations), len(plan.hours))
    _print(preview.changes_table(plan, whole), preview.days_table(plan, whole), *preview.sentences(plan, whole))
    _ask(f"Undo run {_short(full)}?", yes=yes, word=plan.confirmation)
    with _in_words_of_a_shell(plan.run):
        changed = {(change.site, change.account_id) for change in plan.operations}
        _end(apply.apply_changes(_signed_in(full, changed), plan, confirm=plan.confirmation))


@runs.command()
def close(run: RunArgument, yes: YesOption = False) -> None:
    """Leave an interrupted run as it is: what was sent stays, the rest is never sent."""
    full = _full_id(run)
    if not _is_open(full):
        print(f"Run {_short(full)} has ended; there is nothing to close.")
        return
    result = result_of(full)
    _print(*_tables(result), *_left_undone(result))
    _ask(f"Close run {_short(full)}?", yes=yes)
    close_run(full)
    print(f"Run {_short(full)} is closed.")


def _full_id(beginning: str) -> str:
    """The only run whose id begins so."""
    newest_first = sorted(journal_paths(), key=lambda path: path.stat().st_mtime, reverse=True)
    ids = list(dict.fromkeys(path.name.partition(".")[0] for path in newest_first))
    if beginning in ids:
        return beginning
    found = [each for each in ids if beginning and each.startswith(beginning)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidInput(f"Several runs begin with {beginning}: {', '.join(found)}.", advice="Name one of them.")
    known = ", ".join(map(_short, ids[:_MOST_CANDIDATES]))
    advice = f"The newest are {known}. See: roots-nb runs" if known else "Nothing was applied on this computer."
    raise InvalidInput(f"There is no run {beginning!r}.", advice=advice)


def _short(run: str) -> str:
    return run[:_ID_LENGTH]


def _is_open(run: str) -> bool:
    return any(record.is_open for record in read_records(run))


def _signed_in(run: str, wanted: Collection[tuple[str, str]]) -> list[Jira]:
    """To the sites and accounts of the run that are wanted."""
    return [_opened(record) for record in read_records(run) if record.key in wanted]


def _opened(record: Record) -> Jira:
    """The run's own account, by whichever known connection leads to it."""
    known, problems = known_connections()
    for connection, *_ in known:
        if connection.url == record.site and connection.account_id in ("", record.account_id):
            try:
                jira = open_connection(connection)
            except RootsError as problem:
                problems.append(problem)
                continue
            if jira.account.account_id == record.account_id:
                return jira
    if problems:
        raise problems[-1]
    raise NotConnected(
        f"No known connection leads to {record.site} as {terminal_text(record.author)}.",
        advice="Nothing was sent. See: roots-nb connections list",
    )


@contextmanager
def _in_words_of_a_shell(run: str) -> Iterator[None]:
    """The engine's advice names Python's functions; here it names commands."""
    try:
        yield
    except (Stopped, UnfinishedRun) as problem:
        unfinished = _short(problem.runs[0] if isinstance(problem, UnfinishedRun) else run)
        problem.advice = f"To go on: roots-nb runs resume {unfinished} (or leave it: roots-nb runs close {unfinished})."
        raise


def _ask(question: str, *, yes: bool, word: str = "") -> None:
    """Where nobody can answer, nothing is done; `word` has to be typed for what removes a lot."""
    if yes:
        return
    if not _can_ask():
        raise InvalidInput("Nothing was done.", advice="If this is what you want, run the command again with --yes.")
    if not word:
        typer.confirm(question, abort=True, err=True)
    elif typer.prompt(f'{question} To go on, type "{word}"', default="", show_default=False, err=True) != word:
        raise typer.Abort


def _can_ask() -> bool:
    return sys.stdin.isatty()


def _end(result: Result) -> NoReturn:
    """Show how it ended, and end the command with the code that says so."""
    problems = result_view.problems(result)
    _print(*problems, *_tables(result), *result.notes, *_next(result))
    if not result.is_finished:
        raise typer.Exit(NOT_FINISHED)
    raise typer.Exit(FAILED if result.counts["conflict"] or result.counts["failed"] else 0)


def _tables(result: Result) -> list[Table]:
    conflicts = len(result.conflicts)
    changes = result_view.changes_table(result, len(result))
    return [changes, result_view.conflicts_table(result, conflicts)] if conflicts else [changes]


def _next(result: Result) -> Iterator[str]:
    run = _short(result.run)
    if _is_open(result.run):
        yield f"Not finished. To go on: roots-nb runs resume {run}. To leave it as it is: roots-nb runs close {run}."
        return
    if not result.is_finished:
        yield "The run was closed before its end."
    if result.counts["conflict"]:
        yield f'Your side of conflicts, in a notebook: roots_nb.resume(jira, "{result.run}").replan(overwrite=[…]).'
    if result.counts["done"]:
        yield f"To take it back: roots-nb runs undo {run}."


def _left_undone(result: Result) -> Iterator[str]:
    not_sent, unknown = result.counts["not_sent"], result.counts["unknown"]
    if not_sent:
        yield f"Not sent: {not_sent:,} of {len(result):,} changes. Once the run is closed, this stays undone."
    if unknown:
        yield f"Unknown: {unknown:,} of {len(result):,} changes. Once the run is closed, nobody looks for them in Jira."
    if not not_sent + unknown:
        yield "All changes are settled. Once the run is closed, nobody verifies them."


def _row(run: Any) -> Row:
    begun = "" if run.begun is pd.NaT else f"{run.begun.to_pydatetime().astimezone():%Y-%m-%d %H:%M}"
    counts = {result_view.STATE_WORDS[state]: getattr(run, state) for state in STATES}
    changes = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    what = (_short(run.run), begun, run.connections, run.status, changes, _short(run.undone_by))
    return Row([Cell(text) for text in what])


def _print(*parts: Table | str) -> None:
    console = Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    for part in parts:
        if text := part.caption if isinstance(part, Table) else part:
            print(terminal_text(text))
        if isinstance(part, Table):
            console.print(table_terminal(part))
