"""Outcomes from one project to another, as their users do it."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from modelsearch.api.federated import export_outcomes, import_outcomes, sources
from modelsearch.api.run import search
from modelsearch.api.session import Opening
from modelsearch.core.errors import OptionError, OutcomesFileError
from modelsearch.core.result import Certainty, SearchResult
from modelsearch.settings import Settings
from modelsearch.store.federated_lines import ModelLine, line_bytes, lines_of
from modelsearch.store.outcome_export import Told
from tests.unit.api.shop import Shop, make_shop
from tests.unit.api.small import make_request, make_settings, make_table


def searched(shop: Shop) -> tuple[SearchResult, Settings]:
    opening = shop.opening()
    return search(shop.request(), opening), opening.settings


def test_what_a_run_found_reaches_another_projects_report_without_its_items(shop: Shop, tmp_path: Path) -> None:
    _, settings = searched(shop)
    out = tmp_path / "x.jsonl"
    found = export_outcomes([shop.run.run_id], out, Told(), settings)
    assert found.n_tasks == 1
    assert found.n_models >= 1
    text = out.read_text()
    for secret in ("odd?", "colours", '"q1"', "yes", "key-of", str(shop.root), shop.run.run_id):
        assert secret not in text
    other = make_shop(tmp_path / "other")
    there = other.opening().settings
    import_outcomes(out, name="friends", trust=0.5, settings=there)
    assert [(each.name, each.trust) for each in sources(there)] == [("friends", 0.5)]
    result, _ = searched(other)
    assert [text for text in result.warnings if "friends (trust 0.5, 1 tasks" in text]
    own = make_shop(tmp_path / "own")
    assert result.recommendation == searched(own)[0].recommendation


def test_a_wrong_export_alone_makes_no_certificate(tmp_path: Path) -> None:
    table, home = make_table(), make_settings(tmp_path / "them")
    request = make_request(tmp_path)
    assert request.recorded is not None
    out, wrong = tmp_path / "x.jsonl", tmp_path / "wrong.jsonl"
    export_outcomes([str(request.recorded)], out, Told(is_by_item=False), home)
    turned = [
        line_bytes(msgspec.structs.replace(line, quality=1 - line.quality) if isinstance(line, ModelLine) else line)
        for line in lines_of(out)
    ]
    wrong.write_bytes(b"".join(turned))
    here = make_settings(tmp_path / "here")
    import_outcomes(wrong, name="liar", trust=0.5, settings=here)
    past = (here.federated / "liar.json",)
    certain = search(replace(request, past=past), Opening(settings=here))
    plain = search(request, Opening(settings=make_settings(tmp_path / "plain")))
    is_certified = [each.recommendation.certainty is Certainty.CERTIFIED for each in (certain, plain)]
    assert is_certified[0] <= is_certified[1]
    assert certain.recommendation.candidate_id != f"{table.models[1].name}"


def test_a_run_that_is_unknown_and_a_table_that_is_none_are_told(shop: Shop, tmp_path: Path) -> None:
    settings = shop.opening().settings
    with pytest.raises(OptionError, match="finished run"):
        export_outcomes([str(tmp_path)], tmp_path / "x", Told(), settings)


def test_own_exports_are_not_taken_back(shop: Shop, tmp_path: Path) -> None:
    _, settings = searched(shop)
    export_outcomes([shop.run.run_id], tmp_path / "x", Told(), settings)
    with pytest.raises(OutcomesFileError, match="of this project"):
        import_outcomes(tmp_path / "x", name="me", trust=0.5, settings=settings)
