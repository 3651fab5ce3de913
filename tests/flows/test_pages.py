"""The pages of `modelsearch serve`: reports and health, and nothing else of a run."""

from base64 import b64encode
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from flows.pages import Served, pages_app

RUN = "20261124-010203-abcdef"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / RUN
    folder.mkdir(parents=True)
    for name in ("run.json", "journal.bin", "result.json", "report.html", "report.md"):
        (folder / name).write_text(f"content of {name}")
    (tmp_path / "secret.html").write_text("secret")
    return tmp_path / "runs"


def client(runs: Path, **more: object) -> TestClient:
    return TestClient(pages_app(Served(runs=runs, **more)))  # type: ignore[arg-type]


def test_reports_are_served(runs: Path) -> None:
    pages = client(runs)
    assert f"/runs/{RUN}/report.html" in pages.get("/").text
    page = pages.get(f"/runs/{RUN}/report.html")
    assert (page.status_code, page.text) == (200, "content of report.html")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        f"/runs/{RUN}/journal.bin",
        f"/runs/{RUN}/result.json",
        f"/runs/{RUN}/..%2F..%2Fsecret.html",
        "/runs/..%2F..%2Fx/report.html",
        "/runs/../report.html",
        "/runs/other/report.html",
    ],
)
def test_nothing_else_is(runs: Path, path: str) -> None:
    assert client(runs).get(path).status_code == 404


def test_health_tells_what_is_ill(runs: Path) -> None:
    well = client(runs, checks={"prefect": lambda: "ok"}).get("/health")
    assert (well.status_code, well.json()) == (200, {"status": "ok", "prefect": "ok"})
    ill = client(runs, checks={"prefect": lambda: "no answer"}).get("/health")
    assert (ill.status_code, ill.json()["prefect"]) == (503, "no answer")


def basic(text: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(text.encode()).decode()}"}


def test_password_opens_all_but_what_has_its_own_keys(runs: Path) -> None:
    own = Route("/feedback/{task}", lambda _: PlainTextResponse("its own door"))
    beside = Route("/feedbacks", lambda _: PlainTextResponse("secret"))
    pages = client(runs, password="ann:right", routes=[own, beside], open_paths=("/feedback",))
    for path in ("/", f"/runs/{RUN}/report.html", "/nowhere", "/feedbacks", "/healthy"):
        assert pages.get(path).status_code == 401
        assert pages.get(path, headers=basic("ann:wrong")).status_code == 401
        assert pages.get(path, headers={"authorization": "Basic ???"}).status_code == 401
        assert pages.get(path, headers=basic("ann:right")).status_code in {200, 404}
    assert pages.get("/health").status_code == 200
    assert pages.get("/feedback/t").text == "its own door"


def test_names_are_escaped(runs: Path) -> None:
    folder = runs / "<script>"
    folder.mkdir()
    (folder / "run.json").write_text("{}")
    page = client(runs, checks={"<b>": lambda: "<i>"}).get("/").text
    assert "<script>" not in page
    assert "<b>" not in page
    assert "<i>" not in page
