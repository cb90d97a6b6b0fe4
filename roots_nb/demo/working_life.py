"""A person's fourteen months, as bookings on issues: planned before any site exists, so that both sites agree.

The two weeks that people look at first, the last full one and the current one, are tidy: every weekday is filled but
one. What goes wrong in real life (forgotten days, overlaps, late bookings, a timer stopped by accident) lies before.
What was booked for today counts as planned early in the morning: a demo that starts at ten must not hold worklogs
created in the afternoon.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from roots_nb.demo.backlog import COMPANY_AGE, PlannedIssue, at_berlin, plan_issues
from roots_nb.demo.texts import (
    AWKWARD_COMMENTS,
    COLLEAGUES,
    LEAD,
    ME,
    MEETING_COMMENTS,
    MEETINGS,
    OFFICE_COMMENTS,
    WORK_COMMENTS,
)

CUSTOMER_PROJECT = "NORD"

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_FOURTEEN_MONTHS = timedelta(days=426)
_VACATION_AGO = timedelta(days=120)
_HOLIDAYS = {(1, 1), (5, 1), (10, 3), (12, 25)}
_SHUTDOWN = {(12, 24), (12, 26), (12, 31)}
_EARLY_MORNING = 6 * 60 + 30
_RESTRICTED = ("role", "Administrators")


@dataclass(frozen=True, slots=True)
class Booking:
    """A worklog to be; `author` is a handle, times are UTC."""

    issue: str
    author: str
    started: datetime
    seconds: int
    comment: str | None
    created: datetime
    visibility: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class WorkingLife:
    issues: list[PlannedIssue]
    bookings: list[Booking]


def live(today: date, seed: int) -> WorkingLife:
    """Everything that happened on both sites until the evening of `today`, in no particular order."""
    random = Random(f"roots_nb demo {seed} {today:%Y-%m-%d}")  # noqa: S311 (nothing secret)
    issues = plan_issues(random, today)
    calendar = _Calendar(random, today)
    mine = _with_awkward_comments(random, _my_bookings(random, calendar, issues), calendar)
    return WorkingLife(issues, [*mine, *_bookings_of_colleagues(random, calendar, mine)])


class _Calendar:
    """Which days are worked, and which of them go wrong."""

    def __init__(self, random: Random, today: date) -> None:
        self.today = today
        self.monday = today - timedelta(days=today.weekday())
        self.last_monday = self.monday - _WEEK
        self.vacation = self._vacation()
        gap = self._gap(random)
        days = list(_days(today - _FOURTEEN_MONTHS, today))
        worked = [day for day in days if day.weekday() < 5 and not self._is_free(day) and day != gap]
        history = [day for day in worked if day < self.last_monday - _WEEK]
        special = iter(random.sample(history, 24))
        forgotten = {next(special) for _ in range(6)}
        self.overlapping = {next(special) for _ in range(4)}
        self.booked_late = {next(special) for _ in range(12)}
        self.timer_accident = next(special)
        self.days = [day for day in worked if day not in forgotten]
        self.evening = max(day for day in self.days if day < self.last_monday)
        self.saturday = self.last_monday - 2 * _DAY
        while self._is_free(self.saturday):
            self.saturday -= _WEEK

    def is_on_show(self, day: date) -> bool:
        return day >= self.last_monday

    def _vacation(self) -> tuple[date, date]:
        """Two whole weeks, from Monday to Sunday, with no public holiday in them or in the weeks beside."""
        first = self.monday - _VACATION_AGO
        first -= timedelta(days=first.weekday())
        while any((day.month, day.day) in _HOLIDAYS | _SHUTDOWN for day in _days(first - _WEEK, first + 3 * _WEEK)):
            first -= _WEEK
        return first, first + 2 * _WEEK - _DAY

    def _gap(self, random: Random) -> date | None:
        """The forgotten day of the last full week; a public holiday is gap enough."""
        week = [self.last_monday + number * _DAY for number in range(5)]
        candidate = random.choice(week[1:4])
        return None if any(self._is_free(day) for day in week) else candidate

    def _is_free(self, day: date) -> bool:
        month_day = (day.month, day.day)
        on_vacation = self.vacation[0] <= day <= self.vacation[1]
        return on_vacation or month_day in _HOLIDAYS or (month_day in _SHUTDOWN and not self.is_on_show(day))


def _days(first: date, last: date) -> Iterator[date]:
    """Both inclusive."""
    return (first + number * _DAY for number in range((last - first).days + 1))


class _Desk:
    """What lies on the person's desk: picks the issue that is worked on."""

    def __init__(self, random: Random, issues: Sequence[PlannedIssue]) -> None:
        self._random = random
        self._stories = [issue for issue in issues if issue.issue_type != "Epic" and not issue.is_evergreen]
        self._evergreens = [issue.key for issue in issues if issue.is_evergreen and issue.key != MEETINGS]
        self._current = [issue for issue in self._stories if issue.is_current]

    def pick(self, project: str, moment: datetime, *, on_show: bool) -> str:
        """One of the newest stories; in the weeks on show first those that are current."""
        current = [issue for issue in self._current if issue.project == project]
        if on_show and current:
            self._current.remove(current[0])
            return current[0].key
        evergreens = [key for key in self._evergreens if key.startswith(f"{project}-")]
        if evergreens and self._random.random() < 0.15:
            return self._random.choice(evergreens)
        known = [issue.key for issue in self._stories if issue.project == project and issue.created < moment]
        return self._random.choice(known[-6:])

    def pick_meeting(self) -> str:
        other = [key for key in self._evergreens if key.startswith("ORG-")]
        return MEETINGS if self._random.random() < 0.75 else self._random.choice(other)


