"""A request as the server received it: a frozen value that predicates look at and logs keep."""

from __future__ import annotations

import hashlib
import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from werkzeug.datastructures import Authorization, EnvironHeaders
from werkzeug.wsgi import get_input_stream

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_READ = "tests.request"
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization"})


@dataclass(frozen=True, slots=True)
class Request:
    """What one request asked, without its secret.

    Attributes
    ----------
    number : int
        Counted from 1 by the middleware that received it.
    method, path : str
        The path is decoded, with the context path, without the query.
    query : mapping of str to str
        Decoded; a name sent several times has its values joined by commas.
    body : object
        Parsed JSON; None when there is none or it is not JSON.
    auth, user : str
        "basic" and the e-mail or username; "bearer" and the first eight hex digits of the token's SHA-256;
        "other" and "" for another scheme; both "" without credentials, or with unreadable ones.
    user_agent : str
    headers : mapping of str to str
        Lower-cased names; credentials are left out.
    time : float
        Seconds of the monotonic clock at arrival.
    concurrency : int
        Requests under way at arrival, this one included; counted by `RequestLog`, else 1.
    """

    number: int
    method: str
    path: str
    query: Mapping[str, str]
    body: object
    auth: str
    user: str
    user_agent: str
    headers: Mapping[str, str]
    time: float
    concurrency: int = 1


def read_request(environ: WSGIEnvironment, *, number: int = 1, concurrency: int = 1) -> Request:
    """The request in `environ`, read once for all middleware; its body can be read again afterwards."""
    if _READ not in environ:
        environ[_READ] = _read(environ)
    return replace(environ[_READ], number=number, concurrency=concurrency)


def _read(environ: WSGIEnvironment) -> Request:
    arrived = time.monotonic()
    headers = {name.lower(): value for name, value in EnvironHeaders(environ).items()}
    auth, user = read_credentials(environ)
    return Request(
        number=1,
        method=environ["REQUEST_METHOD"],
        path=read_path(environ),
        query=_read_query(environ),
        body=_read_body(environ),
        auth=auth,
        user=user,
        user_agent=headers.get("user-agent", ""),
        headers={name: value for name, value in headers.items() if name not in SECRET_HEADERS},
        time=arrived,
    )


def read_path(environ: WSGIEnvironment) -> str:
    """The decoded path, with the context path."""
    path: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return path.encode("latin-1").decode(errors="replace")


def read_credentials(environ: WSGIEnvironment) -> tuple[str, str]:
    """What the Authorization header says, as `Request.auth` and `Request.user`."""
    credentials = Authorization.from_header(environ.get("HTTP_AUTHORIZATION"))
    if credentials is None:
        return "", ""
    if credentials.type == "bearer":
        return "bearer", hashlib.sha256((credentials.token or "").encode()).hexdigest()[:8]
    if credentials.type == "basic":
        return "basic", credentials.username or ""
    # Not the scheme as sent: without a blank that would be the secret itself.
    return "other", ""


def _read_query(environ: WSGIEnvironment) -> dict[str, str]:
    query: dict[str, str] = {}
    for name, value in parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def _read_body(environ: WSGIEnvironment) -> object:
    sent = get_input_stream(environ).read()
    environ["wsgi.input"] = io.BytesIO(sent)
    try:
        return json.loads(sent)
    except ValueError:
        return None
