"""Whether what `make local` did holds, and the lines that say so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bench.local_market import BASELINE, MARGIN, USD_PER_CPU_S
from bench.local_truth import Logged, Truth, bill_usd, deserves_warning
from modelsearch.core.ids import CandidateId
from modelsearch.core.result import SearchResult
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.task_warnings import MIN_ANSWERS

MIN_BILLED_SHARE = 0.9
"""Of the CPU time of the models' processes while the search ran; the rest is what they do between calls."""
_BASELINE = CandidateId(BASELINE)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the run showed.

    Attributes:
        truth: of the six singles.
        calls: the gateway's log of the search alone.
        process_s: CPU seconds that the models' processes used while the search ran, read from outside the gateway.
    """

    result: SearchResult
    task: TaskSpec
    truth: Mapping[CandidateId, Truth]
    calls: Sequence[Logged]
    process_s: float

    @property
    def called_s(self) -> Decimal:
        """CPU seconds of all calls."""
        return sum((call.compute_seconds for call in self.calls), Decimal(0))

    @property
    def gap(self) -> float | None:
        """True quality of the recommendation minus the baseline's; None where its truth is not known."""
        chosen = self.truth.get(self.result.recommendation.candidate_id)
        return None if chosen is None else chosen.quality - self.truth[_BASELINE].quality


def warned(result: SearchResult) -> set[CandidateId]:
    """Whom the one-answer warning names."""
    ids = [estimate.candidate_id for estimate in result.estimates]
    return {i for i in ids if any(text.startswith(f"{i}: {i} answers ") for text in result.warnings)}


def deserving(found: Shown) -> set[CandidateId]:
    """Who should be named: of those bought on enough items, who truly gives nearly all items one answer."""
    targets = [str(item.target) for item in found.task.items]
    bought = {estimate.candidate_id for estimate in found.result.estimates if estimate.n_items >= MIN_ANSWERS}
    return {i for i, truth in found.truth.items() if i in bought and deserves_warning(truth, targets)}


def problems(found: Shown) -> list[str]:
    """What does not hold; empty = all of it does."""
    return [problem for problem in (_wrong_choice(found), _wrong_bill(found), _wrong_warnings(found)) if problem]


def told(found: Shown) -> Iterator[str]:
    """The lines to print, the figure last."""
    yield from _candidates(found)
    choice = found.result.recommendation
    yield f"recommended: {choice.label} ({choice.certainty}); {choice.reason}"
    gap = "unknown" if found.gap is None else f"{found.gap:+.4f}"
    yield (
        f"local: true gap of the recommendation {gap} (margin {MARGIN}); {len(found.calls)} calls, "
        f"{found.called_s} CPU s x {USD_PER_CPU_S} = {found.result.spend.settled_usd} USD settled, "
        f"{float(found.called_s) / found.process_s:.1%} of the CPU time of the models; one-answer warnings: "
        f"{', '.join(sorted(warned(found.result))) or 'none'}: {'; '.join(problems(found)) or 'holds'}"
    )


def _candidates(found: Shown) -> Iterator[str]:
    n_bought = {estimate.candidate_id: estimate.n_items for estimate in found.result.estimates}
    for candidate_id, truth in sorted(found.truth.items(), key=lambda pair: -pair[1].quality):
        yield (
            f"  {candidate_id:52} true quality {truth.quality:.4f}, {truth.cpu_s:.4f} CPU s a call, "
            f"commonest answer {truth.one_answer_share:.0%}, {n_bought.get(candidate_id, 0)} items bought"
        )


def _wrong_choice(found: Shown) -> str:
    chosen = found.result.recommendation.candidate_id
    if found.gap is None:
        return f"{chosen} was recommended, whose truth is not known"
    return f"{chosen} is truly worse than the baseline by more than {MARGIN}" if found.gap < -MARGIN - 1e-9 else ""


def _wrong_bill(found: Shown) -> str:
    spend, bill = found.result.spend, bill_usd(found.calls, Decimal(USD_PER_CPU_S))
    if spend.settled_usd != bill or spend.unknown_usd or spend.n_calls != len(found.calls):
        return f"{spend} is not the gateway's bill of {bill} USD for {len(found.calls)} calls"
    if not MIN_BILLED_SHARE * found.process_s <= found.called_s <= found.process_s:
        return f"calls took {found.called_s} CPU s, the models' processes {found.process_s:.3f}"
    return ""


def _wrong_warnings(found: Shown) -> str:
    named, deserved = warned(found.result), deserving(found)
    if named == deserved:
        return ""
    return f"warned of one answer: {sorted(named)}, deserved by {sorted(deserved)}"
