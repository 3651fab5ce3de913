"""Completion: the protocol of bash, zsh and fish in a process of its own, quick and without Prefect."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.settings import read_settings
from tests.unit.api.small import make_request

ENTRY = "import sys; sys.argv[0] = 'modelsearch'; from flows.cli import main; main()"
MAX_CPU_S = 0.6
"""Measured 0.25 s of one core, the interpreter's own start included; more on a machine with much else to do."""


class Shell:
    """Asks as a shell does; `cpu_s` is what the answer took."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.cpu_s = 0.0

    def ask(self, shell: str, typed: str, **more: str) -> str:
        words = typed.split(" ")
        asked = {
            "bash": {"COMP_WORDS": typed, "COMP_CWORD": str(len(words) - 1)},
            "zsh": {"_TYPER_COMPLETE_ARGS": typed},
            "fish": {"_TYPER_COMPLETE_ARGS": typed, "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
        }[shell]
        environ = {**os.environ, **asked, "_MODELSEARCH_COMPLETE": f"complete_{shell}", **more}
        before = os.times()
        ended = subprocess.run(
            [sys.executable, "-c", ENTRY], capture_output=True, text=True, check=False, env=environ, cwd=self.project
        )
        after = os.times()
        self.cpu_s = after.children_user - before.children_user + after.children_system - before.children_system
        assert not ended.stderr, ended.stderr
        return ended.stdout

    def words(self, typed: str) -> list[str]:
        """What bash proposes."""
        return self.ask("bash", typed).split()


@pytest.fixture
def shell(project: Path) -> Shell:
    return Shell(project)


@pytest.fixture
def run_id(project: Path) -> str:
    """A finished run of this project."""
    return search(make_request(project), Opening(settings=read_settings())).run_id


def test_commands_and_their_groups(shell: Shell) -> None:
    assert shell.words("modelsearch rep") == ["report"]
    assert "list" in shell.words("modelsearch catalog ")
    assert shell.cpu_s < MAX_CPU_S


def test_options(shell: Shell) -> None:
    assert "--json" in shell.words("modelsearch runs --")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_runs_of_the_project_in_every_shell(shell: Shell, run_id: str, name: str) -> None:
    told = shell.ask(name, f"modelsearch report {run_id[:4]}")
    assert run_id in told
    assert shell.cpu_s < MAX_CPU_S
    if name != "bash":
        assert "against m0" in told


def test_candidates_of_the_run_that_was_typed(shell: Shell, run_id: str) -> None:
    assert shell.words(f"modelsearch explain {run_id} m") == ["m0", "m1", "m2", "m3", "m4"]


def test_endpoints_by_their_beginning_or_by_a_part(shell: Shell) -> None:
    assert "openai/gpt-4o-mini" in shell.words("modelsearch search t.yaml --baseline openai/gpt-4o")
    assert all("haiku" in each for each in shell.words("modelsearch catalog show haiku"))
    assert shell.cpu_s < MAX_CPU_S


def test_plans_and_registered_tasks(shell: Shell, project: Path) -> None:
    assert {"balanced", "cheap", "thorough"} <= set(shell.words("modelsearch search t.yaml --plan "))
    tasks = project / ".modelsearch" / "tasks"
    tasks.mkdir(parents=True)
    (tasks / "support.yaml").write_text("x")
    assert shell.words("modelsearch tasks show sup") == ["support"]


def test_a_hostile_or_broken_project_proposes_nothing_dangerous(shell: Shell, project: Path) -> None:
    runs = project / ".modelsearch" / "runs"
    for name in ("20260101-000000-\x1b[31m", "20260102-$(reboot)", "20260103-000000-aaaaaa"):
        (runs / name).mkdir(parents=True)
        (runs / name / "run.json").write_text('{"task": "a\\u001b[2J$(x)`y`", "baseline": {broken')
    told = shell.ask("fish", "modelsearch report 2026")
    assert told.split() == ["20260103-000000-aaaaaa"]
    assert shell.words("modelsearch explain 20260103 x") == []


def test_the_script_for_bash_works_in_bash(shell: Shell, project: Path) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    program = project / "bin" / "modelsearch"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n{ENTRY}\n")
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(project)}
    environ["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    typed = (
        "source <(modelsearch --show-completion bash); COMP_WORDS=(modelsearch catalog hi); COMP_CWORD=2; "
        '_modelsearch_completion modelsearch; echo "${COMPREPLY[@]}"'
    )
    ended = subprocess.run([bash, "-c", typed], capture_output=True, text=True, check=True, env=environ, cwd=project)
    assert ended.stdout.split() == ["history"]


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_installing_writes_a_script_for_that_shell(project: Path, name: str) -> None:
    environ = {**os.environ, "HOME": str(project), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [sys.executable, "-c", ENTRY, "--install-completion", name]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environ, cwd=project)
    assert "completion installed in" in ended.stdout
    assert any("_MODELSEARCH_COMPLETE" in path.read_text() for path in project.rglob("*") if path.is_file())


def test_neither_prefect_nor_the_catalogues_reader_is_imported(shell: Shell) -> None:
    code = (
        "import sys\nfrom flows import completing\ncompleting.endpoints('open')\ncompleting.runs('')\n"
        "completing.plans('')\ncompleting.tasks('')\nimport flows.cli\n"
        "print([name for name in ('prefect', 'pandas', 'numpy', 'pydantic', 'yaml', 'rich') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=shell.project)
    assert ended.stdout.strip() == "[]"
