from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelsearch.core.errors import OptionError, TaskFileError
from modelsearch.core.outcome import Status
from modelsearch.core.task import Prompt, ScorerSpec, TaskSpec
from modelsearch.evaluate.prompt import PromptRenderer, check_prompts
from modelsearch.taskfile.load import KindDefaults, TaskLoading, load_task
from modelsearch.taskfile.overrides import TaskOverrides
from tests.unit.taskfile.files import ITEMS, write_task

EXAMPLES = Path(__file__).parents[3] / "catalogs" / "examples"


def test_a_plain_task_and_its_defaults(tmp_path: Path) -> None:
    task = load_task(write_task(tmp_path))
    assert [(item.id, item.input, item.target, item.weight) for item in task.items] == [
        ("item-0001", "where is my parcel", "delivery", 1.0),
        ("item-0002", "money back please", "refund", 1.0),
    ]
    assert task.prompts == (Prompt(id=task.prompts[0].id, user="{{ input }}"),)
    assert task.prompts[0].id == "default"
    assert (task.margin, task.alpha, task.max_output_tokens, task.n_repeats) == (0.02, 0.05, 512, 1)
    assert task.reasoning_tokens == 2048
    assert task.scorer == ScorerSpec(name="exact")


def test_a_function_of_ones_own_and_repeats_from_outside(tmp_path: Path) -> None:
    path = write_task(tmp_path, scorer={"python": "tests.unit.evaluate.own_scores:same"})
    task = load_task(path, overrides=TaskOverrides(n_repeats=4))
    assert task.scorer == ScorerSpec(name="python", params={"function": "tests.unit.evaluate.own_scores:same"})
    assert task.n_repeats == 4
    with pytest.raises(OptionError, match="repeats: expected a whole number from 1 to 100, got 0"):
        load_task(path, overrides=TaskOverrides(n_repeats=0))
    with pytest.raises(TaskFileError, match="standard library"):
        load_task(write_task(tmp_path, scorer={"python": "os:system"}))


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    path = write_task(
        tmp_path,
        drop=["prompt"],
        prompts={"brief": "{{ input }}", "long": {"system": "Think.", "user": "Q {{ input }}"}},
        scorer={"name": "choice", "is_lettered": True},
        labels=["delivery", "refund"],
        examples=[{"input": "late", "target": "delivery"}],
        metric="class_weighted_mean",
        margin=0.05,
        alpha=0.1,
        max_output_tokens=64,
        reasoning_tokens=512,
        temperature=None,
        repeats=3,
        counts_as={"refused": None, "invalid": 0.5},
        requirements={"max_cost_usd_per_1k": 0.7, "weights": {"cost": 1}, "needs": ["zdr"], "include": ["openai/*"]},
    )
    task = load_task(path)
    assert [(prompt.id, prompt.system) for prompt in task.prompts] == [("brief", ""), ("long", "Think.")]
    assert (task.metric, task.margin, task.alpha, task.temperature, task.n_repeats) == (
        "class_weighted_mean",
        0.05,
        0.1,
        None,
        3,
    )
    assert (task.max_output_tokens, task.reasoning_tokens) == (64, 512)
    assert task.scorer.params == {"is_lettered": True}
    assert task.examples[0].target == "delivery"
    assert task.status_scores == {Status.INVALID: 0.5, Status.TRUNCATED: 0.0}
    assert task.requirements.max_cost_usd_per_1k == Decimal("0.7")
    assert task.requirements.weights == {"cost": 1.0}
    assert task.requirements.needs == {"zdr"}
    assert task.requirements.include == ("openai/*",)


