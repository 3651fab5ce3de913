"""An Inspect task by its reference, and its solver run with a stand-in for the model.

The solver itself says what a model is sent: it is run on each sample, and where it would generate, its messages are
taken. So every prompt solver counts as it is (templates, system messages, chain of thought, multiple choice), and what
asks twice, uses tools or a sandbox is an agent and is refused.

A reference is `FILE.py@task` or `package.module@task`, with arguments as `?{"name": value}` behind it. Loading one runs
that file: it is the user's own program, as with Inspect.
"""

import importlib
import importlib.util
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelsearch.core.errors import OptionError

if TYPE_CHECKING:
    from inspect_ai import Task
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import Score, Scorer
    from inspect_ai.solver import TaskState

EXTRA = "inspect_ai is not installed: pip install 'modelsearch[inspect]'"
MODEL = "modelsearch/asked"
SETTINGS = ("temperature", "max_tokens")


class Asking(NamedTuple):
    """What a solver would have sent: messages as Inspect has them, and what it sets for the call."""

    messages: tuple[Any, ...]
    settings: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class InspectTask:
    """A task that was loaded.

    Attributes:
        samples: by id; one without an id is numbered from 1, as Inspect does.
        scorers: by the name that Inspect logs.
    """

    reference: str
    name: str
    task: "Task"
    samples: "Mapping[str, Sample]"
    scorers: "Mapping[str, Scorer]"
    settings: Mapping[str, float] = field(default_factory=dict)


@lru_cache(maxsize=16)
def load_inspect_task(reference: str) -> InspectTask:
    """The task of a reference.

    Raises:
        OptionError: Inspect is not installed, there is no such task, or it is none that one call answers.
    """
    try:
        from inspect_ai import Task  # noqa: PLC0415 - the extra `inspect`, only where a task of its is used
    except ImportError as error:
        raise OptionError(EXTRA) from error
    place, arguments = _parts(reference)
    made = _function(place)
    try:
        task = made(**arguments)
    except Exception as error:
        message = f"{reference}: the task cannot be made: {type(error).__name__}: {error}"
        raise OptionError(message) from error
    if not isinstance(task, Task):
        raise OptionError(f"{reference}: expected a task of Inspect's, got a {type(task).__name__}")
    _check_plain(task, reference)
    samples = {str(i if s.id is None else s.id): s for i, s in enumerate(task.dataset, start=1)}
    if not samples:
        raise OptionError(f"{reference}: its dataset is empty")
    config = {key: value for key in SETTINGS if (value := getattr(task.config, key, None)) is not None}
    return InspectTask(
        reference=reference, name=place.rpartition("@")[2], task=task, samples=samples, scorers=_scorers(task),
        settings=config,
    )  # fmt: skip


async def asked_of(loaded: InspectTask, sample_id: str) -> Asking:
    """What the task's solver sends for a sample.

    Raises:
        OptionError: it asks more than once or never, uses tools, or cannot run without a model.
    """
    found: list[Asking] = []
    state = await _solved(loaded, sample_id, "", found)
    if len(found) != 1 or state.tools:
        how = "uses tools" if state.tools else f"asks the model {len(found)} times"
        message = f"{loaded.reference}: its solver {how} for a sample: an agent, which no single call stands for"
        raise OptionError(f"{message}; evaluate it with Inspect and import its logs (`modelsearch import inspect`)")
    return found[0]


async def scored_by(loaded: InspectTask, sample_id: str, answer: str, scorer: "Scorer") -> "Score | None":
    """What Inspect's scorer gives an answer, after the solver has seen it."""
    from inspect_ai.scorer import Target  # noqa: PLC0415 - the extra `inspect`

    state = await _solved(loaded, sample_id, answer, [])
    return await scorer(state, Target(loaded.samples[sample_id].target))


