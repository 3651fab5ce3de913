"""What a user should be told about task and candidates, from what was bought."""

from collections.abc import Iterator

import numpy as np

from modelsearch.api.label_bias import label_bias_warnings
from modelsearch.core.candidate import Single
from modelsearch.core.events import Warned
from modelsearch.core.ids import CandidateId
from modelsearch.core.outcome import Status
from modelsearch.core.result import Estimate
from modelsearch.core.search import STATUS_CODES, SearchView
from modelsearch.core.task import output_limit_tokens
from modelsearch.evaluate.prompt_order import late_text_warning
from modelsearch.evaluate.task_warnings import (
    leaked_example_warning,
    majority_warning,
    one_answer_warning,
    truncated_warning,
)

_STATUS_OF = {code: status for status, code in STATUS_CODES.items()}


def view_warnings(view: SearchView, estimates: tuple[Estimate, ...]) -> list[Warned]:
    """Majority class, leaked examples, shared text too late; one answer to all, truncation and leanings."""
    baseline = next(e for e in estimates if e.candidate_id == view.baseline_id)
    found = [leaked_example_warning(view.task), late_text_warning(view.task)]
    if baseline.quality is not None:
        found.append(majority_warning(view.task, baseline.quality.mean))
    for candidate_id in view.row:
        found += _of_candidate(view, candidate_id)
    return [warning for warning in found if warning is not None] + label_bias_warnings(view)


def _of_candidate(view: SearchView, candidate_id: CandidateId) -> Iterator[Warned | None]:
    row, outcomes = view.row[candidate_id], view.outcomes
    columns = np.flatnonzero(outcomes.status[row])
    targets = {item.id: item.target for item in view.task.items}
    codes = outcomes.answer[row, columns]
    answers = [None if code < 0 else outcomes.answers[code] for code in codes]
    asked = [targets[view.setting.item_ids[column]] for column in columns]
    statuses: list[Status] = [_STATUS_OF[int(code)] for code in outcomes.status[row, columns]]
    yield one_answer_warning(candidate_id, answers, asked)
    endpoint = view.endpoint(candidate_id)
    candidate, limit = view.candidate(candidate_id), view.task.max_output_tokens
    if endpoint is not None and isinstance(candidate, Single):
        limit = output_limit_tokens(view.task, endpoint, candidate.params.max_output_tokens)
    yield truncated_warning(candidate_id, statuses, limit)
