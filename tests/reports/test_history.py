"""What a report says of the days before its own: the truth, or that they were not loaded. Never zero."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import time_machine

from roots_nb.reports.charts import shown
from roots_nb.reports.figures import key_figures
from roots_nb.reports.head import left_out
from roots_nb.reports.report import Report, report
from tests.reports.frames import WEEK, frame, load, worklog

ROWS = [
    *(worklog(f"2026-11-{day:02} 08:00", 60 * n) for day, n in ((2, 8), (9, 6), (10, 2), (16, 5), (19, 7))),
    worklog("2026-09-01 08:00", 90),
]
MONTHS_OF_ROWS: dict[str, Any] = {"first": "2026-08-31", "last": "2026-11-22"}


def made(**facts: Any) -> Report:
    return report(frame(*ROWS, loads=[load(**facts)]), WEEK)


def figures(of: Report) -> dict[str, tuple[str, str]]:
    return {each.name: (each.text, each.note) for each in key_figures(of)}


def test_thirteen_weeks_tell_change_month_and_trend() -> None:
    """Load 13 weeks and report one."""
    of = made(**MONTHS_OF_ROWS)
    assert figures(of)["Against 2026-W46"] == ("+4:00", "8:00 then")
    assert figures(of)["Balance of Nov 2026"] == ("-92:00", "1 Nov – 22 Nov")
    assert [week.booked for week in of.trend][-3:] == [timedelta(hours=n) for n in (8, 8, 12)]
    assert of.trend[0].period.first == date(2026, 8, 31)
    assert "trend" in shown(of)
    assert left_out(of)[1:] == left_out(of)[:-1] == []  # only that overlaps were not looked for


def test_a_week_alone_leaves_out_what_it_cannot_know_and_says_how_to_see_it() -> None:
    """The rows of earlier days are there, but nobody says that they are all."""
    of = made()
    assert not [name for name in figures(of) if name.startswith(("Against", "Balance of"))]
    assert [week.booked for week in of.trend] == [None] * 11 + [timedelta(hours=12)]
    assert "trend" not in shown(of)
    assert left_out(of)[-1] == (
        "Left out, because these days were not loaded: the change against 2026-W46, the balance of Nov 2026, 11 of the "
        '12 weeks of the trend. To see it: load_worklogs(jira, ("2026-08-31", "2026-11-22")).'
    )
    assert left_out(of)[-1] in of._repr_html_().replace("&#34;", '"')


def test_a_connection_that_failed_for_a_week_leaves_that_week_out() -> None:
    """One of two sites is half a week."""
    loads = [load(**MONTHS_OF_ROWS), load("Server"), load("Server", first="2026-08-31", last="2026-11-08", rows=0)]
    of = report(frame(*ROWS, loads=loads), WEEK)
    assert [week.booked is None for week in of.trend] == [False] * 10 + [True, False]
    assert "Against 2026-W46" not in figures(of)


def test_rows_without_a_word_on_their_load_are_not_compared() -> None:
    """Completeness unknown is not complete."""
    of = report(frame(*ROWS), WEEK)
    assert not [name for name in figures(of) if name.startswith(("Against", "Balance of"))]
    assert all(week.booked is None for week in of.trend)


def test_an_unfinished_week_is_compared_with_the_same_days_of_the_one_before() -> None:
    """On Tuesday a full week would always win."""
    with time_machine.travel("2026-11-17T18:00:00+00:00"):
        of = made(**MONTHS_OF_ROWS, as_of="2026-11-17T17:00:00+00:00")
    assert figures(of)["Against 2026-W46"] == ("-3:00", "8:00 then, the same days")
    assert figures(of)["Balance of Nov 2026"][1] == "1 Nov – 17 Nov"


def test_a_month_is_compared_with_the_month_before_and_has_no_second_balance() -> None:
    """Its balance is that of the month already."""
    of = report(frame(*ROWS, loads=[load(first="2026-10-01", last="2026-11-30")]), "2026-11")
    assert figures(of)["Against 2026-10"] == ("+28:00", "0:00 then, the same days")
    assert not [name for name in figures(of) if name.startswith("Balance of")]
