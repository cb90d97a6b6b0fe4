"""One plan for several sites: one run, a journal and a lock for each, and trouble that stays where it is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pytest

from roots_nb.editing import apply
from roots_nb.editing.account_lock import AccountLock, account_lock
from roots_nb.editing.apply import apply_changes, resume
from roots_nb.editing.journal import Journal, account_key, journal_paths
from roots_nb.editing.plan import Plan, plan_changes
from roots_nb.editing.record import open_runs
from roots_nb.editing.result import Result
from roots_nb.editing.runs import close_run, plan_undo, runs
from roots_nb.errors import AuthenticationFailed, InvalidInput, JournalUnusable, RunLocked, UnfinishedRun, Unreachable
from roots_nb.jira.client import Jira
from roots_nb.worklogs import load_worklogs
from tests.editing.desk import WEEK, ZONE, Desk, Edit, is_write, minutes_of, states
from tests.faults.fault import Meanwhile, Reset, unauthorised
from tests.world import InstantProgress, World


class TwoDesks:
    """The same person on Cloud and on Data Center, with worklogs that are called alike."""

    def __init__(self, cloud: World, server: World) -> None:
        self.cloud, self.server = Desk(cloud), Desk(server)

    @property
    def desks(self) -> tuple[Desk, Desk]:
        return self.cloud, self.server

    @property
    def jiras(self) -> list[Jira]:
        return [desk.jira for desk in self.desks]

    def load(self) -> pd.DataFrame:
        return load_worklogs(self.jiras, WEEK, zone=ZONE, refresh=True, progress=InstantProgress())

    def plan(self, *edits: Edit) -> Plan:
        loaded = self.load()
        edited = loaded.copy()
        for edit in edits:
            edited = edit(edited)
        plan = plan_changes(loaded, edited)
        for desk in self.desks:
            desk.world.log.clear()
        return plan

    def apply(self, plan: Plan, jiras: Sequence[Jira] | None = None) -> Result:
        return apply_changes(jiras or self.jiras, plan, confirm=plan.confirmation, progress=InstantProgress())

    def resume(self, run: str) -> Result:
        return resume(self.jiras, run, progress=InstantProgress())

    def new_kernel(self) -> None:
        for desk in self.desks:
            desk.world.faults.clear()
            desk.new_kernel()

    def requests(self) -> int:
        return sum(len(desk.world.log.requests) for desk in self.desks)

    def states(self, result: Result) -> dict[str, list[str]]:
        """By connection."""
        return result.changes.groupby("connection")["state"].agg(lambda told: sorted(told)).to_dict()


@pytest.fixture
def both(cloud: World, server: World) -> TwoDesks:
    return TwoDesks(cloud, server)


def longer(*names: str) -> Edit:
    """On both sites."""
    return lambda frame: frame.assign(time_spent=frame["time_spent"].mask(frame["comment"].isin(names), minutes_of(90)))


def test_plan_for_two_sites_is_one_run(both: TwoDesks) -> None:
    """Each change goes to its own site; ids that are equal on both are told apart."""
    plan = both.plan(longer("one", "five"), lambda frame: frame.assign(delete=frame["comment"] == "four"))
    assert len({change.worklog_id for change in plan.operations}) == 3
    result = both.apply(plan)
    assert both.states(result) == {"Cloud": ["done"] * 3, "Server": ["done"] * 3}
    for desk in both.desks:
        assert [desk.get(name).seconds for name in ("one", "two", "five")] == [5400, 3600, 5400]
        assert desk.find("four") == []
    pd.testing.assert_frame_equal(result.worklogs, both.load())
    listed = runs()
    assert (listed["run"].tolist(), listed["connections"].tolist()) == ([plan.run], ["Cloud, Server"])


def test_runs_name_all_their_accounts(both: TwoDesks) -> None:
    """Each once."""
    both.server.world.ann.display_name = "Ann of the intranet"
    both.new_kernel()
    both.apply(both.plan(longer("one")))
    assert runs()["accounts"].tolist() == ["Ann, Ann of the intranet"]


def test_each_site_has_a_journal_of_its_own(both: TwoDesks) -> None:
    """Named by the run and by site and account, never by what a connection is called."""
    plan = both.plan(longer("one"))
    both.apply(plan)
    keys = {account_key(jira.connection.url, jira.account.account_id) for jira in both.jiras}
    assert {path.name for path in journal_paths()} == {f"{plan.run}.{key}.jsonl" for key in keys}


def test_run_with_one_unreadable_journal_tells_of_the_other(both: TwoDesks) -> None:
    """In one row, which says that it is not the whole."""
    run = both.apply(both.plan(longer("one", "five"))).run
    damaged, _ = journal_paths(run)
    damaged.write_bytes(b"damaged")
    (row,) = runs().to_dict("records")
    assert (row["run"], row["status"], row["changes"], row["done"]) == (run, "unreadable", 2, 2)
    assert row["problem"].startswith(f"{damaged} is damaged")


def test_undo_of_two_sites_is_one_plan(both: TwoDesks) -> None:
    """And one run."""
    held = [desk.contents() for desk in both.desks]
    result = both.apply(both.plan(longer("one", "four")))
    undone = both.apply(plan_undo(result.run))
    assert states(undone) == {"done": 4}
    assert [desk.contents() for desk in both.desks] == held


def test_renamed_connection_is_the_same_site(both: TwoDesks) -> None:
    """A run is found by site and account."""
    both.server.world.faults.when(is_write, unauthorised())
    result = both.apply(both.plan(longer("one")))
    both.new_kernel()
    for desk in both.desks:
        desk.jira.connection = replace(desk.jira.connection, name=f"My {desk.jira.connection.name}")
    assert states(both.resume(result.run)) == {"done": 2}


# --- refused before anything is sent


def test_missing_site_is_refused_before_any_request(both: TwoDesks) -> None:
    """Whichever it is, and named."""
    plan = both.plan(longer("one"))
    for desk, other in (both.desks, both.desks[::-1]):
        with pytest.raises(InvalidInput, match=desk.world.url):
            both.apply(plan, [other.jira])
    assert (both.requests(), journal_paths()) == (0, [])


def test_site_that_is_not_signed_in_is_refused_with_its_reason(both: TwoDesks) -> None:
    """As `connect_all` returns it."""
    plan = both.plan(longer("one"))
    failed = Jira(both.server.jira.connection, problem=AuthenticationFailed("The token has expired."))
    with pytest.raises(InvalidInput, match="The token has expired"):
        both.apply(plan, [both.cloud.jira, failed])
    assert (both.requests(), journal_paths()) == (0, [])


def test_each_reason_why_a_site_is_not_signed_in_is_told(both: TwoDesks) -> None:
    """Of that site alone; another account there has none."""
    plan, connection = both.plan(longer("one")), both.server.jira.connection
    given = [Jira(connection, problem=AuthenticationFailed(why)) for why in ("One has expired.", "One is locked.")]
    elsewhere = Jira(replace(connection, url="https://elsewhere.invalid"), problem=AuthenticationFailed("Elsewhere."))
    somebody = Jira(connection, account=replace(both.server.jira.account, account_id="somebody else"))
    with pytest.raises(InvalidInput) as told:
        both.apply(plan, [both.cloud.jira, somebody, *given, elsewhere])
    assert told.value.advice == "One has expired. One is locked."
    assert (both.requests(), journal_paths()) == (0, [])


def test_more_sites_than_the_plan_needs_do_no_harm(both: TwoDesks) -> None:
    """They are left alone."""
    plan = both.plan(lambda frame: longer("one")(frame[frame["connection"] == "Cloud"]))
    assert states(both.apply(plan)) == {"done": 1}
    assert both.server.world.log.requests == []


def test_lock_of_one_site_keeps_the_whole_plan_back(both: TwoDesks) -> None:
    """Nothing is sent to the other one either."""
    plan, jira = both.plan(longer("one")), both.server.jira
    with account_lock(jira.connection.url, jira.account.account_id), pytest.raises(RunLocked):
        both.apply(plan)
    assert (both.requests(), journal_paths()) == (0, [])
    assert states(both.apply(plan)) == {"done": 2}


def test_locks_are_taken_in_one_order(both: TwoDesks, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the connections are given: two applies never wait for each other in a ring."""
    taken: list[tuple[str, str]] = []

    def note(site: str, account_id: str, *, run: str) -> AccountLock:
        taken.append((site, account_id))
        return account_lock(site, account_id, run=run)

    monkeypatch.setattr(apply, "account_lock", note)
    both.apply(both.plan(longer("one")), both.jiras)
    both.apply(both.plan(longer("two")), both.jiras[::-1])
    assert len(taken) == 4
    assert taken[:2] == taken[2:] == sorted(taken[:2])


