"""Time: what Jira asks to wait is waited, its limits are kept, and a clock that is wrong changes nothing.

Waits take time on the trial's clock alone. In the tests of limits nothing else does, as if Jira answered at once.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from unittest import mock

import pytest
import time_machine
from werkzeug.http import http_date

from roots_nb.connections.connection import DeploymentName
from roots_nb.editing.apply import apply_changes
from roots_nb.editing.plan import Plan, plan_changes
from roots_nb.editing.result import Result
from roots_nb.editing.site import NoAnswer, Options, Site
from roots_nb.errors import RateLimited
from roots_nb.jira.http import MOST_RETRIES
from roots_nb.progress import Progress
from roots_nb.worklogs import load_worklogs
from tests.faults import request
from tests.faults.fault import Answer
from tests.faults.limits import BURST, PER_ISSUE, CloudLimits
from tests.faults.write_back import wire
from tests.faults.write_back.scene import LAST_FRIDAY, WEEK, ZONE, Scene, scene, signed_in
from tests.faults.write_back.trial import Computer, Strike, Trial, run_trial, see_through, state_folder
from tests.faults.write_back.verdict import judge
from tests.faults.write_back.wire import Line

Headers = Mapping[str, str]

DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")
SUITE = "wrong clocks"
METHODS = ("GET", "POST", "PUT", "DELETE")
KINDS = ("reset after", "429 until a date", "crash after")
SAMPLED = len(KINDS)  # of so many requests each kind strikes another one
FEWEST_SAMPLED = 60
MOST_WAITED_SECONDS = 300
NOON, HALF_A_MINUTE_LATER, AN_HOUR_LATER = (
    f"Mon, 01 Jan 2001 {time} GMT" for time in ("12:00:00", "12:00:30", "13:00:00")
)
UNTOLD_SECONDS = 2
MOST_UNTOLD_SECONDS = 4  # what a move sends second counts as its second attempt
MOST_JITTER = 1.3

on_both = pytest.mark.parametrize("deployment", DEPLOYMENTS)
on_each_method = pytest.mark.parametrize("method", METHODS)


@contextmanager
def computer_on(deployment: DeploymentName) -> Iterator[Computer]:
    """With the small scene; requests carry the time of its clock."""
    stage = scene(deployment, "small")
    with (
        state_folder() as folder,
        Computer(stage, folder, in_order=True) as computer,
        mock.patch.object(request, "time", computer.clock),
    ):
        yield computer


def first(deployment: DeploymentName, method: str) -> int:
    """The number of the first request of this method."""
    return next(each.number for each in run_trial(scene(deployment, "small")).requests if each.method == method)


def is_done(computer: Computer, result: Result) -> bool:
    return result.is_finished and result.counts["done"] == len(computer.plan.operations)


# --- clocks that are wrong


def strikes(stage: Scene, kind: str, every: int) -> list[Strike]:
    """At every so many-th request."""
    last = len(run_trial(stage).requests)
    return [Strike(number, kind) for number in range(1 + KINDS.index(kind) % every, last + 1, every)]


@on_both
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("every", [SAMPLED, pytest.param(1, marks=pytest.mark.slow)])
def test_wrong_clock_changes_nothing(deployment: DeploymentName, kind: str, every: int) -> None:
    """A day before or behind Jira's, the same is sent as at the right time, and the promise holds."""
    stage = scene(deployment, "small")
    planned = strikes(stage, kind, every)
    right, *wrong = ([trial_at(stage, strike, by) for strike in planned] for by in map(timedelta, (0, -1, 1)))
    assert judge(SUITE, [trial for trials in wrong for trial in trials]) == 2 * len(planned)
    assert [list(map(sent, trials)) for trials in wrong] == [list(map(sent, right))] * 2


def test_wrong_clocks_are_many() -> None:
    """The suite cannot shrink unseen."""
    sampled = [strikes(scene(deployment, "small"), kind, SAMPLED) for deployment in DEPLOYMENTS for kind in KINDS]
    assert 2 * sum(map(len, sampled)) >= FEWEST_SAMPLED


@on_both
@pytest.mark.parametrize("days", [-1, 1])
def test_clock_that_is_set_meanwhile_changes_nothing(deployment: DeploymentName, days: int) -> None:
    """Between a crash and the resume: what Jira may still be at work on is waited for no longer than ever."""
    with computer_on(deployment) as computer, time_machine.travel(LAST_FRIDAY) as client:
        computer.expect(Strike(first(deployment, "POST"), "crash"))
        assert see_through(lambda: computer.apply(computer.boot())) == (None, "crash")
        client.shift(timedelta(days=days))
        begun = computer.clock.monotonic()
        assert is_done(computer, computer.go_on(computer.boot()))
        assert computer.clock.monotonic() - begun < MOST_WAITED_SECONDS


def trial_at(stage: Scene, strike: Strike, by: timedelta) -> Trial:
    """The client's clock differs from Jira's by so much; each reply says what time it is there."""
    date = mock.patch.object(wire, "http_date", return_value=http_date(LAST_FRIDAY))
    with time_machine.travel(LAST_FRIDAY + by), date:
        return run_trial(stage, strike)


def sent(trial: Trial) -> list[tuple[str, str]]:
    return [(each.method, each.path) for each in trial.requests]


# --- what Jira asks


