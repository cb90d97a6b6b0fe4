"""Every worklog of mine in the period, each once, on its day; and whatever is missing is counted or refused."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from werkzeug.wrappers import Response

from roots_nb.errors import (
    AuthenticationFailed,
    Forbidden,
    InvalidInput,
    JiraError,
    KeyringUnusable,
    NotConnected,
    RateLimited,
    RootsError,
    Stopped,
    UnexpectedAnswer,
)
from roots_nb.jira import paging
from roots_nb.jira.client import Jira
from roots_nb.loading import SiteLoad, Tally, load_site, my_worklogs_jql
from roots_nb.periods import Period
from roots_nb.worklogs import load_worklogs
from tests.faults.fault import Answer, Exchange, Fault, Garbage, Meanwhile, Reset
from tests.world import TOKEN, InstantProgress, World

WEEK = "2026-W47"
BEFORE = datetime(2020, 1, 1, tzinfo=UTC)


def load(world: World, jira: Jira | None = None, **more: object) -> pd.DataFrame:
    progress = more.pop("progress", None) or InstantProgress()
    return load_worklogs(jira or world.sign_in(), WEEK, progress=progress, **more)  # type: ignore[arg-type]


def fact(frame: pd.DataFrame, name: str) -> object:
    (facts,) = frame.attrs["loads"]
    return facts[name]


def test_load_brings_my_worklogs_of_the_period(world: World) -> None:
    """Others' worklogs and other weeks stay out, although the search brings their issues."""
    world.add_issues(3)
    world.add_worklog("APP-1", "2026-11-16 09:00", 90, comment="Mine")
    world.add_worklog("APP-1", "2026-11-17 09:00", author=world.bob)
    world.add_worklog("APP-2", "2026-11-15 23:59")
    world.add_worklog("APP-2", "2026-11-22 23:59", 1)
    world.add_worklog("APP-3", "2026-11-23 00:00")
    frame = load(world)
    assert list(zip(frame["issue"], frame["time_spent"], frame["comment"], strict=True)) == [
        ("APP-1", pd.Timedelta(minutes=90), "Mine"),
        ("APP-2", pd.Timedelta(minutes=1), ""),
    ]
    assert frame["url"][0] == f"{world.url}/browse/APP-1"
    assert (fact(frame, "rows"), fact(frame, "skipped"), fact(frame, "problem")) == (2, 0, "")


def test_load_believes_no_search(world: World) -> None:
    """An issue where Bob worked this week and Ann long ago matches the search and gives no row."""
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-17 09:00", author=world.bob)
    world.add_worklog("APP-1", "2025-01-07 09:00")
    assert len(load(world)) == 0


def test_load_of_nothing_has_all_columns(world: World) -> None:
    """No worklogs is an answer: same columns, same dtypes, and the login was proven again."""
    world.add_issues(1)
    jira = world.sign_in()
    empty = load(world, jira)
    assert world.log.count(path="/myself$") == 1
    world.add_worklog("APP-1", "2026-11-17 09:00")
    filled = load(world, jira, refresh=True)
    assert (len(empty), len(filled)) == (0, 1)
    assert (empty.dtypes == filled.dtypes).all()


def test_load_reads_issues_whose_list_is_cut(world: World) -> None:
    """Jira shows the 20 oldest; mine is the 26th."""
    world.add_issues(1)
    for n in range(25):
        world.add_worklog("APP-1", "2026-11-16 08:00", author=world.bob, created=BEFORE + timedelta(days=n))
    world.add_worklog("APP-1", "2026-11-17 09:00")
    assert len(load(world)) == 1


def test_load_transfers_only_the_range_on_cloud(cloud: World) -> None:
    """An issue with years of worklogs costs what the week costs."""
    cloud.add_issues(1)
    for n in range(300):
        cloud.add_worklog("APP-1", "2020-01-01 08:00", author=cloud.bob, created=BEFORE + timedelta(days=n))
    cloud.add_worklog("APP-1", "2026-11-17 09:00")
    load(cloud)
    (request,) = [each for each in cloud.log.requests if each.path.endswith("/worklog")]
    first, last = (
        datetime.fromtimestamp(int(request.query[name]) / 1000, UTC) for name in ("startedAfter", "startedBefore")
    )
    zone = ZoneInfo("Europe/Berlin")
    assert first == datetime(2026, 11, 15, tzinfo=zone)
    assert last == datetime(2026, 11, 24, tzinfo=zone)


def test_load_pages_a_server_that_sends_twenty(server: World) -> None:
    """Some Data Centers send 20 worklogs until startAt and maxResults are given."""
    server.site.worklog_page_limit = 20
    server.add_issues(1)
    for n in range(60):
        server.add_worklog("APP-1", "2026-11-16 08:00", created=BEFORE + timedelta(days=n))
    assert len(load(server)) == 60


def test_load_needs_few_requests(world: World) -> None:
    """200 issues with 5 worklogs each: three requests at most, whichever the deployment."""
    for key in world.add_issues(200):
        for hour in range(5):
            world.add_worklog(key, f"2026-11-{16 + hour} 09:00", 30)
    frame = load(world)
    assert len(frame) == 1000
    assert len(world.log.requests) <= 3


def test_load_has_at_most_eight_requests_under_way(world: World) -> None:
    """Forty issues whose lists are cut: one request each, never more than eight at once."""
    for key in world.add_issues(40):
        for n in range(21):
            world.add_worklog(key, "2026-11-16 08:00", author=world.bob, created=BEFORE + timedelta(days=n))
        world.add_worklog(key, "2026-11-17 09:00")
    eight = threading.Barrier(8, timeout=10)
    world.faults.when(lambda request: request.path.endswith("/worklog"), Meanwhile(eight.wait), times=None)
    assert len(load(world)) == 40
    assert world.log.count(path="/worklog$") == 40
    assert world.log.max_concurrency == 8


def test_load_reads_a_page_while_the_next_is_on_its_way(cloud: World) -> None:
    """Whoever has ten thousand issues waits for Jira or for us, not for one after the other."""
    for key in cloud.add_issues(150):
        cloud.add_worklog(key, "2026-11-16 09:00", 30)
    is_asked = threading.Event()
    cloud.faults.when(lambda request: "nextPageToken" in request.query, Meanwhile(is_asked.set))
    came_meanwhile: list[bool] = []

    class Slow(InstantProgress):
        def step(self, done: int, total: int | None, what: str) -> None:
            if done and not came_meanwhile:
                came_meanwhile.append(is_asked.wait(10))

    assert len(load(cloud, progress=Slow())) == 150
    assert came_meanwhile == [True]


def test_failed_load_takes_no_row_of_a_request_still_under_way(world: World) -> None:
    """One list is refused while another is on its way: what comes late belongs to nothing."""
    for key in world.add_issues(2):
        for n in range(21):
            world.add_worklog(key, "2026-11-17 09:00", created=BEFORE + timedelta(days=n))
    jira, late = world.sign_in(), threading.Event()
    world.faults.when(lambda request: request.path.endswith("APP-1/worklog"), Meanwhile(lambda: late.wait(10)))
    world.faults.when(lambda request: request.path.endswith("APP-2/worklog"), Answer(status=403))
    week = Period(date(2026, 11, 16), date(2026, 11, 22))
    failed = load_site(jira, week, ZoneInfo("Europe/Berlin"), refresh=False, tally=Tally(InstantProgress()))
    late.set()
    for thread in [each for each in threading.enumerate() if each.name.startswith("roots_nb-load")]:
        thread.join(10)
    assert isinstance(failed.problem, JiraError)
    assert failed.rows == {}


def test_load_counts_what_it_cannot_read(world: World) -> None:
    """Garbage in one worklog among many is a counted gap, not a crash and not a guess."""
    world.add_issues(2)
    world.add_worklog("APP-1", "2026-11-16 09:00")
    jira = world.sign_in()
    good = {"self": f"{world.url}/rest/api/2/issue/1/worklog/7", "id": "7", "timeSpentSeconds": 60}
    author = {"accountId": "5:ann"} if world.deployment == "cloud" else {"key": "JIRAUSER1", "name": "ann"}
    garbage = [{**good, "author": author, "started": "soon"}, {**good, "started": "2026-11-16T09:00:00.000+0100"}, "x"]
    readable = {**good, "author": author, "started": "2026-11-16T09:00:00.000+0100"}
    issue = {"id": "1", "key": "APP-1", "fields": {"worklog": {"total": 4, "worklogs": [readable, *garbage]}}}
    body = {"issues": [issue, {"id": "2"}], "isLast": True, "total": 2, "startAt": 0, "maxResults": 50}
    world.faults.when(lambda request: "/search" in request.path, Answer(status=200, body=body))
    frame = load(world, jira)
    assert list(frame["worklog_id"]) == ["7"]
    assert fact(frame, "skipped") == 4


