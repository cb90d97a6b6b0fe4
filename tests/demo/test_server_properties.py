"""Properties of worklogs, on Cloud."""

from __future__ import annotations

from tests.demo.conftest import HOUR, Jira


def test_properties_are_kept_with_a_worklog(cloud: Jira) -> None:
    """Sent when it is added, shown when asked for, in the list too."""
    properties = [{"key": "roots.op", "value": {"id": "42"}}]
    added = cloud.add(HOUR | {"properties": properties}, expand="properties").json()
    assert added["properties"] == properties
    assert "properties" not in cloud.get(f"/issue/APP-1/worklog/{added['id']}").json()
    (listed,) = cloud.get("/issue/APP-1/worklog", expand="properties").json()["worklogs"]
    assert listed["properties"] == properties


def test_properties_can_be_put_read_and_deleted(cloud: Jira) -> None:
    (known,) = cloud.seed(1)
    path = f"/issue/APP-1/worklog/{known}/properties"
    assert [cloud.send("PUT", f"{path}/a", json=value).status_code for value in ([1], "two")] == [201, 200]
    assert cloud.get(f"{path}/a").json() == {"key": "a", "value": "two"}
    assert [one["key"] for one in cloud.get(path).json()["keys"]] == ["a"]
    assert cloud.send("DELETE", f"{path}/a").status_code == 204
    assert [cloud.send(method, f"{path}/a").status_code for method in ("GET", "DELETE")] == [404, 404]


def test_properties_have_limits_and_an_owner(cloud: Jira) -> None:
    """Value and key are limited; editing needs the permission to edit the worklog, here with a real 403."""
    (known,) = cloud.seed(1)
    path = f"/issue/APP-1/worklog/{known}/properties"
    assert cloud.send("PUT", f"{path}/a", json="x" * 32_767).status_code == 400
    assert cloud.send("PUT", f"{path}/{'k' * 256}", json=1).status_code == 400
    assert cloud.send("PUT", f"{path}/a", user="bob", json=1).status_code == 403
    for properties in ([{"key": "a"}], {"key": "a"}, [{"key": 1, "value": 2}]):
        assert cloud.add(HOUR | {"properties": properties}).status_code == 400


def test_properties_do_not_exist_on_data_center(data_center: Jira) -> None:
    """They are ignored in a new worklog."""
    added = data_center.add(HOUR | {"properties": [{"key": "a", "value": 1}]}, expand="properties")
    assert added.status_code == 201
    assert "properties" not in added.json()
    assert data_center.get(f"/issue/APP-1/worklog/{added.json()['id']}/properties").status_code == 404
