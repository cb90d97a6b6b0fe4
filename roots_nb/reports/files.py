"""A report as files to keep or to send: in which formats, one for each customer, under which names.

Files are made elsewhere and put in place when all are there, and nothing is replaced unless told to. What shows the
balance has "mine" in its name, so that it is not handed in by mistake (`tests/reports/test_report_files.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from roots_nb.errors import InvalidInput
from roots_nb.reports import export
from roots_nb.reports.report import Report
from roots_nb.reports.views import Face

_Write = Callable[[Report, Path, Face], object]

FORMATS: Mapping[str, _Write] = {
    "html": lambda report, path, face: report.to_html(path, face=face),
    "xlsx": lambda report, path, face: report.to_excel(path, face=face),
    "csv": lambda report, path, face: report.to_csv(path),
    "md": lambda report, path, face: report.to_markdown(path, face=face),
    "png": lambda report, path, face: report.to_png(path, face=face),
    "svg": lambda report, path, face: report.to_svg(path, face=face),
}
GROUPINGS = ("project", "connection", "category")


def parts_of(report: Report, by: str = "") -> list[Report]:
    """The report itself, or one for each project, connection or category that has worklogs in its period.

    Parameters
    ----------
    by : str
        One of `GROUPINGS`, or "" for everything together. Projects of two connections stay apart; worklogs without a
        category are in none.

    Returns
    -------
    list of Report
        In the order of their names; empty where nothing was logged and `by` is given.
    """
    if not by:
        return [report]
    if by != "project":
        names = sorted(set(report.worklogs[by]) - {""})
        return [report.only(**{by: name}) for name in names]
    several = len({*report.frame["connection"], *(load["connection"] for load in report.loads)}) > 1
    pairs = sorted(set(report.worklogs[["connection", "project"]].itertuples(index=False, name=None)))
    return [report.only(connection=site if several else None, project=name, customer=name) for site, name in pairs]


def stem_of(label: str, face: Face) -> str:
    """The name of a file without its suffix, such as "2026-W47", "2026-W47-NORD", "2026-W47-mine"."""
    return export.file_name(f"{label} mine" if face == "mine" else label, "")


def save_reports(reports: Sequence[Report], folder: Path, formats: Iterable[str], *, face: Face) -> list[Path]:
    """Write each report in each format into an empty folder; returns the files, in that order.

    Raises
    ------
    InvalidInput
        A file cannot be written.
    """
    wanted = list(formats)
    stems = zip(reports, _apart(stem_of(export.label(report), face) for report in reports), strict=True)
    paths = [(report, kind, folder / f"{stem}.{kind}") for report, stem in stems for kind in wanted]
    for report, kind, path in paths:
        FORMATS[kind](report, path, face)
    return [path for _, _, path in paths]


def existing(made: Iterable[Path], folder: Path) -> list[Path]:
    """The files in `folder` that `keep_files` would replace."""
    return [target for path in made if (target := folder / path.name).exists()]


def keep_files(made: Iterable[Path], folder: Path, *, force: bool) -> list[Path]:
    """Put finished files into a folder, which is made if missing; returns where they are.

    Raises
    ------
    InvalidInput
        One exists and `force` is False, or the folder cannot be written to.
    """
    make_room(folder)
    return [export.write_file(folder / path.name, path.read_bytes(), force=force) for path in made]


def make_room(folder: Path) -> None:
    """Make a folder that can be written to, or raise `InvalidInput`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryDirectory(dir=folder, prefix=".").cleanup()
    except OSError as error:
        raise InvalidInput(
            f"{folder} cannot be written to: {error.strerror}.", advice="Choose another folder."
        ) from None


def _apart(stems: Iterable[str]) -> Iterator[str]:
    """Names that differ also where capitals do not count; what was the same gets a number."""
    taken: set[str] = set()
    for stem in stems:
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        yield name
