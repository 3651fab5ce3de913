"""Targets: task files with their items, catalogues, and scorers."""

import json
import math
import tempfile
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from bench.fuzz_inputs import junk, plain, scarred, spoilt
from modelsearch.api.asked import check_items_are_json
from modelsearch.api.source import read_task
from modelsearch.catalog.load import load_market
from modelsearch.core.candidate import Single
from modelsearch.core.errors import CatalogError, InputError, PriceUnknownError
from modelsearch.core.ids import ItemId
from modelsearch.core.market import Market
from modelsearch.core.registry import names
from modelsearch.core.task import Item, ScorerSpec, TaskSpec
from modelsearch.evaluate.asking import model_request
from modelsearch.evaluate.caller import dialect_of
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.task_check import check_spec
from modelsearch.taskfile.scorer import build_scorer

CATALOGS = Path(__file__).resolve().parent.parent / "catalogs"
DAY = date(2026, 11, 1)
N_ROWS = 3
N_ENDPOINTS = 1
REMOTE = frozenset({"judge", "embedding", "code", "python"})
"""Scorers that call a model, or run what they are given."""
SPECS: dict[str, dict[str, Any]] = {"choice": {"labels": ["yes", "no"]}, "regex": {"pattern": r"x=(\d+)"}}
LABELS = ("yes", "no")
FIRST_OF_TEXT = 4000


@cache
def small_catalog() -> dict[str, Any]:
    """The shipped catalogue with one endpoint of each provider and the models of those, by file name."""
    found = {path.name: yaml.safe_load(path.read_text()) for path in CATALOGS.glob("*.yaml")}
    wanted = set()
    for path in sorted((CATALOGS / "providers").glob("*.yaml")):
        provider = yaml.safe_load(path.read_text())
        provider["endpoints"] = provider["endpoints"][:N_ENDPOINTS]
        wanted |= {endpoint["model"] for endpoint in provider["endpoints"]}
        found[f"providers/{path.name}"] = provider
    found["models.yaml"]["models"] = [row for row in found["models.yaml"]["models"] if row["id"] in wanted]
    return found


@cache
def good_files() -> dict[str, bytes]:
    """The small catalogue as files."""
    return {name: as_yaml(tree) for name, tree in small_catalog().items()}


@cache
def examples() -> list[tuple[dict[str, Any], list[Any]]]:
    """The shipped tasks, each with its first items."""
    found = []
    for path in sorted((CATALOGS / "examples").glob("*.yaml")):
        task = yaml.safe_load(path.read_text())
        rows = path.with_name(task["items"]).read_text().splitlines()[:N_ROWS]
        found.append((task | {"items": "items.jsonl"}, [json.loads(row) for row in rows]))
    return found


@cache
def whole_market() -> Market:
    """Of the small catalogue."""
    with tempfile.TemporaryDirectory() as name:
        return load_market(_written(Path(name), good_files()), as_of=DAY)


def as_yaml(tree: Any) -> bytes:
    """YAML of a tree; of a deep one as JSON, which is YAML too."""
    try:
        return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode(errors="replace")
    except RecursionError:
        return json.dumps(plain(tree)).encode()


def as_jsonl(rows: Any) -> bytes:
    """JSON lines of a list."""
    return b"\n".join(
        json.dumps(plain(row)).encode(errors="replace") for row in (rows if isinstance(rows, list) else [rows])
    )


@st.composite
def task_files(draw: st.DrawFn) -> dict[str, bytes]:
    """A task file with its items, either spoilt."""
    task, rows = draw(st.sampled_from(examples()))
    told = draw(spoilt(st.just(task)))
    head = draw(st.sampled_from([as_yaml(told)]) | scarred(st.just(as_yaml(task))))
    items = as_jsonl(draw(spoilt(st.just(rows))))
    return {"task.yaml": head, "items.jsonl": draw(st.just(items) | scarred(st.just(items)))}


@st.composite
def catalogs(draw: st.DrawFn) -> dict[str, bytes]:
    """A catalogue of which one file is spoilt."""
    whole = small_catalog()
    name = draw(st.sampled_from(sorted(whole)))
    bad = draw(spoilt(st.just(whole[name])).map(as_yaml) | scarred(st.just(good_files()[name])))
    return {**good_files(), name: bad}


@st.composite
def gradings(draw: st.DrawFn) -> tuple[ScorerSpec, Any, str]:
    """A scorer with parameters, good ones or not, a target and a reply."""
    name = draw(st.sampled_from([name for name in names("scorer") if name not in REMOTE]))
    params = draw(st.just(SPECS.get(name, {})) | spoilt(st.just(SPECS.get(name, {}))))
    reply = draw(st.text(max_size=200) | junk.map(lambda value: f"Answer: {value}") | junk.map(_json) | st.just("yes"))
    return ScorerSpec(name=name, params=params if isinstance(params, dict) else {}), draw(junk.map(legal)), reply


def legal(value: Any) -> Any:
    """A value as an item may have it: finite numbers, text that can be written."""
    if isinstance(value, dict):
        return {str(legal(str(key))): legal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [legal(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else 0.0
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _json(value: Any) -> str:
    return f"```json\n{json.dumps(plain(value))}\n```"


def check_task_file(files: dict[str, bytes]) -> None:
    """A task, or an error of the user's input about it.

    Raises:
        Exception: anything else.
    """
    with tempfile.TemporaryDirectory() as name:
        folder, market = _written(Path(name), files), whole_market()
        try:
            task = read_task(folder / "task.yaml", market)
            check_spec(task)
            check_items_are_json(task)
        except InputError as error:
            _told(error)
            return
    _ask(task, market)


def _ask(task: TaskSpec, market: Market) -> None:
    """What was accepted can be sent in every format, and has a bound."""
    renderer, prices = PromptRenderer(task), PriceBook(market=market)
    endpoints = {market.providers[e.provider_id].dialect: e for e in market.endpoints.values()}
    for dialect, endpoint in endpoints.items():
        single = Single(endpoint_id=endpoint.id, prompt_id=task.prompts[0].id)
        for item in task.items:
            request = model_request(task, renderer, single, item, endpoint)
            dialect_of(dialect).encode(request, endpoint)
            with suppress(PriceUnknownError):
                prices.bound(endpoint, item.id, request)


def check_catalog(files: dict[str, bytes]) -> None:
    """A market, or an error of the catalogue.

    Raises:
        Exception: anything else.
    """
    with tempfile.TemporaryDirectory() as name:
        try:
            load_market(_written(Path(name), files), as_of=DAY)
        except CatalogError as error:
            _told(error)


def check_grading(grading: tuple[ScorerSpec, Any, str]) -> None:
    """No answer or a score in [0, 1], or an error of the task.

    Raises:
        Exception: anything else.
    """
    spec, target, reply = grading
    item = Item(id=ItemId("i"), input="question", target=target)
    try:
        scorer = build_scorer(spec, LABELS)
        problem = getattr(scorer, "target_problem", lambda _: "")(item)
    except InputError as error:
        _told(error)
        return
    answer = scorer.canonical(reply, item)
    if answer is None or problem:
        return
    score = scorer.score(answer, item)
    if not 0.0 <= score <= 1.0:
        message = f"score of {spec.name}: expected [0, 1], got {score}"
        raise RuntimeError(message)


def _told(error: InputError) -> None:
    """An error must say something."""
    if not str(error).strip():
        message = f"{type(error).__name__} without a word"
        raise RuntimeError(message) from error


def _written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
