"""The one place that sends requests to Jira.

What holds for every request: no redirect is followed, no cookie is kept, `.netrc` is never read, a GET has no body,
JSON is required, the size of a reply is limited, at most eight requests of one site are under way, and whatever goes
wrong becomes one of our errors, which hold neither headers nor secrets (`tests/jira/test_http.py`).
"""

from __future__ import annotations

import base64
import contextlib
import math
import random
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from typing import Any

import requests
import tenacity
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from roots_nb.connections.connection import Connection
from roots_nb.connections.secrets import Secret
from roots_nb.errors import AuthenticationFailed, JiraError, RateLimited, RootsError, UnexpectedAnswer
from roots_nb.jira import cache
from roots_nb.jira.replies import LONGEST_WAIT_SECONDS, error_of_exception, error_of_response
from roots_nb.progress import Progress

CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60
MOST_IN_FLIGHT = 8
MOST_RETRIES = 4
LARGEST_REPLY_BYTES = 64 * 2**20
_USER_AGENT = f"roots-nb/{version('roots-nb')}"


class BasicAuth(AuthBase):
    """User and secret as UTF-8; requests' own Basic would send Latin-1."""

    def __init__(self, user: str, secret: Secret) -> None:
        self._user, self._secret = user, secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        pair = f"{self._user}:{self._secret.reveal()}".encode()
        request.headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        return request


class BearerAuth(AuthBase):
    """A personal access token."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._secret.reveal()}"
        return request


class Anonymous(AuthBase):
    """Nobody; being set keeps requests from looking into `.netrc`."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _QuietAdapter(HTTPAdapter):
    """Where `http.client`'s `debuglevel` is switched on for everybody, it prints all headers, and so the secret."""

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        kind = pool.ConnectionCls
        if "debuglevel" not in vars(kind):
            pool.ConnectionCls = type(kind.__name__, (kind,), {"debuglevel": 0})
        return pool


