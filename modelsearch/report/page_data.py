"""What the HTML report shows beside the result: the race, disagreements, latency, spend, how to run it again.

Values only, collected from a run directory by `api.report_data`; a page is whole without them, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.result import Interval, Recommendation

MAX_ITEMS = 300
"""Disagreements that a page embeds; it says how many are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceRow:
    """A contender at one point of the race.

    Attributes:
        gap: to the baseline, with the interval that holds at every look; None before the first shared item.
        is_live: whether it was in the pool; False before it was made, too.
    """

    candidate_id: CandidateId
    gap: Interval | None
    n_items: int
    is_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RacePoint:
    """What was known after a closed round, and what would have been recommended had the search stopped there.

    Attributes:
        spend_usd: of all outcomes so far.
        n_outcomes: so far, composites' and those that cost nothing included.
        n_pool: live candidates.
        baseline_id: then; what serves the baseline may change in mid-search.
    """

    phase: str
    round: int
    spend_usd: float
    n_outcomes: int
    n_pool: int
    baseline_id: CandidateId
    answer: Recommendation
    rows: tuple[RaceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one candidate made of an item.

    Attributes:
        answer: in the scorer's canonical form; None = none.
        reply: its own words, "" where they are not kept (answers of earlier runs, recorded tables, votes).
        n_repeats: how often it was asked; the score is their mean, the answer the first.
    """

    status: str
    answer: str | None
    score: float | None
    reply: str = ""
    n_repeats: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """An item on which the two differ, in score or in answer; `weight` is the item's in the task's mean."""

    item_id: ItemId
    input: str
    target: str
    ours: Said
    baseline: Said
    weight: float = 1.0

    @property
    def difference(self) -> float:
        """Score of ours minus the baseline's; 0 where one of them has none."""
        return 0.0 if self.ours.score is None or self.baseline.score is None else self.ours.score - self.baseline.score


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreements:
    """Where the recommended candidate and the baseline differ; losses first, the largest first, then gains.

    Attributes:
        candidate_id: who is compared: the recommended one, or the runner-up where the baseline is kept.
        n_both: items that both were asked.
        found: all of them; a page embeds `MAX_ITEMS` at most.
        tables: patterns of the Parquet files that hold every outcome.
    """

    candidate_id: CandidateId
    label: str
    n_both: int
    found: tuple[Disagreement, ...] = ()
    tables: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendCell:
    """What one provider was paid in one phase; `unknown_usd` may have been billed besides."""

    provider: str
    phase: str
    spend_usd: Decimal
    n_calls: int
    unknown_usd: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencySpread:
    """Of one candidate over its items, in s: the 10th, 50th, 90th and 95th percentile."""

    p10_s: float
    p50_s: float
    p90_s: float
    p95_s: float
    n_items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """How to make the same search again.

    Attributes:
        command: for a shell; "" where only Python can (a task given as an object).
        facts: name and value, in order: seed, version, fingerprint, when.
    """

    command: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageData:
    """Everything beside the result.

    Attributes:
        kinds: `single`, `vote` or `cascade` of each candidate.
        max_latency_s: the client's limit on the 95th percentile.
        left_out: parts that could not be collected, and why; the page says so.
    """

    kinds: Mapping[CandidateId, str] = field(default_factory=dict)
    race: tuple[RacePoint, ...] = ()
    disagreements: Disagreements | None = None
    spend: tuple[SpendCell, ...] = ()
    latencies: Mapping[CandidateId, LatencySpread] = field(default_factory=dict)
    max_latency_s: float | None = None
    again: Again = field(default_factory=Again)
    left_out: tuple[str, ...] = ()
