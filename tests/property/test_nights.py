"""What holds of every life of a task, whatever the market does and however jobs end."""

import random
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.money import ZERO_USD
from modelsearch.core.nights import Job
from modelsearch.core.result import Verdict
from modelsearch.nights.after import after_night, rerank
from modelsearch.nights.plan import plan_night
from modelsearch.nights.tonight import Tonight
from tests.unit.nights.played import ALPHA, BASE, Played, random_life

seeds = st.integers(min_value=0, max_value=10**6)
checked = settings(max_examples=15, deadline=None)


@checked
@given(seeds)
def test_everybody_on_sale_stands_waits_or_was_told_why_not(seed: int) -> None:
    for played in random_life(seed):
        state, tonight = played.outcome.state, Tonight(state=played.outcome.state, night=played.night)
        if BASE not in state.standings and BASE not in state.begun:
            continue
        for name in played.night.offers:
            ways = [tonight.standing(name) is not None, name in state.waiting, name in state.seen]
            assert sum(ways) == 1 or name == BASE, (name, ways)


@checked
@given(seeds)
def test_the_levels_of_all_places_sum_to_alpha_at_most(seed: int) -> None:
    levels: dict[int, float] = {}
    for job in _jobs(random_life(seed)):
        if job.place:
            assert levels.setdefault(job.place, job.level) == job.level
    assert sum(levels.values()) <= ALPHA


@checked
@given(seeds)
def test_a_place_belongs_to_one_candidate_at_one_revision(seed: int) -> None:
    owners: dict[int, tuple[str, str]] = {}
    for played in random_life(seed):
        for result in played.results:
            job = result.job
            if job.place and (result.n_calls or result.end != "done"):
                assert owners.setdefault(job.place, (job.candidate_id, job.revision)) == (
                    job.candidate_id,
                    job.revision,
                )


@checked
@given(seeds)
def test_a_night_never_reserves_more_than_its_budget(seed: int) -> None:
    for played in random_life(seed):
        spend_usd = ZERO_USD
        for stage in played.stages:
            assert spend_usd + sum((job.budget_usd for job in stage), ZERO_USD) <= played.night.budget_usd
            spend_usd += sum((r.spend_usd for r in played.results if r.job in stage), ZERO_USD)


@checked
@given(seeds)
def test_no_job_is_done_twice_in_a_night_and_a_finished_test_never_again(seed: int) -> None:
    finished: dict[str, str] = {}
    for played in random_life(seed):
        keys = [job.key for stage in played.stages for job in stage]
        assert len(keys) == len(set(keys))
        finished = {name: revision for name, revision in finished.items() if name in set(played.night.offers)}
        for result in played.results:
            name, revision = result.job.candidate_id, result.job.revision
            if result.job.kind == "screen":
                assert finished.get(name) != revision
                if result.end == "done" and all(found.n_items for found in result.standings):
                    finished[name] = revision


@checked
@given(seeds)
def test_a_night_done_twice_is_done_once(seed: int) -> None:
    for played in random_life(seed):
        again = after_night(played.outcome.state, played.night, played.results)
        assert again.state == played.outcome.state
        assert not again.moves
        assert not again.alarms
        assert plan_night(played.outcome.state, played.night).jobs == ()


@checked
@given(seeds)
def test_neither_the_order_of_results_nor_of_the_listing_matters(seed: int) -> None:
    rng = random.Random(seed)
    for played in random_life(seed):
        offers = list(played.night.offers.items())
        results = list(played.results)
        rng.shuffle(offers)
        rng.shuffle(results)
        other = replace(played.night, offers=dict(offers))
        assert plan_night(played.before, other).jobs == plan_night(played.before, played.night).jobs
        again = after_night(played.before, other, results)
        assert again.state == played.outcome.state
        assert again.moves == played.outcome.moves


@checked
@given(seeds)
def test_the_recommendation_moves_to_certificates_and_to_the_baseline_only(seed: int) -> None:
    for played in random_life(seed):
        for move in played.outcome.moves:
            found = played.outcome.state.standings.get(move.to_id)
            assert move.to_id == BASE or (found is not None and found.verdict is Verdict.NON_INFERIOR and found.n_items)
            assert str(move.to_id) in move.reason


@checked
@given(seeds)
def test_a_rerank_after_the_night_changes_nothing(seed: int) -> None:
    for played in random_life(seed):
        again = rerank(played.outcome.state, played.night)
        assert not again.moves
        assert again.state.standings == played.outcome.state.standings


def _jobs(life: Iterable[Played]) -> list[Job]:
    return [job for played in life for stage in played.stages for job in stage]
