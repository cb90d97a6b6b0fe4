"""How long somebody ought to work on a day: weekday hours that may change in time, public holidays, absences.

Without a schedule the targets are 8 hours from Monday to Friday, and every view says that this is assumed
(tests/reports/test_schedule.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from roots_nb.durations import format_duration, parse_duration
from roots_nb.errors import InvalidInput
from roots_nb.periods import WEEKDAYS, format_day
from roots_nb.reports.absences import Absence, Absences, read_absences

DEFAULT_HOURS = (8, 8, 8, 8, 8, 0, 0)
_DAY = timedelta(days=1)
_FULL_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NAMES = tuple(name[:3] for name in _FULL_NAMES)
_HOURS_ADVICE = 'Write seven numbers, Monday first, or such as {"mon": 8, "fri": "7:42"}; days not named are free.'

Hours = Sequence[object] | Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What holds from a day on, until the next agreement.

    Attributes
    ----------
    since : date or None
        Its first day; None = always. Before the first agreement of a schedule nothing is required.
    week : tuple of timedelta
        Hours of the seven weekdays, Monday first.
    country, subdivision : str
        Whose public holidays are free, such as "DE" and "BY"; "" = none.
    assumed : bool
        The hours are a default that nobody confirmed.
    """

    since: date | None
    week: tuple[timedelta, ...]
    country: str = ""
    subdivision: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Workday:
    """What is required on a day, and why.

    Attributes
    ----------
    day : date
    hours : timedelta
        Agreed for this weekday.
    holiday : str
        Name of the public holiday, or "".
    absences : tuple of Absence
    """

    day: date
    hours: timedelta
    holiday: str = ""
    absences: tuple[Absence, ...] = ()

    @property
    def target(self) -> timedelta:
        """The weekday's hours; zero on a public holiday."""
        return timedelta() if self.holiday else self.hours

    @property
    def absence(self) -> timedelta:
        """How much of the target is off; never more than the target."""
        return min(self.target, sum((each.of(self.target) for each in self.absences), timedelta()))

    @property
    def required(self) -> timedelta:
        """max(0, target - absence)."""
        return self.target - self.absence

    @property
    def is_day_off(self) -> bool:
        """Whether it is free for others as well: a public holiday, or a weekend without hours."""
        return bool(self.holiday) or (self.day.weekday() >= 5 and not self.hours)

    @property
    def reason(self) -> str:
        """Why the day is free, for people: "public holiday (Easter Monday)", "Vacation", "weekend"; "" = it is not."""
        if self.holiday:
            return f"public holiday ({self.holiday})"
        if self.target and self.absence == self.target:
            return ", ".join(map(str, self.absences))
        return "weekend" if self.is_day_off else ""


