"""A small site of each deployment, served over real HTTP, and a plain client for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from roots_nb.demo.model import Deployment, JiraSite, User
from roots_nb.demo.server import JiraApp, serve

START = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
STARTED = "2026-11-16T09:00:00.000+0100"  # START as Ada sees it
HOUR = {"started": STARTED, "timeSpentSeconds": 3600}
SECRETS = {"api_token": "right-token", "scoped_token": "scoped-token", "pat": "right-pat", "password": "right-password"}


@dataclass
class Clock:
    """The site's clock; it stands still until a test moves it."""

    now: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Jira:
    """A served site, and requests to it as one of its users (None: as nobody)."""

    site: JiraSite
    url: str
    clock: Clock
    people: dict[str, User]
    session: requests.Session
    version: str = "2"
    headers: dict[str, str] = field(default_factory=lambda: {"X-Atlassian-Token": "no-check"})

    def send(self, method: str, path: str, *, user: str | None = "ada", **more: Any) -> requests.Response:
        """`path` below the REST version ("/myself"), or from the site's address if it is another one of Jira's."""
        rest = path.startswith(("/rest/", "/_edge/", "/ex/", "/browse", "/secure"))
        url = self.url + path if rest else f"{self.url}/rest/api/{self.version}{path}"
        headers = self.headers | self._login(user) | more.pop("headers", {})
        return self.session.request(method, url, headers=headers, allow_redirects=False, timeout=20, **more)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.send("GET", path, params=params)

    def add(self, body: Any, *, issue: str = "APP-1", user: str = "ada", **params: Any) -> requests.Response:
        """Add a worklog over REST."""
        return self.send("POST", f"/issue/{issue}/worklog", user=user, json=body, params=params)

    def put(self, worklog: Any, body: Any, *, user: str = "ada", **params: Any) -> requests.Response:
        return self.send("PUT", f"/issue/APP-1/worklog/{worklog}", user=user, json=body, params=params)

    def delete(self, worklog: Any, *, user: str = "ada", **params: Any) -> requests.Response:
        return self.send("DELETE", f"/issue/APP-1/worklog/{worklog}", user=user, params=params)

    def seed(self, number: int, author: str = "ada", **more: Any) -> list[int]:
        """Ids of worklogs put into the site, an hour a day from `START` on."""
        person, day = self.people[author], timedelta(days=1)
        return [self.site.add_worklog("APP-1", person, START + n * day, 3600, **more).id for n in range(number)]

    def _login(self, user: str | None) -> dict[str, str]:
        if user is None:
            return {}
        if not self.site.is_cloud:
            return {"Authorization": f"Bearer {SECRETS['pat']}-{user}"}
        return {"Authorization": basic(f"{user}@example.com", f"{SECRETS['api_token']}-{user}")}


def basic(user: str, secret: str) -> str:
    """The value of an Authorization header."""
    request = requests.Request(auth=(user, secret), url="http://127.0.0.1", method="GET").prepare()
    return request.headers["Authorization"]


def make_site(deployment: Deployment, clock: Clock, **settings: Any) -> JiraSite:
    """Ada (Berlin, English) and Bob (New York, German); three issues, one of them in an epic, one closed."""
    site = JiraSite(deployment, title="Tests", now=clock, **settings)
    ada = User(
        "5b1:ada", "JIRAUSER1", "ada", "Ada L", "ada@example.com", "Europe/Berlin", roles=frozenset({"Developers"})
    )
    bob = User("5b1:bob", "JIRAUSER2", "bob", "Bob N", "bob@example.com", "America/New_York", locale="de_DE")
    for person in (ada, bob):
        site.add_user(person)
        for kind, secret in SECRETS.items():
            site.add_credential(kind, person, f"{secret}-{person.name}")  # type: ignore[arg-type]
    site.add_project("APP", "Application")
    created = datetime(2026, 1, 5, 8, tzinfo=UTC)
    site.add_issue("APP-1", "Fix the login", epic="APP-2", labels=["web", "bug"], created=created)
    site.add_issue("APP-2", "Sign-in", issue_type="Epic", created=created)
    site.add_issue("APP-3", "Old <b>thing</b>", closed=True, created=created)
    return site


MakeJira = Callable[..., Jira]


@pytest.fixture
def make_jira() -> Iterator[MakeJira]:
    """Serves a small site of a deployment, with settings of `JiraSite`, until the test ends."""
    with ExitStack() as stack:

        def make(deployment: Deployment, **settings: Any) -> Jira:
            clock = Clock()
            site = make_site(deployment, clock, **settings)
            server = stack.enter_context(serve(JiraApp(site), context_path=site.context_path))
            session = stack.enter_context(requests.Session())
            session.trust_env = False
            people = {person.name: person for person in site.users.values()}
            return Jira(site, server.url, clock, people, session)

        yield make


@pytest.fixture
def cloud(make_jira: MakeJira) -> Jira:
    return make_jira("cloud")


@pytest.fixture
def data_center(make_jira: MakeJira) -> Jira:
    return make_jira("datacenter", context_path="/jira")


@pytest.fixture(params=["cloud", "datacenter"])
def jira(request: pytest.FixtureRequest, make_jira: MakeJira) -> Jira:
    """Both deployments, one after the other."""
    return make_jira(request.param)
