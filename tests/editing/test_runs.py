"""Runs as people find them again: the list, and what is on the disk."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from roots_nb.editing.history import STATES
from roots_nb.editing.journal import journal_paths, read_journal
from roots_nb.editing.record import open_runs
from roots_nb.editing.runs import applied_by, close_run, plan_undo, result_of, runs
from roots_nb.errors import InvalidInput, JournalUnusable
from tests.editing.desk import Desk, add, change, delete, is_write, minutes_of, move, states
from tests.faults.fault import Meanwhile, unauthorised
from tests.systems import needs_modes
from tests.world import TOKEN, World

OTHER = change("five", comment="fünf")


# --- the list


def test_no_runs_are_an_empty_list_with_all_columns() -> None:
    """The same names and dtypes as a full one."""
    names = ["run", "begun", "connections", "accounts", "status", "changes", *STATES, "undoes", "undone_by", "problem"]
    listed = runs()
    assert (len(listed), list(listed)) == (0, names)
    assert {str(listed[name].dtype) for name in ("run", "status", "undoes", "undone_by", "problem")} == {"str"}
    assert {str(listed[name].dtype) for name in ("changes", *STATES)} == {"int64"}
    assert str(listed["begun"].dtype) == "datetime64[us, UTC]"


def test_runs_tell_what_was_applied_the_newest_first(desk: Desk) -> None:
    """When, as whom, how it ended and what became of each change."""
    begun = datetime.now(UTC) - timedelta(seconds=1)
    first = desk.do(change("one", time_spent=minutes_of(90)), delete("four"))
    undone = desk.apply(plan_undo(first.run))
    desk.world.faults.when(is_write, unauthorised())
    last = desk.do(OTHER, add("new", "OPS-1"))
    listed = runs()
    assert listed["run"].tolist() == [last.run, undone.run, first.run]
    assert listed["status"].tolist() == ["interrupted", "finished", "finished"]
    assert listed["changes"].tolist() == [2, 2, 2]
    assert listed["done"].tolist() == [0, 2, 2]
    assert listed["not_sent"].tolist() == [2, 0, 0]
    assert listed["undoes"].tolist() == ["", first.run, ""]
    assert listed["undone_by"].tolist() == ["", "", undone.run]
    assert set(listed["connections"]) == {desk.world.connection.name}
    assert set(listed["accounts"]) == {"Ann"}
    assert set(listed["problem"]) == {""}
    assert listed["begun"].between(begun, datetime.now(UTC)).all()
    assert (listed[list(STATES)].sum(axis=1) == listed["changes"]).all()
    pd.testing.assert_series_equal(listed.dtypes, runs().iloc[:0].dtypes)


def test_unfinished_runs_are_named_for_their_account_alone(desk: Desk) -> None:
    """Until they are resumed or closed."""
    jira = desk.jira
    key = (jira.connection.url, jira.account.account_id)
    desk.world.faults.when(is_write, unauthorised())
    result = desk.do(OTHER)
    assert [parts[0].run for parts in open_runs([key])] == [result.run]
    assert open_runs([(key[0], "somebody else")]) == []
    close_run(result.run)
    assert open_runs([key]) == []


def test_run_that_is_being_applied_is_no_interrupted_one(desk: Desk) -> None:
    """As another kernel sees it, until it has ended or was interrupted."""
    first = desk.do(OTHER).run
    plan = desk.plan(change("one", comment="eins"), change("two", comment="zwei"))
    seen: list[pd.DataFrame] = []
    who: list[str] = []

    def look() -> None:
        seen.append(runs())
        who.extend(map(applied_by, (plan.run, first)))

    desk.world.faults.when(is_write, Meanwhile(look))
    desk.world.faults.when(lambda request: request.path.endswith(f"/{desk.get('two').id}"), unauthorised())
    desk.apply(plan)
    assert [each["status"].tolist() for each in seen] == [["being applied", "finished"]]
    assert (f"process {os.getpid()} " in who[0], who[1]) == (True, "")
    assert runs()["status"].tolist() == ["interrupted", "finished"]
    assert applied_by(plan.run) == ""


def spoil(path: Path) -> None:
    """A line in the middle is not as it was written."""
    first, second, *others = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([first, second.replace(b"comment", b"COMMENT"), *others]))


def make_foreign(path: Path) -> None:
    path.write_text("From somewhere else.\n")


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [spoil, make_foreign, make_folder])
def test_journal_that_cannot_be_read_hides_no_other_run(desk: Desk, damage: Callable[[Path], None]) -> None:
    """The list says which file it is and what to do."""
    lost = desk.do(change("one", time_spent=minutes_of(90)))
    (path,) = journal_paths()
    others = [desk.do(OTHER).run, desk.do(delete("four")).run]
    damage(path)
    listed = runs()
    assert listed["run"].tolist() == [*reversed(others), lost.run]
    assert listed["status"].tolist() == ["finished", "finished", "unreadable"]
    assert listed["problem"].tolist()[:2] == ["", ""]
    assert listed["problem"][2].startswith(f"{path} ")
    assert listed["begun"].isna().tolist() == [False, False, True]
    assert (listed["changes"][2], listed["done"].tolist()) == (0, [1, 1, 0])
    assert listed["undoes"].tolist() == [""] * 3
    pd.testing.assert_series_equal(listed.dtypes, runs().iloc[:0].dtypes)


@pytest.mark.parametrize("damage", [make_foreign, make_folder])
def test_moving_a_damaged_journal_away_is_enough(desk: Desk, damage: Callable[[Path], None]) -> None:
    """Until then the account is kept from applying something: it may tell of an interrupted run."""
    desk.do(OTHER)
    (path,) = journal_paths()
    damage(path)
    with pytest.raises(JournalUnusable, match=r"move (the file|it) to another folder"):
        desk.do(delete("four"))
    path.rename(path.parent.parent / path.name)
    assert states(desk.do(delete("four"))) == {"done": 1}


def test_damage_before_the_end_of_a_run_keeps_nobody_back(desk: Desk) -> None:
    """That it has ended is its last line."""
    desk.do(OTHER)
    (path,) = journal_paths()
    spoil(path)
    assert states(desk.do(delete("four"))) == {"done": 1}


def test_damaged_journal_of_another_account_keeps_nobody_from_an_undo(cloud_desk: Desk, server: World) -> None:
    """One of the same account does: nobody knows whether it has undone the run already."""
    others = Desk(server).do(OTHER).run
    run = cloud_desk.do(OTHER).run
    (path,) = journal_paths(others)
    make_foreign(path)
    assert len(plan_undo(run)) == 1
    (own,) = journal_paths(run)
    make_foreign(own.with_name(own.name.replace(run, "another")))
    with pytest.raises(JournalUnusable, match="another"):
        plan_undo(run)


@pytest.mark.parametrize("act", [close_run, result_of, plan_undo])
def test_run_that_is_none_is_refused(act: object) -> None:
    """And says where to look."""
    with pytest.raises(InvalidInput, match=r"There is no run abc\. roots_nb\.runs\(\) lists them"):
        act("abc")  # type: ignore[operator]


def test_resuming_a_run_that_is_none_is_refused(desk: Desk) -> None:
    """Before any request."""
    with pytest.raises(InvalidInput, match=r"runs\(\) lists them"):
        desk.resume("abc")
    assert desk.world.log.requests == []


def test_resuming_a_finished_run_tells_how_it_ended(desk: Desk) -> None:
    """With nothing sent, whatever else was applied."""
    result = desk.do(OTHER)
    desk.do(change("one", comment="eins"))
    desk.world.log.clear()
    again = desk.resume(result.run)
    assert (again.counts, desk.world.log.requests) == (result.counts, [])


def make_old(run: str, days: int) -> None:
    """As if nothing had been noted for so long."""
    (path,) = journal_paths(run)
    os.utime(path, (time.time() - days * 86400,) * 2)


def test_ended_runs_are_forgotten_after_ninety_days(desk: Desk) -> None:
    """By the next apply."""
    old = desk.do(change("one", time_spent=minutes_of(90)))
    young = desk.do(change("two", time_spent=minutes_of(90)))
    make_old(old.run, 91)
    make_old(young.run, 89)
    last = desk.do(OTHER)
    assert set(runs()["run"]) == {young.run, last.run}


def test_old_run_that_cannot_be_read_or_removed_keeps_no_other_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged journal, and one that another program has open, as Windows sees it."""
    damaged = desk.do(change("one", time_spent=minutes_of(90)))
    spoil(journal_paths(damaged.run)[0])
    make_old(damaged.run, 91)
    held = desk.do(change("two", time_spent=minutes_of(90)))
    make_old(held.run, 91)
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if held.run in path.name:
            raise PermissionError(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    last = desk.do(OTHER)
    assert states(last) == {"done": 1}
    assert set(runs()["run"]) == {damaged.run, held.run, last.run}


def test_unfinished_run_is_never_forgotten(cloud_desk: Desk, server: World) -> None:
    """However old it is, and whoever applies something."""
    cloud_desk.world.faults.when(is_write, unauthorised())
    interrupted = cloud_desk.do(OTHER)
    make_old(interrupted.run, 400)
    last = Desk(server).do(OTHER)
    assert set(runs()["run"]) == {interrupted.run, last.run}


# --- on the disk


@needs_modes
def test_journal_is_private_and_holds_no_secret(desk: Desk, fresh_home: Path) -> None:
    """Nobody else can read it, and a token is nowhere below home."""
    desk.do(change("one", time_spent=minutes_of(90)), move("two", "OPS-1"), delete("four"), add("new"))
    (path,) = journal_paths()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    files = [each for each in fresh_home.rglob("*") if each.is_file()]
    assert path in files
    assert not any(TOKEN.encode() in each.read_bytes() for each in files)
    assert b"Authorization" not in path.read_bytes()


@pytest.mark.parametrize(
    ("edit", "method"),
    [(change("one", time_spent=minutes_of(90)), "PUT"), (delete("four"), "DELETE"), (move("one", "OPS-1"), "DELETE")],
    ids=["update", "delete", "move"],
)
def test_worklog_is_on_the_disk_before_it_is_touched(desk: Desk, edit: object, method: str) -> None:
    """All of it as Jira held it last, restriction included: that is what an undo brings back."""
    desk.world.ann.roles = frozenset({"Developers"})
    for name in ("one", "four"):
        desk.someone_changes(name, visibility=("role", "Developers"))
    plan = desk.plan(edit)  # type: ignore[arg-type]
    (wanted,) = plan.operations
    assert wanted.before is not None
    seen: list[dict[str, object]] = []

    def look() -> None:
        entries = read_journal(journal_paths(plan.run)[0]).entries
        seen.append([entry for entry in entries if entry["step"] == "intent"][-1])

    desk.world.faults.when(lambda request: request.method == method, Meanwhile(look))
    desk.apply(plan)
    (intent,) = seen
    before = intent["before"]
    assert isinstance(before, dict)
    assert intent["op"] == wanted.op_id
    assert (before["id"], before["values"]) == (wanted.worklog_id, wanted.before.to_json())
    assert before["visibility"]["value"] == "Developers"


def test_plan_is_on_the_disk_before_the_first_request(desk: Desk) -> None:
    """With every change, and a header that says of whom and by what it was written."""
    plan, read = desk.plan(change("one", time_spent=minutes_of(90)), add("new")), []
    desk.world.faults.when(lambda _: True, Meanwhile(lambda: read.append(read_journal(journal_paths()[0]))))
    desk.apply(plan)
    (journal,) = read
    assert [each["op"] for each in journal.operations] == [each.op_id for each in plan.operations]
    assert journal.entries == []
    account = desk.jira.account
    assert (journal.header["run"], journal.header["account_id"]) == (plan.run, account.account_id)
    assert (journal.header["site"], journal.header["author"]) == (desk.world.url, "Ann")
    assert {"format", "tool", "at"} <= set(journal.header)


def test_journal_tells_each_change_from_intent_to_outcome(desk: Desk) -> None:
    """An intent for each request, which says what is sent, and one outcome, then the end; every line is JSON."""
    plan = desk.plan(change("one", time_spent=minutes_of(90)), delete("two"), move("three", "OPS-1"))
    assert states(desk.apply(plan)) == {"done": 3}
    (path,) = journal_paths()
    lines = [json.loads(line) for line in path.read_text("ascii").splitlines()]
    told = [(line["step"], line["op"]) for line in lines if "step" in line]
    steps = (["intent", "done"], ["intent", "done"], ["intent", "created", "verified", "intent", "done"])
    of_each = zip(plan.operations, steps, strict=True)
    assert told == [*((step, change.op_id) for change, its in of_each for step in its), ("finished", "")]
    requests = [line["request"] for line in lines if line.get("step") == "intent"]
    assert requests == ["update", "delete", "create", "delete"]
    assert all(line["before"]["values"]["seconds"] == 3600 for line in lines if line.get("step") == "intent")
