"""Search by JQL: Cloud's pages that go by token, Data Center's that go by number."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from roots_nb.demo.answers import errors, json_answer
from roots_nb.demo.jql import JqlError, is_bounded
from roots_nb.demo.model import Issue
from roots_nb.demo.rest.call import Call, Route

_CLOUD_LIMIT = 5000
_CLOUD_LIMIT_WITH_FIELDS = 100
_DATA_CENTER_LIMIT = 1000
_RECONCILE_LIMIT = 50
_DEFAULT_LIMIT = 50
_REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline "
    "is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


# --- Cloud


@dataclass(frozen=True, slots=True)
class _Query:
    """What a page token is bound to."""

    jql: str
    account_id: str
    reconciled: frozenset[int]


def search_cloud(call: Call) -> Response:
    asked = _cloud_body(call) if call.request.method == "POST" else _cloud_parameters(call)
    limit = asked["maxResults"]
    if not isinstance(limit, int) or not 1 <= limit <= _CLOUD_LIMIT:
        raise call.refuse(400, "bad number", name="maxResults")
    query = _Query(asked["jql"], _account_id(call), _read_reconciled(call, asked["reconcileIssues"]))
    issues, start = _cloud_results(call, query, asked["nextPageToken"])
    fields = asked["fields"]
    if set(fields) - {"id", "key"}:
        limit = min(limit, _CLOUD_LIMIT_WITH_FIELDS)
    page = issues[start : start + limit]
    body: dict[str, Any] = {"issues": _render(call, page, fields, query.reconciled)}
    body["isLast"] = start + limit >= len(issues)
    if not body["isLast"]:
        body["nextPageToken"] = call.searches.remember(query, issues, start + limit)
    return json_answer(body)


def _cloud_parameters(call: Call) -> dict[str, Any]:
    return {
        "jql": call.text("jql") or "",
        "nextPageToken": call.text("nextPageToken"),
        "maxResults": call.number("maxResults", _DEFAULT_LIMIT, status=400),
        "fields": _split(call, "fields") or ["id"],
        "reconcileIssues": _split(call, "reconcileIssues"),
    }


def _cloud_body(call: Call) -> dict[str, Any]:
    body = call.body()
    fields = body.get("fields") or ["id"]
    if not isinstance(fields, list) or not isinstance(body.get("jql") or "", str):
        raise call.refuse(400, "bad request")
    return {
        "jql": body.get("jql") or "",
        "nextPageToken": body.get("nextPageToken"),
        "maxResults": body.get("maxResults", _DEFAULT_LIMIT),
        "fields": [str(name) for name in fields],
        "reconcileIssues": body.get("reconcileIssues") or [],
    }


def _cloud_results(call: Call, query: _Query, token: object) -> tuple[list[Issue], int]:
    """The whole result and where in it the asked page begins."""
    try:
        if not is_bounded(query.jql):
            raise call.refuse(400, "unbounded")
        if not token:
            return call.searches.find(query.jql, call.visitor.user, query.reconciled), 0
    except JqlError as error:
        raise errors(400, [str(error)]) from None
    recalled = call.searches.recall(str(token), query)
    if recalled is None:
        raise call.refuse(400, "bad page token")
    return recalled


def _read_reconciled(call: Call, values: object) -> frozenset[int]:
    """Up to 50 numeric issue ids."""
    texts = [str(value) for value in values] if isinstance(values, list) else [""]
    if len(texts) > _RECONCILE_LIMIT or not all(re.fullmatch(r"\d{1,18}", text, re.ASCII) for text in texts):
        raise call.refuse(400, "bad number", name="reconcileIssues")
    return frozenset(map(int, texts))


def removed_search(call: Call) -> Response:
    return json_answer({"errorMessages": [_REMOVED], "errors": {}}, 410)


# --- Data Center


def search_data_center(call: Call) -> Response:
    asked = _data_center_body(call) if call.request.method == "POST" else _data_center_parameters(call)
    start, limit = max(asked["startAt"], 0), asked["maxResults"]
    limit = _DATA_CENTER_LIMIT if limit < 0 else min(limit, _DATA_CENTER_LIMIT)
    try:
        issues = call.searches.find(asked["jql"], call.visitor.user)
    except JqlError as error:
        raise errors(400, [str(error)]) from None
    page = _render(call, issues[start : start + limit], asked["fields"], ())
    return json_answer(
        {"expand": "schema,names", "startAt": start, "maxResults": limit, "total": len(issues), "issues": page}
    )


def _data_center_parameters(call: Call) -> dict[str, Any]:
    return {
        "jql": call.text("jql") or "",
        "startAt": call.number("startAt", 0),
        "maxResults": call.number("maxResults", _DEFAULT_LIMIT),
        "fields": _split(call, "fields") or ["*navigable"],
    }


def _data_center_body(call: Call) -> dict[str, Any]:
    body = call.body()
    asked = {
        "jql": body.get("jql") or "",
        "startAt": body.get("startAt", 0),
        "maxResults": body.get("maxResults", _DEFAULT_LIMIT),
        "fields": body.get("fields") or ["*navigable"],
    }
    kinds = {"jql": str, "startAt": int, "maxResults": int, "fields": list}
    if not all(isinstance(asked[name], kind) for name, kind in kinds.items()):
        raise call.refuse(400, "bad request")
    return asked


# --- both


def get_issue(call: Call, issue: str) -> Response:
    found = call.issue(issue)
    fields = call.render.wanted_fields(_split(call, "fields") or ["*all"])
    return json_answer(call.render.issue(found, fields, found.worklogs))


def _render(call: Call, issues: list[Issue], asked: list[str], reconciled: Collection[int]) -> list[dict[str, Any]]:
    if asked == ["id"] and call.site.is_cloud:
        return [{"id": str(issue.id)} for issue in issues]
    fields = call.render.wanted_fields(asked)
    worklogs = call.searches.worklogs
    return [call.render.issue(issue, fields, worklogs(issue, reconciled)) for issue in issues]


def _split(call: Call, name: str) -> list[str]:
    """A parameter given several times, or once with commas."""
    joined = ",".join(call.request.args.getlist(name))
    return [part.strip() for part in joined.split(",") if part.strip()]


def _account_id(call: Call) -> str:
    return call.visitor.user.account_id if call.visitor.user else ""


ROUTES = (
    Route("GET", "/search/jql", search_cloud, on_data_center=False),
    Route("POST", "/search/jql", search_cloud, on_data_center=False),
    Route("GET", "/search", removed_search, on_data_center=False),
    Route("POST", "/search", removed_search, on_data_center=False),
    Route("GET", "/search", search_data_center, on_cloud=False),
    Route("POST", "/search", search_data_center, on_cloud=False),
    Route("GET", "/issue/<issue>", get_issue),
)
