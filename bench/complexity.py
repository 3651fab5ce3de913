"""`make bench-complexity`: does the complexity of a task, read off its items, say how often small models are right?

26 tasks of graded difficulty (bench/texts/graded_tasks.yaml) and the two shared ones, each with its examples in the
prompt, are asked of Gemma 3 270M (base) and SmolLM2 135M in llama.cpp. Spearman's correlation of the score with mean
accuracy, also beyond guessing the commonest answer, with a one-sided permutation p-value, for the catalogue's weights
and for the client's; then what the order by `complexity_fit` changes in spend on the recorded tables. Answers are kept
under .modelsearch/local. Holds if harder by the score goes with less accuracy at p < 0.05 both ways. The weights were
set before the answers were seen; leave-one-task-out shows what weights fitted to them would be worth.
"""

import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import nnls
from scipy.stats import rankdata, spearmanr

from bench.complexity_answers import Answers, accuracy, ask_all, questions
from bench.complexity_spend import WITHOUT, plans_that_rank_by_it, spends
from bench.complexity_tasks import graded_tasks, shared_tasks
from bench.composites_local import engines
from bench.local import HOME, LICENCES, SKIPPED, TASKS, missing_here
from bench.local_install import installed
from bench.local_market import GEMMA, SMOLLM2
from bench.own_venv import NotAvailableError
from bench.screen_market import catalog_rules
from modelsearch.compare.aggregate import Mean
from modelsearch.core.market import ComplexityBand, ComplexityRule, Market
from modelsearch.core.search import Floats
from modelsearch.core.task import TaskSpec
from modelsearch.search.complexity import task_complexity
from modelsearch.search.task_features import complexity_features

OUTCOMES = TASKS.parent / "outcomes"
MODELS = (GEMMA, SMOLLM2)
N_PERMUTATIONS, SEED, ALPHA = 10_000, 0, 0.05
ROUNDING = 1e-9
CLIENT_WEIGHTS = {
    "avg_input_length": 0.1, "vocab_diversity": 0.2, "label_entropy": 0.2, "reasoning_keywords": 0.3,
    "domain_specificity": 0.2,
}  # fmt: skip
CLIENT_TOPS_B = {7.0: 13.0, 13.0: 70.0}
"""Upper ends of the client's bands by their floors, in billions of parameters."""


@dataclass(frozen=True, kw_only=True)
class Graded:
    """(n_tasks,) each: accuracy by model, the share of the commonest target; (n_tasks, n_features) features."""

    tasks: Sequence[TaskSpec]
    accuracy: Mapping[str, Floats]
    guess: Floats
    features: Floats
    feature_names: Sequence[str]

    @property
    def mean(self) -> Floats:
        """(n_tasks,) mean accuracy of the models."""
        return np.asarray(np.mean([self.accuracy[model] for model in MODELS], axis=0), dtype=np.float64)

    @property
    def beyond_guess(self) -> Floats:
        """(n_tasks,) 0 = no better than the commonest answer, 1 = always right."""
        return np.asarray((self.mean - self.guess) / (1 - self.guess), dtype=np.float64)


def main() -> int:
    """Ask what is not known yet, then tell; 0 = holds, 77 = something needed is not here."""
    lack = missing_here()
    if lack:
        print(f"skipped: needs {lack}")
        return SKIPPED
    HOME.mkdir(parents=True, exist_ok=True)
    tasks = [*shared_tasks(TASKS), *graded_tasks()]
    try:
        answers = all_answers(tasks)
    except NotAvailableError as error:
        print(f"skipped: needs the wheels of bench/local.lock ({error})")
        return SKIPPED
    market = catalog_rules()
    if market.complexity is None:
        print("does not hold: the catalogue has no rule of complexity")
        return 1
    found = graded(tasks, answers, market.complexity)
    is_fine = tell(found, market.complexity)
    tell_fitted(found)
    tell_spend(market, market.complexity)
    print(f"bench-complexity {'holds' if is_fine else 'DOES NOT HOLD'}: the score orders tasks by the models' accuracy")
    return 0 if is_fine else 1


def all_answers(tasks: Sequence[TaskSpec]) -> Answers:
    """From the file, the missing ones asked.

    Raises:
        NotAvailableError: something has to be asked and the models cannot be had.
    """
    answers, wanted, started_s = Answers(HOME / "complexity_answers.jsonl"), questions(tasks, MODELS), time.monotonic()
    missing = answers.missing(wanted)
    if missing:
        print(LICENCES)
        with engines(installed(HOME), HOME / "servers.log") as urls:
            ask_all(missing, urls, answers)
    told = f"{len(missing)} asked in {time.monotonic() - started_s:.0f} s" if missing else "all from an earlier run"
    print(f"{len(tasks)} tasks, {len(MODELS)} models, {len(wanted)} answers, {told}; seed {SEED}")
    return answers


def graded(tasks: Sequence[TaskSpec], answers: Answers, rule: ComplexityRule) -> Graded:
    """Everything known of the tasks."""
    rows = [complexity_features(task, rule.reasoning_words) for task in tasks]
    tops = [Counter(str(item.target) for item in task.items).most_common(1)[0][1] for task in tasks]
    return Graded(
        tasks=tasks,
        accuracy={model: np.array([accuracy(task, model, answers) for task in tasks]) for model in MODELS},
        guess=np.array([top / len(task.items) for top, task in zip(tops, tasks, strict=True)]),
        features=np.array([list(row.values()) for row in rows]),
        feature_names=tuple(rows[0]),
    )