def test_journal_of_one_site_that_cannot_be_begun_keeps_the_whole_plan_back(
    both: TwoDesks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other site's is taken away again."""
    plan, create, begun = both.plan(longer("one")), Journal.create, iter([True, False])

    def fail_second(*args: object) -> Journal:
        if not next(begun):
            raise JournalUnusable("The disk is full.")
        return create(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as full:
        full.setattr(Journal, "create", fail_second)
        with pytest.raises(JournalUnusable):
            both.apply(plan)
    assert (both.requests(), journal_paths()) == (0, [])
    assert states(both.apply(plan)) == {"done": 2}


# --- trouble on one site


def test_401_of_one_site_stops_that_site_alone(both: TwoDesks) -> None:
    """The other one finishes; resume goes on with the rest."""
    both.server.world.faults.when(is_write, unauthorised())
    result = both.apply(both.plan(longer("one", "two", "three")))
    assert both.states(result) == {"Cloud": ["done"] * 3, "Server": ["not_sent"] * 3}
    assert [type(problem) for problem in result.problems] == [AuthenticationFailed]
    assert not result.is_finished
    both.new_kernel()
    assert both.states(both.resume(result.run)) == {"Cloud": ["done"] * 3, "Server": ["done"] * 3}


@pytest.mark.parametrize("down", ["cloud", "server"])
def test_outage_of_one_site_stops_that_site_alone(both: TwoDesks, down: str) -> None:
    """From its first request on; applied again the plan names its run, and nothing of it is forgotten."""
    desk = getattr(both, down)
    plan = both.plan(longer("one", "two"))
    desk.world.faults.when(lambda _: True, Reset(), times=None)
    result = both.apply(plan)
    assert states(result) == {"done": 2, "not_sent": 2}
    assert [type(problem) for problem in result.problems] == [Unreachable]
    with pytest.raises(UnfinishedRun, match=plan.run):
        both.apply(plan)
    both.new_kernel()
    assert states(both.resume(plan.run)) == {"done": 4}
    assert states(both.apply(plan)) == {"done": 4}


def test_resume_leaves_a_site_alone_that_has_finished(both: TwoDesks) -> None:
    """What was verified is not asked again, and what somebody has changed since is not told as ours."""
    plan = both.plan(longer("one"))
    both.server.world.faults.when(is_write, unauthorised())
    result = both.apply(plan)
    both.new_kernel()
    both.cloud.someone_changes("one", comment="later")
    both.cloud.world.log.clear()
    finished = both.resume(result.run)
    assert both.cloud.world.log.requests == []
    assert states(finished) == {"done": 2}
    assert (finished.changes["note"] == "").all()


def test_half_run_of_two_sites_can_be_closed(both: TwoDesks) -> None:
    """What one site did can be undone then."""
    held = [desk.contents() for desk in both.desks]
    both.server.world.faults.when(is_write, unauthorised())
    result = both.apply(both.plan(longer("one")))
    both.new_kernel()
    with pytest.raises(UnfinishedRun):
        plan_undo(result.run)
    close_run(result.run)
    assert runs()["status"].tolist() == ["closed"]
    assert states(both.apply(plan_undo(result.run), [both.cloud.jira])) == {"done": 1}
    assert [desk.contents() for desk in both.desks] == held


def test_unfinished_runs_are_named_the_oldest_first(both: TwoDesks) -> None:
    """Each by itself, whichever site it is on."""
    begun = []
    for desk in both.desks[::-1]:
        desk.world.faults.when(is_write, unauthorised())
        begun.append(desk.do(longer("one")).run)
    accounts = [(jira.connection.url, jira.account.account_id) for jira in both.jiras]
    assert [[record.run for record in records] for records in open_runs(accounts)] == [[run] for run in begun]


def test_unfinished_run_of_one_site_keeps_a_plan_for_both_back(both: TwoDesks) -> None:
    """Nothing is sent to the other one either."""
    both.server.world.faults.when(is_write, unauthorised())
    first = both.server.do(longer("one"))
    both.new_kernel()
    plan = both.plan(longer("two"))
    with pytest.raises(UnfinishedRun, match=first.run):
        both.apply(plan)
    assert both.requests() == 0


def test_sites_are_written_to_at_the_same_time(both: TwoDesks) -> None:
    """A slow one does not keep the other waiting."""
    plan, written = both.plan(longer("one")), threading.Event()
    both.server.world.faults.when(is_write, Meanwhile(written.set))
    both.cloud.world.faults.when(is_write, Meanwhile(lambda: met.append(written.wait(10))))
    met: list[bool] = []
    assert states(both.apply(plan)) == {"done": 2}
    assert met == [True]
