"""A synthetic market with a known truth, and the replies that make it true."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

import numpy as np

from modelsearch.core.errors import InputError
from modelsearch.core.ids import EndpointId, ItemId, Json, canonical_json
from modelsearch.core.market import Endpoint, Market, RateKind
from modelsearch.core.money import call_cost_usd, round_usd
from modelsearch.core.outcome import Status
from modelsearch.core.ports import Scorer
from modelsearch.core.task import Item, TaskSpec, output_limit_tokens
from modelsearch.emulator.replies import Asked, EmulatedReply, prompt_key, surely_told
from modelsearch.emulator.world_market import list_prices
from modelsearch.emulator.world_names import ROUTER
from modelsearch.emulator.world_outcomes import WorldOutcomes
from modelsearch.emulator.world_random import Floats, uniform

PROMPT_OVERHEAD_TOKENS = 6
REFUSAL_TEXT = "I cannot help with that request."
_READS_PROSE = frozenset({"choice", "contains"})
_STYLES = ("{}", "{}", "{}.", "Label: {}", "The answer is {}.", "**{}**")


class EndpointTruth(NamedTuple):
    """Exact over all items: quality by the task's metric, mean cost and latency of an item, 95th percentile."""

    quality: float
    cost_usd: Decimal
    latency_s: float
    latency_p95_s: float


@dataclass(frozen=True, kw_only=True)
class World:
    """Endpoints, what they would reply to every item, and so the truth about them.

    Attributes:
        market: fictional, every provider labelled as emulated.
        default_baseline: an accurate endpoint of a premium provider.
        outcomes: rows follow `endpoints`, columns the task's items.
    """

    task: TaskSpec
    seed: int
    market: Market
    default_baseline: EndpointId
    endpoints: tuple[Endpoint, ...]
    outcomes: WorldOutcomes

    def behaviour(self, item_by_prompt: Mapping[str, ItemId]) -> "WorldBehaviour":
        """Replies to the task's prompts.

        Args:
            item_by_prompt: prompt text (all message contents in order) to the item that it asks.

        Raises:
            InputError: a prompt names an unknown item, or two items share a prompt.
        """
        return WorldBehaviour(world=self, item_by_prompt=item_by_prompt)

    def truth(self, scorer: Scorer, item_by_prompt: Mapping[str, ItemId]) -> Mapping[EndpointId, EndpointTruth]:
        """Quality, cost and latency of every endpoint: each reply that it would give, graded and counted.

        Args:
            scorer: grades the replies, as in the search.
            item_by_prompt: as for `behaviour`; of several prompts of an item the first decides the input tokens.
        """
        prompt_by_item = {item_id: text for text, item_id in reversed(list(item_by_prompt.items()))}
        prompts = [prompt_by_item[item.id] for item in self.task.items]
        return {e.id: self._truth_of(row, scorer, prompts) for row, e in enumerate(self.endpoints)}

    def _truth_of(self, row: int, scorer: Scorer, prompts: Sequence[str]) -> EndpointTruth:
        limit = output_limit_tokens(self.task, self.endpoints[row])
        replies = [self.reply_to(row, column, prompt, limit) for column, prompt in enumerate(prompts)]
        scores = np.array([self._graded(r, i, scorer) for r, i in zip(replies, self.task.items, strict=True)])
        prices = self.prices[row]
        cost = sum((call_cost_usd(reply.usage, prices) for reply in replies), Decimal(0))
        latency = self.outcomes.latency_s[row]
        weights = np.where(np.isnan(scores), 0.0, self._weights)
        return EndpointTruth(
            quality=float(np.nansum(weights * np.nan_to_num(scores)) / weights.sum())
            if weights.any()
            else float("nan"),
            cost_usd=round_usd(cost / len(replies)),
            latency_s=float(latency.mean()),
            latency_p95_s=float(np.quantile(latency, 0.95)),
        )

    def _graded(self, reply: EmulatedReply, item: Item, scorer: Scorer) -> float:
        """The score of a reply, NaN where its status has none."""
        if reply.is_refusal:
            return self.task.status_scores.get(Status.REFUSED, float("nan"))
        if reply.is_truncated:
            return self.task.status_scores.get(Status.TRUNCATED, float("nan"))
        answer = scorer.canonical(reply.text, item)
        if answer is None:
            return self.task.status_scores.get(Status.INVALID, float("nan"))
        return scorer.score(answer, item)

    @cached_property
    def _weights(self) -> Floats:
        """(n_items,) weights of the task's metric."""
        weights = np.array([item.weight for item in self.task.items], dtype=np.float64)
        if self.task.metric == "class_weighted_mean":
            targets = [str(item.target) for item in self.task.items]
            counts = Counter(targets)
            weights = weights / np.array([counts[target] for target in targets], dtype=np.float64)
        return weights

    @cached_property
    def prices(self) -> Sequence[Mapping[RateKind, Decimal | None]]:
        """USD per Mtok of each endpoint on the world's day."""
        return [list_prices(endpoint) for endpoint in self.endpoints]

    @cached_property
    def _answers(self) -> tuple[str, ...]:
        """All answers that an item can get: the labels, or every target of the task."""
        targets = [_text(item.target) for item in self.task.items]
        return self.task.labels or (*dict.fromkeys(targets), "unknown")

    def reply_to(self, row: int, column: int, prompt: str, max_output_tokens: int) -> EmulatedReply:
        """What an endpoint replies to an item.

        Args:
            row: endpoint.
            column: item.
            prompt: its text, for the input tokens.
            max_output_tokens: hidden tokens count; beyond it nothing is said and the reply is truncated.
        """
        endpoint, drawn = self.endpoints[row], self.outcomes
        visible, hidden = int(drawn.visible[row, column]), int(drawn.hidden[row, column])
        is_truncated = visible + hidden > max_output_tokens
        hidden = min(hidden, max_output_tokens)
        text = "" if is_truncated else self._reply_text(row, column)
        return EmulatedReply(
            text=text,
            logprobs=surely_told(text, self._answer(row, column), float(drawn.confidence[row, column])),
            input_tokens=PROMPT_OVERHEAD_TOKENS + int(len(prompt) / self._chars_per_token[endpoint.model_id]),
            output_tokens=min(visible, max_output_tokens - hidden),
            reasoning_tokens=hidden,
            latency_s=float(drawn.latency_s[row, column]),
            is_refusal=not is_truncated and bool(drawn.is_refused[row, column]),
            is_truncated=is_truncated,
            model=endpoint.wire_name,
            host=endpoint.host or "",
            fingerprint=f"fp_{endpoint.model_id}_{endpoint.quantization or 'own'}",
            item=self.task.items[column].id,
        )

    def _reply_text(self, row: int, column: int) -> str:
        drawn = self.outcomes
        if drawn.is_refused[row, column]:
            return REFUSAL_TEXT
        answer = self._answer(row, column)
        if self.task.scorer.name not in _READS_PROSE or not self.task.labels:
            return answer
        return _STYLES[int(drawn.style[row, column] * len(_STYLES))].format(answer)

    def _answer(self, row: int, column: int) -> str:
        answer, drawn = _text(self.task.items[column].target), self.outcomes
        if drawn.is_right[row, column]:
            return answer
        others = [other for other in self._answers if other != answer]
        return others[int(drawn.wrong[row, column]) % len(others)] if others else "unknown"

    @cached_property
    def _chars_per_token(self) -> Mapping[str, float]:
        """Tokenisers differ by family."""
        models = self.market.models.values()
        return {model.id: 3.6 + 0.8 * uniform("tokeniser", model.family) for model in models}


