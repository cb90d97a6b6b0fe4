"""The demo's JQL finds what Jira would find, in the zone of who asks, and refuses what it does not understand."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roots_nb.demo.jql import JqlError, is_bounded, run_jql
from roots_nb.demo.jql_syntax import Clause, Value, parse_jql
from roots_nb.demo.model import Issue, JiraSite, User, Worklog

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 18, 15, 0, tzinfo=BERLIN)  # a Wednesday


def user(name: str, zone: str = "Europe/Berlin") -> User:
    return User(f"712020:{name}", f"KEY-{name}", name, name.title(), f"{name}@example.com", zone)


ME, OTHER = user("maren"), user("lukas")


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def build_site() -> JiraSite:
    site = JiraSite("cloud", now=lambda: NOW)
    site.add_project("APP", "Customer App")
    site.add_project("OPS", "Operations")
    site.add_issue("APP-1", "Checkout", issue_type="Epic", created=berlin("2026-01-05T10:00"))
    site.add_issue(
        "APP-2",
        "Pay by bank transfer (code review)",
        issue_type="Story",
        epic="APP-1",
        labels=("payment", "Checkout"),
        created=berlin("2026-11-11T10:00"),
    )
    site.add_issue("APP-10", "Größe und 検索の速度", issue_type="Bug", created=berlin("2026-11-12T23:30"))
    site.add_issue("OPS-1", "On call", issue_type="Task", labels=("on-call",), created=berlin("2026-03-01T08:00"))
    site.add_worklog("OPS-1", ME, berlin("2026-10-01T09:00"), 3600, None, created=berlin("2026-10-01T10:00"))
    site.add_worklog("APP-2", OTHER, berlin("2026-11-12T09:00"), 3600, "Plan", created=berlin("2026-11-12T10:00"))
    site.add_worklog("APP-2", ME, berlin("2026-11-16T09:00"), 3600, "Reviewed", created=berlin("2026-11-16T10:00"))
    # On the 17th in Berlin, still on the 16th in New York.
    site.add_worklog("APP-10", OTHER, berlin("2026-11-17T00:30"), 60, "Fix it", created=berlin("2026-11-17T01:00"))
    site.add_worklog("OPS-1", OTHER, berlin("2026-11-18T09:00"), 60, "Disk full", created=berlin("2026-11-18T10:00"))
    return site


SITE = build_site()


def find(text: str, *, asking: User | None = ME, now: datetime = NOW) -> list[str]:
    found = run_jql(text, SITE.issues.values(), user=asking, now=now, worklogs_of=lambda issue: issue.worklogs)
    return [issue.key for issue in found]


FOUND = [
    ("", "APP-1 APP-2 APP-10 OPS-1"),
    ("order by key", "APP-1 APP-2 APP-10 OPS-1"),
    # project
    ("project = APP", "APP-1 APP-2 APP-10"),
    ("project = app", "APP-1 APP-2 APP-10"),
    ("PROJECT = 'Customer App'", "APP-1 APP-2 APP-10"),
    ("project = 10000", "APP-1 APP-2 APP-10"),
    ("project != APP", "OPS-1"),
    ("project in (APP, OPS)", "APP-1 APP-2 APP-10 OPS-1"),
    ("project not in (APP)", "OPS-1"),
    ("project = NOPE", ""),
    ("project is empty", ""),
    ("project is not EMPTY", "APP-1 APP-2 APP-10 OPS-1"),
    # key
    ("key = APP-2", "APP-2"),
    ("issuekey = app-2", "APP-2"),
    ("issue = 10001", "APP-2"),
    ("id in (10001, OPS-1)", "APP-2 OPS-1"),
    ("key != APP-2", "APP-1 APP-10 OPS-1"),
    ("key not in (APP-2, APP-10)", "APP-1 OPS-1"),
    ("key >= APP-2", "APP-2 APP-10"),
    ("key > APP-2", "APP-10"),
    ("key < APP-10", "APP-1 APP-2"),
    ("key <= APP-2", "APP-1 APP-2"),
    ("key = APP-99", ""),
    ("key = GONE-1", ""),
    # issue type, labels, parent
    ("issuetype = bug", "APP-10"),
    ("type in (Epic, Task)", "APP-1 OPS-1"),
    ("type != Epic", "APP-2 APP-10 OPS-1"),
    ("labels = payment", "APP-2"),
    ("labels = checkout", "APP-2"),
    ("labels in (payment, on-call)", "APP-2 OPS-1"),
    ("labels != payment", "OPS-1"),
    ("labels not in (payment)", "OPS-1"),
    ("labels is empty", "APP-1 APP-10"),
    ("labels = null", "APP-1 APP-10"),
    ("labels in (payment, empty)", "APP-1 APP-2 APP-10"),
    ("labels is not null", "APP-2 OPS-1"),
    ("parent = APP-1", "APP-2"),
    ('"Epic Link" = APP-1', "APP-2"),
    ("'epic link' is empty", "APP-1 APP-10 OPS-1"),
    ("parent != APP-1", ""),
    # text
    ("summary ~ review", "APP-2"),
    ("summary ~ 'REVIEW bank'", "APP-2"),
    ("summary ~ rev", ""),
    ("summary ~ 'rev*'", "APP-2"),
    ("summary ~ 'revi?w'", "APP-2"),
    ("summary ~ '\"code review\"'", "APP-2"),
    ("summary ~ '\"review code\"'", ""),
    ("summary ~ '\"code review\" pay'", "APP-2"),
    ("summary !~ review", "APP-1 APP-10 OPS-1"),
    ("summary ~ größe", "APP-10"),
    ("summary ~ 検索", "APP-10"),
    ("text ~ call", "OPS-1"),
    ("text !~ call", "APP-1 APP-2 APP-10"),
    ("summary ~ on-call", "OPS-1"),
    ("summary is not empty", "APP-1 APP-2 APP-10 OPS-1"),
    ("worklogComment ~ reviewed", "APP-2"),
    ("worklogComment ~ 'disk full'", "OPS-1"),
    ("worklogComment !~ 'fix'", "APP-2 OPS-1"),
    ("worklogComment is empty", "APP-1"),
    # author
    ("worklogAuthor = currentUser()", "APP-2 OPS-1"),
    ("worklogauthor = CURRENTUSER()", "APP-2 OPS-1"),
    ("worklogAuthor in (currentUser())", "APP-2 OPS-1"),
    ("worklogAuthor in currentUser()", "APP-2 OPS-1"),
    ("worklogAuthor = '712020:maren'", "APP-2 OPS-1"),
    ("worklogAuthor = 712020:maren", "APP-2 OPS-1"),
    ("worklogAuthor = Maren", "APP-2 OPS-1"),
    ("worklogAuthor = key-maren", "APP-2 OPS-1"),
    ("worklogAuthor in (maren, lukas)", "APP-2 APP-10 OPS-1"),
    ("worklogAuthor != currentUser()", "APP-10"),
    ("worklogAuthor not in (lukas)", ""),
    ("worklogAuthor = nobody", ""),
    ("worklogAuthor is empty", "APP-1"),
    # day of a worklog: both bounds inclusive
    ("worklogDate = 2026-11-16", "APP-2"),
    ("worklogDate = '2026/11/16'", "APP-2"),
    ("worklogDate = '2026-11-16 23:59'", "APP-2"),
    ("worklogDate >= 2026-11-16", "APP-2 APP-10 OPS-1"),
    ("worklogDate >= 2026-11-17", "APP-10 OPS-1"),
    ("worklogDate > 2026-11-17", "OPS-1"),
    ("worklogDate <= 2026-10-01", "OPS-1"),
    ("worklogDate < 2026-10-01", ""),
    ("worklogDate in (2026-10-01, 2026-11-17)", "APP-10 OPS-1"),
    ("worklogDate != 2026-11-17", "APP-2 OPS-1"),
    ("worklogDate is empty", "APP-1"),
    ("worklogDate is not empty", "APP-2 APP-10 OPS-1"),
    ("worklogDate >= 2026-11-13 AND worklogDate <= 2026-11-15", ""),
    ("worklogDate >= 2026-11-13 AND worklogDate <= 2026-11-16", "APP-2"),
    ("worklogDate <= 2026-11-16 AND type = Story AND worklogDate >= 2026-11-16", "APP-2"),
    ("(worklogDate >= 2026-10-02) AND (worklogDate <= 2026-11-15)", "APP-2"),
    # not bound to one worklog: mine is of October, the one of November is Lukas's
    ("worklogAuthor = currentUser() AND worklogDate = 2026-11-18", "OPS-1"),
    # relative to now
    ("worklogDate = now()", "OPS-1"),
    ("worklogDate >= startOfDay()", "OPS-1"),
    ("worklogDate <= endOfDay('-1') AND worklogDate >= startOfDay('-1d')", "APP-10"),
    ("worklogDate >= startOfWeek()", "APP-2 APP-10 OPS-1"),
    ("worklogDate >= startOfWeek('-1') AND worklogDate <= endOfWeek('-1w')", "APP-2"),
    ("worklogDate >= startOfWeek(-1w) AND worklogDate < startOfWeek()", "APP-2"),
    ("worklogDate <= endOfMonth(-1) AND worklogDate >= startOfMonth(-1)", "OPS-1"),
    ("worklogDate = startOfMonth(-1M)", "OPS-1"),
    ("worklogDate >= startOfYear() AND worklogDate <= endOfYear()", "APP-2 APP-10 OPS-1"),
    ("worklogDate >= startOfYear('+1y')", ""),
    ("worklogDate < endOfYear('-1')", ""),
    ("worklogDate > startOfMonth('+15d')", "APP-10 OPS-1"),
    ("worklogDate >= -1d", "APP-10 OPS-1"),
    ("worklogDate >= '-2d'", "APP-2 APP-10 OPS-1"),
    ("worklogDate >= -1W AND worklogDate <= '-1d'", "APP-2 APP-10"),
    ("worklogDate <= '-4w 2d'", "OPS-1"),
    ("worklogDate >= -15h", "OPS-1"),
    ("worklogDate >= '-16h'", "APP-10 OPS-1"),
    ("worklogDate >= '1h'", "OPS-1"),
    ("worklogDate >= '+9h'", ""),
    # created and updated: moments
    ("created >= 2026-11-12", "APP-10"),
    ("created >= 2026-11-11", "APP-2 APP-10"),
    ("created <= '2026-01-05 10:00'", "APP-1"),
    ("created < '2026-01-05 10:00'", ""),
    ("created = '2026/01/05 10:00'", "APP-1"),
    ("created > startOfMonth() and created < now()", "APP-2 APP-10"),
    ("created is empty", ""),
    ("updated >= -5h", "OPS-1"),
    ("updated < startOfDay(-1)", "APP-1 APP-2"),
    ("updated >= endOfDay(-1)", "OPS-1"),
    # logic
    ("project = APP AND type = Bug", "APP-10"),
    ("project = APP && type = Bug", "APP-10"),
    ("type = Bug OR type = Epic", "APP-1 APP-10"),
    ("type = Bug || type = Epic", "APP-1 APP-10"),
    ("type = Epic or type = Bug and project = OPS", "APP-1"),
    ("(type = Epic or type = Bug) and project = OPS", ""),
    ("not type = Bug", "APP-1 APP-2 OPS-1"),
    ("! type = Bug", "APP-1 APP-2 OPS-1"),
    ("not not type = Bug", "APP-10"),
    ("NOT (type = Bug OR project = OPS) AND labels IS EMPTY", "APP-1"),
    ("not labels = payment", "APP-1 APP-10 OPS-1"),
    ("project=APP\n\tAND\n((key=APP-1))", "APP-1"),
    # quoting
    ('"project" = "APP"', "APP-1 APP-2 APP-10"),
    (r"project = \u0041PP", "APP-1 APP-2 APP-10"),
    (r"project = Customer\ App", "APP-1 APP-2 APP-10"),
    (r"labels = 'on\-call'".replace("\\-", "-"), "OPS-1"),
]


@pytest.mark.parametrize(("text", "keys"), FOUND)
def test_query_finds(text: str, keys: str) -> None:
    """What a query finds does not depend on the letter case of fields and keywords, and bounds are inclusive."""
    assert sorted(find(text)) == sorted(keys.split())


ORDERED = [
    ("project = APP", "APP-10 APP-2 APP-1"),
    ("order by key", "APP-1 APP-2 APP-10 OPS-1"),
    ("ORDER BY key DESC", "OPS-1 APP-10 APP-2 APP-1"),
    ("order  by created asc", "APP-1 OPS-1 APP-2 APP-10"),
    ("order by updated desc", "OPS-1 APP-10 APP-2 APP-1"),
    ("order by summary", "APP-1 APP-10 OPS-1 APP-2"),
    ("order by type, key", "APP-10 APP-1 APP-2 OPS-1"),
    ("order by project desc, key asc", "OPS-1 APP-1 APP-2 APP-10"),
    ("project = APP order by 'Epic Link' DESC, issuekey", "APP-2 APP-1 APP-10"),
]


@pytest.mark.parametrize(("text", "keys"), ORDERED)
def test_order_by_sorts(text: str, keys: str) -> None:
    """Keys sort by number, several fields from left to right, and without ORDER BY the newest issue is first."""
    assert find(text) == keys.split()


REFUSED = [
    ("foo = 1", "Field 'foo' does not exist or you do not have permission to view it."),
    ("project = APP order by foo", "Field 'foo' does not exist or you do not have permission to view it."),
    ("order by text", "Not able to sort using field 'text'."),
    ("order by worklogDate", "Not able to sort using field 'worklogDate'."),
    ("project ~ APP", "The operator '~' is not supported by the 'project' field."),
    ("summary = review", "The operator '=' is not supported by the 'summary' field."),
    ("summary in (review)", "The operator 'in' is not supported by the 'summary' field."),
    ("worklogAuthor > maren", "The operator '>' is not supported by the 'worklogAuthor' field."),
    ("worklogDate ~ 2026-11-16", "The operator '~' is not supported by the 'worklogDate' field."),
    ("labels <= a", "The operator '<=' is not supported by the 'labels' field."),
    ("project = (APP, OPS)", "Operator '=' does not support list values for the field 'project'."),
    ("project in APP", "Operator 'in' does not support non-list values for the field 'project'."),
    ("labels is payment", "The operator 'is' for the field 'labels' only supports EMPTY or NULL."),
    ("labels is not payment", "The operator 'is not' for the field 'labels' only supports EMPTY or NULL."),
    ("worklogDate > empty", "The field 'worklogDate' does not support EMPTY for the operator '>'."),
    ("worklogAuthor = membersOf(x)", "Unable to find JQL function 'membersOf()'."),
    ("worklogDate >= lastLogin()", "Unable to find JQL function 'lastLogin()'."),
    ("worklogDate >= currentUser()", "A value provided by the function 'currentUser' is invalid for the field"),
    ("worklogAuthor = now()", "A value provided by the function 'now' is invalid for the field 'worklogAuthor'."),
    ("key in startOfDay()", "A value provided by the function 'startOfDay' is invalid for the field 'key'."),
    ("worklogAuthor = currentUser(1)", "Function 'currentUser' expected '0' arguments but received '1'."),
    ("worklogDate = now('-1d')", "Function 'now' expected '0' arguments but received '1'."),
    ("worklogDate = startOfDay(1, 2)", "expected between '0' and '1' arguments but received '2'."),
    ("worklogDate = startOfDay(soon)", "Duration for function 'startOfDay' should have the format"),
    ("worklogDate = startOfDay('1d 2h')", "Duration for function 'startOfDay' should have the format"),
    ("worklogDate = 2026-02-30", "Date value '2026-02-30' for field 'worklogDate' is invalid."),
    ("worklogDate = 2026-1-5", "Date value '2026-1-5' for field 'worklogDate' is invalid."),
    ("worklogDate = '2026-11/16'", "is invalid. Valid formats include: 'yyyy/MM/dd HH:mm'"),
    ("worklogDate = '2026-11-16T09:00'", "Date value '2026-11-16T09:00'"),
    ("worklogDate = '2026-11-16 25:00'", "Date value '2026-11-16 25:00'"),
    ("worklogDate = '16.11.2026'", "Date value '16.11.2026'"),
    ("worklogDate = yesterday", "Date value 'yesterday'"),
    ("worklogDate = 5", "Date value '5'"),
    ("worklogDate = '-5x'", "Date value '-5x'"),
    ("worklogDate = ''", "Date value ''"),
    ("worklogDate >= -99999999w", "leads to a date that does not exist"),
    ("worklogDate >= startOfYear(-9999)", "leads to a date that does not exist"),
    ("worklogDate >= -" + "9" * 5000 + "d", "is invalid"),
    ("created >= 0001-01-01", "The date of the field 'created' is too far away."),
    ("created >= 0000-01-01", "Date value '0000-01-01'"),
    ("key = foo", "The issue key 'foo' for field 'key' is invalid."),
    ("parent = Checkout", "The issue key 'Checkout' for field 'parent' is invalid."),
    ("summary ~ ''", "Unable to parse the text '' for field 'summary'."),
    ("summary ~ '!!'", "Unable to parse the text '!!' for field 'summary'."),
    ("summary ~ '\"open'", "Unable to parse the text '\"open' for field 'summary'."),
    ("summary ~ '*view'", "must not start a word with '*' or '?'."),
    # grammar
    ("login", "Expecting operator before the end of the query. (line 1, character 6)"),
    ("login page", "Expecting operator but got 'page'. (line 1, character 7)"),
    ("project =", "Expecting a value, a list or a function before the end of the query. (line 1, character 10)"),
    ("project = APP OPS", "Expecting either 'OR' or 'AND' but got 'OPS'. (line 1, character 15)"),
    ("project = APP\nAND\n  ) ", "Expecting a condition but got ')'. (line 3, character 3)"),
    ("project = APP AND", "Expecting a condition before the end of the query."),
    ("AND project = APP", "but got 'AND'."),
    ("(project = APP", "Expecting ')' before the end of the query."),
    ("project = APP)", "but got ')'."),
    ("project in ()", "Expecting a value or a function but got ')'."),
    ("project in (APP", "before the end of the query."),
    ("project in (APP,)", "but got ','."),
    ("project in ((APP))", "but got '('."),
    ("project was APP", "Expecting operator but got 'was'."),
    ("project == APP", "but got '='."),
    ("project is not", "before the end of the query."),
    ("project = and", "but got 'and'."),
    ("order by", "Expecting a field name before the end of the query."),
    ("project = APP order key", "but got 'order'."),
    ("order by key up", "but got 'up'."),
    ("order by key,", "but got ','."),
    ("order by key order by created", "but got 'order'."),
    ("project = 'APP", "The quoted string 'APP' has not been completed. (line 1, character 11)"),
    ("project = \"APP'", "has not been completed."),
    (r'project = "APP\"', "has not been completed."),
    (r'project = "A\PP"', r"'\P' is an illegal JQL escape sequence."),
    (r'project = "\u12"', r"'\u' is an illegal JQL escape sequence."),
    ("project = APP\\", "is an illegal JQL escape sequence."),
    ("worklogDate = 2026/11/16", "The character '/' is a reserved JQL character."),
    ("worklogAuthor = me@example.com", "The character '@' is a reserved JQL character."),
    ("project = APP; drop", "The character ';' is a reserved JQL character."),
    ("cf[10014] = APP-1", "The character '[' is a reserved JQL character."),
    ("(" * 500 + "key = APP-1" + ")" * 500, "The query is nested too deeply."),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_query_is_refused(text: str, message: str) -> None:
    """Whatever is not understood is an error that names it, never ignored."""
    with pytest.raises(JqlError) as caught:
        find(text)
    assert message in str(caught.value)


def test_query_without_issues_is_refused_too() -> None:
    """A wrong query is wrong even where there is nothing to search."""
    with pytest.raises(JqlError):
        run_jql("foo = 1", [], user=ME, now=NOW, worklogs_of=lambda issue: issue.worklogs)


@pytest.mark.parametrize(
    ("text", "bounded"),
    [
        ("", False),
        ("   \n", False),
        ("order by created desc", False),
        ("project = APP", True),
        ("project is not empty order by key", True),
    ],
)
def test_query_is_bounded(text: str, bounded: bool) -> None:
    """A query restricts a search when there is anything but ORDER BY."""
    assert is_bounded(text) is bounded


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2026-11-17"),
        ("America/New_York", "2026-11-16"),
        ("UTC", "2026-11-16"),
        ("Asia/Kathmandu", "2026-11-17"),
        ("Pacific/Apia", "2026-11-17"),
    ],
)
def test_worklog_date_is_the_day_in_the_zone_of_who_asks(zone: str, day: str) -> None:
    """The worklog of 16 November, 23:30 UTC, lies on the day that the calendar of the asking user shows."""
    assert find(f"worklogDate = {day} AND key = APP-10", asking=user("guest", zone)) == ["APP-10"]


def test_today_is_the_day_in_the_zone_of_who_asks() -> None:
    """At 15:00 in Berlin it is already tomorrow in Apia, where nobody has logged anything yet."""
    assert find("worklogDate >= startOfDay()", asking=user("guest", "Pacific/Apia")) == []


def test_day_is_exact_when_midnight_comes_twice() -> None:
    """In St John's of 2010 clocks went back at 00:01; each moment counts on the day that the wall showed."""
    site = JiraSite("cloud")
    site.add_project("APP", "App")
    moments = {"APP-1": datetime(2010, 11, 7, 2, 30, 30, tzinfo=UTC), "APP-2": datetime(2010, 11, 7, 3, 0, tzinfo=UTC)}
    for key, moment in moments.items():
        site.add_issue(key, key, created=moment)
        site.add_worklog(key, ME, moment, 60, created=moment)
    guest = user("guest", "America/St_Johns")

    def on(day: str) -> list[str]:
        issues = site.issues.values()
        found = run_jql(f"worklogDate = {day}", issues, user=guest, now=NOW, worklogs_of=lambda one: one.worklogs)
        return [issue.key for issue in found]

    assert (on("2010-11-07"), on("2010-11-06")) == (["APP-1"], ["APP-2"])


