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
from anthropic.types import Message  # type: ignore[import-not-found]
from google import genai  # type: ignore[import-not-found]
from google.genai import errors, types  # type: ignore[import-not-found]
from openai.types import chat  # type: ignore[import-not-found]

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


CLIENTS: dict[str, Callable[[Told, str], Told]] = {
    "openai": openai_reply,
    "anthropic": anthropic_reply,
    "google": google_reply,
}


def main() -> None:
    """Ask every question of the input and answer it in a line."""
    for question in json.load(sys.stdin):
        try:
            seen = CLIENTS[question["client"]](question, question["case"])
        except Exception as error:  # noqa: BLE001 - what an SDK cannot read is what this is here to tell
            seen = {"unreadable": f"{type(error).__name__}: {error}"[:500]}
        print(json.dumps({"client": question["client"], "case": question["case"], "seen": seen}), flush=True)


if __name__ == "__main__":
    main()
