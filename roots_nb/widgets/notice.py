"""Sentences below a widget: an icon and words besides colour, told to screen readers, escaped."""

from __future__ import annotations

from typing import Literal

from markupsafe import Markup

from roots_nb.display import one_line
from roots_nb.jira.client import Jira

Kind = Literal["plain", "working", "good", "warning", "problem"]

_LOOKS: dict[Kind, tuple[str, str]] = {
    "plain": ("", "border-color2"),
    "working": ("…", "info-color1"),
    "good": ("✓", "success-color1"),
    "warning": ("!", "warn-color1"),
    "problem": ("✗", "error-color1"),
}


def notice_html(kind: Kind, *lines: str) -> str:
    """Lines of text as HTML for an `ipywidgets.HTML`; "" without any. A line that is `Markup` is kept as it is."""
    if not any(lines):
        return ""
    icon, colour = _LOOKS[kind]
    shown = Markup("").join(Markup("<div>{}</div>").format(_shown(line)) for line in lines if line)
    return Markup(
        '<div role="{role}" aria-live="polite" dir="auto" style="display: flex; gap: 8px; line-height: 1.4; '
        'padding: 2px 8px; border-left: 3px solid var(--jp-{colour}); overflow-wrap: anywhere">'
        '<span aria-hidden="true" style="color: var(--jp-{colour}); font-weight: bold">{icon}</span> '
        "<div>{shown}</div></div>"
    ).format(role="alert" if kind == "problem" else "status", colour=colour, icon=icon, shown=shown)


def connected_text(jira: Jira) -> Markup:
    """Who is signed in: name, e-mail, time zone, and Cloud or Jira's version, as far as Jira tells."""
    account = jira.account
    site = "Cloud" if jira.connection.deployment == "cloud" else f"Jira {jira.version}".strip()
    details = ", ".join(filter(None, (account.email, account.time_zone, site)))
    return Markup("Connected as <b>{}</b> ({})").format(one_line(account.display_name), one_line(details))


def _shown(line: str) -> str:
    return line if isinstance(line, Markup) else one_line(line)
