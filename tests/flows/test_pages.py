"""The pages of `modelsearch serve`: reports and health, and nothing else of a run."""

from base64 import b64encode
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from flows.pages import Served, pages_app
from modelsearch.settings import read_settings

RUN = "20261124-010203-abcdef"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / RUN
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"task": "triage"}')
    for name in ("journal.bin", "report.html", "report.md", "front.svg"):
        (folder / name).write_text(f"content of {name}")
    (tmp_path / "secret.html").write_text("secret")
    return tmp_path / "runs"


def client(runs: Path, **more: object) -> TestClient:
    settings = read_settings({"MODELSEARCH_HOME": str(runs.parent)})
    return TestClient(pages_app(Served(settings=settings, **more)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "kind"), [("report.html", "text/html"), ("report.md", "text/plain"), ("front.svg", "image/svg+xml")]
)
def test_reports_are_served(runs: Path, name: str, kind: str) -> None:
    page = client(runs).get(f"/runs/{RUN}/{name}")
    assert (page.status_code, page.text) == (200, f"content of {name}")
    assert page.headers["content-type"].startswith(kind)
    assert page.headers["x-content-type-options"] == "nosniff"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert ("script-src" in policy) == (name == "report.html")


def test_the_site_is_served_and_made_where_no_night_has_made_it(runs: Path) -> None:
    pages = client(runs)
    assert "No task is looked after yet" in pages.get("/").text
    assert (runs.parent / "site" / "index.html").is_file()
    assert pages.get("/catalog.html").status_code == 200
    assert pages.get("/tasks/triage.html").status_code == 404
    (runs.parent / "site" / "tasks").mkdir(exist_ok=True)
    (runs.parent / "site" / "tasks" / "triage.html").write_text("page of triage")
    assert pages.get("/tasks/triage.html").text == "page of triage"
    (runs.parent / "site" / "index.html").write_text("of last night")
    assert pages.get("/index.html").text == "of last night"


def test_runs_are_those_of_now(runs: Path) -> None:
    text = client(runs, checks={"prefect": lambda: "no answer"}).get("/runs.html").text
    assert f"runs/{RUN}/report.html" in text
    assert "prefect: no answer" in text
    assert "no result yet" in text


@pytest.mark.parametrize(
    "path",
    [
        f"/runs/{RUN}/journal.bin",
        f"/runs/{RUN}/result.json",
        f"/runs/{RUN}/..%2F..%2Fsecret.html",
        "/runs/..%2F..%2Fx/report.html",
        "/runs/../report.html",
        "/runs/other/report.html",
        "/tasks/..%2F..%2Fsecret.html",
        "/tasks/../secret.html",
        "/secret.html",
        "/current.json",
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
    page = client(runs, checks={"<blink>": lambda: "<i>"}).get("/runs.html").text
    assert "<script>" not in page
    assert "<blink>" not in page
    assert "<i>" not in page
