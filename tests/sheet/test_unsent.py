"""The drafts of unsent edits: what an editor writes the next one finds, and nothing can make that fail."""

from __future__ import annotations

import json
import os
import stat
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from roots_nb.editing.change import Values
from roots_nb.editing.journal import state_folder
from roots_nb.editing.planner import SiteAccount
from roots_nb.sheet import unsent
from roots_nb.sheet.unsent import FORMAT, FoundEdits, UnsentEdit, UnsentEdits
from tests.systems import needs_modes

ACCOUNTS = {
    "Cloud": SiteAccount("https://acme.atlassian.net", "ada", "Ada"),
    "Server": SiteAccount("http://localhost:8080/jira", "ada", "Ada"),
}
WEEK = (date(2026, 11, 16), date(2026, 11, 22))
BEFORE = Values("APP-1", datetime(2026, 11, 16, 8, tzinfo=UTC), timedelta(hours=1), "one")
LONGER = UnsentEdit("Cloud/1", "Cloud", "1", BEFORE, {"time_spent": timedelta(hours=2)})
LATER = UnsentEdit(
    "Server/2", "Server", "2", BEFORE, {"started": BEFORE.started + timedelta(hours=1), "comment": "\ud800 ü"}
)
NEW = UnsentEdit("new-1", "", "", None, {"issue": "APP-3"}, {"day": "Mon 16 Nov", "time_spent": "abc"}, delete=True)


def editor(*names: str, week: tuple[date, date] = WEEK) -> UnsentEdits:
    return UnsentEdits({name: ACCOUNTS[name] for name in names or ACCOUNTS}, *week)


def found(*names: str, week: tuple[date, date] = WEEK) -> FoundEdits:
    return editor(*names, week=week).find()


def files(pattern: str = "*") -> list[Path]:
    return sorted(state_folder("unsent").glob(pattern))


def test_next_editor_finds_what_was_noted() -> None:
    """Values, texts that are none, new rows; the last word on a row counts; when it was."""
    first = editor()
    first.note([replace(LONGER, wanted={"comment": "older"}), NEW])
    first.note([LONGER, LATER])
    left = found()
    assert sorted(left.edits, key=lambda edit: edit.row) == [LONGER, LATER, NEW]
    assert left.at is not None
    assert timedelta() <= datetime.now(UTC) - left.at < timedelta(minutes=1)
    assert left.problems == []


def test_editor_does_not_find_its_own() -> None:
    """Only those before it."""
    first = editor()
    first.note([LONGER])
    assert first.find() == FoundEdits([], None, [])


def test_edits_are_those_of_an_account_and_a_period() -> None:
    """Another account or another week has its own; one of two connections finds its part."""
    editor().note([LONGER, LATER])
    assert found("Cloud").edits == [LONGER]
    assert found(week=(date(2026, 11, 9), date(2026, 11, 15))).edits == []
    assert UnsentEdits({"Cloud": ACCOUNTS["Cloud"]._replace(account_id="bob")}, *WEEK).find().edits == []


def test_connection_may_have_another_name_by_now() -> None:
    """The account tells whose they are."""
    editor("Cloud").note([LONGER])
    left = UnsentEdits({"Acme": ACCOUNTS["Cloud"]}, *WEEK).find()
    assert [(edit.connection, edit.worklog_id) for edit in left.edits] == [("Acme", "1")]


def test_new_row_is_kept_with_the_account_it_is_for() -> None:
    """Also when that was typed later; whoever loads the other account alone is not offered it."""
    first = editor()
    first.note([LONGER, NEW])
    on_server = replace(NEW, connection="Server")
    first.note([on_server])
    assert found("Cloud").edits == [LONGER]
    assert found("Server").edits == [on_server]
    first.note([replace(NEW, connection="Cloud")])
    assert found("Server").edits == []
    assert len(found().edits) == 2


def test_edit_that_was_taken_back_is_not_found() -> None:
    """Nor is there anything to restore when all were."""
    first = editor()
    first.note([LONGER, NEW])
    first.note([replace(LONGER, wanted={})])
    assert found().edits == [NEW]
    first.note([UnsentEdit("new-1", "", "", None)])
    assert found() == FoundEdits([], None, [])


