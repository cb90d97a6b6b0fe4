"""Text from outside, whatever it is, gives a value or one of our errors, never an error of Python's own.

One row a parser. What good text means is in the tests of its module; JQL is in `tests/demo/test_jql.py`, all requests
to the demo Jira in `tests/demo/test_server_robustness.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter
from werkzeug.wrappers import Response

import roots_nb
from roots_nb.calendars import read_calendar
from roots_nb.connections.connection import DeploymentName, absolute_ca_bundle, clean_url, guess_deployment
from roots_nb.connections.profiles import Profiles
from roots_nb.connections.secrets import Secret
from roots_nb.durations import parse_duration
from roots_nb.editing import journal
from roots_nb.editing.cells import BadCell, check_value, parse_cell
from roots_nb.editing.dates import Dates
from roots_nb.editing.issue_links import key_of_link
from roots_nb.editing.journal import read_journal
from roots_nb.editing.record import Record
from roots_nb.errors import BadRequest, JournalUnusable, RootsError
from roots_nb.jira.client import Jira
from roots_nb.jira.signin import sign_in
from roots_nb.periods import parse_period
from roots_nb.progress import Progress
from roots_nb.reports.absences import read_absences
from roots_nb.reports.schedule import Schedule
from roots_nb.sheet.sheet import CellText, Sheet
from roots_nb.sheet.unsent import UnsentEdits
from roots_nb.widgets.bulk_editor import COLUMNS
from tests.connections.test_profiles import SERVER, WORK
from tests.editing.frames import NOW, week
from tests.editing.test_journal import RECORDED
from tests.faults.fault import Exchange, Fault
from tests.faults.write_back.scene import WEEK as SCENE_WEEK
from tests.faults.write_back.scene import ZONE, edit_some, new_world, scene, signed_in
from tests.faults.write_back.trial import Computer, see_through
from tests.faults.write_back.wire import Line, Process
from tests.nearly_right import (
    DEEP,
    ICS,
    JQL,
    ODD,
    TOML,
    Json,
    any_json,
    as_bytes,
    damaged,
    json_lines,
    lines,
    spoil,
    spoilt,
    words,
)
from tests.sheet.test_unsent import ACCOUNTS, BEFORE, LATER, LONGER, NEW, WEEK
from tests.world import TOKEN

FEW, MANY = 20, 1000
TODAY = date(2026, 11, 23)
BERLIN = ZoneInfo("Europe/Berlin")
NOW_IN_2026 = datetime.fromisoformat(NOW)


@dataclass(frozen=True, slots=True)
class Parser:
    """`read` gets what `given` makes, and a folder for a file; `broke` is what once broke it."""

    name: str
    read: Callable[[Any, Path], object]
    given: st.SearchStrategy[Any]
    refusals: tuple[type[Exception], ...] = (RootsError,)
    broke: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return self.name


def read_url(text: str, _: Path) -> None:
    """What is accepted is in its plain form."""
    guess_deployment(text)
    for deployment in (None, "cloud", "datacenter"):
        try:
            url = clean_url(text, deployment)  # type: ignore[arg-type]
        except RootsError:
            continue
        assert clean_url(url, deployment) == url  # type: ignore[arg-type]


def read_cell(given: tuple[str, Json], _: Path) -> None:
    column, cell = given
    check_value(column, parse_cell(column, cell, BERLIN), NOW_IN_2026)


def read_clock(text: str, _: Path) -> None:
    dates = Dates(*WEEK, BERLIN)
    for read in (dates.parse_day, lambda text: dates.moment(WEEK[0], dates.parse_clock(text))):
        try:
            read(text)
        except BadCell:
            continue


def paste(given: tuple[list[tuple[int, str, str]], list[dict[str, str]]], _: Path) -> None:
    """Into the sheet, which is planned and kept; the next editor lays over what was kept."""
    cells, drafts = given
    sheet = Sheet(week())
    keys = [view.key for view in sheet.views()]
    sheet.write(CellText(keys[row], column, text) for row, column, text in cells)
    sheet.add(drafts)
    kept = UnsentEdits(sheet.accounts, *WEEK)
    kept.note(sheet.unsent())
    found = UnsentEdits(sheet.accounts, *WEEK).find()
    assert found.problems == []
    assert sorted(map(repr, found.edits)) == sorted(map(repr, sheet.unsent()))
    Sheet(week()).lay_over(found.edits)
    kept.keep([])
    sheet.plan()


def read_unsent(data: bytes, _: Path) -> None:
    """What earlier editors left never raises, and never spoils the sheet."""
    edits = UnsentEdits(ACCOUNTS, *WEEK)
    edits.note([LONGER])
    (path,) = (path for key in edits._names if (path := edits._path(key)).exists())
    path.write_bytes(data)
    found = UnsentEdits(ACCOUNTS, *WEEK).find()
    assert found.at is None or found.at.tzinfo
    path.unlink(missing_ok=True)
    sheet = Sheet(week())
    sheet.lay_over(found.edits)
    sheet.views()


def read_damaged_journal(data: bytes, folder: Path) -> None:
    """What is read is what was written, or the beginning of it."""
    found = journal_in(folder, data)
    whole = read_journal(RECORDED)
    assert found.header == whole.header
    assert found.operations == whole.operations
    assert found.entries == whole.entries[: len(found.entries)]
    Record.of(found)


def read_forged_journal(documents: Json, folder: Path) -> None:
    Record.of(journal_in(folder, b"".join(map(journal._line, documents))))


def are_records(documents: Json) -> bool:
    return isinstance(documents, list) and all(isinstance(each, dict) for each in documents)


def journal_in(folder: Path, data: bytes) -> journal.Journal:
    path = folder / "given.jsonl"
    path.write_bytes(data)
    return read_journal(path)


def search(given: tuple[DeploymentName, str], _: Path) -> None:
    """The demo Jira finds something, or says in Jira's way why not."""
    deployment, jql = given
    jira = searched(deployment)
    query = {"jql": jql, "fields": "summary", "maxResults": 5}
    try:
        jira.http.read(jira.deployment.search_path, query)
    except BadRequest as refusal:
        if not refusal.jira_says:
            raise AssertionError("Refused without a word") from refusal


