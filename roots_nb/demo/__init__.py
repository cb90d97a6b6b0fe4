"""A small Jira of our own over real HTTP on 127.0.0.1: one Cloud site, one Data Center site, fourteen months of work.

It is Jira's side of the conversation, with Jira's oddities, and imports nothing else of the package.
"""

from __future__ import annotations

import atexit
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Literal, Self
from zoneinfo import ZoneInfo

__all__ = ["SITE_NAMES", "Demo", "Site", "start"]

SITE_NAMES = ("Demo Cloud", "Demo Server")

_ZONE = ZoneInfo("Europe/Berlin")
_SEED = 2026


@dataclass(frozen=True, slots=True)
class Site:
    """Where a demo site is and how to sign in; `user` is "" with a personal access token (auth "pat")."""

    name: str
    deployment: Literal["cloud", "datacenter"]
    url: str
    user: str
    secret: str
    auth: Literal["api_token", "pat"]


class Demo:
    """Running demo sites; also a context manager that stops them. They stop with the interpreter at the latest.

    Attributes
    ----------
    sites : list of Site
        "Demo Cloud" and "Demo Server".
    """

    def __init__(self, sites: list[Site], servers: ExitStack) -> None:
        self.sites = sites
        self._servers = servers
        atexit.register(self.stop)

    def stop(self) -> None:
        """Stop serving; harmless when already stopped."""
        atexit.unregister(self.stop)
        self._servers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(*, today: date | None = None, seed: int = _SEED) -> Demo:
    """Start the demo Jira, a Cloud and a Data Center site, on free ports of 127.0.0.1.

    Parameters
    ----------
    today
        The last day with work in it and the day the sites believe it is; default today in Berlin.
    seed
        Same day and seed, same data.
    """
    # Server and parser are loaded with the first demo: whoever has a Jira should not wait for them.
    from roots_nb.demo.data import CLOUD_TOKEN, CLOUD_USER, SERVER_PAT, seed_cloud, seed_datacenter
    from roots_nb.demo.server import JiraApp, serve

    real = datetime.now(_ZONE).date()
    ahead = (today or real) - real

    def now() -> datetime:
        return datetime.now(UTC) + ahead

    servers = ExitStack()
    cloud, data_center = (
        servers.enter_context(serve(JiraApp(site), context_path=site.context_path)).url
        for site in (seed_cloud(real + ahead, seed, now=now), seed_datacenter(real + ahead, seed, now=now))
    )
    sites = [
        Site(SITE_NAMES[0], "cloud", cloud, CLOUD_USER, CLOUD_TOKEN, "api_token"),
        Site(SITE_NAMES[1], "datacenter", data_center, "", SERVER_PAT, "pat"),
    ]
    return Demo(sites, servers)
