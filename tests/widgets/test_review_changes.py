"""A plan as a person meets it: looked at, applied, stopped, resumed, in conflict, undone; and nothing sent unasked."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import pytest

from roots_nb.connections import secrets
from roots_nb.connections.secrets import Secret
from roots_nb.editing import journal
from roots_nb.editing.account_lock import account_lock
from roots_nb.editing.result import Result
from roots_nb.editing.runs import runs
from roots_nb.errors import NotConnected, Stopped, Unreachable
from roots_nb.jira.client import Jira
from roots_nb.progress import Progress
from roots_nb.widgets import conflicts
from roots_nb.widgets.conflicts import ConflictChoices
from roots_nb.widgets.form_guard import FormGuard
from roots_nb.widgets.review_changes import ReviewChanges
from roots_nb.widgets.review_progress import ReviewProgress
from tests.editing.desk import Desk, Edit, add, change, delete, is_write, minutes_of, move, states
from tests.faults.fault import Answer, Meanwhile, Reset, jira_errors, unauthorised
from tests.reports.test_canary import HOSTILE, OUR_TAGS, Tags
from tests.widgets.front_end import at_once, is_shown, text_of
from tests.world import TOKEN, World

LONGER = change("one", time_spent=minutes_of(90))
SEVERAL: tuple[Edit, ...] = (LONGER, change("two", comment="zwei"), move("three", "OPS-1"), delete("four"), add("new"))
MORE = (LONGER, change("two", time_spent=minutes_of(90)), change("three", time_spent=minutes_of(90)))

Review = partial(ReviewChanges, run=at_once)


@pytest.fixture
def desk(cloud: World) -> Desk:
    return Desk(cloud)


@pytest.fixture
def server_desk(server: World) -> Desk:
    return Desk(server)


def shown(review: ReviewChanges) -> str:
    """What the plan or the result says, without its style."""
    return " ".join(Tags(review.view.value.partition("</style>")[2]).texts)


def offered(review: ReviewChanges) -> list[str]:
    """The buttons below."""
    return [button.description for button in review.actions.children]


def choices_of(review: ReviewChanges) -> ConflictChoices:
    (choices,) = review.conflicts.children
    assert isinstance(choices, ConflictChoices)
    return choices


def in_conflict(desk: Desk, *names: str) -> ReviewChanges:
    """Three worklogs shall take an hour and a half; somebody else has given these half an hour meanwhile."""
    plan = desk.plan(*MORE)
    for name in names:
        desk.someone_changes(name, seconds=1800)
    review = Review(desk.jira, plan)
    review.apply.click()
    return review


def interrupted(desk: Desk, *edits: Edit) -> Result:
    """A run whose first write met a 401; its kernel is gone."""
    plan = desk.plan(*edits)
    desk.world.faults.when(is_write, unauthorised())
    result = desk.apply(plan)
    desk.new_kernel()
    return result


def keep_in_session(desk: Desk) -> None:
    """As after roots_nb.connect: the secret is known in this process."""
    secrets.keep_for_session(desk.jira.connection, Secret(TOKEN))


# --- the plan


def test_plan_is_shown_and_nothing_sent(desk: Desk) -> None:
    """Also where nobody is there to press anything."""
    review = Review(desk.jira, desk.plan(LONGER, delete("four")))
    text = shown(review)
    assert all(words in text for words in ("1:00 → 1:30", "Summary of APP-1", "Difference", "-0:30", "about a second"))
    assert "makes a deleted worklog again" in text
    assert offered(review) == ["Apply 2 changes"]
    assert (review.result, desk.world.log.requests) == (None, [])


def test_empty_plan_has_nothing_to_press(desk: Desk) -> None:
    """Nothing differs."""
    review = Review(desk.jira, desk.plan())
    assert "Nothing to change." in shown(review)
    assert offered(review) == []
    assert not is_shown(review.options)


def test_what_removes_a_lot_is_applied_once_it_is_typed(desk: Desk) -> None:
    """The field says what to type; the words for code are not shown."""
    review = Review(desk.jira, desk.plan(delete("one", "two", "three")))
    field = review.options.confirmation
    assert is_shown(field)
    assert "type: delete 3" in field.description
    assert "confirm=" not in shown(review)
    for typed, may in (("", False), ("delete", False), (" delete 3 ", True), ("delete 33", False)):
        field.value = typed
        assert review.apply.disabled is not may
        assert review.result is None
    review.apply.click()
    assert desk.writes() == []
    field.value = "delete 3"
    review.apply.click()
    assert states(review.result) == {"done": 3}


def test_confirmation_counts_as_it_stands_on_the_screen(desk: Desk) -> None:
    """A browser may hold back what was typed last, but not the press: it tells the text before."""
    review = Review(desk.jira, desk.plan(delete("one", "two", "three")))
    (guard,) = (child for child in review.children if isinstance(child, FormGuard))
    review.options.confirmation.value = "delete 3"
    guard._handle_custom_msg({"texts": {"confirmation": "delete 3, no: wait"}}, [])
    review.apply.click()
    assert (review.result, desk.writes()) == (None, [])
    guard._handle_custom_msg({"texts": {"confirmation": "delete 3"}}, [])
    review.apply.click()
    assert states(review.result) == {"done": 3}


def test_everyday_plan_asks_for_nothing(desk: Desk) -> None:
    """Apply can be pressed at once."""
    review = Review(desk.jira, desk.plan(LONGER))
    assert not is_shown(review.options.confirmation)
    assert not review.apply.disabled


def test_options_reach_jira(desk: Desk) -> None:
    """By default the estimate stays and nobody gets mail."""
    for estimate, notify in (("leave", False), ("auto", True)):
        review = Review(desk.jira, desk.plan(add(f"new {estimate}")))
        assert (review.options.estimate.value, review.options.notify.value) == ("leave", False)
        review.options.estimate.value, review.options.notify.value = estimate, notify
        review.apply.click()
        (post,) = desk.writes()
        assert post.query["adjustEstimate"] == estimate
        assert post.query["notifyUsers"] == str(notify).lower()


def test_mail_is_no_question_on_data_center(server_desk: Desk) -> None:
    """It always sends it."""
    options = Review(server_desk.jira, server_desk.plan(LONGER)).options
    assert not is_shown(options.notify)
    assert is_shown(options.estimate)


def test_hostile_text_is_harmless(desk: Desk) -> None:
    """In the plan, the result, the conflicts and the notices."""
    for number, text in enumerate(HOSTILE):
        if "\ud800" not in text:
            desk.world.add_worklog("APP-1", f"2026-11-2{number % 3} 10:{number:02}", comment=text)
    plan = desk.plan(lambda frame: frame.assign(comment=frame["comment"] + " $", time_spent=minutes_of(75)))
    for worklog in list(desk.site.worklogs.values())[:8]:
        desk.site.change_worklog(worklog, desk.world.ann, comment=HOSTILE[1], seconds=60)
    review = Review(desk.jira, plan)
    seen = [review.view.value]
    review.apply.click()
    parts = [part.children[0].value for part in choices_of(review).children[:-1]]
    for html in [*seen, review.view.value, review.status.value, *parts]:
        tags = Tags(html)
        assert {name for name in tags.names if not OUR_TAGS.fullmatch(name)} <= {"a"}
        assert not any(name.startswith("on") for name in tags.attributes)


# --- apply


def test_apply_changes_jira_and_tells_how_it_ended(desk: Desk) -> None:
    """Once, with everything that was planned; whoever listens gets the result."""
    received: list[Result] = []
    review = Review(desk.jira, desk.plan(*SEVERAL), on_applied=received.append)
    review.apply.click()
    assert states(review.result) == {"done": 5}
    assert received == [review.result]
    assert "5 done" in text_of(review.status)
    assert "zwei" in shown(review)
    assert "roots_nb" not in shown(review) + text_of(review.status)
    assert (desk.issue_of("three"), desk.find("four"), len(desk.find("new"))) == ("OPS-1", [], 1)
    assert offered(review) == ["Undo"]
    pd.testing.assert_frame_equal(review.result.worklogs, desk.load())


def test_nothing_but_stop_can_be_pressed_while_it_is_applied(desk: Desk) -> None:
    """A second click is none."""
    jobs: list[Callable[[], None]] = []
    review = ReviewChanges(desk.jira, desk.plan(LONGER), run=jobs.append)
    for _ in range(2):
        review.apply.click()
    controls = [review.apply, review.options.estimate, review.options.notify, review.options.confirmation]
    assert [control.disabled for control in controls] == [True] * 4
    assert is_shown(review.working)
    assert not review.stop.disabled
    assert review.busy
    (job,) = jobs
    job()
    assert not review.busy
    assert len(desk.writes()) == 1
    assert not is_shown(review.working)
    assert [control.disabled for control in controls] == [False] * 4


def test_progress_counts_the_changes(desk: Desk) -> None:
    """In words beside the bar."""
    review = Review(desk.jira, desk.plan(*MORE))
    drawn: list[str] = []
    review.bar.observe(lambda event: drawn.append(text_of(review.bar)), "value")
    review.apply.click()
    assert drawn[0] == "Applying"
    assert "Applying: 1 of 3 changes" in drawn
    assert drawn[-1].startswith("Applying: all 3 changes; Jira is read once more")


def test_waits_are_told_with_their_reason(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Second by second; Jira asked for them."""
    monkeypatch.setattr(Progress, "wait", lambda self, seconds: None)
    review = Review(desk.jira, desk.plan(LONGER))
    drawn: list[str] = []
    review.bar.observe(lambda event: drawn.append(text_of(review.bar)), "value")
    desk.world.faults.when(is_write, Answer(429, headers={"Retry-After": "3"}))
    review.apply.click()
    waits = [text for text in drawn if "Continuing in" in text]
    assert waits[0].endswith(("Continuing in 3 s.", "Continuing in 4 s."))
    assert waits[-1].endswith("Continuing in 1 s.")
    assert "wait" in waits[0].partition("Continuing")[0]
    assert states(review.result) == {"done": 1}


