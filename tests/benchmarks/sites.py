"""The Jiras that are measured, in a process of their own: it must not share an interpreter lock with the client.

Each case has a Cloud and a Data Center site. Every request waits 50 ms; `/_bench/log`, in front of the wait, tells what
was asked (GET) and forgets it (DELETE).
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import requests
from werkzeug.wrappers import Request, Response

from roots_nb.connections.connection import Connection, DeploymentName
from roots_nb.connections.secrets import Secret
from roots_nb.demo.model import JiraSite, User
from roots_nb.demo.server import JiraApp, serve
from roots_nb.jira.client import Jira
from roots_nb.jira.signin import sign_in
from tests.faults.limits import CloudLimits
from tests.faults.middleware import Latency, RequestLog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LATENCY_SECONDS = 0.05
DEPLOYMENTS: tuple[DeploymentName, ...] = ("cloud", "datacenter")
NAMES = {"cloud": "Cloud", "datacenter": "Data Center"}
WEEK = "2026-W47"
YEAR = "2026"
WORKING_YEAR = "2025"
ROWS = (1_000, 10_000, 100_000)
TOKEN = "bench-token"
ANN = User("5:ann", "JIRAUSER1", "ann", "Ann Example", "ann@example.com", "Europe/Berlin")
BOB = User("5:bob", "JIRAUSER2", "bob", "Bob Example", "bob@example.com", "Europe/Berlin")

_NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)
_LONG_AGO = datetime(2020, 1, 6, 8, tzinfo=UTC)
_WORKING_YEAR = datetime(2025, 1, 6, 8, tzinfo=UTC)
_NEW_YEAR = datetime(2026, 1, 1, 8, tzinfo=UTC)
_LOG_PATH = "/_bench/log"


# --- what is in them


def inline(site: JiraSite) -> None:
    """200 issues with 5 worklogs of mine in the week; the search brings them all."""
    for number in range(1, 201):
        key = site.add_issue(f"APP-{number}", f"Make part {number} of the app work").key
        for day in range(5):
            site.add_worklog(key, ANN, _MONDAY + timedelta(days=day), 1800, f"Worked on part {number}")


def cut(site: JiraSite) -> None:
    """The same, but each issue has 30 older worklogs of others, so that the search brings none of mine."""
    inline(site)
    for key in list(site.issues):
        help_out(site, key)


def help_out(site: JiraSite, key: str) -> None:
    """Thirty older worklogs of Bob's: the search cuts the list."""
    for day in range(30):
        started = _LONG_AGO + timedelta(days=day)
        site.add_worklog(key, BOB, started, 3600, "Helped", created=started)


def meetings(site: JiraSite) -> None:
    """One issue with 3,000 worklogs, 17 of them mine and in the week; Bob logs once a day, also on the pads."""
    key = site.add_issue("APP-1", "Meetings").key
    for day in range(2983):
        started = _MONDAY + timedelta(days=7 - day)
        site.add_worklog(key, BOB, started, 900, "Daily", created=started)
    for hour in range(17):
        site.add_worklog(key, ANN, _MONDAY + timedelta(hours=6 * hour), 900, "Daily")


def year_of(rows: int) -> str:
    """What the case is called."""
    return f"year of {rows:,}"


def year(issues: int) -> Callable[[JiraSite], None]:
    """Issues with 10 worklogs of mine each, spread over the year."""

    def fill(site: JiraSite) -> None:
        for number in range(1, issues + 1):
            key = site.add_issue(f"APP-{number}", f"Make part {number} of the app work").key
            for n in range(10):
                started = _NEW_YEAR + timedelta(days=(number + 7 * n) % 320, minutes=n)
                site.add_worklog(key, ANN, started, 1800, f"Worked on part {number}", created=started)

    return fill


