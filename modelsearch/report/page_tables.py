"""The report's tables as cells that can be sorted, and the small bars in them: whole without any script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from modelsearch.core.ids import CandidateId
from modelsearch.core.result import Interval, PhaseSummary, SearchResult
from modelsearch.report.numbers import amount, evidence, seconds
from modelsearch.report.page_data import LatencySpread, PageData, RacePoint
from modelsearch.report.page_json import race_sentence
from modelsearch.report.plain import clean, short
from modelsearch.report.plot import front_ids
from modelsearch.report.rows import candidate_row
from modelsearch.report.standing import Standing

BAR = 100.0
"""Width of a bar's own units."""
MAX_LATENCIES = 14


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: `sort` is the number it is sorted by, "" = its text; `kind` is n (a number), id or text."""

    text: str
    kind: str = "text"
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the candidates: its cells, its style, its place in the page's data."""

    cells: tuple[Cell, ...]
    role: str
    kind: str


CANDIDATE_HEADS = (
    "Candidate", "Verdict", "Quality", "Gap", "Good enough", "USD per 1,000", "Latency", "p95", "Items",
)  # fmt: skip


def candidate_lines(found: Sequence[Standing], kinds: Mapping[CandidateId, str]) -> list[Line]:
    """One line a candidate, best first."""
    return [_candidate_line(standing, kinds.get(standing.candidate_id, "single")) for standing in found]


def _candidate_line(standing: Standing, kind: str) -> Line:
    row, estimate = candidate_row(standing), standing.estimate
    chance = None if estimate is None else estimate.p_non_inferior
    cells = (
        Cell(standing.label, "id"),
        Cell(str(row["verdict"])),
        Cell(str(row["quality_points"]), "n", _mean(estimate.quality if estimate else None)),
        Cell(str(row["gap_points"]), "n", _mean(estimate.gap if estimate else None)),
        Cell(str(row["p_good_enough"]), "n", _number(chance)),
        Cell(str(row["cost_usd_per_1k"]), "n", _mean(estimate.cost_usd if estimate else None)),
        Cell(str(row["latency_p50"]), "n", _number(estimate.latency_p50_s if estimate else None)),
        Cell(str(row["latency_p95"]), "n", _number(estimate.latency_p95_s if estimate else None)),
        Cell(f"{row['n_items']:,}", "n", str(row["n_items"])),
    )
    return Line(cells, standing.role, kind)


@dataclass(frozen=True, slots=True)
class FunnelLine:
    """A phase: numbers as text, and its bar: how much of the first pool stayed and left, of `BAR`."""

    phase: str
    n_started: int
    n_left: int
    n_added: int
    dropped_by: tuple[tuple[str, int], ...]
    rounds: str
    outcomes: str
    spend: str
    ended: str
    stayed_width: float
    gone_width: float


def funnel_lines(result: SearchResult) -> list[FunnelLine]:
    """One line a phase."""
    most = max((phase.n_started + phase.n_added for phase in result.phases), default=1) or 1
    return [_funnel_line(phase, BAR / most) for phase in result.phases]


def _funnel_line(phase: PhaseSummary, scale: float) -> FunnelLine:
    by = sorted(phase.drops_by_strategy.items(), key=lambda pair: (-pair[1], pair[0]))
    return FunnelLine(
        phase=clean(phase.phase),
        n_started=phase.n_started,
        n_left=phase.n_left,
        n_added=phase.n_added,
        dropped_by=tuple((clean(name), n) for name, n in by),
        rounds=f"{phase.n_rounds:,}",
        outcomes=f"{phase.n_outcomes:,}",
        spend=amount(phase.spend_usd),
        ended=clean(phase.reason),
        stayed_width=round(max(0.0, phase.n_left * scale), 2),
        gone_width=round(max(0.0, sum(phase.drops_by_strategy.values()) * scale), 2),
    )


@dataclass(frozen=True, slots=True)
class DropLine:
    """A dropped candidate with all that is known of why."""

    candidate: str
    phase: str
    strategy: str
    reason: str
    evidence: str
    remedy: str


def drop_lines(result: SearchResult) -> list[DropLine]:
    """Every drop, in the order of the search."""
    return [
        DropLine(
            candidate=short(drop.candidate_id),
            phase=clean(phase),
            strategy=clean(drop.strategy),
            reason=clean(drop.reason),
            evidence=evidence(drop.evidence),
            remedy=clean(drop.remedy),
        )
        for phase, drop in result.drops
    ]


