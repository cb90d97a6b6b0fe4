"""What may be sent in a worklog, and how strictly Jira reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from roots_nb.demo import adf
from roots_nb.demo.answers import Refusal, errors
from roots_nb.demo.rest.call import Call
from roots_nb.demo.timespent import parse_time_spent

TEXT_LIMIT = 32_767
PROPERTY_LIMIT_BYTES = 32_768
PROPERTY_KEY_LIMIT = 255
_LONGEST_SECONDS = 2**53
_STARTED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}", re.ASCII)


def read_changes(call: Call, body: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
    """The worklog's attributes that `body` sets; other keys are ignored, as Jira does."""
    changes: dict[str, Any] = {}
    if body.get("started") is not None:
        changes["started"] = _read_started(call, body["started"])
    seconds = _read_seconds(call, body)
    if seconds is not None:
        changes["seconds"] = seconds
    elif creating:
        raise call.refuse(400, "time required", field="timeLogged")
    for name, read in _OPTIONAL.items():
        if name in body:
            changes.update(read(call, body[name]))
    if creating and call.site.is_cloud and body.get("properties"):
        changes["properties"] = _read_properties(call, body["properties"])
    return changes


def _read_started(call: Call, value: object) -> datetime:
    """Three digits of milliseconds and an offset without a colon, nothing else."""
    try:
        if not isinstance(value, str) or not _STARTED.fullmatch(value):
            raise ValueError(value)
        started = datetime.fromisoformat(value)
    except ValueError:
        raise _bad_date(call, value) from None
    if not 1900 <= started.year < 9999:
        raise _bad_date(call, value)
    return started


def _bad_date(call: Call, value: object) -> Refusal:
    if call.site.is_cloud:
        return call.refuse(400, "bad date", field="started")
    return call.refuse(400, "bad date value", value=value)


def _read_seconds(call: Call, body: Mapping[str, Any]) -> int | None:
    """Whole minutes, in seconds; None if `body` has no duration."""
    sent = {name: body[name] for name in ("timeSpent", "timeSpentSeconds") if body.get(name) is not None}
    if not sent:
        return None
    seconds = None
    if len(sent) == 1:
        seconds = _parse_seconds(call, *sent.popitem())
    if seconds is None or not 60 <= seconds <= _LONGEST_SECONDS:
        raise errors(400, [call.say("worklog null")], {"timeLogged": call.say("bad duration")})
    return seconds - seconds % 60


def _parse_seconds(call: Call, name: str, value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if name == "timeSpent":
        return parse_time_spent(str(value), call.site)
    text = str(value)
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None


def _read_comment(call: Call, value: object) -> dict[str, str | None]:
    """Text in version 2, a document in version 3. A document sent to version 2 is lost without a word."""
    if value is None:
        return {"comment": None}
    if call.version == "3":
        if not adf.is_document(value):
            raise call.refuse(400, "not a document", field="comment")
        text = adf.to_text(value)  # type: ignore[arg-type]
    elif isinstance(value, str):
        text = value
    elif isinstance(value, dict) and call.site.is_cloud:
        return {}
    else:
        raise call.refuse(400, "bad request")
    if len(text) > TEXT_LIMIT:
        raise call.refuse(400, "too long", field="comment")
    return {"comment": text or None}


def _read_visibility(call: Call, value: object) -> dict[str, tuple[str, str] | None]:
    """A group or role of who asks; null lifts the restriction."""
    if value is None:
        return {"visibility": None}
    if not isinstance(value, dict) or value.get("type") not in ("group", "role"):
        raise call.refuse(400, "bad request")
    kind, name = value["type"], value.get("value") or value.get("identifier")
    mine = call.user.groups if kind == "group" else call.user.roles
    if not isinstance(name, str) or name not in mine:
        raise call.refuse(400, "not a member", field="commentLevel", value=name)
    return {"visibility": (kind, name)}


def _read_properties(call: Call, value: object) -> dict[str, object]:
    if not isinstance(value, list):
        raise call.refuse(400, "bad request")
    properties: dict[str, object] = {}
    for one in value:
        if not isinstance(one, dict) or set(one) != {"key", "value"} or not isinstance(one["key"], str):
            raise call.refuse(400, "bad request")
        check_property(call, one["key"], json.dumps(one["value"]).encode())
        properties[one["key"]] = one["value"]
    return properties


def check_property(call: Call, key: str, value: bytes) -> None:
    """Refuse a property whose key or value is too long."""
    if not 0 < len(key) <= PROPERTY_KEY_LIMIT or len(value) > PROPERTY_LIMIT_BYTES:
        raise call.refuse(400, "bad request")


_OPTIONAL: dict[str, Callable[[Call, object], Mapping[str, Any]]] = {
    "comment": _read_comment,
    "visibility": _read_visibility,
}
