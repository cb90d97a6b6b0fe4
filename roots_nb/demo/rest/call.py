"""One request to a REST resource, as its handler sees it, and how a resource says where it is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from werkzeug.wrappers import Request, Response

from roots_nb.demo.answers import Refusal, errors, json_answer, unauthenticated
from roots_nb.demo.messages import message
from roots_nb.demo.model import Issue, JiraSite, User
from roots_nb.demo.rendering import Renderer
from roots_nb.demo.searches import Searches
from roots_nb.demo.signin import Visitor

BROWSE = "BROWSE_PROJECTS"


def _refuse_constant(name: str) -> object:
    """Python reads NaN and Infinity, which are no JSON."""
    raise ValueError(name)


@dataclass(frozen=True)
class Call:
    """`base_url` is the address links start with; `version` the REST version asked for."""

    site: JiraSite
    request: Request
    visitor: Visitor
    searches: Searches
    base_url: str
    version: str = "2"

    @cached_property
    def render(self) -> Renderer:
        return Renderer(self.site, self.visitor.user, self.base_url, self.version)

    @property
    def user(self) -> User:
        """Who asks; 401 if that is not known."""
        if self.visitor.user is None:
            raise Refusal(unauthenticated(cloud=self.site.is_cloud))
        return self.visitor.user

    def say(self, name: str, /, **values: object) -> str:
        """A sentence in the language of who asks."""
        return message(name, self.visitor.user.locale if self.visitor.user else "en_US", **values)

    def refuse(self, status: int, name: str, /, *, field: str = "", **values: object) -> Refusal:
        """A refusal with one sentence, about one field if there is one."""
        sentence = self.say(name, **values)
        return errors(status, fields={field: sentence}) if field else errors(status, [sentence])

    def text(self, name: str) -> str | None:
        return self.request.args.get(name)

    def number(self, name: str, default: int, *, status: int = 404) -> int:
        """A query parameter that is a number; by default Jira finds nothing (404) under an address with another."""
        value = self.text(name)
        try:
            return int(value) if value else default
        except ValueError:
            raise self.refuse(status, "bad number", name=name) from None

    def require_user(self) -> None:
        """401 if it is not known who asks."""
        _ = self.user

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent."""
        value = self.json()
        if not isinstance(value, dict):
            raise self.refuse(400, "bad request")
        return value

    def json(self) -> Any:
        """The JSON value that was sent; 400 if it is none, 415 if it does not say that it is."""
        if self.request.mimetype != "application/json":
            raise Refusal(json_answer({"errorMessages": ["Unsupported Media Type"], "errors": {}}, 415))
        try:
            return json.loads(self.request.get_data(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            raise self.refuse(400, "bad request") from None

    def may(self, permission: str, issue: Issue) -> bool:
        return permission in self.site.permissions_of(self.visitor.user, issue.project.key)

    def issue(self, key_or_id: str) -> Issue:
        """An issue that the visitor can see; otherwise 404, to somebody anonymous on Data Center 401."""
        issue = self.site.issues.get(key_or_id.upper())
        if issue is None and key_or_id.isascii() and key_or_id.isdigit():
            issue = self.site.issues_by_id.get(int(key_or_id[:18]))
        if issue is not None and self.may(BROWSE, issue):
            return issue
        if self.visitor.user is None and not self.site.is_cloud:
            raise errors(401, ["You do not have the permission to see the specified issue.", "Login Required"])
        raise self.refuse(404, "issue missing")


@dataclass(frozen=True, slots=True)
class Route:
    """`path` is below the REST version ("/myself"), or from the site's address if `is_absolute`."""

    method: str
    path: str
    handler: Callable[..., Response]
    on_cloud: bool = True
    on_data_center: bool = True
    is_absolute: bool = False
