"""Lists that Jira sends in pages: issues by token (Cloud) or by number (Data Center), an issue's worklogs by number.

Pages that repeat, that end before the total or that have no end are refused, never taken for everything there is
(`tests/test_loading.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roots_nb.errors import UnexpectedAnswer
from roots_nb.jira.http import Reply

MOST_PAGES = 2000

Ask = Callable[[dict[str, object]], Reply]


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a listing: raw `items`, and since when it was cached (aware UTC; None = fresh from Jira).

    `is_range`: only worklogs of a range of time were asked for.
    """

    items: list[Any]
    total: int | None = None
    cached_since: datetime | None = None
    is_range: bool = False


def issues_by_token(ask: Ask) -> Iterator[Page]:
    """The pages of a search; `ask` is given what a page needs besides the query."""
    next_page: dict[str, object] = {}
    tokens: set[str] = set()
    for _ in range(MOST_PAGES):
        reply = ask(next_page)
        body = object_of(reply)
        yield Page(items_of(body, "issues"), None, reply.cached_since)
        token = body.get("nextPageToken")
        if body.get("isLast") is True or not isinstance(token, str) or not token:
            return
        if token in tokens:
            raise UnexpectedAnswer("Jira sends the same page of results again and again.", advice="Try again.")
        tokens.add(token)
        next_page = {"nextPageToken": token}
    raise _endless("issues")


def issues_by_number(ask: Ask, prove_login: Callable[[], object]) -> Iterator[Page]:
    """As `issues_by_token`; whose login ended in between gets empty pages, which `prove_login` tells."""
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        reply = ask({"startAt": len(seen)})
        body = object_of(reply)
        new = [issue for issue in items_of(body, "issues") if str(field_of(issue, "id")) not in seen]
        seen.update(str(field_of(issue, "id")) for issue in new)
        total = body.get("total")
        yield Page(new, total if isinstance(total, int) else None, reply.cached_since)
        if not isinstance(total, int) or len(seen) >= total:
            return
        if not new:
            prove_login()
            raise UnexpectedAnswer(
                f"Jira announced {total} issues and sent {len(seen)}.", advice="Try again, or load a shorter period."
            )
    raise _endless("issues")


def all_worklogs(ask: Ask, key: str) -> Page:
    """Every page of an issue's worklogs in one, each worklog once; `total` counts those that are not shown as well."""
    worklogs: dict[str, Any] = {}
    cached_since: datetime | None = None
    for _ in range(MOST_PAGES):
        reply = ask({"startAt": len(worklogs)})
        body = object_of(reply)
        cached_since = _earliest(cached_since, reply.cached_since)
        new = {str(field_of(each, "id")): each for each in items_of(body, "worklogs")}
        fresh = new.keys() - worklogs.keys()
        worklogs.update(new)
        total = body.get("total") if isinstance(body.get("total"), int) else None
        if not fresh and _is_cut_off(body, len(worklogs)):
            raise UnexpectedAnswer(f"Jira sends only {len(worklogs)} of {total} worklogs of {key}.")
        if not fresh or (total is not None and len(worklogs) >= total):
            return Page(list(worklogs.values()), total, cached_since)
    raise _endless(f"worklogs of {key}")


def _endless(what: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"Jira's list of {what} has no end.", advice="Load a shorter period.")


def _is_cut_off(body: Mapping[str, Any], count: int) -> bool:
    """Whether a server that ignores `startAt` holds worklogs back; one that claims to send all merely hides some."""
    page, total = body.get("maxResults"), body.get("total")
    ignores = count > 0 and body.get("startAt") != count
    return ignores and isinstance(page, int) and isinstance(total, int) and page < total


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each), default=None)


def object_of(reply: Reply) -> Mapping[str, Any]:
    """A reply's body; raises `UnexpectedAnswer` where it is no object."""
    if not isinstance(reply.body, dict):
        raise UnexpectedAnswer("Jira's answer has another shape than documented.")
    return reply.body


def items_of(body: Mapping[str, Any], name: str) -> list[Any]:
    """A list within a body; raises `UnexpectedAnswer` where there is none."""
    items = body.get(name)
    if not isinstance(items, list):
        raise UnexpectedAnswer(f"Jira's answer has no {name}.")
    return items


def field_of(item: object, name: str) -> object:
    """None where the item is no object or has no such field."""
    return item.get(name) if isinstance(item, dict) else None
