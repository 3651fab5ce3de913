"""Models that scorers ask: they come into the market, may not judge themselves, and are no candidates by accident."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase

from modelsearch.core.candidate import Single
from modelsearch.core.errors import KeyMissingError, OptionError
from modelsearch.core.ids import EndpointId, ModelId, ProviderId
from modelsearch.core.market import Endpoint, Market, Model, Provider, Rate
from modelsearch.core.task import TaskSpec
from modelsearch.evaluate.scorers.embedding import Embedding
from modelsearch.evaluate.scorers.judge import Judge
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.taskfile.scorer import did_you_mean

EMBEDDINGS = "openai_embeddings"
SOURCE = "the task file"
EMULATED_JUDGE_USD = {"input": Decimal("0.5"), "output": Decimal(2)}
"""USD per Mtok of a made-up judge whose real price is not known."""


def with_scorer_models(market: Market, task: TaskSpec) -> Market:
    """The market with the embedding model of a task; a judge has to be there already.

    Raises:
        OptionError: no such endpoint or provider.
    """
    scorer = make_scorer(task)
    if isinstance(scorer, Judge) and scorer.model not in market.endpoints:
        known = sorted(str(name) for name in market.endpoints)
        raise OptionError(
            f"task {task.id!r}: scorer 'judge': model: expected an endpoint of the catalogue, got {scorer.model!r}"
            f"{did_you_mean(scorer.model, known)} (`modelsearch catalog list` shows all)"
        )
    return _with_embedding(market, scorer, task) if isinstance(scorer, Embedding) else market


def with_emulated_scorer_models(market: Market, task: TaskSpec, base: Market) -> Market:
    """A synthetic world's market with a made-up judge or embedding model, by the name that the task gives it.

    Args:
        market: of the world.
        task: names the model.
        base: the real catalogue, for the judge's price.
    """
    scorer = make_scorer(task)
    if isinstance(scorer, Judge):
        real = base.endpoints.get(EndpointId(scorer.model))
        rates = real.rates if real is not None else _rates(EMULATED_JUDGE_USD)
        return _joined(market, _provider("judge", "openai_chat"), scorer.model, rates)
    if isinstance(scorer, Embedding):
        return _joined(market, _provider("embedder", EMBEDDINGS), scorer.model, _rates(_embedding_usd(scorer)))
    return market


def scorer_endpoint(market: Market, task: TaskSpec) -> Endpoint | None:
    """The endpoint that the task's scorer asks, if any."""
    scorer = make_scorer(task)
    asked = scorer.model if isinstance(scorer, Judge | Embedding) else ""
    return market.endpoints.get(EndpointId(asked))


def without_scorer_models(candidates: Sequence[Single], market: Market, task: TaskSpec) -> tuple[Single, ...]:
    """The pool without what cannot be a candidate: an embedding model, and the judge of a synthetic world."""
    endpoint = scorer_endpoint(market, task)
    if endpoint is None or not _is_apart(market.providers[endpoint.provider_id]):
        return tuple(candidates)
    return tuple(candidate for candidate in candidates if candidate.endpoint_id != endpoint.id)


def check_judge(task: TaskSpec, market: Market, candidates: Sequence[Single], baseline: Single) -> None:
    """Refuse a judge that is the baseline, or a candidate that is not excluded, at whatever provider.

    Models prefer their own answers (Panickseri, Bowman & Feng 2024, https://arxiv.org/abs/2404.13076).

    Raises:
        OptionError: it is one of them, and the task does not say `allow_self_judging: true`.
    """
    scorer = make_scorer(task)
    endpoint = scorer_endpoint(market, task)
    if not isinstance(scorer, Judge) or scorer.allow_self_judging or endpoint is None:
        return
    if _is_apart(market.providers[endpoint.provider_id]):
        return
    judge_id = endpoint.model_id
    told = f"task {task.id!r}: scorer 'judge': {scorer.model!r}"
    if market.endpoints[baseline.endpoint_id].model_id == judge_id:
        raise OptionError(
            f"{told} is the model of the baseline {baseline.id!r}, and models prefer their own answers: name another "
            "judge, or write `allow_self_judging: true` under `scorer`"
        )
    own = sorted({c.endpoint_id for c in candidates if market.endpoints[c.endpoint_id].model_id == judge_id})
    excluded = task.requirements.exclude
    left = [name for name in own if not any(fnmatchcase(name, glob) for glob in excluded) and _is_wanted(name, task)]
    if left:
        raise OptionError(
            f"{told} is also a candidate, and models prefer their own answers: exclude it "
            f"(`exclude: [{', '.join(left)}]` under `requirements`, or --exclude), name another judge, or write "
            "`allow_self_judging: true` under `scorer`"
        )


