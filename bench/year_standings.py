"""Standings as an engine hands them to the night: from a search's estimates and the tokens of a table."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np

from modelsearch.compare.tables import Field
from modelsearch.core.candidate import Candidate, Cascade, Single, singles_of
from modelsearch.core.nights import Standing, TokenUse
from modelsearch.core.result import Estimate, Verdict
from modelsearch.core.search import SearchView
from modelsearch.testing.world_outcomes import Bools, Floats


def standings_of(view: SearchView, found: Sequence[Estimate], field: Field, day: date) -> tuple[Standing, ...]:
    """Of everybody with outcomes; revision and place are left to the night."""
    return tuple(
        _standing(estimate, view, field, day)
        for estimate in found
        if estimate.n_items > 0 and estimate.quality is not None and estimate.cost_usd is not None
    )


def standing_of_row(single: Single, known: Bools, field: Field, day: date) -> Standing:
    """Of the baseline alone, from its own row."""
    row = field.rows[single.endpoint_id]
    standing = Standing(
        candidate_id=single.id,
        revision="",
        place=0,
        verdict=Verdict.NON_INFERIOR,
        n_items=int(known.sum()),
        quality=float(field.table.score[row][known].mean()),
        gap=0.0,
        cost_usd=float(field.table.cost_usd[row][known].mean()),
        tested_on=day,
    )
    return _with_tokens(standing, single, field, np.ones(1))


def _standing(estimate: Estimate, view: SearchView, field: Field, day: date) -> Standing:
    candidate = view.candidate(estimate.candidate_id)
    standing = Standing(
        candidate_id=estimate.candidate_id,
        revision="",
        place=0,
        verdict=estimate.verdict,
        n_items=estimate.n_items,
        quality=estimate.quality.mean if estimate.quality else 0.0,
        gap=estimate.gap.mean if estimate.gap else 0.0,
        cost_usd=estimate.cost_usd.mean if estimate.cost_usd else 0.0,
        tested_on=day,
        log_e_value=estimate.log_e_value,
        is_feasible=estimate.is_feasible,
    )
    return _with_tokens(standing, candidate, field, _shares_called(view, candidate, field))


def _shares_called(view: SearchView, candidate: Candidate, field: Field) -> Floats:
    """(n_members,) share of the items on which each is called; the cost of a cascade tells how far it went."""
    rows = [field.rows[single.endpoint_id] for single in singles_of(candidate)]
    usd = view.outcomes.cost_usd[view.row[candidate.id]]
    known = ~np.isnan(usd)
    if not isinstance(candidate, Cascade) or not known.any():
        return np.ones(len(rows))
    columns = [field.cells.columns[item_id] for item_id in view.setting.item_ids]
    spent = np.cumsum(field.table.cost_usd[rows][:, columns][:, known], axis=0)
    return np.asarray((spent <= usd[known] * (1 + 1e-9)).mean(axis=1), dtype=np.float64)


def _with_tokens(standing: Standing, candidate: Candidate, field: Field, share: Floats) -> Standing:
    """Mean tokens, of members as far as they are called."""
    table, rows = field.table, [field.rows[single.endpoint_id] for single in singles_of(candidate)]
    sent, got = table.input_tokens[rows].mean(axis=1), table.output_tokens[rows].mean(axis=1)
    if isinstance(candidate, Single):
        return replace(standing, tokens_in=float(sent[0]), tokens_out=float(got[0]))
    uses = tuple(
        TokenUse(endpoint_id=single.endpoint_id, tokens_in=float(i * s), tokens_out=float(o * s))
        for single, i, o, s in zip(singles_of(candidate), sent, got, share, strict=True)
    )
    return replace(standing, uses=uses)
