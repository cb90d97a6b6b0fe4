"""The worklogs of an issue: list, get, add, update, delete."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Response

from roots_nb.demo.answers import errors, json_answer
from roots_nb.demo.model import Issue, Worklog
from roots_nb.demo.rest.call import Call, Route
from roots_nb.demo.rest.estimates import plan_estimate
from roots_nb.demo.rest.worklog_fields import read_changes

_PAGE_LIMIT = 5000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def list_worklogs(call: Call, issue: str) -> Response:
    found = tracked_issue(call, issue)
    return json_answer(_cloud_page(call, found) if call.site.is_cloud else _data_center_page(call, found))


def _cloud_page(call: Call, issue: Issue) -> dict[str, Any]:
    start = max(call.number("startAt", 0), 0)
    limit = min(max(call.number("maxResults", _PAGE_LIMIT), 0), _PAGE_LIMIT)
    after, before = _moment(call, "startedAfter"), _moment(call, "startedBefore")
    within = [
        one
        for one in issue.worklogs
        if (after is None or one.started > after) and (before is None or one.started < before)
    ]
    return _page(call, within, start, limit)


def _moment(call: Call, name: str) -> datetime | None:
    if not call.text(name):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=call.number(name, 0))
    except OverflowError:
        raise call.refuse(404, "bad number", name=name) from None


def _data_center_page(call: Call, issue: Issue) -> dict[str, Any]:
    """Everything, whatever is asked; sites that do page want both parameters."""
    total = len(issue.worklogs)
    limit = call.site.worklog_page_limit
    if limit is None:
        return _page(call, issue.worklogs, 0, total)
    if call.text("startAt") is None or call.text("maxResults") is None:
        return _page(call, issue.worklogs, 0, limit)
    return _page(call, issue.worklogs, max(call.number("startAt", 0), 0), max(call.number("maxResults", limit), 0))


def _page(call: Call, worklogs: list[Worklog], start: int, limit: int) -> dict[str, Any]:
    """A page of the visible ones; `total` counts all."""
    shown = call.render.visible(worklogs)[start : start + limit]
    with_properties = wants_properties(call)
    return {
        "startAt": start,
        "maxResults": limit,
        "total": len(worklogs),
        "worklogs": [call.render.worklog(one, with_properties=with_properties) for one in shown],
    }


def get_worklog(call: Call, issue: str, worklog: str) -> Response:
    return _answer(call, find_worklog(call, tracked_issue(call, issue), worklog))


def add_worklog(call: Call, issue: str) -> Response:
    found = tracked_issue(call, issue)
    user = call.user
    if not call.may("WORK_ON_ISSUES", found):
        raise errors(400, [call.say("may not log", user=user.display_name)])
    check_open(call, found)
    if call.site.is_cloud and len(found.worklogs) >= call.site.worklogs_per_issue:
        raise call.refuse(413, "worklogs full", limit=call.site.worklogs_per_issue)
    changes = read_changes(call, call.body(), creating=True)
    adjust = plan_estimate(call, found, manual="reduceBy")
    started = changes.pop("started", call.site.now())
    worklog = call.site.create_worklog(found, user, started, changes.pop("seconds"), **changes)
    adjust(-worklog.seconds)
    return _answer(call, worklog, 201)


def update_worklog(call: Call, issue: str, worklog: str) -> Response:
    found = tracked_issue(call, issue)
    before = find_worklog(call, found, worklog)
    check_may_touch(call, found, before, "EDIT")
    check_open(call, found)
    changes = read_changes(call, call.body(), creating=False)
    if not changes and not call.site.is_cloud:
        raise call.refuse(400, "nothing to change")
    adjust = plan_estimate(call, found, manual=None)
    after = call.site.change_worklog(before, call.user, **changes) if changes else before
    adjust(before.seconds - after.seconds)
    return _answer(call, after)


def delete_worklog(call: Call, issue: str, worklog: str) -> Response:
    found = tracked_issue(call, issue)
    gone = find_worklog(call, found, worklog)
    check_may_touch(call, found, gone, "DELETE")
    check_open(call, found)
    adjust = plan_estimate(call, found, manual="increaseBy")
    call.site.delete_worklog(gone)
    adjust(gone.seconds)
    return Response(status=204)


def tracked_issue(call: Call, key_or_id: str) -> Issue:
    """A visible issue on a site that tracks time; otherwise 404."""
    issue = call.issue(key_or_id)
    if not call.site.time_tracking:
        raise call.refuse(404, "no time tracking")
    return issue


def find_worklog(call: Call, issue: Issue, worklog_id: str) -> Worklog:
    """A worklog of this issue that the visitor can see; otherwise 404."""
    known = call.site.worklogs.get(int(worklog_id[:18])) if worklog_id.isascii() and worklog_id.isdigit() else None
    if known is None or known.issue_id != issue.id or not call.render.visible([known]):
        raise call.refuse(404, "worklog missing", id=worklog_id)
    return known


def check_may_touch(call: Call, issue: Issue, worklog: Worklog, verb: str) -> None:
    """Own worklogs need one permission, all others another; Jira refuses with 400, not 403."""
    own = worklog.author.account_id == call.user.account_id
    if call.may(f"{verb}_ALL_WORKLOGS", issue) or (own and call.may(f"{verb}_OWN_WORKLOGS", issue)):
        return
    refused = call.say(f"may not {verb.lower()}", user=call.user.display_name)
    raise errors(400, [refused, call.say("worklog null")])


def check_open(call: Call, issue: Issue) -> None:
    if issue.closed:
        raise call.refuse(400, "closed")


def wants_properties(call: Call) -> bool:
    return "properties" in (call.text("expand") or "").split(",")


def _answer(call: Call, worklog: Worklog, status: int = 200) -> Response:
    body = call.render.worklog(worklog, with_properties=wants_properties(call))
    return json_answer(body, status, {"Location": body["self"]} if status == 201 else None)


_ALL = "/issue/<issue>/worklog"
_ONE = f"{_ALL}/<worklog>"
ROUTES = (
    Route("GET", _ALL, list_worklogs),
    Route("POST", _ALL, add_worklog),
    Route("GET", _ONE, get_worklog),
    Route("PUT", _ONE, update_worklog),
    Route("DELETE", _ONE, delete_worklog),
)
