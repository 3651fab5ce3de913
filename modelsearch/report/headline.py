"""The answer in sentences, the same in every format; names are handed in because each format marks them its own way."""

from dataclasses import dataclass
from pathlib import Path

from modelsearch.core.ids import RunId
from modelsearch.core.result import CacheUse, Certainty, Claim, Estimate, JudgeUse, Recommendation, SearchResult
from modelsearch.report.numbers import UNKNOWN, amount, counted, is_known, percent, probability, share_points, usd
from modelsearch.store.layout import RunDir

EMULATED = (
    "EMULATED: the emulator on this machine answered, no provider was called and no real money was spent; "
    "the models of a synthetic world are made up and say nothing about real ones"
)


@dataclass(frozen=True, slots=True)
class Names:
    """How a format writes the two names of a sentence."""

    recommended: str
    baseline: str


def headline(result: SearchResult, names: Names) -> str:
    """What to do, in one sentence with certainty, claim and saving."""
    if result.recommendation.candidate_id == result.baseline_id:
        return f"Keep {names.baseline}: {grounds(result)}."
    return f"Use {names.recommended} instead of {names.baseline}: {grounds(result)}."


def grounds(result: SearchResult) -> str:
    """Certainty, claim and, for a replacement, saving."""
    answer = result.recommendation
    if answer.candidate_id == result.baseline_id:
        return f"{_keeping(answer)}, {claim(answer)}"
    return f"{certainty(answer)}, {claim(answer)}; saving {saving(answer)}"


def certainty(answer: Recommendation) -> str:
    """The certainty of a recommended replacement with its numbers."""
    loss = f"it loses no more than {share_points(answer.margin)} points of 100"
    if answer.certainty is Certainty.CERTIFIED:
        return f"certified at {percent(1 - answer.alpha)} that {loss}"
    if answer.certainty is Certainty.LIKELY:
        return f"likely, not certified ({probability(answer.p_right)} that {loss})"
    return f"undecided whether {loss}"


def _keeping(answer: Recommendation) -> str:
    cheaper = "usable cheaper candidate within your limits"
    margin = f"{share_points(answer.margin)} points of 100"
    if answer.certainty is Certainty.CERTIFIED:
        return f"certified at {percent(1 - answer.alpha)} that no {cheaper} loses at most {margin}"
    return f"undecided whether a {cheaper} loses at most {margin}"


def claim(answer: Recommendation) -> str:
    """What the statement is about."""
    if answer.claim is Claim.POPULATION:
        return f"claimed for the population that the {counted(answer.n_items, 'item')} were drawn from"
    return f"claimed for these {counted(answer.n_items, 'item')}"


def saving(answer: Recommendation) -> str:
    """What it saves per 1,000 items, in USD and percent; unknown stays unknown."""
    if not is_known(answer.saving_usd_per_1k):
        return UNKNOWN
    return f"{usd(answer.saving_usd_per_1k)} per 1,000 items ({percent(answer.saving_share)})"


def spending(result: SearchResult) -> str:
    """What the search cost, of what it could: settled, unknown and reserved, calls, time."""
    spend = result.spend
    parts = [f"{amount(spend.settled_usd)} USD settled"]
    parts.append(f"{amount(spend.unknown_usd)} USD unknown")
    if spend.unknown_usd:
        parts[-1] += " (at most: calls sent whose bill never came)"
    if spend.reserved_usd:
        parts.append(f"{amount(spend.reserved_usd)} USD still reserved")
    return (
        f"{', '.join(parts)}, of {usd(result.budget_usd)}; {counted(spend.n_calls, 'call')} in {result.wall_s:,.1f} s"
        f"{cached(result.cache_use)}{judged(result.judge_use)}"
    )


def judged(use: JudgeUse | None) -> str:
    """What the model cost that scored the answers, and how far people agree with it; "" where there was none."""
    if use is None:
        return ""
    told = f"; of that {usd(use.spend_usd)} for {counted(use.n_calls, 'call')} of {use.endpoint_id}, which scored"
    if use.n_unscored:
        told += f"; {counted(use.n_unscored, 'answer')} it could not score"
    if use.kappa is not None:
        kappa = use.kappa
        bounds = f"[{kappa.low:.2f}, {kappa.high:.2f}]"
        told += f"; its agreement with people on {counted(use.n_labels, 'answer')}: kappa {kappa.mean:.2f} {bounds}"
    return told


def cached(use: CacheUse | None) -> str:
    """What prompt caches saved, to be added to what was spent; "" where there was none."""
    if use is None:
        return ""
    share = percent(use.n_read_tokens / use.n_prompt_tokens) if use.n_prompt_tokens else UNKNOWN
    verdict = f"saved {usd(use.saved_usd)}" if use.saved_usd >= 0 else f"cost {usd(-use.saved_usd)} more"
    return f"; prompt caches held {share} of the input and {verdict}"


def covered(answer: Recommendation) -> str:
    """What was tested, and what was not."""
    tested = ", ".join(answer.covers)
    return f"{tested}; {counted(answer.n_pairs, 'item')} shared with the baseline of {answer.n_items:,}"


def baseline_of(result: SearchResult) -> Estimate | None:
    """The baseline's own estimate."""
    return next((e for e in result.estimates if e.candidate_id == result.baseline_id), None)


def recommended_of(result: SearchResult) -> Estimate | None:
    """The recommended candidate's estimate."""
    return next((e for e in result.estimates if e.candidate_id == result.recommendation.candidate_id), None)


def run_files(result: SearchResult) -> RunDir | None:
    """Where the run's files are, or None for a search without a run directory."""
    if result.run_dir is None:
        return None
    folder = Path(result.run_dir)
    return RunDir(folder.parent, RunId(folder.name))
