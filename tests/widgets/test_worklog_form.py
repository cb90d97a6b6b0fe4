"""One worklog in a form: what Jira receives, what is said, and that nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

import pandas as pd
import pytest

from roots_nb.editing.account_lock import account_lock
from roots_nb.editing.drafts import new_worklogs
from roots_nb.editing.plan import plan_changes
from roots_nb.editing.result import Result
from roots_nb.editing.runs import runs
from roots_nb.errors import InvalidInput
from roots_nb.jira.client import Jira
from roots_nb.widgets.worklog_form import WorklogForm
from roots_nb.worklogs import concat_worklogs
from tests.editing.desk import Desk, at, change, is_write
from tests.faults.fault import Answer
from tests.widgets.front_end import Clock, at_once, is_shown, text_of
from tests.world import World

MakeForm = Callable[..., WorklogForm]


@pytest.fixture
def desk(cloud: World) -> Desk:
    return Desk(cloud)


@pytest.fixture
def each_desk(world: World) -> Desk:
    """In front of each deployment in turn."""
    return Desk(world)


@pytest.fixture
def make(clock: Clock) -> MakeForm:
    return partial(WorklogForm, run=at_once, timer=clock)


def row(desk: Desk, name: str = "one") -> pd.Series[object]:
    """Ann's worklog with this comment, as loaded; the log of requests begins behind it."""
    loaded = desk.load()
    desk.world.log.clear()
    return loaded[loaded["comment"] == name].iloc[0]


def fill(
    form: WorklogForm,
    clock: Clock,
    issue: str = "APP-2",
    day: date = date(2026, 11, 18),
    start: str = "14",
    spent: str = "1h 30m",
    comment: str = "Review",
) -> None:
    """Type a whole worklog."""
    form.fields.issue.text.value = issue
    clock.pause()
    form.fields.day.value = day
    form.fields.start.value, form.fields.time_spent.value = start, spent
    form.fields.comment.value = comment


def offered(form: WorklogForm) -> list[str]:
    """The buttons that are there; those that cannot be pressed in brackets."""
    shown = [button for button in form.actions.children if is_shown(button)]
    return [f"({button.description})" if button.disabled else button.description for button in shown]


def said(form: WorklogForm) -> str:
    return text_of(form.status) + text_of(form.conflict)


def note(form: WorklogForm, column: str) -> str:
    return text_of(form.fields.notes[column])


def press_delete(form: WorklogForm) -> None:
    form.delete.click()
    form.confirm.click()


# --- saving


@pytest.mark.parametrize("press", [lambda form: form.save.click(), press_delete])
def test_listener_that_fails_does_not_deny_what_was_saved(
    desk: Desk, make: MakeForm, press: Callable[[WorklogForm], None]
) -> None:
    """It is in Jira, which stays said, with Undo; that the rest failed is told as well."""
    form = make(desk.jira, row(desk), on_saved=lambda result: 1 / 0)
    form.fields.comment.value = "uno"
    press(form)
    assert said(form).startswith(("! Saved: APP-1", "! Deleted: APP-1"))
    assert "ZeroDivisionError" in said(form)
    assert "kept" not in said(form)
    assert "Undo" in offered(form)
    assert (desk.find("one"), form.has_unsaved) == ([], False)


def test_form_creates_what_the_fields_say(each_desk: Desk, make: MakeForm, clock: Clock) -> None:
    """With the report zone's offset, the estimate as it is, and no mail where that can be chosen."""
    saved: list[Result] = []
    form = make(each_desk.jira, on_saved=saved.append)
    assert offered(form) == ["(Create)"]
    fill(form, clock)
    form.save.click()
    (request,) = each_desk.writes()
    assert request.path.endswith("/issue/APP-2/worklog")
    body = dict(request.body)
    body.pop("properties", None)
    assert body == {"started": "2026-11-18T14:00:00.000+0100", "timeSpentSeconds": 5400, "comment": "Review"}
    assert request.query["adjustEstimate"] == "leave"
    assert request.query.get("notifyUsers") == ("false" if each_desk.site.is_cloud else None)
    assert said(form) == "✓ Created: APP-2, Wed 18 Nov 2026, 14:00, 1:30, “Review”."
    assert form.worklog is not None
    assert form.worklog["worklog_id"] == str(each_desk.get("Review").id)
    assert form.worklog["summary"] == "Summary of APP-2"
    assert saved == [form.result]


