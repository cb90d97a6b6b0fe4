"""My worklogs as a DataFrame. This module owns the frame's columns and dtypes.

A row counts on the day on which its author sees it in Jira: days are those of the frame's one zone. What is known about
a load travels in `attrs["loads"]`, so that a report can say what is missing (`tests/test_worklogs.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from roots_nb.display import (
    Cell,
    Column,
    Row,
    Table,
    TerminalTable,
    fragment_html,
    issue_link,
    table_html,
    table_terminal,
)
from roots_nb.durations import format_duration, parse_duration
from roots_nb.errors import InvalidInput, JiraError, NotConnected, RootsError
from roots_nb.jira.client import Jira
from roots_nb.loading import SiteLoad, Tally, load_site
from roots_nb.periods import Period, format_day, parse_period
from roots_nb.progress import Progress
from roots_nb.progress_bars import default_progress

TEXT_COLUMNS = (
    "connection",
    "worklog_id",
    "issue",
    "summary",
    "project",
    "issue_type",
    "epic",
    "labels",
    "comment",
    "author",
    "author_id",
    "visibility",
    "url",
)
COLUMNS = (
    *TEXT_COLUMNS[:8],
    "started",
    "time_spent",
    *TEXT_COLUMNS[8:12],
    "created",
    "updated",
    "url",
)

TIME_COLUMNS = ("started", "created", "updated")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def load_worklogs(
    jira: Jira | Sequence[Jira],
    period: object,
    *,
    zone: str | None = None,
    refresh: bool = False,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Load the worklogs I authored in a period.

    Parameters
    ----------
    jira : Jira or sequence of Jira
        From `connect` or `connect_all`. Of several, those that fail are left out and named in `attrs["loads"]`.
    period : str, tuple of two dates, datetime.date, pandas.Period or Period
        Such as "2026-W47", "2026-11", "last week", ("2026-11-16", "2026-11-22"); both ends included.
    zone : str, optional
        IANA zone in which days are counted and times shown; by default the first connection's (its Jira profile's).
    refresh : bool
        Ask Jira even if an answer of the last five minutes is in the cache.
    progress : Progress, optional
        By default a bar in a notebook, a line in a terminal, and nothing when piped.

    Returns
    -------
    pandas.DataFrame
        One row per worklog, oldest first: connection, worklog_id, issue, summary, project, issue_type, epic, labels
        (str), started (datetime64[us, zone]), time_spent (timedelta64[us]), comment, author, author_id, visibility
        (str), created, updated (datetime64[us, zone]), url (str). An empty frame has the same columns and dtypes.
        `attrs["loads"]` has one dict per connection: what was asked, when, how many rows, and what is missing.

    Raises
    ------
    InvalidInput
        The period or the zone cannot be understood, or no connection was given.
    NotConnected
        None of the connections is signed in, for want of a secret.
    JiraError
        The only connection failed, or all of them did.
    Stopped
        A stop was requested; nothing is kept.
    """
    sites = [jira] if isinstance(jira, Jira) else list(jira)
    if not sites:
        raise InvalidInput("No connection was given.", advice="Pass what connect() or connect_all() returns.")
    _refuse_same_account(sites)
    frame_zone = find_zone(zone or _first_zone(sites))
    days = parse_period(period, today=datetime.now(frame_zone).date())
    progress = progress or default_progress("Loading worklogs")
    try:
        loads = _load_all(sites, days, frame_zone, refresh, progress)
    finally:
        progress.close()
    frame = _frame(loads, frame_zone)
    frame.attrs["loads"] = [load.facts() for load in loads]
    return frame


def empty_worklogs(zone: str) -> pd.DataFrame:
    """The frame of a period without worklogs: all columns with their dtypes, times in `zone`."""
    return _frame([], find_zone(zone))


