from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.catalog.load import load_market
from modelsearch.core.candidate import Ensemble, GenParams, Single
from modelsearch.core.errors import JournalError
from modelsearch.core.ids import CandidateId, EndpointId, ItemId, Json, PromptId
from modelsearch.core.outcome import Status
from modelsearch.core.search import Setting
from modelsearch.core.task import Item, Prompt, Requirements, ScorerSpec
from modelsearch.core.variant import Variant
from modelsearch.settings import read_settings
from modelsearch.store.setting_json import Snapshot, sha256_of, snapshot_from_json, snapshot_to_json
from modelsearch.testing.factories import make_setting, make_task

PLAN = {"name": "p", "phases": [{"name": "a", "sampler": {"round_robin": {"step_items": 2}}, "spend_share": 0.5}]}
texts = st.text(st.characters(codec="utf-8"), max_size=8)
json_values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def again(setting: Setting, plan: dict[str, Any] | None = None) -> Setting:
    found = snapshot_from_json(snapshot_to_json(Snapshot(setting=setting, plan=plan or PLAN)))
    assert found.plan == (plan or PLAN)
    return found.setting


def full() -> Setting:
    """A setting in which every kind of value is there."""
    needs = Requirements(
        max_cost_usd_per_1k=Decimal("0.1"), max_latency_s=2.5, weights={"cost": 1.0}, providers=frozenset({"a", "b"}),
        include=("x*",), needs=frozenset({"zdr"}),
    )  # fmt: skip
    items = (
        Item(id=ItemId("a"), input={"z": 1, "a": [None, True, 0.1, "ü"]}, target=["x"], cluster="c", weight=2.0),
        Item(id=ItemId("b"), input="text", target=None),
    )
    task = make_task(
        2, items=items, examples=items[:1], requirements=needs, n_repeats=3, temperature=None,
        scorer=ScorerSpec(name="json_fields", params={"keys": ["a"], "x": None}), status_scores={Status.REFUSED: 0.5},
        prompts=(Prompt(id=PromptId("one"), user="u", system="s"), Prompt(id=PromptId("two"), user="v")),
    )  # fmt: skip
    made = make_setting(3, 2, task=task, budget_usd=0.3, seed=7)
    other = Single(endpoint_id=EndpointId("m02"), prompt_id=PromptId("two"), params=GenParams(temperature=0.5))
    past = {CandidateId("m00"): 0.1 + 0.2, CandidateId("m01"): 1.0}
    return replace(made, candidates=(*made.candidates[:2], other), past_quality=past)


def test_everything_comes_back_equal_and_in_order() -> None:
    setting = full()
    assert [candidate.id for candidate in setting.candidates][2].startswith("m02#two-")
    assert setting.cluster_codes.tolist() == [0, 1]
    found = again(setting)
    assert found == setting
    assert list(found.task.items[0].input) == ["z", "a"]  # type: ignore[arg-type]
    assert list(found.market.endpoints) == list(setting.market.endpoints)
    assert isinstance(found.task.requirements.max_cost_usd_per_1k, Decimal)
    assert {field.name for field in fields(Setting)} <= set(vars(found))


def test_the_whole_catalogue_comes_back_equal() -> None:
    market = load_market(read_settings({}).catalogs, as_of=date(2026, 11, 23))
    found = again(replace(make_setting(3, 2), market=market)).market
    assert found == market
    assert len(found.endpoints) > 150


@given(json_values, json_values)
def test_any_input_and_target_come_back(value: Json, target: Json) -> None:
    task = make_task(1, items=(Item(id=ItemId("a"), input=value, target=target),))
    assert again(make_setting(2, 1, task=task)).task == task


def test_what_the_past_lets_expect_is_in_the_checksum_and_may_be_missing_in_older_files() -> None:
    made = make_setting(2, 2)
    one, two = (
        snapshot_to_json(Snapshot(setting=replace(made, past_quality=past), plan=PLAN))
        for past in ({}, {made.baseline_id: 0.5})
    )
    assert sha256_of(one) != sha256_of(two)
    older = one.replace(b',"past_quality":{}', b"")
    assert older != one
    assert snapshot_from_json(older).setting == made


def test_equal_settings_have_equal_checksums_and_others_not() -> None:
    one, two = (snapshot_to_json(Snapshot(setting=make_setting(3, seed=seed), plan=PLAN)) for seed in (1, 2))
    assert sha256_of(one) == sha256_of(snapshot_to_json(Snapshot(setting=make_setting(3, seed=1), plan=PLAN)))
    assert sha256_of(one) != sha256_of(two)
    assert len(sha256_of(one)) == 64


@pytest.mark.parametrize(
    ("old", "new"), [(b"margin", b"m"), (b'"seed":0', b'"seed":"x"'), (b'"alpha":0.05', b'"alpha":"low"'), (b"{", b"[")]
)
def test_what_is_no_snapshot_is_told(old: bytes, new: bytes) -> None:
    content = snapshot_to_json(Snapshot(setting=make_setting(2, 2), plan=PLAN))
    assert old in content
    for spoilt in (content.replace(old, new, 1), content[:-9], b"", b"{}", b"[1]"):
        with pytest.raises(JournalError, match=r"setting\.json: expected what .* start a new run"):
            snapshot_from_json(spoilt)


def test_a_search_begins_with_singles() -> None:
    made = make_setting(3, 2)
    pair = Ensemble(members=(Single(endpoint_id=EndpointId("m00")), Single(endpoint_id=EndpointId("m01"))))
    with pytest.raises(TypeError, match="got a Ensemble"):
        snapshot_to_json(Snapshot(setting=replace(made, candidates=(*made.candidates, pair)), plan=PLAN))


def test_variants_come_back_and_files_older_than_they_are_can_be_read() -> None:
    way = Variant(
        id=PromptId("v"), prompt_id=PromptId("default"), params=GenParams(temperature=0.5), is_calibrated=True
    )
    shown = Prompt(
        id=PromptId("default"), user="{{ input }}", example_ids=(ItemId("i0000"),), template_id=PromptId("t")
    )
    made = make_setting(2, 2)
    task = replace(made.task, variants=(way,), prompts=(shown,), examples=made.task.items[:1])
    varied = replace(made, task=task, candidates=tuple(way.at(e) for e in made.market.endpoints.values()))
    found = snapshot_from_json(snapshot_to_json(Snapshot(setting=varied, plan=PLAN))).setting
    assert found.task == task
    assert found.candidates == varied.candidates
    older = snapshot_to_json(Snapshot(setting=made, plan=PLAN))
    for new in (b',"variants":[]', b',"example_ids":null', b',"template_id":""', b',"variant_id":""'):
        assert new in older
        older = older.replace(new, b"")
    older = older.replace(b',"is_calibrated":false', b"")
    assert snapshot_from_json(older).setting == made