def test_connections_are_signed_in_when_apply_is_pressed(desk: Desk) -> None:
    """By the name in the plan, and not before."""
    asked: list[str] = []

    def connect(name: str) -> Jira:
        asked.append(name)
        return desk.jira

    review = Review(None, desk.plan(LONGER), connect=connect)
    assert asked == []
    review.apply.click()
    assert (asked, states(review.result)) == (["Cloud"], {"done": 1})


def test_connection_given_under_another_name_is_enough(desk: Desk) -> None:
    """It is the account that counts: nobody is signed in once more."""

    def connect(name: str) -> Jira:
        raise AssertionError(name)

    review = Review([desk.jira], desk.plan(LONGER), connect=connect)
    review.apply.click()
    assert states(review.result) == {"done": 1}


# --- undo


def test_undo_is_reviewed_and_brings_everything_back(desk: Desk) -> None:
    """The result stays at hand; the frame is the whole one."""
    before = desk.contents()
    received: list[Result] = []
    review = Review(desk.jira, desk.plan(*SEVERAL), on_applied=received.append)
    review.apply.click()
    run = review.result.run
    review.undo.click()
    assert (review.plan.undoes, review.result) == (run, None)
    assert offered(review) == ["Apply 5 changes", "Back to the earlier result"]
    assert desk.contents() != before
    review.apply.click()
    assert desk.contents() == before
    assert "taken back" in text_of(review.status)
    assert received[-1] is review.result
    pd.testing.assert_frame_equal(review.result.worklogs, desk.load())


