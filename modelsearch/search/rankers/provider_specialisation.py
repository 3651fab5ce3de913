"""Who is known to be good at this kind of task."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from modelsearch.core.candidate import Single, singles_of
from modelsearch.core.ids import CandidateId
from modelsearch.core.market import Market, TaskKind
from modelsearch.core.registry import register
from modelsearch.core.search import Floats, SearchView
from modelsearch.search.features import Served, served_by
from modelsearch.search.parameters import require_range


@register(
    "ranker",
    "provider_specialisation",
    source="client's strategies 2 and 9, Task-Specific Intelligence, Provider-Aware Search",
)
@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSpecialisation:
    """Merit is the mean of what the catalogue holds of provider and family for this kind of task, in [-1, 1].

    Opinions are the evidence-backed priors of `specialisations` (a family also inherits its lineage's), plus
    `preference` for each word that the kind prefers and minus it for each it avoids, capped at 1. Words are the
    strengths of provider, family and lineage, the family's own characteristics and the endpoint's capabilities. What is
    avoided lowers the rank and drops nobody (`task_requirements` does, where the client is strict). NaN where the
    catalogue has no opinion; a composite has the mean of its members'. Reads no outcomes. O(n_pool x n_priors).

    Attributes:
        preference: worth of one preferred word, in [0, 1].
    """

    preference: float = 0.25

    def __post_init__(self) -> None:
        require_range(self, "preference", 0.0, 1.0)

    def rank(self, view: SearchView) -> Floats:
        return np.array([self._merit(view, candidate_id) for candidate_id in view.pool], dtype=np.float64)

    def _merit(self, view: SearchView, candidate_id: CandidateId) -> float:
        singles = singles_of(view.candidate(candidate_id))
        merits = [m for s in singles for m in self._opinions(s, view.setting.market, view.task.kind)]
        return float(np.mean(merits)) if merits else float("nan")

    def _opinions(self, single: Single, market: Market, kind_id: str) -> Iterator[float]:
        served = served_by(single, market)
        subjects: set[tuple[str, str]] = {("provider", served.endpoint.provider_id)}
        subjects |= {("family", family_id) for family_id in lineage(served.model.family, market)}
        for known in market.specialisations:
            if known.task_kind == kind_id and (known.subject, known.subject_id) in subjects:
                yield known.prior
        kind, words = market.task_kinds.get(kind_id), words_of(served, market)
        if kind is not None and words & (kind.prefers | kind.avoids):
            yield self._preferred(words, kind)

    def _preferred(self, words: set[str], kind: TaskKind) -> float:
        balance = len(words & kind.prefers) - len(words & kind.avoids)
        return max(-1.0, min(1.0, self.preference * balance))


def words_of(served: Served, market: Market) -> set[str]:
    """What a served model is known for: what `prefers` and `avoids` of a kind of task can name."""
    words: set[str] = set(served.endpoint.capabilities)
    if served.provider is not None:
        words.update(served.provider.strengths, served.provider.best_for)
    for family_id in lineage(served.model.family, market):
        words |= market.families[family_id].strengths if family_id in market.families else set()
    own = market.families.get(served.model.family)
    return words | (own.characteristics if own is not None else set())


def lineage(family_id: str, market: Market) -> list[str]:
    """The family and its ancestors, nearest first; a loop in the catalogue ends it."""
    found: list[str] = []
    current: str | None = family_id
    while current is not None and current not in found:
        found.append(current)
        family = market.families.get(current)
        current = None if family is None else family.lineage
    return found
