"""Appointments of a calendar file, as rows from which worklogs can be made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import recurring_ical_events
from icalendar import Calendar
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from roots_nb.errors import InvalidInput
from roots_nb.paths import given_path
from roots_nb.periods import Period, parse_period
from roots_nb.worklogs import find_zone

MOST_APPOINTMENTS = 10_000
_OWN_ZONE = "X-WR-TIMEZONE"
_HAS_DURATION = "X-ROOTS-NB-HAS-DURATION"


def read_calendar(path: str | Path, period: object, *, zone: str | tzinfo | None = None) -> pd.DataFrame:
    """Read the appointments of a period from an iCalendar file (`.ics`), as every calendar exports it.

    >>> meetings = rn.read_calendar("calendar.ics", "last week", zone=worklogs["started"].dt.tz)
    >>> meetings = meetings[~meetings["all_day"]].assign(issue="OPS-3")
    >>> drafts = rn.new_worklogs(meetings)

    Parameters
    ----------
    path : str or Path
    period : str, tuple of two dates, date or pandas.Period
        As in `load_worklogs`. An appointment belongs to the day on which it begins.
    zone : str or tzinfo, optional
        In which days are counted, and times that the file gives without a zone. It may stay open where the calendar
        names its own or all its times are in one zone; Outlook's names of zones are known.

    Returns
    -------
    pandas.DataFrame
        One row per appointment, of a series one per occurrence, oldest first; cancelled ones are left out. `started`
        (datetime in `zone`; midnight if all day), `time_spent` (timedelta; 24 hours for each whole day), `comment`
        (str, the title), `all_day` (bool) and `tentative` (bool, not yet agreed to). Without appointments the frame is
        empty.

    Raises
    ------
    InvalidInput
        The file cannot be read or is no calendar, the zone is unknown or needed, or the period has more than
        10,000 appointments.
    """
    calendar = _open(given_path(path))
    with _bad_values_refused(path):
        clock = _find_zone(zone, calendar)
        wanted = parse_period(period, today=datetime.now(clock).date())
        rows = [_row(event, clock) for event in _occurrences(calendar, wanted, clock)]
        rows.sort(key=lambda row: row[0].timestamp())
    return pd.DataFrame(
        {
            "started": pd.Series([row[0] for row in rows], dtype=pd.DatetimeTZDtype("us", clock)),
            "time_spent": pd.Series([row[1] for row in rows], dtype="timedelta64[us]"),
            "comment": pd.Series([row[2] for row in rows], dtype="str"),
            "all_day": pd.Series([row[3] for row in rows], dtype="bool"),
            "tentative": pd.Series([row[4] for row in rows], dtype="bool"),
        }
    )


def read_on_own_clocks(path: Path, period: Period) -> list[tuple[datetime, datetime, str]]:
    """Begin, end and title of each appointment, as the clocks show it in the zone in which it was written.

    What is in UTC is told in the calendar's zone, if that is known: in it begins what belongs to the period. Raises
    `InvalidInput` as `read_calendar`, but asks for no zone.
    """
    calendar = _open(path)
    with _bad_values_refused(path):
        try:
            zone = _find_zone(None, calendar)
        except InvalidInput:
            zone = UTC
        return [
            (_own_clock(event.start, zone), _own_clock(event.end, zone), str(event.get("SUMMARY", "")))
            for event in _occurrences(calendar, period, zone)
        ]


@contextmanager
def _bad_values_refused(path: str | Path) -> Iterator[None]:
    try:
        yield
    except InvalidInput:
        raise
    except Exception as error:  # the libraries stumble over bad values in any way
        raise InvalidInput(
            f"{path} has an appointment that cannot be read ({type(error).__name__}).",
            advice="Export the calendar again, or only the period in question.",
        ) from error


def _open(path: Path) -> Any:
    try:
        calendar = Calendar.from_ical(path.read_bytes())
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", advice="Is it the right path?") from error
    except Exception as error:  # as above
        raise InvalidInput(
            f"{path} is not a calendar.", advice="Export it from your calendar as iCalendar (.ics)."
        ) from error
    if own := _zone_named(str(calendar.pop(_OWN_ZONE, ""))):
        calendar[_OWN_ZONE] = own.key
    return calendar


def _zone_named(name: str) -> ZoneInfo | None:
    """Outlook names zones as Windows does, and some programs make names up."""
    try:
        return find_zone(WINDOWS_TO_OLSON.get(name, name))
    except InvalidInput:
        return None


def _find_zone(zone: str | tzinfo | None, calendar: Any) -> tzinfo:
    """What was asked for; else the calendar's own, or the one that all its times share."""
    if zone is not None:
        return find_zone(zone) if isinstance(zone, str) else zone
    if own := calendar.get(_OWN_ZONE):
        return find_zone(own)
    starts = (event.get("DTSTART") for event in calendar.walk("VEVENT"))
    names = {start.params["TZID"] for start in starts if start is not None and "TZID" in start.params}
    zones = {_zone_named(name) for name in names}
    if len(zones) == 1 and (found := zones.pop()):
        return found
    told = f"It names {', '.join(sorted(names))}. " if names else ""
    raise InvalidInput(
        "The calendar does not say in which time zone it is.", advice=f'{told}Add zone="Europe/Berlin", or yours.'
    )


def _occurrences(calendar: Any, period: Period, zone: tzinfo) -> Iterator[Any]:
    """Day by day, because a series may have any number of them, and in no order within a day."""
    for event in calendar.walk("VEVENT"):
        event[_HAS_DURATION] = "DTEND" not in event and "DURATION" in event
    found, number = recurring_ical_events.of(calendar), 0
    for day in period.days:
        midnight, next_midnight = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
        for event in found.between(midnight, next_midnight):
            if _moment(event.start, zone).date() != day or event.get("STATUS") == "CANCELLED":
                continue
            if number == MOST_APPOINTMENTS:
                raise InvalidInput(
                    f"The period has more than {MOST_APPOINTMENTS:,} appointments.", advice="Ask for a shorter period."
                )
            number += 1
            yield event


def _row(event: Any, zone: tzinfo) -> tuple[datetime, timedelta, str, bool, bool]:
    started, all_day = _moment(event.start, zone), not isinstance(event.start, datetime)
    time_spent = _time_spent(event, zone)
    return started, time_spent, str(event.get("SUMMARY", "")), all_day, event.get("STATUS") == "TENTATIVE"


def _time_spent(event: Any, zone: tzinfo) -> timedelta:
    """What passes between begin and end.

    A whole day has 24 hours, a duration was added to the clock on the wall, and what begins at a time that clocks leave
    out may end before it: these take what the wall says.
    """
    on_wall: timedelta = event.end - event.start
    if not isinstance(event.start, datetime) or event[_HAS_DURATION]:
        return on_wall
    passed = _moment(event.end, zone).astimezone(UTC) - _moment(event.start, zone).astimezone(UTC)
    return passed if passed > timedelta() else on_wall


def _moment(at: date | datetime, zone: tzinfo) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time(), zone)
    return at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)


def _own_clock(at: date | datetime, zone: tzinfo) -> datetime:
    if not isinstance(at, datetime):
        return datetime.combine(at, time())
    return (at.astimezone(zone) if at.tzname() == "UTC" else at).replace(tzinfo=None)
