"""Small changes of a structure: another member, one more, one fewer, another order, threshold, rule or kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from modelsearch.core.candidate import NEVER
from modelsearch.search.composing import Bought
from modelsearch.search.structures import VOTES, Rule, Structure, canonical

MAX_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class Space:
    """What structures are made of.

    Attributes:
        rows: of `Bought` that may take part; levels: thresholds that each may have, `NEVER` among them.
        kin: of each row those of the same endpoint asked in another way.
        max_members: of a structure, at least 2.
    """

    found: Bought
    rows: tuple[int, ...]
    levels: dict[int, tuple[float, ...]]
    kin: dict[int, tuple[int, ...]]
    max_members: int

    def random(self, rng: np.random.Generator) -> Structure:
        """Two or three of them, joined somehow."""
        n_members = int(rng.integers(2, min(3, self.max_members, len(self.rows)) + 1))
        rows = tuple(int(row) for row in rng.choice(self.rows, n_members, replace=False))
        return self.joined(rows, is_vote=bool(rng.random() < 0.5), rng=rng)

    def joined(self, rows: Sequence[int], *, is_vote: bool, rng: np.random.Generator) -> Structure:
        """A vote of them, or a cascade, the cheaper first."""
        if is_vote and len(rows) > 2:
            return canonical(self.found, Structure(VOTES[int(rng.integers(len(VOTES)))], tuple(rows)))
        usd = self.found.cost_usd
        order = sorted(rows, key=lambda row: (usd[row], self.found.singles[row].id))
        return self.cascade(order, [self.level(row, rng) for row in order[:-1]])

    def cascade(self, rows: Sequence[int], thresholds: Sequence[float]) -> Structure:
        """By agreement where there are legs to agree, else by confidence."""
        rule: Rule = "agreement" if len(rows) > 2 else "confidence"
        return canonical(self.found, Structure(rule, tuple(rows), tuple(thresholds)))

    def level(self, row: int, rng: np.random.Generator) -> float:
        """A threshold of a leg."""
        return self.levels[row][int(rng.integers(len(self.levels[row])))]

    def other(self, rows: Sequence[int], rng: np.random.Generator) -> int | None:
        """Somebody who does not take part yet."""
        left = [row for row in self.rows if row not in rows]
        return left[int(rng.integers(len(left)))] if left else None


def mutated(structure: Structure, space: Space, rng: np.random.Generator) -> Structure:
    """One small change; itself where none of a few tries makes another structure."""
    for _ in range(MAX_TRIES):
        change = CHANGES[int(rng.integers(len(CHANGES)))]
        child = change(structure, space, rng)
        if child is not None and child != structure:
            return child
    return structure


def crossed(first: Structure, second: Structure, space: Space, rng: np.random.Generator) -> Structure:
    """Joined as the first is, of members of both."""
    both = list(dict.fromkeys((*first.rows, *second.rows)))
    n_members = min(len(first.rows), len(both))
    rows = [both[int(i)] for i in rng.choice(len(both), n_members, replace=False)]
    if first.is_vote:
        return canonical(space.found, replace(first, rows=tuple(rows)))
    return space.joined(rows, is_vote=False, rng=rng)


Change = Callable[[Structure, Space, np.random.Generator], Structure | None]


def _swap(structure: Structure, space: Space, rng: np.random.Generator) -> Structure | None:
    """Another member in the place of one: half of the time the same endpoint asked in another way, if there is one."""
    at = int(rng.integers(len(structure.rows)))
    kin = [row for row in space.kin[structure.rows[at]] if row not in structure.rows]
    is_kin = bool(kin) and rng.random() < 0.5
    other = kin[int(rng.integers(len(kin)))] if is_kin else space.other(structure.rows, rng)
    if other is None:
        return None
    rows = (*structure.rows[:at], other, *structure.rows[at + 1 :])
    if structure.is_vote:
        return canonical(space.found, replace(structure, rows=rows))
    levels = list(structure.thresholds)
    if at < len(levels):
        levels[at] = space.level(other, rng)
    return canonical(space.found, replace(structure, rows=rows, thresholds=tuple(levels)))


def _add(structure: Structure, space: Space, rng: np.random.Generator) -> Structure | None:
    other = space.other(structure.rows, rng)
    if other is None or len(structure.rows) >= space.max_members:
        return None
    if structure.is_vote:
        return canonical(space.found, replace(structure, rows=(*structure.rows, other)))
    at = int(rng.integers(len(structure.rows)))  # before the last leg, or before any other
    rows = (*structure.rows[:at], other, *structure.rows[at:])
    levels = (*structure.thresholds[:at], space.level(other, rng), *structure.thresholds[at:])
    return canonical(space.found, Structure("agreement", rows, levels))


def _drop(structure: Structure, space: Space, rng: np.random.Generator) -> Structure | None:
    least = 3 if structure.is_vote else 2
    if len(structure.rows) <= least:
        return None
    at = int(rng.integers(len(structure.rows)))
    rows = structure.rows[:at] + structure.rows[at + 1 :]
    if structure.is_vote:
        return replace(structure, rows=rows)
    levels = structure.thresholds[:at] + structure.thresholds[at + 1 :]
    return space.cascade(rows, levels[: len(rows) - 1])


def _order(structure: Structure, space: Space, rng: np.random.Generator) -> Structure | None:
    if structure.is_vote:
        return None
    order = [int(i) for i in rng.permutation(len(structure.rows))]
    rows = tuple(structure.rows[i] for i in order)
    levels = tuple(space.level(row, rng) for row in rows[:-1])
    return canonical(space.found, replace(structure, rows=rows, thresholds=levels))


def _threshold(structure: Structure, space: Space, rng: np.random.Generator) -> Structure | None:
    if structure.is_vote:
        return None
    at = int(rng.integers(len(structure.thresholds)))
    levels = list(structure.thresholds)
    levels[at] = space.level(structure.rows[at], rng)
    return canonical(space.found, replace(structure, thresholds=tuple(levels)))


def _rule(structure: Structure, space: Space, _: np.random.Generator) -> Structure | None:
    if structure.is_vote:
        return replace(structure, rule="weighted" if structure.rule == "majority" else "majority")
    is_two = len(structure.rows) == 2 or all(level == NEVER for level in structure.thresholds)
    rule: Rule = "confidence" if structure.rule == "agreement" and not is_two else "agreement"
    return canonical(space.found, replace(structure, rule=rule))


def _kind(structure: Structure, space: Space, rng: np.random.Generator) -> Structure | None:
    return space.joined(structure.rows, is_vote=not structure.is_vote, rng=rng)


CHANGES: tuple[Change, ...] = (_swap, _swap, _add, _drop, _order, _threshold, _rule, _kind)
