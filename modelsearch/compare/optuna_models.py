"""Optuna's samplers choosing whole models by their free features; an optional extra, imported when used."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from modelsearch.compare.whole_models import evaluation, n_items_of, tried
from modelsearch.core.errors import OptionError
from modelsearch.core.ids import CandidateId
from modelsearch.core.search import Floats, Probe, SearchView
from modelsearch.search.parameters import require_count, require_one_of
from modelsearch.search.probes import depth

FAMILY = "family"
NUMBERS = ("log_cost", "log_params", "log_context")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptunaModels:
    """Asks Optuna for a point in the space of list cost, size, context and family, and evaluates the nearest model.

    Every round tells the study all that was tried, so that nothing is kept between rounds. A size or context that is
    not known is the mean of those that are.

    Attributes:
        kind: `tpe` = TPESampler (Bergstra et al. 2011, NeurIPS), `gp` = GPSampler, which needs torch too.
        n_items: depth of an evaluation; None = all items.
        n_random: models before the sampler's own model is used.
    """

    kind: Literal["tpe", "gp"] = "tpe"
    n_items: int | None = None
    n_random: int = 5

    def __post_init__(self) -> None:
        require_one_of(self, "kind", ("tpe", "gp"))
        if self.n_items is not None:
            require_count(self, "n_items", 1)
        require_count(self, "n_random", 1)

    def ask(self, view: SearchView) -> Sequence[Probe]:
        n_items = n_items_of(view, self.n_items)
        found = tried(view, n_items)
        if not found.open_ids:
            return ()
        begun = [c for c in found.open_ids if depth(view, c) > 0]  # paid for in part, when money ran short
        space = _Space.of(view, sorted((*found.ids, *found.open_ids)))
        point = self._point(view, space, found.ids, found.value)
        return evaluation(view, [*begun, *space.nearest(point, found.open_ids)], n_items)

    def _point(self, view: SearchView, space: "_Space", ids: Sequence[CandidateId], value: Floats) -> dict[str, Any]:
        """What Optuna asks for next."""
        optuna = _optuna()
        seed = int(view.rng.integers(2**31))
        samplers = {
            "tpe": lambda: optuna.samplers.TPESampler(seed=seed, n_startup_trials=self.n_random),
            "gp": lambda: optuna.samplers.GPSampler(seed=seed, n_startup_trials=self.n_random),
        }
        study = optuna.create_study(direction="maximize", sampler=samplers[self.kind]())
        distributions = space.distributions(optuna)
        for candidate_id, reached in zip(ids, value.tolist(), strict=True):
            params = space.params(candidate_id)
            study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=reached))
        point: dict[str, Any] = study.ask(distributions).params
        return point


@dataclass(frozen=True, slots=True, kw_only=True)
class _Space:
    """Models as points: (n_models, 3) numbers, and families."""

    ids: tuple[CandidateId, ...]
    numbers: Floats
    families: tuple[str, ...]

    @classmethod
    def of(cls, view: SearchView, ids: Sequence[CandidateId]) -> "_Space":
        columns = np.array([_numbers(view, c) for c in ids], dtype=np.float64)
        known = ~np.isnan(columns)
        n_known = np.maximum(known.sum(axis=0), 1)
        means = np.where(known, columns, 0.0).sum(axis=0) / n_known
        models = [view.model(c) for c in ids]
        return cls(
            ids=tuple(ids),
            numbers=np.where(known, columns, means),
            families=tuple("" if model is None else model.family for model in models),
        )

    def distributions(self, optuna: Any) -> dict[str, Any]:
        """Ranges of the numbers, choices of family."""
        low, high = self.numbers.min(axis=0), self.numbers.max(axis=0)
        found = {
            name: optuna.distributions.FloatDistribution(float(a), float(b))
            for name, a, b in zip(NUMBERS, low, high, strict=True)
        }
        return {**found, FAMILY: optuna.distributions.CategoricalDistribution(sorted(set(self.families)))}

    def params(self, candidate_id: CandidateId) -> dict[str, Any]:
        """A model as a point."""
        at = self.ids.index(candidate_id)
        return {**dict(zip(NUMBERS, self.numbers[at].tolist(), strict=True)), FAMILY: self.families[at]}

    def nearest(self, point: dict[str, Any], among: Sequence[CandidateId]) -> list[CandidateId]:
        """Models by distance to a point, each number over its range, another family one range away; ties by id."""
        spread = np.ptp(self.numbers, axis=0)
        wanted = np.array([point[name] for name in NUMBERS], dtype=np.float64)
        far = np.abs(self.numbers - wanted) / np.where(spread > 0, spread, 1.0)
        total = far.sum(axis=1) + np.array([family != point[FAMILY] for family in self.families], dtype=np.float64)
        distance = dict(zip(self.ids, np.round(total, 9).tolist(), strict=True))
        return sorted(among, key=lambda c: (distance[c], c))


def _numbers(view: SearchView, candidate_id: CandidateId) -> list[float]:
    model, endpoint = view.model(candidate_id), view.endpoint(candidate_id)
    raw = (
        view.setting.list_cost_usd.get(candidate_id),
        None if model is None else model.params_b,
        None if endpoint is None else endpoint.context_tokens,
    )
    return [float(np.log(number)) if number else float("nan") for number in raw]


def _optuna() -> Any:
    try:
        optuna: Any = importlib.import_module("optuna")
    except ImportError as error:
        message = f"the Optuna yardsticks need optuna (and torch for optuna_gp): pip install optuna torch ({error})"
        raise OptionError(message) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna
