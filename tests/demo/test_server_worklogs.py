"""The worklogs of an issue: shapes, lists, and how strictly what is sent is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.demo.conftest import HOUR, START, STARTED, Jira, MakeJira

# --- shapes


def test_added_worklog_comes_back_with_strings_for_ids(jira: Jira) -> None:
    """201, the whole worklog, and a Location."""
    answer = jira.add(HOUR | {"comment": "Überarbeitet 😀"})
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == body["self"]
    assert body["self"] == f"{jira.url}/rest/api/2/issue/{body['issueId']}/worklog/{body['id']}"
    assert (body["started"], body["timeSpentSeconds"], body["timeSpent"]) == (STARTED, 3600, "1h")
    assert body["comment"] == "Überarbeitet 😀"
    assert body["created"] == body["updated"] == "2026-11-20T13:00:00.000+0100"
    assert isinstance(body["id"], str)
    assert body["issueId"] == str(jira.site.issues["APP-1"].id)
    assert jira.get(f"/issue/APP-1/worklog/{body['id']}").json() == body


def test_author_on_cloud_has_an_account(cloud: Jira) -> None:
    """An e-mail address is shown to its owner alone."""
    body = cloud.add(HOUR).json()
    mine = {"accountId": "5b1:ada", "accountType": "atlassian", "timeZone": "Europe/Berlin"}
    assert (mine | {"emailAddress": "ada@example.com"}).items() <= body["author"].items()
    assert body["updateAuthor"] == body["author"]
    seen = cloud.send("GET", f"/issue/APP-1/worklog/{body['id']}", user="bob").json()["author"]
    assert mine.items() <= seen.items()
    assert "emailAddress" not in seen


def test_author_on_data_center_has_name_and_key(data_center: Jira) -> None:
    author = data_center.add(HOUR).json()["author"]
    assert (author["name"], author["key"], author["displayName"]) == ("ada", "JIRAUSER1", "Ada L")
    assert "accountId" not in author


@pytest.mark.parametrize("body", [{}, {"comment": ""}, {"comment": None}])
def test_worklog_without_comment_has_no_such_key(jira: Jira, body: dict[str, Any]) -> None:
    assert "comment" not in jira.add(HOUR | body).json()


def test_times_are_in_the_zone_of_who_asks(jira: Jira) -> None:
    """Bob in New York sees another day than Ada in Berlin, each offset as of the day itself."""
    (summer, _), late = jira.seed(2), datetime(2026, 7, 1, 1, 30, tzinfo=UTC)
    jira.site.change_worklog(jira.site.worklogs[summer], jira.people["ada"], started=late)
    by_ada, by_bob = (jira.send("GET", "/issue/APP-1/worklog", user=user).json()["worklogs"] for user in ("ada", "bob"))
    assert [one["started"] for one in by_ada] == ["2026-07-01T03:30:00.000+0200", "2026-11-17T09:00:00.000+0100"]
    assert [one["started"] for one in by_bob] == ["2026-06-30T21:30:00.000-0400", "2026-11-17T03:00:00.000-0500"]


def test_version_3_has_documents_for_comments(cloud: Jira) -> None:
    """What version 2 takes as text is a document there, and the other way round; a string is refused."""
    cloud.version = "3"
    plain = cloud.add(HOUR | {"comment": "text"})
    assert (plain.status_code, plain.json()["errors"]) == (400, {"comment": "Comment body is not valid!"})
    text = {
        "type": "paragraph",
        "content": [{"type": "text", "text": "a"}, {"type": "hardBreak"}, {"type": "text", "text": "b"}],
    }
    document = {"type": "doc", "version": 1, "content": [text]}
    added = cloud.add(HOUR | {"comment": document}).json()
    assert added["comment"] == document
    cloud.version = "2"
    assert cloud.get(f"/issue/APP-1/worklog/{added['id']}").json()["comment"] == "a\nb"


def test_document_sent_to_version_2_is_lost_without_a_word(cloud: Jira) -> None:
    answer = cloud.add(HOUR | {"comment": {"type": "doc", "version": 1, "content": []}})
    assert answer.status_code == 201
    assert "comment" not in answer.json()


# --- lists


def test_list_on_cloud_is_paged_oldest_first(cloud: Jira) -> None:
    ids = [str(one) for one in cloud.seed(5)]
    page = cloud.get("/issue/APP-1/worklog", startAt=2, maxResults=2).json()
    assert (page["startAt"], page["maxResults"], page["total"]) == (2, 2, 5)
    assert [one["id"] for one in page["worklogs"]] == ids[2:4]
    whole = cloud.get("/issue/APP-1/worklog").json()
    assert (whole["maxResults"], [one["id"] for one in whole["worklogs"]]) == (5000, ids)
    assert cloud.get("/issue/APP-1/worklog", startAt="x").status_code == 404


def test_list_is_ordered_by_creation_not_by_start(jira: Jira) -> None:
    late = jira.site.add_worklog("APP-1", jira.people["ada"], START, 60, created=START + timedelta(days=9)).id
    early = jira.site.add_worklog("APP-1", jira.people["ada"], START + timedelta(days=1), 60, created=START).id
    assert [one["id"] for one in jira.get("/issue/APP-1/worklog").json()["worklogs"]] == [str(early), str(late)]


def test_list_on_cloud_takes_a_range_of_starts(cloud: Jira) -> None:
    """UNIX milliseconds; neither end belongs to it, and `total` counts what is within."""
    ids = [str(one) for one in cloud.seed(5)]
    first, last = (int((START + timedelta(days=n)).timestamp() * 1000) for n in (0, 3))
    page = cloud.get("/issue/APP-1/worklog", startedAfter=first, startedBefore=last).json()
    assert ([one["id"] for one in page["worklogs"]], page["total"]) == (ids[1:3], 2)
    assert cloud.get("/issue/APP-1/worklog", startedAfter=10**30).status_code == 404


def test_list_on_data_center_has_everything_in_one_page(data_center: Jira) -> None:
    """Parameters that Cloud knows are ignored."""
    data_center.seed(25)
    page = data_center.get("/issue/APP-1/worklog", startAt=20, maxResults=5, startedAfter=10**15).json()
    assert (page["startAt"], page["maxResults"], page["total"], len(page["worklogs"])) == (0, 25, 25, 25)


def test_list_on_data_center_may_be_cut_until_both_parameters_come(make_jira: MakeJira) -> None:
    jira = make_jira("datacenter", worklog_page_limit=20)
    ids = [str(one) for one in jira.seed(25)]
    for parameters in ({}, {"startAt": 20}, {"maxResults": 100}):
        page = jira.get("/issue/APP-1/worklog", **parameters).json()
        assert (page["maxResults"], page["total"], len(page["worklogs"])) == (20, 25, 20)
    page = jira.get("/issue/APP-1/worklog", startAt=20, maxResults=100).json()
    assert [one["id"] for one in page["worklogs"]] == ids[20:]


def test_inline_list_is_the_oldest_twenty(jira: Jira) -> None:
    ids = [str(one) for one in jira.seed(25)]
    inline = jira.get("/issue/APP-1", fields="worklog").json()["fields"]["worklog"]
    assert (inline["startAt"], inline["maxResults"], inline["total"]) == (0, 20, 25)
    assert [one["id"] for one in inline["worklogs"]] == ids[:20]


def test_short_inline_list_tells_its_limit_differently(cloud: Jira, data_center: Jira) -> None:
    """Cloud says 20 even for two worklogs, Data Center says two."""
    for jira, limit in ((cloud, 20), (data_center, 2)):
        jira.seed(2)
        inline = jira.get("/issue/APP-1", fields="worklog").json()["fields"]["worklog"]
        assert (inline["maxResults"], inline["total"], len(inline["worklogs"])) == (limit, 2, 2)


def test_restricted_worklog_is_missing_but_counted(jira: Jira) -> None:
    """Who lacks the role sees neither it nor a hint, except in `total`."""
    (open_one,), (hidden,) = jira.seed(1), jira.seed(1, visibility=("role", "Developers"))
    page = jira.send("GET", "/issue/APP-1/worklog", user="bob").json()
    assert ([one["id"] for one in page["worklogs"]], page["total"]) == ([str(open_one)], 2)
    inline = jira.send("GET", "/issue/APP-1", user="bob", params={"fields": "worklog"}).json()["fields"]["worklog"]
    assert (len(inline["worklogs"]), inline["total"]) == (1, 2)
    assert jira.send("GET", f"/issue/APP-1/worklog/{hidden}", user="bob").status_code == 404
    assert len(jira.get("/issue/APP-1/worklog").json()["worklogs"]) == 2


def test_worklog_can_be_restricted_to_an_own_role(jira: Jira) -> None:
    """Cloud adds an identifier; a role one does not have is refused; null lifts the restriction."""
    own = {"type": "role", "value": "Developers"}
    body = jira.add(HOUR | {"visibility": own}).json()
    assert body["visibility"] == own | ({"identifier": "Developers"} if jira.site.is_cloud else {})
    assert jira.add(HOUR | {"visibility": {"type": "group", "value": "admins"}}).status_code == 400
    assert "visibility" not in jira.put(body["id"], {"visibility": None}).json()


@pytest.mark.parametrize("worklog", ["1", "x", "10000x", "٣", "9" * 40])
def test_unknown_worklog_is_404(jira: Jira, worklog: str) -> None:
    answer = jira.get(f"/issue/APP-1/worklog/{worklog}")
    assert (answer.status_code, len(answer.json()["errorMessages"])) == (404, 1)


def test_worklog_is_not_found_under_another_issue(jira: Jira) -> None:
    (known,) = jira.seed(1)
    assert jira.get(f"/issue/APP-2/worklog/{known}").status_code == 404


# --- what may be sent


@pytest.mark.parametrize(
    "started",
    [
        "2026-11-16T09:00:00.000Z",
        "2026-11-16T09:00:00.000+01:00",
        "2026-11-16T09:00:00+0100",
        "2026-11-16T09:00:00.000",
        "2026-11-16T09:00:00.000000+0100",
        "2026-11-16 09:00:00.000+0100",
        "2026-02-30T09:00:00.000+0100",
        "2026-11-16T09:00:00.000+9900",
        "0001-01-01T00:00:00.000+1400",
        "9999-12-31T23:59:59.000-1200",
        "",
        1763280000000,
    ],
)
def test_started_must_have_exactly_one_form(jira: Jira, started: object) -> None:
    """Milliseconds and an offset without colon or letter; Cloud names the field, Data Center quotes the value."""
    answer = jira.add(HOUR | {"started": started})
    assert answer.status_code == 400
    if jira.site.is_cloud:
        expected = "Invalid date format. Please enter the date in the format \"yyyy-MM-dd'T'HH:mm:ss.SSSZ\"."
        assert answer.json()["errors"] == {"started": expected}
    else:
        assert answer.json()["errorMessages"] == [f"Date value '{started}' is invalid."]
    assert jira.site.worklogs == {}


def test_started_defaults_to_now(jira: Jira) -> None:
    assert jira.add({"timeSpent": "1h"}).json()["started"] == "2026-11-20T13:00:00.000+0100"


@pytest.mark.parametrize("started", ["2026-11-16T03:00:00.123-0500", "2026-11-16T13:45:00.123+0545"])
def test_started_is_a_moment_whatever_its_offset(jira: Jira, started: str) -> None:
    assert jira.add(HOUR | {"started": started}).json()["started"] == "2026-11-16T09:00:00.123+0100"


@pytest.mark.parametrize(
    "time",
    [
        {"timeSpentSeconds": 59},
        {"timeSpentSeconds": 0},
        {"timeSpentSeconds": -3600},
        {"timeSpentSeconds": 90.5},
        {"timeSpentSeconds": True},
        {"timeSpentSeconds": 10**17},
        {"timeSpentSeconds": "1h"},
        {"timeSpentSeconds": []},
        {"timeSpent": "0m"},
        {"timeSpent": "1,5h"},
        {"timeSpent": "soon"},
        {"timeSpent": " "},
        {"timeSpent": "1h", "timeSpentSeconds": 3600},
    ],
)
def test_duration_under_a_minute_or_unreadable_is_refused(jira: Jira, time: dict[str, object]) -> None:
    """The recorded body: a sentence that explains nothing, and the field with another name than the one sent."""
    answer = jira.add({"started": STARTED, **time})
    assert answer.status_code == 400
    expected = {"timeLogged": "Invalid time duration entered."}
    assert answer.json() == {"errorMessages": ["Worklog must not be null."], "errors": expected}
    assert jira.site.worklogs == {}


def test_duration_is_required(jira: Jira) -> None:
    assert jira.add({"started": STARTED}).json()["errors"].keys() == {"timeLogged"}


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("1h 30m", 5400),
        ("1.5h", 5400),
        ("90", 5400),
        ("1d", 27000),
        ("1w", 108000),
        ("1W 2D", 162000),
        ("2d 15m", 54900),
    ],
)
def test_duration_as_text_counts_by_the_site_s_day(make_jira: MakeJira, time: str, seconds: int) -> None:
    """A day of 7.5 hours, a week of four days."""
    jira = make_jira("cloud", hours_per_day=7.5, days_per_week=4)
    assert jira.add({"timeSpent": time}).json()["timeSpentSeconds"] == seconds


@pytest.mark.parametrize(("seconds", "kept", "text"), [(60, 60, "1m"), (119, 60, "1m"), ("5400", 5400, "1h 30m")])
def test_duration_is_kept_in_whole_minutes(jira: Jira, seconds: object, kept: int, text: str) -> None:
    body = jira.add({"timeSpentSeconds": seconds}).json()
    assert (body["timeSpentSeconds"], body["timeSpent"]) == (kept, text)


def test_duration_is_shown_in_the_site_s_days(jira: Jira) -> None:
    """Eight hours are a day here, five days a week."""
    assert jira.add({"timeSpentSeconds": 45 * 3600 + 60}).json()["timeSpent"] == "1w 5h 1m"


def test_comment_has_a_limit(jira: Jira) -> None:
    assert jira.add(HOUR | {"comment": "x" * 32_767}).status_code == 201
    answer = jira.add(HOUR | {"comment": "x" * 32_768})
    assert (answer.status_code, answer.json()["errors"].keys()) == (400, {"comment"})


@pytest.mark.parametrize("comment", ["<b>bold</b>", "=1+1", "$a $$b$$", "line\r\n\tline", "日本語", "\u202eabc", "😀"])
def test_comment_comes_back_as_it_was(jira: Jira, comment: str) -> None:
    assert jira.add(HOUR | {"comment": comment}).json()["comment"] == comment


def test_half_a_character_does_no_harm(jira: Jira) -> None:
    """JSON can carry a lone surrogate, UTF-8 cannot."""
    data = '{"timeSpentSeconds": 60, "comment": "\\ud800"}'
    headers = {"Content-Type": "application/json"}
    assert jira.send("POST", "/issue/APP-1/worklog", data=data, headers=headers).json()["comment"] == "?"
    assert jira.send("GET", "/browse/APP-1").status_code == 200


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        ("en_US", "Invalid time duration entered."),
        ("de_DE", "Ungültige Zeitdauer eingegeben."),
        ("es_ES", "La duración introducida no es válida."),
        ("ja_JP", "入力された期間が無効です。"),
        ("fr_FR", "Invalid time duration entered."),
    ],
)
def test_refusal_is_in_the_language_of_the_account(jira: Jira, locale: str, sentence: str) -> None:
    jira.people["ada"].locale = locale
    assert jira.add({"timeSpentSeconds": 1}).json()["errors"] == {"timeLogged": sentence}


def test_author_cannot_be_chosen(jira: Jira) -> None:
    """What a worklog does not take is ignored."""
    body = jira.add(HOUR | {"author": {"name": "bob", "accountId": "5b1:bob"}, "id": "7"}).json()
    assert (body["author"]["displayName"], body["id"]) == ("Ada L", "10000")
