"""The wire without sockets breaks as the one with them: to our client each fault is the same, and to Jira as well."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from roots_nb.errors import JiraError
from roots_nb.jira import http
from roots_nb.jira.client import Jira
from tests.faults.fault import Fault, Meanwhile
from tests.faults.request import Request
from tests.faults.write_back.kinds import KINDS, with_sockets
from tests.faults.write_back.scene import new_world, signed_in
from tests.faults.write_back.wire import Crash, LateCommit, Line, Process, Refused
from tests.world import InstantProgress, World

WORKLOG = {"started": "2024-11-18T12:00:00.000+0100", "timeSpentSeconds": 60}
SURVIVED = sorted(kind for kind in KINDS if not kind.startswith("crash"))


def facts(error: JiraError) -> tuple[object, ...]:
    """All that the engine decides by."""
    return type(error), error.was_sent, error.retryable, error.status_code, error.retry_after_seconds


def attempt(jira: Jira, method: str) -> tuple[object, ...]:
    with pytest.raises(JiraError) as caught:  # noqa: PT012
        if method == "POST":
            jira.add_worklog("APP-1", WORKLOG)
        else:
            jira.issue("APP-1", ["worklog"], progress=InstantProgress())
    return facts(caught.value)


@contextmanager
def real_wire(world: World, fault: Fault) -> Iterator[Jira]:
    with world.running(), socket.socket() as nobody:
        if isinstance(fault, Refused):
            nobody.bind(("127.0.0.1", 0))  # and nobody listens
            world.url = f"http://127.0.0.1:{nobody.getsockname()[1]}{world.site.context_path}"
        jira = signed_in(world)
        yield jira
        jira.http.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("kind", SURVIVED)
def test_wire_breaks_as_sockets_do(kind: str, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Our client raises the same error with the same facts, and the server has done the work or not, for each kind."""
    monkeypatch.setattr(http, "READ_TIMEOUT_SECONDS", 0.1)
    fault = KINDS[kind]
    world, real_world = new_world("cloud"), new_world("cloud")
    for each, played in ((world, fault), (real_world, with_sockets(fault))):
        each.faults.when(lambda _: True, played, times=None)
    seen = attempt(Line(world.log, Process()).connect(signed_in(world)), method)
    with real_wire(real_world, fault) as jira:
        assert seen == attempt(jira, method)
    worklogs = len(new_world("cloud").site.worklogs)
    done = method == "POST" and fault.after
    assert len(world.site.worklogs) == len(real_world.site.worklogs) == worklogs + done


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_wire_carries_what_sockets_carry(deployment: str) -> None:
    """Without a fault the server receives the same request, and the client the same reply."""
    world, real_world = new_world(deployment), new_world(deployment)
    with real_wire(real_world, KINDS["503"]) as real:
        jira = Line(world.log, Process()).connect(signed_in(world))
        for each in (jira, real):
            reply = each.add_worklog("APP-1", {**WORKLOG, "comment": "Größe ✓"})
            assert reply["comment"] == "Größe ✓"
        assert jira.issue("APP-1", ["summary"])["key"] == real.issue("APP-1", ["summary"])["key"] == "APP-1"
    for ours, theirs in zip(world.log.requests, real_world.log.requests, strict=True):
        assert as_sent(ours) == as_sent(theirs)


def as_sent(request: Request) -> Request:
    """Without what belongs to the connection or the moment."""
    headers = {name: value for name, value in request.headers.items() if name not in ("connection", "host")}
    return replace(request, headers=headers, time=0.0)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_crash_ends_the_process_for_good(after: bool) -> None:
    """Nothing that the process sends afterwards arrives, and the next process is healthy."""
    world, process = new_world("cloud"), Process()
    jira = Line(world.log, process).connect(signed_in(world))
    worklogs = len(world.site.worklogs)
    world.faults.at(1, KINDS["crash after" if after else "crash"])
    for _ in range(2):
        with pytest.raises(Crash):
            jira.add_worklog("APP-1", WORKLOG)
    assert process.is_gone
    assert len(world.site.worklogs) == worklogs + after
    assert world.log.count() == 1
    Line(world.log, Process()).connect(signed_in(world)).add_worklog("APP-1", WORKLOG)
    assert len(world.site.worklogs) == worklogs + after + 1


def test_late_commit_is_done_after_a_later_request() -> None:
    """The client gives up; the worklog is there only once that later request has been answered, and there once."""
    world, late = new_world("cloud"), LateCommit()
    jira = Line(world.log, Process()).connect(signed_in(world))
    worklogs = len(world.site.worklogs)
    world.faults.at(1, late)
    world.faults.at(3, Meanwhile(late.commit, after=True))
    attempt(jira, "POST")
    seen = []
    for _ in range(3):
        jira.issue("APP-1", ["summary"])
        seen.append(len(world.site.worklogs) - worklogs)
    late.commit()
    assert seen == [0, 1, 1]
    assert len(world.site.worklogs) == worklogs + 1
