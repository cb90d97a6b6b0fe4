"""The address: cleaned, its host named before a secret goes there, and what answers told without one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from roots_nb.connections.connection import Connection
from roots_nb.errors import InvalidInput
from roots_nb.jira.signin import ServerInfo
from roots_nb.widgets.site_fields import SiteFields
from tests.faults.fault import not_found
from tests.widgets.front_end import Clock, is_shown, text_of
from tests.world import World


class Sites:
    """Says of every address what the test wants, and remembers who was asked."""

    def __init__(self, answer: Callable[[Connection], ServerInfo | None] = lambda connection: None) -> None:
        self.asked: list[str] = []
        self.answer = answer

    def __call__(self, connection: Connection, **_: object) -> ServerInfo | None:
        self.asked.append(connection.url)
        return self.answer(connection)


def test_host_is_named_while_typing_and_nothing_is_sent(clock: Clock) -> None:
    """Also what the address was understood as."""
    sites = Sites()
    fields = SiteFields(probe=sites, timer=clock)
    fields.url.value = "Company.atlassian.net/browse/AB-1"
    assert "secret will go to company.atlassian.net, at https://company.atlassian.net" in text_of(fields.host_note)
    assert "goes to Atlassian's gateway api.atlassian.com as well" in text_of(fields.host_note)
    fields.url.value = "https://jira.company.com/jira"
    assert "gateway" not in text_of(fields.host_note)
    assert sites.asked == []


def test_site_is_asked_once_when_typing_has_paused(clock: Clock, world: World) -> None:
    """Without any secret; a pasted page becomes the site's address."""
    fields = SiteFields(timer=clock)
    for text in (world.url[:9], world.url, f"{world.url}/secure/Dashboard.jspa"):
        fields.url.value = text
    clock.pause()
    clock.pause()
    assert [(request.auth, request.path.endswith("/serverInfo")) for request in world.log.requests] == [("", True)]
    assert fields.url.value == world.url


def test_instance_type_is_corrected_visibly(clock: Clock, server: World, cloud: World) -> None:
    """The probe knows better than who chose."""
    fields = SiteFields(timer=clock)
    fields.url.value = server.url
    clock.pause()
    assert fields.deployment.value == "datacenter"
    assert "This is Jira Data Center: switched." in text_of(fields.host_note)
    fields.url.value = cloud.url
    clock.pause()
    assert fields.deployment.value == "cloud"
    assert "This is Jira Cloud: switched." in text_of(fields.host_note)


@pytest.mark.parametrize(
    ("url", "deployment"), [("company.atlassian.net", "cloud"), ("jira.company.com/jira", "datacenter")]
)
def test_instance_type_follows_the_address(clock: Clock, url: str, deployment: str) -> None:
    """Even where the site does not tell."""
    fields = SiteFields(probe=Sites(), timer=clock)
    fields.deployment.value = "datacenter" if deployment == "cloud" else "cloud"
    fields.url.value = url
    clock.pause()
    assert fields.deployment.value == deployment


def test_answer_for_an_address_that_changed_meanwhile_is_dropped(clock: Clock) -> None:
    """Else it would switch the type of another site."""

    def type_on(connection: Connection) -> ServerInfo:
        fields.url.value = "https://jira.other.example/jira"
        return ServerInfo("cloud", "1001.0.0")

    fields = SiteFields(probe=Sites(type_on), timer=clock)
    fields.url.value = "http://127.0.0.1:1"
    fields.deployment.value = "datacenter"
    clock.pause()
    assert fields.deployment.value == "datacenter"
    assert "jira.other.example" in text_of(fields.host_note)


def test_address_without_jira_is_told_before_anything_else(clock: Clock, server: World) -> None:
    """With the advice about the context path, while the rest is still being filled in."""
    server.faults.when(lambda request: True, not_found(), times=None)
    fields = SiteFields(timer=clock)
    fields.url.value = server.url
    clock.pause()
    assert "There is no Jira at" in text_of(fields.host_note)
    assert "context path" in text_of(fields.host_note)
    assert 'role="status"' in fields.host_note.value


def test_odd_address_is_told_when_typing_has_paused(clock: Clock) -> None:
    """Not earlier: half an address is no mistake. An empty field is none either."""
    fields = SiteFields(probe=Sites(), timer=clock)
    fields.url.value = "https://company.atlassian.net.evil.example"
    assert fields.host_note.value == ""
    clock.pause()
    assert "leads to company.atlassian.net.evil.example" in text_of(fields.host_note)
    fields.url.value = ""
    clock.pause()
    assert fields.host_note.value == ""


def test_unexpected_trouble_of_the_probe_is_one_sentence(clock: Clock) -> None:
    """It is never lost on a timer's thread."""

    def break_down(connection: Connection) -> None:
        raise ZeroDivisionError

    fields = SiteFields(probe=Sites(break_down), timer=clock)
    fields.url.value = "127.0.0.1:1"
    clock.pause()
    assert "ZeroDivisionError" in text_of(fields.host_note)


def test_reading_cleans_the_field_and_stops_asking(clock: Clock) -> None:
    """What Connect was pressed with is what is shown."""
    fields = SiteFields(probe=Sites(), timer=clock)
    fields.url.value = " company.atlassian.net/jira/software/projects/AB/ "
    assert fields.read() == fields.url.value == "https://company.atlassian.net"
    assert clock.running == []


def test_reading_refuses_an_address_of_the_other_deployment(clock: Clock) -> None:
    """A Cloud token must not go to a host that is not Atlassian's."""
    fields = SiteFields(probe=Sites(), timer=clock)
    fields.url.value = "https://jira.company.com"
    with pytest.raises(InvalidInput, match="not the address of a Jira Cloud site"):
        fields.read()


def test_ca_file_is_asked_for_only_where_it_is_needed(clock: Clock) -> None:
    """Most people never see it; a connection that has one shows it."""
    assert not is_shown(SiteFields(timer=clock).ca_bundle)
    connection = Connection("W", "datacenter", "https://jira.company.com", "pat", ca_bundle="/ca.pem")
    fields = SiteFields(connection, timer=clock)
    assert is_shown(fields.ca_bundle)
    assert fields.read_ca_bundle() == "/ca.pem"


def test_hostile_address_is_shown_as_text(clock: Clock) -> None:
    """Whatever was pasted never becomes a tag."""
    fields = SiteFields(probe=Sites(), timer=clock)
    fields.url.value = "https://<img src=x onerror=alert(1)>"
    clock.pause()
    assert "<img" not in fields.host_note.value
