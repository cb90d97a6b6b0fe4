"""Everything that can go wrong with signing in, as the form says it: what happened and what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import pytest
import requests
from playwright.sync_api import Locator, expect

from roots_nb.demo.server import JiraApp, serve
from tests.browser.form import button, connect, field, fill_cloud, fill_password, fill_server, open_form
from tests.browser.notebook import Notebook, Window
from tests.browser.worlds import TOKEN, WRONG, check_harmless
from tests.faults.fault import Answer
from tests.faults.request import Request
from tests.faults.sign_in import Captcha, SingleSignOn
from tests.world import World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

pytestmark = pytest.mark.xdist_group("jupyterlab")

SIGN_IN = "import roots_nb as rn\nrn.ConnectionManager()"


@pytest.fixture(scope="module")
def signing_in(shared_window: Window) -> Iterator[Notebook]:
    """One notebook for the whole table: a refusal leaves nothing behind, so each row may begin with a new form."""
    shared_window.begin()
    with shared_window.notebook(SIGN_IN) as notebook:
        yield notebook


@pytest.fixture
def form(signing_in: Notebook) -> Iterator[Locator]:
    """The form; afterwards neither a profile nor a secret was kept."""
    yield open_form(signing_in.run())
    assert "widget-state" in signing_in.save()
    check_harmless(signing_in.window)
    lab = signing_in.window.lab
    assert not lab.keyring.exists()
    assert list(lab.home.rglob("connections.json")) == []


def expect_refused(form: Locator, signing_in: Notebook, sentence: str, picture: str) -> None:
    """The sentence is shown in full, the secret is gone, and the form can be corrected."""
    expect(form.get_by_role("alert").filter(has_text=sentence).last).to_be_visible()
    expect(form.locator("input[type=password]")).to_have_value("")
    expect(field(form, "URL")).not_to_have_value("")
    expect(button(form, "Connect")).to_be_enabled()
    signing_in.picture(f"refused-{picture}")


def is_about(*parts: str) -> Callable[[Request], bool]:
    """A request whose path has one of these parts."""
    return lambda request: any(part in request.path for part in parts)


@contextmanager
def behind(world: World, middleware: Callable[[JiraApp], WSGIApplication]) -> Iterator[str]:
    """The address at which the world is served with something in front of it."""
    with serve(middleware(JiraApp(world.site)), context_path=world.site.context_path) as running:
        yield running.url


def test_wrong_api_token_is_explained(form: Locator, signing_in: Notebook, cloud: World) -> None:
    """E-mail, expiry, and that it was tried as a scoped token as well."""
    fill_cloud(form, cloud.url, WRONG)
    connect(form)
    expect_refused(form, signing_in, "if this one has expired", "wrong-api-token")
    expect(form.get_by_role("alert")).to_contain_text("check that the e-mail matches the Atlassian account")
    expect(form.get_by_role("alert")).to_contain_text("scoped token")


@pytest.mark.slow
def test_expired_api_token_is_explained(form: Locator, signing_in: Notebook, cloud: World) -> None:
    """Jira refuses it like a wrong one; the sentence names expiry."""
    cloud.site.remove_credential(TOKEN)
    cloud.site.add_credential("api_token", cloud.ann, TOKEN, expires=cloud.now)
    fill_cloud(form, cloud.url)
    connect(form)
    expect_refused(form, signing_in, "tokens live a year at most", "expired-api-token")


@pytest.mark.slow
def test_personal_access_token_on_cloud_is_explained(form: Locator, signing_in: Notebook, cloud: World) -> None:
    """Where the site does not tell what it is, its refusal of the token does."""
    cloud.faults.when(is_about("/serverInfo"), Answer(status=401), times=None)
    fill_server(form, cloud.url)
    connect(form)
    expect_refused(form, signing_in, "Cloud takes your e-mail and an API token", "pat-on-cloud")


@pytest.mark.slow
def test_wrong_personal_access_token_is_explained(form: Locator, signing_in: Notebook, server: World) -> None:
    """Has it expired, does the administrator allow them?"""
    fill_server(form, server.url, WRONG)
    connect(form)
    expect_refused(form, signing_in, "Has the personal access token expired", "wrong-pat")


@pytest.mark.slow
def test_wrong_password_is_explained_and_sent_once(form: Locator, signing_in: Notebook, server: World) -> None:
    """The username, not the e-mail; and a second attempt would bring the account nearer to its lock."""
    fill_password(form, server.url, WRONG)
    button(form, "Connect").dblclick()
    expect_refused(form, signing_in, "Use the username, not the e-mail", "wrong-password")
    assert [request.auth for request in server.log.requests if request.auth] == ["basic"]


@pytest.mark.slow
def test_captcha_is_explained(form: Locator, signing_in: Notebook, server: World) -> None:
    """The right password is refused as well, until somebody has signed in in the browser."""
    with behind(server, lambda app: Captcha(app, limit=1)) as url:
        with requests.Session() as session:
            session.trust_env = False
            session.get(f"{url}/rest/api/2/myself", auth=("ann", "guessed"), timeout=10)
        fill_password(form, url)
        connect(form)
        expect_refused(form, signing_in, "Too many failed logins", "captcha")
        expect(form.get_by_role("alert")).to_contain_text("Sign in once in the browser")


@pytest.mark.parametrize(
    ("mode", "sentence"), [("html", "probably a login page"), ("redirect", "answered with a redirect")]
)
def test_single_sign_on_is_explained(
    form: Locator, signing_in: Notebook, server: World, mode: Literal["html", "redirect"], sentence: str
) -> None:
    """A login page or a redirect to one: is the address right, and a personal access token is the way."""
    with behind(server, lambda app: SingleSignOn(app, mode)) as url:
        fill_password(form, url)
        connect(form)
        expect_refused(form, signing_in, sentence, f"single-sign-on-{mode}")
        expect(form.get_by_role("alert").last).to_contain_text("personal access token")


@pytest.mark.slow
def test_missing_context_path_is_explained(form: Locator, signing_in: Notebook, server: World) -> None:
    """Before the secret is sent."""
    fill_server(form, server.url.removesuffix("/jira"))
    connect(form)
    expect_refused(form, signing_in, "Is the context path missing", "context-path")
    assert [request.auth for request in server.log.requests if request.auth] == []


@pytest.mark.slow
def test_host_that_does_not_exist_is_explained(form: Locator, signing_in: Notebook) -> None:
    """Which host, and VPN or proxy."""
    fill_server(form, "https://nowhere.invalid/jira")
    connect(form)
    expect_refused(form, signing_in, "There is no host nowhere.invalid.", "no-host")
    expect(form.get_by_role("alert").last).to_contain_text("VPN")


@pytest.mark.slow
def test_address_that_cannot_be_used_is_explained(form: Locator, signing_in: Notebook) -> None:
    """Everything that is missing or wrong at once, and nothing is asked."""
    field(form, "URL").fill("http://jira.example.com")
    connect(form)
    expect_refused(form, signing_in, "Use https:// at the beginning", "fields")
    expect(form.get_by_role("alert").last).to_contain_text("is missing")


def test_rate_limit_shows_seconds_and_stop(form: Locator, signing_in: Notebook, cloud: World) -> None:
    """The wait is told each second, nothing but Stop can be pressed, and Stop ends it."""
    cloud.faults.when(is_about("/myself"), Answer(status=429, headers={"Retry-After": "40"}), times=None)
    fill_cloud(form, cloud.url)
    connect(form)
    expect(form.get_by_text(re.compile(r"Jira asks to wait, continuing in \d\d s"))).to_be_visible()
    expect(button(form, "Connect")).to_be_disabled()
    expect(field(form, "URL")).to_be_disabled()
    signing_in.picture("rate-limit")
    button(form, "Stop").click()
    expect_refused(form, signing_in, "Stopped.", "stopped")
    assert cloud.log.count(path="/myself") == 1
