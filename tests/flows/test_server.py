"""The hardened server's environment, and the secrets it keeps."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows.serve import checked_password
from flows.server import AUTH, DATABASE, Secrets, ServerOptions, kept_secret, server_environ
from modelsearch.core.errors import OptionError
from modelsearch.settings import Settings

KEPT = Secrets(database_url="postgresql+asyncpg://x", auth="admin:canary", encryption_key="canary-key")


def environ_of(url: str, **environ: str) -> dict[str, str]:
    return server_environ(environ, ServerOptions(public_url=url), KEPT, ui_files=Path("/ui"))


def test_a_server_to_be_left_alone() -> None:
    found = environ_of("")
    assert found["PREFECT_SERVER_CSRF_PROTECTION_ENABLED"] == "true"
    assert found["PREFECT_SERVER_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4200"
    assert found[AUTH] == "admin:canary"
    assert found["PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED"] == "events,flow_runs"
    assert found["PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD"] == str(90 * 86_400)
    assert found["PREFECT_SERVER_EVENTS_RETENTION_PERIOD"] == "P30D"
    assert "PREFECT_SERVER_UI_SERVE_BASE" not in found


def test_prefect_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import Settings as PrefectSettings  # noqa: PLC0415

    for name, value in environ_of("https://example.org/tools/prefect").items():
        monkeypatch.setenv(name, value)
    found = PrefectSettings().server
    assert found.events.retention_period.days == 30
    assert found.services.db_vacuum.retention_period.days == 90
    assert found.services.db_vacuum.enabled_vacuum_types == {"events", "flow_runs", "orphans"}
    assert found.ui.serve_base == "/tools/prefect"
    assert found.api.base_path == "/tools/prefect/api"
    assert found.api.csrf_protection_enabled
    assert found.api.cors_allowed_origins == "https://example.org"


def test_what_the_user_set_stays_but_for_the_database_and_a_client_s_url() -> None:
    found = environ_of(
        "", PREFECT_SERVER_EVENTS_RETENTION_PERIOD="P7D", PREFECT_API_URL="http://x", **{DATABASE[1]: "y"}
    )
    assert found["PREFECT_SERVER_EVENTS_RETENTION_PERIOD"] == "P7D"
    assert "PREFECT_API_URL" not in found
    assert DATABASE[1] not in found
    assert found[DATABASE[0]] == KEPT.database_url


@pytest.mark.parametrize("url", ["example.org/prefect", "ftp://example.org", "https://", "https://example.org/?a=1"])
def test_wrong_public_urls_are_told(url: str) -> None:
    with pytest.raises(OptionError, match="--public-url"):
        ServerOptions(public_url=url)


def test_secrets_are_kept_once_and_shown_never(tmp_path: Path) -> None:
    path = tmp_path / "server" / "auth"
    assert kept_secret(path, "first") == kept_secret(path, "second") == "first"
    assert path.stat().st_mode & 0o077 == 0
    assert "canary" not in repr(KEPT)


def test_pages_are_not_open_to_others_without_a_password(tmp_path: Path) -> None:
    bare = Settings(home=tmp_path, catalogs=tmp_path)
    assert not checked_password("127.0.0.1", bare)
    with pytest.raises(OptionError, match="MODELSEARCH_SERVE_AUTH"):
        checked_password("0.0.0.0", bare)
    with pytest.raises(OptionError, match="expected user:password"):
        checked_password(
            "127.0.0.1", Settings(home=tmp_path, catalogs=tmp_path, environ={"MODELSEARCH_SERVE_AUTH": "x"})
        )


def test_prefect_is_not_imported_before_its_environment_is_set() -> None:
    """Imported before, it knows no server, and starts one of its own beside ours: limits then hold on neither."""
    look = "import sys, flows.serve, flows.server, flows.alerts_run; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0
