"""Signing in: which deployment is it, does the site or its gateway answer, and if nobody lets us in, why.

The site is probed without the secret first, so that a wrong address never sees it. A password is sent exactly once.
Nothing is stored here: the returned `Jira` carries the completed connection (`tests/jira/test_signin.py`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from requests.auth import AuthBase

from roots_nb.connections.connection import CLOUD_GATEWAY, Connection, DeploymentName
from roots_nb.connections.secrets import Secret
from roots_nb.errors import (
    AuthenticationFailed,
    CaptchaRequired,
    Forbidden,
    InvalidInput,
    JiraError,
    NotFound,
    NotJira,
    UnexpectedAnswer,
    WrongAuthKind,
)
from roots_nb.jira.client import Jira
from roots_nb.jira.http import Anonymous, Http, auth_for
from roots_nb.jira.replies import authentication_failed
from roots_nb.jira.wire import Account, Unreadable, read_account
from roots_nb.progress import Progress

_API = "/rest/api/2"
_CLOUD_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a site tells of itself."""

    deployment: DeploymentName
    version: str


def probe(connection: Connection, *, progress: Progress | None = None) -> ServerInfo | None:
    """Ask the site, without any secret, what it is; None when it does not tell anonymous people.

    Raises
    ------
    NotJira
        There is no Jira REST API at this address.
    Unreachable, CertificateNotTrusted, RateLimited
    """
    http = Http(connection, Anonymous())
    try:
        body = http.read(f"{_API}/serverInfo", patient=False, progress=progress).body
    except NotJira as error:
        if error.status_code == 404:
            raise
        return None
    except NotFound:
        raise NotJira(
            f"There is no Jira at {connection.url}.",
            advice="Is the context path missing, as in https://host/jira?",
            host=connection.host,
            status_code=404,
        ) from None
    except (AuthenticationFailed, Forbidden):
        return None
    finally:
        http.close()
    if not isinstance(body, dict) or "version" not in body:
        raise NotJira(
            f"{connection.url} answers, but not like Jira.", advice="Check the address.", host=connection.host
        )
    return ServerInfo("cloud" if body.get("deploymentType") == "Cloud" else "datacenter", str(body["version"]))


def sign_in(connection: Connection, secret: Secret, *, zone: str = "", progress: Progress | None = None) -> Jira:
    """Prove a login and return the signed-in site; `.connection` has gateway and account id filled in.

    Raises
    ------
    InvalidInput
        The token cannot be one. Nothing was sent.
    AuthenticationFailed
        With `CaptchaRequired` and `WrongAuthKind` as special cases.
    NotJira, Forbidden, Unreachable, CertificateNotTrusted, RateLimited, ServerError, UnexpectedAnswer
    Stopped
        When `progress` was asked to stop.
    """
    if connection.auth != "password" and not secret.reveal().isascii():
        raise InvalidInput("The token contains a character that no token has.", advice="Copy it again, all of it.")
    server = probe(connection, progress=progress)
    if server is not None and server.deployment != connection.deployment:
        raise _other_deployment(connection, server.deployment)
    auth = auth_for(connection, secret)
    connection, http, account = _prove_where_it_works(connection, auth, progress)
    http.use_cache(account.account_id)
    version = server.version if server else ""
    return Jira(replace(connection, account_id=account.account_id), http, account, zone=zone, version=version)


def _prove_where_it_works(
    connection: Connection, auth: AuthBase, progress: Progress | None
) -> tuple[Connection, Http, Account]:
    """The remembered gateway first; a token in its place that is not scoped works at the site alone."""
    if connection.gateway:
        try:
            return (connection, *_prove(connection, auth, connection.gateway, progress))
        except AuthenticationFailed:
            connection = replace(connection, gateway="")
    return _prove_at_site_or_gateway(connection, auth, progress)


def _prove_at_site_or_gateway(
    connection: Connection, auth: AuthBase, progress: Progress | None
) -> tuple[Connection, Http, Account]:
    """A token does not tell whether it is scoped; a scoped one is refused by the site and works at the gateway."""
    try:
        return (connection, *_prove(connection, auth, "", progress))
    except (CaptchaRequired, WrongAuthKind):
        raise
    except AuthenticationFailed as error:
        if connection.auth != "api_token":
            raise
        status_code = error.status_code
    gateway = _gateway(connection, progress)
    if not gateway:
        raise authentication_failed(connection, status_code=status_code)
    try:
        return (replace(connection, gateway=gateway), *_prove(connection, auth, gateway, progress))
    except (AuthenticationFailed, NotFound):
        pass
    tried = "It was tried as a scoped token, at Atlassian's gateway, as well."
    raise authentication_failed(connection, status_code=status_code, advice=tried)


def _prove(connection: Connection, auth: AuthBase, base_url: str, progress: Progress | None) -> tuple[Http, Account]:
    """`/myself` with an account in it is the only proof."""
    http = Http(connection, auth, base_url=base_url)
    try:
        return http, read_account(http.read(f"{_API}/myself", patient=False, progress=progress).body)
    except Unreadable:
        http.close()
    except JiraError:
        http.close()
        raise
    raise authentication_failed(connection, status_code=200)


def _gateway(connection: Connection, progress: Progress | None) -> str:
    """Where a scoped token has to go; "" when the site does not tell its cloud id."""
    http = Http(connection, Anonymous())
    try:
        body = http.read("/_edge/tenant_info", patient=False, progress=progress).body
    except (NotJira, NotFound, Forbidden, AuthenticationFailed, UnexpectedAnswer):
        return ""
    finally:
        http.close()
    cloud_id = body.get("cloudId") if isinstance(body, dict) else None
    if not isinstance(cloud_id, str) or not _CLOUD_ID.fullmatch(cloud_id):
        return ""
    return f"{connection.url if connection.is_loopback else CLOUD_GATEWAY}/ex/jira/{cloud_id}"


def _other_deployment(connection: Connection, found: DeploymentName) -> WrongAuthKind:
    if found == "cloud":
        return WrongAuthKind(
            f"{connection.host} is Jira Cloud.",
            advice="Cloud takes your e-mail and an API token.",
            host=connection.host,
        )
    return WrongAuthKind(
        f"{connection.host} is Jira Server / Data Center.",
        advice="It takes a personal access token, or username and password.",
        host=connection.host,
    )
