"""The bulk editor without a browser: what a page does to it, what it shows, keeps, asks and hands to the review."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from roots_nb.editing.journal import state_folder
from roots_nb.errors import InvalidChanges
from roots_nb.sheet import unsent
from roots_nb.sheet.unsent import UnsentEdits
from roots_nb.widgets.background import Run
from roots_nb.widgets.bulk_editor import BulkEditor
from roots_nb.widgets.conflicts import ConflictChoices
from tests.editing.desk import Desk
from tests.editing.frames import loaded, mine, set_cell, week
from tests.widgets.front_end import at_once, is_shown, text_of
from tests.widgets.grid_page import Page
from tests.world import World

ONE, TWO, THREE = (f"Cloud/{10_000 + n}" for n in range(3))


@pytest.fixture
def desk(cloud: World) -> Desk:
    return Desk(cloud)


class Opened:
    """An editor whose grid is open in a page."""

    def __init__(self, worklogs: pd.DataFrame, jira: Any = None, run: Run = at_once) -> None:
        self.editor = BulkEditor(worklogs, jira, run=run)
        self.page = Page(self.editor.grid)
        self.page.open()

    def edit(self, *cells: tuple[str, str, str | bool]) -> None:
        self.page.edit(*map(list, cells))

    def add(self, **texts: str) -> str:
        """Add a row as the button or a paste does; returns its key."""
        self.page.deliver(self.page.message("add", drafts=[texts]))
        (key,) = self.page.rows()["keys"]
        return str(key)

    @property
    def counts(self) -> str:
        return text_of(self.editor.counts)

    @property
    def status(self) -> str:
        return text_of(self.editor.status)

    @property
    def offer(self) -> str:
        return text_of(self.editor.offer.children[0]) if is_shown(self.editor.offer) else ""

    def shown(self, column: str) -> list[str]:
        """A column as a page would get it that is opened now."""
        self.page.open()
        found: list[str] = self.page.rows()["values"][column]
        return found

    def states(self) -> list[list[Any]]:
        self.page.open()
        states: list[list[Any]] = self.page.rows()["states"]
        return states


def drafts() -> list[Path]:
    return sorted(state_folder("unsent").glob("*"))


def test_head_says_period_and_zone() -> None:
    """Times are entered in the zone of the frame."""
    assert text_of(BulkEditor(week()).head) == "Mon 16 Nov 2026 to Sun 22 Nov 2026. Times are in Europe/Berlin."


def test_empty_frame_says_so_and_offers_a_row() -> None:
    """And takes one."""
    opened = Opened(loaded())
    assert "There are no worklogs in this period. Press + Add row" in text_of(opened.editor.head)
    assert opened.page.last("rows")["can_add"] is True
    opened.add(day="Mon", start="9", time_spent="1", issue="APP-3")
    assert len(opened.editor.plan()) == 1


@pytest.mark.parametrize("connections", [("Cloud",), ("Cloud", "Server")])
def test_connection_has_a_column_when_there_are_several(connections: tuple[str, ...]) -> None:
    """Otherwise nobody needs it."""
    opened = Opened(loaded(mine("2026-11-16 09:00"), connections=connections))
    names = [column["name"] for column in opened.page.last("rows")["columns"]]
    assert ("connection" in names) == (len(connections) == 2)
    assert names[-8:] == ["day", "start", "time_spent", "issue", "summary", "comment", "delete", "state"]


def test_edit_is_judged_shown_counted_and_kept() -> None:
    """Before it is acknowledged: good cells normalised, bad ones with their reason."""
    opened = Opened(week())
    assert opened.counts == "No edits."
    assert opened.editor.review.disabled
    opened.edit((ONE, "time_spent", "1,5h"), (TWO, "time_spent", "abc"))
    verdict, taken = opened.page.received[-2:]
    cells = {(key, column): cell for key, column, *cell in verdict["cells"]}
    assert cells[ONE, "time_spent"] == ["1:30", "", True, 5400.0]
    assert cells[TWO, "time_spent"][0] == "abc"
    assert "is not a duration" in cells[TWO, "time_spent"][1]
    assert verdict["rows"] == [[ONE, "changed", "Changed"], [TWO, "problem", "Problem"]]
    assert taken["type"] == "taken"
    assert opened.counts == "! 1 changed · 1 with a problem · +0:30"
    assert not opened.editor.review.disabled
    assert len(drafts()) == 1


def test_rows_are_added_and_removed() -> None:
    """An empty one is none; what is undone is gone from the disk as well."""
    opened = Opened(week())
    empty = opened.add()
    assert opened.counts == "No edits."
    key = opened.add(day="mon", start="9", time_spent="1", issue="APP-3")
    assert opened.shown("day")[-1] == "Mon 16 Nov"
    assert opened.counts == "1 new · +1:00"
    opened.page.deliver(opened.page.message("remove", keys=[key, empty]))
    assert opened.counts == "No edits."
    assert len(opened.shown("day")) == 3
    assert drafts() == []


def test_edited_is_handed_out_and_taken_back() -> None:
    """A frame edited with pandas is shown, and kept as a draft."""
    opened = Opened(week())
    opened.edit((ONE, "comment", "typed"))
    frame = opened.editor.edited
    frame.loc[1, "time_spent"] = pd.Timedelta(hours=3)
    assert opened.editor.edited["time_spent"].iloc[1] == pd.Timedelta(minutes=90)
    opened.editor.edited = frame
    assert opened.shown("time_spent") == ["1:00", "3:00", "0:30"]
    assert opened.counts == "2 changed · +1:30"
    assert len(UnsentEdits(opened.editor.sheet.accounts, *period(opened)).find().edits) == 2


def period(opened: Opened) -> tuple[Any, Any]:
    dates = opened.editor.sheet.dates
    return dates.first, dates.last


# --- review


def test_review_opens_with_the_plan() -> None:
    """Below the sheet; edits after that are not in it, and that is said."""
    opened = Opened(week())
    opened.edit((ONE, "comment", "edited"))
    opened.editor.review.click()
    review = opened.editor.reviewing
    assert review is not None
    assert opened.editor.slot.children == (review,)
    assert review.plan.counts == {"update": 1}
    assert opened.status == ""
    opened.edit((TWO, "comment", "edited"))
    assert "without your last edits" in opened.status
    opened.editor.review.click()
    assert opened.editor.reviewing is not review
    assert opened.status == ""


def test_problems_are_told_in_words_and_on_their_cells() -> None:
    """Instead of a review: those that were typed, and those that only a plan sees."""
    opened = Opened(week())
    texts = {"day": "mon", "start": "9", "time_spent": "1", "issue": "APP-3"}
    opened.edit((ONE, "time_spent", "abc <b>"))
    opened.add(**texts)
    opened.add(**texts)
    opened.editor.review.click()
    assert opened.editor.slot.children == ()
    assert "2 cells cannot be used:" in opened.status
    assert "Mon 16 Nov 9:00 APP-1, time spent: 'abc <b>' is not a duration" in unescape(opened.status)
    assert "Mon 16 Nov 9:00 APP-3, start: It equals another row." in opened.status
    assert "<b>" not in opened.editor.status.value
    opened.page.open()
    assert [(row, column) for row, column, _ in opened.page.rows()["problems"]] == [(0, "time_spent"), (4, "start")]
    with pytest.raises(InvalidChanges):
        opened.editor.plan()


def test_long_list_of_problems_is_cut() -> None:
    """The table has them all."""
    opened = Opened(week())
    opened.edit(*((key, column, "?") for key in (ONE, TWO) for column in ("day", "start", "time_spent", "issue")))
    opened.editor.review.click()
    assert "8 cells cannot be used:" in opened.status
    assert "And 3 more." in opened.status


def test_applied_edits_leave_the_editor(desk: Desk) -> None:
    """Those that met a conflict stay, with what Jira holds; the draft is what is left."""
    opened = Opened(desk.load(), desk.jira)
    one, two = (row.key for row in opened.editor.sheet.views()[:2])
    opened.edit((one, "comment", "mine"), (two, "comment", "mine"))
    opened.editor.review.click()
    desk.someone_changes("two", comment="theirs")
    review = opened.editor.reviewing
    assert review is not None
    review.apply.click()
    assert opened.shown("comment")[:2] == ["mine", "mine"]
    assert opened.states()[:2] == [[0, "done", "Saved"], [1, "conflict", "Conflict"]]
    assert "comment: Jira has theirs now; it was two when you edited it." in opened.status
    assert opened.counts == "! 1 changed · 1 in conflict · 0:00"
    opened.edit((two, "comment", "theirs"))
    assert opened.counts == "No edits."
    assert drafts() == []


def conflicting(desk: Desk) -> tuple[Opened, ConflictChoices]:
    """An editor whose edits of "one" and "two" were applied after somebody else's."""
    opened = Opened(desk.load(), desk.jira)
    opened.edit(*((row.key, "comment", "mine") for row in opened.editor.sheet.views()[:2]))
    opened.editor.review.click()
    for name in ("one", "two"):
        desk.someone_changes(name, comment=f"their {name}")
    review = opened.editor.reviewing
    assert review is not None
    review.apply.click()
    assert opened.counts == "! 2 changed · 2 in conflict · 0:00"
    (choices,) = review.conflicts.children
    assert isinstance(choices, ConflictChoices)
    return opened, choices


