"""Asks the emulator with the official SDKs and tells what they made of it; run in an environment that has them.

One JSON object on standard input (URLs by provider and kind of trouble, key, model), one JSON line a reply on standard
output. Bodies are validated against the SDKs' own types, for the SDKs themselves take what comes.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import anthropic  # type: ignore[import-not-found]
import openai  # type: ignore[import-not-found]
import openai.types as openai_types  # type: ignore[import-not-found]
from anthropic.types import Message  # type: ignore[import-not-found]
from anthropic.types.messages import (  # type: ignore[import-not-found]
    MessageBatch,
    MessageBatchIndividualResponse,
)
from google import genai
from google.genai import errors, types
from openai.types import chat

Told = dict[str, Any]
LOGPROBS = "logprobs"


def openai_reply(config: Told, case: str) -> Told:
    """A chat completion."""
    client = openai.OpenAI(base_url=config["url"], api_key=config["key"], max_retries=0)
    extra: Told = {"logprobs": True} if case == LOGPROBS else {}
    try:
        raw = client.chat.completions.with_raw_response.create(
            model=config["model"],
            messages=[{"role": "system", "content": "Be brief."}, {"role": "user", "content": config["prompt"]}],
            max_completion_tokens=16, **extra,
        )  # fmt: skip
    except openai.APIStatusError as error:
        return {"error": type(error).__name__, "status": error.status_code, "kind": error.type or error.code or ""}
    reply = chat.ChatCompletion.model_validate_json(raw.content)
    choice, usage = reply.choices[0], reply.usage
    tokens = choice.logprobs.content if choice.logprobs else None
    return {
        "text": choice.message.content or "",
        "refusal": choice.message.refusal or "",
        "reason": choice.finish_reason,
        "input": usage.prompt_tokens,
        "cached": usage.prompt_tokens_details.cached_tokens,
        "output": usage.completion_tokens,
        "hidden": usage.completion_tokens_details.reasoning_tokens,
        "logprobs": [token.logprob for token in tokens or []],
    }


def anthropic_reply(config: Told, case: str) -> Told:  # noqa: ARG001 - the three are called alike
    """A message."""
    client = anthropic.Anthropic(base_url=config["url"], api_key=config["key"], max_retries=0)
    marked = {"type": "text", "text": config["prompt"], "cache_control": {"type": "ephemeral"}}
    try:
        raw = client.messages.with_raw_response.create(
            model=config["model"], system="Be brief.", messages=[{"role": "user", "content": [marked]}], max_tokens=16
        )
    except anthropic.APIStatusError as error:
        told = error.body if isinstance(error.body, dict) else {}
        return {
            "error": type(error).__name__,
            "status": error.status_code,
            "kind": told.get("error", {}).get("type", ""),
        }
    reply = Message.model_validate_json(raw.read())
    usage = reply.usage
    details = usage.output_tokens_details
    return {
        "text": "".join(block.text for block in reply.content if block.type == "text"),
        "reason": reply.stop_reason,
        "input": usage.input_tokens,
        "cached": usage.cache_read_input_tokens,
        "written": usage.cache_creation.ephemeral_5m_input_tokens,
        "output": usage.output_tokens,
        "hidden": details.thinking_tokens if details else 0,
    }


def google_reply(config: Told, case: str) -> Told:
    """A generated content."""
    client = genai.Client(api_key=config["key"], http_options=types.HttpOptions(base_url=config["url"]))
    wanted = types.GenerateContentConfig(
        max_output_tokens=16, system_instruction="Be brief.", response_logprobs=True if case == LOGPROBS else None
    )
    try:
        reply = client.models.generate_content(model=config["model"], contents=config["prompt"], config=wanted)
    except errors.APIError as error:
        return {"error": type(error).__name__, "status": error.code, "kind": error.status}
    candidate, usage = reply.candidates[0], reply.usage_metadata
    tokens = candidate.logprobs_result.chosen_candidates if candidate.logprobs_result else []
    return {
        "text": reply.text or "",
        "reason": candidate.finish_reason.value,
        "input": usage.prompt_token_count,
        "cached": usage.cached_content_token_count or 0,
        "output": usage.candidates_token_count,
        "hidden": usage.thoughts_token_count or 0,
        "total": usage.total_token_count,
        "logprobs": [token.log_probability for token in tokens],
    }


def openai_batch(config: Told) -> Told:
    """A batch of a good and a bad request: submitted, looked at, listed, collected."""
    client = openai.OpenAI(base_url=config["url"], api_key=config["key"], max_retries=0)
    rows = [
        {"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": {
            "model": config["model"], "messages": [{"role": "user", "content": prompt}], "max_completion_tokens": 16,
        }}
        for name, prompt in (("good", "success?"), ("bad", "nothing that is known"))
    ]  # fmt: skip
    content = "\n".join(json.dumps(row) for row in rows).encode()
    raw = client.files.with_raw_response.create(file=("batch.jsonl", content), purpose="batch")
    file = openai_types.FileObject.model_validate_json(raw.content)
    made = client.batches.with_raw_response.create(
        input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
    )
    batch = openai_types.Batch.model_validate_json(made.content)
    seen = openai_types.Batch.model_validate_json(client.batches.with_raw_response.retrieve(batch.id).content)
    listed = [openai_types.Batch.model_validate(one.model_dump()).id for one in client.batches.list()]
    lines = [json.loads(line) for line in client.files.content(seen.output_file_id).text.splitlines()]
    failed = [json.loads(line) for line in client.files.content(seen.error_file_id).text.splitlines()]
    replies = {line["custom_id"]: chat.ChatCompletion.model_validate(line["response"]["body"]) for line in lines}
    return {
        "status": seen.status,
        "listed": batch.id in listed,
        "texts": {name: reply.choices[0].message.content for name, reply in replies.items()},
        "failed": {line["custom_id"]: line["response"]["status_code"] for line in failed},
        "counts": [seen.request_counts.total, seen.request_counts.completed, seen.request_counts.failed],
    }


def anthropic_batch(config: Told) -> Told:
    """A batch of a good and a bad request: submitted, looked at, listed, collected."""
    client = anthropic.Anthropic(base_url=config["url"], api_key=config["key"], max_retries=0)
    requests = [
        {"custom_id": name, "params": {
            "model": config["model"], "messages": [{"role": "user", "content": prompt}], "max_tokens": 16,
        }}
        for name, prompt in (("good", "success?"), ("bad", "nothing that is known"))
    ]  # fmt: skip
    made = client.messages.batches.with_raw_response.create(requests=requests)
    batch = MessageBatch.model_validate_json(made.read())
    seen = MessageBatch.model_validate_json(client.messages.batches.with_raw_response.retrieve(batch.id).read())
    listed = [MessageBatch.model_validate(one.model_dump()).id for one in client.messages.batches.list()]
    found = [MessageBatchIndividualResponse.model_validate(one.model_dump())
             for one in client.messages.batches.results(batch.id)]  # fmt: skip
    good = {one.custom_id: one.result.message for one in found if one.result.type == "succeeded"}
    return {
        "status": seen.processing_status,
        "listed": batch.id in listed,
        "texts": {name: message.content[0].text for name, message in good.items()},
        "failed": {one.custom_id: one.result.error.error.type for one in found if one.result.type == "errored"},
        "counts": [seen.request_counts.succeeded, seen.request_counts.errored],
    }


BATCHES: dict[str, Callable[[Told], Told]] = {"openai": openai_batch, "anthropic": anthropic_batch}
CLIENTS: dict[str, Callable[[Told, str], Told]] = {
    "openai": openai_reply,
    "anthropic": anthropic_reply,
    "google": google_reply,
}


def main() -> None:
    """Ask every question of the input and answer it in a line."""
    for question in json.load(sys.stdin):
        try:
            is_batch = question["case"] == "batch"
            client = question["client"]
            seen = BATCHES[client](question) if is_batch else CLIENTS[client](question, question["case"])
        except Exception as error:  # noqa: BLE001 - what an SDK cannot read is what this is here to tell
            seen = {"unreadable": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps({"client": question["client"], "case": question["case"], "seen": seen}), flush=True)


if __name__ == "__main__":
    main()