async def _solved(loaded: InspectTask, sample_id: str, answer: str, found: list[Asking]) -> "TaskState":
    """The state behind the solver, the model having answered so."""
    from inspect_ai.model import ChatMessageAssistant, ModelOutput  # noqa: PLC0415 - the extra `inspect`

    async def generate(state: "TaskState", tool_calls: str = "loop", **given: Any) -> "TaskState":  # noqa: ARG001
        found.append(
            Asking(tuple(deepcopy(state.messages)), {k: given[k] for k in SETTINGS if given.get(k) is not None})
        )
        state.output = ModelOutput.from_content(MODEL, answer)
        state.messages.append(ChatMessageAssistant(content=answer))
        return state

    state = _state_of(loaded.samples[sample_id], sample_id)
    steps: list[Callable[..., Awaitable[TaskState]]] = [*_list(loaded.task.setup), *_list(loaded.task.solver)]
    for step in steps:
        try:
            state = await step(state, generate)
        except Exception as error:
            message = f"{loaded.reference}: its solver fails on sample {sample_id!r}: {type(error).__name__}: {error}"
            raise OptionError(
                f"{message}; one that asks by itself is an agent, which no single call stands for"
            ) from error
    return state


def _state_of(sample: "Sample", sample_id: str) -> "TaskState":
    from inspect_ai.model import ChatMessageUser, ModelName  # noqa: PLC0415 - the extra `inspect`
    from inspect_ai.scorer import Target  # noqa: PLC0415
    from inspect_ai.solver import TaskState  # noqa: PLC0415

    is_text = isinstance(sample.input, str)
    messages = [ChatMessageUser(content=sample.input)] if isinstance(sample.input, str) else deepcopy(sample.input)
    return TaskState(
        model=ModelName(MODEL), sample_id=sample_id, epoch=1, input=sample.input, messages=[*messages],
        target=Target(sample.target), choices=sample.choices, metadata={**(sample.metadata or {})} if is_text else {},
    )  # fmt: skip


def _scorers(task: "Task") -> "dict[str, Scorer]":
    from inspect_ai._util.registry import registry_log_name  # noqa: PLC0415 - how Inspect names a scorer in its logs

    found = {}
    for place, each in enumerate(_list(task.scorer)):
        try:
            found[registry_log_name(each)] = each
        except ValueError:  # a plain function, of no registry
            found[getattr(each, "__name__", f"scorer{place}")] = each
    return found


def _check_plain(task: "Task", reference: str) -> None:
    """Refuse what one call does not answer.

    Raises:
        OptionError: it has a sandbox, or samples that do, or no scorer.
    """
    has_sandbox = task.sandbox is not None or any(s.sandbox is not None or s.files for s in task.dataset)
    if has_sandbox:
        message = f"{reference}: it works in a sandbox: evaluate it with Inspect and import its logs"
        raise OptionError(f"{message} (`modelsearch import inspect`)")
    if not _list(task.scorer):
        raise OptionError(f"{reference}: it has no scorer, so nobody can say who is as good")


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return [*value] if isinstance(value, Sequence) and not callable(value) else [value]


def _parts(reference: str) -> tuple[str, dict[str, Any]]:
    """The place of a task, and the arguments that it is made with."""
    place, sign, text = reference.partition("?")
    try:
        arguments = json.loads(text) if sign else {}
    except ValueError as error:
        raise OptionError(f"{reference}: arguments: expected JSON behind `?`, got {text!r}") from error
    if not isinstance(arguments, dict):
        raise OptionError(f"{reference}: arguments: expected a JSON object behind `?`, got {text!r}")
    return place, arguments


def _function(place: str) -> Callable[..., Any]:
    """The function that makes a task.

    Raises:
        OptionError: no such file, module or name.
    """
    where, sign, name = place.rpartition("@")
    if not (sign and where and name):
        raise OptionError(f"expected FILE.py@task or package.module@task, got {place!r}")
    try:
        module = _file_module(Path(where)) if where.endswith(".py") else importlib.import_module(where)
        made = getattr(module, name)
    except Exception as error:
        raise OptionError(f"{place}: cannot be loaded: {type(error).__name__}: {error}") from error
    if not callable(made):
        raise OptionError(f"{place}: expected a task, got {type(made).__name__}")
    return made  # type: ignore[no-any-return]


def _file_module(path: Path) -> Any:
    """The module of a file; what lies beside it can be imported by it, as with Inspect."""
    whole = path.resolve(strict=True)
    spec = importlib.util.spec_from_file_location(f"inspect_task_{whole.stem}", whole)
    if spec is None or spec.loader is None:
        message = f"{path} is no Python file"
        raise ImportError(message)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(whole.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(whole.parent))
    return module
