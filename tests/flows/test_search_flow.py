"""The search under Prefect: the same answer as without, seen in the UI, paid once, resumable."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search as search_without_prefect
from modelsearch.api.session import Opening
from modelsearch.core.errors import QuotaError, StoppedError
from modelsearch.core.events import CallReserved, CallSettled, Event
from modelsearch.core.result import SearchResult
from modelsearch.evaluate.evaluator import LiveEvaluator
from modelsearch.evaluate.replay import ReplayEvaluator
from modelsearch.settings import read_settings
from modelsearch.store.journal import Journal
from modelsearch.store.layout import find_run, list_runs
from modelsearch.store.result_json import result_from_json
from tests.unit.api.small import make_request, make_settings, moves_of, scored

pytestmark = [pytest.mark.prefect, pytest.mark.timeout(300), pytest.mark.usefixtures("prefect_server")]
CANARY = "canary-5f1d7c0b-never-shown"
Bought = Callable[..., Any]


@pytest.fixture(autouse=True)
def canary(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is in the environment, as it is when a user searches."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)


@pytest.fixture
def request_(project: Path) -> SearchRequest:
    """A search of a small recorded table in this project."""
    return make_request(project)


def run_flow(request: SearchRequest, run_id: str = "") -> SearchResult:
    """The search through Prefect."""
    from flows.search import search  # noqa: PLC0415 - Prefect is imported by the tests that need it alone

    ended = asyncio.run(search(request.to_json(), run_id))
    return result_from_json((Path(ended["run_dir"]) / "result.json").read_bytes())


def without_prefect(request: SearchRequest, folder: Path) -> tuple[SearchResult, list[Event]]:
    """The same search without Prefect, in another project."""
    settings = make_settings(folder)
    result = search_without_prefect(request, Opening(settings=settings))
    return result, events_of(result)


def events_of(result: SearchResult) -> list[Event]:
    """The journal of a run."""
    return Journal.read(Path(str(result.run_dir)) / "journal.bin")[1]


def only_run() -> str:
    """The id of the only run of this project."""
    (run,) = list_runs(read_settings().runs)
    return str(run.run_id)


def same(first: SearchResult, second: SearchResult) -> bool:
    """Whether two searches came to the same answer for the same money."""
    ours, theirs = (replace(r, run_id=second.run_id, run_dir="", wall_s=0.0) for r in (first, second))
    return ours == theirs


class Shown:
    """What the Prefect server holds of a run."""

    def __init__(self, run_id: str) -> None:
        from prefect.client.orchestration import get_client  # noqa: PLC0415
        from prefect.client.schemas.filters import (  # noqa: PLC0415
            FlowRunFilter,
            FlowRunFilterTags,
            TaskRunFilter,
            TaskRunFilterFlowRunId,
        )

        with get_client(sync_client=True) as client:
            tagged = client.read_flow_runs(flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=[run_id])))
            self.phases = sorted(tagged, key=lambda run: run.expected_start_time or run.created)  # type: ignore[arg-type,return-value]
            self.parent_ids = {self._parent(client, run.parent_task_run_id) for run in self.phases}
            ids = [run.id for run in self.phases] + [i for i in self.parent_ids if i]
            wanted = TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=ids))
            self.task_runs = client.read_task_runs(task_run_filter=wanted, limit=200)
            self.artifacts = [a for a in client.read_artifacts(limit=200) if a.flow_run_id in ids]
            self.search = [client.read_flow_run(i) for i in self.parent_ids if i]

    @staticmethod
    def _parent(client: Any, task_run_id: UUID | None) -> UUID | None:
        return None if task_run_id is None else client.read_task_run(task_run_id).flow_run_id

    @property
    def names(self) -> list[str]:
        return [run.name for run in self.task_runs]

    @property
    def text(self) -> str:
        """Everything, as one text."""
        every: Sequence[Any] = [*self.phases, *self.search, *self.task_runs, *self.artifacts]
        return "\n".join(each.model_dump_json() for each in every)


def shown_when(run_id: str, is_enough: Callable[[Shown], bool]) -> Shown:
    """What the server holds, once it holds enough: task runs arrive through a queue."""
    from flows.drain import await_recorded  # noqa: PLC0415

    asyncio.run(await_recorded(run_id))
    shown = Shown(run_id)
    assert is_enough(shown), shown.names
    return shown


@dataclass(frozen=True)
class Finished:
    """A search through Prefect, and what the server holds of it."""

    request: SearchRequest
    result: SearchResult
    shown: Shown


@pytest.fixture(scope="module")
def finished(prefect_server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """One search for all tests that only look."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", CANARY)
        patch.setenv("MODELSEARCH_HOME", str(folder / ".modelsearch"))
        request = make_request(folder)
        result = run_flow(request)
        yield Finished(request, result, shown_when(result.run_id, lambda s: bool(s.artifacts)))


def test_the_answer_is_that_of_a_search_without_prefect(finished: Finished, tmp_path: Path) -> None:
    expected, events = without_prefect(finished.request, tmp_path / "other")
    assert same(finished.result, expected)
    assert moves_of(events_of(finished.result)) == moves_of(events)
    assert scored(events_of(finished.result)) == scored(events)


