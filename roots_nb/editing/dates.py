"""Days and times of day as people type them into a sheet, and as it shows them, around one period in one zone.

What is short is completed from the period: "16" or "Mon" is its only 16th or Monday. Nothing is guessed: 11/12 may be
two days, and a time that a clock change skips or repeats is refused with the reason (`tests/editing/test_dates.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from roots_nb.editing.cells import BadCell, parse_time
from roots_nb.periods import WEEKDAYS, format_day, format_short_day

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ t]+0?0:00(?::00)?(?:\.0+)?)?")
_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})(?:\2(\d{4}|\d\d)?)?")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_CLOCK = re.compile(
    r"(?:(?P<day>.*\S)(?:\s+|t))?(?P<hour>\d{1,2}?)"
    r"(?:\s*[:.h]?\s*(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:[.,]\d+)?)?|\s*h)?"
    r"\s*(?P<half>[ap])?(?:\.?m\.?)?\s*(?P<offset>z|[+-]\d\d:?\d\d)?"
)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day as typed; with a day or an offset from UTC where these were typed as well."""

    time: time
    day: date | None = None
    offset: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Dates:
    """How a sheet reads and shows its days and times.

    Attributes
    ----------
    first, last : datetime.date
        The period, both included.
    zone : tzinfo
    """

    first: date
    last: date
    zone: tzinfo

    def format_day(self, day: date) -> str:
        """ "Mon 16 Nov"; with the year where `parse_day` would else take another one."""
        is_plain = self._nearest(day.day, day.month) == day
        return f"{WEEKDAYS[day.weekday()]} {format_short_day(day)}" if is_plain else format_day(day)

    def format_clock(self, moment: datetime) -> str:
        """ "9:00", with the offset in an hour that is there twice; seconds are left out."""
        local = moment.astimezone(self.zone)
        clock = f"{local.hour}:{local:%M}"
        offsets = {local.replace(fold=fold).utcoffset() for fold in (0, 1)}
        return clock if len(offsets) == 1 else clock + local.isoformat()[-6:]

    def parse_day(self, text: str) -> date:
        """Read 2026-11-16, Mon 16 Nov, 16 November 2026, 16.11., 16/11/2026, 16, Mon, today, yesterday.

        Raises
        ------
        BadCell
            It is no day, not the weekday that it says, or could be two days.
        """
        cleaned = text.strip().casefold()
        if cleaned in ("today", "yesterday"):
            return datetime.now(self.zone).date() - timedelta(days=cleaned == "yesterday")
        if found := _ISO.fullmatch(cleaned):
            return _make(text, *map(int, found.groups()))
        if found := _NUMBERS.fullmatch(cleaned):
            return self._from_numbers(text, int(found[1]), found[2], int(found[3]), found[4])
        return self._from_words(text, _WORDS.findall(cleaned))

    def _from_numbers(self, text: str, one: int, separator: str, other: int, year: str | None) -> date:
        """With dots the day comes first; otherwise only one of the two may be a month."""
        if separator != "." and one != other and max(one, other) <= 12:
            both = [self._complete(text, day, month, year) for day, month in ((one, other), (other, one))]
            raise BadCell(f"{text!r} may be {format_day(both[0])} or {format_day(both[1])}. Write it as {both[0]}.")
        swapped = separator != "." and other > 12
        return self._complete(text, other, one, year) if swapped else self._complete(text, one, other, year)

    def _from_words(self, text: str, words: list[str]) -> date:
        numbers = [int(word) for word in words if word.isdecimal()]
        names = [word for word in words if not word.isdecimal()]
        months = [n for name in names for n in _months(name)]
        weekdays = [n for name in names for n in _weekdays(name)]
        if len(months) + len(weekdays) != len(names) or max(map(len, (months, weekdays))) > 1 or not words:
            raise _no_day(text)
        day = self._from_parts(text, numbers, months, weekdays)
        if weekdays and day.weekday() != weekdays[0]:
            raise BadCell(
                f"{format_day(day)[4:]} is a {_DAYS[day.weekday()].title()}, not a {_DAYS[weekdays[0]].title()}."
            )
        return day

    def _from_parts(self, text: str, numbers: list[int], months: list[int], weekdays: list[int]) -> date:
        days, years = [n for n in numbers if n < 100], [n for n in numbers if n >= 100]
        if months and len(days) == 1 and len(years) <= 1:
            return self._complete(text, days[0], months[0], str(years[0]) if years else None)
        if months or years or len(days) > 1:
            raise _no_day(text)
        if numbers:
            return self._only(text, (day for day in self._days if day.day == numbers[0]))
        return self._only(text, (day for day in self._days if day.weekday() == weekdays[0]))

    @property
    def _days(self) -> Iterable[date]:
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))

    def _only(self, text: str, days: Iterable[date]) -> date:
        found = list(days)
        if len(found) != 1:
            where = f"{self.first} to {self.last}"
            is_there = "more than once" if found else "not"
            raise BadCell(f"{text!r} is {is_there} within {where}. Write the day as {self.last}.")
        return found[0]

    def _complete(self, text: str, day: int, month: int, year: str | None) -> date:
        if year is not None:
            return _make(text, int(year) + (2000 if len(year) == 2 else 0), month, day)
        found = self._nearest(day, month)
        if found is None:
            raise _no_day(text)
        return found

    def _nearest(self, day: int, month: int) -> date | None:
        """Of the years the one that is nearest to the period, or the last of those within it."""
        years = range(self.last.year + 1, self.first.year - 2, -1)
        possible = (date(year, month, day) for year in years if _exists(year, month, day))
        return min(possible, key=self._distance, default=None)

    def _distance(self, day: date) -> timedelta:
        return max(self.first - day, day - self.last, timedelta())

    def parse_clock(self, text: str) -> Clock:
        """Read 9:00, 09:00:30, 9.30, 930, 9, 2 pm, 2:30+02:00; a day may stand before it.

        Raises
        ------
        BadCell
            It is no time of day.
        """
        found = _CLOCK.fullmatch(text.strip().casefold())
        if found is None:
            raise _no_clock(text)
        hour = int(found["hour"])
        if found["half"]:
            hour = hour % 12 + 12 * (found["half"] == "p") if 0 < hour <= 12 else 24
        if hour > 23:
            raise _no_clock(text)
        day = self.parse_day(found["day"]) if found["day"] else None
        return Clock(time(hour, int(found["minute"] or 0), int(found["second"] or 0)), day, _offset(found["offset"]))

    def moment(self, day: date, clock: Clock) -> datetime:
        """The instant, with the offset that the zone has then.

        Raises
        ------
        BadCell
            The clocks skip it or show it twice, or the offset is not one of the zone's at that time.
        """
        wall_clock = datetime.combine(day, clock.time)
        if clock.offset is None:
            return parse_time(wall_clock, self.zone)
        offsets = [wall_clock.replace(tzinfo=self.zone, fold=fold).utcoffset() for fold in (0, 1)]
        if clock.offset not in offsets:
            raise BadCell(f"{self.zone} has another offset on {day}. Write the time of day alone.")
        return parse_time((wall_clock - clock.offset).replace(tzinfo=UTC), self.zone)


def _months(name: str) -> list[int]:
    return [n for n, full in enumerate(_MONTHS, 1) if len(name) >= 3 and full.startswith(name)]


def _weekdays(name: str) -> list[int]:
    return [n for n, full in enumerate(_DAYS) if len(name) >= 2 and full.startswith(name)]


def _make(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise BadCell(f"There is no day {text.strip()}.") from None


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _no_day(text: str) -> BadCell:
    return BadCell(f"{text.strip()[:40]!r} is not a day. Write it as 2026-11-16 or 16 Nov.")


def _no_clock(text: str) -> BadCell:
    return BadCell(f"{text.strip()[:40]!r} is not a time of day. Write it as 9:00.")


def _offset(text: str | None) -> timedelta | None:
    if not text:
        return None
    hours, minutes = (0, 0) if text == "z" else (int(text[1:3]), int(text[-2:]))
    return timedelta(hours=hours, minutes=minutes) * (-1 if text[0] == "-" else 1)
