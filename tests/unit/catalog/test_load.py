import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from modelsearch.catalog.load import is_live, load_market
from modelsearch.core.errors import CatalogError
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.testing.factories import make_endpoint
from tests.unit.catalog.folders import spoil, write_catalog

TODAY = date(2026, 11, 23)


def _message(folder: Path) -> str:
    with pytest.raises(CatalogError) as caught:
        load_market(folder, as_of=TODAY)
    return str(caught.value)


def test_every_file_becomes_its_part_of_the_market(tmp_path: Path) -> None:
    market = load_market(write_catalog(tmp_path), as_of=TODAY)
    endpoint = market.endpoints[EndpointId("acme/m-1")]
    rates = {rate.kind: rate for rate in endpoint.rates}
    assert market.as_of == TODAY
    assert (endpoint.wire_name, endpoint.provider_id, endpoint.model_id) == ("m-1", "acme", "m-1")
    assert rates["cache_read"].usd == Decimal("0.1")
    assert (rates["input"].source, rates["input"].observed_at) == ("list", date(2026, 11, 1))
    assert market.models[ModelId("m-1")].params_b == 8.5
    assert market.models[ModelId("m-1")].scores[0].value == 0.5
    assert market.models[ModelId("m-2")].params_b is None
    assert market.providers[ProviderId("home")].key_env is None
    assert [tier.name for tier in market.tiers] == ["low", "high"]
    assert market.task_kinds["coding"].avoids == {"cheap"}
    assert market.families["kid"].lineage == "fam"
    assert market.specialisations[0].evidence == "opinion: somebody said so"
    assert market.complexity is not None
    assert market.complexity.weights == {"a": 0.4, "b": 0.6}


def test_an_unknown_price_stays_unknown(tmp_path: Path) -> None:
    market = load_market(write_catalog(tmp_path), as_of=TODAY)
    rates = {rate.kind: rate.usd for rate in market.endpoints[EndpointId("acme/m-2")].rates}
    assert rates == {"input": None, "output": Decimal(3)}


def test_a_second_of_compute_is_priced_per_second(tmp_path: Path) -> None:
    market = load_market(write_catalog(tmp_path), as_of=TODAY)
    per = {rate.kind: rate.per for rate in market.endpoints[EndpointId("home/m-1")].rates}
    assert per == {"input": "mtok", "output": "mtok", "compute_second": "second"}


@pytest.mark.parametrize(
    "name",
    [
        "models.yaml",
        "families.yaml",
        "tiers.yaml",
        "task_kinds.yaml",
        "specialisations.yaml",
        "complexity.yaml",
    ],
)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write_catalog(tmp_path) / name).unlink()
    message = _message(tmp_path)
    assert str(tmp_path / name) in message
    assert "cannot be read" in message


def test_a_catalogue_without_providers_is_named(tmp_path: Path) -> None:
    shutil.rmtree(write_catalog(tmp_path) / "providers")
    assert "at least one provider file" in _message(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("models.yaml", "family: kid", "family: kit", "models[m-2].family: expected an id of families.yaml (fam, kid)"),
        ("models.yaml", "id: m-2", "id: m-1", "models[m-1]: expected once, got 2 times"),
        ("models.yaml", "params_b: 8.5", "{params_b: 8.5", "no valid YAML"),
        ("families.yaml", "lineage: fam", "lineage: kid", "no circle"),
        ("families.yaml", "lineage: fam", "lineage: dad", "families[kid].lineage: expected a family (fam, kid)"),
        ("providers/acme.yaml", "model: m-2", "model: m-3", "endpoints[m-2].model: expected an id of models.yaml"),
        ("providers/acme.yaml", "id: acme", "id: acmee", "id: expected the name of the file ('acme'), got 'acmee'"),
        ("providers/acme.yaml", "wire: m-2", "wire: m-1", "endpoints[m-1]: expected once, got 2 times"),
        ("providers/acme.yaml", "ACME_API_KEY", "null", "key_env: expected the name of an environment variable"),
        ("providers/acme.yaml", "https://api.acme.example", "http://localhost.evil.example", "base_url: a key is sent"),
        ("providers/acme.yaml", "input_mtok: 1,", "input_mtok: 0,", "0 is allowed for local providers only"),
        ("tiers.yaml", "min_usd_per_mtok: 1}", "min_usd_per_mtok: 2}", "expected the max of 'low' (1), got 2"),
        ("task_kinds.yaml", "[general]", "[genral]", "task_kinds[coding].prefers: expected a strength in use"),
        ("task_kinds.yaml", "[general]", "[cheap]", "got 'cheap' in both"),
        ("specialisations.yaml", "id: fam", "id: mad", "expected a family (fam, kid), got 'mad'"),
        ("specialisations.yaml", "kind: coding", "kind: codin", "expected a task kind (coding), got 'codin'"),
        ("complexity.yaml", "b: 0.6", "b: 0.7", "weights: expected a sum of 1, got 1.1"),
        ("complexity.yaml", "below: 1.01", "below: 0.9", "complexity 1 has a band, got 0.9"),
    ],
)
def test_a_problem_names_file_key_allowed_and_got(tmp_path: Path, name: str, old: str, new: str, expected: str) -> None:
    spoil(write_catalog(tmp_path), name, old, new)
    message = _message(tmp_path)
    assert message.startswith(str(tmp_path / name))
    assert expected in message


