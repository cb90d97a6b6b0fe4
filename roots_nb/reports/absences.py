"""Days and hours off: from rows, from a CSV file, or from a calendar.

What somebody wrote in a table is taken at its word, so a day that is off twice there is refused. Events of a calendar
overlap by nature ("Vacation" and "Out of office"): there a day's events count together, each minute once
(tests/reports/test_absences.py).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from roots_nb.durations import parse_duration
from roots_nb.errors import InvalidInput
from roots_nb.paths import given_path
from roots_nb.periods import Period

COLUMNS = ("first", "last", "day", "part", "hours", "name")
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=3660)
_ADVICE = (
    'Each row names a day ("day", or "first" and "last"), and if need be "part" (1, 0.5 or "half"), "hours" and "name".'
)
_GERMAN_DAY = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})")
_PARTS = {"": 1.0, "whole": 1.0, "half": 0.5}


@dataclass(frozen=True, slots=True)
class Absence:
    """Time off, the same on each day from `first` to `last`, both included.

    Attributes
    ----------
    part : float
        Of the day's target: 1 is the whole day, 0.5 half of it. Without meaning where `hours` are given.
    hours : timedelta or None
        Time off instead of a part of the day.
    name : str
        Such as "Vacation"; may be "".
    """

    first: date
    last: date
    part: float = 1.0
    hours: timedelta | None = None
    name: str = ""

    def of(self, target: timedelta) -> timedelta:
        """How much of a day's target is off, in whole seconds; never more than all of it."""
        off = timedelta(seconds=round(target.total_seconds() * self.part)) if self.hours is None else self.hours
        return min(off, target)

    def __str__(self) -> str:
        name = self.name or "absent"
        if self.hours is not None:
            return f"{name} ({self.hours / timedelta(hours=1):g} h)"
        return name if self.part == 1 else f"{name} ({'half a day' if self.part == 0.5 else f'{self.part:g} of a day'})"


class Absences:
    """Everything that is off, by day.

    Parameters
    ----------
    rows : sequence of Absence
        As written in a table; a day that is off twice is refused.
    files : sequence of Path
        CSV and ICS files, read at once; a calendar's repetitions are unrolled when a year is asked for.
    """

    def __init__(self, rows: Iterable[Absence] = (), files: Iterable[Path] = ()) -> None:
        self.rows, self.files = tuple(rows), tuple(files)
        tables = [path for path in self.files if not _is_calendar(path)]
        written = [*self.rows, *(row for path in tables for row in _rows_of_csv(path))]
        self._by_day = _by_day(written)
        self._calendars = [_EventsOff(path) for path in self.files if _is_calendar(path)]

    def on(self, day: date) -> tuple[Absence, ...]:
        """What is off on a day; empty when nothing is."""
        found = [off for calendar in self._calendars if (off := calendar.on(day))]
        return (*self._by_day.get(day, ()), *found)


def read_absences(given: object) -> Absences:
    """Read absences as people give them.

    Parameters
    ----------
    given : None, DataFrame, str, Path, date, mapping, or a list of these
        A DataFrame or mapping as in `COLUMNS`; a day as date or "2026-12-24"; any other text is the path of a CSV or
        ICS file.

    Raises
    ------
    InvalidInput
        A file that cannot be read, a row without a day, a part above 1, a day that is off twice.
    """
    items = [] if given is None else given if isinstance(given, list | tuple) else [given]
    files = [path for item in items if (path := _as_path(item))]
    rows = [row for number, item in enumerate(items, start=1) if not _as_path(item) for row in _read_item(item, number)]
    return Absences(rows, files)


def _as_path(item: object) -> Path | None:
    if isinstance(item, Path):
        return item
    if not isinstance(item, str) or _as_day(item) is not None:
        return None
    return given_path(item)


def _read_item(item: object, number: int) -> list[Absence]:
    if isinstance(item, pd.DataFrame):
        return _read_rows(item.to_dict("records"), "the frame")
    if isinstance(item, Absence):
        return [item]
    if isinstance(item, Mapping):
        return [_read_row(item, f"absence {number}")]
    if (day := _as_day(item)) is None:
        raise InvalidInput(f"{item!r} is not an absence.", advice=_ADVICE)
    return [Absence(day, day)]


def _read_rows(rows: Iterable[Mapping[Any, Any]], where: str) -> list[Absence]:
    return [_read_row(row, f"row {number} of {where}") for number, row in enumerate(rows, start=1)]


def _read_row(row: Mapping[Any, Any], where: str) -> Absence:
    cells = {str(name).strip().lower(): value for name, value in row.items() if name is not None}
    if unknown := sorted(cells.keys() - set(COLUMNS)):
        raise InvalidInput(f"{where[:1].upper()}{where[1:]} has {', '.join(unknown)}.", advice=_ADVICE)
    given = {name: value for name, value in cells.items() if not _is_missing(value)}
    first = _day_of(given, "first" if "first" in given else "day", where)
    last = _day_of(given, "last", where) if "last" in given else first
    if not timedelta() <= last - first < _LONGEST:
        raise InvalidInput(f"An absence from {first} to {last} ({where}) cannot be.", advice="Check the two days.")
    hours = _hours_of(given["hours"], where) if "hours" in given else None
    return Absence(first, last, _part_of(given.get("part", ""), where), hours, str(given.get("name", "")).strip())


