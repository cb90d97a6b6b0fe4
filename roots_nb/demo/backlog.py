"""The issues of the demo: which key, since when, under which epic. Times are wall-clock times in Berlin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from roots_nb.demo.texts import EPICS, EVERGREENS, ME, PROJECTS, Epic, Story

BERLIN = ZoneInfo(ME.time_zone)
COMPANY_AGE = timedelta(days=4 * 365)

_OLDEST_STORY = timedelta(days=480)
_NEWEST_STORY = timedelta(days=20)
_CURRENT_STORY = timedelta(days=16)
_OLD_ENOUGH_TO_CLOSE = timedelta(days=240)


@dataclass(frozen=True, slots=True)
class PlannedIssue:
    """An issue to be; `is_current` marks one that is worked on right now, `is_evergreen` one that never ends."""

    key: str
    summary: str
    issue_type: str
    created: datetime
    epic: str | None
    labels: tuple[str, ...]
    closed: bool
    is_current: bool
    is_evergreen: bool

    @property
    def project(self) -> str:
        return self.key.partition("-")[0]


def at_berlin(day: date, minutes: int) -> datetime:
    """The moment, in UTC, when the clocks of Berlin show `minutes` after midnight."""
    hour, minute = divmod(minutes, 60)
    return datetime.combine(day, time(hour, minute), BERLIN).astimezone(UTC)


def plan_issues(random: Random, today: date) -> list[PlannedIssue]:
    """All issues; in each project numbers grow with the time of creation."""
    return [issue for project in PROJECTS for issue in _plan_project(random, project, today)]


@dataclass(frozen=True, slots=True)
class _Draft:
    created: datetime
    story: Story
    epic: Epic | None
    is_evergreen: bool = False


def _plan_project(random: Random, project: str, today: date) -> list[PlannedIssue]:
    epics = [epic for epic in EPICS if epic.project == project]
    drafts = [
        _Draft(at_berlin(today - COMPANY_AGE, 9 * 60 + number), story, None, is_evergreen=True)
        for number, story in enumerate(EVERGREENS.get(project, ()))
    ]
    for number, epic in enumerate(epics):
        drafts.extend(_plan_epic(random, epic, today, number / (len(epics) + 1), 2 / (len(epics) + 1)))
    drafts.sort(key=lambda draft: draft.created)
    keys = {draft.story.summary: f"{project}-{number}" for number, draft in enumerate(drafts, start=1)}
    closing_day = at_berlin(today - _OLD_ENOUGH_TO_CLOSE, 0)
    return [
        PlannedIssue(
            keys[draft.story.summary],
            draft.story.summary,
            draft.story.issue_type,
            draft.created,
            keys[draft.epic.summary] if draft.epic else None,
            tuple(draft.story.labels.split()),
            draft.epic is not None and draft.created < closing_day and random.random() < 0.3,
            draft.story.is_current,
            draft.is_evergreen,
        )
        for draft in drafts
    ]


def _plan_epic(random: Random, epic: Epic, today: date, begin: float, length: float) -> list[_Draft]:
    """An epic and its stories, the first of them at its begin; `begin` and `length` are parts of all the time."""
    first_day = today - _OLDEST_STORY
    days = (_OLDEST_STORY - _NEWEST_STORY).days
    offsets = [begin, *(begin + length * random.random() for _ in epic.stories[1:])]
    drafts = []
    for story, offset in zip(epic.stories, offsets, strict=True):
        day = today - _CURRENT_STORY if story.is_current else first_day + timedelta(days=int(offset * days))
        drafts.append(_Draft(_workday_moment(random, day), story, epic))
    before_all = min(draft.created for draft in drafts) - timedelta(days=3)
    return [_Draft(before_all, Story("Epic", epic.summary), None), *drafts]


def _workday_moment(random: Random, day: date) -> datetime:
    friday = day - timedelta(days=max(0, day.weekday() - 4))
    return at_berlin(friday, random.randrange(9 * 60, 17 * 60))
