"""A phase that no strategy decides: given items of given candidates, journalled like any other.

Nights use it for what is not a search: the baseline's own row, a sample that is asked anew, and the replies of earlier
runs, which are taken in before anything is decided so that nobody plans to pay for them again. It takes as many rounds
as the money needs: a call is reserved at the most that it can cost, which is often many times what it does.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from modelsearch.core.candidate import Candidate
from modelsearch.core.events import PhaseClosed, PhaseStarted
from modelsearch.core.ids import CandidateId, ItemId
from modelsearch.core.search import Move, Probe
from modelsearch.search.fold import Fold
from modelsearch.search.loop import Search, affordable, finish_round


async def ask_rows(
    search: Search, phase: str, probes: Sequence[Probe], *, additions: Sequence[Candidate] = (), is_free: bool = False
) -> bool:
    """Ask, from wherever an earlier life left it; whether all that was wanted was asked.

    Args:
        search: under way, no phase open but this one.
        phase: its name in the trajectory, no other phase's.
        probes: what to ask, in the order in which money goes to them.
        additions: composites among those asked that the search does not know yet.
        is_free: what is asked is known to cost nothing, whatever its bound.

    Raises:
        StoppedError: a provider cannot go on; the search can be resumed.
    """
    fold = search.fold
    if phase in fold.closed_phases:
        return not _unasked(fold, phase, probes)
    if fold.open_phase != phase:
        left = max(Decimal(0), fold.setting.budget.spend_usd - search.ledger.spend().committed_usd)
        search.record(PhaseStarted(phase=phase, spend_usd=left))
    if fold.open_move is not None:
        await finish_round(search, fold.open_move)
    while (move := _next_move(search, phase, probes, additions, is_free=is_free)) is not None:
        search.record(move)
        await finish_round(search, move)
    is_all = not _unasked(fold, phase, probes)
    search.record(PhaseClosed(phase=phase, reason="all was asked" if is_all else "the money did not reach for all"))
    return is_all


def _next_move(
    search: Search, phase: str, probes: Sequence[Probe], additions: Sequence[Candidate], *, is_free: bool
) -> Move | None:
    """The next round; None when nothing is left, or nothing can be paid. The first one is there in any case."""
    fold = search.fold
    new = tuple(each for each in additions if each.id not in fold.candidates)
    wanted = Move(phase=phase, round=fold.next_round, additions=new, probes=tuple(_unasked(fold, phase, probes)))
    move = wanted if is_free else affordable(search, wanted)
    return move if move.probes or fold.next_round == 0 else None


def _unasked(fold: Fold, phase: str, probes: Sequence[Probe]) -> list[Probe]:
    """What the phase has not asked yet: what was asked in vain is not asked again here."""
    moves = [move for move in fold.view().moves if move.phase == phase]
    asked = {(probe.candidate_id, item) for move in moves for probe in move.probes for item in probe.item_ids}
    return [*_without(probes, asked)]


def _without(probes: Sequence[Probe], asked: Container[tuple[CandidateId, ItemId]]) -> Iterator[Probe]:
    for probe in probes:
        items = tuple(item_id for item_id in probe.item_ids if (probe.candidate_id, item_id) not in asked)
        if items:
            yield replace(probe, item_ids=items)
