"""Who is told: read from a file or from variables; addresses are never shown."""

import re
from pathlib import Path

import pytest

from flows.alert_rules import Patience, rules
from flows.alert_targets import AlertSettings, Target, block_of, read_alert_settings
from modelsearch.core.errors import KeyMissingError, OptionError
from modelsearch.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise's own
SECRET = "https://hooks.slack.com/services/T0000/B0000/canary"


def settings(tmp_path: Path, **environ: str) -> Settings:
    return Settings(home=tmp_path, catalogs=tmp_path, environ=environ)


def read(tmp_path: Path, text: str) -> AlertSettings:
    path = tmp_path / "alerts.yaml"
    path.write_text(text)
    return read_alert_settings(settings(tmp_path), None)


def test_nobody_is_told_by_default(tmp_path: Path) -> None:
    assert read_alert_settings(settings(tmp_path), None) == AlertSettings()


def test_variables_name_targets(tmp_path: Path) -> None:
    found = read_alert_settings(settings(tmp_path, MODELSEARCH_ALERTS_SLACK=SECRET), None)
    assert found.targets == (Target(name="slack", kind="slack", url_env="MODELSEARCH_ALERTS_SLACK"),)
    assert SECRET not in repr(found)


def test_a_file_says_who_and_when(tmp_path: Path) -> None:
    found = read(
        tmp_path, "night_h: 30\nnotify:\n  - {name: on-call, kind: email, url_env: MAIL, only: [failed, no_night]}\n"
    )
    assert found.patience == Patience(night_h=30)
    assert found.targets == (
        Target(name="on-call", kind="email", url_env="MAIL", only=frozenset({"failed", "no_night"})),
    )


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "notify: slack",
        "notify: []\nnights: 3",
        "notify: []\nnight_h: -1",
        "notify: []\nheartbeat_s: true",
        "notify: [{name: a, kind: slack}]",
        "notify: [{name: a, kind: pigeon, url_env: X}]",
        "notify: [{name: A b, kind: slack, url_env: X}]",
        "notify: [{name: a, kind: slack, url_env: X, only: [everything]}]",
        "notify: [{name: a, kind: slack, url_env: X}, {name: a, kind: email, url_env: Y}]",
        "notify: [{name: a, kind: slack, url_env: X, url: https://x}]",
    ],
)
def test_wrong_files_are_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(OptionError, match=re.escape(str(tmp_path / "alerts.yaml"))):
        read(tmp_path, text)


def test_a_missing_address_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeyMissingError, match="environment variable HOOK"):
        block_of(Target(name="a", kind="webhook", url_env="HOOK"), settings(tmp_path))


@pytest.mark.parametrize(
    ("kind", "url"),
    [("webhook", "ftp://canary"), ("email", "https://canary"), ("slack", "canary"), ("email", "mailto://")],
)
def test_wrong_addresses_are_told_and_not_shown(tmp_path: Path, kind: str, url: str) -> None:
    target = Target(name="a", kind=kind, url_env="HOOK")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="HOOK") as error:
        block_of(target, settings(tmp_path, HOOK=url))
    assert "canary" not in str(error.value)


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("webhook", "http://127.0.0.1:1/canary"),
        ("slack", "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"),
        ("email", "mailtos://user:canary@example.org?to=ops@example.org"),
    ],
)
def test_blocks_hide_the_address(tmp_path: Path, kind: str, url: str) -> None:
    block = block_of(Target(name="a", kind=kind, url_env="HOOK"), settings(tmp_path, HOOK=url))  # type: ignore[arg-type]
    assert block.url.get_secret_value() == url  # type: ignore[attr-defined]
    assert url not in repr(block)


def test_rules_expect_every_way_in_which_a_run_ends() -> None:
    silent = next(rule for rule in rules(Patience()) if rule.name == "silent")
    expected = {name.rpartition(".")[2] for name in silent.trigger["expect"]}
    assert {"heartbeat", "Completed", "Failed", "Crashed", "TimedOut", "Cancelled", "HeldUp"} <= expected
    assert silent.trigger["within"] >= 3 * 30, "#18653: three heartbeats at least"


def test_names_of_our_own_last_states_are_those_of_the_flows() -> None:
    from flows.alert_rules import _WAITS  # noqa: PLC0415
    from flows.come_back import STATE_NAME  # noqa: PLC0415 - imports Prefect
    from flows.nightly import HELD  # noqa: PLC0415

    assert set(_WAITS) == {STATE_NAME, HELD}