def test_load_counts_what_jira_hides(server: World) -> None:
    """A worklog for another role is missing although `total` counts it; the head of a report can say so."""
    server.add_issues(1)
    for n in range(21):
        server.add_worklog("APP-1", "2026-11-16 08:00", created=BEFORE + timedelta(days=n))
    server.add_worklog("APP-1", "2026-11-16 08:00", author=server.bob, visibility=("role", "Secret"))
    frame = load(server)
    assert (len(frame), fact(frame, "hidden"), fact(frame, "skipped")) == (21, 1, 0)


def test_total_over_all_times_hides_nothing(cloud: World) -> None:
    """Asked for a week, Cloud may answer with the total of all years."""
    cloud.add_issues(1)
    for n in range(21):
        cloud.add_worklog("APP-1", "2020-01-01 08:00", author=cloud.bob, created=BEFORE + timedelta(days=n))
    cloud.add_worklog("APP-1", "2026-11-17 09:00")
    jira = cloud.sign_in()
    body = {"startAt": 0, "maxResults": 5000, "total": 22, "worklogs": []}
    cloud.faults.when(lambda request: request.path.endswith("/worklog"), Answer(200, body), times=None)
    assert fact(load(cloud, jira), "hidden") == 0
    assert cloud.log.count(path="/worklog$") == 1


def test_load_notes_worklogs_of_apps(cloud: World) -> None:
    """Worklogs logged through Tempo belong to Tempo's own user: a half-filled week must say so."""
    cloud.add_issues(1)
    tempo = cloud.site.add_user(type(cloud.bob)("app:1", "", "", "Tempo", "", "UTC", account_type="app"))
    cloud.add_worklog("APP-1", "2026-11-16 08:00")
    cloud.add_worklog("APP-1", "2026-11-17 08:00", author=tempo)
    cloud.add_worklog("APP-1", "2025-11-17 08:00", author=tempo)
    frame = load(cloud)
    assert (len(frame), fact(frame, "app_worklogs")) == (1, 1)


def test_second_load_asks_nothing(world: World) -> None:
    """Within five minutes the cache answers, and says since when."""
    for key in world.add_issues(3):
        for n in range(22):
            world.add_worklog(key, "2026-11-16 08:00", created=BEFORE + timedelta(days=n))
    jira = world.sign_in()
    first = load(world, jira)
    world.log.clear()
    second = load(world, jira)
    assert world.log.requests == []
    assert (fact(first, "cached"), fact(second, "cached")) == (False, True)
    pd.testing.assert_frame_equal(first, second)
    assert len(load(world, jira, refresh=True)) == 66
    assert world.log.requests != []


def test_load_after_a_write_is_current(world: World) -> None:
    """Neither the cache nor the lagging search index hides what was just written."""
    world.site.index_lag_seconds = 120
    world.add_issues(2)
    old = world.add_worklog("APP-1", "2026-11-16 08:00")
    jira = world.sign_in()
    assert len(load(world, jira)) == 1
    jira.add_worklog("APP-2", {"started": "2026-11-17T08:00:00.000+0100", "timeSpentSeconds": 600})
    jira.update_worklog("APP-1", str(old.id), {"timeSpentSeconds": 1200})
    frame = load(world, jira)
    assert dict(zip(frame["issue"], frame["time_spent"], strict=True)) == {
        "APP-1": pd.Timedelta(minutes=20),
        "APP-2": pd.Timedelta(minutes=10),
    }


def test_load_with_a_revoked_token_fails(world: World) -> None:
    """Jira answers a revoked token with 200 and nothing: that is never an empty week."""
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-16 08:00")
    jira = world.sign_in()
    world.site.remove_credential(TOKEN)
    with pytest.raises(AuthenticationFailed):
        load(world, jira)