class Schedule:
    """How long I ought to work on each day.

    Parameters
    ----------
    hours : sequence of seven, or mapping of weekdays, optional
        Hours of each weekday, Monday first, as numbers or text such as "7:42"; of a mapping such as
        {"mon": 7.5, "tue": 8} the days not named are free. None = 8 h Monday to Friday, marked as assumed.
    country, subdivision : str
        Whose public holidays are free, such as "DE" and "BY" (as in the library `holidays`); "" = none.
    absences : DataFrame, str, Path or list, optional
        Days off: a frame or a list of rows with `day` (or `first` and `last`, both included), `part` (1, 0.5, "half"),
        `hours`, `name`; or the path of a CSV file with these columns or of a calendar (ICS), of which every event
        counts.
    since : date or str, optional
        First day on which something is required; None = always.
    longest_day : number or str
        Hours a day beyond which the report's check "long day" speaks up.

    Raises
    ------
    InvalidInput
        Hours that are not of this world, an unknown weekday, country or subdivision, an absence given twice.

    Examples
    --------
    >>> Schedule([8, 8, 8, 8, 6, 0, 0], country="DE", subdivision="BY", absences="vacation.csv").then(
    ...     "2026-04-01", {"mon": 8, "tue": 8, "wed": 8}
    ... )  # part-time from April on
    """

    def __init__(
        self,
        hours: Hours | None = None,
        *,
        country: str = "",
        subdivision: str = "",
        absences: object = None,
        since: date | str | None = None,
        longest_day: object = 10,
    ) -> None:
        where = _checked_place(country, subdivision)
        week = _read_week(DEFAULT_HOURS if hours is None else hours)
        self.agreements: tuple[Agreement, ...] = (Agreement(_read_since(since), week, *where, hours is None),)
        self.absences: Absences = read_absences(absences)
        self.longest_day: timedelta = _read_hours(longest_day, "longest_day")

    def then(
        self,
        since: date | str,
        hours: Hours | None = None,
        *,
        country: str | None = None,
        subdivision: str | None = None,
    ) -> Schedule:
        """This schedule, with something else from a day on; what is not given stays as before.

        Raises
        ------
        InvalidInput
            As by `Schedule`; or `since` is not after the last change.
        """
        last = self.agreements[-1]
        moved = country is not None and str(country).upper() != last.country
        where = _checked_place(
            last.country if country is None else country,
            ("" if moved else last.subdivision) if subdivision is None else subdivision,
        )
        day = _read_since(since)
        if day is None or (last.since is not None and day <= last.since):
            raise InvalidInput(
                f"A change on {since} is not after the one of {last.since}.", advice="Give the changes in order."
            )
        week, assumed = (last.week, last.assumed) if hours is None else (_read_week(hours), False)
        changed = object.__new__(Schedule)
        changed.agreements = (*self.agreements, Agreement(day, week, *where, assumed))
        changed.absences, changed.longest_day = self.absences, self.longest_day
        return changed

    @classmethod
    def read(cls, path: str | Path | None = None) -> Schedule:
        """The schedule in a file; without a path the one beside the remembered connections, or the assumed default.

        Raises
        ------
        InvalidInput
            The file cannot be read or used; what is wrong with it is said.
        """
        from roots_nb.reports import schedule_file

        return schedule_file.read(path)

    def save(self, path: str | Path | None = None, *, force: bool = False) -> Path:
        """Write it as TOML, by default to `schedule.toml` beside the remembered connections; returns the file.

        Only its owner can read the file: absences are private.

        Raises
        ------
        InvalidInput
            The file exists (with comments of yours, perhaps) and `force` is False, or it cannot be written.
        """
        from roots_nb.reports import schedule_file

        return schedule_file.write(self, path, force=force)

    def on(self, day: date) -> Workday:
        """What is required on a day, and why."""
        day = day.date() if isinstance(day, datetime) else day
        agreed = self._agreement(day)
        if agreed is None:
            return Workday(day, timedelta())
        holiday = _holidays(agreed.country, agreed.subdivision, day.year).get(day, "")
        return Workday(day, agreed.week[day.weekday()], holiday, self.absences.on(day))

    def target(self, day: date) -> timedelta:
        """The weekday's hours; zero on public holidays and before the first agreement."""
        return self.on(day).target

    def required(self, day: date) -> timedelta:
        """max(0, target - absence)."""
        return self.on(day).required

    def is_assumed(self, day: date) -> bool:
        """Whether nobody said how long this day's work is."""
        agreed = self._agreement(day)
        return agreed is not None and agreed.assumed

    def _agreement(self, day: date) -> Agreement | None:
        holding = [each for each in self.agreements if each.since is None or each.since <= day]
        return holding[-1] if holding else None

    def __repr__(self) -> str:
        return f"<Schedule {'; '.join(map(describe, self.agreements))}>"


def describe(agreed: Agreement) -> str:
    """Such as "since Wed 1 Apr 2026 24:00 h a week (Mon 8:00, Tue 8:00, Wed 8:00), holidays of DE-BY"."""
    since = f"since {format_day(agreed.since)} " if agreed.since else ""
    days = ", ".join(
        f"{name} {format_duration(hours)}" for name, hours in zip(WEEKDAYS, agreed.week, strict=True) if hours
    )
    place = "-".join(filter(None, (agreed.country, agreed.subdivision)))
    text = f"{since}{format_duration(sum(agreed.week, timedelta()))} h a week ({days or 'no day'})"
    return text + (f", holidays of {place}" if place else "") + (" (assumed)" if agreed.assumed else "")


