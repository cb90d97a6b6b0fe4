"""The journal of a run: what was planned, what was about to be sent and what came of it, on the disk before we go on.

One file per run, site and account. Its first line, the header, names the format and the tool's version; the
operations follow, then one line a step, each with its number and a checksum. Header and operations are there before
anything is sent, or there is no file at all. A crash while a step is written leaves a torn last line, which the next
`Journal.open` cuts off; any other damage is told and left as it is. Text is kept as JSON escapes, so every text
survives, half a surrogate pair as well. `tests/editing/test_journal.py` cuts and flips every byte.

An older version refuses a newer format; a newer one reads all older ones, each recorded in `tests/editing/journals`.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import platformdirs

from roots_nb.errors import InvalidInput, JournalUnusable
from roots_nb.private_files import append_to_disk, cut_on_disk, open_private, private_folder, write_private

FORMAT = 1
_TOOL = version("roots-nb")

_put = append_to_disk  # the only way a step gets to the disk

_RUN = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
_NAME = re.compile(rf"({_RUN.pattern})\.[0-9a-f]{{16}}\.jsonl")
_CHECKSUM = re.compile(rb', "crc": "([0-9a-f]{8})"}')
_NOT_SENT = "Free some space or mend the permissions there and apply again. Nothing was sent."
_NOT_ON = "Free some space or mend the permissions there, then resume the run. Nothing more was sent."
_LEFT = "It was left as it is. Look in Jira what became of its worklogs, then move the file to another folder."

_Record = dict[str, Any]


def account_key(site: str, account_id: str) -> str:
    """What the files of one account on one site are named by: 16 hex digits."""
    return hashlib.sha256(f"{site}\n{account_id}".encode()).hexdigest()[:16]


def state_folder(name: str) -> Path:
    """A folder in the user's state directory of the moment; it need not exist."""
    return platformdirs.user_state_path("roots_nb", appauthor=False) / name


def journal_path(run: str, site: str, account_id: str) -> Path:
    """Where the journal of a run for one account is; it need not exist.

    Raises
    ------
    InvalidInput
        `run` is not letters, digits, "-" and "_".
    """
    if not _RUN.fullmatch(run):
        raise InvalidInput(f"{run!r} is not the name of a run.", advice="roots_nb.runs() lists them.")
    return state_folder("runs") / f"{run}.{account_key(site, account_id)}.jsonl"


def run_and_account(path: Path) -> tuple[str, str]:
    """The run and the `account_key` that a journal is of, by the file's name."""
    run, key = path.stem.split(".")
    return run, key


def journal_paths(run: str | None = None) -> list[Path]:
    """The journals of one run, one a site and account, or of all runs; sorted by name, empty when there is none.

    Raises
    ------
    JournalUnusable
        The folder cannot be read.
    """
    folder = state_folder("runs")
    try:
        found = {path: _NAME.fullmatch(path.name) for path in folder.iterdir()}
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unusable(folder, "read", error, "Mend the permissions there.") from None
    return sorted(path for path, name in found.items() if name and run in (None, name[1]))


