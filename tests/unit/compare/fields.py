"""A made-up table whose truth is plain: accuracy falls with price, so that something in the middle is the answer."""

from pathlib import Path

import numpy as np

from modelsearch.compare.contenders import Contender
from modelsearch.compare.tables import Field
from modelsearch.core.plan import Phase, Plan
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.search.combiners.majority_vote import MajorityVote
from modelsearch.search.samplers.round_robin import RoundRobin
from modelsearch.store.recorded import write_recorded_table

QUALITY = (0.9, 0.9, 0.88, 0.8, 0.6, 0.3)


def make_table(n_items: int = 50, *, seed: int = 0, name: str = "made", has_latency: bool = True) -> RecordedTable:
    """Models m0 (dearest) to m5, each about half the price of the one before, right on a share of the items."""
    rng = np.random.default_rng(seed)
    n_models = len(QUALITY)
    score = np.zeros((n_models, n_items))
    for row, quality in enumerate(QUALITY):
        score[row, rng.permutation(n_items)[: round(quality * n_items)]] = 1.0
    prices = 8.0 / 2.0 ** np.arange(n_models)
    cost = (prices[:, None] * 1e-3 * rng.uniform(0.8, 1.2, (n_models, n_items))).round(9)
    models = tuple(
        RecordedModel(
            name=f"m{row}", provider="p", family=f"f{row % 2}", params_b=float(2 ** (n_models - row)),
            input_usd_per_mtok=float(price), output_usd_per_mtok=float(4 * price), context_tokens=8192,
        )
        for row, price in enumerate(prices)
    )  # fmt: skip
    gold = tuple("yes" if n % 2 else "no" for n in range(n_items))
    other = {"yes": "no", "no": "yes"}
    answer = [[g if right else other[g] for g, right in zip(gold, row, strict=True)] for row in score]
    return RecordedTable(
        name=name,
        models=models,
        item_ids=tuple(f"i{n:03d}" for n in range(n_items)),
        score=score,
        cost_usd=cost,
        latency_s=rng.uniform(0.1, 2.0, cost.shape).round(3) if has_latency else np.full(cost.shape, np.nan),
        input_tokens=np.full(cost.shape, 100),
        output_tokens=np.full(cost.shape, 10),
        answer=np.array(answer, dtype=object),
        gold=gold,
        is_recorded=np.ones(cost.shape, dtype=np.bool_),
    )


def make_field(n_items: int = 50, *, seed: int = 0) -> Field:
    return Field(make_table(n_items, seed=seed))


def written(folder: Path, name: str = "made", *, seed: int = 0) -> Path:
    """A table's folder."""
    write_recorded_table(make_table(seed=seed, name=name), folder / name)
    return folder / name


def sweep(*, is_anytime: bool = True, has_votes: bool = False, step_items: int = 4) -> Contender:
    """Everybody, some items a step."""
    combiners = (MajorityVote(min_items=3),) if has_votes else ()
    phase = Phase(name="all", sampler=RoundRobin(step_items=step_items), combiners=combiners, max_rounds=500)
    return Contender(name="sweep", plan=Plan(name="sweep", phases=(phase,), is_anytime=is_anytime))
