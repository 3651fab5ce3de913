import pickle

import pytest

from modelsearch.compare.peers import peer, peers, yardstick_of
from modelsearch.compare.search import searched
from modelsearch.compare.tables import Asked
from modelsearch.core.errors import OptionError
from tests.unit.compare.fields import make_field

OWN = sorted(name for name in peers() if not name.startswith("optuna"))


def test_each_has_three_settings_judged_by_both_rules() -> None:
    for name, settings in peers().items():
        assert len({contender.name for contender in settings}) == 3, name
        assert all(contender.rules == ("house", "point") for contender in settings)
        assert {yardstick_of(f"{contender.name} (point)") for contender in settings} == {name}


def test_they_can_be_sent_to_other_processes() -> None:
    for settings in peers().values():
        assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own


@pytest.mark.parametrize("name", OWN)
async def test_each_searches_within_its_money_and_finds_something_with_all_of_it(name: str) -> None:
    field, captured = make_field(), []
    for contender in peer(name):
        (some, _) = await searched(field, contender, Asked(baseline="m0", budget_share=0.2), (0.2,))
        assert not some["is_over_budget"]
        rows = await searched(field, contender, Asked(baseline="m0", budget_share=1.0), (1.0,))
        captured += [float(str(row["net_captured"])) for row in rows]
    assert min(captured) >= 0.0
    assert max(captured) == 1.0


def test_an_unknown_one_is_told() -> None:
    with pytest.raises(OptionError, match=r"yardstick: expected one of .*ucb_e.*'hyperband'"):
        peer("hyperband")
