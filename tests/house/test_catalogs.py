"""The catalogue that is shipped: enough of it, sourced, consistent, quick, and equal to what generates it."""

import shutil
import time
from collections import Counter
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest

from bench.make_catalogs import CATALOGS, DATA, write_catalogs
from modelsearch.catalog.load import is_live, load_market
from modelsearch.catalog.price import dearest_prices, prices_at
from modelsearch.catalog.schema import schema_texts
from modelsearch.catalog.tiers import tier_of
from modelsearch.core.ids import EndpointId, ProviderId
from modelsearch.core.list_price import blended_usd_per_mtok
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.registry import names
from modelsearch.search.task_features import complexity_features
from modelsearch.testing.factories import make_task

SNAPSHOT = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
WANTED = {
    *("openai", "anthropic", "google", "openrouter", "together", "groq", "mistral", "deepseek", "fireworks"),
    *("vllm", "ollama", "llamacpp"),
}


@cache
def market() -> Market:
    return load_market(CATALOGS, as_of=SNAPSHOT)


def live() -> list[Endpoint]:
    return [endpoint for endpoint in market().endpoints.values() if is_live(endpoint, SNAPSHOT)]


def test_there_are_enough_models_endpoints_and_providers() -> None:
    assert len({endpoint.model_id for endpoint in live()}) >= 150
    assert len(live()) >= 250
    assert len({endpoint.provider_id for endpoint in live()}) >= 10
    assert set(market().providers) >= WANTED


def test_every_price_has_a_source_and_a_day() -> None:
    for endpoint in market().endpoints.values():
        for rate in endpoint.rates:
            assert rate.source, endpoint.id
            assert date(2024, 1, 1) <= rate.observed_at <= SNAPSHOT, endpoint.id


def test_every_endpoint_has_a_price_a_tier_and_an_upper_bound() -> None:
    for endpoint in market().endpoints.values():
        price = blended_usd_per_mtok(endpoint, NOW.date())
        assert price is not None, endpoint.id
        assert price > 0, endpoint.id
        assert tier_of(endpoint, market().tiers, NOW) is not None, endpoint.id
        held, dearest = prices_at(endpoint, at=NOW, prompt_tokens=1000), dearest_prices(endpoint, NOW)
        assert all((dearest[kind] or 0) >= (usd or 0) for kind, usd in held.items()), endpoint.id


def test_every_tier_and_every_pricing_class_has_members() -> None:
    tiers = Counter(tier.name for endpoint in live() if (tier := tier_of(endpoint, market().tiers, NOW)))
    assert min(tiers[tier.name] for tier in market().tiers) >= 20
    assert {provider.pricing_class for provider in market().providers.values()} == {
        "premium",
        "variable",
        "budget",
        "local",
    }


def test_every_dialect_is_registered() -> None:
    assert {provider.dialect for provider in market().providers.values()} <= set(names("dialect"))


def test_every_default_scorer_is_registered() -> None:
    assert {kind.scorer for kind in market().task_kinds.values()} <= set(names("scorer"))


def test_one_model_has_many_hosts() -> None:
    hosts = Counter(endpoint.model_id for endpoint in live())
    assert sum(n >= 2 for n in hosts.values()) >= 60


def test_openai_reasoning_models_have_their_own_rules() -> None:
    def flags(name: str) -> frozenset[str]:
        return market().endpoints[EndpointId(name)].capabilities

    assert flags("openai/o3") >= {"no_temperature", "max_completion_tokens", "reasoning"}
    assert flags("openai/gpt-5-mini") >= {"no_temperature", "max_completion_tokens", "reasoning"}
    assert not flags("openai/gpt-4o-mini") & {"no_temperature", "max_completion_tokens", "reasoning"}
    assert "max_completion_tokens" not in flags("openrouter/openai/o3")


def test_free_and_moving_offers_are_left_out() -> None:
    for endpoint in market().endpoints.values():
        assert not endpoint.wire_name.endswith((":free", "-latest")), endpoint.id
        assert not endpoint.wire_name.startswith(("~", "openrouter/")), endpoint.id


def test_keys_are_named_and_never_held() -> None:
    for provider in market().providers.values():
        is_local = provider.pricing_class == "local"
        assert (provider.key_env is None) == is_local
        assert is_local or provider.base_url.startswith("https://")


