"""The grid without a browser: what goes out and comes in, in which order, from which thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from roots_nb.widgets.grid.rows import CellUpdate, Edit, GridColumn, GridRow, RowUpdate
from roots_nb.widgets.grid.worklog_grid import Draft, WorklogGrid
from tests.widgets.grid_page import Page

COLUMNS = [
    GridColumn("issue", "Issue", "key", editable=True),
    GridColumn("comment", "Comment", editable=True),
    GridColumn("delete", "Delete", "check", editable=True),
    GridColumn("state", "State", "state", editable=True),
]
ROWS = [GridRow("1", {"issue": "APP-1", "comment": "canary"}), GridRow("2", {"issue": "APP-2", "delete": True})]


def make(rows: Sequence[GridRow] = ROWS, **callbacks: Any) -> tuple[WorklogGrid, Page, list[list[Edit]]]:
    actions: list[list[Edit]] = []
    grid = WorklogGrid(COLUMNS, callbacks.pop("on_edit", actions.append), **callbacks)
    grid.set_rows(rows)
    page = Page(grid)
    page.open()
    return grid, page, actions


def test_rows_go_to_a_page_that_is_ready_and_into_no_state() -> None:
    """As the buffer of one message, for that page; what a notebook saves does not have them."""
    grid, page, _ = make()
    assert page.last("rows")["for"] == "page"
    assert page.rows()["keys"] == ["1", "2"]
    assert page.rows()["values"]["issue"] == ["APP-1", "APP-2"]
    assert page.rows()["values"]["delete"] == [False, True]
    assert "canary" not in repr(grid.get_state())
    assert "canary" not in repr(page.received)


def test_nothing_is_sent_while_no_page_is_open() -> None:
    """Rows may be set again and again before the grid is shown."""
    grid = WorklogGrid(COLUMNS, lambda edits: None)
    page = Page(grid)
    grid.set_rows(ROWS)
    assert page.received == []


def test_state_column_is_never_editable() -> None:
    """It shows the row's state."""
    _, page, _ = make()
    assert [column["editable"] for column in page.last("rows")["columns"]] == [True, True, True, False]


def test_action_arrives_as_one_list_and_is_acknowledged_after_the_verdict() -> None:
    """A paste of two cells; its verdict names it as seen, the acknowledgement comes last."""
    seen: list[list[Edit]] = []

    def judge(edits: list[Edit]) -> None:
        seen.append(edits)
        grid.show(
            [CellUpdate("1", "issue", "APP-7", "There is no such issue.", changed=True), RowUpdate("1", "problem")]
        )

    grid, page, _ = make(on_edit=judge)
    page.edit(["1", "issue", "app 7"], ["2", "delete", False])
    assert seen == [[Edit("1", "issue", "app 7"), Edit("2", "delete", False)]]
    verdict, taken = page.received[-2:]
    assert verdict["cells"] == [["1", "issue", "APP-7", "There is no such issue.", True, None]]
    assert verdict["rows"] == [["1", "problem", ""]]
    assert verdict["seen"] == {"page": 1}
    assert (taken["type"], taken["client"], taken["number"]) == ("taken", "page", 1)


def test_page_that_is_opened_later_gets_the_rows_as_they_are_now() -> None:
    """With edits, verdicts, rows that came and went."""
    grid, page, _ = make()
    page.edit(["2", "comment", "typed"])
    grid.show([CellUpdate("1", "issue", "APP-9", "Not there.", True, 9.0), RowUpdate("2", "changed", "Changed")])
    grid.add_rows([GridRow("new", {"issue": "APP-3"}, state="new", state_text="New")], at="2")
    grid.remove_rows(["1"])
    page.open()
    rows = page.rows()
    assert rows["keys"] == ["new", "2"]
    assert rows["values"]["comment"] == ["", "typed"]
    assert rows["states"] == [[0, "new", "New"], [1, "changed", "Changed"]]
    assert rows["problems"] == rows["changed"] == rows["ranks"] == []
    grid.set_rows([GridRow("1", {}, {"issue": "Not there."}, {"issue"}, {"issue": 9.0})])
    assert page.rows()["problems"] == [[0, "issue", "Not there."]]
    assert page.rows()["changed"] == [[0, "issue"]]
    assert page.rows()["ranks"] == [[0, "issue", 9.0]]


