"""What a suite of trials comes to: every violation told with the trial that can be repeated, and the count reported."""

from __future__ import annotations

from collections.abc import Iterable

from tests.faults.write_back.contract import violations
from tests.faults.write_back.trial import Trial
from tests.scoreboard.tally import report_trials

MOST_TOLD = 5


def judge(suite: str, trials: Iterable[Trial]) -> int:
    """Hold each trial against the contract and report them; returns how many there were."""
    count = 0
    broken: list[str] = []
    for trial in trials:
        count += 1
        if problems := violations(trial):
            broken.append(f"{trial}: {'; '.join(problems)}")
    report_trials(suite, count, len(broken))
    assert not broken, "\n".join([f"{len(broken)} of {count} trials break the promise:", *broken[:MOST_TOLD]])
    return count
