"""A recorded table as a task and a market, so that it can be searched like any other.

Endpoint ids are the table's model names; every item is priced at its recorded cost, to the pico-dollar.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

import numpy as np

from modelsearch.core.candidate import DEFAULT_PROMPT
from modelsearch.core.ids import EndpointId, ItemId, ModelId, ProviderId, TaskId
from modelsearch.core.market import Endpoint, Market, Model, Provider, Rate, RateKind
from modelsearch.core.money import usd
from modelsearch.core.outcome import Reply, Status, Usage
from modelsearch.core.ports import Scorer
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.core.wire import ModelRequest
from modelsearch.evaluate.grade import Grade, score_reply
from modelsearch.evaluate.scoring import make_scorer

PROVIDER_ID = ProviderId("recorded")
LATENCY_HEADER = "x-recorded-latency-s"
_INPUT_TOKENS, _OUTPUT_TOKENS = 100, 20
"""A table holds no prompts: list costs are compared at these token counts, a guess for order, never a price.

It is low on purpose: what is bought first corrects a guess that is too low, one too high would buy nothing."""

MAX_SPLIT_SHARE = 0.01


def recorded_market(table: RecordedTable) -> Market:
    """The table's models as endpoints of one provider."""
    when = date(2025, 1, 1)
    provider = Provider(
        id=PROVIDER_ID,
        name=f"recorded table {table.name}",
        dialect="openai_chat",
        base_url="http://127.0.0.1",
        key_env=None,
        pricing_class="variable",
        max_concurrency=64,
    )
    models = {ModelId(m.name): _model(m) for m in table.models}
    told = frozenset() if table.confidence is None else frozenset({"logprobs"})
    endpoints = {EndpointId(m.name): replace(_endpoint(m), capabilities=told) for m in table.models}
    return Market(as_of=when, models=models, providers={PROVIDER_ID: provider}, endpoints=endpoints)


def recorded_task(table: RecordedTable, *, margin: float = 0.02, alpha: float = 0.05) -> TaskSpec:
    """The table's items as a task; the prompt is the item's id, the scorer one that gives the recorded scores."""
    is_exact = RecordedReplies(table=table).is_exact
    items = tuple(
        Item(id=ItemId(item_id), input=item_id, target=gold if is_exact else 1.0)
        for item_id, gold in zip(table.item_ids, table.gold, strict=True)
    )
    return TaskSpec(
        id=TaskId(table.name),
        kind="recorded",
        items=items,
        prompts=(Prompt(id=DEFAULT_PROMPT, user="{{ input }}"),),
        scorer=ScorerSpec(name="exact") if is_exact else ScorerSpec(name="numeric", params={"scale": 1.0}),
        margin=margin,
        alpha=alpha,
    )


@dataclass(frozen=True)
class RecordedReplies:
    """What the table's models say: the recorded answer where equality with the gold answer gives the recorded score,
    else the score itself as a number, which the numeric scorer grades to itself.

    In the second case the recorded answers are still what models agree or disagree on, if equal answers to an item were
    graded alike: the score must never be put to a vote in their place, for who votes over scores knows who is right.
    """

    table: RecordedTable

    @cached_property
    def is_exact(self) -> bool:
        """Whether exact match on the recorded answers reproduces every recorded score."""
        table = self.table
        if any(not gold.strip() for gold in table.gold) or not np.isin(table.score, (0.0, 1.0)).all():
            return False
        scorer = make_scorer(_probe_task(table))
        items = [Item(id=ItemId(i), input=i, target=g) for i, g in zip(table.item_ids, table.gold, strict=True)]
        return all(
            _grade(scorer, table.answer[row, column], items[column]) == table.score[row, column]
            for row in range(len(table.models))
            for column in range(len(items))
            if table.is_recorded[row, column]
        )

    @cached_property
    def has_answers(self) -> bool:
        """Whether the recorded answers are answers and no grades: equal ones to an item have the same score.

        A share of `MAX_SPLIT_SHARE` of an item's different answers may be graded in two ways (errors of a grader). What
        is right or wrong whatever the item ("pass", "1.0") is a grade.
        """
        scores: dict[tuple[int, str], float] = {}
        split: set[tuple[int, str]] = set()
        for row, column in zip(*np.nonzero(self.table.is_recorded), strict=True):
            answer, score = self.table.answer[row, column], float(self.table.score[row, column])
            if answer and scores.setdefault((column, answer), score) != score:
                split.add((column, answer))
        return len(split) <= MAX_SPLIT_SHARE * len(scores) and not _are_grades(scores)

    @property
    def is_votable(self) -> bool:
        """Whether what `grade` gives as answers can be put to a vote."""
        return self.is_exact or self.has_answers

    def grade(self, row: int, column: int, item: Item, scorer: Scorer, task: TaskSpec) -> Grade:
        """Status, answer and score of a model (row) on an item (column)."""
        text = self.text(row, column)
        reply = Reply(text=text, status=Status.OK if text else Status.INVALID, usage=Usage())
        grade = score_reply(reply, item, scorer, task)
        if self.is_exact or grade.answer is None:
            return grade
        answer = self.table.answer[row, column] if self.has_answers else None
        return grade._replace(answer=str(answer) if answer else None)

    def text(self, row: int, column: int) -> str:
        """The reply of a model (row) to an item (column); empty where the table has no record."""
        if not self.table.is_recorded[row, column]:
            return ""
        if self.is_exact:
            answer = self.table.answer[row, column]
            return "" if answer is None else str(answer)
        return repr(float(self.table.score[row, column]))


