"""`make mutants`: is there a test that notices, whatever is changed in the code that writes?

`mutmut` changes one thing at a time in a copy of the project. A run that was stopped goes on where it was. When code or
tests have changed, a mutant that was killed stays killed unless its function changed, and every survivor has to survive
again, twice; `--fresh` starts from nothing. What `mypy` refuses counts as noticed, for `make lint` runs it.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

from tests.scoreboard.survivors import Survivor, read_explained
from tests.scoreboard.targets import TARGETS
from tests.scoreboard.working_copy import CannotMutate, WorkingCopy

COLUMNS = ("mutants", "killed", "refused by mypy", "timeout", "only wording", "explained", "survived")
_COLUMN_OF = {
    "killed": "killed",
    "caught by type check": "refused by mypy",
    "timeout": "timeout",
    "segfault": "timeout",
}


@dataclass(frozen=True, slots=True)
class Score:
    """One target: how many mutants ended how, by `COLUMNS`, and what survived without an explanation."""

    name: str
    counts: Counter[str]
    survivors: tuple[Survivor, ...] = ()


def score_of(copy: WorkingCopy, explained: Collection[Survivor]) -> Score:
    """From what is known so far; a mutant that was not tried is among the mutants and nowhere else."""
    counts: Counter[str] = Counter()
    unexplained = []
    for name, verdict in copy.verdicts().items():
        counts["mutants"] += 1
        if verdict == "not checked":
            continue
        column = _COLUMN_OF.get(verdict, "survived")
        if column == "survived":
            survivor = copy.survivor(name)
            column = "only wording" if survivor.is_wording else "explained" if survivor in explained else column
            unexplained += [survivor] if column == "survived" else []
        counts[column] += 1
    return Score(copy.target.name, counts, tuple(unexplained))


def last_scores() -> list[Score]:
    """What the last run of `make mutants` found, as far as it holds for the project as it is now."""
    explained = read_explained()
    scores = []
    for copy in map(WorkingCopy, TARGETS):
        with contextlib.suppress(CannotMutate):
            scores += [score_of(copy, explained)] if copy.is_current else []
    return scores


def table_of(scores: Iterable[Score]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Mutants")
    table.add_column("Code")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    rows = [*scores]
    whole = Score("together", sum((each.counts for each in rows), Counter()))
    for each in [*rows, whole] if len(rows) > 1 else rows:
        table.add_row(each.name, *(f"{each.counts[column]:,}" for column in COLUMNS))
    return table


def main(arguments: list[str] | None = None) -> int:
    """0 if every mutant was noticed or is explained, 1 otherwise."""
    asked, explained = _parse(arguments), read_explained()
    targets = [each for each in TARGETS if not asked.targets or each.name in asked.targets]
    scores = [_try(WorkingCopy(target), explained, fresh=asked.fresh) for target in targets]
    tried = [score for score in scores if score is not None]
    Console().print(table_of(tried))
    survivors = [survivor for score in tried for survivor in score.survivors]
    for survivor in survivors:
        print(f"{survivor}\n")
    return 1 if survivors or len(tried) < len(scores) else 0


def _try(copy: WorkingCopy, explained: Collection[Survivor], *, fresh: bool) -> Score | None:
    """None if nothing could be tried; the reason is told."""
    if fresh:
        shutil.rmtree(copy.path, ignore_errors=True)
    print(f"Trying {copy.target.name} in {copy.path}", file=sys.stderr)
    try:
        copy.run_to_end()
    except CannotMutate as problem:
        print(f"{copy.target.name} cannot be tried: {problem}", file=sys.stderr)
        return None
    return score_of(copy, explained)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.scoreboard.mutants")
    parser.add_argument("targets", nargs="*", help="; ".join(each.name for each in TARGETS) + "; all by default")
    parser.add_argument("--fresh", action="store_true", help="forget what was found before")
    asked = parser.parse_args(arguments)
    if unknown := {*asked.targets} - {each.name for each in TARGETS}:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    return asked


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped. The next run goes on from here.")
