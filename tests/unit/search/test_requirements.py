from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from modelsearch.core.candidate import Single
from modelsearch.core.ids import EndpointId, ItemId
from modelsearch.core.market import Family, TaskKind
from modelsearch.core.task import Item, Requirements
from modelsearch.search.features import Served
from modelsearch.search.requirements import Case, longest_prompt_tokens, refusals
from modelsearch.testing.factories import AS_OF, make_endpoint, make_model, make_provider, make_task

KIND = TaskKind(id="classification")
FAMILY = Family(id="f0")


def _reasons(
    *,
    wanted: dict[str, Any] | None = None,
    endpoint: dict[str, Any] | None = None,
    model: dict[str, Any] | None = None,
    provider: dict[str, Any] | None = None,
    kind: TaskKind = KIND,
    family: Family | None = FAMILY,
) -> list[str]:
    """Reasons against one served model, all other facts at the factories' defaults."""
    served = Served(
        Single(endpoint_id=EndpointId("m00")),
        make_endpoint(**(endpoint or {})),
        make_model(**(model or {})),
        make_provider(**(provider or {})),
    )
    task = make_task(requirements=Requirements(**(wanted or {})))
    return [refusal.reason for refusal in refusals(Case(served, task, kind, family, AS_OF, 100))]


def test_nothing_asked_nothing_refused() -> None:
    assert _reasons() == []


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"wanted": {"include": ("gpt-*",)}}, "matches none of the included globs gpt-*"),
        ({"wanted": {"exclude": ("m0*",)}}, "matches the excluded glob m0*"),
        ({"wanted": {"providers": frozenset({"openai"})}}, "provider p0 is not among openai"),
        ({"wanted": {"pricing": frozenset({"premium"})}}, "pricing class budget is not among premium"),
        ({"endpoint": {"deprecated_on": AS_OF - timedelta(days=1)}}, "last day of service"),
        ({"model": {"modalities_in": ("image",)}}, "does not read and write text"),
        ({"model": {"modalities_out": ("audio",)}}, "does not read and write text"),
        ({"endpoint": {"context_tokens": 611}}, "context of 611 tokens, 612 needed"),
        ({"endpoint": {"context_tokens": 2659, "capabilities": frozenset({"reasoning"})}}, "2660 needed"),
        ({"wanted": {"min_context_tokens": 100_000}}, "100000 needed"),
        ({"kind": replace(KIND, min_context_tokens=50_000)}, "50000 needed"),
        ({"wanted": {"needs": frozenset({"open-weights"})}, "model": {"is_open_weights": None}}, "open-weights is req"),
        ({"wanted": {"needs": frozenset({"zdr"})}}, "zdr is required and cannot be shown"),
        ({"wanted": {"needs": frozenset({"region=eu"})}}, "region=eu is required"),
        ({"wanted": {"needs": frozenset({"tools"})}}, "tools is required"),
        (
            {"kind": replace(KIND, requires=frozenset({"tools"})), "endpoint": {"capabilities": frozenset({"seed"})}},
            "require tools, which it lacks",
        ),
    ],
)
def test_each_rule_says_why(facts: dict[str, Any], reason: str) -> None:
    (found,) = _reasons(**facts)
    assert reason in found


@pytest.mark.parametrize(
    "facts",
    [
        {"wanted": {"min_context_tokens": 10**6}, "endpoint": {"context_tokens": None}},
        {"kind": replace(KIND, requires=frozenset({"tools"}))},
        {"endpoint": {"deprecated_on": AS_OF}},
        {"endpoint": {"context_tokens": 612}},
        {"wanted": {"is_kind_strict": True}, "kind": replace(KIND, min_params_b=70.0), "model": {"params_b": None}},
        {"wanted": {"is_kind_strict": True}, "family": None},
        {"wanted": {"needs": frozenset({"open-weights", "zdr"})}, "provider": {"is_zdr": True}},
        {"wanted": {"needs": frozenset({"region=eu"})}, "endpoint": {"region": "eu-west-1"}},
        {"wanted": {"needs": frozenset({"region=eu"})}, "provider": {"regions": ("eu", "EU-central")}},
        {"wanted": {"needs": frozenset({"tools"})}, "endpoint": {"capabilities": frozenset({"tools"})}},
        {"wanted": {"include": ("x", "m*"), "providers": frozenset({"p0"}), "pricing": frozenset({"budget"})}},
    ],
)
def test_unknown_and_met_refuse_nobody(facts: dict[str, Any]) -> None:
    assert _reasons(**facts) == []


def test_a_region_is_not_a_prefix_of_letters() -> None:
    assert _reasons(wanted={"needs": frozenset({"region=eu"})}, endpoint={"region": "europa"})
    assert _reasons(wanted={"needs": frozenset({"region=eu"})}, provider={"regions": ("eu", "us")})


def test_what_a_kind_avoids_drops_only_when_strict() -> None:
    kind = replace(KIND, avoids=frozenset({"reasoning"}), min_params_b=70.0)
    family = Family(id="f0", strengths=frozenset({"reasoning"}))
    assert _reasons(kind=kind, family=family) == []
    strict = _reasons(kind=kind, family=family, wanted={"is_kind_strict": True})
    assert len(strict) == 2
    assert "known for reasoning" in strict[0]
    assert "8 B parameters" in strict[1]


def test_the_longest_item_and_named_examples_count() -> None:
    items = (Item(id=ItemId("a"), input="x" * 400, target="y"), Item(id=ItemId("b"), input={"t": "é" * 10}, target="n"))
    plain = make_task(items=items)
    (size,) = longest_prompt_tokens(plain).values()
    assert size == round((400 + len("{{ input }}")) / 4)
    shown = replace(plain, prompts=(replace(plain.prompts[0], system="{{ examples }}"),), examples=items)
    (larger,) = longest_prompt_tokens(shown).values()
    assert larger > size + 100