def tell(found: Graded, rule: ComplexityRule) -> bool:
    """The table and both scores; whether the catalogue's holds."""
    ours, theirs = scores(found.tasks, rule), scores(found.tasks, replace(rule, weights=CLIENT_WEIGHTS))
    print(f"\n{'task':18} {'gemma':>6} {'smollm':>6} {'guess':>6} {'score':>6} {'client':>6}")
    for row in np.argsort(ours, kind="stable"):
        numbers = [*(found.accuracy[model][row] for model in MODELS), found.guess[row], ours[row], theirs[row]]
        print(f"{found.tasks[row].id:18} " + " ".join(f"{number:6.2f}" for number in numbers))
    print(f"\nSpearman with accuracy; one-sided p by {N_PERMUTATIONS} permutations; range with any one task left out")
    is_fine = True
    for name, score in (("catalogue's weights", ours), ("client's weights", theirs)):
        for what, quality in (("accuracy", found.mean), ("accuracy beyond guessing", found.beyond_guess)):
            rho, p_value, left_out = (
                rank_correlation(score, quality),
                permutation_p(score, quality),
                jackknife(score, quality),
            )
            print(f"{name:20} {what:25} {rho:+.2f}, p {p_value:.4f}, {min(left_out):+.2f} to {max(left_out):+.2f}")
            is_fine &= score is not ours or (rho < 0 and p_value < ALPHA)
    each = [
        f"{name} {rank_correlation(found.features[:, n], found.mean):+.2f}"
        for n, name in enumerate(found.feature_names)
    ]
    print("single features: " + ", ".join(each))
    return is_fine


def tell_fitted(found: Graded) -> None:
    """What weights would be worth that are fitted to all tasks but the one they are tried on."""
    guesses = left_out_guesses(found.features, 1 - found.mean)
    rho, p_value = rank_correlation(guesses, found.mean), permutation_p(guesses, found.mean)
    print(f"weights fitted to the other tasks (non-negative): {rho:+.2f}, p {p_value:.4f} on the task left out")


def tell_spend(market: Market, rule: ComplexityRule) -> None:
    """Spend until the first good candidate, band by band."""
    if not OUTCOMES.is_dir():
        print("\nspend: not measured, needs ../shared/data/outcomes")
        return
    ours, client = bands_tried(rule)
    found = spends(sorted(OUTCOMES.iterdir()), market, {**ours, **client})
    n_tables = len(set(found.tables))
    print(f"\nspend to the first good candidate, share of X, {len(found.tables)} cases of {n_tables} tables;")
    print(f"only plans {', '.join(plans_that_rank_by_it()) or '(none)'} order by it; others spend the same without it;")
    print("the tables hold no texts, so the score of these tasks is not known: each band is tried instead")
    for way, share in found.share.items():
        saves = "" if way == WITHOUT else _saves(found.gain(way))
        print(f"   {way:16} mean {share.mean():.4f}, median {np.median(share):.4f}{saves}")
    for name, mean in zip(("best", "worst"), found.bounds(list(ours)), strict=True):
        print(f"   {name} of the catalogue's bands for each case, in hindsight{_saves(mean)}")


def bands_tried(rule: ComplexityRule) -> tuple[dict[str, ComplexityBand], dict[str, ComplexityBand]]:
    """The catalogue's bands by name, and those of them that the client closed, with their upper ends."""
    ours, client = {}, {}
    for band in rule.bands:
        low_b = band.min_params_b or 0.0
        ours[f"from {low_b:g} B"] = band
        if top_b := CLIENT_TOPS_B.get(low_b):
            client[f"{low_b:g} to {top_b:g} B"] = replace(band, max_params_b=top_b)
    return ours, client


def _saves(mean: Mean) -> str:
    return f", saves {mean.mean:+.4f} ({mean.low:+.4f} to {mean.high:+.4f})"


def scores(tasks: Sequence[TaskSpec], rule: ComplexityRule) -> Floats:
    """(n_tasks,) complexity."""
    return np.array([task_complexity(task, rule) for task in tasks], dtype=np.float64)


def rank_correlation(left: Floats, right: Floats) -> float:
    """Spearman's; ties share their mean rank."""
    return float(spearmanr(left, right).statistic)


def permutation_p(score: Floats, quality: Floats) -> float:
    """Chance of a correlation as negative as this one if score and quality had nothing to do with each other."""
    left, right = (rankdata(values) - (len(score) + 1) / 2 for values in (score, quality))
    rng = np.random.default_rng(SEED)
    shuffled = np.array([left @ rng.permutation(right) for _ in range(N_PERMUTATIONS)])
    return float((1 + (shuffled <= left @ right + ROUNDING).sum()) / (1 + N_PERMUTATIONS))


def jackknife(score: Floats, quality: Floats) -> list[float]:
    """The correlation with each task left out."""
    rows = np.arange(len(score))
    return [rank_correlation(score[rows != row], quality[rows != row]) for row in rows]


def left_out_guesses(features: Floats, failure: Floats) -> Floats:
    """(n_tasks,) failure of each task as non-negative least squares on the other tasks predict it."""
    whole = np.column_stack([np.ones(len(failure)), features])
    rows = np.arange(len(failure))
    return np.array([whole[row] @ nnls(whole[rows != row], failure[rows != row])[0] for row in rows])


if __name__ == "__main__":
    sys.exit(main())
