"""What every strategy must keep, as one function per role; plug-in authors call it from a test.

    from modelsearch.testing.conformance import check_sampler
    def test_mine() -> None: check_sampler(Mine(step_items=4))

Each raises AssertionError naming the situation of `testing.situations` and the habit that was broken: same view same
answer, the order of the pool does not matter, nothing outside the pool, the baseline is never dropped, never over
`spend_left_usd`, something new in every ask and an end to asking, and survival of empty, single, tied and all-failed
views. Parameters must be frozen, pickle, and be rebuilt by their own repr; the source of the idea must be registered.
"""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from typing import Any

import numpy as np

from modelsearch.core.candidate import Ensemble, Single, singles_of
from modelsearch.core.ports import Combiner, Filter, Ranker, Sampler
from modelsearch.core.registry import Role, lookup, names
from modelsearch.core.search import Drop, Probe, SearchView
from modelsearch.search.probes import Purse
from modelsearch.testing.factories import make_list_costs
from modelsearch.testing.situations import World, situations, true_scores

MAX_ROUNDS = 400
WORLD_SPEND_USD = 1.0


def check_filter(strategy: Filter) -> None:
    """The suite of a filter."""
    _check_parameters("filter", strategy)
    for name, view in situations().items():
        drops = strategy.drop(view)
        _check_pure(name, lambda v: sorted(_drop_key(d) for d in strategy.drop(v)), view)
        _check_drops(name, drops, view)


def check_ranker(strategy: Ranker) -> None:
    """The suite of a ranker."""
    _check_parameters("ranker", strategy)
    for name, view in situations().items():
        merit = np.asarray(strategy.rank(view), dtype=np.float64)
        assert merit.shape == (len(view.pool),), f"{name}: expected {len(view.pool)} merits, got shape {merit.shape}"
        assert not np.isinf(merit).any(), f"{name}: merits must be finite or NaN"

        def by_id(shown: SearchView) -> list[tuple[str, str]]:
            return sorted((c, f"{m:.9g}") for c, m in zip(shown.pool, strategy.rank(shown), strict=True))

        _check_pure(name, by_id, view)


def check_sampler(strategy: Sampler) -> None:
    """The suite of a sampler; also searches a small world until it asks no more."""
    _check_parameters("sampler", strategy)
    for name, view in situations().items():
        probes = strategy.ask(view)
        _check_pure(name, lambda v: sorted((p.candidate_id, p.item_ids) for p in strategy.ask(v)), view)
        _check_probes(name, probes, view)
    assert not strategy.ask(situations()["whole"]), "whole: nothing is left to ask, yet it asks"
    _check_end(strategy)


def check_combiner(strategy: Combiner) -> None:
    """The suite of a combiner."""
    _check_parameters("combiner", strategy)
    for name, view in situations().items():
        found = strategy.combine(view)
        _check_pure(name, lambda v: [c.id for c in strategy.combine(v)], view)
        ids = [candidate.id for candidate in found]
        assert len(set(ids)) == len(ids), f"{name}: proposes one composite twice"
        for candidate in found:
            assert not isinstance(candidate, Single), f"{name}: {candidate.id} is no composite"
            assert candidate.id not in view.row, f"{name}: {candidate.id} is known already"
            strangers = {single.id for single in singles_of(candidate)} - set(view.pool)
            assert not strangers, f"{name}: members outside the pool: {sorted(strangers)}"
            n_needed = 2 if isinstance(candidate, Ensemble) else 1
            assert len(singles_of(candidate)) >= n_needed, f"{name}: {candidate.id} has too few members"


CHECKS: dict[Role, Callable[[Any], None]] = {
    "filter": check_filter,
    "ranker": check_ranker,
    "sampler": check_sampler,
    "combiner": check_combiner,
}


def _check_parameters(role: Role, strategy: Any) -> None:
    """Frozen, slots, keyword-only, with a registered source; pickle and repr give it back."""
    cls = type(strategy)
    assert is_dataclass(cls), f"{cls.__name__}: must be a dataclass"
    assert hasattr(cls, "__slots__"), f"{cls.__name__}: must have slots, or it could keep state"
    assert all(f.kw_only for f in fields(cls)), f"{cls.__name__}: parameters must be keyword-only"
    try:
        strategy.no_such_state = 1
    except (FrozenInstanceError, AttributeError, TypeError):
        pass
    else:
        raise AssertionError(f"{cls.__name__}: must be frozen, strategies keep no state")
    assert pickle.loads(pickle.dumps(strategy)) == strategy, f"{cls.__name__}: pickle changes it"  # noqa: S301 - our own
    assert eval(repr(strategy), {cls.__name__: cls}) == strategy, f"{cls.__name__}: repr does not rebuild it"  # noqa: S307
    entries = [entry for name in names(role) if (entry := lookup(role, name)).cls is cls]
    assert entries, f"{cls.__name__}: not registered as a {role}"
    assert entries[0].source.strip(), f"{cls.__name__}: has no source"
    assert not (cls.__doc__ or f"{cls.__name__}(").startswith(f"{cls.__name__}("), f"{cls.__name__}: has no docstring"


