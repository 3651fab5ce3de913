from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.cli_run import EMULATED_KEY, _tell_emulator, _tell_start
from modelsearch.catalog.load import load_market
from modelsearch.emulator.app import EmulatorApp
from modelsearch.testing.factories import make_setting
from tests.unit.api.listed_world import small_market
from tests.unit.catalog.offerings import DAY
from tests.unit.emulator.test_exchange import Says


@pytest.mark.parametrize(
    ("n_items", "said"), [(1, "2 candidates at 1 provider, task task with 1 item, "), (3, "3 items")]
)
def test_one_of_a_kind_is_not_told_in_the_plural(n_items: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    setting = make_setting(2, n_items)
    source = SimpleNamespace(market=setting.market, is_emulated=False)
    session: Any = SimpleNamespace(source=source, setting=setting, run=SimpleNamespace(run_id="r1"))
    lines: list[str] = []
    progress: Any = SimpleNamespace(say=lines.append)
    _tell_start(session, progress)
    assert said in lines[0]


def test_the_emulator_writes_catalogue_files_that_call_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    market = small_market()
    _tell_emulator("http://127.0.0.1:9", EmulatorApp(Says(), market), tmp_path / "market", is_json=False)
    written = load_market(tmp_path / "market", as_of=DAY)
    assert written.endpoints.keys() == market.endpoints.keys()
    assert {p.base_url for p in written.providers.values()} == {f"http://127.0.0.1:9/p/{p}" for p in market.providers}
    assert {p.key_env for p in written.providers.values()} == {EMULATED_KEY}
    assert f"MODELSEARCH_CATALOGS={tmp_path / 'market'} {EMULATED_KEY}=any" in capsys.readouterr().err
