"""Runs an evaluation with Inspect, in the bench's own environment: what is asked comes as JSON on stdin.

Two items fail on purpose: a failed sample must arrive as a failure, never as a score of 0. Each model's accuracy goes
to stdout as Inspect's own reader tells it.
"""

import json
import sys
from typing import Any

from inspect_ai import Task, eval  # type: ignore[import-not-found, unused-ignore] # noqa: A004
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import read_eval_log
from inspect_ai.scorer import includes, match
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver, system_message


@solver  # type: ignore[untyped-decorator, unused-ignore]
def fail_on(ids: list[str]) -> Solver:
    """Fails on these items."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001
        if state.sample_id in ids:
            message = "failed on purpose"
            raise RuntimeError(message)
        return state

    return solve


def main() -> None:
    """Ask every model every item twice; the logs go to a folder."""
    asked: dict[str, Any] = json.load(sys.stdin)
    samples = [Sample(id=each["id"], input=each["input"], target=each["target"]) for each in asked["items"]]
    system = asked["system"].replace("{", "{{").replace("}", "}}")  # Inspect formats its template
    task = Task(
        dataset=MemoryDataset(samples, name="support-desk"),
        name="support-desk",
        solver=[fail_on(asked["failing"]), system_message(system), generate()],
        scorer=[includes(), match()],
    )
    logs = eval(
        task, model=[f"openai-api/emulated/{model}" for model in asked["models"]], log_dir=asked["out"], display="none",
        epochs=2, temperature=0, max_tokens=64, fail_on_error=False, log_samples=True,
    )  # fmt: skip
    told = {}
    for each in logs:
        log = read_eval_log(each.location)
        if log.results is None:
            message = f"{each.location}: no results"
            raise RuntimeError(message)
        told[log.eval.model] = log.results.scores[0].metrics["accuracy"].value
    print(json.dumps(told))


if __name__ == "__main__":
    main()
