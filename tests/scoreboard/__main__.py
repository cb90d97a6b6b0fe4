"""`make scoreboard`: run the trials, ask the clients, and print what came of it.

Mutants take hours; their figures are those that `make mutants` has written down for functions as they are now.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from tests.scoreboard.clients import CLIENTS
from tests.scoreboard.comparison import DEPLOYMENTS, LOSSES, create_once
from tests.scoreboard.mutants import score_of, table_of
from tests.scoreboard.noticed import Noticed
from tests.scoreboard.tally import VARIABLE, Tally, read_tallies
from tests.scoreboard.targets import PROJECT, TARGETS

SUITES = ("single faults", "pairs of faults", "SIGKILL", "histories")
WIDTH = 132
_TRIALS = "tests/faults/write_back"


def main() -> int:
    """1 if a test failed or a promise was broken in a trial, else 0."""
    console, known = Console(width=WIDTH), Noticed().read()
    exit_status, tallies = _run_trials(sys.argv[1:])
    console.print(_trials(tallies))
    console.print(table_of([score_of(target, known) for target in TARGETS]))
    console.print(_comparison())
    return 1 if exit_status or any(each.violations for each in tallies.values()) else 0


def _run_trials(options: Sequence[str]) -> tuple[int, dict[str, Tally]]:
    print(f"Running all trials of {_TRIALS}; this takes a while.", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "tallies.jsonl"
        command = [sys.executable, "-m", "pytest", _TRIALS, "-m", "", "-q", *options]
        done = subprocess.run(
            command, cwd=PROJECT, env=os.environ | {VARIABLE: str(told)}, stdout=sys.stderr, check=False
        )
        return done.returncode, read_tallies(told)


def _trials(tallies: dict[str, Tally]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Trials: lost, doubled or changed unseen")
    table.add_column("Suite")
    table.add_column("Trials", justify="right")
    table.add_column("Violations", justify="right")
    for suite in dict.fromkeys((*SUITES, *tallies)):
        if tally := tallies.get(suite):
            table.add_row(suite, f"{tally.trials:,}", f"{tally.violations:,}")
        else:
            table.add_row(suite, "not run", "")
    return table


def _comparison() -> Table:
    """In a home of its own, without our environment: journals and profiles of the person at work are not touched."""
    for name in [name for name in os.environ if name.startswith(("ROOTS_NB_", "XDG_"))]:
        del os.environ[name]
    logging.disable(logging.CRITICAL)
    table = Table(box=box.SIMPLE_HEAD, title="Worklogs in Jira after one create whose reply is lost")
    for title in ("Client", "Jira", *(each.name for each in LOSSES)):
        table.add_column(title, no_wrap=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["HOME"] = home
        for client in CLIENTS:
            for deployment in DEPLOYMENTS:
                endings = [str(create_once(client, deployment, loss)) for loss in LOSSES]
                table.add_row(client.name if deployment == DEPLOYMENTS[0] else "", deployment, *endings)
    return table


if __name__ == "__main__":
    sys.exit(main())
