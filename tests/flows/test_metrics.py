"""The Prometheus page as it is served: behind the password, in Prometheus' own type."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from flows import metrics
from flows.metrics import METRICS, metrics_routes
from flows.pages import Served, pages_app
from modelsearch.settings import read_settings


def client(folder: Path, password: str = "") -> TestClient:
    settings = read_settings({}, project=folder)
    return TestClient(pages_app(Served(settings=settings, password=password, routes=metrics_routes(settings))))


def test_the_page_is_served_in_prometheus_own_type(tmp_path: Path) -> None:
    answer = client(tmp_path).get(METRICS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "modelsearch_spend_usd" in {family.name for family in text_string_to_metric_families(answer.text)}


def test_it_asks_for_the_password_of_all_pages(tmp_path: Path) -> None:
    asked = client(tmp_path, "me:secret-word")
    assert asked.get(METRICS).status_code == 401
    assert asked.get(METRICS, auth=("me", "secret-word")).status_code == 200


def test_while_it_is_being_made_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_: Any) -> Any:
        return SimpleNamespace(page=lambda **_: None)

    monkeypatch.setattr(metrics, "Measured", busy)
    answer = client(tmp_path).get(METRICS)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "15")
