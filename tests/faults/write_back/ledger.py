"""What every worklog of a site may be by now, by a model that knows plans and what became of them, but not the engine.

After each step of ours, the site is compared with how it was before: whatever differs must be what the run of that
step wants, done to a worklog as the person saw it or as somebody else left it. What the run says of its changes must be
true. Between two steps nothing changes but what is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from roots_nb.demo.model import JiraSite, Worklog
from roots_nb.editing.change import Change
from roots_nb.editing.history import SETTLED, State
from roots_nb.editing.plan import Plan
from roots_nb.editing.result import Result
from tests.faults.write_back.contract import MARKER, STANDS, Content
from tests.faults.write_back.scene import AUTHOR

Shot = Mapping[int, Worklog]
Theirs = Mapping[int, Worklog | None]

_CONTENT_NAMES = {"issue": "issue", "started": "started", "time_spent": "seconds", "comment": "comment"}


@dataclass
class Deeds:
    """What one run has done so far.

    Attributes
    ----------
    made, deleted : dict of int to Content
        Worklogs as they were made, less those that the run has removed again, and as they were deleted.
    changed, disturbed : set of int
        Worklogs that it has updated; those that somebody else has touched since it began.
    settled : set of str
        Operations that have ended.
    """

    plan: Plan
    made: dict[int, Content] = field(default_factory=dict)
    deleted: dict[int, Content] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    disturbed: set[int] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)

    @property
    def targets(self) -> dict[int, Change]:
        return {int(change.worklog_id): change for change in self.plan.operations if change.worklog_id}


class Ledger:
    """Is told each step, in the order in which they happen; `runs` are those that have begun."""

    def __init__(self, site: JiraSite, url: str) -> None:
        self.site, self.url = site, url
        self.runs: dict[str, Deeds] = {}
        self._last: dict[int, Content] = {}
        self._standing: dict[int, Content] = {}
        self._remember(site.worklogs)

    def note_theirs(self, theirs: Theirs) -> None:
        """Somebody else has left these worklogs so (None = deleted)."""
        for deeds in self.runs.values():
            deeds.disturbed |= theirs.keys()
        self._remember(theirs)

    def untold(self, now: Shot) -> list[str]:
        """How the site's worklogs differ from what they are by all that was told."""
        found = {key: Content.of(worklog, self.site) for key, worklog in now.items()}
        return [
            f"{key} is {found.get(key)}, but it was left {self._standing.get(key)}"
            for key in sorted(found.keys() | self._standing.keys())
            if found.get(key) != self._standing.get(key)
        ]

    def keep(self, runs: Collection[str]) -> None:
        """Forget all other runs, and worklogs that are gone and that none of these can be about."""
        self.runs = {run: deeds for run, deeds in self.runs.items() if run in runs}
        named = {key for deeds in self.runs.values() for key in (*deeds.targets, *deeds.made)} | self._standing.keys()
        self._last = {key: content for key, content in self._last.items() if key in named}

    def problems(self, run: str, before: Shot, theirs: Theirs, result: Result | None) -> list[str]:
        """How a step of a run breaks the promise, as sentences.

        `theirs` is what somebody else did during the step. Without a `result` the run has not begun.
        """
        deeds, now = self.runs[run], dict(self.site.worklogs)
        found = self.untold(before)
        self.note_theirs(theirs)
        found += [
            problem
            for key, bases in _differing(before, now, theirs)
            for problem in self._deed(deeds, key, bases, now.get(key), has_begun=result is not None)
        ]
        if result is not None:
            states = {change.op_id: result.state_of(change.op_id) for change in deeds.plan.operations}
            news = states.keys() - deeds.settled if not theirs else set()
            found += [
                *_sums(result, deeds.plan),
                *self._ends(deeds, now, states, news),
                *self._made(deeds, now, states),
            ]
            deeds.settled |= {op for op, state in states.items() if state in SETTLED}
        self._remember({**dict.fromkeys(self._standing), **now})
        return found

    def _remember(self, worklogs: Theirs) -> None:
        for key, worklog in worklogs.items():
            self._standing.pop(key, None)
            if worklog is not None:
                self._last[key] = self._standing[key] = Content.of(worklog, self.site)

    # --- what differs

    def _deed(
        self, deeds: Deeds, key: int, bases: Sequence[Worklog], now: Worklog | None, *, has_begun: bool
    ) -> Iterator[str]:
        change = deeds.targets.get(key)
        stood = [Content.of(worklog, self.site) for worklog in bases]
        new = Content.of(now, self.site) if now else None
        if not has_begun:
            yield f"{key} was touched without a journal: it was {stood}, it is {new}"
        if new is None and key in deeds.made:
            del deeds.made[key]
        elif new is None:
            deeds.deleted[key] = stood[0]
            if change is None or change.action not in ("delete", "move"):
                yield f"Nobody wanted {key} deleted: {stood}"
            elif not any(_is_as_seen(content, change) for content in stood):
                yield f"{key} was deleted unseen: {stood}"
        elif not stood:
            deeds.made[key] = new
            if new not in self._wanted(deeds).values():
                yield f"Nobody wanted {key} made: {new}"
        else:
            deeds.changed.add(key)
            if change is None or change.action != "update" or not _may_become(stood, change, new):
                yield f"Nobody wanted {key} changed from {stood} to {new}"

    # --- what is said

    def _ends(self, deeds: Deeds, now: Shot, states: Mapping[str, State], news: set[str]) -> Iterator[str]:
        for change in deeds.plan.operations:
            state = states[change.op_id]
            for problem in self._end(deeds, change, state, now):
                yield f"{change} is {state}, but {problem}"
            if change.op_id in news and state in STANDS and not self._is_so(change, state, now):
                yield f"{change} is {state}, but it is not so"

    def _end(self, deeds: Deeds, change: Change, state: State, now: Shot) -> Iterator[str]:
        key = int(change.worklog_id or 0)
        if change.action in ("delete", "move") and state in STANDS and key in now:
            yield "it is still there"
        if state not in (*STANDS, "unknown") and key in deeds.deleted:
            yield "it was deleted"
        if state not in (*STANDS, "unknown") and key in deeds.changed - deeds.disturbed:
            yield "it was changed"

    def _is_so(self, change: Change, state: State, now: Shot) -> bool:
        """Whether there is what the change wants; for what was made, `_made` counts."""
        if change.action == "update":
            content = Content.of(now[key], self.site) if (key := int(change.worklog_id)) in now else None
            return content is not None and content == _planned(content, change)
        if change.action == "delete" or state == "done":
            return True
        assert change.after is not None
        contents = [Content.of(worklog, self.site) for worklog in now.values()]
        return any(content == content.changed_to(change.after) and content.author == AUTHOR for content in contents)

    def _made(self, deeds: Deeds, now: Shot, states: Mapping[str, State]) -> Iterator[str]:
        """Of each worklog to make there is one; of equal ones so many."""
        wanted = self._wanted(deeds)
        made = Counter(deeds.made.values())
        kept = {key: content for key, content in deeds.made.items() if not self._cannot_be_found(key, deeds, now)}
        alone = Counter(kept.values())
        standing = Counter(content for key, content in kept.items() if key in now)
        for content in set(wanted.values()):
            changes = [change for change in deeds.plan.operations if wanted.get(change.op_id) == content]
            told = Counter(states[change.op_id] for change in changes)
            moved = [
                change for change in changes if change.action == "move" and int(change.worklog_id) in deeds.deleted
            ]
            if alone[content] > len(changes):
                yield f"{alone[content]} were made where {len(changes)} were planned: {content}"
            adopted = sum(_has_copy_of_another_run(deeds, change, now) for change in moved)
            if made[content] + adopted < max(told["done"], len(moved)):
                yield f"{made[content]} were made where {told['done']} are done and {len(moved)} moved: {content}"
            if standing[content] > told["done"] + told["unknown"]:
                yield f"{standing[content]} stand where {dict(told)} was said: {content}"

    def _cannot_be_found(self, key: int, deeds: Deeds, now: Shot) -> bool:
        """What somebody has deleted, or on Data Center changed, before we knew that it had been made."""
        return key in deeds.disturbed and (key not in now or not self.site.is_cloud)

    def _wanted(self, deeds: Deeds) -> dict[str, Content]:
        """What creates and moves make, by operation."""
        return {
            change.op_id: self._source(deeds, change).changed_to(change.after)
            for change in deeds.plan.operations
            if change.action in ("create", "move") and change.after is not None
        }

    def _source(self, deeds: Deeds, change: Change) -> Content:
        """What is taken along that the frame does not show: of the worklog that is moved, or that comes back."""
        assert change.after is not None
        if change.action == "move":
            return self._last[int(change.worklog_id)]
        undone = self.runs.get(deeds.plan.undoes)
        lost = undone.deleted.values() if undone else ()
        blank = Content("", AUTHOR, change.after.started, 0, "", None, "{}")
        return next((content for content in lost if content == content.changed_to(change.after)), blank)


