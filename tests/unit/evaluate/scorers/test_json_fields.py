import pytest

from modelsearch.core.ids import ItemId, Json
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.json_fields import JsonFields

TARGET: Json = {"name": "Ann Lee", "n": 12, "tags": ["a", "b"], "note": None}


def _item(target: Json = TARGET) -> Item:
    return Item(id=ItemId("i"), input="q", target=target)


def _score(reply: str, scorer: JsonFields | None = None) -> float:
    scorer = scorer or JsonFields()
    answer = scorer.canonical(reply, _item())
    assert answer is not None
    return scorer.score(answer, _item())


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ('{"name": "Ann Lee", "n": 12, "tags": ["a", "b"], "note": null}', 1.0),
        ('Sure!\n```json\n{"name": " ann  lee", "n": "12.0", "tags": ["A", "b"]}\n``` Done {not json}', 1.0),
        ('{"name": "Ann", "n": 12, "tags": ["a", "b"]}', 0.75),
        ('{"n": 12, "tags": ["b", "a"], "note": "x"}', 0.25),
        ('{oops} {"n": 12}', 0.5),
        ("{}", 0.25),  # null is right where nothing is said
    ],
)
def test_share_of_fields_right(reply: str, score: float) -> None:
    assert _score(reply) == pytest.approx(score)


def test_strict_keeps_case_and_kinds_apart() -> None:
    reply = '{"name": "ann lee", "n": "12", "tags": ["a", "b"], "note": null}'
    assert _score(reply, JsonFields(is_strict=True)) == pytest.approx(0.5)


def test_equal_answers_have_equal_text_whatever_else_the_reply_holds() -> None:
    one = JsonFields().canonical('{"n": 12, "name": "ANN LEE", "extra": 1}', _item())
    two = JsonFields().canonical('```\n{"name":"Ann  Lee","n":12.0}\n```', _item())
    assert one == two


@pytest.mark.parametrize(
    "reply", ["no object", "[1, 2]", "{", '{"n": NaN}', '{"n": 1e999}', '{"n": 1', '{"n": "\\ud800"}']
)
def test_what_holds_no_object_is_no_answer(reply: str) -> None:
    assert JsonFields().canonical(reply, _item()) is None


def test_true_is_not_one_and_a_list_is_not_its_text() -> None:
    item = _item({"ok": True})
    assert JsonFields().score('{"ok": 1}', item) == 0.0
    assert JsonFields().score('{"ok": true}', item) == 1.0


def test_a_target_without_fields_is_told() -> None:
    targets: tuple[Json, ...] = ("text", {}, ["a"])
    for target in targets:
        assert "expected an object" in JsonFields().target_problem(_item(target))
