"""The command: help, catalogue, runs, reports, and how errors are told."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from flows import cli, cli_search
from flows.cli_options import faults_of
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.core.errors import KeyMissingError, OptionError, QuotaError
from modelsearch.core.result import SearchResult
from modelsearch.settings import read_settings
from tests.flows.conftest import Command
from tests.unit.api.small import make_request

COMMANDS = frozenset(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]
ENDPOINT = "openai/gpt-4o-mini"
LATE = ("prefect", "pandas", "numpy", "pydantic", "sklearn")


@pytest.fixture
def finished(project: Path) -> SearchResult:
    """A finished search of a small recorded table in this project."""
    return search(make_request(project), Opening(settings=read_settings()))


def test_help_lists_every_command(command: Command) -> None:
    ended = command("--help")
    assert ended.code == 0
    listed = set(re.findall(r"^ {2}([\w-]+) {2,}\w", ended.out, flags=re.MULTILINE))
    assert listed >= COMMANDS
    assert {"search", "resume", "report", "nightly", "catalog"} <= COMMANDS


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(command: Command, name: str) -> None:
    ended = command(name, "--help")
    assert ended.code == 0
    assert f"Usage: modelsearch {name}" in ended.out


def test_help_of_search_names_every_option(command: Command) -> None:
    out = command("search", "--help").out
    for option in (
        "--baseline", "--budget-usd", "--budget-share", "--recorded", "--plan", "--seed", "--margin", "--alpha",
        "--max-cost-usd-per-1k", "--max-latency-s", "--min-quality", "--target-quality", "--weights", "--min-context",
        "--providers", "--pricing", "--include", "--exclude", "--require", "--strict-kind", "--baseline-outcomes",
    ):  # fmt: skip
        assert option in out


def test_preview_takes_the_options_of_search() -> None:
    parameters = {name: set(typer.main.get_command(cli.app).commands[name].params) for name in ("search", "preview")}  # type: ignore[attr-defined]
    options = {name: {p.opts[0] for p in params} for name, params in parameters.items()}
    assert options["search"] == options["preview"]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['modelsearch', '--help']\n"
        "from flows.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {LATE!r} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_catalog_list_shows_price_context_and_tier(command: Command) -> None:
    ended = command("catalog", "list", "--match", ENDPOINT)
    assert ended.code == 0
    line = next(line for line in ended.out.splitlines() if line.startswith(ENDPOINT))
    assert re.search(r"\d+\.\d+ +\d+\.\d+ +\d+ +(budget|medium|high|premium)", line)


def test_catalog_list_obeys_its_limit(command: Command) -> None:
    ended = command("catalog", "list", "--limit", "5")
    assert sum("/" in line.split(" ")[0] for line in ended.out.splitlines()) == 5


def test_catalog_show_tells_where_each_price_is_from(command: Command) -> None:
    out = command("catalog", "show", ENDPOINT).out
    assert out.startswith(f"{ENDPOINT}: ")
    assert "USD per" in out
    assert re.search(r"\[.+, seen \d{4}-\d\d-\d\d", out)


def test_catalog_show_of_a_stranger_names_neighbours(command: Command) -> None:
    ended = command("catalog", "show", "openai/gpt-4o-mni")
    assert ended.code == 2
    assert ENDPOINT in ended.err


def test_runs_without_any_says_how_to_make_one(command: Command) -> None:
    assert "modelsearch demo" in command("runs").out


def test_runs_lists_a_finished_run_with_its_answer(command: Command, finished: SearchResult) -> None:
    line = next(line for line in command("runs").out.splitlines() if line.startswith(finished.run_id))
    assert finished.recommendation.certainty.value in line
    assert f"spent ${finished.spend.settled_usd:.4f}" in line


def test_a_damaged_run_does_not_hide_the_others(command: Command, finished: SearchResult, project: Path) -> None:
    folder = project / ".modelsearch" / "runs"
    for name, file in (("20250101-000000-aaaaaa", "run.json"), ("20250102-000000-bbbbbb", "journal.bin")):
        (folder / name).mkdir()
        (folder / name / file).write_text("{broken")
    (folder / "20250102-000000-bbbbbb" / "result.json").write_text("{broken")
    ended = command("runs")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert len(lines) == 3
    assert all("damaged" in line for line in lines[:2])
    assert lines[2].startswith(finished.run_id)


def test_report_shows_the_answer_again(command: Command, finished: SearchResult) -> None:
    ended = command("report", finished.run_id)
    assert ended.code == 0
    assert finished.recommendation.label in ended.out
    assert command("report", str(finished.run_id)[:12]).out == ended.out


def test_explain_tells_of_every_candidate(command: Command, finished: SearchResult) -> None:
    for name in ("m0", "m1", "m4"):
        ended = command("explain", finished.run_id, name)
        assert ended.code == 0
        assert name in ended.out


def test_preview_prices_every_phase_and_writes_nothing(command: Command, project: Path) -> None:
    request = make_request(project)
    ended = command(
        "preview", "--recorded", str(request.recorded), "--baseline", "m0", "--budget-share", "0.5",
        "--plan", str(request.plan),
    )  # fmt: skip
    assert ended.code == 0
    for phase in ("screen", "first", "last"):
        assert any(line.startswith(phase) for line in ended.out.splitlines())
    assert "the prompt of item" in ended.out
    assert not (project / ".modelsearch").exists()


@pytest.mark.parametrize(
    ("error", "code"), [(KeyMissingError("line one\n  line two"), 2), (QuotaError("line one\n  line two"), 3)]
)
def test_an_error_is_one_line_with_its_exit_code(
    command: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("flows.cli_show.listed_runs", fail)
    ended = command("runs")
    assert (ended.code, ended.err) == (code, "error: line one line two\n")


def test_an_interrupt_says_that_the_run_is_kept(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.cli_show.listed_runs", interrupt)
    ended = command("runs")
    assert ended.code == cli.INTERRUPTED
    assert "resume" in ended.err


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("flows.cli_show.listed_runs", break_down)
    monkeypatch.setattr(sys, "argv", ["modelsearch", "runs"])
    with pytest.raises(ZeroDivisionError):
        cli.main()


def test_a_wrong_value_is_told_with_what_was_typed(command: Command) -> None:
    ended = command("search", "task.yaml", "--margin", "tiny")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "--margin" in ended.err
    assert "'tiny'" in ended.err


def as_typed() -> dict[str, object]:
    """Every option of a search: its default, and None where it has none."""
    given = inspect.signature(cli_search._with_search_options(lambda *_: None)).parameters
    return {name: None if one.default is inspect.Parameter.empty else one.default for name, one in given.items()}


def test_a_request_holds_what_was_typed() -> None:
    given = as_typed() | {
        "task": Path("t.yaml"), "baseline": "a/b", "budget_usd": "2.5", "plan": "cheap", "seed": 7, "emulated": True,
        "strict_kind": True, "providers": "x, y", "max_calls": 99,
    }  # fmt: skip
    request = cli_search.request_of(given)
    assert (request.task, request.baseline, str(request.budget_usd)) == (Path("t.yaml"), "a/b", "2.5")
    assert (request.plan, request.seed, request.is_emulated) == ("cheap", 7, True)
    assert request.max_calls == 99
    assert request.overrides.providers == frozenset({"x", "y"})
    assert request.overrides.is_kind_strict is True


def test_an_emulator_that_runs_already_is_asked_without_saying_emulated() -> None:
    given = as_typed() | {
        "task": Path("t.yaml"),
        "baseline": "",
        "budget_usd": "1",
        "plan": "cheap",
        "seed": 0,
        "emulated": False,
    }
    request = cli_search.request_of({**given, "emulator_url": "http://127.0.0.1:4300"})
    assert request.is_emulated
    assert request.emulator_url == "http://127.0.0.1:4300"


def test_faults_are_typed_by_name_and_value() -> None:
    assert faults_of(["p_rate_limit=0.1", 'provider_down=["a"]']) == {"p_rate_limit": 0.1, "provider_down": ["a"]}
    for wrong in ("p_rate_limit", "p_rate_limit=x"):
        with pytest.raises(OptionError, match="NAME=VALUE"):
            faults_of([wrong])
