from dataclasses import replace

import pytest

from modelsearch.api.pool import baseline_of, candidates_of, check_baseline, list_costs_of
from modelsearch.core.candidate import Single
from modelsearch.core.errors import BaselineError
from modelsearch.core.ids import EndpointId, PromptId
from modelsearch.core.task import Prompt
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.testing.factories import make_market, make_rates, make_task


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
