"""Hard needs of the task."""

from collections.abc import Sequence
from dataclasses import dataclass

from modelsearch.core.candidate import singles_of
from modelsearch.core.ids import CandidateId, PromptId
from modelsearch.core.market import TaskKind
from modelsearch.core.registry import register
from modelsearch.core.search import Drop, SearchView
from modelsearch.search.features import served_by
from modelsearch.search.requirements import Case, Refusal, longest_prompt_tokens, refusals


@register(
    "filter", "task_requirements", source="client's strategy 2, Task-Specific Intelligence; house rule on unknowns"
)
@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRequirements:
    """Drops who cannot serve the task at all: context, capabilities, provider, region, retention, service ended.

    Each hard requirement is one rule of `search.requirements`; the first that fails is the reason, the number of all
    that fail is in the evidence. A composite must meet them with every member. What is unknown does not drop, except
    where the client asks by name (`needs`). Reads no outcomes, so ties and missing scores play no part; the baseline
    alone gives nothing. O(n_pool x n_rules).
    """

    def drop(self, view: SearchView) -> Sequence[Drop]:
        n_tokens = longest_prompt_tokens(view.task)
        found = ((c, _refusals(view, c, n_tokens)) for c in view.pool if c != view.baseline_id)
        return tuple(
            Drop(
                candidate_id=candidate_id,
                reason=reasons[0].reason,
                evidence={**reasons[0].evidence, "n_unmet": len(reasons)},
                remedy=reasons[0].remedy,
                strategy="task_requirements",
            )
            for candidate_id, reasons in found
            if reasons
        )


def _refusals(view: SearchView, candidate_id: CandidateId, n_tokens: dict[PromptId, int]) -> list[Refusal]:
    market = view.setting.market
    kind = market.task_kinds.get(view.task.kind) or TaskKind(id=view.task.kind)
    cases = []
    for single in singles_of(view.candidate(candidate_id)):
        served = served_by(single, market)
        family = market.families.get(served.model.family)
        n_prompt = n_tokens.get(single.prompt_id, max(n_tokens.values(), default=0))
        cases.append(Case(served, view.task, kind, family, market.as_of, n_prompt))
    return [refusal for case in cases for refusal in refusals(case)]
