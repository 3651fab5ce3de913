"""A task's templates and one item become the messages of a call.

The text of an item is data: it is put into a compiled template and never read as one. The target never reaches a
template, for a prompt that shows it measures nothing.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from modelsearch.core.candidate import DEFAULT_PROMPT
from modelsearch.core.errors import TaskFileError
from modelsearch.core.ids import ItemId, PromptId
from modelsearch.core.task import Item, Prompt, TaskSpec
from modelsearch.core.wire import Message, Role

VARIABLES = ("input", "item", "labels", "examples")
N_COMPARED = 16
"""Items whose texts say what all begin with."""


class _Environment(ImmutableSandboxedEnvironment):
    """Sandboxed; `input.items` is the field of that name where the input has one, not the method of a mapping."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def _plain_json(value: object) -> str:
    """JSON with sorted keys, non-ASCII kept: Jinja's own `tojson` escapes for HTML, which models would have to read."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _environment() -> _Environment:
    environment = _Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # prompts are no HTML
    )
    environment.filters["tojson"] = _plain_json
    return environment


def _shared(task: TaskSpec, prompt: Prompt) -> dict[str, object]:
    """What a prompt shows with every item: the labels, and its own examples in its own order.

    Raises:
        TaskFileError: it shows an example that the task does not have.
    """
    by_id = {example.id: example for example in task.examples}
    missing = [name for name in prompt.example_ids or () if name not in by_id]
    if missing:
        raise TaskFileError(f"{_whose(task, prompt)}: example {missing[0]!r} is not among the task's examples: add it")
    wanted = task.examples if prompt.example_ids is None else [by_id[name] for name in prompt.example_ids]
    examples = tuple({"input": example.input, "target": example.target} for example in wanted)
    return {"labels": task.labels, "examples": examples}


def _whose(task: TaskSpec, prompt: Prompt) -> str:
    return f"task {task.id!r}: prompt {prompt.id!r}"


class PromptRenderer:
    """Renders the messages of (item, prompt): compiled once, each result kept, equal for equal arguments.

    The system message comes first, and what the texts of all items begin with is told with each message, so that
    providers can cache it: instructions and examples belong before the input.
    """

    def __init__(self, task: TaskSpec) -> None:
        """Compile the task's templates.

        Raises:
            TaskFileError: there is no prompt, or one has a syntax error.
        """
        if not task.prompts:
            raise TaskFileError(f"task {task.id!r}: no prompt: add `prompt:` with a template that has {{{{ input }}}}")
        self._task = task
        environment = _environment()
        self._prompts = {
            prompt.id: (_compiled(environment, task, prompt, "system"), _compiled(environment, task, prompt, "user"))
            for prompt in task.prompts
        }
        self._shared = {prompt.id: _shared(task, prompt) for prompt in task.prompts}
        self._known: dict[tuple[PromptId, ItemId], tuple[Message, ...]] = {}
        self._constant = {p.id for p in task.prompts if not _names(environment, p.system) & {"input", "item"}}
        self._systems: dict[PromptId, str] = {}
        self._starts: dict[PromptId, list[str]] = {}

    def render(self, item: Item, prompt_id: PromptId = DEFAULT_PROMPT) -> tuple[Message, ...]:
        """The messages: system where its template gives text, then user.

        Args:
            item: an item of the task.
            prompt_id: a prompt of the task; "default" is the first where none has that name.

        Raises:
            TaskFileError: no such prompt, or the template fails on this item.
        """
        key = (self._prompt_id(prompt_id), item.id)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._rendered(item, key[0])
        return known

    def _prompt_id(self, prompt_id: PromptId) -> PromptId:
        if prompt_id in self._prompts:
            return prompt_id
        if prompt_id == DEFAULT_PROMPT:
            return self._task.prompts[0].id
        raise TaskFileError(
            f"task {self._task.id!r}: prompt: expected one of {', '.join(self._prompts)}, got {prompt_id!r}"
        )

    def _rendered(self, item: Item, prompt_id: PromptId) -> tuple[Message, ...]:
        system, user = self._texts(item, prompt_id)
        if not user:
            raise TaskFileError(f"task {self._task.id!r}: prompt {prompt_id!r} is empty for item {item.id!r}")
        starts = self._starts.get(prompt_id)
        if starts is None:
            starts = self._starts[prompt_id] = self._shared_starts(prompt_id)
        messages = (_message("system", system, starts[0]), _message("user", user, starts[1]))
        return messages if system else messages[1:]

    def _texts(self, item: Item, prompt_id: PromptId) -> list[str]:
        shown = {"id": item.id, "input": item.input}
        (system, user), shared = self._prompts[prompt_id], self._shared[prompt_id]
        try:
            start = self._systems.get(prompt_id)
            if start is None:
                start = system.render(input=item.input, item=shown, **shared).strip()
                if prompt_id in self._constant:  # one text for all items, in memory too
                    self._systems[prompt_id] = start
            return [start, user.render(input=item.input, item=shown, **shared).strip()]
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise TaskFileError(
                f"task {self._task.id!r}: prompt {prompt_id!r} fails on item {item.id!r}: {error}; "
                f"a template may use {', '.join(VARIABLES)}"
            ) from error

    def _shared_starts(self, prompt_id: PromptId) -> list[str]:
        """What the system and the user text of a few items begin with alike; the others are held against it."""
        items = self._task.items[:: max(1, len(self._task.items) // N_COMPARED)][:N_COMPARED]
        texts = []
        for item in items:
            with suppress(TaskFileError):  # it is told when that item is rendered
                texts.append(self._texts(item, prompt_id))
        if len(texts) < 2:
            return ["", ""]
        system, user = (_common_start(column) for column in zip(*texts, strict=True))
        return [system, user[: max(user.rfind("\n"), user.rfind(" ")) + 1]]


def _common_start(texts: tuple[str, ...]) -> str:
    """What all texts begin with: what the first and the last in order do."""
    low, high = min(texts), max(texts)
    n_chars = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), min(len(low), len(high)))
    return low[:n_chars]


def _message(role: Role, text: str, start: str) -> Message:
    return Message(role=role, content=text, n_stable_chars=len(start) if text.startswith(start) else 0)


def _names(environment: _Environment, source: str) -> set[str]:
    """The variables that a template uses."""
    return meta.find_undeclared_variables(environment.parse(source))


def _compiled(environment: _Environment, task: TaskSpec, prompt: Prompt, role: str) -> Template:
    try:
        return environment.from_string(prompt.system if role == "system" else prompt.user)
    except TemplateSyntaxError as error:
        raise TaskFileError(
            f"{_whose(task, prompt)}: {role} template, line {error.lineno}: {error.message}: correct the template"
        ) from error


def check_prompts(task: TaskSpec) -> None:
    """Refuse prompts that cannot work: syntax, unknown variables, no mention of the input, an item that fails.

    All items are rendered (about 25 us each): a template that fails on one of them would otherwise stop a search that
    has spent money.

    Raises:
        TaskFileError: the first of these that is found.
    """
    renderer = PromptRenderer(task)
    environment = _environment()
    for prompt in task.prompts:
        used = _names(environment, prompt.system + "\n" + prompt.user)
        unknown = sorted(used - set(VARIABLES) - set(environment.globals))
        if unknown:
            raise TaskFileError(
                f"{_whose(task, prompt)}: unknown variable {unknown[0]!r}: expected one of {', '.join(VARIABLES)}"
            )
        if not used & {"input", "item"}:
            raise TaskFileError(f"{_whose(task, prompt)} never mentions the input: put {{{{ input }}}} into it")
        for item in task.items:
            renderer.render(item, prompt.id)
