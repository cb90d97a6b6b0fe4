"""Everything that can go wrong with a login is told in the form, with what to do, and asked exactly once."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from roots_nb.demo.server import JiraApp, serve
from roots_nb.widgets.connect_form import ConnectForm
from tests.faults.fault import Answer
from tests.faults.sign_in import Captcha, SingleSignOn
from tests.widgets.front_end import SecretInput, fill, is_shown, text_of
from tests.world import TOKEN, World

MakeForm = Callable[..., ConnectForm]


def refusal(form: ConnectForm, world: World, secret: str = TOKEN, *, url: str = "") -> str:
    """Sign in in vain, and read why."""
    fill(form, world, secret)
    form.url.value = url or world.url
    form.connect.click()
    assert form.signed_in is None
    return text_of(form.status)


def with_password(form: ConnectForm, url: str, password: str) -> str:
    form.deployment.value, form.auth.value = "datacenter", "password"
    form.url.value, form.username.value = url, "ann"
    SecretInput(form.secret, password)
    form.connect.click()
    return text_of(form.status)


def test_wrong_token(make_form: MakeForm, world: World) -> None:
    """The advice is the one for the kind of token."""
    said = refusal(make_form(), world, "wrong")
    advice = (
        ("e-mail", "tokens live a year", "scoped token")
        if world.deployment == "cloud"
        else ("expired", "administrator turn such tokens off")
    )
    assert all(words in said for words in advice), said


def test_expired_token(make_form: MakeForm, world: World) -> None:
    """Refused like a wrong one; the advice names expiry."""
    world.site.remove_credential(TOKEN)
    kind = "api_token" if world.deployment == "cloud" else "pat"
    world.site.add_credential(kind, world.ann, TOKEN, expires=world.now)
    assert "expired" in refusal(make_form(), world)


def test_scoped_token_is_let_in(make_form: MakeForm, cloud: World) -> None:
    """Nobody needs to know what a gateway is."""
    cloud.site.remove_credential(TOKEN)
    cloud.site.add_credential("scoped_token", cloud.ann, TOKEN)
    form = make_form()
    fill(form, cloud)
    form.connect.click()
    assert "Connected as Ann" in text_of(form.status)


def test_personal_access_token_on_cloud(make_form: MakeForm, cloud: World) -> None:
    """Told before it is sent: Cloud takes e-mail and API token."""
    form = make_form()
    fill(form, cloud)
    form.deployment.value = "datacenter"
    form.connect.click()
    assert "is Jira Cloud. Cloud takes your e-mail and an API token" in text_of(form.status)
    assert all(request.auth == "" for request in cloud.log.requests)


def test_bearer_refused_by_cloud(make_form: MakeForm, cloud: World) -> None:
    """Where the site does not tell what it is, Jira's refusal does."""
    cloud.faults.when(lambda request: "serverInfo" in request.path, Answer(403))
    cloud.faults.when(
        lambda request: "myself" in request.path, Answer(403, {"error": "Failed to parse Connect Session Auth Token"})
    )
    form = make_form()
    fill(form, cloud)
    form.deployment.value = "datacenter"
    form.connect.click()
    assert "Cloud takes your e-mail and an API token" in text_of(form.status)


def test_captcha(make_form: MakeForm, server: World) -> None:
    """One wrong password is one attempt; then a person has to look, and the right one works again."""
    server.site.add_credential("password", server.ann, "right")
    captcha = Captcha(JiraApp(server.site), limit=1)
    with serve(captcha, context_path="/jira") as locked:
        assert "not the e-mail" in with_password(make_form(), locked.url, "wrong")
        assert "Sign in once in the browser" in with_password(make_form(), locked.url, "right")
        captcha.solve("ann")
        assert "Connected as Ann" in with_password(make_form(), locked.url, "right")


@pytest.mark.parametrize("mode", ["html", "redirect"])
def test_single_sign_on(make_form: MakeForm, server: World, mode: str) -> None:
    """A login page instead of JSON: is the address right, use a token."""
    app = SingleSignOn(JiraApp(server.site), mode=mode)
    with serve(app, context_path="/jira") as sso:
        said = with_password(make_form(), sso.url, "right")
    assert "single sign-on" in said
    assert "personal access token" in said


def test_missing_context_path(make_form: MakeForm, server: World) -> None:
    """Told before the secret is sent."""
    said = refusal(make_form(), server, url=server.url.removesuffix("/jira"))
    assert "There is no Jira at" in said
    assert "context path" in said
    assert all(request.auth == "" for request in server.log.requests)


@contextmanager
def private_authority(world: World, folder: Path) -> Iterator[tuple[str, Path]]:
    """The world with a certificate of the company's own authority, and that authority's file."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    bundle = folder / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    with serve(JiraApp(world.site), context_path="/jira", ssl_context=context) as running:
        yield running.url, bundle


def test_untrusted_certificate_and_then_its_ca_file(make_form: MakeForm, server: World, tmp_path: Path) -> None:
    """The field for the CA file appears, and naming it is all there is to do."""
    with private_authority(server, tmp_path) as (url, bundle):
        form = make_form()
        said = refusal(form, server, url=url)
        assert "is not trusted" in said
        assert "CA file" in said
        assert is_shown(form.ca_bundle)
        form.ca_bundle.value = str(bundle)
        SecretInput(form.secret, TOKEN)
        form.connect.click()
        assert "Connected as Ann" in text_of(form.status)
        assert form.signed_in is not None
        assert form.signed_in.jira.connection.ca_bundle == str(bundle)


def test_host_that_refuses(make_form: MakeForm, world: World) -> None:
    """Which host, and: VPN, proxy?"""
    with serve(JiraApp(world.site)) as gone:
        url = gone.url
    said = refusal(make_form(), world, url=url)
    assert url.removeprefix("http://") in said
    assert "VPN" in said
    assert "proxy" in said


def test_host_that_does_not_exist(make_form: MakeForm, server: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the host is what to look at."""
    for variable in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(variable, raising=False)
    said = refusal(make_form(), server, url="https://nowhere.invalid/jira")
    assert "There is no host nowhere.invalid" in said