def test_double_click_makes_one_worklog(desk: Desk, make: MakeForm, clock: Clock) -> None:
    """While the first is under way, and after it."""
    jobs: list[Callable[[], None]] = []
    form = make(desk.jira, {"started": at("2026-11-18 14:00"), "issue": "APP-2", "time_spent": "1h"}, run=jobs.append)
    jobs.pop()()
    form.save.click()
    form.save.click()
    for job in jobs:
        job()
    form.save.click()
    assert len(desk.writes("POST")) == 1


def test_created_in_the_form_is_created_with_pandas(desk: Desk, make: MakeForm, clock: Clock) -> None:
    """Both are the same to Jira, but for the run's own mark."""
    form = make(desk.jira)
    fill(form, clock)
    form.save.click()
    loaded = desk.load()
    draft = {"issue": "APP-2", "started": "2026-11-18 16:00", "time_spent": "1h 30m", "comment": "Review"}
    drafts = new_worklogs([draft], connection="Cloud", zone=loaded["started"].dt.tz)
    desk.apply(plan_changes(loaded, concat_worklogs([loaded, drafts])))
    one, other = desk.writes("POST")
    assert one.query == other.query
    assert one.body["properties"][0]["key"] == other.body["properties"][0]["key"]
    assert {**one.body, "properties": 0} == {**other.body, "properties": 0, "started": one.body["started"]}


def test_save_waits_for_a_change(desk: Desk, make: MakeForm) -> None:
    """And is off again when it is taken back, however it is spelt."""
    form = make(desk.jira, row(desk))
    assert offered(form) == ["(Save)", "Duplicate", "Delete"]
    form.fields.time_spent.value = "2h"
    assert offered(form) == ["Save", "Duplicate", "Delete"]
    form.fields.time_spent.value = "60m"
    assert offered(form) == ["(Save)", "Duplicate", "Delete"]
    assert desk.world.log.requests == []


def test_only_what_changed_is_sent(desk: Desk, make: MakeForm) -> None:
    """A comment may lose its structure on the way, and no field shows seconds or Jira's line ends."""
    desk.someone_changes("one", comment="first\r\nsecond ", started=at("2026-11-16 09:00:37").to_pydatetime())
    form = make(desk.jira, row(desk, "first\r\nsecond "))
    assert form.fields.comment.value == "first\nsecond "
    form.fields.more.click()
    form.save.click()
    (request,) = desk.writes()
    assert request.body == {"timeSpentSeconds": 4500}


def test_changed_issue_is_a_move(desk: Desk, make: MakeForm, clock: Clock) -> None:
    """The form goes on with the worklog that it became."""
    form = make(desk.jira, row(desk))
    form.fields.issue.text.value = "OPS-1"
    clock.pause()
    form.save.click()
    assert desk.issue_of("one") == "OPS-1"
    assert said(form).startswith("✓ Moved and saved: OPS-1, Mon 16 Nov 2026, 09:00")
    form.fields.less.click()
    form.save.click()
    assert desk.get("one").seconds == 2700


def test_estimate_and_mail_are_as_chosen(desk: Desk, make: MakeForm) -> None:
    """And begin anew with the next change."""
    form = make(desk.jira, row(desk))
    form.fields.more.click()
    form.fields.estimate.value = "set"
    assert (note(form, "estimate"), form.save.disabled) == (
        "✗ '' is not a duration. Write it as 1h 30m, 1.5h, 90m or 1:30.",
        True,
    )
    form.fields.estimate_to.value, form.fields.notify.value = "4h", True
    form.save.click()
    (request,) = desk.writes()
    assert [request.query[name] for name in ("adjustEstimate", "newEstimate", "notifyUsers")] == ["new", "240m", "true"]
    assert (form.fields.estimate.value, form.fields.notify.value) == ("leave", False)


def test_data_center_offers_no_choice_of_mail(server: World, make: MakeForm) -> None:
    """It always sends it."""
    form = make(Desk(server).jira)
    assert not is_shown(form.fields.notify)


# --- what the fields understand


def test_time_spent_is_read_in_every_spelling(desk: Desk, make: MakeForm) -> None:
    """And shown as it was understood."""
    form = make(desk.jira, row(desk))
    for text in ("1h 30m", "1.5", "90m", " 1:30 ", "1,5h"):
        form.fields.time_spent.value = text
        assert note(form, "time_spent") == ("" if text == " 1:30 " else "= 1:30")
        assert not form.save.disabled
    form.save.click()
    assert desk.get("one").seconds == 5400