def concat_worklogs(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Join frames and what is known about their loads, which `pandas.concat` would drop.

    Returns
    -------
    pandas.DataFrame
        Oldest first, in the zone of the first frame. A worklog that is in several frames is there once, as in the last
        of them. If a frame with loaded worklogs has lost its `attrs["loads"]`, so has the result: its completeness is
        unknown. Drafts of `new_worklogs` never had any.

    Raises
    ------
    InvalidInput
        No frame was given, or one does not hold times with a zone.
    """
    parts = list(frames)
    if not parts:
        raise InvalidInput("There is nothing to join.", advice="Pass a list of frames from load_worklogs.")
    for part in parts:
        _check_times(part)
    first_zone = parts[0]["started"].dt.tz
    parts = [part.assign(**{name: part[name].dt.tz_convert(first_zone) for name in TIME_COLUMNS}) for part in parts]
    joined = pd.concat(parts)
    is_last = ~joined.duplicated(["connection", "worklog_id"], keep="last") | joined["worklog_id"].isna()
    joined = _oldest_first(joined[is_last])
    joined.attrs = {}
    known = [part for part in parts if "loads" in part.attrs]
    if known and all("loads" in part.attrs or part["worklog_id"].isna().all() for part in parts):
        joined.attrs["loads"] = [load for part in known for load in part.attrs["loads"]]
    return joined


def _check_times(frame: pd.DataFrame) -> None:
    for name in TIME_COLUMNS:
        if name not in frame or not isinstance(frame[name].dtype, pd.DatetimeTZDtype):
            raise InvalidInput(
                f"The column {name} of a frame does not hold times with a zone.",
                advice="Join frames as load_worklogs makes them.",
            )


def duration(text: str) -> pd.Timedelta:
    """A duration as people write it: "1h 30m", "1,5h", "90m", "1:30"; a plain number is hours.

    Text that is set into `time_spent` is read by pandas, which takes "1,5h" for 15 hours; this reads it as 90 minutes.

    Raises
    ------
    InvalidInput
        It cannot be read as one duration, or counts days or weeks.
    """
    return pd.Timedelta(parse_duration(text))


def show(worklogs: pd.DataFrame) -> ShownWorklogs:
    """The worklogs as a table by day, in which each issue key leads to Jira; shows itself in a notebook.

    The day's total stands beside each day. Text is escaped; an empty frame says that it is empty.
    """
    return ShownWorklogs(worklogs)


class ShownWorklogs:
    """Made by `show`."""

    def __init__(self, worklogs: pd.DataFrame) -> None:
        self._worklogs = worklogs

    def _table(self) -> Table:
        rows: list[Row] = []
        for day, group in self._worklogs.groupby(self._worklogs["started"].dt.date):
            total = format_duration(pd.Timedelta(group["time_spent"].sum()))
            rows.append(Row([Cell(format_day(day)), Cell(total), *[Cell("")] * 3], "group"))
            rows += [_row(each) for each in group.itertuples()]
        heads = [Column("Start"), Column("Time spent", "number"), Column("Issue", "key"), Column("Summary")]
        zone = self._worklogs["started"].dt.tz
        return Table([*heads, Column("Comment")], rows, f"{len(self._worklogs)} worklogs, times in {zone}")

    def _repr_html_(self) -> str:
        return fragment_html(table_html(self._table()))

    def __rich__(self) -> TerminalTable:
        return table_terminal(self._table())

    def __repr__(self) -> str:
        return f"<{self._table().caption}>"


def _row(worklog: Any) -> Row:
    key = Cell(worklog.issue, issue_link(worklog.url, worklog.issue))
    spent = format_duration(worklog.time_spent)
    texts = [Cell("" if pd.isna(text) else str(text)) for text in (worklog.summary, worklog.comment)]
    return Row([Cell(f"{worklog.started:%H:%M}"), Cell(spent), key, *texts])


def _load_all(
    sites: Sequence[Jira], period: Period, zone: ZoneInfo, refresh: bool, progress: Progress
) -> list[SiteLoad]:
    """All sites at once. An interrupt stops the threads before their next request and is passed on."""
    tally = Tally(progress)
    pool = ThreadPoolExecutor(len(sites), thread_name_prefix="roots_nb-site")
    try:
        futures = [pool.submit(load_site, site, period, zone, refresh=refresh, tally=tally) for site in sites]
        loads = [future.result() for future in futures]
    except BaseException:
        progress.request_stop()
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    problems = [load.problem for load in loads if load.problem]
    if len(problems) == len(loads):
        raise _all_failed(problems)
    return loads


def _all_failed(problems: Sequence[RootsError]) -> RootsError:
    if len(problems) == 1:
        return problems[0]
    told = " ".join(str(problem) for problem in problems)
    if all(isinstance(problem, NotConnected) for problem in problems):
        return NotConnected("No connection is signed in.", advice=told)
    return JiraError("No connection answered.", advice=told)


def _refuse_same_account(sites: Sequence[Jira]) -> None:
    signed_in = [site for site in sites if site.problem is None]
    for (url, _), same in groupby(sorted(signed_in, key=_account), key=_account):
        names = [site.connection.name for site in same]
        if len(names) > 1:
            raise InvalidInput(
                f"{' and '.join(names)} are one account of {url}: its time would count twice.",
                advice="Pass one of them.",
            )


def _account(site: Jira) -> tuple[str, str]:
    return site.connection.url, site.account.account_id


def _first_zone(sites: Sequence[Jira]) -> str:
    zones = [site.zone for site in sites if site.problem is None and site.zone]
    if zones:
        return zones[0]
    if problems := [site.problem for site in sites if site.problem]:
        raise _all_failed(problems)
    raise InvalidInput("Jira does not tell your time zone.", advice='Name it: zone="Europe/Berlin".')


def find_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; raises `InvalidInput`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            f"{name!r} is not a time zone.", advice='Use an IANA name such as "Europe/Berlin".'
        ) from None


def _frame(loads: Sequence[SiteLoad], zone: ZoneInfo) -> pd.DataFrame:
    rows = [(load.jira.connection, *row) for load in loads for row in load.rows.values()]
    texts = [
        (
            connection.name,
            worklog.worklog_id,
            *issue[1:],
            worklog.comment,
            worklog.author,
            connection.account_id,
            worklog.visibility,
            f"{connection.url}/browse/{issue.key}",
        )
        for connection, issue, worklog in rows
    ]
    frame = pd.DataFrame(texts, columns=list(TEXT_COLUMNS), dtype="str")
    for name in TIME_COLUMNS:
        moments = [(getattr(worklog, name) - _EPOCH) // _MICROSECOND for _, _, worklog in rows]
        instants = pd.Series(moments, dtype="int64").astype("datetime64[us]")
        frame[name] = instants.dt.tz_localize("UTC").dt.tz_convert(zone)
    seconds = pd.Series([worklog.seconds for _, _, worklog in rows], dtype="int64")
    frame["time_spent"] = seconds.astype("timedelta64[s]").astype("timedelta64[us]")
    return _oldest_first(frame[list(COLUMNS)])


def recounted(load: Mapping[str, Any], lost: pd.DataFrame, gained: pd.DataFrame) -> dict[str, Any]:
    """One of `attrs["loads"]` after these rows were taken out of the frame and put in: deleted is not missing."""
    if "rows" not in load or load["problem"]:  # a frame of single worklogs, or nothing was loaded
        return {**load}
    return {**load, "rows": load["rows"] - _rows_of(load, lost) + _rows_of(load, gained)}


def _rows_of(load: Mapping[str, Any], frame: pd.DataFrame) -> int:
    days = frame["started"].dt.tz_convert(load["zone"]).dt.date.astype("str")
    return int(((frame["connection"] == load["connection"]) & days.between(load["first"], load["last"])).sum())


def _oldest_first(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["started", "connection", "worklog_id"], kind="stable", ignore_index=True)


def worklogs_of_rows(rows: Sequence[Mapping[str, Any]], zone: tzinfo) -> pd.DataFrame:
    """Rows with all columns as a frame, oldest first; times in `rows` are aware, and in `zone` in the frame."""
    frame = pd.DataFrame([[row[name] for name in COLUMNS] for row in rows], columns=list(COLUMNS), dtype=object)
    for name in TEXT_COLUMNS:
        frame[name] = frame[name].astype("str")
    for name in TIME_COLUMNS:
        frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]").dt.tz_convert(zone)
    frame["time_spent"] = pd.to_timedelta(frame["time_spent"]).astype("timedelta64[us]")
    return _oldest_first(frame)
