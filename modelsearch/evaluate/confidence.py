"""How sure a model was of its answer: the probability that it gave the answer's own tokens.

The confidence of an answer is exp(sum of the log-probabilities of its tokens), each given what stood before it: in
[0, 1], 1 = it could have said nothing else. The answer's tokens are those that overlap the last place where the
canonical answer stands in the reply as words of its own, so that how it is worded around ("The answer is ...") does not
count; where it does not stand there (a letter for a label, a number written otherwise) all tokens with visible text
count. It is what the model says of itself, not calibrated, and a lower bound of what it gives the answer: other ways
to word it are not added.

It is asked for where the answers are closed and short, so that few tokens decide: labels, options, numbers, exact
texts; and only of endpoints that can tell it (capability `logprobs`). It costs no tokens. Whoever refuses it after all
is asked without it.
"""

import math
import re
from collections.abc import Sequence

from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Endpoint
from modelsearch.core.outcome import Reply, TokenLogprob
from modelsearch.core.task import TaskSpec

CLOSED_SCORERS = frozenset({"choice", "exact", "numeric"})
MAX_ANSWER_TOKENS = 1024
"""A task that allows longer answers wants prose: no few tokens are its answer, and the log-probabilities are long."""


def is_wanted(task: TaskSpec) -> bool:
    """Whether a task's answers are closed and short."""
    is_closed = bool(task.labels) or task.scorer.name in CLOSED_SCORERS
    return is_closed and task.max_output_tokens <= MAX_ANSWER_TOKENS


def confidence_of(reply: Reply, answer: str | None) -> float | None:
    """Probability of the answer's tokens, in [0, 1]; None without an answer or without log-probabilities.

    Args:
        reply: as decoded.
        answer: the canonical form that the scorer made of it.
    """
    if answer is None or not reply.logprobs:
        return None
    tokens = _answers_own(reply.logprobs, answer) or [token for token in reply.logprobs if token.text.strip()]
    return math.exp(min(0.0, math.fsum(token.logprob for token in tokens))) if tokens else None


def _answers_own(tokens: Sequence[TokenLogprob], answer: str) -> list[TokenLogprob]:
    """Tokens that overlap the last place of the answer; none where it stands nowhere."""
    text = "".join(token.text for token in tokens).casefold()
    words = answer.strip().casefold()
    places = list(re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", text)) if words else []
    if not places:
        return []
    start, end = places[-1].span()
    found, position = [], 0
    for token in tokens:
        begins, position = position, position + len(token.text.casefold())
        if begins < end and position > start:
            found.append(token)
    return found


class Asking:
    """Which endpoints are asked how sure they are."""

    def __init__(self, task: TaskSpec) -> None:
        self._is_wanted = is_wanted(task)
        self._refused: set[EndpointId] = set()

    def is_asked(self, endpoint: Endpoint) -> bool:
        """Whether the next call of the endpoint asks for log-probabilities."""
        return self._is_wanted and "logprobs" in endpoint.capabilities and endpoint.id not in self._refused

    def refuse(self, endpoint: Endpoint) -> None:
        """Ask this endpoint no more."""
        self._refused.add(endpoint.id)
