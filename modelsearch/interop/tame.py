"""Names and ids of strangers: what would do harm in a terminal, a spreadsheet or a path is refused or replaced."""

import hashlib
from dataclasses import replace

from modelsearch.core.errors import LogFileError
from modelsearch.interop.fields import shown
from modelsearch.interop.logged import Evaluation

MAX_NAME_CHARS = 200
_FORMULA = ("=", "+", "-", "@")


def tamed(evaluation: Evaluation) -> Evaluation:
    """The evaluation with ids that can stand anywhere; an id that cannot becomes its hash.

    Raises:
        LogFileError: a model's name cannot be used: names are looked up, so they are not replaced in silence.
    """
    for model in evaluation.models:
        if not _is_tame(model):
            raise LogFileError(
                f"model {shown(model)}: expected a name of 1 to {MAX_NAME_CHARS} printable characters that begins with "
                f"none of {' '.join(_FORMULA)}: give it another with --rename"
            )
    ids = {item.id: _id(item.id) for item in evaluation.items}
    if all(ours == theirs for theirs, ours in ids.items()):
        return evaluation
    return replace(
        evaluation,
        items=tuple(replace(item, id=ids[item.id]) for item in evaluation.items),
        outcomes=tuple(replace(outcome, item_id=ids[outcome.item_id]) for outcome in evaluation.outcomes),
    )


def _is_tame(name: str) -> bool:
    return 0 < len(name) <= MAX_NAME_CHARS and name.isprintable() and not name.startswith(_FORMULA)


def _id(text: str) -> str:
    return text if _is_tame(text) else f"id-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"
