"""A folder named `flows` or `tasks` in somebody's project must not be taken for ours."""

import subprocess
import sys
from pathlib import Path

import pytest

import flows
import tasks
from flows.prefect_env import check_packages
from modelsearch.core.errors import ShadowedPackageError


def test_our_own_packages_pass() -> None:
    check_packages()


@pytest.mark.parametrize("package", [flows, tasks])
def test_a_package_from_elsewhere_is_named_with_its_folder(
    package: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = getattr(package, "__name__", "")
    monkeypatch.setattr(package, "__file__", str(tmp_path / name / "__init__.py"))
    with pytest.raises(ShadowedPackageError, match=f"package '{name}' is imported from {tmp_path / name}"):
        check_packages()


def test_the_command_says_so_and_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "__init__.py").write_text("")
    ended = subprocess.run(
        [sys.executable, "-m", "flows", "demo"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"error: package 'tasks' is imported from {tmp_path / 'tasks'}, ours is in ")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / ".modelsearch").exists()
