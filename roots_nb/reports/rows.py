"""Which rows of a frame count in a report, and which of them stand behind a number."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pandas as pd

from roots_nb.errors import InvalidInput
from roots_nb.periods import parse_period
from roots_nb.reports.checks import CHECKS
from roots_nb.reports.matrix import ISSUE_LEVELS

if TYPE_CHECKING:
    from roots_nb.reports.report import Report

_NEEDED = ["connection", "worklog_id", "issue", "summary", "project", "started", "time_spent", "comment"]
_IDENTITY = ["connection", "worklog_id"]
_ADVICE = "Give the frame that load_worklogs made, or one with its columns and dtypes."


def read_rows(report: Report, wanted: Mapping[str, str], day: object, check: str | None) -> pd.DataFrame:
    """See `Report.rows`."""
    keep = pd.Series([True] * len(report.worklogs), index=report.worklogs.index)
    for name, value in wanted.items():
        if name not in report.worklogs.columns:
            raise InvalidInput(f"The worklogs have no {name}.", advice="Give report(..., categories=...).")
        keep &= report.worklogs[name].fillna("") == value
    if day is not None:
        period = parse_period(day, today=report.today)
        days = report.clock.dt.date
        keep &= (days >= period.first) & (days <= period.last)
    if check is not None:
        named = {n for each in report.findings if each.check == check_name(check) for n in each.positions}
        keep &= pd.Series([position in named for position in range(len(keep))], index=keep.index)
    rows = report.worklogs[keep]
    rows.attrs = report.worklogs.attrs
    return rows


def check_name(name: str) -> str:
    """The name of a check, as it is; raises `InvalidInput`."""
    if name not in CHECKS:
        near = get_close_matches(str(name), CHECKS, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise InvalidInput(f"There is no check {name!r}.", advice=f"{hint}Checks: {', '.join(CHECKS)}.")
    return name


def read_frame(worklogs: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The frame with each worklog once, oldest first, and how many rows that left out.

    Raises
    ------
    InvalidInput
        It cannot be summed; a wrong sum is never made of it.
    """
    _check_columns(worklogs)
    _refuse_holes(worklogs)
    known = worklogs["worklog_id"].notna()
    again = known & worklogs.duplicated(_IDENTITY)
    same = known & worklogs.duplicated([*_IDENTITY, *ISSUE_LEVELS[1:3], "started", "time_spent", "comment"])
    if (differing := again & ~same).any():
        rows = worklogs.loc[differing].head(5)
        names = ", ".join(f"{row.worklog_id} on {row.issue} ({row.connection})" for row in rows.itertuples())
        raise InvalidInput(
            f"The frame holds {int(differing.sum())} worklogs in two versions: {names}.",
            advice='Keep one of each, such as with drop_duplicates(["connection", "worklog_id"], keep="last").',
        )
    whole = worklogs[~again].sort_values("started", kind="stable")
    whole.attrs = worklogs.attrs
    return whole, int(again.sum())


def _check_columns(worklogs: pd.DataFrame) -> None:
    if missing := [name for name in _NEEDED if name not in worklogs.columns]:
        raise InvalidInput(f"The frame lacks {', '.join(missing)}.", advice=_ADVICE)
    started = worklogs["started"].dtype
    if not isinstance(started, pd.DatetimeTZDtype):
        naive = pd.api.types.is_datetime64_any_dtype(started)
        raise InvalidInput(
            "started has no time zone, so it is not known on which day a worklog falls."
            if naive
            else f"started holds {started}, not times with a zone.",
            advice='Set it: worklogs["started"] = worklogs["started"].dt.tz_localize("Europe/Berlin").'
            if naive
            else "Put the rows together with concat_worklogs, or convert with pandas.to_datetime and dt.tz_convert.",
        )
    if not pd.api.types.is_timedelta64_dtype(worklogs["time_spent"].dtype):
        raise InvalidInput(
            f"time_spent holds {worklogs['time_spent'].dtype}, not durations.",
            advice="Make them with roots_nb.duration or pandas.to_timedelta.",
        )


def _refuse_holes(worklogs: pd.DataFrame) -> None:
    for name in ("connection", "issue", "started", "time_spent"):
        if count := int(worklogs[name].isna().sum()):
            where = ", ".join(map(str, worklogs.index[worklogs[name].isna()][:5]))
            raise InvalidInput(
                f"{count} of {len(worklogs)} rows have no {name} (index {where}{', …' if count > 5 else ''}).",
                advice="Fill them in or drop these rows; counting them as nothing would make a wrong sum.",
            )
