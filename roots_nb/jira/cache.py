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
import time
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import requests
import requests_cache
from requests.structures import CaseInsensitiveDict
from requests_cache.backends.base import BaseCache
from requests_cache.backends.sqlite import SQLiteDict
from requests_cache.serializers import SerializerPipeline, Stage
from requests_cache.serializers.preconf import make_stage

from roots_nb.private_files import private_folder, touch_private

LIFETIME_SECONDS = 300
LONGEST_LOCK_MILLISECONDS = 1000
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
        """Make everything that was cached until now unreadable.

        Raises
        ------
        OSError
            The mark cannot be changed. The cache file is deleted then, as far as that is possible.
        """
        temporary = self._path.with_suffix(f".{uuid.uuid4().hex}")
        try:
            touch_private(temporary)
            temporary.write_text(uuid.uuid4().hex, "ascii")
            os.replace(temporary, self._path)
        except OSError:
            for useless in (temporary, self._path.with_suffix(".sqlite")):
                with contextlib.suppress(OSError):
                    useless.unlink(missing_ok=True)
            raise


def open_cache(path: Path, generation: Generation) -> requests_cache.CachedSession:
    """A session whose GET answers are kept in `path` for five minutes.

    Raises
    ------
    OSError, sqlite3.Error
        If the directory or the file cannot be used; the caller goes on without a cache.
    """
    private_folder(path.parent)
    try:
        return _open(path, generation)
    except sqlite3.OperationalError:
        raise  # locked by another process, or the disk is full: its file may be in use
    except sqlite3.DatabaseError:
        path.unlink()
        return _open(path, generation)


def _open(path: Path, generation: Generation) -> requests_cache.CachedSession:
    touch_private(path)  # tells at once whether it can be written
    storage = _Storage(
        path, table_name="responses", serializer=_serializer(), wal=True, busy_timeout=LONGEST_LOCK_MILLISECONDS
    )
    with storage.connection(commit=True) as database:
        database.execute("DELETE FROM responses WHERE expires <= ?", (time.time(),))
    backend = BaseCache()
    backend.responses = storage
    return requests_cache.CachedSession(
        backend=backend,
        expire_after=LIFETIME_SECONDS,
        allowable_codes=(200,),
        allowable_methods=("GET",),
        key_fn=_key_function(generation),
        stale_if_error=False,
    )


class _Storage(SQLiteDict):
    """Gives up on a lock that somebody else holds; requests-cache itself would try for ever."""

    @contextlib.contextmanager
    def _acquire_sqlite_lock(self) -> Iterator[None]:
        with self._lock:
            database = self._connection
            assert database is not None
            database.execute("BEGIN IMMEDIATE")
            self._active_transaction = True
            try:
                yield
                database.commit()
            except BaseException:
                database.rollback()
                raise
            finally:
                self._active_transaction = False


def _serializer() -> SerializerPipeline:
    """JSON with packed bodies: a year of worklogs costs megabytes instead of hundreds, and a tenth of the time."""
    stage = make_stage("cattr.preconf.json")
    # The validation in detail raises groups of errors, which requests-cache does not take for an unreadable entry.
    stage.converter.detailed_validation = False
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


def keep_no_more_than_needed(response: requests.Response, *_: object, **__: object) -> None:
    """A response hook: cookies, account names and `Vary` of what will be kept are not for the cache file."""
    if response.status_code == 200:
        kept = {name: value for name, value in response.headers.items() if name.title() in _KEPT_HEADERS}
        response.headers = CaseInsensitiveDict(kept)
        response.cookies.clear()
