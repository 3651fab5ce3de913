import pytest

from modelsearch.core.ids import ItemId, Json
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.exact import Exact


def _item(target: Json) -> Item:
    return Item(id=ItemId("i"), input="q", target=target)


@pytest.mark.parametrize(
    ("scorer", "reply", "target", "score"),
    [
        (Exact(), " New \n York ", "New York", 1.0),
        (Exact(), "new york", "New York", 0.0),
        (Exact(casefold=True), "STRASSE", "Straße", 1.0),
        (Exact(strip_punctuation=True), '"Yes."', "Yes", 1.0),
        (Exact(), "Yes.", "Yes", 0.0),
        (Exact(strip_punctuation=True), "a.b", "ab", 0.0),
        (Exact(), "3", 3, 1.0),
        (Exact(), "true", True, 1.0),
    ],
)
def test_equal_after_normalisation(scorer: Exact, reply: str, target: Json, score: float) -> None:
    answer = scorer.canonical(reply, _item(target))
    assert answer is not None
    assert scorer.score(answer, _item(target)) == score


def test_punctuation_alone_is_no_answer_where_it_does_not_count() -> None:
    assert Exact(strip_punctuation=True).canonical(" ... ", _item("x")) is None
    assert Exact().canonical("...", _item("x")) == "..."