def _read_since(since: date | str | None) -> date | None:
    if since is None or (isinstance(since, date) and not isinstance(since, datetime)):
        return since
    try:
        return date.fromisoformat(str(since)[:10] if isinstance(since, datetime) else str(since).strip())
    except ValueError:
        raise InvalidInput(f"{since!r} is not a day.", advice="Write it as 2026-04-01.") from None


def _read_week(hours: Hours) -> tuple[timedelta, ...]:
    if isinstance(hours, Mapping):
        by_name = {_weekday(name): value for name, value in hours.items()}
        if len(by_name) < len(hours):
            raise InvalidInput("A weekday is named twice.", advice=_HOURS_ADVICE)
        return tuple(_read_hours(by_name.get(name, 0), name) for name in _NAMES)
    if isinstance(hours, str) or not isinstance(hours, Sized) or len(hours) != 7:
        raise InvalidInput(f"{hours!r} are not the hours of seven weekdays.", advice=_HOURS_ADVICE)
    return tuple(_read_hours(value, name) for value, name in zip(hours, _NAMES, strict=True))


def _weekday(name: object) -> str:
    """ "Mon", "monday" -> "mon"; "tues" as well."""
    text = str(name).strip().lower()
    found = next((full[:3] for full in _FULL_NAMES if len(text) > 2 and full.startswith(text)), "")
    if not found:
        near = get_close_matches(text, [*_NAMES, *_FULL_NAMES], n=1)
        hint = f'Did you mean "{near[0]}"? ' if near else ""
        raise InvalidInput(f"{name!r} is not a weekday.", advice=f"{hint}Weekdays are {', '.join(_NAMES)}.")
    return found


def _read_hours(value: object, name: str) -> timedelta:
    """A number or text of hours, or a timedelta."""
    hours = value if isinstance(value, timedelta) else None
    if hours is None and isinstance(value, int | float | str) and not isinstance(value, bool):
        hours = parse_duration(str(value)) if not str(value).startswith("-") else None
    if hours is None or not timedelta() <= hours <= _DAY:
        raise InvalidInput(f"{value!r} hours ({name}) cannot be.", advice="A day has 0 to 24 hours.")
    return hours


def _checked_place(country: str, subdivision: str) -> tuple[str, str]:
    if not country:
        if subdivision:
            raise InvalidInput(f"The subdivision {subdivision} is in no country.", advice='Name it: country="DE".')
        return "", ""
    import holidays

    known = holidays.list_supported_countries(include_aliases=True)
    code, part = str(country).strip().upper(), str(subdivision).strip()
    if code not in known:
        raise InvalidInput(f"No holidays are known for the country {country!r}.", advice=_near_countries(country))
    parts = {str(each).upper(): str(each) for each in known[code]}
    if part and part.upper() not in parts:
        near = get_close_matches(part.upper(), parts, n=5, cutoff=0.3) or sorted(parts)
        names = ", ".join(parts[each] for each in near) or "none"
        raise InvalidInput(f"{code} has no subdivision {subdivision!r}.", advice=f"Known there: {names}.")
    return code, parts.get(part.upper(), "")


def _near_countries(country: str) -> str:
    """Somebody may write the name of a country, or a code of another list."""
    import holidays
    from holidays.registry import COUNTRIES

    names = {name.replace("_", " "): classes[1] for name, classes in COUNTRIES.items()}
    text = str(country).strip().lower()
    near = get_close_matches(text, names, n=3, cutoff=0.6) or [name for name in names if name.startswith(text[:3])][:3]
    codes = get_close_matches(text.upper(), holidays.list_supported_countries(), n=3)
    found = [*(f'"{names[name]}" ({name.title()})' for name in near), *(f'"{code}"' for code in codes)]
    return f"Did you mean {' or '.join(found)}?" if found else 'Write its code, such as "DE", "AT" or "US".'


@cache
def _holidays(country: str, subdivision: str, year: int) -> dict[date, str]:
    if not country:
        return {}
    import holidays

    found = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language="en_US")
    return {day: name for day, name in found.items() if day.year == year}
