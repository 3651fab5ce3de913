import numpy as np
import pytest

from modelsearch.core.ids import CandidateId
from modelsearch.core.model_name import model_name
from modelsearch.core.past import KnownModel, PastModel, PastTask, TaskTraits
from modelsearch.decide.past_quality import NewTask, expected_of, past_quality, task_distances

TRAITS = TaskTraits(kind="classification", n_labels=2, input_tokens=100.0)


def known(name: str, usd_per_mtok: float | None = 1.0) -> KnownModel:
    return KnownModel(name=model_name(name), usd_per_mtok=usd_per_mtok)


def past_of(qualities: dict[str, float], traits: TaskTraits = TRAITS) -> PastTask:
    models = (
        PastModel(model=known(name), quality=quality, error_variance=0.001) for name, quality in qualities.items()
    )
    return PastTask(id="past", traits=traits, models=tuple(models))


def new_task(*names: str) -> NewTask:
    return NewTask(traits=TRAITS, models={CandidateId(name): known(name) for name in names})


def test_without_a_past_nothing_is_expected() -> None:
    assert past_quality([], new_task("gpt-4o")) == {}
    assert past_quality([past_of({})], new_task("gpt-4o")) == {}
    assert past_quality([past_of({"gpt-4o": 0.5})], new_task()) == {}


def test_models_are_known_again_by_their_names() -> None:
    past = past_of({"openai/gpt-4o-2024-05-13": 0.9, "Meta-Llama-3.1-8B-Instruct": 0.5, "gemma-2-9b-it": 0.6})
    found = past_quality([past], new_task("gpt-4o-2024-05-13", "llama-3-1-8b-instruct", "gemma-2-9b-it"))
    assert sorted(found, key=lambda name: found[name]) == [
        "llama-3-1-8b-instruct",
        "gemma-2-9b-it",
        "gpt-4o-2024-05-13",
    ]


def test_a_version_is_expected_between_what_is_known_of_its_line_and_a_stranger() -> None:
    past = past_of({"gpt-4o-2024-05-13": 0.95, "gemma-2-9b-it": 0.5, "qwen2-7b": 0.5})
    found = past_quality([past], new_task("gpt-4o-2024-05-13", "gpt-4o-2024-08-06", "never-heard-of"))
    same, version, stranger = found.values()
    assert same > version > stranger


def test_the_order_of_candidates_and_of_past_tasks_counts_for_nothing() -> None:
    one, two = past_of({"gpt-4o": 0.9, "gemma-2-9b": 0.5}), past_of({"gpt-4o": 0.8, "qwen2-7b": 0.4})
    names = ("gpt-4o", "gemma-2-9b", "qwen2-7b", "o1")
    found, other = past_quality([one, two], new_task(*names)), past_quality([two, one], new_task(*names[::-1]))
    assert found == pytest.approx(other)


def test_free_models_and_unknown_prices_are_taken() -> None:
    models = {CandidateId(str(price)): known("gpt-4o", price) for price in (None, 0.0, 2.0)}
    found = expected_of([past_of({"gpt-4o": 0.9, "o1": 0.8})], NewTask(traits=TRAITS, models=models))
    assert found is not None
    assert np.isfinite(found.quality).all()
    assert (found.sd > 0).all()


def test_tasks_are_far_apart_by_kind_labels_and_length() -> None:
    other = [
        TaskTraits(kind="coding", n_labels=2, input_tokens=100.0),
        TaskTraits(kind="classification", n_labels=21, input_tokens=100.0),
        TaskTraits(kind="classification", n_labels=2, input_tokens=1000.0),
    ]
    found = task_distances([TRAITS, TRAITS, *other, TaskTraits(kind="classification", n_labels=2)])
    assert found[0, 1] == 0
    assert (found[0, 2:5] > 0.3).all()
    assert found[0, 5] == 0  # an unknown length is a typical one
    np.testing.assert_array_equal(found, found.T)
