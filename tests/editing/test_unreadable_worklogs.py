"""A worklog that cannot be read, as after an import that left out its start: it matters to its own change alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from roots_nb.demo.model import Worklog
from roots_nb.demo.rendering import Renderer
from roots_nb.editing.journal import journal_paths
from roots_nb.editing.runs import close_run, runs
from tests.editing.desk import Desk, Edit, add, change, delete, minutes_of, move, states
from tests.faults.fault import Answer, Meanwhile, Reset, not_found
from tests.faults.request import Request

EACH_KIND: tuple[Edit, ...] = (
    change("one", time_spent=minutes_of(90)),
    delete("two"),
    move("four", "APP-1"),
    add("new"),
    change("five", comment="fünf"),
)

Blot = Callable[..., None]


@pytest.fixture
def blot(monkeypatch: pytest.MonkeyPatch) -> Blot:
    """From now on Jira sends the worklogs with these comments without their start."""
    blotted: set[str] = set()
    render = Renderer.worklog

    def without_start(self: Renderer, worklog: Worklog, **options: bool) -> dict[str, Any]:
        body = render(self, worklog, **options)
        return {**body, "started": None} if worklog.comment in blotted else body

    monkeypatch.setattr(Renderer, "worklog", without_start)
    return lambda *names: blotted.update(names)


def is_create(request: Request) -> bool:
    return request.method == "POST"


def sentence(desk: Desk, name: str, issue: str) -> str:
    return f"Worklog {desk.get(name).id} on {issue} cannot be read"


@pytest.mark.parametrize("author", ["ann", "bob"])
def test_unreadable_worklog_is_in_no_other_ones_way(desk: Desk, blot: Blot, author: str) -> None:
    """Whoever wrote it: everything else on its issue is done, and verified."""
    plan = desk.plan(*EACH_KIND)
    desk.world.add_worklog("APP-1", "2026-11-20 15:00", comment="blotted", author=getattr(desk.world, author))
    blot("blotted")
    result = desk.apply(plan)
    assert (states(result), result.is_finished, result.notes) == ({"done": 5}, True, [])
    assert len(desk.find("blotted")) == 1
    pd.testing.assert_frame_equal(result.worklogs, desk.load())


@pytest.mark.parametrize(
    "edit", [change("one", comment="eins"), delete("one"), move("one", "OPS-1")], ids=["update", "delete", "move"]
)
def test_change_of_an_unreadable_worklog_fails(desk: Desk, blot: Blot, edit: Edit) -> None:
    """By itself, with a sentence that names it and before anything is sent; the rest is done."""
    plan, old = desk.plan(edit, change("two", comment="zwei"), change("five", comment="fünf")), desk.get("one")
    blot("one")
    result = desk.apply(plan)
    assert (states(result), result.is_finished) == ({"failed": 1, "done": 2}, True)
    assert sentence(desk, "one", "APP-1") in result.changes.set_index("state").loc["failed", "note"]
    assert (desk.get("one"), len(desk.writes())) == (old, 2)
    assert runs()["status"].tolist() == ["finished"]


@pytest.mark.parametrize("edit", [change("one", comment="eins"), move("one", "OPS-1")], ids=["update", "move"])
def test_restriction_in_an_unknown_shape_fails_its_change_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, edit: Edit
) -> None:
    """It could not be taken along or put back."""
    render = Renderer.worklog
    monkeypatch.setattr(
        Renderer, "worklog", lambda self, worklog, **options: {**render(self, worklog, **options), "visibility": "all"}
    )
    plan = desk.plan(edit)
    result = desk.apply(plan)
    assert (states(result), result.is_finished, desk.writes()) == ({"failed": 1}, True, [])
    assert "its visibility is no object" in result.changes["note"].iloc[0]


def test_unreadable_worklog_is_not_taken_for_gone(desk: Desk, blot: Blot) -> None:
    """Jira stumbles over the worklog itself and shows it in the list: it is not deleted already."""
    plan, path = desk.plan(delete("two", "five")), f"/{desk.get('five').id}"
    blot("five")
    desk.world.faults.when(lambda request: request.path.endswith(path), not_found(), times=None)
    result = desk.apply(plan)
    assert states(result) == {"failed": 1, "done": 1}
    (note,) = result.changes.loc[result.changes["state"] == "failed", "note"]
    assert note == f"Worklog {desk.get('five').id} on OPS-1 cannot be read. Look at it in Jira."


@pytest.mark.parametrize("edit", [add("new"), change("one", issue="OPS-1", comment="new")], ids=["create", "move"])
@pytest.mark.parametrize("fault", [None, Reset(after=True)], ids=["answered", "lost answer"])
def test_new_worklog_that_cannot_be_read_is_not_made_twice(
    desk: Desk, blot: Blot, edit: Edit, fault: Reset | None
) -> None:
    """It may be the one; that is unknown until somebody has looked, and sent no second time by a resume either."""
    plan = desk.plan(edit, change("five", comment="fünf"))
    blot("new")
    if fault:
        desk.world.faults.when(is_create, fault)
    for result in (desk.apply(plan), desk.resume(plan.run)):
        assert states(result) == {"unknown": 1, "done": 1}
        assert "cannot be read" in result.changes.set_index("state").loc["unknown", "note"]
        assert (len(desk.find("new")), desk.world.log.count("POST"), len(desk.find("one"))) == (1, 1, 1)
    close_run(plan.run)
    assert states(desk.do(change("two", comment="zwei"))) == {"done": 1}


def test_unreadable_worklog_of_another_change_is_no_reason_for_doubt(desk: Desk, blot: Blot) -> None:
    """It was read when it was made."""
    plan = desk.plan(add("first", started="2026-11-20 14:00"), add("new"))
    desk.world.faults.when(lambda request: is_create(request) and desk.world.log.count("POST") == 2, Reset())
    blotted = Meanwhile(lambda: blot("first"))
    desk.world.faults.when(lambda request: not is_create(request) and desk.world.log.count("POST") == 2, blotted)
    assert states(desk.apply(plan)) == {"done": 2}
    assert len(desk.find("new")) == 1


def test_unreadable_worklog_that_was_there_before_is_no_reason_for_doubt(desk: Desk, blot: Blot) -> None:
    """Only what came since can be the one whose answer was lost."""
    plan = desk.plan(add("new"))
    desk.world.add_worklog("APP-1", "2026-11-20 15:00", comment="blotted")
    blot("blotted")
    desk.world.faults.when(is_create, Reset())
    assert states(desk.apply(plan)) == {"done": 1}
    assert len(desk.find("new")) == 1


def test_worklog_that_is_unreadable_afterwards_is_told(desk: Desk, blot: Blot) -> None:
    """What was done stays done; the note says what is wrong with it."""
    plan = desk.plan(change("one", comment="eins"), change("two", comment="zwei"))

    def is_after_the_first(_: Request) -> bool:
        return b'"step": "done"' in journal_paths(plan.run)[0].read_bytes()

    desk.world.faults.when(is_after_the_first, Meanwhile(lambda: blot("eins")))
    result = desk.apply(plan)
    assert (states(result), result.is_finished) == ({"done": 2}, True)
    first, second = result.changes["note"]
    assert first.startswith(sentence(desk, "eins", "APP-1"))
    assert second == ""


def test_deleted_worklog_that_is_still_there_unread_is_no_done(desk: Desk, blot: Blot) -> None:
    """Jira says that it was deleted, and shows it afterwards, readable or not."""
    plan = desk.plan(delete("one"))
    desk.world.faults.when(lambda request: request.method == "DELETE", Answer(204))
    desk.world.faults.when(lambda _: desk.world.log.count("DELETE") > 0, Meanwhile(lambda: blot("one")))
    assert states(desk.apply(plan)) == {"unknown": 1}
