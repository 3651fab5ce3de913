from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from bench.screen import Screened, default_filters, default_names, dropped, judged, tell
from bench.screen_dynamic import bought_views
from bench.screen_market import Dressing, dressed, unbought
from bench.screen_saved import tell_saved
from modelsearch.compare.tables import Asked, Field
from modelsearch.core.market import Family, TaskKind
from tests.unit.bench.test_scaling_pairs import table

BASELINE = "llama-11"


def _field() -> Field:
    return Field(table())


def _dressing(field: Field) -> Dressing:
    rules = replace(
        field.market, families={"llama": Family(id="llama")}, task_kinds={"reasoning": TaskKind(id="reasoning")}
    )
    return Dressing(rules=rules)


def test_a_table_is_dressed_as_the_catalogue_knows_it() -> None:
    field = _field()
    setting = dressed(field, Asked(baseline=BASELINE, budget_share=0.1), _dressing(field))
    assert {model.family for model in setting.market.models.values()} == {"llama"}
    assert setting.task.kind == "reasoning"
    assert len(setting.item_ids) == len(setting.task.items) == 2
    assert unbought(setting, is_kind_strict=True).task.requirements.is_kind_strict


def test_a_screen_is_judged_by_what_it_removed_and_whether_the_best_went() -> None:
    field = _field()
    asked = Asked(baseline=BASELINE, budget_share=0.1, margin=0.2)
    setting = dressed(field, asked, _dressing(field))
    best = "llama-07"
    found = judged("x", field, setting, {best, "llama-00"})
    assert found.is_lost is True
    assert found.pool_share == pytest.approx(2 / 11)
    assert found.spend_share == pytest.approx((0.008 + 0.001) / (0.0065 * 12), rel=1e-6)
    assert judged("x", field, setting, {"llama-00"}).is_lost is False
    strict = dressed(field, replace(asked, margin=0.0), _dressing(field))
    assert judged("x", field, strict, {"llama-00"}).is_lost is None


def test_pruners_see_everybody_bought_to_the_depth() -> None:
    field = _field()
    views = dict(bought_views(field, Asked(baseline=BASELINE, budget_share=0.1), _dressing(field)))
    assert list(views) == [16, 64]
    assert {views[16].n_bought(candidate_id) for candidate_id in views[16].pool} == {16}
    assert "llama-00" in dropped(views[64], ("quality_ceiling",))


def test_only_what_the_default_plan_uses_must_hold(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [Screened(name=name, pool_share=0.5, spend_share=0.5, is_lost=True) for name in ("a", "b")]
    assert tell(rows, set())
    assert not tell(rows, {"a"})
    assert capsys.readouterr().out.count("TOO MANY") == 1
    assert "price_ceiling" in default_filters()
    assert "cost (price_ceiling)" in default_names()


def test_savings_are_of_accepted_recommendations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = pd.DataFrame(
        {
            "plan": "p",
            "budget_share": 0.1,
            "recommended": ["a", "b", "base", "c"],
            "baseline": "base",
            "is_wrong": [False, True, False, False],
            "cost_reduction": [0.9, 0.8, 0.0, 0.5],
        }
    )
    rows.to_parquet(tmp_path / "results.parquet")
    tell_saved(tmp_path / "results.parquet", {}, "p")
    said = capsys.readouterr().out
    assert "p at 10% of X, all: 3 of 4 searches, median 80.0%" in said
    assert "right ones: 2 of 4 searches, median 70.0%" in said
    assert "at least 70% in 50.0%" in said
