"""docs/exit-codes.md: what it says is so, and nothing is left out."""

import io
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from flows import json_option
from modelsearch.core import errors
from tests.flows.conftest import Command
from tests.flows.test_json_option import _below, _made

DOCS = (Path(__file__).parents[2] / "docs" / "exit-codes.md").read_text(encoding="utf-8")
CODES = {int(code) for code in re.findall(r"^\| (\d+) \|", DOCS, re.MULTILINE)}
ERRORS = {name: int(code) for name, code in re.findall(r"^\| `([\w-]+)` \| (\d+) \|$", DOCS, re.MULTILINE)}
OURS = {"usage": 2, "interrupted": 130, "internal": 1}


def test_every_error_stands_there_with_its_code() -> None:
    found: list[type[errors.ModelsearchError]] = [errors.ModelsearchError, *_below(errors.ModelsearchError)]
    failures = [json_option.failure_of(_made(each)) for each in found if each.__module__ == errors.__name__]
    assert {each.code: each.exit_code for each in failures} | OURS == ERRORS
    assert set(ERRORS.values()) <= CODES


def test_no_code_but_those_is_ever_returned() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (Path(json_option.__file__).parent).glob("*.py"))
    said = {int(code) for code in re.findall(r"(?:typer\.Exit|sys\.exit)\((\d+)\)", sources)}
    named = {int(code) for code in re.findall(r"^(?:UNWELL|INTERRUPTED|UNREAD) = (\d+)$", sources, re.MULTILINE)}
    assert said | named <= CODES
    assert {3, 130, 141} <= named


@pytest.mark.parametrize(
    ("typed", "code"),
    [(("runs",), 0), (("report", "nope"), 2), (("runs", "--nope"), 2), (("nope",), 2), (("catalog", "show", "x"), 2)],
)
def test_commands_end_with_them(command: Command, typed: tuple[str, ...], code: int) -> None:
    assert command(*typed).code == code


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_reader_that_goes_away_ends_it_quietly(project: Path, option: list[str]) -> None:
    code = (
        "import sys; from flows import cli, cli_show\n"
        "cli_show.listed_runs = lambda: cli_show.ListedRuns(runs=(), storage_error='x' * 99_999)\n"
        f"sys.argv = ['modelsearch', 'runs', *{option!r}]; cli.main()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == json_option.UNREAD


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.raises(errors.FileWriteError, match="No space left"):
        json_option.tell(["x"], {}, is_json=False)


def test_signals_have_the_codes_of_the_shell() -> None:
    assert 128 + signal.SIGINT == 130
    assert 128 + signal.SIGPIPE == json_option.UNREAD
    assert f"{128 + signal.SIGTERM} for `kill`" in DOCS
    assert f"{128 + signal.SIGKILL} for `kill -9`" in DOCS
