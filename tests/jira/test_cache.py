"""What is kept of Jira's answers: private, per account, never longer than true."""

from __future__ import annotations

import os
import pickle
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from requests_cache.backends.base import BaseCache

from roots_nb import errors
from roots_nb.connections.secrets import Secret
from roots_nb.jira import cache
from roots_nb.jira.http import Http, auth_for
from tests.faults.fault import Answer
from tests.systems import needs_modes
from tests.world import TOKEN, World

PATH = "/rest/api/2/myself"


def http_to(world: World) -> Http:
    return Http(world.connection, auth_for(world.connection, Secret(TOKEN)))


def cache_files() -> list[Path]:
    home = Path(os.environ["HOME"])
    return [path for path in home.rglob("*") if path.is_file()]


@needs_modes
def test_cache_is_private_and_without_secrets(world: World) -> None:
    """Files 0600 in a folder 0700, no token, no header of authorisation."""
    http = http_to(world)
    http.use_cache("5:ann")
    assert http.read(PATH, cached=True).cached_since is None
    assert http.read(PATH, cached=True).cached_since is not None
    assert len(world.log.requests) == 1
    files = cache_files()
    assert files
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert TOKEN.encode() not in path.read_bytes()
        assert b"Basic " not in path.read_bytes()


def test_accounts_do_not_share_a_cache(world: World) -> None:
    """What Ann read is not an answer to Bob."""
    for account in ("5:ann", "5:bob"):
        http = http_to(world)
        http.use_cache(account)
        assert http.read(PATH, cached=True).cached_since is None
    assert len(world.log.requests) == 2


def test_write_makes_the_cache_of_every_process_old(world: World) -> None:
    """A second session of the same account, as in another kernel, does not read what was cached before."""
    world.add_issues(1)
    one, other = http_to(world), http_to(world)
    for http in (one, other):
        http.use_cache("5:ann")
    one.read(PATH, cached=True)
    assert other.read(PATH, cached=True).cached_since is not None
    with pytest.raises(errors.JiraError):
        one.write("POST", "/rest/api/2/issue/APP-9/worklog", {}, {"timeSpentSeconds": 60})
    assert other.read(PATH, cached=True).cached_since is None


def test_errors_and_broken_answers_are_not_cached(world: World) -> None:
    """Nor is an old answer given in the place of a new error."""
    http = http_to(world)
    http.use_cache("5:ann")
    http.read(PATH, cached=True)
    world.faults.when(lambda request: True, Answer(status=404, body={"errorMessages": ["gone"]}))
    with pytest.raises(errors.NotFound):
        http.read(PATH, cached=True, refresh=True)
    world.faults.when(lambda request: True, Answer(status=403, body={"errorMessages": ["no"]}))
    with pytest.raises(errors.Forbidden):
        http.read("/rest/api/2/field", cached=True)
    assert http.read("/rest/api/2/field", cached=True).cached_since is None


@pytest.mark.parametrize("rubbish", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_corrupt_cache_file_is_replaced(world: World, rubbish: bytes) -> None:
    """Five minutes of convenience are not worth an error."""
    http = http_to(world)
    http.use_cache("5:ann")
    (path,) = [each for each in cache_files() if each.suffix == ".sqlite"]
    http.close()
    for each in path.parent.glob("*.sqlite*"):
        each.unlink()
    path.write_bytes(rubbish)
    again = http_to(world)
    again.use_cache("5:ann")
    again.read(PATH, cached=True)
    assert again.read(PATH, cached=True).cached_since is not None
    assert again.cache_problem == ""


def test_cache_that_breaks_during_a_load_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The load goes on without it and says so."""
    http = http_to(world)
    http.use_cache("5:ann")

    def broken(*_: object, **__: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(BaseCache, "get_response", broken)
    assert http.read(PATH, cached=True).body["displayName"] == "Ann"
    assert "malformed" in http.cache_problem


def test_unusable_cache_directory_costs_only_the_cache(world: World, fresh_home: Path) -> None:
    """A file where the folder should be: reading goes on, uncached, and the reason is kept."""
    (fresh_home / ".cache").write_text("not a folder")
    http = http_to(world)
    http.use_cache("5:ann")
    assert http.read(PATH, cached=True).body["displayName"] == "Ann"
    assert http.read(PATH, cached=True).cached_since is None
    assert "cannot be used" in http.cache_problem


def test_planted_pickle_in_the_cache_is_not_executed(world: World, fresh_home: Path) -> None:
    """requests-cache's default would run whatever lies in its file."""
    http = http_to(world)
    http.use_cache("5:ann")
    http.read(PATH, cached=True)
    (path,) = [each for each in cache_files() if each.suffix == ".sqlite"]
    mark = fresh_home / "executed"

    class Trap:
        def __reduce__(self) -> object:
            return (mark.write_text, ("executed",))

    connection = sqlite3.connect(path)
    connection.execute("UPDATE responses SET value = ?", (pickle.dumps(Trap()),))
    connection.commit()
    connection.close()
    assert http.read(PATH, cached=True).body["displayName"] == "Ann"
    assert not mark.exists()


def test_concurrent_reads_of_a_cached_session_are_all_answered(world: World) -> None:
    """SQLite, threads and one session."""
    http = http_to(world)
    http.use_cache("5:ann")
    barrier = threading.Barrier(16)

    def read(n: int) -> str:
        barrier.wait()
        return str(http.read(PATH, {"n": n % 4}, cached=True).body["displayName"])

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(read, range(16))) == ["Ann"] * 16


def test_old_answer_never_stands_in_for_an_error(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An expired entry and a site that fails: the error is told."""
    monkeypatch.setattr(cache, "LIFETIME_SECONDS", 0)
    http = http_to(world)
    http.use_cache("5:ann")
    http.read(PATH, cached=True)
    world.faults.when(lambda request: True, Answer(status=500), times=None)
    with pytest.raises(errors.ServerError):
        http.read(PATH, cached=True)


def test_generation_that_cannot_be_raised_ends_the_cache(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full at a write: what was cached before must not be read by anybody."""
    world.add_issues(1)
    http = http_to(world)
    http.use_cache("5:ann")
    http.read(PATH, cached=True)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "replace", full)
    with pytest.raises(errors.JiraError):
        http.write("POST", "/rest/api/2/issue/APP-9/worklog", {}, {"timeSpentSeconds": 60})
    assert http.read(PATH, cached=True).cached_since is None
    assert "No space left" in http.cache_problem
    assert [
        path.name for path in cache_files() if path.suffix not in (".generation", ".sqlite-wal", ".sqlite-shm")
    ] == []


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_cache_that_somebody_holds_is_left(world: World, lock: str) -> None:
    """It is a convenience: nobody waits for it longer than a second, and its file is not deleted."""
    first = http_to(world)
    first.use_cache("5:ann")
    first.read(PATH, cached=True)
    (path,) = [each for each in cache_files() if each.suffix == ".sqlite"]
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute(f"BEGIN {lock}")
    second = http_to(world)
    second.use_cache("5:ann")
    assert second.read(PATH, cached=True).body["displayName"] == "Ann"
    assert "locked" in second.cache_problem
    assert path.exists()
    holder.close()
