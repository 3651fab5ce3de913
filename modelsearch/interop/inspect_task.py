"""An Inspect task as a task of ours: samples become items, what its solver sends the prompt, its scorer one of ours.

A scorer of ours stands in for Inspect's only where both give the same score to every probe: for a sample of items, its
target bare, in a sentence, in capitals, with a full stop and a mistake, and other items' targets. Otherwise Inspect's
own scorer runs under ours of the name `python`; answers then cannot be put to a vote.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from modelsearch.core.errors import ModelsearchError, OptionError
from modelsearch.core.task import ScorerSpec
from modelsearch.interop.guesses import guess_of
from modelsearch.interop.imported_folder import Choices, Imported, imported_of
from modelsearch.interop.inspect_loading import SETTINGS, Asking, InspectTask, asked_of
from modelsearch.interop.inspect_scoring import MODULE, chosen_scorer, inspect_score
from modelsearch.interop.logged import Evaluation, LoggedItem, LoggedOutcome, ScoredWith
from modelsearch.interop.prompts import draft_of
from modelsearch.interop.scorer_fit import Fitted, fitted
from modelsearch.interop.tame import tamed
from modelsearch.interop.turns import turns_of

if TYPE_CHECKING:
    from inspect_ai.dataset import Sample

N_PROBED = 24
"""Items whose probes both scorers are held against."""
UNSAID = "where the task of Inspect's does not say, the temperature is 0 here and an answer has at most 512 tokens"
_MODEL_GRADED = "model_graded"
_TEMPLATES = (
    "{}",
    "{}.",
    "**{}**",
    " {} \n",
    "The answer is {}.",
    "ANSWER: {}",
    "Not {}",
    "{} or something else",
    "x{}x",
)


async def imported_task(loaded: InspectTask, choices: Choices, *, score: str = "") -> Imported:
    """The task, ready to be written as a folder.

    Args:
        loaded: the task.
        choices: what the user decides: id, kind, a scorer of ours.
        score: which of several scorers counts.

    Raises:
        OptionError: it is an agent, its messages are no texts, or a model does its scoring.
    """
    name = chosen_scorer(loaded, score)
    if _MODEL_GRADED in name:
        message = f"{loaded.reference}: a model does its scoring ({name}), outside of any budget of ours"
        raise OptionError(f"{message}: give --scorer '{{name: judge, model: ..., rubric: ...}}'")
    evaluation = tamed(await _evaluation(loaded, name))
    if choices.scorer is not None:
        return imported_of(evaluation, choices)
    found = await _fitted(loaded, evaluation, name)
    if found.chosen is None:
        hint = f"#{name}" if score else ""
        spec = ScorerSpec(name="python", params={"function": f"{MODULE}:{loaded.reference}{hint}"})
        found = Fitted(chosen=spec, why=f"Inspect's own {name}: no scorer of ours gives every probe the same score")
    imported = imported_of(evaluation, replace(choices, scorer=found.chosen))
    return replace(imported, fitted=found)


async def _evaluation(loaded: InspectTask, scorer: str) -> Evaluation:
    asked = {sample_id: await asked_of(loaded, sample_id) for sample_id in loaded.samples}
    settings = {**loaded.settings, **next(iter(asked.values())).settings}
    return Evaluation(
        tool=f"Inspect {version('inspect_ai')}",
        name=loaded.name,
        items=[_item(loaded, sample_id, asked[sample_id]) for sample_id in loaded.samples],
        outcomes=(),
        scored_with=ScoredWith(name=scorer),
        notes=() if len(settings) == len(SETTINGS) else (UNSAID,),
        settings={key: float(value) for key, value in settings.items()},
    )


def _item(loaded: InspectTask, sample_id: str, asking: Asking) -> LoggedItem:
    sample = loaded.samples[sample_id]
    turns = turns_of([{"role": m.role, "content": _content(m.content)} for m in asking.messages])
    if turns is None or any(turn.role not in ("system", "user", "assistant") for turn in turns):
        raise OptionError(f"{loaded.reference}: sample {sample_id!r}: expected messages of text alone")
    target = sample.target if isinstance(sample.target, str) or len(sample.target) != 1 else sample.target[0]
    return LoggedItem(
        id=sample_id,
        fields=_fields(sample),
        target=[*target] if isinstance(target, list) else target,
        turns=turns,
        options=tuple(sample.choices or ()),
    )


def _content(content: Any) -> Any:
    """As OpenAI's messages have it: a text, or parts by type."""
    return content if isinstance(content, str) else [part.model_dump() for part in content]


def _fields(sample: "Sample") -> dict[str, Any]:
    """What the prompt may have been made of: the input, and what the sample says of itself."""
    known = {name: value for name, value in (sample.metadata or {}).items() if isinstance(value, str | int | float)}
    return {**known, "input": sample.input} if isinstance(sample.input, str) else known


async def _fitted(loaded: InspectTask, evaluation: Evaluation, scorer: str) -> Fitted:
    """The scorer of ours that gives every probe the score of Inspect's; `chosen` None = there is none."""
    outcomes = []
    for number, (item_id, answer) in enumerate(_probes(evaluation.items)):
        try:
            given = await inspect_score(loaded, item_id, answer, scorer)
        except ModelsearchError:
            raise
        except Exception as error:
            message = f"{loaded.reference}: its scorer {scorer} fails without a model: {type(error).__name__}: {error}"
            raise OptionError(f"{message}: give --scorer") from error
        outcomes.append(LoggedOutcome(model="probe", item_id=item_id, repeat=number, answer=answer, score=given))
    probed = replace(evaluation, outcomes=tuple(outcomes))
    found = fitted(probed, draft_of(evaluation.items), guess_of(evaluation), None)
    if found.chosen is None or not found.tried or not any(f.spec == found.chosen and f.is_equal for f in found.tried):
        return Fitted(chosen=None, why=found.why, tried=found.tried)
    return replace(found, why=f"it gives {len(outcomes)} probes the same scores as Inspect's {scorer}")


def _probes(items: Sequence[LoggedItem]) -> Iterator[tuple[str, str]]:
    """Items and answers on which scorers show whether they differ."""
    step = max(1, len(items) // N_PROBED)
    chosen = items[::step][:N_PROBED]
    texts = [_text(item) for item in chosen]
    for place, item in enumerate(chosen):
        own, other = texts[place], texts[(place + 1) % len(texts)]
        for text in (own, other, own.upper(), own.lower()):
            yield from ((item.id, template.format(text.replace("{", "(").replace("}", ")"))) for template in _TEMPLATES)
        yield item.id, f"{own}\n{other}"
        yield item.id, f"{other}, {own}"
        yield from ((item.id, option) for option in item.options)


def _text(item: LoggedItem) -> str:
    target = item.target[0] if isinstance(item.target, list) and item.target else item.target
    return str(target)
