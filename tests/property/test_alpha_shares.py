"""Levels of certificates are fixed before the first outcome, in whatever life of a run they are looked at."""

from hypothesis import given

from modelsearch.core.events import Event, OutcomeScored
from modelsearch.decide.alpha import alpha_shares, keep_level, shared_level
from modelsearch.search.fold import Fold
from tests.property.test_fold import SETTING, trajectories


def shares_after(events: list[Event]) -> dict[str, float]:
    """Levels by candidate as a run sees them that was resumed here, for it folds its journal from scratch."""
    fold = Fold(SETTING)
    for event in events:
        fold.apply(event)
    view = fold.view()
    return dict(zip(view.row, alpha_shares(view).tolist(), strict=True))


@given(events=trajectories())
def test_shares_never_change_after_the_first_outcome_nor_on_resume(events: list[Event]) -> None:
    first = next((n for n, event in enumerate(events, start=1) if isinstance(event, OutcomeScored)), len(events))
    fixed = shares_after(events[:first])
    for n in range(first, len(events) + 1):
        later = shares_after(events[:n])
        assert {name: later[name] for name in fixed} == fixed
        others = keep_level(SETTING.task.alpha) + shared_level(SETTING.task.alpha)
        assert sum(later.values()) + others <= SETTING.task.alpha + 1e-12
        fixed = later


@given(events=trajectories())
def test_whoever_of_the_start_left_after_the_first_probe_keeps_a_share(events: list[Event]) -> None:
    fold = Fold(SETTING)
    for event in events:
        fold.apply(event)
    view = fold.view()
    shares = dict(zip(view.row, alpha_shares(view).tolist(), strict=True))
    for name in (candidate.id for candidate in SETTING.candidates):
        assert (shares[name] > 0) == (name not in view.dropped_free and name != view.baseline_id)
        assert name not in view.pool or name not in view.dropped_free