def check_scorer_key(task: TaskSpec, market: Market, keys: Mapping[ProviderId, str]) -> None:
    """Refuse a search whose answers could not be scored for want of a key.

    Raises:
        KeyMissingError: naming the variable.
    """
    endpoint = scorer_endpoint(market, task)
    provider = None if endpoint is None else market.providers[endpoint.provider_id]
    if provider is not None and provider.key_env and provider.id not in keys:
        raise KeyMissingError(
            f"task {task.id!r}: its scorer asks {provider.name}, whose key is not in the environment: "
            f"set {provider.key_env}"
        )


def check_code_allowed(task: TaskSpec, *, is_allowed: bool) -> None:
    """Refuse to run what models write unless the user, not the task file, has said so.

    Raises:
        OptionError: the scorer runs code and nobody allowed it.
    """
    if getattr(make_scorer(task), "runs_code", False) and not is_allowed:
        raise OptionError(
            f"task {task.id!r}: scorer {task.scorer.name!r} runs programs that models write, walled in, on this "
            "machine: allow it with --allow-code-execution or MODELSEARCH_ALLOW_CODE_EXECUTION=1"
        )


def _is_wanted(name: str, task: TaskSpec) -> bool:
    include = task.requirements.include
    return not include or any(fnmatchcase(name, glob) for glob in include)


def _is_apart(provider: Provider) -> bool:
    """Whether the provider was made for a scorer alone."""
    return provider.id in {"judge", "embedder"} or provider.dialect == EMBEDDINGS


def _with_embedding(market: Market, scorer: Embedding, task: TaskSpec) -> Market:
    name, wire_name = scorer.model.split("/", 1)
    if scorer.base_url:
        provider = replace(_provider("embedder", EMBEDDINGS), base_url=scorer.base_url, key_env=scorer.key_env or None)
    elif ProviderId(name) in market.providers:
        known = market.providers[ProviderId(name)]
        provider = replace(known, id=ProviderId(f"{name}:embeddings"), dialect=EMBEDDINGS)
    else:
        known_names = sorted(map(str, market.providers))
        raise OptionError(
            f"task {task.id!r}: scorer 'embedding': model: expected a provider of the catalogue before the slash, got "
            f"{name!r}{did_you_mean(name, known_names)}: or give its `base_url`"
        )
    return _joined(market, provider, scorer.model, _rates(_embedding_usd(scorer)), wire_name)


def _joined(market: Market, provider: Provider, name: str, rates: tuple[Rate, ...], wire_name: str = "") -> Market:
    """The market with one more endpoint, at a provider of its own."""
    model = Model(id=ModelId(f"scorer/{name}"), family="scorer")
    endpoint = Endpoint(
        id=EndpointId(name), model_id=model.id, provider_id=provider.id, wire_name=wire_name or name, rates=rates
    )
    return replace(
        market,
        models={**market.models, model.id: model},
        providers={**market.providers, provider.id: provider},
        endpoints={**market.endpoints, endpoint.id: endpoint},
    )


def _provider(name: str, dialect: str) -> Provider:
    return Provider(
        id=ProviderId(name),
        name=f"{name} of the task",
        dialect=dialect,
        base_url=f"http://127.0.0.1/p/{name}",
        key_env=None,
        pricing_class="variable",
        max_concurrency=32,
    )


def _embedding_usd(scorer: Embedding) -> dict[str, Decimal]:
    return {"input": scorer.price_usd, "output": Decimal(0)}


def _rates(usd: Mapping[str, Decimal]) -> tuple[Rate, ...]:
    kinds = {"input": usd["input"], "output": usd["output"]}
    since = date(2024, 1, 1)
    return (
        Rate(kind="input", usd=kinds["input"], valid_from=since, observed_at=since, source=SOURCE),
        Rate(kind="output", usd=kinds["output"], valid_from=since, observed_at=since, source=SOURCE),
    )