def _my_bookings(random: Random, calendar: _Calendar, issues: Sequence[PlannedIssue]) -> list[Booking]:
    desk = _Desk(random, issues)
    bookings = [booking for day in calendar.days for booking in _my_day(random, calendar, desk, day)]
    extras = (
        (calendar.timer_accident, 19 * 60 + 30, 1, "OPS", "Timer started and stopped by accident"),
        (calendar.evening, 20 * 60 + 45, 75, "OPS", "Deployment outside office hours"),
        (calendar.saturday, 10 * 60 + 10, 110, "OPS", "Certificate had expired, replaced"),
    )
    for day, start, minutes, project, comment in extras:
        issue = desk.pick(project, at_berlin(day, start), on_show=False)
        bookings.append(_booking(random, calendar, issue, ME.handle, day, start, minutes, comment))
    return bookings


def _my_day(random: Random, calendar: _Calendar, desk: _Desk, day: date) -> Iterator[Booking]:
    """A day's work: the longest block may belong to the customer, the shortest be a meeting."""
    blocks = _blocks(random, day)
    if day in calendar.overlapping:
        blocks[1] = (sum(blocks[0]) - 20, blocks[1][1])
    by_length = sorted(blocks, key=lambda block: block[1])
    for_customer = day.weekday() in (1, 3) or (day.weekday() < 4 and random.random() < 0.3)
    has_meeting = by_length[0][1] <= 90 and (day.weekday() in (0, 2) or random.random() < 0.4)
    for start, minutes in blocks:
        comments: Sequence[str | None] = WORK_COMMENTS
        if for_customer and (start, minutes) == by_length[-1]:
            project = CUSTOMER_PROJECT
        else:
            project = random.choice(("APP", "APP", "OPS"))
        if has_meeting and (start, minutes) == by_length[0]:
            issue = desk.pick_meeting()
            comments = MEETING_COMMENTS if issue == MEETINGS else OFFICE_COMMENTS
        else:
            issue = desk.pick(project, at_berlin(day, start), on_show=calendar.is_on_show(day))
        yield _booking(random, calendar, issue, ME.handle, day, start, minutes, random.choice(comments))


def _blocks(random: Random, day: date) -> list[tuple[int, int]]:
    """Start and length, in minutes, of 2 to 5 blocks of about 8 hours; on part-time Fridays 4 to 5."""
    friday = day.weekday() == 4
    total = random.choice((240, 255, 270, 285, 300) if friday else (450, 465, 480, 480, 480, 495, 510))
    count = random.choice((2, 2, 3) if friday else (2, 3, 3, 4, 4, 5))
    cuts = sorted(random.sample(range(30, total - 15, 30), count - 1))
    clock = 8 * 60 + 5 * random.randrange(16)
    had_lunch = friday
    blocks = []
    for begin, end in zip((0, *cuts), (*cuts, total), strict=True):
        if not had_lunch and clock >= 11 * 60 + 45:
            clock += random.choice((30, 45, 60))
            had_lunch = True
        blocks.append((clock, end - begin))
        clock += end - begin + random.choice((0, 0, 5, 10))
    return blocks


