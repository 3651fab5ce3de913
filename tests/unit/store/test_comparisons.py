import math
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from modelsearch.core.errors import StoreError
from modelsearch.store.comparisons import COMPARISON, read_comparison, write_comparison
from tests.unit.compare.rows import make_row

NEEDED_BY_THE_JUDGE = {"table", "baseline", "plan", "seed", "budget_share", "recommended", "verdict", "spend_usd"}
ADDED_BY_THE_JUDGE = {"captured", "certified_captured", "wrong", "certified", "false_certificate", "spent_share"}


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    path, rows = tmp_path / "r.parquet", [make_row(), make_row(seed=1, p_right=math.nan)]
    assert write_comparison(path, rows) == 2
    found = read_comparison(path)
    assert found[0] == rows[0]
    assert math.isnan(found[1]["p_right"])


def test_a_field_that_nobody_knows_is_empty(tmp_path: Path) -> None:
    row = make_row()
    del row["true_quality"]
    write_comparison(tmp_path / "r.parquet", [row])
    assert read_comparison(tmp_path / "r.parquet")[0]["true_quality"] is None


def test_the_judge_can_score_the_file() -> None:
    names = {name for name, _, _ in COMPARISON}
    assert names >= NEEDED_BY_THE_JUDGE | {"true_quality", "true_cost_usd"}
    assert not names & (ADDED_BY_THE_JUDGE | {"over_budget"})  # it joins these, and two of one name would clash


def test_every_row_of_the_tests_has_every_field() -> None:
    assert set(make_row()) == {name for name, _, _ in COMPARISON}


def test_what_is_no_comparison_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        read_comparison(tmp_path / "none.parquet")
    write_comparison(tmp_path / "r.parquet", [make_row()])
    pq.write_table(pq.read_table(tmp_path / "r.parquet").drop_columns(["seed"]), tmp_path / "thin.parquet")
    with pytest.raises(StoreError, match="no column seed"):
        read_comparison(tmp_path / "thin.parquet")