def test_rows_of_which_theirs_is_kept_show_what_jira_holds(desk: Desk) -> None:
    """Edits, marks and draft of them are gone."""
    opened, choices = conflicting(desk)
    choices.keep_all.click()
    assert opened.shown("comment")[:2] == ["their one", "their two"]
    assert opened.states() == []
    assert (opened.counts, opened.status) == ("No edits.", "")
    assert drafts() == []
    assert opened.editor.review.disabled


def test_rows_that_are_not_reviewed_again_keep_theirs(desk: Desk) -> None:
    """Mine stays edited until it is applied."""
    opened, choices = conflicting(desk)
    choices.choices[0].value = "mine"
    choices.review.click()
    assert opened.shown("comment")[:2] == ["mine", "their two"]
    assert opened.counts == "! 1 changed · 1 in conflict · 0:00"
    assert "their two" not in opened.status
    review = opened.editor.reviewing
    assert review is not None
    review.apply.click()
    assert opened.shown("comment")[:2] == ["mine", "their two"]
    assert opened.counts == "No edits."
    assert (len(desk.find("mine")), len(desk.find("their two"))) == (1, 1)


def test_review_at_work_is_not_replaced(desk: Desk) -> None:
    """While it applies, Review changes says what to wait for; afterwards it opens the next one."""
    jobs: list[Callable[[], None]] = []
    opened = Opened(desk.load(), desk.jira, run=jobs.append)
    one, two = (row.key for row in opened.editor.sheet.views()[:2])
    opened.edit((one, "comment", "mine"))
    opened.editor.review.click()
    review = opened.editor.reviewing
    assert review is not None
    review.apply.click()
    opened.edit((two, "comment", "later"))
    opened.editor.review.click()
    assert opened.editor.reviewing is review
    assert opened.editor.slot.children == (review,)
    assert "The review below is still at work." in opened.status
    jobs.pop()()
    assert opened.status == ""
    opened.editor.review.click()
    assert opened.editor.reviewing is not review
    assert opened.editor.reviewing.plan.counts == {"update": 1}


