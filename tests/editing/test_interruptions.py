"""A run that is stopped, locked out or killed: nothing is lost, and resume goes on."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from roots_nb.connections.secrets import Secret
from roots_nb.editing import account_lock, apply, journal
from roots_nb.editing.plan import Plan
from roots_nb.editing.result import Result
from roots_nb.editing.runs import close_run, runs
from roots_nb.errors import AuthenticationFailed, InvalidInput, RunLocked, ServerError, Stopped, UnfinishedRun
from roots_nb.jira.signin import sign_in
from tests.editing.desk import Desk, Edit, add, change, delete, is_write, minutes_of, move, states
from tests.faults.fault import Answer, Meanwhile, Reset, forbidden, not_found, unauthorised
from tests.faults.request import Request
from tests.world import InstantProgress, World

EVERY_ACTION: tuple[Edit, ...] = (
    change("one", time_spent=minutes_of(90)),
    change("two", comment="zwei"),
    move("three", "OPS-1"),
    delete("four"),
    add("new", "APP-2"),
)
OTHER = change("five", comment="fünf")


class KernelDied(BaseException):
    """Nothing catches it on purpose."""


@contextmanager
def kernel_that_dies(after: int) -> Iterator[None]:
    """From that many steps in the journal on nothing more is noted or sent: the process is gone."""
    put, count, lock = journal._put, 0, threading.Lock()

    def append(descriptor: int, line: bytes) -> None:
        nonlocal count
        with lock:
            count += 1
            if count > after:
                raise KernelDied
            put(descriptor, line)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "_put", append)
        with pytest.raises(KernelDied):
            yield


def held(desk: Desk) -> list[tuple[object, ...]]:
    """Issue, comment and minutes of all worklogs."""
    return [(issue, comment, seconds // 60) for issue, _, seconds, comment, _ in desk.contents()]


ALL_DONE = [
    ("APP-1", "one", 90),
    ("APP-1", "zwei", 60),
    ("APP-2", "new", 60),
    ("OPS-1", "three", 60),
    ("OPS-1", "five", 60),
]


# --- stop


def test_stop_leaves_the_rest_unsent_and_resume_finishes(desk: Desk) -> None:
    """What is under way is seen through."""
    progress = InstantProgress()
    plan = desk.plan(change("one", time_spent=minutes_of(90)), change("two", comment="zwei"), add("new"))
    desk.world.faults.when(is_write, Meanwhile(progress.request_stop))
    result = desk.apply(plan, progress=progress)
    assert len(desk.writes()) == 1
    assert states(result) == {"done": 1, "not_sent": 2}
    assert [str(problem) for problem in result.problems] == [f'Stopped. roots_nb.resume(jira, "{plan.run}") goes on.']
    assert not result.is_finished
    finished = desk.resume(result.run)
    assert states(finished) == {"done": 3}
    assert finished.is_finished
    assert [len(desk.find(name)) for name in ("one", "zwei", "new")] == [1, 1, 1]


def test_stop_before_the_start_sends_nothing(desk: Desk) -> None:
    """Not even a look."""
    plan, progress = desk.plan(*EVERY_ACTION), InstantProgress()
    progress.request_stop()
    assert states(desk.apply(plan, progress=progress)) == {"not_sent": 5}
    assert desk.world.log.requests == []


def test_interrupt_ends_after_the_request_under_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's interrupt becomes Stopped, which says how to go on; what was done is not lost."""
    plan, sent = desk.plan(*EVERY_ACTION), threading.Event()
    desk.world.faults.when(is_write, Meanwhile(sent.set))
    interrupts = iter([True])

    def wait(futures: Any) -> Any:
        if next(interrupts, False):
            assert sent.wait(10)
            raise KeyboardInterrupt
        return concurrent.futures.wait(futures)

    monkeypatch.setattr(apply, "wait", wait)
    with pytest.raises(Stopped, match=rf'roots_nb.resume\(jira, "{plan.run}"\) goes on'):
        desk.apply(plan)
    listed = runs().iloc[0]
    assert (listed["run"], listed["status"]) == (plan.run, "interrupted")
    assert states(desk.resume(plan.run)) == {"done": 5}
    assert held(desk) == ALL_DONE