def test_quarters_are_added_taken_away_and_filled_up(desk: Desk, make: MakeForm) -> None:
    """Never down to nothing; and what cannot be read is left alone."""
    fields = make(desk.jira).fields

    def after(button: object, text: str) -> str:
        fields.time_spent.value = text
        button.click()
        return str(fields.time_spent.value)

    assert [after(fields.more, text) for text in ("", "1h", "abc")] == ["0:15", "1:15", "abc"]
    assert [after(fields.less, text) for text in ("1:15", "15m", "10m", "")] == ["1:00", "15m", "10m", ""]
    assert [after(fields.round_up, text) for text in ("1:01", "0:45", "2")] == ["1:15", "0:45", "2:00"]


def test_what_is_empty_is_still_missing(desk: Desk, make: MakeForm) -> None:
    """That is no mistake yet."""
    form = make(desk.jira)
    assert note(form, "started") == "Date and start are still missing."
    assert note(form, "time_spent") == "The time spent is still missing."


def test_what_is_wrong_stands_beside_its_field(desk: Desk, make: MakeForm) -> None:
    """In the words of the plan; and nothing can be saved until it is right again."""
    form = make(desk.jira, row(desk))
    for name, text, column, reason in (
        ("start", "abc", "started", "'abc' is not a time of day. Write it as 9:00."),
        ("start", "25:00", "started", "'25:00' is not a time of day. Write it as 9:00."),
        ("start", "", "started", "Date and start are still missing."),
        ("time_spent", "1w", "time_spent", "counts days or weeks"),
        ("time_spent", "25h", "time_spent", "is a day or more"),
        ("time_spent", "0", "time_spent", "is no time"),
        ("comment", "x" * 40_000, "comment", "It has 40,000 characters; Jira takes 32,767."),
    ):
        field = getattr(form.fields, name)
        before, field.value = field.value, text
        assert reason in note(form, column)
        assert form.save.disabled
        field.value = before
        assert note(form, column) == ""


def test_every_mistake_is_told_at_once(desk: Desk, make: MakeForm) -> None:
    """Not one after the other."""
    form = make(desk.jira, row(desk))
    form.fields.start.value, form.fields.time_spent.value = "abc", "def"
    assert (note(form, "started")[:1], note(form, "time_spent")[:1]) == ("✗", "✗")


def test_long_time_is_asked_about(desk: Desk, make: MakeForm) -> None:
    """It may be right."""
    form = make(desk.jira, row(desk))
    form.fields.time_spent.value = "12"
    assert note(form, "time_spent").endswith(
        "Is this right? It is more than 10 hours, more than 4 times the time before."
    )
    assert not form.save.disabled


def test_clock_change_is_asked_about(desk: Desk, make: MakeForm) -> None:
    """Nothing is guessed."""
    form = make(desk.jira, row(desk))
    for day, start, reason in (
        (date(2026, 3, 29), "2:30", "2026-03-29 02:30 does not exist in Europe/Berlin"),
        (date(2026, 10, 25), "2:30", "2026-10-25 02:30 is twice in Europe/Berlin: the clocks went back."),
        (date(2026, 10, 25), "2:30+05:00", "Europe/Berlin has another offset on 2026-10-25."),
    ):
        form.fields.day.value, form.fields.start.value = day, start
        assert reason in note(form, "started")
        assert form.save.disabled


def test_time_that_is_there_twice_is_named_by_its_offset(desk: Desk, make: MakeForm) -> None:
    """And shown with it from then on."""
    form = make(desk.jira, row(desk))
    form.fields.day.value, form.fields.start.value = date(2026, 10, 25), "2:30+01:00"
    form.save.click()
    assert desk.get("one").started.isoformat() == "2026-10-25T02:30:00+01:00"
    assert (form.fields.start.value, form.save.disabled) == ("2:30+01:00", True)


def test_times_are_in_the_zone_of_the_frame_and_say_so(desk: Desk, make: MakeForm) -> None:
    """Whatever the profile's zone is."""
    loaded = desk.load()
    there = loaded.assign(started=loaded["started"].dt.tz_convert("America/New_York"))
    form = make(desk.jira, there.iloc[0])
    assert text_of(form.head).endswith("Cloud · Times are in America/New_York")
    assert (form.fields.start.value, form.fields.day.value) == ("3:00", date(2026, 11, 16))


