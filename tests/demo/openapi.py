"""Checks answers and requests against Atlassian's OpenAPI description of Cloud, where that file is at hand.

The description is of version 3; version 2 has the same operations, so its paths are looked up there. Formats are not
checked: Jira's own times are none that OpenAPI calls a date-time.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

_NAME = "jira-cloud-worklogs.openapi.json"
_BESIDE = Path(__file__).resolve().parents[3] / "shared" / "reference" / _NAME
# Read at import: every test starts without our environment variables.
PATH = Path(os.environ.get("ROOTS_NB_TEST_OPENAPI") or _BESIDE)
MISSING = f"no OpenAPI description here: name a copy of {_NAME} in ROOTS_NB_TEST_OPENAPI"


def is_available() -> bool:
    """Whether the description is there; without it the functions below raise FileNotFoundError."""
    return PATH.is_file()


def validate_response(method: str, path: str, status: int, body: object) -> None:
    """Check an answer.

    Parameters
    ----------
    path
        As requested, of either version, with or without a prefix such as the gateway's.
    body
        The decoded JSON; None if there was none.

    Raises
    ------
    AssertionError
        The operation or the status is not described.
    jsonschema.ValidationError
        The body is not of the described shape.
    """
    described = _operation(method, path)["responses"].get(str(status))
    assert described is not None, f"{method} {path} is not described to answer {status}"
    content = described.get("content", {}).get("application/json")
    if content:
        _validate(content["schema"], body)
    elif status < 300:
        assert body is None, f"{method} {path} is described to answer {status} without a body"


def validate_request(method: str, path: str, query: Mapping[str, object], body: object) -> None:
    """Check a request; arguments and exceptions as in `validate_response`, `query` with texts or lists of texts."""
    operation = _operation(method, path)
    parameters = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "query"}
    for name, value in query.items():
        assert name in parameters, f"{method} {path} has no parameter {name!r}"
        _validate(parameters[name]["schema"], _typed(parameters[name]["schema"], value))
    missing = {name for name, one in parameters.items() if one.get("required")} - set(query)
    assert not missing, f"{method} {path} needs {missing}"
    described = operation.get("requestBody")
    if described is None:
        assert body is None, f"{method} {path} takes no body"
        return
    schema = described["content"]["application/json"]["schema"]
    _validate(schema, body)
    assert not _read_only(schema, body), f"{method} {path} may not send {_read_only(schema, body)}"


def _operation(method: str, path: str) -> dict[str, Any]:
    wanted = re.sub(r"^.*/rest/api/(2|3|latest)/", "/rest/api/3/", path)
    for template, operations in _templates():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, wanted) and method.lower() in operations:
            operation: dict[str, Any] = operations[method.lower()]
            return operation
    raise AssertionError(f"{method} {path} is not described")


def _templates() -> Iterator[tuple[str, dict[str, Any]]]:
    """Those without placeholders first."""
    yield from sorted(_description()["paths"].items(), key=lambda item: item[0].count("{"))


def _typed(schema: dict[str, Any], value: object) -> object:
    """A query parameter's text as a value of the type that the schema wants; as it is if it cannot be one."""
    kind = schema.get("type")
    if kind == "array":
        parts = value if isinstance(value, (list, tuple)) else str(value).split(",")
        return [_typed(schema["items"], part) for part in parts]
    if kind == "integer" and re.fullmatch(r"-?\d+", str(value), re.ASCII):
        return int(str(value))
    if kind == "boolean":
        return {"true": True, "false": False}.get(str(value), value)
    return value


def _read_only(schema: dict[str, Any], body: object) -> set[str]:
    name = schema.get("$ref", "").rpartition("/")[2]
    known = _description()["components"]["schemas"].get(name, {}).get("properties", {})
    return {key for key in body if known.get(key, {}).get("readOnly")} if isinstance(body, dict) else set()


def _validate(schema: dict[str, Any], value: object) -> None:
    Draft202012Validator({**schema, "components": _description()["components"]}).validate(value)


@lru_cache(maxsize=1)
def _description() -> dict[str, Any]:
    description: dict[str, Any] = _with_null(json.loads(PATH.read_text(encoding="utf-8")))
    return description


def _with_null(node: Any) -> Any:
    """OpenAPI's `nullable` in the words of JSON Schema."""
    if isinstance(node, list):
        return [_with_null(one) for one in node]
    if not isinstance(node, dict):
        return node
    changed = {key: _with_null(value) for key, value in node.items()}
    if changed.get("nullable") is True and isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
    return changed
