"""Reports as CSV, and how any exported file is named and written: whole or not at all, replaced only when told to."""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from roots_nb.display import clean_text, safe_cell
from roots_nb.durations import format_duration
from roots_nb.errors import InvalidInput
from roots_nb.paths import given_path

if TYPE_CHECKING:
    from roots_nb.reports.report import Report

CSV_COLUMNS = ["day", "start", "connection", "project", "issue", "summary", "time_spent", "seconds", "comment"]
_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One worklog of a day list; `started` is the time on the clock in the report's zone."""

    connection: str
    project: str
    issue: str
    summary: str
    comment: str
    started: datetime
    time_spent: timedelta


def lines_of(report: Report) -> Iterator[Line]:
    """The report's worklogs, oldest first; times are Python's own, which are quicker one by one than pandas'."""
    texts = report.worklogs[["connection", "project", "issue", "summary", "comment"]].fillna("")
    clock = report.clock.to_numpy().astype("datetime64[us]").tolist()
    spent = report.worklogs["time_spent"].to_numpy().astype("timedelta64[us]").tolist()
    return (Line(*each) for each in zip(*(texts[name].tolist() for name in texts), clock, spent, strict=True))


def csv_text(report: Report) -> str:
    """One line a worklog; `day` and `start` in the report's zone, `time_spent` as h:mm, `seconds` exact."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for line in lines_of(report):
        texts = (line.connection, line.project, line.issue, line.summary, line.comment)
        *names, comment = (safe_cell(clean_text(text)) for text in texts)
        spent = [format_duration(line.time_spent), line.time_spent // timedelta(seconds=1)]
        writer.writerow([f"{line.started:%Y-%m-%d}", f"{line.started:%H:%M}", *names, *spent, comment])
    return buffer.getvalue()


def label(report: Report) -> str:
    """The period and what the report was narrowed to, such as "2026-W47 NORD"."""
    return " ".join(filter(None, [report.period.label, report.selection.label]))


def file_name(name: str, suffix: str) -> str:
    """`name` as a file name that every system takes: letters, digits, "-", "_" and "."; at most 100, and 200 bytes."""
    plain = unicodedata.normalize("NFC", name)
    whole = re.sub(r"[^\w.-]+", "-", plain).strip("-._")
    slug = whole[:100].encode()[:200].decode(errors="ignore") or "report"
    return f"_{slug}{suffix}" if _WINDOWS_DEVICES.fullmatch(slug) else f"{slug}{suffix}"


def target_file(path: str | Path, name: str, suffix: str) -> Path:
    """Where to write: `path` (with `suffix` added if it ends otherwise), or `name` inside it when it is a directory."""
    target = given_path(path)
    if os.path.isdir(target):
        return target / file_name(name, suffix)
    return target if target.name.lower().endswith(suffix) else target.with_name(target.name + suffix)


def write_file(target: Path, content: bytes, *, force: bool) -> Path:
    """Write `content` so that `target` is either the whole new file or as it was.

    Raises
    ------
    InvalidInput
        It exists and `force` is False, or it cannot be written there.
    """
    if os.path.exists(target) and not force:
        raise InvalidInput(f"{target} exists already.", advice="Choose another name, or overwrite it with force=True.")
    unfinished = target.with_name(f".{target.name[:60]}.{token_hex(4)}.tmp")
    try:
        with unfinished.open("xb") as file:
            file.write(content)
        unfinished.replace(target)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidInput(f"{target} cannot be written: {why}.", advice="Choose another place.") from None
    finally:
        with suppress(OSError, ValueError):
            unfinished.unlink(missing_ok=True)
    return target
