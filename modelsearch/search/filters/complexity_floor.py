"""Too small for a task that looks hard."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.registry import register
from modelsearch.core.search import Drop, SearchView
from modelsearch.search.complexity import band_of, task_complexity
from modelsearch.search.parameters import require_range


@register("filter", "complexity_floor", source="client's strategy 8, Task Complexity Assessment: complexity bands")
@dataclass(frozen=True, slots=True, kw_only=True)
class ComplexityFloor:
    """Drops models below the size that the task's complexity calls for.

    Complexity in [0, 1] comes from the items alone (`search.complexity`); the catalogue's bands turn it into a least
    number of parameters, in billions, of which `share` is asked. There is no upper end: too large a model is dear, and
    what is dear is for prices to say. Whoever was bought is judged by that and no longer by its size.

    Unknown size never drops, nor does a catalogue without bands or a band without a floor; composites stay, for what a
    vote of small models can do is not known from their sizes. Equal to the floor stays; the baseline stays.
    O(n_words + n_pool).

    Attributes:
        share: of the band's floor, above 0; 1 takes the bands at their word.
    """

    share: float = 0.5

    def __post_init__(self) -> None:
        require_range(self, "share", 1e-6, 10.0)

    def drop(self, view: SearchView) -> Sequence[Drop]:
        rule = view.setting.market.complexity
        if rule is None:
            return ()
        complexity = task_complexity(view.task, rule)
        band = band_of(complexity, rule)
        if band is None or band.min_params_b is None:
            return ()
        floor_b = self.share * band.min_params_b
        drops = []
        for candidate_id in sorted(set(view.pool) - {view.baseline_id}):
            model = view.model(candidate_id)
            size_b = None if model is None else model.params_b
            if size_b is not None and size_b < floor_b and view.n_bought(candidate_id) == 0:
                drops.append(
                    Drop(
                        candidate_id=candidate_id,
                        reason=f"{size_b:g} B parameters, while a task of complexity {complexity:.2f} calls for "
                        f"{floor_b:g} B at least",
                        evidence={"params_b": size_b, "floor_params_b": floor_b, "complexity": complexity},
                        remedy="leave this filter out of the plan, or lower its share",
                        strategy="complexity_floor",
                    )
                )
        return tuple(drops)
