"""`issue/picker`: suggestions while somebody types an issue key or words of a summary."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Any

from werkzeug.wrappers import Response

from roots_nb.demo.answers import errors, json_answer
from roots_nb.demo.jql import JqlError
from roots_nb.demo.model import Issue
from roots_nb.demo.rest.call import BROWSE, Call, Route

_LIMIT = 20


def pick_issue(call: Call) -> Response:
    """Issues the visitor lately logged on, and issues that `currentJQL` finds, where they fit `query`."""
    query = (call.text("query") or "").strip()
    sections = [
        _section("hs", "History Search", query, _history(call)),
        _section("cs", "Current Search", query, _current(call)),
    ]
    return json_answer({"sections": sections})


def _history(call: Call) -> list[Issue]:
    """The visitor's issues, the one last logged on first."""
    user = call.visitor.user
    if user is None:
        return []
    found = []
    for issue_id in call.site.index.issue_ids(user, None):
        issue = call.site.issues_by_id[issue_id]
        mine = [one.created for one in issue.worklogs if one.author.account_id == user.account_id]
        if mine and call.may(BROWSE, issue):
            found.append((max(mine), issue.id, issue))
    return [issue for _, _, issue in sorted(found, reverse=True)]


def _current(call: Call) -> list[Issue]:
    try:
        found = call.searches.find(call.text("currentJQL") or "", call.visitor.user)
    except JqlError as error:
        raise errors(400, [str(error)]) from None
    return [issue for issue in found if issue.key != call.text("currentIssueKey")]


def _section(section_id: str, label: str, query: str, issues: Iterable[Issue]) -> dict[str, Any]:
    fitting = [issue for issue in issues if _fits(issue, query)]
    shown = fitting[:_LIMIT]
    return {
        "id": section_id,
        "label": label,
        "sub": f"Showing {len(shown)} of {len(fitting)} matching issues",
        "issues": [_suggestion(issue, query) for issue in shown],
    }


def _fits(issue: Issue, query: str) -> bool:
    """The key begins with the query, or each of its words begins a word of the summary."""
    words = [re.compile(rf"\b{re.escape(word)}", re.IGNORECASE) for word in query.split()]
    return issue.key.startswith(query.upper()) or all(word.search(issue.summary) for word in words)


def _suggestion(issue: Issue, query: str) -> dict[str, Any]:
    return {
        "id": issue.id,
        "key": issue.key,
        "keyHtml": _marked(issue.key, query),
        "img": "/images/icons/issuetypes/task.svg",
        "summary": _marked(issue.summary, query),
        "summaryText": issue.summary,
    }


def _marked(text: str, query: str) -> str:
    """HTML in which what fits the query is bold."""
    words = "|".join(re.escape(escape(word)) for word in query.split())
    return re.sub(rf"({words})", r"<b>\1</b>", escape(text), flags=re.IGNORECASE) if words else escape(text)


ROUTES = (Route("GET", "/issue/picker", pick_issue),)