# --- duplicate, delete, undo


def test_duplicate_sends_nothing_until_create(desk: Desk, make: MakeForm) -> None:
    """The same values, to be changed; or not."""
    form = make(desk.jira, row(desk))
    form.duplicate.click()
    assert (offered(form), form.worklog, desk.writes()) == (["Create"], None, [])
    assert said(form) == "A copy, not sent yet: change what is different, then press Create."
    form.save.click()
    assert len(desk.find("one")) == 2
    form.undo.click()
    assert len(desk.find("one")) == 1


def test_equal_worklog_is_not_made_twice_unasked(desk: Desk, make: MakeForm, clock: Clock) -> None:
    """Whoever forgot that it is there has it once."""
    form = make(desk.jira)
    fill(form, clock, "APP-1", date(2026, 11, 16), "9", "1h", "one")
    form.save.click()
    assert "Jira has it like this already, so nothing was sent." in said(form)
    assert (desk.writes(), form.worklog["worklog_id"]) == ([], str(desk.get("one").id))


def test_delete_asks_and_names_the_worklog(desk: Desk, make: MakeForm) -> None:
    """Issue, day, time, how its comment begins."""
    form = make(desk.jira, row(desk))
    form.delete.click()
    assert said(form) == "! Delete APP-1, Mon 16 Nov 2026, 09:00, 1:00, “one”?"
    assert offered(form) == ["Keep it", "Delete it"]
    assert form.fields.comment.disabled
    form.keep.click()
    assert (offered(form), said(form), desk.writes()) == (["(Save)", "Duplicate", "Delete"], "", [])
    assert not form.fields.comment.disabled


def test_delete_is_undone(desk: Desk, make: MakeForm) -> None:
    """By a new worklog that says the same."""
    form = make(desk.jira, row(desk))
    press_delete(form)
    assert said(form) == "✓ Deleted: APP-1, Mon 16 Nov 2026, 09:00, 1:00, “one”."
    assert (desk.find("one"), form.worklog, offered(form)) == ([], None, ["Undo"])
    form.undo.click()
    assert said(form) == "✓ Undone: APP-1, Mon 16 Nov 2026, 09:00, 1:00, “one”."
    assert form.worklog["worklog_id"] == str(desk.get("one").id)
    assert offered(form) == ["(Save)", "Duplicate", "Delete"]


def test_save_is_undone(desk: Desk, make: MakeForm) -> None:
    """The fields say what they said before."""
    form = make(desk.jira, row(desk))
    form.fields.comment.value = "uno"
    form.save.click()
    assert offered(form) == ["(Save)", "Duplicate", "Delete", "Undo"]
    form.undo.click()
    assert (form.fields.comment.value, form.worklog["comment"], len(desk.find("one"))) == ("one", "one", 1)


def test_undone_create_can_be_created_again(desk: Desk, make: MakeForm, clock: Clock) -> None:
    """What was typed stays."""
    form = make(desk.jira)
    fill(form, clock)
    form.save.click()
    form.undo.click()
    assert (desk.find("Review"), form.fields.comment.value, offered(form)) == ([], "Review", ["Create"])
    form.save.click()
    assert len(desk.find("Review")) == 1


def test_undo_takes_an_adjusted_estimate_back(desk: Desk, make: MakeForm) -> None:
    """What Jira adjusted by itself, it adjusts again."""
    desk.site.issues["APP-1"].remaining_estimate_seconds = 36_000
    form = make(desk.jira, row(desk))
    form.fields.estimate.value = "auto"
    press_delete(form)
    assert desk.site.issues["APP-1"].remaining_estimate_seconds == 39_600
    form.undo.click()
    assert desk.site.issues["APP-1"].remaining_estimate_seconds == 36_000


# --- what goes wrong


def conflicting(desk: Desk, make: MakeForm) -> WorklogForm:
    """Somebody has changed the comment that the form changes too."""
    form = make(desk.jira, row(desk))
    form.fields.comment.value = "mine"
    desk.someone_changes("one", comment="theirs")
    form.save.click()
    return form