def test_progress_counts_the_changes_also_of_a_resumed_run(desk: Desk) -> None:
    """Up to all of them, beginning with what is done."""
    progress = InstantProgress()
    desk.world.faults.when(is_write, Meanwhile(progress.request_stop))
    result = desk.apply(
        desk.plan(change("one", comment="1"), change("two", comment="2"), add("new")), progress=progress
    )
    assert progress.steps == [(1, 3)]
    again = InstantProgress()
    desk.resume(result.run, progress=again)
    assert again.steps == [(2, 3), (3, 3)]


def test_progress_names_what_it_counts(desk: Desk) -> None:
    """The bar says so beside the numbers."""
    counted = []

    class Counting(InstantProgress):
        def step(self, done: int, total: int | None, what: str) -> None:
            counted.append(what)

    desk.apply(desk.plan(change("one", comment="1")), progress=Counting())
    assert counted == ["changes"]


# --- 401 and 403


def test_nothing_is_sent_after_a_401(desk: Desk) -> None:
    """A series of failed logins would lock the account. With a new token resume finishes."""
    names = ("one", "two", "three")
    plan = desk.plan(*(change(name, time_spent=minutes_of(90)) for name in names))
    desk.world.faults.when(lambda request: desk.world.log.count("PUT") == 2, unauthorised(), times=None)
    result = desk.apply(plan)
    assert [request.method for request in desk.world.log.requests].count("PUT") == 2
    assert desk.world.log.requests[-1].method == "PUT"
    assert states(result) == {"done": 1, "not_sent": 2}
    assert [type(problem) for problem in result.problems] == [AuthenticationFailed]
    desk.world.faults.clear()
    count = len(desk.world.log.requests)
    resumed = desk.resume(result.run)
    assert states(resumed) == {"done": 1, "not_sent": 2}
    assert [type(problem) for problem in resumed.problems] == [AuthenticationFailed]
    assert len(desk.world.log.requests) == count
    desk.new_kernel()
    assert states(desk.resume(result.run)) == {"done": 3}
    assert [desk.get(name).seconds for name in names] == [5400] * 3


