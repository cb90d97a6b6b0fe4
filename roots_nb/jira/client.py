"""A signed-in Jira: one method a REST call, v2 on Cloud and on Server / Data Center.

Where the two differ stands in `Deployment`, one record with two instances. Nothing but `/myself` answered with an
account proves a login: with a bad token Jira answers a search with 200 and nothing (`tests/jira/test_client.py`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, Literal
from urllib.parse import quote

from roots_nb.connections.connection import Connection
from roots_nb.errors import (
    BadRequest,
    Forbidden,
    InvalidInput,
    JiraError,
    NotConnected,
    NotFound,
    RootsError,
    ServerError,
    UnexpectedAnswer,
)
from roots_nb.jira.http import Http, Reply
from roots_nb.jira.paging import (
    Page,
    all_worklogs,
    field_of,
    issues_by_number,
    issues_by_token,
    items_of,
    object_of,
)
from roots_nb.jira.replies import authentication_failed
from roots_nb.jira.wire import ISSUE_KEY, Account, Json, Unreadable, epic_link_field, next_expiry, read_account
from roots_nb.progress import Progress

LONGEST_JQL_IN_URL = 4000
ISSUES_A_PAGE = 1000
WORKLOGS_A_PAGE = 5000
INDEX_LAG_SECONDS = 600
SUGGESTED_JQL = "updated >= -365d ORDER BY updated DESC"

AdjustEstimate = Literal["leave", "auto"] | timedelta

_API = "/rest/api/2"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The facts in which Jira Cloud and Server / Data Center differ for us."""

    title: str
    search_path: str
    pages_by_token: bool
    filters_worklogs_by_date: bool
    has_epic_link_field: bool
    has_worklog_properties: bool
    can_write_unnoticed: bool
    most_writes_at_once: int


CLOUD = Deployment("Cloud", f"{_API}/search/jql", True, True, False, True, True, 8)
DATACENTER = Deployment("Server / Data Center", f"{_API}/search", False, False, True, False, False, 2)


