from pathlib import Path

import pytest

from bench import wire
from bench.own_venv import NotAvailableError
from bench.wire_emulator import BATCHES, DIALECTS, FAULTS, STATUSES, Question, expected, questions

URLS = {name: f"http://{name or 'good'}" for name in FAULTS}
ASKED = questions(URLS)


def asked(client: str, case: str) -> Question:
    return next(question for question in ASKED if (question.client, question.case) == (client, case))


def test_every_format_is_asked_for_every_trouble_that_it_has() -> None:
    for client in DIALECTS:
        cases = {question.case for question in ASKED if question.client == client}
        assert cases >= set(STATUSES) - {"unsupported"} | {"success", "truncated", "refusal", "cached", "reasoning"}
    assert all(question.url.startswith(URLS.get(question.case, URLS[""])) for question in ASKED)


def test_what_was_seen_is_held_against_what_was_said() -> None:
    question = asked("openai", "reasoning")
    right = expected(question)
    assert (right["output"], right["hidden"]) == (10, 7)
    assert wire.problem(question, right) == ""
    assert "hidden" in wire.problem(question, right | {"hidden": 0})
    assert wire.problem(question, {"unreadable": "ValidationError"}) == "ValidationError"


def test_batches_are_asked_where_the_format_has_them() -> None:
    for client, right in BATCHES.items():
        question = asked(client, "batch")
        assert wire.problem(question, right) == ""
        assert "failed" in wire.problem(question, right | {"failed": {}})


def test_an_error_must_be_the_clients_own_for_its_status() -> None:
    question = asked("anthropic", "overloaded")
    right = {"error": "OverloadedError", "status": 529, "kind": "overloaded_error"}
    assert wire.problem(question, right) == ""
    assert wire.problem(question, right | {"status": 500})
    assert wire.problem(question, right | {"error": "APIConnectionError"})
    assert wire.problem(question, right | {"kind": ""})


def test_without_the_clients_it_is_skipped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(_lock: Path, _folder: Path) -> None:
        raise NotAvailableError("no network")

    monkeypatch.setattr(wire, "own_venv", refuse)
    assert wire.main() == 77
    assert "skipped: needs" in capsys.readouterr().out


def test_the_lock_holds_the_three_clients_with_hashes() -> None:
    text = wire.LOCK.read_text(encoding="utf-8")
    for name in ("openai==", "anthropic==", "google-genai=="):
        assert f"\n{name}" in text
    assert "://" not in text
