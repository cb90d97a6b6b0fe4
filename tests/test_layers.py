"""Each room imports from the rooms below it, never above; pandas, HTTP and ipywidgets stay where they belong."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import roots_nb

PACKAGE = Path(roots_nb.__file__).parent

ROOMS = [
    {"errors", "durations", "paths", "periods", "private_files", "progress"},
    {"connections"},
    {"display", "jira"},
    {"loading", "progress_bars"},
    {"worklogs"},
    {"calendars"},
    {"editing", "reports"},
    {"sheet"},
    {"connecting"},
    {"widgets"},
    {"headless"},
    {"cli_connections", "cli_runs"},
    {"cli"},
]
RANKS = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}
SENDERS = {"requests", "requests_cache", "urllib3", "http", "socket", "httpx", "aiohttp"}
ALLOWED = {
    "pandas": {"calendars", "cli_runs", "display", "editing", "reports", "sheet", "widgets", "worklogs"},
    "ipywidgets": {"widgets"},
    "anywidget": {"widgets"},
    "werkzeug": {"demo"},
    "pyparsing": {"demo"},
    "keyring": {"connections"},
    "recurring_ical_events": {"calendars"},
    "matplotlib": {"reports"},
    **{library: {"jira", "demo"} for library in SENDERS},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(module: Path) -> str:
    parts = module.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[str]:
    """Full names of everything a module imports, wherever in the file."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_imports_only_from_below(module: Path) -> None:
    """`demo` stands alone and is used by `connecting` and `cli`; the public names may come from anywhere."""
    room = room_of(module)
    for name in imports_of(module):
        package, _, rest = name.partition(".")
        if package != "roots_nb" or room == "__init__":
            continue
        other = rest.partition(".")[0]
        if room == "demo" or other == "demo":
            assert room == other or (other == "demo" and room in {"connecting", "cli"}), f"{room} imports {name}"
            continue
        same_or_below = room == other or RANKS[other] < RANKS[room] or {room, other} <= ROOMS[0]
        assert same_or_below, f"{room} imports {name}"


@pytest.mark.parametrize("module", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_uses_only_the_libraries_of_its_room(module: Path) -> None:
    """HTTP ends at `jira`, pandas begins at `worklogs` and `display`, ipywidgets live in `widgets`."""
    room = room_of(module)
    for name in imports_of(module):
        library = name.partition(".")[0]
        assert room in ALLOWED.get(library, {room}), f"{room} imports {library}"


def test_only_one_module_sends() -> None:
    """Within `jira`, `http.py` alone has a session; the others only know its vocabulary."""
    senders = [path.name for path in (PACKAGE / "jira").glob("*.py") if ".request(" in path.read_text(encoding="utf-8")]
    assert senders == ["http.py"]


def test_no_other_way_leads_to_html() -> None:
    """Neither pandas' own (`Styler` escapes nothing) nor IPython's; of what `Markup` believes, ruff asks a reason."""
    banned = re.compile(r"\.style\b|\bStyler\b|allow_html|escape=False|display import .*\bHTML\b|unsafe_html")
    found = [path.name for path in modules() if banned.search(path.read_text(encoding="utf-8"))]
    assert found == []
    believed = {path.name for path in modules() if "S704" in path.read_text(encoding="utf-8")}
    assert believed == {"display.py", "page.py"}


def test_only_one_module_knows_modes_locks_and_fsync() -> None:
    """`private_files.py`, which says what each system gives."""
    theirs = re.compile(r"\b(chmod|fsync|umask|ftruncate|FileLock|fcntl|msvcrt|mkstemp|os\.open)\b|mode=0o|\(0o")
    users = [path.name for path in modules() if theirs.search(path.read_text(encoding="utf-8"))]
    assert users == ["private_files.py"]


def test_importing_the_package_is_light() -> None:
    """Plotting, keyring, notebook server and kernel are loaded when they are needed."""
    heavy = [
        "matplotlib",
        "keyring",
        "jupyterlab",
        "notebook",
        "IPython",
        "ipywidgets",
        "anywidget",
        "nbclient",
        "rich",
        "xlsxwriter",
    ]
    code = f"import roots_nb, sys; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "[]"
