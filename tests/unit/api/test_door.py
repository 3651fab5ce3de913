"""The Python door: the same search as the command line's, with every option by name."""

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest

import modelsearch
from modelsearch.api import door
from modelsearch.core.errors import OptionError
from modelsearch.core.events import Event, PhaseStarted
from tests.unit.api.small import make_request, make_settings, make_table


def small_search(tmp_path: Path, **given: Any) -> modelsearch.SearchResult:
    request = make_request(tmp_path, table=make_table(3, 4))
    plain = {"recorded": str(request.recorded), "plan": request.plan, "seed": 4, "settings": make_settings(tmp_path)}
    return modelsearch.search(baseline="m0", budget_share=0.8, **{**plain, **given})


def test_both_doors_take_the_same_options_by_name() -> None:
    def told(function: object) -> list[tuple[str, object, object]]:
        parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
        return [(each.name, each.kind, each.default) for each in parameters]

    assert told(modelsearch.search) == told(door.asearch)
    assert not any(kind is inspect.Parameter.VAR_KEYWORD for _, kind, _ in told(modelsearch.search))


def test_every_option_is_told_by_help() -> None:
    for function in (modelsearch.search, door.asearch):
        text = inspect.getdoc(function) or ""
        for name in inspect.signature(function).parameters:
            assert f"\n    {name}: " in text, name


def test_a_search_by_plain_arguments(tmp_path: Path) -> None:
    seen: list[Event] = []
    result = small_search(tmp_path, margin=0.03, watch=seen.append)
    assert result.recommendation.margin == 0.03
    assert any(isinstance(event, PhaseStarted) for event in seen)
    assert Path(str(result.run_dir)).parent == tmp_path / ".modelsearch" / "runs"


async def test_it_works_where_a_loop_is_running(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    here = small_search(tmp_path / "a")
    request = make_request(tmp_path, table=make_table(3, 4))
    there = await door.asearch(
        baseline="m0", budget_share=0.8, recorded=request.recorded, plan=request.plan, seed=4,
        settings=make_settings(tmp_path),
    )  # fmt: skip
    assert asyncio.get_running_loop().is_running()
    assert here.recommendation == there.recommendation


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"settings": "here"}, "settings: expected what modelsearch.read_settings gives, got str"),
        ({"watch": 3}, "watch: expected a function of one event, got int"),
        ({"include": 3}, "include: expected names"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_written(tmp_path: Path, given: dict[str, Any], told: str) -> None:
    with pytest.raises(OptionError, match=told):
        small_search(tmp_path, **given)
    assert not (tmp_path / ".modelsearch").exists()


def test_a_name_that_is_no_option_is_told_by_python_itself() -> None:
    with pytest.raises(TypeError, match="bugdet_usd"):
        modelsearch.search("t.yaml", bugdet_usd=3)  # type: ignore[call-arg]
