import pytest

from modelsearch.catalog.references import family_problems, model_problems, words_in_use
from modelsearch.catalog.schema import FamiliesFile, ModelsFile

FAMILIES = FamiliesFile.model_validate(
    {"families": [{"id": "a", "strengths": ["code"], "characteristics": ["open_weights"]}, {"id": "b", "lineage": "a"}]}
)


def test_words_in_use_are_strengths_characteristics_and_capabilities() -> None:
    words = words_in_use(FAMILIES, [])
    assert words >= {"code", "open_weights", "json_schema", "tools"}
    assert "creative" not in words


def test_active_parameters_are_a_part_of_all() -> None:
    rows = [{"id": "m", "family": "a", "params_b": 10, "active_params_b": 11}, {"id": "n", "family": "a"}]
    (problem,) = model_problems(ModelsFile.model_validate({"models": rows}), FAMILIES)
    assert problem == "models[m].active_params_b: expected at most params_b (10), got 11"


@pytest.mark.parametrize("length", [1, 2, 5])
def test_a_circle_of_any_length_is_found_and_ends(length: int) -> None:
    rows = [{"id": f"f{i}", "lineage": f"f{(i + 1) % length}"} for i in range(length)]
    problems = list(family_problems(FamiliesFile.model_validate({"families": rows})))
    assert len(problems) == length
    assert all("no circle" in problem for problem in problems)
