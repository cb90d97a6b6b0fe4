"""What the search knows of worklogs: where they are, and for a while after a write what was there before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roots_nb.demo.model import Issue, User, Worklog


class WorklogIndex:
    """Finds issues by who logged on them and when, and serves old worklogs while it lags behind a write."""

    def __init__(self) -> None:
        self._by_author: defaultdict[str, Counter[int]] = defaultdict(Counter)  # issue ids and how many worklogs
        self._by_day: defaultdict[date, Counter[int]] = defaultdict(Counter)  # days in UTC
        self._kept: dict[int, list[tuple[datetime, list[Worklog]]]] = {}

    def add(self, worklog: Worklog) -> None:
        self._count(worklog, 1)

    def remove(self, worklog: Worklog) -> None:
        self._count(worklog, -1)

    def _count(self, worklog: Worklog, by: int) -> None:
        self._by_author[worklog.author.account_id][worklog.issue_id] += by
        self._by_day[worklog.started.astimezone(UTC).date()][worklog.issue_id] += by

    def keep(self, issue: Issue, until: datetime) -> None:
        """Serve the issue's worklogs as they are now until that moment, whatever is written."""
        self._kept.setdefault(issue.id, []).append((until, list(issue.worklogs)))

    def is_current(self, now: datetime) -> bool:
        """Whether the search knows every change."""
        return not any(until > now for kept in self._kept.values() for until, _ in kept)

    def worklogs(self, issue: Issue, now: datetime) -> list[Worklog]:
        """The worklogs of an issue as the search knows them."""
        kept = self._kept.get(issue.id, ())
        return next((worklogs for until, worklogs in kept if until > now), issue.worklogs)

    def issue_ids(self, author: User | None, days: tuple[date, date] | None) -> list[int]:
        """Ids of issues with a worklog of `author` (None: of anybody) and one on `days` (None: on any), ascending.

        `days` are the first and last day in UTC. Issues of which the search may know older worklogs come as well.
        """
        sets = []
        if author is not None:
            sets.append(_present([self._by_author[author.account_id]]))
        if days is not None:
            sets.append(_present(counted for day, counted in self._by_day.items() if days[0] <= day <= days[1]))
        if not sets:
            sets.append(_present(self._by_author.values()))
        return sorted(set.intersection(*sets) | set(self._kept))


def _present(counters: Iterable[Counter[int]]) -> set[int]:
    return {issue_id for counted in counters for issue_id, worklogs in counted.items() if worklogs}
