"""A first prompt says what the scorer reads."""

import pytest
from jinja2 import Environment

from modelsearch.core.ids import Json
from modelsearch.taskfile.propose_kind import Kind, guess_kind
from modelsearch.taskfile.propose_prompt import guess_prompt, user_part


@pytest.mark.parametrize("labels", [("red", "green"), ("{{ x }}", "{% y %}"), ("{# z #}", "plain")])
def test_every_label_is_shown_as_it_is(labels: tuple[str, ...]) -> None:
    kind = Kind(kind="classification", scorer="choice", because="", labels=labels)
    template = Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False).from_string(  # noqa: S701 - no HTML
        guess_prompt(kind, ("text",), []).system
    )
    lines = template.render(labels=labels).splitlines()
    assert lines[1:-1] == [f"- {label}" for label in labels]


def test_fields_of_objects_are_named_with_their_types() -> None:
    targets: list[Json] = [{"a": 1, "b": "x"}, {"a": 2.5, "c": [1], "{{d}}": True}]
    text = guess_prompt(guess_kind(targets, ["", ""]), ("note",), targets).system
    assert all(part in text for part in ('"a" (number)', '"b" (text)', '"c" (list)', '"((d))" (true or false)'))


@pytest.mark.parametrize("scorer", ["numeric", "exact", "json_f1"])
def test_other_kinds_say_how_to_answer(scorer: str) -> None:
    prompt = guess_prompt(Kind(kind="reasoning", scorer=scorer, because=""), ("a",), [])
    assert "nswer" in prompt.system
    assert prompt.user == "{{ input }}"


def test_several_columns_come_under_their_names_whatever_these_are() -> None:
    names = ("subject_line", 'the "body"', "{{ x }}")
    values = {name: f"value {at}" for at, name in enumerate(names)}
    text = Environment(autoescape=False).from_string(user_part(names)).render(input=values)  # noqa: S701 - no HTML
    assert text == 'Subject line: value 0\nThe "body": value 1\n(( x )): value 2'
