from dataclasses import replace

from bench.search import LEARNT, misses
from modelsearch.compare.aggregate import Standing, standings
from tests.unit.compare.rows import make_row


def found(**changes: object) -> Standing:
    (standing,) = standings([make_row(budget_share=0.05, **changes)])
    return standing


def test_a_bar_that_is_reached_is_not_missed() -> None:
    assert misses("x", found(net_captured=0.9), LEARNT) == []


def test_each_bar_is_told_by_name() -> None:
    bad = found(net_captured=0.5, is_wrong=True, is_over_budget=True, cpu_s=3.0)
    told = "\n".join(misses("costs learnt", bad, LEARNT))
    for part in ("costs learnt at 0.05 of X", "0.500, bar 0.78", "wrong in 100.0%", "over budget 1", "3.00 s of CPU"):
        assert part in told


def test_a_share_without_a_bar_may_be_anything_but_over_budget() -> None:
    free = replace(found(net_captured=-1.0, is_wrong=True), budget_share=0.01)
    assert misses("x", free, LEARNT) == []
