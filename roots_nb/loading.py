"""One site's worklogs of a period: search, fetch what the search cuts off, keep mine, count what is missing.

Jira's search is only trusted to bring a superset: `worklogAuthor` and `worklogDate` need not mean the same worklog,
and `worklogDate` counts in the profile's zone. So the range is padded, and author and start of each worklog are checked
here. The inline list of an issue holds its 20 oldest worklogs; where there are more, the issue's own list is fetched
while the search still pages. Guarded by `tests/test_loading.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import partial
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from roots_nb.errors import JiraError, NotFound, RootsError
from roots_nb.jira.client import Jira
from roots_nb.jira.http import MOST_IN_FLIGHT
from roots_nb.jira.paging import Page
from roots_nb.jira.wire import (
    Account,
    Issue,
    Json,
    Unreadable,
    Worklog,
    is_by,
    is_by_app,
    read_issue,
    read_time,
    read_worklog,
)
from roots_nb.periods import Period
from roots_nb.progress import Part, Progress

_FIELDS = ("summary", "project", "issuetype", "parent", "labels", "worklog")


class Tally:
    """Adds up the issues of several sites for one progress display."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self._lock = threading.Lock()
        self._done = self._known = 0

    def add(self, *, known: int = 0, done: int = 0) -> None:
        with self._lock:
            self._known += known
            self._done += done
            self.progress.step(self._done, self._known or None, "issues")


@dataclass
class SiteLoad:
    """What one site has for a period.

    Attributes
    ----------
    rows : dict
        (issue, worklog) by worklog id: mine, started within the period.
    skipped : int
        Worklogs and issues that could not be read and may be mine: the load is incomplete.
    hidden : int
        Worklogs on fetched issues that Jira counts and does not show, such as those for another role.
    app_worklogs : int
        Worklogs of the period by app accounts such as Tempo's; on those issues mine may be among them.
    as_of : datetime
        Aware, UTC: since when the oldest answer used is known.
    cached : bool
        Whether any answer came from the cache.
    problem : RootsError or None
        Why there are no rows.
    """

    jira: Jira
    period: Period
    zone: ZoneInfo
    jql: str = ""
    rows: dict[str, tuple[Issue, Worklog]] = field(default_factory=dict)
    skipped: int = 0
    hidden: int = 0
    app_worklogs: int = 0
    as_of: datetime = field(default_factory=lambda: datetime.now(UTC))
    cached: bool = False
    problem: RootsError | None = None

    def __post_init__(self) -> None:
        """Midnight in UTC is compared many times; a midnight that a clock change skips is the instant of the change."""
        self._lock = threading.Lock()
        midnight = datetime.combine(self.period.first, time(), self.zone)
        self.started_from = midnight.astimezone(UTC)
        self.started_until = datetime.combine(self.period.last + timedelta(days=1), time(), self.zone).astimezone(UTC)

    def take(self, read: _Read, cached_since: datetime | None = None) -> None:
        """Keep my worklogs of the period from one issue; may be called from several threads."""
        with self._lock:
            if since := cached_since or read.cached_since:
                self.cached, self.as_of = True, min(self.as_of, since)
            if read.issue is None:
                self.skipped += 1
                return
            self.hidden += read.hidden
            for json in read.worklogs:
                try:
                    self._take_worklog(read.issue, json)
                except Unreadable:
                    self.skipped += 1

    def _take_worklog(self, issue: Issue, json: Json) -> None:
        try:
            mine = is_by(json, self.jira.account)
        except Unreadable:
            if self._is_of_another_time(json):
                return
            raise
        if not mine and not is_by_app(json):
            return
        worklog = read_worklog(json)
        if not self.started_from <= worklog.started < self.started_until:
            return
        if mine:
            self.rows[worklog.worklog_id] = (issue, worklog)
        else:
            self.app_worklogs += 1

    def _is_of_another_time(self, json: Json) -> bool:
        if not isinstance(json, dict):
            return False
        return not self.started_from <= read_time(json.get("started")) < self.started_until

    def facts(self) -> dict[str, object]:
        """What `attrs["loads"]` tells of this load; plain values."""
        connection = self.jira.connection
        account = None if self.jira.problem else self.jira.account
        return {
            "connection": connection.name,
            "deployment": connection.deployment,
            "url": connection.url,
            "account": account.display_name if account else "",
            "account_id": connection.account_id,
            "first": self.period.first.isoformat(),
            "last": self.period.last.isoformat(),
            "zone": self.zone.key,
            "as_of": self.as_of.isoformat(timespec="seconds"),
            "cached": self.cached,
            "jql": self.jql,
            "search_url": f"{connection.url}/issues/?jql={quote(self.jql)}",
            "rows": len(self.rows),
            "skipped": self.skipped,
            "hidden": self.hidden,
            "app_worklogs": self.app_worklogs,
            "latency_seconds": None if self.jira.problem else self.jira.http.latency_seconds,
            "cache_problem": "" if self.jira.problem else self.jira.http.cache_problem,
            "problem": str(self.problem) if self.problem else "",
        }


