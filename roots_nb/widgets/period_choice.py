"""Which days: this week, last week, a month, any two days, and one step back or forward.

What "this week" is, is for those to say who know the zone: what is chosen is handed on as `parse_period` reads it, and
`show_period` shows what it was (`tests/widgets/test_period_choice.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date, timedelta

import ipywidgets as widgets

from roots_nb.errors import InvalidInput
from roots_nb.periods import Period, month_of, parse_period, week_of, year_of
from roots_nb.widgets.background import Pause, Timer
from roots_nb.widgets.notice import notice_html

NAMED = ("this week", "last week", "this month", "last month")
_OTHER = ""


class PeriodChoice(widgets.VBox):
    """Inputs for a period.

    Parameters
    ----------
    on_choice : callable
        Receives, on any thread, one of `NAMED` or a `Period`.

    Attributes
    ----------
    named : Dropdown
        One of `NAMED`; "" for other days.
    previous, following : Button
        The period of the same kind before and after.
    first, last : DatePicker
        Both included.
    note : HTML
    """

    def __init__(
        self,
        on_choice: Callable[[str | Period], None],
        *,
        timer: Callable[[float, Callable[[], None]], Timer] = threading.Timer,
    ) -> None:
        self._on_choice = on_choice
        self._period: Period | None = None
        self._pause = Pause(self._choose_days, timer=timer)
        options = [*((name.capitalize(), name) for name in NAMED), ("Other days", _OTHER)]
        self.named = widgets.Dropdown(
            options=options, description="Period", style={"description_width": "initial"}, layout={"width": "auto"}
        )
        self.previous, self.following = _button("‹ Previous"), _button("Next ›")
        self.first, self.last = _day("From"), _day("To")
        self.note = widgets.HTML()
        row = [self.named, self.previous, self.following, self.first, self.last]
        super().__init__([widgets.HBox(row, layout={"flex_flow": "row wrap"}), self.note])
        self.previous.on_click(lambda _: self._step(_previous))
        self.following.on_click(lambda _: self._step(_following))
        self._listen()

    def show_period(self, period: Period, *, today: date) -> None:
        """Show what was chosen, unless somebody is about to choose other days; nothing is handed on."""
        if self._pause.is_running:
            return
        self._listen(stop=True)
        self._period = period
        self.first.value, self.last.value = period.first, period.last
        named = {(each.first, each.last): name for name in NAMED for each in [parse_period(name, today=today)]}
        self.named.value = named.get((period.first, period.last), _OTHER)
        self.note.value = ""
        self._listen()

    def _listen(self, *, stop: bool = False) -> None:
        for widget, listener in (
            (self.named, self._choose_named),
            (self.first, self._typed),
            (self.last, self._typed),
        ):
            (widget.unobserve if stop else widget.observe)(listener, "value")

    def _choose_named(self, change: Mapping[str, str]) -> None:
        if change["new"] != _OTHER:
            self._pause.cancel()
            self._on_choice(change["new"])

    def _step(self, step: Callable[[Period], Period]) -> None:
        """From what is to be seen now, or will be soon: who presses twice means two steps."""
        if self._period is not None:
            self._pause.cancel()
            self._period = step(self._period)
            self._on_choice(self._period)

    def _typed(self, _: object) -> None:
        """Whoever types a year types others on the way."""
        self._pause.again()

    def _choose_days(self) -> None:
        if self.first.value is None or self.last.value is None:
            return
        try:
            period = Period(self.first.value, self.last.value)
        except InvalidInput as problem:
            self.note.value = notice_html("warning", str(problem))
            return
        self._period = period
        self._on_choice(period)


def _previous(period: Period) -> Period:
    return period.previous


def _following(period: Period) -> Period:
    first = period.last + timedelta(days=1)
    named = {"week": week_of, "month": month_of, "year": year_of}.get(period.kind)
    return named(first) if named else Period(first, first + (period.last - period.first), period.kind)


def _button(description: str) -> widgets.Button:
    return widgets.Button(description=description, layout={"width": "auto"})


def _day(description: str) -> widgets.DatePicker:
    return widgets.DatePicker(description=description, style={"description_width": "initial"}, layout={"width": "auto"})
