from decimal import Decimal

import pytest

from modelsearch.api.begun import AVAILABLE
from modelsearch.api.session import Opening, open_session
from modelsearch.api.wiring import Tee, open_replies
from modelsearch.core.errors import JournalWriteError
from modelsearch.core.events import Event, PhaseClosed, PhaseStarted, RoundClosed
from modelsearch.core.search import Move
from modelsearch.store.journal import Journal
from modelsearch.store.layout import read_header
from modelsearch.store.replies import MemoryReplies, SqliteReplies
from modelsearch.store.setting_json import sha256_of, snapshot_from_json
from tests.doubles import MemoryRecorder
from tests.unit.api.shop import Shop
from tests.unit.api.small import make_request, make_settings, make_table

STARTED = PhaseStarted(phase="p", spend_usd=Decimal(1))


def test_whoever_watches_sees_what_is_durable() -> None:
    seen: list[Event] = []
    recorder = MemoryRecorder()
    Tee(recorder, lambda event: seen.append(recorder.events[-1]) if recorder.events[-1] is event else None).append(
        STARTED
    )
    assert seen == [STARTED]


def test_what_is_not_durable_is_not_shown() -> None:
    class Full:
        def append(self, event: Event) -> None:
            raise JournalWriteError(repr(event))

    seen: list[Event] = []
    with pytest.raises(JournalWriteError):
        Tee(Full(), seen.append).append(STARTED)
    assert seen == []


async def test_a_new_run_says_what_it_was_begun_with(shop: Shop) -> None:
    async with open_session(shop.request(), shop.opening()) as session:
        header, events = Journal.read(shop.run.journal)
        content = shop.run.setting.read_bytes()
        assert header["setting_sha256"] == sha256_of(content)
        assert snapshot_from_json(content).setting == session.setting
        told = read_header(shop.run)
    assert {key: told[key] for key in ("task", "baseline", "plan", "budget_usd")} == {
        "task": "colours", "baseline": "dear/m", "plan": "shop", "budget_usd": "5",
    }  # fmt: skip
    assert [type(event) for event in events] == [PhaseStarted, Move, RoundClosed, PhaseClosed]


async def test_the_phase_before_all_others_is_recorded_once(shop: Shop) -> None:
    for _ in range(2):
        async with open_session(shop.request(baseline_outcomes=shop.write_known(3)), shop.opening()) as session:
            assert session.search.fold.closed_phases == [AVAILABLE]
    _, events = Journal.read(shop.run.journal)
    assert sum(isinstance(event, Move) for event in events) == 1
    assert sum(isinstance(event, PhaseClosed) for event in events) == 1


async def test_paid_replies_are_kept_over_runs_and_made_up_ones_are_not(shop: Shop) -> None:
    async with open_session(shop.request(), shop.opening()) as session:
        with open_replies(shop.opening().settings, session.source) as store:
            assert isinstance(store, SqliteReplies)
    settings = make_settings(shop.root)
    for changes in ({}, {"is_emulated": True, "emulator_url": "http://127.0.0.1:9"}):
        request = make_request(shop.root, table=make_table(3, 4), **changes)
        async with open_session(request, Opening(settings=settings)) as session:
            with open_replies(settings, session.source) as store:
                assert isinstance(store, MemoryReplies)
    assert not settings.replies.exists()
