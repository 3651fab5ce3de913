"""A model that runs beside the scores of a baseline: is it as good, by the house's own anytime-valid test?

Units are samples in one random order; each has the difference of its scores, candidate - baseline, in [-1, 1]. The
e-process of `stats.noninferiority` is followed along that order up to the first sample that has not come back, so it
does not matter in which order samples do. The chance that a model that loses more than the margin over these samples is
ever certified is at most alpha, whenever one looks. Its twin tells when it is surely worse: going on is then futile.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from modelsearch.core.errors import OptionError
from modelsearch.stats.noninferiority import Bound, best_log_wealth, leading_run, sure_decisions
from modelsearch.stats.sequential import betting_sequence

Floats = npt.NDArray[np.float64]
MIN_EDGE = 0.005
"""Half a point of 100: what is expected of the edge over the bound where the margin is smaller."""


class Decision(StrEnum):
    """What the samples so far say."""

    CERTIFIED = "certified"
    FUTILE = "futile"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """What is tested.

    Attributes:
        margin: largest loss of the mean score accepted, in [0, 1].
        alpha: of a false certificate, in (0, 1); shared by all `n_candidates` that are compared with this baseline.
        patience_samples: a sample that has not come back after so many later ones have is taken at its worst, for good:
            of an error nobody tells a plug-in.
    """

    __test__ = False  # no class of tests, whatever pytest thinks of its name
    margin: float = 0.02
    alpha: float = 0.05
    n_candidates: int = 1
    patience_samples: int = 64

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            OptionError: one is out of range.
        """
        if not 0.0 <= self.margin < 1.0:
            raise OptionError(f"margin: expected a number in [0, 1), got {self.margin}")
        if not 0.0 < self.alpha < 1.0:
            raise OptionError(f"alpha: expected a number in (0, 1), got {self.alpha}")
        if self.n_candidates < 1 or self.patience_samples < 1:
            message = f"n_candidates, patience_samples: expected at least 1, got {self.n_candidates}"
            raise OptionError(f"{message}, {self.patience_samples}")

    @property
    def level(self) -> float:
        """Of this candidate's certificate."""
        return self.alpha / self.n_candidates


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a run stands.

    Attributes:
        n_compared: samples of the order's start that count; n_samples: all that there are.
        log_e_value, log_e_inferior: evidence that it is as good, that it is worse; certified from log(1 / level).
        gap: mean difference of the samples compared; gap_low, gap_high: of all samples, at 1 - alpha, at every look.
    """

    decision: Decision
    n_compared: int
    n_samples: int
    log_e_value: float
    log_e_inferior: float
    gap: float
    gap_low: float
    gap_high: float


@dataclass
class PairedRun:
    """One model's run; samples come back in any order.

    Args:
        test: what is tested.
        order: the samples in their random order.
        baseline: the baseline's score of each of them, in [0, 1].
    """

    test: Test
    order: Sequence[str]
    baseline: Mapping[str, float]
    _low: Floats = field(init=False, repr=False)
    _high: Floats = field(init=False, repr=False)
    _decision: Decision = field(default=Decision.OPEN, init=False)

    def __post_init__(self) -> None:
        """Check the scores.

        Raises:
            OptionError: no samples, one twice, one without the baseline's score, or a score out of [0, 1].
        """
        if not self.order or len(set(self.order)) < len(self.order):
            raise OptionError("samples: expected at least one, and each once")
        for sample in self.order:
            if not 0.0 <= self.baseline.get(sample, math.nan) <= 1.0:
                got = self.baseline.get(sample)
                raise OptionError(f"baseline's score of sample {sample!r}: expected a number in [0, 1], got {got}")
        self._place = {sample: place for place, sample in enumerate(self.order)}
        self._low = np.full(len(self.order), np.nan)
        self._high = np.full(len(self.order), np.nan)

    def note(self, sample: str, score: float | None) -> None:
        """A sample came back; None = it failed, and counts at its worst. What is known already stays.

        Raises:
            OptionError: no such sample, or a score out of [0, 1].
        """
        if sample not in self._place:
            raise OptionError(f"sample {sample!r}: not among those that are compared")
        if score is not None and not 0.0 <= score <= 1.0:
            raise OptionError(f"score of sample {sample!r}: expected a number in [0, 1], got {score}")
        place, base = self._place[sample], self.baseline[sample]
        if math.isnan(self._low[place]):
            self._low[place] = (0.0 if score is None else score) - base
            self._high[place] = (1.0 if score is None else score) - base
        self._give_up_on_lost()
        self._decide()

    @property
    def decision(self) -> Decision:
        """What is decided; once it is, it stays."""
        return self._decision

    def standing(self) -> Standing:
        """Where it stands now."""
        seen = leading_run(self._low[None, :])[0]
        n_seen, n_units = int(seen.sum()), len(self.order)
        low, high = self._low[seen][None, :], self._high[seen][None, :]
        gap_low = betting_sequence(low, n_units, self.test.alpha)[0][0] if n_seen else -1.0
        gap_high = betting_sequence(high, n_units, self.test.alpha)[1][0] if n_seen else 1.0
        log_e, log_e_inferior = self._evidence()
        return Standing(
            decision=self._decision, n_compared=n_seen, n_samples=n_units, log_e_value=log_e,
            log_e_inferior=log_e_inferior, gap=float(low.mean()) if n_seen else 0.0, gap_low=float(gap_low),
            gap_high=float(gap_high),
        )  # fmt: skip

    def _bound(self) -> Bound:
        n_units = len(self.order)
        edge = max(self.test.margin, MIN_EDGE)
        return Bound(n_units=n_units, null_total=-n_units * self.test.margin, edge=edge)

    def _evidence(self) -> tuple[float, float]:
        bound = self._bound()
        above = best_log_wealth(self._low[None, :], bound)[0]
        below = best_log_wealth(-self._high[None, :], bound.mirrored)[0]
        return float(above), float(below)

    def _decide(self) -> None:
        if self._decision is not Decision.OPEN:
            return
        above, below = self._evidence()
        needed = -math.log(self.test.level)
        sure = self._sure()
        if above >= needed or sure is Decision.CERTIFIED:
            self._decision = Decision.CERTIFIED
        elif below >= needed or sure is Decision.FUTILE:
            self._decision = Decision.FUTILE

    def _sure(self) -> Decision:
        """What no sample that is still missing can turn."""
        n_left = float(np.isnan(self._low).sum())
        low, high = np.array([np.nansum(self._low)]), np.array([np.nansum(self._high)])
        certain = sure_decisions(low, high, np.array([n_left]), -len(self.order) * self.test.margin)
        if certain.is_above[0]:
            return Decision.CERTIFIED
        return Decision.FUTILE if certain.is_below[0] else Decision.OPEN

    def _give_up_on_lost(self) -> None:
        """The first sample that has not come back, once enough later ones have."""
        missing = np.isnan(self._low)
        while missing.any():
            first = int(np.argmax(missing))
            if int((~missing[first:]).sum()) < self.test.patience_samples:
                return
            base = self.baseline[self.order[first]]
            self._low[first], self._high[first] = -base, 1.0 - base
            missing = np.isnan(self._low)
