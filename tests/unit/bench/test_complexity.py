import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from bench.complexity import bands_tried, jackknife, left_out_guesses, permutation_p, rank_correlation
from bench.complexity_answers import Answers, Asked, accuracy, questions
from bench.complexity_spend import good, spend_share
from bench.complexity_tasks import N_EXAMPLES, graded_tasks, shared_tasks
from modelsearch.compare.tables import Field
from modelsearch.core.market import ComplexityBand, ComplexityRule
from modelsearch.core.task import Item, TaskSpec
from modelsearch.evaluate.task_check import check_spec
from modelsearch.testing.factories import make_market
from modelsearch.testing.worlds import WorldShape, make_recorded_world

MODEL = "m"


@cache
def _tasks() -> dict[str, TaskSpec]:
    return {task.id: task for task in graded_tasks()}


def _task(name: str) -> TaskSpec:
    return _tasks()[name]


def _numbers(item: Item) -> list[int]:
    return [int(word) for word in str(item.input).split() if word.isdigit()]


def test_every_graded_task_can_be_searched_and_shows_its_examples() -> None:
    assert len(_tasks()) == 26
    for task in _tasks().values():
        check_spec(task)
        assert len(task.examples) == N_EXAMPLES
        assert not {item.input for item in task.examples} & {item.input for item in task.items}
        assert len(task.items) == 28


def test_targets_that_can_be_worked_out_are_right() -> None:
    for name, work in {
        "add_1_digit": sum,
        "add_2_digits": sum,
        "subtract_3_digits": lambda n: n[0] - n[1],
        "multiply": lambda n: n[0] * n[1],
        "parity": lambda n: ("even", "odd")[sum(n) % 2],
        "sort": lambda n: " ".join(map(str, sorted(n))),
    }.items():
        assert [str(work(_numbers(item))) for item in _task(name).items] == [i.target for i in _task(name).items]
    for item in _task("count_letters").items:
        letter, _, word = str(item.input).split()
        assert item.target == str(word.count(letter))
    assert all(item.target == str(item.input)[::-1] for item in _task("reverse").items)


def test_shared_tasks_bring_one_short_example_of_each_label(tmp_path: Path) -> None:
    rows = [{"id": str(n), "input": f"{'long ' * 30 * (n % 2)}{n}", "target": "ab"[n // 2 % 2]} for n in range(12)]
    for name in ("sentiment", "banking8"):
        for end in (".jsonl", ".train.jsonl"):
            (tmp_path / f"{name}{end}").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    for task in shared_tasks(tmp_path):
        check_spec(task)
        assert [example.target for example in task.examples] == ["a", "b"]
        assert all(len(str(example.input)) < 70 for example in task.examples)


def test_an_answer_is_kept_and_a_line_cut_short_is_asked_again(tmp_path: Path) -> None:
    task, path = _task("echo"), tmp_path / "answers.jsonl"
    asked: list[Asked] = questions([task], [MODEL])
    first = Answers(path)
    assert first.missing([*asked, *asked]) == asked
    for number, question in enumerate(asked):
        first.keep(question, f" {question.item.target}" if number % 4 else " no idea")
    assert accuracy(task, MODEL, first) == pytest.approx(0.75)
    assert Answers(path).missing(asked) == []
    assert len(Answers(path).missing(questions([task], ["another"]))) == len(asked)
    path.write_bytes(path.read_bytes()[:-9])
    again = Answers(path)
    assert again.missing(asked) == asked[-1:]
    again.keep(asked[-1], "x")
    assert Answers(path).text(asked[0]) == " no idea"


def test_the_permutation_p_is_near_the_exact_one_and_knows_the_side() -> None:
    rng = np.random.default_rng(1)
    score = rng.normal(size=20)
    quality = -0.4 * score + rng.normal(size=20)
    exact = float(spearmanr(score, quality, alternative="less").pvalue)
    assert permutation_p(score, quality) == pytest.approx(exact, abs=0.02)
    assert permutation_p(score, -score) == pytest.approx(1e-4, rel=0.01)
    assert permutation_p(score, score) == pytest.approx(1.0)


def test_one_task_that_makes_a_correlation_shows_when_it_is_left_out() -> None:
    score = np.array([0.0, 1.0, 2.0, 3.0, 9.0])
    quality = np.array([1.0, 2.0, 3.0, 4.0, -5.0])
    assert rank_correlation(score, quality) == pytest.approx(0.0)
    assert max(jackknife(score, quality)) == pytest.approx(1.0)


def test_fitted_weights_are_tried_on_tasks_that_they_have_not_seen() -> None:
    rng = np.random.default_rng(2)
    features = rng.random((30, 4))
    np.testing.assert_allclose(left_out_guesses(features, 0.5 * features[:, 1]), 0.5 * features[:, 1], atol=1e-9)
    noise = rng.random(30)
    assert abs(rank_correlation(left_out_guesses(features, noise), noise)) < 0.5


def test_the_clients_bands_are_the_catalogues_with_an_end() -> None:
    bands = tuple(ComplexityBand(below=b, min_params_b=m, max_params_b=None) for b, m in ((0.3, 7), (1.01, 70)))
    ours, client = bands_tried(ComplexityRule(weights={}, bands=bands))
    assert list(ours) == ["from 7 B", "from 70 B"]
    assert {name: band.max_params_b for name, band in client.items()} == {"7 to 13 B": 13.0}


def test_spend_ends_with_the_first_good_candidate() -> None:
    world = make_recorded_world(WorldShape(n_models=12, n_items=60), seed=3)
    field = Field(world.table)
    baseline = field.table.models[int(np.argmax(field.cost_usd))].name
    is_good = good(field, baseline)
    assert is_good.any()
    cheapest_good = int(np.argmin(np.where(is_good, field.cost_usd, np.inf)))
    size_b = field.table.models[cheapest_good].params_b
    assert size_b is not None
    market = make_market(1)
    for band in (None, ComplexityBand(below=1.01, min_params_b=size_b, max_params_b=size_b)):
        share = spend_share(field, baseline, market, band)
        assert field.cost_usd[is_good].min() * 60 / field.exhaustive_usd - 1e-12 <= share <= 1.0
    assert spend_share(field, baseline, market, band) <= spend_share(field, baseline, market, None)
