"""What several workers on one night agree upon: whose a piece of work is, and whose a part of a provider's limits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A piece of work that is ours until it is done, given back, or taken over because we were silent for too long.

    Attributes:
        night, key: names the work: `Job.key`, or a stage's or a task's own name.
        token: proves that it is still ours.
        note: what the owner before us left, such as the run to go on with; "" = nobody had it before.
        is_takeover: the owner before us ended without a word.
    """

    night: str
    key: str
    token: str
    note: str = ""
    is_takeover: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a provider account's limits, for a while. All shares together never exceed the account's limits.

    Attributes:
        n_slots: calls in flight; 0 = wait for the next renewal.
        n_total: slots of the account: requests and tokens a minute go by `n_slots / n_total`.
        for_s: seconds for which it holds, from when it was asked for.
    """

    n_slots: int
    n_total: int
    for_s: float


def fair_slots(n_total: int, wanted: dict[str, int]) -> dict[str, int]:
    """Max-min fair parts of `n_total` slots, by holder: nobody gets more than wanted, and what is left over is shared.

    Odd slots go to the first names, so that all who compute it agree. O(n log n).

    Args:
        n_total: slots, >= 0.
        wanted: slots by holder, >= 0.
    """
    parts: dict[str, int] = {}
    n_left = n_total
    for place, name in enumerate(sorted(wanted, key=lambda name: (wanted[name], name))):
        n_others = len(wanted) - place
        parts[name] = min(wanted[name], n_left // n_others)
        n_left -= parts[name]
    for name in sorted(wanted):
        if n_left and parts[name] < wanted[name]:
            parts[name] += 1
            n_left -= 1
    return parts


def part_of(n_total: int, n_wanted: int, others: list[tuple[str, int, int]]) -> int:
    """Slots for one who wants `n_wanted`, beside others, each with what it wants and what it still holds."""
    wanted = {name: n for name, n, _ in others}
    me = ""
    fair = fair_slots(n_total, {**wanted, me: n_wanted})[me]
    return max(0, min(fair, n_total - sum(n_held for _, _, n_held in others)))