def test_review_is_undone_in_the_editor_as_well(desk: Desk) -> None:
    """It shows what Jira holds."""
    opened = Opened(desk.load(), desk.jira)
    opened.edit((opened.editor.sheet.views()[0].key, "delete", True))
    opened.editor.review.click()
    review = opened.editor.reviewing
    assert review is not None
    review.apply.click()
    assert opened.shown("comment") == ["two", "three", "four", "five"]
    review.undo.click()
    review.apply.click()
    assert opened.shown("comment") == ["one", "two", "three", "four", "five"]
    assert opened.counts == "No edits."


# --- discard, restore


def shown_buttons(editor: BulkEditor) -> list[str]:
    buttons = (editor.review, editor.discard, editor.really, editor.keep)
    return [button.description for button in buttons if is_shown(button)]


def test_discarding_asks_first() -> None:
    """Keep leaves everything; Discard takes rows and draft away."""
    opened = Opened(week())
    opened.edit((ONE, "comment", "edited"))
    opened.add(day="mon")
    editor = opened.editor
    editor.discard.click()
    assert "Discard 2 unsent edits?" in opened.status
    assert [is_shown(each) for each in (editor.review, editor.discard, editor.really, editor.keep)] == [
        False,
        False,
        True,
        True,
    ]
    editor.keep.click()
    assert opened.status == ""
    assert opened.counts == "! 1 changed · 1 with a problem · 0:00"
    editor.discard.click()
    editor.really.click()
    assert [is_shown(each) for each in (editor.review, editor.discard, editor.really, editor.keep)] == [
        True,
        True,
        False,
        False,
    ]
    assert opened.shown("comment") == ["one", "two", ""]
    assert opened.counts == "No edits."
    assert drafts() == []


