"""Properties of worklogs: small JSON values that programs keep there. Cloud only."""

from __future__ import annotations

from urllib.parse import quote

from werkzeug.wrappers import Response

from roots_nb.demo.answers import errors, json_answer
from roots_nb.demo.model import Worklog
from roots_nb.demo.rest.call import Call, Route
from roots_nb.demo.rest.worklog_fields import check_property
from roots_nb.demo.rest.worklogs import find_worklog, tracked_issue


def list_properties(call: Call, issue: str, worklog: str) -> Response:
    found = find_worklog(call, tracked_issue(call, issue), worklog)
    url = f"{call.render.rest_url}/issue/{found.issue_id}/worklog/{found.id}/properties"
    return json_answer({"keys": [{"self": f"{url}/{quote(key, safe='')}", "key": key} for key in found.properties]})


def get_property(call: Call, issue: str, worklog: str, key: str) -> Response:
    found = find_worklog(call, tracked_issue(call, issue), worklog)
    _check_known(call, found, key)
    return json_answer({"key": key, "value": found.properties[key]})


def put_property(call: Call, issue: str, worklog: str, key: str) -> Response:
    found = _find_editable(call, issue, worklog)
    value = call.json()
    check_property(call, key, call.request.get_data())
    status = 200 if key in found.properties else 201
    found.properties[key] = value
    return json_answer({}, status)


def delete_property(call: Call, issue: str, worklog: str, key: str) -> Response:
    found = _find_editable(call, issue, worklog)
    _check_known(call, found, key)
    del found.properties[key]
    return Response(status=204)


def _check_known(call: Call, worklog: Worklog, key: str) -> None:
    if key not in worklog.properties:
        raise call.refuse(404, "property missing", key=key)


def _find_editable(call: Call, issue: str, worklog: str) -> Worklog:
    """A worklog that the user may edit; here Jira does refuse with 403."""
    found_issue = tracked_issue(call, issue)
    found = find_worklog(call, found_issue, worklog)
    own = found.author.account_id == call.user.account_id
    if not (call.may("EDIT_ALL_WORKLOGS", found_issue) or (own and call.may("EDIT_OWN_WORKLOGS", found_issue))):
        raise errors(403, [call.say("may not edit", user=call.user.display_name)])
    return found


_ALL = "/issue/<issue>/worklog/<worklog>/properties"
_ONE = f"{_ALL}/<key>"
ROUTES = (
    Route("GET", _ALL, list_properties, on_data_center=False),
    Route("GET", _ONE, get_property, on_data_center=False),
    Route("PUT", _ONE, put_property, on_data_center=False),
    Route("DELETE", _ONE, delete_property, on_data_center=False),
)
