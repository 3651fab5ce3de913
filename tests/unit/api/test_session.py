"""A run that is opened, left and opened again."""

import asyncio
import json
import os
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from modelsearch.api.finish import result_of
from modelsearch.api.request import SearchRequest
from modelsearch.api.run import search
from modelsearch.api.session import Opening, Session, open_session
from modelsearch.core.errors import BaselineError, JournalError, KeyMissingError, StoppedError, TaskFileError
from modelsearch.core.events import PhaseStarted, Warned
from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Market
from modelsearch.core.result import SearchResult
from modelsearch.store.journal import Journal
from modelsearch.store.replies import SqliteReplies, replies_of
from modelsearch.testing.factories import make_rates
from tests.unit.api.shop import Answering, Shop, make_shop
from tests.unit.api.small import make_request, make_settings, make_table

CHEAP, MID = "cheap/m", "mid/m"


def live(shop: Shop, n_phases: int = 2, *, keys: dict[str, str] | None = None, **changes: Any) -> Session:
    """One life of a run: it ends after so many phases."""
    return asyncio.run(_live(shop, n_phases, keys, shop.request(**changes)))


async def _live(shop: Shop, n_phases: int, keys: dict[str, str] | None, request: SearchRequest) -> Session:
    async with open_session(request, shop.opening(keys)) as session:
        for phase in session.plan.phases[:n_phases]:
            await session.run_phase(phase)
    return session


def told(session: Session) -> SearchResult:
    return replace(result_of(session), wall_s=0.0)


def test_a_run_goes_on_from_what_it_was_begun_with_whatever_became_of_the_files(shop: Shop) -> None:
    first = live(shop, 1)
    shop.write_market(factor=3)
    (shop.root / "catalogs" / "tiers.yaml").unlink()
    shop.task.unlink()
    shop.plan.unlink()
    again = live(shop, 2)
    assert again.setting == first.setting
    assert again.plan == first.plan
    assert again.fingerprint == first.fingerprint
    assert again.source.list_cost_usd == first.source.list_cost_usd
    assert told(again).recommendation.candidate_id == CHEAP


def test_calls_of_a_resumed_run_are_booked_at_the_prices_of_its_beginning(shop: Shop) -> None:
    whole = told(live(shop, 2))
    other = replace(shop, root=shop.root / "other")
    make_shop(other.root)
    live(other, 1)
    other.write_market(factor=7)
    resumed = told(live(other, 2))
    assert resumed.spend == whole.spend
    assert resumed.spend.settled_usd > 0
    assert resumed.estimates == whole.estimates


@pytest.mark.parametrize("change", ["spoiled", "gone"])
def test_a_run_without_its_own_copy_of_its_setting_does_not_go_on(shop: Shop, change: str) -> None:
    live(shop, 1)
    if change == "gone":
        shop.run.setting.unlink()
    else:
        shop.run.setting.write_bytes(shop.run.setting.read_bytes().replace(b"0.5", b"0.6"))
    with pytest.raises(JournalError, match=r"setting\.json .*start a new run"):
        live(shop, 2)


def test_another_request_does_not_go_on_with_a_run(shop: Shop) -> None:
    live(shop, 1)
    with pytest.raises(JournalError, match="fingerprint"):
        live(shop, 1, budget_usd=Decimal(6))


def test_a_run_of_a_version_that_kept_no_copy_is_read_from_its_files(shop: Shop) -> None:
    first = live(shop, 1)
    header, events = Journal.read(shop.run.journal)
    shop.run.setting.unlink()
    shop.run.journal.unlink()
    old = {key: value for key, value in header.items() if key != "setting_sha256"}
    with Journal.open(shop.run.journal, header=old) as journal:
        for event in events:
            journal.append(event)
    assert live(shop, 2).setting == first.setting
    shop.write_market(factor=3)
    shop.task.unlink()
    with pytest.raises(TaskFileError):
        live(shop, 2)


def test_a_key_that_a_live_candidate_needs_is_asked_for_before_anything_is_sent(shop: Shop) -> None:
    live(shop, 1)
    with pytest.raises(StoppedError, match=r"set MID_KEY for Mid \(mid/m\), and resume; nothing .* lost") as stopped:
        live(shop, 2, keys=shop.without("mid"))
    assert stopped.value.exit_code == 3
    assert Answering.sent == []
    assert told(live(shop, 2)).recommendation.candidate_id == CHEAP


def test_a_finished_run_is_opened_without_any_key(shop: Shop) -> None:
    finished = told(live(shop, 2))
    assert told(live(shop, 2, keys={})) == finished


