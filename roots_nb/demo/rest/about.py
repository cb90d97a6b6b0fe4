"""What the site says of itself and of who asks: serverInfo, configuration, fields, myself, permissions, tokens."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Response

from roots_nb.demo.answers import Refusal, json_answer, unauthenticated
from roots_nb.demo.rendering import EPIC_LINK, EPIC_LINK_ID, EPIC_LINK_KIND
from roots_nb.demo.rest.call import Call, Route

_PERMISSIONS = {
    "BROWSE_PROJECTS": (10, "Browse Projects"),
    "WORK_ON_ISSUES": (20, "Work On Issues"),
    "EDIT_OWN_WORKLOGS": (40, "Edit Own Worklogs"),
    "EDIT_ALL_WORKLOGS": (41, "Edit All Worklogs"),
    "DELETE_OWN_WORKLOGS": (42, "Delete Own Worklogs"),
    "DELETE_ALL_WORKLOGS": (43, "Delete All Worklogs"),
}
_FIELDS = {
    "summary": ("Summary", "string"),
    "project": ("Project", "project"),
    "issuetype": ("Issue Type", "issuetype"),
    "labels": ("Labels", "array"),
    "status": ("Status", "status"),
    "created": ("Created", "datetime"),
    "updated": ("Updated", "datetime"),
    "timespent": ("Time Spent", "number"),
    "timeestimate": ("Remaining Estimate", "number"),
    "timetracking": ("Time Tracking", "timetracking"),
    "worklog": ("Log Work", "array"),
}
_VERSIONS = {"cloud": ("1001.0.0-SNAPSHOT", [1001, 0, 0], 100290), "datacenter": ("10.3.12", [10, 3, 12], 10030012)}


def server_info(call: Call) -> Response:
    """Open to everybody, except on Data Center to a bad token."""
    site = call.site
    if call.visitor.failed and not site.is_cloud:
        raise Refusal(unauthenticated(cloud=False))
    version, numbers, build = _VERSIONS[site.deployment]
    body: dict[str, Any] = {
        "baseUrl": call.base_url,
        "version": version,
        "versionNumbers": numbers,
        "deploymentType": "Cloud" if site.is_cloud else "Server",
        "buildNumber": build,
        "buildDate": "2026-09-01T00:00:00.000+0000",
        "serverTime": f"{site.now().astimezone(ZoneInfo(site.time_zone)):%Y-%m-%dT%H:%M:%S.000%z}",
        "scmInfo": "0" * 40,
        "serverTitle": site.title,
    }
    if site.is_cloud:
        body |= {"displayUrl": call.base_url, "serverTimeZone": site.time_zone}
    return json_answer(body)


def configuration(call: Call) -> Response:
    call.require_user()
    site = call.site
    switches = ("voting", "watching", "subTasks", "issueLinking", "attachments")
    body: dict[str, Any] = {f"{name}Enabled": True for name in switches}
    body |= {"unassignedIssuesAllowed": True, "timeTrackingEnabled": site.time_tracking}
    if site.time_tracking:
        body["timeTrackingConfiguration"] = {
            "workingHoursPerDay": site.hours_per_day,
            "workingDaysPerWeek": site.days_per_week,
            "timeFormat": "pretty",
            "defaultUnit": "minute",
        }
    return json_answer(body)


def fields(call: Call) -> Response:
    """The fields an issue has here; nobody in particular sees none."""
    if call.visitor.user is None:
        return json_answer([])
    known = [_field(call, name, *about) for name, about in _FIELDS.items()]
    if call.site.is_cloud:
        known.append(_field(call, "parent", "Parent", "issuelink"))
    else:
        known.append(_epic_link(call))
    return json_answer(known)


def _field(call: Call, name: str, title: str, kind: str) -> dict[str, Any]:
    key = {"key": name} if call.site.is_cloud else {}
    switches = {"custom": False, "orderable": True, "navigable": True, "searchable": True}
    schema = {"type": kind, "system": name}
    return {"id": name, **key, "name": title, **switches, "clauseNames": [name], "schema": schema}


def _epic_link(call: Call) -> dict[str, Any]:
    field = _field(call, EPIC_LINK, "Epic Link", "any")
    schema = {"type": "any", "custom": EPIC_LINK_KIND, "customId": EPIC_LINK_ID}
    return field | {"custom": True, "clauseNames": [f"cf[{EPIC_LINK_ID}]", "Epic Link"], "schema": schema}


def myself(call: Call) -> Response:
    body = call.render.myself(call.user)
    asked = (call.text("expand") or "").split(",")
    groups = [{"name": name} for name in sorted(call.user.groups)]
    for name, items in (("groups", groups), ("applicationRoles", [])):
        body[name] = {"size": len(items), "items": items if name in asked else []}
    return json_answer(body)


def my_permissions(call: Call) -> Response:
    """What the visitor may do: in one project, or in at least one. Cloud wants to be told which permissions."""
    asked = [name.strip() for name in (call.text("permissions") or "").split(",") if name.strip()]
    if not asked and call.site.is_cloud:
        raise call.refuse(400, "permissions required")
    unknown = next((name for name in asked if name not in _PERMISSIONS), None)
    if unknown is not None:
        raise call.refuse(400, "bad choice", field="permissions", value=unknown)
    held = _held_permissions(call)
    return json_answer({"permissions": {name: _permission(name, held) for name in asked or _PERMISSIONS}})


def _held_permissions(call: Call) -> set[str]:
    projects = list(call.site.projects.values())
    issue = call.text("issueKey") or call.text("issueId")
    project = call.text("projectKey") or call.text("projectId")
    if issue:
        projects = [call.issue(issue).project]
    elif project:
        projects = [one for one in projects if project in (one.key, str(one.id))]
        if not projects:
            raise call.refuse(404, "bad choice", value=project)
    return set().union(*(call.site.permissions_of(call.visitor.user, one.key) for one in projects))


def _permission(name: str, held: set[str]) -> dict[str, Any]:
    number, title = _PERMISSIONS[name]
    about = {"name": title, "type": "PROJECT", "description": title}
    return {"id": str(number), "key": name, **about, "havePermission": name in held}


def personal_tokens(call: Call) -> Response:
    """The user's personal access tokens, without the tokens themselves."""
    mine = [one for one in call.site.credentials if one.kind == "pat" and one.user.key == call.user.key]
    return json_answer(
        [
            {
                "id": one.id,
                "name": f"Token {one.id}",
                "createdAt": call.render.time(one.created),
                **({"expiringAt": call.render.time(one.expires)} if one.expires else {}),
            }
            for one in mine
        ]
    )


def tenant_info(call: Call) -> Response:
    return json_answer({"cloudId": call.site.cloud_id})


ROUTES = (
    Route("GET", "/serverInfo", server_info),
    Route("GET", "/configuration", configuration),
    Route("GET", "/field", fields),
    Route("GET", "/myself", myself),
    Route("GET", "/mypermissions", my_permissions),
    Route("GET", "/rest/pat/latest/tokens", personal_tokens, on_cloud=False, is_absolute=True),
    Route("GET", "/_edge/tenant_info", tenant_info, on_data_center=False, is_absolute=True),
)
