"""Single sign-on in front of Jira, and the CAPTCHA behind wrong passwords."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests.faults.conftest import READ_TIMEOUT_SECONDS, RIGHT, CountingApp, Serve
from tests.faults.sign_in import Captcha, SingleSignOn

WRONG = ("ada", "wrong")
BEARER = {"Authorization": "Bearer t0ken"}


def get(client: requests.Session, url: str, **options: object) -> requests.Response:
    return client.get(url, timeout=READ_TIMEOUT_SECONDS, allow_redirects=False, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("credentials", [{}, {"auth": RIGHT}, {"headers": BEARER}])
def test_single_sign_on_answers_with_a_login_page(
    app: CountingApp, client: requests.Session, serve: Serve, credentials: dict[str, object]
) -> None:
    """200 and HTML, whatever the credentials; Jira is never asked."""
    reply = get(client, serve(SingleSignOn(app)), **credentials)
    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/html;charset=UTF-8")
    assert "<form>" in reply.text
    assert app.calls == 0


def test_single_sign_on_redirects(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """302 to the identity provider, also for a write."""
    url = serve(SingleSignOn(app, "redirect", location="https://idp.example.test/?x"))
    reply = client.post(url, json={}, timeout=READ_TIMEOUT_SECONDS, allow_redirects=False)
    assert (reply.status_code, reply.headers["Location"]) == (302, "https://idp.example.test/?x")
    assert app.calls == 0


def test_single_sign_on_lets_a_session_through(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """Only the right cookie is a session."""
    sso = SingleSignOn(app)
    url = serve(sso)
    assert "<form>" in get(client, url, cookies={"sso": "made up"}).text
    assert get(client, url, cookies={"sso": sso.session}).json()["id"] == "10000"


def test_single_sign_on_may_let_bearer_through(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """Personal access tokens pass, passwords do not."""
    url = serve(SingleSignOn(app, allow_bearer=True))
    assert get(client, url, headers=BEARER).json()["id"] == "10000"
    assert "<form>" in get(client, url, auth=RIGHT).text


def test_captcha_locks_after_failed_passwords(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """The limit of wrong passwords is answered by Jira; then the right one is denied too, with the reasons."""
    url = serve(Captcha(app, limit=2))
    assert [get(client, url, auth=WRONG).status_code for _ in range(2)] == [401, 401]
    reply = get(client, url, auth=RIGHT)
    assert reply.status_code == 403
    assert reply.headers["X-Seraph-LoginReason"] == "AUTHENTICATION_DENIED"
    assert reply.headers["X-Authentication-Denied-Reason"] == f"CAPTCHA_CHALLENGE; login-url={url}/login.jsp"
    assert reply.text == "Basic Authentication Failure - Reason : AUTHENTICATION_DENIED"
    assert app.calls == 2


def test_captcha_is_over_when_solved(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """After `solve` the right password works, and wrong ones are counted anew."""
    captcha = Captcha(app, limit=1)
    url = serve(captcha)
    get(client, url, auth=WRONG)
    captcha.solve("Ada")
    assert get(client, url, auth=RIGHT).status_code == 200
    assert [get(client, url, auth=WRONG).status_code for _ in range(2)] == [401, 403]


def test_captcha_locks_one_user_alone(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """The user is who it is in any case of letters; others, tokens and anonymous requests are not touched."""
    url = serve(Captcha(app, limit=1))
    get(client, url, auth=WRONG)
    assert get(client, url, auth=("ADA", RIGHT[1])).status_code == 403
    assert get(client, url, auth=("bob", RIGHT[1])).status_code == 200
    assert get(client, url, headers=BEARER).status_code == 200
    assert get(client, url).status_code == 200


def test_captcha_forgets_failures_at_a_success(app: CountingApp, client: requests.Session, serve: Serve) -> None:
    """Only failures in a row lock."""
    url = serve(Captcha(app, limit=2))
    passwords = [WRONG, RIGHT, WRONG, RIGHT]
    assert [get(client, url, auth=auth).status_code for auth in passwords] == [401, 200, 401, 200]


def test_captcha_never_counts_bearer(client: requests.Session, serve: Serve) -> None:
    """A revoked token may fail for ever."""

    def refuse(environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("401 Unauthorized", [("Content-Length", "0")])
        return []

    url = serve(Captcha(refuse, limit=1))
    assert [get(client, url, headers=BEARER).status_code for _ in range(3)] == [401, 401, 401]


def test_captcha_counts_an_anonymous_reply(client: requests.Session, serve: Serve) -> None:
    """A search with a wrong password may be answered with 200: the header tells that it failed."""

    def empty(environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "0"), ("X-Seraph-LoginReason", "AUTHENTICATED_FAILED")])
        return []

    url = serve(Captcha(empty, limit=1))
    assert [get(client, url, auth=WRONG).status_code for _ in range(2)] == [200, 403]
