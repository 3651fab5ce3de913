"""LiteLLM: spend logs of its proxy (a database table, /spend/logs), and the payloads that its callbacks store.

Prompts and answers are there only where the proxy stores them (`store_prompts_in_spend_logs`). Keys, users and teams
are never read.
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from modelsearch.core.outcome import Status
from modelsearch.interop.fields import Fields, unpacked
from modelsearch.interop.importers import Importer
from modelsearch.interop.logged import Evaluation, LeftOut, Wanted
from modelsearch.interop.reading import files_of, rows_of
from modelsearch.interop.traffic import Request, Traffic, evaluation_of, without_cost
from modelsearch.interop.turns import content_text, turns_of

PATTERNS = ("*.jsonl", "*.json", "*.csv")
_CALLS = frozenset({"", "completion", "acompletion", "/chat/completions", "chat_completion", "/v1/chat/completions"})
_CUT = "litellm_truncated"
_REDACTED = "redacted-by-litellm"
_NO_PROMPT = "without their messages: set general_settings.store_prompts_in_spend_logs, then export again"
_REASONS = {"length": Status.TRUNCATED, "max_tokens": Status.TRUNCATED, "content_filter": Status.REFUSED}


def read(given: Sequence[Path], wanted: Wanted) -> Evaluation:
    """The calls of one task, told apart by their system prompt.

    Raises:
        LogFileError: a file that cannot be read, or no call with its messages.
    """
    left_out: Counter[tuple[str, str]] = Counter()
    requests = [
        request
        for path in files_of(given, PATTERNS)
        for row in rows_of(path)
        if (request := _request(row, left_out)) is not None
    ]
    told = [LeftOut(n, what, why) for (what, why), n in left_out.items()]
    return evaluation_of(Traffic(tool="LiteLLM", requests=requests, left_out=told), wanted)


def _request(row: Fields, left_out: Counter[tuple[str, str]]) -> Request | None:
    """The call of a row; None where it cannot be used, which is counted."""
    call_type = row.text("call_type") or ""
    if call_type not in _CALLS:
        left_out[f"calls of {call_type[:40]}", "no chat"] += 1
        return None
    messages = _messages(row)
    if not messages:
        left_out["calls", _NO_PROMPT] += 1
        return None
    turns, told = turns_of(messages), json.dumps(messages)
    if turns is None:
        left_out["calls", "their messages are no text (images, tools' calls)"] += 1
        return None
    if _CUT in told or _REDACTED in told:
        left_out["calls", "LiteLLM has cut or redacted their messages"] += 1
        return None
    request = _answered(row, turns)
    return without_cost(request) if (row.text("cache_hit") or "").lower() == "true" else request


def _messages(row: Fields) -> Any:
    """What was sent: a column of its own, or in the request as the proxy got it."""
    own = unpacked(row.values.get("messages"))
    if own:
        return own
    asked = unpacked(row.values.get("proxy_server_request"))
    if isinstance(asked, dict):
        body = asked.get("body")
        return (body if isinstance(body, dict) else asked).get("messages")
    return None


def _answered(row: Fields, turns: tuple[Any, ...]) -> Request:
    response = unpacked(row.values.get("response"))
    answer, status = _answer(response)
    metadata = unpacked(row.values.get("metadata"))
    state = row.text("status") or (metadata.get("status") if isinstance(metadata, dict) else None)
    if state == "failure" or answer is None or _CUT in answer or _REDACTED in answer:
        answer, status = None, Status.ERROR if state == "failure" or answer is None else Status.INVALID
    cost_usd = row.amount("spend") if "spend" in row else row.amount("response_cost")
    n_output = row.count("completion_tokens")
    system = "\n\n".join(turn.text for turn in turns if turn.role == "system")
    return Request(
        model=_model(row),
        group=system.strip() or "no system prompt",
        fields={"input": next((turn.text for turn in reversed(turns) if turn.role == "user"), turns[-1].text)},
        turns=turns,
        status=status,
        answer=answer,
        # a price that LiteLLM does not know is a spend of 0
        cost_usd=Decimal(str(cost_usd)) if cost_usd else None,
        latency_s=_latency_s(row),
        input_tokens=row.count("prompt_tokens"),
        output_tokens=n_output,
    )


def _answer(response: Any) -> tuple[str | None, Status]:
    """The text of a chat completion, and how it ended."""
    if isinstance(response, str) and response:
        return response, Status.OK
    if not isinstance(response, dict) or not isinstance(response.get("choices"), list) or not response["choices"]:
        return None, Status.ERROR
    choice = response["choices"][0]
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict) or message.get("tool_calls"):
        return None, Status.ERROR
    return content_text(message.get("content")), _REASONS.get(str(choice.get("finish_reason")), Status.OK)


def _model(row: Fields) -> str:
    """Provider and model as an endpoint of the catalogue is called, where both are told."""
    model, provider = row.text("model") or "unknown model", row.text("custom_llm_provider")
    return model if not provider or "/" in model else f"{provider}/{model}"


def _latency_s(row: Fields) -> float | None:
    started, ended = _time(row, "startTime"), _time(row, "endTime")
    return ended - started if started is not None and ended is not None and ended >= started else None


def _time(row: Fields, name: str) -> float | None:
    """Seconds since 1970, of ISO 8601 or of seconds."""
    text = row.text(name)
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


IMPORTER = Importer(
    name="litellm",
    told="Production traffic from LiteLLM: spend logs or stored payloads (JSON, JSON lines or CSV).",
    patterns=PATTERNS,
    read=read,
)