@on_both
@on_each_method
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "60"}, 60),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": HALF_A_MINUTE_LATER, "Date": NOON}, 30),
        ({"Retry-After": "soon"}, UNTOLD_SECONDS),
        ({"Retry-After": "-5"}, UNTOLD_SECONDS),
        ({}, UNTOLD_SECONDS),
        ({"Retry-After": "7", "RateLimit-Reason": BURST}, 7),
        ({"Retry-After": "7", "RateLimit-Reason": PER_ISSUE}, 7),
    ],
)
def test_run_waits_as_long_as_jira_asks(
    deployment: DeploymentName, method: str, headers: Headers, seconds: float
) -> None:
    """And not much longer; a date counts from the reply's own; what cannot be read was not told."""
    number = first(deployment, method)
    with computer_on(deployment) as computer:
        computer.world.faults.at(number, Answer(429, headers=headers))
        result = computer.apply(computer.boot())
        refused, following = computer.world.log.requests[number - 1 : number + 1]
    assert seconds <= following.time - refused.time <= max(seconds, MOST_UNTOLD_SECONDS) * MOST_JITTER
    assert is_done(computer, result)


@on_both
@on_each_method
@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "61"},
        {"Retry-After": "1000000000"},
        {"Retry-After": AN_HOUR_LATER, "Date": NOON},
        {"Retry-After": "3600", "RateLimit-Reason": "jira-quota-tenant-based"},
        {"Retry-After": "3600", "RateLimit-Reason": BURST},
    ],
)
def test_run_stops_where_the_wait_is_long(deployment: DeploymentName, method: str, headers: Headers) -> None:
    """Over a minute: nothing more is sent, the person reads when to go on, and then it is finished."""
    result = stopped_by(deployment, method, headers)
    (problem,) = result.problems
    assert re.search(r"asks to wait until \d{4}-\d\d-\d\d \d\d:\d\d UTC \(\d+ minutes\)", str(problem))


@on_both
@on_each_method
def test_run_stops_where_a_quota_is_used_up(deployment: DeploymentName, method: str) -> None:
    """However short the wait: what is asked again costs as well."""
    stopped_by(deployment, method, {"Retry-After": "5", "RateLimit-Reason": "jira-quota-global-based"})


def stopped_by(deployment: DeploymentName, method: str, headers: Headers) -> Result:
    """The result of a run that ends with this 429, and that is finished later."""
    number = first(deployment, method)
    with computer_on(deployment) as computer:
        computer.world.faults.at(number, Answer(429, headers=headers))
        result = computer.apply(computer.boot())
        assert len(computer.world.log.requests) == number
        assert is_done(computer, computer.go_on(computer.boot()))
    assert isinstance(result.problems[0], RateLimited)
    assert not result.is_finished
    return result


@on_both
@on_each_method
def test_run_gives_up_after_some_attempts(deployment: DeploymentName, method: str) -> None:
    """Where every request of a method is refused, the first of them is sent five times and nothing after it."""
    with computer_on(deployment) as computer:
        world = computer.world
        world.faults.when(lambda each: each.method == method, Answer(429, headers={"Retry-After": "1"}), times=None)
        result = computer.apply(computer.boot())
        tried = Counter(each.path for each in world.log.requests if each.method == method)
        assert list(tried.values()) == [MOST_RETRIES + 1]
        assert not result.is_finished
        world.faults.clear()
        assert is_done(computer, computer.go_on(computer.boot()))


# --- who has to wait


@pytest.mark.parametrize(("reason", "seconds"), [(BURST, 20), (PER_ISSUE, 0)])
def test_refused_write_holds_others_back(reason: str, seconds: float) -> None:
    """After a burst every write of that method; after too many on one issue nobody but who sent it."""
    with computer_on("cloud") as computer:
        jira = Line(computer.world.log, computer.disk.process).connect(signed_in(computer.world))
        site = Site(jira, Options("run"), Progress())
        listing = site.listing("OPS-1", LAST_FRIDAY - timedelta(days=4), LAST_FRIDAY)
        image = next(each for each in listing.values() if each.is_mine)
        refusal = Answer(429, headers={"Retry-After": "20", "RateLimit-Reason": reason})
        computer.world.faults.at(2, refusal)
        with pytest.raises(NoAnswer):
            site.update(image, {"comment": "Refused"})
        assert [waited(computer, site, method) for method in ("POST", "DELETE", "PUT")] == [0, 0, seconds]


def waited(computer: Computer, site: Site, method: str) -> float:
    """How many seconds a write on another issue has to wait."""
    begun = computer.clock.monotonic()
    site.get_ready(method, "APP-2")
    return computer.clock.monotonic() - begun


@pytest.mark.parametrize(("issues", "changes_each"), [(1, 250), (60, 5)])
def test_limits_of_cloud_are_never_met(issues: int, changes_each: int) -> None:
    """Neither by many changes of one issue nor by a few of many, although Jira answers at once."""
    with computer_on("cloud") as computer:
        plan = plan_of_many(computer, issues, changes_each)
        limits = CloudLimits(computer.world.log, clock=computer.clock.monotonic)
        jira = Line(limits, computer.disk.process).connect(signed_in(computer.world))
        result = apply_changes(jira, plan, progress=Progress())
    assert limits.refusals == Counter()
    assert result.counts["done"] == issues * changes_each


def plan_of_many(computer: Computer, issues: int, changes_each: int) -> Plan:
    """Each worklog of so many issues is reworded. From now on only waiting takes time."""
    world, clock, start, looks = computer.world, computer.clock, LAST_FRIDAY, itertools.count()
    world.site.now = lambda: start + timedelta(seconds=clock.monotonic(), milliseconds=next(looks))
    for key, n in itertools.product(world.add_issues(issues), range(changes_each)):
        world.add_worklog(key, f"2024-11-{18 + n // 100}T{n % 100 // 5:02}:{n % 5 * 10:02}", comment="of many")
    worklogs = load_worklogs(computer.boot(), WEEK, zone=ZONE, progress=Progress())
    comments = worklogs["comment"].replace("of many", "reworded")
    return plan_changes(worklogs, worklogs.assign(comment=comments))
