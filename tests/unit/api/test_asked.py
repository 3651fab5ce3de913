"""Names in a task's requirements against the market."""

import pytest

from modelsearch.api.asked import check_names
from modelsearch.core.errors import OptionError
from modelsearch.core.task import Requirements
from modelsearch.testing.factories import make_market

MARKET = make_market(3)


def test_known_names_pass() -> None:
    needs = frozenset({"open-weights", "zdr", "region=eu", "json_schema"})
    check_names(Requirements(providers=frozenset({"p0"}), needs=needs), MARKET)
    check_names(Requirements(), MARKET)


def test_an_unknown_provider_is_told_with_its_neighbour() -> None:
    with pytest.raises(OptionError, match=r"--providers: expected some of p0, got 'p00'; did you mean 'p0'\?"):
        check_names(Requirements(providers=frozenset({"p0", "p00"})), MARKET)


@pytest.mark.parametrize("need", ["open_weights", "region", "region=", "cheap"])
def test_an_unknown_need_is_refused(need: str) -> None:
    with pytest.raises(OptionError, match=r"--require: expected some of .*open-weights"):
        check_names(Requirements(needs=frozenset({need})), MARKET)