def test_back_shows_the_result_again(desk: Desk) -> None:
    """With its plan; the undo was only looked at."""
    plan = desk.plan(LONGER)
    review = Review(desk.jira, plan)
    review.apply.click()
    result = review.result
    review.undo.click()
    review.back.click()
    assert (review.plan, review.result) == (plan, result)
    assert offered(review) == ["Undo"]
    assert not is_shown(review.options)
    assert desk.get("one").seconds == 5400


def test_back_waits_until_the_work_is_done(desk: Desk) -> None:
    """While an undo is applied its result is what comes next."""
    jobs: list[Callable[[], None]] = []
    review = ReviewChanges(desk.jira, desk.plan(LONGER), run=jobs.append)
    for press in (review.apply.click, review.undo.click):
        press()
        jobs.pop()()
    review.apply.click()
    review.back.click()
    assert (review.back.disabled, review.result) == (True, None)
    jobs.pop()()
    assert "taken back" in text_of(review.status)


def test_undo_of_what_somebody_changed_is_a_conflict(desk: Desk) -> None:
    """Theirs stays, unless mine is chosen."""
    review = Review(desk.jira, desk.plan(LONGER))
    review.apply.click()
    review.undo.click()
    desk.someone_changes("one", seconds=600)
    review.apply.click()
    assert states(review.result) == {"conflict": 1}
    assert desk.get("one").seconds == 600


