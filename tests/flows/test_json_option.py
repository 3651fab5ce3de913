"""`--json`: one document on stdout and nothing else there, whatever is written and however it ends."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import json_option
from modelsearch.core.errors import KeyMissingError, ModelsearchError, QuotaError, RunNotFoundError
from tests.flows.conftest import Command


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Point:
    x: Decimal
    colour: Colour


def test_values_of_ours_become_json() -> None:
    assert json_option.plain(Point(Decimal("0.10"), Colour.RED)) == {"x": "0.10", "colour": "red"}
    assert json_option.plain(MappingProxyType({Colour.RED: (1, 2.5, None, True)})) == {"red": [1, 2.5, None, True]}
    assert json_option.plain([date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), Path("a/b")]) == [
        "2026-01-02", "2026-01-02 00:00:00+00:00", "a/b",
    ]  # fmt: skip
    assert json_option.plain(frozenset({"b", "a"})) == ["a", "b"]
    assert json_option.plain([np.float64(0.5), np.int64(3), np.array([1.0, np.nan])]) == [0.5, 3, [1.0, None]]
    assert json_option.plain([float("nan"), float("inf")]) == [None, None]


def test_what_nothing_of_json_stands_for_is_refused() -> None:
    with pytest.raises(TypeError, match="nothing of JSON stands for a object"):
        json_option.plain(object())


@given(st.text())
def test_no_byte_of_a_document_can_move_a_terminal(text: str) -> None:
    document = json_option.document("runs", {"told": text})
    assert document.isascii()
    assert all(char == "\n" or char.isprintable() for char in document)
    assert json.loads(document)["told"] == text


def test_keys_of_the_envelope_are_not_given_away() -> None:
    with pytest.raises(ValueError, match="command belongs to the envelope"):
        json_option.tell([], {"command": 1}, is_json=True)


def test_codes_are_the_error_classes_in_words() -> None:
    errors = [KeyMissingError("a\n b"), QuotaError("c"), RunNotFoundError("d")]
    assert [json_option.failure_of(error).code for error in errors] == ["key-missing", "quota", "run-not-found"]
    assert json_option.failure_of(errors[0]).message == "a b"


@pytest.mark.parametrize(
    ("typed", "is_asked"),
    [(["runs"], False), (["runs", "--json"], True), (["search", "--", "--json"], False), (["--json", "x"], True)],
)
def test_it_is_known_before_the_arguments_are_read(typed: list[str], is_asked: bool) -> None:
    assert json_option.is_asked(typed) is is_asked


def test_an_error_is_a_document_too(command: Command) -> None:
    ended = command("report", "nope", "--json")
    told = json.loads(ended.out)
    assert ended.code == told["error"]["exit_code"] == 2
    assert told["command"] == "report"
    assert told["error"]["code"] == "run-not-found"
    assert ended.err.startswith("error: ")


def test_a_wrong_option_is_a_document_too(command: Command) -> None:
    ended = command("runs", "--no-such-option", "--json")
    assert ended.code == 2
    assert json.loads(ended.out)["error"]["code"] == "usage"


def test_a_fault_of_ours_is_a_document_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def break_down() -> None:
        raise ZeroDivisionError("sk-secret")

    monkeypatch.setattr("flows.cli_show.listed_runs", break_down)
    monkeypatch.setattr(sys, "argv", ["modelsearch", "runs", "--json"])
    from flows.cli import main  # noqa: PLC0415 - after the fixtures

    with pytest.raises(ZeroDivisionError):
        main()
    told = json.loads(capsys.readouterr().out)
    assert told["error"]["code"] == "internal"
    assert "sk-secret" not in str(told)


def test_stdout_is_the_documents_even_for_children_and_libraries() -> None:
    code = (
        "import os, subprocess, sys\n"
        "from flows import json_option\n"
        "with json_option.claimed_stdout():\n"
        "    print('a library')\n"
        "    os.write(1, b'a C library\\n')\n"
        "    subprocess.run(['echo', 'a child'])\n"
        "    json_option.tell_json({'n': 1})\n"
        "print('afterwards')\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    document, _, after = ended.stdout.rpartition("}\n")
    assert json.loads(document + "}") == {"command": "", "json_version": json_option.VERSION, "n": 1}
    assert after == "afterwards\n"
    assert {"a library", "a C library", "a child"} <= set(ended.stderr.splitlines())


def test_every_error_of_the_tree_has_a_code_of_its_own() -> None:
    found = list(_below(ModelsearchError))
    codes = [json_option.failure_of(_made(each)).code for each in found]
    assert len(set(codes)) == len(codes)
    assert not {"usage", "interrupted", "internal"} & set(codes)


def _below(root: type[ModelsearchError]) -> "list[type[ModelsearchError]]":
    return [each for child in root.__subclasses__() for each in (child, *_below(child))]


def _made(error: type[ModelsearchError]) -> ModelsearchError:
    made = error.__new__(error)
    made.args = ("x",)
    return made