def test_who_had_no_key_at_first_is_not_waited_for(shop: Shop) -> None:
    live(shop, 1, keys=shop.without("mid"))
    live(shop, 2, keys=shop.without("mid"))
    assert set(Answering.sent) == {CHEAP, "dear/m"}


def test_some_known_answers_do_not_stand_for_the_baselines_key(shop: Shop) -> None:
    path = shop.write_known(2)
    with pytest.raises(KeyMissingError, match=r"set DEAR_KEY, or complete .* covers 2 of 6 items"):
        live(shop, 0, keys=shop.without("dear"), baseline_outcomes=path)
    assert not shop.run.path.exists()
    live(shop, 2, baseline_outcomes=path)
    assert Answering.sent.count("dear/m") == 4


def test_all_known_answers_do_and_the_file_is_read_once(shop: Shop) -> None:
    path = shop.write_known(6)
    live(shop, 1, keys=shop.without("dear"), baseline_outcomes=path)
    path.unlink()
    session = live(shop, 2, keys=shop.without("dear"), baseline_outcomes=path)
    assert "dear/m" not in Answering.sent
    assert told(session).recommendation.candidate_id == CHEAP
    baseline = next(e for e in told(session).estimates if e.candidate_id == "dear/m")
    assert baseline.latency_p95_s is None


def test_known_answers_are_read_again_while_they_are_not_in_the_journal(shop: Shop) -> None:
    path = shop.write_known(6)
    live(shop, 0, baseline_outcomes=path)
    header, _ = Journal.read(shop.run.journal)
    shop.run.journal.unlink()
    with Journal.open(shop.run.journal, header=header) as journal:
        journal.append(PhaseStarted(phase="available", spend_usd=Decimal(0)))
    session = live(shop, 0, baseline_outcomes=path)
    assert session.search.fold.view().n_bought(session.setting.baseline_id) == 6
    shop.run.journal.unlink()
    with Journal.open(shop.run.journal, header=header):
        path.unlink()
    with pytest.raises((BaselineError, TaskFileError), match="--baseline-outcomes"):
        live(shop, 0, baseline_outcomes=path)


def test_replies_of_the_journal_are_kept_for_later_runs_though_a_kill_lost_the_stores_last_batch(shop: Shop) -> None:
    session = live(shop, 2)
    path = shop.opening().settings.replies
    path.unlink()
    live(shop, 2)
    store = SqliteReplies(path)
    kept = list(replies_of(Journal.read(session.run.journal)[1]))
    assert len(kept) == len(Answering.sent) == 18
    assert {key: raw.body for key, raw in kept} == {
        key: found.body for key, _ in kept if (found := store.get(key)) is not None
    }
    store.close()


def test_hosts_are_pinned_once_and_their_prices_are_the_runs_own(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def pinned(market: Market, endpoint_ids: list[EndpointId], *_: object, **needs: Any) -> Any:
        asked.append((sorted(endpoint_ids), needs))
        dearer = replace(market.endpoints[EndpointId(MID)], rates=make_rates(4.0, 16.0), host="here")
        warned = Warned(code="hosts-not-pinned", subject="router", message="one stays open")
        return replace(market, endpoints={**market.endpoints, dearer.id: dearer}), (warned,)

    monkeypatch.setattr("modelsearch.api.begun.pinned", pinned)
    keys = shop.without("cheap")
    first = live(shop, 1, keys=keys)
    again = live(shop, 2, keys=keys)
    assert asked == [(["dear/m", MID], {"needs": frozenset()})]
    assert first.source.list_cost_usd[EndpointId(MID)] == pytest.approx(0.4 * first.source.list_cost_usd["dear/m"])  # type: ignore[index]
    assert again.source.market.endpoints[EndpointId(MID)].host == "here"
    assert "router: one stays open" in told(again).warnings


def test_a_search_of_a_table_asks_no_router(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pinned(*_: object, **__: object) -> Any:
        raise AssertionError

    monkeypatch.setattr("modelsearch.api.begun.pinned", pinned)
    request = make_request(shop.root, table=make_table(3, 4))
    assert search(request, Opening(settings=make_settings(shop.root))).spend.n_calls > 0


def test_the_wall_clock_counts_all_lives_up_to_their_last_event(shop: Shop) -> None:
    live(shop, 1)
    (life,) = json.loads(shop.run.lives.read_bytes())
    shop.run.lives.write_text(json.dumps([{**life, "began_s": life["began_s"] - 100}]))
    ended_s = life["began_s"] - 40
    os.utime(shop.run.journal, (ended_s, ended_s))
    assert 60 <= live(shop, 2).wall_s < 62
