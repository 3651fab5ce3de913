"""A strategy that breaks a habit is caught, and told which."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from modelsearch.core import registry
from modelsearch.core.candidate import Candidate
from modelsearch.core.registry import register
from modelsearch.core.search import Drop, Floats, Probe, SearchView
from modelsearch.search.probes import prefix
from modelsearch.search.samplers.round_robin import RoundRobin
from modelsearch.testing.conformance import check_combiner, check_filter, check_ranker, check_sampler


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests register is gone after them."""
    registry.names("filter")
    monkeypatch.setattr(registry, "_REGISTERED", dict(registry._REGISTERED))


def _registered(role: registry.Role, cls: type) -> type:
    return register(role, f"test_{cls.__name__}", source="a test")(cls)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropsAll:
    """Drops everybody."""

    def drop(self, view: SearchView) -> Sequence[Drop]:
        return [Drop(candidate_id=c, reason="why not") for c in view.pool]


@dataclass(frozen=True, slots=True, kw_only=True)
class DropsFirst:
    """Depends on the order of the pool."""

    def drop(self, view: SearchView) -> Sequence[Drop]:
        return [Drop(candidate_id=c, reason="first") for c in view.pool if c != view.baseline_id][:1]


@dataclass(frozen=True, slots=True, kw_only=True)
class DropsSilently:
    """Gives no reason."""

    def drop(self, view: SearchView) -> Sequence[Drop]:
        return [Drop(candidate_id=c, reason=" ") for c in view.pool if c != view.baseline_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundless:
    """Infinite merit."""

    def rank(self, view: SearchView) -> Floats:
        return np.full(len(view.pool), np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spendthrift:
    """Asks for everything at once."""

    def ask(self, view: SearchView) -> Sequence[Probe]:
        probes = [prefix(view, c, len(view.setting.item_ids)) for c in view.pool]
        return [probe for probe in probes if probe.item_ids]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """Asks for what it has."""

    def ask(self, view: SearchView) -> Sequence[Probe]:
        return [Probe(candidate_id=view.baseline_id, item_ids=view.setting.item_ids[:1])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moody:
    """Another answer each time."""

    calls: list[int]

    def ask(self, view: SearchView) -> Sequence[Probe]:
        self.calls.append(1)
        probe = prefix(view, view.baseline_id, len(self.calls))
        return [probe] if probe.item_ids and view.spend_left_usd > 10 else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Proposes singles."""

    def combine(self, view: SearchView) -> Sequence[Candidate]:
        return view.candidates[:1]


@dataclass
class Mutable:
    """Could keep state."""

    def ask(self, view: SearchView) -> Sequence[Probe]:
        return ()


@pytest.mark.parametrize(
    ("cls", "habit"),
    [(DropsAll, "drops the baseline"), (DropsFirst, "order of the pool"), (DropsSilently, "without a reason")],
)
def test_bad_filters_are_caught(cls: type, habit: str) -> None:
    with pytest.raises(AssertionError, match=habit):
        check_filter(_registered("filter", cls)())


def test_infinite_merit_is_caught() -> None:
    with pytest.raises(AssertionError, match="finite or NaN"):
        check_ranker(_registered("ranker", Boundless)())


@pytest.mark.parametrize(
    ("cls", "habit"), [(Spendthrift, "over spend_left_usd"), (Stuck, "asks only for what is known")]
)
def test_bad_samplers_are_caught(cls: type, habit: str) -> None:
    with pytest.raises(AssertionError, match=habit):
        check_sampler(_registered("sampler", cls)())


def test_a_sampler_with_state_is_caught() -> None:
    with pytest.raises(AssertionError, match="another answer"):
        check_sampler(_registered("sampler", Moody)(calls=[]))


def test_a_mutable_strategy_is_caught() -> None:
    with pytest.raises(AssertionError, match="must have slots"):
        check_sampler(_registered("sampler", Mutable)())


def test_an_unregistered_strategy_is_caught() -> None:
    with pytest.raises(AssertionError, match="not registered as a sampler"):
        check_sampler(Spendthrift())


def test_a_single_is_no_composite() -> None:
    with pytest.raises(AssertionError, match="no composite"):
        check_combiner(_registered("combiner", Repeats)())


def test_a_good_one_passes_with_other_parameters() -> None:
    check_sampler(RoundRobin(step_items=3, max_items=10))
