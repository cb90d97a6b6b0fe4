"""Private files: nobody else reads them, and nobody ever sees half of one."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from filelock import Timeout

from roots_nb.private_files import (
    append_to_disk,
    cut_on_disk,
    open_private,
    private_folder,
    private_lock,
    write_private,
)
from tests.systems import needs_folder_fsync, needs_links, needs_modes


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return private_folder(tmp_path / "folder")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@needs_modes
def test_private_folder_is_closed_to_others(tmp_path: Path) -> None:
    """0700, as all above it that had to be made; or closed where it stood open."""
    assert mode(private_folder(tmp_path / "above" / "folder")) == 0o700
    assert mode(tmp_path / "above") == 0o700
    (tmp_path / "above" / "folder").chmod(0o755)
    assert mode(private_folder(tmp_path / "above" / "folder")) == 0o700


@needs_modes
def test_open_private_makes_a_file_private_and_keeps_what_is_in_it(tmp_path: Path) -> None:
    """0600 for a new file and for one that stood open."""
    path = tmp_path / "file"
    os.close(open_private(path, os.O_RDWR | os.O_CREAT))
    assert mode(path) == 0o600
    path.write_bytes(b"one\n")
    path.chmod(0o644)
    descriptor = open_private(path, os.O_RDWR | os.O_APPEND)
    os.write(descriptor, b"two\n")
    os.close(descriptor)
    assert (mode(path), path.read_bytes()) == (0o600, b"one\ntwo\n")


def test_open_private_leaves_no_descriptor_behind_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be made private is closed again."""
    opened: list[int] = []
    real_open = os.open
    monkeypatch.setattr(os, "open", lambda *given: opened.append(real_open(*given)) or opened[-1])
    (tmp_path / "file").touch()
    monkeypatch.setattr(Path, "chmod", refuse)
    with pytest.raises(OSError, match="refused"):
        open_private(tmp_path / "file", os.O_RDWR)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[-1])


def refuse(*_: object) -> None:
    raise OSError(errno.EPERM, "refused")


@needs_modes
def test_write_private_replaces_the_whole_file(folder: Path) -> None:
    """0600, with the new content alone and nothing beside it; line ends stay as they are."""
    path = folder / "file"
    for data in (b"a longer text\r\n", b"short\n"):
        write_private(path, data)
        assert (path.read_bytes(), mode(path), os.listdir(folder)) == (data, 0o600, ["file"])


def test_appended_data_is_on_the_disk_as_a_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written by one call, then synchronised; a part of it is a full disk, and can be cut off."""
    steps: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _: steps.append("fsync"))
    write_private(folder / "file", b"one\n")
    descriptor = open_private(folder / "file", os.O_RDWR | os.O_APPEND)
    steps.clear()
    append_to_disk(descriptor, b"two\n")
    assert ((folder / "file").read_bytes(), steps) == (b"one\ntwo\n", ["fsync"])
    real_write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda where, data: real_write(where, data[:2]))
        with pytest.raises(OSError, match="No space left"):
            append_to_disk(descriptor, b"three\n")
    cut_on_disk(descriptor, 8)
    os.close(descriptor)
    assert ((folder / "file").read_bytes(), steps) == (b"one\ntwo\n", ["fsync", "fsync"])


@needs_modes
def test_private_lock_is_held_by_one(folder: Path) -> None:
    """Its file is private like the others."""
    with private_lock(folder / "lock"):
        assert mode(folder / "lock") == 0o600
        with pytest.raises(Timeout):
            private_lock(folder / "lock").acquire(timeout=0)
    with private_lock(folder / "lock").acquire(timeout=0):
        pass


@needs_links
def test_write_private_keeps_a_link_a_link(folder: Path) -> None:
    """What is linked from elsewhere is changed there."""
    (folder / "link").symlink_to(folder / "target")
    write_private(folder / "link", b"new")
    assert (folder / "link").is_symlink()
    assert (folder / "target").read_bytes() == b"new"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_write_private_leaves_the_old_file_when_it_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A full disk costs the new content, not the old, and leaves no rest."""
    path = folder / "file"
    write_private(path, b"old")
    monkeypatch.setattr(os, step, refuse)
    with pytest.raises(OSError, match="refused"):
        write_private(path, b"new")
    assert (path.read_bytes(), os.listdir(folder)) == (b"old", ["file"])


@needs_folder_fsync
def test_write_private_is_on_the_disk_before_it_takes_the_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First the content is synchronised, then it is renamed, then the folder is synchronised."""
    steps: list[str] = []
    real_replace = os.replace

    def fsync(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

    def replace(*given: Path) -> None:
        steps.append("replace")
        real_replace(*given)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    write_private(folder / "file", b"new")
    assert steps == ["file", "replace", "folder"]


@needs_folder_fsync
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (errno.EINVAL, nullcontext()),
        (errno.ENOTSUP, nullcontext()),
        (errno.EIO, pytest.raises(OSError, match="broken")),
    ],
)
def test_folder_that_knows_no_fsync_is_no_failure(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: AbstractContextManager[object]
) -> None:
    """Some network file systems have no such thing; a disk that fails is told."""
    real_fsync = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, "broken")
        real_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with expected:
        write_private(folder / "file", b"new")
    assert (folder / "file").read_bytes() == b"new"
