"""What may be told to others of a finished run or of a recorded table: outcomes of single models, no text."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from modelsearch.core.candidate import Single
from modelsearch.core.errors import OptionError
from modelsearch.core.events import CallSettled, OutcomeScored
from modelsearch.core.federated import SharedModel, SharedOutcome, SharedTask
from modelsearch.core.ids import CallId, RunId
from modelsearch.core.list_price import blended_usd_per_mtok
from modelsearch.core.market import Market
from modelsearch.core.outcome import Outcome, Usage
from modelsearch.core.past import traits_of
from modelsearch.core.recorded import RecordedTable
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir, read_header
from modelsearch.store.past_tasks import known_model, traits_of_table
from modelsearch.store.recorded import OUTCOMES_FILE, read_recorded_table
from modelsearch.store.setting_json import snapshot_from_json


def read_shared_task(folder: Path) -> SharedTask:
    """What may be told of the folder of a recorded table, or of a finished run.

    Raises:
        OptionError: it is neither, or a run of emulated models: these are no outcomes.
        ModelsearchError: it cannot be read.
    """
    if (folder / OUTCOMES_FILE).is_file():
        return shared_table(read_recorded_table(folder))
    run = RunDir(folder.resolve().parent, RunId(folder.resolve().name))
    if not run.result.is_file():
        raise OptionError(f"export outcomes: {folder}: expected a finished run, or the folder of a recorded table")
    return shared_run(run)


def shared_run(run: RunDir) -> SharedTask:
    """What may be told of a finished run.

    Raises:
        OptionError: its models are emulated, or were replayed.
        ModelsearchError: a file is missing or of another version.
    """
    asked = read_header(run).get("request")
    if isinstance(asked, dict) and (asked.get("is_emulated") or asked.get("recorded")):
        raise OptionError(f"export outcomes: run {run.run_id!r} asked no real models: there is nothing to tell")
    setting = snapshot_from_json(run.setting.read_bytes()).setting
    _, events = Journal.read(run.journal)
    used = {event.call.id: event.call.usage for event in events if isinstance(event, CallSettled)}
    by_candidate: dict[str, list[Outcome]] = defaultdict(list)
    for event in events:
        if isinstance(event, OutcomeScored) and event.outcome.score is not None:
            by_candidate[event.outcome.candidate_id].append(event.outcome)
    singles = [single for single in setting.candidates if isinstance(single, Single) and single.id in by_candidate]
    found: dict[str, SharedModel] = {}
    for single in sorted(singles, key=lambda each: len(by_candidate[each.id])):  # of several hosts the one seen most
        name, size, price = _named(single, setting.market)
        outcomes = _outcomes(by_candidate[single.id], used)
        found[name] = SharedModel(name=name, params_b=size, usd_per_mtok=price, outcomes=outcomes)
    models = tuple(found[name] for name in sorted(found))
    return SharedTask(id=f"{setting.task.id} {run.run_id}", traits=traits_of(setting.task), models=models)


def shared_table(table: RecordedTable) -> SharedTask:
    """What may be told of a recorded table."""
    models = []
    for row, model in enumerate(table.models):
        outcomes = tuple(
            SharedOutcome(
                item_id=table.item_ids[column],
                score=float(table.score[row, column]),
                cost_usd=float(table.cost_usd[row, column]),
                tokens_in=_known(int(table.input_tokens[row, column])),
                tokens_out=_known(int(table.output_tokens[row, column])),
            )
            for column in range(len(table.item_ids))
            if table.is_recorded[row, column]
        )
        price = known_model(model).usd_per_mtok
        models.append(SharedModel(name=model.name, params_b=model.params_b, usd_per_mtok=price, outcomes=outcomes))
    return SharedTask(id=table.name, traits=traits_of_table(table), models=tuple(models))


def read_shared_tasks(folders: Iterable[Path]) -> list[SharedTask]:
    """What may be told of several runs and tables.

    Raises:
        OptionError: one is no run and no table.
    """
    try:
        return [read_shared_task(folder) for folder in folders]
    except OSError as error:
        raise OptionError(f"export outcomes: {error.filename}: cannot be read: {error.strerror}") from error


def _named(single: Single, market: Market) -> tuple[str, float | None, float | None]:
    """Model with its effort, size in billions, blended list price: as `core.past.served_model` names it."""
    endpoint = market.endpoints[single.endpoint_id]
    model, price = market.models.get(endpoint.model_id), blended_usd_per_mtok(endpoint, market.as_of)
    spelled = "-".join(filter(None, (str(endpoint.model_id), single.params.reasoning_effort)))
    return spelled, None if model is None else model.params_b, None if price is None else float(price)


def _outcomes(outcomes: Sequence[Outcome], used: Mapping[CallId, Usage]) -> tuple[SharedOutcome, ...]:
    """One an item: the mean over repeats."""
    by_item: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_item[outcome.item_id].append(outcome)
    return tuple(_mean_outcome(item_id, some, used) for item_id, some in by_item.items())


def _mean_outcome(item_id: str, some: Sequence[Outcome], used: Mapping[CallId, Usage]) -> SharedOutcome:
    usages = [used[call_id] for outcome in some for call_id in outcome.call_ids if call_id in used]
    return SharedOutcome(
        item_id=item_id,
        score=fmean(outcome.score for outcome in some if outcome.score is not None),
        cost_usd=fmean(float(outcome.cost_usd) for outcome in some),
        tokens_in=sum(usage.prompt_tokens for usage in usages) // len(some) if usages else None,
        tokens_out=sum(usage.output_tokens for usage in usages) // len(some) if usages else None,
    )


def _known(n_tokens: int) -> int | None:
    return n_tokens if n_tokens >= 0 else None
