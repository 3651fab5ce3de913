from dataclasses import replace
from typing import Any

import pytest

from modelsearch.api.pool import baseline_of, candidates_of, check_baseline, list_costs_of
from modelsearch.core.candidate import GenParams, Single
from modelsearch.core.errors import BaselineError, TaskFileError
from modelsearch.core.ids import CandidateId, EndpointId, ItemId, PromptId
from modelsearch.core.market import Market
from modelsearch.core.task import Prompt, Requirements, TaskSpec
from modelsearch.core.variant import Variant
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.testing.factories import make_items, make_market, make_rates, make_task


def test_one_prompt_is_the_default_and_several_make_candidates_of_their_own() -> None:
    market = make_market(2)
    assert [c.id for c in candidates_of(make_task(2), market)] == ["m00", "m01"]
    prompts = tuple(Prompt(id=PromptId(name), user="{{ input }}") for name in ("short", "long"))
    assert [c.id for c in candidates_of(make_task(2, prompts=prompts), market)] == [
        "m00#long", "m00#short", "m01#long", "m01#short",
    ]  # fmt: skip


def test_an_endpoint_alone_means_the_first_prompt() -> None:
    prompts = tuple(Prompt(id=PromptId(name), user="{{ input }}") for name in ("short", "long"))
    task = make_task(2, prompts=prompts)
    candidates = candidates_of(task, make_market(2))
    assert baseline_of("m01", candidates, task).id == "m01#short"
    assert baseline_of("m01#long", candidates, task).id == "m01#long"


def test_an_unknown_baseline_is_told_the_names_near_it() -> None:
    market = make_market(3, endpoints={f"openai/gpt-{n}": replace(e, id=EndpointId(f"openai/gpt-{n}")) for n, e in
                                       enumerate(make_market(3).endpoints.values())})  # fmt: skip
    candidates = candidates_of(make_task(2), market)
    assert baseline_of("openai/gpt-1", candidates, make_task(2)).id == "openai/gpt-1"
    with pytest.raises(BaselineError, match=r"one of 3 candidates, got 'gpt-1'; near it: openai/gpt-1"):
        baseline_of("gpt-1", candidates, make_task(2))
    with pytest.raises(BaselineError, match="near it: openai/gpt-0, openai/gpt-1, openai/gpt-2"):
        baseline_of("zzz", candidates, make_task(2))


def test_a_baseline_without_a_price_is_refused() -> None:
    with pytest.raises(BaselineError, match="'m00': its price is unknown"):
        check_baseline(Single(endpoint_id=EndpointId("m00")), {})


def test_list_costs_know_lengths_and_hidden_reasoning_and_leave_unknown_prices_out() -> None:
    market = make_market(3)
    endpoints = {name: replace(e, rates=make_rates(1.0, 2.0)) for name, e in market.endpoints.items()}
    endpoints[EndpointId("m01")] = replace(endpoints[EndpointId("m01")], capabilities=frozenset({"reasoning"}))
    endpoints[EndpointId("m02")] = replace(endpoints[EndpointId("m02")], rates=make_rates(1.0, None))
    market, task = replace(market, endpoints=endpoints), make_task(4)
    costs = list_costs_of(task, market, candidates_of(task, market), PriceBook(market=market), PromptRenderer(task))
    assert set(costs) == {"m00", "m01"}
    n_chars = sum(len(str(item.input)) for item in task.items) // 4
    n_out = 8 + round(sum(len(str(item.target)) for item in task.items) / 4 / 4)
    assert costs[candidates_of(task, market)[0].id] == pytest.approx((round(n_chars / 4) + 2 * n_out) / 1e6)
    assert costs[candidates_of(task, market)[1].id] == pytest.approx((round(n_chars / 4) + 2 * (n_out + 400)) / 1e6)


