"""Requests wait for what Jira Cloud allows, no longer than needed; the clock here goes on by waiting alone."""

from __future__ import annotations

from typing import Any

import pytest

from roots_nb.editing import pace
from roots_nb.editing.pace import REQUESTS_A_SECOND, WRITES_PER_ISSUE, Pace
from roots_nb.jira.client import CLOUD, DATACENTER, Deployment
from tests.world import InstantProgress


class Clock(InstantProgress):
    """Each wait moves it on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def wait(self, seconds: float) -> None:
        super().wait(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


def seconds_for(clock: Clock, count: int, send: Any, deployment: Deployment = CLOUD) -> float:
    """How long it takes until so many may go."""
    its_pace, begun = Pace(clock, deployment), clock.now
    for _ in range(count):
        send(its_pace)
    return clock.now - begun


@pytest.mark.parametrize("method", REQUESTS_A_SECOND)
def test_burst_is_one_second_of_the_rate_and_then_the_rate_holds(clock: Clock, method: str) -> None:
    """Writes on as many issues as there are requests."""
    rate, issues = REQUESTS_A_SECOND[method], iter(range(1000))

    def send(its_pace: Pace) -> None:
        its_pace.before_write(method, f"APP-{next(issues)}") if method != "GET" else its_pace.before_read()

    assert seconds_for(clock, rate, send) == 0
    assert seconds_for(clock, rate + 10, send) == pytest.approx(10 / rate, abs=0.02)


@pytest.mark.parametrize(("most", "seconds"), WRITES_PER_ISSUE)
def test_writes_on_one_issue_wait_for_its_window(clock: Clock, most: int, seconds: float) -> None:
    """The one after as many as fit into it comes when the first has left it; other issues are not kept back."""
    its_pace, begun = Pace(clock, CLOUD), clock.now
    for _ in range(most):
        its_pace.before_write("PUT", "APP-1")
    sent = clock.now
    its_pace.before_write("PUT", "APP-2")
    assert clock.now == sent
    its_pace.before_write("PUT", "APP-1")
    assert clock.now - begun == pytest.approx(seconds, abs=0.02)


def test_method_that_jira_refuses_is_held_for_all(clock: Clock) -> None:
    """For as long as Jira says, and no other method with it."""
    its_pace = Pace(clock, CLOUD)
    its_pace.hold("PUT", 5)
    its_pace.before_write("POST", "APP-1")
    its_pace.before_read()
    assert clock.now == 1000
    its_pace.before_write("PUT", "APP-1")
    assert clock.now - 1000 == pytest.approx(5, abs=0.002)
    its_pace.before_write("PUT", "APP-1")
    assert clock.now - 1005 == pytest.approx(1 / REQUESTS_A_SECOND["PUT"], abs=0.002)


def test_longer_waits_are_told(clock: Clock) -> None:
    """Those above a second; the others nobody notices."""
    its_pace = Pace(clock, CLOUD)
    its_pace.hold("PUT", 0.9)
    its_pace.before_write("PUT", "APP-1")
    assert clock.waits == []
    its_pace.hold("PUT", 1.5)
    its_pace.before_write("PUT", "APP-1")
    assert clock.waits == [pytest.approx(1.5, abs=0.002)]


def test_data_center_has_no_such_limits(clock: Clock) -> None:
    """There its administrators set other ones, which are told when they are reached."""
    assert seconds_for(clock, 500, lambda its_pace: its_pace.before_write("PUT", "APP-1"), DATACENTER) == 0
