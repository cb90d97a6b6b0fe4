"""`start`: both sites with their data, and their end."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime

import pytest
import requests

from roots_nb import demo
from tests.demo.conftest import basic

TODAY = date(2026, 3, 11)


@pytest.fixture(scope="module")
def running() -> Iterator[demo.Demo]:
    with demo.start(today=TODAY) as running:
        yield running


def _get(site: demo.Site, path: str, **params: str) -> requests.Response:
    login = basic(site.user, site.secret) if site.auth == "api_token" else f"Bearer {site.secret}"
    url = f"{site.url}/rest/api/2{path}"
    return requests.get(url, params=params, headers={"Authorization": login}, timeout=20)


def test_demo_has_a_site_of_each_deployment(running: demo.Demo) -> None:
    cloud, server = running.sites
    assert (cloud.name, cloud.deployment, cloud.auth) == ("Demo Cloud", "cloud", "api_token")
    assert (server.name, server.deployment, server.auth, server.user) == ("Demo Server", "datacenter", "pat", "")
    assert server.url.endswith("/jira")


def test_demo_credentials_sign_in_one_and_the_same_person(running: demo.Demo) -> None:
    names = {_get(site, "/myself").json()["displayName"] for site in running.sites}
    assert len(names) == 1


def test_demo_is_on_the_given_day(running: demo.Demo) -> None:
    """The sites' clocks and their data end with it, whatever day it really is."""
    for site in running.sites:
        assert datetime.fromisoformat(_get(site, "/serverInfo").json()["serverTime"]).date() == TODAY
    search = {"jql": "worklogAuthor = currentUser() AND worklogDate = startOfDay()", "fields": "summary"}
    assert _get(running.sites[0], "/search/jql", **search).json()["issues"]


def test_demo_stops_twice_without_harm() -> None:
    running = demo.start(today=TODAY)
    running.stop()
    running.stop()
    for site in running.sites:
        with pytest.raises(requests.ConnectionError):
            requests.get(site.url, timeout=5)


def test_demo_ends_with_the_interpreter() -> None:
    """A program that forgets to stop it is not kept alive by it, and ends without a word."""
    program = "from roots_nb import demo; print(demo.start().sites[0].name)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert (ended.stdout, ended.stderr) == ("Demo Cloud\n", "")
