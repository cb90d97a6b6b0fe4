"""Worklogs of the whole site by when they changed, and by their ids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Response

from roots_nb.demo.answers import json_answer
from roots_nb.demo.model import Worklog
from roots_nb.demo.rest.call import BROWSE, Call, Route
from roots_nb.demo.rest.worklogs import wants_properties

_PAGE_LIMIT = 1000
_TOO_FRESH = timedelta(minutes=1)


def updated_worklogs(call: Call) -> Response:
    seen = [one for one in call.site.worklogs.values() if _is_visible(call, one)]
    changes = [(_milliseconds(one.updated), one.id) for one in seen]
    return json_answer(_page(call, "updated", changes, wants_properties(call)))


def deleted_worklogs(call: Call) -> Response:
    changes = [(_milliseconds(moment), worklog_id) for worklog_id, moment in call.site.deleted]
    return json_answer(_page(call, "deleted", changes, with_properties=False))


def _page(call: Call, kind: str, changes: list[tuple[int, int]], with_properties: bool) -> dict[str, Any]:
    """A page of (milliseconds, worklog id), oldest first; what changed in the last minute is left out."""
    call.require_user()
    since = call.number("since", 0, status=400)
    newest = _milliseconds(call.site.now() - _TOO_FRESH)
    due = sorted(change for change in changes if since <= change[0] <= newest)
    page = due[:_PAGE_LIMIT]
    until = page[-1][0] if page else since
    url = f"{call.render.rest_url}/worklog/{kind}?since="
    body: dict[str, Any] = {
        "values": [_change(call, *change, with_properties) for change in page],
        "since": since,
        "until": until,
        "self": f"{url}{since}",
        "lastPage": len(due) == len(page),
    }
    if not body["lastPage"]:
        body["nextPage"] = f"{url}{until}"
    return body


def _change(call: Call, moment: int, worklog_id: int, with_properties: bool) -> dict[str, Any]:
    kept = call.site.worklogs[worklog_id].properties if with_properties else {}
    properties = [{"key": key, "value": value} for key, value in kept.items()]
    return {"worklogId": worklog_id, "updatedTime": moment, "properties": properties}


def worklogs_by_id(call: Call) -> Response:
    """Up to 1000 worklogs; those that are gone or not visible are missing without a word."""
    call.require_user()
    ids = call.body().get("ids")
    if not isinstance(ids, list) or not 0 < len(ids) <= _PAGE_LIMIT or not all(type(one) is int for one in ids):
        raise call.refuse(400, "bad number", name="ids")
    known = [call.site.worklogs[one] for one in dict.fromkeys(ids) if one in call.site.worklogs]
    with_properties = wants_properties(call)
    shown = [one for one in known if _is_visible(call, one)]
    return json_answer([call.render.worklog(one, with_properties=with_properties) for one in shown])


def _is_visible(call: Call, worklog: Worklog) -> bool:
    issue = call.site.issues_by_id[worklog.issue_id]
    return call.may(BROWSE, issue) and (worklog.visibility is None or call.user.can_see(worklog))


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


ROUTES = (
    Route("GET", "/worklog/updated", updated_worklogs),
    Route("GET", "/worklog/deleted", deleted_worklogs),
    Route("POST", "/worklog/list", worklogs_by_id),
)
