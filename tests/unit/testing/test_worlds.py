from pathlib import Path

import numpy as np
import pytest

from modelsearch.evaluate.recorded import RecordedReplies
from modelsearch.store.recorded import read_recorded_table
from modelsearch.testing.worlds import RecordedWorld, WorldShape, make_recorded_world

SHAPE = WorldShape(n_models=30, n_items=400)


def world(seed: int = 0, **changes: float) -> RecordedWorld:
    return make_recorded_world(WorldShape(n_models=30, n_items=400, **changes), seed)  # type: ignore[arg-type]


def test_a_world_is_a_function_of_its_shape_and_seed() -> None:
    np.testing.assert_array_equal(world(3).table.score, world(3).table.score)
    assert not np.array_equal(world(3).table.score, world(4).table.score)


def test_the_truth_is_where_it_was_ordered() -> None:
    many = [make_recorded_world(WorldShape(mean_quality=0.7), seed).p_right.mean() for seed in range(12)]
    assert np.mean(many) == pytest.approx(0.7, abs=0.05)
    found = world(1)
    assert np.abs(found.quality - found.p_right.mean(axis=1)).max() < 5 * np.sqrt(0.25 / 400)
    np.testing.assert_allclose(found.cost_usd, found.table.cost_usd.mean(axis=1))


def test_dearer_models_are_abler_as_far_as_ordered() -> None:
    def correlation(price_quality: float) -> float:
        shape = WorldShape(n_models=400, n_items=5, n_families=100, price_quality=price_quality)
        found = make_recorded_world(shape, 2)
        prices = [model.input_usd_per_mtok or 0.0 for model in found.table.models]
        return float(np.corrcoef(np.log(prices), found.ability)[0, 1])

    assert correlation(0.8) == pytest.approx(0.8, abs=0.1)
    assert correlation(0.0) == pytest.approx(0.0, abs=0.15)


def test_hidden_reasoning_is_billed() -> None:
    found = world(5)
    output = found.table.output_tokens.mean(axis=1)
    assert output[found.is_reasoning].min() > 3 * np.median(output[~found.is_reasoning])
    prices = np.array([model.input_usd_per_mtok for model in found.table.models], dtype=np.float64)[:, None]
    billed = (found.table.input_tokens + 4 * found.table.output_tokens) * prices / 1e6
    np.testing.assert_allclose(found.table.cost_usd, billed)


def test_kin_err_together_and_with_the_same_answer() -> None:
    found = make_recorded_world(WorldShape(n_models=40, n_items=4000, n_families=2, kin_share=0.8), 6)
    residual = found.table.score - found.p_right
    together = np.asarray(np.corrcoef(residual)).reshape(40, 40)
    kin = found.family[:, None] == found.family[None, :]
    own = np.eye(len(kin), dtype=bool)
    assert together[kin & ~own].mean() > 0.3
    assert abs(together[~kin].mean()) < 0.05
    first, second = np.flatnonzero(found.family == 0)[:2]
    both = (found.table.score[first] == 0) & (found.table.score[second] == 0)
    assert np.mean(found.table.answer[first, both] == found.table.answer[second, both]) > 0.45


@pytest.mark.parametrize(("boldness", "sign"), [(1.0, 0), (3.0, 1), (0.4, -1)])
def test_confidence_is_calibrated_bold_or_timid_as_ordered(boldness: float, sign: int) -> None:
    found = make_recorded_world(WorldShape(n_models=60, n_items=800, boldness=boldness), 7)
    assert found.table.confidence is not None
    stated, right = found.table.confidence.ravel(), found.table.score.ravel()
    sure = stated > 0.85
    excess = float(stated[sure].mean() - right[sure].mean())
    assert excess == pytest.approx(0.0, abs=0.02) if sign == 0 else sign * excess > 0.03
    assert np.corrcoef(stated, right)[0, 1] > 0.4


def test_answers_earn_their_scores_and_the_folder_reads_back(tmp_path: Path) -> None:
    found = world(8)
    assert RecordedReplies(table=found.table).is_exact
    found.write(tmp_path / "w")
    back = read_recorded_table(tmp_path / "w")
    assert back.models == found.table.models
    np.testing.assert_array_equal(back.score, found.table.score)
    np.testing.assert_array_equal(back.answer, found.table.answer)
    np.testing.assert_allclose(np.asarray(back.confidence), np.asarray(found.table.confidence))


@pytest.mark.parametrize(
    "wrong", [{"n_models": 1}, {"kin_share": 1.5}, {"price_quality": -2.0}, {"mean_quality": 1.0}, {"n_labels": 1}]
)
def test_shapes_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        WorldShape(**wrong)  # type: ignore[arg-type]
