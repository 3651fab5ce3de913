"""A way of asking that a task proposes beside others: a prompt, and parameters."""

from dataclasses import dataclass, field, replace

from modelsearch.core.candidate import NO_VARIANT, GenParams, Single
from modelsearch.core.ids import PromptId
from modelsearch.core.market import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way of asking, for whichever endpoint.

    Attributes:
        prompt_id: one of the task's prompts, which says what examples it shows.
        params: asked for where the endpoint takes them.
        is_calibrated: answers are weighed by what the endpoint says to inputs without content, where it tells
            log-probabilities.
        stem: its name without effort and temperature, for endpoints that do not take these; "" = the id for all.
    """

    id: PromptId
    prompt_id: PromptId
    params: GenParams = field(default_factory=GenParams)
    is_calibrated: bool = False
    stem: PromptId = NO_VARIANT

    def at(self, endpoint: Endpoint) -> Single:
        """The candidate of this way of asking at an endpoint, without what the endpoint does not take."""
        params = taken_by(endpoint, self.params)
        return Single(
            endpoint_id=endpoint.id,
            prompt_id=self.prompt_id,
            params=params,
            variant_id=self._name(params),
            is_calibrated=self.is_calibrated,
        )

    def is_whole_at(self, endpoint: Endpoint) -> bool:
        """Whether the endpoint takes all that the variant asks for."""
        return taken_by(endpoint, self.params) == self.params

    def _name(self, params: GenParams) -> PromptId:
        if not self.stem or params == self.params:
            return self.id
        return PromptId(f"{self.stem}{suffix(params)}")


def suffix(params: GenParams) -> str:
    """What effort and temperature add to a name."""
    effort = "" if params.reasoning_effort is None else f"-{params.reasoning_effort}"
    return effort + ("" if params.temperature is None else f"-t{params.temperature:g}")


def taken_by(endpoint: Endpoint, params: GenParams) -> GenParams:
    """The parameters without those that an endpoint surely does not take."""
    can = endpoint.capabilities
    if "reasoning" not in can:
        params = replace(params, reasoning_effort=None)
    return replace(params, temperature=None) if "no_temperature" in can else params
