"""What a reply means: the one mapping from HTTP to our errors.

Jira's messages are in the account's language, so nothing here depends on them: status, headers and content type decide.
Jira answers failed logins with 200 and an anonymous, mostly empty result; `X-Seraph-LoginReason` proves a failure, its
absence proves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from roots_nb.connections.connection import Connection
from roots_nb.errors import (
    AuthenticationFailed,
    BadRequest,
    CaptchaRequired,
    CertificateNotTrusted,
    Forbidden,
    JiraError,
    NotFound,
    NotJira,
    RateLimited,
    ServerError,
    UnexpectedAnswer,
    Unreachable,
    WrongAuthKind,
)

LONGEST_WAIT_SECONDS = 60
_RETRIED_STATUS_CODES = (502, 503, 504)

API_TOKENS_PAGE = "https://id.atlassian.com/manage-profile/security/api-tokens"
_AUTHENTICATION_ADVICE = {
    "api_token": (
        f"Create a new token at {API_TOKENS_PAGE} if this one has expired (tokens live a year at most), and check that "
        "the e-mail matches the Atlassian account."
    ),
    "pat": (
        "Has the personal access token expired, or did the administrator turn such tokens off? "
        "Create a new one in Jira under Profile, Personal Access Tokens."
    ),
    "password": (
        "Use the username, not the e-mail. Single sign-on or Jira 11 may forbid passwords: "
        "then use a personal access token."
    ),
}


class _Facts(TypedDict):
    host: str
    status_code: int
    jira_says: tuple[str, ...]


_SCOPES_ADVICE = "Give the token the scopes read:jira-work, read:jira-user and, to change worklogs, write:jira-work."


def authentication_failed(connection: Connection, *, status_code: int | None, advice: str = "") -> AuthenticationFailed:
    """The error for credentials that Jira does not accept, with the advice for their kind."""
    return AuthenticationFailed(
        f"{connection.host} does not accept these credentials.",
        advice=" ".join(filter(None, (_AUTHENTICATION_ADVICE[connection.auth], advice))),
        host=connection.host,
        status_code=status_code,
    )


def error_of_response(response: requests.Response, connection: Connection) -> JiraError | None:
    """The error that a reply stands for; None for a success with JSON (or with no content)."""
    status, host = response.status_code, connection.host
    if "AUTHENTICATION_DENIED" in response.headers.get("X-Seraph-LoginReason", ""):
        return CaptchaRequired(f"Too many failed logins on {host}.", host=host, status_code=status)
    if "CAPTCHA" in response.headers.get("X-Authentication-Denied-Reason", ""):
        return CaptchaRequired(f"Too many failed logins on {host}.", host=host, status_code=status)
    if "AUTHENTICATED_FAILED" in response.headers.get("X-Seraph-LoginReason", ""):
        return authentication_failed(connection, status_code=status)
    if 300 <= status < 400:
        return _redirected(response, host)
    if status < 400:
        return None if status == 204 or _is_json(response) else _not_json(response, host)
    if status == 429 or (status == 503 and response.headers.get("RateLimit-Reason")):
        return _rate_limited(response, host)
    return _refused(response, connection)


def _refused(response: requests.Response, connection: Connection) -> JiraError:
    status, host, says = response.status_code, connection.host, messages_of(response)
    facts: _Facts = {"host": host, "status_code": status, "jira_says": says}
    said = f": {' '.join(says)}" if says else f" (HTTP {status})."
    match status:
        case 401 if "/ex/jira/" in response.url and "scope" in " ".join(says).lower():
            return Forbidden(f"The token lacks a scope for {host}.", advice=_SCOPES_ADVICE, **facts)
        case 401:
            return authentication_failed(connection, status_code=status)
        case 403 if "Connect Session Auth Token" in response.text[:500]:
            return WrongAuthKind(
                f"{host} is Jira Cloud and does not take a personal access token.",
                advice="Cloud takes your e-mail and an API token.",
                **facts,
            )
        case 403:
            return Forbidden(f"{host} refuses{said}", advice="Ask a Jira administrator for access.", **facts)
        case 404 if not _is_json(response):
            return NotJira(
                f"There is no Jira at {connection.url}.",
                advice="Is the context path missing, as in https://host/jira?",
                **facts,
            )
        case 404:
            return NotFound(f"{host} does not find it, or this account may not see it{said}", **facts)
        case _ if status < 500:
            return BadRequest(f"{host} refuses the request{said}", **facts)
    return ServerError(
        f"{host} failed{said}",
        advice="Try again later; if it lasts, ask a Jira administrator.",
        retryable=status in _RETRIED_STATUS_CODES,
        retry_after_seconds=retry_after_seconds(response.headers),
        **facts,
    )


def error_of_exception(error: Exception, connection: Connection) -> JiraError:
    """The error for a request that got no reply."""
    problem = _error_of_exception(error, connection)
    never_left = (NewConnectionError, ConnectTimeoutError, NameResolutionError, ConnectionRefusedError)
    problem.was_sent = not any(isinstance(reason, never_left) for reason in _causes(error))
    return problem


def _error_of_exception(error: Exception, connection: Connection) -> JiraError:
    host, reasons = connection.host, tuple(_causes(error))
    if isinstance(error, requests.exceptions.SSLError):
        return CertificateNotTrusted(f"The certificate of {host} is not trusted.", host=host)
    if isinstance(error, requests.exceptions.ProxyError):
        return Unreachable(f"The proxy on the way to {host} does not answer.", host=host)
    if any(isinstance(reason, NameResolutionError) for reason in reasons):
        return Unreachable(f"There is no host {host}.", host=host, retryable=False)
    if isinstance(error, requests.exceptions.Timeout):
        return Unreachable(f"{host} did not answer in time.", host=host)
    if any(isinstance(reason, NewConnectionError | ConnectionRefusedError) for reason in reasons):
        return Unreachable(f"{host} refuses the connection.", host=host)
    if connection.ca_bundle and not Path(connection.ca_bundle).exists():
        return CertificateNotTrusted(f"The CA file of {host} cannot be read.", host=host)
    if isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return Unreachable(f"The connection to {host} broke.", host=host)
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return UnexpectedAnswer(f"The answer of {host} is broken.", host=host, retryable=True)
    return Unreachable(f"{host} cannot be asked ({type(error).__name__}).", host=host, retryable=False)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        following = getattr(error, "reason", None) or next((a for a in error.args if isinstance(a, Exception)), None)
        error = following if isinstance(following, BaseException) else None


def _redirected(response: requests.Response, host: str) -> NotJira:
    target = urlsplit(response.headers.get("Location", "")).hostname or "elsewhere"
    return NotJira(
        f"{host} answered with a redirect to {target}.",
        advice="Is the address right, or is there single sign-on in front of Jira? Use the address that the browser "
        "shows when you are in Jira, and on Server / Data Center a personal access token.",
        host=host,
        status_code=response.status_code,
    )


def _not_json(response: requests.Response, host: str) -> NotJira:
    return NotJira(
        f"{host} answered with a web page, probably a login page, instead of Jira's REST API.",
        advice="Is the address right, or is there single sign-on in front of Jira? On Server / Data Center use a "
        "personal access token.",
        host=host,
        status_code=response.status_code,
    )


def _rate_limited(response: requests.Response, host: str) -> RateLimited:
    seconds = retry_after_seconds(response.headers)
    limit = response.headers.get("RateLimit-Reason", "")
    when = ""
    if seconds is not None and seconds > LONGEST_WAIT_SECONDS:
        until = datetime.now(UTC) + timedelta(seconds=min(seconds, 10 * 365 * 86400))
        when = f" until {until:%Y-%m-%d %H:%M} UTC ({math.ceil(seconds / 60)} minutes)"
    error = RateLimited(
        f"{host} asks to wait{when}.",
        advice="Go on after that, or load a shorter period.",
        host=host,
        status_code=response.status_code,
        retryable=not limit.startswith("jira-quota"),
        retry_after_seconds=seconds,
    )
    error.limit = limit
    return error


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` as seconds from now, whether a number or a date; None when absent or not understood.

    A date is compared with the reply's own `Date`, because clocks differ.
    """
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else _seconds_until(text, headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(text: str, server_date: str) -> float:
    then = parsedate_to_datetime(text)
    now = parsedate_to_datetime(server_date) if server_date else datetime.now(UTC)
    return (then - now).total_seconds()


def _is_json(response: requests.Response) -> bool:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def messages_of(response: requests.Response) -> tuple[str, ...]:
    """Jira's own words in an error, from any of the shapes it uses; () when there are none."""
    if not _is_json(response):
        return ()
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return ()
    if not isinstance(body, dict):
        return ()
    listed = body.get("errorMessages") or []
    fields = body.get("errors") or {}
    single = [body.get(key) for key in ("message", "error", "detail")]
    found = [
        *(listed if isinstance(listed, list) else []),
        *(fields.values() if isinstance(fields, dict) else []),
        *single,
    ]
    return tuple(text[:500] for text in found if isinstance(text, str) and text)