def auth_for(connection: Connection, secret: Secret) -> AuthBase:
    """The header that a connection's kind of credential needs."""
    return BearerAuth(secret) if connection.auth == "pat" else BasicAuth(connection.user, secret)


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful reply: decoded JSON (None for 204), and since when it was cached (aware UTC; None = fresh)."""

    body: Any
    cached_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    params: Mapping[str, object] | None
    json: object
    cached: bool = False
    refresh: bool = False


class Http:
    """Sends requests to one site as one account.

    A refused login closes it: nothing is sent any more, so that no series of failures locks the account.

    Parameters
    ----------
    connection : Connection
        Says what to advise when something goes wrong, and which authorities to trust.
    auth : AuthBase
    base_url : str, optional
        Where to send to; the site itself by default.

    Attributes
    ----------
    latency_seconds : float or None
        What the quickest request took; None before the first.
    """

    def __init__(self, connection: Connection, auth: AuthBase, *, base_url: str = "") -> None:
        self._connection = connection
        self._base_url = base_url or connection.url
        self._auth = auth
        self._session: requests.Session = self._prepare(requests.Session())
        self._cached_session: requests.Session | None = None
        self._generation: cache.Generation | None = None
        self._in_flight = threading.BoundedSemaphore(MOST_IN_FLIGHT)
        self._resume_at = 0.0
        self._refused: AuthenticationFailed | None = None
        self.cache_problem = ""
        self.latency_seconds: float | None = None

    def use_cache(self, account_id: str) -> None:
        """From now on keep what is read with `cached=True`; only after `account_id` is proven to be who asks."""
        path = cache.cache_path(self._connection.url, account_id)
        self._generation = cache.Generation(path.with_suffix(".generation"))
        try:
            session = cache.open_cache(path, self._generation)
        except (OSError, sqlite3.Error) as error:
            self._leave_cache(error)
            return
        self._cached_session = self._prepare(session)

    def forget_what_was_read(self) -> None:
        """Called before and after a write: no cached answer from before is ever read again."""
        if self._generation is None:
            return
        try:
            self._generation.raise_()
        except OSError as error:
            self._leave_cache(error)

    def _leave_cache(self, reason: Exception) -> None:
        self.cache_problem, self._cached_session = f"The cache cannot be used ({reason}).", None

    def close(self) -> None:
        for session in (self._session, self._cached_session):
            if session is not None:
                session.close()

    def read(
        self,
        path: str,
        params: Mapping[str, object] | None = None,
        *,
        json: object = None,
        cached: bool = False,
        refresh: bool = False,
        patient: bool = True,
        progress: Progress | None = None,
    ) -> Reply:
        """GET, or with `json` a POST that only reads; waits and asks again where that can help.

        Retry-After is the least that is waited, else 2, 4, 8, 16 s and up to 30 % more. Any wait over 60 s is
        an error that says when to go on. Not `patient` means: wait when Jira asks to, and for nothing else.
        """
        progress = progress or Progress()
        request = _Request("GET" if json is None else "POST", path, params, json, cached, refresh)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: _worth_another_try(error, patient)),
            wait=_seconds_to_wait,
            stop=_enough,
            before_sleep=lambda state: self._tell(state, progress),
            sleep=progress.wait,
            reraise=True,
        )
        return retrying(self._read, request, progress)

    def _read(self, request: _Request, progress: Progress) -> Reply:
        self.sit_out(progress)
        return self._send(request, progress)

    def write(
        self,
        method: str,
        path: str,
        params: Mapping[str, object],
        json: object = None,
        *,
        progress: Progress | None = None,
    ) -> Reply:
        """POST, PUT or DELETE exactly once: only who knows what was meant may send it again.

        Never waits: what it is based on may be another after a wait. While Jira asks all to wait, it is `RateLimited`,
        and nothing is sent. What is on its way is seen through, also when a stop is asked for.
        """
        if progress is not None:
            progress.check_stop()
        if (seconds := self._resume_at - time.monotonic()) > 0:
            raise RateLimited("Jira asks to wait.", host=self._connection.host, retry_after_seconds=seconds)
        self.forget_what_was_read()
        try:
            return self._send(_Request(method, path, params, json), Progress())
        finally:
            self.forget_what_was_read()

    def _send(self, request: _Request, progress: Progress) -> Reply:
        with self._in_flight:
            progress.check_stop()
            if self._refused is not None:
                raise self._refused
            response = self._exchange(request, progress)
            if not getattr(response, "from_cache", False):
                self.latency_seconds = min(response.elapsed.total_seconds(), self.latency_seconds or math.inf)
        if error := error_of_response(response, self._connection):
            if isinstance(error, AuthenticationFailed) and request.path.startswith("/rest/api/"):
                self._refused = error
            if response.status_code == 200 or self._refused is not None:
                self.forget_what_was_read()
            raise error
        return self._decode(response)

    def _exchange(self, request: _Request, progress: Progress) -> requests.Response:
        """One request. Errors are raised outside `except`: a context would hold the request and its headers."""
        problem: BaseException | None = None
        try:
            return self._request(request, progress)
        except sqlite3.Error as error:
            self._leave_cache(error)
        except KeyboardInterrupt:
            problem = KeyboardInterrupt()
        except RootsError as error:
            problem = error
        except (requests.RequestException, OSError, ValueError) as error:
            problem = error_of_exception(error, self._connection)
        if problem is not None:
            raise problem.with_traceback(None)
        return self._exchange(request, progress)

    def _request(self, request: _Request, progress: Progress) -> requests.Response:
        options: dict[str, Any] = {}
        session = self._session
        if request.cached and request.method == "GET" and self._cached_session is not None:
            session, options = self._cached_session, {"force_refresh": request.refresh}
        return session.request(
            request.method,
            f"{self._base_url}{request.path}",
            params=request.params,  # type: ignore[arg-type]
            json=request.json,
            verify=self._connection.ca_bundle or None,
            timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            allow_redirects=False,
            stream=True,
            hooks={"response": [partial(_read_body, progress), cache.keep_no_more_than_needed]},
            **options,
        )

    def _decode(self, response: requests.Response) -> Reply:
        cached_since = response.created_at if getattr(response, "from_cache", False) else None  # type: ignore[attr-defined]
        if response.status_code == 204:
            return Reply(None)
        with contextlib.suppress(ValueError, RecursionError):
            return Reply(response.json(), cached_since)
        self.forget_what_was_read()
        raise UnexpectedAnswer("Jira's answer is broken JSON.", host=self._connection.host, retryable=True)

    def _prepare(self, session: requests.Session) -> requests.Session:
        session.auth = self._auth
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        session.trust_env = not self._connection.is_loopback
        session.headers.update(
            {
                "User-Agent": _USER_AGENT,
                "Accept": "application/json",
                "X-Atlassian-Token": "no-check",
            }
        )
        adapter = _QuietAdapter(pool_maxsize=MOST_IN_FLIGHT, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def _tell(self, state: tenacity.RetryCallState, progress: Progress) -> None:
        error = _error_in(state)
        seconds = state.upcoming_sleep
        if isinstance(error, RateLimited):
            self._resume_at = max(self._resume_at, time.monotonic() + seconds)
        progress.waiting(seconds, error.message)

    def sit_out(self, progress: Progress) -> None:
        """When one request was told to wait, all of this site do."""
        seconds = self._resume_at - time.monotonic()
        if seconds > 0:
            progress.waiting(seconds, "Jira asks to wait.")
            progress.wait(seconds)


def _read_body(progress: Progress, response: requests.Response, *_: object, **__: object) -> None:
    """A response hook: read the body, decompressed, while it is small enough and nobody stops it.

    The header with the secret goes: a traceback that leads to the response must not lead to it.
    """
    if getattr(response, "from_cache", False) or response._content_consumed:  # type: ignore[attr-defined]
        return
    response.request.headers.pop("Authorization", None)
    body = bytearray()
    for chunk in response.iter_content(2**16):
        progress.check_stop()
        body += chunk
        if len(body) > LARGEST_REPLY_BYTES:
            response.close()
            raise UnexpectedAnswer(
                f"Jira's answer is larger than {LARGEST_REPLY_BYTES // 2**20} MiB.", advice="Load a shorter period."
            )
    response._content = bytes(body)


def _error_in(state: tenacity.RetryCallState) -> JiraError:
    error = state.outcome and state.outcome.exception()
    assert isinstance(error, JiraError)  # nothing else is worth another try
    return error


def _worth_another_try(error: BaseException, patient: bool) -> bool:
    return isinstance(error, JiraError) and error.retryable and (patient or isinstance(error, RateLimited))


def _least_seconds(state: tenacity.RetryCallState) -> float:
    return _error_in(state).retry_after_seconds or 2.0**state.attempt_number


def _seconds_to_wait(state: tenacity.RetryCallState) -> float:
    least = _least_seconds(state)
    return min(least * (1 + random.uniform(0, 0.3)), max(least, LONGEST_WAIT_SECONDS))  # noqa: S311


def _enough(state: tenacity.RetryCallState) -> bool:
    return state.attempt_number > MOST_RETRIES or _least_seconds(state) > LONGEST_WAIT_SECONDS
