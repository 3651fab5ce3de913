"""Prompts that a model proposes: how it is asked, and how its words become a template without being one.

What a model writes is hostile text. It is never compiled: a proposal is cut at the few placeholders that are allowed
(`{{ input }}`, `{{ input.field }}`, `{{ labels }}`, `{{ examples }}`), and everything between them is put into the
template as literal text, so that braces, percent signs and statements of a template language stand there as they are.
"""

import json
import re
from collections.abc import Sequence
from typing import NamedTuple

from modelsearch.core.ids import Json, PromptId
from modelsearch.core.task import Item, Prompt, TaskSpec
from modelsearch.core.wire import Message

MAX_CHARS = 8000
"""Of one proposal."""
MAX_FAILURES = 8
SHOWN_CHARS = 600
"""Of an input, an answer or a prompt that the proposer is shown."""
_PLACEHOLDER = re.compile(r"\{\{\s*(input(?:\.[A-Za-z]\w*)?|labels|examples)\s*\}\}")
_BLOCK = re.compile(r"<prompt>(.*?)</prompt>", re.DOTALL | re.IGNORECASE)
_EXAMPLES = (
    "{% for example in examples %}{{ example.input }}\n{{ example.target }}\n\n{% endfor %}"  # ours, whatever was said
)
_SYSTEM = (
    "You improve prompts for a language model. You are given the prompt in use and items that it got wrong. Write "
    "{n} different better prompts, each between <prompt> and </prompt>, and nothing else. Each must contain "
    "{{{{ input }}}} exactly where the item's text goes. It may contain {{{{ labels }}}} (the allowed answers) and "
    "{{{{ examples }}}} (worked examples). Say what matters to get such items right, and which form the answer must "
    "have. Do not repeat the items."
)


class Failed(NamedTuple):
    """An item that a prompt got wrong, with what was answered."""

    item: Item
    answer: str


def proposer_messages(task: TaskSpec, prompt: Prompt, failures: Sequence[Failed], n_wanted: int) -> tuple[Message, ...]:
    """What the proposer is asked: the prompt in use and at most `MAX_FAILURES` items that it got wrong, as JSON."""
    shown = [
        {"input": _short(each.item.input), "expected": _short(each.item.target), "answered": _short(each.answer)}
        for each in failures[:MAX_FAILURES]
    ]
    parts = {"prompt": {"system": prompt.system, "user": prompt.user}, "labels": list(task.labels), "failures": shown}
    return (
        Message(role="system", content=_SYSTEM.format(n=n_wanted)),
        Message(role="user", content=json.dumps(parts, ensure_ascii=False, indent=1)),
    )


def proposals_of(text: str, task: TaskSpec, *, first_number: int = 1) -> list[Prompt]:
    """The prompts of a reply: those of fair length that name the input, each once, called proposed-1, ..."""
    found: list[Prompt] = []
    seen: set[str] = set()
    for block in _BLOCK.findall(text):
        said = block.strip()
        template = template_of(said, task) if 0 < len(said) <= MAX_CHARS else None
        if template is not None and template not in seen:
            seen.add(template)
            found.append(Prompt(id=PromptId(f"proposed-{first_number + len(found)}"), user=template))
    return found


def template_of(said: str, task: TaskSpec) -> str | None:
    """A template that shows a text literally but for its placeholders; None where the input is named nowhere.

    Examples are shown in a form of our own, and only where the task has some.
    """
    pieces = _PLACEHOLDER.split(said)
    if not any(name.startswith("input") for name in pieces[1::2]):
        return None
    return "".join(_placeholder(piece, task) if at % 2 else _literal(piece) for at, piece in enumerate(pieces))


def _placeholder(name: str, task: TaskSpec) -> str:
    if name == "labels":
        return "{{ labels | join(', ') }}"
    if name == "examples":
        return _EXAMPLES if task.examples else ""
    return f"{{{{ {name} }}}}"


def _literal(text: str) -> str:
    """Text as an expression of a template: a string constant, in which nothing is read as syntax."""
    return f"{{{{ {json.dumps(text)} }}}}" if text else ""


def _short(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARS else text[: SHOWN_CHARS - 3] + "..."
