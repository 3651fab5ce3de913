"""Tasks of Inspect's, as a user has them; loaded by reference."""

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, accuracy, choice, exact, model_graded_qa, scorer
from inspect_ai.solver import (
    Generate,
    Solver,
    TaskState,
    generate,
    multiple_choice,
    prompt_template,
    solver,
    system_message,
    use_tools,
)
from inspect_ai.tool import Tool, tool

LABELS = ("billing", "shipping", "returns", "account")


def rows(n: int) -> MemoryDataset:
    return MemoryDataset([Sample(input=f"message {k}: {{x}}", target=LABELS[k * 7 % 4]) for k in range(n)])


@task
def labels(n: int = 24) -> Task:
    return Task(
        dataset=rows(n), solver=[system_message("One label."), prompt_template("Sort: {prompt}"), generate()],
        scorer=exact(),
    )  # fmt: skip


@task
def options() -> Task:
    samples = [Sample(input=f"Which is {k}?", choices=[str(k), str(k + 1)], target="A") for k in range(24)]
    return Task(dataset=MemoryDataset(samples), solver=multiple_choice(), scorer=choice())


@scorer(metrics=[accuracy()])
def first_letter() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=0.5 if state.output.completion.startswith(target.text[0]) else 0)

    return score


@task
def own() -> Task:
    return Task(dataset=rows(24), solver=generate(), scorer=first_letter())


@task
def graded() -> Task:
    return Task(dataset=rows(4), solver=generate(), scorer=model_graded_qa())


@tool
def nothing() -> Tool:
    async def execute(text: str) -> str:
        """Does nothing.

        Args:
            text: anything.
        """
        return text

    return execute


@task
def agent() -> Task:
    return Task(dataset=rows(4), solver=[use_tools(nothing()), generate()], scorer=exact())


@solver
def twice() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        return await generate(await generate(state))

    return solve


@task
def asks_twice() -> Task:
    return Task(dataset=rows(4), solver=twice(), scorer=exact())
