"""Judges what was edited: each edit and each draft becomes a change, or a problem with its row and column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple

import pandas as pd

from roots_nb.editing.cells import BadCell, check_value, is_missing, parse_cell, read_delete, with_offset
from roots_nb.editing.change import FIELDS, Action, Change, Values, operation_id
from roots_nb.editing.comparison import IDENTITY, Comparison, Draft, Edit
from roots_nb.editing.image import plain_comment
from roots_nb.errors import Problem
from roots_nb.worklogs import COLUMNS

LONG_DAY = timedelta(hours=10)
MUCH_MORE = 4
READ_ONLY = tuple(name for name in COLUMNS if name not in (*IDENTITY, *FIELDS))


class SiteAccount(NamedTuple):
    """Whose worklogs a connection's are: the site's address, the account's id and its display name ("" = unknown)."""

    site: str
    account_id: str
    name: str


class Planner:
    """Goes through a comparison once, and collects problems instead of stopping at the first.

    Parameters
    ----------
    comparison : Comparison
    after : DataFrame
        The edited frame, for the labels and cells that problems name.
    zone : tzinfo
        In which naive times count.
    accounts : dict
        Connection -> whose worklogs can be changed.
    """

    def __init__(
        self, comparison: Comparison, after: pd.DataFrame, zone: tzinfo, accounts: Mapping[str, SiteAccount]
    ) -> None:
        self._comparison, self._after = comparison, after
        self._zone, self._accounts = zone, accounts
        self._now = datetime.now(UTC)
        self._problems: list[tuple[int, Problem]] = []

    @property
    def problems(self) -> list[Problem]:
        """In the order of the edited frame."""
        return [problem for _, problem in sorted(self._problems, key=lambda found: found[0])]

    def changes(self, *, allow_twins: bool) -> tuple[Change, ...]:
        """Oldest worklog first; those of rows with problems may be missing."""
        self._refuse_strangers()
        planned = dict(self._edits())
        planned |= self._drafts()
        self._refuse_second_names(planned)
        if not allow_twins:
            self._refuse_twins(planned)
        return tuple(sorted(planned.values(), key=_age))

    def _edits(self) -> Iterator[tuple[int, Change]]:
        for edit in self._comparison.edits():
            if change := self._edit(edit):
                yield edit.position, change

    def _drafts(self) -> Iterator[tuple[int, Change]]:
        twins: Counter[tuple[SiteAccount, Values]] = Counter()
        for draft in self._comparison.drafts():
            account, after = self._draft(draft)
            if account and after:
                op_id = operation_id(account.site, account.account_id, "", after, twins[account, after])
                twins[account, after] += 1
                site = account.site, account.account_id
                yield draft.position, Change(op_id, "create", draft.connection, *site, "", None, after, None)

    def _draft(self, draft: Draft) -> tuple[SiteAccount | None, Values | None]:
        if self._is_deleted(draft):
            return None, None
        cells = {**dict.fromkeys(FIELDS), **draft.cells}
        if is_missing(cells["comment"]):
            cells["comment"] = ""
        return self._account(draft.position), self._values(draft.position, cells, None)

    def _edit(self, edit: Edit) -> Change | None:
        before = _loaded_values(edit.loaded)
        if self._is_deleted(edit):
            return self._change(edit, before, None)
        self._refuse_read_only(edit)
        after = self._values(edit.position, edit.cells, before)
        return None if after in (None, before) else self._change(edit, before, after)

    def _change(self, edit: Edit, before: Values, after: Values | None) -> Change | None:
        loaded = edit.loaded
        account = self._account(edit.position)
        if account is None:
            return None
        if loaded.author_id != account.account_id:
            self._refuse(
                edit.position, "author_id", f"{loaded.author} wrote it; only your own worklogs can be changed."
            )
            return None
        action: Action = "delete" if after is None else "move" if after.issue != before.issue else "update"
        site = account.site, account.account_id
        op_id = operation_id(*site, loaded.worklog_id, after)
        updated = loaded.updated.to_pydatetime()
        return Change(op_id, action, loaded.connection, *site, loaded.worklog_id, before, after, updated)

    def _account(self, position: int) -> SiteAccount | None:
        name = self._comparison.connection(position)
        if name not in self._accounts:
            known = ", ".join(map(repr, self._accounts))
            self._refuse(position, "connection", f"The loaded frame is of {known or 'no connection'} only.")
        return self._accounts.get(name)

    def _is_deleted(self, row: Edit | Draft) -> bool:
        try:
            return read_delete(row.cells.get("delete"))
        except BadCell as bad:
            self._refuse(row.position, "delete", str(bad))
            return False

    def _values(self, position: int, cells: Mapping[str, object], before: Values | None) -> Values | None:
        """What a row shall say: its cells, and for the rest what it said. None if a cell cannot be used."""
        read: dict[str, Any] = {
            name: self._read(position, name, cells[name], before) if name in cells else getattr(before, name)
            for name in FIELDS
        }
        return None if any(value is None for value in read.values()) else Values(**read)

    def _read(self, position: int, column: str, cell: object, before: Values | None) -> object:
        """A cell's value. One that is as it was is not judged: what was odd may stay."""
        try:
            value = parse_cell(column, cell, self._zone)
            if value != getattr(before, column, None):
                check_value(column, value, self._now)
        except BadCell as bad:
            self._refuse(position, column, str(bad))
            return None
        return value

    def _refuse(self, position: int, column: str, reason: str) -> None:
        value = self._after[column].iloc[position] if column in self._after else None
        self._problems.append((position, Problem(self._after.index[position], column, value, reason)))

    def _refuse_strangers(self) -> None:
        for position in self._comparison.strangers:
            if self._account(position):
                reason = "This worklog is not in the loaded frame. For a new one leave worklog_id empty."
                self._refuse(position, "worklog_id", reason)
        for position in self._comparison.doubles:
            self._refuse(position, "worklog_id", "This worklog has another row already.")

    def _refuse_read_only(self, edit: Edit) -> None:
        for name in READ_ONLY:
            if name in edit.cells and not self._says(name, edit.cells[name], getattr(edit.loaded, name)):
                self._refuse(edit.position, name, "This column is Jira's; it cannot be changed here.")

    def _says(self, column: str, cell: object, loaded: object) -> bool:
        try:
            said, was = (parse_cell(column, each, self._zone) for each in (cell, loaded))
        except BadCell:
            return False
        return said == was

    def _refuse_second_names(self, planned: Mapping[int, Change]) -> None:
        """One worklog under the names of two connections would be changed twice."""
        seen: set[tuple[str, str]] = set()
        for position, change in planned.items():
            if change.worklog_id and (change.site, change.worklog_id) in seen:
                self._refuse(position, "worklog_id", "Another row changes the same worklog, under another connection.")
            seen.add((change.site, change.worklog_id))

    def _refuse_twins(self, planned: Mapping[int, Change]) -> None:
        looks = {look_of(change) for change in planned.values() if change.action in ("update", "move")}
        for position, change in planned.items():
            if change.action == "create":
                if look_of(change) in looks:
                    self._refuse(position, "started", "It equals another row. To have both, pass allow_twins=True.")
                looks.add(look_of(change))


