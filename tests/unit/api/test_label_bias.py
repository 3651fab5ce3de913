from dataclasses import replace

import numpy as np

from modelsearch.api.label_bias import MAX_WARNED, label_bias_warnings
from modelsearch.core.candidate import Single
from modelsearch.core.ids import EndpointId, PromptId
from modelsearch.testing.factories import make_task, make_view

N_ITEMS = 40


def said(n_models: int) -> tuple[np.ndarray, list[list[str | None]]]:
    """The first model is right, the others always say yes; half of the targets are yes."""
    right: list[str | None] = ["no" if n % 2 else "yes" for n in range(N_ITEMS)]
    always: list[str | None] = ["yes"] * N_ITEMS
    answers = [right, *[always] * (n_models - 1)]
    score = np.array([[float(a == r) for a, r in zip(row, right, strict=True)] for row in answers])
    return score, answers


def test_without_variants_candidates_are_looked_at_and_only_the_worst_are_told() -> None:
    score, answers = said(6)
    found = label_bias_warnings(make_view(score, answers=answers))
    assert [warning.subject for warning in found] == ["m01", "m02", "m03"][:MAX_WARNED]


def test_ways_of_asking_are_looked_at_over_all_models() -> None:
    score, answers = said(4)
    view = make_view(score, answers=answers)
    ways = [("m00", "a"), ("m00", "b"), ("m01", "b"), ("m02", "b")]
    singles = [Single(endpoint_id=EndpointId(m), variant_id=PromptId(w), prompt_id=PromptId(w)) for m, w in ways]
    view = replace(view, candidates=tuple(singles), pool=tuple(sorted(s.id for s in singles)))
    (warning,) = label_bias_warnings(view)
    assert warning.subject == "b"
    assert (
        "way of asking 'b' (3 models together) says 'yes' to 100% of 120 items of which 50% are it" in warning.message
    )


def test_a_task_without_labels_has_no_leaning() -> None:
    score, answers = said(3)
    assert label_bias_warnings(make_view(score, answers=answers, task=make_task(N_ITEMS, labels=()))) == []
