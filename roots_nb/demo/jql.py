"""What a JQL query finds: a query becomes predicates over issues, evaluated in the zone of the user who asks.

A field may have several values in an issue (labels, the days of its worklogs). `=` and the comparisons hold when
one value fits; `!=`, `not in` and `!~` when there are values and none fits. `worklogAuthor` and `worklogDate` need
not be true of the same worklog: Jira does not say whether they are, so the looser reading is taken and whoever
asks must filter. Several bounds on `worklogDate` side by side do mean one worklog within them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from roots_nb.demo.jql_fields import COMPARISONS, Field, Search, find_field, sort_key_of
from roots_nb.demo.jql_syntax import Call, Clause, Condition, Empty, JqlError, Not, Or, parse_jql
from roots_nb.demo.model import Issue, User, Worklog

__all__ = ["JqlError", "is_bounded", "run_jql"]


def run_jql(
    text: str,
    issues: Iterable[Issue],
    *,
    user: User | None,
    now: datetime,
    worklogs_of: Callable[[Issue], Sequence[Worklog]],
) -> list[Issue]:
    """The issues a query finds, in its order; newest first where the query does not say.

    Parameters
    ----------
    user
        Who asks: dates count in their zone (UTC without a user) and `currentUser()` is them (nobody without).
    now
        Aware; what relative dates start from.
    worklogs_of
        The worklogs of an issue that the search knows.

    Raises
    ------
    JqlError
        The query is not understood, or asks for what a field cannot answer. Nothing is ever ignored.
    """
    query = parse_jql(text)
    search = Search(user, now, worklogs_of)
    holds = _compile(search, query.where) if query.where else lambda issue: True
    orders = [(sort_key_of(sort.field), sort.descending) for sort in query.order]
    found = [issue for issue in issues if holds(issue)]
    found.sort(key=lambda issue: issue.id, reverse=True)
    for key, descending in reversed(orders):
        found.sort(key=lambda issue: key(search, issue), reverse=descending)
    return found


def is_bounded(text: str) -> bool:
    """Whether a query restricts the search at all; Cloud refuses one that does not. Raises `JqlError`."""
    return parse_jql(text).where is not None


_Predicate = Callable[[Issue], bool]
_Test = Callable[[Collection[Any]], bool]


def _compile(search: Search, condition: Condition) -> _Predicate:
    if isinstance(condition, Clause):
        return _compile_clause(search, condition)
    if isinstance(condition, Not):
        denied = _compile(search, condition.part)
        return lambda issue: not denied(issue)
    if isinstance(condition, Or):
        either = [_compile(search, part) for part in condition.parts]
        return lambda issue: any(holds(issue) for holds in either)
    bounds = [part for part in condition.parts if isinstance(part, Clause) and _bounds_days(part)]
    others = [part for part in condition.parts if part not in bounds]
    every = [_compile(search, part) for part in others]
    if bounds:
        every.append(_compile_days(search, bounds))
    return lambda issue: all(holds(issue) for holds in every)


def _bounds_days(clause: Clause) -> bool:
    return clause.field.lower() == "worklogdate" and clause.operator in COMPARISONS


def _compile_days(search: Search, clauses: Sequence[Clause]) -> _Predicate:
    """Several comparisons of worklogDate: one day that satisfies them all."""
    tests = [_test(search, find_field(clause.field), clause) for clause in clauses]
    return lambda issue: any(all(test((day,)) for test in tests) for day in search.days(issue))


def _compile_clause(search: Search, clause: Clause) -> _Predicate:
    field = find_field(clause.field)
    test = _test(search, field, clause)
    denied = clause.operator in _DENIALS
    or_empty = any(isinstance(operand, Empty) for operand in clause.operands)

    def holds(issue: Issue) -> bool:
        values = field.values(search, issue)
        fits = test(values) or (or_empty and not values)
        return bool(values) and not fits if denied else fits

    return holds


_DENIALS = frozenset({"!=", "not in", "is not", "!~"})


def _test(search: Search, field: Field, clause: Clause) -> _Test:
    """Whether any of a field's values is what the clause names, its denial left aside."""
    _check_form(field, clause)
    wanted = [field.read(search, clause, one) for one in clause.operands if not isinstance(one, Empty)]
    if compare := COMPARISONS.get(clause.operator):
        bound = wanted[0]
        return lambda values: any(compare(value, bound) for value in values)
    if "~" in clause.operator:
        return lambda values: any(pattern(value) for pattern in wanted for value in values)
    equal = frozenset(wanted)
    return lambda values: not equal.isdisjoint(values)


def _check_form(field: Field, clause: Clause) -> None:
    sign, name = clause.operator, clause.field
    if sign not in field.operators:
        raise JqlError(f"The operator '{sign}' is not supported by the '{name}' field.")
    takes_list = sign in ("in", "not in")
    if clause.is_list and not takes_list:
        raise JqlError(f"Operator '{sign}' does not support list values for the field '{name}'.")
    if takes_list and not clause.is_list and not isinstance(clause.operands[0], Call):
        raise JqlError(f"Operator '{sign}' does not support non-list values for the field '{name}'.")
    is_empty = isinstance(clause.operands[0], Empty)
    if sign in ("is", "is not") and not is_empty:
        raise JqlError(f"The operator '{sign}' for the field '{name}' only supports EMPTY or NULL.")
    if sign in COMPARISONS and is_empty:
        raise JqlError(f"The field '{name}' does not support EMPTY for the operator '{sign}'.")