@dataclass(frozen=True, slots=True)
class LatencyLine:
    """A candidate's latency: text, and places of its marks, of `BAR`."""

    label: str
    role: str
    p50: str
    p95: str
    n_items: int
    x10: float
    x50: float
    x90: float
    x95: float


def latency_lines(found: Sequence[Standing], data: PageData) -> tuple[list[LatencyLine], float | None]:
    """The best-placed candidates whose latency is known, the front among them, and the place of the client's limit."""
    front = front_ids(found)
    known = [s for s in found if s.candidate_id in data.latencies]
    first = [s for s in known if s.role or s.candidate_id in front]
    shown = [*first, *(s for s in known if s not in first)][:MAX_LATENCIES]
    spreads = [data.latencies[s.candidate_id] for s in shown]
    longest = max((spread.p95_s for spread in spreads), default=0.0)
    limit = data.max_latency_s
    scale = 0.98 * BAR / (max(longest, limit if limit is not None and limit < 3 * longest else 0.0) or 1.0)
    lines = [_latency_line(s, spread, scale) for s, spread in zip(shown, spreads, strict=True)]
    return lines, round(limit * scale, 2) if limit is not None and limit * scale <= BAR else None


def _latency_line(standing: Standing, spread: LatencySpread, scale: float) -> LatencyLine:
    x10, x50, x90, x95 = (round(value * scale, 2) for value in (spread.p10_s, spread.p50_s, spread.p90_s, spread.p95_s))
    return LatencyLine(
        label=standing.label, role=standing.role, p50=seconds(spread.p50_s), p95=seconds(spread.p95_s),
        n_items=spread.n_items, x10=x10, x50=x50, x90=x90, x95=x95,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SpendLine:
    """A provider: what it was paid in each phase, in all, for how many calls; its bar, of `BAR`."""

    provider: str
    by_phase: tuple[str, ...]
    total: str
    unknown: str
    n_calls: str
    width: float


def spend_lines(data: PageData) -> tuple[list[str], list[SpendLine]]:
    """The phases in which anything was paid, and a line for each provider, the most expensive first."""
    phases = list(dict.fromkeys(cell.phase for cell in data.spend))
    totals: dict[str, Decimal] = {}
    for cell in data.spend:
        totals[cell.provider] = totals.get(cell.provider, Decimal(0)) + cell.spend_usd
    most = max(totals.values(), default=Decimal(0)) or Decimal(1)
    ordered = sorted(totals, key=lambda name: (-totals[name], name))
    lines = [_spend_line(data, name, phases, float(totals[name] / most) * BAR) for name in ordered]
    return [clean(phase) for phase in phases], lines


def _spend_line(data: PageData, provider: str, phases: Sequence[str], width: float) -> SpendLine:
    own = {cell.phase: cell for cell in data.spend if cell.provider == provider}
    unknown = sum((cell.unknown_usd for cell in own.values()), Decimal(0))
    return SpendLine(
        provider=short(provider),
        by_phase=tuple(amount(own[phase].spend_usd) if phase in own else "" for phase in phases),
        total=amount(sum((cell.spend_usd for cell in own.values()), Decimal(0))),
        unknown=amount(unknown) if unknown else "",
        n_calls=f"{sum(cell.n_calls for cell in own.values()):,}",
        width=round(width, 2),
    )


def race_lines(found: Sequence[Standing], race: Sequence[RacePoint]) -> list[tuple[str, str, str, str]]:
    """(spend, phase and round, answer, how sure) wherever the answer or its certainty changed."""
    labels = {standing.candidate_id: standing.label for standing in found}
    lines: list[tuple[str, str, str, str]] = []
    before = None
    for point in race:
        state = (point.answer.candidate_id, point.answer.certainty)
        if state != before:
            where = f"{clean(point.phase)}, round {point.round + 1}"
            says = race_sentence(point, labels)
            lines.append((amount(point.spend_usd), where, says, point.answer.certainty.value))
        before = state
    return lines


def _mean(interval: Interval | None) -> str:
    return "" if interval is None else _number(interval.mean)


def _number(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.6g}"  # noqa: PLR0124 - NaN is not itself
