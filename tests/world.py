"""A small Jira for one test: one site, two people, faults and a log of every request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from roots_nb.connections.connection import Connection, DeploymentName
from roots_nb.connections.secrets import Secret
from roots_nb.demo.model import JiraSite, User, Worklog
from roots_nb.demo.server import JiraApp, serve
from roots_nb.jira.client import Jira
from roots_nb.jira.signin import sign_in
from roots_nb.progress import Progress
from tests.faults.middleware import Faults, RequestLog

TOKEN = "world-token"


class World:
    """One deployment with project APP, Ann (who signs in) and Bob."""

    def __init__(self, deployment: DeploymentName, *, zone: str = "Europe/Berlin", now: datetime | None = None) -> None:
        self.now = now or datetime(2026, 11, 23, 12, tzinfo=UTC)
        self.deployment = deployment
        self.site = JiraSite(deployment, context_path="" if deployment == "cloud" else "/jira", now=lambda: self.now)
        self.site.add_project("APP", "The app")
        self.ann = self.site.add_user(User("5:ann", "JIRAUSER1", "ann", "Ann", "ann@example.com", zone))
        self.bob = self.site.add_user(User("5:bob", "JIRAUSER2", "bob", "Bob", "bob@example.com", zone))
        self.site.add_credential("api_token" if deployment == "cloud" else "pat", self.ann, TOKEN)
        self.faults = Faults(JiraApp(self.site))
        self.log = RequestLog(self.faults)
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[World]:
        with serve(self.log, context_path=self.site.context_path) as server:
            self.url = server.url
            try:
                yield self
            finally:
                self.faults.release()

    @property
    def connection(self) -> Connection:
        if self.deployment == "cloud":
            return Connection("Cloud", "cloud", self.url, "api_token", "ann@example.com")
        return Connection("Server", "datacenter", self.url, "pat")

    def sign_in(self) -> Jira:
        """Ann's session; the request log starts anew behind it."""
        jira = sign_in(self.connection, Secret(TOKEN))
        self.log.clear()
        return jira

    def add_issues(self, count: int) -> list[str]:
        first = len(self.site.issues) + 1
        return [self.site.add_issue(f"APP-{n}", f"Issue {n}").key for n in range(first, first + count)]

    def add_worklog(
        self,
        key: str,
        started: str,
        minutes: int = 60,
        *,
        author: User | None = None,
        zone: str = "Europe/Berlin",
        **more: object,
    ) -> Worklog:
        """`started` is wall-clock time in `zone`."""
        moment = datetime.fromisoformat(started).replace(tzinfo=ZoneInfo(zone))
        return self.site.add_worklog(key, author or self.ann, moment, minutes * 60, **more)  # type: ignore[arg-type]


class InstantProgress(Progress):
    """Does not wait, but remembers how long it was asked to and why."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.steps: list[tuple[int, int | None]] = []

    def step(self, done: int, total: int | None, what: str) -> None:
        self.steps.append((done, total))

    def waiting(self, seconds: float, why: str) -> None:
        self.waits.append(seconds)

    def wait(self, seconds: float) -> None:
        self.check_stop()