def test_start_of_day_obeys_the_time_change() -> None:
    """On the day of the time change the day is counted from its real midnight."""
    after_change = datetime(2026, 10, 25, 12, 0, tzinfo=BERLIN)
    found = find("created < startOfDay() AND created >= 2026-03-01", now=after_change)
    assert found == ["OPS-1"]
    assert find("worklogDate = '-48h'", now=datetime(2026, 10, 3, 9, tzinfo=BERLIN)) == ["OPS-1"]


def test_current_user_is_nobody_without_a_user() -> None:
    """Anonymous searches find no worklogs of theirs."""
    assert find("worklogAuthor = currentUser()", asking=None) == []


def test_search_uses_the_worklogs_it_is_given() -> None:
    """A worklog that the search index does not know is not found."""
    nothing: list[Worklog] = []
    query = "worklogAuthor = currentUser() OR worklogDate is not empty OR worklogComment ~ fix"
    found = run_jql(query, SITE.issues.values(), user=ME, now=NOW, worklogs_of=lambda issue: nothing)
    assert found == []


def escape(text: str, quote: str) -> str:
    return text.replace("\\", "\\\\").replace(quote, "\\" + quote)


def escape_all(text: str, quote: str) -> str:
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


@given(st.text(), st.sampled_from("\"'"), st.sampled_from([escape, escape_all]))
@example("\t\n\r \\ \" ' \x00 \ufeff", '"', escape)
@example("😀\ufeff", "'", escape_all)
def test_quoted_text_means_exactly_that_text(text: str, quote: str, escaping: Callable[[str, str], str]) -> None:
    """Any text, quoted and escaped, comes out of the parser as it was."""
    where = parse_jql(f"labels = {quote}{escaping(text, quote)}{quote}").where
    assert where == Clause("labels", "=", (Value(text),), is_list=False)


