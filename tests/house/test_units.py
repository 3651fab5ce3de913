"""Units stand in names: money ends in _usd, seconds in _s, counts begin with n_ or end in their noun."""

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import typing
from decimal import Decimal

import pytest

import modelsearch.core
from modelsearch.store.schemas import SCHEMAS
from tests.house.sources import name_of, product_files

MONEY_NAMES = ("usd", "_usd", "_usd_per_1k", "_usd_per_mtok")
BARE = {"cost", "price", "spend", "latency", "timeout", "duration", "amount", "budget", "delay", "wait"}
NUMBERS = (int, float, Decimal, int | None, float | None, Decimal | None)
BOOL_PREFIXES = ("is_", "has_", "retry_after_date")


def core_classes() -> list[type]:
    """Every dataclass of core."""
    modules = [
        importlib.import_module(f"modelsearch.core.{m.name}") for m in pkgutil.iter_modules(modelsearch.core.__path__)
    ]
    found = {name: value for module in modules for name, value in inspect.getmembers(module, inspect.isclass)}
    return [c for c in found.values() if dataclasses.is_dataclass(c) and c.__module__.startswith("modelsearch.core")]


def fields_of(cls: type) -> dict[str, str]:
    return {field.name: str(field.type) for field in dataclasses.fields(cls)}


@pytest.mark.parametrize("cls", core_classes(), ids=lambda cls: cls.__name__)
def test_amounts_of_money_say_usd_and_seconds_say_s(cls: type) -> None:
    for name, kind in typing.get_type_hints(cls).items():
        if kind in (Decimal, Decimal | None):
            assert name.endswith(MONEY_NAMES) or name.endswith("_s"), f"{cls.__name__}.{name}"
        if kind is bool:
            assert name.startswith(BOOL_PREFIXES), f"{cls.__name__}.{name}: a yes or no begins with is_ or has_"
        assert name not in BARE or kind not in NUMBERS, f"{cls.__name__}.{name} has no unit"


def test_columns_of_tables_have_units() -> None:
    for table, schema in SCHEMAS.items():
        for name in schema.names:
            assert name not in BARE, f"{table}.{name}"


def test_no_number_is_called_by_a_bare_quantity() -> None:
    found = []
    for path in (path for path in product_files() if "dialects" not in path.parts):  # providers name their own fields
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
                name = node.arg if isinstance(node, ast.arg) else ast.unparse(node.target)
                if name in BARE - {"price", "amount"} and ast.unparse(node.annotation).split(" | ")[0] in {
                    "float",
                    "int",
                    "Decimal",
                }:
                    found.append(f"{name_of(path)}:{node.lineno} {name}")
    assert found == []


def test_core_has_money_and_times_to_check() -> None:
    names = {name for cls in core_classes() for name in fields_of(cls)}
    assert {"spend_usd", "amount_usd", "latency_s", "wall_s", "cost_usd"} <= names
