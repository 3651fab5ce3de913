from typing import Any

import pytest

from modelsearch.core.errors import PlanError, RegistryError
from modelsearch.search.combiners.majority_vote import MajorityVote
from modelsearch.search.filters.racing import Racing
from modelsearch.search.plan import make_plan, make_strategy
from modelsearch.search.samplers.round_robin import RoundRobin


def test_a_plan_is_built_from_names_and_parameters() -> None:
    data = {
        "name": "mine",
        "phases": [
            {"name": "a", "filters": ["racing", {"racing": {"min_items": 5}}], "rankers": ["tier_order"]},
            {"name": "b", "sampler": {"round_robin": None}, "combiners": ["majority_vote"], "spend_share": 0.25},
        ],
    }
    plan = make_plan(data)
    first, second = plan.phases
    assert (plan.name, first.name, first.filters) == ("mine", "a", (Racing(), Racing(min_items=5)))
    assert (first.sampler, first.max_rounds, first.spend_share) == (None, 1, 1.0)
    assert (second.sampler, second.combiners, second.max_rounds) == (RoundRobin(), (MajorityVote(),), 100)
    assert second.spend_share == 0.25


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "`phases` must be a list of at least one phase, got None"),
        ({"phases": []}, "at least one phase"),
        ({"phases": ["a"]}, "a phase is a mapping with a `name`, got 'a'"),
        ({"phases": [{"filters": []}]}, "a mapping with a `name`"),
        ({"phases": [{"name": "a"}, {"name": "a"}]}, r"names must differ.*\['a', 'a'\]"),
        ({"phases": [{"name": "a", "filter": []}]}, r"phase 'a': allowed keys.*'filter'; did you mean 'filters'\?"),
        ({"phases": [{"name": "a", "filters": [3]}]}, "a filter is a name or .*got 3"),
        ({"phases": [{"name": "a", "filters": [{"racing": {"min_item": 3}}]}]}, r"'racing' takes.*min_items.*min_item"),
        ({"phases": [{"name": "a", "spend_share": 0}]}, r"spend_share must be in \(0, 1\], got 0"),
        ({"phases": [{"name": "a", "spend_share": 1.5}]}, "got 1.5"),
        ({"phases": [{"name": "a", "spend_share": True}]}, "got True"),
        ({"phases": [{"name": "a", "max_rounds": -1}]}, "max_rounds.*got -1"),
        ({"phases": [{"name": "a", "max_rounds": 0.5}]}, "max_rounds.*got 0.5"),
        ({"phases": [{"name": "a", "max_rounds": float("nan")}]}, "max_rounds.*got nan"),
        ({"phases": [{"name": "a", "filters": "racing"}]}, "filters.*list.*'racing'"),
    ],
)
def test_a_plan_that_cannot_be_used_is_told_where_and_why(data: dict[str, Any], told: str) -> None:
    with pytest.raises(PlanError, match=told):
        make_plan(data)


def test_an_unknown_strategy_is_told_the_known_ones() -> None:
    with pytest.raises(RegistryError, match=r"sampler: expected one of .*round_robin.*got 'round_robbin'"):
        make_plan({"phases": [{"name": "a", "sampler": "round_robbin"}]})


def test_a_parameter_out_of_range_is_a_plan_error() -> None:
    with pytest.raises(PlanError, match="min_items"):
        make_strategy("filter", {"racing": {"min_items": 0}})


def test_an_anytime_plan_says_so() -> None:
    phase = {"name": "a", "sampler": "round_robin"}
    assert make_plan({"phases": [phase], "is_anytime": True}).is_anytime
    assert not make_plan({"phases": [phase]}).is_anytime


@pytest.mark.parametrize(("is_anytime", "share"), [("yes", 1.0), (True, 0.5)])
def test_a_plan_that_is_called_anytime_and_is_not_is_refused(is_anytime: object, share: float) -> None:
    phase = {"name": "a", "sampler": "round_robin", "spend_share": share}
    with pytest.raises(PlanError, match="is_anytime"):
        make_plan({"phases": [phase], "is_anytime": is_anytime})
