"""Days and hours off, from everything people keep them in."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from roots_nb.errors import InvalidInput
from roots_nb.reports.absences import read_absences
from roots_nb.reports.schedule import Schedule

EIGHT = timedelta(hours=8)
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tests//absences
BEGIN:VEVENT
UID:1
SUMMARY:Vacation
DTSTART;VALUE=DATE:20261221
DTEND;VALUE=DATE:20270103
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Out of office
DTSTART;VALUE=DATE:20261221
END:VEVENT
BEGIN:VEVENT
UID:3
SUMMARY:Course
DTSTART;TZID=Europe/Berlin:20260105T090000
DTEND;TZID=Europe/Berlin:20260105T110000
RRULE:FREQ=WEEKLY
EXDATE;TZID=Europe/Berlin:20260112T090000
END:VEVENT
BEGIN:VEVENT
UID:4
SUMMARY:Dentist
DTSTART;TZID=Europe/Berlin:20260105T100000
DURATION:PT2H
END:VEVENT
BEGIN:VEVENT
UID:5
SUMMARY:Was called off
STATUS:CANCELLED
DTSTART;VALUE=DATE:20260106
END:VEVENT
END:VCALENDAR
"""


def off(given: object, day: str) -> timedelta:
    """How much of eight hours is off."""
    return Schedule([8] * 7, absences=given).on(date.fromisoformat(day)).absence


@pytest.mark.parametrize(
    ("row", "hours"),
    [
        ({"day": "2026-12-24"}, 8),
        ({"day": date(2026, 12, 24), "part": 0.5}, 4),
        ({"day": "24.12.2026", "part": "half"}, 4),
        ({"first": "2026-12-20", "last": "2026-12-31", "name": "Vacation"}, 8),
        ({"day": pd.Timestamp("2026-12-24"), "hours": "2:30"}, 2.5),
        ({"day": "2026-12-24", "hours": 20}, 8),
        ({"day": "2026-12-23"}, 0),
    ],
)
def test_a_row_takes_its_part_of_the_days_it_names(row: dict[str, object], hours: float) -> None:
    """In a list, in a frame, and in a file; never more than the day's target."""
    assert off(row, "2026-12-24") == timedelta(hours=hours)
    assert off([row], "2026-12-24") == off(pd.DataFrame([row]), "2026-12-24") == timedelta(hours=hours)


def test_days_alone_are_whole_days() -> None:
    """The shortest way to write them."""
    assert off(["2026-12-24", date(2026, 12, 31)], "2026-12-31") == EIGHT


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_file_is_read_however_excel_separated_it(tmp_path: Path, separator: str) -> None:
    """With its mark, with empty cells and with a decimal comma."""
    lines = ["first,last,part,name", "2026-12-21,,,Moving", "2026-12-22,2026-12-23,0.5,Childcare"]
    text = "\n".join(line.replace(",", separator) for line in lines)
    path = tmp_path / "absences.csv"
    path.write_text(text if separator == "," else text.replace("0.5", "0,5"), encoding="utf-8-sig")
    assert off(path, "2026-12-21") == off(str(path), "2026-12-21") == EIGHT
    assert off(path, "2026-12-23") == EIGHT / 2


@pytest.mark.parametrize(
    ("day", "hours", "names"),
    [
        ("2026-12-21", 8, "Vacation, Out of office, Course"),
        ("2027-01-02", 8, "Vacation"),
        ("2027-01-03", 0, ""),
        ("2026-01-05", 3, "Course, Dentist"),
        ("2026-01-12", 0, ""),
        ("2026-03-30", 2, "Course"),
        ("2031-06-02", 2, "Course"),
        ("2026-01-06", 0, ""),
    ],
)
def test_events_of_a_calendar_are_off_each_minute_once(tmp_path: Path, day: str, hours: float, names: str) -> None:
    """All-day, over New Year, repeated, with exceptions, in summer time, overlapping, called off."""
    path = tmp_path / "absences.ics"
    path.write_bytes(CALENDAR.replace("\n", "\r\n").encode())
    absences = read_absences(path).on(date.fromisoformat(day))
    assert off(path, day) == timedelta(hours=hours)
    assert ", ".join(each.name for each in absences) == names