def test_load_fails_when_the_token_is_revoked_between_pages(cloud: World) -> None:
    """The second page would be empty and last; a proof of the login at the end finds out."""
    for key in cloud.add_issues(150):
        cloud.add_worklog(key, "2026-11-16 08:00")
    jira = cloud.sign_in()
    revoke = Meanwhile(lambda: cloud.site.remove_credential(TOKEN))
    cloud.faults.when(lambda request: "nextPageToken" in request.query, revoke)
    with pytest.raises(AuthenticationFailed):
        load(cloud, jira)


def test_no_request_follows_a_refused_login(world: World) -> None:
    """A series of failures would lock the account."""
    for key in world.add_issues(30):
        for n in range(22):
            world.add_worklog(key, "2026-11-16 08:00", created=BEFORE + timedelta(days=n))
    jira = world.sign_in()
    world.faults.when(lambda request: request.path.endswith("/worklog"), Answer(status=401), times=None)
    with pytest.raises(AuthenticationFailed):
        load(world, jira)
    with pytest.raises(AuthenticationFailed):
        load(world, jira, refresh=True)
    assert world.log.count(path="/search") == 1
    assert world.log.count(path="/worklog$") <= 8


def test_load_ends_when_a_page_token_repeats(cloud: World) -> None:
    """A search that goes in circles is an error, not an endless loop."""
    cloud.add_issues(1)
    jira = cloud.sign_in()
    body = {"issues": [], "nextPageToken": "again", "isLast": False}
    cloud.faults.when(lambda request: "/search" in request.path, Answer(status=200, body=body), times=None)
    with pytest.raises(UnexpectedAnswer, match="again and again"):
        load(cloud, jira)


class Endless(Fault):
    """Always another page, with something new on it."""

    def play(self, exchange: Exchange) -> Response:
        number = next(NUMBERS)
        author = {"accountId": "5:ann", "key": "JIRAUSER1"}
        worklogs = [{"id": str(number), "author": author, "started": "2026-11-16T08:00:00.000+0100"}]
        cut = {"worklogs": worklogs, "total": number + 2, "startAt": 0, "maxResults": 1}
        fields = {"summary": "", "project": {"key": "APP"}, "issuetype": {"name": "Task"}, "worklog": cut}
        issues = [{"id": str(number), "key": f"APP-{number}", "fields": fields}]
        body = {"issues": issues, "nextPageToken": str(number), "isLast": False, **cut}
        return Response(json.dumps(body), content_type="application/json")


NUMBERS = itertools.count(1)


