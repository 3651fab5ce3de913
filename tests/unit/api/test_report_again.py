from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from modelsearch.api.report_again import again_of, command_of
from modelsearch.api.request import SearchRequest
from modelsearch.taskfile.overrides import TaskOverrides


def command(**changes: Any) -> str:
    plain: dict[str, Any] = {"baseline": "dear/m", "task": Path("/t/task.yaml"), "budget_usd": Decimal(5)}
    return command_of(SearchRequest(**{**plain, **changes}).to_json())


def test_the_command_says_what_was_asked_and_no_default_of_a_rare_option() -> None:
    assert command() == ("modelsearch search /t/task.yaml --baseline dear/m --budget-usd 5 --plan balanced --seed 0")


def test_every_kind_of_option_is_said() -> None:
    given = TaskOverrides(
        margin=0.03, max_cost_usd_per_1k=Decimal("1.5"), weights={"cost": 0.4, "quality": 0.6}, exclude=("a/*", "b c"),
        providers=frozenset({"y", "x"}), is_kind_strict=True, n_repeats=3,
    )  # fmt: skip
    text = command(
        overrides=given, is_emulated=True, max_calls=9, past=(), batch="wide", is_code_allowed=True, seed=7,
    )  # fmt: skip
    for part in (
        "--margin 0.03", "--max-cost-usd-per-1k 1.5", "--weights cost=0.4,quality=0.6",
        "--exclude 'a/*' --exclude 'b c'",
        "--providers x,y", "--strict-kind", "--repeats 3", "--emulated", "--max-calls 9", "--no-past", "--batch wide",
        "--allow-code-execution", "--seed 7",
    ):  # fmt: skip
        assert part in text, part


def test_a_recorded_search_names_its_table() -> None:
    text = command(task=None, recorded=Path("/data/table"), budget_usd=None, budget_share=0.1)
    assert text.startswith("modelsearch search --recorded /data/table --baseline dear/m --budget-share 0.1")


def test_hostile_words_stay_one_word_of_the_shell() -> None:
    assert "--baseline '$(rm -rf /); `x`'" in command(baseline="$(rm -rf /); `x`")


@pytest.mark.parametrize("changes", [{"is_inline": True, "task": None}, {"market": Path("/m")}])
def test_what_only_python_or_a_night_can_ask_has_no_command(changes: dict[str, Any]) -> None:
    assert command(**changes) == ""


def test_options_are_those_of_the_command_line() -> None:
    from flows.cli import app  # noqa: PLC0415 - the one place where both can be seen

    search = get_command(app).commands["search"]  # type: ignore[attr-defined]
    known = {name for parameter in search.params for name in parameter.opts}
    given = TaskOverrides(
        margin=0.03, alpha=0.1, max_cost_usd_per_1k=Decimal(1), max_latency_s=1.0, min_quality=0.1, target_quality=0.2,
        weights={"cost": 1.0}, min_context_tokens=9, providers=frozenset("p"), pricing=frozenset({"budget"}),
        include=("a",), exclude=("b",), needs=frozenset({"zdr"}), is_kind_strict=True, n_repeats=2,
    )  # fmt: skip
    text = command(
        overrides=given, emulator_url="http://127.0.0.1:1", is_emulated=True, max_calls=9, past=(Path("/p"),),
        batch="always", batch_deadline_h=2.0, batch_min_calls=5, is_code_allowed=True, baseline_outcomes=Path("/o"),
    )  # fmt: skip
    said = {word for word in text.split() if word.startswith("--")}
    assert said <= known


def test_facts_are_those_that_are_known() -> None:
    found = again_of({"run_id": "r1", "fingerprint": "f" * 64, "request": {"seed": 3}, "started_at": None})
    names = dict(found.facts)
    assert (names["run"], names["seed"]) == ("r1", "3")
    assert "begun" not in names
    assert found.command == ""
    assert again_of({}).command == ""
