"""What stands between a client and Jira's own sign-in: single sign-on in front, CAPTCHA behind failed passwords."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from werkzeug.http import parse_cookie
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_host

from tests.faults.fault import LOGIN_PAGE
from tests.faults.request import read_credentials

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class SingleSignOn:
    """Answers whoever has no session with the identity provider's login page, or a redirect to it.

    A session is the cookie ``sso`` with the value of `session`, which only a browser would have.

    Parameters
    ----------
    mode : "html" or "redirect"
        200 with the page, or 302 to `location`.
    location
        Where the identity provider lives.
    allow_bearer
        Let requests with a bearer token through to Jira, as many sites do for personal access tokens.
    """

    def __init__(
        self,
        app: WSGIApplication,
        mode: Literal["html", "redirect"] = "html",
        *,
        location: str = "https://login.example.test/saml",
        allow_bearer: bool = False,
    ) -> None:
        self._app = app
        self._mode = mode
        self._location = location
        self._allow_bearer = allow_bearer
        self.session = secrets.token_hex(8)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app = self._app if self._lets_through(environ) else self._login()
        return app(environ, start_response)

    def _lets_through(self, environ: WSGIEnvironment) -> bool:
        if parse_cookie(environ).get("sso") == self.session:
            return True
        return self._allow_bearer and read_credentials(environ)[0] == "bearer"

    def _login(self) -> Response:
        if self._mode == "html":
            return Response(LOGIN_PAGE, content_type="text/html;charset=UTF-8")
        return Response("", 302, {"Location": self._location}, content_type="text/html;charset=UTF-8")


class Captcha:
    """Data Center's lock: after `limit` wrong passwords of one user even the right one is refused, until `solve`.

    A wrong password is a request with Basic that the app answers with 401, or as anonymous with Jira's header
    that says so; a right one in time sets the count back to 0. Bearer neither counts nor is refused.
    """

    def __init__(self, app: WSGIApplication, limit: int = 3) -> None:
        self._app = app
        self._limit = limit
        self._lock = threading.Lock()
        self._failures: Counter[str] = Counter()

    def solve(self, user: str) -> None:
        """A person has signed in as `user` in the browser and solved it."""
        with self._lock:
            del self._failures[user.lower()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        auth, name = read_credentials(environ)
        if auth != "basic":
            return self._app(environ, start_response)
        user = name.lower()
        with self._lock:
            locked = self._failures[user] >= self._limit
        if locked:
            return self._denied(environ)(environ, start_response)
        reply = Response.from_app(self._app, environ, buffered=True)
        anonymous = reply.headers.get("X-Seraph-LoginReason") == "AUTHENTICATED_FAILED"
        self._count(user, failed=anonymous or reply.status_code == 401)
        return reply(environ, start_response)

    def _count(self, user: str, *, failed: bool) -> None:
        with self._lock:
            self._failures[user] = self._failures[user] + 1 if failed else 0

    def _denied(self, environ: WSGIEnvironment) -> Response:
        site = f"{environ['wsgi.url_scheme']}://{get_host(environ)}{environ.get('SCRIPT_NAME', '')}"
        headers = {
            "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
            "X-Authentication-Denied-Reason": f"CAPTCHA_CHALLENGE; login-url={site}/login.jsp",
        }
        text = "Basic Authentication Failure - Reason : AUTHENTICATION_DENIED"
        return Response(text, 403, headers, content_type="text/html;charset=UTF-8")