def look_of(change: Change) -> tuple[object, ...]:
    """What two worklogs have in common that nobody can tell apart: account, issue, minute, time spent, comment."""
    assert change.after is not None
    return _look(change.site, change.account_id, change.after)


def _look(site: str, account_id: str, values: Values) -> tuple[object, ...]:
    minute = values.started.timestamp() // 60
    return site, account_id, values.issue, minute, values.time_spent, plain_comment(values.comment)


def warnings_of(changes: Sequence[Change], loaded: pd.DataFrame, accounts: Mapping[str, SiteAccount]) -> dict[str, str]:
    """`op_id` -> why a change deserves a second look, for those that do."""
    standing = _standing(changes, loaded, accounts)
    found = ((change.op_id, _warning(change, standing)) for change in changes)
    return {op_id: warning for op_id, warning in found if warning}


def _warning(change: Change, standing: set[tuple[object, ...]]) -> str:
    if change.after is None:
        return ""
    was = change.before.time_spent if change.before else timedelta()
    much = (
        f"more than {MUCH_MORE} times the time before"
        if change.after.time_spent > MUCH_MORE * was > timedelta()
        else ""
    )
    long = f"more than {LONG_DAY // timedelta(hours=1)} hours" if change.after.time_spent > LONG_DAY else ""
    stands = "stands already" if change.action == "create" and look_of(change) in standing else ""
    return ", ".join(filter(None, [stands, long, much]))


def _standing(
    changes: Sequence[Change], loaded: pd.DataFrame, accounts: Mapping[str, SiteAccount]
) -> set[tuple[object, ...]]:
    """How my worklogs look that stay as they are, on the issues that get new ones."""
    keys = {change.issue for change in changes if change.action == "create"}
    touched = {(change.connection, change.worklog_id) for change in changes}
    looks = set()
    row: Any
    for row in loaded[loaded["issue"].isin(keys)].itertuples():
        account = accounts.get(row.connection)
        if account and account.account_id == row.author_id and (row.connection, row.worklog_id) not in touched:
            looks.add(_look(account.site, account.account_id, _loaded_values(row)))
    return looks


def _loaded_values(row: Any) -> Values:
    started = with_offset(row.started.to_pydatetime(), row.started.tz)
    return Values(row.issue, started, row.time_spent.to_pytimedelta(), row.comment)


def _age(change: Change) -> tuple[object, ...]:
    values = change.before or change.after
    assert values is not None
    return values.started, change.connection, change.worklog_id, change.op_id
