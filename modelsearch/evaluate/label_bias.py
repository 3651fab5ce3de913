"""Does a way of asking favour a label? Predicted against true frequencies, on the items that were asked.

A prompt, the examples in it and their order can make a model say one label too often (Zhao et al. 2021,
arXiv:2102.09690, section 3). Answers and targets of the same items are compared, so that a small sample of uneven
classes warns of nothing: the excess of a label is the mean of 1[answer] - 1[target], with a paired error.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from modelsearch.core.events import Warned

MIN_PAIRS = 24
MIN_EXCESS = 0.1
MIN_Z = 3.5
"""Labels, ways and candidates are many: three and a half standard errors are one false word in some two thousand."""
MAX_LABELS = 30


class Leaning(NamedTuple):
    """How much oftener a label is said than it is true; shares of `n_answers`."""

    label: str
    said: float
    true: float
    z: float
    n_answers: int

    @property
    def excess(self) -> float:
        """Share of answers, above 0 = too often."""
        return self.said - self.true


def leanings(answers: Sequence[str | None], targets: Sequence[object], labels: Iterable[str]) -> list[Leaning]:
    """The leaning of each label, the largest excess first; none with fewer than `MIN_PAIRS` answers.

    Args:
        answers: (n,) canonical answers; None = no answer, left out.
        targets: (n,) of the same items.
        labels: at most `MAX_LABELS`, or nothing is said.
    """
    pairs = [(answer, str(target)) for answer, target in zip(answers, targets, strict=True) if answer is not None]
    wanted, n = list(labels), len(pairs)
    if n < MIN_PAIRS or not 1 < len(wanted) <= MAX_LABELS:
        return []
    found = []
    for label in wanted:
        said = sum(answer == label for answer, _ in pairs) / n
        true = sum(target == label for _, target in pairs) / n
        apart = sum((answer == label) != (target == label) for answer, target in pairs) / n
        variance = max(apart - (said - true) ** 2, 1.0 / n) / n
        found.append(Leaning(label, said, true, (said - true) / math.sqrt(variance), n))
    return sorted(found, key=lambda each: (-each.excess, each.label))


def label_bias_warning(subject: str, whose: str, found: Sequence[Leaning]) -> Warned | None:
    """Warns where a label is said clearly too often, with the numbers; None where none is.

    Args:
        subject: the candidate or way of asking.
        whose: the same in words.
        found: of `leanings`.
    """
    if not found or found[0].excess < MIN_EXCESS or found[0].z < MIN_Z:
        return None
    most, least = found[0], found[-1]
    short = f", and {least.label!r} to {least.said:.0%} of {least.true:.0%}" if least.excess < 0 else ""
    return Warned(
        code="label_bias",
        subject=subject,
        message=(
            f"{whose} says {most.label!r} to {most.said:.0%} of {most.n_answers} items of which {most.true:.0%} are it"
            f"{short}: the prompt or the order of its examples favours it; try another order (variants: examples: "
            "reversed), or `calibrated: true` where the endpoint tells log-probabilities"
        ),
    )
