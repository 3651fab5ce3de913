from bench.calibration import is_overconfident
from modelsearch.compare.aggregate import CalibrationBin


def make_bin(right_share: float, n: int = 100, low: float = 0.8) -> CalibrationBin:
    return CalibrationBin(low=low, high=low + 0.1, n=n, stated=low + 0.05, right_share=right_share)


def test_right_less_often_than_stated_by_more_than_the_slack_is_overconfident() -> None:
    assert is_overconfident(make_bin(0.79))
    assert not is_overconfident(make_bin(0.81))


def test_few_recommendations_and_low_probabilities_do_not_count() -> None:
    assert not is_overconfident(make_bin(0.0, n=19))
    assert not is_overconfident(make_bin(0.0, low=0.4))
