"""What a search would cost, before any spending: at least, likely and at most, phase by phase, and one prompt."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from decimal import Decimal

from modelsearch.api.begun import Begun, begun_now
from modelsearch.api.pool import list_costs_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import Source
from modelsearch.api.variant_lines import variant_lines
from modelsearch.core.batch import BatchPolicy
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Outcome
from modelsearch.core.plan import Phase, Plan
from modelsearch.core.search import Drop, Move, Probe, Setting
from modelsearch.core.wire import ModelRequest
from modelsearch.evaluate.asking import model_request
from modelsearch.search.endings import check_pool
from modelsearch.search.fold import Fold
from modelsearch.search.loop import decide_move
from modelsearch.settings import Settings, read_settings

_FREE = Decimal(0)
ROUNDS_LIKE_THE_FIRST = 4
"""What a phase is taken to buy: its first round so many times, for batches grow and candidates leave."""


@dataclass(frozen=True, kw_only=True)
class PhasePreview:
    """What a phase may spend in USD: its first round at list prices (at least), what is expected, its hard limit.

    Attributes:
        batched_usd: what is expected where its rounds are bought in batches, as far as they are wide and providers
            have batches.
    """

    phase: str
    n_candidates: int
    n_first_calls: int
    at_least_usd: Decimal
    likely_usd: Decimal
    at_most_usd: Decimal
    batched_usd: Decimal = _FREE


@dataclass(frozen=True, kw_only=True)
class BatchPreview:
    """Which rounds would be batched, and what an item of a candidate costs there in USD; absent = no batches."""

    policy: BatchPolicy
    cost_usd: Mapping[CandidateId, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Previewed:
    """A preview as text for people, and as data for programs."""

    lines: Sequence[str]
    data: Mapping[str, object]


def previewed(request: SearchRequest, settings: Settings | None = None) -> Previewed:
    """What a search would cost; nothing is called and nothing is written.

    Raises:
        InputError: as `search` would.
    """
    settings = settings or read_settings()
    with ExitStack() as stack:
        begun = begun_now(request, settings, stack)
        batch = batch_preview(request, begun.source)
        phases = previews(begun.setting, begun.plan, begun.drops, begun.imports, batch)
        lines = [
            *_table(begun.setting, phases),
            *_batches(request, batch),
            *_known(begun),
            *variant_lines(begun.source),
            "",
            *_prompt(begun.source),
        ]
        return Previewed(lines=lines, data=_data(begun, phases))


def preview_lines(request: SearchRequest, settings: Settings | None = None) -> list[str]:
    """The preview as text; `previewed` tells more."""
    return list(previewed(request, settings).lines)


def _data(begun: Begun, phases: Sequence[PhasePreview]) -> dict[str, object]:
    setting, source = begun.setting, begun.source
    request = _first_request(source)
    return {
        "task": setting.task.id,
        "baseline": setting.baseline_id,
        "n_items": len(setting.item_ids),
        "n_candidates": len(setting.candidates),
        "n_known_items": len({outcome.item_id for outcome in begun.imports}),
        "budget_usd": setting.budget.spend_usd,
        "phases": phases,
        "prompt": {
            "item": source.task.items[0].id,
            "max_output_tokens": request.max_output_tokens,
            "messages": [{"role": each.role, "content": each.content} for each in request.messages],
        },
    }


def batch_preview(request: SearchRequest, source: Source) -> BatchPreview:
    """Batches as asked for; where none are, as `--batch wide` would use them, so that both prices are seen."""
    policy = request.batch_policy
    if policy.mode == "never":
        policy = replace(policy, mode="wide")
    market = source.market
    able = tuple(
        single
        for single in source.candidates
        if market.providers[market.endpoints[single.endpoint_id].provider_id].batch is not None
    )
    if source.is_replayed:
        return BatchPreview(policy=policy)
    prices = replace(source.prices, processing="batch")
    return BatchPreview(policy=policy, cost_usd=list_costs_of(source.task, market, able, prices, source.renderer))


def previews(
    setting: Setting,
    plan: Plan,
    drops: Sequence[Drop],
    imports: Sequence[Outcome] = (),
    batch: BatchPreview | None = None,
) -> list[PhasePreview]:
    """Phase by phase: free filters are really run; a phase's first round is really asked for, and priced, not sent.

    What is known of the baseline already (`imports`) is not asked for again, and costs nothing.

    Raises:
        EmptyPoolError: the free filters leave nothing.
    """
    fold = Fold(setting)
    fold.apply(Move(phase="available", round=0, drops=tuple(drops)))
    for outcome in imports:
        fold.take(outcome)
    left, found = setting.budget.spend_usd, []
    for phase in plan.phases:
        share = left * Decimal(str(phase.spend_share)) if phase.sampler is not None else _FREE
        view = fold.view_of(phase.name, share)
        move = decide_move(view, phase)
        fold.apply(move)
        check_pool(fold)
        saved = _saved_usd(setting, move.probes, batch)
        preview = _phase_preview(fold, phase, move.probes, (share, left), saved)
        found.append(preview)
        left -= preview.likely_usd
    return found


def _phase_preview(
    fold: Fold, phase: Phase, probes: tuple[Probe, ...], money_usd: tuple[Decimal, Decimal], saved_usd: Decimal
) -> PhasePreview:
    """`saved_usd`: what the first round costs less in batches."""
    share, left = money_usd
    setting = fold.setting
    first = sum((_cost(setting, probe.candidate_id) * len(probe.item_ids) for probe in probes), _FREE)
    n_open = sum(not fold.is_known(setting.baseline_id, item_id) for item_id in setting.item_ids)
    proof = _cost(setting, setting.baseline_id) * n_open if share == left else _FREE
    return PhasePreview(
        phase=phase.name,
        n_candidates=len(fold.pool),
        n_first_calls=sum(len(probe.item_ids) for probe in probes),
        at_least_usd=min(first, share),
        likely_usd=min(share, first * ROUNDS_LIKE_THE_FIRST + proof),
        batched_usd=min(share, (first - saved_usd) * ROUNDS_LIKE_THE_FIRST + proof),
        at_most_usd=share,
    )


def _saved_usd(setting: Setting, probes: Sequence[Probe], batch: BatchPreview | None) -> Decimal:
    """What a round costs less in batches, in USD; 0 where it is not wide."""
    n_calls = sum(len(probe.item_ids) for probe in probes) * setting.task.n_repeats
    if batch is None or not batch.policy.is_batched(n_calls):
        return _FREE
    saved = _FREE
    for probe in probes:
        live = _cost(setting, probe.candidate_id)
        batched = Decimal(repr(batch.cost_usd.get(probe.candidate_id, float(live))))
        saved += max(_FREE, live - batched) * len(probe.item_ids)
    return saved


def _batches(request: SearchRequest, batch: BatchPreview) -> list[str]:
    """What the column of batches means."""
    if not batch.cost_usd:
        return []
    used = "" if request.batch != "never" else ", if asked for with --batch wide"
    size = "" if batch.policy.mode == "always" else f" of at least {batch.policy.min_calls} calls"
    return [f"batches: likely, with rounds{size} bought in batches where providers have them{used}; answers take hours"]


def _cost(setting: Setting, candidate_id: CandidateId) -> Decimal:
    return Decimal(repr(setting.list_cost_usd.get(candidate_id, 0.0)))


def _table(setting: Setting, phases: list[PhasePreview]) -> list[str]:
    what = (
        f"task {setting.task.id}: {len(setting.item_ids)} items, {len(setting.candidates)} candidates, "
        f"baseline {setting.baseline_id}, budget ${setting.budget.spend_usd:.4f} (hard limit)"
    )
    names = "".join(f"{name:>12}" for name in ("first calls", "at least", "likely", "batches", "at most"))
    lines = [what, f"{'phase':<14}{'candidates':>11}{names}"]
    lines += [
        f"{p.phase:<14}{p.n_candidates:>11}{p.n_first_calls:>12}"
        f"{p.at_least_usd:>12.4f}{p.likely_usd:>12.4f}{p.batched_usd:>12.4f}{p.at_most_usd:>12.4f}"
        for p in phases
    ]
    fields = ("at_least_usd", "likely_usd", "batched_usd")
    total = [sum((getattr(p, name) for p in phases), _FREE) for name in fields]
    amounts = "".join(f"{amount:>12.4f}" for amount in (*total, setting.budget.spend_usd))
    lines.append(f"{'in all':<37}{amounts}  USD")
    lines.append(
        "at least: each phase's first round at list prices; a search may stop early, and never passes `at most`"
    )
    lines.append(
        f"likely: a rule of thumb, not a forecast: {ROUNDS_LIKE_THE_FIRST} rounds like the first, and in the last "
        "phase the baseline on every item that is not known"
    )
    return lines


def _known(begun: Begun) -> list[str]:
    """How much of the baseline comes for nothing."""
    n_known = len({outcome.item_id for outcome in begun.imports})
    if not n_known:
        return []
    return [f"--baseline-outcomes: {n_known} of {len(begun.setting.item_ids)} items of the baseline are known and free"]


def _prompt(source: Source) -> list[str]:
    """The exact messages of the first item, as the baseline gets them."""
    item, request = source.task.items[0], _first_request(source)
    lines = [f"the prompt of item {item.id} (at most {request.max_output_tokens} output tokens):"]
    for message in request.messages:
        lines += [f"--- {message.role}", message.content]
    return lines


def _first_request(source: Source) -> ModelRequest:
    endpoint = source.market.endpoints[source.baseline.endpoint_id]
    return model_request(source.task, source.renderer, source.baseline, source.task.items[0], endpoint)
