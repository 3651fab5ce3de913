"""No file hides a module of the standard library or of another package, and none is a drawer for odds and ends."""

import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.house.sources import PACKAGES, ROOT, all_files, name_of, product_files

DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "misc", "tools", "manager", "core_utils", "shared"}


def top_modules() -> list[Path]:
    """Files and folders that stand directly in `flows` and `tasks`: a path-style entry point puts them first."""
    return [
        entry for package in ("flows", "tasks") for entry in (ROOT / package).iterdir() if entry.stem != "__pycache__"
    ]


def test_nothing_in_flows_and_tasks_hides_a_standard_module() -> None:
    names = {entry.stem for entry in top_modules()} - {"__init__", "__main__"}
    assert names & set(sys.stdlib_module_names) == set()


def test_nothing_in_flows_and_tasks_hides_an_installed_package() -> None:
    names = {entry.stem for entry in top_modules()} - {"__init__", "__main__"}
    assert names & (set(packages_distributions()) | set(PACKAGES)) == set()


def test_rooms_of_modelsearch_hide_nothing_either() -> None:
    rooms = {entry.stem for entry in (ROOT / "modelsearch").iterdir() if entry.stem not in {"__pycache__", "__init__"}}
    assert rooms & set(sys.stdlib_module_names) == set()


def test_the_product_adds_three_packages_to_the_path() -> None:
    found = {entry.name for entry in ROOT.iterdir() if (entry / "__init__.py").exists()}
    assert found - {"tests", "bench"} == set(PACKAGES)


def test_no_file_is_a_drawer() -> None:
    assert [name_of(path) for path in all_files() if path.stem in DRAWERS] == []


def test_every_folder_of_the_product_is_a_package_with_a_sign() -> None:
    for folder in {path.parent for path in product_files()}:
        sign = folder / "__init__.py"
        assert sign.exists(), name_of(folder)
        assert sign.read_text(encoding="utf-8").lstrip().startswith(('"""', "#")), name_of(sign)
