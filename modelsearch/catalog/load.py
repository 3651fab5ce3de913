"""The catalogue folder becomes one `Market`: read, validated, cross-checked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from modelsearch.catalog.build import (
    complexity_of,
    endpoint_of,
    family_of,
    model_of,
    provider_of,
    scaling_of,
    specialisation_of,
    task_kind_of,
)
from modelsearch.catalog.guards import complexity_problems, price_problems, scaling_problems, tier_file_problems
from modelsearch.catalog.references import (
    family_problems,
    model_problems,
    provider_problems,
    specialisation_problems,
    task_kind_problems,
    words_in_use,
)
from modelsearch.catalog.schema import (
    ComplexityFile,
    FamiliesFile,
    ModelsFile,
    ProviderFile,
    ScalingFile,
    SpecialisationsFile,
    TaskKindsFile,
    TiersFile,
)
from modelsearch.catalog.yaml_file import listed, read_rows
from modelsearch.core.errors import CatalogError
from modelsearch.core.ids import ModelId, ProviderId
from modelsearch.core.market import Endpoint, Market, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class _Files:
    models: ModelsFile
    families: FamiliesFile
    providers: tuple[ProviderFile, ...]
    tiers: TiersFile
    task_kinds: TaskKindsFile
    specialisations: SpecialisationsFile
    complexity: ComplexityFile
    scaling: ScalingFile | None


def load_market(folder: Path, *, as_of: date) -> Market:
    """Read the whole catalogue.

    Args:
        folder: holds models.yaml, families.yaml, tiers.yaml, task_kinds.yaml, specialisations.yaml, complexity.yaml
            and providers/*.yaml; scaling.yaml too where there is one.
        as_of: the day for which the market is wanted. Nothing is left out by it: prices are picked by the time of
            the call, and an endpoint past its `deprecated_on` stays known, so that old spend keeps its price.

    Raises:
        CatalogError: a file is missing or invalid, or names something that no other file has; the message lists all
            problems of the first such file.
    """
    files = _read(folder)
    _check(folder, files)
    endpoints = [endpoint_of(row, provider.id) for provider in files.providers for row in provider.endpoints]
    return Market(
        as_of=as_of,
        models={ModelId(row.id): model_of(row) for row in files.models.models},
        providers={ProviderId(row.id): provider_of(row) for row in files.providers},
        endpoints={endpoint.id: endpoint for endpoint in endpoints},
        tiers=tuple(
            Tier(name=row.name, min_usd_per_mtok=row.min_usd_per_mtok, max_usd_per_mtok=row.max_usd_per_mtok)
            for row in files.tiers.tiers
        ),
        task_kinds={row.id: task_kind_of(row) for row in files.task_kinds.task_kinds},
        families={row.id: family_of(row) for row in files.families.families},
        specialisations=tuple(specialisation_of(row) for row in files.specialisations.specialisations),
        complexity=complexity_of(files.complexity),
        scaling=None if files.scaling is None else scaling_of(files.scaling),
    )


def is_live(endpoint: Endpoint, day: date) -> bool:
    """Whether the endpoint still serves on that day, as far as is known."""
    return endpoint.deprecated_on is None or day <= endpoint.deprecated_on


def _read(folder: Path) -> _Files:
    paths = sorted((folder / "providers").glob("*.yaml"))
    if not paths:
        message = f"{folder / 'providers'}: expected at least one provider file (*.yaml), got none"
        raise CatalogError(message)
    scaling = folder / "scaling.yaml"
    return _Files(
        models=read_rows(folder / "models.yaml", ModelsFile),
        families=read_rows(folder / "families.yaml", FamiliesFile),
        providers=tuple(read_rows(path, ProviderFile) for path in paths),
        tiers=read_rows(folder / "tiers.yaml", TiersFile),
        task_kinds=read_rows(folder / "task_kinds.yaml", TaskKindsFile),
        specialisations=read_rows(folder / "specialisations.yaml", SpecialisationsFile),
        complexity=read_rows(folder / "complexity.yaml", ComplexityFile),
        scaling=read_rows(scaling, ScalingFile) if scaling.is_file() else None,
    )


def _check(folder: Path, files: _Files) -> None:
    _raise_if(folder / "families.yaml", family_problems(files.families))
    _raise_if(folder / "models.yaml", model_problems(files.models, files.families))
    _raise_if(folder / "tiers.yaml", tier_file_problems(files.tiers))
    _raise_if(folder / "complexity.yaml", complexity_problems(files.complexity))
    _raise_if(folder / "scaling.yaml", scaling_problems(files.scaling) if files.scaling is not None else ())
    for path, provider in zip(sorted((folder / "providers").glob("*.yaml")), files.providers, strict=True):
        _raise_if(path, [*provider_problems(provider, path.stem, files.models), *price_problems(provider)])
    words = words_in_use(files.families, files.providers)
    _raise_if(folder / "task_kinds.yaml", task_kind_problems(files.task_kinds, words))
    subjects = {"provider": {row.id for row in files.providers}, "family": {row.id for row in files.families.families}}
    problems = specialisation_problems(files.specialisations, files.task_kinds, subjects)
    _raise_if(folder / "specialisations.yaml", problems)


def _raise_if(path: Path, problems: Iterable[str]) -> None:
    found = list(problems)
    if found:
        raise CatalogError(listed(path, found))
