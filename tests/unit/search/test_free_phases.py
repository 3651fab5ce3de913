"""Constraints that leave nothing are told before a search begins."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from modelsearch.core.errors import EmptyPoolError
from modelsearch.core.ids import CandidateId
from modelsearch.core.plan import Phase, Plan
from modelsearch.core.search import Drop, SearchView
from modelsearch.search.loop import check_free_phases
from modelsearch.search.samplers.round_robin import RoundRobin
from modelsearch.testing.factories import make_setting

SETTING = make_setting(4)


@dataclass(frozen=True)
class DropAll:
    """Drops everything but the baseline and `n_spared` more."""

    n_spared: int = 0

    def drop(self, view: SearchView) -> Sequence[Drop]:
        others = [c for c in view.pool if c != view.baseline_id]
        return [_drop(c) for c in others[self.n_spared :]]


def _drop(candidate_id: CandidateId, strategy: str = "keys") -> Drop:
    return Drop(candidate_id=candidate_id, reason="not wanted", remedy="want it", strategy=strategy)


def _plan(*phases: Phase) -> Plan:
    return Plan(name="plan", phases=phases)


def test_a_pool_that_is_left_passes() -> None:
    check_free_phases(SETTING, _plan(Phase(name="a", filters=(DropAll(n_spared=1),))), [])


def test_filters_that_leave_nothing_are_told_with_reason_and_remedy() -> None:
    with pytest.raises(EmptyPoolError, match=r"3 by \w+ \(for example m01: not wanted; want it\)"):
        check_free_phases(SETTING, _plan(Phase(name="a", filters=(DropAll(),))), [])


def test_drops_before_the_plan_count_each_with_an_example_and_those_for_keys_last() -> None:
    drops = [_drop(CandidateId("m01")), _drop(CandidateId("m02")), _drop(CandidateId("m03"), "other")]
    with pytest.raises(EmptyPoolError, match=r"1 by other \(for example m03: .*\), 2 by keys \(for example m01"):
        check_free_phases(SETTING, _plan(Phase(name="a")), drops)


def test_phases_with_calls_are_not_judged_beforehand() -> None:
    asking = Phase(name="a", sampler=RoundRobin(), filters=(DropAll(),))
    check_free_phases(SETTING, _plan(asking, Phase(name="b", filters=(DropAll(),))), [])
