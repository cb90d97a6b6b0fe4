"""What a load is compared with: its own requests fetched bare, and the loop most people write with a library."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import atlassian
import jira as pycontribs
import requests

from tests.benchmarks.sites import ANN, TOKEN, Asked, BenchSite

_WORKERS = 8
_MONDAY, _SUNDAY = "2026-11-16", "2026-11-22"
_QUERY = f'worklogAuthor = currentUser() AND worklogDate >= "{_MONDAY}" AND worklogDate <= "{_SUNDAY}"'


class Bare:
    """Sends what a load has sent, decodes the JSON, and nothing more.

    A request is sent as soon as it can be known: worklog lists by a pool of eight threads once the page that names
    their issue is there; pages, what must be known before the search (Epic Link field) and the proof of the
    login behind it one after another.
    """

    def __init__(self, site: BenchSite, asked: Sequence[Asked]) -> None:
        self._origin = site.origin
        self._lists = {each.path.split("/")[-2]: each for each in asked if each.path.endswith("/worklog")}
        self._in_a_row = [each for each in asked if not each.path.endswith("/worklog")]
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = _authorization(site)
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=_WORKERS + 1))

    def fetch(self) -> list[Any]:
        """The bodies of the worklog lists."""
        lists = []
        token = ""
        with ThreadPoolExecutor(_WORKERS) as pool:
            for each in self._in_a_row:
                query = {**each.query, "nextPageToken": token} if "nextPageToken" in each.query else each.query
                body = self._get(each.path, query)
                if "issues" in body:
                    token = body.get("nextPageToken", "")
                    found = (self._lists.get(issue["key"]) for issue in body["issues"])
                    lists += [pool.submit(self._get, one.path, one.query) for one in found if one]
            return [each.result() for each in lists]

    def _get(self, path: str, query: dict[str, str]) -> Any:
        return self._session.get(f"{self._origin}{path}", params=query, timeout=60).json()


def _authorization(site: BenchSite) -> str:
    pair = base64.b64encode(f"{ANN.email}:{TOKEN}".encode()).decode()
    return f"Basic {pair}" if site.deployment == "cloud" else f"Bearer {TOKEN}"


class PycontribsLoop:
    """With `jira`: search the issues, ask each for its worklogs, keep mine in the week."""

    def __init__(self, site: BenchSite) -> None:
        self._on_cloud = site.deployment == "cloud"
        login: dict[str, Any] = {"basic_auth": (ANN.email, TOKEN)} if self._on_cloud else {"token_auth": TOKEN}
        self._client = pycontribs.JIRA(options={"server": site.url, "check_update": False}, **login)

    def fetch(self) -> int:
        """How many they are."""
        me = self._client.myself()
        return sum(
            _is_mine(worklog.raw, me) for issue in self._search() for worklog in self._client.worklogs(issue.key)
        )

    def _search(self) -> Iterable[pycontribs.Issue]:
        search = self._client.enhanced_search_issues if self._on_cloud else self._client.search_issues
        return search(_QUERY, maxResults=0, fields="summary")


class AtlassianLoop:
    """The same with `atlassian-python-api`."""

    def __init__(self, site: BenchSite) -> None:
        login: dict[str, Any] = {"token": TOKEN}
        if site.deployment == "cloud":
            login = {"username": ANN.email, "password": TOKEN, "cloud": True}
        self._client = atlassian.Jira(site.url, **login)

    def fetch(self) -> int:
        """How many they are."""
        me = self._client.myself()
        issues = self._client.jql_get_list_of_tickets(_QUERY, fields="summary")
        lists = (self._client.issue_get_worklog(issue["key"])["worklogs"] for issue in issues)
        return sum(_is_mine(worklog, me) for worklogs in lists for worklog in worklogs)


def _is_mine(worklog: dict[str, Any], me: dict[str, Any]) -> bool:
    """Written by me, and started in the week."""
    by_me = any(key in me and worklog["author"].get(key) == me[key] for key in ("accountId", "key"))
    started = datetime.fromisoformat(worklog["started"]).astimezone(ZoneInfo(ANN.time_zone))
    return by_me and _MONDAY <= f"{started:%Y-%m-%d}" <= _SUNDAY
