"""What a person sees: in the notebook, in a browser, on a terminal, in a chat."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import time_machine
from rich.console import Console

from roots_nb.reports.report import Report, report
from roots_nb.reports.schedule import Schedule
from tests.reports.frames import WEEK, frame, load, worklog

TWO_SITES = (
    worklog("2026-11-16 09:00", 90),
    worklog("2026-11-21 09:00", 30, issue="OPS-7"),
    worklog("2026-11-17 09:00", 45, connection="Server"),
)


def two_sites(**facts: Any) -> Report:
    return report(frame(*TWO_SITES, loads=[load(**facts), load("Server")]), WEEK)


def printed(made: Report, width: int = 100) -> str:
    file = io.StringIO()
    Console(file=file, width=width).print(made)
    return file.getvalue()


def test_the_head_says_who_when_where_as_of_and_whether_complete() -> None:
    """A page that stands alone must explain itself."""
    html = two_sites()._repr_html_()
    for text in (
        "Worklogs 2026-W47",
        "Ada Lovelace",
        "Mon 16 Nov 2026 – Sun 22 Nov 2026",
        "Europe/Berlin",
        "Mon 23 Nov 2026, 09:12",
        "2:45",
        '<span class="rn-state rn-complete">complete</span>',
    ):
        assert text in html


def test_as_of_is_the_oldest_load_and_tells_of_the_cache() -> None:
    """Nothing after it is sure to be in the report."""
    html = two_sites(as_of="2026-11-20T16:00:00+00:00", cached=True)._repr_html_()
    assert "Fri 20 Nov 2026, 17:00 (partly from the cache)" in html


def test_keys_lead_to_their_own_site() -> None:
    """The same key on two sites is two issues."""
    html = two_sites()._repr_html_()
    assert 'href="https://acme.atlassian.net/browse/APP-1"' in html
    assert 'href="http://localhost:8080/jira/browse/APP-1"' in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://acme.atlassian.net/browse/OPS-1", "", None])
def test_a_key_without_a_sound_address_is_no_link(url: str | None) -> None:
    """Frames can come from anywhere."""
    html = report(frame(worklog("2026-11-16 09:00", 90) | {"url": url}), WEEK)._repr_html_()
    assert "APP-1" in html
    assert "<a " not in html


def test_each_connection_and_all_together_have_a_total() -> None:
    """Two sites, three totals."""
    text = printed(two_sites())
    assert re.search(r"Total +Cloud .* 2:00\n", text)
    assert re.search(r"Total +Server .* 0:45\n", text)
    assert re.search(r"Total +all connections .* 2:45\n", text)


def test_one_connection_and_project_has_only_the_grand_total() -> None:
    """No sums that say the same twice."""
    text = printed(report(frame(TWO_SITES[0], loads=[load()]), WEEK))
    assert len(re.findall("1:30", text)) == 5  # head, cell, issue, day, total


def test_weekends_are_shaded_and_today_is_marked_in_words() -> None:
    """Colour is never the only sign."""
    with time_machine.travel("2026-11-18T12:00:00+00:00", tick=False):
        html = two_sites()._repr_html_()
    assert html.count('<th scope="col" class="number off">') == 2
    assert '<th scope="col" class="number today">Wed\n18 Nov\ntoday</th>' in html


def test_a_failed_connection_is_shown_and_never_called_empty() -> None:
    """The word INCOMPLETE and the reason, in every view."""
    loads = [load(), load("Server", problem="No reply from <host>.")]
    made = report(frame(TWO_SITES[0], loads=loads), WEEK)
    for view in (made._repr_html_(), printed(made), made.to_markdown()):
        assert "INCOMPLETE" in view
        assert "No reply from" in view
        assert "No worklogs" not in view
    assert "&lt;host&gt;" in made._repr_html_()


def test_an_empty_week_says_what_was_asked_and_how_to_look_oneself() -> None:
    """No worklogs found is an answer, not an error."""
    made = report(frame(loads=[load(), load("Server")]), WEEK)
    for view in (made._repr_html_(), printed(made, 200)):
        assert "No worklogs on Cloud." in view
        assert "No worklogs on Server." in view
        assert "Asked as Ada Lovelace for 2026-11-16 to 2026-11-22, Europe/Berlin." in view
        assert "Only worklogs that you yourself authored count" in view
        assert "worklogAuthor = currentUser()" in view
        assert view.count("Tempo") == 2 * 1  # one sentence, on Cloud alone, names it twice
        assert "https://acme.atlassian.net/issues/?jql=worklogAuthor" in view


def test_an_empty_frame_of_unknown_origin_is_not_called_an_empty_week() -> None:
    """Nothing is known, so nothing is claimed."""
    html = report(frame(), WEEK)._repr_html_()
    assert "completeness unknown" in html
    assert "The frame holds no worklogs of this period." in html
    assert "No worklogs on" not in html


def test_an_empty_connection_beside_a_full_one_is_named() -> None:
    """A partly filled week is worse than an empty one."""
    html = report(frame(TWO_SITES[0], loads=[load(), load("Server")]), WEEK)._repr_html_()
    assert "No worklogs on Server." in html
    assert "No worklogs on Cloud." not in html


@pytest.mark.parametrize("face", ["mine", "to hand in"])
def test_the_page_asks_nobody_for_anything(drawn: None, face: Any) -> None:
    """No script, no address to load from, and a policy that would refuse both."""
    html = str(two_sites().to_html(face=face))
    assert "default-src &#39;none&#39;" in html or "default-src 'none'" in html
    assert "<script" not in html
    assert not re.search(r'(?:src|srcset)=|url\((?!#)|@import|<link|xlink:href="(?!#)', html)


def test_the_chart_is_read_out() -> None:
    """What the bars show stands in their label."""
    html = two_sites()._repr_html_()
    label = re.search(r'<figure role="img" aria-label="([^"]*)"', html)
    assert label
    assert "Mon 16 Nov 1:30; Tue 17 Nov 0:45; Sat 21 Nov 0:30." in label[1]
    assert "APP · Cloud 1:30" in label[1]


def test_a_narrow_terminal_keeps_every_number() -> None:
    """The summary goes first; a cut duration would be a wrong one."""
    text = printed(two_sites(), 50)
    assert "Summary" not in text
    assert re.search(r"Total all .* 2:45\n", text)
    assert max(map(len, text.splitlines())) <= 50


def test_markdown_is_a_table_with_one_line_an_issue() -> None:
    """For the chat."""
    lines = two_sites().to_markdown().splitlines()
    assert lines[0] == "## Worklogs 2026-W47"
    assert "| APP-1 | Summary of APP-1 | 1:30 |  |  |  |  |  |  | 1:30 |" in lines
    assert lines[-1].startswith("| Total | all connections |")


PRIVATE = ("Target", "Balance", "Required", "target ", "Dentist", "absent", "Checks", "Against", "Overlap", "<svg")


def test_what_is_handed_in_holds_nothing_private_and_lines_to_sign() -> None:
    """No checks, no target, no balance, no absence; two signatures with their dates."""
    schedule = Schedule(absences={"day": "2026-11-18", "name": "Dentist"})
    made = report(frame(*TWO_SITES, loads=[load(), load("Server")]), WEEK, schedule=schedule)
    for text in (str(made.to_html()), str(made.to_markdown()), str(made.to_csv())):
        body = text[text.find("<body") :] if "<body" in text else text
        assert not [word for word in PRIVATE if word in re.sub("<style>.*?</style>", "", body, flags=re.DOTALL)]
    html = str(made.to_html())
    assert [html.count(f"<div>{name}</div>") for name in ("Date", "Signature", "Signature of the customer")] == [
        2,
        1,
        1,
    ]
    assert html.count("2:45") >= 2  # in the head, in the matrix, in the day list


def test_my_own_page_has_all_the_parts() -> None:
    """Figures, matrix with balance, chart, checks, splits, day by day."""
    schedule = Schedule(absences={"day": "2026-11-18", "name": "Dentist"})
    html = report(frame(*TWO_SITES, loads=[load(), load("Server")]), WEEK, schedule=schedule)._repr_html_()
    for text in (
        "<dt>Target</dt><dd>32:00</dd>",
        "<dt>Balance</dt><dd>-29:15</dd>",
        '<th scope="col" class="number off">Wed\n18 Nov\nabsent</th>',
        "Wed 18 Nov 2026: Dentist",
        '<th scope="row" class="key" dir="auto">Required</th>',
        "<h3>Checks</h3>",
        "6:30 too little",
        "By project",
        "Day by day: 3 worklogs",
    ):
        assert text in html
    assert html.count("<figure") == 4  # without the trend, for which weeks were not loaded


def test_a_holiday_is_shaded_and_named_on_both_faces() -> None:
    """Others know it anyway."""
    made = report(frame(*TWO_SITES), WEEK, schedule=Schedule(country="DE", subdivision="SN"))
    for html in (made._repr_html_(), str(made.to_html())):
        assert '<th scope="col" class="number off">Wed\n18 Nov\nholiday</th>' in html


def test_days_off_in_a_row_are_told_as_one() -> None:
    """A vacation is one line."""
    schedule = Schedule(absences={"first": "2026-11-16", "last": "2026-11-20", "name": "Vacation"})
    html = report(frame(loads=[load()]), WEEK, schedule=schedule)._repr_html_()
    assert '<li dir="auto">Mon 16 Nov 2026 – Fri 20 Nov 2026: Vacation</li>' in html
    assert "<dt>Balance</dt><dd>0:00</dd>" in html


def test_an_empty_week_to_hand_in_explains_nothing_to_the_customer() -> None:
    """How Jira was asked is between me and Jira."""
    html = str(report(frame(loads=[load()]), WEEK).to_html())
    assert "No worklogs on Cloud." in html
    assert "JQL" not in html
    assert "Tempo" not in html


def test_worklogs_of_tempo_are_told_in_the_head() -> None:
    """Before the first number, on both faces."""
    made = report(frame(*TWO_SITES, loads=[load(app_worklogs=3), load("Server")]), WEEK)
    for html in (made._repr_html_(), str(made.to_html())):
        assert 0 < html.index("3 worklogs of apps such as Tempo") < html.index("<table")


def test_a_long_list_is_folded_on_screen_and_whole_on_paper() -> None:
    """A year has thousands of lines."""
    rows = [worklog("2026-11-16 09:00", 1, comment=f"comment {n}") for n in range(151)]
    made = report(frame(*rows, loads=[load()]), WEEK)
    assert "<details><summary>Day by day: all 151 worklogs</summary>" in made._repr_html_()
    assert "<details" not in str(made.to_html())
    assert "comment 150" in str(made.to_html())


def test_a_check_with_many_findings_says_how_to_get_the_rest() -> None:
    """The first eight, then the call."""
    rows = [worklog(f"2026-11-{day} 09:00", 60) for day in range(10, 23)]
    html = report(frame(*rows), ("2026-11-10", "2026-11-22"))._repr_html_()
    assert "and 5 more: report.rows(check=&#34;no comment&#34;) has the worklogs" in html
