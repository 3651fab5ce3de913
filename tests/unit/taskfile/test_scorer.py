import pytest

from modelsearch.core.errors import TaskFileError
from modelsearch.core.task import ScorerSpec
from modelsearch.evaluate.scorers.choice import Choice
from modelsearch.evaluate.scorers.numeric import Numeric
from modelsearch.taskfile.scorer import build_scorer, did_you_mean


def test_a_name_with_parameters_and_labels_becomes_a_scorer() -> None:
    assert build_scorer(ScorerSpec(name="choice"), ["a", "b"]) == Choice(labels=("a", "b"))
    assert build_scorer(ScorerSpec(name="numeric", params={"scale": 2.0}), ["a"]) == Numeric(scale=2.0)


def test_a_private_field_is_no_parameter() -> None:
    with pytest.raises(TaskFileError, match=r"unknown parameter '_compiled'.*expected one of pattern, group"):
        build_scorer(ScorerSpec(name="regex", params={"pattern": "a", "_compiled": 1}))


@pytest.mark.parametrize("value", ["yes", None, [1], {"a": 1}, True])
def test_values_of_a_wrong_kind_are_told(value: object) -> None:
    with pytest.raises(TaskFileError, match=r"desk: scorer 'numeric': tolerance: expected a number, got "):
        build_scorer(ScorerSpec(name="numeric", params={"tolerance": value}), owner="desk")  # type: ignore[dict-item]


def test_a_near_miss_is_named_and_nothing_else() -> None:
    assert did_you_mean("exat", ["exact", "choice"]) == " (did you mean 'exact'?)"
    assert did_you_mean("zzz", ["exact", "choice"]) == ""


@pytest.mark.parametrize("value", ["yes", 1, None])
def test_a_switch_takes_true_or_false(value: object) -> None:
    with pytest.raises(TaskFileError, match="casefold: expected true or false, got "):
        build_scorer(ScorerSpec(name="exact", params={"casefold": value}))  # type: ignore[dict-item]