@cache
def searched(deployment: DeploymentName) -> Jira:
    world = new_world(deployment)
    return Line(world.log, Process()).connect(signed_in(world))


@dataclass(frozen=True, slots=True)
class Spoiling(Fault):
    """Jira's own answer, in which one place holds another value."""

    place: int
    value: Json

    def play(self, exchange: Exchange) -> Response:
        reply = exchange.commit()
        if reply.is_json and reply.get_json():
            reply.data = json.dumps(spoil(reply.get_json(), self.place, self.value))
        return reply


def work(given: tuple[DeploymentName, int, int, Json], folder: Path) -> None:
    """Sign in, load, show, look for issues, apply and undo, while one answer is spoilt."""
    deployment, number, place, value = given
    with Computer(scene(deployment, "small"), folder, in_order=True) as computer:
        world = computer.world
        line = Line(world.log, Process())
        world.faults.at(number, Spoiling(place, value))
        with mock.patch.object(HTTPAdapter, "send", lambda _, request, **how: line.send(request)):
            jira, _ = see_through(lambda: sign_in(world.connection, Secret(TOKEN)))
            if jira is not None:
                work_in(jira)
                jira.http.close()


def work_in(jira: Jira) -> None:
    see_through(lambda: jira.pick_issues("APP"))
    see_through(jira.token_expires)
    worklogs, _ = see_through(lambda: roots_nb.load_worklogs(jira, SCENE_WEEK, zone=ZONE, progress=Progress()))
    if worklogs is None or worklogs.empty:
        return
    roots_nb.show(worklogs)._repr_html_()
    roots_nb.report(worklogs, SCENE_WEEK).to_csv()
    plan, _ = see_through(lambda: roots_nb.plan_changes(worklogs, edit_some(worklogs)))
    if plan is None:
        return
    result, _ = see_through(lambda: roots_nb.apply_changes(jira, plan, confirm=plan.confirmation, progress=Progress()))
    if result is not None:
        result._repr_html_()
    see_through(lambda: roots_nb.resume(jira, plan.run, progress=Progress()))
    undo, _ = see_through(lambda: roots_nb.plan_undo(plan.run))
    if undo is not None:
        see_through(lambda: roots_nb.apply_changes(jira, undo, confirm=undo.confirmation, progress=Progress()))


def in_file(read: Callable[[Path], object], suffix: str) -> Callable[[Any, Path], object]:
    def write_and_read(data: bytes, folder: Path) -> object:
        path = folder / f"given{suffix}"
        path.write_bytes(data)
        return read(path)

    return write_and_read


UNSENT = [{"format": 1, "tool": "0"}, *({"at": NOW, **each.to_json()} for each in (LONGER, LATER, NEW))]
PROFILES = {"format": 1, "connections": [asdict(WORK), asdict(SERVER)]}
SPOILT_UNSENT = [
    [*UNSENT[:-1], {**UNSENT[-1], name: value}]
    for name, value in {
        "delete": [],
        "at": "2026-11-23T12:00",
        "wanted": {"time_spent": 1e300},
        "typed": {"summary": "x"},
        "before": {**BEFORE.to_json(), "started": "0001-01-01T00:00:00+14:00"},
    }.items()
]
TIMES = ("2026", "-11-16", "9:00", "T", "+01:00", "9", "am", ".", "/", "0001-01-01 00:00", "9999-12-31 23:59")
OTHERS = ("1h", "30m", "1,5", "days", "999999 days", "APP-1", "https://a.de/browse/", "Cloud", "9" * 30)
EDITABLE = [column.name for column in COLUMNS if column.editable]
CELLS = words(*TIMES, *OTHERS) | any_json
JOURNAL = [journal._record(line) for line in RECORDED.read_bytes().splitlines(keepends=True)]