def test_task_kinds_are_the_six_of_the_client() -> None:
    kinds = {"classification", "extraction", "reasoning", "coding", "creative_writing", "summarisation"}
    assert set(market().task_kinds) == kinds
    published = {score.benchmark for model in market().models.values() for score in model.scores}
    for kind in market().task_kinds.values():
        assert set(kind.benchmarks) <= published, kind.id


def test_specialisations_say_what_they_rest_on() -> None:
    for row in market().specialisations:
        assert row.evidence.startswith(("opinion: ", "measured: "))
    assert {row.subject for row in market().specialisations} == {"provider", "family"}


def test_the_complexity_rule_weighs_what_there_is_and_keeps_the_clients_features_and_bands() -> None:
    rule = market().complexity
    assert rule is not None
    assert set(rule.weights) == set(complexity_features(make_task(4), rule.reasoning_words))
    client = {"avg_input_length", "vocab_diversity", "label_entropy", "reasoning_keywords", "domain_specificity"}
    assert client < set(rule.weights)
    assert [band.below for band in rule.bands[:2]] == [0.3, 0.7]
    assert [band.min_params_b for band in rule.bands] == [7, 13, 70]


def test_scores_have_a_licence_to_be_shipped() -> None:
    scores = [score for model in market().models.values() for score in model.scores]
    assert len(scores) >= 200
    for score in scores:
        assert 0 <= score.value <= 1
        assert score.source.endswith(("(Apache-2.0)", "(MIT)"))


def test_each_file_opens_with_its_schema_and_the_schemas_are_fresh() -> None:
    for name, text in schema_texts().items():
        assert (CATALOGS / "schemas" / name).read_text(encoding="utf-8") == text, "run python -m bench.make_catalogs"
    for path in [*CATALOGS.glob("*.yaml"), *(CATALOGS / "providers").glob("*.yaml")]:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        prefix = "# yaml-language-server: $schema="
        assert first.startswith(prefix), path.name
        assert (path.parent / first.removeprefix(prefix)).resolve().exists(), path.name


def test_the_catalogue_loads_in_half_a_second() -> None:
    assert min(_load_cpu_s() for _ in range(3)) < 0.5


def _load_cpu_s() -> float:
    started = time.process_time()
    load_market(CATALOGS, as_of=SNAPSHOT)
    return time.process_time() - started


def test_openrouter_names_the_one_host_of_a_proprietary_model() -> None:
    hosts = {
        name: market().endpoints[EndpointId(f"openrouter/{name}")].host
        for name in ("openai/gpt-4o-mini", "anthropic/claude-haiku-4.5", "openai/gpt-oss-20b", "qwen/qwen3-32b")
    }
    assert list(hosts.values()) == ["openai", "anthropic", None, None]


def test_local_providers_wait_for_the_users_own_endpoints() -> None:
    for name in ("vllm", "ollama", "llamacpp"):
        provider = market().providers[ProviderId(name)]
        assert provider.pricing_class == "local"
        assert not [e for e in market().endpoints.values() if e.provider_id == name]


@pytest.mark.skipif(not (DATA / "prices.csv").exists(), reason="needs the collected facts beside the repository")
def test_the_generated_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    copy = shutil.copytree(CATALOGS, tmp_path / "catalogs")
    write_catalogs(DATA, copy)
    for path in [*CATALOGS.glob("*.yaml"), *(CATALOGS / "providers").glob("*.yaml")]:
        assert (copy / path.relative_to(CATALOGS)).read_text("utf-8") == path.read_text("utf-8"), path.name


def test_zero_retention_is_claimed_only_where_a_request_can_have_it() -> None:
    claimed = {p.id for p in market().providers.values() if p.is_zdr and p.pricing_class != "local"}
    assert claimed == {"openrouter", "fireworks"}


def test_a_region_is_named_only_where_it_is_a_fact() -> None:
    places = {p.id: p.regions for p in market().providers.values() if p.regions and p.pricing_class != "local"}
    assert places == {"mistral": ("eu",), "deepseek": ("cn",), "alibaba": ("sg",)}


def test_a_limit_that_is_not_known_is_said_to_be_so() -> None:
    for provider in market().providers.values():
        if provider.pricing_class != "local" and provider.rpm is None:
            head = (CATALOGS / "providers" / f"{provider.id}.yaml").read_text(encoding="utf-8").split("\nendpoints:")[0]
            assert "# rpm, tpm: null = not limited by us." in head, provider.id


def test_choosing_among_labels_is_scored_as_a_choice() -> None:
    assert market().task_kinds["classification"].scorer == "choice"
