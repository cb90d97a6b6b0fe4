"""Signing in proves who I am, with as few attempts as can be, and says what is wrong otherwise."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import trustme
from werkzeug.wrappers import Response

from roots_nb import errors
from roots_nb.connections.connection import Connection
from roots_nb.connections.secrets import Secret
from roots_nb.demo.server import JiraApp, serve
from roots_nb.jira.signin import probe, sign_in
from tests.editing.desk import Desk, change, move
from tests.faults.fault import Answer
from tests.faults.middleware import RequestLog
from tests.faults.sign_in import Captcha, SingleSignOn
from tests.world import TOKEN, InstantProgress, World

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def test_sign_in_tells_who_and_where(world: World) -> None:
    """Account, zone and deployment come back; the connection remembers the account."""
    jira = world.sign_in()
    assert (jira.account.display_name, jira.zone) == ("Ann", "Europe/Berlin")
    assert jira.connection.account_id == ("5:ann" if world.deployment == "cloud" else "JIRAUSER1")
    assert jira.problem is None


def test_sign_in_probes_without_the_secret_first(world: World) -> None:
    """A wrong address must not get to see the token."""
    sign_in(world.connection, Secret(TOKEN))
    probe, proof = world.log.requests
    assert (probe.path.endswith("/serverInfo"), probe.auth) == (True, "")
    assert (proof.path.endswith("/myself"), proof.auth != "") == (True, True)


def test_scoped_token_finds_its_gateway(cloud: World) -> None:
    """The site refuses it, the gateway takes it, and next time the gateway is asked at once."""
    cloud.site.remove_credential(TOKEN)
    cloud.site.add_credential("scoped_token", cloud.ann, TOKEN)
    jira = sign_in(cloud.connection, Secret(TOKEN))
    assert jira.connection.gateway == f"{cloud.url}/ex/jira/{cloud.site.cloud_id}"
    cloud.log.clear()
    sign_in(jira.connection, Secret(TOKEN))
    assert [
        request.path.endswith("/ex/jira/" + cloud.site.cloud_id + "/rest/api/2/myself")
        for request in cloud.log.requests
    ] == [False, True]


def test_scoped_token_without_the_scope_is_told(cloud: World) -> None:
    """A missing scope is no bad token."""
    cloud.site.remove_credential(TOKEN)
    cloud.site.add_credential("scoped_token", cloud.ann, TOKEN, scopes=["read:jira-work"])
    with pytest.raises(errors.Forbidden, match="read:jira-user"):
        sign_in(cloud.connection, Secret(TOKEN))


def test_wrong_token_is_told(world: World) -> None:
    """The advice is the one for the deployment's kind of token."""
    with pytest.raises(errors.AuthenticationFailed) as caught:
        sign_in(world.connection, Secret("wrong"))
    advice = "scoped token" if world.deployment == "cloud" else "personal access token expired"
    assert advice in str(caught.value)


def test_expired_token_is_told(world: World) -> None:
    """Expired is refused like wrong; the advice names expiry."""
    world.site.remove_credential(TOKEN)
    kind = "api_token" if world.deployment == "cloud" else "pat"
    world.site.add_credential(kind, world.ann, TOKEN, expires=world.now)  # type: ignore[arg-type]
    with pytest.raises(errors.AuthenticationFailed, match="expired"):
        sign_in(world.connection, Secret(TOKEN))


def test_token_with_a_letter_that_no_token_has_is_told_and_not_sent(world: World) -> None:
    """The "…" of a cut paste; the token is not shown."""
    with pytest.raises(errors.InvalidInput, match=r"a character that no token has\. Copy it again") as caught:
        sign_in(world.connection, Secret("abc…def"))
    assert "abc" not in str(caught.value)
    assert world.log.requests == []


def test_password_may_have_any_letter(server: World) -> None:
    """People choose it, in their own alphabet."""
    server.site.add_credential("password", server.ann, "ключ…")
    assert sign_in(password_connection(server), Secret("ключ…")).account.display_name == "Ann"


