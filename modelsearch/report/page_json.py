"""What the page's scripts draw from, as plain JSON: numbers in the units that are shown, names cleaned."""

from collections.abc import Mapping, Sequence
from math import isfinite

from modelsearch.core.ids import CandidateId, Json
from modelsearch.core.result import Certainty, Estimate, Interval, SearchResult
from modelsearch.report.headline import baseline_of, certainty, recommended_of
from modelsearch.report.numbers import amount, is_known, percent, points
from modelsearch.report.page_data import MAX_ITEMS, Disagreement, Disagreements, PageData, RacePoint, Said
from modelsearch.report.page_text import block
from modelsearch.report.plain import clean, short
from modelsearch.report.plot import front_ids
from modelsearch.report.rows import candidate_row
from modelsearch.report.standing import Standing

MAX_INPUT_CHARS, MAX_REPLY_CHARS, MAX_TARGET_CHARS = 4000, 2000, 1000
MAX_ITEMS_BYTES = 4_000_000
"""Of all embedded disagreements: a page of 300 long documents would open slowly."""


def page_json(result: SearchResult, found: Sequence[Standing], data: PageData) -> dict[str, Json]:
    """Everything but the disagreements: candidates, the race, the saving. Some 500 bytes a candidate."""
    front = front_ids(found)
    return {
        "candidates": [_candidate(standing, data, front) for standing in found],
        "margin": _points(result.recommendation.margin),
        "race": _race(result, found, data.race),
        "saving": _saving(result),
    }


def items_json(found: Disagreements | None) -> list[Json]:
    """The disagreements that a page embeds: the first `MAX_ITEMS`, as long as they are not too many bytes."""
    rows: list[Json] = []
    n_bytes = 0
    for each in () if found is None else found.found[:MAX_ITEMS]:
        row = _item(each)
        n_bytes += sum(len(str(value).encode(errors="replace")) for value in row.values())
        if n_bytes > MAX_ITEMS_BYTES:
            break
        rows.append(row)
    return rows


def _candidate(standing: Standing, data: PageData, front: frozenset[CandidateId]) -> dict[str, Json]:
    estimate, row = standing.estimate, candidate_row(standing)
    texts: dict[str, Json] = {
        "verdict": row["verdict"],
        "quality": row["quality_points"],
        "gap": row["gap_points"],
        "chance": row["p_good_enough"],
        "cost": row["cost_usd_per_1k"],
        "latency": f"{row['latency_p50']}, p95 {row['latency_p95']}",
        "items": row["n_items"],
    }
    return {
        "name": standing.label,
        "role": standing.role,
        "kind": data.kinds.get(standing.candidate_id, "single"),
        "state": "dropped" if standing.drop else "live",
        "front": standing.candidate_id in front,
        "quality": _three(estimate.quality if estimate else None, 100),
        "cost": _three(estimate.cost_usd if estimate else None, 1000),
        "text": texts,
    }


def _saving(result: SearchResult) -> dict[str, Json] | None:
    """USD per 1,000 items now and then, with the bounds of both costs; None where nothing is saved or known."""
    ours, base = recommended_of(result), baseline_of(result)
    if result.recommendation.candidate_id == result.baseline_id or not (_is_priced(ours) and _is_priced(base)):
        return None
    return {
        "ours": _three(ours.cost_usd if ours else None, 1000),
        "base": _three(base.cost_usd if base else None, 1000),
        "per_1k": result.recommendation.saving_usd_per_1k,
        "search_usd": float(result.spend.settled_usd + result.spend.unknown_usd),
    }


def _is_priced(estimate: Estimate | None) -> bool:
    cost = None if estimate is None else estimate.cost_usd
    return cost is not None and all(isfinite(value) for value in (cost.mean, cost.low, cost.high))


def _race(result: SearchResult, found: Sequence[Standing], race: Sequence[RacePoint]) -> dict[str, Json] | None:
    if not race:
        return None
    labels = {standing.candidate_id: standing.label for standing in found}
    names = list(dict.fromkeys(row.candidate_id for point in reversed(race) for row in point.rows))
    place = {name: number for number, name in enumerate(names)}
    return {
        "names": [labels.get(name, short(name)) for name in names],
        "recommended": place.get(result.recommendation.candidate_id),
        "points": [_point(point, place, labels) for point in race],
    }


def _point(point: RacePoint, place: Mapping[CandidateId, int], labels: Mapping[CandidateId, str]) -> dict[str, Json]:
    rows: list[Json] = [
        [place[row.candidate_id], _three(row.gap, 100), row.n_items, row.is_live, _signed(row.gap)]
        for row in point.rows
    ]
    return {
        "at": f"{clean(point.phase)}, round {point.round + 1}",
        "usd": float(f"{point.spend_usd:.8g}"),
        "usd_text": amount(point.spend_usd),
        "outcomes": point.n_outcomes,
        "pool": point.n_pool,
        "who": None if point.answer.candidate_id == point.baseline_id else place.get(point.answer.candidate_id),
        "certainty": point.answer.certainty.value,
        "saving": _percent(point.answer.saving_share),
        "says": race_sentence(point, labels),
        "rows": rows,
    }


def race_sentence(point: RacePoint, labels: Mapping[CandidateId, str]) -> str:
    """What a search that had stopped there would have said, in one sentence."""
    answer = point.answer
    if answer.candidate_id == point.baseline_id:
        kept = "certified that nothing cheaper will do" if answer.certainty is Certainty.CERTIFIED else "undecided"
        return f"Keep {labels.get(point.baseline_id, short(point.baseline_id))}: {kept}"
    saved = f"; saving {percent(answer.saving_share)}" if is_known(answer.saving_share) else ""
    return f"Use {labels.get(answer.candidate_id, short(answer.label))}: {certainty(answer)}{saved}"


def _item(each: Disagreement) -> dict[str, Json]:
    return {
        "id": short(each.item_id),
        "input": block(each.input, MAX_INPUT_CHARS),
        "target": block(each.target, MAX_TARGET_CHARS),
        "group": "lost" if each.difference < 0 else "gained" if each.difference > 0 else "other",
        "ours": _said(each.ours),
        "base": _said(each.baseline),
        "weight": each.weight,
    }


def _said(said: Said) -> dict[str, Json]:
    answer = "" if said.answer is None else block(said.answer, MAX_REPLY_CHARS)
    reply = block(said.reply, MAX_REPLY_CHARS)
    return {
        "status": clean(said.status),
        "answer": answer,
        "reply": "" if reply.strip() == answer.strip() else reply,
        "score": None if said.score is None else float(f"{said.score:.4g}"),
        "repeats": said.n_repeats,
    }


def _three(interval: Interval | None, scale: float) -> list[Json] | None:
    if interval is None:
        return None
    values = [scale * value for value in (interval.mean, interval.low, interval.high)]
    return [float(f"{value:.6g}") for value in values] if all(map(isfinite, values)) else None


def _signed(gap: Interval | None) -> str:
    """As in the tables, a gain with its plus."""
    return "" if gap is None else f"{'+' if gap.mean > 0 else ''}{points(gap.mean)}"


def _points(score: float) -> float:
    return float(f"{100 * score:.6g}")


def _percent(share: float | None) -> float | None:
    return float(f"{100 * share:.4g}") if share is not None and isfinite(share) else None
