"""Text that is nearly right, for parsers that must take anything."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import reduce
from typing import Any

from hypothesis import strategies as st

Json = Any

DEEP = "[" * 100_000

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["\ud800", "~x/y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def words(*known: str) -> st.SearchStrategy[str]:
    """Known pieces and any others, in any order."""
    return st.lists(st.sampled_from(known) | st.text(max_size=3), max_size=10).map("".join)


def lines(*known: str) -> st.SearchStrategy[str]:
    return st.lists(words(*known), max_size=8).map("\n".join)


def as_bytes(texts: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """Of a file, which may be anything as well."""
    return texts.map(lambda text: text.encode("utf-8", "replace")) | st.binary(max_size=40) | st.just(DEEP.encode())


def nodes(document: Json) -> Iterator[tuple[Any, Any]]:
    """Each place in a document: its list or dict, and index or key."""
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in list(inner):
        yield document, key
        if isinstance(value, dict | list):
            yield from nodes(value)


def spoil(document: Json, at: int, value: Json) -> Json:
    """A copy in which one place, counted round and round, holds another value."""
    spoilt = [copy.deepcopy(document)]
    places = list(nodes(spoilt))
    holder, key = places[at % len(places)]
    holder[key] = value
    return spoilt[0]


def spoilt(document: Json) -> st.SearchStrategy[Json]:
    return st.builds(spoil, st.just(document), st.integers(0, 200), any_json)


def damage(data: bytes, at: int, how: str, by: bytes) -> bytes:
    at %= len(data)
    match how:
        case "cut":
            return data[:at]
        case "flip":
            return data[:at] + bytes([data[at] ^ 1 << len(by) % 8]) + data[at + 1 :]
        case "lose":
            return data[:at] + data[at + 1 + len(by) :]
        case "repeat":
            return data[:at] + data
    return data[:at] + by + data[at:]


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """A file to which one to three things have happened."""
    how = st.sampled_from(["cut", "flip", "lose", "repeat", "insert"])
    damages = st.lists(st.tuples(st.integers(0, 10**5), how, st.binary(max_size=9)), min_size=1, max_size=3)
    return damages.map(lambda each: reduce(lambda left, one: damage(left, *one) if left else left, each, data))


def json_lines(documents: Json) -> bytes:
    documents = documents if isinstance(documents, list) else [documents]
    return b"".join(json.dumps(each).encode() + b"\n" for each in documents)


def pieces(text: str, *more: str) -> st.SearchStrategy[str]:
    """One of the lines of `text`, or any other text."""
    return st.sampled_from([*text.strip().splitlines(), *more]) | st.text(max_size=4)


TOML = st.lists(
    st.sampled_from(["[[agreement]]", "[[absence]]"])
    | st.builds(
        "{} = {}".format,
        st.sampled_from(
            [
                "since",
                "hours",
                "country",
                "subdivision",
                "day",
                "first",
                "last",
                "part",
                "name",
                "absences",
                "longest_day",
                "agreement",
                "absence",
            ]
        ),
        pieces(
            """
8
-1
1e400
nan
true
"7:42"
"DE"
"BY"
[8, 8, 8, 8, 8, 0, 0]
{mon = 8}
{mon = [], x = 1}
2026-04-01
2026-04-01T00:00:00
07:30:00
"2026-04-01"
["~nobody/x.csv"]
["\\u0000"]
["."]
[[1], {}]
""",
            "9" * 400,
            f'"{"9" * 5000}"',
            DEEP,
        ),
    ),
    max_size=6,
).map("\n".join)

ICS = st.lists(
    pieces(
        """
BEGIN:VEVENT
END:VEVENT
BEGIN:VTIMEZONE
END:VTIMEZONE
TZID:X
X-WR-TIMEZONE:Europe/Berlin
X-WR-TIMEZONE:../../etc
DTSTART:20261116T090000Z
DTSTART;TZID=Europe/Berlin:20261116T090000
DTSTART;TZID=Nowhere:20261116T090000
DTSTART;VALUE=DATE:20261116
DTSTART:x
DTEND:20261116T100000Z
DURATION:PT1H
RRULE:FREQ=DAILY
RRULE:FREQ=SECONDLY;COUNT=9
EXDATE:20261117
SUMMARY:<b>
UID:1
RECURRENCE-ID:20261116T090000Z
STATUS:CANCELLED
"""
    ),
    max_size=12,
).map(lambda inner: "\r\n".join(["BEGIN:VCALENDAR", *inner, "END:VCALENDAR"]))

JQL = st.lists(
    pieces(
        """
worklogDate
worklogAuthor
updated
key
labels
parent
text
cf[1]
currentUser()
startOfWeek(
now()
-1w
1e9d
2026-11-16
0000-00-00
99999-01-01
APP-1
empty
is
was
changed
not
in
and
or
order by
asc
""",
        *["=", "!=", ">=", "<", "~", "(", ")", ",", "'", '"', "\\", "\\u00"],
        *["-" * 50, "9" * 400, "( " * 200, "not " * 300],
    ),
    max_size=12,
).map(" ".join)

ODD = st.sampled_from(
    [
        *[None, True, 0, -1, 2**31, 2**70, 1e308, "", "0", "\ud800", "x" * 40_000, "<b>&", [], {}, [[]], {"a": None}],
        *["0001-01-01T00:00:00.000+1400", "9999-12-31T23:59:59.999-1200", "2024-11-18", "2024-11-18T09:00"],
    ]
)
