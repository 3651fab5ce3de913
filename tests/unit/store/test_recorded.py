import csv
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelsearch.core.errors import RecordedTableError, TaskFileError
from modelsearch.store.recorded import read_parquet_items, read_recorded_table, write_recorded_table

SHARED = Path(__file__).parents[4] / "shared"
TABLES = sorted((SHARED / "data" / "outcomes").glob("*/outcomes.parquet"))
COLUMNS = ("model", "provider", "family", "params_b", "input_usd_per_mtok", "output_usd_per_mtok", "context_window")
MODELS = ("big", "mid", "small")


def rows(n_items: int = 20) -> list[dict[str, Any]]:
    """Three models; `mid` is right on every second item; costs differ per cell."""
    return [
        {
            "model": model,
            "item": item,
            "score": float(rank != 1 or item % 2),
            "cost_usd": (3 - rank) * 0.01 + item * 0.0001,
            "answer": str(item % 4),
            "gold": "1",
            "input_tokens": 100 + item,
            "output_tokens": 5,
            "latency_s": 0.5,
        }
        for rank, model in enumerate(MODELS)
        for item in range(n_items)
    ]


def write(folder: Path, cells: list[dict[str, Any]], models: list[list[Any]] | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(cells), folder / "outcomes.parquet")
    with (folder / "models.csv").open("w", newline="") as file:
        lines = [[m, "acme", "a", 7.5, 0.1, 0.2, 8000.0] for m in MODELS] if models is None else models
        csv.writer(file).writerows([COLUMNS, *lines])
    return folder


def cell(cells: list[dict[str, Any]], model: str, item: int) -> dict[str, Any]:
    return next(c for c in cells if c["model"] == model and c["item"] == item)


def test_a_whole_table_is_read_in_order_of_names(tmp_path: Path) -> None:
    table = read_recorded_table(write(tmp_path / "quiz", rows()[::-1]))
    assert table.name == "quiz"
    assert [model.name for model in table.models] == list(MODELS)
    assert table.item_ids == tuple(sorted(map(str, range(20))))
    assert table.item_ids[1:3] == ("1", "10")
    assert table.score.mean(axis=1).tolist() == [1.0, 0.5, 1.0]
    assert table.cost_usd[0, 2] == pytest.approx(0.03 + 0.001)
    assert (table.input_tokens[1, 2], table.answer[1, 2], table.gold[2]) == (110, "2", "1")
    assert table.is_recorded.all()
    assert table.models[0].context_tokens == 8000


def test_a_missing_cell_counts_as_score_0_at_the_models_mean_cost(tmp_path: Path) -> None:
    cells = rows()
    no_cost, no_score, absent = cell(cells, "big", 3), cell(cells, "mid", 5), cell(cells, "small", 7)
    no_cost["cost_usd"] = None
    no_score["score"] = None
    cells.remove(absent)
    with pytest.raises(RecordedTableError, match="no item"):
        read_recorded_table(write(tmp_path, [c for c in cells if c["model"] == "big" and c["item"] == 3]))
    extra = [{**c, "model": f"twin-{n}"} for n in range(8) for c in rows() if c["model"] == "big"]
    lines = [[name, "", "", "", "", "", ""] for name in {c["model"] for c in [*cells, *extra]}]
    table = read_recorded_table(write(tmp_path, [*cells, *extra], lines))
    column = table.item_ids.index("3")
    kept = [c["cost_usd"] for c in cells if c["model"] == "big" and c["cost_usd"] is not None]
    assert table.score[table.row["big"], column] == 0.0
    assert table.cost_usd[table.row["big"], column] == pytest.approx(np.mean(kept))
    assert table.score[table.row["mid"], table.item_ids.index("5")] == 0.0
    assert table.cost_usd[table.row["mid"], table.item_ids.index("5")] == no_score["cost_usd"]
    assert np.isnan(table.latency_s[table.row["small"], table.item_ids.index("7")])
    assert table.input_tokens[table.row["small"], table.item_ids.index("7")] == -1
    assert (~table.is_recorded).sum() == 3


def test_thin_items_leave_before_thin_models(tmp_path: Path) -> None:
    cells = [c for c in rows() if not (c["item"] < 4 and c["model"] == "mid")]
    cells = [c for c in cells if not (c["item"] in {4, 5} and c["model"] == "small")]
    table = read_recorded_table(write(tmp_path, cells))
    assert table.score.shape == (3, 14)
    lines = [[f"m{n}", "", "", "", "", "", ""] for n in range(11)]
    many = [{**c, "model": f"m{n}"} for n in range(11) for c in rows() if c["model"] == "big"]
    many = [c for c in many if not (c["model"] == "m10" and c["item"] < 3)]
    table = read_recorded_table(write(tmp_path, many, lines))
    assert table.score.shape == (10, 20)


def test_the_optional_columns_may_be_absent(tmp_path: Path) -> None:
    cells = [{name: c[name] for name in ("model", "item", "score", "cost_usd")} for c in rows()]
    table = read_recorded_table(write(tmp_path, cells))
    assert np.isnan(table.latency_s).all()
    assert (table.output_tokens == -1).all()
    assert table.gold == ("",) * 20
    assert not table.answer.any()


