"""Files for their owner's eyes alone, written whole or not at all: the one place for modes, locks, replacing and fsync.

On Linux and macOS folders are 0700 and files 0600 whatever the umask. Windows has no such modes: there the folder's
access list decides, and that of a user's profile lets in the user and administrators only. Windows replaces a file
unless another program has it open, which is an error then, and cannot fsync a folder, so a rename may be lost with
the power, never torn. Its locks are the system's as on the others, and end with their process; the file of one may be
gone once it is free. On macOS fsync leaves data in the drive's own cache. Guarded by `tests/test_private_files.py`;
nothing else in the package does any of it (`tests/test_layers.py`).
"""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from filelock import FileLock

_NOT_FOR_FOLDERS = (errno.EINVAL, errno.ENOTSUP)


def private_folder(path: Path) -> Path:
    """Make a folder, and those above it, that only its owner can enter; an existing one is closed to others.

    Raises
    ------
    OSError
        It cannot be made or is not ours.
    """
    if not path.parent.exists():
        private_folder(path.parent)  # mkdir's own `parents` knows no mode
    path.mkdir(mode=0o700, exist_ok=True)
    path.chmod(0o700)
    return path


def open_private(path: Path, flags: int) -> int:
    """A descriptor of a file of mode 0600, whether it was there before or is made by `os.O_CREAT` among `flags`.

    Bytes are written as they are, on Windows as well. The caller closes it. Raises OSError.
    """
    descriptor = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o600)
    try:
        path.chmod(0o600)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def touch_private(path: Path) -> None:
    """An empty file unless there is one; changed at this moment, by the file system's clock. Raises OSError."""
    os.close(open_private(path, os.O_RDWR | os.O_CREAT))
    os.utime(path)


def write_private(path: Path, data: bytes) -> None:
    """Replace a file as a whole: a reader, a crash or a power cut sees the old one or the new one, never a part.

    The folder must exist. Where `path` is a link, as dotfile managers make them, the link stays and its target is
    replaced. On return the data is on the disk.

    Raises
    ------
    OSError
        It cannot be written; the old file stands and nothing is left beside it. Only where the folder alone cannot be
        synchronised, the new one is in place already.
    """
    target = path.resolve()
    # mkstemp opens with 0600 whatever the umask.
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def append_to_disk(descriptor: int, data: bytes) -> None:
    """Write at the end of a file that was opened for it; on return the data is on the disk.

    Raises
    ------
    OSError
        It is not, or a part of it alone: `cut_on_disk` takes that away.
    """
    if os.write(descriptor, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)


def cut_on_disk(descriptor: int, size_bytes: int) -> None:
    """Leave only the begin of a file, on the disk as well. Raises OSError."""
    os.ftruncate(descriptor, size_bytes)
    os.fsync(descriptor)


def private_lock(path: Path) -> FileLock:
    """A lock of the operating system for one thread of one process; it is taken by `acquire` or `with`.

    The folder must exist. `filelock.Timeout` is raised where it is held by another for longer than `acquire` waits.
    """
    return FileLock(path, mode=0o600, thread_local=False)


def _sync_folder(folder: Path) -> None:
    """Only with it does a rename survive a power cut; some network file systems have no such thing."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_FOR_FOLDERS:
            raise
    finally:
        os.close(descriptor)
