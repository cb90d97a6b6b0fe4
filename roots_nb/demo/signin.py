"""Who is asking: credentials to a visitor, with the ways Cloud, its gateway and Data Center have of saying no.

A wrong or expired token makes an anonymous visitor, who finds nothing and is told so by few resources. Only a wrong
password on Data Center, a token of the wrong kind and the gateway refuse at once.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from werkzeug.datastructures import Authorization
from werkzeug.wrappers import Request, Response

from roots_nb.demo.answers import Refusal, gateway_refusal, html_answer, json_answer, login_page, text_answer
from roots_nb.demo.model import Credential, CredentialKind, JiraSite, User

_NO_CONNECT_TOKEN = {"error": "Failed to parse Connect Session Auth Token"}
_READ_BY_POST = ("/search", "/search/jql", "/worklog/list")


@dataclass(frozen=True, slots=True)
class Visitor:
    """`user` is None for somebody anonymous; `failed` if credentials were sent and are no good."""

    user: User | None
    failed: bool = False


def sign_in(site: JiraSite, request: Request, *, gateway: bool, path: str) -> Visitor:
    """Who sent the request; `path` is the part of it after the site's (or the gateway's) address."""
    sent = request.authorization
    if gateway:
        return _sign_in_at_gateway(site, sent, request.method, path)
    if "Authorization" not in request.headers:
        return Visitor(None)
    return _sign_in_to_cloud(site, sent) if site.is_cloud else _sign_in_to_data_center(site, sent)


def check_cross_site(request: Request) -> None:
    """Refuse writes that a browser could have been tricked into sending."""
    if request.method not in ("POST", "PUT", "DELETE") or request.headers.get("X-Atlassian-Token") == "no-check":
        return
    from_browser = "Mozilla/" in request.headers.get("User-Agent", "")
    if from_browser or (request.method != "DELETE" and not request.mimetype):
        raise Refusal(text_answer("XSRF check failed", 403, "text/plain;charset=UTF-8"))


def _sign_in_to_cloud(site: JiraSite, sent: Authorization | None) -> Visitor:
    if sent is not None and sent.type == "bearer":
        raise Refusal(_bearer_refused(sent.token or ""))
    credential = _by_email(site, sent, "api_token")
    return Visitor(credential.user) if credential else Visitor(None, failed=True)


def _bearer_refused(token: str) -> Response:
    if token.count(".") == 2:
        return html_answer("Unauthorized", "<p>The token could not be verified.</p>", 401)
    return json_answer(_NO_CONNECT_TOKEN, 403)


def _sign_in_at_gateway(site: JiraSite, sent: Authorization | None, method: str, path: str) -> Visitor:
    credential = _by_email(site, sent, "scoped_token")
    if credential is None:
        raise gateway_refusal(401, "Unauthorized")
    if _scope_for(method, path) not in credential.scopes:
        raise gateway_refusal(401, "Unauthorized; scope does not match")
    return Visitor(credential.user)


def _scope_for(method: str, path: str) -> str:
    if path.endswith("/myself"):
        return "read:jira-user"
    reads = method in ("GET", "HEAD") or path.endswith(_READ_BY_POST)
    return "read:jira-work" if reads else "write:jira-work"


def _sign_in_to_data_center(site: JiraSite, sent: Authorization | None) -> Visitor:
    if sent is not None and sent.type == "bearer":
        tokens = _valid(site, "pat", sent.token or "")
        user = next((credential.user for credential in tokens), None)
        return Visitor(user, failed=user is None)
    name = _name(sent).casefold()
    passwords = _valid(site, "password", _secret(sent))
    user = next((credential.user for credential in passwords if credential.user.name.casefold() == name), None)
    if user is None:
        raise Refusal(login_page())
    return Visitor(user)


def _by_email(site: JiraSite, sent: Authorization | None, kind: CredentialKind) -> Credential | None:
    email = _name(sent).casefold()
    tokens = _valid(site, kind, _secret(sent))
    return next((credential for credential in tokens if credential.user.email.casefold() == email), None)


def _name(sent: Authorization | None) -> str:
    return (sent.username or "") if sent is not None and sent.type == "basic" else ""


def _secret(sent: Authorization | None) -> str:
    return (sent.password or "") if sent is not None and sent.type == "basic" else ""


def _valid(site: JiraSite, kind: CredentialKind, secret: str) -> Iterator[Credential]:
    now = site.now()
    for credential in site.credentials:
        same = hmac.compare_digest(credential.secret.encode(), secret.encode("utf-8", "surrogatepass"))
        if credential.kind == kind and same and (credential.expires is None or now < credential.expires):
            yield credential
