"""One row of a sheet: what is loaded, what is wanted instead, and what was typed that is no value.

A cell that cannot be used keeps its text and the reason. Text that equals what the loaded value shows is that value
again, to the millisecond and the last unprintable character (`tests/sheet/test_sheet.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from roots_nb.connections.connection import name_key
from roots_nb.display import clean_text, one_line, shorten
from roots_nb.durations import format_duration
from roots_nb.editing.cells import BadCell, check_value, is_missing, parse_cell, with_offset
from roots_nb.editing.change import FIELDS, Values
from roots_nb.editing.dates import Clock, Dates
from roots_nb.editing.issue_links import key_of_link
from roots_nb.sheet.unsent import UnsentEdit

TITLES = {
    "connection": "Connection",
    "day": "Day",
    "start": "Start",
    "time_spent": "Time spent",
    "issue": "Issue",
    "summary": "Summary",
    "comment": "Comment",
    "delete": "Delete",
}
START_COLUMNS = ("day", "start")
MISSING = "It is missing."


@dataclass(frozen=True, slots=True)
class Site:
    """What rows need to know of their sheet: its dates, and the address of each connection."""

    dates: Dates
    urls: Mapping[str, str]


class SheetRow:
    """A row that changes.

    Attributes
    ----------
    key : str
    connection : str
        Its name; "" while a new row has none.
    worklog_id : str
        "" for a new row.
    loaded : Values or None
        None for a new row.
    wanted : dict
        Field -> value, of those that differ from what is loaded.
    typed : dict
        Column -> text that is no value, or not yet: a day whose start is still missing.
    problems : dict
        Column -> why its text cannot be used.
    refused : dict
        The same, found when the whole sheet was planned or Jira was asked; gone with the next edit of the row.
    conflicts : dict
        Field -> what it was when the row was edited, where Jira holds something else by now.
    delete : bool
    note : str
        How the row's last change ended, in a word or two; "" once it is edited again.
    """

    def __init__(
        self, key: str, site: Site, *, connection: str = "", worklog_id: str = "", loaded: Values | None = None
    ) -> None:
        self.key, self._site = key, site
        self.connection, self.worklog_id, self.loaded = connection, worklog_id, loaded
        self.wanted: dict[str, Any] = {}
        self.typed: dict[str, str] = {}
        self.problems: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.conflicts: dict[str, Any] = {}
        self.delete = False
        self.note = ""

    # What it says

    @property
    def is_edited(self) -> bool:
        return bool(self.wanted or self.typed or self.delete)

    @property
    def missing(self) -> list[str]:
        """Columns that a new row still needs."""
        if self.loaded is not None or not self.is_edited:
            return []
        needed = [name for name in ("day", "start", "time_spent", "issue") if not self.text(name)]
        return needed if self.connection or "connection" in self.typed else ["connection", *needed]

    @property
    def is_sound(self) -> bool:
        """Whether it can be planned, as far as the row itself tells."""
        return self.delete or not (self.problems or self.refused or self.missing)

    @property
    def gain(self) -> timedelta:
        """How much time it adds, as the plan counts; none while it is not sound."""
        if not self.is_sound or (self.delete and self.loaded is None):
            return timedelta()
        old = self.loaded.time_spent if self.loaded else timedelta()
        new: timedelta = timedelta() if self.delete else self.value("time_spent") or timedelta()
        return new - old

    @property
    def kind(self) -> str:
        """As what it counts: "changed", "new", "deleted", "problems" or "" (a new row that is left out)."""
        if self.delete:
            return "deleted" if self.loaded else ""
        if not self.is_sound:
            return "problems"
        return "changed" if self.loaded else "new"

    @property
    def sound(self) -> dict[str, Any]:
        """What is wanted and can be planned: field -> value."""
        bad = {_field(column) for column in self.problems}
        return {name: value for name, value in self.wanted.items() if name not in bad}

    def column_of(self, name: str) -> str:
        """In which column a problem with a column of the frame is shown."""
        if name == "started":
            return "start" if self.text("day") and "day" not in self.refused else "day"
        return name if name in TITLES else "issue"

    def value(self, name: str) -> Any:
        """What a field shall say; None where that is not known."""
        return self.wanted.get(name, getattr(self.loaded, name, None))

    def text(self, column: str) -> str:
        """What the row shows in a column but `summary` and `delete`."""
        if column in self.typed:
            return self.typed[column]
        if column == "connection":
            return self.connection
        return self._format(column, self.value(_field(column)))

    def _format(self, column: str, value: Any) -> str:
        if value is None:
            return ""
        if column == "day":
            return self._site.dates.format_day(value.date())
        if column == "start":
            return self._site.dates.format_clock(value)
        return format_duration(value) if column == "time_spent" else clean_text(value)

    def loaded_text(self, column: str) -> str:
        """What it showed when it was loaded; a new row showed nothing but its connection."""
        if column == "connection":
            return self.connection
        return self._format(column, getattr(self.loaded, _field(column), None))

    def conflict(self, name: str) -> str:
        """What happened to a field that is in conflict, as a sentence."""
        values = getattr(self.loaded, name), self.conflicts[name]
        now, then = (" ".join(self._format(column, value) for column in columns_of(name)) for value in values)
        return f"Jira has {_told(now)} now; it was {_told(then)} when you edited it."

    def describe(self) -> str:
        """Names the worklog as it was loaded, a new row as it is: such as "Mon 16 Nov 9:00 APP-7"."""
        text = self.loaded_text if self.loaded else self.text
        return one_line(" ".join(filter(None, map(text, ("day", "start", "issue"))))) or "The new row"

    # What is done to it

    def write(self, column: str, text: str | bool) -> None:
        """Take what somebody wrote into a cell."""
        self.refused, self.note = {}, ""
        self.conflicts.pop(_field(column), None)
        told = clean_text(str(text))
        if column == "delete":
            self.delete = text is True
        elif column == "connection":
            self._write_connection(told)
        elif column in START_COLUMNS:
            self._write_started({name: told if name == column else self.text(name) for name in START_COLUMNS})
        else:
            self._write_value(column, told)
        self.conflicts = {name: then for name, then in self.conflicts.items() if name in self._at_stake}

    def _write_value(self, column: str, text: str) -> None:
        self._forget(column)
        if text == self.loaded_text(column) or (self.loaded is None and not text.strip()):
            return
        try:
            if not text.strip() and column != "comment":
                raise BadCell(MISSING)
            told = key_of_link(text, self._site.urls.get(self.connection, "")) if column == "issue" else text
            self._want(column, parse_cell(column, told, self._site.dates.zone))
        except BadCell as bad:
            self._keep_text(column, text, bad)

    def _write_started(self, texts: Mapping[str, str]) -> None:
        kept, before = self._kept(texts), self.value("started")
        self._forget("started")
        if all(text == self.loaded_text(name) for name, text in texts.items()):
            return
        dates = self._site.dates
        clock: Clock | None = kept.get("start") or self._read_part("start", texts["start"], dates.parse_clock)
        day = (clock and clock.day) or kept.get("day") or self._read_part("day", texts["day"], dates.parse_day)
        if day is None or clock is None:
            self.typed |= {name: text for name, text in texts.items() if text or self.loaded}
            if day is not None:
                self.typed["day"] = dates.format_day(day)
        else:
            if "start" in kept and day == before.date():
                clock = Clock(before.time(), offset=before.utcoffset())
            self._set_started(day, clock, texts)

    def _set_started(self, day: date, clock: Clock, texts: Mapping[str, str]) -> None:
        column = "start"
        try:
            moment = self._site.dates.moment(day, clock)
            column = "day"
            self._want("started", moment)
        except BadCell as bad:
            self.typed |= texts
            self.problems[column] = str(bad)

    def _kept(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Day and clock of the present value where their texts are as they were: exact, and never read again."""
        started = self.value("started")
        if started is None or "day" in self.typed:
            return {}
        kept: dict[str, Any] = {}
        if texts["day"] == self.text("day"):
            kept["day"] = started.date()
        if texts["start"] == self.text("start"):
            kept["start"] = Clock(started.time())
        return kept

    def _read_part(self, column: str, text: str, parse: Callable[[str], Any]) -> Any:
        if not text.strip():
            if self.loaded is not None:
                self.problems[column] = MISSING
            return None
        try:
            return parse(text)
        except BadCell as bad:
            self.problems[column] = str(bad)
            return None

    def _write_connection(self, text: str) -> None:
        """The issue is judged anew: what was said of it was said by another Jira."""
        self._forget("connection")
        names = {name_key(name): name for name in self._site.urls}
        name = names.get(name_key(text))
        if self.loaded is None:
            self.connection = name or ""
            self._write_value("issue", self.text("issue"))
        if name is None and (text.strip() or self.loaded):
            self._keep_text("connection", text, BadCell(f"There is {' or '.join(self._site.urls)}."))
        elif self.loaded is not None and name != self.connection:
            reason = "A worklog stays where it is. Delete it here and add it there."
            self._keep_text("connection", text, BadCell(reason))

    def _want(self, name: str, value: Any) -> None:
        """Raises BadCell for a value that is new and that nobody can have meant."""
        if self.loaded is None or value != getattr(self.loaded, name):
            check_value(name, value, datetime.now(UTC))
            self.wanted[name] = value

    def _forget(self, name: str) -> None:
        for column in columns_of(name):
            self.typed.pop(column, None)
            self.problems.pop(column, None)
        self.wanted.pop(name, None)

    def _keep_text(self, column: str, text: str, why: BadCell) -> None:
        self.typed[column], self.problems[column] = text, str(why)

    def discard(self) -> None:
        """Be as loaded again."""
        for part in (self.wanted, self.typed, self.problems, self.refused, self.conflicts):
            part.clear()
        self.delete, self.note = False, ""

    def unsent(self) -> UnsentEdit:
        """What is wanted, as it can be kept and laid over another load."""
        before = self.loaded and replace(self.loaded, **self.conflicts)
        identity = self.key, self.connection, self.worklog_id
        return UnsentEdit(*identity, before, dict(self.wanted), dict(self.typed), self.delete)

    def take(self, name: str, cell: object) -> None:
        """Take a field's cell of an edited frame, of whatever type."""
        try:
            self._want(name, parse_cell(name, cell, self._site.dates.zone))
        except BadCell as bad:
            self._keep_texts(name, self._cell_texts(name, cell), bad)

    def _cell_texts(self, name: str, cell: object) -> Sequence[str]:
        if is_missing(cell):
            return [""] * len(columns_of(name))
        if name == "started" and isinstance(cell, datetime):
            local = cell.astimezone(self._site.dates.zone) if cell.tzinfo else cell
            return self._site.dates.format_day(local.date()), f"{local.hour}:{local:%M}"
        return ["", str(cell)][-len(columns_of(name)) :]

    def _keep_texts(self, name: str, texts: Sequence[str], why: BadCell) -> None:
        self.typed |= dict(zip(columns_of(name), texts, strict=True))
        self.problems[columns_of(name)[-1]] = str(why)

    def lay(self, edit: UnsentEdit) -> None:
        """Take an edit made over an older load; where this row was edited since, that stays."""
        own, told = self._mine, {_field(column) for column in edit.typed}
        for name, value in edit.wanted.items():
            if name not in own | told:
                self._lay_value(name, value)
        for name in told - own:
            if name == "started":
                self._write_started({column: edit.typed.get(column, "") for column in START_COLUMNS})
            else:
                self.write(name, edit.typed[name])
        self.delete |= edit.delete
        if edit.before is not None:
            then = {name: getattr(edit.before, name) for name in self._at_stake}
            self.conflicts |= {name: was for name, was in then.items() if was != getattr(self.loaded, name)}

    def _lay_value(self, name: str, value: Any) -> None:
        if name == "started":
            value = with_offset(value, self._site.dates.zone)
        try:
            self._want(name, value)
        except BadCell as bad:
            self._keep_texts(name, [self._format(column, value) for column in columns_of(name)], bad)

    @property
    def _mine(self) -> set[str]:
        """The fields that are edited."""
        return {_field(column) for column in self.typed} | self.wanted.keys()

    @property
    def _at_stake(self) -> set[str]:
        """The fields in which a difference is a conflict: of moves and deletes all, as when they are applied."""
        return set(FIELDS) & (set(FIELDS) if self.delete or "issue" in self.wanted else self._mine)


def _told(text: str) -> str:
    return shorten(text, 60) or "nothing"


def columns_of(name: str) -> tuple[str, ...]:
    """The columns that show a field."""
    return START_COLUMNS if name == "started" else (name,)


def _field(column: str) -> str:
    return "started" if column in START_COLUMNS else column
