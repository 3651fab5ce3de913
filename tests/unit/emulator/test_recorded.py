import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from modelsearch.core.errors import RecordedTableError
from modelsearch.core.ids import EndpointId, ModelId
from modelsearch.core.market import Market
from modelsearch.core.money import usd
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.emulator.recorded import RecordedBehaviour
from modelsearch.emulator.replies import Asked
from modelsearch.testing.factories import make_endpoint, make_model, make_provider, make_rates
from tests.unit.emulator.small import running

N_MODELS, N_ITEMS = 3, 5
PROMPTS = {f"Question {column}\n\nAnswer:": column for column in range(N_ITEMS)}


def table() -> RecordedTable:
    rng = np.random.default_rng(5)
    shape = (N_MODELS, N_ITEMS)
    n_input = rng.integers(10, 90, shape)
    n_output = rng.integers(1, 9, shape)
    hidden = np.array([[0] * N_ITEMS, [30] * N_ITEMS, [0] * N_ITEMS])
    models = tuple(
        RecordedModel(
            name=f"m{row}",
            provider="p",
            family="f",
            params_b=None,
            input_usd_per_mtok=None if row == 2 else 2.0,
            output_usd_per_mtok=None if row == 2 else 8.0,
            context_tokens=None,
        )
        for row in range(N_MODELS)
    )
    is_recorded = np.ones(shape, dtype=bool)
    is_recorded[0, 4] = False
    latency_s = rng.random(shape)
    latency_s[1, 1] = math.nan
    answer = np.array([[f"a{row}{column}" for column in range(N_ITEMS)] for row in range(N_MODELS)], dtype=object)
    n_input[2], n_output[2] = -1, -1
    return RecordedTable(
        name="tiny",
        models=models,
        item_ids=tuple(f"i{column}" for column in range(N_ITEMS)),
        score=rng.integers(0, 2, shape).astype(float),
        cost_usd=(n_input * 2.0 + (n_output + hidden) * 8.0) / 1e6 + np.array([[0.0], [0.0], [1 / 3]]),
        latency_s=latency_s,
        input_tokens=n_input,
        output_tokens=n_output,
        answer=answer,
        gold=("x",) * N_ITEMS,
        is_recorded=is_recorded,
    )


TABLE = table()


def behaviour(columns: Mapping[str, int] = PROMPTS) -> RecordedBehaviour:
    return RecordedBehaviour(
        table=TABLE, column_by_prompt=columns, reply_text=lambda row, column: str(TABLE.answer[row, column])
    )


def market() -> Market:
    names = [model.name for model in TABLE.models]
    return Market(
        as_of=date(2026, 9, 1),
        models={ModelId(name): make_model(name) for name in names},
        providers={make_provider().id: make_provider()},
        endpoints={EndpointId(name): make_endpoint(name, rates=make_rates(None, None)) for name in names},
    )


def test_every_cell_comes_back_over_http_as_it_was_recorded() -> None:
    endpoints = list(market().endpoints.values())
    with running(behaviour(), market()) as asker:
        for row, endpoint in enumerate(endpoints):
            for text, column in PROMPTS.items():
                response = asker.ask(endpoint, text)
                body = response.json()
                latency = response.headers.get("x-recorded-latency-s")
                recorded = float(TABLE.latency_s[row, column])
                expected = "" if not TABLE.is_recorded[row, column] else TABLE.answer[row, column]
                assert body["choices"][0]["message"]["content"] == expected
                assert usd(body["usage"]["cost"]) == usd(float(TABLE.cost_usd[row, column]))
                assert (latency is None) if math.isnan(recorded) else float(latency) == recorded
        total = asker.app.bill.total_usd
        items = [line.item for line in asker.app.bill.lines]
    assert total == sum((usd(float(cost)) for cost in TABLE.cost_usd.ravel()), Decimal(0))
    assert items == list(TABLE.item_ids) * N_MODELS


def test_what_visible_tokens_do_not_explain_is_reported_as_reasoning() -> None:
    for name, expected in (("m0", 0), ("m1", 30), ("m2", 0)):
        for text in PROMPTS:
            reply = behaviour().reply(Asked(provider_id="p", wire_name=name, prompt_text=text))
            assert reply is not None
            assert reply.reasoning_tokens == expected


def test_prompts_are_known_whatever_their_white_space() -> None:
    asked = Asked(provider_id="p", wire_name="m0", prompt_text="Question 2 Answer:\n")
    reply = behaviour().reply(asked)
    assert reply is not None
    assert reply.item == "i2"


@pytest.mark.parametrize(("wire_name", "prompt"), [("other", "Question 1\n\nAnswer:"), ("m0", "Question 77")])
def test_unknown_models_and_prompts_have_no_reply(wire_name: str, prompt: str) -> None:
    assert behaviour().reply(Asked(provider_id="p", wire_name=wire_name, prompt_text=prompt)) is None


@pytest.mark.parametrize(
    ("columns", "message"), [({"a b": 0, "ab": 1}, "same prompt"), ({"a": N_ITEMS}, "expected 0 to 4, got 5")]
)
def test_a_mapping_that_cannot_be_right_is_refused(columns: dict[str, int], message: str) -> None:
    with pytest.raises(RecordedTableError, match=message):
        behaviour(columns)