def test_columns_by_other_names_and_inputs_of_several(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("nr,title,text,label,user,w\n7,a,b,x,ann,2\n8,c,d,y,,1\n", encoding="utf-8")
    fields = {"input": ["title", "text"], "target": "label", "id": "nr", "cluster": "user", "weight": "w"}
    task = load_task(_csv_task(tmp_path, fields))
    first, second = task.items
    assert (first.id, first.input, first.target, first.cluster, first.weight) == (
        "7",
        {"title": "a", "text": "b"},
        "x",
        "ann",
        2.0,
    )
    assert second.cluster is None


def _csv_task(folder: Path, fields: dict[str, Any]) -> Path:
    path = folder / "csv.yaml"
    path.write_text(
        "id: t\nkind: classification\nitems: rows.csv\nprompt: '{{ input.title }}'\nscorer: exact\n"
        f"fields: {fields}\n",
        encoding="utf-8",
    )
    return path


def test_parquet_comes_through_the_reader_handed_in(tmp_path: Path) -> None:
    path = write_task(tmp_path)
    path.write_text(path.read_text().replace("items.jsonl", "items.parquet"))
    (tmp_path / "items.parquet").write_bytes(b"PAR1")
    task = load_task(path, loading=TaskLoading(read_parquet=lambda _: [dict(item) for item in ITEMS]))
    assert task.items[1].id == "item-0002"
    with pytest.raises(TaskFileError, match="no Parquet reader"):
        load_task(path)


def test_a_kind_brings_scorer_and_margin_and_unknown_kinds_are_refused(tmp_path: Path) -> None:
    kinds = {"classification": KindDefaults(scorer=ScorerSpec(name="choice"), margin=0.07)}
    task = load_task(write_task(tmp_path, drop=["scorer"]), loading=TaskLoading(kinds=kinds))
    assert (task.scorer.name, task.margin) == ("choice", 0.07)
    assert task.labels == ("delivery", "refund")
    with pytest.raises(TaskFileError, match=r"expected one of classification, got 'clasification' \(did you mean"):
        load_task(write_task(tmp_path, kind="clasification"), loading=TaskLoading(kinds=kinds))


def test_overrides_replace_what_the_file_says_and_are_checked(tmp_path: Path) -> None:
    path = write_task(tmp_path, margin=0.1, requirements={"min_quality": 0.5, "max_latency_s": 3})
    task = load_task(path, overrides=TaskOverrides(margin=0.03, min_quality=0.8, needs=frozenset({"zdr"})))
    assert (task.margin, task.alpha) == (0.03, 0.05)
    assert (task.requirements.min_quality, task.requirements.max_latency_s) == (0.8, 3.0)
    assert task.requirements.needs == {"zdr"}
    with pytest.raises(OptionError, match=r"margin: expected a loss of quality in \[0, 1\), got 1.5"):
        load_task(path, overrides=TaskOverrides(margin=1.5))
    with pytest.raises(OptionError, match="alpha: expected"):
        load_task(path, overrides=TaskOverrides(alpha=float("nan")))


def test_the_last_check_sees_the_finished_task(tmp_path: Path) -> None:
    seen: list[TaskSpec] = []
    task = load_task(write_task(tmp_path), loading=TaskLoading(check=seen.append))
    assert seen == [task]


BAD_KEYS: list[tuple[dict[str, Any], str]] = [
    ({"promt": "x"}, "unknown key 'promt' (did you mean 'prompt'?)"),
    ({"requirements": {"max_latency": 3}}, "unknown key 'requirements.max_latency' (did you mean 'max_latency_s'?)"),
    ({"prompt": {"user": "{{ input }}", "sytem": "x"}}, "'prompt.sytem' (did you mean 'system'?)"),
    ({"scorer": "exat"}, "expected one of choice, code, contains"),
    ({"scorer": {"name": "exact", "fold": True}}, "unknown parameter 'fold'"),
    ({"scorer": {"casefold": True}}, "expected a name or a mapping with `name`"),
    ({"scorer": {"name": "numeric", "scale": 0}}, "scale: expected a number > 0"),
    ({"scorer": "numeric"}, "item 'item-0001': scorer 'numeric': expected a number as target, got 'delivery'"),
    ({"margin": 1.0}, "margin: expected a loss of quality in [0, 1), got 1.0"),
    ({"margin": -0.1}, "margin: expected"),
    ({"alpha": 0}, "alpha: expected a probability in (0, 0.5], got 0"),
    ({"alpha": 0.6}, "alpha: expected"),
    ({"margin": float("nan")}, "margin: "),
    ({"labels": ["refund"]}, "item 'item-0001': target 'delivery' is not among the labels refund"),
    ({"labels": ["refund", "delivery", "refund"]}, "'refund' is listed twice"),
    ({"labels": [True, False]}, "put such labels in quotes"),
    ({"prompts": {"a": "{{ input }}"}}, "either `prompt` or `prompts`"),
    ({"prompt": " "}, "prompt 'default' is empty"),
    ({"max_output_tokens": 0}, "max_output_tokens: "),
    ({"reasoning_tokens": -1}, "reasoning_tokens: "),
    ({"temperature": 3}, "temperature: "),
    ({"repeats": 0}, "repeats: "),
    ({"metric": "median"}, "metric: "),
    ({"counts_as": {"error": 0}}, "counts_as"),
    ({"counts_as": {"refused": 2}}, "counts_as.refused: "),
    ({"requirements": {"min_quality": 1.2}}, "requirements.min_quality: "),
    ({"requirements": {"max_cost_usd_per_1k": 0}}, "requirements.max_cost_usd_per_1k: "),
    ({"items": "gone.jsonl"}, "gone.jsonl: no such file"),
    ({"items": "items.xlsx"}, "expected a .jsonl, .csv or .parquet file, got '.xlsx'"),
    ({"examples": "gone.csv"}, "gone.csv: no such file"),
    ({"examples": [{"input": "x"}]}, "no 'target'"),
    ({"fields": {"input": "text"}}, "no 'text': each item needs one (its columns with a value: input, target)"),
]


@pytest.mark.parametrize(("changes", "message"), BAD_KEYS, ids=[message[:40] for _, message in BAD_KEYS])
def test_what_a_task_file_may_not_say(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(TaskFileError) as error:
        load_task(write_task(tmp_path, **changes))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert "task.yaml" in str(error.value) or "jsonl" in str(error.value) or "csv" in str(error.value)


@pytest.mark.parametrize("key", ["id", "kind", "items", "prompt", "scorer"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    with pytest.raises(TaskFileError, match=key):
        load_task(write_task(tmp_path, drop=[key]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: [x\nkind: y", "line 2, column 5: broken YAML"),
        ("- a\n- b", "expected a mapping with id, kind, items, prompt, got list"),
        ("", "got NoneType"),
        ("id: \x00", "broken YAML"),
        ("id: a\nid: b", "line 2, column 1: broken YAML: key 'id' is there twice"),
        ("examples: &a [{input: *a, target: x}]", "broken YAML: Circular reference"),
        ("[" * 5000, "broken YAML"),
        ("id: 2024-13-45", "broken YAML: month must be in 1..12"),
        ("? [a]\n: b", "broken YAML"),
        ("1: b", "unknown key '1'"),
        ("!!python/object:os.system x", "broken YAML"),
    ],
)
def test_what_is_no_task_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "task.yaml"
    path.write_text(text)
    with pytest.raises(TaskFileError) as error:
        load_task(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_task_file_that_is_missing_a_folder_or_no_utf8(tmp_path: Path) -> None:
    with pytest.raises(TaskFileError, match="no such file"):
        load_task(tmp_path / "none.yaml")
    with pytest.raises(TaskFileError, match="cannot be read"):
        load_task(tmp_path)
    path = tmp_path / "latin.yaml"
    path.write_bytes("id: caf\xe9".encode("latin-1"))
    with pytest.raises(TaskFileError, match=r"not UTF-8 at byte 7 \(0xe9\): save the file as UTF-8"):
        load_task(path)


def test_duplicate_ids_and_a_single_class_are_refused(tmp_path: Path) -> None:
    same = [{"id": "a", "input": "x", "target": "p"}, {"id": "a", "input": "y", "target": "q"}]
    with pytest.raises(TaskFileError, match="item id 'a' is there 2 times"):
        load_task(write_task(tmp_path, rows=same))
    alike = [{"input": "x", "target": "p"}, {"input": "y", "target": "p"}]
    with pytest.raises(TaskFileError, match="all 2 items have the target 'p'"):
        load_task(write_task(tmp_path, rows=alike))
    assert len(load_task(write_task(tmp_path, rows=alike, kind="extraction")).items) == 2


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_bundled_example_loads_and_renders(path: Path) -> None:
    task = load_task(path, loading=TaskLoading(check=check_prompts))
    renderer = PromptRenderer(task)
    assert (EXAMPLES / f"{task.kind}.yaml").is_file()
    assert len(task.items) >= 20
    assert len({renderer.render(item)[-1].content for item in task.items}) == len(task.items)


def test_the_demo_task_has_400_messages_of_six_balanced_kinds() -> None:
    task = load_task(EXAMPLES / "classification.yaml")
    counts = [sum(item.target == label for item in task.items) for label in task.labels]
    assert sum(counts) == len(task.items) == 400
    assert min(counts) >= 50
