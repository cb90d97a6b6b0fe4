"""One change to one worklog, as planned: what it was, what it shall be. Plain values, no network, no frame."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

Action = Literal["create", "update", "move", "delete"]


@dataclass(frozen=True, slots=True)
class Values:
    """What a worklog says. `started` is aware."""

    issue: str
    started: datetime
    time_spent: timedelta
    comment: str

    def to_json(self) -> dict[str, Any]:
        return {
            "issue": self.issue,
            "started": self.started.isoformat(),
            "seconds": self.time_spent // timedelta(seconds=1),
            "comment": self.comment,
        }

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> Values:
        started = datetime.fromisoformat(json["started"])
        return cls(json["issue"], started, timedelta(seconds=json["seconds"]), json["comment"])


FIELDS = ("issue", "started", "time_spent", "comment")
_SPELT = {"issue": "the issue", "started": "the start", "time_spent": "the time spent", "comment": "the comment"}


def spell(fields: Iterable[str]) -> str:
    """Such as "the start and the comment"."""
    wanted = frozenset(fields)
    return " and ".join(_SPELT[name] for name in FIELDS if name in wanted)


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    Attributes
    ----------
    op_id : str
        The same for the same change whenever it is planned; see `operation_id`.
    action : "create", "update", "move" or "delete"
    connection, site, account_id : str
        The connection's name, the address of its site, and the account whose worklog it is.
    worklog_id : str
        "" for a worklog to create.
    before : Values or None
        As loaded; None for a worklog to create.
    after : Values or None
        None for one to delete.
    updated : datetime or None
        The version that was loaded, which a change is checked against.
    exact : bool
        Whether any difference from `before` is a conflict, even in a field that stays: so it is for undo. Moves and
        deletes are always exact.
    kept : dict
        What a worklog that is made again takes along besides its values: raw `visibility` and `properties`.
    """

    op_id: str
    action: Action
    connection: str
    site: str
    account_id: str
    worklog_id: str
    before: Values | None
    after: Values | None
    updated: datetime | None
    exact: bool = False
    kept: Mapping[str, Any] | None = None

    @property
    def changed(self) -> frozenset[str]:
        """Names of the fields that shall be another."""
        if self.before is None or self.after is None:
            return frozenset()
        return frozenset(name for name in FIELDS if getattr(self.before, name) != getattr(self.after, name))

    @property
    def issue(self) -> str:
        """The key of the issue that the worklog is on, or shall be created on."""
        values = self.before or self.after
        assert values is not None
        return values.issue

    @property
    def issues(self) -> frozenset[str]:
        """Keys of all issues that the change writes to: one, or for a move two."""
        return frozenset(values.issue for values in (self.before, self.after) if values)

    def to_json(self) -> dict[str, Any]:
        return {
            "op": self.op_id,
            "action": self.action,
            "connection": self.connection,
            "site": self.site,
            "account_id": self.account_id,
            "worklog_id": self.worklog_id,
            "before": self.before and self.before.to_json(),
            "after": self.after and self.after.to_json(),
            "updated": self.updated and self.updated.isoformat(),
            "exact": self.exact,
            "kept": self.kept,
        }

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> Change:
        names = ("action", "connection", "site", "account_id", "worklog_id", "exact", "kept")
        before, after, updated = json["before"], json["after"], json["updated"]
        return cls(
            op_id=json["op"],
            before=Values.from_json(before) if before else None,
            after=Values.from_json(after) if after else None,
            updated=datetime.fromisoformat(updated) if updated else None,
            **{name: json[name] for name in names},
        )


def operation_id(site: str, account_id: str, worklog_id: str, after: Values | None, twin: int = 0) -> str:
    """The same for the same change, 32 hex digits: a hash of site, account, worklog, new values and twin number.

    `worklog_id` is "" for a new worklog; `twin` counts equal new worklogs of one plan from 0.
    """
    wanted = None if after is None else [after.issue, after.started.timestamp(), after.time_spent.total_seconds()]
    content = [site, account_id, worklog_id, wanted, None if after is None else after.comment, twin]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
