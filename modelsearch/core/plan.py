"""Plans: which strategies a search goes through, in which phases."""

from dataclasses import dataclass

from modelsearch.core.ports import Combiner, Filter, Ranker, Sampler


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A part of a search: filters drop, rankers order, the sampler asks, combiners add.

    Attributes:
        spend_share: of the budget left when the phase starts, in [0, 1].
    """

    name: str
    filters: tuple[Filter, ...] = ()
    rankers: tuple[Ranker, ...] = ()
    sampler: Sampler | None = None
    combiners: tuple[Combiner, ...] = ()
    spend_share: float = 1.0
    max_rounds: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A list of phases; each starts with the pool that the last one left.

    Attributes:
        is_anytime: what it buys does not depend on the budget, so that one long search holds every shorter one.
    """

    name: str
    phases: tuple[Phase, ...]
    is_anytime: bool = False
