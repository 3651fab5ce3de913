import pytest

from modelsearch.nights.night import NightRules


@pytest.mark.parametrize(
    "parts",
    [
        {"slack": 0.5},
        {"reserve": 0.0},
        {"least_gain": 1.0},
        {"drift_items": -1},
        {"notice_days": -1},
        {"max_nights": 0},
    ],
)
def test_rules_out_of_range_are_refused(parts: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(parts))):
        NightRules(**parts)  # type: ignore[arg-type]
