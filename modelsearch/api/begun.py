"""What a search is begun with, read and checked; and what a run was begun with, from its own copy."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from modelsearch.api.hosts import pinned
from modelsearch.api.keys import Coverage, drops_without_key, keys_of
from modelsearch.api.past import past_quality_of, told_sources
from modelsearch.api.request import SearchRequest
from modelsearch.api.scorer_models import check_code_allowed, check_scorer_key
from modelsearch.api.source import Source, open_source, read_baseline_outcomes, with_market
from modelsearch.api.source_again import source_again
from modelsearch.catalog.plan_file import read_plan
from modelsearch.core.budget import Budget
from modelsearch.core.errors import JournalError
from modelsearch.core.events import Event, PhaseClosed, Warned
from modelsearch.core.ids import CandidateId, Json, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.money import usd
from modelsearch.core.outcome import Outcome
from modelsearch.core.plan import Plan
from modelsearch.core.search import Drop, Setting
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.item_order import item_order
from modelsearch.evaluate.recorded import RecordedReplies
from modelsearch.evaluate.scoring import has_canonical_form, make_scorer
from modelsearch.providers.account import check_providers
from modelsearch.search.plan import make_plan
from modelsearch.settings import Settings
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir, fingerprint
from modelsearch.store.setting_json import sha256_of, snapshot_from_json

AVAILABLE = "available"
"""Phase before the plan's own: who can be called at all, and what is known of the baseline already."""
SHA_KEY = "setting_sha256"


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A search that can go on: everything fixed, everything checked, nothing spent.

    Attributes:
        drops, imports: of the phase `available`; empty where an earlier life closed it.
        warnings: of what was read before the search, for its journal.
        plan_data: what the plan was made of.
        fingerprint: only a search with the same one may go on with a journal.
        is_resumed: gone on with from the run's own copy of its setting.
    """

    source: Source
    setting: Setting
    plan: Plan
    plan_data: Mapping[str, Any]
    keys: Mapping[ProviderId, str]
    fingerprint: str
    drops: tuple[Drop, ...] = ()
    imports: tuple[Outcome, ...] = ()
    warnings: tuple[Warned, ...] = ()
    is_resumed: bool = False


def begun_now(
    request: SearchRequest,
    settings: Settings,
    stack: ExitStack,
    task: TaskSpec | None = None,
    market: Market | None = None,
) -> Begun:
    """Read and check everything that a new search needs; a task or market that is given is not read.

    Raises:
        InputError: something cannot be used.
    """
    source = open_source(request, settings, stack, task=task, market=market)
    check_code_allowed(source.task, is_allowed=request.is_code_allowed or settings.is_code_allowed)
    plan = read_plan(request.plan, settings.plan_folder(request.plan))
    begun = begun_with(
        request, source, plan, keys_of(source.market, settings), past_quality_of(request, source, settings)
    )
    return replace(begun, warnings=told_sources(request, source, settings))


def begun_with(
    request: SearchRequest,
    source: Source,
    plan_data: Mapping[str, Any],
    keys: Mapping[ProviderId, str],
    past_quality: Mapping[CandidateId, float],
) -> Begun:
    """A new search of a source.

    Raises:
        InputError: plan, keys, providers or the baseline's outcomes cannot be used.
    """
    plan, setting = make_plan(plan_data), replace(setting_of(request, source), past_quality=past_quality)
    imports, drops = _available(request, source, keys)
    return Begun(
        source=source,
        setting=setting,
        plan=plan,
        plan_data=plan_data,
        keys=keys,
        fingerprint=search_fingerprint(request, setting, plan),
        drops=drops,
        imports=imports,
    )


async def with_hosts(begun: Begun, request: SearchRequest) -> Begun:
    """The same search with a host pinned for each router endpoint that could be a candidate, at that host's prices.

    Recorded and emulated searches call no router, and are left as they are.

    Raises:
        InputError: with the hosts' prices something cannot be used.
    """
    source = begun.source
    if source.table is not None or source.is_emulated:
        return begun
    gone = {drop.candidate_id for drop in begun.drops}
    wanted = [candidate.endpoint_id for candidate in source.candidates if candidate.id not in gone]
    kind = source.market.task_kinds.get(source.task.kind)
    needs = source.task.requirements.needs | (kind.requires if kind is not None else frozenset())
    market, warnings = await pinned(source.market, wanted, begun.keys, needs=needs)
    if market is source.market:
        return replace(begun, warnings=(*begun.warnings, *warnings))
    again = begun_with(request, with_market(source, market), begun.plan_data, begun.keys, begun.setting.past_quality)
    return replace(again, warnings=(*begun.warnings, *warnings))


def begun_before(request: SearchRequest, run: RunDir, settings: Settings, stack: ExitStack) -> Begun | None:
    """What the run was begun with; None where nothing was, or by a version that kept no copy of its setting.

    Raises:
        JournalError: the copy is missing or changed.
        InputError: keys, or in the phase `available` the baseline's outcomes, cannot be used.
    """
    if not Journal.is_begun(run.journal):
        return None
    header, events = Journal.read(run.journal)
    if SHA_KEY not in header:
        return None
    snapshot = snapshot_from_json(_read_snapshot(run, header[SHA_KEY]))
    plan, source = make_plan(snapshot.plan), source_again(request, snapshot.setting, stack)
    keys = keys_of(source.market, settings)
    check_code_allowed(source.task, is_allowed=request.is_code_allowed or settings.is_code_allowed)
    check_providers(source.market.providers.values(), keys)
    imports, drops = ((), ()) if _is_available_closed(events) else _available(request, source, keys)
    return Begun(
        source=source,
        setting=replace(snapshot.setting, market=source.market),
        plan=plan,
        plan_data=snapshot.plan,
        keys=keys,
        fingerprint=_known_fingerprint(header, request) or search_fingerprint(request, snapshot.setting, plan),
        drops=drops,
        imports=imports,
        is_resumed=True,
    )


def search_fingerprint(request: SearchRequest, setting: Setting, plan: Plan) -> str:
    """What makes two searches the same: only the same search may go on with a journal."""
    asked = request.to_json()
    return fingerprint(task=setting.task, pool=setting.candidates, plan=plan, budget=setting.budget, request=asked)


def setting_of(request: SearchRequest, source: Source) -> Setting:
    """Everything fixed before the first call; a share of a table's whole cost becomes dollars here."""
    budget = request.budget_usd
    if budget is None:
        whole = Decimal(repr(source.table.exhaustive_usd)) if source.table is not None else Decimal(0)
        budget = usd(whole * Decimal(str(request.budget_share)))
    return Setting(
        task=source.task,
        market=source.market,
        item_ids=item_order(source.task, request.seed),
        candidates=source.candidates,
        baseline_id=source.baseline.id,
        budget=Budget(spend_usd=budget, calls=request.max_calls),
        list_cost_usd=source.list_cost_usd,
        seed=request.seed,
        is_votable=_is_votable(source),
    )