NO_ZONE = b"BEGIN:VCALENDAR\r\nTZID:X\r\nEND:VTIMEZONE\r\nEND:VCALENDAR"
TWO_STARTS = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n%bEND:VEVENT\r\nEND:VCALENDAR" % (b"DTSTART:20261116T090000Z\r\n" * 2)

PARSERS = [
    Parser("duration", lambda text, _: parse_duration(text), words("1h", "30m", ":", "1,5", "w", "d", "٣", "9" * 400)),
    Parser(
        "period",
        lambda given, _: parse_period(given, today=TODAY),
        words("2026", "-W47", "W53", "0000", "-11", "-16", "..", "last week", "9999") | any_json,
    ),
    Parser(
        "url", read_url, words("https://", "http://", "a.atlassian.net", "[::1]", ":", "@", "/jira", "%", "١", "\\")
    ),
    Parser("CA file", lambda text, _: absolute_ca_bundle(text), words("~", "/", "nobody", "..", "\0"), broke=("~\0",)),
    Parser(
        "cell",
        read_cell,
        st.tuples(st.sampled_from(["started", "time_spent", "comment", "issue"]), CELLS),
        (BadCell,),
        broke=(("time_spent", "999999 days"),),
    ),
    Parser("day or time of day", read_clock, words(*TIMES, "mon", "16", "nov", "2", "24", "today", "99")),
    Parser(
        "link",
        lambda text, _: key_of_link(text, "https://a.de"),
        words("https://", "a.de/browse/", "APP-1"),
        (BadCell,),
    ),
    Parser(
        "pasted cells",
        paste,
        st.tuples(
            st.lists(st.tuples(st.integers(0, 2), st.sampled_from(EDITABLE), words(*TIMES, *OTHERS)), max_size=6),
            st.lists(st.dictionaries(st.sampled_from(EDITABLE), words(*TIMES, *OTHERS)), max_size=2),
        ),
    ),
    Parser(
        "unsent edits",
        read_unsent,
        spoilt(UNSENT).map(json_lines) | as_bytes(lines('{"row": "1"}', "{}")),
        broke=(DEEP.encode() + b"\n", *map(json_lines, SPOILT_UNSENT)),
    ),
    Parser("JQL in the demo", search, st.tuples(st.sampled_from(["cloud", "datacenter"]), JQL)),
    Parser(
        "Jira's answers",
        work,
        st.tuples(st.sampled_from(["cloud", "datacenter"]), st.integers(1, 30), st.integers(0, 500), ODD | any_json),
    ),
    Parser(
        "journal that is damaged",
        read_damaged_journal,
        damaged(RECORDED.read_bytes()) | st.binary(max_size=40),
        (JournalUnusable,),
    ),
    Parser(
        "journal that is none of ours",
        read_forged_journal,
        spoilt(JOURNAL).filter(are_records),
        (JournalUnusable,),
        broke=([{}], [{"seq": 0, "format": 1, "operations": 0}], [{**JOURNAL[0], "operations": 0}, {"seq": 1}]),
    ),
    Parser(
        "profiles",
        in_file(lambda path: Profiles(path).all(), ".json"),
        spoilt(PROFILES).map(lambda document: json.dumps(document).encode()) | as_bytes(words("{", "}", '"format": 1')),
    ),
    Parser(
        "absences in CSV",
        in_file(read_absences, ".csv"),
        as_bytes(lines("day,part", "first;last;hours;name", "2026-12-24", ",", ";", '"', "half", "nan", "1e999", "\0")),
    ),
    Parser(
        "absences",
        lambda given, _: read_absences(given),
        any_json | spoilt([{"day": "2026-12-24", "part": 1}]),
        broke=(["~x/y"], "\ud800", "\0"),
    ),
    Parser("absences in ICS", in_file(read_absences, ".ics"), as_bytes(ICS)),
    Parser(
        "calendar",
        in_file(lambda path: read_calendar(path, ("2026-11-16", "2026-11-22")), ".ics"),
        as_bytes(ICS),
        broke=(NO_ZONE, TWO_STARTS),
    ),
    Parser(
        "schedule.toml",
        in_file(Schedule.read, ".toml"),
        as_bytes(TOML),
        broke=(b"[[agreement]]\nhours = 8", f"absences = {DEEP}".encode()),
    ),
]


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
@pytest.mark.parametrize("parser", PARSERS, ids=str)
def test_whatever_is_given_is_read_or_refused(parser: Parser, examples: int, tmp_path: Path) -> None:
    """And the parser's own assertions hold."""

    def read(given: Any) -> None:
        with suppress(*parser.refusals):
            parser.read(given, tmp_path)

    for each in parser.broke:
        read(each)
    settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(given(parser.given)(read))()
