from typing import Literal, cast

import pytest

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import ItemId, Json
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.contains import Contains


def _score(scorer: Contains, reply: str, target: Json) -> float:
    item = Item(id=ItemId("i"), input="q", target=target)
    answer = scorer.canonical(reply, item)
    assert answer is not None
    return scorer.score(answer, item)


@pytest.mark.parametrize(("mode", "score"), [("all", 0.0), ("any", 1.0), ("share", 2 / 3)])
def test_two_of_three_words(mode: Literal["all", "any", "share"], score: float) -> None:
    assert _score(Contains(mode=mode), "The RED\n door opened", ["red", "red door", "lamp"]) == pytest.approx(score)


def test_case_counts_on_request_and_a_plain_target_is_one_text() -> None:
    assert _score(Contains(), "In PARIS.", "paris") == 1.0
    assert _score(Contains(casefold=False), "In PARIS.", "paris") == 0.0


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(PlanError, match="mode: expected one of all, any, share, got 'none'"):
        Contains(mode=cast("Literal['all']", "none"))
