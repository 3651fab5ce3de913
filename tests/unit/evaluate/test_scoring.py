import pytest

from modelsearch.core.errors import PlanError, TaskFileError
from modelsearch.core.ids import Json, PromptId, TaskId
from modelsearch.core.task import Prompt, ScorerSpec, TaskSpec
from modelsearch.evaluate.scorers.choice import Choice
from modelsearch.evaluate.scorers.contains import Contains
from modelsearch.evaluate.scorers.exact import Exact
from modelsearch.evaluate.scoring import has_canonical_form, make_scorer, require_canonical_form


def _task(name: str, **params: Json) -> TaskSpec:
    return TaskSpec(
        id=TaskId("t"),
        kind="k",
        items=(),
        prompts=(Prompt(id=PromptId("default"), user="{{ input }}"),),
        scorer=ScorerSpec(name=name, params=params),
        labels=("yes", "no"),
    )


def test_the_labels_of_the_task_reach_scorers_that_take_them() -> None:
    assert make_scorer(_task("choice")) == Choice(labels=("yes", "no"))
    assert make_scorer(_task("choice", labels=["a", "b"])) == Choice(labels=("a", "b"))
    assert make_scorer(_task("exact", casefold=True)) == Exact(casefold=True)


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("exakt", {}, "expected one of choice, code, contains"),
        ("exakt", {}, "did you mean 'exact'"),
        ("exact", {"casfold": True}, "unknown parameter 'casfold' (did you mean 'casefold'?)"),
        ("numeric", {"scale": -1}, "scorer 'numeric': scale: expected a number > 0, got -1"),
        ("numeric", {"scale": "wide"}, "scorer 'numeric'"),
        ("regex", {}, "scorer 'regex'"),
    ],
)
def test_what_cannot_be_built_is_told_in_one_line(name: str, params: dict[str, Json], message: str) -> None:
    with pytest.raises(TaskFileError) as error:
        make_scorer(_task(name, **params))
    assert message in str(error.value)
    assert str(error.value).startswith("task 't': ")
    assert "\n" not in str(error.value)


def test_votes_need_a_canonical_form_which_a_plug_in_has_unless_it_says_otherwise() -> None:
    class Plugin:
        pass

    require_canonical_form(Exact())
    assert has_canonical_form(Plugin())  # type: ignore[arg-type]
    with pytest.raises(PlanError, match="Contains has no canonical answers"):
        require_canonical_form(Contains())
