from dataclasses import replace

from tests.unit.report.pages import make_disagreement, make_said


def test_the_difference_is_ours_less_the_baselines() -> None:
    assert make_disagreement(loss=1.0).difference == -1.0
    assert make_disagreement(loss=-1.0).difference == 1.0


def test_without_a_score_there_is_no_difference() -> None:
    assert replace(make_disagreement(), ours=make_said("no", None)).difference == 0.0
