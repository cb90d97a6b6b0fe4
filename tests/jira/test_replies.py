"""Whatever Jira or something in front of it answers becomes one error that says what to do."""

from __future__ import annotations

import gc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
import responses

from roots_nb import errors
from roots_nb.connections.connection import Connection
from roots_nb.connections.secrets import Secret
from roots_nb.jira.http import Http, auth_for
from roots_nb.jira.replies import retry_after_seconds

SITE = "https://acme.atlassian.net"
CLOUD = Connection("Acme", "cloud", SITE, "api_token", "ann@example.com")
SERVER = Connection("Server", "datacenter", "https://jira.example.com/jira", "pat")
PASSWORD = Connection("Old", "datacenter", "https://jira.example.com/jira", "password", "ann")
CANARY = "canary-" + "7f3a9e"


def ask(connection: Connection = CLOUD, **reply: object) -> errors.RootsError:
    """The error that one reply becomes, without any waiting."""
    base_url = connection.gateway or connection.url
    url = f"{base_url}/rest/api/2/myself"
    http = Http(connection, auth_for(connection, Secret(CANARY)), base_url=base_url)
    with responses.RequestsMock() as mock:
        mock.get(url, **reply)  # type: ignore[arg-type]
        with pytest.raises(errors.RootsError) as caught:
            http.read("/rest/api/2/myself", patient=False)
    return caught.value


JSON = "application/json"
HTML = "text/html;charset=UTF-8"


