import sys

import numpy as np
import pytest

from modelsearch.compare.optuna_models import OptunaModels
from modelsearch.core.errors import OptionError, PlanError
from modelsearch.testing.factories import make_view

NOTHING = np.full((5, 10), np.nan)


def test_without_optuna_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(OptionError, match="pip install optuna"):
        OptunaModels().ask(make_view(NOTHING))


def test_when_all_are_tried_it_ends() -> None:
    assert OptunaModels().ask(make_view(np.ones((5, 10)))) == ()


def test_with_optuna_it_asks_for_one_new_model() -> None:
    pytest.importorskip("optuna")
    score = NOTHING.copy()
    score[:3] = 1.0
    view = make_view(score)
    (probe,) = OptunaModels(n_random=1).ask(view)
    assert probe.candidate_id in {"m03", "m04"}
    assert OptunaModels(n_random=1).ask(view)[0].candidate_id == probe.candidate_id


@pytest.mark.parametrize("changes", [{"kind": "cma"}, {"n_items": 0}, {"n_random": 0}])
def test_parameters_are_checked(changes: dict[str, object]) -> None:
    with pytest.raises(PlanError, match="OptunaModels"):
        OptunaModels(**changes)  # type: ignore[arg-type]
