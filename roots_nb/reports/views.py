"""How a report shows itself and what it is exported as."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from roots_nb.reports import charts, drawing, export, page
from roots_nb.reports.workbook import workbook_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from roots_nb.reports.report import Report

Face = Literal["mine", "to hand in"]


class Views:
    """The views and exports of `Report`, the only class that is made of it."""

    @property
    def _report(self) -> Report:
        return self  # type: ignore[return-value]

    def _repr_html_(self) -> str:
        return str(page.fragment(self._report))

    def __rich__(self) -> RenderableType:
        return page.terminal(self._report)

    def figure(self, chart: str = "days", *, face: Face = "mine") -> Figure:
        """A chart as a matplotlib figure of its own.

        Parameters
        ----------
        chart : str
            "days" (a bar a day, over 31 days a week or month, stacked by project, with the target as a line), "issues"
            (ranked), "cumulated" (booked against target), "calendar" (a heat map of the month) or "trend" (12 weeks).
        face : "mine" or "to hand in"
            The latter without target.

        Raises
        ------
        InvalidInput
            Unknown chart, or one that is not to be handed in.
        """
        return charts.draw(self._report, chart, face)

    def to_html(self, path: str | Path | None = None, *, face: Face = "to hand in", force: bool = False) -> str | Path:
        """A page that needs no network, no script and prints on A4.

        Parameters
        ----------
        path : str or Path, optional
            File, or existing directory for "worklogs-2026-W47.html". None returns the page as text.
        face : "to hand in" or "mine"
        force : bool
            Overwrite an existing file.

        Returns
        -------
        str or Path
            The page, or where it was written.

        Raises
        ------
        InvalidInput
            The file exists and `force` is False, or it cannot be written there.
        """
        text = page.whole(self._report, face)
        return text if path is None else self._write(path, ".html", text.encode(), force=force)

    def to_excel(self, path: str | Path, *, face: Face = "to hand in", force: bool = False) -> Path:
        """A workbook: the matrix with totals as formulas, and the worklogs with real dates and durations.

        "mine" has the balance by day and the checks as well. `path`, `force` and what is raised are as in `to_html`.
        """
        return self._write(path, ".xlsx", workbook_bytes(self._report, face), force=force)

    def to_csv(self, path: str | Path | None = None, *, force: bool = False) -> str | Path:
        """One line a worklog, oldest first, in UTF-8; `seconds` is the exact number, for computing.

        Text that a spreadsheet would run as a formula gets a leading `'`. Otherwise as `to_html`.
        """
        text = export.csv_text(self._report)
        return text if path is None else self._write(path, ".csv", text.encode("utf-8-sig"), force=force)

    def to_markdown(
        self, path: str | Path | None = None, *, face: Face = "to hand in", force: bool = False
    ) -> str | Path:
        """Head and matrix as Markdown, for a chat; otherwise as `to_html`."""
        text = page.markdown(self._report, face)
        return text if path is None else self._write(path, ".md", text.encode(), force=force)

    def to_png(self, path: str | Path, chart: str = "days", *, face: Face = "to hand in", force: bool = False) -> Path:
        """A chart of `figure` as a picture, black on white; otherwise as `to_html`."""
        content = drawing.png(self.figure(chart, face=face))
        return self._write(path, ".png", content, force=force, what=chart)

    def to_svg(
        self,
        path: str | Path | None = None,
        chart: str = "days",
        *,
        face: Face = "to hand in",
        force: bool = False,
    ) -> str | Path:
        """A chart of `figure` as SVG in the colour of the text around it; otherwise as `to_html`."""
        text = drawing.svg(self.figure(chart, face=face))
        return text if path is None else self._write(path, ".svg", text.encode(), force=force, what=chart)

    def _write(self, path: str | Path, suffix: str, content: bytes, *, force: bool, what: str = "") -> Path:
        target = export.target_file(path, f"worklogs {export.label(self._report)} {what}".strip(), suffix)
        return export.write_file(target, content, force=force)