def test_change_in_doubt_is_told_with_the_reason(desk: Desk) -> None:
    """Its answer is lost and then the login ends: the frame keeps what was loaded until a look tells more."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    desk.world.faults.when(is_write, Reset(after=True))
    desk.world.faults.when(lambda request: desk.world.log.count("PUT") == 1, unauthorised())
    result = desk.apply(plan)
    assert states(result) == {"unknown": 1}
    assert result.changes["note"].tolist() == [result.problems[0].message]
    pd.testing.assert_frame_equal(result.worklogs, plan.worklogs)


@pytest.mark.parametrize("number", range(1, 8))
def test_401_at_any_request_is_the_last_one(server_desk: Desk, number: int) -> None:
    """Reads as well; by count, for updates of one issue."""
    desk = server_desk
    plan = desk.plan(*(change(name, time_spent=minutes_of(90)) for name in ("one", "two", "three")))
    desk.world.faults.when(lambda request: len(desk.world.log.requests) >= number, unauthorised(), times=None)
    result = desk.apply(plan)
    assert len(desk.world.log.requests) == number
    assert sum(result.counts.values()) == 3
    assert result.counts["not_sent"] == 3 - (number - 1) // 2
    assert not result.is_finished


def test_run_is_resumed_as_the_same_account_only(desk: Desk) -> None:
    """Anybody else is refused before any request."""
    world = desk.world
    desk.world.faults.when(is_write, unauthorised())
    result = desk.do(OTHER)
    kind = "api_token" if world.deployment == "cloud" else "pat"
    world.site.add_credential(kind, world.bob, "bobs-token")  # type: ignore[arg-type]
    connection = world.connection
    if world.deployment == "cloud":
        connection = type(connection)("Cloud", "cloud", world.url, "api_token", "bob@example.com")
    bob = sign_in(connection, Secret("bobs-token"))
    world.log.clear()
    with pytest.raises(InvalidInput, match="which is not signed in"):
        apply.resume(bob, result.run, progress=InstantProgress())
    close_run(result.run)
    desk.new_kernel()
    plan = desk.plan(OTHER)
    with pytest.raises(InvalidInput, match="which is not signed in"):
        apply.apply_changes(bob, plan, progress=InstantProgress())
    assert world.log.requests == []


def test_three_403_stop_their_project_alone(desk: Desk) -> None:
    """More would only be refused as well; the other project goes on, and resume tries again."""
    desk.jira.deployment = replace(desk.jira.deployment, most_writes_at_once=1)
    names = ("one", "two", "three", "w4", "w5")
    for name in names[3:]:
        desk.world.add_worklog("APP-1", f"2026-11-20 1{name[1]}:00", comment=name)
    plan = desk.plan(*(change(name, time_spent=minutes_of(90)) for name in (*names, "five")))
    desk.world.faults.when(lambda request: is_write(request) and "APP-" in request.path, forbidden(), times=None)
    result = desk.apply(plan)
    assert sum("APP-" in request.path for request in desk.writes()) == 3
    assert states(result) == {"done": 1, "failed": 3, "not_sent": 2}
    assert "APP" in result._repr_html_()
    assert result.notes == ["Jira refused so much in APP that the rest of it was kept back."]
    desk.world.faults.clear()
    assert states(desk.resume(result.run)) == {"done": 3, "failed": 3}


def test_refusals_of_single_changes_stop_nothing(desk: Desk) -> None:
    """A 400 is about what was sent, not about who may."""
    plan = desk.plan(*(change(name, time_spent=minutes_of(90)) for name in ("one", "two", "three")), delete("four"))
    desk.world.faults.when(lambda request: request.method == "PUT", Answer(400), times=None)
    result = desk.apply(plan)
    assert (states(result), result.notes) == ({"failed": 3, "done": 1}, [])


def test_first_list_of_an_issue_that_jira_refuses_stops_nothing(desk: Desk) -> None:
    """Each change is looked at by itself anyway."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    desk.world.faults.when(lambda request: request.path.endswith("/worklog"), Answer(400))
    assert states(desk.apply(plan)) == {"done": 1}


def test_one_403_fails_one_change(desk: Desk) -> None:
    """The rest of the project goes on."""
    plan = desk.plan(change("one", comment="1"), change("two", comment="2"), change("three", comment="3"))
    desk.world.faults.when(lambda request: request.method == "PUT", forbidden())
    assert states(desk.apply(plan)) == {"failed": 1, "done": 2}


# --- a kernel that dies


@pytest.mark.parametrize("after", [0, 1, 2, 5, 8, 11])
def test_plan_made_again_after_a_crash_waits_for_resume(desk: Desk, after: int) -> None:
    """Run All in a new kernel names the half run and sends nothing; once that is resumed, all is there once."""
    plan = desk.plan(*EVERY_ACTION)
    with kernel_that_dies(after):
        desk.apply(plan)
    desk.new_kernel()
    again = desk.plan(add("new", "APP-2"))
    with pytest.raises(UnfinishedRun, match=plan.run):
        desk.apply(again)
    assert desk.world.log.requests == []
    result = desk.resume(plan.run)
    assert (states(result), result.is_finished) == ({"done": 5}, True)
    assert states(desk.apply(again)) == {"already_so": 1}
    assert held(desk) == ALL_DONE


