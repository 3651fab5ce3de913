import sys
from pathlib import Path

import numpy as np
import pytest

from bench.search_study import SHARES, Rows, captured, chosen_without, tell
from bench.study_constants import Constant, constants, overridden, shipped, with_value
from modelsearch.catalog.plan_file import read_plan
from modelsearch.compare.contenders import Contender
from modelsearch.decide import choice, gaps
from modelsearch.search.plan import make_plan
from modelsearch.search.samplers.gap_race import GapRace
from modelsearch.stats import gap_features, gap_model
from tests.unit.compare.rows import make_row

PLANS = Path(__file__).resolve().parents[3] / "catalogs" / "plans"


def test_every_constant_exists_and_is_tried_on_both_sides() -> None:
    for constant in constants():
        first, *others = constant.grid
        assert first == shipped(constant.name)
        assert min(others) < first < max(others)


@pytest.mark.parametrize("constant", constants(), ids=lambda constant: constant.name)
def test_a_constant_is_overridden_for_as_long_as_asked(constant: Constant) -> None:
    part, _, field = constant.name.rpartition(".")
    other = constant.grid[1]
    with overridden(constant.name, other):
        if part in ("prior", "rules"):
            (rules,) = gaps.gap_posterior.__defaults__ or ()
            assert getattr(rules.prior if part == "prior" else rules, field) == other
        elif part not in ("race", "cascade"):
            assert getattr(sys.modules[f"modelsearch.{part}"], field) == other
    assert shipped(constant.name) == constant.grid[0]
    assert gaps.gap_posterior.__defaults__ == (gaps.RULES,)


def test_it_is_overridden_wherever_it_was_imported_and_nowhere_else() -> None:
    with overridden("stats.gap_features.LOADING_SD", 9.0):
        assert (gap_features.LOADING_SD, vars(gap_model)["LOADING_SD"]) == (9.0, 9.0)
    with overridden("stats.gap_features.N_STEPS", 1):
        assert gap_features.N_STEPS == 1
        assert gap_model.N_STEPS == 3
    with pytest.raises(RuntimeError), overridden("decide.choice.LEAST_WORTH", 0.9):
        raise RuntimeError
    assert choice.LEAST_WORTH == 0.2


def test_a_parameter_of_the_plan_is_replaced_in_it() -> None:
    plain = Contender(name="balanced", plan=make_plan(read_plan("balanced", PLANS)))
    changed = with_value(plain, "race.step_share", 0.3)
    assert [p.sampler for p in changed.plan.phases] == [None, GapRace(step_share=0.3)]
    combiners = with_value(plain, "cascade.min_gain", 0.5).plan.phases[1].combiners
    assert combiners[0] != plain.plan.phases[1].combiners[0]
    assert combiners[1:] == plain.plan.phases[1].combiners[1:]
    assert with_value(plain, "decide.choice.LEAST_WORTH", 0.5) is plain


def _rows(**by_table: float) -> Rows:
    return [
        make_row(table=table, budget_share=share, net_captured=value)
        for table, value in by_table.items()
        for share in SHARES
    ]


def test_the_table_left_out_has_no_say_in_the_choice() -> None:
    by_value = {1.0: _rows(a=0.5, b=0.5, c=0.5), 2.0: _rows(a=1.0, b=0.3, c=0.3)}
    assert chosen_without(by_value, 1.0) == {"a": 1.0, "b": 2.0, "c": 2.0}
    assert chosen_without({1.0: by_value[1.0], 3.0: by_value[1.0]}, 1.0) == {"a": 1.0, "b": 1.0, "c": 1.0}


def test_the_loss_is_that_of_the_left_out_tables(capsys: pytest.CaptureFixture[str]) -> None:
    by_value = {1.0: _rows(a=0.5, b=0.5, c=0.5), 2.0: _rows(a=1.0, b=0.3, c=0.3)}
    loss = tell(Constant(name="x", grid=(1.0, 2.0)), by_value)
    assert loss == pytest.approx(0.5 - (0.5 + 0.3 + 0.3) / 3)
    assert "1:1 2:2" in capsys.readouterr().out


def test_nothing_to_capture_does_not_count() -> None:
    np.testing.assert_allclose(captured(_rows(a=0.5, b=float("nan"))), [0.5] * 3)
