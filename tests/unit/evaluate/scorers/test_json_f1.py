import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import ItemId, Json, canonical_json
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.json_f1 import JsonF1

TARGET: Json = {"who": "Ann Lee", "sum": 12.5, "tags": ["a", "b"], "place": {"city": "Bonn", "zip": None}}
values = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text("ab1 ", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


def score(reply: str, target: Json = TARGET, **params: object) -> float | None:
    item = Item(id=ItemId("i"), input="?", target=target)
    scorer = JsonF1(**params)  # type: ignore[arg-type]
    answer = scorer.canonical(reply, item)
    return None if answer is None else scorer.score(answer, item)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ('{"who": "ann  lee", "sum": "12.50", "tags": ["b", "a"], "place": {"city": "Bonn"}}', 1.0),
        ('{"who": "Ann Lee"}', 2 * 1 / (1 + 5)),
        ('{"who": "Bo"}', 0.0),
        ('{"who": "Ann Lee", "age": 3}', 2 * 1 / (2 + 5)),
        ('{"tags": ["a", "a", "b"]}', 2 * 2 / (3 + 5)),
        ("no json", None),
    ],
)
def test_fields_right_over_fields_of_both(reply: str, expected: float | None) -> None:
    assert score(reply) == pytest.approx(expected)


def test_strict_keeps_case_and_kinds_apart() -> None:
    assert score('{"n": "1"}', {"n": 1}, is_strict=True) == 0.0
    assert score('{"n": "1"}', {"n": 1}) == 1.0


def test_what_does_not_meet_the_schema_scores_nothing() -> None:
    schema = {"type": "object", "required": ["sum"]}
    assert score('{"who": "Ann Lee"}', schema=schema) == 0.0
    with pytest.raises(PlanError, match="schema"):
        JsonF1(schema={"type": "nothing"})


@given(values, values)
def test_it_is_symmetric_within_bounds_and_one_for_the_same(first: Json, second: Json) -> None:
    a, b = {"x": first}, {"x": second}
    there = score(canonical_json(a).decode(), b)
    back = score(canonical_json(b).decode(), a)
    assert there is not None
    assert 0.0 <= there <= 1.0
    assert there == pytest.approx(back)
    assert score(canonical_json(a).decode(), a) == 1.0
