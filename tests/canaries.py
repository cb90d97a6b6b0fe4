"""Secrets that can be told from everything else, and a search for them through every byte of a folder.

Each has a beginning and an end of its own, since tracebacks cut long values in the middle, and between them what URLs,
JSON and HTML write in another way. What is packed is unpacked first: workbooks, and the bodies in the cache.
"""

from __future__ import annotations

import base64
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roots_nb.connections.connection import AuthKind, Connection
from roots_nb.connections.secrets import Secret
from roots_nb.demo.server import serve
from roots_nb.jira.client import Jira
from roots_nb.jira.signin import sign_in
from tests.world import TOKEN, World

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

API_TOKEN = 'canary-6f1c9e+/"=<%&coalmine-83d2'
PAT = 'canary-b27a04+/"<%&pitshaft-19c7'
PASSWORD = 'canary-05d8e3+/"=<%&wirecage-f46b'
COOKIE = "canary-e91b50-tinwings-2a7d"
SECRETS: dict[AuthKind, str] = {"api_token": API_TOKEN, "pat": PAT, "password": PASSWORD}
_NAMES = {API_TOKEN: "API token", PAT: "personal access token", PASSWORD: "password", COOKIE: "cookie"}
_PIECE_LENGTH = 13
_PACKED = re.compile(rb"eA[E-H][A-Za-z0-9+/]+={0,2}")  # zlib in base64, as the cache keeps bodies


class CanaryWorld(World):
    """A small Jira that knows Ann by one of the secrets alone, and sets the cookie with every reply."""

    def __init__(self, auth: AuthKind, *, now: datetime | None = None) -> None:
        super().__init__("cloud" if auth == "api_token" else "datacenter", now=now)
        self.auth, self.secret = auth, SECRETS[auth]
        self.shut_out(TOKEN)
        self.let_in()

    @contextmanager
    def running(self) -> Iterator[CanaryWorld]:
        with serve(_setting_cookie(self.log), context_path=self.site.context_path) as server:
            self.url = server.url
            yield self
            self.faults.release()

    def let_in(self) -> None:
        self.site.add_credential(self.auth, self.ann, self.secret)

    def shut_out(self, secret: str = "") -> None:
        self.site.remove_credential(secret or self.secret)

    @property
    def connection(self) -> Connection:
        user = {"api_token": "ann@example.com", "pat": "", "password": "ann"}[self.auth]
        return Connection("Work", self.deployment, self.url, self.auth, user)

    def sign_in(self) -> Jira:
        jira = sign_in(self.connection, Secret(self.secret))
        self.log.clear()
        return jira


def _setting_cookie(app: WSGIApplication) -> WSGIApplication:
    def with_cookie(environ: Any, start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("Set-Cookie", f"JSESSIONID={COOKIE}; Path=/")], *more)

        return app(environ, start)

    return with_cookie


def found_in(folder: Path) -> list[str]:
    """Which secret is where, and in which form; every file counts, whatever its kind."""
    files = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    assert files
    read = {path: b"".join((content, *_unpacked(path, content))) for path, content in files.items()}
    return [f"{what} in {path}" for path, content in read.items() for what in found_in_bytes(content)]


def found_in_bytes(content: bytes) -> list[str]:
    return [what for what, text in _FORMS if text in content]


def _unpacked(path: Path, content: bytes) -> Iterator[bytes]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from map(archive.read, archive.namelist())
    if content.startswith(b"SQLite format 3") and path.suffix == ".sqlite":
        database = sqlite3.connect(path)
        for (value,) in database.execute("SELECT value FROM responses"):
            yield value.encode()
            yield from (zlib.decompress(base64.b64decode(packed)) for packed in _PACKED.findall(value.encode()))
        database.close()


def _base64(text: bytes) -> Iterator[bytes]:
    """What base64 makes of it wherever it stands in a longer text, as behind the user in a Basic header."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + text)
        cut_end = -(before + len(text)) % 3
        yield whole[(0, 2, 3)[before] : len(whole) - (cut_end + 1 if cut_end else 0)]


def _forms() -> Iterator[tuple[str, bytes]]:
    writings: dict[str, Callable[[bytes], Iterable[bytes]]] = {
        "plain": lambda text: [text],
        "hexadecimal": lambda text: [text.hex().encode()],
        "UTF-16": lambda text: [text.decode().encode("utf-16-le")],
        "base64": _base64,
    }
    for secret, name in _NAMES.items():
        for part, text in (("beginning", secret[:_PIECE_LENGTH]), ("end", secret[-_PIECE_LENGTH:])):
            for how, write in writings.items():
                yield from ((f"{name}, its {part}, {how}", form) for form in write(text.encode()))


_FORMS = tuple(_forms())
