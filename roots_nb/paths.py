"""Paths as people give them."""

from __future__ import annotations

from pathlib import Path

from roots_nb.errors import InvalidInput


def given_path(path: str | Path) -> Path:
    """With "~" as the home folder.

    Raises
    ------
    InvalidInput
        It names the home of nobody here.
    """
    try:
        return Path(path).expanduser()
    except (RuntimeError, ValueError):
        problem = InvalidInput(f"There is no folder {Path(path).parts[0]}.", advice="Give the file's full path.")
    raise problem
