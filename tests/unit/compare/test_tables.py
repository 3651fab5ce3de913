from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from modelsearch.compare.tables import Asked, read_field
from modelsearch.core.candidate import Ensemble
from modelsearch.core.errors import BaselineError
from modelsearch.core.ids import CandidateId
from tests.unit.compare.fields import QUALITY, make_field, written

M0, M1 = CandidateId("m0"), CandidateId("m1")


def test_truth_is_that_of_the_whole_table() -> None:
    field = make_field()
    np.testing.assert_allclose(field.quality, QUALITY)
    truth = field.truth(field.single("m2"))
    assert truth.quality == pytest.approx(0.88)
    assert truth.cost_usd == pytest.approx(field.table.cost_usd[2].mean())
    vote = Ensemble(members=tuple(field.single(name) for name in ("m0", "m1", "m2")))
    assert field.truth(vote).cost_usd == pytest.approx(field.table.cost_usd[:3].mean(axis=1).sum())
    assert field.truth(vote).quality >= 0.88
    assert field.truth(vote) is field.truth(vote)


def test_a_setting_knows_prices_and_its_share_of_the_whole_cost() -> None:
    field = make_field()
    setting = field.setting(Asked(baseline="m0", budget_share=0.1, seed=3, margin=0.05))
    assert float(setting.budget.spend_usd) == pytest.approx(0.1 * field.exhaustive_usd, abs=1e-12)
    assert (setting.task.margin, setting.baseline_id, setting.is_cost_known) == (0.05, "m0", False)
    assert setting.list_cost_usd[M0] == pytest.approx(2 * setting.list_cost_usd[M1])
    assert setting.item_ids != field.setting(Asked(baseline="m0", budget_share=0.1, seed=4)).item_ids
    assert sorted(setting.item_ids) == sorted(field.table.item_ids)


def test_true_costs_are_given_only_on_purpose() -> None:
    field = make_field()
    setting = field.setting(Asked(baseline="m0", budget_share=1.0, is_cost_known=True))
    assert setting.is_cost_known
    assert setting.list_cost_usd[M1] == pytest.approx(field.table.cost_usd[1].mean())


def test_an_unknown_baseline_is_told() -> None:
    with pytest.raises(BaselineError, match=r"table 'made': no model 'gpt-9'"):
        make_field().setting(Asked(baseline="gpt-9", budget_share=0.1))


def test_a_share_is_exact_money() -> None:
    assert make_field().share_usd(1.0) == Decimal(repr(make_field().exhaustive_usd)).quantize(Decimal("1e-12"))


def test_a_table_is_read_once(tmp_path: Path) -> None:
    folder = written(tmp_path)
    assert read_field(folder) is read_field(folder)
