"""Somebody else edits or deletes a worklog that a plan changes, at each request of its apply.

What they did stays, and the change is a conflict or is merged with theirs. The limit: Jira cannot write on condition,
so an edit that arrives between our look and our write, which is one round trip, is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from roots_nb.connections.connection import DeploymentName
from roots_nb.demo.model import JiraSite, Worklog
from roots_nb.editing.change import Action, Change
from tests.faults.write_back.contract import violations
from tests.faults.write_back.scene import Scene, scene
from tests.faults.write_back.trial import Elsewhere, Trial, run_trial
from tests.scoreboard.tally import report_trials

Deed = Callable[[JiraSite, Worklog], object]

DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")
ACTIONS: tuple[Action, ...] = ("update", "move", "delete")
SUITE = "somebody else"
FEWEST_REQUESTS = 12
FIELDS = ("started", "seconds", "comment")


def start_later(site: JiraSite, worklog: Worklog) -> None:
    """The field that our update changes as well."""
    site.change_worklog(worklog, worklog.author, started=worklog.started + timedelta(hours=3))


def reword(site: JiraSite, worklog: Worklog) -> None:
    """A field that our update leaves alone."""
    site.change_worklog(worklog, worklog.author, comment="Theirs")


def edit_and_revert(site: JiraSite, worklog: Worklog) -> None:
    edited = site.change_worklog(worklog, worklog.author, comment="Theirs")
    site.change_worklog(edited, worklog.author, comment=worklog.comment)


def delete(site: JiraSite, worklog: Worklog) -> None:
    site.delete_worklog(worklog)


EDITS = (start_later, reword, edit_and_revert)


def change_of(stage: Scene, action: Action) -> Change:
    return next(change for change in stage.plan.operations if change.action == action)


def trial_with(stage: Scene, number: int, deed: Deed, change: Change) -> Trial:
    """Somebody does it just before Jira receives that request, if the worklog is still there."""

    def act(site: JiraSite) -> None:
        if worklog := site.worklogs.get(int(change.worklog_id)):
            deed(site, worklog)

    act.__name__ = f"{deed.__name__} before our {change.action}"
    return run_trial(stage, Elsewhere(number, act))


def is_overwritten(trial: Trial) -> bool:
    """Whether what they left, or what they set of it, is there no more."""
    for key, left in trial.foreign.items():
        before, now = trial.before[key], trial.site.worklogs.get(key)
        theirs = [name for name in FIELDS if left and getattr(left, name) != getattr(before, name)]
        if left is not None and (now is None or any(getattr(now, name) != getattr(left, name) for name in theirs)):
            return True
    return False


def our_write(stage: Scene, change: Change) -> int:
    """Number of the request that changes or deletes the worklog when nobody else is there."""
    found = [
        request.number
        for request in run_trial(stage).requests
        if request.method in ("PUT", "DELETE") and request.path.endswith(f"/{change.worklog_id}")
    ]
    assert len(found) == 1
    return found[0]


def expected_overwrites(stage: Scene, deed: Deed, change: Change) -> set[int]:
    """L1: an edit in the round trip before our write; of an update only where both set the same field."""
    harmless = deed is delete or (change.action == "update" and deed is not start_later)
    return set() if harmless else {our_write(stage, change)}


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("deed", [*EDITS, delete])
def test_what_somebody_else_did_stays(deployment: DeploymentName, action: Action, deed: Deed) -> None:
    """At every request but the one of the limit, and the promise holds for everything else at all of them."""
    stage = scene(deployment, "small")
    change = change_of(stage, action)
    numbers = range(1, len(run_trial(stage).requests) + 1)
    trials = {number: trial_with(stage, number, deed, change) for number in numbers}
    broken = [f"{trial}: {found}" for trial in trials.values() if (found := violations(trial))]
    report_trials(SUITE, len(trials), len(broken))
    assert not broken, "\n".join(broken)
    assert {n for n, trial in trials.items() if is_overwritten(trial)} == expected_overwrites(stage, deed, change)
    assert len(trials) >= FEWEST_REQUESTS


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
@pytest.mark.parametrize(
    ("action", "deed", "state"),
    [
        ("update", start_later, "conflict"),
        ("update", reword, "done"),
        ("update", edit_and_revert, "done"),
        ("update", delete, "conflict"),
        ("move", reword, "conflict"),
        ("move", edit_and_revert, "conflict"),
        ("move", delete, "conflict"),
        ("delete", reword, "conflict"),
        ("delete", edit_and_revert, "conflict"),
        ("delete", delete, "already_so"),
    ],
)
def test_change_after_somebody_else_is(deployment: DeploymentName, action: Action, deed: Deed, state: str) -> None:
    """A conflict, but where only other fields were touched or where they did the same."""
    stage = scene(deployment, "small")
    change = change_of(stage, action)
    trial = trial_with(stage, 1, deed, change)
    assert trial.result is not None
    assert trial.result.state_of(change.op_id) == state
