"""The command `roots-nb connections`: what is remembered, and how to sign in, without a notebook.

A secret is never an argument, where other users of the computer and the shell's history would see it: it is typed
without echo, or is the one line that is piped in (`tests/test_cli_connections.py`).
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from roots_nb.connecting import (
    KnownConnection,
    connect,
    connect_all,
    forget_connection,
    known_connections,
    refuse_real,
    remember_connection,
)
from roots_nb.connections.connection import (
    AUTH_KINDS,
    AuthKind,
    Connection,
    DeploymentName,
    absolute_ca_bundle,
    clean_url,
    default_name,
    guess_deployment,
)
from roots_nb.connections.keyrings import keyring_name, keyring_problem
from roots_nb.connections.profiles import Profiles
from roots_nb.connections.secrets import Secret, environment_names, find_secret, is_remembered
from roots_nb.display import Cell, Column, Row, Table, table_terminal, terminal_text
from roots_nb.errors import InvalidInput, KeyringUnusable, RootsError
from roots_nb.jira.client import CLOUD, DATACENTER, Jira
from roots_nb.jira.signin import probe

connections = typer.Typer(no_args_is_help=True, help="List, add, test, edit and remove connections to Jira.")

FAILED = 4
EXPIRY_TOLD_DAYS = 14
_PIPED_WIDTH = 400


class Deployment(StrEnum):
    """What `--deployment` takes."""

    CLOUD = "cloud"
    DATACENTER = "datacenter"


class Auth(StrEnum):
    """What `--auth` takes."""

    TOKEN = "token"  # noqa: S105
    PAT = "pat"
    PASSWORD = "password"  # noqa: S105


_DEPLOYMENTS: dict[Deployment, DeploymentName] = {Deployment.CLOUD: "cloud", Deployment.DATACENTER: "datacenter"}
_AUTH_KINDS: dict[Auth, AuthKind] = {Auth.TOKEN: "api_token", Auth.PAT: "pat", Auth.PASSWORD: "password"}
_SECRET_NAMES: dict[AuthKind, str] = {
    "api_token": "API token",
    "pat": "Personal access token",
    "password": "Password",
}

Name = Annotated[str, typer.Argument(help="Name of a remembered connection.", show_default=False)]
UserOption = Annotated[
    str | None, typer.Option("--user", help="E-mail of the Atlassian account (Cloud), or username (password).")
]
AuthOption = Annotated[
    Auth | None,
    typer.Option("--auth", help="Cloud: token. Server / Data Center: pat (personal access token; usual) or password."),
]
DeploymentOption = Annotated[
    Deployment | None, typer.Option("--deployment", help="Where the address does not tell: datacenter is Server too.")
]
CaBundleOption = Annotated[
    str | None, typer.Option("--ca-bundle", help="PEM file with the authorities to trust, such as the company's.")
]
ExpiresOption = Annotated[
    str | None, typer.Option("--expires", help="Cloud: day on which the token expires, such as 2026-12-31.")
]


@connections.command("list")
def list_() -> None:
    """Show every connection and where its secret is: the remembered ones and the environment's."""
    known, problems = known_connections()
    if known:
        titles = ("Name", "Deployment", "URL", "User", "Secret")
        table = Table([Column(title, "key") for title in titles], [_row(each) for each in known])
        Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH).print(table_terminal(table))
    elif not problems:
        print("There is no connection yet. Add one: roots-nb connections add URL")
    for problem in problems:
        print(terminal_text(str(problem)), file=sys.stderr)
    if problems:
        raise typer.Exit(1)


@connections.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the site, or of one of its pages.")],
    name: Annotated[str | None, typer.Option("--name", help='By default "Cloud (host)" or "Server (host)".')] = None,
    user: UserOption = None,
    auth: AuthOption = None,
    deployment: DeploymentOption = None,
    ca_bundle: CaBundleOption = None,
    expires: ExpiresOption = None,
) -> None:
    """Sign in and remember the connection; the secret is asked for, or read from standard input."""
    trusted = absolute_ca_bundle(ca_bundle or "")
    kind, site = _site(url, deployment, trusted)
    auth_kind = _AUTH_KINDS[auth] if auth else AUTH_KINDS[kind][0]
    who = _user(user or "", auth_kind)
    name = name or default_name(kind, site)
    connection = Connection(name, kind, site, auth_kind, who, ca_bundle=trusted, token_expires=expires or "")
    secret = _ask_secret(connection)
    if secret is None:
        raise InvalidInput("The token or password is empty.", advice="Type it, or pipe it in as one line.")
    _remember(connection, secret, in_keyring=True)


