"""Requests: whose parameters they take, and how much output they allow."""

from dataclasses import replace

import pytest

from modelsearch.core.candidate import GenParams, Single
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Endpoint
from modelsearch.core.task import TaskSpec
from modelsearch.core.wire import ModelRequest
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.testing.factories import make_market, make_task

SINGLE = Single(endpoint_id=EndpointId("m00"))
ENDPOINT = make_market(1).endpoints[EndpointId("m00")]


def asked(task: TaskSpec, single: Single = SINGLE, endpoint: Endpoint = ENDPOINT) -> ModelRequest:
    return model_request(task, PromptRenderer(task), single, task.items[0], endpoint)


def test_a_task_that_requires_zero_retention_says_so_in_its_requests() -> None:
    task = make_task(1)
    private = replace(task, requirements=replace(task.requirements, needs=frozenset({"zdr"})))
    assert [asked(each).is_zdr for each in (task, private)] == [False, True]


def test_a_request_takes_its_parameters_from_the_candidate_and_then_the_task() -> None:
    task = make_task(1, temperature=0.0, max_output_tokens=77)
    plain = asked(task)
    assert (plain.temperature, plain.max_output_tokens, plain.reasoning_effort) == (0.0, 77, None)
    own = asked(task, replace(SINGLE, params=GenParams(temperature=0.7, max_output_tokens=9, reasoning_effort="low")))
    assert (own.temperature, own.max_output_tokens, own.reasoning_effort) == (0.7, 9, "low")


@pytest.mark.parametrize(
    ("capabilities", "most", "wanted", "limit"),
    [
        (frozenset(), None, None, 64),
        (frozenset({"reasoning"}), None, None, 64 + 2048),
        (frozenset({"reasoning"}), None, 10, 10 + 2048),
        (frozenset({"reasoning"}), 1000, None, 1000),
        (frozenset(), 50, None, 50),
        (frozenset(), 50, 60, 50),
    ],
)
def test_who_reasons_has_room_to_think_as_far_as_the_endpoint_allows(
    capabilities: frozenset[str], most: int | None, wanted: int | None, limit: int
) -> None:
    endpoint = replace(ENDPOINT, capabilities=capabilities, max_output_tokens=most)
    single = replace(SINGLE, params=GenParams(max_output_tokens=wanted))
    assert asked(make_task(1, max_output_tokens=64), single, endpoint).max_output_tokens == limit
