"""One run's part on one site, as its journal tells it: what was planned, what became of each change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from roots_nb.editing.change import Change
from roots_nb.editing.history import SETTLED, STATES, History, State
from roots_nb.editing.journal import Journal, account_key, damaged, journal_paths, read_journal, run_and_account
from roots_nb.errors import JournalUnusable

Facts = Mapping[str, str]

_LAST_STEPS = (b'"step": "finished"', b'"step": "closed"')


@dataclass
class Record:
    """Read by `Record.of`.

    Attributes
    ----------
    run, site, account_id, author, zone : str
        `author` is the account's display name, `zone` that of the frame that was edited.
    at : datetime
        When it was begun, UTC.
    undoes : str
        The run that this one undoes; "" when it is none.
    parts : int
        How many sites the run is about.
    changes : list of Change
    histories : dict of str to History
        One for each change.
    issues : dict of str to dict
        Summary, project, issue_type, epic and labels of issues, by key.
    notes : list of str
        What else was noticed, as sentences.
    has_begun, is_finished, is_closed : bool
        Whether anything was noted since it was planned; all is settled and verified; somebody has closed it unfinished.
    """

    run: str
    site: str
    account_id: str
    author: str
    zone: str
    at: datetime
    undoes: str
    parts: int
    options: Mapping[str, Any]
    changes: list[Change]
    histories: dict[str, History]
    issues: dict[str, Facts] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    has_begun: bool = False
    is_finished: bool = False
    is_closed: bool = False

    @classmethod
    def of(cls, journal: Journal) -> Record:
        """Raises `JournalUnusable` where the journal is whole, but not one of a run."""
        try:
            return cls._of(journal)
        except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise damaged(journal.path, f"it is not the journal of a run ({type(error).__name__})") from None

    @classmethod
    def _of(cls, journal: Journal) -> Record:
        header = journal.header
        changes = [Change.from_json(each) for each in journal.operations]
        record = cls(
            **{name: header[name] for name in ("run", "site", "account_id", "author", "zone", "undoes", "parts")},
            at=datetime.fromisoformat(header["at"]),
            options=_options(header["options"]),
            changes=changes,
            histories={change.op_id: History() for change in changes},
            issues=dict(header["issues"]),
        )
        for entry in journal.entries:
            record.take(entry)
        return record

    def take(self, entry: Mapping[str, Any]) -> None:
        """Read one more entry of the journal."""
        self.has_begun = True
        if entry["op"]:
            self.histories[entry["op"]].take(entry)
        match entry["step"]:
            case "issue":
                self.issues[entry["key"]] = entry["facts"]
            case "meanwhile":
                self.notes += [
                    f"Somebody else changed {entry['issue']} {each} meanwhile." for each in entry["worklogs"]
                ]
            case "unverified":
                issue = entry["issue"]
                self.notes.append(f"{issue} is not visible any more: what was done there could not be verified.")
            case "project_stopped":
                self.notes.append(f"Jira refused so much in {entry['project']} that the rest of it was kept back.")
            case "finished":
                self.is_finished = True
            case "closed":
                self.is_closed = True

    @property
    def key(self) -> tuple[str, str]:
        return self.site, self.account_id

    @property
    def is_settled(self) -> bool:
        return all(history.outcome.state in SETTLED for history in self.histories.values())

    @property
    def is_open(self) -> bool:
        return not (self.is_finished or self.is_closed)


def _options(told: Mapping[str, Any]) -> dict[str, Any]:
    """An estimate that is to be set stands there in seconds."""
    estimate = told["adjust_estimate"]
    return {**told, "adjust_estimate": estimate if isinstance(estimate, str) else timedelta(seconds=estimate)}


def count_states(records: Iterable[Record]) -> dict[State, int]:
    """How many changes are in each state; every state is there."""
    found = Counter(history.outcome.state for record in records for history in record.histories.values())
    return {state: found[state] for state in STATES}


def read_records(run: str | None = None) -> list[Record]:
    """The records of one run, or of all, as they are on disk; empty when there is none.

    A run whose journals were not all begun has sent nothing; it is left out.

    Raises
    ------
    JournalUnusable
        One cannot be read.
    """
    return _begun([Record.of(read_journal(path)) for path in journal_paths(run)])


def read_all_records() -> tuple[list[Record], dict[str, JournalUnusable]]:
    """The records of all runs as `read_records` has them, and by run why a journal of it cannot be read."""
    records: list[Record] = []
    problems: dict[str, JournalUnusable] = {}
    for path in journal_paths():
        try:
            records.append(Record.of(read_journal(path)))
        except JournalUnusable as problem:
            problems[run_and_account(path)[0]] = problem
    return _begun(records), problems


def _begun(records: list[Record]) -> list[Record]:
    there = Counter(record.run for record in records)
    return [record for record in records if there[record.run] == record.parts or record.has_begun]


def open_runs(accounts: Iterable[tuple[str, str]]) -> list[list[Record]]:
    """Runs that were interrupted and neither resumed nor closed, the oldest first, each with all its parts.

    `accounts` are pairs of site and account id; a run counts if it has a part of one of them. Journals of others, and
    those whose last line is an end, are not read: this is done at every sign-in.

    Raises
    ------
    JournalUnusable
        One that would count cannot be read.
    """
    keys = {account_key(*account) for account in accounts}
    mine = [path for path in journal_paths() if run_and_account(path)[1] in keys]
    found = [read_records(run) for run in {run_and_account(path)[0] for path in mine if not _has_ended(path)}]
    return sorted((run for run in found if any(part.is_open for part in run)), key=lambda run: run[0].at)


def _has_ended(path: Path) -> bool:
    """Whether its last whole line is an end. Within a text the quotes would be escaped."""
    try:
        *_, last, _torn = path.read_bytes().rsplit(b"\n", 2)
    except (OSError, ValueError):
        return False
    return any(step in last for step in _LAST_STEPS)
