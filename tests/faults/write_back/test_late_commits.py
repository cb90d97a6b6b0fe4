"""The limit of what looking can do: Jira carries a request out after we have given up on it and looked.

A change or a delete that comes late changes nothing. A create may then stand twice: on Cloud the second is found by its
mark and removed, on Data Center it is named, in both cases if it comes before the issue is looked at for the last time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from roots_nb.connections.connection import DeploymentName
from tests.faults.request import Request
from tests.faults.write_back.contract import violations
from tests.faults.write_back.scene import scene
from tests.faults.write_back.trial import Late, Trial, run_trial
from tests.scoreboard.tally import report_trials

DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")
SUITE = "late commits"
DELAYS = range(1, 8)
WRITES = 11
UNNOTICED = "Nobody planned 1 of"
UNTOLD = "The journal does not tell of worklog"


def trials(deployment: DeploymentName) -> Iterator[tuple[Trial, Request, int]]:
    stage = scene(deployment, "standard")
    for request in run_trial(stage).requests:
        for by in DELAYS if request.method != "GET" else ():
            yield run_trial(stage, Late(request.number, by)), request, by


def is_looked_at_later(trial: Trial, request: Request, by: int) -> bool:
    """Whether the worklogs of the issue were listed once more after Jira had done it."""
    later = trial.requests[request.number + by :]
    return any(each.method == "GET" and each.path == request.path for each in later)


def problems(trial: Trial, request: Request, by: int) -> list[str]:
    """Violations, without the double that Jira makes and that is named or comes when nobody looks any more."""
    found = violations(trial)
    doubled = [each for each in found if each.startswith(UNNOTICED)]
    if request.method != "POST" or len(doubled) != 1:
        return found
    if is_looked_at_later(trial, request, by) and (trial.scene.deployment == "cloud" or not named(trial)):
        return found
    return [each for each in found if not each.startswith((UNNOTICED, UNTOLD))]


def named(trial: Trial) -> bool:
    """Whether the result names a worklog that stands on the site and was not there before."""
    assert trial.result is not None
    notes = " ".join(trial.result.changes["note"])
    new = trial.site.worklogs.keys() - trial.before.keys()
    return any(int(number) in new for number in re.findall(r"\d+", notes))


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_late_commit_is_noticed_while_somebody_looks(deployment: DeploymentName) -> None:
    """Every change is done, and what Jira made twice is removed (Cloud) or named (Data Center)."""
    count = 0
    broken = []
    for trial, request, by in trials(deployment):
        count += 1
        assert trial.result is not None
        assert trial.result.counts["done"] == len(trial.plan.operations), str(trial)
        broken += [f"{trial}: {each}" for each in problems(trial, request, by)]
    report_trials(SUITE, count, len(broken))
    assert not broken, "\n".join(broken)
    assert count == WRITES * len(DELAYS)


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_commit_after_the_last_look_is_the_limit(deployment: DeploymentName) -> None:
    """A create that Jira does when the run is over stands twice, and only then can nobody tell."""
    stage = scene(deployment, "standard")
    last = [request.number for request in run_trial(stage).requests if request.method == "POST"][-1]
    trial = run_trial(stage, Late(last, 100))
    assert len([each for each in violations(trial) if each.startswith(UNNOTICED)]) == 1
