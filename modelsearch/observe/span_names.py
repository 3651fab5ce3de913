"""Every span by name. They nest in this order; a search on its own begins with the run."""

from typing import Final

NIGHT: Final = "modelsearch.night"
JOB: Final = "modelsearch.job"
RUN: Final = "modelsearch.run"
PHASE: Final = "modelsearch.phase"
ROUND: Final = "modelsearch.round"
CALL: Final = "chat {gen_ai.request.model}"
"""As the semantic conventions want it."""

SPANS: Final = {
    NIGHT: "a task's night",
    JOB: "one job of a night",
    RUN: "a search, in one of its lives",
    PHASE: "a phase of its plan",
    ROUND: "a round: the move, and all that it asks",
    CALL: "a call, from its reservation until it is settled, released or unknown",
}
"""What each span is."""
