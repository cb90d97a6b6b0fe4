"""The one flow from a name to a signed-in Jira: profile, secret, sign-in, and keep what was found.

Where a connection comes from, first match: the demo (`ROOTS_NB_DEMO=1`, and then nothing real), the environment, one
signed in earlier in this process, the remembered ones (`tests/test_connecting.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Literal, NamedTuple

from roots_nb import demo
from roots_nb.connections import secrets
from roots_nb.connections.connection import Connection, name_key
from roots_nb.connections.profiles import Profiles
from roots_nb.connections.secrets import Secret
from roots_nb.editing.account_lock import who_applies
from roots_nb.editing.history import SETTLED
from roots_nb.editing.record import Record, count_states, open_runs
from roots_nb.errors import (
    InvalidInput,
    JournalUnusable,
    KeyringUnusable,
    NotConnected,
    ProfilesUnreadable,
    RootsError,
)
from roots_nb.jira.cache import forget_cache
from roots_nb.jira.client import Jira
from roots_nb.jira.signin import sign_in
from roots_nb.progress import Progress

Origin = Literal["demo", "environment", "session", "remembered"]


class SecretUnknown(NotConnected):
    """There is a connection, but no secret for it.

    Attributes
    ----------
    connection : Connection
    variable : str
        Name of the environment variable that could hold the secret.
    """

    def __init__(self, connection: Connection) -> None:
        names = secrets.environment_names(connection.name)
        self.connection = connection
        self.variable = names.password if connection.auth == "password" else names.token
        super().__init__(
            f"The secret of {connection.name} is not known.", advice=f"Sign in again, or set {self.variable}."
        )


class KnownConnection(NamedTuple):
    """A connection, where it comes from, and whether it was signed in earlier in this process."""

    connection: Connection
    origin: Origin
    signed_in: bool


def open_connection(
    connection: Connection, secret: Secret | None = None, *, zone: str = "", progress: Progress | None = None
) -> Jira:
    """Sign in with a connection and keep what was found out (account, gateway) in its profile, where it has one.

    Parameters
    ----------
    secret : Secret, optional
        By default the one in the keyring, the environment or this process.

    Raises
    ------
    SecretUnknown
        No secret is known; a `NotConnected`.
    JiraError
        Signing in failed; its class and advice say why.
    """
    refuse_real(connection)
    secret = secret or secrets.find_secret(connection)
    if secret is None:
        raise SecretUnknown(connection)
    jira = sign_in(connection, secret, zone=zone, progress=progress)
    if connection.account_id not in ("", jira.connection.account_id):
        raise InvalidInput(
            f"The secret belongs to {jira.account.display_name}, but {connection.name} is another account's.",
            advice="Sign in with that account's own secret, or add a connection for this one.",
        )
    profiles = Profiles()
    with suppress(InvalidInput, ProfilesUnreadable):  # what was edited or removed elsewhere meanwhile stays as it is
        if profiles.get(connection.name) == connection and jira.connection != connection:
            profiles.update(connection, jira.connection, exactly=True)
    secrets.keep_for_session(jira.connection, secret)
    return jira


class Remembered(NamedTuple):
    """A signed-in Jira, and what could not be kept of it beyond this session ("" = everything was)."""

    jira: Jira
    problem: str


def remember_connection(
    connection: Connection,
    secret: Secret,
    *,
    in_keyring: bool,
    replacing: Connection | None = None,
    progress: Progress | None = None,
) -> Remembered:
    """Sign in, and only then remember the connection, or put it in the place of the one that is edited.

    The secret goes into the system keyring, or stays in this process only; an older one of the account is forgotten. A
    profile or a keyring that cannot be written costs the next session, not this one: `problem` tells.

    Raises
    ------
    InvalidInput
        Its name or its account is another connection's, or `replacing` is not there any more as it was.
    JiraError
        Signing in failed: nothing was changed.
    """
    refuse_real(connection)
    profiles = Profiles()
    profiles.check_new(connection, replacing=replacing.name if replacing else "")
    jira = sign_in(connection, secret, progress=progress)
    problems: list[str] = []
    try:
        if replacing is None:
            profiles.add(jira.connection)
        else:
            profiles.update(replacing, jira.connection)
    except ProfilesUnreadable as problem:
        problems.append(str(problem))
    try:
        _forget_older(replacing, jira.connection)
    except KeyringUnusable as problem:
        problems.append(str(problem))
    secrets.keep_for_session(jira.connection, secret)
    try:
        if in_keyring:
            secrets.remember_secret(jira.connection, secret)
    except KeyringUnusable as problem:
        problems.append(str(problem))
    return Remembered(jira, " ".join(dict.fromkeys(problems)))


def _forget_older(replaced: Connection | None, connection: Connection) -> None:
    """A secret left behind in the keyring would be found before the new one."""
    if replaced is not None and (replaced.url, replaced.account_id) != (connection.url, connection.account_id):
        forget_cache(replaced.url, replaced.account_id)
    for each in filter(None, (replaced, connection)):
        secrets.forget_secret(each)


def forget_connection(connection: Connection) -> None:
    """Forget a remembered connection: its profile, its secret and what is cached for it, and nothing else.

    Raises `InvalidInput` if it is not there any more as it was. A keyring that does not answer is no reason to keep a
    profile: then `KeyringUnusable` is raised after the rest is done.
    """
    Profiles().remove(connection)
    forget_cache(connection.url, connection.account_id)
    secrets.forget_secret(connection)


def connect(name: str | None = None, *, zone: str | None = None) -> Jira:
    """Sign in and return the Jira.

    Parameters
    ----------
    name : str, optional
        A connection's name. Without one: the environment's (`ROOTS_NB_URL`), else the one last signed in within this
        process, else the only remembered one. With `ROOTS_NB_DEMO=1` the built-in demo, whose first site is Cloud.
    zone : str, optional
        IANA zone to count days in, such as "Europe/Berlin"; by default the zone of the account's Jira profile.

    Raises
    ------
    NotConnected
        There is no connection yet, or its secret is not known; a notebook then shows the form to sign in with.
    InvalidInput
        The name is not known, or several connections are remembered and none was named.
    JiraError
        Signing in failed; its class and advice say why.
    """
    connection, secret = _named(name) if name is not None else _usual()
    return open_connection(connection, secret, zone=zone or "")


def connect_all(*, zone: str | None = None) -> list[Jira]:
    """Sign in everywhere: the environment's connection, those of this process and the remembered ones.

    Returns
    -------
    list of Jira
        One per account, never empty. One that failed is among them with the reason in `.problem`, so that it is missed
        and not forgotten.

    Raises
    ------
    NotConnected
        There is no connection yet.
    """
    known = _known()
    if not known:
        raise NotConnected("There is no connection to Jira yet.")

    def opened(choice: _Choice) -> Jira:
        try:
            return open_connection(*choice, zone=zone or "")
        except RootsError as problem:
            return Jira(choice[0], problem=problem)

    with ThreadPoolExecutor(len(known)) as pool:
        sites = _once_an_account(pool.map(opened, known))
    for site in reversed(sites):
        secrets.prefer_in_session(site.connection)
    return sites


def _once_an_account(sites: Iterable[Jira]) -> list[Jira]:
    """Only signing in tells that a token of the environment and a remembered one are the same account."""
    accounts = {(site.connection.url, site.connection.account_id or id(site)): site for site in reversed([*sites])}
    return list(reversed(accounts.values()))


def known_connections() -> tuple[list[KnownConnection], list[RootsError]]:
    """Every connection there is, the remembered ones first, each account once; and what could not be read.

    Nothing is sent. With `ROOTS_NB_DEMO=1` there are the demo's alone.
    """
    if is_demo():
        return [KnownConnection(connection, "demo", True) for connection in _demo_connections()], []
    known: list[KnownConnection] = []
    problems: list[RootsError] = []
    session = secrets.session_connections()
    for origin, connections in _SOURCES:
        try:
            found = connections()
        except RootsError as problem:
            problems.append(problem)
            continue
        for connection in found:
            if not any(_is_same(connection, other.connection) for other in known):
                signed_in = any(_is_same(connection, other) for other in session)
                known.append(KnownConnection(connection, origin, signed_in))
    return known, problems


def interrupted_note(sites: Iterable[Jira]) -> str:
    """One sentence on the runs of these accounts that have not ended, and what to do; "" when there is none.

    Read from the disk; nothing is sent. Of several the oldest is told, and whether somebody is applying it right now.
    A journal that cannot be read is told instead.
    """
    keys = [(jira.connection.url, jira.account.account_id) for jira in sites if jira.problem is None]
    try:
        found = open_runs(keys)
    except JournalUnusable as problem:
        return str(problem)
    if not found:
        return ""
    parts = found[0]
    run, begun = parts[0].run, f"{parts[0].at.astimezone():%Y-%m-%d %H:%M}"
    if who := next(filter(None, (who_applies(*part.key, run) for part in parts)), ""):
        return (
            f"The run of {begun} is being applied: {_stand(parts)}. Wait until {who} has ended; "
            f'should it never end, stop it there, and roots_nb.resume(jira, "{run}") goes on.'
        )
    which = "1 interrupted run" if len(found) == 1 else f"{len(found)} interrupted runs, the first"
    return (
        f"{which} of {begun}: {_stand(parts)}. "
        f'roots_nb.resume(jira, "{run}") goes on; roots_nb.close_run("{run}") leaves it as it is.'
    )


def _stand(parts: Iterable[Record]) -> str:
    counts = count_states(parts)
    left = sum(count for state, count in counts.items() if state not in SETTLED)
    changes = f"{left:,} of {sum(counts.values()):,} changes {'is' if left == 1 else 'are'} not settled"
    return changes if left else "not everything is verified"


_Choice = tuple[Connection, Secret | None]


def _named(name: str) -> _Choice:
    known = _known() if is_demo() else _own()
    for choice in known:
        if name_key(choice[0].name) == name_key(name):
            return choice
    described = None if is_demo() else secrets.connection_from_environment(name)
    if described is None:
        raise InvalidInput(f"There is no connection {name!r}.", advice=_advice(known))
    return described


def _usual() -> _Choice:
    if not is_demo():
        if described := secrets.connection_from_environment():
            return described
        if session := secrets.session_connections():
            return session[-1], None
    known = _known()
    if not known:
        raise NotConnected("There is no connection to Jira yet.")
    if len(known) > 1 and not is_demo():
        raise InvalidInput("Several connections are remembered.", advice=_advice(known))
    return known[0]


def _advice(known: list[_Choice]) -> str:
    names = ", ".join(repr(connection.name) for connection, _ in known)
    return f"Name one: connect({names.split(', ')[0]}). Known are {names}." if known else NotConnected.advice


def _known() -> list[_Choice]:
    """Every connection there is, each account once: environment, this process, remembered."""
    if is_demo():
        return [(connection, None) for connection in _demo_connections()]
    choices = _own()
    for choice in secrets.named_connections_from_environment():
        if not any(_is_same(choice[0], other) for other, _ in choices):
            choices.append(choice)
    return choices


def _own() -> list[_Choice]:
    """All but those that variables with a name describe: one that is half set must not cost the others."""
    described = secrets.connection_from_environment()
    choices: list[_Choice] = [described] if described else []
    own: list[_Choice] = [(each, None) for each in [*reversed(secrets.session_connections()), *Profiles().all()]]
    for choice in own:
        if not any(_is_same(choice[0], other) for other, _ in choices):
            choices.append(choice)
    return choices


def _is_same(one: Connection, other: Connection) -> bool:
    return one.is_same_account(other) or name_key(one.name) == name_key(other.name)


def _from_environment() -> list[Connection]:
    described = secrets.connection_from_environment()
    named = secrets.named_connections_from_environment()
    return [connection for connection, _ in ([described] if described else []) + named]


_SOURCES: tuple[tuple[Origin, Callable[[], list[Connection]]], ...] = (
    ("remembered", lambda: Profiles().all()),
    ("environment", _from_environment),
    ("session", secrets.session_connections),
)


def is_demo() -> bool:
    """True with `ROOTS_NB_DEMO=1`, and on a Binder, which is no place for a token: then nothing real is asked."""
    return os.environ.get("ROOTS_NB_DEMO", "") not in ("", "0") or "BINDER_LAUNCH_HOST" in os.environ


def refuse_real(connection: Connection) -> None:
    """Raises `InvalidInput` in the demo, unless the site is on this computer."""
    if is_demo() and not connection.is_loopback:
        raise InvalidInput(
            f"This is the demo: {connection.host} is not asked.",
            advice="Install roots_nb on your own computer, or unset ROOTS_NB_DEMO there.",
        )


def _demo_connections() -> list[Connection]:
    """The demo is started once in a process; it is found again by what it left in the session."""
    running = [each for each in secrets.session_connections() if each.name in demo.SITE_NAMES]
    if not running:
        for site in demo.start().sites:
            running.append(Connection(site.name, site.deployment, site.url, site.auth, site.user))
            secrets.keep_for_session(running[-1], Secret(site.secret))
    return sorted(running, key=lambda connection: demo.SITE_NAMES.index(connection.name))
