"""How many trials the suites made and in how many the promise was broken.

The suites report while pytest runs them for the scoreboard; in any other run nobody listens.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

VARIABLE = "ROOTS_NB_SCOREBOARD"

# Read on import: the tests take every variable of ours out of the environment.
_told = os.environ.get(VARIABLE)


@dataclass(frozen=True, slots=True)
class Tally:
    """Trials of one suite, and those of them that lost, doubled or changed something unseen."""

    suite: str
    trials: int
    violations: int


def report_trials(suite: str, trials: int, violations: int) -> None:
    """Tell the scoreboard of `trials` more of `suite`; call it before asserting, lest a violation go untold."""
    if _told is not None:
        tell(Path(_told), Tally(suite, trials, violations))


def tell(path: Path, tally: Tally) -> None:
    """One line of JSON at the end of the file; several processes may write at once."""
    with path.open("a", encoding="utf-8", buffering=1) as file:
        file.write(json.dumps(asdict(tally)) + "\n")


def read_tallies(path: Path) -> dict[str, Tally]:
    """What was told, one sum a suite, in the order of first telling; empty if there is nothing or no file."""
    tallies: dict[str, Tally] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        new = Tally(**json.loads(line))
        sum_so_far = tallies.get(new.suite, Tally(new.suite, 0, 0))
        trials, violations = sum_so_far.trials + new.trials, sum_so_far.violations + new.violations
        tallies[new.suite] = replace(new, trials=trials, violations=violations)
    return tallies
