import json

import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import ItemId, Json
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.json_schema import JsonSchema

SCHEMA: dict[str, Json] = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "who": {"type": "string"}},
    "required": ["n"],
    "additionalProperties": False,
}


def judged(reply: str, scorer: JsonSchema, target: Json = "any") -> float | None:
    item = Item(id=ItemId("i"), input="?", target=target)
    answer = scorer.canonical(reply, item)
    return None if answer is None else scorer.score(answer, item)


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ('{"n": 1}', 1.0),
        ('Here it is:\n```json\n{"n": 1, "who": "Ann"}\n```', 1.0),
        ('{"n": "1"}', 0.0),
        ('{"who": "Ann"}', 0.0),
        ('{"n": 1, "more": 2}', 0.0),
        ("[1, 2]", 0.0),
        ("I cannot do that", None),
        ('{"n": 1e999}', None),
        ("", None),
    ],
)
def test_only_what_meets_the_schema_counts(reply: str, score: float | None) -> None:
    assert judged(reply, JsonSchema(schema=SCHEMA)) == score


def test_without_a_schema_of_its_own_each_target_is_one() -> None:
    assert judged('{"n": 1}', JsonSchema(), SCHEMA) == 1.0
    assert judged('{"n": []}', JsonSchema(), SCHEMA) == 0.0
    assert JsonSchema().target_problem(Item(id=ItemId("i"), input="?", target="yes"))
    assert "no JSON" not in JsonSchema().target_problem(Item(id=ItemId("i"), input="?", target={"type": "nothing"}))


@pytest.mark.parametrize(
    "schema", [{"type": 3}, {"$ref": "https://example.com/schema.json"}, {"$ref": "#/$defs/missing"}, "text"]
)
def test_a_schema_that_cannot_be_used_is_refused_and_nothing_is_fetched(schema: Json) -> None:
    with pytest.raises(PlanError, match="schema"):
        JsonSchema(schema=schema)  # type: ignore[arg-type]


def test_a_reply_nested_beyond_reason_is_not_valid() -> None:
    deep: dict[str, Json] = {
        "allOf": [{"$ref": "#/$defs/list"}],
        "$defs": {"list": {"items": {"$ref": "#/$defs/list"}}},
    }
    reply = "[" * 900 + "]" * 900
    assert judged(reply, JsonSchema(schema=deep)) in {0.0, 1.0, None}
    assert json.loads(reply)
