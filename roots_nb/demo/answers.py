"""Answers and refusals in the shapes Jira has for them; Cloud, its gateway and Data Center each have their own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape

from werkzeug.wrappers import Response

UNAUTHENTICATED = "Client must be authenticated to access this resource."
FAILED_LOGIN = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }} td, th {{ border-bottom: 1px solid #ccc; padding: .3rem }}
td, th {{ text-align: left; vertical-align: top }} td.comment {{ white-space: pre-wrap }}</style></head>
<body><h1>{title}</h1>{body}</body></html>
"""


class Refusal(Exception):
    """The request is answered by `response` and goes no further."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def json_answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON in UTF-8, not escaped to ASCII, as Jira sends it."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text_answer(text, status, "application/json;charset=UTF-8", headers)


def text_answer(text: str, status: int, content_type: str, headers: Mapping[str, str] | None = None) -> Response:
    # A lone surrogate can be sent in JSON but not in UTF-8.
    response = Response(text.encode("utf-8", "replace"), status, content_type=content_type)
    response.headers.update(headers or {})
    return response


def html_answer(title: str, body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A page; `title` is text, `body` is HTML."""
    page = _PAGE.format(title=escape(title), body=body)
    response = text_answer(page, status, "text/html;charset=UTF-8", headers)
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'"
    return response


def errors(status: int, messages: Iterable[str] = (), fields: Mapping[str, str] | None = None) -> Refusal:
    """Jira's error collection: sentences, and sentences about fields."""
    return Refusal(json_answer({"errorMessages": list(messages), "errors": dict(fields or {})}, status))


def no_such_page() -> Response:
    """What the web server itself says outside of Jira."""
    return html_answer("404 Not Found", "<p>The requested resource is not available.</p>", 404)


def no_such_resource(*, cloud: bool) -> Response:
    if cloud:
        return json_answer({"errorMessages": ["Not Found"], "errors": {}}, 404)
    return json_answer({"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1}, 404)


def wrong_method(allowed: Iterable[str], *, cloud: bool) -> Response:
    headers = {"Allow": ", ".join(sorted(allowed))}
    if cloud:
        return json_answer({"errorMessages": ["Method Not Allowed"], "errors": {}}, 405, headers)
    return json_answer({"message": "HTTP 405 Method Not Allowed", "status-code": 405}, 405, headers)


def unauthenticated(*, cloud: bool) -> Response:
    """401. Cloud's says it is JSON and is not."""
    headers = {"WWW-Authenticate": 'OAuth realm="Jira"'}
    if cloud:
        return text_answer(UNAUTHENTICATED, 401, "application/json;charset=UTF-8", headers)
    return json_answer({"message": UNAUTHENTICATED, "status-code": 401}, 401, headers)


def login_page() -> Response:
    """Data Center's answer to a wrong password."""
    body = "<p>Sorry, your username and password are incorrect - please try again.</p>"
    return html_answer("Log in - Jira", body, 401, FAILED_LOGIN | {"WWW-Authenticate": 'OAuth realm="Jira"'})


def blocked_at_the_edge() -> Response:
    """CloudFront's answer to a GET with a body."""
    body = "<h2>403 ERROR</h2><p>The request could not be satisfied. Bad request.</p>"
    return html_answer("ERROR: The request could not be satisfied", body, 403, {"Server": "CloudFront"})


def gateway_refusal(status: int, text: str) -> Refusal:
    """The API gateway's own error shape."""
    return Refusal(json_answer({"code": status, "message": text}, status))
