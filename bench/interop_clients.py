"""Clients of what is exported, run where they are installed: one JSON object in, one JSON line out."""

import json
import sys
from collections.abc import Callable
from typing import Any

Told = dict[str, Any]


def _asked(client: Any, config: Told, text: str, **more: Any) -> Any:
    return client.chat.completions.create(
        model=config["model"], messages=[{"role": "user", "content": text}], **more
    )  # fmt: skip


def openai_told(config: Told) -> Told:
    """Every input once, a stream, and errors."""
    import openai  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - each client where it is

    client = openai.OpenAI(base_url=config["url"], api_key=config["key"], max_retries=0)
    replies = [_asked(client, config, text) for text in config["inputs"]]
    stream = _asked(client, config, config["inputs"][0], stream=True, stream_options={"include_usage": True})
    streamed = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    wrong = openai.OpenAI(base_url=config["url"], api_key="wrong", max_retries=0)
    return {
        "version": openai.__version__,
        "answers": [reply.model_extra["modelsearch"]["answer"] for reply in replies],
        "texts": replies[0].choices[0].message.content,
        "streamed": streamed,
        "n_tokens": sum(reply.usage.total_tokens for reply in replies),
        "wrong_key": _raised(lambda: _asked(wrong, config, "x")),
        "wrong_model": _raised(lambda: _asked(client, {**config, "model": "other"}, "x")),
    }


def openai_short(config: Told) -> Told:
    """A server without money left; the client asks again as it does by default, and is told not to."""
    import openai  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - each client where it is

    client = openai.OpenAI(base_url=config["url"], api_key=config["key"])
    return {"limit": _raised(lambda: _asked(client, config, config["inputs"][0]))}


def litellm_told(config: Told) -> Told:
    """The config in a Router: a completion, and one whose model is down."""
    from importlib.metadata import version  # noqa: PLC0415

    import litellm  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - each client where it is
    import yaml  # noqa: PLC0415

    settings = yaml.safe_load(config["config"])
    messages = [{"role": "system", "content": config["system"]}, {"role": "user", "content": config["input"]}]
    router = litellm.Router(model_list=settings["model_list"], **settings["router_settings"])
    reply = router.completion(model=config["model"], messages=messages)
    told = {
        "version": version("litellm"),
        "n_models": len(settings["model_list"]),
        "text": reply.choices[0].message.content,
    }
    if "fallbacks" in settings["router_settings"]:
        settings["model_list"][0]["litellm_params"]["api_base"] = "http://127.0.0.1:9"
        down = litellm.Router(model_list=settings["model_list"], **{**settings["router_settings"], "num_retries": 0})
        told["fallback"] = down.completion(model=config["model"], messages=messages).choices[0].message.content
    return told


def _raised(call: Callable[[], object]) -> str:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - which one it is, is what is asked
        return type(error).__name__
    return ""


CLIENTS: dict[str, Callable[[Told], Told]] = {
    "openai": openai_told,
    "openai_short": openai_short,
    "litellm": litellm_told,
}

if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(CLIENTS[sys.argv[1]](json.load(sys.stdin))) + "\n")
