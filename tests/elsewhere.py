"""Empty environments, and commands for which neither this checkout nor this environment is there."""

from __future__ import annotations

import os
import subprocess
import venv
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    """What it printed; it has to succeed."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "ROOTS_NB_", "XDG"))
    }
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=inherited | {"HOME": str(cwd)} | variables,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def empty_environment(folder: Path) -> Path:
    """Python and pip and nothing else; the folder of its programs."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts" if os.name == "nt" else "bin")
