import pytest

from modelsearch.core.batch import BatchPolicy
from modelsearch.core.errors import OptionError


def test_options_out_of_range_are_refused() -> None:
    for wrong in ({"mode": "sometimes"}, {"deadline_h": 0}, {"deadline_h": 1000}, {"min_calls": 0}):
        with pytest.raises(OptionError, match="--batch"):
            BatchPolicy(**wrong)


def test_wide_rounds_are_those_of_enough_calls() -> None:
    wide, always, never = (BatchPolicy(mode=mode, min_calls=5) for mode in ("wide", "always", "never"))
    assert [wide.is_batched(n) for n in (4, 5)] == [False, True]
    assert [always.is_batched(n) for n in (0, 1)] == [False, True]
    assert not never.is_batched(1000)
