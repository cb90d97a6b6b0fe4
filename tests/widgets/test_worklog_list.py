"""The list of worklogs: its rows, their buttons, and what a click says."""

from __future__ import annotations

import re
from datetime import date

import pandas as pd
import pytest
from markupsafe import Markup

from roots_nb.widgets.worklog_list import MOST_ROWS, WorklogList
from tests.editing.frames import loaded, mine

Acts = list[tuple[object, ...]]


@pytest.fixture
def acts() -> Acts:
    return []


@pytest.fixture
def listing(acts: Acts) -> WorklogList:
    return WorklogList(on_add=lambda day: acts.append(("add", day)), on_act=lambda *act: acts.append(act))


def press(listing: WorklogList, action: str, key: str) -> None:
    listing._handle_custom_msg({"action": action, "key": key}, [])


def texts(listing: WorklogList) -> list[list[str]]:
    """The cells of each row of the body."""
    rows = re.findall(r"<tr.*?</tr>", listing.html.partition("<tbody>")[2], re.DOTALL)
    return [[Markup(cell).striptags() for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in rows]


def two_days() -> pd.DataFrame:
    return loaded(
        mine("2026-11-16 09:00", 60, issue="APP-1", summary="First", comment="one"),
        mine("2026-11-16 11:00", 45, issue="APP-2", summary="Second", comment="two"),
        mine("2026-11-18 09:30", 30, issue="APP-1", summary="First", comment="three"),
    )


def test_each_day_has_its_total_and_all_of_them_one(listing: WorklogList) -> None:
    """Days without any are there where they are asked for."""
    listing.show(two_days(), [date(2026, 11, day) for day in (16, 17, 18)])
    assert [[text for text in row if text] for row in texts(listing)] == [
        ["Mon 16 Nov", "1:45"],
        ["09:00", "1:00", "APP-1", "First", "one"],
        ["11:00", "0:45", "APP-2", "Second", "two"],
        ["Tue 17 Nov", "0:00"],
        ["Wed 18 Nov", "0:30"],
        ["09:30", "0:30", "APP-1", "First", "three"],
        ["Total", "2:15"],
    ]


def test_years_are_told_where_there_are_two(listing: WorklogList) -> None:
    """Else they only take room."""
    listing.show(loaded(mine("2026-12-31 09:00"), mine("2027-01-01 09:00")), [])
    assert [row[0] for row in texts(listing)][::2] == ["Thu 31 Dec 2026", "Fri 1 Jan 2027", "Total"]


def test_each_row_has_its_buttons_and_says_what_they_act_on(listing: WorklogList) -> None:
    """To whoever only hears the page."""
    listing.show(two_days(), [])
    assert len(listing.rows) == len(texts(listing))
    assert listing.rows[0]["actions"] == [["add", "Add", "Add a worklog on Mon 16 Nov 2026"]]
    which = "APP-1, Mon 16 Nov 2026, 09:00, 1:00, “one”"
    assert listing.rows[1]["actions"] == [["edit", "Edit", f"Edit {which}"], ["delete", "Delete", f"Delete {which}"]]
    assert listing.rows[-1]["actions"] == []


def test_press_says_which(listing: WorklogList, acts: Acts) -> None:
    """A connection may be called anything."""
    frame = two_days().assign(connection="a@b")
    listing.show(frame, [])
    keys = [row["key"] for row in listing.rows]
    press(listing, "add", keys[0])
    press(listing, "edit", keys[1])
    press(listing, "delete", keys[2])
    assert acts == [("add", date(2026, 11, 16)), ("edit", ("a@b", "10000")), ("delete", ("a@b", "10001"))]


def test_press_on_what_is_not_there_does_nothing(listing: WorklogList, acts: Acts) -> None:
    """A message from a page that is behind, or from nobody of ours."""
    listing.show(two_days(), [])
    for action, key in (("edit", "999@Cloud"), ("add", "nonsense"), ("explode", listing.rows[1]["key"]), ("edit", "")):
        press(listing, action, key)
    assert acts == []


def test_connection_is_told_where_there_are_several(listing: WorklogList) -> None:
    """Two sites may have an issue of one key."""
    other = mine("2026-11-16 10:00", connection="Server")
    listing.show(loaded(mine("2026-11-16 09:00"), other, connections=("Cloud", "Server")), [])
    assert [row[4] for row in texts(listing)] == ["", "Cloud", "Server", ""]


def test_very_many_rows_are_cut_and_counted(listing: WorklogList) -> None:
    """A browser has to draw them; the totals are of all."""
    count = MOST_ROWS + 100
    listing.show(loaded(*(mine("2026-11-16 09:00", 1) for _ in range(count))), [])
    assert len(texts(listing)) == MOST_ROWS + 2
    assert f"The first {MOST_ROWS} of {count} worklogs" in listing.html
    assert texts(listing)[-1][1] == "10:00"


def test_text_from_jira_is_text(listing: WorklogList) -> None:
    """Summary, comment, issue and address are anybody's."""
    hostile = "<img src=x onerror=alert(1)>"
    listing.show(loaded(mine("2026-11-16 09:00", summary=hostile, comment=hostile, url="javascript:alert(1)")), [])
    assert "<img" not in listing.html
    assert "javascript" not in listing.html


def test_nothing_is_an_empty_page(listing: WorklogList) -> None:
    """Not a table without rows."""
    listing.show(two_days(), [])
    listing.show(two_days().iloc[:0], [])
    assert (listing.html, listing.rows) == ("", [])


def test_row_that_is_edited_is_marked(listing: WorklogList) -> None:
    """And none any more in the end."""
    listing.show(two_days(), [])
    listing.mark(("Cloud", "10000"))
    assert listing.current == listing.rows[1]["key"]
    listing.mark(None)
    assert listing.current == ""
