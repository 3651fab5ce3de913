"""The hard requirements of a task, one rule each: a reason to refuse a served model, or None.

What the catalogue does not know never refuses a model, with one exception: what the client asks for by name
(`needs`: open weights, a region, zero data retention, a capability) must be shown to be there.
"""

from collections.abc import Callable, Iterator
from datetime import date
from fnmatch import fnmatchcase
from typing import NamedTuple

from modelsearch.core.ids import Json, PromptId, canonical_json
from modelsearch.core.market import Family, TaskKind
from modelsearch.core.task import Item, Requirements, TaskSpec, output_limit_tokens
from modelsearch.search.features import Served

CHARS_PER_TOKEN = 4.0
"""Characters (UTF-8 bytes) of a token of English text; other scripts take fewer bytes a token, so this is lenient."""


class Refusal(NamedTuple):
    """Why a model cannot serve the task, the numbers, and what would let it in."""

    reason: str
    remedy: str
    evidence: dict[str, float]


class Case(NamedTuple):
    """One served model before the task."""

    served: Served
    task: TaskSpec
    kind: TaskKind
    family: Family | None
    as_of: date
    n_prompt_tokens: int

    @property
    def wanted(self) -> Requirements:
        """The client's requirements."""
        return self.task.requirements


def refusals(case: Case) -> Iterator[Refusal]:
    """All reasons against a served model, in the order of the rules."""
    return (found for rule in RULES if (found := rule(case)) is not None)


def longest_prompt_tokens(task: TaskSpec) -> dict[PromptId, int]:
    """Estimated tokens of the longest rendered prompt, by prompt: template, longest item, and examples if named."""
    longest = max((_n_chars(item) for item in task.items), default=0)
    examples = sum(_n_chars(example) for example in task.examples)
    sizes = {}
    for prompt in task.prompts:
        template = prompt.user + prompt.system
        n_chars = len(template.encode()) + longest + (examples if "examples" in template else 0)
        sizes[prompt.id] = round(n_chars / CHARS_PER_TOKEN)
    return sizes


def _n_chars(item: Item) -> int:
    return _size(item.input)


def _size(value: Json) -> int:
    return len(value.encode()) if isinstance(value, str) else len(canonical_json(value))


def _refuse(reason: str, remedy: str, **evidence: float) -> Refusal:
    return Refusal(reason, remedy, dict(evidence))


def _included(case: Case) -> Refusal | None:
    name, globs = case.served.endpoint.id, case.wanted.include
    if not globs or any(fnmatchcase(name, glob) for glob in globs):
        return None
    return _refuse(f"matches none of the included globs {', '.join(globs)}", "add a glob that matches to --include")


def _excluded(case: Case) -> Refusal | None:
    hits = [glob for glob in case.wanted.exclude if fnmatchcase(case.served.endpoint.id, glob)]
    return _refuse(f"matches the excluded glob {hits[0]}", f"remove {hits[0]} from --exclude") if hits else None


def _provider(case: Case) -> Refusal | None:
    allowed, provider_id = case.wanted.providers, case.served.endpoint.provider_id
    if not allowed or provider_id in allowed:
        return None
    return _refuse(
        f"provider {provider_id} is not among {', '.join(sorted(allowed))}", f"add {provider_id} to --providers"
    )


def _pricing(case: Case) -> Refusal | None:
    allowed, provider = case.wanted.pricing, case.served.provider
    if not allowed or provider is None or provider.pricing_class in allowed:
        return None
    found = provider.pricing_class
    return _refuse(f"pricing class {found} is not among {', '.join(sorted(allowed))}", f"add {found} to --pricing")


def _in_service(case: Case) -> Refusal | None:
    last = case.served.endpoint.deprecated_on
    if last is None or last >= case.as_of:
        return None
    return _refuse(f"its last day of service was {last}", "none: it is gone")


def _text(case: Case) -> Refusal | None:
    model = case.served.model
    if "text" in model.modalities_in and "text" in model.modalities_out:
        return None
    return _refuse("it does not read and write text", "none: the task is text")


def _context(case: Case) -> Refusal | None:
    n_context = case.served.endpoint.context_tokens
    if n_context is None:
        return None
    n_longest = case.n_prompt_tokens + output_limit_tokens(case.task, case.served.endpoint)
    n_needed = max(n_longest, case.wanted.min_context_tokens or 0, case.kind.min_context_tokens or 0)
    if n_context >= n_needed:
        return None
    return _refuse(
        f"context of {n_context} tokens, {n_needed} needed (the longest item takes about {n_longest} with its reply)",
        "lower --min-context, shorten the items or lower max_output_tokens",
        context_tokens=n_context,
        needed_tokens=n_needed,
    )


def _capabilities(case: Case) -> Refusal | None:
    known = case.served.endpoint.capabilities
    missing = sorted(case.kind.requires - known) if known else []
    if not missing:
        return None
    return _refuse(
        f"tasks of kind {case.kind.id} require {', '.join(missing)}, which it lacks", "change the task's kind"
    )


def _needs(case: Case) -> Refusal | None:
    for need in sorted(case.wanted.needs):
        if not _is_shown(case, need):
            return _refuse(f"{need} is required and cannot be shown for it", f"remove {need} from --require")
    return None


def _is_shown(case: Case, need: str) -> bool:
    provider = case.served.provider
    if need == "open-weights":
        return case.served.model.is_open_weights is True
    if need == "zdr":
        return provider is not None and provider.is_zdr is True
    if need.startswith("region="):
        return _is_in_region(case, need.removeprefix("region="))
    return need in case.served.endpoint.capabilities


def _is_in_region(case: Case, region: str) -> bool:
    """The endpoint's own region, else all regions of its provider: "eu" covers "eu-west-1"."""
    own, provider = case.served.endpoint.region, case.served.provider
    places = (own,) if own is not None else (provider.regions if provider is not None else ())
    return bool(places) and all(f"{place}-".lower().startswith(f"{region}-".lower()) for place in places)


def _avoided(case: Case) -> Refusal | None:
    if not case.wanted.is_kind_strict or case.family is None:
        return None
    hits = sorted(case.kind.avoids & (case.family.strengths | case.family.characteristics))
    if not hits:
        return None
    return _refuse(
        f"family {case.family.id} is known for {', '.join(hits)}, which tasks of kind {case.kind.id} avoid",
        "drop --strict-kind",
    )


def _size_floor(case: Case) -> Refusal | None:
    size_b, floor_b = case.served.model.params_b, case.kind.min_params_b
    if not case.wanted.is_kind_strict or size_b is None or floor_b is None or size_b >= floor_b:
        return None
    return _refuse(
        f"{size_b:g} B parameters, tasks of kind {case.kind.id} want {floor_b:g} B",
        "drop --strict-kind",
        params_b=size_b,
        needed_params_b=floor_b,
    )


RULES: tuple[Callable[[Case], Refusal | None], ...] = (
    _included,
    _excluded,
    _provider,
    _pricing,
    _in_service,
    _text,
    _context,
    _needs,
    _capabilities,
    _avoided,
    _size_floor,
)