@dataclass(frozen=True, kw_only=True)
class WorldBehaviour:
    """A world behind the emulator's door. A router reports each call's cost, as routers do."""

    world: World
    item_by_prompt: Mapping[str, ItemId]
    _column: dict[str, int] = field(init=False, repr=False)
    _row: dict[tuple[str, str, str | None], int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Index prompts and endpoints."""
        columns = {item.id: column for column, item in enumerate(self.world.task.items)}
        found: dict[str, int] = {}
        for text, item_id in self.item_by_prompt.items():
            if item_id not in columns:
                raise InputError(f"emulated world: item {item_id!r} of a prompt is not in task {self.world.task.id!r}")
            column = columns[item_id]
            if found.setdefault(prompt_key(text), column) != column:
                raise InputError(
                    f"emulated world: item {item_id!r} and another have the same prompt: remove one of them"
                )
        rows = {(e.provider_id, e.wire_name, e.host): row for row, e in enumerate(self.world.endpoints)}
        object.__setattr__(self, "_column", found)
        object.__setattr__(self, "_row", rows)

    def reply(self, asked: Asked) -> EmulatedReply | None:
        """The world's reply; None for an unknown endpoint or prompt."""
        row = self._row.get((asked.provider_id, asked.wire_name, asked.host))
        column = self._column.get(prompt_key(asked.prompt_text))
        if row is None or column is None:
            return None
        reply = self.world.reply_to(row, column, asked.prompt_text, asked.max_output_tokens)
        if asked.provider_id != ROUTER:
            return reply
        return replace(reply, cost_usd=call_cost_usd(reply.usage, self.world.prices[row]))


def _text(target: Json) -> str:
    """A reply that meets a target: texts as they are, a list of texts in one sentence, all else as JSON."""
    if isinstance(target, list | tuple) and all(isinstance(part, str) for part in target):
        return ", ".join(str(part) for part in target)
    return target if isinstance(target, str) else canonical_json(target).decode()
