"""Nothing grows out of sight: files of at most 300 lines, functions of at most 40 without their docstring, and of at
most 6 parameters.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pytest

from tests.house.sources import all_files, name_of, product_files

MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_PARAMETERS = 300, 40, 6
FILE_EXEMPTIONS = {
    "tests/unit/search/test_loop.py": "one file of tests for one source file, with its own strategies",
}
FUNCTION_EXEMPTIONS = {
    "flows/cli_search.py::_with_search_options": "the options of a search, a line each",
    "tests/unit/report/results.py::make_result": "one made-up result, field by field",
}
PARAMETER_EXEMPTIONS = {
    "flows/cli_import.py::_command_of.command": "typer makes the options of the command line from it",
    "flows/cli_compare_app.py::compare": "typer makes the options of the command line from it",
    "flows/cli_local.py::emulate": "typer makes the options of the command line from it",
    "flows/cli_search.py::_with_search_options.command": "typer makes the options of the command line from it",
    "flows/cli_init.py::init": "typer makes the options of the command line from it",
    "flows/cli_propose.py::propose": "typer makes the options of the command line from it",
    "flows/cli_serve_candidate.py::serve_candidate": "typer makes the options of the command line from it",
    "flows/cli_inspect.py::import_inspect_task": "typer makes the options of the command line from it",
    "flows/cli_nights.py::tasks_add": "typer makes the options of the command line from it",
    "modelsearch/__init__.py::search": "the options of the command line, one by one, for editors and `help`",
    "modelsearch/api/door.py::asearch": "the same, for code with an event loop",
    "modelsearch/evaluate/composite.py::_joined": "one place builds composite outcomes",
}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def body_lines(function: Function) -> int:
    """Lines from `def` to the end, without decorators and docstring."""
    first = function.body[0]
    is_told = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    )
    told = (first.end_lineno or 0) - first.lineno + 1 if is_told else 0
    return (function.end_lineno or 0) - function.lineno + 1 - told


def n_parameters(function: Function) -> int:
    """All that a caller can give by place or name, `self` and `cls` left out."""
    given = function.args
    names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


class Measured(NamedTuple):
    """What is counted of a function."""

    name: str
    n_lines: int
    n_parameters: int


@cache
def functions_of(path: Path) -> tuple[Measured, ...]:
    """Each function of a file, with its qualified name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(_walk(tree, ""))


def _walk(node: ast.AST, prefix: str) -> Iterator[Measured]:
    for child in ast.iter_child_nodes(node):
        inner = prefix
        if isinstance(child, Function | ast.ClassDef):
            inner = f"{prefix}{child.name}."
        if isinstance(child, Function):
            yield Measured(inner.rstrip("."), body_lines(child), n_parameters(child))
        yield from _walk(child, inner)


def n_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_longer_than_300_lines() -> None:
    long = {name_of(path): n_lines(path) for path in all_files() if n_lines(path) > MAX_FILE_LINES}
    assert {name: n for name, n in long.items() if name not in FILE_EXEMPTIONS} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = {
        f"{name_of(path)}::{each.name}": each.n_lines
        for path in all_files()
        for each in functions_of(path)
        if each.n_lines > MAX_FUNCTION_LINES
    }
    assert {name: n for name, n in long.items() if name not in FUNCTION_EXEMPTIONS} == {}


def test_no_function_takes_more_than_6_parameters() -> None:
    wide = {
        f"{name_of(path)}::{each.name}": each.n_parameters
        for path in all_files()
        for each in functions_of(path)
        if each.n_parameters > MAX_PARAMETERS
    }
    assert {name: n for name, n in wide.items() if name not in PARAMETER_EXEMPTIONS} == {}


def test_every_exemption_is_still_needed() -> None:
    by_name = {name_of(path): path for path in all_files()}
    for name in FILE_EXEMPTIONS:
        assert n_lines(by_name[name]) > MAX_FILE_LINES, name
    for name in (*FUNCTION_EXEMPTIONS, *PARAMETER_EXEMPTIONS):
        path, _, function = name.partition("::")
        found = next(each for each in functions_of(by_name[path]) if each.name == function)
        assert found.n_lines > MAX_FUNCTION_LINES or found.n_parameters > MAX_PARAMETERS, name


def test_most_files_and_functions_are_short() -> None:
    assert median(n_lines(path) for path in product_files()) <= 120
    assert median(n for path in product_files() for _, n, _ in functions_of(path)) <= 10


@pytest.mark.parametrize(
    ("text", "n"), [("def f():\n    return 1", 2), ('def f():\n    """a\n    b\n    """\n    return 1', 2)]
)
def test_docstrings_do_not_count(text: str, n: int) -> None:
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == n


@pytest.mark.parametrize(
    ("text", "n"),
    [("def f(): 1", 0), ("def f(self, a): 1", 1), ("def f(a, /, b, *c, d=1, **e): 1", 3), ("def f(cls, *, a): 1", 1)],
)
def test_parameters_are_counted_without_self(text: str, n: int) -> None:
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert n_parameters(function) == n