def test_review_of_discarded_edits_is_closed() -> None:
    """Nothing that was discarded can be applied; edits that are replaced are told to be."""
    opened = Opened(week())
    opened.edit((ONE, "comment", "edited"))
    opened.editor.review.click()
    opened.editor.edited = week().assign(comment="from pandas")
    assert "without your last edits" in opened.status
    opened.editor.discard.click()
    opened.editor.really.click()
    assert (opened.editor.slot.children, opened.editor.reviewing) == ((), None)


def test_review_at_work_is_not_closed(desk: Desk) -> None:
    """Whoever discards meanwhile sees how it ends."""
    jobs: list[Callable[[], None]] = []
    opened = Opened(desk.load(), desk.jira, run=jobs.append)
    opened.edit((opened.editor.sheet.views()[0].key, "comment", "mine"))
    opened.editor.review.click()
    review = opened.editor.reviewing
    assert review is not None
    review.apply.click()
    opened.editor.discard.click()
    opened.editor.really.click()
    assert opened.editor.slot.children == (review,)
    jobs.pop()()
    assert opened.shown("comment")[0] == desk.get("mine").comment
    assert opened.counts == "No edits."


def test_edits_of_other_rows_stay_for_who_has_them() -> None:
    """An editor of a part of the period restores what it can; the rest is told, kept and offered again."""
    Opened(week()).edit((ONE, "comment", "edited"), (TWO, "comment", "edited"))
    part = week().iloc[[1]]
    part.attrs = week().attrs
    other = Opened(part)
    other.editor.restore.click()
    assert other.shown("comment") == ["edited"]
    assert "APP-1, Mon 16 Nov 2026 is not in this table; your edit of it is kept, and offered again." in other.status
    other.edit((TWO, "comment", "two"))
    assert other.counts == "No edits."
    again = Opened(week())
    assert again.editor.restore.description.startswith("Restore 1 unsent edit from ")
    again.editor.restore.click()
    assert again.shown("comment")[:2] == ["edited", "two"]
    assert len(drafts()) == 1


def test_draft_stays_where_what_is_restored_cannot_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full: that is told, whatever else is, until it is not so any more."""
    Opened(week()).edit((ONE, "comment", "edited"))
    after = Opened(week())
    with monkeypatch.context() as full:
        full.setattr(unsent, "write_private", no_space)
        after.editor.restore.click()
    assert "cannot be kept on this computer (No space left on device)" in after.status
    assert (after.shown("comment")[0], len(drafts())) == ("edited", 1)
    assert after.editor.discard.disabled is False
    after.editor.discard.click()
    assert "cannot be kept on this computer" in after.status
    after.editor.keep.click()
    after.edit((TWO, "comment", "edited"))
    assert after.status == ""


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_next_editor_offers_what_was_not_applied() -> None:
    """With how much and from when; restored, it is as it was, and its draft is the new editor's."""
    before = Opened(week())
    before.edit((ONE, "comment", "edited"), (TWO, "time_spent", "abc"))
    before.add(day="mon")
    after = Opened(week())
    assert "were not applied" in after.offer
    assert after.editor.restore.description.startswith("Restore 3 unsent edits from ")
    assert after.counts == "No edits."
    after.editor.restore.click()
    assert after.offer == ""
    assert after.counts == before.counts
    assert after.shown("time_spent") == before.shown("time_spent")
    assert Opened(week()).editor.restore.description.startswith("Restore 3 unsent edits")
    assert len(drafts()) == 1