class Jira:
    """One Jira site, signed in as one account; or, with `problem`, the reason why not.

    Made by `roots_nb.connect` and `roots_nb.connect_all`.

    Attributes
    ----------
    connection : Connection
    account : Account
        Asking for it raises `problem` when signing in failed.
    deployment : Deployment
    zone : str
        IANA name of the zone that days are counted in unless a load says otherwise: the profile's.
    version : str
        Jira's version, such as "10.3.1"; "" when the site does not tell.
    problem : RootsError or None
    """

    def __init__(
        self,
        connection: Connection,
        http: Http | None = None,
        account: Account | None = None,
        *,
        zone: str = "",
        version: str = "",
        problem: RootsError | None = None,
    ) -> None:
        self.connection = connection
        self.deployment = CLOUD if connection.deployment == "cloud" else DATACENTER
        self.version = version
        self.problem = problem
        self._http = http
        self._account = account
        self.zone = zone or (account.time_zone if account else "")
        self._epic_link_field: str | None = None
        self._written: dict[str, float] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        state = f"not signed in: {self.problem}" if self.problem else f"signed in as {self.account.display_name}"
        return f"<Jira {self.connection.name!r} {self.connection.url} {state}>"

    @property
    def account(self) -> Account:
        if self._account is None:
            raise self.problem or NotConnected(f"{self.connection.name} is not signed in.")
        return self._account

    @property
    def http(self) -> Http:
        if self._http is None:
            raise self.problem or NotConnected(f"{self.connection.name} is not signed in.")
        return self._http

    def myself(self, *, progress: Progress | None = None) -> Account:
        """Who is signed in, asked anew; raises `AuthenticationFailed` when nobody is."""
        reply = self.http.read(f"{_API}/myself", progress=progress)
        try:
            return read_account(reply.body)
        except Unreadable:
            raise authentication_failed(self.connection, status_code=200) from None

    def search_issues(
        self,
        jql: str,
        fields: Sequence[str],
        *,
        refresh: bool = False,
        progress: Progress | None = None,
    ) -> Iterator[Page]:
        """The issues of a JQL query, page by page, as raw JSON.

        The search index lags behind writes: issues that are `recently_written` have to be read one by one. An end
        that is reached without any issue, or after several pages, is believed only once `/myself` has
        confirmed that the login still holds.

        Raises
        ------
        AuthenticationFailed
            The login does not hold (any more).
        UnexpectedAnswer
            Pages repeat, end before the total, or have no end.
        """
        query = {"jql": jql, "maxResults": ISSUES_A_PAGE, "fields": ",".join(fields)}

        def ask(page: dict[str, object]) -> Reply:
            return self._search({**query, **page}, refresh, progress)

        prove_login = partial(self.myself, progress=progress)
        found = count = 0
        page = Page([])
        try:
            for page in issues_by_token(ask) if self.deployment.pages_by_token else issues_by_number(ask, prove_login):
                found += len(page.items)
                count += 1
                yield page
        except BadRequest:
            prove_login()
            raise
        except UnexpectedAnswer:
            self.http.forget_what_was_read()
            raise
        if page.cached_since is None and (not found or count > 1):
            prove_login()

    def _search(self, query: Mapping[str, object], refresh: bool, progress: Progress | None) -> Reply:
        """A long query goes in a POST, where nothing cuts it off; there `fields` is a list."""
        path = self.deployment.search_path
        if len(str(query["jql"])) <= LONGEST_JQL_IN_URL:
            return self.http.read(path, query, cached=True, refresh=refresh, progress=progress)
        return self.http.read(path, json={**query, "fields": str(query["fields"]).split(",")}, progress=progress)

    def recently_written(self) -> list[str]:
        """Keys of the issues this object wrote to in the last ten minutes, which the search may not know yet."""
        with self._lock:
            limit = time.monotonic() - INDEX_LAG_SECONDS
            self._written = {key: when for key, when in self._written.items() if when > limit}
            return list(self._written)

    def pick_issues(self, text: str, *, progress: Progress | None = None) -> list[tuple[str, str]]:
        """Issues that Jira suggests for the beginning of a key, or for words, as (key, summary), each once.

        Those that this account has used lately come first, then others of the last year; with "" all of these. Jira
        sends some twenty of each kind, so an issue whose whole key was given may be missing.
        """
        query = {"query": text, "currentJQL": SUGGESTED_JQL, "showSubTasks": "true", "showSubTaskParent": "true"}
        body = object_of(self.http.read(f"{_API}/issue/picker", query, patient=False, progress=progress))
        found: dict[str, str] = {}
        for section in items_of(body, "sections"):
            issues = field_of(section, "issues")
            for issue in issues if isinstance(issues, list) else []:
                key = str(field_of(issue, "key"))
                if ISSUE_KEY.fullmatch(key):
                    found.setdefault(key, str(field_of(issue, "summaryText") or ""))
        return list(found.items())

    def issue(self, key: str, fields: Sequence[str], *, progress: Progress | None = None) -> Any:
        """One issue as raw JSON, never from the cache."""
        return self.http.read(_issue_path(key), {"fields": ",".join(fields)}, progress=progress).body

    def issue_worklogs(
        self,
        key: str,
        *,
        started_from: datetime,
        started_until: datetime,
        cached: bool = True,
        refresh: bool = False,
        properties: bool = False,
        progress: Progress | None = None,
    ) -> Page:
        """The worklogs of one issue, of all authors, as raw JSON, each once.

        On Cloud only those started between the two (aware) times, give or take a day, are transferred; Data Center
        always sends all. `total` may be larger than the number of items: Jira counts worklogs it does not show.
        With `properties` they come along, where the deployment has any.
        """
        path = f"{_issue_path(key)}/worklog"
        query: dict[str, object] = {"maxResults": WORKLOGS_A_PAGE, **self._expand(properties)}
        if self.deployment.filters_worklogs_by_date:
            day = timedelta(days=1)
            query["startedAfter"] = int((started_from - day).timestamp() * 1000)
            query["startedBefore"] = int((started_until + day).timestamp() * 1000)

        def ask(page: dict[str, object]) -> Reply:
            parameters = {**page, **query}
            return self.http.read(path, parameters, cached=cached, refresh=refresh, progress=progress)

        return replace(all_worklogs(ask, key), is_range=self.deployment.filters_worklogs_by_date)

    def epic_link_field(self, *, refresh: bool = False, progress: Progress | None = None) -> str:
        """The id of Data Center's Epic Link field, asked for once; "" on Cloud and where there is none."""
        if not self.deployment.has_epic_link_field:
            return ""
        if self._epic_link_field is None:
            try:
                reply = self.http.read(f"{_API}/field", cached=True, refresh=refresh, progress=progress)
            except (ServerError, UnexpectedAnswer, Forbidden, NotFound):
                return ""  # a week without epics is better than no week
            self._epic_link_field = epic_link_field(reply.body)
        return self._epic_link_field

    def token_expires(self, *, progress: Progress | None = None) -> date | None:
        """The day on which a token of this account expires first: Data Center's own list, on Cloud what was noted.

        None where nothing is known. Data Center does not tell which of its tokens is in use.
        """
        if self.connection.auth != "pat":
            noted = self.connection.token_expires
            return date.fromisoformat(noted) if noted else None
        try:
            tokens = self.http.read("/rest/pat/latest/tokens", patient=False, progress=progress).body
        except JiraError:
            return None
        return next_expiry(tokens, today=datetime.now(UTC).date())

    def worklog(self, key: str, worklog_id: str, *, properties: bool = False, progress: Progress | None = None) -> Json:
        """One worklog as raw JSON, never from the cache; `NotFound` when it is gone or not visible."""
        path = f"{_issue_path(key)}{_worklog_path(worklog_id)}"
        return object_of(self.http.read(path, self._expand(properties), progress=progress))

    def permissions(self, key: str, names: Sequence[str], *, progress: Progress | None = None) -> frozenset[str]:
        """Which of the named permissions this account has on an issue."""
        query = {"issueKey": key, "permissions": ",".join(names)}
        body = object_of(self.http.read(f"{_API}/mypermissions", query, progress=progress))
        told = body.get("permissions")
        if not isinstance(told, dict):
            raise UnexpectedAnswer("Jira's answer has no permissions.")
        return frozenset(name for name in names if field_of(told.get(name), "havePermission") is True)

    def add_worklog(
        self,
        key: str,
        worklog: Mapping[str, object],
        *,
        adjust_estimate: AdjustEstimate = "leave",
        notify: bool = False,
        progress: Progress | None = None,
    ) -> Any:
        """Create a worklog, sent exactly once; returns Jira's JSON of it, with its properties where there are any.

        `adjust_estimate`: the remaining estimate stays ("leave"), follows ("auto"), or becomes the given duration.
        `notify`: whether watchers get mail; Data Center always sends it.
        """
        return self._write("POST", key, "/worklog", adjust_estimate, notify, worklog, progress)

    def update_worklog(
        self,
        key: str,
        worklog_id: str,
        changes: Mapping[str, object],
        *,
        adjust_estimate: AdjustEstimate = "leave",
        notify: bool = False,
        progress: Progress | None = None,
    ) -> Any:
        """Change the given fields of a worklog, sent exactly once; otherwise as `add_worklog`."""
        return self._write("PUT", key, _worklog_path(worklog_id), adjust_estimate, notify, changes, progress)

    def delete_worklog(
        self,
        key: str,
        worklog_id: str,
        *,
        adjust_estimate: AdjustEstimate = "leave",
        notify: bool = False,
        progress: Progress | None = None,
    ) -> None:
        """Delete a worklog, sent exactly once; otherwise as `add_worklog`."""
        self._write("DELETE", key, _worklog_path(worklog_id), adjust_estimate, notify, None, progress)

    def _write(
        self,
        method: str,
        key: str,
        worklog_path: str,
        adjust_estimate: AdjustEstimate,
        notify: bool,
        json: Mapping[str, object] | None,
        progress: Progress | None,
    ) -> Any:
        """The issue is remembered first: the write may have arrived although its answer did not."""
        params: dict[str, object] = {"adjustEstimate": adjust_estimate}
        if isinstance(adjust_estimate, timedelta):
            params = {"adjustEstimate": "new", "newEstimate": f"{adjust_estimate // timedelta(minutes=1)}m"}
        if self.deployment.can_write_unnoticed:
            params["notifyUsers"] = str(notify).lower()
        if json is not None:
            params |= self._expand(True)
        with self._lock:
            self._written[key] = time.monotonic()
        return self.http.write(method, f"{_issue_path(key)}{worklog_path}", params, json, progress=progress).body

    def _expand(self, properties: bool) -> dict[str, object]:
        return {"expand": "properties"} if properties and self.deployment.has_worklog_properties else {}


def _issue_path(key: str) -> str:
    if not ISSUE_KEY.fullmatch(key):
        raise InvalidInput(f"{key!r} is not an issue key.", advice="Issue keys look like APP-7.")
    return f"{_API}/issue/{quote(key, safe='')}"


def _worklog_path(worklog_id: str) -> str:
    if not worklog_id.isdecimal() or not worklog_id.isascii():
        raise InvalidInput(f"{worklog_id!r} is not a worklog id.", advice="Worklog ids are numbers.")
    return f"/worklog/{worklog_id}"