@dataclass(frozen=True)
class RecordedCosts:
    """`ItemCosts` of a table: the bound of a call is its recorded cost, so that nothing is reserved in vain.

    Strategies never see bounds; a search learns a cost only by paying it.
    """

    table: RecordedTable

    def bound(self, endpoint: Endpoint, item_id: ItemId, request: ModelRequest) -> Decimal:  # noqa: ARG002
        """The recorded cost in USD."""
        return self.cost(endpoint.id, item_id)

    def cost(self, model: str, item_id: str) -> Decimal:
        """The recorded cost in USD of one cell."""
        return usd(float(self.table.cost_usd[self.rows[model], self.columns[item_id]]))

    @cached_property
    def rows(self) -> dict[str, int]:
        """Row of each model."""
        return {model.name: row for row, model in enumerate(self.table.models)}

    @cached_property
    def columns(self) -> dict[str, int]:
        """Column of each item."""
        return {item_id: column for column, item_id in enumerate(self.table.item_ids)}


def expected_cost_usd(model: RecordedModel) -> float | None:
    """Cost of an item in USD as far as list prices tell, for order only; None where a price is unknown."""
    if model.input_usd_per_mtok is None or model.output_usd_per_mtok is None:
        return None
    return (model.input_usd_per_mtok * _INPUT_TOKENS + model.output_usd_per_mtok * _OUTPUT_TOKENS) / 1e6


def _are_grades(scores: Mapping[tuple[int, str], float]) -> bool:
    """Whether no answer to several items is right to one and wrong to another; True without answers."""
    by_answer: dict[str, list[float]] = {}
    for (_, answer), score in scores.items():
        by_answer.setdefault(answer, []).append(score)
    repeated = [found for found in by_answer.values() if len(found) > 1]
    return not scores or (bool(repeated) and all(len(set(found)) == 1 for found in repeated))


def _grade(scorer: Scorer, answer: object, item: Item) -> float:
    canonical = None if answer is None else scorer.canonical(str(answer), item)
    return 0.0 if canonical is None else scorer.score(canonical, item)


def _probe_task(table: RecordedTable) -> TaskSpec:
    return TaskSpec(id=TaskId(table.name), kind="recorded", items=(), prompts=(), scorer=ScorerSpec(name="exact"))


def _model(model: RecordedModel) -> Model:
    return Model(id=ModelId(model.name), family=model.family or model.name, params_b=model.params_b)


def _endpoint(model: RecordedModel) -> Endpoint:
    prices: dict[RateKind, float | None] = {"input": model.input_usd_per_mtok, "output": model.output_usd_per_mtok}
    rates = tuple(Rate(kind=kind, usd=None if price is None else usd(price)) for kind, price in prices.items())
    return Endpoint(
        id=EndpointId(model.name),
        model_id=ModelId(model.name),
        provider_id=PROVIDER_ID,
        wire_name=model.name,
        rates=rates,
        context_tokens=model.context_tokens,
    )
