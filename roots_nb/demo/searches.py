"""Runs JQL for the REST resources: through the site's index, as the visitor may see it, keeping the latest answers."""

from __future__ import annotations

import re
import secrets
from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from roots_nb.demo.jql import run_jql
from roots_nb.demo.jql_syntax import And, Call, Clause, parse_jql
from roots_nb.demo.model import Issue, JiraSite, User, Worklog

_BROWSE = "BROWSE_PROJECTS"
_K = TypeVar("_K")
_V = TypeVar("_V")


class Searches:
    """Runs searches and keeps the latest answers: a further page costs little, and nothing moves between pages."""

    _KEPT_ANSWERS = 20
    _KEPT_TOKENS = 500

    def __init__(self, site: JiraSite) -> None:
        self._site = site
        self._answers: OrderedDict[object, list[Issue]] = OrderedDict()
        self._tokens: OrderedDict[str, tuple[object, list[Issue], int]] = OrderedDict()

    def find(self, jql: str, user: User | None, reconciled: Collection[int] = ()) -> list[Issue]:
        """The issues the query finds, in its order, for `user`; raises `JqlError`.

        Of the `reconciled` issue ids the newest worklogs count, of others those that the index has.
        """
        now = self._site.now()
        if reconciled or not self._site.index.is_current(now):
            return self._search(jql, user, now, reconciled)
        key = (jql, user.account_id if user else None, self._site.revision, now.replace(second=0, microsecond=0))
        if key not in self._answers:
            _keep(self._answers, key, self._search(jql, user, now, ()), self._KEPT_ANSWERS)
        return self._answers[key]

    def worklogs(self, issue: Issue, reconciled: Collection[int]) -> list[Worklog]:
        """The worklogs of an issue as the search sees them."""
        return issue.worklogs if issue.id in reconciled else self._site.index.worklogs(issue, self._site.now())

    def _search(self, jql: str, user: User | None, now: datetime, reconciled: Collection[int]) -> list[Issue]:
        def worklogs_of(issue: Issue) -> Sequence[Worklog]:
            worklogs = self.worklogs(issue, reconciled)
            return [one for one in worklogs if one.visibility is None or (user is not None and user.can_see(one))]

        visible = {key for key in self._site.projects if _BROWSE in self._site.permissions_of(user, key)}
        issues = [issue for issue in _candidates(self._site, jql, user) if issue.project.key in visible]
        return run_jql(jql, issues, user=user, now=now, worklogs_of=worklogs_of)

    def remember(self, query: object, issues: list[Issue], start: int) -> str:
        """A token for the page of `issues` from `start` on."""
        token = secrets.token_urlsafe(24)
        _keep(self._tokens, token, (query, issues, start), self._KEPT_TOKENS)
        return token

    def recall(self, token: str, query: object) -> tuple[list[Issue], int] | None:
        """What `remember` was given; None if that is forgotten or was for another query."""
        known = self._tokens.get(token)
        return known[1:] if known is not None and known[0] == query else None


def _keep(kept: OrderedDict[_K, _V], key: _K, value: _V, limit: int) -> None:
    kept[key] = value
    while len(kept) > limit:
        kept.popitem(last=False)


def _candidates(site: JiraSite, jql: str, user: User | None) -> Iterable[Issue]:
    """Issues among which everything is that the query finds: what a site's indexes are for."""
    where = parse_jql(jql).where
    parts = where.parts if isinstance(where, And) else (where,)
    clauses = [part for part in parts if isinstance(part, Clause)]
    mine = user is not None and any(map(_asks_for_own, clauses))
    days = _asked_days(clauses)
    if not mine and days is None:
        return site.issues.values()
    return [site.issues_by_id[issue_id] for issue_id in site.index.issue_ids(user if mine else None, days)]


def _asks_for_own(clause: Clause) -> bool:
    (operand, *_) = clause.operands or (None,)
    names_me = isinstance(operand, Call) and operand.name.lower() == "currentuser"
    return clause.field.lower() == "worklogauthor" and clause.operator == "=" and names_me


def _asked_days(clauses: Iterable[Clause]) -> tuple[date, date] | None:
    """The days in UTC that a range of plain dates can touch; None if the query has no such range."""
    first, last = date.min, date.max
    for clause in clauses:
        day = _plain_date(clause) if clause.field.lower() == "worklogdate" else None
        if day is not None and clause.operator in (">", ">="):
            first = max(first, day - timedelta(days=2))
        elif day is not None and clause.operator in ("<", "<="):
            last = min(last, day + timedelta(days=2))
    return None if (first, last) == (date.min, date.max) else (first, last)


def _plain_date(clause: Clause) -> date | None:
    text = getattr(clause.operands[0], "text", "") if clause.operands else ""
    match = re.fullmatch(r"([12]\d{3})[-/](\d\d?)[-/](\d\d?)", text, re.ASCII)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