def test_all_problems_of_a_file_are_listed_at_once(tmp_path: Path) -> None:
    write_catalog(tmp_path)
    spoil(tmp_path, "providers/acme.yaml", "model: m-2", "model: m-3")
    spoil(tmp_path, "providers/acme.yaml", "cache_read_mtok: 0.1", "cache_read_mtok: 7")
    message = _message(tmp_path)
    assert "2 problem(s)" in message
    assert "'m-3'" in message
    assert "expected at most input_mtok (1), got 7" in message


def test_an_endpoint_lives_through_its_last_day() -> None:
    endpoint = make_endpoint(deprecated_on=TODAY)
    assert is_live(endpoint, TODAY)
    assert not is_live(endpoint, date(2026, 11, 24))
    assert is_live(make_endpoint(deprecated_on=None), date(2999, 1, 1))


SCALING = """
source: ten made-up tables
observed_on: 2026-11-01
n_tables: 10
n_models: 99
min_reference_b: 70
knots_b: [8, 70]
intercept: -0.1
slopes: [0.05, 0]
architectures: {dense: 0, moe: 0.01}
families: {fam: 0.02}
offsets:
- {level: 0.9, gap: 0.01, coverage: 0.9, least_coverage: 0.7}
- {level: 0.98, gap: 0.03, coverage: 0.97, least_coverage: 0.9}
"""


def test_a_law_of_size_is_read_where_there_is_one(tmp_path: Path) -> None:
    assert load_market(write_catalog(tmp_path), as_of=TODAY).scaling is None
    (tmp_path / "scaling.yaml").write_text(SCALING, encoding="utf-8")
    rule = load_market(tmp_path, as_of=TODAY).scaling
    assert rule is not None
    assert rule.offsets == ((0.9, 0.01), (0.98, 0.03))
    assert (rule.knots_b, rule.slopes, rule.families) == ((8.0, 70.0), (0.05, 0.0), {"fam": 0.02})


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("slopes: [0.05, 0]", "slopes: [0.05]", "slopes: expected one for each of 2 knots_b, got 1"),
        ("slopes: [0.05, 0]", "slopes: [0.05, -1]", "slopes[1]: Input should be greater than or equal to 0"),
        ("knots_b: [8, 70]", "knots_b: [8, 7]", "knots_b: expected more than 8, got 7"),
        ("gap: 0.03", "gap: 0", "offsets: expected levels that rise and gaps that do not fall, got 0.98: 0"),
        ("moe: 0.01", "mow: 0.01", "architectures"),
    ],
)
def test_a_law_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, expected: str) -> None:
    (write_catalog(tmp_path) / "scaling.yaml").write_text(SCALING, encoding="utf-8")
    spoil(tmp_path, "scaling.yaml", old, new)
    assert expected in _message(tmp_path)
