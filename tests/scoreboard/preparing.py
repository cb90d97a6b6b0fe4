"""Source as the mutation tester can use it, for it leaves decorated functions alone; and what tells it from others."""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

BODY = "_undecorated"
_MUTABLE_DECORATORS = {"classmethod", "staticmethod"}  # mutmut knows these two
_QUOTING = {ord('"'): "'", ord("\\"): None}  # of f-strings: each version of Python has its own
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def digests(source: str) -> dict[str, str]:
    """One for each function, by its name ("Http.read", "helper"); neither formatting nor docstrings change it."""
    texts: defaultdict[str, str] = defaultdict(str)
    for name, function, _ in _functions(ast.parse(source)):
        if ast.get_docstring(function) is not None:
            function.body = function.body[1:] or [ast.Pass()]
        texts[name] += ast.unparse(function).translate(_QUOTING)
    return {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in texts.items()}


def prepare(source: str) -> str:
    """The same program, in which each decorated function only calls one without decorators, named with `BODY`."""
    lines = source.splitlines()
    for _, function, is_method in sorted(_functions(ast.parse(source)), key=lambda each: -each[1].lineno):
        if not _is_mutable(function):
            _split(lines, function, is_method)
    return "\n".join(lines) + "\n"


def _functions(tree: ast.Module) -> Iterator[tuple[str, _Function, bool]]:
    """Functions of the module and methods of its classes; those within others belong to these."""
    for node in tree.body:
        if isinstance(node, _Function):
            yield node.name, node, False
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, _Function):
                    yield f"{node.name}.{inner.name}", inner, True


def _is_mutable(function: _Function) -> bool:
    names = [ast.unparse(each) for each in function.decorator_list]
    return not names or (len(names) == 1 and names[0] in _MUTABLE_DECORATORS)


def _split(lines: list[str], function: _Function, is_method: bool) -> None:
    """Between signature and body come the call of the body's own function and that function's signature."""
    start, body = function.lineno - 1, function.body[0].lineno - 1
    signature = lines[start:body]
    if not signature:  # the body stands on the same line: an overload's or a protocol's
        return
    indent = " " * function.col_offset
    owner = f"{_names(function.args)[0]}." if is_method else ""
    call = f"{owner}{function.name}{BODY}({', '.join(_arguments(function.args, is_method))})"
    named = [signature[0].replace(f"def {function.name}", f"def {function.name}{BODY}", 1), *signature[1:]]
    lines[body:body] = [f"{indent}    return {call}", "", *named]


def _names(arguments: ast.arguments) -> Sequence[str]:
    return [each.arg for each in (*arguments.posonlyargs, *arguments.args)]


def _arguments(arguments: ast.arguments, is_method: bool) -> list[str]:
    passed = list(_names(arguments)[1 if is_method else 0 :])
    passed += [f"*{arguments.vararg.arg}"] if arguments.vararg else []
    passed += [f"{each.arg}={each.arg}" for each in arguments.kwonlyargs]
    return passed + ([f"**{arguments.kwarg.arg}"] if arguments.kwarg else [])
