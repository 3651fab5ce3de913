"""Every strategy, scorer and dialect: found by its folder, named like its file, with a source and a test of its own."""

import dataclasses
import inspect
import re
from pathlib import Path
from typing import get_args

import pytest

from modelsearch.core.errors import RegistryError
from modelsearch.core.registry import FOLDERS, Registered, Role, lookup, names, register
from tests.house.sources import ROOT

ROLES: tuple[Role, ...] = get_args(Role)
BUILT_IN = [
    entry
    for role in ROLES
    for name in names(role)
    if (entry := lookup(role, name)).cls.__module__.startswith(FOLDERS[role])
]
STRATEGIES = [entry for entry in BUILT_IN if entry.role not in ("scorer", "dialect", "batch_dialect")]
METHODS = {
    "filter": {"drop"},
    "ranker": {"rank"},
    "sampler": {"ask"},
    "combiner": {"combine"},
    "scorer": {"canonical", "score"},
    "dialect": {"encode", "decode", "classify"},
    "batch_dialect": {
        "upload",
        "file_id",
        "create",
        "status_call",
        "status",
        "list_call",
        "listed",
        "cancel_call",
        "results",
    },
}
each = pytest.mark.parametrize("entry", BUILT_IN, ids=lambda e: f"{e.role}-{e.name}")


def test_every_role_has_members() -> None:
    assert {entry.role for entry in BUILT_IN} == set(ROLES)


@each
def test_the_file_is_called_like_the_name(entry: Registered) -> None:
    assert Path(entry.file).stem == entry.name
    assert entry.cls.__name__.lower() == entry.name.replace("_", "")


@each
def test_it_has_a_source_and_a_docstring(entry: Registered) -> None:
    assert len(entry.source) > 8
    assert len((entry.cls.__doc__ or "").split()) >= 8


@each
def test_it_has_a_test_file_of_its_own(entry: Registered) -> None:
    inside = Path(entry.file).relative_to(ROOT / "modelsearch")
    assert (ROOT / "tests" / "unit" / inside.parent / f"test_{inside.name}").exists()


@pytest.mark.parametrize("entry", STRATEGIES, ids=lambda e: f"{e.role}-{e.name}")
def test_a_strategy_has_a_page(entry: Registered) -> None:
    page = ROOT / "docs" / "strategies" / f"{entry.name}.md"
    assert page.exists(), f"say in {page.name} what it decides, when it helps and what it costs"
    text = page.read_text(encoding="utf-8")
    assert re.match(rf"# {entry.name}\b", text)
    assert re.findall(r"\*\*(Decides|Helps|Costs)\b", text) == ["Decides", "Helps", "Costs"]
    assert not re.search(r"\{\w+\}", text), "a placeholder was never filled in"


@each
def test_it_is_a_frozen_value_with_the_methods_of_its_role_alone(entry: Registered) -> None:
    public = {name for name, _ in inspect.getmembers(entry.cls, inspect.isfunction) if not name.startswith("_")}
    assert METHODS[entry.role] <= public
    if entry.role in ("filter", "ranker", "sampler", "combiner"):
        assert public == METHODS[entry.role]
        assert dataclasses.is_dataclass(entry.cls)
        assert entry.cls.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(RegistryError, match=re.escape(", ".join(names("sampler")))):
        lookup("sampler", "banditti")


def test_a_taken_name_and_an_empty_source_are_refused() -> None:
    with pytest.raises(RegistryError, match="registered twice"):

        @register("sampler", "round_robin", source="nowhere in particular")
        class _Other:
            pass

    with pytest.raises(RegistryError, match="source"):
        register("sampler", "nameless", source=" ")
