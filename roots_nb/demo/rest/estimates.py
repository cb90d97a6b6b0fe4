"""`adjustEstimate`: what a write does to the issue's remaining estimate."""

from __future__ import annotations

from collections.abc import Callable

from roots_nb.demo.model import Issue
from roots_nb.demo.rest.call import Call
from roots_nb.demo.timespent import parse_time_spent


def plan_estimate(call: Call, issue: Issue, *, manual: str | None) -> Callable[[int], None]:
    """Read the parameters and return what adjusts the estimate, given the seconds that "auto" would add to it.

    `manual` names the parameter that says by how much (`reduceBy`, `increaseBy`); None where there is none.
    Refused, before anything is written: an unknown choice, or one whose duration is missing or is no duration.
    """
    choice = call.text("adjustEstimate") or "auto"
    if choice == "new":
        new = _duration(call, "newEstimate", "bad estimate")
        return lambda seconds: _set(issue, new)
    if choice == "manual" and manual:
        amount = _duration(call, manual, "bad adjustment")
        change = -amount if manual == "reduceBy" else amount
        return lambda seconds: _add(issue, change)
    if choice == "leave" or (choice == "manual" and call.site.is_cloud):
        return lambda seconds: None
    if choice == "auto":
        return lambda seconds: _add(issue, seconds)
    raise call.refuse(400, "bad choice", field="adjustEstimate", value=choice)


def _duration(call: Call, name: str, complaint: str) -> int:
    seconds = parse_time_spent(call.text(name) or "", call.site)
    if seconds is None:
        raise call.refuse(400, complaint, field=name)
    return seconds


def _set(issue: Issue, seconds: int) -> None:
    issue.remaining_estimate_seconds = seconds


def _add(issue: Issue, seconds: int) -> None:
    if issue.remaining_estimate_seconds is not None:
        issue.remaining_estimate_seconds = max(0, issue.remaining_estimate_seconds + seconds)
