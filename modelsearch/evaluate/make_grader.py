"""The grader that a task's scorer needs, if any."""

from modelsearch.core.ids import CandidateId
from modelsearch.core.ports import Scorer
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.embedded import EmbeddingGrader
from modelsearch.evaluate.grader import Grader
from modelsearch.evaluate.judge import JudgeGrader
from modelsearch.evaluate.known import Known
from modelsearch.evaluate.scorers.embedding import Embedding
from modelsearch.evaluate.scorers.judge import Judge
from modelsearch.evaluate.scorers.python import Python
from modelsearch.evaluate.side_calls import SideCalls
from modelsearch.evaluate.slow import SlowGrader


def make_grader(
    scorer: Scorer, task: TaskSpec, calls: SideCalls, known: Known, baseline_id: CandidateId
) -> Grader | None:
    """What finishes outcomes; None where the scorer scores at once and by itself.

    Args:
        scorer: of the task.
        task: its limits bound what a judge is shown.
        calls: buys what is asked of models.
        known: outcomes of the run.
        baseline_id: whose answers pairs may be made with.
    """
    if isinstance(scorer, Judge):
        return JudgeGrader(judge=scorer, task=task, calls=calls, known=known, baseline_id=baseline_id)
    if isinstance(scorer, Embedding):
        return EmbeddingGrader(scorer=scorer, calls=calls)
    if not getattr(scorer, "is_slow", False):
        return None
    if isinstance(scorer, Python):  # nobody promises that a function can be called twice at once
        return SlowGrader(scorer=scorer, recorder=calls.recorder, n_at_once=1)
    return SlowGrader(scorer=scorer, recorder=calls.recorder)
