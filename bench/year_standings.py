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
from modelsearch.testing.world_outcomes import Bools


def standings_of(view: SearchView, found: Sequence[Estimate], field: Field, day: date) -> tuple[Standing, ...]:
    """Of everybody with outcomes; revision and place are left to the night."""
    return tuple(
        _standing(estimate, view.candidate(estimate.candidate_id), field, day)
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
    return _with_tokens(standing, single, field)


def _standing(estimate: Estimate, candidate: Candidate, field: Field, day: date) -> Standing:
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
    return _with_tokens(standing, candidate, field)


def _with_tokens(standing: Standing, candidate: Candidate, field: Field) -> Standing:
    """Mean tokens; the legs after a cascade's first count as far as its cost says that they were called."""
    table, rows = field.table, [field.rows[single.endpoint_id] for single in singles_of(candidate)]
    sent, got = table.input_tokens[rows].mean(axis=1), table.output_tokens[rows].mean(axis=1)
    if isinstance(candidate, Single):
        return replace(standing, tokens_in=float(sent[0]), tokens_out=float(got[0]))
    share = np.ones(len(rows))
    if isinstance(candidate, Cascade):
        usd = field.cost_usd[rows]
        share[1:] = np.clip((standing.cost_usd - usd[0]) / usd[1:].sum(), 0.0, 1.0)
    uses = tuple(
        TokenUse(endpoint_id=single.endpoint_id, tokens_in=float(i * s), tokens_out=float(o * s))
        for single, i, o, s in zip(singles_of(candidate), sent, got, share, strict=True)
    )
    return replace(standing, uses=uses)
