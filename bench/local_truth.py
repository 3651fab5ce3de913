"""What is true of the local candidates: their answers to all items, from the gateway's log, the missing ones asked."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import httpx

from bench.local_gateway import question_key
from modelsearch.core.candidate import Single
from modelsearch.core.ids import CandidateId
from modelsearch.core.market import Market
from modelsearch.core.task import Item, TaskSpec
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.scoring import make_scorer

TRUTH_TIMEOUT_S = 120.0
ONE_ANSWER_SHARE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A call as the gateway wrote it down."""

    model: str
    question: str
    answer: str
    finish_reason: str
    compute_seconds: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One candidate on all items.

    Attributes:
        answers: canonical answer of each item in the task's order; None = none.
        quality: share of items that are right.
        cpu_s: mean CPU seconds of a call.
    """

    answers: tuple[str | None, ...]
    quality: float
    cpu_s: float

    @property
    def one_answer_share(self) -> float:
        """Share of the commonest answer among the items that have one."""
        given = [answer for answer in self.answers if answer is not None]
        return Counter(given).most_common(1)[0][1] / len(given) if given else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An item as a candidate is asked it."""

    candidate_id: CandidateId
    model: str
    message: str
    item: Item

    @property
    def key(self) -> str:
        """Its name in the gateway's log."""
        return question_key(self.model, self.message)


def read_log(path: Path) -> list[Logged]:
    """All calls so far, in order; none where nothing was asked."""
    if not path.is_file():
        return []
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Logged(**{**row, "compute_seconds": Decimal(row["compute_seconds"])}) for row in rows]


def bill_usd(calls: Iterable[Logged], usd_per_s: Decimal) -> Decimal:
    """CPU seconds times price, exact."""
    return sum((call.compute_seconds * usd_per_s for call in calls), Decimal(0))


def questions(task: TaskSpec, market: Market, singles: Sequence[Single]) -> Iterator[Question]:
    """Every item as every candidate is asked it, candidate by candidate."""
    renderer = PromptRenderer(task)
    for single in singles:
        model = market.endpoints[single.endpoint_id].wire_name
        for item in task.items:
            message = renderer.render(item, single.prompt_id)[-1].content
            yield Question(candidate_id=single.id, model=model, message=message, item=item)


async def ask_missing(wanted: Sequence[Question], known: Iterable[Logged], base_url: str, max_tokens: int) -> int:
    """Ask the gateway what its log does not have, each model one call at a time; how many calls that took.

    Raises:
        httpx.HTTPError: a server failed.
    """
    have = {call.question for call in known}
    missing = {question.key: question for question in wanted if question.key not in have}
    by_model: dict[str, list[Question]] = {}
    for question in missing.values():
        by_model.setdefault(question.model, []).append(question)
    async with httpx.AsyncClient(timeout=TRUTH_TIMEOUT_S, trust_env=False) as client:
        await asyncio.gather(*(_ask_all(client, base_url, asked, max_tokens) for asked in by_model.values()))
    return len(missing)


def truths(task: TaskSpec, wanted: Sequence[Question], calls: Iterable[Logged]) -> dict[CandidateId, Truth]:
    """The truth of each candidate; the first answer to a question counts, as it did in the search.

    Raises:
        KeyError: a question was never answered.
    """
    first: dict[str, Logged] = {}
    for call in calls:
        first.setdefault(call.question, call)
    by_candidate: dict[CandidateId, list[Question]] = {}
    for question in wanted:
        by_candidate.setdefault(question.candidate_id, []).append(question)
    return {candidate_id: _truth(task, asked, first) for candidate_id, asked in by_candidate.items()}


def deserves_warning(truth: Truth, targets: Sequence[str]) -> bool:
    """Whether the candidate gives one answer to nearly all items while no target is that common."""
    top = Counter(targets).most_common(1)[0][1] / len(targets)
    return truth.one_answer_share >= ONE_ANSWER_SHARE and top < truth.one_answer_share


def _truth(task: TaskSpec, asked: Sequence[Question], calls: Mapping[str, Logged]) -> Truth:
    scorer = make_scorer(task)
    found = [calls[question.key] for question in asked]
    answers = tuple(
        scorer.canonical(call.answer, question.item) if call.finish_reason == "stop" else None
        for question, call in zip(asked, found, strict=True)
    )
    points = [
        0.0 if answer is None else scorer.score(answer, question.item)
        for question, answer in zip(asked, answers, strict=True)
    ]
    cpu_s = sum(call.compute_seconds for call in found) / len(found)
    return Truth(answers=answers, quality=sum(points) / len(points), cpu_s=float(cpu_s))


async def _ask_all(client: httpx.AsyncClient, base_url: str, asked: Iterable[Question], max_tokens: int) -> None:
    for question in asked:
        messages = [{"role": "user", "content": question.message}]
        body = {"model": question.model, "messages": messages, "max_tokens": max_tokens, "temperature": 0.0}
        (await client.post(f"{base_url}/chat/completions", json=body)).raise_for_status()
