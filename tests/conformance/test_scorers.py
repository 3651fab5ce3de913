"""Every registered scorer keeps the contract: deterministic, in [0, 1], the target itself is right, nothing raises."""

import math
import pickle
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core import registry
from modelsearch.core.ids import ItemId, Json
from modelsearch.core.ports import Scorer
from modelsearch.core.task import Item


@dataclass(frozen=True)
class Case:
    """How a scorer is set up, a target, a reply that is right, and one that is wrong."""

    target: Json
    right: str
    wrong: str
    params: dict[str, Any] = field(default_factory=dict)


CASES = {
    "code": Case("assert one() == 1", "```python\ndef one():\n    return 1\n```", "def one():\n    return 2"),
    "json_f1": Case({"n": 3, "who": ["Ann"]}, 'So: {"n": 3, "who": ["ann"]}', '{"n": 4, "who": "Bo"}'),
    "json_schema": Case({"type": "array", "items": {"type": "integer"}}, "```json\n[1, 2]\n```", '["a"]'),
    "python": Case("yes", " yes\n", "no", {"function": "tests.unit.evaluate.own_scores:same"}),
    "choice": Case("refund", "Answer: refund", "billing", {"labels": ("refund", "billing", "other")}),
    "contains": Case(["red", "door"], "A red door.", "a blue wall"),
    "exact": Case("Paris", " Paris\n", "Rome"),
    "json_fields": Case({"n": 3, "who": "Ann"}, '```json\n{"n": 3, "who": "ann"}\n```', '{"n": 4, "who": "Bo"}'),
    "numeric": Case(42, "so it is 42.", "it is 41"),
    "regex": Case("7", "x=7", "x=8", {"pattern": r"x=(\d+)"}),
    "token_f1": Case("the cat sat", "The cat sat.", "dogs ran"),
}
BUILT_IN = {
    name: entry.cls
    for name in registry.names("scorer")
    if (entry := registry.lookup("scorer", name)).cls.__module__.startswith("modelsearch.")
}
ASKING = [name for name, cls in BUILT_IN.items() if getattr(cls, "asks_models", False)]
"""They score by calls, in a search only: `tests/unit/api/test_judge.py` and `test_embedding.py` hold them to it."""
NAMES = [name for name in BUILT_IN if name not in ASKING]
QUICK = [name for name in NAMES if not getattr(BUILT_IN[name], "runs_code", False)]
"""A process for each example would take minutes; those that run code have tests of their own."""


def _made(name: str) -> tuple[Scorer, Item, Case]:
    case = CASES[name]
    scorer = cast("Scorer", registry.lookup("scorer", name).cls(**case.params))
    return scorer, Item(id=ItemId("i"), input="question", target=case.target), case


def test_every_built_in_scorer_has_a_case() -> None:
    assert sorted(CASES) == sorted(NAMES)
    assert sorted(ASKING) == ["embedding", "judge"]


@pytest.mark.parametrize("name", NAMES)
def test_the_right_reply_scores_one_and_the_wrong_one_zero(name: str) -> None:
    scorer, item, case = _made(name)
    right, wrong = scorer.canonical(case.right, item), scorer.canonical(case.wrong, item)
    assert right is not None
    assert wrong is not None
    assert scorer.score(right, item) == 1.0
    assert scorer.score(wrong, item) == 0.0


@pytest.mark.parametrize("name", QUICK)
@settings(max_examples=60, deadline=None)
@given(reply=st.text(max_size=300))
def test_any_reply_gives_the_same_score_in_bounds_twice(name: str, reply: str) -> None:
    scorer, item, _ = _made(name)
    answer = scorer.canonical(reply, item)
    assert answer == scorer.canonical(reply, item)
    if answer is not None:
        score = scorer.score(answer, item)
        assert not math.isnan(score)
        assert 0.0 <= score <= 1.0
        assert score == scorer.score(answer, item)


@pytest.mark.parametrize("name", QUICK)
@settings(max_examples=40, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from(
            ["{", "}", '"a":', "1e999", "NaN", "(", "A", ")", "not", "refund", "-", ",", "9" * 80, "\n", "\ud800"]
        ),
        max_size=60,
    )
)
def test_replies_made_to_confuse_do_not_raise(name: str, parts: list[str]) -> None:
    scorer, item, _ = _made(name)
    answer = scorer.canonical(" ".join(parts), item)
    assert answer is None or 0.0 <= scorer.score(answer, item) <= 1.0


@pytest.mark.parametrize("name", QUICK)
def test_a_very_long_reply_is_judged_at_once(name: str) -> None:
    scorer, item, _ = _made(name)
    for unit in ("{", "9", "1,", "a ", "refund not ", "answer is "):
        answer = scorer.canonical(unit * 200_000, item)
        assert answer is None or 0.0 <= scorer.score(answer, item) <= 1.0


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_in_an_empty_reply(name: str) -> None:
    scorer, item, _ = _made(name)
    assert scorer.canonical("", item) is None
    assert scorer.canonical(" \n\t", item) is None


# of a regex the group alone need not match the whole pattern
@pytest.mark.parametrize("name", [name for name in NAMES if name != "regex"])
def test_the_canonical_form_is_its_own_canonical_form(name: str) -> None:
    scorer, item, case = _made(name)
    answer = scorer.canonical(case.right, item)
    assert answer is not None
    assert scorer.canonical(answer, item) == answer


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_frozen_pickle_and_rebuild(name: str) -> None:
    scorer, _, _ = _made(name)
    cls = registry.lookup("scorer", name).cls
    assert pickle.loads(pickle.dumps(scorer)) == scorer  # noqa: S301 - our own object
    assert eval(repr(scorer), {cls.__name__: cls}) == scorer  # noqa: S307 - our own repr
    assert hash(scorer) == hash(pickle.loads(pickle.dumps(scorer)))  # noqa: S301


@pytest.mark.parametrize("name", NAMES)
def test_a_scorer_tells_whether_votes_can_be_taken_and_whether_a_target_is_usable(name: str) -> None:
    scorer, item, _ = _made(name)
    assert isinstance(cast("Any", scorer).has_canonical_form, bool)
    assert cast("Any", scorer).target_problem(item) == ""
    assert cast("Any", scorer).target_problem(Item(id=ItemId("i"), input="q", target="")) != ""
