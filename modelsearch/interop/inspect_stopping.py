"""Our stopping rule inside Inspect: an evaluation ends when its model is certified against a baseline, or cannot be.

    from modelsearch.interop.inspect_stopping import NonInferiority

    task = Task(dataset=..., solver=..., scorer=match(), early_stopping=NonInferiority("logs/baseline.eval"))
    eval(task, model="openai/gpt-4o-mini", sample_shuffle=7)

Samples that are not needed any more are skipped, and the log's `early_stopping` says why, with the evidence. Extra
`inspect`; Inspect is imported when an evaluation begins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from modelsearch.core.errors import OptionError
from modelsearch.interop.paired_run import Decision, PairedRun, Test

if TYPE_CHECKING:
    from inspect_ai.dataset import Sample
    from inspect_ai.log import EvalLog, EvalSpec
    from inspect_ai.scorer import SampleScore
    from inspect_ai.util import EarlyStop

NAME = "modelsearch non-inferiority"
EXTRA = "inspect_ai is not installed: pip install 'modelsearch[inspect]'"
_REASONS = {
    Decision.CERTIFIED: "as good as the baseline, within the margin",
    Decision.FUTILE: "worse than the baseline by more than the margin",
}


@dataclass
class NonInferiority:
    """An early stopping manager of Inspect's (`inspect_ai.util.EarlyStopping`).

    Args:
        reference: the baseline's log of the same samples (a path, or the log itself), or its scores by sample id.
        margin: largest loss of the mean score accepted.
        alpha: chance of a false certificate; `n_candidates` models that are compared with one baseline share it.
        scorer: whose scores count, where there are several.
        is_order_random: the dataset is in random order already: Inspect need not have shuffled it.
        patience_samples: as in `Test`; more than samples that are in flight at once.
    """

    reference: "str | Path | EvalLog | Mapping[str, float]"
    margin: float = 0.02
    alpha: float = 0.05
    n_candidates: int = 1
    scorer: str = ""
    is_order_random: bool = False
    patience_samples: int = 64
    _run: PairedRun | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            OptionError: one is out of range.
        """
        self._test = Test(
            margin=self.margin, alpha=self.alpha, n_candidates=self.n_candidates, patience_samples=self.patience_samples
        )
        self._scores: dict[str, dict[int, float | None]] = {}
        self._n_epochs, self._n_unknown, self._n_skipped = 1, 0, 0

    async def start_task(self, task: "EvalSpec", samples: "list[Sample]", epochs: int) -> str:
        """Inspect begins an evaluation of one model.

        Raises:
            OptionError: the order of the samples is not random, or the baseline has scores of none of them.
        """
        _check_order(task, is_random=self.is_order_random)
        baseline = self._baseline()
        ids = [str(sample.id) for sample in samples]
        order = [name for name in ids if name in baseline]
        if not order:
            raise OptionError(
                "early stopping: the baseline's log has scores of none of these samples: is it this task?"
            )
        self._scores, self._n_epochs, self._n_unknown = {}, epochs, len(ids) - len(order)
        self._n_skipped = 0
        self._run = PairedRun(self._test, order, baseline)
        return NAME

    async def schedule_sample(self, id: str | int, epoch: int) -> "EarlyStop | None":  # noqa: A002 - Inspect's name
        """Whether a sample is to be skipped."""
        from inspect_ai.util import EarlyStop  # noqa: PLC0415 - only where Inspect runs

        run = self._run
        if run is None or run.decision is Decision.OPEN:
            return None
        self._n_skipped += 1
        return EarlyStop(id=id, epoch=epoch, reason=_REASONS[run.decision], metadata={"decision": run.decision.value})

    async def complete_sample(self, id: str | int, epoch: int, scores: "dict[str, SampleScore]") -> None:  # noqa: A002
        """A sample came back; several epochs of one count as their mean, once all are here."""
        name, run = str(id), self._run
        if run is None or name not in run.baseline or name not in set(run.order):
            return
        known = self._scores.setdefault(name, {})
        known[epoch] = self._score_of(scores)
        if len(known) < self._n_epochs:
            return
        told = [score for score in known.values() if score is not None]
        run.note(name, fmean(told) if len(told) == self._n_epochs else None)

    async def complete_task(self) -> dict[str, Any]:
        """What the evaluation has come to, for the log."""
        if self._run is None:
            return {}
        standing = asdict(self._run.standing())
        told = {"margin": self.margin, "alpha": self.alpha, "n_candidates": self.n_candidates}
        told |= {"n_skipped": self._n_skipped, "n_without_baseline": self._n_unknown}
        return {**standing, "decision": self._run.decision.value, **told}

    def _baseline(self) -> Mapping[str, float]:
        """The baseline's mean score of each sample that has one in every epoch."""
        if isinstance(self.reference, Mapping):
            return {str(name): float(score) for name, score in self.reference.items()}
        return baseline_scores(self.reference, self.scorer)

    def _score_of(self, scores: "Mapping[str, SampleScore]") -> float | None:
        """The score that counts; None where there is none."""
        from inspect_ai.scorer import value_to_float  # noqa: PLC0415 - only where Inspect runs

        chosen = _chosen(scores, self.scorer)
        return None if chosen is None else _number(chosen.score.value, value_to_float())


