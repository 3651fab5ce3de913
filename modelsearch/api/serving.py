"""A finished run's recommendation, wired up to answer in production."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import count

from modelsearch.api.deployed import FinishedRun, deployed_of, read_finished
from modelsearch.api.keys import keys_of
from modelsearch.api.market import market_in_force
from modelsearch.api.recover import first_served_by
from modelsearch.api.source_again import source_again
from modelsearch.core.candidate import Single
from modelsearch.core.errors import KeyMissingError, OptionError
from modelsearch.core.events import Event, Warned
from modelsearch.core.ids import CallId, ItemId, ProviderId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.task import Item, TaskSpec
from modelsearch.evaluate.caller import Caller
from modelsearch.evaluate.prices import PriceBook
from modelsearch.evaluate.scoring import make_scorer
from modelsearch.evaluate.served import Served
from modelsearch.evaluate.serving import NoReplies, ServedCandidate, ServingPlugs
from modelsearch.evaluate.side_calls import SideCalls
from modelsearch.interop.exports.deployed import Deployed, Mode
from modelsearch.providers.client import ProviderClient
from modelsearch.providers.router import ROUTER_ID
from modelsearch.settings import Settings
from modelsearch.store.ledger import Ledger

NO_LIMIT_USD = Decimal(10) ** 15
N_CHECKED_ITEMS = 200
"""Items on which it is looked at whether answers are read the same without them."""
Warn = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class ServingOptions:
    """What is served, and how far it may go.

    Attributes:
        run: a finished run's id, or its beginning.
        mode: `messages` = what is sent is passed on as it is; `input` = it is an item's input, to which the task's own
            prompt is applied.
        max_usd: hard limit of what all calls may cost together, USD; None = none.
        has_fallback: the baseline stands in where a leg fails.
    """

    run: str
    mode: Mode = "messages"
    max_usd: Decimal | None = None
    has_fallback: bool = True

    def __post_init__(self) -> None:
        """Check the limit.

        Raises:
            OptionError: it is no amount above 0.
        """
        if self.max_usd is not None and not (self.max_usd.is_finite() and self.max_usd > 0):
            raise OptionError(f"--max-usd: expected an amount in USD above 0, got {self.max_usd}")


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What is served, open for inputs."""

    candidate: ServedCandidate
    deployed: Deployed
    ledger: Ledger
    task: TaskSpec
    options: ServingOptions
    has_fallback: bool


class _Silent:
    """A `core.ports.Recorder` that keeps nothing: what production asks and gets is on no disk of ours."""

    def __init__(self, warn: Warn) -> None:
        self._warn = warn

    def append(self, event: Event) -> None:
        if isinstance(event, Warned):
            self._warn(f"{event.subject}: {event.message}")


@asynccontextmanager
async def open_serving(settings: Settings, options: ServingOptions, warn: Warn) -> AsyncIterator[Serving]:
    """The recommendation of a run, ready to answer; connections, and an emulated run's emulator, end with the block.

    Raises:
        RunNotFoundError: there is no such run, or it has no result.
        OptionError: it cannot be served, or not in this mode.
        KeyMissingError: a leg's key is not set.
    """
    found = read_finished(settings, options.run)
    deployed = deployed_of(found)
    _check_servable(found, deployed, options)
    with ExitStack() as stack:
        market = _market(found, settings, stack)
        keys = keys_of(market, settings)
        _check_keys(deployed, market, keys)
        is_reached = _lacking(market, deployed.baseline.endpoint, keys) is None
        if options.has_fallback and not is_reached:
            warn(f"no fallback: the key of the baseline's provider is not set ({deployed.baseline.provider.key_env})")
        async with AsyncExitStack() as connections:
            client = await connections.enter_async_context(ProviderClient(market, keys))
            fallback = deployed.baseline.single if options.has_fallback and is_reached else None
            ledger = Ledger(options.max_usd or NO_LIMIT_USD)
            calls = _calls(market, client, ledger, warn)
            plugs = _plugs(found, deployed, calls, fallback, options)
            yield Serving(
                candidate=ServedCandidate(plugs),
                deployed=deployed,
                ledger=ledger,
                task=found.setting.task,
                options=options,
                has_fallback=fallback is not None and not deployed.is_baseline,
            )


