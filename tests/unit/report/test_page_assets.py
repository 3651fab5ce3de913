import base64
import hashlib
import re
from importlib.resources import files

import pytest

from modelsearch.report import page_assets
from modelsearch.report.page_assets import SCRIPTS, interpreter, policy, scripts, style

ASSETS = files("modelsearch.report").joinpath("assets")


def test_vendored_files_are_those_that_were_published() -> None:
    table = ASSETS.joinpath("README.md").read_text()
    rows = re.findall(r"^\| `([\w.-]+)` \|.*\| `([0-9a-f]{64})` \|$", table, re.MULTILINE)
    assert {name for name, _ in rows} == {"vega.min.js", "vega-interpreter.js", "LICENSE-vega"}
    for name, sha256 in rows:
        assert hashlib.sha256(ASSETS.joinpath(name).read_bytes()).hexdigest() == sha256, name


def test_the_interpreter_is_wrapped_and_otherwise_as_published() -> None:
    whole = interpreter()
    assert not re.search(r"^\s*(import|export)\b", whole, re.MULTILINE)
    source = ASSETS.joinpath("vega-interpreter.js").read_text()
    body = source[source.index("function adjustSpatial") : source.index("export {")]
    assert body in whole


def test_another_interpreter_is_not_guessed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_assets, "_text", lambda *_: "import x from 'y';")
    with pytest.raises(ValueError, match=r"assets/README\.md"):
        interpreter()


def test_no_script_ends_its_own_element_or_makes_html_of_text() -> None:
    assert not any("</script" in text.lower() or "<!--" in text for text in scripts())
    own = scripts()[-1]
    makes_html = r"innerHTML|outerHTML|insertAdjacent|document\.write|createContextualFragment"
    runs_text = r"eval\(|new Function|setTimeout\(['\"]|fetch\(|XMLHttp|import\("
    assert not re.search(f"{makes_html}|{runs_text}", own)
    assert not re.search(r"https?:", own)


def test_every_script_of_ours_is_joined_in() -> None:
    there = {
        entry.name
        for entry in files("modelsearch.report").joinpath("templates").iterdir()
        if entry.name.startswith("page_") and entry.name.endswith(".js")
    }
    assert there == set(SCRIPTS)


def test_the_policy_names_what_runs_by_its_hash_and_nothing_else() -> None:
    text = policy(["a{}"], ["run()"])
    digest = base64.b64encode(hashlib.sha256(b"run()").digest()).decode()
    assert f"script-src 'sha256-{digest}';" in text
    assert text.startswith("default-src 'none'; ")
    assert "unsafe" not in text
    assert "http" not in text
    assert "script-src 'none'" in policy([style()], [])
