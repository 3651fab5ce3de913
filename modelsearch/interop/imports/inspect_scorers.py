"""What Inspect's own scorers are among ours, by their names and options; each is held against the log's scores."""

from modelsearch.core.task import ScorerSpec
from modelsearch.interop.fields import Fields
from modelsearch.interop.logged import ScoredWith

_MODEL_GRADED = ("model_graded_qa", "model_graded_fact")


def scored_with(evaluated: Fields, score: str) -> ScoredWith:
    """The scorers of ours that may be the one of a log.

    Args:
        evaluated: the header's `eval`, which has the scorers' options.
        score: the one that counts.
    """
    options: Fields = Fields({}, "")
    for each in evaluated.each("scorers"):
        if (each.text("name") or "").rsplit("/", 1)[-1] == score.rsplit("/", 1)[-1]:
            options = each.within("options")
    name = score.rsplit("/", 1)[-1]
    is_cased = options.text("ignore_case") == "false"
    contains = ScorerSpec(name="contains", params={"mode": "any", "casefold": not is_cased})
    choice, numeric = ScorerSpec(name="choice"), ScorerSpec(name="numeric")
    exact = ScorerSpec(name="exact", params={"casefold": True, "strip_punctuation": True})
    pattern = options.text("pattern") or options.text("args")
    regex = (ScorerSpec(name="regex", params={"pattern": pattern, "ignore_case": not is_cased}),) if pattern else ()
    known: dict[str, tuple[ScorerSpec, ...]] = {
        "includes": (contains,),
        "match": (numeric,) if options.text("numeric") == "true" else (choice, exact, contains),
        "exact": (exact,),
        "choice": (choice,),
        "pattern": regex,
        "answer": (choice, exact),
        "f1": (ScorerSpec(name="token_f1"),),
    }
    return ScoredWith(name=score, equals=known.get(name, ()), is_model=name.startswith(_MODEL_GRADED))
