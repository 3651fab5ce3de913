"""A phase says truly why it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from modelsearch.core.events import Event, OutcomeScored, PhaseStarted, RoundClosed
from modelsearch.core.outcome import Outcome, Status
from modelsearch.core.plan import Phase
from modelsearch.core.search import Drop, Floats, Move, Probe, SearchView, Setting
from modelsearch.search.endings import ended
from modelsearch.search.fold import Fold
from modelsearch.search.samplers.bayesian import Bayesian
from modelsearch.testing.factories import make_setting

NAN = float("nan")
SILENT = "Silent has asked for all that it finds worth its price and can pay"


@dataclass(frozen=True)
class Silent:
    """A sampler that never asks."""

    def ask(self, _view: SearchView) -> Sequence[Probe]:
        return ()


def after(score: Floats, spend_usd: float, drops: Sequence[int] = (), phase: Phase | None = None) -> str:
    """The reason after a round of the phase in which nothing was asked, with these scores known before."""
    setting = make_setting(len(score), score.shape[1])
    gone = tuple(Drop(candidate_id=setting.candidates[row].id, reason="told to") for row in drops)
    events: list[Event] = [
        PhaseStarted(phase="p", spend_usd=Decimal(100)),
        *bought(setting, score),
        PhaseStarted(phase="q", spend_usd=Decimal(repr(spend_usd))),
        Move(phase="q", round=0, drops=gone),
        RoundClosed(phase="q", round=0),
    ]
    fold = Fold(setting)
    for event in events:
        fold.apply(event)
    return ended(fold, phase or Phase(name="q", sampler=Silent(), max_rounds=9))


def bought(setting: Setting, score: Floats) -> list[Event]:
    return [
        OutcomeScored(
            outcome=Outcome(
                candidate_id=setting.candidates[row].id,
                item_id=setting.item_ids[column],
                status=Status.OK,
                score=float(score[row, column]),
                cost_usd=Decimal("0.01"),
                spend_usd=Decimal("0.01"),
            )
        )
        for row, column in zip(*np.nonzero(~np.isnan(score)), strict=True)
    ]


def part(n_seen: int, n_rows: int = 3, n_items: int = 40) -> Floats:
    score = np.full((n_rows, n_items), NAN)
    score[:, :n_seen] = np.arange(n_seen) % 2
    return score


def test_money_and_open_candidates_left_are_not_told_as_nothing_to_ask() -> None:
    assert after(part(8), 5.0) == SILENT
    assert after(part(0), 5.0) == SILENT


def test_money_that_buys_no_item_is_told() -> None:
    assert after(part(8), 0.001) == "the money left is less than the next item is expected to cost"


def test_a_settled_decision_is_told() -> None:
    score = part(40)
    score[0], score[1] = 1.0, 0.0
    score[2, :39], score[2, 39] = 0.0, NAN
    assert after(score, 5.0).startswith("decided: ")


def test_all_asked_and_nobody_left_are_told() -> None:
    assert after(part(40), 5.0) == "every candidate left was asked every item"
    assert after(part(8), 5.0, drops=[1, 2]) == "no candidate is left beside the baseline"


def test_a_phase_without_a_sampler_says_so() -> None:
    assert after(part(8), 5.0, phase=Phase(name="q")) == "a phase without calls"


def test_a_registered_sampler_is_named() -> None:
    assert after(part(8), 5.0, phase=Phase(name="q", sampler=Bayesian())).startswith("bayesian has asked for all")
