"""Prompts by successive refinement: a model reads what a prompt got wrong and writes others, the best of which go on.

Items that proposals are made from and judged on are a slice of their own, drawn before anything is asked. They are not
among the items of the search that follows, so that its certificates are about items which no proposal has seen: to that
search the proposals are ways of asking like any other, fixed beforehand. All calls, the proposer's too, are in the
books of runs of their own under one hard limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from modelsearch.api.request import SearchRequest
from modelsearch.api.session import Opening, Session, open_session
from modelsearch.core.candidate import Single
from modelsearch.core.errors import OptionError, TaskFileError
from modelsearch.core.ids import CallId, CandidateId, ItemId, PromptId
from modelsearch.core.search import Probe
from modelsearch.core.task import Item, Prompt, TaskSpec
from modelsearch.core.wire import ModelRequest
from modelsearch.evaluate.item_order import item_order
from modelsearch.evaluate.prompt import check_prompts
from modelsearch.evaluate.proposals import Failed, proposals_of, proposer_messages
from modelsearch.evaluate.side_calls import CALIBRATION_PREFIX, PROPOSAL_PREFIX
from modelsearch.search.rows import ask_rows

TODAY = PromptId("today")
"""The task's first prompt among proposals."""
MIN_LEFT = 20
"""Items that must be left for the search."""
MAX_PROPOSER_TOKENS = 4000
N_KEPT = 2
"""Prompts that a round goes on from."""


@dataclass(frozen=True, kw_only=True)
class ProposeRequest:
    """What to propose prompts for.

    Attributes:
        endpoint: who is asked with them; proposer: who writes them.
        budget_usd: hard limit for all calls of both.
        n_items: of the slice that proposals are made from and judged on; n_prompts: proposals a round.
    """

    endpoint: str
    proposer: str
    budget_usd: Decimal
    n_items: int = 40
    n_prompts: int = 4
    n_rounds: int = 2
    seed: int = 0
    market: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A prompt, and the share of the slice's points that it got there; not a claim about anything else."""

    prompt: Prompt
    slice_quality: float


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """What came of it.

    Attributes:
        proposals: the best first, without today's; today: the task's own first prompt on the same slice.
        slice_ids: items that were used, and belong in no search of these proposals.
    """

    proposals: tuple[Proposal, ...]
    today: float
    slice_ids: tuple[ItemId, ...]
    spend_usd: Decimal


async def propose(task: TaskSpec, request: ProposeRequest, opening: Opening) -> Proposed:
    """Rounds of proposing and judging until the rounds or the money are over.

    Raises:
        InputError: endpoint, proposer or sizes cannot be used; nothing was spent.
        StoppedError: a provider cannot go on.
    """
    kept_items = _slice(task, request)
    known: tuple[Prompt, ...] = (replace(task.prompts[0], id=TODAY),)
    judged: dict[PromptId, Proposal] = {}
    left_usd = request.budget_usd
    for number in range(request.n_rounds + 1):
        own = replace(task, items=kept_items, prompts=known, variants=())
        best = _best(judged)[:N_KEPT]
        is_last = number == request.n_rounds
        found = await _round(own, replace(request, budget_usd=left_usd), opening, None if is_last else best)
        judged |= {proposal.prompt.id: proposal for proposal in found.judged}
        left_usd -= found.spend_usd
        fresh = _usable(own, [p for p in found.written if p.user not in {each.user for each in known}])
        known = (*known, *fresh)
        if not fresh or left_usd <= 0:
            break
    ranked = _best({name: each for name, each in judged.items() if name != TODAY})
    return Proposed(
        proposals=tuple(ranked),
        today=judged[TODAY].slice_quality if TODAY in judged else float("nan"),
        slice_ids=tuple(item.id for item in kept_items),
        spend_usd=request.budget_usd - left_usd,
    )


@dataclass(frozen=True, kw_only=True)
class _Round:
    judged: tuple[Proposal, ...]
    written: tuple[Prompt, ...]
    spend_usd: Decimal


def _slice(task: TaskSpec, request: ProposeRequest) -> tuple[Item, ...]:
    if not 4 <= request.n_items <= len(task.items) - MIN_LEFT:
        message = (
            f"propose: --items: expected from 4 to {len(task.items) - MIN_LEFT}, so that {MIN_LEFT} of the task's "
            f"{len(task.items)} are left to search over, got {request.n_items}"
        )
        raise OptionError(message)
    wanted = item_order(task, request.seed)[: request.n_items]
    items = {item.id: item for item in task.items}
    return tuple(items[name] for name in wanted)