# --- stopped, refused, lost


def test_stop_in_the_middle_and_resume(desk: Desk) -> None:
    """What is under way is finished, the rest waits, and Resume goes on with the whole frame."""
    received: list[Result] = []
    review = Review(desk.jira, desk.plan(*MORE), on_applied=received.append)
    said: list[str] = []
    desk.world.faults.when(
        is_write, Meanwhile(lambda: (review.stop.click(), said.append(text_of(review.status)), review.stop.disabled))
    )
    review.apply.click()
    assert "What is under way is finished first" in said[0]
    assert states(review.result) == {"done": 1, "not_sent": 2}
    assert "You pressed Stop" in text_of(review.status)
    assert "2 not sent: Resume" in text_of(review.status)
    assert offered(review) == ["Resume", "Leave it as it is"]
    review.resume.click()
    assert states(review.result) == {"done": 3}
    assert [states(result) for result in received] == [{"done": 1, "not_sent": 2}, {"done": 3}]
    assert offered(review) == ["Undo"]
    pd.testing.assert_frame_equal(review.result.worklogs, desk.load())


def test_what_was_stopped_can_be_left_as_it_is(desk: Desk) -> None:
    """Then it keeps nothing back, and what was done can be undone."""
    review = Review(desk.jira, desk.plan(*MORE))
    desk.world.faults.when(is_write, Meanwhile(review.stop.click))
    review.apply.click()
    review.leave.click()
    assert "left as it is" in text_of(review.status)
    assert offered(review) == ["Undo"]
    assert runs()["status"].tolist() == ["closed"]
    review.undo.click()
    review.apply.click()
    assert desk.get("one").seconds == 3600


def test_refused_login_is_told_and_resume_signs_in_anew(desk: Desk) -> None:
    """In the middle: nothing more is sent, the advice is there, and a new token is all it takes."""
    keep_in_session(desk)
    review = Review(desk.jira, desk.plan(*MORE))
    desk.world.faults.when(lambda request: desk.world.log.count("PUT") == 2, unauthorised())
    review.apply.click()
    assert states(review.result) == {"done": 1, "not_sent": 2}
    assert "does not accept these credentials" in text_of(review.status)
    assert "Resume" in text_of(review.status)
    review.resume.click()
    assert states(review.result) == {"done": 3}
    assert "3 done" in text_of(review.status)


