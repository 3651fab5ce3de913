from pathlib import Path

import pytest

from bench import local
from bench.own_venv import NotAvailableError


def test_without_the_items_it_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(local, "ITEMS", tmp_path / "sentiment.jsonl")
    assert local.main() == 77
    assert capsys.readouterr().out.startswith("skipped: needs sentiment.jsonl and ")


def test_without_the_wheels_it_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Path) -> None:
        raise NotAvailableError("no network")

    monkeypatch.setattr(local, "missing_here", lambda: "")
    monkeypatch.setattr(local, "HOME", tmp_path / "home")
    monkeypatch.setattr(local, "installed", fail)
    assert local.main() == 77
    assert capsys.readouterr().out == "skipped: needs the wheels of bench/local.lock (no network)\n"
