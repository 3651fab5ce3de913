from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelsearch.core.errors import StoreError
from modelsearch.core.ids import RunId
from modelsearch.store.layout import RunDir, write_whole
from modelsearch.store.tables import (
    manifest_faults,
    read_frame,
    read_table,
    table_fingerprint,
    write_manifest,
    write_table,
)

ENTRY = {
    "n_before": 0,
    "call_id": "c1",
    "kind": "reserve",
    "amount_usd": Decimal("0.000000000001"),
    "settled_usd": Decimal(0),
    "reserved_usd": Decimal("0.000000000001"),
    "unknown_usd": Decimal(0),
}


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return RunDir(tmp_path, RunId("20261123-153000-ab12cd"))


def test_rows_come_back_exact_with_schema_and_fingerprint(run: RunDir) -> None:
    path = run.table("race", "ledger")
    assert write_table(path, "ledger", [ENTRY], fingerprint="f1") == 1
    table = read_table(path, "ledger")
    assert table.to_pylist() == [ENTRY]
    assert table.schema.field("amount_usd").metadata == {
        b"unit": b"USD",
        b"meaning": b"what was reserved, paid, given back or held",
    }
    assert table_fingerprint(path) == "f1"
    assert read_frame(path, "ledger")["amount_usd"][0] == Decimal("1e-12")


def test_columns_do_as_well_as_rows_and_numpy_too(run: RunDir) -> None:
    path = run.table("race", "trajectory")
    columns: dict[str, Any] = {"n_before": np.arange(3), "phase": ["race"] * 3, "kind": ["drop"] * 3}
    assert write_table(path, "trajectory", columns, fingerprint="") == 3
    assert read_table(path, "trajectory").column("n_before").to_pylist() == [0, 1, 2]
    assert read_table(path, "trajectory").column("round").null_count == 3


def test_a_table_without_rows_keeps_its_schema(run: RunDir) -> None:
    path = run.table("race", "ledger")
    assert write_table(path, "ledger", [], fingerprint="f1") == 0
    assert read_table(path, "ledger").schema.names == list(ENTRY)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fee": 1}, "unknown field fee; it has n_before"),
        ({"call_id": None}, "field 'call_id' needs a value in each row, row 1 has none"),
        ({"n_before": "many"}, "field 'n_before' holds int64"),
        ({"amount_usd": Decimal("1e-13")}, "field 'amount_usd' holds decimal128"),
        ({"call_id": 7}, "field 'call_id' holds string"),
    ],
)
def test_rows_that_break_the_schema_are_named_and_nothing_is_written(
    run: RunDir, change: dict[str, Any], message: str
) -> None:
    path = run.table("race", "ledger")
    with pytest.raises(StoreError, match=message):
        write_table(path, "ledger", [ENTRY, {**ENTRY, **change}], fingerprint="")
    assert not path.exists()


def test_columns_of_different_lengths_and_unknown_tables_are_named(run: RunDir) -> None:
    path = run.table("race", "trajectory")
    with pytest.raises(StoreError, match=r"lengths \[1, 2\]"):
        write_table(path, "trajectory", {"n_before": [0, 1], "phase": ["race"], "kind": ["x", "y"]}, fingerprint="")
    with pytest.raises(StoreError, match="table 'money': expected one of endpoints"):
        write_table(path, "money", [], fingerprint="")


def test_another_table_or_no_table_is_a_store_error(run: RunDir) -> None:
    path = run.table("race", "ledger")
    with pytest.raises(StoreError, match="cannot be read"):
        read_table(path, "ledger")
    write_table(path, "ledger", [ENTRY], fingerprint="")
    with pytest.raises(StoreError, match="got 'ledger' version '1'"):
        read_table(path, "calls")


def test_the_manifest_knows_rows_and_sums_and_finds_what_changed(run: RunDir) -> None:
    write_table(run.table("race", "ledger"), "ledger", [ENTRY] * 3, fingerprint="")
    write_whole(run.report_md, b"# Report")
    write_whole(run.result, b"{}")
    (run.path / "run.lock").write_text("1")
    with pytest.raises(StoreError, match="the run did not finish"):
        manifest_faults(run)
    write_manifest(run)
    content = run.manifest.read_text()
    assert '"n_rows": 3' in content
    assert "run.lock" not in content
    assert manifest_faults(run) == []
    run.report_md.write_text("# Other")
    run.result.unlink()
    assert manifest_faults(run) == ["report.md was changed after the run", "result.json is missing"]
