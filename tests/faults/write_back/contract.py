"""The promise, checked: no worklog lost, none doubled, none changed that was not planned, every change in the journal.

The site after a trial is compared with what the result says of each change, by the server's own worklogs.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roots_nb.demo.model import JiraSite, Worklog
from roots_nb.editing.change import Change, Values
from roots_nb.editing.history import STATES
from tests.faults.write_back.scene import AUTHOR
from tests.faults.write_back.trial import Trial

STANDS = frozenset({"done", "already_so"})
MARKER = "roots_nb.op"


@dataclass(frozen=True, slots=True)
class Content:
    """What a worklog says, as far as people care."""

    issue: str
    author: str
    started: datetime
    seconds: int
    comment: str
    visibility: tuple[str, str] | None
    properties: str

    @classmethod
    def of(cls, worklog: Worklog, site: JiraSite) -> Content:
        kept = {key: value for key, value in worklog.properties.items() if key != MARKER}
        return cls(
            site.issues_by_id[worklog.issue_id].key,
            worklog.author.display_name,
            worklog.started,
            worklog.seconds,
            worklog.comment or "",
            worklog.visibility,
            json.dumps(kept, sort_keys=True),
        )

    def changed_to(self, values: Values) -> Content:
        return Content(
            values.issue,
            self.author,
            values.started,
            int(values.time_spent.total_seconds()),
            values.comment,
            self.visibility,
            self.properties,
        )


def violations(trial: Trial) -> list[str]:
    """Every way in which the trial breaks the promise, as sentences; empty when it holds."""
    if trial.result is None:
        return [f"No result after {len(trial.ends)} runs: {trial.ends[-1]}"]
    return [*_Check(trial).all()]


class _Check:
    """Goes through one trial's changes, and what they do not account for."""

    def __init__(self, trial: Trial) -> None:
        assert trial.result is not None
        self.trial, self.site, self.result = trial, trial.site, trial.result
        self.before, self.after = dict(trial.before), dict(trial.site.worklogs)
        self.left: dict[int, Worklog | None] = {**self.before, **trial.foreign}
        new = [worklog for key, worklog in self.after.items() if key not in self.left]
        self.new = Counter(Content.of(worklog, self.site) for worklog in new)
        self.touched: set[int] = set()

    def all(self) -> Iterator[str]:
        yield from self._sums()
        for change in self.trial.plan.operations:
            yield from self._change(change, self.result.state_of(change.op_id))
        yield from self._untouched()
        yield from self._journal()

    def _sums(self) -> Iterator[str]:
        counts = self.result.counts
        if set(counts) - set(STATES):
            yield f"There is no such state: {sorted(set(counts) - set(STATES))}"
        if sum(counts.values()) != len(self.trial.plan.operations):
            yield f"The states {counts} do not sum to {len(self.trial.plan.operations)} changes"
        told = Counter(self.result.state_of(change.op_id) for change in self.trial.plan.operations)
        if told != Counter({state: n for state, n in counts.items() if n}):
            yield f"The counts are {counts}, the states {dict(told)}"

    def _change(self, change: Change, state: str) -> Iterator[str]:
        source = self._source(change, state) if change.worklog_id else iter(())
        made = self._made(change, state) if change.action in ("create", "move") else iter(())
        for problem in (*source, *made):
            yield f"{change.action} on {change.issue} is {state}, but {problem}"

    def _source(self, change: Change, state: str) -> Iterator[str]:
        """The worklog that the change is about: as it was left, or as it shall be.

        What became of a worklog that both changed depends on who was first; that is for the trial's own test.
        """
        key = int(change.worklog_id)
        self.touched.add(key)
        now, as_it_shall_be = self.after.get(key), self._is_as_planned(change, self.after.get(key))
        as_it_was = now == self.left[key]
        if key in self.trial.foreign and state in (*STANDS, "unknown"):
            return
        if state == "unknown" and not (as_it_was or as_it_shall_be):
            yield f"its worklog is neither as before nor as planned: {now}"
        elif state in STANDS and not as_it_shall_be:
            yield f"its worklog is not as planned: {now}"
        elif state not in (*STANDS, "unknown") and not as_it_was:
            yield f"its worklog is not as before: {now}"

    def _is_as_planned(self, change: Change, now: Worklog | None) -> bool:
        if change.action in ("delete", "move"):
            return now is None
        assert change.after is not None
        before = Content.of(self.before[int(change.worklog_id)], self.site)
        return now is not None and Content.of(now, self.site) == before.changed_to(change.after)

    def _made(self, change: Change, state: str) -> Iterator[str]:
        """The worklog that the change makes: there once, or not at all; of a move, instead of its source."""
        content = self._content(change)
        there = self.new[content] > 0
        shall_be_there = state in STANDS
        if state == "unknown":
            shall_be_there = there if change.action == "create" else int(change.worklog_id) not in self.after
        if shall_be_there and not there and not (state == "already_so" and self._stood(content)):
            yield f"there is none such: {content}"
        elif shall_be_there:
            self.new[content] -= there

    def _stood(self, content: Content) -> bool:
        return any(
            Content.of(worklog, self.site) == content and self.after.get(key) == worklog
            for key, worklog in self.before.items()
        )

    def _content(self, change: Change) -> Content:
        assert change.after is not None
        if change.action == "move":
            return Content.of(self.before[int(change.worklog_id)], self.site).changed_to(change.after)
        blank = Content("", AUTHOR, change.after.started, 0, "", None, "{}")
        return blank.changed_to(change.after)

    def _untouched(self) -> Iterator[str]:
        for content, count in self.new.items():
            if count > 0:
                yield f"Nobody planned {count} of {content}"
        for key in self.left.keys() - self.touched:
            if self.after.get(key) != self.left[key]:
                yield f"Worklog {key} was to stay {self.left[key]}, but it is {self.after.get(key)}"

    def _journal(self) -> Iterator[str]:
        """Each worklog that was made, changed or deleted is named in the journal."""
        named = set(_numbers([[journal.operations, journal.entries] for journal in self.trial.journals]))
        for key in self.left.keys() | self.after.keys():
            if self.left.get(key) != self.after.get(key) and str(key) not in named:
                yield f"The journal does not tell of worklog {key}"


def _numbers(value: Any) -> Iterator[str]:
    """Every text of digits in a piece of JSON."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, str) and value.isdigit():
        yield value
