"""Made-up worlds of models x ways of asking, searched twice at equal spend: as one space, and as unrelated arms.

A row's ability in log-odds is its model's, plus what a template and a whole way of asking bring to every model, plus
how a template fits a model, plus the row's own; ways of one model share part of their luck on an item. Some ways cost
more tokens. The one space knows which rows are one model and which are one way; the arms know family, size and price
alone, as any endpoint does. Nothing else differs: same table, seed, plan and money.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from modelsearch.compare.contenders import Contender
from modelsearch.compare.search import Row, searched
from modelsearch.compare.tables import Asked, Field
from modelsearch.core.candidate import GenParams, Single
from modelsearch.core.ids import CandidateId, EndpointId, ModelId, PromptId
from modelsearch.core.market import Market
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.core.search import Floats, Ints
from modelsearch.core.task import Prompt, TaskSpec
from modelsearch.evaluate.recorded import recorded_market, recorded_task
from modelsearch.testing.world_outcomes import Draws, answers, latencies, tokens
from modelsearch.testing.worlds import WorldShape, make_recorded_world

INPUT_TOKENS, OUTPUT_TO_INPUT = 300.0, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceShape:
    """What a world of ways is like: spreads of the effects in log-odds; `luck_share` is what ways of a model share."""

    name: str
    n_models: int = 12
    n_templates: int = 2
    n_ways_each: int = 3
    n_items: int = 300
    template_sd: float = 0.2
    way_sd: float = 0.3
    fit_sd: float = 0.25
    own_sd: float = 0.2
    luck_share: float = 0.5
    mean_quality: float = 0.75


@dataclass(frozen=True)
class Space(Field):
    """A table of models x ways; `is_shared` says whether a search may know which rows belong together."""

    model: Ints
    way: Ints
    template: Ints
    input_factor: Floats
    is_shared: bool = True

    @cached_property
    def task(self) -> TaskSpec:
        task = recorded_task(self.table)
        if not self.is_shared:
            return task
        prompts = {
            int(way): Prompt(id=PromptId(f"w{way}"), user="{{ input }}", template_id=PromptId(f"t{self.template[row]}"))
            for row, way in enumerate(self.way)
        }
        return replace(task, prompts=tuple(prompts[way] for way in sorted(prompts)))

    @cached_property
    def market(self) -> Market:
        market = recorded_market(self.table)
        if not self.is_shared:
            return market
        first = {
            f"x{model}": market.models[ModelId(m.name)] for model, m in zip(self.model, self.table.models, strict=True)
        }
        models = {ModelId(name): replace(found, id=ModelId(name)) for name, found in first.items()}
        endpoints = {
            endpoint.id: replace(endpoint, model_id=ModelId(f"x{self.model[self.table.row[endpoint.id]]}"))
            for endpoint in market.endpoints.values()
        }
        return replace(market, models=models, endpoints=endpoints)

    @cached_property
    def singles(self) -> tuple[Single, ...]:
        return tuple(sorted((self.single(m.name) for m in self.table.models), key=lambda single: single.id))

    def single(self, model: str) -> Single:
        row = self.rows[model]
        name = EndpointId(self.table.models[row].name)
        if not self.is_shared:
            return Single(endpoint_id=name)
        return Single(endpoint_id=name, prompt_id=PromptId(f"w{self.way[row]}"), params=GenParams())

    @cached_property
    def rows(self) -> Mapping[str, int]:
        by_name = dict(self.table.row)
        return by_name | {f"{name}#w{self.way[row]}": row for name, row in by_name.items()}

    @cached_property
    def list_cost_usd(self) -> dict[CandidateId, float]:
        found = {}
        for row, model in enumerate(self.table.models):
            paid_in = (model.input_usd_per_mtok or 0.0) * 100 * self.input_factor[row]
            found[self.single(model.name).id] = (paid_in + (model.output_usd_per_mtok or 0.0) * 20) / 1e6
        return found

    def baselines(self, n_baselines: int) -> list[CandidateId]:
        """Of the dearest quarter at the first way, the most accurate."""
        first = np.flatnonzero(self.way == 0)
        dear = first[np.argsort(-self.cost_usd[first])[: max(n_baselines, len(first) // 4)]]
        best = dear[np.argsort(-self.quality[dear], kind="stable")[:n_baselines]]
        return [self.single(self.table.models[row].name).id for row in best]


def make_space(shape: SpaceShape, seed: int) -> Space:
    """A world; equal shapes and seeds give equal worlds."""
    world = make_recorded_world(
        WorldShape(n_models=shape.n_models, n_items=8, n_families=max(2, shape.n_models // 3)), seed
    )
    rng = np.random.default_rng([seed, 7])
    n_ways = shape.n_templates * shape.n_ways_each
    model, way = (grid.ravel() for grid in np.meshgrid(np.arange(shape.n_models), np.arange(n_ways), indexing="ij"))
    template = way // shape.n_ways_each
    theta = (
        world.ability[model]
        + shape.template_sd * rng.normal(size=shape.n_templates)[template]
        + shape.way_sd * rng.normal(size=n_ways)[way]
        + shape.fit_sd * rng.normal(size=(shape.n_models, shape.n_templates))[model, template]
        + shape.own_sd * rng.normal(size=len(model))
    )
    difficulty = 1.5 * rng.normal(size=shape.n_items)
    shift = _shift(theta, shape.mean_quality)
    p_right = 1 / (1 + np.exp(-(theta[:, None] - difficulty - shift)))
    draws = Draws(
        n_labels=5, kin_share=shape.luck_share, favourite_share=0.6, foresight=0.5, boldness=1.0, family=model,
        p_right=p_right,
    )  # fmt: skip
    factor = np.array([1.0, *(1.0 + 2.0 * rng.random(n_ways - 1))])[way]
    models = [world.table.models[m] for m in model]
    parts = _Parts(shape=shape, name=f"{shape.name}-{seed}", models=models, draws=draws, factor=factor)
    return Space(_table(parts, world.is_reasoning[model], rng), model, way, template, factor)


def _shift(theta: Floats, mean_quality: float) -> float:
    """What makes the mean chance `mean_quality`, within a hundredth."""
    grid = np.linspace(-6, 6, 601)
    luck = 1.5 * np.linspace(-2.5, 2.5, 21)
    weight = np.exp(-(np.linspace(-2.5, 2.5, 21) ** 2) / 2)
    means = [float(((1 / (1 + np.exp(-(theta[:, None] - luck - s)))) @ (weight / weight.sum())).mean()) for s in grid]
    return float(grid[int(np.argmin(np.abs(np.array(means) - mean_quality)))])


@dataclass(frozen=True, kw_only=True)
class _Parts:
    """What a table is made of; factor: (n_rows,) input tokens of a way over those of the first."""

    shape: SpaceShape
    name: str
    models: Sequence[RecordedModel]
    draws: Draws
    factor: Floats


def _table(parts: _Parts, is_reasoning: npt.NDArray[np.bool_], rng: np.random.Generator) -> RecordedTable:
    shape, models, draws, factor = parts.shape, parts.models, parts.draws, parts.factor
    found = answers(draws, rng)
    n_items = draws.p_right.shape[1]
    visible, hidden = tokens(draws, is_reasoning, np.zeros(n_items) + np.linspace(-1, 1, n_items), rng)
    per_model = tokens(draws, is_reasoning, np.linspace(-1, 1, n_items), rng)[1]
    hidden = per_model[(draws.family * (len(models) // shape.n_models))]  # one model thinks alike whatever it is asked
    n_output = visible + hidden
    n_input = np.ceil(INPUT_TOKENS * factor[:, None] * np.exp(0.3 * rng.normal(size=n_items))).astype(np.int64)
    usd = np.array([model.input_usd_per_mtok or 0.0 for model in models])
    way = np.arange(len(models)) % (len(models) // shape.n_models)
    return RecordedTable(
        name=parts.name,
        models=tuple(replace(m, name=f"{m.name}.{w}") for m, w in zip(models, way, strict=True)),
        item_ids=tuple(f"i{column:06d}" for column in range(n_items)),
        score=found.is_right.astype(np.float64),
        cost_usd=np.asarray((n_input + OUTPUT_TO_INPUT * n_output) * usd[:, None] / 1e6, dtype=np.float64),
        latency_s=latencies(np.array([model.params_b or 8.0 for model in models]), n_output, rng),
        input_tokens=n_input,
        output_tokens=n_output,
        answer=found.text,
        gold=found.gold,
        is_recorded=np.ones(n_output.shape, dtype=np.bool_),
    )


def compared(
    space: Space, contender: Contender, shares: Sequence[float], seed: int, n_baselines: int = 2
) -> dict[str, list[Row]]:
    """Rows of the searches of one world, by `shared` and `apart`."""
    found: dict[str, list[Row]] = {}
    for name, field in (("shared", space), ("apart", replace(space, is_shared=False))):
        rows: list[Row] = []
        for baseline in space.baselines(n_baselines):
            row = space.rows[baseline]
            own = field.single(space.table.models[row].name).id
            asked = Asked(baseline=own, budget_share=shares[-1], seed=seed)
            rows += asyncio.run(searched(field, contender, asked, shares))
        found[name] = rows
    return found