def _check_pure(name: str, answer: Callable[[SearchView], object], view: SearchView) -> None:
    """Asked twice, on a copy, and with the pool in another order, the answer is the same; the view is untouched."""
    first = answer(view)
    before = [array.copy() for array in _arrays(view)]
    assert answer(view) == first, f"{name}: the same view, another answer"
    for old, new in zip(before, _arrays(view), strict=True):
        np.testing.assert_array_equal(old, new, err_msg=f"{name}: changes the view")
    assert answer(pickle.loads(pickle.dumps(view))) == first, f"{name}: an equal view, another answer"  # noqa: S301
    assert answer(replace(view, pool=view.pool[::-1])) == first, f"{name}: the order of the pool matters"


def _arrays(view: SearchView) -> tuple[np.ndarray[Any, Any], ...]:
    known = view.outcomes
    return known.score, known.status, known.cost_usd, known.latency_s, known.answer


def _drop_key(drop: Drop) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    return drop.candidate_id, drop.reason, tuple(sorted((k, f"{v:.9g}") for k, v in drop.evidence.items()))


def _check_drops(name: str, drops: Sequence[Drop], view: SearchView) -> None:
    ids = [drop.candidate_id for drop in drops]
    assert len(set(ids)) == len(ids), f"{name}: drops a candidate twice"
    assert view.baseline_id not in ids, f"{name}: drops the baseline"
    assert set(ids) <= set(view.pool), f"{name}: drops outside the pool: {sorted(set(ids) - set(view.pool))}"
    for drop in drops:
        assert drop.reason.strip(), f"{name}: drops {drop.candidate_id} without a reason"
        assert all(np.isfinite(v) for v in drop.evidence.values()), f"{name}: evidence that is no finite number"


def _check_probes(name: str, probes: Sequence[Probe], view: SearchView) -> None:
    ids = [probe.candidate_id for probe in probes]
    assert set(ids) <= set(view.pool), f"{name}: asks outside the pool: {sorted(set(ids) - set(view.pool))}"
    assert len(set(ids)) == len(ids), f"{name}: two probes of one candidate in a round"
    items = set(view.setting.item_ids)
    for probe in probes:
        assert set(probe.item_ids) <= items, f"{name}: asks {probe.candidate_id} items that do not exist"
        assert len(set(probe.item_ids)) == len(probe.item_ids), f"{name}: asks one item twice"
        n_drawn = len(probe.item_ids) if probe.p_draw is None else len(probe.p_draw)
        assert n_drawn == len(probe.item_ids), f"{name}: {n_drawn} probabilities for {len(probe.item_ids)} items"
    assert Purse(view).can_buy(probes), f"{name}: over spend_left_usd {view.spend_left_usd} by expected cost"
    if probes:
        status, index = view.outcomes.status, view.setting.item_index
        is_new = any(status[view.row[p.candidate_id], index[item]] == 0 for p in probes for item in p.item_ids)
        assert is_new, f"{name}: asks only for what is known: the search would never end"


def _check_end(strategy: Sampler) -> None:
    """Searches a world whose costs are as expected: it stays within its money and stops asking."""
    scores = true_scores()
    world = World(scores=scores, cost_usd=make_list_costs(len(scores)))
    view, total_usd = world.start(WORLD_SPEND_USD), 0.0
    for _ in range(MAX_ROUNDS):
        probes = strategy.ask(view)
        if not probes:
            break
        _check_probes(f"world, round {view.round}", probes, view)
        view, spend_usd = world.bought(view, probes)
        total_usd += spend_usd
    else:
        raise AssertionError(f"world: still asking after {MAX_ROUNDS} rounds")
    assert total_usd <= WORLD_SPEND_USD * (1 + 1e-9), f"world: spent {total_usd} USD of {WORLD_SPEND_USD}"
