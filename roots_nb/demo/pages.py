"""The few pages a person may open, so that links into the demo lead somewhere. They ask for no login."""

from __future__ import annotations

from html import escape
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Response

from roots_nb.demo.answers import html_answer, no_such_page
from roots_nb.demo.model import Issue, JiraSite, Worklog
from roots_nb.demo.rest.call import Call, Route
from roots_nb.demo.timespent import format_time_spent


def home(call: Call) -> Response:
    """The issues, for whoever opens the site's address or the link to a search (which is not run)."""
    links = (
        f'<li><a href="{call.base_url}/browse/{issue.key}">{issue.key}</a> {escape(issue.summary)}</li>'
        for issue in call.site.issues.values()
    )
    return html_answer(call.site.title, f"<ul>{''.join(links)}</ul>")


def browse(call: Call, issue: str) -> Response:
    """An issue and its worklogs that are not restricted, newest first, in the site's zone."""
    found = call.site.issues.get(issue.upper())
    if found is None:
        return no_such_page()
    public = [worklog for worklog in found.worklogs if worklog.visibility is None]
    rows = "".join(_row(call.site, worklog) for worklog in reversed(public))
    head = "<tr><th>Started</th><th>Author</th><th>Time spent</th><th>Comment</th></tr>"
    return html_answer(f"{found.key} {found.summary}", f"{_facts(found)}<table>{head}{rows}</table>")


def _facts(issue: Issue) -> str:
    facts = [issue.project.name, issue.issue_type, "Closed" if issue.closed else "In Progress", *issue.labels]
    return f"<p>{escape(' · '.join(facts))}</p>"


def _row(site: JiraSite, worklog: Worklog) -> str:
    started = f"{worklog.started.astimezone(ZoneInfo(site.time_zone)):%Y-%m-%d %H:%M}"
    cells = (started, worklog.author.display_name, format_time_spent(worklog.seconds, site))
    plain = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr>{plain}<td class="comment">{escape(worklog.comment or "")}</td></tr>'


ROUTES = (
    Route("GET", "/", home, is_absolute=True),
    Route("GET", "/issues/", home, is_absolute=True),
    Route("GET", "/browse/<issue>", browse, is_absolute=True),
)