@connections.command("test")
def check(
    name: Annotated[str | None, typer.Argument(help="Only this connection; by default all.")] = None,
) -> None:
    """Sign in and say as whom, or why not; exit code 4 if any fails, 3 if there is none."""
    tried = connect_all() if name is None else [_opened(name)]
    for jira in tried:
        print(terminal_text(f"{jira.connection.name}: {jira.problem or _connected_as(jira)}"))
    if any(jira.problem for jira in tried):
        raise typer.Exit(FAILED)


@connections.command()
def edit(
    name: Name,
    url: Annotated[str | None, typer.Option("--url", help="Another address.")] = None,
    new_name: Annotated[str | None, typer.Option("--name", help="Another name.")] = None,
    user: UserOption = None,
    auth: AuthOption = None,
    deployment: DeploymentOption = None,
    ca_bundle: CaBundleOption = None,
    expires: ExpiresOption = None,
) -> None:
    """Change what is said and sign in again; without a new secret the old one is kept."""
    before = _remembered(name)
    trusted = before.ca_bundle if ca_bundle is None else absolute_ca_bundle(ca_bundle)
    is_moved = url is not None or deployment is not None
    kind, site = _site(url or before.url, deployment, trusted) if is_moved else (before.deployment, before.url)
    usual_auth = before.auth if before.auth in AUTH_KINDS[kind] else AUTH_KINDS[kind][0]
    auth_kind = _AUTH_KINDS[auth] if auth else usual_auth
    who = _user(before.user if user is None else user, auth_kind)
    connection = Connection(new_name or before.name, kind, site, auth_kind, who, ca_bundle=trusted)
    _sign_in_again(before, connection, expires)


