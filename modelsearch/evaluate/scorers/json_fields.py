"""Scorer `json_fields`: the share of the target's fields that the reply's JSON object has right."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from modelsearch.core.ids import Json, canonical_json
from modelsearch.core.registry import register
from modelsearch.core.task import Item
from modelsearch.evaluate.json_text import MAX_REPLY_CHARS, first_json, folded


@register("scorer", "json_fields", source="Sundheim 1995, MUC-6 (slot filling), doi:10.3115/1072399.1072402")
@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFields:
    """Reads the first JSON object in the reply, in a code fence or not, and compares it field by field.

    Text is compared without regard to case and white space at ends, numbers by value ("12.0" in quotes is 12 too),
    lists in order. A field that the object lacks is wrong unless the target has null there; fields that the target
    lacks do not count. The canonical form holds the target's fields only, so that votes are about what is asked.

    Attributes:
        is_strict: compare text exactly and keep numbers apart from text.
    """

    is_strict: bool = False
    has_canonical_form: ClassVar[bool] = True
    reads_cut_replies: ClassVar[bool] = True

    def canonical(self, reply: str, item: Item) -> str | None:
        found = _first_object(reply[:MAX_REPLY_CHARS])
        if found is None or not isinstance(item.target, Mapping):
            return None
        return canonical_json({name: self._plain(found.get(name)) for name in item.target}).decode()

    def score(self, answer: str, item: Item) -> float:
        found = _first_object(answer)
        if found is None or not isinstance(item.target, Mapping) or not item.target:
            return 0.0
        right = [
            canonical_json(self._plain(found.get(name))) == canonical_json(self._plain(wanted))
            for name, wanted in item.target.items()
        ]
        return sum(right) / len(right)

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        if isinstance(item.target, Mapping) and item.target:
            return ""
        return f"expected an object with at least one field as target, got {item.target!r}"

    def _plain(self, value: Json) -> Json:
        if isinstance(value, Mapping):
            return {name: self._plain(part) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [self._plain(part) for part in value]
        if self.is_strict or value is None or isinstance(value, bool):
            return value
        return folded(value)


def _first_object(text: str) -> dict[str, Json] | None:
    found = first_json(text, "{")
    return found if isinstance(found, dict) else None
