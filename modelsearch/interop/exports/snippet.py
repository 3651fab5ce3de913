"""A recommendation as a Python file that runs as it is: httpx, the prompt, the calls, and the baseline behind them.

Names and prompts are strangers' text: they get into the file as literals that Python itself writes, never as code.
"""

import pprint
import re
from importlib.resources import files
from typing import Any

from modelsearch.core.ids import Json
from modelsearch.core.task import TaskSpec
from modelsearch.interop.exports.deployed import SERVED_KEY, SERVED_URL, SYSTEM_MARK, USER_MARK, Deployed, Leg
from modelsearch.interop.exports.lines import commented

_PLAIN = re.compile(r"\{\{ *input *\}\}")
_TEMPLATED = re.compile(r"\{[{%#]")
_PLACE = "<<input>>"
_SERVED_TIMEOUT_S = 300.0
_RENDER_PLAIN = """\
    shown = str(item_input)
    return tuple(call[role].replace("<<input>>", shown).strip() for role in ("system", "user"))"""
_RENDER_JINJA = """\
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    world = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    world.filters["tojson"] = lambda value: json.dumps(value, sort_keys=True, ensure_ascii=False)
    known = {**call["known"], "input": item_input, "item": {"id": "item", "input": item_input}}
    return tuple(world.from_string(call[role]).render(known).strip() for role in ("system", "user"))"""
_RENDER_INPUT = """\
    return "", item_input if isinstance(item_input, str) else json.dumps(item_input, ensure_ascii=False)"""
_READ_TEXT = "    print(ask(given))"
_READ_JSON = "    print(ask(json.loads(given)))"


def python_snippet(deployed: Deployed, task: TaskSpec) -> str:
    """The text of the file.

    Args:
        deployed: what is served.
        task: its items tell whether an input is text or an object; what its prompts share goes into the file.
    """
    calls = _calls(deployed)
    texts = "".join(f"{call['system']}\n{call['user']}\n" for call in calls)
    is_raw = deployed.needs_server and deployed.mode == "input"
    is_plain = not _TEMPLATED.search(_PLAIN.sub("", texts))
    if not is_plain:
        calls = [{**call, "known": _shared(task, leg)} for call, leg in zip(calls, _legs(deployed), strict=True)]
    else:
        calls = [{**call, **{role: _PLAIN.sub(_PLACE, call[role]) for role in ("system", "user")}} for call in calls]
    is_object = any(not isinstance(item.input, str) for item in task.items)
    parts = {
        "__CALLS__": _literal(calls),
        "__RENDER__": _RENDER_INPUT if is_raw else _RENDER_PLAIN if is_plain else _RENDER_JINJA,
        "__READ__": _READ_JSON if is_object else _READ_TEXT,
    }
    about = [*deployed.told, f"Needs: pip install {'httpx' if is_plain else 'httpx jinja2'}"]
    about.append("Use: python THIS_FILE 'the input', or ask(input) from your own code.")
    if deployed.needs_server:
        about.append(f"Asks the server of `{deployed.serve_command}`, and the baseline where it does not answer.")
    return commented(about) + "\n" + _filled(_template(), parts)


def _filled(text: str, parts: dict[str, str]) -> str:
    """Each mark replaced once, in one pass: what is put in is not looked at again."""
    return re.sub("|".join(map(re.escape, parts)), lambda match: parts[match.group()], text)


def _template() -> str:
    return files("modelsearch.interop.exports").joinpath("snippet_body.txt").read_text(encoding="utf-8")


def _shared(task: TaskSpec, leg: Leg) -> dict[str, Json]:
    """What the prompt's templates may name besides the input."""
    names = leg.prompt.example_ids
    by_id = {example.id: example for example in task.examples}
    shown = task.examples if names is None else [by_id[name] for name in names]
    examples: list[Json] = [{"input": example.input, "target": example.target} for example in shown]
    return {"labels": list(task.labels), "examples": examples}


def _legs(deployed: Deployed) -> list[Leg]:
    """Whose prompt each call shows, in the order in which they are asked."""
    if deployed.is_baseline or (deployed.needs_server and deployed.mode == "input"):
        return [deployed.legs[0]]
    return [deployed.baseline if deployed.needs_server else deployed.legs[0], deployed.baseline]


def _calls(deployed: Deployed) -> list[dict[str, Any]]:
    """In the order in which they are asked."""
    first = _served(deployed) if deployed.needs_server else _call(deployed.legs[0])
    return [first] if len(_legs(deployed)) == 1 else [first, _call(deployed.baseline)]


def _served(deployed: Deployed) -> dict[str, Any]:
    user = {"role": "user", "content": USER_MARK}
    has_system = deployed.mode == "messages" and deployed.baseline.has_system
    messages = [{"role": "system", "content": SYSTEM_MARK}, user] if has_system else [user]
    return {
        "name": deployed.name,
        "dialect": "openai_chat",
        "url": f"{SERVED_URL}/chat/completions",
        "headers": {"content-type": "application/json"},
        "key_header": "authorization",
        "key_variable": SERVED_KEY,
        "timeout_s": _SERVED_TIMEOUT_S,
        "body": {"model": deployed.name, "messages": messages},
        **_prompt_of(deployed.baseline if deployed.mode == "messages" else None),
    }


def _call(leg: Leg) -> dict[str, Any]:
    return {
        "name": leg.endpoint.id,
        "dialect": leg.provider.dialect,
        "url": leg.url,
        "headers": dict(leg.headers),
        "key_header": leg.auth_header,
        "key_variable": leg.provider.key_env,
        "timeout_s": leg.provider.timeout_s,
        "body": dict(leg.body),
        **_prompt_of(leg),
    }


def _prompt_of(leg: Leg | None) -> dict[str, str]:
    """The templates of a call's texts; of none where the server applies them."""
    return {"system": "", "user": ""} if leg is None else {"system": leg.prompt.system, "user": leg.prompt.user}


def _literal(value: object) -> str:
    return pprint.pformat(value, width=100, sort_dicts=False)
