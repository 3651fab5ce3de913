"""The schemas that are shipped are fresh, and every file of the catalogue and every example meets its own."""

import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from modelsearch.api.schemas import SUFFIX, schema_named, schemas
from modelsearch.catalog.load import load_market
from modelsearch.core import registry
from modelsearch.core.errors import OptionError
from modelsearch.core.market import Market
from modelsearch.settings import read_settings

CATALOGS = read_settings(environ={}).catalogs
PREFIX = "# yaml-language-server: $schema="
FILES = sorted(path for path in CATALOGS.rglob("*.yaml"))


@cache
def market() -> Market:
    return load_market(CATALOGS, as_of=date(2026, 11, 22))


def test_the_files_are_fresh() -> None:
    found = schemas(market(), CATALOGS)
    assert {f"{name}{SUFFIX}" for name in found} == {path.name for path in (CATALOGS / "schemas").iterdir()}
    for name, text in found.items():
        shipped = (CATALOGS / "schemas" / f"{name}{SUFFIX}").read_text(encoding="utf-8")
        assert shipped == text, "run modelsearch schema all --out catalogs/schemas"


def test_kinds_and_scorers_are_offered() -> None:
    keys = json.loads(schema_named("task", market(), CATALOGS))["properties"]
    assert keys["kind"]["anyOf"][0]["enum"] == sorted(market().task_kinds)
    assert keys["scorer"]["anyOf"][0]["anyOf"][0]["enum"] == list(registry.names("scorer"))


@cache
def validator(path: Path) -> Draft202012Validator:
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def plain(value: Any) -> Any:
    """As an editor sees it: days are texts."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value.isoformat() if isinstance(value, date | datetime) else value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CATALOGS).as_posix())
def test_each_file_names_its_schema_and_meets_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    first = text.partition("\n")[0]
    assert first.startswith(PREFIX)
    value = yaml.load(text, yaml.CSafeLoader)
    errors = validator((path.parent / first.removeprefix(PREFIX)).resolve()).iter_errors(plain(value))
    assert [f"{list(error.absolute_path)}: {error.message}" for error in errors] == []


def test_an_unknown_name_is_told_with_a_near_one() -> None:
    with pytest.raises(OptionError, match="did you mean 'provider'"):
        schema_named("providers", market(), CATALOGS)