@pytest.mark.parametrize(
    ("connection", "reply", "kind", "words"),
    [
        (
            CLOUD,
            {"status": 401, "body": "Client must be authenticated to access this resource.", "content_type": JSON},
            errors.AuthenticationFailed,
            "e-mail",
        ),
        (SERVER, {"status": 401, "body": "", "content_type": JSON}, errors.AuthenticationFailed, "expired"),
        (PASSWORD, {"status": 401, "body": "<html>login", "content_type": HTML}, errors.AuthenticationFailed, "usern"),
        (
            CLOUD,
            {"status": 200, "json": {"issues": []}, "headers": {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}},
            errors.AuthenticationFailed,
            "token",
        ),
        (
            PASSWORD,
            {"status": 403, "body": "Basic Auth", "headers": {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}},
            errors.CaptchaRequired,
            "browser",
        ),
        (
            CLOUD,
            {"status": 403, "json": {"error": "Failed to parse Connect Session Auth Token"}},
            errors.WrongAuthKind,
            "API token",
        ),
        (
            replace(CLOUD, gateway="https://api.atlassian.com/ex/jira/1-2"),
            {"status": 401, "json": {"code": 401, "message": "Unauthorized; scope does not match"}},
            errors.Forbidden,
            "read:jira-work",
        ),
        (
            PASSWORD,
            {"status": 401, "body": "<html itemscope>Log in", "content_type": HTML},
            errors.AuthenticationFailed,
            "usern",
        ),
        (
            SERVER,
            {"status": 400, "body": '{"a":' * 100_000, "content_type": JSON},
            errors.BadRequest,
            "HTTP 400",
        ),
        (SERVER, {"status": 200, "body": "[" * 200_000, "content_type": JSON}, errors.UnexpectedAnswer, "JSON"),
        (SERVER, {"status": 200, "body": "<html>Log in", "content_type": HTML}, errors.NotJira, "single sign-on"),
        (
            SERVER,
            {"status": 302, "headers": {"Location": "https://idp.example.com/x?secret=1"}},
            errors.NotJira,
            "idp.example.com",
        ),
        (SERVER, {"status": 404, "body": "<html>", "content_type": HTML}, errors.NotJira, "context path"),
        (CLOUD, {"status": 404, "json": {"errorMessages": ["Gone."], "errors": {}}}, errors.NotFound, "Gone"),
        (
            SERVER,
            {"status": 404, "json": {"message": "HTTP 404 Not Found", "status-code": 404}},
            errors.NotFound,
            "HTTP 404",
        ),
        (CLOUD, {"status": 400, "json": {"errors": {"started": "Ungültig."}}}, errors.BadRequest, "Ungültig"),
        (CLOUD, {"status": 410, "json": {"errorMessages": ["removed"], "errors": None}}, errors.BadRequest, "removed"),
        (CLOUD, {"status": 413, "body": "", "content_type": HTML}, errors.BadRequest, "413"),
        (CLOUD, {"status": 403, "body": "<html>CloudFront", "content_type": HTML}, errors.Forbidden, "administrator"),
        (CLOUD, {"status": 500, "body": "", "content_type": HTML}, errors.ServerError, "later"),
        (CLOUD, {"status": 503, "body": "<html>", "content_type": HTML}, errors.ServerError, "later"),
        (CLOUD, {"status": 429, "body": "", "headers": {"Retry-After": "1847"}}, errors.RateLimited, "31 minutes"),
        (CLOUD, {"status": 200, "body": '{"accountId": "5', "content_type": JSON}, errors.UnexpectedAnswer, "JSON"),
        (CLOUD, {"body": requests.exceptions.SSLError("bad cert")}, errors.CertificateNotTrusted, "CA file"),
        (CLOUD, {"body": requests.exceptions.ReadTimeout()}, errors.Unreachable, "VPN"),
        (CLOUD, {"body": requests.exceptions.ConnectionError("reset")}, errors.Unreachable, "VPN"),
        (CLOUD, {"body": requests.exceptions.ProxyError("no")}, errors.Unreachable, "proxy"),
        (CLOUD, {"body": requests.exceptions.ChunkedEncodingError()}, errors.Unreachable, "broke"),
        (CLOUD, {"body": requests.exceptions.InvalidHeader("x")}, errors.Unreachable, "cannot be asked"),
    ],
)
def test_reply_becomes_an_error_that_advises(
    connection: Connection, reply: dict[str, object], kind: type[errors.JiraError], words: str
) -> None:
    """Each reply has its class, and the sentence names the remedy."""
    if reply.get("status") == 429:
        reply = {**reply, "headers": {**reply["headers"], "RateLimit-Reason": "jira-quota-tenant-based"}}  # type: ignore[dict-item]
    error = ask(connection, **reply)
    assert type(error) is kind
    assert words.casefold() in str(error).casefold()


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 401, "body": CANARY, "content_type": JSON},
        {"body": requests.exceptions.ReadTimeout(CANARY)},
        {"status": 200, "body": f'{{"{CANARY}', "content_type": JSON},
        {"status": 302, "headers": {"Location": f"https://x.example/{CANARY}"}},
    ],
)
def test_error_holds_no_secret_anywhere(reply: dict[str, object]) -> None:
    """Neither the error nor anything it leads to (context, frames) holds the token or what was sent."""
    error = ask(**reply)
    assert error.__context__ is None or not isinstance(error.__context__, requests.RequestException)
    assert CANARY not in str(error) + repr(error) + repr(vars(error))
    frames = []
    traceback = error.__traceback__
    while traceback:
        if "roots_nb" in traceback.tb_frame.f_code.co_filename and "tests" not in traceback.tb_frame.f_code.co_filename:
            frames.append(repr(traceback.tb_frame.f_locals))
        traceback = traceback.tb_next
    assert frames
    assert CANARY not in "".join(frames)
    gc.collect()


NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("2.5", 2.5),
        ("1000000000", 1e9),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30.0),
        (format_datetime(NOW - timedelta(seconds=30), usegmt=True), 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("nan", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_read_in_every_form(text: str, seconds: float | None) -> None:
    """Seconds or a date, which is compared with the reply's own clock; anything else counts as not said."""
    headers = {"Retry-After": text, "Date": format_datetime(NOW, usegmt=True)}
    assert retry_after_seconds(headers) == seconds