def test_the_ui_reads_like_the_search(finished: Finished) -> None:
    shown = finished.shown
    assert {run.name for run in shown.phases} == {f"phase · {name}" for name in ("screen", "first", "last")}
    (search,) = shown.search
    assert search.name == "search small vs m0, 80 % of its cost"
    assert {run.state_type.value for run in [*shown.phases, search] if run.state_type} == {"COMPLETED"}
    rounds = [name for name in shown.names if name.startswith("round ")]
    assert len(set(rounds)) >= 2
    assert all(" · " in name and "call" in name and "candidate" in name for name in rounds)
    assert {"write stage · available", "write stage · first", "write stage · last"} <= set(shown.names)
    assert len(shown.task_runs) <= 300


def test_parameters_say_what_was_asked_and_no_key_is_anywhere(finished: Finished) -> None:
    (search,) = finished.shown.search
    assert search.parameters["request"]["baseline"] == "m0"
    assert CANARY not in finished.shown.text
    assert all(set(run.parameters) == {"run_id", "phase"} for run in finished.shown.phases)


def test_artifacts_hold_the_recommendation_and_the_tables(finished: Finished) -> None:
    by_key = {artifact.key: artifact for artifact in finished.shown.artifacts}
    ours = {key for key in by_key if key and key.rsplit("-", 1)[0] in {"recommendation", "funnel", "candidates"}}
    assert {key.split("-")[0] for key in ours} == {"recommendation", "funnel", "candidates"}
    assert {"stage-first", "stage-last"} <= set(by_key)
    (told,) = (str(by_key[key].data) for key in ours if key.startswith("recommendation"))
    assert finished.result.recommendation.label in told
    assert "](data:image/svg+xml;base64," in told
    assert not {each.type for each in by_key.values()} & {"image"}  # nobody serves the pages


def test_progress_ends_whole_and_the_answer_is_the_state_of_the_run(finished: Finished) -> None:
    (progress,) = (each for each in finished.shown.artifacts if each.type == "progress")
    assert float(str(progress.data)) == 100.0
    assert str(progress.description).startswith("finished: ")
    (search,) = finished.shown.search
    assert search.state is not None
    assert str(search.state.message).startswith(("Use ", "Keep "))


@pytest.fixture(params=[LiveEvaluator, ReplayEvaluator])
def evaluator(request: pytest.FixtureRequest) -> type:
    """Both kinds of evaluators: over HTTP, and in process."""
    kind: type = request.param
    return kind


@pytest.fixture
def failing(evaluator: type, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The evaluator buys, and then fails as told: `at` is the number of the purchase, `error` what is raised."""
    told: dict[str, Any] = {"at": 1, "error": RuntimeError("the network went away"), "n": 0}
    buy: Bought = evaluator.buy  # type: ignore[attr-defined]

    async def fail_once(self: Any, probes: Any, candidates: Any) -> int:
        n_bought: int = await buy(self, probes, candidates)
        told["n"] += 1
        if told["n"] == told["at"]:
            raise told["error"]
        return n_bought

    monkeypatch.setattr(evaluator, "buy", fail_once)
    monkeypatch.setattr("tasks.evaluate.evaluate_batch.retry_delay_seconds", [0.01, 0.01])
    yield told
    assert told["n"] >= told["at"], "nothing failed"


def is_paid_once(events: list[Event]) -> bool:
    """No call was settled twice, and no request was reserved twice."""
    settled = [event.call.id for event in events if isinstance(event, CallSettled)]
    keys = [event.key for event in events if isinstance(event, CallReserved)]
    return len(set(settled)) == len(settled) > 0 and len(set(keys)) == len(keys)


def test_a_failed_task_is_run_again_and_pays_nothing_twice(
    request_: SearchRequest, tmp_path: Path, failing: dict[str, Any], evaluator: type
) -> None:
    result = run_flow(replace(request_, is_emulated=evaluator is LiveEvaluator))
    assert is_paid_once(events_of(result))
    expected, _ = without_prefect(request_, tmp_path / "other")
    assert result.recommendation == expected.recommendation
    assert result.spend.settled_usd == expected.spend.settled_usd
    shown = shown_when(result.run_id, lambda s: any(run.run_count > 1 for run in s.task_runs))
    assert failing["n"] > 1
    assert all(run.state_type is not None and run.state_type.value == "COMPLETED" for run in shown.task_runs)


@pytest.mark.parametrize("evaluator", [LiveEvaluator], indirect=True)
def test_a_stop_is_not_retried_and_the_run_goes_on_later(
    request_: SearchRequest, tmp_path: Path, failing: dict[str, Any]
) -> None:
    failing.update(at=2, error=QuotaError("provider p0: no money: top up, then `modelsearch resume`"))
    asked = replace(request_, is_emulated=True)
    with pytest.raises(StoppedError, match="top up"):
        run_flow(asked)
    run_id = only_run()
    n_before = failing["n"]
    before = Journal.read(find_run(read_settings().runs, run_id).journal)[1]
    result = run_flow(asked, run_id)
    assert n_before == 2
    assert result.run_id == run_id
    events = events_of(result)
    assert events[: len(before)] == before
    assert is_paid_once(events)
    expected, _ = without_prefect(request_, tmp_path / "other")
    assert result.recommendation == expected.recommendation
    assert result.spend.settled_usd == expected.spend.settled_usd