@connections.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a connection: its profile, its secret and what is cached for it."""
    connection = _remembered(name)
    if not yes:
        typer.confirm(f"Remove {connection.name}? Its profile, secret and cache are deleted.", abort=True, err=True)
    try:
        forget_connection(connection)
    except KeyringUnusable as error:
        print(f"{connection.name} is removed. {error.message} The secret may still be in it.", file=sys.stderr)
        raise typer.Exit(1) from None
    print(f"{connection.name} is removed.")


@connections.command()
def env(name: Name) -> None:
    """Print the names of the environment variables that describe a connection elsewhere, one a line."""
    connection = _remembered(name)
    names = environment_names(connection.name)
    user = [names.user] if connection.user else []
    deployment = [] if guess_deployment(connection.url) else [names.deployment]
    print(*[names.url, *user, _secret_variable(connection), *deployment], sep="\n")
    print(f"Where {connection.name} is remembered, {_secret_variable(connection)} alone is enough.", file=sys.stderr)


def _row(known: KnownConnection) -> Row:
    connection, origin, _ = known
    title = CLOUD.title if connection.deployment == "cloud" else DATACENTER.title
    kept = "built in" if origin == "demo" else _kept_in(connection)
    texts = (connection.name, title, connection.url, connection.user or connection.account_id, kept)
    return Row([Cell(text) for text in texts])


def _kept_in(connection: Connection) -> str:
    try:
        secret = find_secret(connection)
    except RootsError as problem:
        return problem.message
    if secret is None:
        return "not kept"
    variable = _variable_with(connection, secret)
    return f"environment ({variable})" if variable else f"keyring ({keyring_name()})"


def _variable_with(connection: Connection, secret: Secret) -> str:
    """The environment variable that the secret comes from; "" if it lies in the keyring."""
    if is_remembered(connection):
        return ""
    variables = (_secret_variable(connection), _secret_variable(connection, bare=True))
    return next((name for name in variables if os.environ.get(name, "").strip() == secret.reveal()), "")


def _secret_variable(connection: Connection, *, bare: bool = False) -> str:
    names = environment_names(None if bare else connection.name)
    return names.password if connection.auth == "password" else names.token


def _remembered(name: str) -> Connection:
    connection = Profiles().get(name)
    if connection is None:
        raise InvalidInput(f"There is no remembered connection {name!r}.", advice="See: roots-nb connections list")
    return connection


def _site(url: str, deployment: Deployment | None, ca_bundle: str) -> tuple[DeploymentName, str]:
    """Which deployment it is, as said, as the address says or as the site itself says, and its plain address."""
    given = _DEPLOYMENTS[deployment] if deployment else None
    address = clean_url(url, given)
    kind = given or guess_deployment(address)
    if kind is None:
        server = probe(Connection("Probe", "datacenter", address, "pat", ca_bundle=ca_bundle))
        if server is None:
            raise InvalidInput(
                f"{address} does not tell what it is.", advice="Say --deployment cloud or --deployment datacenter."
            )
        kind = server.deployment
    return kind, clean_url(url, kind)


def _user(given: str, auth: AuthKind) -> str:
    if auth == "pat":
        return ""
    if given or not sys.stdin.isatty():
        return given
    return str(typer.prompt("E-mail of the Atlassian account" if auth == "api_token" else "Username", err=True))


def _ask_secret(connection: Connection, hint: str = "") -> Secret | None:
    """Typed without echo, or the one line that is piped in; None when that is empty. The demo asks for none."""
    refuse_real(connection)
    if not sys.stdin.isatty():
        text = sys.stdin.readline()
    else:
        question = f"{_SECRET_NAMES[connection.auth]} for {connection.url}{hint}"
        text = typer.prompt(question, default="", show_default=False, hide_input=True, err=True)
    try:
        return Secret(text) if text.strip() else None
    except InvalidInput as error:
        problem = error.with_traceback(None)
    del text  # so that a traceback with local variables does not show it
    raise problem


def _sign_in_again(before: Connection, connection: Connection, expires: str | None) -> None:
    """The old secret is kept for the old host and the old way to sign in only: no secret reaches another site."""
    may_keep = connection.host == before.host and connection.auth == before.auth
    typed = _ask_secret(connection, " (empty: keep the old one)" if may_keep else "")
    secret = typed or (find_secret(before) if may_keep else None)
    if secret is None:
        raise InvalidInput("The token or password is empty.", advice="No old one can be kept here: type it.")
    noted = "" if typed else before.token_expires  # the day of the old token says nothing about a new one
    connection = replace(connection, token_expires=noted if expires is None else expires)
    from_environment = typed is None and _variable_with(before, secret) != ""
    _remember(connection, secret, in_keyring=not from_environment, replacing=before)


def _remember(connection: Connection, secret: Secret, *, in_keyring: bool, replacing: Connection | None = None) -> None:
    problem = keyring_problem() if in_keyring else "The secret comes from the environment."
    remembered = remember_connection(connection, secret, in_keyring=not problem, replacing=replacing)
    print(terminal_text(f"{connection.name}: {_connected_as(remembered.jira)}"))
    if problem := problem or remembered.problem:
        advice = f"{connection.name} is remembered without it: set {_secret_variable(connection)}."
        print(f"{problem} {advice}", file=sys.stderr)
    else:
        print(f"Remembered; the secret is in the system keyring ({keyring_name()}).")


def _opened(name: str) -> Jira:
    """Signed in, or with the reason why not; raises where there is no connection of that name."""
    try:
        return connect(name)
    except RootsError as problem:
        connection = Profiles().get(name)
        if connection is None:
            raise
        return Jira(connection, problem=problem)


def _connected_as(jira: Jira) -> str:
    account, expires = jira.account, jira.token_expires()
    version = jira.deployment.title if jira.deployment is CLOUD else f"Jira {jira.version}".strip()
    facts = ", ".join(filter(None, (account.email, account.time_zone, version)))
    soon = datetime.now().astimezone().date() + timedelta(days=EXPIRY_TOLD_DAYS)
    warning = f" The token expires on {expires}." if expires and expires <= soon else ""
    return f"Connected as {account.display_name} ({facts}).{warning}"
