"""Names in one catalogue file that another file must know: each function lists problems as `key: allowed, got`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import get_args

from modelsearch.catalog.schema import (
    Capability,
    FamiliesFile,
    ModelsFile,
    ProviderFile,
    SpecialisationsFile,
    TaskKindsFile,
)

_MAX_NAMES = 12
_KEY_SAFE = re.compile(r"https://|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/|$)")


def model_problems(models: ModelsFile, families: FamiliesFile) -> Iterator[str]:
    """Ids given twice, unknown families, more active parameters than there are."""
    yield from _twice("models", (row.id for row in models.models))
    known = {row.id for row in families.families}
    for row in models.models:
        if row.family not in known:
            yield f"models[{row.id}].family: expected an id of families.yaml ({_some(known)}), got {row.family!r}"
        if row.params_b and row.active_params_b and row.active_params_b > row.params_b:
            yield (
                f"models[{row.id}].active_params_b: expected at most params_b ({row.params_b:g}), "
                f"got {row.active_params_b:g}"
            )


def family_problems(families: FamiliesFile) -> Iterator[str]:
    """Ids given twice, unknown parents, a family that descends from itself."""
    yield from _twice("families", (row.id for row in families.families))
    parents = {row.id: row.lineage for row in families.families}
    for row in families.families:
        if row.lineage is not None and row.lineage not in parents:
            yield f"families[{row.id}].lineage: expected a family ({_some(parents)}), got {row.lineage!r}"
        seen, parent = {row.id}, row.lineage
        while parent in parents and parent not in seen:
            seen.add(str(parent))
            parent = parents[parent]
        if parent in seen:
            yield f"families[{row.id}].lineage: expected no circle, got one over {parent!r}"


def provider_problems(provider: ProviderFile, file_stem: str, models: ModelsFile) -> Iterator[str]:
    """A file named otherwise than its provider, a key sent in the clear, endpoints given twice, unknown models."""
    if provider.id != file_stem:
        yield f"id: expected the name of the file ({file_stem!r}), got {provider.id!r}"
    if provider.key_env is None and provider.pricing_class != "local":
        yield "key_env: expected the name of an environment variable (null is for local providers only), got nothing"
    if provider.key_env is not None and not _KEY_SAFE.match(provider.base_url):
        yield f"base_url: a key is sent there: expected https, or http on this machine, got {provider.base_url!r}"
    yield from _twice("endpoints", (row.wire for row in provider.endpoints))
    known = {row.id for row in models.models}
    for row in provider.endpoints:
        if row.model not in known:
            yield f"endpoints[{row.wire}].model: expected an id of models.yaml, got {row.model!r}"


def task_kind_problems(kinds: TaskKindsFile, words: set[str]) -> Iterator[str]:
    """Ids given twice, words that no family, provider or capability has, words both preferred and avoided."""
    yield from _twice("task_kinds", (row.id for row in kinds.task_kinds))
    for row in kinds.task_kinds:
        for key in ("prefers", "avoids"):
            for word in getattr(row, key):
                if word not in words:
                    yield f"task_kinds[{row.id}].{key}: expected a strength in use ({_some(words)}), got {word!r}"
        for word in sorted({*row.prefers} & {*row.avoids}):
            yield f"task_kinds[{row.id}]: expected a word in prefers or avoids, got {word!r} in both"


def specialisation_problems(
    file: SpecialisationsFile, kinds: TaskKindsFile, subjects: dict[str, set[str]]
) -> Iterator[str]:
    """Unknown providers, families and kinds; one subject and kind given twice on the same basis."""
    known_kinds = {row.id for row in kinds.task_kinds}
    for row in file.specialisations:
        where = f"specialisations[{row.id}, {row.kind}]"
        if row.id not in subjects[row.subject]:
            yield f"{where}.id: expected a {row.subject} ({_some(subjects[row.subject])}), got {row.id!r}"
        if row.kind not in known_kinds:
            yield f"{where}.kind: expected a task kind ({_some(known_kinds)}), got {row.kind!r}"
    yield from _twice(
        "specialisations", (f"{row.subject} {row.id}, {row.kind}, {row.basis}" for row in file.specialisations)
    )


def words_in_use(families: FamiliesFile, providers: Iterable[ProviderFile]) -> set[str]:
    """What `prefers` and `avoids` can name."""
    words: set[str] = set(get_args(Capability))
    for family in families.families:
        words.update(family.strengths, family.characteristics)
    for provider in providers:
        words.update(provider.strengths, provider.best_for)
    return words


def _twice(where: str, names: Iterable[str]) -> Iterator[str]:
    for name, n_times in Counter(names).items():
        if n_times > 1:
            yield f"{where}[{name}]: expected once, got {n_times} times"


def _some(names: Iterable[str]) -> str:
    known = sorted(names)
    return ", ".join(known[:_MAX_NAMES]) + (", ..." if len(known) > _MAX_NAMES else "")
