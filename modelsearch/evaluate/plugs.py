"""What a live evaluator is plugged into."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelsearch.core.ids import CandidateId, EndpointId, ProviderId
from modelsearch.core.market import Market
from modelsearch.core.ports import Clock, ItemCosts, Recorder, Scorer
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.caller import Answer, Caller
from modelsearch.evaluate.grader import Grader
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.side_calls import SideCalls
from modelsearch.providers.clock import SystemClock


@dataclass(frozen=True, kw_only=True)
class Plugs:
    """What a live evaluator is plugged into.

    Attributes:
        paid: answers by key that an earlier life of the run booked and did not come to score.
        origins: what stands for a provider's URL in keys where the URL changes from run to run (the emulator's port).
        baseline_id: the candidate that the others are compared with.
        served_by: `Reply.served_by` of each endpoint's first answer in an earlier life of the run.
        clock: what pauses of providers are waited out by.
        calibration: buys replies to inputs without content; None = no candidate is calibrated.
        grader: scores answers that the scorer cannot score by itself, at once and for nothing; None = it can.
    """

    task: TaskSpec
    market: Market
    renderer: PromptRenderer
    scorer: Scorer
    caller: Caller
    recorder: Recorder
    costs: ItemCosts
    known: Known
    paid: Mapping[str, Answer] = field(default_factory=dict)
    origins: Mapping[ProviderId, str] = field(default_factory=dict)
    served_by: Mapping[EndpointId, str] = field(default_factory=dict)
    baseline_id: CandidateId | None = None
    clock: Clock = field(default_factory=SystemClock)
    grader: Grader | None = None
    calibration: SideCalls | None = None
