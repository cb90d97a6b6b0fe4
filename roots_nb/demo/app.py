"""The demo Jira as a WSGI app: from a request to the handler of its resource, through everything in front of Jira."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from roots_nb.demo import pages
from roots_nb.demo.answers import (
    FAILED_LOGIN,
    Refusal,
    blocked_at_the_edge,
    gateway_refusal,
    no_such_page,
    no_such_resource,
    wrong_method,
)
from roots_nb.demo.model import Deployment, JiraSite
from roots_nb.demo.rest import about, changes, picker, properties, search, worklogs
from roots_nb.demo.rest.call import Call, Route
from roots_nb.demo.searches import Searches
from roots_nb.demo.signin import Visitor, check_cross_site, sign_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["JiraApp"]

_ROUTES = (
    *worklogs.ROUTES,
    *properties.ROUTES,
    *changes.ROUTES,
    *search.ROUTES,
    *picker.ROUTES,
    *about.ROUTES,
    *pages.ROUTES,
)
_VERSIONS = {"cloud": '"2","3","latest"', "datacenter": '"2","latest"'}
# A full token bucket: running dry is a matter of the tests' own middleware.
_RATE_LIMIT = {
    "X-RateLimit-Limit": "100",
    "X-RateLimit-Remaining": "99",
    "X-RateLimit-FillRate": "10",
    "X-RateLimit-Interval-Seconds": "1",
    "retry-after": "0",
}


class JiraApp:
    """WSGI app of one site. Requests are handled one at a time, under the site's lock."""

    def __init__(self, site: JiraSite) -> None:
        self.site = site
        self._searches = Searches(site)
        self._routes = _map_of(site.deployment).bind("demo")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        with self.site.lock:
            response = self._answer(request)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if self.site.is_cloud and request.method == "GET" and _has_body(request):
            return blocked_at_the_edge()
        path = self._path_below_context(request)
        if path is None:
            return no_such_page()
        prefix, visitor = self.site.context_path, Visitor(None)
        try:
            gateway, path = self._split_gateway(path)
            visitor = sign_in(self.site, request, gateway=bool(gateway), path=path)
            check_cross_site(request)
            base_url = f"{request.scheme}://{request.host}{prefix}{gateway}"
            response = self._dispatch(request, path, visitor, base_url)
        except Refusal as refusal:
            response = refusal.response
        return self._finish(request, visitor, response)

    def _path_below_context(self, request: Request) -> str | None:
        """The path without the site's context path; None outside of it. (`request.path` would merge slashes.)"""
        path: str = request.environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        below = path.removeprefix(self.site.context_path)
        inside = path.startswith(self.site.context_path) and below.startswith("/")
        return below if inside else None

    def _split_gateway(self, path: str) -> tuple[str, str]:
        """The gateway's part of a path ("" if there is none) and the rest."""
        if not self.site.is_cloud or not path.startswith("/ex/jira/"):
            return "", path
        gateway = f"/ex/jira/{self.site.cloud_id}"
        rest = path.removeprefix(gateway)
        if not rest.startswith("/rest/"):
            raise gateway_refusal(404, "Not Found")
        return gateway, rest

    def _dispatch(self, request: Request, path: str, visitor: Visitor, base_url: str) -> Response:
        cloud = self.site.is_cloud
        try:
            handler, values = self._routes.match(path, request.method)
        except NotFound:
            return no_such_resource(cloud=cloud) if path.startswith("/rest/") else no_such_page()
        except MethodNotAllowed as error:
            return wrong_method(error.valid_methods or (), cloud=cloud)
        arguments: dict[str, Any] = dict(values)
        version = arguments.pop("version", "2")
        call = Call(self.site, request, visitor, self._searches, base_url, version)
        answer: Response = handler(call, **arguments)
        return answer

    def _finish(self, request: Request, visitor: Visitor, response: Response) -> Response:
        if not self.site.is_cloud:
            if visitor.user is not None:
                response.headers.update(_RATE_LIMIT)
                if request.authorization is not None and request.authorization.type == "basic":
                    response.headers["X-Seraph-LoginReason"] = "OK"
        elif visitor.failed and (response.status_code == 401 or self.site.login_reason_on_every_answer):
            response.headers.update(FAILED_LOGIN)
        return response


def _has_body(request: Request) -> bool:
    return bool(request.content_length) or "chunked" in request.headers.get("Transfer-Encoding", "")


@cache
def _map_of(deployment: Deployment) -> Map:
    """Made once: compiling the rules takes longer than most requests."""
    is_cloud = deployment == "cloud"
    ours = (route for route in _ROUTES if (route.on_cloud if is_cloud else route.on_data_center))
    return Map([_rule(route, _VERSIONS[deployment]) for route in ours], merge_slashes=False)


def _rule(route: Route, versions: str) -> Rule:
    path = route.path if route.is_absolute else f"/rest/api/<any({versions}):version>{route.path}"
    return Rule(path, methods=[route.method], endpoint=route.handler)
