"""What a list of worklogs needs of its frame: filter it, add it up, find a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pandas as pd

from roots_nb.durations import format_duration

USUAL_START = time(9)

Identity = tuple[str, str]


def matching(worklogs: pd.DataFrame, text: str) -> pd.DataFrame:
    """The rows in which each word of `text` is in issue, summary or comment, in capitals or not."""
    texts = (worklogs["issue"] + " " + worklogs["summary"] + " " + worklogs["comment"]).str.casefold()
    has_all = pd.Series(True, index=worklogs.index)
    for word in text.casefold().split():
        has_all &= texts.str.contains(word, regex=False)
    return worklogs[has_all]


def total_of(worklogs: pd.DataFrame) -> str:
    """Such as "38:15"."""
    return format_duration(pd.Timedelta(worklogs["time_spent"].sum()))


def are(worklogs: pd.DataFrame, wanted: Sequence[Identity]) -> pd.Series[bool]:
    """Which rows are one of these: connection and worklog id."""
    identity = pd.MultiIndex.from_frame(worklogs[["connection", "worklog_id"]])
    return pd.Series(identity.isin(list(wanted)), index=worklogs.index)


def next_start(worklogs: pd.DataFrame, day: date, zone: ZoneInfo) -> datetime:
    """When the last worklog of a day ends; in the morning where there is none, or it ends after midnight."""
    on_day = worklogs[worklogs["started"].dt.date == day]
    end = (on_day["started"] + on_day["time_spent"]).max()
    if pd.isna(end) or end.date() != day:
        return datetime.combine(day, USUAL_START, zone)
    started: datetime = end.tz_convert("UTC").floor("min").tz_convert(end.tz).to_pydatetime()
    return started
