"""Calendar files as calendars export them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from roots_nb.calendars import MOST_APPOINTMENTS, read_calendar
from roots_nb.editing.drafts import new_worklogs
from roots_nb.errors import InvalidInput

BERLIN = "Europe/Berlin"
WEEK = "2026-W47"


@pytest.fixture
def calendar(tmp_path: Path):
    """Writes a calendar of appointments, each given by its lines."""

    def write(*appointments: str, head: str = "") -> Path:
        events = [
            f"BEGIN:VEVENT\nUID:{n}\nDTSTAMP:20261101T000000Z\n{lines}\nEND:VEVENT"
            for n, lines in enumerate(appointments)
        ]
        text = "\n".join(
            ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", *filter(None, [head]), *events, "END:VCALENDAR"]
        )
        path = tmp_path / "calendar.ics"
        path.write_text(text.replace("\n", "\r\n"), encoding="utf-8", newline="")
        return path

    return write


def event(start: str, end: str, title: str = "Meeting", *more: str) -> str:
    return "\n".join([f"DTSTART{start}", f"DTEND{end}", f"SUMMARY:{title}", *more])


def told(frame: pd.DataFrame) -> list[tuple[str, str, str]]:
    return [
        (f"{row.started:%a %H:%M}", str(row.time_spent).removeprefix("0 days "), row.comment)
        for row in frame.itertuples()
    ]


def test_daily_series_gives_each_of_its_occurrences(calendar) -> None:
    """Not the one that the file holds, and only those of the period."""
    daily = event(
        ";TZID=Europe/Berlin:20260302T091500",
        ";TZID=Europe/Berlin:20260302T093000",
        "Daily",
        "RRULE:FREQ=DAILY;COUNT=300",
    )
    days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert told(read_calendar(calendar(daily), WEEK)) == [(f"{day} 09:15", "00:15:00", "Daily") for day in days]
    assert len(read_calendar(calendar(daily), ("2026-01-01", "2027-12-31"))) == 300


def test_series_keeps_its_hour_when_clocks_change(calendar) -> None:
    """Half past nine in Berlin is half past nine in summer and in winter."""
    weekly = event(
        ";TZID=Europe/Berlin:20261019T093000", ";TZID=Europe/Berlin:20261019T103000", "Weekly", "RRULE:FREQ=WEEKLY"
    )
    found = read_calendar(calendar(weekly), ("2026-10-19", "2026-11-01"))
    assert told(found) == [("Mon 09:30", "01:00:00", "Weekly")] * 2
    assert [str(each.utcoffset()) for each in found["started"]] == ["2:00:00", "1:00:00"]


@pytest.mark.parametrize(
    ("night", "hours"), [("20260328", 7), ("20261024", 9), ("20261116", 8)], ids=["spring", "autumn", "winter"]
)
def test_an_appointment_takes_the_time_that_passes_when_clocks_change(calendar, night: str, hours: int) -> None:
    """From ten to six on the clock, with a zone or without; eight hours are eight hours."""
    begin, end = f"{night}T220000", f"{int(night) + 1}T060000"
    path = calendar(
        event(f";TZID={BERLIN}:{begin}", f";TZID={BERLIN}:{end}"),
        event(f":{begin}", f":{end}"),
        f"DTSTART;TZID={BERLIN}:{begin}\nDURATION:PT8H",
        event(f";VALUE=DATE:{night}", f";VALUE=DATE:{int(night) + 2}"),
        head=f"X-WR-TIMEZONE:{BERLIN}",
    )
    found = read_calendar(path, "2026")
    assert sorted(found["time_spent"] / pd.Timedelta(hours=1)) == sorted([hours, hours, 8, 48])


def test_a_series_at_an_hour_that_clocks_leave_out_takes_time_all_the_same(calendar) -> None:
    """There is no half past two that night."""
    daily = event(
        f";TZID={BERLIN}:20260328T023000", f";TZID={BERLIN}:20260328T031500", "Backup", "RRULE:FREQ=DAILY;COUNT=3"
    )
    assert [spent for _, spent, _ in told(read_calendar(calendar(daily), "2026"))] == ["00:45:00"] * 3


def test_changed_cancelled_and_excluded_occurrences_count_as_such(calendar) -> None:
    """A moved meeting is where it was moved to, a cancelled one nowhere."""
    series = event(
        ";TZID=Europe/Berlin:20261116T090000",
        ";TZID=Europe/Berlin:20261116T100000",
        "Series",
        "RRULE:FREQ=DAILY;COUNT=4",
        "EXDATE;TZID=Europe/Berlin:20261117T090000",
    )
    moved = event(
        ";TZID=Europe/Berlin:20261118T150000",
        ";TZID=Europe/Berlin:20261118T160000",
        "Moved",
        "RECURRENCE-ID;TZID=Europe/Berlin:20261118T090000",
    ).replace("UID:1", "UID:0")
    cancelled = event(":20261120T090000Z", ":20261120T100000Z", "Cancelled", "STATUS:CANCELLED")
    path = calendar(series, moved, cancelled)
    path.write_bytes(path.read_bytes().replace(b"UID:1\r\n", b"UID:0\r\n"))
    assert told(read_calendar(path, WEEK)) == [
        ("Mon 09:00", "01:00:00", "Series"),
        ("Wed 15:00", "01:00:00", "Moved"),
        ("Thu 09:00", "01:00:00", "Series"),
    ]


def test_times_are_told_in_the_zone_asked_for(calendar) -> None:
    """Whatever zone each was written in; without one they count in it."""
    path = calendar(
        event(":20261116T080000Z", ":20261116T090000Z", "UTC"),
        event(";TZID=America/New_York:20261116T090000", ";TZID=America/New_York:20261116T093000", "New York"),
        event(":20261117T080000", ":20261117T083000", "Floating"),
    )
    found = read_calendar(path, WEEK, zone=BERLIN)
    assert [each[0] for each in told(found)] == ["Mon 09:00", "Mon 15:00", "Tue 08:00"]
    assert found["started"].dt.tz == ZoneInfo(BERLIN)


def test_day_of_an_appointment_is_that_of_its_beginning_in_the_zone(calendar) -> None:
    """23:30 UTC on Sunday is Monday in Berlin."""
    path = calendar(
        event(":20261115T233000Z", ":20261116T003000Z", "Monday's"),
        event(":20261122T233000Z", ":20261123T003000Z", "Next"),
    )
    assert [each[2] for each in told(read_calendar(path, WEEK, zone=BERLIN))] == ["Monday's"]


def test_a_whole_day_after_the_period_hides_no_appointment(calendar) -> None:
    """West of Greenwich its midnight comes before the last evening in UTC."""
    path = calendar(
        event(":20261123T040000Z", ":20261123T050000Z", "Sunday evening"),
        event(";VALUE=DATE:20261123", ";VALUE=DATE:20261124", "Monday"),
    )
    assert told(read_calendar(path, WEEK, zone="America/Los_Angeles")) == [("Sun 20:00", "01:00:00", "Sunday evening")]


ZONES = ["Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
MIXED = st.lists(
    st.tuples(
        st.integers(13, 25),
        st.integers(0, 23),
        st.sampled_from([";VALUE=DATE", "", "Z", *(f";TZID={name}" for name in ZONES)]),
        st.sampled_from([(), ("RRULE:FREQ=DAILY;COUNT=5",)]),
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(each=MIXED, zone=st.sampled_from(ZONES))
def test_appointments_of_all_kinds_come_oldest_first_and_none_is_missing(calendar, each, zone: str) -> None:
    """Whatever stands beside it, each is found as if it were alone."""
    events = []
    for number, (day, hour, kind, more) in enumerate(each):
        times = [f"202611{day:02}T{hour:02}{minute}00" for minute in ("00", "30")]
        if kind == ";VALUE=DATE":
            times = [f"202611{day:02}", f"202611{day + 1:02}"]
        start, end = (f":{each}Z" if kind == "Z" else f"{kind}:{each}" for each in times)
        events.append(event(start, end, str(number), *more))
    alone = pd.concat([read_calendar(calendar(one), WEEK, zone=zone) for one in events])
    together = read_calendar(calendar(*events), WEEK, zone=zone)
    assert told(together) == told(alone.sort_values("started", kind="stable"))


def test_whole_days_and_tentative_ones_are_marked(calendar) -> None:
    """A holiday of two days is one row of 48 hours."""
    path = calendar(
        event(";VALUE=DATE:20261119", ";VALUE=DATE:20261121", "Holiday"),
        event(":20261119T090000Z", ":20261119T100000Z", "Maybe", "STATUS:TENTATIVE"),
    )
    found = read_calendar(path, WEEK, zone=BERLIN)
    assert found["all_day"].tolist() == [True, False]
    assert found["tentative"].tolist() == [False, True]
    assert told(found)[0] == ("Thu 00:00", "2 days 00:00:00", "Holiday")


def test_appointments_become_drafts(calendar) -> None:
    """With an issue each row is what `new_worklogs` asks for."""
    path = calendar(event(":20261116T080000Z", ":20261116T083000Z", "Planning"), head="X-WR-TIMEZONE:Europe/Berlin")
    (draft,) = new_worklogs(read_calendar(path, WEEK).assign(issue="OPS-3"), zone=BERLIN).to_dict("records")
    assert (draft["issue"], str(draft["started"]), draft["comment"]) == (
        "OPS-3",
        "2026-11-16 09:00:00+01:00",
        "Planning",
    )
    assert draft["time_spent"] == pd.Timedelta(minutes=30)


def test_period_without_appointments_gives_an_empty_frame(calendar) -> None:
    """With the columns and dtypes of a full one."""
    full = read_calendar(calendar(event(":20261116T080000Z", ":20261116T083000Z")), WEEK, zone=BERLIN)
    empty = read_calendar(calendar(event(":20251116T080000Z", ":20251116T083000Z")), WEEK, zone=BERLIN)
    assert empty.empty
    assert empty.dtypes.equals(full.dtypes)


def test_zone_is_asked_for_where_the_file_has_none(calendar) -> None:
    """A guess would move every meeting."""
    with pytest.raises(InvalidInput, match="zone="):
        read_calendar(calendar(event(":20261117T080000", ":20261117T083000")), WEEK)


@pytest.mark.parametrize("head", ["", "X-WR-TIMEZONE:W. Europe Standard Time", "X-WR-TIMEZONE:Customized Time Zone"])
def test_outlooks_names_of_zones_are_known(calendar, head: str) -> None:
    """It writes those of Windows, and to one calendar both kinds where an appointment came from elsewhere."""
    path = calendar(
        event(";TZID=W. Europe Standard Time:20261117T090000", ";TZID=W. Europe Standard Time:20261117T093000", "In"),
        event(f";TZID={BERLIN}:20261118T090000", f";TZID={BERLIN}:20261118T093000", "Out"),
        head=head,
    )
    frame = read_calendar(path, WEEK)
    assert str(frame["started"].dt.tz) == BERLIN
    assert told(frame) == [("Tue 09:00", "00:30:00", "In"), ("Wed 09:00", "00:30:00", "Out")]


def test_name_of_a_zone_that_is_none_asks_for_the_zone(calendar) -> None:
    """Some programs make up their own."""
    path = calendar(event(";TZID=Customized Time Zone:20261117T090000", ";TZID=Customized Time Zone:20261117T093000"))
    with pytest.raises(InvalidInput, match=r"Customized Time Zone.* zone="):
        read_calendar(path, WEEK)


def test_endless_series_is_refused(calendar) -> None:
    """Before it fills the memory."""
    path = calendar(event(":20261116T080000Z", ":20261116T080001Z", "Endless", "RRULE:FREQ=MINUTELY"))
    with pytest.raises(InvalidInput, match=f"{MOST_APPOINTMENTS:,}"):
        read_calendar(path, ("2026-11-16", "2027-12-31"), zone=BERLIN)


@pytest.mark.parametrize(
    "content", [b"", b"issue;started\nAPP-1;2026", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT", b"\xff\xfe\x00"]
)
def test_file_that_is_no_calendar_is_told(tmp_path: Path, content: bytes) -> None:
    """With what to do."""
    path = tmp_path / "calendar.ics"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=r"not a calendar.*\.ics"):
        read_calendar(path, WEEK, zone=BERLIN)


def test_missing_file_is_told(tmp_path: Path) -> None:
    """By its name."""
    with pytest.raises(InvalidInput, match=r"missing\.ics"):
        read_calendar(tmp_path / "missing.ics", WEEK, zone=BERLIN)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.sampled_from(["DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "STATUS", "SUMMARY"])),
    data=st.data(),
)
@example(lines=["DTSTART"], data=None)
def test_hostile_calendar_is_read_or_refused(calendar, lines: list[str], data) -> None:
    """Whatever its lines say: a frame or one of our errors, nothing else."""
    values = st.sampled_from(
        [
            "20261116T080000Z",
            "20261116",
            "99991231T235959Z",
            "00010101",
            "PT1H",
            "-P1D",
            "FREQ=DAILY;COUNT=9",
            "FREQ=NEVER",
            "FREQ=YEARLY;BYDAY=99MO",
            "",
            "x",
            "\ud83c".encode("utf-8", "replace").decode(),
        ]
    )
    texts = [f"{line}:{data.draw(values) if data else '20261116T080000Z'}" for line in lines]
    path = calendar("\n".join(texts))
    with contextlib.suppress(InvalidInput):
        assert isinstance(read_calendar(path, WEEK, zone=BERLIN), pd.DataFrame)
