import json
from collections import Counter

import pytest

from modelsearch.core.ids import ItemId
from modelsearch.core.task import Item
from modelsearch.emulator.judge import JudgedBehaviour, JudgeHabits, is_right, vector_of
from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.evaluate.judge_prompt import grade_of, pairwise_messages, pointwise_messages, verdict_of
from modelsearch.evaluate.scorers.judge import Judge

WHO = ("judge", "j")
SURE = JudgeHabits(p_error=0.0, p_first=0.0)
JUDGE = Judge(model="j", scale=(0, 10))


class Echo:
    """Says what it is asked; a `Behaviour`."""

    def reply(self, asked: Asked) -> EmulatedReply | None:
        return EmulatedReply(text=asked.prompt_text)


def item(n: int = 1) -> Item:
    return Item(id=ItemId(f"q{n}"), input=f"question {n}?", target=f"the word {n}")


def told(behaviour: JudgedBehaviour, text: str, who: tuple[str, str] = WHO) -> str:
    reply = behaviour.reply(Asked(provider_id=who[0], wire_name=who[1], prompt_text=text))
    assert reply is not None
    return reply.text


def graded(behaviour: JudgedBehaviour, answer: str, n: int = 1) -> float | None:
    messages = pointwise_messages(JUDGE, item(n), answer, 1000)
    return grade_of(told(behaviour, "\n\n".join(m.content for m in messages)), JUDGE.scale)


def test_a_sure_judge_tells_right_from_wrong() -> None:
    behaviour = JudgedBehaviour(inner=Echo(), judge=WHO, habits=SURE)
    assert graded(behaviour, "I say: The Word 1.") == 1.0
    assert graded(behaviour, "the word 2") == 0.0


@pytest.mark.parametrize(
    ("pair", "side"),
    [(("the word 1", "no"), "first"), (("no", "the word 1"), "second"), (("no", "never"), "tie")],
)
def test_it_prefers_who_is_right_by_the_tasks_own_targets(pair: tuple[str, str], side: str) -> None:
    targets = {str(item().input): str(item().target)}
    behaviour = JudgedBehaviour(inner=Echo(), judge=WHO, habits=SURE, targets=targets)
    messages = pairwise_messages(JUDGE, item(), pair, 1000)
    assert verdict_of(told(behaviour, "\n\n".join(m.content for m in messages))) == side


def test_it_errs_as_often_as_it_is_told_to_and_anew_each_time() -> None:
    behaviour = JudgedBehaviour(inner=Echo(), judge=WHO, habits=JudgeHabits(p_error=0.3))
    found = Counter(graded(behaviour, "the word 1") for _ in range(400))
    assert 0.2 < found[0.0] / 400 < 0.4
    unsure = JudgedBehaviour(inner=Echo(), judge=WHO, habits=JudgeHabits(p_unreadable=1.0))
    assert graded(unsure, "the word 1") is None


def test_others_are_asked_as_before() -> None:
    behaviour = JudgedBehaviour(inner=Echo(), judge=WHO)
    assert told(behaviour, "hello", ("p", "m")) == "hello"


def test_a_vector_is_of_the_words() -> None:
    behaviour = JudgedBehaviour(inner=Echo(), embedding=("e", "v"))
    found = json.loads(told(behaviour, "Red door", ("e", "v")))
    assert found == vector_of("red, DOOR!")
    assert sum(x * x for x in found) == pytest.approx(1.0, abs=1e-4)
    assert found != vector_of("blue wall")


def test_words_have_to_stand_together() -> None:
    assert is_right("so: the  WORD 1!", "the word 1")
    assert not is_right("the long word 1", "the word 1")
    assert not is_right("anything", "")
