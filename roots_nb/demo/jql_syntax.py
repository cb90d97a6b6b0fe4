"""JQL as text and as a tree: what Jira's search language looks like, not what it finds.

A bare word ("login") is a text search on Jira Cloud and an error on Data Center; here it is an error on both, so
that a broken query never passes as a search for nothing. Characters that JQL reserves (such as / and @) must be
quoted, as in Jira.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyparsing import (
    DelimitedList,
    Forward,
    Opt,
    ParseBaseException,
    ParserElement,
    ParseResults,
    Regex,
    StringEnd,
    Suppress,
    ZeroOrMore,
)


class JqlError(Exception):
    """The query is wrong; `str(error)` is the sentence Jira would answer, in English."""


@dataclass(frozen=True, slots=True)
class Value:
    """A word or a quoted text, escapes resolved."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments, for example ``startOfDay("-1d")``."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Empty:
    """EMPTY or NULL."""


Operand = Value | Call | Empty


@dataclass(frozen=True, slots=True)
class Clause:
    """`operator` is in lower case with single spaces; `is_list` tells ``(a)`` from ``a``."""

    field: str
    operator: str
    operands: tuple[Operand, ...]
    is_list: bool


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Condition, ...]


Condition = Clause | Not | And | Or


@dataclass(frozen=True, slots=True)
class Sort:
    field: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """`where` is None when nothing restricts the search."""

    where: Condition | None
    order: tuple[Sort, ...]


@lru_cache(maxsize=128)
def parse_jql(text: str) -> Query:
    """The tree of a query; raises `JqlError` with the line and character of the first mistake."""
    try:
        with _one_at_a_time:
            query: Query = _QUERY.parse_string(text)[0]
    except ParseBaseException as error:
        raise _syntax_error(text, error) from None
    except RecursionError:
        raise JqlError("Error in the JQL Query: The query is nested too deeply.") from None
    return query


_RESERVED_CHARACTERS = "{}*/%+^$#@?;[]"
_ESCAPE = r"""\\(?:u[0-9a-fA-F]{4}|[tnr\\"' ])"""
_CHARACTER = rf"""(?:[^\s"'\\=!<>()~,|&{re.escape(_RESERVED_CHARACTERS)}\x00-\x1f]|{_ESCAPE})"""
_RESERVED_WORD = rf"(?i:and|or|not|in|is|order|by|empty|null|was|changed)(?!{_CHARACTER})"
_WORD = rf"(?!{_RESERVED_WORD}){_CHARACTER}+"
_QUOTED = rf""""(?:[^"\\]|{_ESCAPE})*"|'(?:[^'\\]|{_ESCAPE})*'"""
_OPERATOR = rf"!=|<=|>=|!~|[=<>~]|(?i:is\s+not|is|not\s+in|in)(?!{_CHARACTER})"
_PLAIN = {"t": "\t", "n": "\n", "r": "\r"}

# The grammar's elements learn while they parse (and matplotlib may switch on their shared cache).
_one_at_a_time = threading.Lock()


