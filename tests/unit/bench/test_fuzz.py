"""A few inputs of a fixed seed for each target, and that what escapes is seen."""

import json

import pytest

from bench import fuzz
from bench.fuzz import TARGETS, Target, fed, main
from bench.fuzz_files import as_jsonl, as_yaml, check_catalog, check_task_file, examples, good_files, whole_market
from bench.fuzz_inputs import OPERATIONS, at, changed, places
from bench.fuzz_replies import Answer, check_replies, good_bodies

N_FEW = {"task-files": 30, "catalogues": 4}


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_nothing_escapes(name: str) -> None:
    fed(TARGETS[name], 1, N_FEW.get(name, 25))()


@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages", "google_generate"])
@pytest.mark.parametrize("number", [1e300, 10**30, 2**62, 1e25, 10**13])
def test_absurd_counts_and_bills_are_no_crash(dialect: str, number: float) -> None:
    good = good_bodies(dialect)[0]
    for path in places(good):
        if type(at(good, path)) in (int, float):
            body = json.dumps(changed(good, path, "replace", number)).encode()
            check_replies(dialect, [Answer(status=200, body=body)])


def test_the_inputs_that_are_spoilt_are_good_ones() -> None:
    assert len(whole_market().endpoints) > 10
    check_catalog(good_files())
    for task, rows in examples():
        check_task_file({"task.yaml": as_yaml(task), "items.jsonl": as_jsonl(rows)})


def test_the_command_fails_where_something_escapes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(value: object) -> None:
        message = f"no {value}"
        raise KeyError(message)

    bad = Target(name="bad", inputs=TARGETS["scorers"].inputs, check=refuse)
    good = Target(name="good", inputs=TARGETS["scorers"].inputs, check=lambda _: None)
    monkeypatch.setattr(fuzz, "TARGETS", {"bad": bad, "good": good})
    monkeypatch.setattr(fuzz, "followed", lambda *_: [])
    monkeypatch.setattr(fuzz, "N_EXAMPLES", 5)
    assert main(["--minutes", "0.001", "--target", "bad"]) == 1
    assert "ESCAPED: bad, seed 0" in capsys.readouterr().out
    assert main(["--minutes", "0.001", "--target", "good"]) == 0


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_change_leaves_the_good_input_as_it_was(operation: str) -> None:
    good = {"a": [1, {"b": "c"}], "d": None}
    before = json.dumps(good)
    for path in places(good):
        changed(good, path, operation, "junk")
    assert json.dumps(good) == before