def password_connection(world: World, url: str = "") -> Connection:
    return Connection("Old", "datacenter", url or world.url, "password", "ann")


def test_wrong_password_is_tried_exactly_once(server: World) -> None:
    """Jira locks an account after a few; advice: the username, not the e-mail."""
    server.site.add_credential("password", server.ann, "right")
    with pytest.raises(errors.AuthenticationFailed, match="not the e-mail"):
        sign_in(password_connection(server), Secret("wrong"))
    assert [request.auth for request in server.log.requests] == ["", "basic"]


@pytest.mark.parametrize(
    "fault", [Answer(status=503), Answer(status=500), Answer(status=200, body="<html>", content_type="text/html")]
)
def test_password_is_not_sent_again_after_trouble(server: World, fault: Answer) -> None:
    """Nobody knows whether a lost attempt counted."""
    server.faults.at(2, fault)
    with pytest.raises(errors.JiraError):
        sign_in(password_connection(server), Secret("wrong"), progress=InstantProgress())
    assert [request.auth for request in server.log.requests] == ["", "basic"]


def test_captcha_is_told_apart(server: World) -> None:
    """The right password is refused too until a person has solved the picture."""
    server.site.add_credential("password", server.ann, "right")
    with serve(Captcha(JiraApp(server.site), limit=2), context_path="/jira") as locked:
        connection = password_connection(server, locked.url)
        for _ in range(2):
            with pytest.raises(errors.AuthenticationFailed):
                sign_in(connection, Secret("wrong"))
        with pytest.raises(errors.CaptchaRequired, match="in the browser"):
            sign_in(connection, Secret("right"))


@pytest.mark.parametrize("mode", ["html", "redirect"])
def test_single_sign_on_is_told_apart(server: World, mode: str) -> None:
    """A login page instead of JSON: is the address right, use a PAT."""
    server.site.add_credential("password", server.ann, "right")
    app = SingleSignOn(JiraApp(server.site), mode=mode)  # type: ignore[arg-type]
    with serve(app, context_path="/jira") as sso, pytest.raises(errors.NotJira, match="personal access token"):
        sign_in(password_connection(server, sso.url), Secret("right"))


def test_pat_is_let_through_single_sign_on(server: World) -> None:
    """The anonymous probe sees a login page; the token passes."""
    sso = SingleSignOn(JiraApp(server.site), allow_bearer=True)
    with serve(sso, context_path="/jira") as running:
        connection = Connection("Server", "datacenter", running.url, "pat")
        assert sign_in(connection, Secret(TOKEN)).account.display_name == "Ann"


def test_missing_context_path_is_told_before_the_secret_is_sent(server: World) -> None:
    """404 at the root: no Jira here."""
    connection = Connection("Server", "datacenter", server.url.removesuffix("/jira"), "pat")
    with pytest.raises(errors.NotJira, match="context path"):
        sign_in(connection, Secret(TOKEN))
    assert all(request.auth == "" for request in server.log.requests)


@pytest.mark.parametrize(
    ("deployment", "auth", "user", "advice"),
    [("cloud", "api_token", "a@example.com", "personal access"), ("datacenter", "pat", "", "e-mail and an API token")],
)
def test_wrong_deployment_is_told_before_the_secret_is_sent(
    cloud: World, server: World, deployment: str, auth: str, user: str, advice: str
) -> None:
    """The probe knows what the site is."""
    other = server if deployment == "cloud" else cloud
    connection = Connection("Wrong", deployment, other.url, auth, user)  # type: ignore[arg-type]
    with pytest.raises(errors.WrongAuthKind, match=advice):
        sign_in(connection, Secret(TOKEN))
    assert [request.auth for request in other.log.requests] == [""]