def baseline_scores(reference: "str | Path | EvalLog", scorer: str = "") -> dict[str, float]:
    """The mean score of each sample of a log, in [0, 1]; samples that failed in an epoch are left out.

    Raises:
        OptionError: Inspect is not installed, or the log has no scores of that name.
    """
    try:
        from inspect_ai.log import read_eval_log  # noqa: PLC0415 - only where Inspect runs
        from inspect_ai.scorer import value_to_float  # noqa: PLC0415
    except ImportError as error:
        raise OptionError(EXTRA) from error
    log = read_eval_log(str(reference)) if isinstance(reference, str | Path) else reference
    as_float = value_to_float()
    found: dict[str, list[float | None]] = {}
    for sample in log.samples or []:
        chosen = _chosen(sample.scores or {}, scorer)
        score = None if chosen is None or sample.error is not None else _number(chosen.value, as_float)
        found.setdefault(str(sample.id), []).append(score)
    return {name: fmean(whole) for name, told in found.items() if (whole := _whole(told))}


def _whole(scores: Sequence[float | None]) -> list[float]:
    known = [score for score in scores if score is not None]
    return known if len(known) == len(scores) else []


def _chosen(scores: Mapping[str, Any], wanted: str) -> Any:
    """The score of a name; the only one without a name.

    Raises:
        OptionError: there are several, or none of that name.
    """
    if not scores:
        return None
    if wanted in scores:
        return scores[wanted]
    if wanted or len(scores) > 1:
        got = wanted or "no choice"
        raise OptionError(f"early stopping: scorer: expected one of {', '.join(scores)}, got {got!r}")
    return next(iter(scores.values()))


def _number(value: Any, as_float: Callable[[Any], float]) -> float | None:
    """A score as a number in [0, 1]; a number of another kind is no quality of ours.

    Raises:
        OptionError: it is none.
    """
    if value is None or isinstance(value, dict | list):
        return None
    number = float(as_float(value))
    if not 0.0 <= number <= 1.0:
        raise OptionError(f"early stopping: a score must be in [0, 1], got {number}: scale it in the scorer")
    return number


def _check_order(task: "EvalSpec", *, is_random: bool) -> None:
    is_shuffled = bool(task.dataset.shuffled) or task.config.sample_shuffle not in (None, False)
    if not (is_random or is_shuffled):
        message = (
            "early stopping: samples must come in random order, or the first ones would speak for all: "
            "eval(..., sample_shuffle=SEED), --sample-shuffle SEED, or dataset.shuffle()"
        )
        raise OptionError(f"{message}; is_order_random=True where they already do")
