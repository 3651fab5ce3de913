import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bench.local_market import BASELINE, EXAMPLES_PER_LABEL, Inputs, interleaved_examples, write_inputs
from modelsearch.api.pool import candidates_of
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.ids import PromptId
from modelsearch.core.market import Market
from modelsearch.core.task import TaskSpec
from modelsearch.core.wire import Message, ModelRequest
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer

CATALOGS = Path(__file__).resolve().parents[3] / "catalogs"
ROWS = [
    {"id": f"t{n}-{label}", "input": f"review number {n} of fair length, {label}", "target": label}
    for n in range(6)
    for label in ("negative", "positive")
]


def _written(folder: Path) -> Inputs:
    for name, rows in {"items": ROWS[8:], "training": ROWS}.items():
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return write_inputs(
        folder,
        items=folder / "items.jsonl",
        training=folder / "training.jsonl",
        base_url="http://127.0.0.1:1/v1",
        catalogs=CATALOGS,
    )


@pytest.fixture
def made(tmp_path: Path) -> tuple[TaskSpec, Market]:
    inputs = _written(tmp_path)
    market = load_market(inputs.catalogs, as_of=date(2026, 11, 23))
    return read_task(inputs.task, market), market


def test_examples_take_turns_and_are_short() -> None:
    long = [{"input": "x" * 200, "target": "positive"}, {"input": "x", "target": "negative"}]
    found = interleaved_examples(long + ROWS)
    assert [example["target"] for example in found] == ["positive", "negative"] * EXAMPLES_PER_LABEL
    assert all(30 <= len(example["input"]) <= 70 for example in found)


def test_too_few_of_a_label_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        interleaved_examples([row for row in ROWS if row["target"] == "positive"])


def test_three_endpoints_and_two_prompts_make_six_candidates(made: tuple[TaskSpec, Market]) -> None:
    task, market = made
    ids = [candidate.id for candidate in candidates_of(task, market)]
    assert len(ids) == 6
    assert BASELINE in ids


def test_both_prompts_show_the_same_examples_in_their_own_order(made: tuple[TaskSpec, Market]) -> None:
    task, _ = made
    renderer = PromptRenderer(task)
    texts = [renderer.render(task.items[0], PromptId(name))[-1].content for name in ("interleaved", "grouped")]
    labels = [
        [line.removeprefix("Sentiment: ") for line in text.splitlines() if "Sentiment: " in line] for text in texts
    ]
    assert labels == [["positive", "negative"] * 4, ["positive"] * 4 + ["negative"] * 4]
    assert all(text.endswith(f"Review: {task.items[0].input}\nSentiment:") for text in texts)
    assert sorted(texts[0].splitlines()) == sorted(texts[1].splitlines())


def test_a_call_is_bound_by_its_timeout(made: tuple[TaskSpec, Market]) -> None:
    task, market = made
    request = ModelRequest(messages=(Message(role="user", content="x" * 1000),), max_output_tokens=4)
    for endpoint in market.endpoints.values():
        assert PriceBook(market=market).bound(endpoint, task.items[0].id, request) == Decimal("0.006")