def test_conflict_shows_mine_and_theirs(desk: Desk, make: MakeForm) -> None:
    """Nothing is overwritten unasked, nothing typed is lost."""
    form = conflicting(desk, make)
    assert offered(form) == ["Keep theirs", "Use mine"]
    for text in ("Somebody changed this worklog in Jira meanwhile, so nothing was sent.", "mine", "theirs", "one"):
        assert text in said(form)
    assert (form.fields.comment.value, len(desk.find("theirs"))) == ("mine", 1)


def test_mine_goes_on_top_of_theirs(desk: Desk, make: MakeForm) -> None:
    """And Undo brings theirs back."""
    form = conflicting(desk, make)
    form.use_mine.click()
    assert said(form) == "✓ Saved: APP-1, Mon 16 Nov 2026, 09:00, 1:00, “mine”."
    assert len(desk.find("mine")) == 1
    form.undo.click()
    assert len(desk.find("theirs")) == 1


def test_theirs_is_kept_and_shown(desk: Desk, make: MakeForm) -> None:
    """From there one may go on."""
    saved: list[Result] = []
    form = conflicting(desk, partial(make, on_saved=saved.append))
    form.keep_theirs.click()
    assert (form.fields.comment.value, form.worklog["comment"]) == ("theirs", "theirs")
    assert [result.worklogs["comment"].tolist() for result in saved] == [["theirs"]]
    form.fields.comment.value = "both"
    form.save.click()
    assert len(desk.find("both")) == 1


def test_change_of_another_field_is_no_conflict(desk: Desk, make: MakeForm) -> None:
    """Both are there in the end."""
    form = make(desk.jira, row(desk))
    form.fields.comment.value = "mine"
    desk.someone_changes("one", seconds=7200)
    form.save.click()
    assert (form.fields.time_spent.value, desk.get("mine").seconds) == ("2:00", 7200)


def test_worklog_that_is_gone_can_be_made_anew(desk: Desk, make: MakeForm) -> None:
    """From what was typed."""
    form = make(desk.jira, row(desk))
    form.fields.comment.value = "mine"
    desk.someone_deletes("one")
    form.save.click()
    assert "It is gone from Jira. Create makes it anew, as it stands here." in said(form)
    assert offered(form) == ["Create"]
    form.save.click()
    assert len(desk.find("mine")) == 1


def test_refusal_is_told_in_jiras_words(desk: Desk, make: MakeForm) -> None:
    """What was typed stays, and can be saved when the reason is gone."""
    refused = Answer(400, {"errorMessages": ["Diese Aufgabe ist geschlossen."], "errors": {}})
    desk.world.faults.when(is_write, refused)
    form = make(desk.jira, row(desk))
    form.fields.comment.value = "mine"
    form.save.click()
    assert "Diese Aufgabe ist geschlossen." in said(form)
    assert (form.fields.comment.value, offered(form)) == ("mine", ["Save", "Duplicate", "Delete"])
    form.save.click()
    assert len(desk.find("mine")) == 1


def test_nothing_is_sent_while_another_notebook_applies(desk: Desk, make: MakeForm) -> None:
    """Told; what was typed stays."""
    form = make(desk.jira, row(desk))
    form.fields.comment.value = "mine"
    account = desk.jira.connection.url, desk.jira.account.account_id
    with account_lock(*account, run="another"):
        form.save.click()
    assert "under way" in said(form)
    assert (desk.writes(), form.fields.comment.value) == ([], "mine")
    form.save.click()
    assert len(desk.find("mine")) == 1


def interrupt(desk: Desk) -> None:
    """Jira asks to wait longer than anybody would, once."""
    desk.world.faults.when(is_write, Answer(429, headers={"Retry-After": "120"}))


def test_interrupted_save_is_resumed(desk: Desk, make: MakeForm, clock: Clock) -> None:
    """Once, whatever became of it before."""
    interrupt(desk)
    form = make(desk.jira)
    fill(form, clock)
    form.save.click()
    assert offered(form) == ["Resume", "Leave it as it is"]
    assert "What you typed is kept." in said(form)
    form.resume.click()
    assert said(form) == "✓ Created: APP-2, Wed 18 Nov 2026, 14:00, 1:30, “Review”."
    assert len(desk.find("Review")) == 1


def test_interrupted_save_can_be_left(desk: Desk, make: MakeForm, clock: Clock) -> None:
    """It asks no more, and says what to look at; saved again it is there once."""
    interrupt(desk)
    form = make(desk.jira)
    fill(form, clock)
    form.save.click()
    form.leave.click()
    assert "look in Jira before you save again" in said(form)
    assert (offered(form), runs()["status"].tolist()) == (["Create"], ["closed"])
    form.save.click()
    assert len(desk.find("Review")) == 1


