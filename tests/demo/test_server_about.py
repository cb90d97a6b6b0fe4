"""What the site says of itself and of the person: serverInfo, myself, configuration, fields, permissions, picker."""

from __future__ import annotations

import pytest

from roots_nb.demo.model import DEFAULT_PERMISSIONS
from tests.demo.conftest import Jira, MakeJira


def test_server_info_is_open_and_tells_the_deployment(jira: Jira) -> None:
    info = jira.send("GET", "/serverInfo", user=None).json()
    assert info["deploymentType"] == ("Cloud" if jira.site.is_cloud else "Server")
    assert info["serverTime"] == "2026-11-20T13:00:00.000+0100"
    assert (info["serverTitle"], info["baseUrl"]) == ("Tests", jira.url)
    assert info["versionNumbers"][0] == (1001 if jira.site.is_cloud else 10)


def test_myself_on_cloud_has_an_account_id(cloud: Jira) -> None:
    me = cloud.get("/myself").json()
    expected = {"accountId": "5b1:ada", "accountType": "atlassian", "emailAddress": "ada@example.com"}
    assert expected.items() <= me.items()
    assert {
        "displayName": "Ada L",
        "timeZone": "Europe/Berlin",
        "locale": "en_US",
        "active": True,
    }.items() <= me.items()
    assert not {"name", "key"} & set(me)


def test_myself_on_data_center_has_name_and_key(data_center: Jira) -> None:
    me = data_center.get("/myself").json()
    assert {"name": "ada", "key": "JIRAUSER1", "timeZone": "Europe/Berlin", "locale": "en_US"}.items() <= me.items()
    assert not {"accountId", "accountType"} & set(me)


def test_configuration_tells_the_working_hours(make_jira: MakeJira) -> None:
    jira = make_jira("cloud", hours_per_day=7.5, days_per_week=4)
    times = jira.get("/configuration").json()["timeTrackingConfiguration"]
    assert times == {
        "workingHoursPerDay": 7.5,
        "workingDaysPerWeek": 4,
        "timeFormat": "pretty",
        "defaultUnit": "minute",
    }
    assert jira.send("GET", "/configuration", user=None).status_code == 401


def test_configuration_without_time_tracking_has_no_hours(jira: Jira) -> None:
    """Then worklogs do not exist either."""
    jira.site.time_tracking = False
    answer = jira.get("/configuration").json()
    assert answer["timeTrackingEnabled"] is False
    assert "timeTrackingConfiguration" not in answer
    assert jira.get("/issue/APP-1/worklog").status_code == 404


def test_fields_on_data_center_name_the_epic_link(data_center: Jira) -> None:
    """The custom field is found by its kind, and its value in an issue is the epic's key."""
    kind = "com.pyxis.greenhopper.jira:gh-epic-link"
    (epic_link,) = [one for one in data_center.get("/field").json() if one["schema"].get("custom") == kind]
    assert epic_link["custom"] is True
    assert epic_link["id"] == f"customfield_{epic_link['schema']['customId']}"
    fields = data_center.get("/issue/APP-1", fields=f"summary,{epic_link['id']}").json()["fields"]
    assert fields == {"summary": "Fix the login", epic_link["id"]: "APP-2"}


def test_issue_on_cloud_has_its_epic_as_parent(cloud: Jira) -> None:
    """A parent of hierarchy level 1; the key is missing where there is no parent."""
    parent = cloud.get("/issue/APP-1", fields="parent").json()["fields"]["parent"]
    assert (parent["key"], parent["fields"]["issuetype"]["hierarchyLevel"]) == ("APP-2", 1)
    assert cloud.get("/issue/APP-2", fields="parent").json()["fields"] == {}
    assert "parent" in {one["id"] for one in cloud.get("/field").json()}


def test_issue_has_all_fields_by_default(jira: Jira) -> None:
    """By key in any case or by id; `-name` leaves a field out."""
    issue = jira.get("/issue/app-1").json()
    assert issue["key"] == "APP-1"
    assert issue["self"] == f"{jira.url}/rest/api/2/issue/{issue['id']}"
    fields = issue["fields"]
    assert (fields["summary"], fields["project"]["key"], fields["issuetype"]["name"]) == (
        "Fix the login",
        "APP",
        "Task",
    )
    assert fields["labels"] == ["web", "bug"]
    assert fields["created"] == "2026-01-05T09:00:00.000+0100"
    assert fields["worklog"]["worklogs"] == []
    without = jira.get(f"/issue/{issue['id']}", fields="*all,-worklog").json()["fields"]
    assert set(fields) - set(without) == {"worklog"}


