"""A recorded table as the catalogue would know it: families by prefix, tiers, kinds of task, and a law of size."""

from dataclasses import dataclass, replace
from datetime import date

from bench.make_catalogs import CATALOGS
from bench.scaling_pairs import catalog_family
from modelsearch.catalog.load import load_market
from modelsearch.compare.tables import Asked, Field
from modelsearch.core.ids import ItemId
from modelsearch.core.market import Market, ScalingRule
from modelsearch.core.search import SearchView, Setting
from modelsearch.search.fold import Fold

AS_OF = date(2026, 11, 23)
KINDS = {"textclass": "classification", "julia_llm_leaderboard": "coding"}
"""Kind of task by the beginning of a table's name; all others are reasoning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dressing:
    """What the catalogue knows beside a table's own prices.

    Attributes:
        rules: the catalogue; scaling: a law that has not seen the table.
    """

    rules: Market
    scaling: ScalingRule | None = None


def catalog_rules() -> Market:
    """The shipped catalogue."""
    return load_market(CATALOGS, as_of=AS_OF)


def dressed(field: Field, asked: Asked, dressing: Dressing) -> Setting:
    """The setting of a search of the table, with the catalogue's rules; two items, since nothing is bought."""
    setting = field.setting(asked)
    kind = next((kind for start, kind in KINDS.items() if field.name.startswith(start)), "reasoning")
    items: tuple[ItemId, ...] = setting.item_ids[:2]
    kept = tuple(item for item in setting.task.items if item.id in items)
    task = replace(setting.task, kind=kind, items=kept)
    return replace(setting, task=task, market=dressed_market(setting.market, dressing), item_ids=items)


def dressed_market(market: Market, dressing: Dressing) -> Market:
    """The table's market with families, tiers, kinds and law."""
    rules = dressing.rules
    models = {
        name: replace(model, family=catalog_family(model.id, model.family)) for name, model in market.models.items()
    }
    return replace(
        market,
        models=models,
        tiers=rules.tiers,
        task_kinds=rules.task_kinds,
        families=rules.families,
        specialisations=rules.specialisations,
        scaling=dressing.scaling,
    )


def unbought(setting: Setting, *, is_kind_strict: bool = False) -> SearchView:
    """What a search sees before its first call."""
    if is_kind_strict:
        requirements = replace(setting.task.requirements, is_kind_strict=True)
        setting = replace(setting, task=replace(setting.task, requirements=requirements))
    return Fold(setting).view()
