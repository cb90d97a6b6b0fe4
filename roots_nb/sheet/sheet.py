"""An editable copy of a frame of worklogs: takes texts, tells what they mean, hands out the edited frame and its plan.

No edit costs more with more rows: what is counted is kept up to date, and frames are made when somebody asks
(`tests/sheet/test_sheet.py`). It knows no widget, and any thread may use it.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from roots_nb.editing.cells import is_missing, read_delete, read_name
from roots_nb.editing.change import FIELDS, Change
from roots_nb.editing.comparison import Comparison
from roots_nb.editing.plan import Plan, plan_changes
from roots_nb.editing.result import Result
from roots_nb.errors import InvalidChanges, Problem
from roots_nb.sheet.after_run import SAVED, done_by, left_over, notes_of, rows_planned, without
from roots_nb.sheet.frame import dates_of, draft_of, edited_frame, row_key, rows_of
from roots_nb.sheet.row import TITLES, SheetRow, Site, columns_of
from roots_nb.sheet.tally import Counts, Tally
from roots_nb.sheet.unsent import UnsentEdit
from roots_nb.sheet.view import RowView, view_of


class CellText(NamedTuple):
    """What somebody wrote into a cell: the row's key, one of the columns of `TITLES`, a text (of `delete` a bool)."""

    key: str
    column: str
    text: str | bool


