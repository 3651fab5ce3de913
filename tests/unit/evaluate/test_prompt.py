from dataclasses import replace

import pytest

from modelsearch.core.errors import TaskFileError
from modelsearch.core.ids import ItemId, Json, PromptId, TaskId
from modelsearch.core.task import Item, Prompt, ScorerSpec, TaskSpec
from modelsearch.core.wire import Message
from modelsearch.evaluate.prompt import PromptRenderer, check_prompts

DEFAULT = PromptId("default")


def _task(user: str, system: str = "", item_input: Json = "hello", **prompts: str) -> TaskSpec:
    named = [Prompt(id=DEFAULT, user=user, system=system)]
    named = [Prompt(id=PromptId(name), user=text) for name, text in prompts.items()] or named
    return TaskSpec(
        id=TaskId("t"),
        kind="k",
        items=(Item(id=ItemId("i1"), input=item_input, target="secret"),),
        prompts=tuple(named),
        scorer=ScorerSpec(name="exact"),
        labels=("yes", "no"),
        examples=(Item(id=ItemId("e1"), input="ping", target="pong"),),
    )


def _user(task: TaskSpec) -> str:
    return PromptRenderer(task).render(task.items[0])[-1].content


def test_system_comes_first_and_is_left_out_when_empty() -> None:
    task = _task("Q: {{ input }}", system="One of {{ labels | join('|') }}")
    assert PromptRenderer(task).render(task.items[0]) == (
        Message(role="system", content="One of yes|no"),
        Message(role="user", content="Q: hello"),
    )
    assert [message.role for message in PromptRenderer(_task("{{ input }}")).render(task.items[0])] == ["user"]


def test_item_text_is_data_and_not_a_template() -> None:
    text = "{{ 7 * 7 }} {% for x in y %} <b>&"
    assert _user(_task("{{ input }}", item_input=text)) == text


def test_examples_show_input_and_target() -> None:
    task = _task("{% for e in examples %}\n{{ e.input }} -> {{ e.target }}\n{% endfor %}\n{{ input }} ->")
    assert _user(task) == "ping -> pong\nhello ->"


def test_fields_of_an_object_by_name_even_where_a_mapping_has_a_method_of_that_name() -> None:
    task = _task("{{ input.items }} {{ input.title }} {{ input | tojson }}", item_input={"items": "two", "title": "é<"})
    assert _user(task) == 'two é< {"items": "two", "title": "é<"}'


def test_the_target_never_reaches_a_template() -> None:
    with pytest.raises(TaskFileError, match=r"fails on item 'i1'.*target"):
        _user(_task("{{ input }} {{ item.target }}"))


def test_variants_by_name_the_first_being_the_default() -> None:
    task = _task("", brief="b {{ input }}", long="l {{ input }}")
    renderer = PromptRenderer(task)
    assert renderer.render(task.items[0], PromptId("long"))[0].content == "l hello"
    assert renderer.render(task.items[0])[0].content == "b hello"
    with pytest.raises(TaskFileError, match="expected one of brief, long, got 'short'"):
        renderer.render(task.items[0], PromptId("short"))


def test_a_result_is_kept() -> None:
    task = _task("{{ input }}")
    renderer = PromptRenderer(task)
    assert renderer.render(task.items[0]) is renderer.render(task.items[0])


@pytest.mark.parametrize(
    "attack", ["{{ ''.__class__.__mro__ }}", "{{ examples.append(1) }}", "{{ labels.__init__.__globals__ }}"]
)
def test_a_template_cannot_leave_the_sandbox(attack: str) -> None:
    with pytest.raises(TaskFileError, match="fails on item"):
        _user(_task("{{ input }}" + attack))


@pytest.mark.parametrize(
    ("user", "message"),
    [
        ("{{ input", "template, line 1"),
        ("{{ inputs }}", "unknown variable 'inputs': expected one of input, item, labels, examples"),
        ("Say something.", "never mentions the input"),
        ("{{ input.colour }}", "fails on item 'i1'"),
        ("{{ input / 0 }}", "fails on item 'i1'"),
        ("{# {{ input }} #}{% if false %}{{ input }}{% endif %}", "is empty for item 'i1'"),
    ],
)
def test_prompts_that_cannot_work_are_refused(user: str, message: str) -> None:
    with pytest.raises(TaskFileError, match="task 't': prompt 'default'") as error:
        check_prompts(_task(user))
    assert message in str(error.value)


def test_an_item_on_which_the_template_fails_is_found_before_anything_is_spent() -> None:
    task = _task("{{ input.text }}", item_input={"text": "x"})
    second = Item(id=ItemId("i2"), input={"txt": "y"}, target="z")
    with pytest.raises(TaskFileError, match="fails on item 'i2'"):
        check_prompts(replace(task, items=(*task.items, second)))


def test_a_working_prompt_passes_and_a_task_without_one_does_not() -> None:
    check_prompts(_task("{{ input }} {{ range(3) | list }} {{ item.id }}"))
    with pytest.raises(TaskFileError, match="no prompt"):
        PromptRenderer(TaskSpec(id=TaskId("t"), kind="k", items=(), prompts=(), scorer=ScorerSpec(name="exact")))


def _stable(task: TaskSpec) -> list[set[str]]:
    """What each message of the items says to begin alike, by its place."""
    renderer = PromptRenderer(task)
    rendered = [renderer.render(item) for item in task.items]
    return [{m.content[: m.n_stable_chars] for m in column} for column in zip(*rendered, strict=True)]


def _many(task: TaskSpec, *texts: Json) -> TaskSpec:
    items = tuple(Item(id=ItemId(f"i{n}"), input=text, target="x") for n, text in enumerate(texts))
    return replace(task, items=items)


def test_messages_tell_what_all_items_begin_with_up_to_a_word() -> None:
    task = _many(_task("Answer yes or no.\nQ: {{ input }}", system="Be brief."), "alpha", "alto", "ale and beer")
    assert _stable(task) == [{"Be brief."}, {"Answer yes or no.\nQ: "}]


def test_nothing_is_shared_where_the_input_comes_first_or_there_is_one_item() -> None:
    task = _task("{{ input }} Answer yes or no.", system="{{ input }}: be brief.")
    assert _stable(_many(task, "a b", "c d")) == [{""}, {""}]
    assert _stable(task) == [{""}, {""}]


def test_an_item_unlike_those_that_were_compared_shares_nothing() -> None:
    task = _task("{{ 'Other.' if input == 'odd' else 'Answer yes or no.' }} {{ input }}")
    texts = ["odd" if n == 17 else f"{n}" for n in range(40)]
    assert _stable(_many(task, *texts)) == [{"Answer yes or no. ", ""}]


def test_an_item_that_fails_is_told_when_it_is_rendered() -> None:
    task = _many(_task("Q: {{ input.text }}"), {"text": "a"}, {"text": "b"}, {"other": "c"})
    renderer = PromptRenderer(task)
    assert renderer.render(task.items[0])[0].n_stable_chars == 3
    with pytest.raises(TaskFileError, match="i2"):
        renderer.render(task.items[2])
