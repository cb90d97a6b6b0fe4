"""Weeks, months, years and ranges of days. Dates only: the zone in which a day counts is known to who loads."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from roots_nb.errors import InvalidInput

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Kind = Literal["day", "week", "month", "year", "range"]

_ADVICE = (
    'Write it as "2026-W47", "2026-11", "2026", "2026-11-16", "2026-11-16..2026-11-22", ("2026-11-16", "2026-11-22"), '
    '"this week", "last week", "this month", "last month", "this year", "last year", "today" or "yesterday".'
)


@dataclass(frozen=True, slots=True)
class Period:
    """A run of whole days, both ends included.

    Attributes
    ----------
    first, last : datetime.date
    kind : "day", "week" (ISO, Monday to Sunday), "month", "year" or "range"
    """

    first: date
    last: date
    kind: Kind = "range"

    def __post_init__(self) -> None:
        if not (self.first.year > 1970 and self.last.year < 2200):
            raise InvalidInput(f"{self.first} to {self.last} is not in a time with Jira.", advice="Check the year.")
        if self.last < self.first:
            raise InvalidInput(
                f"The period ends on {self.last} before it starts on {self.first}.",
                advice="Swap the two dates.",
            )

    @property
    def label(self) -> str:
        """ "2026-W47", "2026-11", "2026", "2026-11-16" or "2026-11-16..2026-11-22"; safe in a file name."""
        match self.kind:
            case "day":
                return self.first.isoformat()
            case "week":
                year, week, _ = self.first.isocalendar()
                return f"{year:04}-W{week:02}"
            case "month":
                return f"{self.first:%Y-%m}"
            case "year":
                return f"{self.first:%Y}"
        return f"{self.first}..{self.last}"

    def __str__(self) -> str:
        return self.label

    @property
    def days(self) -> list[date]:
        """Every day, in order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def previous(self) -> Period:
        """The period of the same kind just before; for a range, as many days."""
        last = self.first - timedelta(days=1)
        return {"week": week_of, "month": month_of, "year": year_of}.get(self.kind, self._range_until)(last)

    def _range_until(self, last: date) -> Period:
        return Period(last - (self.last - self.first), last, self.kind)

    @property
    def weeks(self) -> Iterator[Period]:
        """The ISO weeks that share a day with this period, in order."""
        week = week_of(self.first)
        while week.first <= self.last:
            yield week
            week = week_of(week.last + timedelta(days=1))


def week_of(day: date) -> Period:
    """The ISO week (Monday to Sunday) that holds `day`."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6), "week")


def month_of(day: date) -> Period:
    """The calendar month that holds `day`."""
    return Period(day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1]), "month")


def year_of(day: date) -> Period:
    """The calendar year that holds `day`."""
    return Period(date(day.year, 1, 1), date(day.year, 12, 31), "year")


def format_day(day: date) -> str:
    """ "Mon 16 Nov 2026", whatever the language of the computer."""
    return f"{WEEKDAYS[day.weekday()]} {format_short_day(day)} {day.year}"


def format_short_day(day: date) -> str:
    """ "16 Nov"."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def parse_period(value: object, *, today: date) -> Period:
    """Read a period as people give it.

    Parameters
    ----------
    value : str, tuple of two dates, datetime.date, pandas.Period or Period
        See the advice of the error for every spelling. Dates are `datetime.date`, ISO text, or a datetime at midnight
        without a zone.
    today : datetime.date
        What "today" and "last week" are counted from, in the zone of who asks.

    Raises
    ------
    InvalidInput
        Unknown spelling, a week or day that does not exist, an end before its start, a time of day.
    """
    if isinstance(value, Period):
        return value
    if isinstance(value, str):
        return _from_text(value, today)
    if isinstance(value, date):
        day = _day(value)
        return Period(day, day, "day")
    if isinstance(value, tuple | list) and len(value) == 2:
        return Period(_day(value[0]), _day(value[1]))
    start, end = getattr(value, "start_time", None), getattr(value, "end_time", None)
    if isinstance(start, datetime) and isinstance(end, datetime) and _are_whole_days(start, end):
        return _named(Period(start.date(), end.date()))
    raise _unknown(value)


def _named(period: Period) -> Period:
    """A range that happens to be a day, a whole ISO week, month or year is one."""
    wholes = (
        Period(period.first, period.first, "day"),
        week_of(period.first),
        month_of(period.first),
        year_of(period.first),
    )
    return next((whole for whole in wholes if (whole.first, whole.last) == (period.first, period.last)), period)


def _are_whole_days(start: datetime, end: datetime) -> bool:
    """pandas ends a period one tick before the next one."""
    return start.time() == time() and (end + timedelta(microseconds=1)).time() == time()


def _day(value: object) -> date:
    if value != value:  # pandas.NaT is a datetime, and equals nothing
        raise _unknown(value)
    if isinstance(value, datetime):
        if value.tzinfo is not None or value.time() != time():
            raise InvalidInput(
                f"A period is made of days, but {value} has a time of day or a zone.",
                advice="Give dates, and the zone with zone=...",
            )
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()):
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            raise InvalidInput(f"There is no day {value.strip()}.", advice="Check month and day.") from None
    raise _unknown(value)


def _from_text(text: str, today: date) -> Period:
    cleaned = " ".join(text.strip().lower().split())
    if cleaned in _RELATIVE:
        return _RELATIVE[cleaned](today)
    if match := re.fullmatch(r"(\d{4})-?w(\d{1,2})", cleaned):
        return _iso_week(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"(\d{4})-(\d\d)", cleaned):
        if not (1 <= int(match[2]) <= 12 and int(match[1])):
            raise InvalidInput(f"There is no month {text.strip()}.", advice="Months go from 01 to 12.")
        return month_of(date(int(match[1]), int(match[2]), 1))
    if re.fullmatch(r"\d{4}", cleaned) and int(cleaned):
        return year_of(date(int(cleaned), 1, 1))
    first, separator, last = cleaned.partition("..")
    if separator:
        return Period(_day(first), _day(last))
    if re.fullmatch(r"\d{4}-\d\d-\d\d", cleaned):
        return Period(_day(cleaned), _day(cleaned), "day")
    raise _unknown(text)


def _iso_week(year: int, week: int) -> Period:
    try:
        return week_of(date.fromisocalendar(year, week, 1))
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"There is no week {week} in {year}.",
            advice=f"{year} has {date(year, 12, 28).isocalendar().week} ISO weeks." if year else _ADVICE,
        ) from None


def _unknown(value: object) -> InvalidInput:
    return InvalidInput(f"{value!r} is not a period.", advice=_ADVICE)


_RELATIVE: dict[str, Callable[[date], Period]] = {
    "today": lambda today: Period(today, today, "day"),
    "yesterday": lambda today: Period(today - timedelta(days=1), today - timedelta(days=1), "day"),
    "this week": week_of,
    "last week": lambda today: week_of(today).previous,
    "this month": month_of,
    "last month": lambda today: month_of(today).previous,
    "this year": year_of,
    "last year": lambda today: year_of(today).previous,
}
