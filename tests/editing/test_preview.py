"""What people see of a plan before anything is sent: every change, in a notebook and in a terminal."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pandas as pd
import pytest
import time_machine
from rich.console import Console

import roots_nb as rn
from roots_nb.editing import preview
from tests.editing.frames import NOW, loaded, mine, set_cell, week, with_new
from tests.reports.frames import SITES
from tests.reports.test_canary import HOSTILE, OUR_TAGS, Tags


@pytest.fixture(autouse=True)
def a_day_in_november() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def table(html: str, number: int = 0) -> list[list[str]]:
    """The cells of a table, row by row."""
    rows = re.findall(r"<tr.*?</tr>", re.findall(r"<table.*?</table>", html, re.S)[number], re.S)
    return [
        [unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.S)] for row in rows
    ]


def kinds(html: str, number: int = 0) -> dict[str, str]:
    """How the columns of a table are set, by title; "text" wraps."""
    heads = re.findall(
        r'<th scope="col" class="(.*?)">(.*?)</th>', re.findall(r"<table.*?</table>", html, re.S)[number]
    )
    return {title: kind for kind, title in heads}


def terminal(plan: rn.Plan, width: int = 140) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(plan)
    return console.export_text()


def four_kinds() -> rn.Plan:
    """One change of each kind."""
    before = loaded(*(mine(f"2026-11-{day} 09:00", 60, issue=f"APP-{day}", comment="old") for day in (16, 17, 18)))
    after = before.assign(delete=[False, False, True], time_spent=[pd.Timedelta(hours=hours) for hours in (5, 1, 1)])
    after = set_cell(after, 1, "issue", "APP-99")
    return rn.plan_changes(before, with_new(after, mine("2026-11-19 09:00", 30, issue="APP-16", comment="new")))


def test_no_day_is_named_where_no_time_moves() -> None:
    """An empty table with a total of nothing tells nothing."""
    before = loaded(mine("2026-11-16 09:00", 60, comment="old"))
    plan = rn.plan_changes(before, set_cell(before, 0, "comment", "new"))
    assert re.findall(r"<caption>(.*?)</caption>", plan._repr_html_()) == ["Plan: 1 change; 0:00"]
    assert "Time by day" not in terminal(plan)


def test_each_change_has_a_row_with_its_word() -> None:
    """Old → new only where something changes; what is known of the issue beside it."""
    assert table(four_kinds()._repr_html_()) == [
        ["What", "Issue", "Summary", "Start", "Time spent", "Comment", "Note"],
        [
            "change",
            "APP-16",
            "Summary of APP-16",
            "Mon 16 Nov 09:00",
            "1:00 → 5:00",
            "old",
            "more than 4 times the time before",
        ],
        ["move", "APP-17 → APP-99", "Summary of APP-17", "Tue 17 Nov 09:00", "1:00", "old", ""],
        ["delete", "APP-18", "Summary of APP-18", "Wed 18 Nov 09:00", "1:00", "old", ""],
        ["add", "APP-16", "Summary of APP-16", "Thu 19 Nov 09:00", "0:30", "new", ""],
    ]


def test_moved_worklog_shows_the_summary_of_the_issue_where_it_goes() -> None:
    """As soon as that is known."""
    before = week()
    html = rn.plan_changes(before, set_cell(before, 0, "issue", "APP-2"))._repr_html_()
    assert table(html)[1][:3] == ["move", "APP-1 → APP-2", "Summary of APP-2"]


def test_issue_that_is_not_known_has_no_summary() -> None:
    """Somebody has typed its key: what it is about was not loaded."""
    draft = {"connection": "Cloud", "issue": "NEW-1", "started": "2026-11-19 09:00", "time_spent": "1h"}
    html = rn.plan_changes(week(), with_new(week(), draft))._repr_html_()
    assert table(html)[1][:3] == ["add", "NEW-1", ""]


def test_days_say_what_they_gain_and_lose() -> None:
    """Before, after and the difference, with a total; days that stay are not there."""
    assert table(four_kinds()._repr_html_(), 1) == [
        ["Day", "Before", "After", "Difference"],
        ["Mon 16 Nov 2026", "1:00", "5:00", "+4:00"],
        ["Wed 18 Nov 2026", "1:00", "0:00", "-1:00"],
        ["Thu 19 Nov 2026", "0:00", "0:30", "+0:30"],
        ["Total", "2:00", "5:30", "+3:30"],
    ]


def test_only_texts_wrap_and_times_stand_right() -> None:
    """Keys, words and starts stay on one line; the sum of the days is set apart."""
    before = loaded(mine("2026-11-16 09:00"), mine("2026-11-17 09:00", connection="Server"), connections=(*SITES,))
    html = rn.plan_changes(before, before.assign(time_spent=pd.Timedelta(hours=11)))._repr_html_()
    assert kinds(html) == {
        **dict.fromkeys(["What", "Issue", "Connection", "Start", "Note"], "key"),
        **dict.fromkeys(["Summary", "Comment"], "text"),
        "Time spent": "number",
    }
    assert kinds(html, 1) == {"Day": "key", **dict.fromkeys(["Before", "After", "Difference"], "number")}
    assert re.findall(r'<tr class="total">.*?>(\w+)<', html) == ["Total"]


def test_tables_and_notes_are_named() -> None:
    """By captions, and by the classes that set what is only noted apart from what is demanded."""
    before = week()
    html = unescape(rn.plan_changes(before, before.assign(delete=True))._repr_html_())
    assert re.findall(r"<caption>(.*?)</caption>", html) == ["Plan: 3 delete; -3:00", "Time by day"]
    lists = re.findall(r'<ul class="([\w-]+)">(.*?)</ul>', html, re.S)
    assert [name for name, _ in lists] == ["rn-notes", "rn-problems"]
    assert ["confirm=" in items for _, items in lists] == [False, True]


def test_days_are_those_of_the_frame() -> None:
    """What was there before counts on the day on which its author sees it."""
    before = loaded(mine("2026-11-16 00:30", 60), mine("2026-11-16 23:30", 30))
    html = rn.plan_changes(before, before.assign(time_spent=pd.Timedelta(hours=2)))._repr_html_()
    assert table(html, 1)[1] == ["Mon 16 Nov 2026", "1:30", "4:00", "+2:30"]


def test_terminal_shows_one_thing_below_the_other() -> None:
    """Tables with a line between them, then the sentences."""
    before = loaded(mine("2026-11-16 09:00"))
    plan = rn.plan_changes(before, before.assign(comment="new", time_spent=pd.Timedelta(hours=2)))
    assert [" ".join(line.split()) for line in terminal(plan, width=80).splitlines() if "─" not in line] == [
        "Plan: 1 change; +1:00",
        "What Issue Summary Start Time spent Comment",
        "change APP-1 Summary of APP-1 Mon 16 Nov 09:00 1:00 → 2:00 (empty) → new",
        "",
        "Time by day",
        "Day Before After Difference",
        "Mon 16 Nov 2026 1:00 2:00 +1:00",
        "Total 1:00 2:00 +1:00",
        "",
        "Applying takes about a second.",
        "Mails that Jira sends and what its history says stay, whatever is undone.",
    ]


def test_narrow_terminal_leaves_the_summary_out() -> None:
    """What changes is more than what is known anyway."""
    assert "Summary" in terminal(four_kinds())
    narrow = terminal(four_kinds(), width=70)
    assert "Summary" not in narrow
    assert "APP-99" in narrow


def test_terminal_says_the_same() -> None:
    """Words, old → new, days and sentences."""
    shown = terminal(four_kinds())
    for text in ("Plan: 1 add, 1 change, 1 move, 1 delete; +3:30", "APP-17 → APP-99", "1:00 → 5:00", "+4:00", "-1:00"):
        assert text in shown
    for sentence in preview.sentences(four_kinds(), 50):
        assert sentence[:60] in shown


def test_one_line_says_how_much_is_changed() -> None:
    """In a log, or where the plan is part of something else."""
    assert re.fullmatch(r"<Plan [0-9a-f]{8}: 1 add, 1 change, 1 move, 1 delete; \+3:30>", repr(four_kinds()))


def test_issue_leads_to_jira() -> None:
    """To where the worklog will be."""
    html = four_kinds()._repr_html_()
    assert 'href="https://acme.atlassian.net/browse/APP-99"' in html
    assert "browse/APP-17" not in html


@pytest.mark.parametrize(
    ("edit", "shown"),
    [
        ("2026-11-16 10:30", "Mon 16 Nov 09:00 → 10:30"),
        ("2026-11-17 09:00", "Mon 16 Nov 09:00 → Tue 17 Nov 09:00"),
        ("2026-11-16 09:00:05", "Mon 16 Nov 09:00 → 09:00:05"),
        ("2026-11-16 09:00:00.500", "Mon 16 Nov 09:00:00.000+01:00 → 09:00:00.500+01:00"),
    ],
)
def test_start_is_shown_as_exactly_as_it_changes(edit: str, shown: str) -> None:
    """A change that cannot be seen is no preview."""
    before = week()
    assert table(rn.plan_changes(before, set_cell(before, 0, "started", edit))._repr_html_())[1][3] == shown


def test_years_are_named_where_there_are_two() -> None:
    before = loaded(mine("2025-12-31 09:00"))
    html = rn.plan_changes(before, set_cell(before, 0, "started", "2026-01-01 09:00"))._repr_html_()
    assert table(html)[1][3] == "Wed 31 Dec 2025 09:00 → Thu 1 Jan 2026 09:00"


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("old", "new", "old → new"),
        ("", "new", "(empty) → new"),
        ("old", "", "old → (empty)"),
        ("same", "same ", "'same' → 'same '"),
        ("a b", "a\u00a0b", r"'a b' → 'a\xa0b'"),
        ("x" * 1_000 + "one", "x" * 1_000 + "two", f"…{'x' * 40}one → …{'x' * 40}two"),
        ("short", "x" * 1_000, f"short → {'x' * 299}…"),
        ("x" * 297 + "one", "x" * 297 + "two", f"{'x' * 297}one → {'x' * 297}two"),
    ],
)
def test_comment_shows_where_it_changes(old: str, new: str, shown: str) -> None:
    """Long ones from shortly before the difference, blanks as such."""
    before = loaded(mine("2026-11-16 09:00", comment=old))
    assert table(rn.plan_changes(before, before.assign(comment=new))._repr_html_())[1][5] == shown


def many(count: int) -> rn.Plan:
    before = loaded(*(mine(f"2026-{1 + n // 28:02}-{1 + n % 28:02} 09:00", 1 + n) for n in range(count)))
    return rn.plan_changes(before, before.assign(time_spent=pd.Timedelta(hours=9)))


def test_long_plan_shows_its_beginning_and_counts_the_rest() -> None:
    """200 rows in a notebook, 50 in a terminal, the rest in `plan.changes`; the total is of all."""
    plan = many(201)
    html = plan._repr_html_()
    assert [len(table(html, number)) for number in (0, 1)] == [1 + 200, 1 + 200 + 1]
    assert "… and 1 more changes, in plan.changes." in html
    assert "… and 1 more days, in plan.hours." in html
    assert table(html, 1)[-1][-1] == f"+{(201 * 540 - 201 * 202 // 2) // 60}:{(201 * 540 - 201 * 202 // 2) % 60:02}"
    shown = terminal(plan)
    assert shown.count("change APP-1") == 50
    assert "… and 151 more changes, in plan.changes." in shown
    assert "more changes" not in many(200)._repr_html_()


def test_plan_says_what_it_leaves_alone() -> None:
    """Whoever removed rows in order to delete them learns how; also if nothing else was edited."""
    before = week()
    html = rn.plan_changes(before, before.head(1))._repr_html_()
    assert "Nothing to change." in html
    assert "<table" not in html
    assert "2 worklogs of the loaded frame are not in the edited one and left alone: APP-2 10001, APP-1 10002. " in html
    assert "set True in a column delete" in html
    assert "APP-1 10002. " in rn.plan_changes(before, before.head(0))._repr_html_()
    longer = loaded(*(mine(f"2026-11-{day} 09:00") for day in range(16, 20)))
    assert "APP-1 10002, … " in rn.plan_changes(longer, longer.head(0))._repr_html_()
    assert "1 worklog of the loaded frame is not" in rn.plan_changes(before, before.head(2))._repr_html_()


def test_plan_says_what_undo_cannot_bring_back() -> None:
    """Only what concerns its changes."""
    before = week()
    said = {
        action: "\n".join(preview.sentences(rn.plan_changes(before, after), 200))
        for action, after in {
            "update": before.assign(comment="x"),
            "delete": set_cell(before, 0, "delete", True),
            "move": set_cell(before, 0, "issue", "APP-9"),
        }.items()
    }
    assert all("Mails that Jira sends" in text for text in said.values())
    assert "deleted worklog again, with a new id" in said["delete"]
    assert "mentions and attachments in its comment may be lost" in said["move"]
    assert "new id" not in said["update"]


def test_plan_asks_for_its_confirmation() -> None:
    """In the words that have to be said."""
    before = week()
    plan = rn.plan_changes(before, before.assign(delete=True))
    assert 'confirm="delete 3"' in unescape(plan._repr_html_())
    assert 'confirm="delete 3"' in terminal(plan)
    assert "confirm" not in four_kinds()._repr_html_()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.1, "a second"),
        (2.4, "2 seconds"),
        (89.4, "89 seconds"),
        (90, "2 minutes"),
        (3600, "60 minutes"),
        (5400, "1:30 hours"),
        (9000, "2:30 hours"),
    ],
)
def test_time_to_wait_is_told_in_round_figures(seconds: float, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an estimate."""
    monkeypatch.setattr(preview, "estimated_seconds", lambda plan: seconds)
    assert f"Applying takes about {text}." in four_kinds()._repr_html_()