def varied_market() -> Market:
    """m00 is plain, m01 reasons and takes no temperature, m02 tells log-probabilities."""
    market = make_market(3)
    able = [frozenset[str](), frozenset({"reasoning", "no_temperature"}), frozenset({"logprobs"})]
    endpoints = {
        name: replace(endpoint, capabilities=can, rates=make_rates(1.0, 2.0))
        for (name, endpoint), can in zip(market.endpoints.items(), able, strict=True)
    }
    return replace(market, endpoints=endpoints)


def varied_task(*variants: Variant, **changes: Any) -> TaskSpec:
    prompts = (
        Prompt(id=PromptId("short"), user="{{ input }}"),
        Prompt(id=PromptId("few"), user="{{ examples }} {{ input }}", example_ids=(ItemId("i0000"),)),
    )
    return make_task(4, prompts=prompts, examples=make_items(1), variants=variants, **changes)


def way(name: str, prompt: str = "short", **changes: Any) -> Variant:
    is_calibrated = changes.pop("is_calibrated", False)
    stem = PromptId(changes.pop("stem", ""))
    params = GenParams(**changes)
    return Variant(id=PromptId(name), prompt_id=PromptId(prompt), params=params, is_calibrated=is_calibrated, stem=stem)


def ids(task: TaskSpec, market: Market | None = None) -> list[str]:
    return [str(candidate.id) for candidate in candidates_of(task, market or varied_market())]


def test_variants_that_an_endpoint_cannot_tell_apart_are_one_candidate() -> None:
    efforts = varied_task(way("high", reasoning_effort="high"), way("plain"), way("few", "few"))
    assert ids(efforts) == ["m00#few", "m00#plain", "m01#few", "m01#high", "m01#plain", "m02#few", "m02#plain"]
    grid = [way(f"short-{effort}", reasoning_effort=effort, stem="short") for effort in ("low", "high")]
    assert ids(varied_task(*grid)) == ["m00#short", "m01#short-high", "m01#short-low", "m02#short"]
    warm = varied_task(way("warm", temperature=0.7), way("cold", temperature=0.0), way("plain"))
    assert ids(warm) == ["m00#cold", "m00#warm", "m01#plain", "m02#cold", "m02#warm"]  # cold is what the task says


def test_calibration_is_for_endpoints_that_tell_log_probabilities() -> None:
    task = varied_task(way("plain"), way("cal", is_calibrated=True))
    assert ids(task) == ["m00#plain", "m01#plain", "m02#cal", "m02#plain"]


def test_a_baseline_without_a_variant_has_the_first_one_that_its_endpoint_can_have() -> None:
    task = varied_task(way("high", reasoning_effort="high", stem="short"), way("few", "few"))
    candidates = candidates_of(task, varied_market())
    assert [baseline_of(name, candidates, task).id for name in ("m00", "m01", "m01#few")] == [
        "m00#short",
        "m01#high",
        "m01#few",
    ]
    with pytest.raises(BaselineError, match="got 'm00#high'; near it: "):
        baseline_of("m00#high", candidates, task)


def test_endpoints_that_the_task_leaves_out_are_there_once_and_an_explosion_is_refused() -> None:
    task = varied_task(way("a"), way("b", "few"), requirements=Requirements(include=("m01",)))
    assert ids(task) == ["m00#a", "m01#a", "m01#b", "m02#a"]
    many = varied_task(*(way(f"v{n}", temperature=n / 100) for n in range(60)))
    with pytest.raises(TaskFileError, match="at most 5000 candidates, got 6000 of 100 endpoints"):
        candidates_of(many, make_market(100))


def test_few_shot_prompts_and_efforts_cost_more() -> None:
    ways = [way("plain"), way("few", "few"), *(way(e, reasoning_effort=e) for e in ("minimal", "low", "high"))]
    task, market = varied_task(*ways), varied_market()
    costs = list_costs_of(task, market, candidates_of(task, market), PriceBook(market=market), PromptRenderer(task))
    assert costs[CandidateId("m00#few")] > costs[CandidateId("m00#plain")]
    in_order = [costs[CandidateId(f"m01#{name}")] for name in ("minimal", "low", "plain", "high")]
    assert in_order == sorted(in_order)
    assert len(set(in_order)) == 4
