"""A synthetic world for a task as a recorded table: every reply that it would give, graded and priced."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from modelsearch.api.emulated import prompt_texts
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.ids import ItemId
from modelsearch.core.market import Endpoint
from modelsearch.core.money import call_cost_usd
from modelsearch.core.outcome import Reply, Status
from modelsearch.core.ports import Scorer
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.core.task import output_limit_tokens
from modelsearch.emulator.replies import EmulatedReply
from modelsearch.emulator.world import World
from modelsearch.emulator.world_make import make_world
from modelsearch.evaluate.grade import Grade, score_reply
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.settings import Settings


def world_table_of(path: Path, settings: Settings, seed: int = 0) -> RecordedTable:
    """The table of a task file, in a made-up market: no key, no real money, and the truth is known.

    Raises:
        InputError: the task cannot be used.
    """
    base = load_market(settings.catalogs, as_of=datetime.now(UTC).date())
    task = read_task(path, base)
    return world_table(make_world(task, seed=seed, base=base), prompt_texts(task, PromptRenderer(task)))


def world_table(world: World, item_by_prompt: Mapping[str, ItemId]) -> RecordedTable:
    """Every endpoint's reply to every item; a status without a score counts as 0, as tables know no other.

    Args:
        world: whose replies.
        item_by_prompt: prompt text to item id; of several prompts of an item the first is asked.
    """
    prompts = {item_id: text for text, item_id in reversed(list(item_by_prompt.items()))}
    texts = [prompts[item.id] for item in world.task.items]
    replies = [_replies(world, row, texts) for row in range(len(world.endpoints))]
    scorer = make_scorer(world.task)
    grades = [[_grade(world, scorer, reply, column) for column, reply in enumerate(row)] for row in replies]
    prices = world.prices
    costs = [[float(call_cost_usd(r.usage, prices[row])) for r in some] for row, some in enumerate(replies)]
    order = np.argsort(np.array([str(endpoint.id) for endpoint in world.endpoints]))
    return RecordedTable(
        name=str(world.task.id),
        models=tuple(_model(world, row) for row in order),
        item_ids=tuple(str(item.id) for item in world.task.items),
        score=np.array([[grade.score or 0.0 for grade in grades[row]] for row in order]),
        cost_usd=np.array([costs[row] for row in order]),
        latency_s=np.asarray(world.outcomes.latency_s[order], dtype=np.float64),
        input_tokens=np.array([[reply.input_tokens for reply in replies[row]] for row in order]),
        output_tokens=np.array([[r.output_tokens + r.reasoning_tokens for r in replies[row]] for row in order]),
        answer=np.array([[grade.answer for grade in grades[row]] for row in order], dtype=object),
        gold=tuple(_gold(item.target) for item in world.task.items),
        is_recorded=np.ones((len(order), len(texts)), dtype=np.bool_),
    )


def _replies(world: World, row: int, texts: Sequence[str]) -> list[EmulatedReply]:
    limit = output_limit_tokens(world.task, world.endpoints[row])
    return [world.reply_to(row, column, text, limit) for column, text in enumerate(texts)]


def _grade(world: World, scorer: Scorer, reply: EmulatedReply, column: int) -> Grade:
    status = Status.REFUSED if reply.is_refusal else Status.TRUNCATED if reply.is_truncated else Status.OK
    read = Reply(text=reply.text, status=status, usage=reply.usage)
    return score_reply(read, world.task.items[column], scorer, world.task)


def _model(world: World, row: int) -> RecordedModel:
    endpoint: Endpoint = world.endpoints[row]
    model, prices = world.market.models[endpoint.model_id], world.prices[row]
    per_mtok = [None if prices.get(kind) is None else float(prices[kind] or 0) for kind in ("input", "output")]
    return RecordedModel(
        name=str(endpoint.id),
        provider=str(endpoint.provider_id),
        family=model.family,
        params_b=model.params_b,
        input_usd_per_mtok=per_mtok[0],
        output_usd_per_mtok=per_mtok[1],
        context_tokens=endpoint.context_tokens,
    )


def _gold(target: object) -> str:
    return target if isinstance(target, str) else ""
