from pathlib import Path

import pytest

from modelsearch.settings import Settings, read_settings

ROOT = Path(__file__).resolve().parents[2]


def test_a_project_keeps_its_runs_in_its_own_folder(tmp_path: Path) -> None:
    settings = read_settings({}, project=tmp_path)
    assert settings.home == tmp_path / ".modelsearch"
    assert settings.runs == tmp_path / ".modelsearch" / "runs"
    assert settings.replies == tmp_path / ".modelsearch" / "replies.sqlite"
    assert settings.prefect_home == tmp_path / ".modelsearch" / "prefect"
    assert not settings.home.exists()


def test_the_current_folder_is_the_project_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings({}).home == tmp_path / ".modelsearch"


def test_home_and_catalogues_can_be_elsewhere(tmp_path: Path) -> None:
    environ = {"MODELSEARCH_HOME": str(tmp_path / "h"), "MODELSEARCH_CATALOGS": str(tmp_path / "c")}
    settings = read_settings(environ, project=Path("ignored"))
    assert (settings.home, settings.catalogs) == (tmp_path / "h", tmp_path / "c")


@pytest.mark.parametrize("empty", [{}, {"MODELSEARCH_CATALOGS": "", "MODELSEARCH_HOME": ""}])
def test_an_empty_variable_is_no_variable(tmp_path: Path, empty: dict[str, str]) -> None:
    settings = read_settings(empty, project=tmp_path)
    assert settings.catalogs == ROOT / "catalogs"
    assert settings.home == tmp_path / ".modelsearch"


def test_keys_are_read_by_name_and_never_shown(tmp_path: Path) -> None:
    settings = read_settings({"A_KEY": "sk-canary", "B_KEY": ""}, project=tmp_path)
    assert (settings.key("A_KEY"), settings.key("B_KEY"), settings.key("C_KEY")) == ("sk-canary", None, None)
    assert "sk-canary" not in repr(settings)


def test_the_processs_own_environment_is_the_default_and_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "one")
    settings = read_settings()
    monkeypatch.setenv("A_KEY", "two")
    assert settings.key("A_KEY") == "one"


def test_a_wheel_brings_its_catalogues_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_catalogs").mkdir()
    monkeypatch.setattr("modelsearch.settings._PACKAGE", tmp_path)
    assert read_settings({}).catalogs == tmp_path / "_catalogs"


def test_settings_without_an_environment_have_no_keys(tmp_path: Path) -> None:
    assert Settings(home=tmp_path, catalogs=tmp_path).key("ANY") is None


@pytest.mark.parametrize(
    ("told", "url"),
    [
        ("", None),
        ("0", None),
        ("off", None),
        ("1", ""),
        ("yes", ""),
        ("http://collector:4318", "http://collector:4318"),
    ],
)
def test_a_collector_is_a_url_or_the_standard_variables_business(told: str, url: str | None) -> None:
    assert read_settings({"MODELSEARCH_OTEL": told}).collector == url


@pytest.mark.parametrize(("told", "share"), [("", 0.1), ("0.5", 0.5), ("7", 1.0), ("-1", 0.0), ("many", 0.1)])
def test_the_share_of_calls_that_is_traced(told: str, share: float) -> None:
    assert read_settings({"MODELSEARCH_OTEL_CALLS": told}).traced_share == share


def test_what_is_logged_and_how() -> None:
    assert not read_settings({}).is_log_json
    assert read_settings({}).log_level == "info"
    asked = read_settings({"MODELSEARCH_LOG": "JSON", "MODELSEARCH_LOG_LEVEL": "Debug"})
    assert (asked.is_log_json, asked.log_level) == (True, "debug")
    assert read_settings({"MODELSEARCH_LOG_LEVEL": "loud"}).log_level == "info"