def load_site(jira: Jira, period: Period, zone: ZoneInfo, *, refresh: bool, tally: Tally) -> SiteLoad:
    """Load one site; why nobody is signed in, or a `JiraError`, becomes its `problem`, and then no row is kept."""
    load = SiteLoad(jira, period, zone, problem=jira.problem)
    if load.problem:
        return load
    part = Part(tally.progress)
    pool = ThreadPoolExecutor(MOST_IN_FLIGHT, thread_name_prefix="roots_nb-load")
    try:
        load.jql = my_worklogs_jql(load)
        _collect(load, _Reader(load, refresh, part), pool, tally)
    except JiraError as error:
        # A copy: a request still under way may yet bring rows.
        load = replace(load, rows={}, problem=error)
    finally:
        part.request_stop()
        pool.shutdown(wait=False, cancel_futures=True)
    return load


def my_worklogs_jql(load: SiteLoad) -> str:
    """The query for a period, in the days of the profile's own zone and padded by one on either side.

    Where that zone is not known, two days: no zone is further than 26 hours from another.
    """
    profile, padding = _profile_zone(load.jira.account)
    first = load.started_from.astimezone(profile).date() - padding
    last = (load.started_until - timedelta(microseconds=1)).astimezone(profile).date() + padding
    return f'worklogAuthor = currentUser() AND worklogDate >= "{first}" AND worklogDate <= "{last}" ORDER BY key'


def _profile_zone(account: Account) -> tuple[tzinfo, timedelta]:
    try:
        return ZoneInfo(account.time_zone), timedelta(days=1)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC, timedelta(days=2)


def _collect(load: SiteLoad, reader: _Reader, pool: ThreadPoolExecutor, tally: Tally) -> None:
    """The pool reads what a page brought, and asks for what it cut off, while the next page is on its way."""
    written = set(load.jira.recently_written())
    under_way = [pool.submit(_fetch, load, partial(reader.read_written, key), tally) for key in written]
    tally.add(known=len(written))
    for page in reader.search():
        read = [reader.inline(item) for item in page.items]
        read = [each for each in read if each.issue is None or each.issue.key not in written]
        tally.add(known=len(read))
        complete = [each for each in read if not each.is_cut]
        under_way.append(pool.submit(_take_all, load, complete, page.cached_since, tally))
        under_way += [pool.submit(_fetch, load, partial(reader.read_list, each), tally) for each in read if each.is_cut]
    for future in as_completed(under_way):
        future.result()


def _take_all(load: SiteLoad, read: Sequence[_Read], cached_since: datetime | None, tally: Tally) -> None:
    for each in read:
        load.take(each, cached_since)
    tally.add(done=len(read))


def _fetch(load: SiteLoad, ask: Callable[[], _Read], tally: Tally) -> None:
    load.take(ask())
    tally.add(done=1)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of one issue; without `issue` nothing could be."""

    issue: Issue | None
    worklogs: Sequence[Json] = ()
    total: int = 0
    is_cut: bool = False
    hidden: int = 0
    cached_since: datetime | None = None


class _Reader:
    """Asks one site; may be used from several threads."""

    def __init__(self, load: SiteLoad, refresh: bool, progress: Progress) -> None:
        self._load, self._refresh, self._progress = load, refresh, progress
        self._jira = load.jira
        self._epic_field = self._jira.epic_link_field(refresh=refresh, progress=progress)
        self._fields = [*_FIELDS, *filter(None, [self._epic_field])]

    def search(self) -> Iterator[Page]:
        return self._jira.search_issues(self._load.jql, self._fields, refresh=self._refresh, progress=self._progress)

    def inline(self, json: object) -> _Read:
        """An issue with its inline worklogs."""
        try:
            found = read_issue(json, epic_field=self._epic_field)
        except Unreadable:
            return _Read(None)
        return _Read(found.issue, found.worklogs, found.worklog_total, found.is_cut)

    def read_written(self, key: str) -> _Read:
        """An issue written to just now, past the search index; nothing if it is gone."""
        try:
            read = self.inline(self._jira.issue(key, self._fields, progress=self._progress))
        except NotFound:
            self._jira.myself(progress=self._progress)
            return _Read(Issue("", key, "", "", "", "", ""))
        return self.read_list(read, cached=False) if read.is_cut else read

    def read_list(self, read: _Read, *, cached: bool = True) -> _Read:
        """All worklogs of an issue whose inline list is cut."""
        assert read.issue is not None
        try:
            page = self._jira.issue_worklogs(
                read.issue.key,
                started_from=self._load.started_from,
                started_until=self._load.started_until,
                cached=cached,
                refresh=self._refresh,
                progress=self._progress,
            )
        except NotFound:
            self._jira.myself(progress=self._progress)
            return _Read(None)
        return _Read(read.issue, page.items, hidden=_hidden(page, read.total), cached_since=page.cached_since)


def _hidden(page: Page, total_of_issue: int) -> int:
    """A total over all times says nothing about the worklogs of a range, and Jira does not tell which one it sends."""
    if page.total is None or (page.is_range and page.total >= total_of_issue):
        return 0
    return max(0, page.total - len(page.items))
