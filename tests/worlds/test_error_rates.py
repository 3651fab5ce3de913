"""What the product promises, on made-up searches with known truth. Every bound carries three Monte Carlo errors."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from modelsearch.core.candidate import Candidate, Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.result import Certainty, Verdict
from modelsearch.core.search import Floats, SearchView, Setting
from modelsearch.decide.alpha import alpha_shares
from modelsearch.decide.estimates import estimates
from modelsearch.decide.evidence import evidence
from modelsearch.decide.pairs import paired
from modelsearch.decide.recommend import recommend
from modelsearch.testing.factories import make_setting, make_view

pytestmark = pytest.mark.slow

ALPHA, MARGIN = 0.05, 0.02
N_SEARCHES = 200


def allowed(level: float, n: int) -> float:
    return level + 3 * float(np.sqrt(level * (1 - level) / n))


def correlated_scores(rng: np.random.Generator, quality: Floats, n_items: int) -> Floats:
    """(n_rows, n_items) 0/1 scores whose row means are exactly round(quality N) / N, hard items hard for all."""
    hardness = rng.random(n_items)[None, :] + rng.normal(0, 0.35, (len(quality), n_items))
    rank = hardness.argsort(axis=1).argsort(axis=1)
    return (rank < np.round(quality * n_items)[:, None]).astype(np.float64)


def looks(scores: Floats, setting: Setting, steps: Iterator[int] | range) -> Iterator[SearchView]:
    for n in steps:
        seen = scores.copy()
        seen[:, n:] = np.nan
        yield make_view(seen, setting=setting)


def test_forty_candidates_just_too_bad_are_rarely_certified_at_any_look() -> None:
    rng = np.random.default_rng(0)
    n_items, n_rows = 200, 41
    setting = make_setting(n_rows, n_items, margin=MARGIN)
    quality = np.full(n_rows, 0.8 - MARGIN - 1.2 / n_items)
    quality[0] = 0.8
    n_wrong = 0
    for _ in range(N_SEARCHES):
        scores = correlated_scores(rng, quality, n_items)
        n_wrong += any(
            Verdict.NON_INFERIOR in evidence(view, paired(view)).verdicts(alpha_shares(view), ALPHA)[1:]
            for view in looks(scores, setting, range(25, n_items + 1, 25))
        )
    assert n_wrong / N_SEARCHES <= allowed(ALPHA, N_SEARCHES)


def test_keeping_the_baseline_is_rarely_certified_while_something_good_is_there() -> None:
    rng = np.random.default_rng(1)
    n_items, n_rows = 150, 5
    setting = make_setting(n_rows, n_items, margin=MARGIN)
    quality = np.array([0.8, 0.785, 0.4, 0.3, 0.35])
    n_wrong = 0
    for _ in range(N_SEARCHES):
        scores = correlated_scores(rng, quality, n_items)
        answers = [recommend(view, estimates(view)) for view in looks(scores, setting, range(60, n_items, 45))]
        n_wrong += any(a.candidate_id == "m00" and a.certainty is Certainty.CERTIFIED for a in answers)
    assert n_wrong / N_SEARCHES <= allowed(ALPHA, N_SEARCHES)


def test_votes_made_from_what_looked_best_are_rarely_certified_wrongly() -> None:
    """After 40 items the three best looking of 30 equal votes become candidates, all of them truly too bad."""
    rng = np.random.default_rng(2)
    n_items, n_singles, n_votes, birth = 160, 4, 30, 40
    setting = make_setting(n_singles, n_items, margin=MARGIN)
    names = [EndpointId(f"m{i:02d}") for i in range(n_singles)]
    votes: tuple[Candidate, ...] = tuple(
        Ensemble(members=tuple(Single(endpoint_id=name) for name in [*names[1:], *names[: k + 1]])) for k in range(3)
    )
    n_wrong = 0
    for _ in range(N_SEARCHES):
        quality = np.concatenate([[0.8], np.full(n_singles - 1, 0.5), np.full(n_votes, 0.8 - MARGIN - 1.2 / n_items)])
        scores = correlated_scores(rng, quality, n_items)
        gain = scores[n_singles:, :birth].mean(axis=1)
        rows = [*range(n_singles), *(n_singles + np.argsort(-gain)[:3])]
        chosen = scores[rows]
        for n in range(60, n_items + 1, 25):
            seen = chosen.copy()
            seen[:, n:] = np.nan
            view = make_view(seen, setting=setting, composites=votes)
            view = replace(view, made_at={vote.id: birth for vote in votes})
            proof = evidence(view, paired(view)).verdicts(alpha_shares(view), ALPHA)
            if Verdict.NON_INFERIOR in proof[n_singles:]:
                n_wrong += 1
                break
    assert n_wrong / N_SEARCHES <= allowed(ALPHA, N_SEARCHES)


def test_complete_rows_are_rarely_certified_wrongly_whoever_completes_them_and_when() -> None:
    """Sixteen rows one item too bad; at each look those that agree best with the baseline so far are completed."""
    rng = np.random.default_rng(4)
    n_items, n_rows = 200, 17
    setting = make_setting(n_rows, n_items, margin=MARGIN)
    quality = np.full(n_rows, 0.8 - MARGIN - 1.2 / n_items)
    quality[0] = 0.8
    n_wrong = 0
    for _ in range(N_SEARCHES):
        scores = correlated_scores(rng, quality, n_items)
        n_wrong += any(
            Verdict.NON_INFERIOR in evidence(view, paired(view)).verdicts(alpha_shares(view), ALPHA)[1:]
            for view in completed_by_looking(scores, setting)
        )
    assert n_wrong / N_SEARCHES <= allowed(ALPHA, N_SEARCHES)


def completed_by_looking(scores: Floats, setting: Setting) -> Iterator[SearchView]:
    for n_seen in range(40, len(scores[0]) - 10, 30):
        agreement = (scores[:, :n_seen] == scores[0, :n_seen]).mean(axis=1)
        for n_complete in (4, 16):
            seen = scores.copy()
            seen[0, n_seen:] = np.nan
            others = np.argsort(-agreement[1:], kind="stable")[n_complete:] + 1
            seen[others, n_seen:] = np.nan
            yield make_view(seen, setting=setting)


def test_complete_rows_that_are_good_are_certified_on_a_part_of_the_baselines_items() -> None:
    rng = np.random.default_rng(5)
    n_items, n_rows = 400, 12
    setting = make_setting(n_rows, n_items, margin=0.05)
    quality = np.linspace(0.9, 0.85, n_rows)
    found, own = 0, 0
    for _ in range(20):
        scores = correlated_scores(rng, quality, n_items)
        scores[0, 240:] = np.nan
        view = make_view(scores, setting=setting)
        found += evidence(view, paired(view)).verdicts(alpha_shares(view), ALPHA)[1] is Verdict.NON_INFERIOR
        scores[1:, 350:] = np.nan
        view = make_view(scores, setting=setting)
        own += evidence(view, paired(view)).verdicts(alpha_shares(view), ALPHA)[1] is Verdict.NON_INFERIOR
    assert found > own + 5


@dataclass(frozen=True)
class World:
    """How the candidates' qualities lie below (or around) the baseline's."""

    name: str
    spread: float
    edge: float


WORLDS = (
    World("tight", 0.05, 0.0),
    World("wide", 0.2, 0.0),
    World("poor baseline", 0.2, 0.08),
    World("none", 0.1, -0.05),
)


def test_stated_probabilities_come_true() -> None:
    """The recommendation picks the luckiest of 20: its stated chance must not exceed how often it is right."""
    rng = np.random.default_rng(3)
    n_items, n_rows = 300, 21
    setting = make_setting(n_rows, n_items, margin=MARGIN)
    stated, right = [], []
    for run in range(320):
        world = WORLDS[run % len(WORLDS)]
        quality = np.clip(0.85 + world.edge - rng.gamma(2.0, world.spread / 2, n_rows), 0.05, 0.99)
        quality[0] = 0.85
        scores = correlated_scores(rng, quality, n_items)
        n = int(rng.choice([10, 20, 40, 80, 150]))
        view = next(looks(scores, setting, range(n, n + 1)))
        answer = recommend(view, estimates(view))
        if answer.p_right is not None:
            row = view.row[answer.candidate_id]
            stated.append(answer.p_right)
            right.append(scores[row].mean() - scores[0].mean() >= -MARGIN - 1e-9)
    error = float(np.std(np.array(stated) - np.array(right)) / np.sqrt(len(stated)))
    assert len(stated) > 50
    assert np.mean(stated) <= np.mean(right) + 0.05 + 3 * error
    assert np.mean(right) > 0.5
