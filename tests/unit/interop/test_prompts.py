"""The prompt found again: whatever made the messages, the template here makes the same ones."""

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.candidate import DEFAULT_PROMPT
from modelsearch.core.ids import ItemId, PromptId, TaskId
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.interop.logged import LoggedItem, Turn
from modelsearch.interop.prompts import Draft, draft_of

TEXTS = st.text(alphabet=string.ascii_letters + " \n{}%#'\"\\-é", min_size=1, max_size=30)
WORDS = st.text(alphabet=string.ascii_lowercase + "{}%", min_size=1, max_size=8)


def logged(item_id: str, fields: dict[str, str], system: str, user: str) -> LoggedItem:
    turns = (Turn("system", system), Turn("user", user)) if system else (Turn("user", user),)
    return LoggedItem(id=item_id, fields=fields, turns=turns)


def rendered(draft: Draft, item_id: str) -> list[str]:
    """The messages that the task of a draft sends."""
    item = Item(id=ItemId(item_id), input=draft.inputs[item_id], target="x")
    prompt = Prompt(id=PromptId(DEFAULT_PROMPT), user=draft.user, system=draft.system)
    task = TaskSpec(id=TaskId("t"), kind="k", items=(item,), prompts=(prompt,), scorer=ScorerSpec(name="exact"))
    return [message.content for message in PromptRenderer(task).render(item)]


@settings(max_examples=40, deadline=None)
@given(head=TEXTS, tail=TEXTS, system=TEXTS, words=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=4))
def test_the_messages_are_made_again_to_the_letter(
    head: str, tail: str, system: str, words: list[tuple[str, str]]
) -> None:
    items = [
        logged(str(n), {"question": one, "context": two}, system, f"{head}{two}: {one}{tail}")
        for n, (one, two) in enumerate(words)
    ]
    draft = draft_of(items)
    for item in items:
        expected = [turn.text.strip() for turn in item.turns]
        assert rendered(draft, item.id) == [text for text in expected if text]


def test_one_field_is_the_input_itself() -> None:
    items = [logged(str(n), {"question": f"How many {n}?"}, "Be brief.", f"Q: How many {n}?\nA:") for n in range(3)]
    draft = draft_of(items)
    assert (draft.system, draft.user) == ("Be brief.", "Q: {{ input }}\nA:")
    assert draft.inputs["1"] == "How many 1?"


def test_fields_that_the_prompt_does_not_use_are_left_out() -> None:
    items = [logged(str(n), {"question": f"Why {n}?", "gold": f"because {n}"}, "", f"Q: Why {n}?") for n in range(3)]
    assert draft_of(items).inputs["2"] == "Why 2?"


def test_braces_of_a_stranger_are_text() -> None:
    items = [logged(str(n), {"q": f"word{n}"}, "{{ 7*7 }}{% raw %}{#", f"{{{{ {{word{n}}}{{%") for n in range(3)]
    draft = draft_of(items)
    assert rendered(draft, "1") == ["{{ 7*7 }}{% raw %}{#", "{{ {word1}{%"]


def test_where_no_template_gives_them_the_messages_are_the_inputs() -> None:
    items = [logged("a", {"q": "one"}, "S", "quite"), logged("b", {"q": "two"}, "S", "different")]
    draft = draft_of(items)
    assert draft.user == "{{ input }}"
    assert draft.inputs == {"a": "quite", "b": "different"}
    assert draft.system == "S"


def test_an_item_that_was_never_sent_gets_the_others_prompt() -> None:
    items = [logged(str(n), {"q": f"word{n}"}, "S", f"Say word{n}.") for n in range(3)]
    items.append(LoggedItem(id="failed", fields={"q": "lost"}))
    assert rendered(draft_of(items), "failed") == ["S", "Say lost."]


def test_a_conversation_becomes_one_text_and_that_is_told() -> None:
    turns = (Turn("user", "2+2?"), Turn("assistant", "4"), Turn("user", "3+3?"))
    draft = draft_of([LoggedItem(id="a", fields={"q": "3+3?"}, turns=turns)])
    assert rendered(draft, "a") == ["User: 2+2?\n\nAssistant: 4\n\nUser: 3+3?"]
    assert "turns" in draft.notes[0]


def test_options_stay_with_their_item() -> None:
    items = [LoggedItem(id="a", fields={"q": "x"}, turns=(Turn("user", "Q x A. no B. yes"),), options=("no", "yes"))]
    assert draft_of(items).inputs["a"] == {"q": "x", "options": ["no", "yes"]}


def test_without_messages_the_user_is_asked_for_the_prompt() -> None:
    draft = draft_of([LoggedItem(id="a", fields={"q": "x", "odd name": "y"})])
    assert not draft.is_logged
    assert draft.inputs["a"] == {"odd_name": "y", "q": "x"}
