"""Frames as the loader makes them, written by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pandas as pd

from roots_nb.worklogs import COLUMNS, TIME_COLUMNS, empty_worklogs

BERLIN = "Europe/Berlin"
WEEK = "2026-W47"
NOW = "2026-11-23T12:00:00+00:00"
SITES = {"Cloud": "https://acme.atlassian.net", "Server": "http://localhost:8080/jira"}


def worklog(
    started: str | datetime,
    minutes: float,
    *,
    issue: str = "APP-1",
    connection: str = "Cloud",
    worklog_id: str | None = None,
    **texts: str,
) -> dict[str, Any]:
    """One row; `started` is on the clock of the frame's zone unless it has its own."""
    site = SITES.get(connection, "https://other.atlassian.net")
    return {
        "connection": connection,
        "worklog_id": worklog_id,
        "issue": issue,
        "summary": f"Summary of {issue}",
        "project": issue.rpartition("-")[0],
        "started": started,
        "time_spent": pd.Timedelta(seconds=round(minutes * 60)),
        "comment": "",
        "url": f"{site}/browse/{issue}",
        **texts,
    }


def frame(*rows: dict[str, Any], zone: str = BERLIN, loads: Iterable[dict[str, Any]] | None = None) -> pd.DataFrame:
    """A frame with all columns and dtypes; worklog ids are filled in; loads get their count of rows."""
    made = empty_worklogs(zone)
    if rows:
        made = pd.DataFrame([{"worklog_id": None, **row} for row in rows], columns=list(COLUMNS))
        made["worklog_id"] = [row.get("worklog_id") or str(10_000 + i) for i, row in enumerate(rows)]
        for name in TIME_COLUMNS:
            made[name] = pd.to_datetime([_aware(row.get(name, row["started"]), zone) for row in rows], utc=True)
            made[name] = made[name].dt.tz_convert(zone).dt.as_unit("us")
        made["time_spent"] = made["time_spent"].astype("timedelta64[us]")
        texts = [name for name in COLUMNS if name not in (*TIME_COLUMNS, "time_spent")]
        made = made.astype(dict.fromkeys(texts, "str"))
    made.attrs = {}
    if loads is not None:
        counts = made["connection"].value_counts()
        made.attrs["loads"] = [{"rows": int(counts.get(each["connection"], 0)), **each} for each in loads]
    return made


def _aware(started: str | datetime, zone: str) -> pd.Timestamp:
    moment = pd.Timestamp(started)
    return moment if moment.tzinfo else moment.tz_localize(zone)


def load(connection: str = "Cloud", **facts: Any) -> dict[str, Any]:
    """What the loader tells of a load of `WEEK` that went well."""
    return {
        "connection": connection,
        "deployment": "datacenter" if connection == "Server" else "cloud",
        "url": SITES.get(connection, ""),
        "account": "Ada Lovelace",
        "account_id": "ada",
        "first": "2026-11-16",
        "last": "2026-11-22",
        "zone": BERLIN,
        "as_of": "2026-11-23T08:12:00+00:00",
        "cached": False,
        "jql": 'worklogAuthor = currentUser() AND worklogDate >= "2026-11-15"',
        "search_url": f"{SITES.get(connection, '')}/issues/?jql=worklogAuthor",
        "skipped": 0,
        "hidden": 0,
        "app_worklogs": 0,
        "problem": "",
        **facts,
    }