def test_resume_that_fails_keeps_what_was_shown(desk: Desk) -> None:
    """The secret is not known any more: told, and Resume is still there."""
    problem = NotConnected("The secret of Cloud is not known.")
    answers: list[Jira | Exception] = [problem, desk.world.sign_in()]

    def connect(name: str) -> Jira:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    review = Review(desk.jira, desk.plan(LONGER), connect=connect)
    desk.world.faults.when(is_write, unauthorised())
    review.apply.click()
    review.resume.click()
    assert "The secret of Cloud is not known." in text_of(review.status)
    assert "Press Resume to try again." in text_of(review.status)
    assert offered(review) == ["Resume", "Leave it as it is"]
    review.resume.click()
    assert states(review.result) == {"done": 1}


def test_failure_before_the_start_keeps_the_plan(desk: Desk) -> None:
    """Offline: told with advice, and Apply can be pressed again with what was chosen."""
    answers: list[Callable[[], Jira]] = []

    def refuse() -> Jira:
        raise Unreachable("There is no reply from jira.example.com.")

    answers += [refuse, lambda: desk.jira]
    review = Review(None, desk.plan(delete("one", "two", "three")), connect=lambda name: answers.pop(0)())
    review.options.estimate.value, review.options.confirmation.value = "auto", "delete 3"
    review.apply.click()
    said = text_of(review.status)
    assert "There is no reply from jira.example.com. Check the address, the network" in said
    assert "Press Apply 3 changes to try again." in said
    assert (review.result, offered(review), review.apply.disabled) == (None, ["Apply 3 changes"], False)
    review.apply.click()
    assert states(review.result) == {"done": 3}
    assert {request.query["adjustEstimate"] for request in desk.writes()} == {"auto"}


def test_long_wait_is_told_and_resume_goes_on(desk: Desk) -> None:
    """An hour: Jira's limit is named instead of waited for."""
    review = Review(desk.jira, desk.plan(LONGER))
    desk.world.faults.when(is_write, Answer(429, headers={"Retry-After": "3600"}))
    review.apply.click()
    assert states(review.result) == {"not_sent": 1}
    assert "wait" in text_of(review.status)
    assert offered(review)[0] == "Resume"


