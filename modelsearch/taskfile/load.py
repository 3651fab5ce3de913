"""A task file and its items become a `TaskSpec`, or one clear error."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from modelsearch.core.candidate import DEFAULT_PROMPT
from modelsearch.core.errors import TaskFileError
from modelsearch.core.ids import PromptId, TaskId
from modelsearch.core.outcome import Status
from modelsearch.core.task import Item, Prompt, Requirements, ScorerSpec, TaskSpec
from modelsearch.taskfile.checks import check_calibrated, check_sureness, check_task
from modelsearch.taskfile.items import items_of
from modelsearch.taskfile.overrides import TaskOverrides, overridden
from modelsearch.taskfile.read import ReadParquet, read_rows
from modelsearch.taskfile.schema import FieldRow, PromptRow, RequirementRow, TaskFile
from modelsearch.taskfile.scorer import build_scorer, did_you_mean
from modelsearch.taskfile.variant_rows import VARIANT_TAGS, VariantGrid, VariantRow
from modelsearch.taskfile.variants import asked_ways
from modelsearch.taskfile.yaml_text import read_yaml

DEFAULT_MARGIN = 0.02
DEFAULT_ALPHA = 0.05
OWN_FUNCTION = "python"
"""`scorer: {python: package.module:function}` names a function, not a scorer."""
UNKNOWN_KEY = ("extra_forbidden", "invalid_key")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindDefaults:
    """What a task of a kind takes where its file does not say."""

    scorer: ScorerSpec | None = None
    margin: float = DEFAULT_MARGIN


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLoading:
    """What the room may not do itself, handed in by whoever puts the house together.

    Attributes:
        kinds: defaults by task kind; where given, other kinds are refused.
        read_parquet: rows of a Parquet file.
        check: last look at the finished task (prompts are rendered here); raises TaskFileError.
    """

    kinds: Mapping[str, KindDefaults] = field(default_factory=dict)
    read_parquet: ReadParquet | None = None
    check: Callable[[TaskSpec], None] | None = None


def load_task(path: Path, *, overrides: TaskOverrides | None = None, loading: TaskLoading | None = None) -> TaskSpec:
    """The task of a YAML file; the paths in it are relative to it.

    Args:
        path: of the task file.
        overrides: options that replace what the file says.
        loading: defaults by kind, the Parquet reader, a last check.

    Raises:
        TaskFileError: the file or its items cannot be used; one line says what, where and what to do.
        OptionError: an override is out of range.
    """
    loading = loading or TaskLoading()
    owner = f"task {path}"
    raw = _validated(_mapping(path), owner)
    defaults = _kind_defaults(raw.kind, loading.kinds, owner)
    scorer = _scorer_spec(raw.scorer, defaults, owner)
    build_scorer(scorer, raw.labels, owner=owner)
    items = _items(raw, path, loading.read_parquet)
    examples = _examples(raw, path, loading.read_parquet)
    ways = asked_ways(raw.variants, _prompts(raw, owner), examples, owner)
    task = TaskSpec(
        id=TaskId(raw.id),
        kind=raw.kind,
        items=items,
        prompts=ways.prompts,
        variants=ways.variants,
        scorer=scorer,
        margin=defaults.margin if raw.margin is None else raw.margin,
        alpha=DEFAULT_ALPHA if raw.alpha is None else raw.alpha,
        metric=raw.metric,
        labels=_labels(raw, scorer, items),
        examples=examples,
        requirements=_requirements(raw.requirements),
        status_scores=_status_scores(raw),
        max_output_tokens=raw.max_output_tokens,
        reasoning_tokens=raw.reasoning_tokens,
        temperature=raw.temperature,
        n_repeats=raw.repeats,
    )
    check_sureness(task, owner=owner, error=TaskFileError)
    check_calibrated(task, owner)
    check_task(task, build_scorer(task.scorer, task.labels, owner=owner), owner)
    task = task if overrides is None else overridden(task, overrides)
    if loading.check is not None:
        loading.check(task)
    return task


def _mapping(path: Path) -> dict[str, Any]:
    raw = read_yaml(path, "task")
    if not isinstance(raw, dict):
        raise TaskFileError(f"task {path}: expected a mapping with id, kind, items, prompt, got {type(raw).__name__}")
    return raw


def _validated(raw: dict[str, Any], owner: str) -> TaskFile:
    try:
        return TaskFile.model_validate(raw)
    except ValidationError as error:
        raise TaskFileError(f"{owner}: {_first_problem(error)}") from error


def _first_problem(error: ValidationError) -> str:
    """The first problem in our words: where, what is allowed, what it got."""
    details = error.errors(include_url=False)
    first = next((detail for detail in details if detail["type"] in UNKNOWN_KEY), details[0])
    names = [str(part) for part in first["loc"] if part not in {"PromptRow", "str", *VARIANT_TAGS}]
    where = ".".join(names)
    if first["type"] in UNKNOWN_KEY:
        known: dict[str, type[BaseModel]] = {
            "requirements": RequirementRow,
            "fields": FieldRow,
            "prompt": PromptRow,
            "prompts": PromptRow,
            "variants": VariantRow if "list" in first["loc"] else VariantGrid,
        }
        model = TaskFile if len(names) == 1 else known.get(names[0], TaskFile)
        allowed = tuple(model.model_fields)
        return f"unknown key {where!r}{did_you_mean(names[-1], allowed)}: expected one of {', '.join(allowed)}"
    if first["type"] == "missing":
        return f"{where}: is missing: every task needs one"
    got = repr(first["input"])
    return f"{where}: {first['msg']}, got {got if len(got) <= 80 else got[:77] + '...'}"


def _kind_defaults(kind: str, kinds: Mapping[str, KindDefaults], owner: str) -> KindDefaults:
    if kinds and kind not in kinds:
        raise TaskFileError(
            f"{owner}: kind: expected one of {', '.join(kinds)}, got {kind!r}{did_you_mean(kind, tuple(kinds))}"
        )
    return kinds.get(kind, KindDefaults())


def _scorer_spec(raw: str | dict[str, Any] | None, defaults: KindDefaults, owner: str) -> ScorerSpec:
    if raw is None:
        if defaults.scorer is None:
            raise TaskFileError(f"{owner}: no scorer: add `scorer: exact` or another")
        return defaults.scorer
    if isinstance(raw, str):
        return ScorerSpec(name=raw)
    name = raw.get("name")
    if name is None and isinstance(raw.get(OWN_FUNCTION), str):
        more = {key: value for key, value in raw.items() if key != OWN_FUNCTION}
        return ScorerSpec(name=OWN_FUNCTION, params={"function": raw[OWN_FUNCTION], **more})
    if not isinstance(name, str):
        raise TaskFileError(f"{owner}: scorer: expected a name or a mapping with `name`, got {raw!r}")
    return ScorerSpec(name=name, params={key: value for key, value in raw.items() if key != "name"})


def _prompts(raw: TaskFile, owner: str) -> tuple[Prompt, ...]:
    if (raw.prompt is None) == (not raw.prompts):
        raise TaskFileError(f"{owner}: expected either `prompt` or `prompts` (a mapping of name to prompt)")
    given = raw.prompts or {DEFAULT_PROMPT: raw.prompt or ""}
    return tuple(_prompt(PromptId(name), prompt, owner) for name, prompt in given.items())


def _prompt(name: PromptId, prompt: str | PromptRow, owner: str) -> Prompt:
    row = PromptRow(user=prompt) if isinstance(prompt, str) and prompt.strip() else prompt
    if isinstance(row, str):
        raise TaskFileError(f"{owner}: prompt {name!r} is empty")
    return Prompt(id=name, user=row.user, system=row.system)


def _items(raw: TaskFile, path: Path, read_parquet: ReadParquet | None) -> tuple[Item, ...]:
    file = path.parent / raw.items
    return items_of(read_rows(file, read_parquet), raw.fields, f"items {file}")


def _examples(raw: TaskFile, path: Path, read_parquet: ReadParquet | None) -> tuple[Item, ...]:
    if raw.examples is None:
        return ()
    if isinstance(raw.examples, list):
        return items_of(list(enumerate(raw.examples, start=1)), raw.fields, f"task {path}: examples", "example")
    file = path.parent / raw.examples
    return items_of(read_rows(file, read_parquet, "examples"), raw.fields, f"examples {file}", "example")


def _labels(raw: TaskFile, scorer: ScorerSpec, items: Sequence[Item]) -> tuple[str, ...]:
    """The labels given; without any, a choice over texts takes the targets as its labels."""
    if raw.labels or scorer.name != "choice" or "labels" in scorer.params:
        return tuple(raw.labels)
    if any(isinstance(item.input, dict) for item in items):
        return ()  # the options may come with each item
    return tuple(sorted({str(item.target) for item in items}))


def _requirements(row: RequirementRow) -> Requirements:
    weights = {} if row.weights is None else {"weights": {str(name): value for name, value in row.weights.items()}}
    return Requirements(
        max_cost_usd_per_1k=None if row.max_cost_usd_per_1k is None else Decimal(row.max_cost_usd_per_1k),
        max_latency_s=row.max_latency_s,
        min_quality=row.min_quality,
        target_quality=row.target_quality,
        min_context_tokens=row.min_context_tokens,
        providers=frozenset(row.providers),
        pricing=frozenset(row.pricing),
        include=tuple(row.include),
        exclude=tuple(row.exclude),
        needs=frozenset(row.needs),
        is_kind_strict=row.is_kind_strict,
        **weights,
    )


def _status_scores(raw: TaskFile) -> dict[Status, float]:
    """0 for refused, truncated and invalid unless the file says otherwise; null leaves a status without a score."""
    given = {Status.REFUSED: 0.0, Status.TRUNCATED: 0.0, Status.INVALID: 0.0} | {
        Status(status): score for status, score in raw.counts_as.items()
    }
    return {status: score for status, score in given.items() if score is not None}
