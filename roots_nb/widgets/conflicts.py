"""Conflicts side by side, and whose side each takes: theirs, until mine is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets as widgets
from markupsafe import Markup

from roots_nb import display
from roots_nb.editing.change import FIELDS, Change
from roots_nb.editing.result import Result
from roots_nb.editing.result_view import conflict_table

EVERYTHING_OF_MINE = (*FIELDS, "delete")
MOST_SHOWN = 20
SIDES = [("Keep theirs", "theirs"), ("Use mine", "mine")]


class ConflictChoices(widgets.VBox):
    """What was loaded, what Jira holds now and what I want, for each conflict, with a choice.

    Nothing is sent: the chosen ones are planned again, on top of theirs.

    Attributes
    ----------
    choices : list of RadioButtons
        "theirs" or "mine" for each conflict in which mine can be used; the last may stand for all that are not shown.
    keep_all, use_all, review : Button
        `review` can be pressed once something of mine is chosen.

    Parameters
    ----------
    result : Result
        With conflicts, and not open.
    on_review : callable
        Receives the button that was pressed and the `op_id` of every change that shall be planned again.
    on_keep : callable
        Called when all of theirs are kept.
    """

    def __init__(
        self,
        result: Result,
        on_review: Callable[[widgets.Button, Sequence[str]], None],
        on_keep: Callable[[], None],
    ) -> None:
        self._on_review, self._on_keep = on_review, on_keep
        self._operations: list[list[str]] = []
        self.choices: list[widgets.RadioButtons] = []
        again = {(each.connection, each.worklog_id) for each in result.replan(EVERYTHING_OF_MINE).operations}
        conflicts = [(change, note) for change, state, note in result.ends if state == "conflict"]
        usable = [change for change, _ in conflicts if (change.connection, change.worklog_id) in again]
        parts = [self._part(result, change, note, change in usable) for change, note in conflicts[:MOST_SHOWN]]
        if hidden := conflicts[MOST_SHOWN:]:
            parts.append(self._rest(len(hidden), [change.op_id for change, _ in hidden if change in usable]))
        self._make_buttons()
        super().__init__([*parts, *[self._buttons] * bool(usable)])
        self._count()

    def _part(self, result: Result, change: Change, note: str, can_use_mine: bool) -> widgets.Widget:
        link = display.issue_link(f"{change.site}/browse/{change.issue}", change.issue)
        table = display.fragment_html(
            display.table_html(conflict_table(result, change)),
            Markup("<p>{} {}</p>").format(note, display.link_html(f"Open {change.issue} in Jira", link)),
        )
        shown = widgets.HTML(table)
        if not can_use_mine:
            return shown
        return widgets.VBox([shown, self._choice(f"{change.issue} {change.worklog_id}".strip(), [change.op_id])])

    def _rest(self, count: int, operations: list[str]) -> widgets.Widget:
        """Thousands of choices would be too much for a browser."""
        label = f"… and {count:,} more conflicts, in review.result.conflicts"
        return self._choice(label, operations) if operations else widgets.HTML(Markup.escape(label))

    def _choice(self, label: str, operations: list[str]) -> widgets.RadioButtons:
        choice = widgets.RadioButtons(
            options=SIDES,
            description=label,
            orientation="horizontal",
            style={"description_width": "initial"},
            layout={"width": "auto", "margin": "0"},
        )
        choice.observe(self._count, "value")
        self._operations.append(operations)
        self.choices.append(choice)
        return choice

    def _make_buttons(self) -> None:
        self.keep_all = widgets.Button(description="Keep all of theirs", layout={"width": "auto"})
        self.use_all = widgets.Button(description="Use all of mine", layout={"width": "auto"})
        self.review = widgets.Button(button_style="primary", layout={"width": "auto"})
        self.keep_all.on_click(lambda _: self._press_keep_all())
        self.use_all.on_click(lambda _: self._choose_all("mine"))
        self.review.on_click(lambda _: self._on_review(self.review, self.chosen))
        self._buttons = widgets.HBox([self.keep_all, self.use_all, self.review], layout={"flex_flow": "row wrap"})

    @property
    def chosen(self) -> list[str]:
        """The `op_id` of every change for which mine is chosen."""
        pairs = zip(self.choices, self._operations, strict=True)
        return [op_id for choice, operations in pairs if choice.value == "mine" for op_id in operations]

    def lock(self, *, locked: bool) -> None:
        """Nothing can be chosen while something is under way."""
        for each in (*self.choices, self.keep_all, self.use_all):
            each.disabled = locked
        self.review.disabled = locked or not self.chosen

    def _press_keep_all(self) -> None:
        self._choose_all("theirs")
        self._on_keep()

    def _choose_all(self, side: str) -> None:
        for choice in self.choices:
            choice.value = side

    def _count(self, _: object = None) -> None:
        count = len(self.chosen)
        which = f"my {count:,} change{'s' * (count != 1)}" if count else "my changes"
        self.review.description, self.review.disabled = f"Review {which} again", not count
