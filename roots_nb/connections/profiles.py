"""Remembered connections: one JSON file in the user's config directory, without any secret.

Within one format version new fields may appear. Those this version does not know are kept as they are, so that an older
notebook environment beside a newer one loses nothing; a change that an older reader would misunderstand raises the
format number, and a file with a higher number is refused. A file that cannot be read is never overwritten. Guarded by
``tests/connections/test_profiles.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import platformdirs
from filelock import Timeout

from roots_nb.connections.connection import Connection, name_key
from roots_nb.errors import InvalidInput, ProfilesUnreadable
from roots_nb.private_files import private_folder, private_lock, write_private

FORMAT = 1
LOCK_TIMEOUT_SECONDS = 10.0

_FIELDS = tuple(field.name for field in fields(Connection))
_REQUIRED = ("name", "deployment", "url", "auth")
_Document = dict[str, Any]


class Profiles:
    """The remembered connections, in the order they were added.

    Nothing is held in memory: every call reads the file, and every change is one locked read-modify-write, so two
    kernels that change something at once lose nothing. Names are compared by `name_key`: neither case nor punctuation
    matters.

    Parameters
    ----------
    path : Path, optional
        The file; default ``connections.json`` in the user's config directory, looked up at each call.

    Raises
    ------
    ProfilesUnreadable
        By every method, when the file cannot be read, understood or written. It is left as it is.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        return self._path or platformdirs.user_config_path("roots_nb", appauthor=False) / "connections.json"

    def all(self) -> list[Connection]:
        """All remembered connections, the first added first; empty when none was ever added."""
        return _connections(self._read(), self.path)

    def get(self, name: str) -> Connection | None:
        """The connection with this name, or None."""
        return next((c for c in self.all() if name_key(c.name) == name_key(name)), None)

    def check_new(self, connection: Connection, *, replacing: str = "") -> None:
        """Raise `InvalidInput` if its name or its account is that of another connection than `replacing`."""
        _check_new(connection, [c for c in self.all() if name_key(c.name) != name_key(replacing)])

    def add(self, connection: Connection) -> None:
        """Remember one more. Raises `InvalidInput` if its name or its account is remembered already."""

        def append(document: _Document, known: list[Connection]) -> None:
            _check_new(connection, known)
            document["connections"].append(asdict(connection))

        self._change(append)

    def update(self, before: Connection, connection: Connection, *, exactly: bool = False) -> None:
        """Put `connection` in the place of `before`; it may keep or change the name.

        Raises `InvalidInput` if `before` is another site or account by now (`exactly`: if anything of it is another),
        or another one has the new name or the account.
        """

        def replace(document: _Document, known: list[Connection]) -> None:
            index = _index_of(before, known)
            if exactly and known[index] != before:
                raise _changed_elsewhere(before)
            _check_new(connection, known[:index] + known[index + 1 :])
            document["connections"][index].update(asdict(connection))

        self._change(replace)

    def remove(self, connection: Connection) -> None:
        """Forget a connection. Raises `InvalidInput` if it is not there, or another one has its name now."""

        def delete(document: _Document, known: list[Connection]) -> None:
            del document["connections"][_index_of(connection, known)]

        self._change(delete)

    def _change(self, edit: Callable[[_Document, list[Connection]], None]) -> None:
        path = self.path
        try:
            self._make_directory(path.parent)
            with private_lock(path.with_name(f"{path.name}.lock")).acquire(timeout=LOCK_TIMEOUT_SECONDS):
                document = self._read()
                edit(document, _connections(document, path))
                write_private(path, f"{json.dumps(document, indent=2)}\n".encode())
        except Timeout:
            raise ProfilesUnreadable(
                f"Another program has been changing {path} for {LOCK_TIMEOUT_SECONDS:.0f} seconds.",
                advice="Try again; if it stays, close the other notebook.",
            ) from None
        except OSError as error:
            raise ProfilesUnreadable(
                f"{path} cannot be written: {error.strerror or type(error).__name__}.",
                advice="Check the permissions and the free space there. Nothing was changed.",
            ) from None

    def _make_directory(self, directory: Path) -> None:
        """One that the caller named and that is there already is not ours to close."""
        if self._path is None or not directory.exists():
            private_folder(directory)

    def _read(self) -> _Document:
        path = self.path
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"format": FORMAT, "connections": []}
        except OSError as error:
            raise ProfilesUnreadable(
                f"{path} cannot be read: {error.strerror or type(error).__name__}.", advice="Check its permissions."
            ) from None
        except (ValueError, RecursionError):
            raise _damaged(path, "it is not JSON") from None
        return _checked(document, path)


def _checked(document: object, path: Path) -> _Document:
    if not isinstance(document, dict) or type(document.get("format")) is not int:
        raise _damaged(path, "it names no format")
    if document["format"] > FORMAT:
        raise ProfilesUnreadable(
            f"{path} was written by a newer version of roots_nb.", advice="Update roots_nb in this environment."
        )
    entries = document.get("connections")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise _damaged(path, "it holds no list of connections")
    return document


def _connections(document: _Document, path: Path) -> list[Connection]:
    known: list[Connection] = []
    for number, entry in enumerate(document["connections"], start=1):
        values = {name: entry[name] for name in _FIELDS if name in entry}
        if not all(isinstance(value, str) for value in values.values()) or not values.keys() >= set(_REQUIRED):
            raise _damaged(path, f"in connection {number} a field is missing or no text")
        try:
            connection = Connection(**values)
            _check_new(connection, known)
        except InvalidInput as error:
            raise _damaged(path, f"connection {number}: {error.message}") from None
        known.append(connection)
    return known


def _damaged(path: Path, why: str) -> ProfilesUnreadable:
    return ProfilesUnreadable(
        f"{path} is damaged ({why.removesuffix('.')}).",
        advice="Repair the file, or move it away and add the connections again. It was left as it is.",
    )


def _check_new(connection: Connection, known: Iterable[Connection]) -> None:
    for other in known:
        if name_key(other.name) == name_key(connection.name):
            raise InvalidInput(
                f"A connection called {other.name} is remembered already.", advice="Choose another name."
            )
        if other.is_same_account(connection):
            raise InvalidInput(
                f"{other.name} is the same account of {other.host} already; a second one would double the week.",
                advice=f"Edit {other.name} instead.",
            )


def _changed_elsewhere(seen: Connection) -> InvalidInput:
    return InvalidInput(
        f"{seen.name} was changed elsewhere meanwhile.", advice="Look at it again. Nothing was changed."
    )


def _index_of(seen: Connection, known: list[Connection]) -> int:
    """Where it is; a connection of that name which is another site or account by now is not touched."""
    for index, connection in enumerate(known):
        if name_key(connection.name) == name_key(seen.name):
            if (connection.url, connection.auth, connection.user) == (seen.url, seen.auth, seen.user):
                return index
            raise _changed_elsewhere(seen)
    names = ", ".join(c.name for c in known)
    raise InvalidInput(
        "There is no remembered connection of that name.",
        advice=f"Remembered: {names}." if known else "None is remembered yet.",
    )
