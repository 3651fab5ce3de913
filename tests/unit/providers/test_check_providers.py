"""Providers that no call can be made to are told before the first call."""

import pytest

from modelsearch.core.errors import CatalogError, KeyMissingError
from modelsearch.core.ids import ProviderId
from modelsearch.providers.account import check_providers
from modelsearch.testing.factories import make_provider


def test_good_providers_pass_with_and_without_key() -> None:
    check_providers([make_provider(), make_provider("p1", key_env="P1_KEY")], {})
    check_providers([make_provider("p1", key_env="P1_KEY")], {ProviderId("p1"): "good"})


def test_a_key_of_two_lines_is_refused_without_being_shown() -> None:
    with pytest.raises(KeyMissingError, match="p1: P1_KEY must be one line") as told:
        check_providers([make_provider("p1", key_env="P1_KEY")], {ProviderId("p1"): "sec\nret"})
    assert "sec" not in str(told.value)


def test_an_unknown_dialect_names_the_provider() -> None:
    with pytest.raises(CatalogError, match=r"provider p1: dialect: expected one of .*openai_chat.*got 'morse'"):
        check_providers([make_provider("p1", dialect="morse")], {})


def test_a_url_without_host_is_refused() -> None:
    with pytest.raises(CatalogError, match="base_url"):
        check_providers([make_provider("p1", base_url="ftp://host")], {})