def _calls(market: Market, client: ProviderClient, ledger: Ledger, warn: Warn) -> SideCalls:
    prices, recorder, numbers = PriceBook(market=market), _Silent(warn), count()
    caller = Caller(
        market=market, client=client, recorder=recorder, ledger=ledger, replies=NoReplies(), prices=prices,
        next_id=lambda: CallId(f"served-{next(numbers):06d}"),
    )  # fmt: skip
    return SideCalls(market=market, caller=caller, costs=prices, recorder=recorder)


def _plugs(
    found: FinishedRun, deployed: Deployed, calls: SideCalls, fallback: Single | None, options: ServingOptions
) -> ServingPlugs:
    first = first_served_by(found.events, found.setting.candidates)
    return ServingPlugs(
        candidate=deployed.candidate,
        fallback=fallback,
        task=found.setting.task,
        scorer=make_scorer(found.setting.task),
        calls=calls,
        served=Served(first, lambda _, subject, message: calls.recorder.append(_warned(subject, message))),
        max_usd=options.max_usd,
    )


def _warned(subject: str, message: str) -> Warned:
    return Warned(code="served", subject=subject, message=message)


def _market(found: FinishedRun, settings: Settings, stack: ExitStack) -> Market:
    """The endpoints that were searched, at today's prices: the limit in USD is held by what calls cost now.

    A router's hosts keep the price of the search, which every request states as its limit.
    """
    if found.request.is_emulated:
        return source_again(found.request, found.setting, stack).market
    now = market_in_force(settings, datetime.now(UTC).date(), found.request.market).endpoints
    endpoints = {
        name: endpoint if endpoint.provider_id == ROUTER_ID or name not in now else _repriced(endpoint, now[name])
        for name, endpoint in found.market.endpoints.items()
    }
    return replace(found.market, endpoints=endpoints)


def _repriced(endpoint: Endpoint, now: Endpoint) -> Endpoint:
    return replace(endpoint, rates=now.rates)


def _check_servable(found: FinishedRun, deployed: Deployed, options: ServingOptions) -> None:
    """Refuse what would not be what was evaluated.

    Raises:
        OptionError: a replay, or a mode in which the answers would be others.
    """
    if found.request.recorded is not None and not found.request.is_emulated:
        message = (
            f"run {options.run!r} replays a recorded table: there is no endpoint to call; serve a run of real calls"
        )
        raise OptionError(message)
    if options.mode == "input" or not deployed.needs_server:
        return
    why = _why_not_messages(found, deployed)
    if why:
        raise OptionError(f"run {options.run!r}: {why}: serve it with --mode input")


def _why_not_messages(found: FinishedRun, deployed: Deployed) -> str:
    if any(leg.single.is_calibrated for leg in deployed.legs):
        return "its answers are weighed by what the task's own prompt makes the model say"
    if len({leg.prompt.id for leg in deployed.legs}) > 1:
        return "its members are asked with different prompts, so no one message serves all"
    task, scorer = found.setting.task, make_scorer(found.setting.task)
    for item in task.items[:N_CHECKED_ITEMS]:
        blank = Item(id=ItemId("blank"), input="", target=None)
        if scorer.canonical(str(item.target), item) != scorer.canonical(str(item.target), blank):
            return "answers are read with fields of the item (such as its options), which messages do not have"
    return ""


def _check_keys(deployed: Deployed, market: Market, keys: Mapping[ProviderId, str]) -> None:
    lacking = {_lacking(market, leg.endpoint, keys) for leg in deployed.legs} - {None}
    if lacking:
        names = ", ".join(sorted(str(name) for name in lacking))
        raise KeyMissingError(f"serve-candidate: keys are not set: export {names}=... and try again")


def _lacking(market: Market, endpoint: Endpoint, keys: Mapping[ProviderId, str]) -> str | None:
    """The variable of a key that is not set; None where nothing lacks."""
    provider = market.providers[endpoint.provider_id]
    return provider.key_env if provider.key_env is not None and provider.id not in keys else None


def amount_of(text: str | None) -> Decimal | None:
    """A limit as typed by somebody.

    Raises:
        OptionError: it is no number.
    """
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        raise OptionError(f"--max-usd: expected an amount in USD above 0, got {text!r}") from None
