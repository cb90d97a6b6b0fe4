"""What the checks find, on which rows, and when they keep quiet."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import time_machine

from roots_nb.errors import InvalidInput
from roots_nb.reports.checks import CHECKS
from roots_nb.reports.report import Report, report
from roots_nb.reports.schedule import Schedule
from tests.reports.frames import WEEK, frame, load, worklog


def full(day: int, hour: int = 8, minutes: float = 480, **texts: Any) -> dict[str, Any]:
    return worklog(f"2026-11-{day:02} {hour:02}:00", minutes, **{"comment": "done", **texts})


WHOLE_WEEK = [full(16, 7), full(17, 8), full(18, 9), full(19, 6), full(20, 5)]


def made(*rows: dict[str, Any], **options: Any) -> Report:
    return report(frame(*rows, loads=[load(), load("Server")]), WEEK, **options)


def found(of: Report) -> dict[str, list[str]]:
    """What each check says, without those that say nothing."""
    checks = of.checks
    return {name: checks.loc[checks["check"] == name, "finding"].tolist() for name in dict.fromkeys(checks["check"])}


def test_a_week_as_it_should_be_has_no_findings() -> None:
    """Nothing to look at, with the same columns."""
    assert made(*WHOLE_WEEK).checks.empty
    assert list(made().checks.columns) == list(made(*WHOLE_WEEK).checks.columns) == ["check", "day", "finding", "rows"]
    assert "Nothing found." in made(*WHOLE_WEEK)._repr_html_()


@pytest.mark.parametrize(
    ("rows", "check", "says"),
    [
        ([*WHOLE_WEEK[1:], full(16, minutes=435)], "under target", ["7:15 of 8:00, 0:45 too little"]),
        ([*WHOLE_WEEK[1:], full(16, minutes=485)], "over target", ["8:05 of 8:00, 0:05 more"]),
        (WHOLE_WEEK[1:], "empty day", ["nothing of 8:00"]),
        ([*WHOLE_WEEK, full(16, 15, 121)], "long day", ["10:01, longer than 10:00"]),
        ([*WHOLE_WEEK, full(21, 8, 30)], "free day", ["0:30 on a free day: weekend"]),
        ([*WHOLE_WEEK[1:], full(16, minutes=480, comment=" ")], "no comment", ["APP-1"]),
        (
            [*WHOLE_WEEK[1:], full(16, 8, 240), full(16, 11, 240, issue="APP-2")],
            "overlap",
            ["APP-1 08:00–12:00, APP-2 11:00–15:00 share 1:00"],
        ),
        ([*WHOLE_WEEK[1:], full(16, 8, 240), full(16, 8, 240)], "twice", ["APP-1 08:00–12:00 is there 2 times"]),
        (
            [*WHOLE_WEEK[1:], full(16, 8, 240), full(16, 8, 240, connection="Server", issue="NORD-1")],
            "two connections",
            ["APP-1 08:00–12:00 is on Cloud, Server"],
        ),
        ([*WHOLE_WEEK, full(16, 18, 1)], "odd length", ["APP-1 0:01"]),
        ([*WHOLE_WEEK[1:], full(16, 8, 479.5)], "odd length", ["APP-1 7:59:30"]),
        (
            [*WHOLE_WEEK[1:], full(16, created="2026-12-01 09:00")],
            "booked late",
            ["APP-1 booked on Tue 1 Dec 2026, 15 days later"],
        ),
    ],
)
def test_a_check_finds_what_it_is_named_after(rows: list[dict[str, Any]], check: str, says: list[str]) -> None:
    """In words that a person can act on."""
    assert found(made(*rows))[check] == says


def test_a_finding_names_its_rows_so_that_they_can_be_edited() -> None:
    """By the labels of the frame, and as a frame."""
    of = made(*WHOLE_WEEK[1:], full(16, 8, 240), full(16, 11, 240, issue="APP-2"), full(16, 15, 60))
    (overlap,) = of.checks[of.checks["check"] == "overlap"].itertuples()
    rows = of.rows(check="overlap")
    assert overlap.day == date(2026, 11, 16)
    assert rows["issue"].tolist() == ["APP-1", "APP-2"]
    assert overlap.rows == rows.index.tolist()
    assert rows.attrs == of.worklogs.attrs
    assert of.rows(check="empty day").empty


def test_each_check_can_be_switched_off() -> None:
    """All of them together leave nothing."""
    rows = [full(16, 8, 1, comment=""), full(16, 8, 1, comment=""), full(21, 8, 700), full(21, 9, 30)]
    on = found(made(*rows))
    assert len(on) > 6
    for name in on:
        assert name not in found(made(*rows, skip_checks=[name]))
    assert made(*rows, skip_checks=list(CHECKS)).checks.empty


def test_an_unknown_check_is_refused_by_name() -> None:
    """A slip must not switch off nothing."""
    with pytest.raises(InvalidInput, match="Did you mean 'overlap'"):
        made(skip_checks=["overlaps"])
    with pytest.raises(InvalidInput, match="There is no check 'x'"):
        made().rows(check="x")


def test_overlaps_are_not_looked_for_where_most_worklogs_share_one_start() -> None:
    """Whoever enters hours without a time gets 9 o'clock from Jira, and no reproach."""
    rows = [full(16, 9, 240), full(16, 9, 240, issue="APP-2"), full(17, 8, 240), full(18, 9, 60)]
    of = made(*rows)
    assert "overlap" not in found(of)
    assert of.unchecked == {"overlap": "most worklogs start at 09:00, as if no time had been entered"}
    assert "Not checked: overlap, because most worklogs start at 09:00" in of._repr_html_()
    assert not made(*rows, skip_checks=["overlap"]).unchecked


