"""Spans of a search: the run, its phases and rounds, and a share of its calls.

A call's span begins with its reservation and is made when the call has ended, so that a call that is not sampled costs
a look at a clock. Calls that came to nothing are always told. `gen_ai.*` attributes are those of OpenTelemetry's
semantic conventions for generative AI; all others are ours.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context

from modelsearch.core.events import (
    CallReleased,
    CallReserved,
    CallSettled,
    CallUnknown,
    Event,
    OutcomeScored,
    PhaseClosed,
    PhaseStarted,
    RoundClosed,
)
from modelsearch.core.ids import CallId, EndpointId
from modelsearch.core.outcome import Status
from modelsearch.core.search import Move
from modelsearch.core.working import ASKED, Cell
from modelsearch.observe.about import RunAbout
from modelsearch.observe.metrics import CHAT, OPERATION, PROVIDER
from modelsearch.observe.reasons import kind_of
from modelsearch.observe.span_names import PHASE, ROUND, RUN

_ALWAYS: Final = frozenset({Status.ERROR, Status.TIMEOUT})
Attributes = dict[str, str | int | float | bool]


@dataclass(slots=True)
class _Begun:
    """A call under way."""

    at_ns: int
    endpoint_id: EndpointId
    asked: Cell | None


class RunSpans:
    """Makes a run's spans of its events."""

    def __init__(self, tracer: Tracer, about: RunAbout, share: float, now_ns: Callable[[], int] = time.time_ns) -> None:
        """Begin the span of the run, under whatever span is open here.

        Args:
            tracer: makes spans.
            about: the run.
            share: of calls that are told, in [0, 1].
            now_ns: the clock, in ns since 1970.
        """
        self._tracer, self._about, self._now_ns = tracer, about, now_ns
        self._limit = round(share * 2**32)
        self._run = tracer.start_span(RUN, attributes=_run_attributes(about), start_time=now_ns())
        self._phase: Span | None = None
        self._round: Span | None = None
        self._calls: dict[CallId, _Begun] = {}
        self._n_outcomes = self._n_calls = 0
        self._spend_usd = 0.0

    def take(self, event: Event) -> None:
        """Take an event in; some kinds are of no interest."""
        take = _TAKE.get(type(event))
        if take is not None:
            take(self, event)

    def close(self, error: str) -> None:
        """End what is open; `error` names the type of what ended the run, "" = its own end."""
        self._end_round()
        self._end_phase("")
        self._run.set_attributes(
            {
                "modelsearch.run.n_calls": self._n_calls,
                "modelsearch.run.n_outcomes": self._n_outcomes,
                "modelsearch.run.spend_usd": self._spend_usd,
            }
        )
        _fail(self._run, error)
        self._run.end(self._now_ns())

    def phase_started(self, event: PhaseStarted | Move) -> None:
        """A phase begins; a run that goes on within one has no event of it."""
        self._end_phase("")
        self._phase = self._tracer.start_span(
            PHASE,
            context=set_span_in_context(self._run),
            attributes={"modelsearch.phase": event.phase},
            start_time=self._now_ns(),
        )

    def phase_closed(self, event: PhaseClosed) -> None:
        """A phase ends."""
        self._end_phase(event.reason)

    def round_started(self, event: Move) -> None:
        """A round begins."""
        self._end_round()
        if self._phase is None:
            self.phase_started(event)
        self._round = self._tracer.start_span(
            ROUND,
            context=set_span_in_context(self._phase or self._run),
            attributes={
                "modelsearch.phase": event.phase,
                "modelsearch.round": event.round,
                "modelsearch.round.n_probes": len(event.probes),
                "modelsearch.round.n_drops": len(event.drops),
            },
            start_time=self._now_ns(),
        )

    def round_closed(self, _: RoundClosed) -> None:
        """A round ends."""
        self._end_round()

    def reserved(self, event: CallReserved) -> None:
        """A call begins."""
        self._calls[event.call_id] = _Begun(self._now_ns(), event.endpoint_id, ASKED.get())

    def settled(self, event: CallSettled) -> None:
        """A call was paid."""
        call = event.call
        self._n_calls += 1
        self._spend_usd += float(call.cost_usd)
        begun = self._calls.pop(call.id, None)
        if begun is None or not (call.status in _ALWAYS or self._is_sampled(call.id)):
            return
        usage, attributes = call.usage, self._of_call(call.id, begun)
        attributes["modelsearch.call.status"] = call.status.value
        attributes["modelsearch.call.cost_usd"] = float(call.cost_usd)
        attributes["modelsearch.call.n_attempts"] = call.n_attempts
        attributes["gen_ai.usage.input_tokens"] = usage.prompt_tokens
        attributes["gen_ai.usage.output_tokens"] = usage.output_tokens + usage.reasoning_tokens
        if usage.cache_read_tokens:
            attributes["gen_ai.usage.cache_read.input_tokens"] = usage.cache_read_tokens
        if usage.reasoning_tokens:
            attributes["gen_ai.usage.reasoning.output_tokens"] = usage.reasoning_tokens
        if not math.isnan(call.latency_s):
            attributes["modelsearch.call.latency_s"] = call.latency_s
        self._tell(begun, attributes, call.status.value if call.status in _ALWAYS else "")

    def lost(self, event: CallReleased | CallUnknown) -> None:
        """A call came to nothing."""
        begun = self._calls.pop(event.call_id, None)
        if begun is not None:
            attributes = self._of_call(event.call_id, begun)
            attributes["modelsearch.call.status"] = "released" if isinstance(event, CallReleased) else "unknown"
            self._tell(begun, attributes, kind_of(event.reason))

    def scored(self, _: OutcomeScored) -> None:
        """An outcome."""
        self._n_outcomes += 1

    def _is_sampled(self, call_id: CallId) -> bool:
        """The same calls in every life of a run."""
        return crc32(f"{self._about.run_id}/{call_id}".encode()) < self._limit

    def _of_call(self, call_id: CallId, begun: _Begun) -> Attributes:
        called = self._about.of(begun.endpoint_id)
        attributes: Attributes = {
            OPERATION: CHAT,
            PROVIDER: called.provider,
            "gen_ai.request.model": called.model,
            "modelsearch.call.id": call_id,
            "modelsearch.endpoint.id": begun.endpoint_id,
        }
        if begun.asked is not None:
            attributes["modelsearch.candidate.id"], attributes["modelsearch.item.id"], _ = begun.asked
        return attributes

    def _tell(self, begun: _Begun, attributes: Attributes, error: str) -> None:
        span = self._tracer.start_span(
            f"{CHAT} {attributes['gen_ai.request.model']}".strip(),
            context=self._where(),
            kind=SpanKind.CLIENT,
            attributes=attributes,
            start_time=begun.at_ns,
        )
        _fail(span, error)
        span.end(self._now_ns())

    def _where(self) -> Context:
        return set_span_in_context(self._round or self._phase or self._run)

    def _end_round(self) -> None:
        if self._round is not None:
            self._round.end(self._now_ns())
            self._round = None

    def _end_phase(self, reason: str) -> None:
        self._end_round()
        if self._phase is not None:
            if reason:
                self._phase.set_attribute("modelsearch.phase.reason", reason)
            self._phase.end(self._now_ns())
            self._phase = None


def _run_attributes(about: RunAbout) -> Attributes:
    return {
        "modelsearch.run.id": about.run_id,
        "modelsearch.task.id": about.task_id,
        "modelsearch.source": about.source,
        "modelsearch.baseline.id": about.baseline_id,
        "modelsearch.plan": about.plan,
        "modelsearch.budget_usd": float(about.budget_usd),
    }


def _fail(span: Span, error: str) -> None:
    if error:
        span.set_attribute("error.type", error)
        span.set_status(StatusCode.ERROR)


_TAKE: Final[Mapping[type, Callable[[RunSpans, Any], None]]] = {
    PhaseStarted: RunSpans.phase_started,
    PhaseClosed: RunSpans.phase_closed,
    Move: RunSpans.round_started,
    RoundClosed: RunSpans.round_closed,
    CallReserved: RunSpans.reserved,
    CallSettled: RunSpans.settled,
    CallReleased: RunSpans.lost,
    CallUnknown: RunSpans.lost,
    OutcomeScored: RunSpans.scored,
}
