"""Edits that were typed and not applied yet, kept on the disk for the editor after this kernel.

A file for each editor, account and period: a header line, then a line for each row that was edited, whose last line
counts. Nobody else writes to the file of a living editor, so nothing typed in one is lost to another. A torn last line
is what a crash leaves and is passed over; any other damage is told, and the file set aside. There is no secret in
it, but comments are, so only their owner can read it (`tests/sheet/test_unsent.py`).
"""

from __future__ import annotations

import json
import os
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from roots_nb.editing.cells import parse_time
from roots_nb.editing.change import FIELDS, Values
from roots_nb.editing.journal import account_key, state_folder
from roots_nb.editing.planner import SiteAccount
from roots_nb.errors import InvalidInput
from roots_nb.private_files import append_to_disk, cut_on_disk, open_private, private_folder, write_private

FORMAT = 1
_TOOL = version("roots-nb")
_TYPED = frozenset({"connection", "day", "start", "time_spent", "issue", "comment"})


@dataclass(frozen=True, slots=True)
class UnsentEdit:
    """What somebody wants of one row.

    Attributes
    ----------
    row : str
        The row's key in its sheet.
    connection, worklog_id : str
        "" where a new row has none yet.
    before : Values or None
        What the worklog said when it was edited; None for a new one.
    wanted : dict
        Field -> value, of those that shall be another.
    typed : dict
        Column -> text that is no value, or not yet.
    delete : bool
    """

    row: str
    connection: str
    worklog_id: str
    before: Values | None
    wanted: Mapping[str, object] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    delete: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether it is an edit that was taken back."""
        return not (self.wanted or self.typed or self.delete)

    def to_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "connection": self.connection,
            "worklog_id": self.worklog_id,
            "before": self.before and self.before.to_json(),
            "wanted": {name: _plain(value) for name, value in self.wanted.items()},
            "typed": dict(self.typed),
            "delete": self.delete,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> UnsentEdit:
        """Raises ValueError and the like for what `to_json` has not made."""
        before = _values(told["before"]) if told["before"] else None
        wanted = {name: _value(name, value) for name, value in told["wanted"].items()}
        texts, typed = (told["row"], told["connection"], told["worklog_id"]), dict(told["typed"])
        is_text = all(isinstance(text, str) for text in (*texts, *typed.values()))
        if not (
            is_text and typed.keys() <= _TYPED and wanted.keys() <= set(FIELDS) and told["delete"] in (True, False)
        ):
            raise ValueError("not an unsent edit")
        return cls(*texts, before, wanted, typed, bool(told["delete"]))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return value // timedelta(seconds=1) if isinstance(value, timedelta) else value


def _values(told: Mapping[str, Any]) -> Values:
    return Values(*(_value(name, told["seconds" if name == "time_spent" else name]) for name in FIELDS))


def _value(name: str, told: Any) -> Any:
    if name == "time_spent":
        return timedelta(seconds=told)
    if not isinstance(told, str):
        raise ValueError(f"{name} is no text")
    return parse_time(told, None) if name == "started" else told


@dataclass(frozen=True, slots=True)
class FoundEdits:
    """What earlier editors left: edits, when the last was made (aware; None = there are none), what is wrong."""

    edits: Sequence[UnsentEdit] = ()
    at: datetime | None = None
    problems: Sequence[str] = ()


class UnsentEdits:
    """The edits of one editor on the disk, and those that earlier editors of the same accounts and period left.

    Parameters
    ----------
    accounts : dict
        Connection -> whose worklogs they are.
    first, last : datetime.date
        The period, both included.
    """

    def __init__(self, accounts: Mapping[str, SiteAccount], first: date, last: date) -> None:
        self._names = {account_key(each.site, each.account_id): name for name, each in accounts.items()}
        self._keys = {name: key for key, name in self._names.items()}
        self._period = f"{first}..{last}"
        self._editor = _new_editor()
        self._earlier: list[Path] = []

    def find(self) -> FoundEdits:
        """Read what earlier editors left. Never raises: what cannot be read is told, and set aside as `*.damaged`."""
        found: list[_Told] = []
        problems: list[str] = []
        for path in self._others():
            try:
                found += _read(path, self._names[path.name[:16]])
            except InvalidInput as newer:
                problems.append(str(newer))
            except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
                problems.append(_set_aside(path))
            else:
                self._earlier.append(path)
        found.sort(key=lambda told: told.at)
        edits = {told.edit.row: told.edit for told in found}
        return FoundEdits(list(edits.values()), found[-1].at if found else None, problems)

    def note(self, edits: Iterable[UnsentEdit]) -> None:
        """Add what rows say now; on return it is on the disk. Raises OSError."""
        for path, lines in self._by_file(edits).items():
            private_folder(path.parent)
            descriptor = open_private(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                _append(descriptor, lines)
            finally:
                os.close(descriptor)

    def keep(self, edits: Iterable[UnsentEdit]) -> None:
        """Have these and no others; without any there is no file. Raises OSError."""
        files = self._by_file(edits)
        for path in map(self._path, self._names):
            if path not in files:
                path.unlink(missing_ok=True)
        for path, lines in files.items():
            private_folder(path.parent)
            write_private(path, _header() + lines)

    def forget_earlier(self, *, but: Iterable[UnsentEdit] = ()) -> None:
        """Delete what `find` has read, once it is restored or discarded; `but` these stay for the next editor.

        Raises OSError.
        """
        nobody = copy(self)
        nobody._editor = _new_editor()
        nobody.keep(but)
        while self._earlier:
            self._earlier[-1].unlink(missing_ok=True)
            self._earlier.pop()

    def _path(self, key: str) -> Path:
        return state_folder("unsent") / f"{key}.{self._period}.{self._editor}.jsonl"

    def _others(self) -> list[Path]:
        folder = state_folder("unsent")
        found = (path for key in self._names for path in folder.glob(f"{key}.{self._period}.*.jsonl"))
        return sorted(path for path in found if path != self._path(path.name[:16]))

    def _by_file(self, edits: Iterable[UnsentEdit]) -> dict[Path, bytes]:
        """Lines for each account's file; those of rows without a connection go to the first."""
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        lines: dict[str, list[bytes]] = defaultdict(list)
        for edit in edits:
            own = self._keys.get(edit.connection, next(iter(self._names)))
            lines[own].append(_line(at, edit))
            for key in self._names if not edit.worklog_id else ():
                if key != own and self._path(key).exists():  # a new row may have been another account's before
                    lines[key].append(_line(at, UnsentEdit(edit.row, "", "", None)))
        return {self._path(key): b"".join(each) for key, each in lines.items()}


