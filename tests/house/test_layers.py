"""The rooms import in one direction; `lint-imports` says the same in `make test`, with the whole graph."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT, name_of, product_files

# import name -> where it may be imported
HOMES = {
    "prefect": ("flows/", "tasks/"),
    "typer": ("flows/",),
    "rich": ("flows/",),
    "httpx": ("modelsearch/providers/",),
    "aiohttp": ("modelsearch/providers/",),
    "starlette": ("modelsearch/emulator/", "flows/"),
    "uvicorn": ("modelsearch/emulator/", "flows/"),
    "pyarrow": ("modelsearch/store/",),
    "sqlite3": ("modelsearch/store/",),
    "pandas": ("modelsearch/store/", "modelsearch/report/"),
    "pydantic": ("modelsearch/catalog/", "modelsearch/taskfile/"),
    "yaml": ("modelsearch/catalog/", "modelsearch/taskfile/", "modelsearch/interop/", "flows/"),
    "sklearn": ("modelsearch/search/",),
    "scipy": ("modelsearch/stats/", "modelsearch/search/"),
    "moocore": ("modelsearch/stats/",),
    "jinja2": ("modelsearch/evaluate/", "modelsearch/report/"),
    "pickle": ("modelsearch/testing/",),  # the conformance suite asks whether strategies pickle
    "opentelemetry": ("modelsearch/observe/",),
    "prometheus_client": ("modelsearch/observe/",),
    "dill": (),
}
LAYERS = [
    {"api"},
    {"report", "emulator", "compare", "interop", "observe"},
    {"search", "evaluate"},
    {"decide"},
    {"providers", "store", "stats"},
    {"catalog", "taskfile"},
    {"settings"},
    {"core"},
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}


def imports_of(path: Path) -> Iterator[str]:
    """Full names of all modules that a file imports, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("package", HOMES)
def test_a_library_is_imported_in_its_room_only(package: str) -> None:
    strangers = [
        name_of(path)
        for path in product_files()
        if package in {name.split(".")[0] for name in imports_of(path)} and not name_of(path).startswith(HOMES[package])
    ]
    assert strangers == []


def test_rooms_import_downwards_only() -> None:
    wrong = []
    for path in product_files():
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0] != "modelsearch" or len(parts) < 2 or parts[1] not in LEVEL:
            continue
        for name in imports_of(path):
            target = name.split(".")[1] if name.startswith("modelsearch.") else ""
            if target in LEVEL and target != parts[1] and LEVEL[target] <= LEVEL[parts[1]]:
                wrong.append(f"{name_of(path)} imports {name}")
    assert wrong == []


def test_the_product_does_not_import_tests_benches_or_the_upper_packages() -> None:
    for path in product_files():
        roots = {name.split(".")[0] for name in imports_of(path)}
        assert not roots & {"tests", "bench"}, name_of(path)
        if name_of(path).startswith("modelsearch/"):
            assert not roots & {"flows", "tasks"}, name_of(path)
        if name_of(path).startswith("tasks/"):
            assert "flows" not in roots, name_of(path)


def test_only_settings_read_the_environment() -> None:
    readers = [
        name_of(path)
        for path in product_files()
        if name_of(path).startswith("modelsearch/") and "os.environ" in path.read_text(encoding="utf-8")
        if any(
            isinstance(node, ast.Attribute) and node.attr == "environ" for node in ast.walk(ast.parse(path.read_text()))
        )
    ]
    assert readers == ["modelsearch/settings.py"]


def test_nothing_of_modelsearch_prints() -> None:
    for path in product_files():
        if name_of(path).startswith("modelsearch/"):
            calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
            assert not any(isinstance(c.func, ast.Name) and c.func.id == "print" for c in calls), name_of(path)
