"""Contextual calibration: answers weighed by what the same prompt makes a model say to inputs without content.

A prompt, its examples and their order favour some labels whatever the input. How much is asked directly: "N/A" holds
nothing, so what the model says to it is the prompt's own leaning. With p the probabilities of the labels as the model
tells them (of the first piece of its answer) and p_cf their mean over inputs without content, the answer is the label
of the largest p / p_cf, and p / p_cf brought to sum 1 is how sure it is.

Source: Zhao, Wallace, Feng, Klein & Singh 2021, Calibrate Before Use, section 4, arXiv:2102.09690 (W = diag(p_cf)^-1,
b = 0; inputs "N/A", "[MASK]" and the empty string, in whose place stands a lone dash, for some prompts are the input
alone). A label that p_cf hardly has is weighed up by no more than `MAX_WEIGHT` times what the labels have on average.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from modelsearch.core.ids import ItemId, Json
from modelsearch.core.outcome import Reply, Status, TokenLogprob
from modelsearch.core.task import Item, TaskSpec

Floats = npt.NDArray[np.float64]

WITHOUT_CONTENT = ("N/A", "[MASK]", "-")
MAX_WEIGHT = 10.0
MIN_MASS = 0.1
"""Probability that the labels must have together in the place where the answer begins: else it begins otherwise."""
_AROUND = " \t\n*_`\"'([{:."


def content_free_items(task: TaskSpec) -> tuple[Item, ...]:
    """Items without content: text as in the source; of an object every text, while lists and numbers stay."""
    first = task.items[0]
    return tuple(
        Item(id=ItemId(f"content-free {text}"), input=_emptied(first.input, text), target=first.target)
        for text in WITHOUT_CONTENT
    )


def _emptied(value: Json, text: str) -> Json:
    if isinstance(value, dict):
        return {name: text if isinstance(part, str) else part for name, part in value.items()}
    return text


def label_shares(tokens: Sequence[TokenLogprob], labels: Sequence[str]) -> Floats | None:
    """(n_labels,) probabilities, of sum 1, with which an answer begins as each label does.

    None where no alternatives are told, or where no piece begins a label surely enough: a piece that two labels begin
    with counts for neither.
    """
    first = next((token for token in tokens if token.text.strip(_AROUND)), None)
    if first is None or not first.others:
        return None
    shares = np.zeros(len(labels))
    for text, logprob in {(first.text, first.logprob), *first.others}:
        begun = _begun(text, labels)
        if len(begun) == 1:
            shares[begun[0]] += math.exp(logprob)
    total = float(shares.sum())
    return shares / total if total >= MIN_MASS else None


def _begun(text: str, labels: Sequence[str]) -> list[int]:
    """Labels that a piece of text begins, or is, whatever stands around it."""
    piece = text.strip(_AROUND).casefold()
    if not piece:
        return []
    return [at for at, label in enumerate(labels) if label.casefold().startswith(piece)]


def leaning_of(shares: Sequence[Floats]) -> Floats:
    """(n_labels,) what the prompt favours: the mean over inputs without content, of which there is at least one."""
    mean = np.mean(np.array(shares), axis=0)
    return np.asarray(np.maximum(mean, 1.0 / (MAX_WEIGHT * len(mean))), dtype=np.float64)


def recalibrated(reply: Reply, leaning: Floats, labels: Sequence[str]) -> Reply:
    """The reply as the label that it stands for once the leaning is taken out; as it is where it tells no labels."""
    shares = label_shares(reply.logprobs, labels) if reply.status in (Status.OK, Status.TRUNCATED) else None
    if shares is None:
        return reply
    weighed = shares / leaning
    best = int(np.argmax(weighed))
    sure = math.log(float(weighed[best] / weighed.sum()))
    return replace(reply, text=labels[best], status=Status.OK, logprobs=(TokenLogprob(labels[best], sure),))