@pytest.mark.parametrize("path", ["/search", "/worklog$"])
def test_load_ends_where_pages_do_not(world: World, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A total that grows with every page, a token that is always new: an error, not an endless load."""
    monkeypatch.setattr(paging, "MOST_PAGES", 5)
    (key,) = world.add_issues(1)
    for _ in range(21):
        world.add_worklog(key, "2026-11-16 08:00")
    jira = world.sign_in()
    world.faults.when(lambda request: re.search(path, request.path) is not None, Endless(), times=None)
    with pytest.raises(UnexpectedAnswer, match="no end"):
        load(world, jira)
    assert world.log.count(path=path) <= 6


def test_load_fails_when_the_total_is_never_reached(server: World) -> None:
    """150 announced, one sent: an incomplete list is not summed."""
    server.add_issues(1)
    jira = server.sign_in()
    body = {"issues": [{"id": "1", "key": "APP-1", "fields": {}}], "total": 150, "startAt": 0, "maxResults": 50}
    server.faults.when(lambda request: "/search" in request.path, Answer(status=200, body=body), times=None)
    with pytest.raises(UnexpectedAnswer, match="announced 150 issues and sent 1"):
        load(server, jira)


def test_search_that_ends_early_may_be_an_ended_login(server: World) -> None:
    """Anonymous people get empty pages: what to do then is to sign in, not to try again."""
    server.add_issues(1)
    jira = server.sign_in()
    body = {"issues": [], "total": 150, "startAt": 0, "maxResults": 50}
    server.faults.when(lambda request: "/search" in request.path, Answer(status=200, body=body), times=None)
    server.site.remove_credential(TOKEN)
    with pytest.raises(AuthenticationFailed):
        load(server, jira)


def test_load_waits_and_goes_on(world: World) -> None:
    """429 with Retry-After, a broken connection, 503 and broken JSON in a row: told, sat out, and all rows there."""
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-16 08:00")
    jira = world.sign_in()
    for fault in (Answer(status=429, headers={"Retry-After": "7"}), Reset(), Answer(status=503), Garbage()):
        world.faults.when(lambda request: "/search" in request.path, fault)
    progress = InstantProgress()
    assert len(load(world, jira, progress=progress)) == 1
    assert len(progress.waits) >= 4
    assert any(7 <= seconds <= 7 * 1.3 for seconds in progress.waits)


def test_load_gives_up_after_four_retries(world: World) -> None:
    """It does not ask for ever."""
    world.add_issues(1)
    jira = world.sign_in()
    world.faults.when(lambda request: "/search" in request.path, Answer(status=503), times=None)
    with pytest.raises(JiraError, match="Service Unavailable"):
        load(world, jira)
    assert world.log.count(path="/search") == 5


def test_load_does_not_sit_out_a_long_wait(world: World) -> None:
    """A quarter of an hour is told, with the time to go on, and not waited."""
    world.add_issues(1)
    jira = world.sign_in()
    answer = Answer(status=429, headers={"Retry-After": "900"})
    world.faults.when(lambda request: "/search" in request.path, answer)
    progress = InstantProgress()
    with pytest.raises(RateLimited, match="UTC \\(15 minutes\\)"):
        load(world, jira, progress=progress)
    assert progress.waits == []


def test_stop_ends_a_wait_at_once(world: World) -> None:
    """Stop is heard during a wait of half a minute; afterwards the same Jira works."""
    world.add_issues(1)
    jira = world.sign_in()
    world.faults.when(lambda request: "/search" in request.path, Answer(status=429, headers={"Retry-After": "30"}))

    class Stopping(InstantProgress):
        def waiting(self, seconds: float, why: str) -> None:
            threading.Thread(target=self.request_stop).start()

        def wait(self, seconds: float) -> None:
            super(InstantProgress, self).wait(seconds)

    with pytest.raises(Stopped):
        load(world, jira, progress=Stopping())


def test_load_of_several_keeps_the_healthy_ones(cloud: World, server: World) -> None:
    """A site that is down is named beside the rows of the one that is up."""
    cloud.add_issues(1)
    cloud.add_worklog("APP-1", "2026-11-16 08:00")
    sites = [cloud.sign_in(), server.sign_in()]
    server.faults.when(lambda request: True, Reset(), times=None)
    frame = load_worklogs(sites, WEEK, progress=InstantProgress())
    assert list(frame["connection"]) == ["Cloud"]
    healthy, failed = frame.attrs["loads"]
    assert healthy["problem"] == ""
    assert "broke" in failed["problem"]


def test_load_of_several_fails_when_all_fail(cloud: World, server: World) -> None:
    """Nothing from anywhere is not an empty week."""
    sites = [cloud.sign_in(), server.sign_in()]
    for world in (cloud, server):
        world.faults.when(lambda request: True, Answer(status=500), times=None)
    with pytest.raises(JiraError, match="No connection answered"):
        load_worklogs(sites, WEEK, progress=InstantProgress())


@pytest.mark.parametrize("kind", [NotConnected, KeyringUnusable, InvalidInput])
def test_load_of_several_leaves_out_who_is_not_signed_in(cloud: World, server: World, kind: type[RootsError]) -> None:
    """A secret that is not here, a locked keyring, variables that contradict: named beside the rows of the others."""
    cloud.add_issues(1)
    cloud.add_worklog("APP-1", "2026-11-16 08:00")
    sites = [cloud.sign_in(), Jira(server.connection, problem=kind("Not signed in.", advice=""))]
    frame = load_worklogs(sites, WEEK, progress=InstantProgress())
    assert list(frame["connection"]) == ["Cloud"]
    assert [load["problem"] for load in frame.attrs["loads"]] == ["", "Not signed in."]


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_load_of_several_fails_when_nobody_is_signed_in(cloud: World, server: World, zone: str | None) -> None:
    """It says what each is missing; one that Jira refused is more than a sign-in that is missing."""
    unknown = NotConnected("Not known.", advice="Set a token.")
    refused = Forbidden("Refused.", advice="Ask for access.")
    signed_out = [Jira(world.connection, problem=unknown) for world in (cloud, server)]
    with pytest.raises(NotConnected, match=r"Not known\. Set a token\. Not known"):
        load_worklogs(signed_out, WEEK, zone=zone, progress=InstantProgress())
    with pytest.raises(JiraError, match=r"Set a token\. Refused\. Ask for access\."):
        load_worklogs([signed_out[0], Jira(server.connection, problem=refused)], WEEK, zone=zone)


def test_rows_of_a_failed_site_are_not_half_there(server: World, cloud: World) -> None:
    """A site that fails after its first page gives no rows at all."""
    for key in cloud.add_issues(150):
        cloud.add_worklog(key, "2026-11-16 08:00")
    server.add_issues(1)
    server.add_worklog("APP-1", "2026-11-16 08:00")
    sites = [server.sign_in(), cloud.sign_in()]
    cloud.faults.when(lambda request: "nextPageToken" in request.query, Answer(status=500), times=None)
    frame = load_worklogs(sites, WEEK, progress=InstantProgress())
    assert set(frame["connection"]) == {"Server"}
    assert frame.attrs["loads"][1]["rows"] == 0


ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
DAYS = {
    "plain": date(2026, 11, 18),
    "gap": date(2026, 3, 29),
    "fold": date(2026, 10, 25),
    "gap in America": date(2026, 3, 8),
    "fold in America": date(2026, 11, 1),
    "half-hour gap in Lord Howe": date(2026, 10, 4),
    "half-hour fold in Lord Howe": date(2026, 4, 5),
    "year end": date(2026, 12, 31),
    "new year": date(2027, 1, 1),
    "before Apia's missing day": date(2011, 12, 29),
    "after Apia's missing day": date(2011, 12, 31),
}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_worklog_falls_on_the_day_its_author_sees(deployment: str, zone: str) -> None:
    """First and last minute of a day and its clock changes, in seven zones: in that day's load, in no neighbour's."""
    with World(deployment, zone=zone, now=datetime(2027, 2, 1, tzinfo=UTC)).running() as world:  # type: ignore[arg-type]
        world.add_issues(1)
        jira = world.sign_in()
        expected: dict[date, list[str]] = {}
        for day in DAYS.values():
            for clock, fold in [
                (time(0, 0), 0),
                (time(0, 59), 0),
                (time(1, 30), 0),
                (time(1, 30), 1),
                (time(12), 0),
                (time(23, 59), 0),
            ]:
                moment = datetime.combine(day, clock, ZoneInfo(zone)).replace(fold=fold)
                worklog = world.site.add_worklog("APP-1", world.ann, moment.astimezone(UTC), 60)
                expected.setdefault(day, []).append(str(worklog.id))
        for day in DAYS.values():
            for load_day in (day - timedelta(days=1), day, day + timedelta(days=1)):
                frame = load_worklogs(jira, load_day, progress=InstantProgress())
                assert sorted(frame["worklog_id"]) == sorted(expected.get(load_day, [])), (load_day, zone)
                assert set(frame["started"].dt.date) <= {load_day}


def test_zone_of_the_frame_decides_the_day(world: World) -> None:
    """Monday 00:30 in Berlin is Sunday in New York; two connections share the frame's zone."""
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-16 00:30")
    jira = world.sign_in()
    assert len(load(world, jira)) == 1
    assert len(load(world, jira, zone="America/New_York")) == 0
    sunday = load_worklogs(jira, date(2026, 11, 15), zone="America/New_York", progress=InstantProgress())
    assert str(sunday["started"][0]) == "2026-11-15 18:30:00-05:00"


@pytest.mark.parametrize(
    ("profile", "frame"), [("Pacific/Kiritimati", "Pacific/Niue"), ("Pacific/Niue", "Pacific/Kiritimati")]
)
def test_search_reaches_over_the_date_line(profile: str, frame: str) -> None:
    """Jira counts days in the profile's zone, the frame in its own: 25 hours apart at most."""
    with World("cloud", zone=profile).running() as world:
        world.add_issues(2)
        world.add_worklog("APP-1", "2026-11-18 00:00", zone=frame)
        world.add_worklog("APP-2", "2026-11-18 23:59", zone=frame)
        jira = world.sign_in()
        assert len(load_worklogs(jira, date(2026, 11, 18), zone=frame, progress=InstantProgress())) == 2


def test_load_hears_a_failed_login_on_a_search_that_answers(cloud: World) -> None:
    """Cloud sometimes tells a failed login on the anonymous 200 itself; nothing of that answer is kept."""
    cloud.add_issues(1)
    cloud.add_worklog("APP-1", "2026-11-16 08:00")
    jira = cloud.sign_in()
    cloud.site.login_reason_on_every_answer = True
    cloud.site.remove_credential(TOKEN)
    with pytest.raises(AuthenticationFailed):
        load(cloud, jira)
    assert cloud.log.count(path="/myself$") == 0


@pytest.mark.parametrize("profile", ["", "Mars/Phobos", "../x"])
def test_search_reaches_far_when_the_profiles_zone_is_unknown(cloud: World, profile: str) -> None:
    """No zone is more than 26 hours from another: two days on either side are enough."""
    jira = cloud.sign_in()
    unknown = Jira(jira.connection, jira.http, replace(jira.account, time_zone=profile))
    period = Period(date(2026, 11, 18), date(2026, 11, 18))
    jql = my_worklogs_jql(SiteLoad(unknown, period, ZoneInfo("Pacific/Kiritimati")))
    assert 'worklogDate >= "2026-11-15" AND worklogDate <= "2026-11-20"' in jql


@pytest.mark.parametrize("profile", ["Europe/Berlin", '" OR author = "bob', "", "Mars/Phobos"])
@pytest.mark.parametrize("name", ['" OR project = "HR', "Ann\\"])
def test_query_holds_dates_alone(cloud: World, profile: str, name: str) -> None:
    """Nothing that somebody typed, in Jira or here, reaches it."""
    jira = cloud.sign_in()
    account = replace(jira.account, time_zone=profile, display_name=name, account_id=name)
    week = Period(date(2026, 11, 16), date(2026, 11, 22))
    jql = my_worklogs_jql(SiteLoad(Jira(jira.connection, jira.http, account), week, ZoneInfo("Europe/Berlin")))
    day = r'"\d{4}-\d\d-\d\d"'
    assert re.fullmatch(
        rf"worklogAuthor = currentUser\(\) AND worklogDate >= {day} AND worklogDate <= {day} ORDER BY key", jql
    )


def test_revoked_token_behind_a_cached_page_is_found_out(server: World) -> None:
    """Page one comes from an earlier load, page two is anonymous: 1,000 of 1,200 would look complete."""
    for key in server.add_issues(1200):
        server.add_worklog(key, "2026-11-16 08:00", 1)
    jira = server.sign_in()
    server.faults.when(lambda request: request.query.get("startAt") == "1000", Answer(status=400))
    with pytest.raises(JiraError):
        load(server, jira)
    server.site.remove_credential(TOKEN)
    with pytest.raises((AuthenticationFailed, UnexpectedAnswer)):
        load(server, jira)


def test_written_issue_that_is_gone_is_proven_to_be(world: World) -> None:
    """Anonymous people get 404 for every issue: a revoked token must not look like a deleted issue."""
    world.add_issues(2)
    for key in ("APP-1", "APP-2"):
        world.add_worklog(key, "2026-11-16 08:00")
    jira = world.sign_in()
    jira.add_worklog("APP-2", {"started": "2026-11-17T08:00:00.000+0100", "timeSpentSeconds": 600})
    assert len(load(world, jira)) == 3
    world.site.remove_credential(TOKEN)
    with pytest.raises(AuthenticationFailed):
        load(world, jira)


def test_cut_list_that_is_gone_is_counted(world: World) -> None:
    """The issue was there a moment ago: its worklogs are a gap, and the login was proven."""
    world.add_issues(1)
    for n in range(21):
        world.add_worklog("APP-1", "2026-11-16 08:00", created=BEFORE + timedelta(days=n))
    jira = world.sign_in()
    world.faults.when(lambda request: request.path.endswith("/worklog"), Answer(status=404, body={}), times=None)
    frame = load(world, jira)
    assert (len(frame), fact(frame, "skipped")) == (0, 1)
    assert world.log.count(path="/myself$") >= 1


def test_cut_list_of_a_written_issue_is_read_past_the_cache(world: World) -> None:
    """The issue's own list was cached before the write."""
    world.add_issues(1)
    for n in range(21):
        world.add_worklog("APP-1", "2026-11-16 08:00", created=BEFORE + timedelta(days=n))
    jira = world.sign_in()
    jira.update_worklog("APP-1", str(world.site.issues["APP-1"].worklogs[0].id), {"timeSpentSeconds": 600})
    load(world, jira)
    world.log.clear()
    load(world, jira)
    assert world.log.count(path="/worklog$") == 1


def test_list_that_repeats_its_first_page_is_refused(server: World) -> None:
    """A server that ignores startAt and sends 20 of 60 has not told all."""
    server.add_issues(1)
    for n in range(60):
        server.add_worklog("APP-1", "2026-11-16 08:00", created=BEFORE + timedelta(days=n))
    jira = server.sign_in()
    author = {"key": "JIRAUSER1", "name": "ann"}
    worklog = {"author": author, "started": "2026-11-16T08:00:00.000+0100", "timeSpentSeconds": 60}
    body = {"startAt": 0, "maxResults": 20, "total": 60, "worklogs": [{**worklog, "id": str(n)} for n in range(20)]}
    server.faults.when(lambda request: request.path.endswith("/worklog"), Answer(status=200, body=body), times=None)
    with pytest.raises(UnexpectedAnswer, match="only 20 of 60"):
        load(server, jira)


def test_nothing_is_asked_once_a_load_has_failed(world: World) -> None:
    """One list is refused while others are being retried: they are not asked for again."""
    for key in world.add_issues(12):
        for n in range(21):
            world.add_worklog(key, "2026-11-16 08:00", created=BEFORE + timedelta(days=n))
    jira = world.sign_in()
    failed = threading.Event()
    world.faults.when(lambda request: "APP-1/worklog" in request.path, Answer(status=400), times=None)
    world.faults.when(lambda request: request.path.endswith("/worklog"), Answer(status=503), times=None)

    class Held(InstantProgress):
        def wait(self, seconds: float) -> None:
            failed.wait(10)

    with pytest.raises(JiraError, match="refuses the request"):
        load(world, jira, progress=Held())
    failed.set()
    for thread in threading.enumerate():
        if thread.name.startswith("roots_nb-load"):
            thread.join(10)
    asked = Counter(request.path for request in world.log.requests if request.path.endswith("/worklog"))
    assert max(asked.values()) == 1


@pytest.mark.parametrize(
    ("started", "skipped"), [("2019-05-06T09:00:00.000+0200", 0), ("2026-11-16T09:00:00.000+0100", 1), ("soon", 1)]
)
def test_worklog_of_nobody_counts_only_within_the_period(server: World, started: str, skipped: int) -> None:
    """An old one without an author must not make every report incomplete for ever."""
    server.add_issues(1)
    jira = server.sign_in()
    worklog = {"id": "7", "timeSpentSeconds": 60, "started": started}
    issue = {"id": "1", "key": "APP-1", "fields": {"worklog": {"total": 1, "worklogs": [worklog]}}}
    body = {"issues": [issue], "total": 1, "startAt": 0}
    server.faults.when(lambda request: "/search" in request.path, Answer(status=200, body=body))
    assert fact(load(server, jira), "skipped") == skipped


@pytest.mark.parametrize("answer", [Answer(status=500), Answer(status=200, body=[None, 7, {"schema": "x"}])])
def test_list_of_fields_is_not_needed_for_the_week(server: World, answer: Answer) -> None:
    """Without it the epics are missing, not the worklogs."""
    server.add_issues(1)
    server.add_worklog("APP-1", "2026-11-16 08:00")
    jira = server.sign_in()
    server.faults.when(lambda request: request.path.endswith("/field"), answer, times=None)
    frame = load(server, jira)
    assert list(frame["epic"]) == [""]


def test_bad_answer_is_not_given_again_from_the_cache(world: World) -> None:
    """A login page in the way for a moment: the advice is to try again, so trying again must ask Jira."""
    world.add_issues(1)
    world.add_worklog("APP-1", "2026-11-16 08:00")
    jira = world.sign_in()
    page = Answer(status=200, body="<html>", content_type="text/html")
    odd = Answer(status=200, body={"issues": "none"})
    for answer in (page, odd):
        world.faults.when(lambda request: "/search" in request.path, answer)
        with pytest.raises(JiraError):
            load(world, jira)
    assert len(load(world, jira)) == 1