OWN_ZONE = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def test_whole_days_count_on_the_clock_of_their_own_zone(tmp_path: Path) -> None:
    """Outlook's names, a zone of the file's own, one that nobody knows, two zones in one file, and UTC."""
    days = {
        "2026-07-08": ';TZID="W. Europe Standard Time":{}T000000',
        "2026-07-10": ";TZID=Customized Time Zone:{}T000000",
        "2026-07-15": ";TZID=Nowhere:{}T000000",
        "2026-07-17": ";TZID=Asia/Tokyo:{}T000000",
        "2026-12-31": ";TZID=America/Los_Angeles:{}T000000",
        "2026-07-22": ":{}T000000",
        "2026-07-24": ":{}T000000Z",
        "2026-10-25": ";TZID=Europe/Berlin:{}T000000",
        "2026-03-29": ";TZID=Europe/Berlin:{}T000000",
    }
    lines = ["BEGIN:VCALENDAR", *OWN_ZONE.splitlines()]
    for number, (day, moment) in enumerate(days.items()):
        begin, end = (date.fromisoformat(day) + timedelta(days=n) for n in (0, 1))
        ends = [f"DTSTART{moment.format(f'{begin:%Y%m%d}')}", f"DTEND{moment.format(f'{end:%Y%m%d}')}"]
        lines += ["BEGIN:VEVENT", f"UID:{number}", *ends, "END:VEVENT"]
    path = tmp_path / "absences.ics"
    path.write_bytes("\r\n".join([*lines, "END:VCALENDAR", ""]).encode())
    absences = read_absences(path)
    year = (date(2026, 1, 1) + timedelta(days=n) for n in range(370))
    assert {str(day): str(*off) for day in year if (off := absences.on(day))} == dict.fromkeys(sorted(days), "absent")


def test_a_series_in_a_zone_of_outlook_ends_and_pauses_where_it_says(tmp_path: Path) -> None:
    """Its exceptions are in its zone, and its end in UTC."""
    series = """BEGIN:VCALENDAR
X-WR-TIMEZONE:America/New_York
BEGIN:VEVENT
UID:1
DTSTART;TZID=W. Europe Standard Time:20260701T000000
DTEND;TZID=W. Europe Standard Time:20260702T000000
RRULE:FREQ=DAILY;UNTIL=20260703T220000Z
EXDATE;TZID=W. Europe Standard Time:20260702T000000
RDATE;TZID=W. Europe Standard Time:20260710T000000
END:VEVENT
END:VCALENDAR
"""
    path = tmp_path / "absences.ics"
    path.write_bytes(series.replace("\n", "\r\n").encode())
    july = [f"2026-07-{day:02}" for day in range(1, 32)]
    assert [day for day in july if off(path, day) == EIGHT] == [f"2026-07-{day}" for day in ("01", "03", "04", "10")]
    assert sum((off(path, day) for day in july), timedelta()) == 4 * EIGHT


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([{"day": "2026-12-24", "part": 0.5}] * 2, "off more than once.*half a day"),
        ([{"day": "2026-12-24", "part": 0.5, "name": "a"}, {"day": "2026-12-24", "name": "b"}], "more than once"),
        ([{"first": "2026-12-20", "last": "2026-12-30"}, "2026-12-24"], "2026-12-24 is off more than once"),
        ({"day": "2026-12-24", "part": 1.5}, "no part of a day"),
        ({"day": "2026-12-24", "part": "quarter"}, "no part of a day"),
        ({"day": "2026-12-24", "hours": "26"}, "0 to 24 hours"),
        ({"day": "12/24/2026"}, r"'12/24/2026' is not a day \(absence 1\)"),
        ({"name": "Vacation"}, "No day"),
        ({"first": "2026-12-24", "last": "2026-12-20"}, "Check the two days"),
        ({"from": "2026-12-24"}, "Absence 1 has from"),
        (pd.DataFrame({"day": ["2026-12-24", None]}), "row 2 of the frame"),
        ("nowhere.csv", "cannot be read: No such file"),
        (42, "42 is not an absence"),
    ],
)
def test_what_cannot_be_an_absence_is_refused_by_name(given: object, says: str) -> None:
    """A wrong target would be a wrong balance."""
    with pytest.raises(InvalidInput, match=says):
        read_absences(given)


def test_two_halves_of_different_names_are_a_whole_day() -> None:
    """The morning at the doctor's, the afternoon off."""
    halves = [{"day": "2026-12-24", "part": "half", "name": name} for name in ("Doctor", "Vacation")]
    assert off(halves, "2026-12-24") == EIGHT


def test_a_csv_file_with_a_cell_too_long_for_one_is_refused(tmp_path: Path) -> None:
    """And named."""
    path = tmp_path / "absences.csv"
    path.write_text(f"day,name\n2026-12-24,{'x' * 200_000}\n")
    with pytest.raises(InvalidInput, match=r"absences\.csv is no CSV: .* \(line 2\)\. Correct"):
        read_absences(path)


def test_a_file_that_is_no_calendar_is_refused(tmp_path: Path) -> None:
    """And named."""
    path = tmp_path / "absences.ics"
    path.write_text("BEGIN:VCALENDAR\nnonsense")
    with pytest.raises(InvalidInput, match=r"absences\.ics is not a calendar"):
        read_absences(path)