def test_kept_edits_replace_what_was_noted() -> None:
    """Without any there is no file."""
    first = editor()
    first.note([LONGER, LATER])
    first.keep([LATER])
    assert found().edits == [LATER]
    first.note([LONGER])
    assert len(found().edits) == 2
    first.keep([])
    assert files() == []


@pytest.mark.parametrize("names", [("a" * 32, "b" * 32), ("b" * 32, "a" * 32)])
def test_later_word_on_a_row_counts_whichever_editor_said_it(
    names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two editors left their drafts."""
    with monkeypatch.context() as given:
        given.setattr(unsent.uuid, "uuid4", iter(map(uuid.UUID, names)).__next__)
        first, second = editor(), editor()
    first.note([replace(LONGER, wanted={"comment": "Monday"}), LATER])
    second.note([replace(LONGER, wanted={"comment": "Tuesday"})])
    first.note([replace(LATER, wanted={"comment": "Wednesday"})])
    left = found()
    assert sorted(str(edit.wanted["comment"]) for edit in left.edits) == ["Tuesday", "Wednesday"]


def test_edits_that_are_left_stay_for_the_next_editor() -> None:
    """Those that were found and have no row here."""
    editor().note([LONGER, NEW])
    second = editor()
    second.find()
    second.forget_earlier(but=[LONGER])
    second.keep([NEW])
    third = editor()
    assert sorted(third.find().edits, key=lambda edit: edit.row) == [LONGER, NEW]
    third.forget_earlier()
    assert files() == []


def test_earlier_edits_are_deleted_when_they_are_restored_or_discarded() -> None:
    """Those that were found, not what another editor has begun since."""
    editor().note([LONGER])
    second = editor()
    second.find()
    editor().note([NEW])
    second.forget_earlier()
    assert found().edits == [NEW]


@needs_modes
def test_only_their_owner_can_read_them() -> None:
    """Comments are in them."""
    first = editor()
    first.note([LONGER])
    first.keep([LONGER])
    first.note([NEW])
    assert {stat.S_IMODE(path.stat().st_mode) for path in files()} == {0o600}
    assert stat.S_IMODE(state_folder("unsent").stat().st_mode) == 0o700


def test_torn_last_line_costs_that_line_alone() -> None:
    """It was not acknowledged."""
    editor("Cloud").note([LONGER, NEW])
    (path,) = files()
    path.write_bytes(path.read_bytes()[:-9])
    assert found("Cloud").edits == [LONGER]


def test_file_without_a_whole_line_is_none() -> None:
    """A crash came before anything was acknowledged."""
    editor("Cloud").note([LONGER])
    (path,) = files()
    for torn in (b"", b'{"form'):
        path.write_bytes(torn)
        assert found("Cloud") == FoundEdits([], None, [])


@pytest.mark.parametrize("damage", [b"{\n", b'{"format": 1}\n[]\n', b'{"format": 1}\n{"row": "x"}\n', b"\xff\n\n"])
def test_damaged_file_is_told_and_set_aside(damage: bytes) -> None:
    """What is in another file is found all the same."""
    editor("Cloud").note([LONGER])
    editor("Cloud").note([NEW])
    broken = files()[0]
    kept = LONGER if b'"new-1"' in broken.read_bytes() else NEW
    broken.write_bytes(damage)
    left = found("Cloud")
    assert left.edits == [kept]
    (told,) = left.problems
    assert "damaged" in told
    assert str(broken.with_suffix(".damaged")) in told
    assert broken.with_suffix(".damaged").read_bytes() == damage
    assert found("Cloud").problems == []


def test_file_of_a_newer_version_is_left_alone() -> None:
    """It is told, with what to do."""
    editor("Cloud").note([LONGER])
    (path,) = files()
    path.write_text(json.dumps({"format": FORMAT + 1, "tool": "9.9"}) + "\nwhatever\n")
    (told,) = found("Cloud").problems
    assert "newer version of roots_nb (9.9)" in told
    assert "Update" in told
    assert path.exists()


def test_write_that_fails_half_way_spoils_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full for a moment: what was there stays, what comes later is added."""
    first = editor("Cloud")
    first.note([LONGER])
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:20]))
        with pytest.raises(OSError, match="No space left"):
            first.note([NEW])
    first.note([NEW])
    assert found("Cloud").edits == [LONGER, NEW]
