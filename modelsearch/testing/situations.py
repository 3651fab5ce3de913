"""Views that a strategy must survive, from nothing bought to everything, and a small world to search to the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from modelsearch.core.candidate import Ensemble, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.outcome import Status
from modelsearch.core.search import STATUS_CODES, Floats, Move, Probe, SearchView
from modelsearch.core.task import TaskSpec
from modelsearch.testing.factories import make_ids, make_list_costs, make_task, make_view

N_ROWS = 9
N_ITEMS = 40
NAN = float("nan")


def true_scores(n_rows: int = N_ROWS, n_items: int = N_ITEMS, seed: int = 7) -> Floats:
    """(n_rows, n_items) zeros and ones of a world where dear candidates are better on average."""
    rng = np.random.default_rng(seed)
    ability, difficulty = np.linspace(1.6, -0.4, n_rows)[:, None], rng.normal(0.0, 1.0, n_items)[None, :]
    return (rng.random((n_rows, n_items)) < 1 / (1 + np.exp(difficulty - ability))).astype(np.float64)


def seen(scores: Floats, depths: Sequence[int]) -> Floats:
    """The scores with NaN beyond each row's depth."""
    columns = np.arange(scores.shape[1])[None, :]
    return np.where(columns < np.array(depths)[:, None], scores, np.nan)


def texts(scores: Floats) -> list[list[str | None]]:
    """An answer for each score: "right", or one of two wrong ones; None where there is no score."""
    wrong = ("wrong", "false")
    return [
        [
            None if np.isnan(s) else ("right" if s == 1 else wrong[(row + column) % 2])
            for column, s in enumerate(scores_row)
        ]
        for row, scores_row in enumerate(scores)
    ]


def situations() -> Mapping[str, SearchView]:
    """Views by name. Row 0 is the baseline and the dearest, but for `unknown prices`, where half have no price."""
    scores = true_scores()
    part = seen(scores, [20, 8, 16, 0, 8, 4, 20, 0, 8])
    whole = seen(scores, [N_ITEMS] * N_ROWS)
    costs = make_list_costs(N_ROWS)
    failed = [[Status.ERROR] * 12 + [None] * (N_ITEMS - 12)] * N_ROWS
    blank = np.full((N_ROWS, N_ITEMS), NAN)
    vote = Ensemble(members=tuple(Single(endpoint_id=EndpointId(name)) for name in make_ids(N_ROWS)[4:7]))
    with_vote = np.vstack([part, np.full(N_ITEMS, NAN)])
    return {
        "baseline only": make_view(np.full((1, N_ITEMS), NAN)),
        "baseline only, bought": make_view(whole[:1]),
        "single": make_view(blank[:2]),
        "single, bought": make_view(whole[:2]),
        "one item": make_view(whole[:3, :1]),
        "nothing bought": make_view(blank),
        "partly bought": make_view(part, answers=texts(part), round=3),
        "whole": make_view(whole, answers=texts(whole)),
        "dropped": make_view(part, answers=texts(part), pool=[0, 2, 5, 6]),
        "tied": make_view(np.ones((N_ROWS, N_ITEMS)), cost_usd=0.01),
        "tied, partly bought": make_view(seen(np.ones((N_ROWS, N_ITEMS)), [8] * N_ROWS), cost_usd=0.01),
        "all failed": make_view(blank, statuses=failed),
        "baseline unbought": make_view(np.vstack([blank[:1], part[1:]])),
        "unknown prices": make_view(part, list_cost_usd=np.where(np.arange(N_ROWS) % 2, np.nan, costs)),
        "free": make_view(part, cost_usd=0.0, list_cost_usd=np.zeros(N_ROWS)),
        "broke": make_view(part, answers=texts(part), spend_left_usd=0.0),
        "nearly broke": make_view(part, spend_left_usd=0.02),
        "with a vote": make_view(with_vote, answers=texts(with_vote), composites=[vote]),
        "weighted": make_view(part, task=_weighted_task()),
    }


def _weighted_task() -> TaskSpec:
    task = make_task(N_ITEMS)
    weighted = [replace(item, weight=1.0 + (n % 3), cluster=f"c{n // 4}") for n, item in enumerate(task.items)]
    return replace(task, items=tuple(weighted), metric="class_weighted_mean")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that could be bought. scores: (n_rows, n_items); cost_usd: (n_rows,) per item."""

    scores: Floats
    cost_usd: Floats

    def start(self, spend_left_usd: float) -> SearchView:
        """A view with nothing bought."""
        return make_view(np.full(self.scores.shape, np.nan), cost_usd=self.cost_usd, spend_left_usd=spend_left_usd)

    def bought(self, view: SearchView, probes: Sequence[Probe]) -> tuple[SearchView, float]:
        """The next round's view with the probes answered, and what they spent in USD."""
        old, index = view.outcomes, view.setting.item_index
        wanted = np.zeros(self.scores.shape, dtype=np.bool_)
        for probe in probes:
            wanted[view.row[probe.candidate_id], [index[item] for item in probe.item_ids]] = True
        wanted &= old.status == 0
        spend_usd = float((wanted * self.cost_usd[:, None]).sum())
        outcomes = replace(
            old,
            score=np.where(wanted, self.scores, old.score).astype(np.float32),
            status=np.where(wanted, STATUS_CODES[Status.OK], old.status).astype(np.uint8),
            cost_usd=np.where(wanted, self.cost_usd[:, None], old.cost_usd),
            latency_s=np.where(wanted, 1.0, old.latency_s).astype(np.float32),
        )
        for array in (outcomes.score, outcomes.status, outcomes.cost_usd, outcomes.latency_s):
            array.flags.writeable = False
        left = max(view.spend_left_usd - Decimal(repr(spend_usd)), Decimal(0))
        moves = (*view.moves, Move(phase=view.phase, round=view.round, probes=tuple(probes)))
        return replace(view, outcomes=outcomes, round=view.round + 1, spend_left_usd=left, moves=moves), spend_usd
