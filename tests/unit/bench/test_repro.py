import asyncio
import sys
from pathlib import Path

import pytest

from bench import repro, repro_run
from bench.repro import Run, Variation, different, variations
from bench.repro_pythons import Interpreter, elsewhere, own, real_python
from bench.repro_run import Decisions, decided
from modelsearch.core.events import PhaseClosed
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.search import Drop, Move, Probe
from modelsearch.testing.worlds import WorldShape

TINY = {"tiny": (WorldShape(n_models=6, n_items=40), 1)}


def _shim(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    shim = folder / "python3.99"
    shim.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_equal_runs_have_no_difference_and_the_first_one_of_a_search_is_told() -> None:
    first = Run(name="one", cases={"a": [1, 2, 3], "b": [1]})
    assert list(different(first, Run(name="two", cases={"a": [1, 2, 3], "b": [1]}))) == []
    found = list(different(first, Run(name="two", cases={"a": [1, 9, 8], "b": [1, 2]})))
    assert found == ["a: decision 1, one 2, two 9", "b: decision 1, one null, two 2"]


def test_a_move_is_told_by_its_ids() -> None:
    drop = Drop(candidate_id=CandidateId("m1"), reason="r", evidence={"gap": 0.1}, remedy="", strategy="racing")
    probe = Probe(candidate_id=CandidateId("m2"), item_ids=(ItemId("i1"), ItemId("i2")))
    kept = Decisions()
    kept.append(Move(phase="p", round=3, drops=(drop,), probes=(probe,)))
    kept.append(PhaseClosed(phase="p", reason="done"))
    assert kept.told == [["p", 3, [["m1", "racing"]], [], [["m2", "i1", "i2"]], False], ["p", "done"]]


def test_a_search_is_the_same_twice_and_another_with_another_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repro_run, "WORLDS", TINY)
    first, again, other = (asyncio.run(decided("tiny", "cheap", seed)) for seed in (0, 0, 1))
    assert first == again != other
    assert first[-1][0] == "recommended"


def test_every_usable_python_runs_and_one_with_every_number_of_threads() -> None:
    found = [Interpreter(version=v, python=p) for v, p in (("3.11", "a"), ("3.12", ""), ("3.13", "c"))]
    runs: list[Variation] = list(variations(found))
    asked = [(each.python, each.environ["OPENBLAS_NUM_THREADS"]) for each in runs]
    assert asked == [("a", "1"), ("a", "2"), ("a", "4"), ("c", "1"), ("c", "4"), ("a", "1")]
    assert "OPENBLAS_CORETYPE" in runs[-1].environ
    assert len({each.environ["PYTHONHASHSEED"] for each in runs}) == 3


def test_a_python_that_is_not_there_or_does_not_start_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "no python3.99" in elsewhere("3.99", tmp_path).lack
    _shim(tmp_path, monkeypatch, "exit 127")
    assert real_python("3.99") == ""
    _shim(tmp_path, monkeypatch, "echo 3.11 /bin/other")
    assert real_python("3.99") == ""


def test_a_shim_that_is_switched_off_is_asked_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _shim(tmp_path, monkeypatch, '[ "$PYENV_VERSION" = 3.99 ] && echo 3.99 /real/python3.99 || exit 127')
    assert real_python("3.99") == "/real/python3.99"


def test_packages_that_cannot_be_had_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _shim(
        tmp_path, monkeypatch, f'[ "$1" = -c ] && echo 3.99 {tmp_path}/python3.99 || {{ echo "no disk" >&2; exit 1; }}'
    )
    found = elsewhere("3.99", tmp_path / "home")
    assert (found.python, found.lack) == ("", "its packages cannot be had: no disk")


def test_a_process_that_differs_fails_the_bench(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = iter([Run(name="one", cases={"a": [1]}), Run(name="two", cases={"a": [2]})])
    monkeypatch.setattr(repro, "interpreters", lambda: [own()])
    monkeypatch.setattr(repro, "N_THREADS", (1,))
    monkeypatch.setattr(repro, "ran", lambda _variation, _asked: next(told))
    assert repro.main() == 1
    assert "DOES NOT HOLD: 2 processes" in capsys.readouterr().out
    assert own().python == sys.executable
