from types import SimpleNamespace
from typing import Any

import pytest

from flows.cli_run import _tell_start
from modelsearch.testing.factories import make_setting


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
