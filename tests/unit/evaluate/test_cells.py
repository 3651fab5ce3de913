import numpy as np
import pytest

from modelsearch.core.candidate import Cascade, Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.evaluate import cells
from modelsearch.evaluate.cells import Cells
from modelsearch.evaluate.recorded import recorded_task
from tests.unit.api.small import make_table

TABLE = make_table()
M = tuple(Single(endpoint_id=EndpointId(model.name)) for model in TABLE.models)


def make_cells() -> Cells:
    return Cells(TABLE, recorded_task(TABLE))


def test_every_cell_is_what_was_recorded() -> None:
    found = make_cells()
    for row, single in enumerate(M):
        outcomes = [found.outcome(single, column) for column in range(len(TABLE.item_ids))]
        np.testing.assert_array_equal([o.score for o in outcomes], TABLE.score[row])
        np.testing.assert_allclose([float(o.cost_usd) for o in outcomes], TABLE.cost_usd[row], atol=1e-12)
        np.testing.assert_array_equal([o.latency_s for o in outcomes], TABLE.latency_s[row])
        assert all(o.spend_usd == o.cost_usd for o in outcomes)


def test_an_outcome_is_made_once() -> None:
    found = make_cells()
    assert found.outcome(M[2], 3) is found.outcome(M[2], 3)


def test_truth_of_a_model_is_its_row_and_of_a_vote_that_of_its_answers() -> None:
    found, vote = make_cells(), Ensemble(members=(M[2], M[3], M[4]))
    assert found.mean_score(M[2]) == pytest.approx(TABLE.score[2].mean())
    assert found.mean_cost_usd(M[2]) == pytest.approx(TABLE.cost_usd[2].mean())
    assert found.mean_score(vote) == 1.0  # never two of the three are wrong on one item
    assert found.mean_cost_usd(vote) == pytest.approx(TABLE.cost_usd[2:5].mean(axis=1).sum())
    assert found.outcome(vote, 0).spend_usd == 0


def test_a_cascade_without_confidence_goes_to_its_last_leg() -> None:
    found = make_cells().outcome(Cascade(legs=(M[1], M[0]), thresholds=(0.5,)), 0)
    assert found.score == 1.0
    assert float(found.cost_usd) == pytest.approx(TABLE.cost_usd[:2, 0].sum())


def test_composites_beyond_those_kept_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "MAX_COMPOSITES", 1)
    found = make_cells()
    votes = [Ensemble(members=(M[2], M[3], M[4])), Ensemble(members=(M[4], M[3], M[2]))]
    first = [found.outcome(vote, 0) for vote in votes]
    assert found.outcome(votes[0], 0) == first[0]