@given(st.text())
@example("a" * 5000)
@example("not " * 5000)
def test_any_text_is_a_query_or_an_error(text: str) -> None:
    """No input brings the search down."""
    with suppress(JqlError):
        find(text)


def test_queries_are_parsed_by_several_threads_at_once() -> None:
    """A busy server reads each query as if it were alone."""
    texts = [f"key in (APP-1, APP-{number}) AND NOT (type = Bug OR key = APP-1)" for number in range(2, 150)]
    with ThreadPoolExecutor(8) as pool:
        found = dict(zip(texts, pool.map(find, texts), strict=True))
    assert [text for text, keys in found.items() if keys] == [texts[0]]


def big_site() -> list[Issue]:
    issues = [Issue(n, f"APP-{n}", SITE.projects["APP"], f"Issue {n}", "Task", NOW) for n in range(10_000)]
    start = berlin("2026-01-01T09:00")
    for issue in issues:
        for number in range(10):
            moment = start + timedelta(days=(issue.id + 31 * number) % 320)
            author = ME if issue.id % 50 == number else OTHER
            issue.worklogs.append(Worklog(0, issue.id, author, moment, 60, "x", moment, moment, author))
    return issues


def test_hundred_thousand_worklogs_are_searched_within_a_second() -> None:
    """10,000 issues with 100,000 worklogs cost less than a second of computing, whichever clause comes first."""
    issues = big_site()
    many = ", ".join(f"APP-{n}" for n in range(0, 5000, 10))
    query = (
        "worklogDate >= 2026-06-01 AND worklogDate <= 2026-06-07 AND worklogAuthor = currentUser() "
        f"OR key in ({many}) AND updated >= -1w ORDER BY updated DESC, key"
    )
    begin = time.process_time()
    found = run_jql(query, issues, user=ME, now=NOW, worklogs_of=lambda issue: issue.worklogs)
    assert time.process_time() - begin < 1.0
    assert found
