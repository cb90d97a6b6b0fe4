"""Which issue: search as you type, by key or words, recent ones first; the summary is shown before anything is sent.

A key counts as it stands there, once Jira has confirmed it, and never a part of it; an answer to a text that was
changed meanwhile is dropped (`tests/widgets/test_issue_field.py`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import ipywidgets as widgets
from markupsafe import Markup

from roots_nb.display import issue_link, link_html, one_line, shorten
from roots_nb.errors import BadRequest, Forbidden, InvalidInput, NotFound, RootsError, ServerError, UnexpectedAnswer
from roots_nb.jira.client import Jira
from roots_nb.jira.wire import ISSUE_KEY
from roots_nb.progress import Progress
from roots_nb.widgets.background import Pause, Run, Timer, on_a_thread
from roots_nb.widgets.newest import Newest
from roots_nb.widgets.notice import Kind, notice_html
from roots_nb.widgets.site_fields import BELOW_FIELD, FIELD, STYLE, show

LONGEST_SUMMARY = 90
MOST_ROWS = 6

_LINK = re.compile(r"https?://\S+", re.IGNORECASE)
_KEY_IN_LINK = re.compile(
    r"(?:/browse/|/issues/|[?&]selectedIssue=)([a-z][a-z0-9_]+-[0-9]+)(?=[/?&#]|$)", re.IGNORECASE
)


class Issue(NamedTuple):
    """An issue that is there."""

    key: str
    summary: str


class _Answer(NamedTuple):
    suggestions: list[tuple[str, str]]
    issue: Issue | None


class IssueField(widgets.VBox):
    """A text for a key, words or a link; below it what Jira suggests, and the summary of what was chosen.

    Parameters
    ----------
    jira : Jira
        Whose issues; another one may be set later.
    on_change : callable
        Called, on any thread, when `issue` may have become another.

    Attributes
    ----------
    issue : Issue or None
        None until Jira has confirmed what stands there.
    text : Text
    note : HTML
        The summary, or why there is none.
    suggestions : Select
        Hidden while there are none.
    """

    def __init__(
        self,
        jira: Jira,
        *,
        on_change: Callable[[], None] = lambda: None,
        run: Run = on_a_thread,
        timer: Callable[[float, Callable[[], None]], Timer] = threading.Timer,
    ) -> None:
        self._jira, self._on_change = jira, on_change
        self.issue: Issue | None = None
        self._asking = Newest(self._say_waiting, run=run)
        self._pause = Pause(partial(self._ask, run=lambda job: job()), timer=timer)
        self._suggested: Mapping[str, str] = {}
        self.text = widgets.Text(
            description="Issue", placeholder="key, words of the summary, or a link", style=STYLE, layout=FIELD
        )
        self.note = widgets.HTML(layout=BELOW_FIELD)
        self.suggestions = widgets.Select(description="Suggestions", style=STYLE, layout=FIELD)
        super().__init__([self.text, self.note, self.suggestions])
        show(self.suggestions, shown=False)
        self.text.observe(self._typed, "value")
        self.suggestions.observe(self._picked, "value")

    @property
    def jira(self) -> Jira:
        return self._jira

    @jira.setter
    def jira(self, jira: Jira) -> None:
        """An issue of one Jira is none of another: it is looked up anew."""
        if jira is not self._jira:
            self._jira = jira
            self.look_up()

    @property
    def disabled(self) -> bool:
        return bool(self.text.disabled)

    @disabled.setter
    def disabled(self, disabled: bool) -> None:
        self.text.disabled = self.suggestions.disabled = disabled

    def show_issue(self, key: str, summary: str) -> None:
        """Put an issue there that is known, such as a loaded worklog's; nothing is asked."""
        self.cancel()
        self._suggest([])
        self._choose(Issue(key, summary))

    def look_up(self, text: str | None = None) -> None:
        """Ask Jira, on the worker, for `text` or what stands there; for the recent issues where that is nothing."""
        self.cancel()
        self.issue = None
        if text is not None:
            self._set_text(text)
        self._ask()
        self._on_change()

    def cancel(self) -> None:
        """Ask nothing any more until something is typed."""
        self._pause.cancel()
        self._asking.cancel()

    def _typed(self, _: object) -> None:
        self.cancel()
        self.issue = None
        self._say("working", "Looking it up …")
        self._pause.again()
        self._on_change()

    def _ask(self, run: Run | None = None) -> None:
        jira, text = self._jira, str(self.text.value).strip()
        self._say("working", "Looking it up …" if text else "Looking for recent issues …")
        self._asking.start(partial(_look_up, jira, text), partial(self._found, text), self._failed, run=run)

    def _found(self, text: str, answer: _Answer) -> None:
        self._suggest(answer.suggestions)
        if answer.issue is not None:
            self._choose(answer.issue)
            return
        if not text:
            self._say("plain", "Type, or choose one of the recent issues." if answer.suggestions else "")
        elif key := _key_in(text):
            where = self._jira.connection.name
            self._say("problem", f"There is no issue {key} on {where}, or it is hidden from this account.")
        elif answer.suggestions:
            self._say("plain", "Choose one of the suggestions.")
        else:
            self._say("warning", "No issue found. Try other words, the whole key, or paste a link to the issue.")
        self._on_change()

    def _failed(self, problem: RootsError) -> None:
        self._say("problem", str(problem))
        self._on_change()

    def _picked(self, change: Mapping[str, str | None]) -> None:
        if (key := change["new"]) is not None:
            self.cancel()
            self._choose(Issue(key, self._suggested[key]))

    def _choose(self, issue: Issue) -> None:
        """The text becomes the key, unless it is that already: whoever still types must not be disturbed."""
        self.issue = issue
        if str(self.text.value).strip().upper() != issue.key:
            self._set_text(issue.key)
        link = link_html(issue.key, issue_link(f"{self._jira.connection.url}/browse/{issue.key}", issue.key))
        shown = Markup('<span class="jp-RenderedHTMLCommon" style="font-size: inherit; padding: 0">{}</span> · {}')
        self._say("good", shown.format(link, one_line(issue.summary) or "(no summary)"))
        self._on_change()

    def _set_text(self, text: str) -> None:
        self.text.unobserve(self._typed, "value")
        self.text.value = text
        self.text.observe(self._typed, "value")

    def _suggest(self, found: list[tuple[str, str]]) -> None:
        """A Select would choose its first option by itself."""
        self.suggestions.unobserve(self._picked, "value")
        with self.suggestions.hold_sync():
            self._suggested = dict(found)
            self.suggestions.options = [(f"{key} · {shorten(summary, LONGEST_SUMMARY)}", key) for key, summary in found]
            self.suggestions.value = None
            self.suggestions.rows = max(2, min(len(found), MOST_ROWS))
        self.suggestions.observe(self._picked, "value")
        show(self.suggestions, shown=bool(found))

    def _say_waiting(self, sentence: str) -> None:
        self._say("working", sentence or "Looking it up …")

    def _say(self, kind: Kind, sentence: str) -> None:
        self.note.value = notice_html(kind, sentence)


