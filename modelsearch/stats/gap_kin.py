"""What rows have in common, in several respects at once: a model asked in many ways, a way asked of many models.

A row's distance from its line is a sum of effects, one of each group that it is in, and its own. Groups cross: the rows
of one model share that model's effect, the rows of one prompt that prompt's. What the other rows let expect of a row is
then a linear prediction, and leaving each row out costs no more than one inverse.

How much each kind of group matters differs from task to task, and is learnt: several guesses of the shares, and of the
spread in all, are weighed by how likely they make what is known, and their predictions are mixed.

Source: crossed random effects and best linear unbiased prediction, Henderson 1975, doi:10.2307/2529430; leave-one-out
from the inverse, Dubrule 1983, doi:10.1007/BF01033030.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MAX_KNOWN = 150
"""Rows that say something of others, those known best: the work is the cube of their number."""
SPREADS = (0.5, 1.0, 2.0)
"""Guesses of the standard deviation around the line, times what is handed in."""
LEAST_OWN = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinship:
    """Groups of rows: (n_rows,) number of each row's group, -1 = none; and guesses of its share of the variance.

    `shares` has one entry for each guess; all kinships of a call have as many, and those of one guess sum to below 1.
    """

    code: Ints
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Rows of which something is known: (n_rows,) distance from the line, its error variance, and who they are."""

    residual: Floats
    error: Floats
    rows: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """(n_rows,) what the others let expect beyond the line, and its variance, the row's own effect in it."""

    shift: Floats
    variance: Floats


def from_kin(known: Known, kin: Sequence[Kinship], spread: float) -> Expected:
    """What kin let expect of each row, the row itself left out.

    Args:
        known: rows with outcomes; nothing is shifted without any.
        kin: at least one, of (n_rows,) rows.
        spread: standard deviation of rows around the line, as far as one knows.

    O(n_guesses x (n_rows x n_known + n_known^3)), n_known at most `MAX_KNOWN`.
    """
    n_rows = len(kin[0].code)
    rows = known.rows
    if len(rows) > MAX_KNOWN:
        rows = np.sort(rows[np.argsort(known.error[rows], kind="stable")[:MAX_KNOWN]])
    if not len(rows):
        return Expected(shift=np.zeros(n_rows), variance=np.full(n_rows, spread**2))
    alike = [_alike(each.code, np.arange(n_rows), rows) for each in kin]
    told = [
        _under(known, rows, _common([each.shares[guess] for each in kin], alike, kin), (spread * factor) ** 2)
        for guess in range(len(kin[0].shares))
        for factor in SPREADS
    ]
    return _mixed(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    """(n_rows, n_known) share of the variance that rows have in common with the known ones; (n_rows,) own share."""

    across: Floats
    own: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """Predictions under one guess, and the log of how likely it makes what is known."""

    expected: Expected
    log_likelihood: float


def _alike(code: Ints, some: Ints, others: Ints) -> Floats:
    """(n_some, n_others) 1 where two rows are in the same group."""
    is_same = (code[some][:, None] == code[others][None, :]) & (code[some] >= 0)[:, None]
    return np.asarray(is_same, dtype=np.float64)


def _common(shares: Sequence[float], alike: Sequence[Floats], kin: Sequence[Kinship]) -> _Common:
    """What a row is in no group of is its own."""
    across = np.zeros_like(alike[0])
    own = np.ones(len(across))
    for share, same, each in zip(shares, alike, kin, strict=True):
        across += share * same
        own -= share * (each.code >= 0)
    return _Common(across=across, own=np.maximum(own, LEAST_OWN))


def _under(known: Known, rows: Ints, common: _Common, variance: float) -> _Told:
    """Best linear prediction with one guess of shares and spread."""
    residual, error = known.residual[rows], known.error[rows]
    across = variance * common.across
    own = variance * common.own
    seen = across[rows] + np.diag(own[rows] + error)
    lower = np.linalg.cholesky(seen)
    inverse = np.linalg.inv(seen)
    weight = inverse @ residual
    shift = across @ weight
    total = variance * (1.0 - common.own) + own
    left = total - ((across @ inverse) * across).sum(axis=1)
    alone = np.diag(inverse)
    shift[rows] = residual - weight / alone
    left[rows] = 1.0 / alone - error
    likelihood = -0.5 * float(residual @ weight) - float(np.log(np.diag(lower)).sum())
    return _Told(
        expected=Expected(shift=shift, variance=np.maximum(left, LEAST_OWN * variance)), log_likelihood=likelihood
    )


def _mixed(told: Sequence[_Told]) -> Expected:
    """The mean over guesses, each as likely as it makes what is known."""
    logs = np.array([each.log_likelihood for each in told])
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    shifts = np.array([each.expected.shift for each in told])
    variances = np.array([each.expected.variance for each in told])
    shift = weight @ shifts
    return Expected(shift=shift, variance=weight @ (variances + (shifts - shift) ** 2))
