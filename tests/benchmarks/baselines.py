"""What a load is compared with: its own requests fetched bare, and the loop most people write with `jira`."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import jira as pycontribs
import requests

from tests.benchmarks.sites import ANN, TOKEN, Asked, BenchSite

_WORKERS = 8


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


class NaturalLoop:
    """Search the issues, ask each for its worklogs, keep mine in the range."""

    def __init__(self, site: BenchSite) -> None:
        self._on_cloud = site.deployment == "cloud"
        login: dict[str, Any] = {"basic_auth": (ANN.email, TOKEN)} if self._on_cloud else {"token_auth": TOKEN}
        self._client = pycontribs.JIRA(options={"server": site.url, "check_update": False}, **login)

    def fetch(self, first: str, last: str) -> int:
        """How many worklogs of mine started from `first` to `last`, both included."""
        query = f'worklogAuthor = currentUser() AND worklogDate >= "{first}" AND worklogDate <= "{last}"'
        me = self._client.myself()
        return sum(
            _is_by(worklog, me) and first <= _day(worklog) <= last
            for issue in self._search(query)
            for worklog in self._client.worklogs(issue.key)
        )

    def _search(self, query: str) -> Iterable[pycontribs.Issue]:
        search = self._client.enhanced_search_issues if self._on_cloud else self._client.search_issues
        return search(query, maxResults=0, fields="summary")


def _is_by(worklog: Any, me: dict[str, Any]) -> bool:
    return any(key in me and getattr(worklog.author, key, None) == me[key] for key in ("accountId", "key"))


def _day(worklog: Any) -> str:
    return f"{datetime.fromisoformat(worklog.started).astimezone(ZoneInfo(ANN.time_zone)):%Y-%m-%d}"
