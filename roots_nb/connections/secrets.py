"""API tokens, personal access tokens and passwords: how they are held, kept and found.

A secret goes from where it is kept to the wire as a `Secret`, which never shows itself. It is looked for in the system
keyring, the environment, and the memory of this process, in that order; the keyring only where it is safe. What is
stored is keyed by site and account, never by a connection's name, so renaming loses nothing. This is the one module
of the package that holds process state. Guarded by ``tests/connections/test_secrets.py``.
"""

from __future__ import annotations

import hmac
import os
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, NoReturn, ParamSpec, TypeVar, final

from roots_nb.connections.connection import (
    AuthKind,
    Connection,
    DeploymentName,
    clean_url,
    default_name,
    guess_deployment,
    has_hidden_characters,
    name_key,
)
from roots_nb.connections.keyrings import safe_keyring
from roots_nb.errors import InvalidInput, KeyringUnusable

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "roots_nb"

_P = ParamSpec("_P")
_Answer = TypeVar("_Answer")
_PREFIX = "ROOTS_NB"
_DEPLOYMENTS: dict[str, DeploymentName] = {"cloud": "cloud", "datacenter": "datacenter", "server": "datacenter"}


@final
class Secret:
    """A token or password that never shows itself; `reveal` is the only way out.

    Parameters
    ----------
    text : str
        Whitespace and line breaks around it are dropped, as they come with pasting.

    Raises
    ------
    InvalidInput
        When nothing is left, or an invisible character is inside.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text.strip()
        del text  # so that a traceback with local variables does not show it
        if not self._text:
            raise InvalidInput("The token or password is empty.", advice="Paste it again.")
        if has_hidden_characters(self._text):
            raise InvalidInput(
                "The token or password contains a line break or an invisible character.", advice="Paste it again."
            )

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> NoReturn:
        """Refuse pickle, copy and deepcopy, which all ask here."""
        raise TypeError("A Secret is neither pickled nor copied.")


class EnvironmentNames(NamedTuple):
    """Names of the environment variables of one connection."""

    url: str
    user: str
    token: str
    password: str
    deployment: str


def environment_names(name: str | None = None) -> EnvironmentNames:
    """Variables for the connection `name` ("Demo Cloud": ROOTS_NB_DEMO_CLOUD_URL, …); None: ROOTS_NB_URL, …"""
    start = _PREFIX if name is None else f"{_PREFIX}_{name_key(name)}"
    return EnvironmentNames(*(f"{start}_{field.upper()}" for field in EnvironmentNames._fields))


def connection_from_environment(name: str | None = None) -> tuple[Connection, Secret] | None:
    """The connection that the environment describes in full, and its secret.

    Cloud needs URL, USER and TOKEN; Data Center URL and TOKEN (personal access token), or URL, USER and PASSWORD. The
    deployment follows from the URL except for a site on this computer. Empty variables count as not set. `name` chooses
    the variables as in `environment_names`.

    Returns
    -------
    tuple of Connection and Secret, or None
        None when the URL is not set: with a name there may still be the secret of a remembered connection.

    Raises
    ------
    InvalidInput
        When something is missing or contradictory. It names variables, never values.
    """
    names = environment_names(name)
    if not _value(names.url):
        if name is None:
            _check_nothing_set(names)
        return None
    deployment, url = _site(names)
    auth, variable = _auth(names, deployment)
    user = "" if auth == "pat" else _value(names.user)
    if auth != "pat" and not user:
        raise _missing(names.user, names)
    return Connection(name or default_name(deployment, url), deployment, url, auth, user), _secret(variable)


def named_connections_from_environment() -> list[tuple[Connection, Secret]]:
    """The connections that variables with a name in between describe (ROOTS_NB_CUSTOMER_URL, …), by name.

    They are called as in the variables ("CUSTOMER"). Raises `InvalidInput` as `connection_from_environment` does.
    """
    matches = filter(None, (re.fullmatch(rf"{_PREFIX}_(.+)_URL", variable) for variable in sorted(os.environ)))
    described = (connection_from_environment(match[1]) for match in matches)
    return [each for each in described if each]


def remember_secret(connection: Connection, secret: Secret) -> None:
    """Store the secret in the system keyring, in place of an earlier one of the same account.

    Raises
    ------
    KeyringUnusable
        When the keyring is missing, unsafe or locked, or what it gives back is not what it was given.
    """
    backend, problem = safe_keyring()
    if backend is None:
        raise KeyringUnusable(problem, advice=_without_keyring(connection))
    address, *older = _addresses(connection)
    _ask(connection, _store, backend, address, secret)
    if _ask(connection, _stored, backend, address) != secret:
        _ask(connection, _delete, backend, address)
        raise KeyringUnusable("The system keyring did not keep the secret.", advice=_without_keyring(connection))
    for old in older:
        _ask(connection, _delete, backend, old)


def keep_for_session(connection: Connection, secret: Secret) -> None:
    """Keep the secret in the memory of this process, and the connection as the last one signed in.

    The keyring goes first when a secret is looked for: where this one replaces one that is stored there, call
    `forget_secret` before, or `remember_secret` as well.
    """
    with _lock:
        for address in _addresses(connection):
            _kept.pop(address, None)
        _kept[_addresses(connection)[0]] = (connection, secret)


def prefer_in_session(connection: Connection) -> None:
    """Make a connection of this process the one that was signed in last."""
    with _lock:
        address = _addresses(connection)[0]
        if address in _kept:
            _kept[address] = _kept.pop(address)


def session_connections() -> list[Connection]:
    """Connections signed in earlier in this process, oldest first; one signed in again counts as new."""
    with _lock:
        return [connection for connection, _ in _kept.values()]


def find_secret(connection: Connection) -> Secret | None:
    """Look for the secret in the keyring, the environment and the memory of this process; None if nowhere.

    In the environment the connection's own TOKEN or PASSWORD counts; the bare one only beside a bare URL that is this
    connection's site, so that no secret reaches another site.

    Raises
    ------
    KeyringUnusable
        When the keyring is locked or fails, and no other place has the secret.
    InvalidInput
        When the connection's own variables name another site or user, or hold something that is no secret.
    """
    unusable = None
    try:
        found = _from_keyring(connection)
    except KeyringUnusable as error:
        found, unusable = None, error
    found = found or _from_environment(connection) or _from_memory(connection)
    if found is None and unusable is not None:
        raise unusable
    return found


def is_remembered(connection: Connection) -> bool:
    """Whether the secret lies in the system keyring; False as well where that is locked or fails."""
    try:
        return _from_keyring(connection) is not None
    except KeyringUnusable:
        return False


def forget_secret(connection: Connection) -> None:
    """Delete the secret from the keyring and from memory; nothing happens where there is none.

    Raises `KeyringUnusable` when the keyring is locked or fails; memory is cleared even then.
    """
    with _lock:
        for address in _addresses(connection):
            _kept.pop(address, None)
    backend, _ = safe_keyring()
    if backend is None:
        return
    for address in _addresses(connection):
        _ask(connection, _delete, backend, address)


def forget_session() -> None:
    """Forget every secret that only this process knew."""
    with _lock:
        _kept.clear()


_lock = threading.Lock()
_kept: dict[str, tuple[Connection, Secret]] = {}


def _addresses(connection: Connection) -> list[str]:
    """Where its secret may lie, best first. Before the first sign-in only the user is known, or the name."""
    known = (("account", connection.account_id), ("user", connection.user.casefold()), ("name", connection.name))
    return [f"{connection.url} ({what} {value})" for what, value in known if value]


def _without_keyring(connection: Connection) -> str:
    variable = _secret_variable(connection, environment_names(connection.name))
    return f"Without it the secret is kept for this session only; or set {variable}."


def _ask(connection: Connection, question: Callable[_P, _Answer], *args: _P.args, **kwargs: _P.kwargs) -> _Answer:
    """Ask the keyring. Backends raise whatever they like, some with what they were given in the text."""
    problem: BaseException
    try:
        return question(*args, **kwargs)
    except KeyboardInterrupt:
        problem = KeyboardInterrupt()
    except Exception as error:
        problem = KeyringUnusable(
            f"The system keyring is locked or does not work ({type(error).__name__}).",
            advice=f"Unlock it and try again. {_without_keyring(connection)}",
        )
    # Raised outside the handler: the error must not carry the backend's frames, where the secret is.
    raise problem


def _store(backend: KeyringBackend, address: str, secret: Secret) -> None:
    backend.set_password(SERVICE, address, secret.reveal())


def _stored(backend: KeyringBackend, address: str) -> Secret | None:
    text = backend.get_password(SERVICE, address)
    return Secret(text) if text else None


def _delete(backend: KeyringBackend, address: str) -> None:
    if backend.get_password(SERVICE, address) is not None:
        backend.delete_password(SERVICE, address)


def _from_keyring(connection: Connection) -> Secret | None:
    backend, _ = safe_keyring()
    if backend is None:
        return None
    found = (_ask(connection, _stored, backend, address) for address in _addresses(connection))
    return next((secret for secret in found if secret), None)


def _from_memory(connection: Connection) -> Secret | None:
    with _lock:
        kept = (_kept.get(address) for address in _addresses(connection))
        return next((entry[1] for entry in kept if entry), None)


def _value(variable: str) -> str:
    return os.environ.get(variable, "").strip()


def _secret(variable: str) -> Secret:
    try:
        return Secret(os.environ[variable])
    except InvalidInput:
        problem = f"{variable} contains a line break or an invisible character."
    raise InvalidInput(problem, advice="Set it again.")


def _missing(variable: str, names: EnvironmentNames) -> InvalidInput:
    return InvalidInput(f"{variable} is missing.", advice=f"Set it beside {names.url}.")


def _check_nothing_set(names: EnvironmentNames) -> None:
    for variable in (names.token, names.password):
        if _value(variable):
            raise InvalidInput(
                f"{variable} is set, but {names.url} is not.",
                advice=f"Set {names.url}, or {_PREFIX}_<NAME>_TOKEN for a remembered connection.",
            )


def _site(names: EnvironmentNames) -> tuple[DeploymentName, str]:
    given = _value(names.deployment).casefold()
    if given and given not in _DEPLOYMENTS:
        raise InvalidInput(f"{names.deployment} is not known.", advice="Set it to cloud or datacenter.")
    url = _url(names.url, _DEPLOYMENTS.get(given))
    deployment = _DEPLOYMENTS.get(given) or guess_deployment(url)
    if deployment is None:
        raise InvalidInput(f"{names.deployment} is missing.", advice="Set it to cloud or datacenter.")
    return deployment, url


def _url(variable: str, deployment: DeploymentName | None) -> str:
    try:
        return clean_url(_value(variable), deployment)
    except InvalidInput as error:
        problem = error.message
    raise InvalidInput(f"{variable} cannot be used: {problem}", advice="Give the address as the browser shows it.")


def _auth(names: EnvironmentNames, deployment: DeploymentName) -> tuple[AuthKind, str]:
    """The way to sign in and the variable with its secret."""
    token, password = bool(_value(names.token)), bool(_value(names.password))
    if deployment == "cloud" and password:
        raise InvalidInput(
            f"{names.password} is set, but Jira Cloud takes no passwords.", advice=f"Set {names.token} instead."
        )
    if token and password:
        raise InvalidInput(f"Both {names.token} and {names.password} are set.", advice="Unset one of them.")
    if token:
        return ("api_token" if deployment == "cloud" else "pat"), names.token
    if password:
        return "password", names.password
    raise _missing(names.token if deployment == "cloud" else f"{names.token} or {names.password}", names)


def _secret_variable(connection: Connection, names: EnvironmentNames) -> str:
    return names.password if connection.auth == "password" else names.token


def _from_environment(connection: Connection) -> Secret | None:
    own, bare = environment_names(connection.name), environment_names()
    variable = _secret_variable(connection, own)
    if _value(variable):
        if contradiction := _contradiction(connection, own):
            raise InvalidInput(
                f"{variable} is set, but {contradiction} does not fit {connection.name}.",
                advice=f"Unset {contradiction}, or edit the connection.",
            )
        return _secret(variable)
    variable = _secret_variable(connection, bare)
    if _value(variable) and _value(bare.url) and not _contradiction(connection, bare):
        return _secret(variable)
    return None


def _contradiction(connection: Connection, names: EnvironmentNames) -> str:
    """The variable that names another site or user than the connection; "" if none does."""
    url, user = _value(names.url), _value(names.user)
    if url and not _is_site(url, connection):
        return names.url
    if user and connection.user and user.casefold() != connection.user.casefold():
        return names.user
    return ""


def _is_site(text: str, connection: Connection) -> bool:
    try:
        return clean_url(text, connection.deployment) == connection.url
    except InvalidInput:
        return False
