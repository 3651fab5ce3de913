"""Items on which the recommended candidate and the baseline differ, with what each of them said."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose

from modelsearch.core.candidate import Candidate, Ensemble
from modelsearch.core.errors import ModelsearchError
from modelsearch.core.events import CallReplied, CallReserved, Event, OutcomeScored
from modelsearch.core.ids import CallId, CandidateId, ItemId, Json
from modelsearch.core.market import Market
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.result import SearchResult
from modelsearch.core.search import Setting
from modelsearch.core.task import Item
from modelsearch.core.wire import RawReply
from modelsearch.evaluate.caller import dialect_of
from modelsearch.evaluate.side_calls import SIDE_PREFIXES
from modelsearch.report.page_data import Disagreement, Disagreements, Said

MAX_READ = 5000
"""Disagreements whose replies are read from the journal; of the others the canonical answer is told."""


def disagreements_of(
    setting: Setting, events: Sequence[Event], result: SearchResult, candidates: Mapping[CandidateId, Candidate]
) -> Disagreements | None:
    """All items on which they differ; None where there is nobody to compare the baseline with.

    Args:
        setting: whose task has the items.
        events: of the journal: outcomes, and the replies behind them.
        result: who is recommended; where the baseline is kept, its runner-up is compared.
        candidates: all that were ever in the pool, by id.
    """
    answer = result.recommendation
    kept = answer.candidate_id == result.baseline_id
    name = answer.runner_up_id if kept else answer.candidate_id
    if name is None:
        return None
    ours, base = _outcomes(events, name), _outcomes(events, result.baseline_id)
    both = [item for item in setting.task.items if item.id in ours and item.id in base]
    differing = [item for item in both if _differ(ours[item.id], base[item.id])]
    ordered = sorted(differing, key=lambda item: _order(item, ours[item.id], base[item.id]))
    shown = [o for item in ordered[:MAX_READ] for o in (*ours[item.id], *base[item.id])]
    words = _Words.of(events, setting.market, shown)
    is_vote = isinstance(candidates.get(name), Ensemble)
    found = tuple(
        Disagreement(
            item_id=item.id,
            input=text_of(item.input),
            target=text_of(item.target),
            ours=_said(ours[item.id], None if is_vote else words),
            baseline=_said(base[item.id], words),
            weight=item.weight,
        )
        for item in ordered
    )
    label = next((e.label for e in result.estimates if e.candidate_id == name), str(name))
    return Disagreements(candidate_id=name, label=label, n_both=len(both), found=found)


def text_of(value: Json) -> str:
    """An input or target as a person reads it: text as it is, an object of one text field as that text, else JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and len(value) == 1:
        only = next(iter(value.values()))
        if isinstance(only, str):
            return only
    return json.dumps(value, ensure_ascii=False, indent=1)


def _outcomes(events: Iterable[Event], name: CandidateId) -> dict[ItemId, list[Outcome]]:
    """The outcomes of a candidate by item, repeats in order; the first of each counts, as in the search."""
    found: dict[ItemId, dict[int, Outcome]] = {}
    for event in events:
        if isinstance(event, OutcomeScored) and event.outcome.candidate_id == name:
            outcome = event.outcome
            if outcome.status is not Status.NOT_RUN:
                found.setdefault(outcome.item_id, {}).setdefault(outcome.repeat, outcome)
    return {item_id: [by[repeat] for repeat in sorted(by)] for item_id, by in found.items()}


def _differ(ours: Sequence[Outcome], base: Sequence[Outcome]) -> bool:
    mine, theirs = _score(ours), _score(base)
    if mine is None or theirs is None:
        return (mine is None) != (theirs is None)
    return not isclose(mine, theirs, abs_tol=1e-9) or _first(ours).answer != _first(base).answer


def _order(item: Item, ours: Sequence[Outcome], base: Sequence[Outcome]) -> tuple[int, float, str]:
    """Losses, the heaviest first; gains; then where nothing but the answer differs."""
    mine, theirs = _score(ours), _score(base)
    gap = (0.0 if mine is None else mine) - (0.0 if theirs is None else theirs)
    group = 0 if gap < 0 else 1 if gap > 0 else 2
    return group, -abs(gap) * item.weight, item.id


def _score(outcomes: Sequence[Outcome]) -> float | None:
    scores = [o.score for o in outcomes if o.score is not None]
    return sum(scores) / len(scores) if scores else None


def _first(outcomes: Sequence[Outcome]) -> Outcome:
    return next((o for o in outcomes if o.status is Status.OK), outcomes[0])


def _said(outcomes: Sequence[Outcome], words: "_Words | None") -> Said:
    first = _first(outcomes)
    return Said(
        status=first.status.value,
        answer=first.answer,
        score=_score(outcomes),
        reply="" if words is None else words.of_outcome(first),
        n_repeats=len(outcomes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """What endpoints replied, by call: the journal's bytes in the provider's own dialect."""

    texts: Mapping[CallId, str]

    @classmethod
    def of(cls, events: Iterable[Event], market: Market, outcomes: Iterable[Outcome]) -> "_Words":
        """The replies behind these outcomes, as far as this run bought them."""
        wanted = {call_id for call_id in map(_last_call, outcomes) if call_id}
        endpoints = {e.call_id: e.endpoint_id for e in events if isinstance(e, CallReserved) and e.call_id in wanted}
        texts: dict[CallId, str] = {}
        for event in events:
            if isinstance(event, CallReplied) and event.call_id in endpoints:
                endpoint = market.endpoints.get(endpoints[event.call_id])
                provider = None if endpoint is None else market.providers.get(endpoint.provider_id)
                if provider is not None:
                    texts[event.call_id] = _decoded(provider.dialect, event)
        return cls(texts=texts)

    def of_outcome(self, outcome: Outcome) -> str:
        """The words behind an outcome; "" where they are not known."""
        return self.texts.get(_last_call(outcome), "")


def _last_call(outcome: Outcome) -> CallId:
    """The call whose answer stood: of a cascade, the last leg's; judges' calls answer nothing."""
    own = [call_id for call_id in outcome.call_ids if not call_id.startswith(SIDE_PREFIXES)]
    return own[-1] if own else CallId("")


def _decoded(dialect: str, event: CallReplied) -> str:
    raw = RawReply(http_status=event.http_status, body=event.body, latency_s=event.latency_s)
    try:
        return dialect_of(dialect).decode(raw).text
    except (ValueError, ModelsearchError):
        return ""  # whatever it was, the outcome's status says how it counted
