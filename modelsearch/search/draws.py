"""What was drawn, when and how likely it was: the trajectory of one row as the doubly robust estimate needs it.

Predictions of a draw must be fixed before it: they are fitted on what was known before its round, and refitted only
each time that the number of cells bought has doubled, so that a whole history costs a handful of fits.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from modelsearch.core.candidate import singles_of
from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Floats, Ints, SearchView
from modelsearch.stats.doubly_robust import Drawn

NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True, kw_only=True)
class Draw:
    """An item of a row: in which round it was drawn, and with which probability."""

    round: int
    column: int
    p_draw: float


@dataclass(frozen=True, kw_only=True)
class History:
    """When cells came to be known.

    Attributes:
        asked_at: (n_candidates, n_items) number of the round, over all phases, that first asked for a cell; -1 where it
            was known before all, `NEVER` where nothing is known.
        draws: of each candidate, in order; those that were cut or never answered left out.
        fit_round: (n_rounds + 1,) the round before which the predictions of a round were fitted.
    """

    asked_at: Ints
    draws: dict[CandidateId, tuple[Draw, ...]]
    fit_round: Ints

    def known_before(self, scores: Floats, at: int) -> Floats:
        """(n_candidates, n_items) the scores known before round `at`, NaN elsewhere."""
        return np.where(self.asked_at < at, scores, np.nan)


def history(view: SearchView) -> History:
    """The history of a view. A cell that a composite brought counts for its members too. O(cells asked)."""
    index, n_rounds = view.setting.item_index, len(view.moves)
    is_known = view.outcomes.status > 0
    asked_at = np.full(is_known.shape, n_rounds, dtype=np.int64)
    draws: dict[CandidateId, list[Draw]] = {}
    for number, move in enumerate(view.moves):
        for probe in move.probes:
            columns = np.array([index[i] for i in probe.item_ids], dtype=np.int64)
            row = view.row[probe.candidate_id]
            for at, p_draw in enumerate(probe.p_draw or ()):
                column = int(columns[at])
                if is_known[row, column] and asked_at[row, column] == n_rounds:
                    draws.setdefault(probe.candidate_id, []).append(Draw(round=number, column=column, p_draw=p_draw))
            for member in {probe.candidate_id, *(s.id for s in singles_of(view.candidate(probe.candidate_id)))}:
                if member in view.row:
                    cells = asked_at[view.row[member]]
                    cells[columns] = np.minimum(cells[columns], number)
    asked_at = np.where(is_known, np.where(asked_at == n_rounds, -1, asked_at), NEVER)
    return History(
        asked_at=asked_at, draws={c: tuple(d) for c, d in draws.items()}, fit_round=_fit_rounds(asked_at, n_rounds)
    )


def _fit_rounds(asked_at: Ints, n_rounds: int) -> Ints:
    """(n_rounds + 1,) the first round of each doubling of the cells known, at or before every round."""
    first_asked = np.clip(asked_at[asked_at < NEVER] + 1, 0, n_rounds)
    n_known = np.cumsum(np.bincount(first_asked, minlength=n_rounds + 1))
    doubling = np.floor(np.log2(n_known + 1)).astype(np.int64)
    starts = np.concatenate([[True], doubling[1:] > doubling[:-1]])
    return np.maximum.accumulate(np.where(starts, np.arange(n_rounds + 1), 0)).astype(np.int64)


def drawn_row(
    view: SearchView, known: History, candidate_id: CandidateId, predicted: Callable[[int], Floats], scores: Floats
) -> Drawn:
    """One row's draws for `stats.doubly_robust`; failed items count as what `scores` says.

    Args:
        view: of the round.
        known: its history.
        candidate_id: whose row.
        predicted: (n_candidates, n_items) predictions fitted on what was known before a round.
        scores: (n_candidates, n_items), without gaps where anything is known.
    """
    row, draws = view.row[candidate_id], known.draws.get(candidate_id, ())
    rounds = [int(known.fit_round[draw.round]) for draw in draws]
    fits = sorted(set(rounds))
    step_of_round = np.array([draw.round for draw in draws], dtype=np.int64)
    asked = known.asked_at[row]
    known_from = np.searchsorted(step_of_round, np.minimum(asked, len(view.moves)), side="right")
    known_from = np.where(asked == NEVER, len(draws) + 1, known_from)
    columns = np.array([draw.column for draw in draws], dtype=np.int64)
    known_from[columns] = np.arange(1, len(draws) + 1)
    return Drawn(
        score=np.where(asked == NEVER, np.nan, scores[row]),
        known_from=known_from.astype(np.int64),
        column=columns,
        p_draw=np.array([draw.p_draw for draw in draws], dtype=np.float64),
        prediction=np.stack([predicted(f)[row] for f in fits]) if fits else np.zeros((0, asked.size)),
        fit=np.array([fits.index(r) for r in rounds], dtype=np.int64),
    )