def _unescape(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        escaped = match[0][1:]
        return chr(int(escaped[1:], 16)) if escaped[0] == "u" else _PLAIN.get(escaped, escaped)

    if "\\" not in text:
        return text
    # Characters beyond U+FFFF come as two escapes, as in Java and JSON.
    return re.sub(_ESCAPE, plain, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _keyword(name: str, sign: str = "") -> ParserElement:
    return Suppress(Regex(rf"(?i:{name})(?!{_CHARACTER})" + (f"|{sign}" if sign else "")).set_name(name))


def _joined(kind: type[And | Or]) -> Any:
    return lambda tokens: tokens[0] if len(tokens) == 1 else kind(tuple(tokens))


def _clause(tokens: ParseResults) -> Clause:
    name, operator, operand = tokens
    is_list = isinstance(operand, tuple)
    return Clause(name, " ".join(operator.lower().split()), operand if is_list else (operand,), is_list)


def _operand() -> ParserElement:
    """A value, a function, EMPTY, or a list of these."""
    call = Regex(rf"{_WORD}(?=\s*\()") + Suppress("(") - Opt(DelimitedList(_text())) - Suppress(")")
    call.set_parse_action(lambda tokens: Call(_unescape(tokens[0]), tuple(tokens[1:])))
    empty = _keyword("empty|null").set_parse_action(lambda: Empty())
    single = call | empty | _text().add_parse_action(lambda tokens: Value(tokens[0]))
    single.set_name("a value or a function")
    several = Suppress("(") - DelimitedList(single) - Suppress(")")
    several.set_parse_action(lambda tokens: [tuple(tokens)])
    return (single | several).set_name("a value, a list or a function")


def _text() -> ParserElement:
    quoted = Regex(_QUOTED).set_parse_action(lambda tokens: _unescape(tokens[0][1:-1]))
    word = Regex(_WORD).set_parse_action(lambda tokens: _unescape(tokens[0]))
    return (quoted | word).set_name("a value")


def _condition() -> ParserElement:
    """NOT binds tighter than AND, AND tighter than OR."""
    condition, negation = Forward(), Forward()
    field = _text().set_name("a field name")
    operator = Regex(_OPERATOR).set_name("operator")
    clause = (field - operator - _operand()).set_parse_action(_clause)
    denied = (_keyword("not", "!") - negation).set_parse_action(lambda tokens: Not(tokens[0]))
    nested = Suppress("(") - condition - Suppress(")")
    negation <<= (nested | denied | clause).set_name("a condition")
    both = negation + ZeroOrMore(_keyword("and", "&&?") - negation)
    both.set_parse_action(_joined(And))
    condition <<= (both + ZeroOrMore(_keyword("or", r"\|\|?") - both)).set_parse_action(_joined(Or))
    return condition


def _grammar() -> ParserElement:
    direction = Regex(rf"(?i:asc|desc)(?!{_CHARACTER})").set_parse_action(lambda tokens: tokens[0].lower())
    sort = _text().set_name("a field name") + Opt(direction, default="asc")
    sort.set_parse_action(lambda tokens: Sort(tokens[0], tokens[1] == "desc"))
    order = Opt(_keyword(r"order\s+by") - DelimitedList(sort))
    order.set_parse_action(lambda tokens: [tuple(tokens)])
    end = StringEnd().set_name("either 'OR' or 'AND'")
    query = Opt(_condition(), default=None) + order + end
    # A tab inside a quoted text is a tab, not the spaces that pyparsing would make of it.
    return query.set_parse_action(lambda tokens: Query(tokens[0], tokens[1])).parse_with_tabs()


def _syntax_error(text: str, error: ParseBaseException) -> JqlError:
    rest = text[error.loc :].lstrip()
    position = len(text) - len(rest)
    line, character = text.count("\n", 0, position) + 1, position - (text.rfind("\n", 0, position) + 1) + 1
    reason = _reason(rest, error.msg.removeprefix("Expected "))
    return JqlError(f"Error in the JQL Query: {reason} (line {line}, character {character})")


def _reason(rest: str, expected: str) -> str:
    """What is wrong where the grammar stopped; `rest` is the query from there."""
    if not rest:
        return f"Expecting {expected} before the end of the query."
    if rest[0] in "\"'\\" and not re.match(_QUOTED, rest):
        return _broken_text(rest)
    if rest[0] in _RESERVED_CHARACTERS:
        return (
            f"The character '{rest[0]}' is a reserved JQL character. You must enclose it in a string "
            f"or use the escape '\\u{ord(rest[0]):04x}' instead."
        )
    found = re.match(rf"{_QUOTED}|{_CHARACTER}+|.", rest, re.DOTALL)
    return f"Expecting {expected} but got '{found[0] if found else rest}'."


def _broken_text(rest: str) -> str:
    for escape in re.findall(rf"{_ESCAPE}|\\.?", rest, re.DOTALL):
        if not re.match(_ESCAPE, escape):
            return (
                f"'{escape}' is an illegal JQL escape sequence. The valid escape sequences are "
                r"\', \", \t, \n, \r, \\, '\ ' and \uXXXX."
            )
    return f"The quoted string '{rest[1:]}' has not been completed."


_QUERY = _grammar()
