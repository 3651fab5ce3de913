"""Truth and score agree with the judge of the method to the digit, on the public tables; skipped without them."""

import importlib.util
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelsearch.compare.cases import baselines_of
from modelsearch.compare.metrics import net_captured
from modelsearch.compare.tables import Truth, read_field

SHARED = Path(__file__).resolve().parents[4] / "shared"
JUDGE = SHARED / "bench" / "score.py"
TABLES = [SHARED / "data" / "outcomes" / name for name in ("zeroeval__gsm", "julia_llm_leaderboard__code")]
pytestmark = pytest.mark.skipif(not JUDGE.is_file() or not TABLES[0].is_dir(), reason="needs the judge and its tables")


def judge() -> Any:
    spec = importlib.util.spec_from_file_location("score_judge", JUDGE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("folder", TABLES, ids=lambda folder: folder.name)
def test_truth_cases_and_scores_are_the_judges(folder: Path) -> None:
    theirs, field = judge(), read_field(folder)
    truth, exhaustive_usd = theirs.read_table(folder)
    names = [model.name for model in field.table.models]
    assert names == truth.index.tolist()
    np.testing.assert_allclose(field.quality, truth.quality, rtol=0, atol=1e-12)
    np.testing.assert_allclose(field.cost_usd, truth.cost, rtol=1e-12)
    assert field.exhaustive_usd == pytest.approx(exhaustive_usd, rel=1e-12)
    assert baselines_of(field) == theirs.dear_accurate(truth)
    for baseline in baselines_of(field):
        for name, row in truth.iterrows():
            mine = net_captured(field, baseline, field.truth(field.single(str(name))), 0.02)
            other = theirs.net_captured(truth, baseline, row.quality, row.cost, 0.02)
            assert mine == pytest.approx(other, abs=1e-9) or (math.isnan(mine) and math.isnan(other))


def test_a_composite_between_the_lines_is_scored_alike() -> None:
    theirs, field = judge(), read_field(TABLES[0])
    truth, _ = theirs.read_table(TABLES[0])
    baseline = baselines_of(field)[0]
    base = float(truth.quality[baseline])
    for loss in (0.0, 0.0199, 0.0201, 0.0249, 0.0251):
        made = Truth(quality=base - loss, cost_usd=float(truth.cost[baseline]) / 3)
        mine = net_captured(field, baseline, made, 0.02)
        assert mine == pytest.approx(theirs.net_captured(truth, baseline, made.quality, made.cost_usd, 0.02), abs=1e-9)