def test_change_whose_answer_was_lost_is_settled_by_resume(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network breaks while a create is sent: unknown, and afterwards there once."""
    monkeypatch.setattr(Progress, "wait", lambda self, seconds: self.check_stop())
    review = Review(desk.jira, desk.plan(add("new")))
    desk.world.faults.when(is_write, Reset(after=True))
    desk.world.faults.when(lambda request: desk.world.log.count("POST") > 0, Reset(), times=None)
    review.apply.click()
    assert states(review.result) == {"unknown": 1}
    assert "Jira's answer was lost" in text_of(review.status)
    desk.world.faults.clear()
    review.resume.click()
    assert states(review.result) == {"done": 1}
    assert len(desk.find("new")) == 1


def test_refused_change_is_told_in_jiras_words(desk: Desk) -> None:
    """The rest is done."""
    review = Review(desk.jira, desk.plan(LONGER, add("new")))
    fault = Answer(400, jira_errors("No more time here, <b>Ann</b>."))
    desk.world.faults.when(lambda request: request.method == "POST", fault)
    review.apply.click()
    assert "1 done, 1 failed" in text_of(review.status)
    assert "1 failed: what Jira says" in text_of(review.status)
    assert "No more time here, <b>Ann</b>." in shown(review)
    assert offered(review) == ["Undo"]


def test_mistake_of_ours_in_the_middle_leaves_a_run_to_resume(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told; pressed again, Apply shows how it stands instead of beginning anew."""
    put, lines = journal._put, itertools.count()

    def put_some(descriptor: int, line: bytes) -> None:
        if next(lines) == 4:
            raise ValueError("canary")
        put(descriptor, line)

    review = Review(desk.jira, desk.plan(*MORE))
    monkeypatch.setattr(journal, "_put", put_some)
    review.apply.click()
    assert "unexpected" in text_of(review.status)
    assert offered(review) == ["Apply 3 changes"]
    review.apply.click()
    assert "This plan was applied before" in text_of(review.status)
    assert offered(review) == ["Resume", "Leave it as it is"]
    review.resume.click()
    assert states(review.result) == {"done": 3}
    assert [len(desk.find(name)) for name in ("one", "two", "three")] == [1, 1, 1]


def test_listener_that_fails_does_not_cost_the_result(desk: Desk) -> None:
    """What was done is shown, and the failure is told."""
    review = Review(desk.jira, desk.plan(LONGER), on_applied=lambda result: 1 / 0)  # type: ignore[arg-type, return-value]
    review.apply.click()
    assert states(review.result) == {"done": 1}
    assert "Result: 1 done" in shown(review)
    assert "ZeroDivisionError" in text_of(review.status)
    assert offered(review) == ["Undo"]


# --- applied before, or kept back


def test_plan_that_was_applied_before_shows_how_that_ended(desk: Desk) -> None:
    """Shown again, or pressed in a second view: nothing is sent twice."""
    plan = desk.plan(add("new"), LONGER)
    desk.someone_changes("one", seconds=1800)
    first, second = Review(desk.jira, plan), Review(desk.jira, plan)
    first.apply.click()
    desk.world.log.clear()
    second.apply.click()
    third = Review(desk.jira, plan)
    for review in (second, third):
        assert "This plan was applied before" in text_of(review.status)
        assert states(review.result) == {"done": 1, "conflict": 1}
        assert offered(review) == ["Undo"]
    assert desk.world.log.requests == []
    third.undo.click()
    third.apply.click()
    pd.testing.assert_frame_equal(third.result.worklogs, desk.load())


def test_plan_that_another_process_is_applying_says_so(desk: Desk) -> None:
    """Not that it was interrupted: who applies it is named, Resume says so too, and goes on when that has ended."""
    plan = desk.plan(*MORE)
    desk.world.faults.when(is_write, unauthorised())
    desk.apply(plan)
    account = desk.jira.connection.url, desk.jira.account.account_id
    jira = desk.new_kernel()
    with account_lock(*account, run=plan.run):
        review = Review(jira, plan)
        said = text_of(review.status)
        assert f"It is being applied right now, by process {os.getpid()} on host " in said
        assert "Resume goes on there" not in said
        desk.world.log.clear()
        review.resume.click()
        assert "is under way: process" in text_of(review.status)
        assert desk.world.log.requests == []
    review.resume.click()
    assert states(review.result) == {"done": 3}


def test_plan_that_was_interrupted_offers_resume_when_it_is_shown_again(desk: Desk) -> None:
    """The cell is run again in the same kernel."""
    plan = desk.plan(*MORE)
    desk.world.faults.when(is_write, unauthorised())
    desk.apply(plan)
    review = Review(desk.new_kernel(), plan)
    assert offered(review) == ["Resume", "Leave it as it is"]
    review.resume.click()
    assert states(review.result) == {"done": 3}
    pd.testing.assert_frame_equal(review.result.worklogs, desk.load())


def test_interrupted_run_comes_first(desk: Desk) -> None:
    """Apply names it and shows what it is about; after Resume the plan can be applied."""
    other = interrupted(desk, LONGER)
    review = Review(desk.jira, desk.plan(change("five", comment="fünf")))
    review.apply.click()
    said = text_of(review.status)
    assert "was interrupted: 1 not sent." in said
    assert "on Cloud" in said
    assert "nothing of it was sent" in said
    assert desk.writes() == []
    assert offered(review) == ["Resume", "Leave it as it is"]
    review.resume.click()
    assert "The interrupted run has ended." in text_of(review.status)
    assert (review.result, desk.get("one").seconds) == (None, 5400)
    assert offered(review) == ["Apply 1 change"]
    review.apply.click()
    assert states(review.result) == {"done": 1}
    assert len(desk.find("fünf")) == 1
    assert other.run in runs()["run"].tolist()


def test_interrupted_run_can_be_left_as_it_is(desk: Desk) -> None:
    """What it had not sent stays undone."""
    interrupted(desk, LONGER)
    review = Review(desk.jira, desk.plan(change("five", comment="fünf")))
    review.apply.click()
    review.leave.click()
    assert "was left as it is" in text_of(review.status)
    review.apply.click()
    assert states(review.result) == {"done": 1}
    assert desk.get("one").seconds == 3600


def test_interrupted_run_that_is_interrupted_again_is_still_there(desk: Desk) -> None:
    """The plan is not forgotten."""
    interrupted(desk, LONGER)
    keep_in_session(desk)
    plan = desk.plan(change("five", comment="fünf"))
    review = Review(desk.jira, plan)
    review.apply.click()
    desk.world.faults.when(is_write, unauthorised())
    review.resume.click()
    assert "does not accept these credentials" in text_of(review.status)
    assert offered(review) == ["Resume", "Leave it as it is"]
    assert review.plan is plan
    review.resume.click()
    review.apply.click()
    assert states(review.result) == {"done": 1}


# --- conflicts


def test_conflict_shows_both_sides_and_theirs_stays(desk: Desk) -> None:
    """As loaded, in Jira now and mine; there is nothing to review until something is chosen."""
    plan = desk.plan(*MORE)
    desk.someone_changes("one", seconds=1800, comment="uno")
    review = Review(desk.jira, plan)
    review.apply.click()
    choices = choices_of(review)
    table = " ".join(Tags(choices.children[0].children[0].value.partition("</style>")[2]).texts)
    order = ["APP-1", "As loaded", "In Jira now", "Mine", "Time spent", "1:00", "0:30", "1:30"]
    order += ["Comment", "uno", "not changed", "Open APP-1 in Jira"]
    places = [table.index(words) for words in order]
    assert places == sorted(places)
    assert [choice.value for choice in choices.choices] == ["theirs"]
    assert choices.review.disabled
    assert "1 in conflict" in text_of(review.status)
    assert f"{desk.world.url}/browse/APP-1" in choices.children[0].children[0].value
    assert desk.get("uno").seconds == 1800


def test_mine_is_used_where_it_is_chosen(desk: Desk) -> None:
    """One of two: reviewed again, applied, and the other one stays theirs."""
    review = in_conflict(desk, "one", "two")
    choices = choices_of(review)
    choices.choices[1].value = "mine"
    assert choices.review.description == "Review my 1 change again"
    choices.review.click()
    assert "0:30 → 1:30" in shown(review)
    assert offered(review) == ["Apply 1 change", "Back to the earlier result"]
    review.apply.click()
    assert states(review.result) == {"done": 1}
    assert [desk.get(name).seconds for name in ("one", "two", "three")] == [1800, 5400, 5400]
    pd.testing.assert_frame_equal(review.result.worklogs, desk.load())


def test_all_of_mine_or_all_of_theirs(desk: Desk) -> None:
    """One click each."""
    review = in_conflict(desk, "one", "two", "three")
    choices = choices_of(review)
    choices.use_all.click()
    assert choices.review.description == "Review my 3 changes again"
    choices.keep_all.click()
    assert choices.review.disabled
    choices.use_all.click()
    choices.review.click()
    review.apply.click()
    assert [desk.get(name).seconds for name in ("one", "two", "three")] == [5400] * 3


def test_conflicts_in_which_theirs_is_kept_are_told(desk: Desk) -> None:
    """All of them when all of theirs are kept, the others when mine is reviewed again; nothing is sent for them."""
    kept: list[list[str]] = []
    plan = desk.plan(*MORE)
    for name in ("one", "two"):
        desk.someone_changes(name, seconds=1800)
    of_name = {str(desk.get(name).id): name for name in ("one", "two", "three")}
    review = Review(
        desk.jira, plan, on_kept=lambda changes: kept.append([of_name[each.worklog_id] for each in changes])
    )
    review.apply.click()
    choices = choices_of(review)
    assert kept == []
    choices.keep_all.click()
    assert kept == [["one", "two"]]
    assert "Theirs are kept" in text_of(review.status)
    choices.choices[0].value = "mine"
    choices.review.click()
    assert kept == [["one", "two"], ["two"]]
    review.back.click()
    choices_of(review).use_all.click()
    choices_of(review).review.click()
    assert len(kept) == 2
    assert [desk.get(name).seconds for name in ("one", "two", "three")] == [1800, 1800, 5400]


def test_more_conflicts_than_are_shown_are_chosen_together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser with thousands of choices would hang."""
    monkeypatch.setattr(conflicts, "MOST_SHOWN", 1)
    review = in_conflict(desk, "one", "two", "three")
    choices = choices_of(review)
    assert len(choices.choices) == 2
    assert "2 more conflicts" in choices.choices[1].description
    choices.choices[1].value = "mine"
    assert len(choices.chosen) == 2


def test_worklog_that_is_gone_leaves_no_choice(desk: Desk) -> None:
    """It is told; there is nothing to put mine on."""
    plan = desk.plan(LONGER)
    desk.someone_deletes("one")
    review = Review(desk.jira, plan)
    review.apply.click()
    choices = choices_of(review)
    assert (choices.choices, len(choices.children)) == ([], 1)
    assert "gone" in text_of(choices.children[0])


def test_conflicts_wait_until_the_run_has_ended(desk: Desk) -> None:
    """They are shown, and can be settled after Resume."""
    plan = desk.plan(*MORE)
    desk.someone_changes("one", seconds=1800)
    review = Review(desk.jira, plan)
    desk.world.faults.when(is_write, Meanwhile(review.stop.click))
    review.apply.click()
    assert states(review.result) == {"done": 1, "conflict": 1, "not_sent": 1}
    assert review.conflicts.children == ()
    assert "In Jira now" in shown(review)
    assert "once the run has ended" in text_of(review.status)
    review.resume.click()
    assert len(choices_of(review).choices) == 1


def test_earlier_result_can_be_undone_after_mine_was_used(desk: Desk) -> None:
    """Back leads to it, and the frame knows of both."""
    review = in_conflict(desk, "one")
    choices = choices_of(review)
    choices.use_all.click()
    choices.review.click()
    review.apply.click()
    assert offered(review) == ["Undo", "Back to the earlier result"]
    review.back.click()
    review.undo.click()
    review.apply.click()
    assert [desk.get(name).seconds for name in ("one", "two", "three")] == [5400, 3600, 3600]
    pd.testing.assert_frame_equal(review.result.worklogs, desk.load())


# --- progress


def test_progress_of_many_changes_is_not_drawn_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hundredth part, and what is slow; few are drawn one by one."""
    now = 0.0
    monkeypatch.setattr("roots_nb.widgets.review_progress.time.monotonic", lambda: now)
    drawn: list[tuple[Any, ...]] = []
    progress = ReviewProgress(Progress(), "Applying", lambda *told: drawn.append(told))
    for done in range(1, 5001):
        progress.step(done, 5000, "changes")
    assert 100 <= len(drawn) <= 102
    assert drawn[-1][1:] == (5000, 5000)
    for done in (1, 2, 3):
        now += 1
        progress.step(done, 5000, "changes")
        assert drawn[-1] == (f"Applying: {done} of 5,000 changes", done, 5000)


def test_progress_obeys_stop_of_the_whole_in_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, also in a wait that is not told: it is the whole that waits."""
    whole, waiting, wait = Progress(), list[Progress](), Progress.wait
    monkeypatch.setattr(Progress, "wait", lambda self, seconds: (waiting.append(self), wait(self, seconds)))
    whole.request_stop()
    progress = ReviewProgress(whole, "Applying", lambda *told: None)
    for seconds in (0.5, 3600):
        with pytest.raises(Stopped):
            progress.wait(seconds)
    assert waiting == [whole] * 2
