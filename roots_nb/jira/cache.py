"""What the loader has read in the last minutes, kept on disk: one file per site and account.

requests-cache does the work. It is told to serialise as JSON (its pickles execute what is in the file), to keep GET
answers of status 200 alone, and to make its keys from our generation: a write anywhere raises the generation, and what
was read before is never read again (`tests/jira/test_cache.py`). A cache that cannot be used is left out, never waited
for: requests-cache would try a read-only database for ever.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import sqlite3
import uuid
import zlib
from pathlib import Path
from typing import Any

import platformdirs
import requests
import requests_cache
from cattrs.preconf.json import make_converter
from requests.structures import CaseInsensitiveDict
from requests_cache.serializers import CattrStage, SerializerPipeline, Stage

LIFETIME_SECONDS = 300
_KEPT_HEADERS = ("Content-Type", "Date", "X-Seraph-Loginreason")


def cache_path(site: str, account_id: str) -> Path:
    """The cache file of one account on one site."""
    name = hashlib.sha256(f"{site}\n{account_id}".encode()).hexdigest()[:24]
    return platformdirs.user_cache_path("roots_nb", appauthor=False) / f"{name}.sqlite"


def forget_cache(site: str, account_id: str) -> None:
    """Delete what is cached for one account on one site."""
    path = cache_path(site, account_id)
    for leftover in (path, path.with_suffix(".generation"), *path.parent.glob(f"{path.name}-*")):
        leftover.unlink(missing_ok=True)


class Generation:
    """A mark on disk, shared by all processes, that is another one after every write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def current(self) -> str:
        with contextlib.suppress(OSError):
            return self._path.read_text("ascii")
        return ""

    def raise_(self) -> None:
        """Make everything that was cached until now unreadable; without a cache directory there is nothing to do."""
        temporary = self._path.with_suffix(f".{uuid.uuid4().hex}")
        with contextlib.suppress(OSError):
            _create_private(temporary)
            temporary.write_text(uuid.uuid4().hex, "ascii")
            os.replace(temporary, self._path)


def open_cache(path: Path, generation: Generation) -> requests_cache.CachedSession:
    """A session whose GET answers are kept in `path` for five minutes.

    Raises
    ------
    OSError
        If the directory or the file cannot be written; the caller goes on without a cache.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    try:
        return _open(path, generation)
    except sqlite3.DatabaseError:
        path.unlink()
        return _open(path, generation)


def _open(path: Path, generation: Generation) -> requests_cache.CachedSession:
    _create_private(path)
    session = requests_cache.CachedSession(
        str(path),
        backend="sqlite",
        serializer=_serializer(),
        wal=True,
        busy_timeout=5000,
        expire_after=LIFETIME_SECONDS,
        allowable_codes=(200,),
        allowable_methods=("GET",),
        key_fn=_key_function(generation),
        stale_if_error=False,
    )
    session.cache.delete(expired=True)
    return session


def _serializer() -> SerializerPipeline:
    """JSON with packed bodies: a year of worklogs costs megabytes instead of hundreds, and a tenth of the time."""
    stage = CattrStage(make_converter)
    stage.converter.register_unstructure_hook(bytes, _pack)
    stage.converter.register_structure_hook(bytes, lambda packed, _: _unpack(packed))
    return SerializerPipeline([stage, Stage(dumps=json.dumps, loads=json.loads)], name="json")


def _pack(body: bytes) -> str:
    return base64.b64encode(zlib.compress(body or b"", 1)).decode("ascii")


def _unpack(packed: str) -> bytes:
    """What cannot be read is a ValueError, which requests-cache takes for not there."""
    try:
        return zlib.decompress(base64.b64decode(packed))
    except zlib.error as error:
        raise ValueError(str(error)) from None


def _key_function(generation: Generation) -> Any:
    def key(request: requests.PreparedRequest, **_: object) -> str:
        return hashlib.sha256(f"{generation.current()}\n{request.method}\n{request.url}".encode()).hexdigest()

    return key


def _create_private(path: Path) -> None:
    """An existing file is kept but made private; O_RDWR tells at once whether it can be written."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)


def keep_no_more_than_needed(response: requests.Response, *_: object, **__: object) -> None:
    """A response hook: cookies, account names and `Vary` of what will be kept are not for the cache file."""
    if response.status_code == 200:
        kept = {name: value for name, value in response.headers.items() if name.title() in _KEPT_HEADERS}
        response.headers = CaseInsensitiveDict(kept)
        response.cookies.clear()
