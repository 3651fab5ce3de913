"""Every metric: what it is called, counted in, told apart by, and means.

Names and units follow OpenTelemetry; `gen_ai.*` are those of its semantic conventions for generative AI, with their
recommended buckets. Prometheus names are made of them by OpenTelemetry's own rule: dots become underscores, the unit
follows, then `_total` for counters.

Source: OpenTelemetry semantic conventions for generative AI metrics (gen_ai.client.operation.duration,
gen_ai.client.token.usage); OpenTelemetry's specification of Prometheus compatibility.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[str, ...]
Series = tuple[str, Labels]
"""A metric's name, and the values of its labels in their order."""

OPERATION, PROVIDER, TOKEN_TYPE = "gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.token.type"
CHAT = "chat"
_DURATION_BUCKETS_S: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
_TOKEN_BUCKETS: Final = tuple(4.0**power for power in range(14))


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric.

    Attributes:
        unit: UCUM, or a noun in braces that no name shows.
        labels: few values each, whatever the catalogue: never a model, a candidate, an item or a run.
        buckets: upper ends, of a histogram.
    """

    name: str
    kind: Kind
    unit: str
    labels: Labels
    meaning: str
    buckets: tuple[float, ...] = ()

    @property
    def prometheus(self) -> str:
        """Its name on the Prometheus page."""
        unit = {"s": "_seconds", "USD": "_usd"}.get(self.unit, "")
        return self.name.replace(".", "_") + unit + ("_total" if self.kind == "counter" else "")


def _metric(name: str, kind: Kind, unit: str, labels: str, meaning: str) -> Metric:
    return Metric(name=name, kind=kind, unit=unit, labels=tuple(labels.split()), meaning=meaning)


CALLS = _metric("modelsearch.calls", "counter", "{call}", "source provider status", "calls that ended, and how")
SPEND = _metric("modelsearch.spend", "counter", "USD", "source provider", "settled spend: what the ledger says")
UNKNOWN_SPEND = _metric(
    "modelsearch.spend.unknown", "counter", "USD", "source provider", "the most that calls without an answer cost"
)
RETRIES = _metric(
    "modelsearch.call.retries", "counter", "{attempt}", "source provider", "attempts after the first, of settled calls"
)
RATE_LIMITS = _metric(
    "modelsearch.call.rate_limits", "counter", "{call}", "source provider", "calls given up for a rate limit"
)
DURATION = Metric(
    name="gen_ai.client.operation.duration",
    kind="histogram",
    unit="s",
    labels=("source", OPERATION, PROVIDER),
    meaning="latency of settled calls",
    buckets=_DURATION_BUCKETS_S,
)
TOKENS = Metric(
    name="gen_ai.client.token.usage",
    kind="histogram",
    unit="{token}",
    labels=("source", OPERATION, PROVIDER, TOKEN_TYPE),
    meaning="billed tokens of settled calls: input (cached included), output (reasoning included)",
    buckets=_TOKEN_BUCKETS,
)
OUTCOMES = _metric("modelsearch.outcomes", "counter", "{outcome}", "source status", "outcomes, and how they ended")
ROUNDS = _metric("modelsearch.rounds", "counter", "{round}", "source", "rounds of searches that closed")
WARNINGS = _metric("modelsearch.warnings", "counter", "{warning}", "source code", "warnings in reports of runs")
IN_FLIGHT = _metric("modelsearch.calls.in_flight", "gauge", "{call}", "source provider", "reserved, and not yet ended")
BUDGET_LEFT = _metric("modelsearch.budget.left", "gauge", "USD", "source", "of open runs: budget less all committed")
RUNS_OPEN = _metric("modelsearch.runs.open", "gauge", "{run}", "source", "runs that a process works on now")
NIGHTS = _metric("modelsearch.nights", "counter", "{night}", "end", "nights of tasks, and how they ended")
JOBS = _metric("modelsearch.night.jobs", "counter", "{job}", "kind end", "jobs of nights")
NIGHT_SPEND = _metric("modelsearch.night.spend", "counter", "USD", "", "what nights spent, unknown spend included")
MOVES = _metric("modelsearch.night.moves", "counter", "{move}", "", "recommendations that moved")
ALARMS = _metric("modelsearch.night.alarms", "counter", "{alarm}", "code", "alarms that nights raised")
SYNCS = _metric("modelsearch.catalog.syncs", "counter", "{sync}", "end", "catalogue syncs, and how they ended")
CHANGES = _metric("modelsearch.catalog.changes", "counter", "{change}", "kind", "changes of the catalogue in force")
SOURCES = _metric(
    "modelsearch.catalog.source_reads", "counter", "{read}", "name end", "sources of syncs, and whether they were used"
)

METRICS: Final = (
    CALLS,
    SPEND,
    UNKNOWN_SPEND,
    RETRIES,
    RATE_LIMITS,
    DURATION,
    TOKENS,
    OUTCOMES,
    ROUNDS,
    WARNINGS,
    IN_FLIGHT,
    BUDGET_LEFT,
    RUNS_OPEN,
    NIGHTS,
    JOBS,
    NIGHT_SPEND,
    MOVES,
    ALARMS,
    SYNCS,
    CHANGES,
    SOURCES,
)
