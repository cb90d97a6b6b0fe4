"""What is to be said of loaded worklogs: as of when, what is missing, and why there may be none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

import pandas as pd
from markupsafe import Markup

from roots_nb.display import link_html, one_line
from roots_nb.errors import JiraError, NotConnected, RootsError, Stopped
from roots_nb.periods import Period, format_day
from roots_nb.reports.completeness import judge
from roots_nb.reports.head import empty_sentences
from roots_nb.widgets.notice import notice_html

Load = Mapping[str, Any]


def as_of(loads: Sequence[Load], zone: tzinfo, *, now: datetime) -> str:
    """Since when the oldest answer is known, such as "16:20 (from the cache)"; with its day unless that is today."""
    oldest = min(datetime.fromisoformat(load["as_of"]) for load in loads).astimezone(zone)
    day = "" if oldest.date() == now.astimezone(zone).date() else f"{format_day(oldest.date())}, "
    cached = [bool(load["cached"]) for load in loads]
    source = " (from the cache)" if all(cached) else " (partly from the cache)" if any(cached) else ""
    return f"{day}{oldest:%H:%M}{source}"


def load_notices(worklogs: pd.DataFrame, period: Period, zone: tzinfo) -> str:
    """HTML on what is missing, worth knowing, and why nothing was found; "" when there is nothing to say."""
    loads: list[Load] = worklogs.attrs["loads"]
    rows = Counter(worklogs["connection"].tolist())
    found = judge(loads, rows, period, zone)
    incomplete = "This is not everything:" if found.problems else ""
    parts = [notice_html("problem", incomplete, *found.problems), notice_html("plain", *found.notes)]
    empty = [load for load in loads if not load["rows"] and not load["problem"]]
    return Markup("").join([*parts, *(_nothing(load, explained=worklogs.empty) for load in empty)])


def load_failure(problem: RootsError) -> Sequence[str]:
    """What to say where nothing was loaded, and what to do then, beside a button Refresh."""
    if isinstance(problem, Stopped):
        return ["Stopped. Press Refresh to load."]
    if isinstance(problem, NotConnected):
        return [problem.message, "Sign in with roots_nb.ConnectionManager() in another cell, then press Refresh."]
    return [str(problem), *["Refresh tries again."] * isinstance(problem, JiraError)]


def _nothing(load: Load, *, explained: bool) -> str:
    head = Markup("<b>No worklogs found on {}.</b>").format(one_line(load["connection"]))
    if not explained:
        return notice_html("plain", head)
    link = Markup('<span class="jp-RenderedHTMLCommon" style="font-size: inherit; padding: 0">{}</span>').format(
        link_html("Open the same search in Jira", load["search_url"])
    )
    return notice_html("plain", head, *empty_sentences(load), f"JQL: {load['jql']}", link)
