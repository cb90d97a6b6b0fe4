"""Buttons that write a report into files beside the notebook; what exists is replaced only by who says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import ipywidgets as widgets

from roots_nb.progress import Progress
from roots_nb.reports.files import existing, keep_files, parts_of, save_reports
from roots_nb.reports.report import Report
from roots_nb.reports.views import Face
from roots_nb.widgets.background import Background, Run, on_a_thread
from roots_nb.widgets.notice import Kind, notice_html
from roots_nb.widgets.site_fields import show

FORMATS = {"Excel": "xlsx", "HTML": "html", "CSV": "csv", "Markdown": "md", "PNG": "png", "SVG": "svg"}
MOST_NAMED = 8

_WRAPPED = {"flex_flow": "row wrap", "align_items": "center"}
_FACES: Sequence[tuple[str, Face]] = [("to hand in", "to hand in"), ("mine, with balance and checks", "mine")]


class _Saved(NamedTuple):
    """Files that were written, or that would have been replaced."""

    written: Sequence[Path] = ()
    there: Sequence[Path] = ()


class ReportFiles(widgets.VBox):
    """Writes a report, or a file for each of its parts.

    Parameters
    ----------
    folder : Path
        Where to, made if missing; relative to the notebook.

    Attributes
    ----------
    face : Dropdown
        Whether the files are "to hand in" or "mine".
    buttons : mapping of str to Button
        By the name of their format, such as "Excel".
    overwrite, keep : Button
        The answers where a file exists.
    status : HTML
    """

    def __init__(self, folder: Path, *, run: Run = on_a_thread) -> None:
        self._folder, self._background = folder, Background(run=run)
        self._report: Report | None = None
        self._by = self._kind = ""
        self.face = widgets.Dropdown(
            options=_FACES, description="Files", style={"description_width": "initial"}, layout={"width": "auto"}
        )
        self.buttons = {name: _button(name, partial(self._press, kind)) for name, kind in FORMATS.items()}
        self.overwrite = _button("Overwrite", lambda: self._write(force=True))
        self.keep = _button("Keep what is there", self._clear)
        self.status = widgets.HTML()
        row = widgets.HBox([self.face, *self.buttons.values()], layout=_WRAPPED)
        super().__init__([row, self.status, widgets.HBox([self.overwrite, self.keep], layout=_WRAPPED)])
        self._clear()

    def show(self, report: Report, by: str) -> None:
        """Write this report from now on, with a file for each part as `parts_of` makes them."""
        self._report, self._by = report, by
        self._clear()

    def _press(self, kind: str) -> None:
        self._kind = kind
        self._write(force=False)

    def _write(self, *, force: bool) -> None:
        if self._report is None or self._background.busy:
            return
        self._clear()
        self._say("working", "Writing …")
        job = partial(_write, self._report, self._by, self._folder, self._kind, self.face.value, force)
        self._background.start(job, self._show_saved, lambda problem: self._say("problem", str(problem)))

    def _show_saved(self, saved: _Saved) -> None:
        names = [str(path) for path in (saved.there or saved.written)]
        if len(names) > MOST_NAMED:
            names[MOST_NAMED:] = [f"and {len(names) - MOST_NAMED} more"]
        if saved.there:
            self._say("warning", "Nothing was written, because this exists already:", *names)
            self._ask(asking=True)
        elif names:
            self._say("good", "Written beside the notebook:", *names)
        else:
            self._say("plain", "There is nothing to write: no worklogs in this period.")

    def _clear(self) -> None:
        self._ask(asking=False)
        self._say("plain")

    def _ask(self, *, asking: bool) -> None:
        for button in (self.overwrite, self.keep):
            show(button, shown=asking)

    def _say(self, kind: Kind, *lines: str) -> None:
        self.status.value = notice_html(kind, *lines)


def _write(report: Report, by: str, folder: Path, kind: str, face: Face, force: bool, _: Progress) -> _Saved:
    """Runs on the worker."""
    with TemporaryDirectory(prefix="roots-nb-") as made_in:
        made = save_reports(parts_of(report, by), Path(made_in), [kind], face=face)
        if not force and (there := existing(made, folder)):
            return _Saved(there=there)
        return _Saved(written=keep_files(made, folder, force=force))


def _button(description: str, press: Callable[[], None]) -> widgets.Button:
    button = widgets.Button(description=description, layout={"width": "auto"})
    button.on_click(lambda _: press())
    return button
