"""Evaluator, ledger and state of a run, brought up to date with its journal."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

from modelsearch.api.begun import AVAILABLE, SHA_KEY, Begun
from modelsearch.api.recover import (
    CALL_PREFIX,
    first_free_number,
    first_served_by,
    keep_replies,
    recover,
    release_unsold,
    settled_calls,
)
from modelsearch.api.request import SearchRequest
from modelsearch.api.source import Source
from modelsearch.api.workers import Shared, open_shared
from modelsearch.core.events import CandidateSplit, Event, PhaseClosed, PhaseStarted, RoundClosed
from modelsearch.core.ids import CallId, Json
from modelsearch.core.money import ZERO_USD
from modelsearch.core.ports import Client, Evaluator, Recorder, ReplyStore, Scorer
from modelsearch.core.search import Move, Setting
from modelsearch.evaluate.batch_desk import release_unsent
from modelsearch.evaluate.batch_state import BatchState
from modelsearch.evaluate.caller import Answer, Caller
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.grader import Grader
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.make_grader import make_grader
from modelsearch.evaluate.plugs import Plugs
from modelsearch.evaluate.recorded import RecordedCosts, RecordedReplies
from modelsearch.evaluate.replay import ReplayEvaluator
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.evaluate.side_calls import CALIBRATION_PREFIX, JUDGE_PREFIX, SideCalls
from modelsearch.search.fold import Fold
from modelsearch.search.loop import Search
from modelsearch.settings import Settings
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir, write_header, write_whole
from modelsearch.store.ledger import Ledger
from modelsearch.store.replies import MemoryReplies, SqliteReplies
from modelsearch.store.setting_json import Snapshot, sha256_of, snapshot_to_json

Watch = Callable[[Event], None]


class Tee:
    """A recorder, and whoever watches what it has made durable."""

    def __init__(self, recorder: Recorder, watch: Watch | None) -> None:
        self._recorder = recorder
        self._watch = watch

    def append(self, event: Event) -> None:
        """Write, then show."""
        self._recorder.append(event)
        if self._watch is not None:
            self._watch(event)


@dataclass(frozen=True, kw_only=True)
class Wired:
    """What a search is plugged into.

    Attributes:
        plugs: of a live evaluator; `paid` is theirs, and may be added to.
        batches: those under way since an earlier life of the run.
    """

    evaluator: Evaluator
    ledger: Ledger
    fold: Fold
    known: Known
    grader: Grader | None = None
    plugs: Plugs | None = None
    paid: dict[str, Answer] = field(default_factory=dict)
    batches: BatchState = field(default_factory=BatchState)


@contextmanager
def open_journal(
    request: SearchRequest, run: RunDir, begun: Begun, *, sync_s: float | None = None
) -> Iterator[Journal]:
    """The run's journal, locked; what was asked is in its header, and in run.json for people.

    What a new run is begun with is on the disk before the journal, which names its checksum.
    """
    setting, asked = begun.setting, request.to_json()
    header: dict[str, Json] = {"run_id": str(run.run_id), "fingerprint": begun.fingerprint, "request": asked}
    if not begun.is_resumed and not Journal.is_begun(run.journal):
        snapshot = snapshot_to_json(Snapshot(setting=setting, plan=begun.plan_data))
        write_whole(run.setting, snapshot)
        header[SHA_KEY] = sha256_of(snapshot)
    with Journal.open(run.journal, header=header, sync_s=sync_s) as journal:
        if not run.header.exists():
            told: Mapping[str, Json] = {
                "task": setting.task.id,
                "baseline": setting.baseline_id,
                "plan": begun.plan.name,
                "budget_usd": str(setting.budget.spend_usd),
                "started_at": datetime.now(UTC).isoformat(timespec="seconds"),
            }
            write_header(run, {**header, **told})
        yield journal


@contextmanager
def open_replies(settings: Settings, source: Source, shared: Shared | None = None) -> Iterator[ReplyStore]:
    """Paid replies over runs, those of all workers where they share a database.

    Emulated ones are kept apart, for they are no answers of real models.
    """
    if source.is_emulated or source.is_replayed:
        yield MemoryReplies()
        return
    with ExitStack() as stack:
        if shared is None and settings.database_url is not None:
            shared = stack.enter_context(open_shared(settings))
        store = SqliteReplies(settings.replies) if shared is None or shared.replies is None else shared.replies("")
        stack.callback(store.close)
        yield store


def wire(
    source: Source, setting: Setting, *, client: Client, replies: ReplyStore, recorder: Recorder, run: RunDir
) -> Wired:
    """Build evaluator, ledger and state; what a kill left open is settled first."""
    _, events = Journal.read(run.journal)
    numbers = count(first_free_number(events))
    caller = Caller(
        market=source.market, client=client, recorder=recorder, ledger=Ledger(ZERO_USD), replies=replies,
        prices=source.prices, next_id=lambda: CallId(f"{CALL_PREFIX}{next(numbers):06d}"),
    )  # fmt: skip
    _release(source, events, recorder)
    found = recover(events, caller, source.market)
    _, events = Journal.read(run.journal)
    keep_replies(events, replies)
    batches = BatchState(events)
    ledger = _ledger(setting, events, batches)
    known = Known(source.task, scorer := make_scorer(source.task), recorder)
    known.restore(found.outcomes)
    fold = _folded(setting, events, known)
    evaluator: Evaluator
    grader: Grader | None = None
    plugs: Plugs | None = None
    if source.table is not None and source.is_replayed:
        evaluator = ReplayEvaluator(
            table=source.table, task=source.task, scorer=scorer, ledger=ledger, recorder=recorder, known=known,
            replies=RecordedReplies(table=source.table), costs=RecordedCosts(table=source.table),
            paid=settled_calls(events),
        )  # fmt: skip
    else:
        caller = replace(caller, ledger=ledger)
        grader = _grader(source, scorer, caller, known, found.paid, numbers)
        plugs = Plugs(
            task=source.task, market=source.market, renderer=source.renderer, scorer=scorer, known=known,
            caller=caller, recorder=Tee(recorder, fold.hear), costs=source.costs,
            paid=found.paid, origins=source.origins, baseline_id=source.baseline.id,
            served_by=first_served_by(events, setting.candidates), grader=grader,
            calibration=_side_calls(source, caller, found.paid, numbers, CALIBRATION_PREFIX),
        )  # fmt: skip
        evaluator = LiveEvaluator(plugs)
    wired = Wired(evaluator=evaluator, ledger=ledger, fold=fold, known=known, grader=grader)
    return replace(wired, plugs=plugs, paid=found.paid, batches=batches)


def _ledger(setting: Setting, events: Iterable[Event], batches: BatchState) -> Ledger:
    """As the journal tells it; calls of batches under way stay reserved."""
    budget = setting.budget
    return Ledger.from_events(budget.spend_usd, events, max_calls=budget.calls, still_open=batches.open_calls())


def _release(source: Source, events: Sequence[Event], recorder: Recorder) -> None:
    """Give back what an earlier life reserved and surely never sent."""
    if source.is_replayed:
        release_unsold(events, recorder)
    release_unsent(BatchState(events), recorder)


def _folded(setting: Setting, events: Iterable[Event], known: Known) -> Fold:
    """The state that the events amount to; `known` hears of who answered for whom."""
    fold = Fold(setting)
    for event in events:
        fold.apply(event)
        if isinstance(event, CandidateSplit):
            known.split(event.candidate_id, event.into)
    return fold


def _grader(
    source: Source, scorer: Scorer, caller: Caller, known: Known, paid: Mapping[str, Answer], numbers: Iterator[int]
) -> Grader | None:
    """What scores answers that take a call or time; its calls are numbered with all others, under a name of theirs."""
    calls = _side_calls(source, caller, paid, numbers, JUDGE_PREFIX)
    return make_grader(scorer, source.task, calls, known, source.baseline.id)


def _side_calls(
    source: Source, caller: Caller, paid: Mapping[str, Answer], numbers: Iterator[int], prefix: str
) -> SideCalls:
    """Calls that are no candidate's answers, in the books of the run."""
    return SideCalls(
        market=source.market,
        caller=replace(caller, next_id=lambda: CallId(f"{prefix}{next(numbers):06d}")),
        costs=source.prices,
        recorder=caller.recorder,
        paid=paid,
        origins=source.origins,
    )


def begin(search: Search, known: Known, begun: Begun) -> None:
    """The phase before the plan's own, recorded once: who cannot be called, and the baseline's known outcomes.

    Goes on where an earlier life left it.
    """
    fold = search.fold
    if fold.open_phase != AVAILABLE:
        search.record(PhaseStarted(phase=AVAILABLE, spend_usd=ZERO_USD))
        for warned in begun.warnings:
            search.record(warned)
    if fold.next_round == 0:
        if fold.open_move is None:
            search.record(Move(phase=AVAILABLE, round=0, drops=begun.drops))
        for outcome in begun.imports:
            known.add(outcome)
            fold.take(outcome)
        search.record(RoundClosed(phase=AVAILABLE, round=0))
    search.record(PhaseClosed(phase=AVAILABLE, reason="keys checked"))
