"""A structure scored on bought items is the candidate as the evaluation would score it."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.candidate import NEVER, Cascade
from modelsearch.core.ids import CallId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.evaluate.composite import cascade_outcome
from modelsearch.search.composing import Bought, bought
from modelsearch.search.mutations import Space, crossed, mutated
from modelsearch.search.structures import Structure, Voting, candidate_of, canonical, fronts_of
from modelsearch.testing.factories import make_view
from modelsearch.testing.situations import texts

N_ITEMS, N_MODELS = 40, 5


def _bought(seed: int) -> Bought:
    rng = np.random.default_rng(seed)
    scores = (rng.random((N_MODELS, N_ITEMS)) < 0.7).astype(np.float64)
    view = make_view(
        scores,
        answers=texts(scores),
        cost_usd=list(rng.random(N_MODELS) + 0.1),
        confidence=rng.random((N_MODELS, N_ITEMS)),
    )
    found = bought(view, min_items=1)
    assert found is not None
    return found


def _voting(found: Bought) -> Voting:
    n_rows, n_items = found.gap.shape
    return Voting(worth=np.ones((n_rows, n_items)), weights=np.ones(n_rows), invalid=0.0)


def _space(found: Bought, n_members: int = 4) -> Space:
    rows = tuple(range(len(found.singles)))
    return Space(
        found=found,
        rows=rows,
        levels=dict.fromkeys(rows, (NEVER, 0.3, 0.6)),
        kin=dict.fromkeys(rows, ()),
        max_members=n_members,
    )


def _outcomes(found: Bought, item: int) -> list[Outcome]:
    return [
        Outcome(
            candidate_id=single.id,
            item_id="i",  # type: ignore[arg-type]
            status=Status.OK,
            answer=str(found.answer[row, item]),
            score=float(found.score[row, item]),
            confidence=float(found.confidence[row, item]),
            cost_usd=Decimal(str(float(found.item_usd[row, item]))),
            latency_s=1.0,
            call_ids=(CallId("c"),),
        )
        for row, single in enumerate(found.singles)
    ]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_a_cascade_scores_and_costs_as_when_it_is_asked(seed: int) -> None:
    found, rng = _bought(seed % 7), np.random.default_rng(seed)
    structure = mutated(mutated(_space(found).random(rng), _space(found), rng), _space(found), rng)
    candidate = candidate_of(found, structure, _voting(found))
    if not isinstance(candidate, Cascade):
        return
    fronts = fronts_of(found, [structure], _voting(found))
    for item in range(N_ITEMS):
        told = cascade_outcome(candidate, _outcomes(found, item), "i")  # type: ignore[arg-type]
        assert fronts.gap[0, item] + found.score[found.base, item] == pytest.approx(told.score)
        assert fronts.item_usd[0, item] == pytest.approx(float(told.cost_usd), rel=1e-5)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_every_change_keeps_a_structure_whole(seed: int) -> None:
    found, rng = _bought(0), np.random.default_rng(seed)
    space = _space(found)
    one, other = space.random(rng), space.random(rng)
    for _ in range(20):
        one, other = mutated(one, space, rng), crossed(one, other, space, rng)
        for each in (one, other):
            assert 2 <= len(each.rows) <= 4
            assert len(set(each.rows)) == len(each.rows)
            assert len(each.thresholds) == (0 if each.is_vote else len(each.rows) - 1)
            assert canonical(found, each) == each
            candidate_of(found, each, _voting(found))


def test_equal_composites_are_one_structure() -> None:
    found = _bought(1)
    assert canonical(found, Structure("majority", (0, 1, 2))) == canonical(found, Structure("majority", (2, 0, 1)))
    idle = Structure("confidence", (0, 1, 2), (NEVER, NEVER))
    assert canonical(found, idle).rule == "agreement"