def _booking(
    random: Random,
    calendar: _Calendar,
    issue: str,
    author: str,
    day: date,
    start: int,
    minutes: int,
    comment: str | None,
) -> Booking:
    """Booked soon after the work, now and then the next morning, rarely days later."""
    if author == ME.handle and day in calendar.booked_late:
        created = at_berlin(day + random.randrange(3, 10) * _DAY, random.randrange(8 * 60, 18 * 60))
    elif random.random() < 0.12:
        created = at_berlin(day + _DAY, random.randrange(8 * 60, 9 * 60))
    else:
        created = at_berlin(day, start + minutes + random.randrange(2, 45))
    created = min(created, at_berlin(calendar.today, _EARLY_MORNING))
    return Booking(issue, author, at_berlin(day, start), minutes * 60, comment, created)


def _with_awkward_comments(random: Random, mine: Sequence[Booking], calendar: _Calendar) -> list[Booking]:
    """Some comments that tools tend to break on: each once in the weeks before today, more of them earlier."""
    before = at_berlin(calendar.monday, 0)
    newest_first = sorted(mine, key=lambda booking: booking.started, reverse=True)
    recent = [booking for booking in newest_first if booking.started < before][1::3]
    awkward = dict(zip(recent, AWKWARD_COMMENTS, strict=False))
    for booking in mine:
        if random.random() < 0.03:
            awkward.setdefault(booking, random.choice(AWKWARD_COMMENTS))
    return [replace(booking, comment=awkward.get(booking, booking.comment)) for booking in mine]


def _bookings_of_colleagues(random: Random, calendar: _Calendar, mine: Sequence[Booking]) -> Iterator[Booking]:
    yield from _routine(random, calendar, MEETINGS, chance=0.48, comments=MEETING_COMMENTS)
    yield from _routine(random, calendar, "OPS-1", chance=0.02)
    yield from _routine(random, calendar, f"{CUSTOMER_PROJECT}-1", chance=0.04)
    for booking in mine:
        if booking.issue != MEETINGS and random.random() < 0.3:
            yield _beside(random, calendar, booking, random.choice(_people_of(booking.issue)))
    for project in ("APP", CUSTOMER_PROJECT):
        last_week = [booking for booking in mine if at_berlin(calendar.last_monday, 0) <= booking.started]
        booking = next(booking for booking in last_week if booking.issue.startswith(project))
        yield replace(_beside(random, calendar, booking, LEAD), visibility=_RESTRICTED)


def _routine(
    random: Random,
    calendar: _Calendar,
    issue: str,
    *,
    chance: float,
    comments: Sequence[str | None] = WORK_COMMENTS,
) -> Iterator[Booking]:
    """What colleagues booked on one issue over the years; `chance` is for one person on one working day."""
    for day in _days(calendar.today - COMPANY_AGE, calendar.today):
        if day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS | _SHUTDOWN:
            for author in _people_of(issue):
                if random.random() < chance:
                    start, minutes = 15 * random.randrange(32, 66), random.choice((15, 30, 30, 45, 60))
                    comment = random.choice(comments)
                    yield _booking(random, calendar, issue, author, day, start, minutes, comment)


def _beside(random: Random, calendar: _Calendar, booking: Booking, author: str) -> Booking:
    """A colleague's work on the same issue on the same day."""
    start, minutes = 15 * random.randrange(32, 60), 30 * random.randrange(1, 7)
    comment = random.choice(WORK_COMMENTS)
    return _booking(random, calendar, booking.issue, author, booking.started.date(), start, minutes, comment)


def _people_of(issue: str) -> list[str]:
    site = "datacenter" if issue.startswith(f"{CUSTOMER_PROJECT}-") else "cloud"
    return [person.handle for person in COLLEAGUES if site in person.sites.split()]
