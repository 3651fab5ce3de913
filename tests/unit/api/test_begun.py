from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from modelsearch.api.begun import begun_before, begun_now, search_fingerprint, setting_of
from modelsearch.api.source import open_source
from modelsearch.core.ids import RunId
from modelsearch.search.plan import make_plan
from modelsearch.store.journal import Journal
from modelsearch.store.layout import RunDir
from tests.unit.api.shop import Shop
from tests.unit.api.small import make_request, make_settings, make_table


def test_a_share_of_a_tables_cost_becomes_dollars(tmp_path: Path) -> None:
    table = make_table(3, 4)
    request = make_request(tmp_path, table=table, budget_share=0.25)
    with ExitStack() as stack:
        setting = setting_of(request, open_source(request, make_settings(tmp_path), stack))
    assert abs(float(setting.budget.spend_usd) - 0.25 * table.exhaustive_usd) < 1e-11
    assert sorted(setting.item_ids) == list(table.item_ids)
    assert (setting.seed, setting.baseline_id) == (4, "m0")


def test_a_new_search_is_read_and_checked_and_writes_nothing(shop: Shop) -> None:
    with ExitStack() as stack:
        begun = begun_now(
            shop.request(baseline_outcomes=shop.write_known(2)),
            replace(shop.opening().settings, environ=shop.without("mid")),
            stack,
        )
    assert [drop.candidate_id for drop in begun.drops] == ["mid/m"]
    assert [outcome.item_id for outcome in begun.imports] == ["q0", "q1"]
    assert begun.keys == {"dear": "key-of-dear", "cheap": "key-of-cheap"}
    assert (begun.plan.name, begun.is_resumed) == ("shop", False)
    assert not shop.run.path.exists()


def test_equal_searches_have_equal_fingerprints(shop: Shop) -> None:
    settings = shop.opening().settings
    with ExitStack() as stack:
        one, two = (begun_now(shop.request(), settings, stack) for _ in range(2))
        other = begun_now(shop.request(budget_usd=Decimal(6)), settings, stack)
    assert one.fingerprint == two.fingerprint != other.fingerprint
    plan = make_plan({**one.plan_data, "name": "another"})
    assert search_fingerprint(shop.request(), one.setting, plan) != one.fingerprint


def test_there_is_nothing_to_go_on_with_before_a_journal_is_begun(shop: Shop) -> None:
    settings, run = shop.opening().settings, RunDir(shop.root, RunId("r"))
    with ExitStack() as stack:
        assert begun_before(shop.request(), run, settings, stack) is None
        run.path.mkdir()
        run.journal.write_bytes(b"modelsearch jour")
        assert begun_before(shop.request(), run, settings, stack) is None
        with Journal.open(run.journal, header={"run_id": "r", "fingerprint": "f"}):
            assert begun_before(shop.request(), run, settings, stack) is None