@pytest.mark.parametrize("after", [False, True], ids=["not arrived", "arrived"])
def test_unknown_create_is_settled_by_looking(desk: Desk, after: bool) -> None:
    """The connection breaks for good while a create is sent: unknown, then found or sent again, and there once."""
    plan = desk.plan(add("new"))
    lost = Reset(after=after)
    desk.world.faults.when(is_write, lost)
    desk.world.faults.when(lambda request: desk.world.log.count("POST") > 0, Reset(), times=None)
    result = desk.apply(plan)
    assert states(result) == {"unknown": 1}
    desk.world.faults.clear()
    desk.new_kernel()
    with pytest.raises(UnfinishedRun):
        desk.do(add("new"))
    assert states(desk.resume(plan.run)) == {"done": 1}
    assert (len(desk.find("new")), desk.world.log.count("POST")) == (1, 0 if after else 1)
    assert states(desk.do(add("new"))) == {"already_so": 1}
    assert len(desk.find("new")) == 1


def test_create_in_doubt_is_sent_twice_at_most_and_by_a_resume_once_more(desk: Desk) -> None:
    """Each may still arrive, and what arrives twice costs somebody's time."""
    plan = desk.plan(add("new"))
    desk.world.faults.when(lambda request: request.method == "POST", Reset(), times=None)
    sent = []
    for go in (desk.apply, lambda plan: desk.resume(plan.run)):
        assert states(go(plan)) == {"unknown": 1}
        sent.append(desk.world.log.count("POST"))
    assert sent == [2, 3]


def test_same_plan_applied_after_a_crash_names_its_run(desk: Desk) -> None:
    """The plan is still there, because only the cell died."""
    plan = desk.plan(*EVERY_ACTION)
    with kernel_that_dies(3):
        desk.apply(plan)
    with pytest.raises(UnfinishedRun, match=plan.run):
        desk.apply(plan)
    desk.resume(plan.run)
    assert states(desk.apply(plan)) == {"done": 5}


def test_run_that_sent_nothing_can_be_resumed_as_well(desk: Desk) -> None:
    """It died right after the journal was begun."""
    plan = desk.plan(*EVERY_ACTION)
    with kernel_that_dies(0):
        desk.apply(plan)
    assert desk.writes() == []
    assert states(desk.resume(plan.run)) == {"done": 5}


def test_run_that_another_computer_has_taken_over_sends_nothing_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a long sleep of this one: every change asks whether the account is still ours."""
    monkeypatch.setattr(account_lock, "HEARTBEAT_SECONDS", 0)
    plan = desk.plan(change("one", comment="1"), change("two", comment="2"))

    def take_over() -> None:
        (owner,) = journal.state_folder("locks").glob("*.json")
        owner.write_text(owner.read_text().replace('"pid": ', '"pid": 1'))

    desk.world.faults.when(is_write, Meanwhile(take_over))
    result = desk.apply(plan)
    assert (states(result), len(desk.writes())) == ({"done": 1, "not_sent": 1}, 1)
    assert [type(problem) for problem in result.problems] == [RunLocked]


# --- unfinished runs


def unfinished(desk: Desk, *edits: Edit) -> Result:
    """A run in which the first write meets a 401; the kernel is new."""
    result = desk.apply(_locked_out(desk, *edits))
    desk.world.faults.clear()
    desk.new_kernel()
    return result


def _locked_out(desk: Desk, *edits: Edit) -> Plan:
    plan = desk.plan(*edits)
    desk.world.faults.when(is_write, unauthorised())
    return plan


def test_unfinished_run_keeps_the_next_one_back(desk: Desk) -> None:
    """Of the same account, whatever the next one is about; it says both ways out."""
    first = unfinished(desk, change("one", time_spent=minutes_of(90)))
    plan = desk.plan(OTHER)
    with pytest.raises(UnfinishedRun) as refused:
        desk.apply(plan)
    assert refused.value.runs == (first.run,)
    assert f'roots_nb.resume(jira, "{first.run}")' in str(refused.value)
    assert f'roots_nb.close_run("{first.run}")' in str(refused.value)
    assert desk.world.log.requests == []
    desk.resume(first.run)
    assert states(desk.apply(plan)) == {"done": 1}


def test_unfinished_run_leaves_other_accounts_alone(cloud_desk: Desk, server: World) -> None:
    """Each site and account has runs of its own."""
    unfinished(cloud_desk, OTHER)
    assert states(Desk(server).do(OTHER)) == {"done": 1}


def test_run_that_is_closed_while_resume_begins_is_left_as_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """By another notebook, before the lock is ours: nothing is sent."""
    plan = desk.plan(OTHER)
    desk.world.faults.when(is_write, unauthorised())
    run = desk.apply(plan).run
    desk.new_kernel()
    lock = apply._lock

    def late(*args: Any) -> Any:
        close_run(run)
        return lock(*args)

    monkeypatch.setattr(apply, "_lock", late)
    desk.world.log.clear()
    result = desk.resume(run)
    assert (states(result), result.is_open, desk.world.log.requests) == ({"not_sent": 1}, False, [])
    assert runs()["status"].tolist() == ["closed"]


def test_verification_after_the_login_has_ended_is_none(desk: Desk) -> None:
    """Jira says 404 to everything then: the run is not finished until somebody could look."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)))
    faults = desk.world.faults

    def is_look(request: Request) -> bool:
        return len(desk.writes()) == 1 and not is_write(request)

    faults.when(lambda request: is_look(request) and "/issue/" in request.path, not_found(), times=None)
    faults.when(lambda request: is_look(request) and request.path.endswith("/myself"), unauthorised(), times=None)
    result = desk.apply(plan)
    assert (states(result), result.is_finished) == ({"done": 1}, False)
    assert [type(problem) for problem in result.problems] == [AuthenticationFailed]
    faults.clear()
    desk.new_kernel()
    assert desk.resume(result.run).is_finished


