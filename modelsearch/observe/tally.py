"""The numbers of a run, folded from its events. Amounts are `Decimal`: the page says what the ledger says."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from modelsearch.core.events import (
    CallReleased,
    CallReserved,
    CallSettled,
    CallUnknown,
    Event,
    OutcomeScored,
    RoundClosed,
    Warned,
)
from modelsearch.core.ids import CallId
from modelsearch.core.money import ZERO_USD
from modelsearch.core.outcome import Usage
from modelsearch.observe import metrics
from modelsearch.observe.about import OTHER, RunAbout
from modelsearch.observe.metrics import CHAT, METRICS, Labels, Metric, Series

Number = int | Decimal
RATE_PREFIX = "rate:"
"""How the caller's reason begins where a provider's limit ended a call."""
MAX_VALUES = 100
"""Values of a label that are told apart; what comes after them is told together."""


@dataclass(slots=True)
class Histogram:
    """Observations by bucket, the last one without an upper end, and their sum."""

    counts: list[int]
    total: float = 0.0

    def add(self, buckets: tuple[float, ...], value: float) -> None:
        """Take in an observation; a bucket holds its upper end."""
        self.counts[bisect_left(buckets, value)] += 1
        self.total += value


@dataclass(slots=True)
class Counts:
    """Values by series."""

    values: dict[Series, Number] = field(default_factory=dict)
    histograms: dict[Series, Histogram] = field(default_factory=dict)

    def add(self, metric: Metric, labels: Labels, amount: Number = 1) -> None:
        """Count."""
        key = (metric.name, labels)
        self.values[key] = self.values.get(key, 0) + amount

    def observe(self, metric: Metric, labels: Labels, value: float) -> None:
        """Take in an observation of a histogram; one that is not known is none."""
        if math.isnan(value):
            return
        key = (metric.name, labels)
        found = self.histograms.get(key)
        if found is None:
            found = self.histograms[key] = Histogram([0] * (len(metric.buckets) + 1))
        found.add(metric.buckets, value)

    def take_in(self, other: "Counts") -> None:
        """Add what another one has counted."""
        for key, amount in other.values.items():
            self.values[key] = self.values.get(key, 0) + amount
        for key, told in other.histograms.items():
            found = self.histograms.setdefault(key, Histogram([0] * len(told.counts)))
            found.counts = [mine + theirs for mine, theirs in zip(found.counts, told.counts, strict=True)]
            found.total += told.total


def tokens_of(usage: Usage) -> Iterator[tuple[str, int]]:
    """Billed tokens by the conventions' kinds; a kind that was not used, or not told, is left out."""
    if usage.prompt_tokens:
        yield "input", usage.prompt_tokens
    if n_output := usage.output_tokens + usage.reasoning_tokens:
        yield "output", n_output


class Tally:
    """The numbers of one run; give it every event, in order."""

    def __init__(self, about: RunAbout) -> None:
        self.about = about
        self.counts = Counts()
        self.committed_usd = ZERO_USD
        self._open: dict[CallId, tuple[str, Decimal]] = {}

    def take(self, event: Event) -> None:
        """Fold an event in; most kinds count for nothing."""
        take = _TAKE.get(type(event))
        if take is not None:
            take(self, event)

    def gauges(self) -> Counts:
        """What is so now; only of a run that somebody works on."""
        source, found = self.about.source, Counts()
        for provider, _ in list(self._open.values()):  # another thread may look
            found.add(metrics.IN_FLIGHT, (source, provider))
        found.add(metrics.BUDGET_LEFT, (source,), max(ZERO_USD, self.about.budget_usd - self.committed_usd))
        found.add(metrics.RUNS_OPEN, (source,))
        return found

    def reserved(self, event: CallReserved) -> None:
        """A call begins."""
        self._open[event.call_id] = (self.about.of(event.endpoint_id).provider, event.amount_usd)
        self.committed_usd += event.amount_usd

    def settled(self, event: CallSettled) -> None:
        """A call was paid."""
        call, (provider, bound_usd) = event.call, self._closed(event.call.id)
        source = self.about.source
        self.committed_usd += call.cost_usd - bound_usd
        self.counts.add(metrics.CALLS, (source, provider, call.status.value))
        self.counts.add(metrics.SPEND, (source, provider), call.cost_usd)
        if call.n_attempts > 1:
            self.counts.add(metrics.RETRIES, (source, provider), call.n_attempts - 1)
        self.counts.observe(metrics.DURATION, (source, CHAT, provider), call.latency_s)
        for kind, n_tokens in tokens_of(call.usage):
            self.counts.observe(metrics.TOKENS, (source, CHAT, provider, kind), n_tokens)

    def released(self, event: CallReleased) -> None:
        """A call came to nothing, and cost nothing."""
        provider, bound_usd = self._closed(event.call_id)
        self.committed_usd -= bound_usd
        self.counts.add(metrics.CALLS, (self.about.source, provider, "released"))
        if event.reason.startswith(RATE_PREFIX):
            self.counts.add(metrics.RATE_LIMITS, (self.about.source, provider))

    def unknown(self, event: CallUnknown) -> None:
        """A call may have been billed."""
        provider, bound_usd = self._closed(event.call_id)
        self.counts.add(metrics.CALLS, (self.about.source, provider, "unknown"))
        self.counts.add(metrics.UNKNOWN_SPEND, (self.about.source, provider), bound_usd)

    def scored(self, event: OutcomeScored) -> None:
        """An outcome."""
        self.counts.add(metrics.OUTCOMES, (self.about.source, event.outcome.status.value))

    def round_closed(self, _: RoundClosed) -> None:
        """A round."""
        self.counts.add(metrics.ROUNDS, (self.about.source,))

    def warned(self, event: Warned) -> None:
        """A warning; its words may quote anybody, and are left out."""
        self.counts.add(metrics.WARNINGS, (self.about.source, event.code))

    def _closed(self, call_id: CallId) -> tuple[str, Decimal]:
        return self._open.pop(call_id, (OTHER, ZERO_USD))


_TAKE: Final[Mapping[type, Callable[[Tally, Any], None]]] = {
    CallReserved: Tally.reserved,
    CallSettled: Tally.settled,
    CallReleased: Tally.released,
    CallUnknown: Tally.unknown,
    OutcomeScored: Tally.scored,
    RoundClosed: Tally.round_closed,
    Warned: Tally.warned,
}
_LABELS: Final = {metric.name: metric.labels for metric in METRICS}


def bounded(counts: Counts) -> Counts:
    """The same with a bounded number of series: what a label says past `MAX_VALUES` values is told as `other`."""
    total, seen = Counts(), _Seen()
    for key, amount in counts.values.items():
        total.take_in(Counts({seen.bounded(key): amount}))
    for key, told in counts.histograms.items():
        total.take_in(Counts(histograms={seen.bounded(key): told}))
    return total


class _Seen:
    """Values of labels that were met, by label."""

    def __init__(self) -> None:
        self._values: dict[str, set[str]] = {}

    def bounded(self, series: Series) -> Series:
        name, values = series
        return name, tuple(self._kept(label, value) for label, value in zip(_LABELS[name], values, strict=True))

    def _kept(self, label: str, value: str) -> str:
        seen = self._values.setdefault(label, set())
        if value not in seen and len(seen) >= MAX_VALUES:
            return OTHER
        seen.add(value)
        return value
