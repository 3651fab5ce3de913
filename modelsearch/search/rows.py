"""A phase that no strategy decides: given items of given candidates, asked in one round and journalled like any other.

Nights use it for what is not a search: the baseline's own row, a sample that is asked anew, and the replies of earlier
runs, which are taken in before anything is decided so that nobody plans to pay for them again.
"""

from collections.abc import Sequence
from decimal import Decimal

from modelsearch.core.candidate import Candidate
from modelsearch.core.events import PhaseClosed, PhaseStarted
from modelsearch.core.search import Move, Probe
from modelsearch.search.loop import Search, affordable, finish_round


async def ask_rows(
    search: Search,
    phase: str,
    probes: Sequence[Probe],
    *,
    additions: Sequence[Candidate] = (),
    is_free: bool = False,
) -> bool:
    """Ask, from wherever an earlier life left it; whether all that was wanted could be paid.

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
        return not any(move.phase == phase and move.is_cut for move in fold.view().moves)
    if fold.open_phase != phase:
        left = max(Decimal(0), fold.setting.budget.spend_usd - search.ledger.spend().committed_usd)
        search.record(PhaseStarted(phase=phase, spend_usd=left))
    if fold.open_move is None and fold.closed_move is None:
        wanted = Move(phase=phase, round=0, additions=tuple(additions), probes=tuple(probes))
        search.record(wanted if is_free else affordable(search, wanted))
    is_cut = any(move is not None and move.is_cut for move in (fold.open_move, fold.closed_move))
    if fold.open_move is not None:
        await finish_round(search, fold.open_move)
    search.record(PhaseClosed(phase=phase, reason="the money did not reach for all" if is_cut else "all was asked"))
    return not is_cut