def working_year(site: JiraSite) -> None:
    """3,000 worklogs of mine, twelve a day on 250 weekdays, on 300 issues of five projects; half are Bob's as well."""
    for key in ("OPS", "ORG", "SHOP", "WEB"):
        site.add_project(key, f"Project {key}")
    names = [f"{list(site.projects)[n % 5]}-{n}" for n in range(1, 301)]
    keys = [site.add_issue(name, f"Make {name} work").key for name in names]
    for key in keys[::2]:
        help_out(site, key)
    for n in range(3000):
        (week, weekday), slot = divmod(n // 12, 5), n % 12
        started = _WORKING_YEAR + timedelta(weeks=week, days=weekday, minutes=40 * slot)
        site.add_worklog(keys[7 * n % 300], ANN, started, 2400, f"Worked on step {n}", created=started)


CASES: dict[str, Callable[[JiraSite], None]] = {
    "inline": inline,
    "cut": cut,
    "meetings": meetings,
    "edits": inline,
    "working year": working_year,
    **{year_of(rows): year(rows // 10) for rows in ROWS},
}


# --- the client's side


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as the server received it."""

    method: str
    path: str
    query: dict[str, str]
    concurrency: int


@dataclass(frozen=True, slots=True)
class BenchSite:
    """A running site and how to sign in there."""

    deployment: DeploymentName
    url: str

    @property
    def connection(self) -> Connection:
        if self.deployment == "cloud":
            return Connection("Cloud", "cloud", self.url, "api_token", ANN.email)
        return Connection("Server", "datacenter", self.url, "pat")

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/jira")

    def sign_in(self) -> Jira:
        return sign_in(self.connection, Secret(TOKEN))

    def log(self) -> list[Asked]:
        """What was asked since the log was cleared, in the order of arrival."""
        return [Asked(**each) for each in requests.get(f"{self.origin}{_LOG_PATH}", timeout=60).json()]

    def clear_log(self) -> None:
        requests.delete(f"{self.origin}{_LOG_PATH}", timeout=60)


@contextmanager
def running_sites() -> Iterator[dict[tuple[str, DeploymentName], BenchSite]]:
    """All sites by case and deployment; they end with the block, or with this process."""
    command = [sys.executable, "-m", __spec__.name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        yield {(case, deployment): BenchSite(deployment, url) for case, deployment, url in told}


# --- the server's side


class _Told:
    """Answers for the log and passes everything else on."""

    def __init__(self, log: RequestLog) -> None:
        self._log = log

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != _LOG_PATH:
            return self._log(environ, start_response)
        asked = [
            {"method": each.method, "path": each.path, "query": dict(each.query), "concurrency": each.concurrency}
            for each in self._log.requests
        ]
        if Request(environ).method == "DELETE":
            self._log.clear()
        return Response(json.dumps(asked), content_type="application/json")(environ, start_response)


def _site(deployment: DeploymentName, fill: Callable[[JiraSite], Any]) -> JiraSite:
    site = JiraSite(deployment, context_path="" if deployment == "cloud" else "/jira", now=lambda: _NOW)
    site.add_project("APP", "The app")
    site.add_user(ANN)
    site.add_user(BOB)
    site.add_credential("api_token" if deployment == "cloud" else "pat", ANN, TOKEN)
    fill(site)
    return site


def _slow(site: JiraSite, *, limited: bool) -> WSGIApplication:
    app: WSGIApplication = JiraApp(site)
    return _Told(RequestLog(Latency(CloudLimits(app) if limited else app, LATENCY_SECONDS)))


def serve_until_stdin_ends() -> None:
    with ExitStack() as running:
        told = []
        for case, fill in CASES.items():
            for deployment in DEPLOYMENTS:
                site = _site(deployment, fill)
                app = _slow(site, limited=case == "edits" and site.is_cloud)
                server = running.enter_context(serve(app, context_path=site.context_path))
                told.append((case, deployment, server.url))
        # A quarter of a million worklogs that stay would make each collection slower.
        gc.freeze()
        print(json.dumps(told), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve_until_stdin_ends()