def _has_copy_of_another_run(deeds: Deeds, change: Change, now: Shot) -> bool:
    """Made on Cloud for this very move by a run that was closed before its end: it is used instead of a second one."""
    marks = [worklog.properties.get(MARKER) for key, worklog in now.items() if key not in deeds.made]
    return any(isinstance(mark, dict) and mark["op_id"] == change.op_id for mark in marks)


def _differing(before: Shot, now: Shot, theirs: Theirs) -> Iterator[tuple[int, list[Worklog]]]:
    """Worklogs that are neither as they were nor as somebody else left them, and how those were."""
    for key in sorted(before.keys() | now.keys() | theirs.keys()):
        bases = [before.get(key), theirs.get(key, before.get(key))]
        if now.get(key) not in bases:
            yield key, [worklog for worklog in bases if worklog]


def _sums(result: Result, plan: Plan) -> Iterator[str]:
    states = Counter(result.state_of(change.op_id) for change in plan.operations)
    if {state: count for state, count in result.counts.items() if count} != states:
        yield f"The counts are {result.counts}, the states {dict(states)}"


def _is_as_seen(content: Content, change: Change) -> bool:
    assert change.before is not None
    return content == content.changed_to(change.before)


def _planned(content: Content, change: Change) -> Content:
    """The content with the changed fields as planned."""
    assert change.after is not None
    return _mixed(content, content.changed_to(change.after), change)


def _mixed(content: Content, other: Content, change: Change) -> Content:
    names = [_CONTENT_NAMES[name] for name in change.changed]
    return Content(**{**asdict(content), **{name: getattr(other, name) for name in names}})


def _may_become(stood: Sequence[Content], change: Change, new: Content) -> bool:
    """Field by field as it stood or as planned; and what was overwritten had been seen."""
    assert change.before is not None
    planned = [_planned(content, change) for content in stood]
    seen = [_mixed(content, content.changed_to(change.before), change) for content in stood]
    options = [asdict(content) for content in (*stood, *planned)]
    is_planned = all(any(option[name] == value for option in options) for name, value in asdict(new).items())
    return is_planned and any(
        _seen_or_wanted(content, one, other) for content, one, other in zip(stood, seen, planned, strict=True)
    )


def _seen_or_wanted(content: Content, seen: Content, planned: Content) -> bool:
    return all(value in (getattr(seen, name), getattr(planned, name)) for name, value in asdict(content).items())
