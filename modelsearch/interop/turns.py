"""Messages as tools log them: a text, or OpenAI's list of roles and contents."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from modelsearch.interop.fields import readable
from modelsearch.interop.logged import Turn

ROLES = {"developer": "system"}
_TEXT_PARTS = frozenset({"text", "input_text", "output_text", "reasoning", "thinking"})
_THOUGHTS = frozenset({"reasoning", "thinking"})


def turns_of(value: Any) -> tuple[Turn, ...] | None:
    """The messages in order; a text alone is the user's. None where something is not text: an image, a tool's call."""
    if isinstance(value, str):
        return (Turn("user", readable(value)),)
    if isinstance(value, Mapping):
        value = value.get("messages", [value])
    if not isinstance(value, Sequence) or not value:
        return None
    turns = []
    for message in value:
        turn = _turn(message)
        if turn is None:
            return None
        turns.append(turn)
    return tuple(turns)


def chat_turns(text: str) -> tuple[Turn, ...]:
    """The messages of a prompt that may be JSON of messages, as tools write it; else the text as the user's."""
    stripped = text.lstrip()
    if stripped.startswith("["):
        try:
            value = json.loads(stripped)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, list) and value and all(isinstance(m, Mapping) and "role" in m for m in value):
            return turns_of(value) or (Turn("user", readable(text)),)
    return (Turn("user", readable(text)),)


def content_text(content: Any) -> str | None:
    """The text of a message's content, thoughts left out; None where a part is no text."""
    if content is None:
        return ""
    if isinstance(content, str):
        return readable(content)
    if not isinstance(content, list):
        return None
    parts = []
    for part in content:
        if isinstance(part, str):
            parts.append(part)
        elif isinstance(part, Mapping) and part.get("type", "text") in _TEXT_PARTS:
            parts.append("" if part.get("type") in _THOUGHTS else str(part.get("text", "")))
        else:
            return None
    return readable("".join(parts))


def _turn(message: Any) -> Turn | None:
    if not isinstance(message, Mapping) or message.get("tool_calls"):
        return None
    role, text = str(message.get("role", "user")), content_text(message.get("content"))
    role = ROLES.get(role, role)
    return None if text is None or role not in {"system", "user", "assistant"} else Turn(role, text)
