from pathlib import Path

import numpy as np
import pytest
import yaml

from bench.make_catalogs import CATALOGS
from bench.make_scaling import ALLOWED_MISS, by_level, file_text, law_of, rule_of
from bench.scaling_pairs import catalog_family, families_in, is_larger_kin, kin_rows, pairs_of, rows_of
from modelsearch.catalog.schema import ScalingFile
from modelsearch.catalog.yaml_file import read_rows
from modelsearch.core.recorded import RecordedModel, RecordedTable


def model(name: str, family: str = "llama-3", params_b: float | None = 8.0) -> RecordedModel:
    return RecordedModel(
        name=name,
        provider="p",
        family=family,
        params_b=params_b,
        input_usd_per_mtok=1.0,
        output_usd_per_mtok=1.0,
        context_tokens=None,
    )


def table(name: str = "t", seed: int = 0) -> RecordedTable:
    """Twelve models whose quality rises with size and cost; the three dearest are of unknown size."""
    rng = np.random.default_rng(seed)
    sizes: list[float | None] = [1.0, 2.0, 4.0, 8.0, 8.0, 16.0, 32.0, 70.0, 70.0, None, None, None]
    models = tuple(model(f"llama-{n:02d}", params_b=size) for n, size in enumerate(sizes))
    right = np.linspace(0.4, 0.95, 12) + rng.normal(0, 0.01, 12)
    score = (np.arange(100)[None, :] < 100 * right[:, None]).astype(np.float64)
    cost = np.repeat(np.linspace(0.001, 0.012, 12)[:, None], 100, axis=1)
    blank = np.full(score.shape, -1, dtype=np.int64)
    return RecordedTable(
        name=name,
        models=models,
        item_ids=tuple(f"i{n:03d}" for n in range(100)),
        score=score,
        cost_usd=cost,
        latency_s=np.full(score.shape, np.nan),
        input_tokens=blank,
        output_tokens=blank,
        answer=np.full(score.shape, None, dtype=object),
        gold=("",) * 100,
        is_recorded=np.ones(score.shape, dtype=np.bool_),
    )


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("Llama-3.1-405B-Inst@sambanova", "llama-3.1", "llama"),
        ("accounts/fireworks/models/qwen-72b-chat", "other-open", "qwen"),
        ("mixtral:8x7b", "mixtral", "mixtral"),
        ("Strange-1", "strange-1.5", "strange"),
    ],
)
def test_families_are_those_of_the_catalogue(name: str, family: str, expected: str) -> None:
    assert catalog_family(name, family) == expected


def test_pairs_are_of_known_size_and_cheaper_than_the_baseline() -> None:
    pairs = pairs_of([table()])
    assert {pair.baseline for pair in pairs} == {"llama-09", "llama-10", "llama-11"}
    assert len(pairs) == 27
    assert all(pair.gap < 0 for pair in pairs)


def test_kin_is_larger_by_half() -> None:
    assert is_larger_kin(model("llama-a", params_b=12.0), model("llama-b"))
    assert not is_larger_kin(model("llama-a", params_b=11.0), model("llama-b"))
    assert not is_larger_kin(model("qwen-a", family="qwen2", params_b=70.0), model("llama-b"))
    assert not is_larger_kin(model("llama-a", params_b=None), model("llama-b"))
    assert (kin_rows([table()]).value < 0.05).all()


def test_the_rule_bounds_what_it_was_fitted_to_and_its_file_can_be_read(tmp_path: Path) -> None:
    tables = [table(f"t{n}", n) for n in range(2)]
    pairs = pairs_of(tables)
    families = families_in(pairs)
    rows = rows_of(pairs, families)
    rule = rule_of(rows, kin_rows(tables), families, law_of(rows, families, (0.01,)))
    assert all(slope >= 0 for slope in rule.slopes)
    shares = np.full((2, 3), 0.95)
    path = tmp_path / "scaling.yaml"
    path.write_text(file_text(rule, pairs, (shares, shares)), encoding="utf-8")
    assert read_rows(path, ScalingFile).slopes == rule.slopes


def test_offsets_are_rounded_up_and_never_fall() -> None:
    assert by_level(np.array([0.01001, 0.0099, 0.02])) == ((0.9, 0.0101), (0.95, 0.0101), (0.98, 0.02))


def test_the_shipped_law_says_how_often_it_held_on_tables_left_out() -> None:
    shipped = yaml.safe_load((CATALOGS / "scaling.yaml").read_text(encoding="utf-8"))
    for row in (*shipped["offsets"], *shipped["kin_offsets"]):
        assert row["coverage"] >= row["level"] - ALLOWED_MISS
