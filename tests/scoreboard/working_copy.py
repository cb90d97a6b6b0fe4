"""A copy of the project, in a temporary directory, in which a target's mutants live; the checkout is only read."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from difflib import unified_diff
from pathlib import Path

import platformdirs
from libcst import ClassDef, FunctionDef
from mutmut.mutation.file_mutation import MutatedFile, combine_mutations_to_source, create_mutations
from mutmut.utils.format_utils import mangled_name_from_mutant_name, orig_function_and_class_names_from_key

from tests.scoreboard.noticed import Function
from tests.scoreboard.preparing import BODY, prepare
from tests.scoreboard.survivors import Survivor, read_survivor
from tests.scoreboard.targets import PROJECT, Target

# Each mutant of an `__init__` declares its attributes again.
MYPY = (
    *("mypy", "--output", "json", "--follow-imports", "silent"),
    *("--disable-error-code", "unused-ignore", "--disable-error-code", "no-redef"),
)
_SETTINGS = "[mutmut]\nsource_paths =\n    roots_nb\n"  # it wants to know, though it is told what to mutate


class CannotMutate(Exception):
    """The tests fail without any mutant, or there are none; the message says which."""


class WorkingCopy:
    """A target's copy with the mutants of some functions; it is gone when the block ends.

    Attributes
    ----------
    mutants : dict of str to Survivor
        What each changes, by its name.
    """

    def __init__(self, target: Target, functions: Collection[Function], project: Path = PROJECT) -> None:
        self.mutants: dict[str, Survivor] = {}
        self._target = target
        self._functions = functions
        self._project = project
        self._lines: dict[tuple[str, int], str] = {}  # which mutant a line of a module belongs to

    def __enter__(self) -> WorkingCopy:
        if missing := [name for name in self._target.tests if not (self._project / name).exists()]:
            raise CannotMutate(f"There is no test: {missing}.")
        self._folder = tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        leave_out = shutil.ignore_patterns("__pycache__", "node_modules")
        for name in ("roots_nb", "tests"):
            shutil.copytree(self._project / name, self.path / name, ignore=leave_out)
        shutil.copy(self._project / "pyproject.toml", self.path)
        (self.path / "setup.cfg").write_text(_SETTINGS)
        for module in self._target.modules:
            self._mutate(module)
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def try_all(self, mutants: Collection[str]) -> Iterator[tuple[str, str]]:
        """Of these each one's name and verdict ("killed", "refused by mypy", "timeout", "survived"), as they come."""
        refused = self._refused().intersection(mutants)
        yield from ((name, "refused by mypy") for name in refused)
        if left := [name for name in mutants if name not in refused]:
            yield from self._try(left)

    def _mutate(self, module: str) -> None:
        path, dotted = self.path / module, module.removesuffix(".py").replace("/", ".")
        functions = [each.name for each in self._functions if each.module == dotted]
        with contextlib.chdir(self.path):
            made = _mutate(module, prepare(path.read_text(encoding="utf-8")), functions)
        path.write_text(made.code, encoding="utf-8")
        for name in made.mutant_names:
            self.mutants[f"{dotted}.{name}"] = read_survivor(f"{dotted}.{name}", _difference(made, name))
            span = made.line_span_by_function_name[name]
            self._lines |= {(module, line): f"{dotted}.{name}" for line in range(span.start, span.end + 1)}

    def _refused(self) -> set[str]:
        """By `mypy`: counts as noticed, for `make lint` runs it."""
        cache = platformdirs.user_cache_path("roots_nb-mutants")
        command = [*MYPY, "--cache-dir", str(cache), *self._target.modules]
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=self.path, capture_output=True, text=True, check=False
        )
        if done.returncode not in (0, 1):
            raise CannotMutate(f"mypy fails: {done.stdout}{done.stderr}")
        refused = set()
        for line in filter(str.strip, done.stdout.splitlines()):
            error = json.loads(line)
            if error["severity"] == "error":
                place = (Path(error["file"]).as_posix(), error["line"])
                if place not in self._lines:
                    raise CannotMutate(f"mypy refuses what is not mutated: {line}")
                refused.add(self._lines[place])
        return refused

    def _try(self, mutants: Collection[str]) -> Iterator[tuple[str, str]]:
        """What goes wrong before the first test is told by `pytest` itself, on the screen."""
        asked = self.path / "asked.json"
        asked.write_text(json.dumps([self._target.tests, mutants]))
        with subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("trying.py")), str(asked)],
            cwd=self.path,
            env=os.environ | {"PYTHONPATH": str(self.path)},
            stdout=subprocess.PIPE,
            text=True,
        ) as trying:
            assert trying.stdout is not None
            try:
                for line in trying.stdout:
                    name, verdict = json.loads(line)
                    if name == "problem":
                        raise CannotMutate(verdict)
                    yield name, verdict
            finally:
                trying.terminate()
                trying.wait()  # an interrupt would leave it behind in a folder that goes
        if trying.returncode:
            raise CannotMutate(f"pytest ended with {trying.returncode}.")


def _mutate(module: str, source: str, functions: Collection[str]) -> MutatedFile:
    tree, mutations, *ignored = create_mutations(module, source)
    nodes = [("", node) for node in tree.body]
    nodes += [
        (f"{outer.name.value}.", node) for outer in tree.body if isinstance(outer, ClassDef) for node in outer.body.body
    ]
    wanted = {
        node
        for owner, node in nodes
        if isinstance(node, FunctionDef) and f"{owner}{node.name.value}".removesuffix(BODY) in functions
    }
    kept = [mutation for mutation in mutations if mutation.contained_by_top_level_function in wanted]
    return combine_mutations_to_source(tree, kept, *ignored)


def _difference(made: MutatedFile, name: str) -> str:
    """Between a mutant and its original, as if both had the function's name."""
    lines = made.code.splitlines()
    function, _ = orig_function_and_class_names_from_key(name)
    texts = []
    for each in (f"{mangled_name_from_mutant_name(name)}__mutmut_orig", name):
        span = made.line_span_by_function_name[each]
        texts.append([line.replace(each, function) for line in lines[span.start - 1 : span.end]])
    return "\n".join(unified_diff(*texts, lineterm="", n=0))