def _best(judged: dict[PromptId, Proposal]) -> list[Proposal]:
    return sorted(judged.values(), key=lambda each: (-each.slice_quality, each.prompt.id))


async def _round(task: TaskSpec, request: ProposeRequest, opening: Opening, best: Sequence[Proposal] | None) -> _Round:
    """Judge the task's prompts on the slice, then have new ones written from what the best got wrong; None = none."""
    names = [request.endpoint if len(task.prompts) == 1 else f"{request.endpoint}#{p.id}" for p in task.prompts]
    asked = SearchRequest(
        baseline=names[0], candidates=tuple(names), budget_usd=request.budget_usd, seed=request.seed,
        market=request.market, past=(), is_inline=True,
    )  # fmt: skip
    async with open_session(asked, replace(opening, task=task, run=None)) as session:
        item_ids = tuple(item.id for item in task.items)
        probes = [Probe(candidate_id=CandidateId(name), item_ids=item_ids) for name in names]
        await ask_rows(session.search, "judge prompts", probes)
        judged, failures = _judged(session, task)
        written: tuple[Prompt, ...] = ()
        if best is not None:
            top = _best({each.prompt.id: each for each in (*best, *judged)})[0]
            written = await _written(session, request, top.prompt, failures.get(top.prompt.id, ()))
        return _Round(judged=judged, written=written, spend_usd=session.search.ledger.spend().committed_usd)


def _judged(session: Session, task: TaskSpec) -> tuple[tuple[Proposal, ...], dict[PromptId, Sequence[Failed]]]:
    """Quality of each prompt on the slice, what was not answered counting 0, and what it got wrong."""
    view = session.search.fold.view()
    items = {item.id: item for item in task.items}
    by_name = {prompt.id: prompt for prompt in task.prompts}
    judged: list[Proposal] = []
    failures: dict[PromptId, Sequence[Failed]] = {}
    for row, candidate in enumerate(view.candidates):
        if not isinstance(candidate, Single):
            continue
        prompt = by_name.get(candidate.prompt_id, task.prompts[0])
        score = view.outcomes.score[row].astype(np.float64)
        judged.append(Proposal(prompt=prompt, slice_quality=float(np.nan_to_num(score).mean())))
        codes = view.outcomes.answer[row]
        failures[prompt.id] = [
            Failed(items[name], view.outcomes.answers[codes[at]] if codes[at] >= 0 else "")
            for at, name in enumerate(view.setting.item_ids)
            if score[at] < 1.0
        ]
    return tuple(judged), failures


async def _written(
    session: Session, request: ProposeRequest, prompt: Prompt, failures: Sequence[Failed]
) -> tuple[Prompt, ...]:
    """What the proposer writes; nothing where there is nothing to mend, or no money."""
    calls = session.plugs.calibration if session.plugs is not None else None
    if calls is None or not failures:
        return ()
    if request.proposer not in calls.market.endpoints:
        message = f"propose: --proposer: expected an endpoint of the catalogue, got {request.proposer!r}"
        raise OptionError(message)
    next_id = calls.caller.next_id
    own = replace(
        calls,
        caller=replace(calls.caller, next_id=lambda: CallId(next_id().replace(CALIBRATION_PREFIX, PROPOSAL_PREFIX))),
    )
    task = session.setting.task
    messages = proposer_messages(task, prompt, failures, request.n_prompts)
    asked = ModelRequest(messages=messages, max_output_tokens=MAX_PROPOSER_TOKENS)
    reply = (await own.ask(own.endpoint(request.proposer), asked)).answer.reply
    return tuple(proposals_of(reply.text, task, first_number=len(task.prompts))[: request.n_prompts])


def _usable(task: TaskSpec, prompts: Sequence[Prompt]) -> tuple[Prompt, ...]:
    """Those that every item of the slice can be put into."""
    found = []
    for prompt in prompts:
        try:
            check_prompts(replace(task, prompts=(prompt,)))
        except TaskFileError:
            continue
        found.append(prompt)
    return tuple(found)