def test_issue_that_could_not_be_verified_is_told(desk: Desk) -> None:
    """It is hidden after the last write, and the login holds."""
    plan = desk.plan(change("five", time_spent=minutes_of(90)))
    hide = Meanwhile(lambda: desk.site.set_permissions(desk.world.ann, "OPS", set()), after=True)
    desk.world.faults.when(is_write, hide)
    result = desk.apply(plan)
    assert (states(result), result.is_finished) == ({"done": 1}, True)
    assert result.notes == ["OPS-1 is not visible any more: what was done there could not be verified."]


@pytest.mark.parametrize("edit", [OTHER, move("one", "OPS-1")], ids=["update", "move"])
def test_longer_wait_than_a_minute_is_left_to_resume(desk: Desk, edit: Edit) -> None:
    """Whatever Jira asks for it with."""
    plan, progress = desk.plan(edit), InstantProgress()
    desk.world.faults.when(
        lambda request: request.method in ("PUT", "DELETE"), Answer(503, headers={"Retry-After": "61"})
    )
    result = desk.apply(plan, progress=progress)
    assert (progress.waits, result.is_open) == ([], True)
    assert [type(problem) for problem in result.problems] == [ServerError]
    desk.new_kernel()
    assert states(desk.resume(result.run)) == {"done": 1}


def test_wait_of_a_minute_is_waited(desk: Desk) -> None:
    plan, progress = desk.plan(OTHER), InstantProgress()
    desk.world.faults.when(lambda request: request.method == "PUT", Answer(503, headers={"Retry-After": "60"}))
    assert states(desk.apply(plan, progress=progress)) == {"done": 1}
    (waited,) = progress.waits
    assert 60 <= waited <= 78


def test_closed_run_is_left_as_it_is(desk: Desk) -> None:
    """Nothing more of it is ever sent, and the next one may begin."""
    first = unfinished(desk, change("one", time_spent=minutes_of(90)), add("new"))
    close_run(first.run)
    desk.world.log.clear()
    assert states(desk.resume(first.run)) == {"not_sent": 2}
    assert desk.world.log.requests == []
    assert states(desk.do(OTHER)) == {"done": 1}
    close_run(first.run)
    assert runs().set_index("run").loc[first.run, "status"] == "closed"
