"""Every Parquet of a run, read as it is: by our own reader, by DuckDB and by Polars, decimals and lists included."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from modelsearch.core.errors import OptionError, RunNotFoundError
from modelsearch.core.ids import RunId
from modelsearch.store.layout import RunDir
from modelsearch.store.run_tables import RUN_TABLES, column_meanings, run_table
from modelsearch.store.schemas import SCHEMAS
from modelsearch.store.tables import write_table

EXACT = Decimal("12345678901234567890.123456789012")
SMALL = Decimal("0.000000000001")


def value_of(field: "pa.Field[Any]", number: int) -> Any:
    """Something of the field's type that a careless reader would damage."""
    if pa.types.is_decimal(field.type):
        return EXACT if number else SMALL
    if pa.types.is_list(field.type):
        return [f"a{number}", "b"] if number else []
    if pa.types.is_date(field.type):
        return date(2026, 1, 1 + number)
    if pa.types.is_boolean(field.type):
        return bool(number)
    if pa.types.is_floating(field.type):
        return 0.1 + number
    return 2**60 + number if pa.types.is_integer(field.type) else f"t\N{SNOWMAN}{number}"


def rows_of(name: str) -> list[dict[str, Any]]:
    """Two rows, and a third whose fields are empty as far as they may be."""
    schema = SCHEMAS[name]
    rows = [{field.name: value_of(field, number) for field in schema} for number in (0, 1)]
    return [*rows, {field.name: value_of(field, 1) for field in schema if not field.nullable}]


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, list | tuple) else value for name, value in row.items()}


@pytest.fixture(params=sorted(SCHEMAS))
def written(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path, list[dict[str, Any]]]:
    name = str(request.param)
    path, rows = tmp_path / f"{name}.parquet", rows_of(name)
    write_table(path, name, rows, fingerprint="f")
    whole = [{field.name: row.get(field.name) for field in SCHEMAS[name]} for row in rows]
    return name, path, whole


def test_duckdb_reads_it_as_it_is(written: tuple[str, Path, list[dict[str, Any]]]) -> None:
    name, path, rows = written
    relation = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)])
    names = [column[0] for column in relation.description or ()]
    found = [dict(zip(names, row, strict=True)) for row in relation.fetchall()]
    assert [plain(row) for row in found] == rows
    assert names == SCHEMAS[name].names


def test_polars_reads_it_as_it_is(written: tuple[str, Path, list[dict[str, Any]]]) -> None:
    name, path, rows = written
    frame = pl.read_parquet(path)
    assert frame.to_dicts() == rows
    assert frame.columns == SCHEMAS[name].names
    assert pl.scan_parquet(path).collect().equals(frame)


def test_duckdb_sums_money_exactly_and_reads_all_stages_at_once(tmp_path: Path) -> None:
    rows = rows_of("outcomes")
    for stage in ("first", "second"):
        path = tmp_path / stage / "outcomes.parquet"
        path.parent.mkdir()
        write_table(path, "outcomes", rows, fingerprint="f")
    query = "SELECT sum(cost_usd), count(*), sum(len(call_ids)) FROM read_parquet(?)"
    found = duckdb.connect().execute(query, [str(tmp_path / "*" / "outcomes.parquet")]).fetchone()
    assert found is not None
    with localcontext(prec=60):
        assert found == (2 * (SMALL + 2 * EXACT), 6, 8)


def test_all_stages_of_a_table_are_one_frame(tmp_path: Path) -> None:
    run = RunDir(tmp_path, RunId("r"))
    for phase in ("b first", "a second"):
        write_table(run.table(phase, "outcomes"), "outcomes", rows_of("outcomes"), fingerprint="f")
    frame = run_table(run, "outcomes")
    assert list(dict.fromkeys(frame["stage"])) == [
        run.table(phase, "x").parent.name for phase in ("b first", "a second")
    ]
    assert frame["cost_usd"][1] == EXACT
    assert set(frame.attrs["columns"]) == set(frame.columns)


def test_a_table_that_no_stage_has_is_empty(tmp_path: Path) -> None:
    run = RunDir(tmp_path, RunId("r"))
    write_table(run.table("first", "screen"), "screen", rows_of("screen"), fingerprint="f")
    frame = run_table(run, "outcomes")
    assert len(frame) == 0
    assert list(frame.columns) == ["stage", *SCHEMAS["outcomes"].names]


def test_unknown_and_absent_tables_are_told(tmp_path: Path) -> None:
    run = RunDir(tmp_path, RunId("r"))
    with pytest.raises(OptionError, match="outcomes"):
        run_table(run, "results")
    with pytest.raises(RunNotFoundError, match="moved or not finished"):
        run_table(run, "outcomes")


def test_every_column_has_a_meaning() -> None:
    assert set(RUN_TABLES) <= set(SCHEMAS)
    for name in RUN_TABLES:
        assert all(column_meanings(name).values()), name