class Journal:
    """The journal of one run for one account. Made by `create`, `open` or `read_journal`; ends with `close` or `with`.

    Everything in it is what JSON gives back: lists for tuples, text for keys.

    Attributes
    ----------
    path : Path
    header : Mapping
        At least run, site, account_id, format, tool (the version that wrote it) and at (UTC, ISO).
    operations : list of dict
        As planned.
    entries : list of dict
        The steps, oldest first: seq (its line, counted from 0 for the header), at (UTC, ISO), step, op ("" where it
        is about none) and the facts.
    """

    def __init__(self, path: Path, records: list[_Record], size: int, *, descriptor: int | None) -> None:
        self.path = path
        first = 1 + records[0]["operations"]
        self.header: Mapping[str, Any] = {n: records[0][n] for n in records[0] if n not in ("seq", "operations")}
        self.operations: list[_Record] = [record["operation"] for record in records[1:first]]
        self.entries = records[first:]
        self._size_bytes = size
        self._descriptor = descriptor
        self._refusal = None if descriptor is not None else JournalUnusable(f"{path} was opened to be read alone.")
        self._lock = threading.Lock()

    @classmethod
    def create(cls, header: Mapping[str, Any], operations: Sequence[Mapping[str, Any]]) -> Journal:
        """Begin the journal of a run.

        Parameters
        ----------
        header : Mapping
            At least `run`, `site` and `account_id`, as text. format, tool, at and operations (how many) are added.
        operations : sequence of Mapping
            What is planned; anything that JSON can hold.

        Raises
        ------
        JournalUnusable
            It cannot be written, or there is one already. No half of one is left; at the most, if the disk fails at
            the very end, a whole one without a step.
        """
        path = journal_path(header["run"], header["site"], header["account_id"])
        ours = {"format": FORMAT, "tool": _TOOL, "at": _now(), "operations": len(operations)}
        records: Iterable[_Record] = ({**header, **ours}, *({"operation": operation} for operation in operations))
        lines = [_line({"seq": seq, **record}) for seq, record in enumerate(records)]
        try:
            private_folder(path.parent)
            if path.exists():
                raise JournalUnusable(f"The run {header['run']} was begun already.", advice="Resume it, or plan anew.")
            write_private(path, b"".join(lines))
        except OSError as error:
            raise _unusable(path, "written", error, _NOT_SENT) from None
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> Journal:
        """Go on with a journal. A torn last line is cut off, in the file; nobody else may be writing to it.

        Raises
        ------
        JournalUnusable
            It cannot be read or written, is damaged elsewhere, or was written by a newer version. It is left as it is.
        """
        records, size = _read(path)
        try:
            descriptor = open_private(path, os.O_RDWR | os.O_APPEND)
            try:
                if os.fstat(descriptor).st_size > size:
                    cut_on_disk(descriptor, size)
            except OSError:
                os.close(descriptor)
                raise
        except OSError as error:
            raise _unusable(path, "written", error, _NOT_ON) from None
        return cls(path, records, size, descriptor=descriptor)

    def append(self, step: str, op: str = "", **facts: object) -> Mapping[str, Any]:
        """Add a step and return it as it will be read; on return it is on the disk. Any thread may call it.

        Raises
        ------
        JournalUnusable
            It cannot be written, as on a full disk. What was half written is cut off again where possible, and from
            then on every call raises this: the journal is to be opened anew.
        """
        with self._lock:
            if self._refusal is not None:
                raise self._refusal
            seq = 1 + len(self.operations) + len(self.entries)
            line = _line({"seq": seq, "at": _now(), "step": step, "op": op, **_checked(facts)})
            record = _record(line)
            assert record is not None
            # Stands if an interrupt comes between here and the end: what is on the disk is not known then.
            self._refusal = JournalUnusable(f"Writing to {self.path} was interrupted.", advice="Resume the run.")
            self._write(line)
            self.entries.append(record)
            self._size_bytes += len(line)
            self._refusal = None
            return record

    def _write(self, line: bytes) -> None:
        assert self._descriptor is not None
        try:
            _put(self._descriptor, line)
        except OSError as error:
            self._refusal = _unusable(self.path, "written", error, _NOT_ON)
            self._give_up(self._descriptor)
            raise self._refusal from None

    def _give_up(self, descriptor: int) -> None:
        try:
            cut_on_disk(descriptor, self._size_bytes)
        except OSError:
            pass  # the torn line is cut off when the journal is opened anew
        finally:
            self._close()

    def close(self) -> None:
        """End writing; a later `append` raises JournalUnusable. To close twice does nothing."""
        with self._lock:
            self._refusal = self._refusal or JournalUnusable(f"{self.path} is closed.", advice="Resume the run.")
            self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_journal(path: Path) -> Journal:
    """A journal to look at, which another process may be writing to. The file is never changed; `append` raises.

    Raises
    ------
    JournalUnusable
        It cannot be read, is damaged before its last line, or was written by a newer version.
    """
    records, size = _read(path)
    return Journal(path, records, size, descriptor=None)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _checked(facts: Mapping[str, object]) -> Mapping[str, object]:
    if taken := facts.keys() & {"seq", "at"}:
        raise TypeError(f"{sorted(taken)} are the journal's own.")
    return facts


def _line(record: Mapping[str, object]) -> bytes:
    text = json.dumps(record).encode()
    return text[:-1] + b', "crc": "%08x"}\n' % zlib.crc32(text)


def _record(line: bytes) -> _Record | None:
    """What `_line` was given, or None if this is not as it was written."""
    *_, checksum = [None, *_CHECKSUM.finditer(line)]
    if checksum is None or line[checksum.end() :] != b"\n":
        return None
    text = line[: checksum.start()] + b"}"
    if zlib.crc32(text) != int(checksum[1], 16):
        return None
    try:
        record: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _read(path: Path) -> tuple[list[_Record], int]:
    """All whole records and how many bytes they take."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unusable(path, "read", error, "Mend the permissions there, or move it to another folder.") from None
    records: list[_Record] = []
    size = 0
    for line in io.BytesIO(data):
        record = _record(line)
        if record is None and _is_torn(data[size:]):
            break
        if record is None or record.get("seq") != len(records):
            raise damaged(path, f"line {len(records) + 1} is not as it was written")
        if not records:
            _check_header(path, record)
        records.append(record)
        size += len(line)
    planned = records[1 : 1 + records[0]["operations"]] if records else []
    if not records or sum("operation" in record for record in planned) < records[0]["operations"]:
        raise damaged(path, "its beginning is incomplete")
    return records, size


def _is_torn(rest: bytes) -> bool:
    """Whether it can be the begin of one line; a whole line that others follow had been written and was changed."""
    whole = (rest[: checksum.end()] for checksum in _CHECKSUM.finditer(rest))
    return b"\n" not in rest[:-1] and not any(_record(line + b"\n") for line in whole if len(line) < len(rest))


def _check_header(path: Path, header: Mapping[str, Any]) -> None:
    told, count = header.get("format"), header.get("operations")
    if not isinstance(told, int) or not isinstance(count, int) or count < 0:
        raise damaged(path, "it does not begin as a journal does")
    if told > FORMAT:
        raise JournalUnusable(
            f"{path} was written by a newer version of roots_nb ({header.get('tool')}).",
            advice="Update roots_nb in this environment.",
        )


def damaged(path: Path, why: str) -> JournalUnusable:
    return JournalUnusable(f"{path} is damaged: {why}.", advice=_LEFT)


def _unusable(path: Path, done: str, error: OSError, advice: str) -> JournalUnusable:
    return JournalUnusable(f"{path} cannot be {done}: {error.strerror or type(error).__name__}.", advice=advice)
