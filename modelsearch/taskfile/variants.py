"""The ways of asking of a task file: templates joined with the examples that they show, and parameters.

A prompt that shows other examples than all is a prompt of its own in the task, named after its template; a variant is
one of these with parameters. A task without `variants` is left as it was.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from modelsearch.core.candidate import DEFAULT_PROMPT, GenParams
from modelsearch.core.errors import TaskFileError
from modelsearch.core.ids import ItemId, PromptId, sha256_hex
from modelsearch.core.task import Item, Prompt
from modelsearch.core.variant import Variant, suffix
from modelsearch.taskfile.scorer import did_you_mean
from modelsearch.taskfile.variant_rows import Effort, Shots, VariantGrid, VariantRow

MAX_VARIANTS = 64
"""Ways of asking of one task: with some hundred endpoints each, that is as many candidates as a search can look at."""
SHUFFLED = re.compile(r"shuffled-(\d{1,9})")
CALIBRATED = "-cal"
_NAME = re.compile(r"[^\s#@|,]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Prompts and variants of a task; no variants where its file names none."""

    prompts: tuple[Prompt, ...]
    variants: tuple[Variant, ...] = ()


def asked_ways(
    given: VariantGrid | Sequence[VariantRow] | None, prompts: Sequence[Prompt], examples: Sequence[Item], owner: str
) -> Asked:
    """The prompts with their sets of examples, and the variants, in the order in which the file lists them.

    Args:
        given: the block `variants`.
        prompts: of the task.
        examples: all that the task has.
        owner: the file, for messages.

    Raises:
        TaskFileError: a name that is not there or is there twice, a set of examples that cannot be, or too many.
    """
    if given is None:
        return Asked(prompts=tuple(prompts))
    maker = _Maker(prompts, examples, owner)
    rows = list(maker.of_grid(given)) if isinstance(given, VariantGrid) else [maker.of_row(row) for row in given]
    if len(rows) > MAX_VARIANTS:
        raise TaskFileError(f"{owner}: variants: at most {MAX_VARIANTS}, got {len(rows)}: name fewer")
    names = [row.id for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TaskFileError(f"{owner}: variants: {twice[0]!r} is there twice: names must differ")
    used = {row.prompt_id for row in rows}
    return Asked(prompts=tuple(p for p in maker.made.values() if p.id in used), variants=tuple(rows))


class _Maker:
    def __init__(self, prompts: Sequence[Prompt], examples: Sequence[Item], owner: str) -> None:
        self._prompts = {prompt.id: prompt for prompt in prompts}
        self._examples = tuple(example.id for example in examples)
        self._owner = owner
        twice = sorted({name for name in self._examples if self._examples.count(name) > 1})
        if twice:
            raise TaskFileError(f"{owner}: examples: id {twice[0]!r} is there twice: variants tell them by their ids")
        self.made: dict[PromptId, Prompt] = {}

    def of_row(self, row: VariantRow) -> Variant:
        """One named variant."""
        where = f"{self._owner}: variants: {row.name!r}"
        if not _NAME.fullmatch(row.name):
            raise TaskFileError(f"{where}: name: expected no spaces and none of # @ | , in it")
        template = self._template(row.prompt, where)
        if row.examples is not None and not _shows_examples(template):
            raise TaskFileError(
                f"{where}: examples: prompt {template.id!r} never shows any: put {{{{ examples }}}} into it"
            )
        shots = None if row.examples is None else self._shots(row.examples, where)
        prompt = self._prompt(template, shots, _label(row.examples))
        params = GenParams(
            temperature=row.temperature, max_output_tokens=row.max_output_tokens, reasoning_effort=row.effort
        )
        return Variant(id=PromptId(row.name), prompt_id=prompt.id, params=params, is_calibrated=row.calibrated)

    def of_grid(self, grid: VariantGrid) -> Iterator[Variant]:
        """All combinations; a template that shows no examples is there once, whatever sets are listed."""
        self._check_size(grid)
        sets = self._sets(grid)
        efforts: list[Effort | None] = [*grid.efforts] if grid.efforts else [None]
        temperatures: list[float | None] = [*grid.temperatures] if grid.temperatures else [None]
        settings = [GenParams(temperature=t, reasoning_effort=effort) for effort in efforts for t in temperatures]
        for name in grid.prompts or list(self._prompts):
            template = self._template(name, f"{self._owner}: variants.prompts")
            shown = sets if _shows_examples(template) else {"": None}
            for (label, shots), params, is_calibrated in product(shown.items(), settings, grid.calibrated or [False]):
                prompt = self._prompt(template, shots, label)
                stem = prompt.id
                yield Variant(
                    id=PromptId(f"{stem}{suffix(params)}{CALIBRATED if is_calibrated else ''}"),
                    prompt_id=prompt.id,
                    params=params,
                    is_calibrated=is_calibrated,
                    stem=PromptId(f"{stem}{CALIBRATED if is_calibrated else ''}"),
                )

    def _check_size(self, grid: VariantGrid) -> None:
        """Before anything is made: a grid of ten by ten by ten is a slip."""
        sizes = {
            "prompts": len(grid.prompts or self._prompts),
            "examples": len(grid.examples or [None]),
            "efforts": len(grid.efforts or [None]),
            "temperatures": len(grid.temperatures or [None]),
            "calibrated": len(grid.calibrated or [False]),
        }
        if prod(sizes.values()) > MAX_VARIANTS:
            told = " x ".join(f"{size} {name}" for name, size in sizes.items() if size > 1)
            raise TaskFileError(
                f"{self._owner}: variants: at most {MAX_VARIANTS} ways of asking, got {told} = {prod(sizes.values())}: "
                "shorten a list, or name the ones that matter in a list of variants"
            )

    def _sets(self, grid: VariantGrid) -> Mapping[str, tuple[ItemId, ...] | None]:
        where = f"{self._owner}: variants.examples"
        if grid.examples is None:
            return {"": None}
        if not any(_shows_examples(self._prompts[p]) for p in self._prompts):
            raise TaskFileError(f"{where}: no prompt shows any: put {{{{ examples }}}} into one")
        named = grid.examples if isinstance(grid.examples, dict) else {_label(each): each for each in grid.examples}
        return {name: self._shots(each, where) for name, each in named.items()}

    def _template(self, name: str | None, where: str) -> Prompt:
        if name is None:
            return next(iter(self._prompts.values()))
        found = self._prompts.get(PromptId(name))
        if found is None:
            known = tuple(self._prompts)
            raise TaskFileError(
                f"{where}: prompt: expected one of {', '.join(known)}, got {name!r}{did_you_mean(name, known)}"
            )
        return found

    def _prompt(self, template: Prompt, shots: tuple[ItemId, ...] | None, label: str) -> Prompt:
        """The template with a set of examples; the template itself where it shows all, or none."""
        if shots is None:
            return self.made.setdefault(template.id, template)
        name = PromptId(f"{template.id}-{label}" if template.id != DEFAULT_PROMPT else label)
        made = replace(template, id=name, example_ids=shots, template_id=template.id)
        if self.made.setdefault(name, made) != made:
            raise TaskFileError(f"{self._owner}: variants: two sets of examples are called {label!r}: name them apart")
        return made

    def _shots(self, given: Shots, where: str) -> tuple[ItemId, ...] | None:
        """The ids that a set of examples shows; None = all as listed."""
        ids = self._examples
        if not ids:
            raise TaskFileError(f"{where}: examples: the task has none: add `examples:` to it")
        if isinstance(given, list):
            return self._listed(given, where)
        if isinstance(given, int):
            if given > len(ids):
                raise TaskFileError(f"{where}: examples: expected at most the task's {len(ids)}, got {given}")
            return ids[:given]
        if (seed := SHUFFLED.fullmatch(given)) is not None:
            return tuple(sorted(ids, key=lambda name: sha256_hex([int(seed[1]), name])))
        known: dict[str, tuple[ItemId, ...] | None] = {"all": None, "none": (), "reversed": ids[::-1]}
        if given not in known:
            raise TaskFileError(
                f"{where}: examples: expected all, none, reversed, shuffled-7, a number or a list of ids, got {given!r}"
            )
        return known[given]

    def _listed(self, given: Sequence[str], where: str) -> tuple[ItemId, ...]:
        unknown = [name for name in given if name not in self._examples]
        if unknown:
            near = did_you_mean(unknown[0], tuple(self._examples))
            raise TaskFileError(
                f"{where}: examples: expected ids of the task's examples ({', '.join(self._examples[:8])}"
                f"{', ...' if len(self._examples) > 8 else ''}), got {unknown[0]!r}{near}"
            )
        return tuple(ItemId(name) for name in given)


def _shows_examples(prompt: Prompt) -> bool:
    return "examples" in prompt.user + prompt.system


def _label(given: Shots | None) -> str:
    """A name for a set of examples."""
    if isinstance(given, list):
        return "+".join(given) or "0-shot"
    if isinstance(given, int):
        return f"{given}-shot"
    return "0-shot" if given == "none" else given or "all"
