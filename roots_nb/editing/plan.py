"""From two frames to a plan: every change, old to new, with nothing sent. Pure.

Rows are matched by connection and worklog id, whatever happened to order, index or columns. A row that is missing was
filtered, not deleted; deleting takes the column `delete`. Every cell that differs is judged before anything is planned,
and all problems are told at once (`tests/editing/test_plan.py`).
"""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from roots_nb.durations import format_duration
from roots_nb.editing import preview
from roots_nb.editing.cells import read_name
from roots_nb.editing.change import FIELDS, Change, Values
from roots_nb.editing.comparison import Comparison, loaded_rows
from roots_nb.editing.planner import Planner, SiteAccount, warnings_of
from roots_nb.errors import InvalidChanges, InvalidInput

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST_DELETES_UNASKED = 10
MOST_HOURS_REMOVED_UNASKED = 8
ISSUE_FACTS = ("summary", "project", "issue_type", "epic", "labels")


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """What would be changed; shows itself, and sends nothing. Made by `plan_changes` and `plan_undo`.

    Attributes
    ----------
    run : str
        Names what will be done with this plan; another one for each plan.
    operations : tuple of Change
        Oldest worklog first, whatever the order of the edited frame.
    zone : tzinfo
        Zone of the frame, in which days are counted.
    worklogs : DataFrame
        The frame as loaded, which the changes are made to.
    vanished : tuple of str
        Worklogs ("APP-7 10023") that are not in the edited frame any more. They are left alone.
    warnings : dict
        `op_id` -> why a change deserves a second look: over ten hours, more than four times the old value, or an equal
        worklog stands already.
    allow_twins : bool
        Whether new worklogs may equal existing ones.
    undoes : str
        The run that this plan undoes; "" = none.
    issues : dict
        (connection, issue key) -> summary, project, issue_type, epic and labels of the issues that are touched, as far
        as the frame knows them.
    accounts : dict
        Connection -> site, account id and display name.
    applying : threading.Lock
        Held while it is applied: two clicks are one.
    """

    run: str
    operations: tuple[Change, ...]
    zone: tzinfo
    worklogs: pd.DataFrame
    vanished: tuple[str, ...] = ()
    warnings: Mapping[str, str] = field(default_factory=dict)
    allow_twins: bool = False
    undoes: str = ""
    issues: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    accounts: Mapping[str, SiteAccount] = field(default_factory=dict)
    applying: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __len__(self) -> int:
        return len(self.operations)

    @property
    def changes(self) -> pd.DataFrame:
        """One row a change, in the order of `operations`.

        Columns: action ("create", "update", "move", "delete"), connection, worklog_id (str, missing for a new one),
        issue, issue_new, started, started_new (in the frame's zone), time_spent, time_spent_new, comment, comment_new,
        warning ("" = none), op_id. What was is missing for new worklogs, what shall be for deletes.
        """
        columns: dict[str, pd.Series[Any]] = {
            "action": _texts(change.action for change in self.operations),
            "connection": _texts(change.connection for change in self.operations),
            "worklog_id": _texts(change.worklog_id or None for change in self.operations),
        }
        for name in FIELDS:
            columns[name] = self._column(name, [change.before for change in self.operations])
            columns[f"{name}_new"] = self._column(name, [change.after for change in self.operations])
        columns["warning"] = _texts(self.warnings.get(change.op_id, "") for change in self.operations)
        columns["op_id"] = _texts(change.op_id for change in self.operations)
        return pd.DataFrame(columns)

    def _column(self, name: str, values: Iterable[Values | None]) -> pd.Series[Any]:
        said = [getattr(each, name, None) for each in values]
        if name == "started":
            return pd.to_datetime(pd.Series(said), utc=True).dt.tz_convert(self.zone).dt.as_unit("us")
        return pd.Series(said, dtype="timedelta64[us]") if name == "time_spent" else _texts(said)

    @cached_property
    def hours(self) -> pd.Series[pd.Timedelta]:
        """How much time each day gains or loses, by day in the frame's zone; days without a difference are left out."""
        gained: Counter[Any] = Counter()
        for change in self.operations:
            for values, sign in ((change.before, -1), (change.after, 1)):
                if values is not None:
                    day = values.started.astimezone(self.zone).date()
                    gained[day] += sign * (values.time_spent // timedelta(microseconds=1))
        days = sorted(day for day in gained if gained[day])
        microseconds = [gained[day] for day in days]
        return pd.Series(microseconds, index=days, dtype="timedelta64[us]", name="time_spent")

    @property
    def counts(self) -> dict[str, int]:
        """How many changes of each action there are; actions without any are left out."""
        return dict(Counter(change.action for change in self.operations))

    @property
    def confirmation(self) -> str:
        """What `apply_changes` wants to be told before it starts, such as "delete 12"; "" for an everyday plan.

        Asked for more than ten deletes, deletes of more than half of the loaded worklogs (not if the plan undoes
        something), or more than eight hours less in all.
        """
        deletes = self.counts.get("delete", 0)
        removed = -pd.Timedelta(self.hours.sum())
        most = not self.undoes and deletes * 2 > len(self.worklogs)
        if deletes > MOST_DELETES_UNASKED or most:
            return f"delete {deletes}"
        if removed > timedelta(hours=MOST_HOURS_REMOVED_UNASKED):
            return f"remove {format_duration(removed)}"
        return ""

    @property
    def estimated_seconds(self) -> float:
        """How long applying is going to take; see `preview.estimated_seconds`."""
        return preview.estimated_seconds(self)

    def __repr__(self) -> str:
        return f"<Plan {self.run[:8]}: {preview.headline(self)}>"

    def _repr_html_(self) -> str:
        return str(preview.fragment(self))

    def __rich__(self) -> RenderableType:
        return preview.terminal(self)


def _texts(texts: Iterable[object]) -> pd.Series[Any]:
    return pd.Series(list(texts), dtype="str")


def plan_changes(before: pd.DataFrame, after: pd.DataFrame, *, allow_twins: bool = False) -> Plan:
    """Plan what turns the worklogs as loaded into the edited ones. Nothing is sent.

    Parameters
    ----------
    before : DataFrame
        As `load_worklogs` or `concat_worklogs` made it.
    after : DataFrame
        An edited copy, with at least connection (only needed if there are several) and worklog_id. `started`,
        `time_spent`, `comment` and `issue` (a move) may be other; rows without a `worklog_id` are created from these
        and `connection`; rows with True in a column `delete` are deleted. Rows that are missing are left alone. Naive
        times count in the zone of `before`; texts are read as `duration` and ISO times. A missing comment is "" where
        there was none.
    allow_twins : bool
        Create worklogs that equal each other, or ones that exist.

    Returns
    -------
    Plan
        The same changes whatever the order of rows and columns; empty if nothing differs.

    Raises
    ------
    InvalidChanges
        Some cells cannot be used; every one is named.
    InvalidInput
        A frame lacks columns, or `before` does not say how it was loaded.
    """
    loaded, accounts = loaded_rows(before), _accounts(before)
    zone = loaded["started"].dt.tz
    comparison = Comparison(loaded, after, only_connection=next(iter(accounts)) if len(accounts) == 1 else "")
    planner = Planner(comparison, after, zone, accounts)
    changes = planner.changes(allow_twins=allow_twins)
    if planner.problems:
        raise InvalidChanges(planner.problems)
    return Plan(
        run=uuid.uuid4().hex,
        operations=changes,
        zone=zone,
        worklogs=loaded,
        vanished=comparison.vanished,
        warnings=warnings_of(changes, loaded, accounts),
        allow_twins=allow_twins,
        issues=_issues(changes, loaded, after.take(comparison.new)),
        accounts=accounts,
    )


def _accounts(before: pd.DataFrame) -> dict[str, SiteAccount]:
    """Site and account of each connection that was loaded."""
    advice = "Give a frame of load_worklogs as `before`; join frames with concat_worklogs, not with pandas.concat."
    loads = before.attrs.get("loads")
    if not loads:
        raise InvalidInput("The frame does not say from which account it was loaded.", advice=advice)
    accounts: dict[str, SiteAccount] = {}
    for load in loads:
        if load["account_id"]:
            account = SiteAccount(load["url"], load["account_id"], load["account"])
            if accounts.setdefault(load["connection"], account)[:2] != account[:2]:
                raise InvalidInput(f"{load['connection']} stands for two accounts in the loaded frame.", advice=advice)
    return accounts


def _issues(
    changes: Sequence[Change], loaded: pd.DataFrame, drafts: pd.DataFrame
) -> dict[tuple[str, str], dict[str, str]]:
    """What is known of the issues that are touched.

    A draft is believed if it has a summary that is not a loaded worklog's: it may be a copy with another issue key.
    """
    wanted = {(change.connection, key) for change in changes for key in change.issues}
    found: dict[tuple[str, str], dict[str, str]] = {}
    frames = [loaded]
    if all(name in drafts for name in ("connection", "issue", *ISSUE_FACTS)):
        frames.append(drafts[~drafts["summary"].fillna("").isin({"", *loaded["summary"]})])
    for frame in frames:
        row: Any
        for row in frame[frame["issue"].isin({key for _, key in wanted})].itertuples():
            if (row.connection, row.issue) in wanted:
                wanted.remove((row.connection, row.issue))
                found[row.connection, row.issue] = {name: read_name(getattr(row, name)) for name in ISSUE_FACTS}
    return found