def _key_in(text: str) -> str:
    """The issue key that a text or a link is, in capitals; "" when it is none. Nothing is cut off a text."""
    text = text.strip()
    if _LINK.fullmatch(text):
        found = _KEY_IN_LINK.search(text)
        return found[1].upper() if found else ""
    return text.upper() if ISSUE_KEY.fullmatch(text.upper()) else ""


def _look_up(jira: Jira, text: str, progress: Progress) -> _Answer:
    """Runs on the worker."""
    key = _key_in(text)
    if _LINK.fullmatch(text):
        _check_link(jira, text, key)
    suggestions: list[tuple[str, str]] = []
    with suppress(BadRequest, Forbidden, NotFound, ServerError, UnexpectedAnswer):  # a key works without the picker
        suggestions = jira.pick_issues(key or text, progress=progress)
    if not key:
        return _Answer(suggestions, None)
    summaries = dict(suggestions)
    known = Issue(key, summaries[key]) if key in summaries else _read(jira, key, progress)
    return _Answer([each for each in suggestions if known is None or each[0] != known.key], known)


def _check_link(jira: Jira, link: str, key: str) -> None:
    site = jira.connection.url
    if not link.lower().startswith(f"{site.lower()}/"):
        raise InvalidInput(
            f"That link does not lead to {jira.connection.name}.", advice=f"Its issues are at {site}/browse/…"
        )
    if not key:
        raise InvalidInput("There is no issue key in that link.", advice=f"Paste one such as {site}/browse/APP-7.")


def _read(jira: Jira, key: str, progress: Progress) -> Issue | None:
    """An issue that was moved answers with the key it has now."""
    try:
        answer = jira.issue(key, ["summary"], progress=progress)
    except NotFound:
        jira.myself(progress=progress)
        return None
    found = answer if isinstance(answer, dict) else {}
    fields = found.get("fields")
    now = str(found.get("key") or key)
    summary = fields.get("summary") if isinstance(fields, dict) else ""
    return Issue(now if ISSUE_KEY.fullmatch(now) else key, str(summary or ""))
