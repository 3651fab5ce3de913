"""Scorer `json_schema`: the reply holds JSON that meets a schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import Json
from modelsearch.core.registry import register
from modelsearch.core.task import Item
from modelsearch.evaluate.json_text import first_json, json_answer
from modelsearch.evaluate.schema_check import check_schema, is_valid


@register("scorer", "json_schema", source="JSON Schema draft 2020-12, https://json-schema.org/draft/2020-12")
@dataclass(frozen=True, kw_only=True)
class JsonSchema:
    """1 where the first JSON object or list of the reply is valid, else 0; a reply without any holds no answer.

    Attributes:
        schema: for all items; without it, each item's target is its schema.
    """

    schema: Mapping[str, Json] = field(default_factory=dict, hash=False)
    has_canonical_form: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_schema(self.schema)

    def canonical(self, reply: str, item: Item) -> str | None:  # noqa: ARG002 - the port's signature
        return json_answer(reply)

    def score(self, answer: str, item: Item) -> float:
        schema = self._schema_of(item)
        return float(schema is not None and is_valid(schema, first_json(answer)))

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        schema = self._schema_of(item)
        if schema is None:
            return f"expected a JSON Schema as target (or `schema` under `scorer`), got {item.target!r}"
        try:
            check_schema(schema)
        except PlanError as error:
            return str(error)
        return ""

    def _schema_of(self, item: Item) -> Mapping[str, Any] | None:
        if self.schema:
            return self.schema if item.target != "" else None
        return item.target if isinstance(item.target, Mapping) and item.target else None
