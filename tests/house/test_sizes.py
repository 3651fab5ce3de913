"""Nothing grows out of sight: files of at most 300 lines, functions of at most 40 without their docstring."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from tests.house.sources import all_files, name_of, product_files

MAX_FILE_LINES, MAX_FUNCTION_LINES = 300, 40
FILE_EXEMPTIONS = {
    "tests/unit/providers/test_client.py": "one file of tests for one source file, many faults",
    "tests/unit/evaluate/test_evaluator.py": "one file of tests for one source file, many faults",
    "tests/unit/search/test_loop.py": "one file of tests for one source file, with its own strategies",
}
FUNCTION_EXEMPTIONS = {
    "tests/unit/report/results.py::make_result": "one made-up result, field by field",
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


@cache
def functions_of(path: Path) -> tuple[tuple[str, int], ...]:
    """Qualified name and lines of each function of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(_walk(tree, ""))


def _walk(node: ast.AST, prefix: str) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        inner = prefix
        if isinstance(child, Function | ast.ClassDef):
            inner = f"{prefix}{child.name}."
        if isinstance(child, Function):
            yield inner.rstrip("."), body_lines(child)
        yield from _walk(child, inner)


def n_lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_longer_than_300_lines() -> None:
    long = {name_of(path): n_lines(path) for path in all_files() if n_lines(path) > MAX_FILE_LINES}
    assert {name: n for name, n in long.items() if name not in FILE_EXEMPTIONS} == {}


def test_no_function_is_longer_than_40_lines() -> None:
    long = {
        f"{name_of(path)}::{name}": n
        for path in all_files()
        for name, n in functions_of(path)
        if n > MAX_FUNCTION_LINES
    }
    assert {name: n for name, n in long.items() if name not in FUNCTION_EXEMPTIONS} == {}


def test_every_exemption_is_still_needed() -> None:
    by_name = {name_of(path): path for path in all_files()}
    for name in FILE_EXEMPTIONS:
        assert n_lines(by_name[name]) > MAX_FILE_LINES, name
    for name in FUNCTION_EXEMPTIONS:
        path, _, function = name.partition("::")
        assert dict(functions_of(by_name[path]))[function] > MAX_FUNCTION_LINES, name


def test_most_files_and_functions_are_short() -> None:
    assert median(n_lines(path) for path in product_files()) <= 120
    assert median(n for path in product_files() for _, n in functions_of(path)) <= 10


@pytest.mark.parametrize(
    ("text", "n"), [("def f():\n    return 1", 2), ('def f():\n    """a\n    b\n    """\n    return 1', 2)]
)
def test_docstrings_do_not_count(text: str, n: int) -> None:
    function = ast.parse(text).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert body_lines(function) == n
