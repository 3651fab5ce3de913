from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.ids import EndpointId, ItemId
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.core.wire import ModelRequest
from modelsearch.evaluate.grade import Grade
from modelsearch.evaluate.recorded import (
    PROVIDER_ID,
    RecordedCosts,
    RecordedReplies,
    expected_cost_usd,
    recorded_market,
    recorded_task,
)
from modelsearch.evaluate.scoring import make_scorer
from tests.unit.api.small import make_table


def test_models_become_endpoints_of_one_provider() -> None:
    market = recorded_market(make_table())
    assert {*market.endpoints, *market.models} == {f"m{n}" for n in range(5)}
    assert {endpoint.provider_id for endpoint in market.endpoints.values()} == {PROVIDER_ID}
    rates = {rate.kind: rate.usd for rate in market.endpoints[EndpointId("m1")].rates}
    assert rates == {"input": Decimal(4), "output": Decimal(16)}


def test_an_unknown_price_stays_unknown() -> None:
    table = make_table()
    unknown = replace(table.models[1], input_usd_per_mtok=None)
    market = recorded_market(replace(table, models=(table.models[0], unknown, *table.models[2:])))
    assert {rate.kind: rate.usd for rate in market.endpoints[EndpointId("m1")].rates}["input"] is None
    assert expected_cost_usd(unknown) is None
    assert expected_cost_usd(table.models[0]) == pytest.approx((8 * 100 + 32 * 20) / 1e6)


def test_answers_that_explain_the_scores_are_graded_by_equality() -> None:
    table = make_table()
    task, replies = recorded_task(table, margin=0.1, alpha=0.2), RecordedReplies(table=table)
    assert (task.scorer.name, task.margin, task.alpha) == ("exact", 0.1, 0.2)
    assert replies.text(0, 0) == table.gold[0]


@pytest.mark.parametrize("how", ["fractions", "no gold", "scores that are no equality"])
def test_else_the_score_itself_is_the_reply(how: str) -> None:
    table = make_table()
    if how == "fractions":
        table = replace(table, score=table.score * 0.75)
    elif how == "no gold":
        table = replace(table, gold=("", *table.gold[1:]))
    else:
        table = replace(table, score=1.0 - table.score)
    task, replies = recorded_task(table), RecordedReplies(table=table)
    scorer = make_scorer(task)
    for row, column in np.ndindex(*table.score.shape):
        canonical = scorer.canonical(replies.text(row, column), task.items[column])
        assert canonical is not None
        assert scorer.score(canonical, task.items[column]) == table.score[row, column]


def _graded(table: RecordedTable) -> list[Grade]:
    task, replies = recorded_task(table), RecordedReplies(table=table)
    scorer = make_scorer(task)
    return [replies.grade(r, c, task.items[c], scorer, task) for r, c in np.ndindex(*table.score.shape)]


def test_answers_are_voted_on_even_where_no_equality_explains_the_scores() -> None:
    table = make_table()
    wrong = replace(table, score=1.0 - table.score)
    assert RecordedReplies(table=wrong).is_votable
    assert not RecordedReplies(table=wrong).is_exact
    grades = _graded(wrong)
    assert [grade.answer for grade in grades] == [str(answer) for answer in table.answer.ravel()]
    assert [grade.score for grade in grades] == wrong.score.ravel().tolist()


@pytest.mark.parametrize("words", [("pass", "pass"), ("wrong", "right")])
def test_grades_in_place_of_answers_are_never_voted_on(words: tuple[str, str]) -> None:
    table = make_table()
    graded = replace(table, answer=np.where(table.score == 1, words[1], words[0]).astype(object))
    assert not RecordedReplies(table=graded).is_votable
    grades = _graded(graded)
    assert {grade.answer for grade in grades} == {None}
    assert [grade.score for grade in grades] == graded.score.ravel().tolist()


def test_a_cell_without_a_record_says_nothing() -> None:
    table = make_table()
    is_recorded = np.zeros_like(table.is_recorded)
    is_recorded[1:] = True
    assert RecordedReplies(table=replace(table, is_recorded=is_recorded)).text(0, 3) == ""


def test_a_bound_is_the_recorded_cost() -> None:
    table = make_table()
    costs = RecordedCosts(table=table)
    market = recorded_market(table)
    request = ModelRequest(messages=(), max_output_tokens=1)
    bound = costs.bound(market.endpoints[EndpointId("m2")], ItemId("i004"), request)
    assert bound == costs.cost("m2", "i004") == Decimal(repr(float(table.cost_usd[2, 4])))


def test_a_free_model_is_free_and_not_unknown() -> None:
    free = RecordedModel(
        name="f", provider="p", family="f", params_b=None, input_usd_per_mtok=0.0, output_usd_per_mtok=0.0,
        context_tokens=None,
    )  # fmt: skip
    assert expected_cost_usd(free) == 0.0