def test_unknown_numbers_of_models_stay_unknown(tmp_path: Path) -> None:
    lines = [["big", "acme", "a", "", "nan", "", ""], *([m, "", "", "7", "0", "1", "1e3"] for m in MODELS[1:])]
    models = read_recorded_table(write(tmp_path, rows(), lines)).models
    assert (models[0].params_b, models[0].input_usd_per_mtok, models[0].context_tokens) == (None, None, None)
    assert (models[1].params_b, models[1].input_usd_per_mtok, models[1].context_tokens) == (7.0, 0.0, 1000)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score": 1.01}, r"score must be in \[0, 1\], got 1\.01"),
        ({"score": -0.5}, r"score must be in \[0, 1\], got -0\.5"),
        ({"cost_usd": -1e-9}, r"cost_usd must be finite and >= 0"),
        ({"cost_usd": float("inf")}, r"cost_usd must be finite and >= 0, got inf"),
        ({"model": None}, r"model is empty in 1 rows"),
        ({"model": "mid", "item": 1}, r"model 'mid', item '1' is there twice"),
    ],
)
def test_cells_that_break_the_contract_are_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    cells = rows()
    cells[0] |= change
    with pytest.raises(RecordedTableError, match=message):
        read_recorded_table(write(tmp_path, cells))


@pytest.mark.parametrize("column", ["model", "item", "score", "cost_usd"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    cells = [{name: value for name, value in c.items() if name != column} for c in rows()]
    with pytest.raises(RecordedTableError, match=f"column {column} is missing"):
        read_recorded_table(write(tmp_path, cells))


def test_a_score_that_is_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordedTableError, match="column score: expected numbers, got string"):
        read_recorded_table(write(tmp_path, [{**c, "score": "good"} for c in rows()]))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([["big", "", "", "", "", "", ""]], "no line for 'mid', 'small'"),
        ([["big", "", "", "x", "", "", ""]], "params_b of 'big': expected a number"),
        ([["big", "", "", "", "-1", "", ""]], "input_usd_per_mtok of 'big': .* got '-1'"),
        ([["big", "", "", "", "", "", ""]] * 2, "model 'big' is there twice"),
    ],
)
def test_models_that_break_the_contract_are_named(tmp_path: Path, lines: list[list[Any]], message: str) -> None:
    with pytest.raises(RecordedTableError, match=message):
        read_recorded_table(write(tmp_path, rows(), lines))


def test_missing_files_and_columns_of_models_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecordedTableError, match=r"outcomes\.parquet: expected a Parquet file"):
        read_recorded_table(tmp_path)
    (write(tmp_path, rows()) / "models.csv").write_text("model,provider\n")
    with pytest.raises(RecordedTableError, match=r"column family, params_b, .* is missing"):
        read_recorded_table(tmp_path)
    (tmp_path / "models.csv").unlink()
    with pytest.raises(RecordedTableError, match=r"models\.csv: expected a CSV file"):
        read_recorded_table(tmp_path)


def test_a_written_table_reads_the_same(tmp_path: Path) -> None:
    cells = rows()
    cells.remove(cell(cells, "small", 7))
    extra = [{**c, "model": f"twin-{n}"} for n in range(8) for c in rows() if c["model"] == "big"]
    lines = [[name, "p", "f", "", 1.5, 2, 4096] for name in sorted({c["model"] for c in [*cells, *extra]})]
    table = read_recorded_table(write(tmp_path / "quiz", [*cells, *extra], lines))
    (tmp_path / "copy").mkdir()
    write_recorded_table(table, tmp_path / "copy" / "quiz")
    again = read_recorded_table(tmp_path / "copy" / "quiz")
    assert (again.models, again.item_ids, again.gold) == (table.models, table.item_ids, table.gold)
    for name in ("score", "cost_usd", "latency_s", "input_tokens", "output_tokens", "answer", "is_recorded"):
        np.testing.assert_array_equal(getattr(again, name), getattr(table, name), err_msg=name)


def test_items_of_a_task_are_read_from_parquet(tmp_path: Path) -> None:
    path = tmp_path / "items.parquet"
    items: list[dict[str, Any]] = [
        {"id": "a", "input": {"text": "x"}, "target": None},
        {"id": "b", "input": {"text": "y"}, "target": "1"},
    ]
    pq.write_table(pa.Table.from_pylist(items), path)
    assert read_parquet_items(path) == items
    path.write_text("{}")
    with pytest.raises(TaskFileError, match=r"items\.parquet: expected a Parquet file"):
        read_parquet_items(path)


@pytest.fixture(scope="session")
def score_script() -> ModuleType:
    path = SHARED / "bench" / "score.py"
    spec = importlib.util.spec_from_file_location("score_script", path)
    if not path.is_file() or spec is None or spec.loader is None:
        pytest.skip("the scoring script is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not TABLES, reason="the recorded tables are not there")
@pytest.mark.parametrize("path", [p for p in TABLES if p.stat().st_size < 2**20], ids=lambda path: path.parent.name)
def test_the_truth_is_the_scoring_scripts(path: Path, score_script: ModuleType) -> None:
    truth, exhaustive_usd = score_script.read_table(path.parent)
    table = read_recorded_table(path.parent)
    names = [model.name for model in table.models]
    assert sorted(truth.index) == names
    np.testing.assert_allclose(table.score.mean(axis=1), truth.quality.loc[names], rtol=1e-12)
    np.testing.assert_allclose(table.cost_usd.mean(axis=1), truth.cost.loc[names], rtol=1e-12)
    assert table.exhaustive_usd == pytest.approx(exhaustive_usd, rel=1e-12)
