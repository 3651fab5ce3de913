"""Inside a real Inspect: an evaluation ends early, and tasks of its become task specs."""

import importlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelsearch.api.inspect_tasks import import_inspect, reference_of
from modelsearch.core.errors import OptionError, ScoringError
from modelsearch.core.ids import ItemId
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.python import Python
from modelsearch.interop.imported_folder import Choices
from modelsearch.interop.inspect_loading import load_inspect_task
from modelsearch.interop.inspect_stopping import NonInferiority, baseline_scores

pytest.importorskip("inspect_ai", reason="the extra `inspect` is not installed; the extra dev has it")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Inspect's own use of others' old names
FILE = Path(__file__).with_name("inspect_tasks_file.py")
N_SAMPLES = 120


def evaluated(share: float, folder: Path, **more: Any) -> Any:
    """A log of a model that is right on this share of the samples."""
    inspect_ai = importlib.import_module("inspect_ai")
    dataset, models = importlib.import_module("inspect_ai.dataset"), importlib.import_module("inspect_ai.model")
    scorers = importlib.import_module("inspect_ai.scorer")

    def answer(input: Any, tools: Any, tool_choice: Any, config: Any) -> Any:  # noqa: A002 - Inspect's names
        is_right = random.Random(f"{input[-1].text}{share}").random() < share
        output = models.ModelOutput.from_content("mockllm", "yes" if is_right else "no")
        output.usage = models.ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    samples = [dataset.Sample(id=n, input=f"q{n}", target="yes") for n in range(N_SAMPLES)]
    task = inspect_ai.Task(
        dataset=dataset.MemoryDataset(samples), scorer=scorers.exact(), early_stopping=more.pop("early_stopping", None)
    )
    model = models.get_model("mockllm/model", custom_outputs=answer, memoize=False)
    return inspect_ai.eval(task, model=model, log_dir=str(folder), display="none", log_realtime=False, **more)[0]


def test_an_evaluation_ends_when_its_model_is_surely_worse(tmp_path: Path) -> None:
    baseline = dict.fromkeys(map(str, range(N_SAMPLES)), 1.0)
    log = evaluated(0.3, tmp_path, early_stopping=NonInferiority(baseline), sample_shuffle=3)
    assert log.status == "success", log.error
    told = log.results.early_stopping.metadata
    assert told["decision"] == "futile"
    assert told["n_skipped"] == len(log.results.early_stopping.early_stops) > N_SAMPLES // 2
    scores = baseline_scores(log)
    assert len(scores) == N_SAMPLES - told["n_skipped"]
    assert set(scores.values()) <= {0.0, 1.0}


def test_samples_in_an_order_of_their_own_are_refused(tmp_path: Path) -> None:
    log = evaluated(1.0, tmp_path, early_stopping=NonInferiority({"0": 1.0}))
    assert log.status == "error"
    assert "random order" in log.error.message


def imported(name: str, out: Path, **more: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    import_inspect(f"{FILE}@{name}", more.pop("arguments", []), out, Choices(), **more)
    lines = (out / "items.jsonl").read_text(encoding="utf-8").splitlines()
    return yaml.safe_load((out / "task.yaml").read_text(encoding="utf-8")), [json.loads(line) for line in lines]


def test_a_task_becomes_prompt_items_and_a_scorer_of_ours(tmp_path: Path) -> None:
    spec, items = imported("labels", tmp_path / "out", arguments=["n=30"])
    assert spec["prompt"] == {"system": "One label.", "user": "Sort: {{ input }}"}
    assert len(items) == 30
    assert items[0] == {"id": "1", "input": "message 0: {x}", "target": "billing"}
    assert spec["kind"] == "classification"


def test_a_scorer_that_no_scorer_of_ours_equals_runs_as_it_is(tmp_path: Path) -> None:
    spec, items = imported("own", tmp_path / "out")
    assert spec["scorer"]["name"] == "python"
    scorer = Python(function=spec["scorer"]["function"])
    item = Item(id=ItemId(items[0]["id"]), input=items[0]["input"], target=items[0]["target"])
    assert scorer.score("b, surely", item) == 0.5
    assert scorer.score("x", item) == 0.0
    with pytest.raises(ScoringError, match="no sample"):
        scorer.score("x", Item(id=ItemId("other"), input="", target=""))


def test_multiple_choice_is_asked_and_scored_as_inspect_does(tmp_path: Path) -> None:
    spec, items = imported("options", tmp_path / "out")
    assert "Which is 0?" in str(items[0]["input"])
    assert spec["kind"] == "reasoning"
    scorer = Python(function=spec["scorer"]["function"])
    item = Item(id=ItemId("1"), input=items[0]["input"], target="A")
    assert (scorer.score("ANSWER: A", item), scorer.score("ANSWER: B", item)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("agent", "uses tools"),
        ("asks_twice", "asks the model 2 times"),
        ("graded", "a model does its scoring"),
        ("absent", "cannot be loaded"),
    ],
)
def test_what_one_call_does_not_answer_is_refused(name: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=told):
        import_inspect(f"{FILE}@{name}", [], tmp_path / "out", Choices())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "reference", ["labels", "no_such_file.py@labels", "json@dumps", f"{FILE}@labels?{{", "@x", "x@"]
)
def test_references_are_checked(reference: str) -> None:
    with pytest.raises(OptionError):
        load_inspect_task(reference)


def test_arguments_are_part_of_the_reference() -> None:
    assert reference_of("pkg.mod@t", ["n=3", "name=plain text"]) == 'pkg.mod@t?{"n": 3, "name": "plain text"}'
    with pytest.raises(OptionError, match="NAME=VALUE"):
        reference_of("pkg.mod@t", ["n"])
