import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.ids import PromptId
from modelsearch.core.task import Prompt
from modelsearch.evaluate.prompt import PromptRenderer, check_prompts
from modelsearch.evaluate.proposals import MAX_CHARS, Failed, proposals_of, proposer_messages, template_of
from modelsearch.testing.factories import make_items, make_task

HOSTILE = (
    "{% for a in range(99999999) %}x{% endfor %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% raw %}{{ x }}{% endraw %}",
    "{# comment #}",
    '"}} {{ labels.__init__ }} {{ "',
    '\\" }} {% set x = 1 %}',
    "{{ input.__class__ }}",
    "{{ input | attr('x') }}",
    "line\n# for x in y",
    "\x00\u2028</script>",
)


def rendered(said: str) -> str:
    task = make_task(2)
    template = template_of(said, task)
    assert template is not None
    changed = make_task(2, prompts=(Prompt(id=PromptId("p"), user=template),))
    check_prompts(changed)
    return PromptRenderer(changed).render(changed.items[0], PromptId("p"))[0].content


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stands_in_the_prompt_as_it_is(hostile: str) -> None:
    assert rendered(f"before {hostile} after {{{{ input }}}} end") == f"before {hostile} after question 0 end"


@settings(deadline=None, max_examples=80)
@given(st.text(alphabet=st.sampled_from("{}%#-\"'\\ \nab|_()"), max_size=60))
def test_whatever_is_written_is_shown_letter_for_letter(text: str) -> None:
    assert rendered(f">{text}<{{{{ input }}}}.") == f">{text}<question 0."


def test_placeholders_become_ours_and_a_prompt_without_the_input_is_none() -> None:
    assert rendered("{{labels}}: {{ input }}") == "yes, no: question 0"
    assert template_of("say yes", make_task(1)) is None
    assert template_of("{{ examples }} say yes", make_task(1)) is None
    task = make_task(2, examples=make_items(1))
    template = template_of("{{ examples }}{{ input }}", task)
    assert template is not None
    shown = make_task(2, examples=make_items(1), prompts=(Prompt(id=PromptId("p"), user=template),))
    assert PromptRenderer(shown).render(shown.items[1], PromptId("p"))[0].content == "question 0\nyes\n\nquestion 1"


def test_a_reply_is_read_for_its_blocks_each_once_and_none_too_long() -> None:
    text = (
        "Sure!<prompt>A {{ input }}</prompt><prompt>A {{ input }}</prompt><PROMPT>B {{input}}</PROMPT>"
        f"<prompt></prompt><prompt>no input</prompt><prompt>{'x' * MAX_CHARS} {{{{ input }}}}</prompt>"
        "<prompt>never closed {{ input }}"
    )
    assert [prompt.id for prompt in proposals_of(text, make_task(1), first_number=3)] == ["proposed-3", "proposed-4"]
    assert proposals_of("nothing", make_task(1)) == []


def test_the_proposer_sees_a_few_failures_and_no_more() -> None:
    task = make_task(20)
    failures = [Failed(item, "maybe " * 500) for item in task.items]
    system, user = proposer_messages(task, task.prompts[0], failures, 4)
    assert "Write 4 different" in system.content
    assert "{{ input }} exactly where" in system.content
    assert user.content.count('"answered"') == 8
    assert len(user.content) < 12_000