def test_messages_are_taken_in_the_order_in_which_they_were_sent() -> None:
    """Whatever the order in which they are handed over; one that comes twice counts once."""
    _, page, actions = make()
    messages = [page.message("edit", cells=[["1", "comment", str(number)]]) for number in range(6)]
    for number in (2, 0, 0, 1, 5, 4, 4, 3, 1):
        page.deliver(messages[number])
    assert [edits[0].text for edits in actions] == list("012345")


def test_messages_on_many_threads_are_taken_one_at_a_time() -> None:
    """Two calls of `on_edit` never overlap, none is lost, and two pages do not wait for each other."""
    inside, overlaps, texts = threading.Semaphore(1), [], []

    def judge(edits: list[Edit]) -> None:
        if not inside.acquire(blocking=False):
            overlaps.append(edits)
        texts.append(edits[0].text)
        inside.release()

    grid, first, _ = make(on_edit=judge)
    second = Page(grid, "second")
    second.open()
    messages = [
        page.message("edit", cells=[["1", "comment", f"{page.name} {n}"]])
        for n in range(200)
        for page in (first, second)
    ]
    threads = [
        threading.Thread(target=lambda part=part: list(map(first.deliver, messages[part::7]))) for part in range(7)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == []
    for page in (first, second):
        assert [text for text in texts if text.startswith(page.name)] == [f"{page.name} {n}" for n in range(200)]


def test_edit_on_which_the_callback_fails_is_marked(caplog: pytest.LogCaptureFixture) -> None:
    """It is not passed off as taken over, and the next one is handled as ever."""
    calls: list[list[Edit]] = []

    def judge(edits: list[Edit]) -> None:
        calls.append(edits)
        if len(calls) == 1:
            raise ZeroDivisionError

    grid, page, _ = make(on_edit=judge)
    with caplog.at_level(logging.ERROR):
        grid.log.propagate = True
        page.edit(["1", "comment", "typed"])
    assert page.last("show")["cells"][0][3] == "This edit was not taken over (ZeroDivisionError). Type it again."
    page.edit(["1", "comment", "typed again"])
    assert len(calls) == 2
    assert page.last("taken")["number"] == 2


def test_rows_are_added_on_request() -> None:
    """The answer names the request, so that the page goes to its new row; rows added otherwise answer nobody."""

    def add(drafts: list[Draft]) -> None:
        grid.add_rows(GridRow(f"new {number}", draft) for number, draft in enumerate(drafts))

    grid, page, _ = make(on_add=add, on_remove=lambda keys: grid.remove_rows(keys))
    assert page.last("rows")["can_add"] is True
    page.deliver(page.message("add", drafts=[{}, {"issue": "APP-8"}]))
    assert page.last("add")["answers"] == ["page", 1]
    assert page.rows()["values"]["issue"] == ["", "APP-8"]
    grid.add_rows([GridRow("by itself")])
    assert page.last("add")["answers"] is None
    page.deliver(page.message("remove", keys=["new 0", "never there"]))
    assert page.last("remove")["keys"] == ["new 0"]


def test_grid_without_on_add_says_so() -> None:
    """Then the page has no button for it."""
    _, page, _ = make()
    assert page.last("rows")["can_add"] is False


def test_doubled_key_is_refused_and_changes_nothing() -> None:
    """Two rows of one key could not be told apart by an edit."""
    grid, page, _ = make()
    with pytest.raises(ValueError, match="unique"):
        grid.add_rows([GridRow("3"), GridRow("1")])
    with pytest.raises(ValueError, match="unique"):
        grid.set_rows([GridRow("4"), GridRow("4")])
    page.open()
    assert page.rows()["keys"] == ["1", "2"]


def test_change_of_a_row_that_is_gone_is_dropped() -> None:
    """A verdict may come after its row was removed."""
    grid, page, _ = make()
    grid.remove_rows(["1"])
    grid.show([CellUpdate("1", "issue", "APP-7"), RowUpdate("1", "done")])
    assert page.received[-1]["type"] == "remove"
