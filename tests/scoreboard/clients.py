"""One create by each client, as its own documentation shows it: two libraries of others, and ours.

What the others wait for between attempts takes no time here; nothing else of them is touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from types import ModuleType
from typing import Any
from unittest import mock

import atlassian
import jira as pycontribs
import pandas as pd
import requests
import urllib3.util.retry
from jira import resilientsession

from roots_nb.editing.apply import apply_changes
from roots_nb.editing.plan import plan_changes
from roots_nb.errors import RootsError
from roots_nb.jira import http
from roots_nb.worklogs import load_worklogs
from tests.world import TOKEN, InstantProgress, World

TIMEOUT_SECONDS = 0.5
MINUTES = 60

Create = Callable[[World, str], bool]


@dataclass(frozen=True, slots=True)
class Client:
    """A way to log an hour.

    Attributes
    ----------
    create : callable
        Logs one hour on an issue of a world; True if it says that this was done.
    failures : tuple of exceptions
        What it raises when it gives up.
    waits_in : module, optional
        Where `time.sleep` is called between attempts.
    """

    name: str
    create: Create
    failures: tuple[type[Exception], ...]
    waits_in: ModuleType | None = None

    def log_an_hour(self, world: World, key: str, waiting: Callable[[float], None]) -> bool:
        """True if it says that it was done; `waiting` is called instead of each wait, with its seconds."""
        with _no_time_passes(self.waits_in, waiting):
            try:
                return self.create(world, key)
            except self.failures:
                return False


def _pycontribs(world: World, key: str) -> bool:
    login: dict[str, Any] = {"token_auth": TOKEN}
    if world.deployment == "cloud":
        login = {"basic_auth": (world.ann.email, TOKEN)}
    options = {"server": world.url, "check_update": False}
    client = pycontribs.JIRA(options=options, timeout=TIMEOUT_SECONDS, **login)
    try:
        client.add_worklog(key, timeSpentSeconds=MINUTES * 60, comment="Review", started=_started(world))
        return True
    finally:
        client.close()  # type: ignore[no-untyped-call]


def _atlassian(**more: Any) -> Create:
    def create(world: World, key: str) -> bool:
        login: dict[str, Any] = {"token": TOKEN}
        if world.deployment == "cloud":
            login = {"username": world.ann.email, "password": TOKEN, "cloud": True}
        with atlassian.Jira(world.url, **login, **more) as client:
            client.timeout = TIMEOUT_SECONDS  # type: ignore[assignment]  # the constructor cuts it to 0
            client.issue_worklog(key, f"{_started(world):%Y-%m-%dT%H:%M:%S.000%z}", MINUTES * 60, "Review")
            return True

    return create


def _roots_nb(world: World, key: str) -> bool:
    with mock.patch.object(http, "READ_TIMEOUT_SECONDS", TIMEOUT_SECONDS):
        jira = world.sign_in()
        before = load_worklogs(jira, str(_started(world).year))
        row = {"connection": jira.connection.name, "issue": key, "started": _started(world), "comment": "Review"}
        edited = pd.concat([before, pd.DataFrame([row | {"time_spent": pd.Timedelta(minutes=MINUTES)}])])
        plan = plan_changes(before, edited)
        return apply_changes(jira, plan, progress=InstantProgress()).counts["done"] == 1


_REFUSALS = (requests.RequestException, urllib3.exceptions.HTTPError)

CLIENTS = (
    Client(f"jira {version('jira')}", _pycontribs, (*_REFUSALS, pycontribs.JIRAError), resilientsession),
    Client(f"atlassian-python-api {version('atlassian-python-api')}", _atlassian(), _REFUSALS),
    Client("… backoff_and_retry=True", _atlassian(backoff_and_retry=True), _REFUSALS, urllib3.util.retry),
    Client("roots_nb", _roots_nb, (RootsError,)),
)


def _started(world: World) -> datetime:
    """The day before, at eight."""
    return world.now.replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=1)


@contextmanager
def _no_time_passes(module: ModuleType | None, waiting: Callable[[float], None]) -> Iterator[None]:
    """The module sees a clock of its own: the servers' threads go on waiting as they do."""
    if module is None:
        yield
        return
    clock = mock.Mock(wraps=time)
    clock.sleep = waiting
    with mock.patch.object(module, "time", clock):
        yield