def _is_missing(value: object) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _day_of(cells: Mapping[str, Any], name: str, where: str) -> date:
    day = _as_day(cells.get(name))
    if day is None:
        found = f"{cells[name]!r} is not a day" if name in cells else "No day"
        raise InvalidInput(f"{found} ({where}).", advice="Write days as 2026-12-24.")
    return day


def _as_day(value: object) -> date | None:
    """A date, a midnight, "2026-12-24" or "24.12.2026"; 12/24/2026 would be a guess."""
    if isinstance(value, datetime):
        return value.date() if value.time() == time() and value == value else None
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        return None
    try:
        if match := _GERMAN_DAY.fullmatch(value.strip()):
            return date(int(match[3]), int(match[2]), int(match[1]))
        return date.fromisoformat(value.strip()) if re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()) else None
    except ValueError:
        return None


def _part_of(value: object, where: str) -> float:
    text = str(value).strip().lower().replace(",", ".")
    try:
        part = _PARTS[text] if text in _PARTS else float(text)
    except ValueError:
        part = 0
    if not 0 < part <= 1:
        raise InvalidInput(
            f"{value!r} ({where}) is no part of a day.", advice='Write 1 for the whole day, 0.5 or "half" for half.'
        )
    return part


def _hours_of(value: object, where: str) -> timedelta:
    hours = parse_duration(str(value))
    if not timedelta() < hours <= _DAY:
        raise InvalidInput(f"{value} hours of absence on one day ({where}) cannot be.", advice="Write 0 to 24 hours.")
    return hours


def _by_day(rows: Iterable[Absence]) -> dict[date, tuple[Absence, ...]]:
    days: dict[date, tuple[Absence, ...]] = {}
    for row in rows:
        for number in range((row.last - row.first).days + 1):
            day = row.first + number * _DAY
            _refuse_twice(day, row, days.get(day, ()))
            days[day] = (*days.get(day, ()), row)
    return days


def _refuse_twice(day: date, row: Absence, others: Iterable[Absence]) -> None:
    """Half a day twice may be a whole day or a slip: which of them is not guessed."""
    parts = [each for each in (*others, row) if each.hours is None]
    same_name = any(each.name == row.name and (each.hours is None) == (row.hours is None) for each in others)
    if same_name or sum(each.part for each in parts) > 1:
        names = " and ".join(f'"{each}"' for each in (*others, row))
        raise InvalidInput(
            f"{day} is off more than once: {names}.",
            advice="Keep one of the rows; a whole day is part 1, two different halves need different names.",
        )


def _is_calendar(path: Path) -> bool:
    return path.suffix.lower() in (".ics", ".ical")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidInput(f"The absences in {path} cannot be read: {why}.", advice="Check the path.") from None


def _rows_of_csv(path: Path) -> Iterator[Absence]:
    """Separated by commas, semicolons or tabs, whichever the head uses; UTF-8 with or without a mark."""
    try:
        text = _content(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not UTF-8 text.", advice="Save it as CSV UTF-8.") from None
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    try:
        yield from _read_rows(reader, path.name)
    except csv.Error as error:
        raise InvalidInput(
            f"{path} is no CSV: {error} (line {reader.reader.line_num}).", advice="Correct that line."
        ) from None


class _EventsOff:
    """A calendar's events by day, each on the clock of its own zone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._years: dict[int, dict[date, Absence]] = {}
        self.on(date.today())  # noqa: DTZ011 (whether the file can be read is known at once)

    def on(self, day: date) -> Absence | None:
        if day.year not in self._years:
            self._years[day.year] = self._unroll(day.year)
        return self._years[day.year].get(day)

    def _unroll(self, year: int) -> dict[date, Absence]:
        """What begins in the year before may reach into this one; so may a clock that is behind the calendar's."""
        from roots_nb.calendars import read_on_own_clocks

        spans: dict[date, list[tuple[datetime, datetime, str]]] = {}
        for began, ended, name in read_on_own_clocks(self._path, Period(date(year - 1, 1, 1), date(year + 1, 1, 1))):
            for begin, end in _by_midnights(began, ended):
                spans.setdefault(begin.date(), []).append((begin, end, name.strip()))
        return {day: _together(day, parts) for day, parts in spans.items()}


def _by_midnights(begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while begin < end:
        midnight = datetime.combine(begin.date() + _DAY, time())
        yield begin, min(end, midnight)
        begin = midnight


def _together(day: date, spans: list[tuple[datetime, datetime, str]]) -> Absence:
    """One absence of a day, in which each minute counts once however many events hold it."""
    off, until = timedelta(), datetime.combine(day, time())
    for begin, end, _ in sorted(spans):
        off += max(timedelta(), end - max(begin, until))
        until = max(until, end)
    names = ", ".join(dict.fromkeys(name for _, _, name in spans if name))
    whole = Absence(day, day, name=names)
    return whole if off >= _DAY else replace(whole, hours=off)
