"""The settings that must stand before Prefect is imported."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from flows.prefect_env import DEFAULTS, prepare
from modelsearch.core.errors import OptionError


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No Prefect setting is set, and Prefect is not imported."""
    for name in [*DEFAULTS, "PREFECT_HOME"]:
        monkeypatch.setenv(name, "")  # remembered, so that it is as before after the test
        monkeypatch.delenv(name)
    monkeypatch.setattr("flows.prefect_env.sys", SimpleNamespace(modules={}))
    return monkeypatch


@pytest.mark.usefixtures("environ")
def test_everything_is_set_and_the_home_is_made(tmp_path: Path) -> None:
    prepare(tmp_path / "a" / "prefect")
    assert {name: os.environ[name] for name in DEFAULTS} == DEFAULTS
    assert os.environ["PREFECT_HOME"] == str((tmp_path / "a" / "prefect").resolve())
    assert (tmp_path / "a" / "prefect").is_dir()


def test_what_the_user_has_set_stays(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in DEFAULTS:
        environ.setenv(name, "mine")
    environ.setenv("PREFECT_HOME", "my-home")
    prepare(tmp_path / "prefect")
    assert {os.environ[name] for name in DEFAULTS} == {"mine"}
    assert os.environ["PREFECT_HOME"] == "my-home"


def test_nothing_is_set_once_prefect_is_imported(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environ.setattr("flows.prefect_env.sys", SimpleNamespace(modules={"prefect": object()}))
    prepare(tmp_path / "prefect")
    assert not set(DEFAULTS) & set(os.environ)
    assert not (tmp_path / "prefect").exists()


@pytest.mark.usefixtures("environ")
def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match="MODELSEARCH_HOME"):
        prepare(tmp_path / "file" / "prefect")


def test_telemetry_is_off_and_start_up_has_time() -> None:
    assert DEFAULTS["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert DEFAULTS["DO_NOT_TRACK"] == "1"
    assert float(DEFAULTS["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"]) >= 120


@pytest.mark.usefixtures("environ")
def test_children_do_not_look_into_the_folder_they_are_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONSAFEPATH", "")
    monkeypatch.delenv("PYTHONSAFEPATH")
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path / "prefect")
    assert os.environ["PYTHONSAFEPATH"] == "1"
    monkeypatch.delenv("PYTHONSAFEPATH")
    # in our own checkout that folder is ours
    monkeypatch.chdir(Path(__file__).resolve().parents[2])
    prepare(tmp_path / "prefect")
    assert "PYTHONSAFEPATH" not in os.environ
