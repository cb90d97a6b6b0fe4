"""The fields a query may name: which operators each takes, its values in an issue, and how an operand is read."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from roots_nb.demo.jql_dates import call_function, read_moment
from roots_nb.demo.jql_syntax import Call, Clause, JqlError, Operand, Value
from roots_nb.demo.model import Issue, User, Worklog

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Search:
    """One run of a query: who asks, when, and what was already worked out about an issue."""

    def __init__(self, user: User | None, now: datetime, worklogs_of: Callable[[Issue], Sequence[Worklog]]) -> None:
        self.user = user
        self.zone = ZoneInfo(user.time_zone if user else "UTC")
        self.now = now.astimezone(self.zone)
        self.worklogs_of = worklogs_of
        self._days: dict[int, frozenset[date]] = {}

    def days(self, issue: Issue) -> frozenset[date]:
        """The days on which the issue's worklogs started, as the user's calendar shows them."""
        days = self._days.get(issue.id)
        if days is None:
            zone = self.zone
            days = frozenset(worklog.started.astimezone(zone).date() for worklog in self.worklogs_of(issue))
            self._days[issue.id] = days
        return days

    def authors(self, issue: Issue) -> frozenset[str]:
        authors = (worklog.author for worklog in self.worklogs_of(issue))
        names = {(author.account_id, author.key, author.name) for author in authors}
        return _terms(*(name for several in names for name in several))

    def comments(self, issue: Issue) -> list[str]:
        return [worklog.comment for worklog in self.worklogs_of(issue) if worklog.comment]

    def updated(self, issue: Issue) -> datetime:
        return max((worklog.updated for worklog in self.worklogs_of(issue)), default=issue.created)


@dataclass(frozen=True, slots=True)
class Field:
    """A searchable field: its values in an issue, and how an operand is read to compare with them."""

    operators: frozenset[str]
    values: Callable[[Search, Issue], Collection[Any]]
    read: Callable[[Search, Clause, Operand], Any]
    sort_key: Callable[[Search, Issue], Any] | None = None


def find_field(name: str) -> Field:
    """The field of this name in any letter case; raises `JqlError` when there is none."""
    field = _FIELDS.get(name.lower())
    if field is None:
        raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")
    return field


def sort_key_of(name: str) -> Callable[[Search, Issue], Any]:
    """What ORDER BY this field compares; raises `JqlError` when it cannot."""
    key = find_field(name).sort_key
    if key is None:
        raise JqlError(f"Not able to sort using field '{name}'.")
    return key


def _literal(search: Search, clause: Clause, operand: Operand) -> str:
    """The text of an operand of a field that no function fits."""
    if isinstance(operand, Value):
        return operand.text
    if not isinstance(operand, Call):
        raise TypeError(operand)
    name = operand.name
    if name.lower() == "currentuser" or call_function(name, operand.arguments, search.now) is not None:
        raise JqlError(f"A value provided by the function '{name}' is invalid for the field '{clause.field}'.")
    raise JqlError(f"Unable to find JQL function '{name}()'.")


def _terms(*texts: str) -> frozenset[str]:
    return frozenset(text.casefold() for text in texts if text)


def _read_term(search: Search, clause: Clause, operand: Operand) -> str:
    return _literal(search, clause, operand).casefold()


def _read_author(search: Search, clause: Clause, operand: Operand) -> object:
    if not isinstance(operand, Call) or operand.name.lower() != "currentuser":
        return _read_term(search, clause, operand)
    if operand.arguments:
        raise JqlError(f"Function '{operand.name}' expected '0' arguments but received '{len(operand.arguments)}'.")
    user = search.user
    return (user.account_id or user.key or user.name).casefold() if user else object()


@dataclass(frozen=True, slots=True)
class _Key:
    """An issue by key, or by id with project ""; keys of different projects are neither smaller nor greater."""

    project: str
    number: int

    def __lt__(self, other: _Key) -> bool:
        return self.project == other.project and self.number < other.number

    def __le__(self, other: _Key) -> bool:
        return self.project == other.project and self.number <= other.number


def _key(text: str) -> _Key | None:
    match = re.fullmatch(r"(?:([A-Za-z][A-Za-z0-9_]*)-)?(\d{1,18})", text.strip(), re.ASCII)
    return _Key((match[1] or "").upper(), int(match[2])) if match else None


def _keys(*texts: str | None) -> frozenset[_Key]:
    return frozenset(key for text in texts if text and (key := _key(text)))


def _read_key(search: Search, clause: Clause, operand: Operand) -> _Key:
    text = _literal(search, clause, operand)
    key = _key(text)
    if key is None:
        raise JqlError(f"The issue key '{text}' for field '{clause.field}' is invalid.")
    return key


def _key_order(key: str | None) -> tuple[str, int]:
    project, _, number = (key or "-0").rpartition("-")
    return project, int(number)


def _read_moment(search: Search, clause: Clause, operand: Operand) -> datetime:
    if isinstance(operand, Call):
        moment = call_function(operand.name, operand.arguments, search.now)
    else:
        moment = read_moment(_literal(search, clause, operand), search.now)
    if moment is None:
        raise JqlError(
            f"Date value '{_literal(search, clause, operand)}' for field '{clause.field}' is invalid. Valid formats "
            "include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format "
            "e.g. '-5d', '4w 2d'."
        )
    return moment


def _read_instant(search: Search, clause: Clause, operand: Operand) -> datetime:
    try:
        return _read_moment(search, clause, operand).astimezone(UTC)
    except OverflowError:
        raise JqlError(f"The date of the field '{clause.field}' is too far away.") from None


def _read_day(search: Search, clause: Clause, operand: Operand) -> date:
    return _read_moment(search, clause, operand).date()


def _read_pattern(search: Search, clause: Clause, operand: Operand) -> Callable[[str], bool]:
    """Every word and every "quoted phrase" must occur, as whole words; * and ? are wildcards but not in front."""
    text = _literal(search, clause, operand)
    phrases = [re.findall(r"[\w*?]+", part) for part in re.findall(r'"[^"]*"|[^\s"]+', text)]
    words = [word for phrase in phrases for word in phrase]
    if not words or text.count('"') % 2:
        raise JqlError(f"Unable to parse the text '{text}' for field '{clause.field}'.")
    if any(word[0] in "*?" for word in words):
        raise JqlError(f"The text '{text}' for field '{clause.field}' must not start a word with '*' or '?'.")
    patterns = [re.compile(r"\W+".join(map(_word_pattern, phrase)), re.IGNORECASE) for phrase in phrases if phrase]
    return lambda value: all(pattern.search(value) for pattern in patterns)


def _word_pattern(word: str) -> str:
    pattern = re.escape(word).replace(r"\*", r"\w*").replace(r"\?", r"\w")
    # Japanese and Chinese put no space between words.
    return pattern if re.search(r"[\u3040-\u9fff]", word) else rf"(?<!\w){pattern}(?!\w)"


_EQUAL = frozenset({"=", "!=", "in", "not in"})
_EMPTY = frozenset({"is", "is not"})
_TEXT = frozenset({"~", "!~"}) | _EMPTY
_ORDER = _EQUAL | frozenset(COMPARISONS)

_KEY = Field(
    _ORDER | _EMPTY,
    lambda search, issue: _keys(issue.key, str(issue.id)),
    _read_key,
    lambda search, issue: _key_order(issue.key),
)
_TYPE = Field(
    _EQUAL | _EMPTY,
    lambda search, issue: _terms(issue.issue_type),
    _read_term,
    lambda search, issue: issue.issue_type.casefold(),
)
_PARENT = Field(
    _EQUAL | _EMPTY,
    lambda search, issue: _keys(issue.epic),
    _read_key,
    lambda search, issue: _key_order(issue.epic),
)
_FIELDS: dict[str, Field] = {
    "worklogdate": Field(_ORDER | _EMPTY, Search.days, _read_day),
    "worklogauthor": Field(_EQUAL | _EMPTY, Search.authors, _read_author),
    "worklogcomment": Field(_TEXT, Search.comments, _read_pattern),
    "project": Field(
        _EQUAL | _EMPTY,
        lambda search, issue: _terms(issue.project.key, issue.project.name, str(issue.project.id)),
        _read_term,
        lambda search, issue: issue.project.key,
    ),
    "key": _KEY,
    "issuekey": _KEY,
    "issue": _KEY,
    "id": _KEY,
    "issuetype": _TYPE,
    "type": _TYPE,
    "summary": Field(
        _TEXT,
        lambda search, issue: (issue.summary,) if issue.summary else (),
        _read_pattern,
        lambda search, issue: issue.summary.casefold(),
    ),
    "text": Field(_TEXT, lambda search, issue: (issue.summary,) if issue.summary else (), _read_pattern),
    "labels": Field(_EQUAL | _EMPTY, lambda search, issue: _terms(*issue.labels), _read_term),
    "parent": _PARENT,
    "epic link": _PARENT,
    "created": Field(
        _ORDER | _EMPTY,
        lambda search, issue: (issue.created,),
        _read_instant,
        lambda search, issue: issue.created,
    ),
    "updated": Field(
        _ORDER | _EMPTY,
        lambda search, issue: (search.updated(issue),),
        _read_instant,
        Search.updated,
    ),
}
