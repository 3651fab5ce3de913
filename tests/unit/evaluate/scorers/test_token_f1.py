import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.ids import ItemId, Json
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.token_f1 import TokenF1


def _score(reply: str, target: Json, scorer: TokenF1 | None = None) -> float:
    scorer = scorer or TokenF1()
    item = Item(id=ItemId("i"), input="q", target=target)
    answer = scorer.canonical(reply, item)
    assert answer is not None
    return scorer.score(answer, item)


@pytest.mark.parametrize(
    ("reply", "target", "score"),
    [
        ("The cat sat.", "a cat sat", 1.0),
        ("cat", "cat sat", 2 / 3),  # precision 1, recall 1/2
        ("cat cat", "cat", 2 / 3),  # the second cat finds no partner
        ("dog", "cat", 0.0),
        ("big dog", ["cat", "dog"], 2 / 3),  # the best of several targets
    ],
)
def test_against_values_worked_by_hand(reply: str, target: Json, score: float) -> None:
    assert _score(reply, target) == pytest.approx(score)


def test_articles_count_on_request() -> None:
    assert _score("the cat", "cat", TokenF1(keep_articles=True)) == pytest.approx(2 / 3)


words = st.lists(st.sampled_from(["ox", "hen", "cow", "pig"]), min_size=1, max_size=8).map(" ".join)


@given(reply=words, target=words)
def test_symmetric_and_one_only_for_the_same_words(reply: str, target: str) -> None:
    score = _score(reply, target)
    assert score == pytest.approx(_score(target, reply))
    assert (score == 1.0) == (sorted(reply.split()) == sorted(target.split()))
