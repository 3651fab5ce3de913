"""Scorer `json_f1`: how many fields of the reply's JSON and of the target's are the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelsearch.core.ids import Json, canonical_json
from modelsearch.core.registry import register
from modelsearch.core.task import Item
from modelsearch.evaluate.json_text import first_json, folded, json_answer, leaves
from modelsearch.evaluate.schema_check import check_schema, is_valid


@register("scorer", "json_f1", source="Chinchor 1992, MUC-4 evaluation metrics, section 3, doi:10.3115/1072064.1072067")
@dataclass(frozen=True, kw_only=True)
class JsonF1:
    """F1 over fields: 2 x equal fields / (fields of the reply + fields of the target), objects opened, in [0, 1].

    Fields are compared by path and value, text without regard to case and white space, numbers by value; elements of a
    list count one by one, in any order. Fields that the target lacks cost, fields that the reply lacks cost. Null and
    absent are the same.

    Attributes:
        schema: a reply that does not meet it scores 0; none = any JSON will do.
        is_strict: compare text exactly and keep numbers apart from text.
    """

    schema: Mapping[str, Json] = field(default_factory=dict, hash=False)
    is_strict: bool = False
    has_canonical_form: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_schema(self.schema)

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        return json_answer(reply)

    def score(self, answer: str, item: Item) -> float:
        value = first_json(answer)
        if self.schema and not is_valid(self.schema, value):
            return 0.0
        found, wanted = self._fields(value), self._fields(_plain(item.target))
        n_both = sum(path in found and found[path] == value for path, value in wanted.items())
        return 2.0 * n_both / (len(found) + len(wanted)) if found or wanted else 1.0

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        if not isinstance(item.target, Mapping | list | tuple) or not item.target:
            return f"expected an object or a list as target, got {item.target!r}"
        if self.schema and not is_valid(self.schema, _plain(item.target)):
            return "the target does not meet `schema` itself"
        return ""

    def _fields(self, value: Json) -> dict[str, Any]:
        return {
            path: canonical_json(part if self.is_strict else folded(part))
            for path, part in leaves(value).items()
            if part is not None
        }


def _plain(target: Json) -> Json:
    """Tuples as lists, which JSON knows."""
    return list(target) if isinstance(target, tuple) else target
