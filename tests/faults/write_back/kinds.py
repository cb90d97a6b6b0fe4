"""The kinds of faults that strike a request, by a name that tells a reader of a failed test what happened.

What ends in "after" strikes when Jira has done its work. For a read that makes no difference, so there only the
others are tried.
"""

from __future__ import annotations

from types import MappingProxyType

from tests.faults import fault as over_http
from tests.faults.fault import Answer, Fault, Garbage, Truncated, forbidden, html, not_found, redirect, unauthorised
from tests.faults.write_back.wire import Crashed, Refused, Reset, TimeOut

_NOON, _TWO_SECONDS_LATER = "Mon, 23 Nov 2026 12:00:00 GMT", "Mon, 23 Nov 2026 12:00:02 GMT"
_ELSEWHERE = "https://login.example.com/"

LOST = {
    "reset": Reset(),
    "time-out": TimeOut(),
    "cut": Truncated(),
    "garbage": Garbage(),
    "html": html(),
    "redirect": redirect(_ELSEWHERE),
    **{str(status): Answer(status) for status in (500, 502, 503, 504)},
}
LOST_AFTER = {
    "reset after": Reset(after=True),
    "time-out after": TimeOut(after=True),
    "cut after": Truncated(after=True),
    "garbage after": Garbage(after=True),
    "html after": html(after=True),
    "redirect after": redirect(_ELSEWHERE, after=True),
    **{f"{status} after": Answer(status, after=True) for status in (500, 502, 503, 504)},
}
TOLD_TO_WAIT = {
    "429": Answer(429),
    "429 for a second": Answer(429, headers={"Retry-After": "1"}),
    "429 until a date": Answer(429, headers={"Retry-After": _TWO_SECONDS_LATER, "Date": _NOON}),
    "429 for an hour": Answer(429, headers={"Retry-After": "3600"}),
}
TURNED_DOWN = {"400": Answer(400), "401": unauthorised(), "403": forbidden(), "404": not_found()}
CRASHED = {"crash": Crashed(), "crash after": Crashed(after=True)}

KINDS: MappingProxyType[str, Fault] = MappingProxyType(
    {"refused": Refused(), **LOST, **LOST_AFTER, **TOLD_TO_WAIT, **TURNED_DOWN, **CRASHED}
)
"""All of them."""

PAIRED = (
    *("refused", "reset", "reset after", "503", "504 after", "garbage after", "429 for a second"),
    *TURNED_DOWN,
    *CRASHED,
)
"""One or two of each class in which the engine tells outcomes apart, for pairs of faults."""


def with_sockets(fault: Fault) -> Fault:
    """The fault that the middleware plays over HTTP for this one of the wire's."""
    if isinstance(fault, Reset):
        return over_http.Reset(after=fault.after)
    if isinstance(fault, TimeOut):
        return over_http.TimeOut(after=fault.after)
    return fault
