"""Every dialect against bodies of the shape that the providers send."""

import json
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from modelsearch.core.outcome import Usage
from modelsearch.core.ports import Dialect
from modelsearch.core.registry import lookup
from modelsearch.core.wire import RawReply

GOLDEN = Path(__file__).parents[3] / "golden" / "dialects"
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}-{name}")
    for path in sorted(GOLDEN.glob("*.json"))
    for name, case in json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal).items()
]


def raw_of(case: dict[str, Any]) -> RawReply:
    text = case.get("body_text")
    body = text if text is not None else json.dumps(case["body"], default=float, ensure_ascii=False)
    return RawReply(http_status=case.get("http_status", 200), body=body.encode(), headers=case.get("headers", {}))


def usage_of(told: dict[str, Any]) -> Usage:
    decimals = {"compute_s", "reported_usd"}
    values: dict[str, Any] = {name: Decimal(value) if name in decimals else value for name, value in told.items()}
    return Usage(**values)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_golden(name: str, case: dict[str, Any]) -> None:
    dialect: Dialect = lookup("dialect", name).cls()
    raw = raw_of(case)
    if "retry" in case:
        retry = dialect.classify(raw)
        wait_s = case["retry"]["wait_s"]
        assert (retry.kind, retry.wait_s) == (case["retry"]["kind"], None if wait_s is None else float(wait_s))
        assert retry.message
    elif case.get("is_value_error"):
        with pytest.raises(ValueError, match="reply: expected"):
            dialect.decode(raw)
    else:
        reply = dialect.decode(raw)
        told = dict(case["reply"])
        assert reply.usage == usage_of(told.pop("usage"))
        assert {name: getattr(reply, name) for name in told} == told
        assert all(
            getattr(reply.usage, field.name) is None or getattr(reply.usage, field.name) >= 0
            for field in fields(reply.usage)
        )


def test_every_built_in_dialect_has_golden_bodies() -> None:
    built_in = {"openai_chat", "anthropic_messages", "google_generate"}
    assert {path.stem for path in GOLDEN.glob("*.json")} == built_in