def test_run_of_another_notebook_comes_first(desk: Desk, make: MakeForm, clock: Clock) -> None:
    """It is named, resumed or left; then one's own can be saved."""
    interrupt(desk)
    desk.do(change("two", comment="dos"))
    saved: list[Result] = []
    form = make(desk.jira, on_saved=saved.append)
    fill(form, clock)
    form.save.click()
    assert "was interrupted" in said(form)
    form.resume.click()
    assert "Yours can be saved now." in said(form)
    assert (len(desk.find("dos")), len(saved), desk.find("Review")) == (1, 1, [])
    form.save.click()
    assert len(desk.find("Review")) == 1


def test_saving_can_be_stopped(desk: Desk, make: MakeForm) -> None:
    """Before anything was sent, nothing is."""
    jobs: list[Callable[[], None]] = []
    form = make(desk.jira, row(desk), run=jobs.append)
    form.fields.comment.value = "mine"
    form.save.click()
    assert (offered(form), form.fields.comment.disabled, form.has_unsaved) == (["Stop"], True, True)
    form.stop.click()
    jobs.pop()()
    assert desk.writes() == []
    assert offered(form) == ["Resume", "Leave it as it is"]
    form.resume.click()
    jobs.pop()()
    assert len(desk.find("mine")) == 1


# --- whose, and where


def test_somebody_elses_worklog_cannot_be_changed(desk: Desk, make: MakeForm) -> None:
    """Even by who may."""
    theirs = row(desk).copy()
    theirs["author_id"], theirs["author"] = "5:bob", "Bob"
    form = make(desk.jira, theirs)
    assert "This worklog is by Bob. Only your own can be changed." in said(form)
    assert (offered(form), form.fields.comment.disabled) == ([], True)


def test_connection_is_chosen_where_there_are_several(desk: Desk, server: World, make: MakeForm, clock: Clock) -> None:
    """The issue is looked up there, and the worklog made there."""
    other = Desk(server)
    server.site.issues["APP-2"].summary = "Another APP-2"
    form = make([desk.jira, other.jira, Jira(desk.world.connection, problem=InvalidInput("No."))])
    assert form.fields.connection.options == ("Cloud", "Server")
    fill(form, clock)
    form.fields.connection.value = "Server"
    assert text_of(form.fields.issue.note) == "✓ APP-2 · Another APP-2"
    assert not is_shown(form.fields.notify)
    form.save.click()
    assert (len(desk.find("Review")), len(other.find("Review"))) == (0, 1)


def test_worklog_stays_on_its_connection(desk: Desk, server: World, make: MakeForm) -> None:
    """It cannot be moved to another site."""
    form = make([Desk(server).jira, desk.jira], row(desk))
    assert not is_shown(form.fields.connection)
    assert text_of(form.head) == "APP-1, Mon 16 Nov 2026, 09:00, 1:00, “one” · Cloud · Times are in Europe/Berlin"
    form.fields.comment.value = "uno"
    form.save.click()
    assert len(desk.find("uno")) == 1


def test_form_needs_the_worklogs_connection(desk: Desk, server: World, make: MakeForm) -> None:
    """And a whole row."""
    loaded = row(desk)
    with pytest.raises(InvalidInput, match="Cloud, the connection of this worklog, is not signed in"):
        make(server.sign_in(), loaded)
    with pytest.raises(InvalidInput, match="lacks"):
        make(desk.jira, loaded.drop("updated"))
    with pytest.raises(InvalidInput, match=r"No connection is signed in\. No\."):
        make([Jira(desk.world.connection, problem=InvalidInput("No."))])


def test_draft_fills_the_form(desk: Desk, make: MakeForm) -> None:
    """As text or as values; an unknown issue is looked up."""
    draft = {"issue": "APP-2", "started": "2026-11-18 16:00", "time_spent": "1,5h", "comment": "Review"}
    form = make(desk.jira, draft)
    assert text_of(form.fields.issue.note) == "✓ APP-2 · Summary of APP-2"
    assert (form.fields.start.value, form.fields.time_spent.value, offered(form)) == ("16:00", "1:30", ["Create"])
    with pytest.raises(InvalidInput, match="not a duration"):
        make(desk.jira, {"time_spent": "abc"})
