"""A copy of the project, in the user's cache directory, in which the mutants of one target live.

The checkout is only read. What was found is kept with the copy, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Collection, Mapping
from configparser import RawConfigParser
from pathlib import Path

import platformdirs
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

from tests.scoreboard.preparing import prepare
from tests.scoreboard.survivors import Survivor, read_survivor
from tests.scoreboard.targets import Target

PROJECT = Path(__file__).parents[2]
WORKERS = 2
NOTICED = frozenset({"killed", "caught by type check"})
MYPY = ("mypy", "--output", "json", "--follow-imports", "silent", "--disable-error-code", "unused-ignore")
# Hypothesis: the same examples for every mutant, and none remembered from another one.
PYTEST = (
    *("--hypothesis-profile=ci", "-p", "no:cacheprovider", "-o", "timeout=60"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # of plugins that are loaded before pytest starts
)
PLUGINS = ("pytest", "hypothesis", "_hypothesis_pytestplugin", "xdist.plugin", "pytest_timeout", "anyio.pytest_plugin")
SETTINGS = {
    "process_isolation": "forkserver",  # a server's threads would not survive the other kind of fork
    # Not "collect": a test whose parameters have a backslash in their ids is renamed by each collection in a process.
    "forkserver_warmup": "import",
    "preload_modules_file": "preloaded.txt",
    "timeout_constant": "5",
    "timeout_multiplier": "4",
    "use_git_change_detection": "false",
    "on_dependency_change": "ignore",
}


class CannotMutate(Exception):
    """The tests fail without any mutant, or there are none; the message says which."""


class WorkingCopy:
    """One target's copy; nothing is there before `run_to_end`."""

    def __init__(self, target: Target, project: Path = PROJECT, cache: Path | None = None) -> None:
        checkout = hashlib.sha256(str(project).encode()).hexdigest()[:8]
        self.target = target
        self.path = (cache or platformdirs.user_cache_path("roots_nb-mutants")) / checkout / target.name
        self._project = project

    @property
    def is_current(self) -> bool:
        """Whether every mutant of the project as it is now was tried."""
        return self._recall("complete") == self._digest(self._files())

    def run_to_end(self) -> None:
        """Try every mutant that was not tried, or not noticed, with the project as it is now.

        Whatever goes unnoticed is tried a second time, with the slow tests as well.
        """
        if self.is_current:
            return
        self._update()
        self._try(self.target.tests)
        unnoticed = [name for name, verdict in self.verdicts().items() if verdict not in NOTICED]
        if again := [name for name in unnoticed if not self.survivor(name).is_wording]:
            self._try(self.target.tests + self.target.slow_tests, again)
        self._remember("complete", self._recall("digest"))

    def _try(self, tests: Collection[str], names: Collection[str] = ()) -> None:
        """Those mutants, or all that were not tried; which test concerns which function is found out anew."""
        if missing := [name for name in tests if not (self.path / name).exists()] or not tests:
            raise CannotMutate(f"There is no test: {missing}.")
        _write(self.path / "setup.cfg", self._settings(tests))
        preloaded = (*PLUGINS, *(name.removesuffix(".py").replace("/", ".") for name in ("tests/conftest.py", *tests)))
        _write(self.path / "preloaded.txt", "\n".join(preloaded).encode())
        # Without it no verdict is given up because the tests are others; it is made again.
        (self.path / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
        if not self._run_in(self.path, "mutmut", "run", "--max-children", str(WORKERS), *names)[0]:
            # Which test it was, mutmut does not tell.
            passed, said = self._run_in(self.path / "mutants", "pytest", "-x", "-q", *PYTEST, *tests)
            raise CannotMutate("mutmut fails, but no test." if passed else said[-3000:])

    def _update(self) -> None:
        """Make it equal to the project."""
        files = self._files()
        if self._recall("digest") == (digest := self._digest(files)):
            return
        for place in (self.path, self.path / "mutants"):
            _remove_others(place, files)
        for name, content in files.items():
            _write(self.path / name, content)
        self._remember("digest", digest)

    def verdicts(self) -> dict[str, str]:
        """What became of each mutant, in `mutmut`'s words or "not started", by its name; empty before the first run."""
        verdicts = {}
        with contextlib.chdir(self.path):
            for module in self.target.modules:
                data = SourceFileMutationData(path=module)
                data.load()
                for name, code in data.exit_code_by_key.items():
                    # mutmut takes it for a time-out, but then pytest itself has failed.
                    verdicts[name] = "not started" if code == 255 else status_by_exit_code[code]
        return verdicts

    def survivor(self, name: str) -> Survivor:
        """The mutant of this name by what it changes."""
        module = name.rpartition(".")[0].replace(".", "/") + ".py"
        with contextlib.chdir(self.path):
            return read_survivor(name, get_diff_for_mutant(name, path=module))

    def _run_in(self, place: Path, *command: str) -> tuple[bool, str]:
        """Whether it ended well, and what it said; commands are those of this environment."""
        bin_path = Path(sys.executable).parent
        environment = os.environ | {"PATH": f"{bin_path}{os.pathsep}{os.environ.get('PATH', '')}"}
        done = subprocess.run(
            [str(bin_path / command[0]), *command[1:]],
            cwd=place,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        return done.returncode == 0, done.stdout.decode(errors="replace")

    def _files(self) -> dict[str, bytes]:
        """What belongs into it, by path."""
        found = [self._project / "pyproject.toml"]
        for folder in ("roots_nb", "tests"):
            found += [path for path in (self._project / folder).rglob("*") if _is_kept(path)]
        files = {path.relative_to(self._project).as_posix(): path.read_bytes() for path in sorted(found)}
        for module in self.target.modules:
            files[module] = prepare(files[module].decode(), self.target.functions).encode()
        return files

    def _settings(self, tests: Collection[str]) -> bytes:
        """For `mutmut`, which looks here when `pyproject.toml` does not mention it."""
        lists = {
            "source_paths": ["roots_nb"],
            "only_mutate": self.target.modules,
            "pytest_add_cli_args_test_selection": tests,
            "pytest_add_cli_args": PYTEST,
            "type_check_command": [*MYPY, *self.target.modules],
        }
        settings = RawConfigParser()
        # A list of one would be read as a string's letters without the line break.
        settings["mutmut"] = {name: "\n".join(["", *values]) for name, values in lists.items()} | SETTINGS
        text = io.StringIO()
        settings.write(text)
        return text.getvalue().encode()

    def _digest(self, files: Mapping[str, bytes]) -> str:
        digest = hashlib.sha256(repr((self.target, SETTINGS, PYTEST, MYPY)).encode())
        for name, content in files.items():
            digest.update(f"{name} {len(content)} ".encode() + content)
        return digest.hexdigest()

    def _recall(self, what: str) -> str:
        path = self.path / f"{what}.txt"
        return path.read_text() if path.exists() else ""

    def _remember(self, what: str, digest: str) -> None:
        """`digest`: which state of the project this is a copy of; `complete`: which one every mutant was tried with."""
        (self.path / f"{what}.txt").write_text(digest)


def _is_kept(path: Path) -> bool:
    """Of the scoreboard only what the tests need: an explanation is no reason to try everything again."""
    if path.parent.name == "scoreboard":
        return path.name in ("__init__.py", "tally.py")
    return path.is_file() and "__pycache__" not in path.parts


def _write(path: Path, content: bytes) -> None:
    """Only if it differs: by the time of a file `mutmut` knows whether it has to look at it again."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _remove_others(place: Path, files: Collection[str]) -> None:
    for folder in ("roots_nb", "tests"):
        for path in (place / folder).rglob("*"):
            is_ours = path.suffix in (".meta", ".spans") or path.relative_to(place).as_posix() in files
            if path.is_file() and not is_ours:
                path.unlink()
