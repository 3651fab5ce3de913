from dataclasses import replace

from modelsearch.core.candidate import GenParams, Single
from modelsearch.core.ids import EndpointId, PromptId
from modelsearch.core.variant import Variant, suffix
from modelsearch.testing.factories import make_endpoint

THINKS = replace(make_endpoint("m01"), capabilities=frozenset({"reasoning", "no_temperature"}))
PLAIN = make_endpoint("m00")


def variant(**changes: object) -> Variant:
    params = GenParams(reasoning_effort="high", temperature=0.7)
    named = Variant(id=PromptId("short-high-t0.7"), prompt_id=PromptId("short"), params=params, stem=PromptId("short"))
    return replace(named, **changes)  # type: ignore[arg-type]


def test_an_endpoint_is_asked_without_what_it_does_not_take_and_named_so() -> None:
    assert variant().at(PLAIN).params == GenParams(temperature=0.7)
    assert variant().at(PLAIN).id == "m00#short-t0.7"
    assert variant().at(THINKS).params == GenParams(reasoning_effort="high")
    assert variant().at(THINKS).id == "m01#short-high"
    assert not variant().is_whole_at(PLAIN)
    assert variant(params=GenParams(temperature=0.7)).is_whole_at(PLAIN)


def test_a_name_that_somebody_gave_stays() -> None:
    named = variant(id=PromptId("thorough"), stem=PromptId(""))
    assert [named.at(endpoint).id for endpoint in (PLAIN, THINKS)] == ["m00#thorough", "m01#thorough"]


def test_suffixes_tell_effort_and_temperature() -> None:
    assert [suffix(p) for p in (GenParams(), GenParams(temperature=0.0), GenParams(reasoning_effort="low"))] == [
        "",
        "-t0",
        "-low",
    ]


def test_ids_of_candidates_without_a_variant_are_what_they_were() -> None:
    single = Single(endpoint_id=EndpointId("m00"), prompt_id=PromptId("a"), params=GenParams(temperature=0.3))
    assert single.id == "m00#a-7d4ba667"
    assert Single(endpoint_id=EndpointId("m00")).id == "m00"
    assert replace(single, variant_id=PromptId("v"), served_by="x|h").id == "m00#v@x|h"
    assert replace(single, is_calibrated=True).asked != single.asked