def test_offer_names_the_day_of_older_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of today's the time alone."""
    Opened(week()).edit((ONE, "comment", "edited"))
    (path,) = drafts()
    text = path.read_text()
    at = text.split('"at": "')[1][:19]
    path.write_text(text.replace(at, "2026-11-16T15:20:00"))
    assert Opened(week()).editor.restore.description == "Restore 1 unsent edit from Mon 16 Nov 2026 16:20"


def test_discarded_offer_is_gone_for_good() -> None:
    """Also for the editor after the next."""
    Opened(week()).edit((ONE, "comment", "edited"))
    after = Opened(week())
    after.editor.forget.click()
    assert after.offer == ""
    assert drafts() == []


def test_restored_edit_of_what_changed_meanwhile_is_in_conflict() -> None:
    """It is marked and told, and what is gone is told as well."""
    Opened(week()).edit((ONE, "time_spent", "2h"), (TWO, "comment", "x"))
    now = (
        set_cell(week(), 0, "time_spent", pd.Timedelta(hours=3)).astype({"time_spent": "timedelta64[us]"}).drop(index=1)
    )
    now.attrs = week().attrs
    after = Opened(now)
    after.editor.restore.click()
    assert "Mon 16 Nov 9:00 APP-1, time spent: Jira has 3:00 now; it was 1:00 when you edited it." in after.status
    assert "APP-2, Tue 17 Nov 2026 is not in this table; your edit of it is kept, and offered again." in after.status
    assert after.states() == [[0, "conflict", "Conflict"]]
    assert after.counts == "! 1 changed · 1 in conflict · -1:00"


def test_damaged_draft_is_told() -> None:
    """And is no reason not to open."""
    Opened(week()).edit((ONE, "comment", "edited"))
    drafts()[0].write_bytes(b"{\n")
    after = Opened(week())
    assert "damaged" in after.offer
    assert len(after.editor.offer.children) == 1


def test_disk_that_keeps_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The edit counts all the same."""
    state_folder("x").parent.mkdir(parents=True, exist_ok=True)
    state_folder("unsent").write_text("a file where the folder should be")
    opened = Opened(week())
    opened.edit((ONE, "comment", "edited"))
    assert "cannot be kept on this computer" in opened.status
    assert opened.counts == "1 changed · 0:00"


# --- issues


def test_summary_of_a_typed_issue_is_looked_up(desk: Desk) -> None:
    """From Jira, and what Jira does not have is marked."""
    desk.world.site.add_issue("APP-9", "A new one")
    opened = Opened(desk.load(), desk.jira)
    one, two = (row.key for row in opened.editor.sheet.views()[:2])
    opened.edit((one, "issue", "app-9"), (two, "issue", "APP-999"))
    assert opened.shown("summary")[:2] == ["A new one", ""]
    assert opened.counts == "! 1 changed · 1 with a problem · 0:00"
    assert [(row, column) for row, column, _ in opened.page.rows()["problems"]] == [(1, "issue")]


def test_jira_that_does_not_answer_leaves_the_summary_empty(desk: Desk) -> None:
    """Typing goes on; a login that was refused is not tried again."""
    opened = Opened(desk.load(), desk.jira)
    desk.world.site.remove_credential("world-token")
    one = opened.editor.sheet.views()[0].key
    desk.world.log.clear()
    opened.edit((one, "issue", "OPS-7"))
    asked = len(desk.world.log.requests)
    opened.edit((one, "issue", "OPS-8"))
    assert 0 < asked == len(desk.world.log.requests)
    assert opened.shown("summary")[0] == ""
    assert opened.counts == "1 changed · 0:00"
