from decimal import Decimal

from modelsearch.compare.tables import Asked
from modelsearch.compare.watched import WatchedFold
from modelsearch.core.events import RoundClosed
from modelsearch.core.money import ZERO_USD
from tests.unit.compare.fields import make_field

FIELD = make_field()
SETTING = FIELD.setting(Asked(baseline="m0", budget_share=1.0))


def watched(limits_usd: list[Decimal]) -> tuple[WatchedFold, list[tuple[int, Decimal]]]:
    said: list[tuple[int, Decimal]] = []
    fold = WatchedFold(SETTING, limits_usd, lambda place: said.append((place, fold.spend_usd)))
    return fold, said


def test_it_stops_before_the_outcome_that_would_pass_a_limit() -> None:
    outcomes = [FIELD.cells.outcome(FIELD.single("m0"), column) for column in range(4)]
    limit = outcomes[0].cost_usd + outcomes[1].cost_usd
    fold, said = watched([limit, limit, Decimal(100)])
    for outcome in outcomes:
        fold.take(outcome)
    assert said == [(0, limit), (1, limit)]
    fold.finish()
    assert said[2] == (2, sum((outcome.cost_usd for outcome in outcomes), ZERO_USD))
    assert fold.n_calls == 4


def test_time_adds_over_rounds_and_not_within_one() -> None:
    fold, _ = watched([Decimal(100)])
    first, second = (FIELD.cells.outcome(FIELD.single("m1"), column) for column in (0, 1))
    fold.take(first)
    fold.take(second)
    assert fold.elapsed_s == max(first.latency_s, second.latency_s)
    fold.watch(RoundClosed(phase="p", round=0))
    third = FIELD.cells.outcome(FIELD.single("m1"), 2)
    fold.take(third)
    assert fold.elapsed_s == max(first.latency_s, second.latency_s) + third.latency_s
    assert fold.n_rounds == 1


def test_what_is_given_counts_as_no_call() -> None:
    fold, said = watched([ZERO_USD])
    outcome = FIELD.cells.outcome(FIELD.single("m0"), 0)
    fold.take(type(outcome)(candidate_id=outcome.candidate_id, item_id=outcome.item_id, status=outcome.status))
    assert (fold.n_calls, said) == (0, [])