class Sheet:
    """The rows of a frame and what is wanted of them.

    Parameters
    ----------
    worklogs : DataFrame
        Of `load_worklogs` or `concat_worklogs`; rows without a `worklog_id` are new ones. It is never changed.

    Attributes
    ----------
    dates : Dates
        Period and zone of the frame.
    accounts : dict
        Connection -> whose worklogs can be changed.

    Raises
    ------
    InvalidInput
        The frame is not one of ours, or does not say how it was loaded.
    InvalidChanges
        A cell of a new row that the sheet does not show cannot be used.
    """

    def __init__(self, worklogs: pd.DataFrame) -> None:
        self._lock = threading.RLock()
        basis = plan_changes(worklogs, worklogs[:0])
        self.accounts = basis.accounts
        self._only_connection = next(iter(self.accounts)) if len(self.accounts) == 1 else ""
        self.dates = dates_of(worklogs, basis.zone)
        self._site = Site(self.dates, {name: account.site for name, account in self.accounts.items()})
        self._summaries: dict[tuple[str, str], str] = {}
        self._unknown: dict[tuple[str, str], None] = {}
        self._new: dict[str, SheetRow] = {}
        self._planned: dict[str, str] = {}
        self._load(basis.worklogs)
        if len(basis.worklogs) < len(worklogs):
            self.take(worklogs)

    def _load(self, worklogs: pd.DataFrame) -> None:
        """Begin anew over these rows; new ones stay."""
        self._before = worklogs.reset_index(drop=True)
        self._loaded = {row.key: row for row in rows_of(worklogs, self._site)}
        self._positions = {key: n for n, key in enumerate(self._loaded)}
        issues = worklogs[["connection", "issue", "summary"]].drop_duplicates(["connection", "issue"])
        self._summaries |= {(name, key): summary for name, key, summary in issues.itertuples(index=False) if summary}
        self._tally = Tally()
        for row in self._new.values():
            self._tally.add(row)

    # What it says

    def __len__(self) -> int:
        """How many rows it has, new ones included."""
        with self._lock:
            return len(self._loaded) + len(self._new)

    @property
    def counts(self) -> Counts:
        with self._lock:
            return self._tally.counts

    def views(self, keys: Iterable[str] | None = None) -> list[RowView]:
        """How rows are shown, all without `keys`: the loaded ones in the frame's order, then the new ones."""
        with self._lock:
            rows = self._rows() if keys is None else map(self._row, dict.fromkeys(keys))
            return [self._view(row) for row in rows if row is not None]

    def _rows(self) -> list[SheetRow]:
        return [*self._loaded.values(), *self._new.values()]

    def _view(self, row: SheetRow) -> RowView:
        return view_of(row, self._summary(row))

    def _summary(self, row: SheetRow) -> str:
        return self._summaries.get((row.connection, row.value("issue")), "")

    def _row(self, key: str) -> SheetRow | None:
        return self._loaded.get(key) or self._new.get(key)

    def describe(self, key: str) -> str:
        """Names a row to a person, such as "Mon 16 Nov 9:00 APP-7"; "" when there is none."""
        with self._lock:
            row = self._row(key)
            return row.describe() if row else ""

    @property
    def edited(self) -> pd.DataFrame:
        """A copy of the frame as edited, with a boolean column `delete`; loaded rows in their order, then new ones.

        A cell that cannot be used is as it was loaded, in a new row missing. New rows that nobody wrote into are not
        in it. The index counts from 0.
        """
        with self._lock:
            return self._frame(self._drafts())

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """Key, column and reason of every cell that cannot be used; of deleted rows none are."""
        with self._lock:
            rows = [row for row in self._tally.rows.values() if not row.delete]
            found = ((row, {**row.refused, **row.problems}) for row in rows)
            return [(row.key, name, whys[name]) for row, whys in found for name in TITLES if name in whys]

    @property
    def conflicts(self) -> list[tuple[str, str, str]]:
        """Key, column and words, for all that is edited here and that Jira holds another value of by now."""
        with self._lock:
            rows = self._tally.rows.values()
            return [(row.key, columns_of(name)[0], row.conflict(name)) for row in rows for name in row.conflicts]

    @property
    def is_edited(self) -> bool:
        """Whether anything was written that is not taken back."""
        with self._lock:
            return bool(self._tally.rows)

    # What is done to it

    def write(self, edits: Iterable[CellText]) -> list[RowView]:
        """Take what was written into cells; returns the rows as they are then. Those that are gone are passed over."""
        with self._lock:
            touched: dict[str, SheetRow] = {}
            for key, column, text in edits:
                row = self._row(key)
                if row is not None:
                    touched[key] = row
                    with self._tally.changing(row):
                        row.write(column, text)
                    self._wonder(row)
            return [self._view(row) for row in touched.values()]

    def add(self, drafts: Iterable[Mapping[str, str]]) -> list[RowView]:
        """Add rows at the end, from texts by column; returns them."""
        with self._lock:
            added = []
            for draft in drafts:
                row = self._add_row()
                added.append(row.key)
                self.write(CellText(row.key, column, text) for column, text in draft.items() if text)
            return self.views(added)

    def _add_row(self, key: str = "") -> SheetRow:
        row = SheetRow(key or f"new-{uuid.uuid4().hex[:12]}", self._site, connection=self._only_connection)
        self._new[row.key] = row
        return row

    def remove(self, keys: Iterable[str]) -> list[str]:
        """Take new rows away; returns the keys of those that were there."""
        with self._lock:
            gone = [row for row in (self._new.get(key) for key in keys) if row is not None]
            self._discard(gone)
            for row in gone:
                del self._new[row.key]
            return [row.key for row in gone]

    def discard(self) -> None:
        """Be as loaded again, without new rows."""
        with self._lock:
            self.remove(list(self._new))
            self._planned.clear()
            self._discard(self._tally.rows.values())

    def _discard(self, rows: Iterable[SheetRow]) -> None:
        for row in list(rows):
            with self._tally.changing(row):
                row.discard()

    # Plan

    def plan(self, *, allow_twins: bool = False) -> Plan:
        """What turns the worklogs as loaded into the edited ones; as `plan_changes`, with the sheet's own problems.

        Raises
        ------
        InvalidChanges
            Some cells cannot be used. `problems` names rows as the index of `edited` does; `problems` of the sheet, and
            its rows, tell the same.
        """
        with self._lock:
            drafts = self._drafts()
            self._forget_refusals()
            found = list(self._own_problems(drafts))
            try:
                plan = plan_changes(self._before, self._frame(drafts), allow_twins=allow_twins)
            except InvalidChanges as invalid:
                found += self._refuse(invalid.problems, drafts)
            if found:
                raise InvalidChanges(sorted(found, key=lambda problem: str(problem.row).zfill(9)))
            self._planned |= rows_planned(plan.operations, drafts)
            return plan

    def _own_problems(self, drafts: Sequence[SheetRow]) -> Iterator[Problem]:
        positions = self._positions | {row.key: len(self._positions) + n for n, row in enumerate(drafts)}
        for key, column, reason in self.problems:
            yield Problem(positions[key], column, self._tally.rows[key].text(column), reason)

    def _forget_refusals(self) -> None:
        for row in list(self._tally.rows.values()):
            with self._tally.changing(row):
                row.refused = {}

    def _refuse(self, problems: Iterable[Problem], drafts: Sequence[SheetRow]) -> Iterator[Problem]:
        """Problems that only the plan sees, put on their rows; a cell that has one of its own is passed over."""
        rows = [*self._loaded.values(), *drafts]
        for problem in problems:
            row = rows[int(str(problem.row))]
            column = row.column_of(problem.column)
            if column not in row.problems:
                with self._tally.changing(row):
                    row.refused[column] = problem.reason
                yield Problem(problem.row, column, row.text(column), problem.reason)

    # Frames

    def _drafts(self) -> list[SheetRow]:
        return [row for row in self._new.values() if row.is_edited]

    def _frame(self, drafts: Sequence[SheetRow]) -> pd.DataFrame:
        rows = {self._positions[row.key]: row for row in self._tally.rows.values() if row.loaded}
        return edited_frame(self._before, rows, [draft_of(row, self._summary(row)) for row in drafts])

    def take(self, frame: pd.DataFrame) -> None:
        """Put a frame that was edited with pandas in the place of what is edited here.

        Rows that are not in it stay as they are; new rows are those of the frame.

        Raises
        ------
        InvalidChanges
            A cell cannot be used that the sheet does not show, such as a column that is Jira's. Nothing is taken.
        InvalidInput
            As `plan_changes`.
        """
        with self._lock:
            self._refuse_foreign(frame)
            comparison = Comparison(self._before, frame, self._only_connection)
            self._forget_rows(frame)
            for edit in comparison.edits():
                self._take_cells(self._loaded[row_key(edit.loaded.connection, edit.loaded.worklog_id)], edit.cells)
            for draft in comparison.drafts():
                row = self._add_row()
                row.connection = draft.connection
                self._take_cells(row, draft.cells)

    def _refuse_foreign(self, frame: pd.DataFrame) -> None:
        try:
            plan_changes(self._before, frame)
        except InvalidChanges as invalid:
            foreign = [problem for problem in invalid.problems if problem.column not in FIELDS]
            if foreign:
                raise InvalidChanges(foreign) from None

    def _forget_rows(self, frame: pd.DataFrame) -> None:
        """What is edited of the rows that are in the frame, and all new ones."""
        only = self._only_connection
        names = frame["connection"] if "connection" in frame else [only] * len(frame)
        keys = [row_key(read_name(n) or only, read_name(i)) for n, i in zip(names, frame["worklog_id"], strict=True)]
        self._discard(self._tally.rows[key] for key in keys if key in self._tally.rows)
        self.remove(list(self._new))

    def _take_cells(self, row: SheetRow, cells: Mapping[str, object]) -> None:
        with self._tally.changing(row):
            row.delete = read_delete(cells.get("delete"))
            for name in FIELDS:
                if name in cells and not (is_missing(cells[name]) and row.loaded is None):
                    row.take(name, cells[name])
        self._wonder(row)

    # Unsent edits

    def unsent(self, keys: Iterable[str] | None = None) -> list[UnsentEdit]:
        """What rows say, as it can be kept: of all that are edited, or of `keys`, whether they still are or not."""
        with self._lock:
            if keys is None:
                return [row.unsent() for row in self._rows() if row.is_edited]
            return [row.unsent() if (row := self._row(key)) else UnsentEdit(key, "", "", None) for key in keys]

    def lay_over(self, edits: Iterable[UnsentEdit]) -> list[UnsentEdit]:
        """Take edits that were made over an older load; what was edited here since stays.

        Where Jira holds something else than when an edit was made, its row is in conflict. Returns the edits whose
        worklog is not there any more.
        """
        with self._lock:
            lost = []
            for edit in edits:
                row = self._place_for(edit)
                if row is None:
                    lost.append(edit)
                else:
                    with self._tally.changing(row):
                        row.lay(edit)
                    self._wonder(row)
            return lost

    def _place_for(self, edit: UnsentEdit) -> SheetRow | None:
        if edit.worklog_id:
            return self._loaded.get(row_key(edit.connection, edit.worklog_id))
        row = self._new.get(edit.row) or self._add_row(edit.row)
        row.connection = edit.connection if edit.connection in self.accounts else row.connection
        return row

    def settle(self, result: Result) -> list[UnsentEdit]:
        """Take what a run has left in Jira as what is loaded; what it has not done stays edited.

        Returns the edits whose worklog is not there any more.
        """
        with self._lock:
            planned = {op_id: row for op_id, key in self._planned.items() if (row := self._row(key))}
            edits = left_over(self.unsent(), result, planned)
            for op_id in done_by(result):
                self._planned.pop(op_id, None)
            self._new = {}
            self._load(result.with_worklogs(self._before).worklogs)
            lost = self.lay_over(edits)
            for key, note in notes_of(result).items():
                row = self._loaded.get(key)
                if row is not None and not (row.is_edited and note == SAVED):
                    row.note = note
            return lost

    def give_up(self, changes: Iterable[Change]) -> list[RowView]:
        """Take back the edits that these changes were planned from; what was edited since stays. Returns their rows."""
        with self._lock:
            rows = {row_key(change.connection, change.worklog_id): change for change in changes if change.worklog_id}
            there = [(self._loaded[key], change) for key, change in rows.items() if key in self._loaded]
            for row, change in there:
                left = without(row.unsent(), change)
                with self._tally.changing(row):
                    row.discard()
                    row.lay(left)
            return [self._view(row) for row, _ in there]

    # Issues

    def unknown_issues(self) -> list[tuple[str, str]]:
        """Connection and key of issues that were typed and of which nobody knows the summary yet."""
        with self._lock:
            return list(self._unknown)

    def _wonder(self, row: SheetRow) -> None:
        """An issue that Jira had not when it was typed before may be there now."""
        issue = row.connection, row.wanted.get("issue", "")
        if all(issue) and "issue" not in row.problems and issue not in self._summaries:
            self._unknown[issue] = None

    def know_issue(self, connection: str, key: str, summary: str, problem: str = "") -> list[RowView]:
        """Take an issue's summary ("" = not to be had), or why it cannot be used; returns its rows."""
        with self._lock:
            issue = connection, key
            self._unknown.pop(issue, None)
            rows = [row for row in self._tally.rows.values() if (row.connection, row.wanted.get("issue")) == issue]
            if not problem:
                self._summaries[issue] = summary
            for row in rows if problem else ():
                with self._tally.changing(row):
                    row.problems["issue"] = problem
            return [self._view(row) for row in rows]