def test_host_that_refuses_is_told_at_once(world: World) -> None:
    """Signing in does not retry for half a minute: a person is waiting."""
    with serve(JiraApp(world.site)) as gone:
        url = gone.url
    kind = ("cloud", "api_token", "a@example.com") if world.deployment == "cloud" else ("datacenter", "pat", "")
    connection = Connection("Gone", kind[0], url, kind[1], kind[2])  # type: ignore[arg-type]
    progress = InstantProgress()
    with pytest.raises(errors.Unreachable, match="VPN"):
        sign_in(connection, Secret(TOKEN), progress=progress)
    assert progress.waits == []


def test_rate_limit_at_sign_in_is_sat_out(world: World) -> None:
    """Jira asks to wait before it looks at the secret: waiting is told and harmless."""
    world.faults.at(1, Answer(status=429, headers={"Retry-After": "3"}))
    world.faults.at(2, Answer(status=429, headers={"Retry-After": "4"}))
    progress = InstantProgress()
    sign_in(world.connection, Secret(TOKEN), progress=progress)
    assert len(progress.waits) >= 2


def test_addresses_in_replies_are_never_asked(world: World) -> None:
    """`self`, the base URL and the next page may name any host: the token stays with the one that was shown."""
    elsewhere = RequestLog(JiraApp(world.site))

    def misleading(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        reply = Response.from_app(world.log, environ, buffered=True)
        reply.data = reply.data.replace(hosts[0].encode(), hosts[1].encode())
        if reply.is_json and isinstance(body := reply.json, dict):
            reply.data = json.dumps({**body, "nextPage": f"{other.url}/rest/api/2/search?startAt=1", "isLast": False})
        return reply(environ, start_response)

    path = world.site.context_path
    with serve(elsewhere, context_path=path) as other, serve(misleading, context_path=path) as site:
        world.url, hosts = site.url, (urlsplit(site.url).netloc, urlsplit(other.url).netloc)
        desk = Desk(world)
        assert hosts[1] in str(desk.jira.issue("APP-1", ["summary"]))
        assert desk.do(change("one", comment="uno"), move("two", "OPS-1")).is_finished
        assert set(desk.load()["url"].map(urlsplit).map(lambda parts: parts.netloc)) == {hosts[0]}
    assert elsewhere.requests == []


def test_probe_names_the_deployment(world: World) -> None:
    """From `serverInfo`, without a secret."""
    server = probe(world.connection)
    assert server is not None
    assert server.deployment == world.deployment
    assert server.version[0].isdigit()
    assert [request.auth for request in world.log.requests] == [""]


def test_something_else_is_not_jira() -> None:
    """A JSON service of another kind is refused by the probe."""
    log = RequestLog(lambda environ, start: (start("200 OK", [("Content-Type", "application/json")]), [b"{}"])[1])  # type: ignore[func-returns-value]
    with serve(log) as running, pytest.raises(errors.NotJira, match="not like Jira"):
        sign_in(Connection("X", "datacenter", running.url, "pat"), Secret(TOKEN))
    assert len(log.requests) == 1


def test_certificate_of_an_unknown_authority_is_refused(
    server: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no way to switch the check off; naming the company's CA file is the way."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    with serve(JiraApp(server.site), context_path="/jira", ssl_context=context) as running:
        connection = Connection("Server", "datacenter", running.url, "pat")
        with pytest.raises(errors.CertificateNotTrusted, match="CA file"):
            sign_in(connection, Secret(TOKEN))
        trusting = replace(connection, ca_bundle=str(bundle))
        assert sign_in(trusting, Secret(TOKEN)).account.display_name == "Ann"
        monkeypatch.setattr(Connection, "is_loopback", False)  # whose environment counts
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        assert sign_in(connection, Secret(TOKEN)).account.display_name == "Ann"
        missing = replace(connection, ca_bundle=str(tmp_path / "nothing.pem"))
        with pytest.raises(errors.CertificateNotTrusted, match="cannot be read"):
            sign_in(missing, Secret(TOKEN))
