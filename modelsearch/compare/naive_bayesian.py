"""The client's own sketch of Bayesian model selection, as it was written down."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from modelsearch.compare.whole_models import evaluation, n_items_of, tried
from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.search.parameters import require_count

JITTER = 1e-10
"""Added to the diagonal: scikit-learn's default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveBayesian:
    """Three random models, then a Gaussian process on raw features and `improvement x Phi(improvement / sigma)`.

    Kept with its flaws, as a yardstick: parameters in billions beside a hash of the architecture taken as a number, a
    kernel of length 1 over them, no noise, and an expected improvement without its second term.

    Attributes:
        n_items: depth of an evaluation; None = all items.
        n_random: models tried at random first.
    """

    n_items: int | None = None
    n_random: int = 3

    def __post_init__(self) -> None:
        if self.n_items is not None:
            require_count(self, "n_items", 1)
        require_count(self, "n_random", 1)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        n_items = n_items_of(view, self.n_items)
        found = tried(view, n_items)
        shuffled = [found.open_ids[place] for place in view.rng.permutation(len(found.open_ids))]
        if len(found.ids) >= self.n_random and shuffled:
            known = np.array([encoded(view, c) for c in found.ids])
            asked = np.array([encoded(view, c) for c in shuffled])
            gain = naive_improvement(known, found.value, asked)
            shuffled = [shuffled[place] for place in np.argsort(-np.round(gain, 9), kind="stable")]
        return evaluation(view, shuffled, n_items)


def encoded(view: SearchView, candidate_id: CandidateId) -> Floats:
    """(5,) size, context, training tokens, hash of the architecture, list cost; unknown ones are 0."""
    model, endpoint = view.model(candidate_id), view.endpoint(candidate_id)
    if model is None or endpoint is None:
        return np.zeros(5)
    code = int(hashlib.sha256(model.architecture.encode()).hexdigest(), 16) % 1000
    numbers = (model.params_b, endpoint.context_tokens, model.training_tokens_t, code)
    cost_usd = view.setting.list_cost_usd.get(candidate_id, 0.0)
    return np.array([0.0 if number is None else float(number) for number in (*numbers, cost_usd)])


def naive_improvement(known: Floats, value: Floats, asked: Floats) -> Floats:
    """(n_asked,) improvement x Phi(improvement / sigma) by a process of unit kernel and zero mean."""
    gram = _kernel(known, known) + JITTER * np.eye(len(known))
    cross = _kernel(asked, known)
    weights = np.linalg.lstsq(gram, np.column_stack([value, cross.T]), rcond=None)[0]
    mu = cross @ weights[:, 0]
    sigma = np.sqrt(np.maximum(0.0, 1.0 - np.einsum("ij,ji->i", cross, weights[:, 1:])))
    improvement = mu - value.max()
    z = np.clip(improvement / (sigma + 1e-9), -40.0, 40.0)
    below = np.array([0.5 * math.erfc(-each / math.sqrt(2.0)) for each in z])
    return np.asarray(improvement * below, dtype=np.float64)


def _kernel(left: Floats, right: Floats) -> Floats:
    squares = ((left[:, None, :] - right[None, :, :]) ** 2).sum(axis=2)
    return np.asarray(np.exp(-0.5 * squares), dtype=np.float64)
