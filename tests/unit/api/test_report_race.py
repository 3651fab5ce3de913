from dataclasses import replace
from decimal import Decimal

import numpy as np

from modelsearch.api.report_race import MAX_CONTENDERS, MAX_POINTS, MIN_POINTS, race_of
from modelsearch.core.events import Event, OutcomeScored, PhaseStarted, RoundClosed
from modelsearch.core.ids import ItemId
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.result import SearchResult
from modelsearch.core.search import Move, Probe, Setting
from modelsearch.decide.anytime import with_anytime_intervals
from modelsearch.decide.estimates import estimates
from modelsearch.decide.recommend import recommend
from modelsearch.search.fold import Fold
from modelsearch.testing.factories import make_setting
from tests.unit.report.results import make_result

N_ITEMS = 60


def played(setting: Setting, n_rounds: int, *, seed: int = 3) -> list[Event]:
    """Rounds that ask everybody the next items; later candidates are a little worse and cheaper."""
    rng = np.random.default_rng(seed)
    events: list[Event] = [PhaseStarted(phase="race", spend_usd=Decimal(9))]
    size = N_ITEMS // n_rounds
    for number in range(n_rounds):
        items = tuple(setting.item_ids[number * size : (number + 1) * size])
        probes = tuple(Probe(candidate_id=c.id, item_ids=items) for c in setting.candidates)
        events.append(Move(phase="race", round=number, probes=probes))
        events += [
            OutcomeScored(
                outcome=Outcome(
                    candidate_id=c.id, item_id=ItemId(item), status=Status.OK, answer="x",
                    score=float(rng.random() < 0.95 - 0.03 * row), cost_usd=Decimal("0.01") / (row + 1),
                    spend_usd=Decimal("0.01") / (row + 1), latency_s=0.1,
                )
            )
            for item in items
            for row, c in enumerate(setting.candidates)
        ]  # fmt: skip
        events.append(RoundClosed(phase="race", round=number))
    return events


def ended(setting: Setting, events: list[Event]) -> SearchResult:
    fold = Fold(setting)
    for event in events:
        fold.apply(event)
    view = fold.view()
    found = estimates(view)
    return make_result(
        baseline_id=view.baseline_id,
        recommendation=recommend(view, found),
        estimates=with_anytime_intervals(view, found),
    )


def test_the_last_point_is_the_result_and_each_row_has_its_interval() -> None:
    setting = make_setting(4, N_ITEMS)
    events = played(setting, 6)
    result = ended(setting, events)
    race = race_of(setting, events, result)
    assert len(race) == 6
    assert race[-1].answer == result.recommendation
    final = {estimate.candidate_id: estimate for estimate in result.estimates}
    assert {row.candidate_id for row in race[-1].rows} == {c.id for c in setting.candidates} - {result.baseline_id}
    for row in race[-1].rows:
        assert (row.gap, row.n_items) == (final[row.candidate_id].gap, N_ITEMS)


def test_each_point_says_what_a_search_that_had_stopped_there_would_have_said() -> None:
    setting = make_setting(4, N_ITEMS)
    events = played(setting, 6)
    race = race_of(setting, events, ended(setting, events))
    closed = [n for n, event in enumerate(events) if isinstance(event, RoundClosed)]
    for point, end in zip(race, closed, strict=True):
        shorter = ended(setting, events[: end + 1])
        assert point.answer == shorter.recommendation
        known = {e.candidate_id: e for e in shorter.estimates}
        assert all(row.gap == known[row.candidate_id].gap for row in point.rows)


def test_spend_and_outcomes_only_grow_and_come_from_the_journal() -> None:
    setting = make_setting(3, N_ITEMS)
    events = played(setting, 5)
    race = race_of(setting, events, ended(setting, events))
    spent = [point.spend_usd for point in race]
    assert spent == sorted(spent)
    whole = sum(float(e.outcome.spend_usd) for e in events if isinstance(e, OutcomeScored))
    assert abs(spent[-1] - whole) < 1e-9
    assert [point.n_outcomes for point in race] == [36 * k for k in range(1, 6)]


def test_many_rounds_become_few_points_and_the_last_round_is_one() -> None:
    setting = make_setting(2, N_ITEMS)
    events = played(setting, N_ITEMS)
    race = race_of(setting, events, ended(setting, events))
    assert MIN_POINTS <= len(race) <= MAX_POINTS + 1
    assert race[-1].round == N_ITEMS - 1
    assert race[0].round == 0


def test_many_contenders_become_few_with_the_answer_among_them() -> None:
    setting = make_setting(MAX_CONTENDERS + 6, N_ITEMS)
    events = played(setting, 3)
    result = ended(setting, events)
    race = race_of(setting, events, result)
    shown = {row.candidate_id for row in race[-1].rows}
    assert len(shown) == MAX_CONTENDERS
    assert result.baseline_id not in shown
    assert result.recommendation.candidate_id in shown | {result.baseline_id}


def test_nothing_asked_is_no_race() -> None:
    setting = make_setting(2, N_ITEMS)
    result = ended(setting, [])
    assert race_of(setting, [PhaseStarted(phase="race", spend_usd=Decimal(1))], replace(result)) == ()
