"""`make mutants`: is there a test that notices, whatever is changed in the code that writes?

`mutmut` changes one thing at a time in a copy of the project. A function in which everything is noticed or explained
is written into `noticed_mutants.txt` and tried again only when it has changed; so a run that was stopped goes on where
it was, even on another machine. `--fresh` tries everything. What `mypy` refuses counts as noticed, for `make lint`
runs it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from tests.scoreboard.noticed import Function, Noticed, functions_of
from tests.scoreboard.survivors import Survivor, read_explained
from tests.scoreboard.targets import PROJECT, TARGETS, Target
from tests.scoreboard.working_copy import CannotMutate, WorkingCopy

COLUMNS = ("killed", "refused by mypy", "timeout", "only wording", "explained", "survived")


@dataclass(slots=True)
class Score:
    """One target: how many mutants ended how, by `COLUMNS`, and which functions were not tried."""

    name: str
    counts: Counter[str]
    not_tried: list[Function]
    survivors: list[Survivor] = field(default_factory=list)


def score_of(target: Target, known: dict[Function, Counter[str]], project: Path = PROJECT) -> Score:
    """Before anything is tried."""
    functions = functions_of(target, project)
    counts = sum((known[each] for each in functions if each in known), Counter[str]())
    return Score(target.name, counts, [each for each in functions if each not in known])


def try_rest(score: Score, copy: WorkingCopy, noticed: Noticed, explained: Collection[Survivor]) -> None:
    """Bring what was not tried into score and file, a function at a time."""
    functions = {str(each): each for each in score.not_tried}
    for name, verdicts in _functions_tried(copy, functions, explained):
        counts = Counter(verdicts.values())
        survivors = [copy.mutants[mutant] for mutant, verdict in verdicts.items() if verdict == "survived"]
        score.not_tried.remove(functions[name])
        score.counts += counts
        score.survivors += survivors
        if survivors:
            noticed.drop(functions[name])
        else:
            noticed.add(functions[name], counts)
        print(f"{name}: {len(verdicts)}", file=sys.stderr)
        for survivor in survivors:
            print(f"{survivor}\n", flush=True)


def _functions_tried(
    copy: WorkingCopy, functions: Iterable[str], explained: Collection[Survivor]
) -> Iterator[tuple[str, dict[str, str]]]:
    """Each as soon as it is complete, with the verdicts on its mutants; what no test has to notice is not tried."""
    settled = {}
    for name, mutant in copy.mutants.items():
        if mutant.is_wording or mutant in explained:
            settled[name] = "only wording" if mutant.is_wording else "explained"
    left = Counter(mutant.function for mutant in copy.mutants.values())
    yield from ((function, {}) for function in functions if not left[function])
    tried: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, verdict in chain(settled.items(), copy.try_all([each for each in copy.mutants if each not in settled])):
        function = copy.mutants[name].function
        tried[function][name] = verdict
        left[function] -= 1
        if not left[function]:
            yield function, tried[function]


def table_of(scores: Collection[Score]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="Mutants")
    table.add_column("Code")
    for title in ("mutants", *COLUMNS, "functions not tried"):
        table.add_column(title, justify="right")
    together = Score(
        "together",
        sum((each.counts for each in scores), Counter[str]()),
        [function for each in scores for function in each.not_tried],
    )
    for each in [*scores, together] if len(scores) > 1 else scores:
        numbers = (each.counts.total(), *(each.counts[column] for column in COLUMNS), len(each.not_tried))
        table.add_row(each.name, *(f"{number:,}" for number in numbers))
    return table


def main(arguments: list[str] | None = None) -> int:
    """0 if every mutant was noticed or is explained, 1 otherwise."""
    asked, noticed = _parse(arguments), Noticed()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background would not hear it
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.nice(10)
    targets = [each for each in TARGETS if not asked.targets or each.name in asked.targets]
    scores = [score_of(target, {} if asked.fresh else noticed.read()) for target in targets]
    try:
        for target, score in zip(targets, scores, strict=True):
            _try(target, score, noticed)
    except KeyboardInterrupt:
        print("Stopped. The next run goes on from here.", file=sys.stderr)
    Console().print(table_of(scores))
    return 1 if any(score.survivors or score.not_tried for score in scores) else 0


def _try(target: Target, score: Score, noticed: Noticed) -> None:
    try:
        if score.not_tried:
            with WorkingCopy(target, score.not_tried) as copy:
                try_rest(score, copy, noticed, read_explained())
    except CannotMutate as problem:
        print(f"{target.name} cannot be tried: {problem}", file=sys.stderr)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.scoreboard.mutants")
    parser.add_argument("targets", nargs="*", help="; ".join(each.name for each in TARGETS) + "; all by default")
    parser.add_argument("--fresh", action="store_true", help="try what was noticed before as well")
    asked = parser.parse_args(arguments)
    if unknown := {*asked.targets} - {each.name for each in TARGETS}:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    return asked


if __name__ == "__main__":
    sys.exit(main())
