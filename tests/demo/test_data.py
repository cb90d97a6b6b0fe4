"""The demo's two sites hold a believable person's fourteen months, whatever day it is and wherever it is built."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from roots_nb.demo import data
from roots_nb.demo.data import seed_cloud, seed_datacenter
from roots_nb.demo.model import Issue, JiraSite, User, Worklog

BERLIN = ZoneInfo("Europe/Berlin")
DAY, WEEK = timedelta(days=1), timedelta(days=7)
TODAYS = [
    date(2026, 11, 23),  # a Monday
    date(2026, 11, 22),  # a Sunday
    date(2027, 1, 1),
    date(2028, 1, 1),  # a Saturday
    date(2028, 2, 29),
    date(2026, 3, 29),  # time change
    date(2026, 10, 26),  # the day after a time change
    date(2025, 10, 7),  # 3 October lies in the last full week
    date(2029, 12, 31),  # Christmas on Tuesday and Wednesday of the last full week
]
NOBODY = User("", "", "", "", "", "UTC")
HOLIDAYS = {(1, 1), (5, 1), (10, 3), (12, 25)}


def fixed_now() -> datetime:
    return datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Mine:
    """One of the person's worklogs, in Berlin's clock."""

    site: JiraSite
    issue: Issue
    worklog: Worklog

    @property
    def started(self) -> datetime:
        return self.worklog.started.astimezone(BERLIN)

    @property
    def end(self) -> datetime:
        return self.started + timedelta(seconds=self.worklog.seconds)

    @property
    def day(self) -> date:
        return self.started.date()


@lru_cache
def sites(today: date) -> tuple[JiraSite, JiraSite]:
    return seed_cloud(today, now=fixed_now), seed_datacenter(today, now=fixed_now)


@lru_cache
def my_worklogs(today: date) -> list[Mine]:
    """Oldest first."""
    mine = [
        Mine(site, site.issues_by_id[worklog.issue_id], worklog)
        for site in sites(today)
        for worklog in site.worklogs.values()
        if worklog.author is me(site)
    ]
    return sorted(mine, key=lambda one: one.started)


def me(site: JiraSite) -> User:
    return next(user for user in site.users.values() if user.email == data.CLOUD_USER)


def minutes_by_day(today: date) -> Counter[date]:
    minutes: Counter[date] = Counter()
    for one in my_worklogs(today):
        minutes[one.day] += one.worklog.seconds // 60
    return minutes


def all_comments(today: date) -> list[str | None]:
    return [one.worklog.comment for one in my_worklogs(today)]


def overlaps(worklogs: list[Mine]) -> Iterator[date]:
    for one, other in pairwise(worklogs):
        if other.started < one.end:
            yield one.day


def digest(*built: JiraSite) -> str:
    """Of everything but the clock: people, issues, worklogs, credentials."""
    parts: list[object] = []
    for site in built:
        parts += [site.deployment, site.context_path, site.projects]
        parts += [(plain(user), sorted(user.groups), sorted(user.roles)) for user in site.users.values()]
        parts += [replace(issue, worklogs=[]) for issue in site.issues.values()]
        parts += [replace(worklog, author=NOBODY, update_author=NOBODY) for worklog in site.worklogs.values()]
        parts += [worklog.author.account_id for worklog in site.worklogs.values()]
        parts += [(known.kind, known.secret, known.user.account_id) for known in site.credentials]
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def plain(user: User) -> User:
    return replace(user, groups=frozenset(), roles=frozenset())


def test_same_day_and_seed_give_the_same_sites() -> None:
    """Everything follows from the day and the seed."""
    today = TODAYS[0]
    again = digest(seed_cloud(today, now=fixed_now), seed_datacenter(today, now=fixed_now))
    assert again == digest(*sites(today))


def test_another_seed_or_day_gives_other_sites() -> None:
    """Neither the seed nor the day is ignored, on either site."""
    today = TODAYS[0]
    for build in (seed_cloud, seed_datacenter):
        digests = {digest(build(today)), digest(build(today, data.DEFAULT_SEED + 1)), digest(build(today - DAY))}
        assert len(digests) == 3


def test_sites_do_not_depend_on_the_process() -> None:
    """Neither the hash seed nor the machine's zone nor its clock changes what is built."""
    script = (
        "from datetime import date; from tests.demo.test_data import digest, seed_cloud, seed_datacenter; "
        "print(digest(seed_cloud(date(2026, 11, 23)), seed_datacenter(date(2026, 11, 23))))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "4711", "TZ": "Pacific/Apia"}
    ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == digest(*sites(date(2026, 11, 23)))


def test_building_both_sites_is_quick() -> None:
    """Nobody waits for the demo: both sites cost less than two seconds of computing."""
    begin = time.process_time()
    seed_cloud(date(2026, 11, 24))
    seed_datacenter(date(2026, 11, 24))
    assert time.process_time() - begin < 2.0


def test_credentials_sign_in_the_same_person_everywhere() -> None:
    """The constants are the secrets of the person whose worklogs these are."""
    cloud, server = sites(TODAYS[0])
    assert {(known.kind, known.secret, known.user.email) for known in cloud.credentials} == {
        ("api_token", data.CLOUD_TOKEN, data.CLOUD_USER),
        ("scoped_token", data.CLOUD_SCOPED_TOKEN, data.CLOUD_USER),
    }
    assert {(known.kind, known.secret, known.user.name) for known in server.credentials} == {
        ("pat", data.SERVER_PAT, data.SERVER_USER),
        ("password", data.SERVER_PASSWORD, data.SERVER_USER),
    }
    assert me(cloud).display_name == me(server).display_name
    assert me(cloud).time_zone == me(server).time_zone == "Europe/Berlin"


def test_secrets_and_addresses_are_obviously_made_up() -> None:
    """Nobody takes the demo's secrets for real ones."""
    secrets = (data.CLOUD_TOKEN, data.CLOUD_SCOPED_TOKEN, data.SERVER_PAT, data.SERVER_PASSWORD)
    assert all(secret.startswith("demo-") for secret in secrets)
    for site in sites(TODAYS[0]):
        assert all(user.email.endswith("@example.com") for user in site.users.values())


def test_each_site_identifies_people_in_its_own_way() -> None:
    """Cloud knows account ids alone, Data Center keys and user names."""
    cloud, server = sites(TODAYS[0])
    assert all(key == user.account_id == user.name for key, user in cloud.users.items())
    assert all(user.key.startswith("JIRAUSER") and user.name.isascii() for user in server.users.values())
    assert 6 <= len(cloud.users) - 1 <= 8


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_projects_and_issues_are_those_of_a_small_company(today: date) -> None:
    """Three projects on Cloud, one on Data Center, some 120 issues of every type, children below epics."""
    cloud, server = sites(today)
    assert (len(cloud.projects), len(server.projects)) == (3, 1)
    issues = [*cloud.issues.values(), *server.issues.values()]
    assert 110 <= len(issues) <= 130
    assert {issue.issue_type for issue in issues} == {"Story", "Bug", "Task", "Sub-task", "Epic"}
    assert sum(issue.epic is not None for issue in issues) > 80
    assert any(issue.labels for issue in issues)
    assert any(issue.closed for issue in issues)
    for site in (cloud, server):
        assert {site.issues[issue.epic].issue_type for issue in site.issues.values() if issue.epic} == {"Epic"}


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_keys_and_ids_grow_with_the_time_of_creation(today: date) -> None:
    """A higher number is a later issue, a higher id a later worklog, and no epic is younger than its children."""
    for site in sites(today):
        for project in site.projects:
            created = [issue.created for issue in site.issues.values() if issue.project.key == project]
            assert created == sorted(created)
            numbers = [int(key.partition("-")[2]) for key in site.issues if key.startswith(f"{project}-")]
            assert numbers == list(range(1, len(numbers) + 1))
        worklogs = [worklog.created for worklog in site.worklogs.values()]
        assert worklogs == sorted(worklogs)
        children = [issue for issue in site.issues.values() if issue.epic]
        assert all(site.issues[issue.epic or ""].created < issue.created for issue in children)


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_summaries_hold_what_tools_break_on(today: date) -> None:
    """A summary with markup and one with a dollar sign are worked on in the last full week or this one."""
    since = today - timedelta(days=today.weekday()) - WEEK
    summaries = {one.issue.summary for one in my_worklogs(today) if one.day >= since}
    assert any("<img src=x onerror=alert(1)>" in summary for summary in summaries)
    assert any("$" in summary for summary in summaries)


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_meetings_are_long_and_their_oldest_worklogs_others(today: date) -> None:
    """The Meetings issue has over 3,000 worklogs of many people over years; none of the first 20 is the person's."""
    cloud, _ = sites(today)
    meetings = next(issue for issue in cloud.issues.values() if issue.summary == "Meetings")
    assert len(meetings.worklogs) > 3000
    assert len({worklog.author.account_id for worklog in meetings.worklogs}) >= 7
    assert meetings.worklogs[-1].created - meetings.worklogs[0].created > timedelta(days=3 * 365)
    assert me(cloud) not in [worklog.author for worklog in meetings.worklogs[:20]]
    assert sum(worklog.author is me(cloud) for worklog in meetings.worklogs) > 50


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_work_reaches_fourteen_months_back_and_not_beyond_today(today: date) -> None:
    """The first worklog is some 14 months old; the last starts before the evening of today ends."""
    mine = my_worklogs(today)
    assert timedelta(days=410) < today - mine[0].day <= timedelta(days=427)
    assert mine[-1].day <= today
    assert all(one.worklog.seconds > 0 for one in mine)
    evening = datetime(today.year, today.month, today.day, 20, 0, tzinfo=BERLIN)
    assert mine[-1].started < evening


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_nothing_is_created_after_the_morning_of_today(today: date) -> None:
    """A demo started at eight in the morning holds nothing that was created in the future."""
    eight = datetime(today.year, today.month, today.day, 8, tzinfo=BERLIN)
    for site in sites(today):
        assert all(worklog.created < eight for worklog in site.worklogs.values())
        assert all(issue.created < eight for issue in site.issues.values())


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_weeks_on_show_are_filled_but_for_one_day(today: date) -> None:
    """In the last full week one weekday is missing, in the current one none (but a public holiday, where it falls)."""
    minutes = minutes_by_day(today)
    monday = today - timedelta(days=today.weekday())
    last_week = [monday - WEEK + n * DAY for n in range(5)]
    this_week = [monday + n * DAY for n in range(5) if monday + n * DAY <= today]
    assert sum(minutes[day] == 0 for day in last_week) == 1
    assert all(minutes[day] == 0 for day in last_week if (day.month, day.day) in HOLIDAYS)
    for day in this_week:
        assert (minutes[day] > 0) == ((day.month, day.day) not in HOLIDAYS)


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_days_have_natural_lengths(today: date) -> None:
    """In the weeks on show Monday to Thursday are about 8 hours, Friday 4 to 5, in 2 to 5 worklogs without overlap."""
    since = today - timedelta(days=today.weekday()) - WEEK
    days: defaultdict[date, list[Mine]] = defaultdict(list)
    for one in my_worklogs(today):
        if one.day >= since:
            days[one.day].append(one)
    for day, worklogs in days.items():
        hours = sum(one.worklog.seconds for one in worklogs) / 3600
        assert 4 <= hours <= 5 if day.weekday() == 4 else 7.5 <= hours <= 8.5
        assert 2 <= len(worklogs) <= 5
        assert all(7 <= one.started.hour < 19 for one in worklogs)
        assert list(overlaps(worklogs)) == []


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_work_is_split_between_the_sites(today: date) -> None:
    """In the last full week there is work on both sites, over the whole time most of it on Cloud."""
    monday = today - timedelta(days=today.weekday())
    seen = Counter(one.site.deployment for one in my_worklogs(today))
    assert seen["cloud"] > seen["datacenter"] > 100
    assert {one.site.deployment for one in my_worklogs(today) if monday - WEEK <= one.day < monday} == {
        "cloud",
        "datacenter",
    }


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_public_holidays_are_free(today: date) -> None:
    """Nobody works on German Unity Day, which the fourteen months always contain."""
    first = my_worklogs(today)[0].day
    unity_days = [date(year, 10, 3) for year in (today.year - 1, today.year)]
    inside = [day for day in unity_days if first <= day <= today]
    assert inside
    assert not set(inside) & set(minutes_by_day(today))


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_vacation_is_two_whole_weeks(today: date) -> None:
    """Exactly one pause lasts from a Friday's work to a Monday's two weeks later."""
    days = sorted(minutes_by_day(today))
    pauses = [(one, other) for one, other in pairwise(days) if other - one > timedelta(days=12)]
    assert len(pauses) == 1
    (before, after) = pauses[0]
    assert timedelta(days=17) <= after - before <= timedelta(days=19)


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_history_has_what_goes_wrong_in_real_life(today: date) -> None:
    """Forgotten days, overlaps, late bookings, one worklog of a minute, one in the evening, one on a weekend."""
    mine = my_worklogs(today)
    minutes = minutes_by_day(today)
    weekdays = [
        mine[0].day + n * DAY for n in range((today - mine[0].day).days) if (mine[0].day + n * DAY).weekday() < 5
    ]
    lonely = [day for day in weekdays if not minutes[day] and minutes[day - DAY] and minutes[day + DAY]]
    assert len(lonely) >= 2
    assert 2 <= len(set(overlaps(mine))) <= 6
    assert [one.worklog.seconds for one in mine if one.worklog.seconds < 600] == [60]
    assert len([one for one in mine if one.started.hour >= 20]) == 1
    assert len([one for one in mine if one.day.weekday() >= 5]) == 1
    late = [one for one in mine if one.worklog.created.astimezone(BERLIN).date() - one.day >= 3 * DAY]
    assert 5 < len(late) < len(mine) / 10


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_comments_hold_what_tools_break_on(today: date) -> None:
    """Markup, emoji, HTML, dollars, a formula, several lines, Japanese, right-to-left and none at all: all recent."""
    recent = [one.worklog.comment for one in my_worklogs(today) if one.day > today - timedelta(days=28)]
    texts = [comment for comment in recent if comment]
    for piece in ("*Done:*", "{{SearchController}}", "|https://example.com", "🚀", "<b>bold</b>", "\n", "東京", "שיחה"):
        assert any(piece in text for text in texts), piece
    assert any("$PATH and $HOME" in text for text in texts)
    assert any(text.startswith("=1+1") for text in texts)
    assert None in recent
    assert len(set(texts)) > 20


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_comment_is_never_empty_text(today: date) -> None:
    """No comment is None, as in Jira's answers, where the key is then missing."""
    assert "" not in all_comments(today)


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_a_restricted_worklog_lies_on_an_issue_of_the_person(today: date) -> None:
    """On each site a colleague's worklog that the person must not see lies where she logged since last week."""
    since = today - timedelta(days=today.weekday()) - WEEK
    for site in sites(today):
        restricted = [worklog for worklog in site.worklogs.values() if worklog.visibility]
        assert len(restricted) == 1
        assert not me(site).can_see(restricted[0])
        assert restricted[0].author.can_see(restricted[0])
        recent = {one.issue.id for one in my_worklogs(today) if one.site is site and one.day >= since}
        assert restricted[0].issue_id in recent


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_nobody_logs_on_an_issue_before_it_exists(today: date) -> None:
    """The person's worklogs start after their issue was created, and never on an epic."""
    for one in my_worklogs(today):
        assert one.worklog.started > one.issue.created
        assert one.issue.issue_type != "Epic"


@pytest.mark.parametrize("today", TODAYS, ids=str)
def test_recent_work_lies_on_open_issues(today: date) -> None:
    """What was logged in the last four weeks can still be edited: none of its issues is closed."""
    assert not [one.issue.key for one in my_worklogs(today) if one.day > today - 4 * WEEK and one.issue.closed]
