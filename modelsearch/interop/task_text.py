"""A task file as text: YAML with a head of comments that says what was found and what was guessed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from modelsearch.interop.guesses import Guess
from modelsearch.interop.logged import Evaluation
from modelsearch.interop.prompts import Draft
from modelsearch.interop.scorer_fit import Fitted

TO_CHOOSE = "to_be_chosen"
ITEMS_FILE = "items.jsonl"
_LINE_CHARS = 118


class _Dumper(yaml.SafeDumper):
    """YAML for people: texts of several lines as blocks."""


def _text_node(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = (
        "|"
        if "\n" in text.strip() and not re.search(r"[^\S\n]\n|[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", text)
        else None
    )
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text_node)


@dataclass(frozen=True, kw_only=True)
class TaskText:
    """What a task file is made of."""

    task_id: str
    evaluation: Evaluation
    draft: Draft
    guess: Guess
    fitted: Fitted

    def yaml(self) -> str:
        """The file."""
        head = "".join(f"# {line}\n" for comment in self._comments() for line in _wrapped(comment))
        body = yaml.dump(self._values(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
        return head + body

    def _comments(self) -> Iterator[str]:
        guess, fitted = self.guess, self.fitted
        yield f"Imported from {self.evaluation.tool}; see import.json for what was found and what was left out."
        yield f"kind: guessed, for {guess.why}; it only orders what is tried: change it where it is wrong."
        if not self.draft.is_logged:
            yield "prompt: the log does not hold what was sent: put the prompt of your application here."
        for note in self.draft.notes:
            yield f"prompt: {note}."
        if fitted.chosen is None:
            yield f"scorer: TO BE CHOSEN: {fitted.why}. See docs/scorers.md."
            for fit in fitted.tried[:3]:
                yield f"  {_scorer_text(fit.spec)}: the same score for {fit.n_same} of {fit.n_answers} answers"
            if self.evaluation.scored_with.is_model:
                yield "  a model gave the score: `scorer: {name: judge, model: ..., rubric: ...}` asks one here"
        else:
            yield f"scorer: {fitted.why}."

    def _values(self) -> dict[str, Any]:
        prompt: str | dict[str, str] = self.draft.user
        if self.draft.system:
            prompt = {"system": self.draft.system, "user": self.draft.user}
        chosen = self.fitted.chosen
        scorer: Any = TO_CHOOSE
        if chosen is not None:
            scorer = {"name": chosen.name, **chosen.params} if chosen.params else chosen.name
        values = {"id": self.task_id, "kind": self.guess.kind, "items": ITEMS_FILE, "prompt": prompt, "scorer": scorer}
        if self.guess.labels and self.guess.kind == "classification":
            values["labels"] = list(self.guess.labels)
        return {**values, **_limits(self.evaluation.settings)}


def _limits(settings: Mapping[str, float]) -> dict[str, Any]:
    """What calls may take, as far as the log tells and a task file takes it."""
    found: dict[str, Any] = {}
    if 1 <= settings.get("max_tokens", 0) <= 1_000_000:
        found["max_output_tokens"] = int(settings["max_tokens"])
    if 0 <= settings.get("temperature", -1) <= 2:
        found["temperature"] = settings["temperature"]
    return found


def _scorer_text(spec: Any) -> str:
    return (
        f"{{name: {spec.name}, {', '.join(f'{k}: {v}' for k, v in spec.params.items())}}}" if spec.params else spec.name
    )


def items_text(evaluation: Evaluation, draft: Draft) -> str:
    """The items that have a target, as JSON lines."""
    lines = [
        json.dumps({"id": item.id, "input": draft.inputs[item.id], "target": item.target}, ensure_ascii=False)
        for item in evaluation.items
        if item.target is not None
    ]
    return "".join(f"{line}\n" for line in lines)


def _wrapped(text: str) -> Sequence[str]:
    """Lines of a comment; a stranger's line breaks do not end it."""
    words, lines = " ".join("".join(c if c.isprintable() else " " for c in text).split()), []
    indent = "  " if text.startswith("  ") else ""
    while len(words) > _LINE_CHARS:
        cut = words.rfind(" ", 0, _LINE_CHARS)
        cut = cut if cut > 0 else _LINE_CHARS
        lines.append(indent + words[:cut])
        words = words[cut:].lstrip()
    return [*lines, indent + words]