def _is_votable(source: Source) -> bool:
    """Whether equal answers are equal text; a table that is served as scores has no answers to vote with."""
    if source.table is None:
        return has_canonical_form(make_scorer(source.task))
    replies = RecordedReplies(table=source.table)
    return replies.is_votable if source.is_replayed else replies.is_exact


def _available(
    request: SearchRequest, source: Source, keys: Mapping[ProviderId, str]
) -> tuple[tuple[Outcome, ...], tuple[Drop, ...]]:
    """The baseline's known outcomes, and who cannot be called."""
    check_providers(source.market.providers.values(), keys)
    check_scorer_key(source.task, source.market, keys)
    imports = read_baseline_outcomes(request.baseline_outcomes, source)
    known = Coverage(n_known=len({outcome.item_id for outcome in imports}), n_items=len(source.task.items))
    return tuple(imports), tuple(drops_without_key(source, keys, known))


def _read_snapshot(run: RunDir, sha256: Json) -> bytes:
    try:
        content = run.setting.read_bytes()
    except OSError as error:
        message = (
            f"run {run.run_id!r}: {run.setting} cannot be read ({error.strerror}), and without what it was begun with "
            "a run cannot go on: put the file back, or start a new run (paid replies are used again)"
        )
        raise JournalError(message) from error
    if sha256_of(content) != sha256:
        message = (
            f"run {run.run_id!r}: {run.setting} was changed after the run began: put the old one back, or start a new "
            "run (paid replies are used again)"
        )
        raise JournalError(message)
    return content


def _is_available_closed(events: list[Event]) -> bool:
    return any(isinstance(event, PhaseClosed) and event.phase == AVAILABLE for event in events)


def _known_fingerprint(header: Mapping[str, Json], request: SearchRequest) -> str:
    """That of the journal, where the same was asked: what a newer version adds to a type changes no search."""
    asked = header.get("request")
    is_same = isinstance(asked, dict) and SearchRequest.from_json(asked) == request
    return str(header["fingerprint"]) if is_same else ""
