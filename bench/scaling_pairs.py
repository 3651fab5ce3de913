"""Recorded tables as pairs (model of known size, baseline): what the scaling rule is fitted to."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from bench.make_catalogs import CATALOGS, family_prefixes
from modelsearch.compare.cases import baselines_of
from modelsearch.compare.tables import Field
from modelsearch.core.recorded import RecordedModel, RecordedTable
from modelsearch.stats.scaling import Ints, Rows, segments
from modelsearch.store.recorded import read_recorded_table

KNOTS_B = np.array([8.0, 70.0])
MIN_TABLES = 3
MIN_SIZE_RATIO = 1.5
MOE = re.compile(
    r"\d+x\d+b|mixtral|dbrx|deepseek-?(v2|v3|r1|coder-v2|chat)|-a\d+b|moe|llama-?4|gpt-oss|grok|arctic",
    re.IGNORECASE,
)
LETTERS = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A model of known size against a dearer baseline: gap in score units over all items."""

    table: str
    baseline: str
    model: RecordedModel
    gap: float

    @property
    def is_moe(self) -> bool:
        """Whether its name tells of experts; no table states architectures."""
        return MOE.search(f"{self.model.name} {self.model.family}") is not None


def tables_in(folder: Path) -> list[RecordedTable]:
    """All recorded tables of a folder of folders, by name."""
    return [read_recorded_table(path) for path in sorted(folder.iterdir()) if (path / "outcomes.parquet").is_file()]


def pairs_of(tables: Iterable[RecordedTable]) -> list[Pair]:
    """Every model of known size with every baseline that costs more."""
    pairs = []
    for table in tables:
        quality, cost_usd = table.score.mean(axis=1), table.cost_usd.mean(axis=1)
        for base in (table.row[name] for name in baselines_of(Field(table))):
            pairs += [
                Pair(
                    table=table.name,
                    baseline=table.models[base].name,
                    model=model,
                    gap=float(quality[row] - quality[base]),
                )
                for row, model in enumerate(table.models)
                if model.params_b is not None and cost_usd[row] < cost_usd[base]
            ]
    return pairs


@cache
def catalog_family(model: str, family: str) -> str:
    """The family that the catalogue's prefixes give to a model's name or recorded family; else the letters of it."""
    for text in (model.rsplit("/", maxsplit=1)[-1], family):
        name = re.sub(r"[^a-z0-9]+", "-", text.lower())
        found = next((known for prefix, known in _prefixes() if name.startswith(prefix)), None)
        if found is not None:
            return found
    letters = LETTERS.match(family.lower())
    return letters.group(0) if letters else "other"


@cache
def _prefixes() -> list[tuple[str, str]]:
    return family_prefixes(CATALOGS / "families.yaml")


def families_in(pairs: Sequence[Pair]) -> list[str]:
    """Families seen on at least `MIN_TABLES` tables."""
    seen: dict[str, set[str]] = {}
    for pair in pairs:
        seen.setdefault(catalog_family(pair.model.name, pair.model.family), set()).add(pair.table)
    return sorted(family for family, tables in seen.items() if len(tables) >= MIN_TABLES)


def rows_of(pairs: Sequence[Pair], families: Sequence[str]) -> Rows:
    """Features: 1, pieces of log size, moe, one column per family."""
    size_b = np.array([pair.model.params_b for pair in pairs], dtype=np.float64)
    moe = np.array([pair.is_moe for pair in pairs], dtype=np.float64)
    roots = [catalog_family(pair.model.name, pair.model.family) for pair in pairs]
    kin = np.array([[float(root == family) for family in families] for root in roots], dtype=np.float64)
    return Rows(
        features=np.column_stack([np.ones(len(pairs)), segments(size_b, KNOTS_B), moe, kin.reshape(len(pairs), -1)]),
        value=np.array([pair.gap for pair in pairs], dtype=np.float64),
        group=table_codes([pair.table for pair in pairs]),
    )


def kin_rows(tables: Iterable[RecordedTable]) -> Rows:
    """How much better than the worst larger member of its family each model is; no features but a constant."""
    names, excess = [], []
    for table in tables:
        quality = table.score.mean(axis=1)
        for row, model in enumerate(table.models):
            larger = [quality[other] for other, kin in enumerate(table.models) if is_larger_kin(kin, model)]
            if larger:
                names.append(table.name)
                excess.append(float(quality[row] - min(larger)))
    value = np.array(excess, dtype=np.float64)
    return Rows(features=np.ones((len(value), 1)), value=value, group=table_codes(names))


def is_larger_kin(kin: RecordedModel, model: RecordedModel) -> bool:
    """Same family, and at least half as large again."""
    if kin.params_b is None or model.params_b is None:
        return False
    if catalog_family(kin.name, kin.family) != catalog_family(model.name, model.family):
        return False
    return kin.params_b >= MIN_SIZE_RATIO * model.params_b


def table_codes(names: Sequence[str]) -> Ints:
    """(n_rows,) code of each name."""
    return np.asarray(np.unique(np.array(names), return_inverse=True)[1], dtype=np.int64)