def test_overlaps_are_found_over_midnight_and_where_the_clock_is_put_back() -> None:
    """By instants, not by what the clock shows."""
    night = [full(16, 22, 240), full(17, 1, 60, issue="APP-2"), full(18, 8, 60)]
    assert found(made(*night))["overlap"] == ["APP-1 22:00–02:00, APP-2 01:00–02:00 share 1:00"]
    hours = [
        worklog("2026-10-25T00:30:00+00:00", 60, comment="x"),
        worklog("2026-10-25T01:30:00+00:00", 60, comment="x"),
        worklog("2026-10-24 09:00", 60, comment="x"),
    ]
    assert "overlap" not in found(report(frame(*hours), "2026-10"))


def test_a_crowd_of_overlaps_is_one_finding_found_quickly() -> None:
    """Each row is looked at once; five are named, all are in the rows."""
    rows = [full(16, 8 + n // 60, 300) | {"started": f"2026-11-16 {8 + n // 60:02}:{n % 60:02}"} for n in range(240)]
    (overlap,) = [each for each in made(*rows).findings if each.check == "overlap"]
    assert overlap.text.endswith("APP-1 08:04–13:04 and 235 more share 1191:01")
    assert len(overlap.positions) == 240


def test_what_is_booked_alike_on_two_connections_is_not_named_twice() -> None:
    """It is no overlap as well."""
    rows = [full(16, 8, 240), full(16, 8, 240, connection="Server", issue="NORD-1"), full(17, 9), full(18, 10)]
    assert "overlap" not in found(made(*rows))


def test_today_and_days_to_come_are_not_blamed() -> None:
    """Today is not over; what starts later than now is odd."""
    rows = [full(16, 7), full(18, 8, 60), full(18, 20, 60)]
    with time_machine.travel("2026-11-18T12:00:00+00:00"):
        of = report(frame(*rows, loads=[load(as_of="2026-11-18T11:59:00+00:00")]), WEEK)
    assert found(of) == {"empty day": ["nothing of 8:00"], "in the future": ["APP-1 starts at 20:00"]}
    assert of.checks["day"].tolist() == [date(2026, 11, 17), date(2026, 11, 18)]


def test_work_on_a_holiday_and_on_vacation_is_named_with_the_reason() -> None:
    """A free Friday of part-time is neither."""
    schedule = Schedule(
        [8, 8, 8, 8, 0, 0, 0], country="DE", subdivision="SN", absences={"day": "2026-11-19", "name": "Off"}
    )
    of = made(full(16), full(17, 9), *WHOLE_WEEK[2:], schedule=schedule)
    assert found(of)["free day"] == [
        "8:00 on a free day: public holiday (Repentance and Prayer Day)",
        "8:00 on a free day: Off",
    ]


def test_a_frame_without_created_is_checked_for_the_rest() -> None:
    """Drafts and hand-made frames have none."""
    bare = frame(*WHOLE_WEEK[1:]).drop(columns="created")
    assert "empty day" in found(report(bare, WEEK))