@pytest.mark.parametrize("path", ["/issue/APP-99", "/issue/1", "/issue/%20", "/issue/APP-99/worklog"])
def test_unknown_issue_is_404(jira: Jira, path: str) -> None:
    answer = jira.get(path)
    assert answer.status_code == 404
    assert answer.json()["errorMessages"] == ["Issue does not exist or you do not have permission to see it."]


def test_issue_of_a_hidden_project_is_404(jira: Jira) -> None:
    """Not visible looks like not there, in the issue, its worklogs and the search."""
    jira.site.set_permissions(jira.people["ada"], "APP", ())
    assert jira.get("/issue/APP-1").status_code == 404
    assert jira.get("/issue/APP-1/worklog").status_code == 404
    search = "/search/jql" if jira.site.is_cloud else "/search"
    assert jira.get(search, jql="project = APP").json()["issues"] == []


def _permissions(jira: Jira, names: str, **context: str) -> dict[str, bool]:
    known = jira.get("/mypermissions", permissions=names, **context).json()["permissions"]
    return {name: about["havePermission"] for name, about in known.items()}


def test_my_permissions_follow_the_project(jira: Jira) -> None:
    names = "WORK_ON_ISSUES,EDIT_OWN_WORKLOGS,EDIT_ALL_WORKLOGS,DELETE_OWN_WORKLOGS,DELETE_ALL_WORKLOGS"
    jira.site.set_permissions(
        jira.people["ada"], "APP", (DEFAULT_PERMISSIONS | {"EDIT_ALL_WORKLOGS"}) - {"WORK_ON_ISSUES"}
    )
    mine = _permissions(jira, names, issueKey="APP-1")
    assert mine == dict(zip(names.split(","), [False, True, True, True, False], strict=True))
    assert mine == _permissions(jira, names, projectKey="APP") == _permissions(jira, names)


def test_my_permissions_must_be_named_on_cloud(cloud: Jira, data_center: Jira) -> None:
    """Data Center answers all of them unasked."""
    assert cloud.get("/mypermissions").status_code == 400
    assert "EDIT_OWN_WORKLOGS" in data_center.get("/mypermissions").json()["permissions"]


def test_my_permissions_refuse_what_they_do_not_know(jira: Jira) -> None:
    assert jira.get("/mypermissions", permissions="FLY").status_code == 400
    assert jira.get("/mypermissions", permissions="WORK_ON_ISSUES", issueKey="APP-99").status_code == 404


def _picked(jira: Jira, **parameters: str) -> dict[str, list[str]]:
    sections = jira.get("/issue/picker", **parameters).json()["sections"]
    return {section["label"]: [issue["key"] for issue in section["issues"]] for section in sections}


def test_picker_suggests_by_key_and_by_words(jira: Jira) -> None:
    """Own issues of late under History Search, what the JQL finds under Current Search."""
    jira.site.add_worklog("APP-3", jira.people["ada"], jira.clock.now, 60)
    jira.site.add_worklog("APP-1", jira.people["bob"], jira.clock.now, 60)
    assert _picked(jira, query="app-3") == {"History Search": ["APP-3"], "Current Search": ["APP-3"]}
    assert _picked(jira, query="login fi") == {"History Search": [], "Current Search": ["APP-1"]}
    assert _picked(jira, query="app", currentJQL="key = APP-2")["Current Search"] == ["APP-2"]
    assert jira.get("/issue/picker", currentJQL="colour = red").status_code == 400


def test_picker_marks_what_fits_in_escaped_html(jira: Jira) -> None:
    (issue,) = jira.get("/issue/picker", query="old").json()["sections"][1]["issues"]
    assert issue["summary"] == "<b>Old</b> &lt;b&gt;thing&lt;/b&gt;"
    assert issue["summaryText"] == "Old <b>thing</b>"