def test_several_connections_are_told_apart() -> None:
    """The name stands beside each change, where there is more than one."""
    rows = [mine("2026-11-16 09:00", connection=name, worklog_id="7") for name in ("Cloud", "Server")]
    before = loaded(*rows, connections=("Cloud", "Server"))
    html = rn.plan_changes(before, before.assign(comment="x"))._repr_html_()
    assert [row[3] for row in table(html)] == ["Connection", "Cloud", "Server"]
    assert 'href="http://localhost:8080/jira/browse/APP-1"' in html


def test_undo_says_what_it_undoes() -> None:
    """It needs no loaded frame, and says nothing about what was there before."""
    plan = four_kinds()
    undo = rn.Plan("0" * 32, plan.operations, plan.zone, pd.DataFrame(), undoes="abcdef0123456789")
    assert "Plan to undo abcdef01: 1 add" in undo._repr_html_()
    assert table(undo._repr_html_(), 1)[0] == ["Day", "Difference"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_hostile_text_is_harmless(text: str) -> None:
    """Jira's text is anybody's: no tag, link or control character of it arrives."""
    row: dict[str, Any] = mine("2026-11-16 09:00", connection=text, issue=text, summary=text, author=text)
    before = loaded({**row, "comment": "old", "worklog_id": text.strip() or "7"}, connections=(text,))
    plan = rn.plan_changes(before, with_new(before.assign(comment=text), mine("2026-11-19 09:00", connection=text)))
    tags = Tags(plan._repr_html_())
    assert all(OUR_TAGS.fullmatch(name) for name in tags.names)
    assert not {name for name in tags.attributes if name.startswith("on")}
    assert all(link.startswith("https://acme.atlassian.net/browse/APP-") for link in tags.links)
    shown = terminal(plan, width=400)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