class _Told(NamedTuple):
    at: datetime
    edit: UnsentEdit


def _new_editor() -> str:
    return uuid.uuid4().hex[:12]


def _line(at: str, edit: UnsentEdit) -> bytes:
    return json.dumps({"at": at, **edit.to_json()}).encode("ascii") + b"\n"


def _header() -> bytes:
    return json.dumps({"format": FORMAT, "tool": _TOOL}).encode("ascii") + b"\n"


def _append(descriptor: int, lines: bytes) -> None:
    """All of it or nothing: half a line would spoil the next."""
    size = os.fstat(descriptor).st_size
    try:
        append_to_disk(descriptor, lines if size else _header() + lines)
    except OSError:
        cut_on_disk(descriptor, size)
        raise


def _read(path: Path, connection: str) -> list[_Told]:
    """The last word on each row that is edited; ValueError and the like for a damaged file."""
    *lines, _torn = path.read_bytes().split(b"\n")
    if not lines:
        return []
    header = json.loads(lines[0])
    if header["format"] > FORMAT:
        raise InvalidInput(
            f"Unsent edits were kept by a newer version of roots_nb ({header['tool']}) and cannot be read: {path}.",
            advice="Update roots_nb in this environment.",
        )
    last: dict[str, _Told] = {}
    for line in map(json.loads, lines[1:]):
        edit = UnsentEdit.from_json(line)
        named = replace(edit, connection=connection) if edit.connection else edit
        last[edit.row] = _Told(parse_time(line["at"], None), named)
    return [told for told in last.values() if not told.edit.is_empty]


def _set_aside(path: Path) -> str:
    aside = path.with_suffix(".damaged")
    try:
        path.replace(aside)
    except OSError:
        return f"Unsent edits of an earlier session cannot be read: {path}."
    return f"Unsent edits of an earlier session are damaged and cannot be restored. They were set aside as {aside}."
