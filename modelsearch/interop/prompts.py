"""The prompt that a log's messages were made with, found again: templates over each item's fields.

A tool logs what it sent, not always what it sent it with. Where the fields of one item are found in its messages, what
stands around them is the template; it counts only if it gives the messages of every item, to the letter. Otherwise the
message itself becomes the item's input: then too the model is asked what it was asked.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from modelsearch.core.ids import Json
from modelsearch.interop.logged import LoggedItem, Turn

N_TRIED = 12
"""Items whose messages are tried as the pattern: in one of them a field's value may stand in the template too."""
OPTIONS_FIELD = "options"
WHOLE_FIELDS = ("prompt_system", "prompt")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_SPECIAL = re.compile(r"\{(?=[{%#]|\Z)|\r|\n\Z")


class Part(NamedTuple):
    """A piece of a template: a text, or the name of a field."""

    text: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A task's prompt and the inputs of its items by id.

    Attributes:
        system, user: Jinja2 templates as task files have them.
        is_logged: the log told what was sent; else the user's own prompt is to be put in.
    """

    system: str
    user: str
    inputs: Mapping[str, Json]
    is_logged: bool
    notes: tuple[str, ...] = ()


def draft_of(items: Sequence[LoggedItem]) -> Draft:
    """The prompt and the inputs.

    Args:
        items: at least one.
    """
    fields = {item.id: _named(item) for item in items}
    sent = [item for item in items if item.turns]
    if not sent:
        names = sorted(set().union(*fields.values()))
        return _drafted(items, fields, ((), tuple(Part(name=name) for name in names)), is_logged=False)
    texts = {item.id: _texts(item.turns) for item in sent}
    rows = [(texts[item.id], _as_text(fields[item.id])) for item in sent]
    system, user = (pattern_of([(pair[place], named) for pair, named in rows]) for place in (0, 1))
    notes = _flattened(sent)
    if system is not None and user is not None and any(part.name for part in (*system, *user)):
        return _drafted(items, fields, (system, user), notes=notes)
    return _whole(items, texts, notes)


def _whole(items: Sequence[LoggedItem], texts: Mapping[str, tuple[str, str]], notes: tuple[str, ...]) -> Draft:
    """The messages themselves as inputs; a system message that all share stays in the prompt."""
    asked = {item.id: texts.get(item.id) or ("", _shown(item)) for item in items}
    n_unsent = len(items) - len(texts)
    if n_unsent:
        notes = (*notes, f"{n_unsent} items have no logged message: what the log calls their input stands in its place")
    alike = {system for system, _ in texts.values()}
    user = (Part(name="prompt"),)
    if len(alike) == 1:
        whole: dict[str, dict[str, Json]] = {item_id: {"prompt": pair[1]} for item_id, pair in asked.items()}
        return _drafted(items, whole, ((Part(text=alike.pop()),), user), notes=notes)
    notes = (*notes, "system messages differ from item to item: they are fields of the input")
    whole = {item_id: dict(zip(WHOLE_FIELDS, pair, strict=True)) for item_id, pair in asked.items()}
    return _drafted(items, whole, ((Part(name="prompt_system"),), user), notes=notes)


def _shown(item: LoggedItem) -> str:
    """An item's fields as one text."""
    if len(item.fields) == 1:
        return str(next(iter(item.fields.values())))
    return "\n".join(f"{name}: {value}" for name, value in item.fields.items())


def pattern_of(rows: Sequence[tuple[str, Mapping[str, str]]]) -> tuple[Part, ...] | None:
    """What gives every text from its fields; None where nothing does.

    Args:
        rows: (text, fields as text) of each item.
    """
    for text, fields in rows[:N_TRIED]:
        parts = _parts(text, fields)
        if all(rendered(parts, others) == other for other, others in rows):
            return parts
    return None


def rendered(parts: Sequence[Part], fields: Mapping[str, str]) -> str | None:
    """The text that a pattern gives; None where a field is missing."""
    if any(part.name and part.name not in fields for part in parts):
        return None
    return "".join(fields[part.name] if part.name else part.text for part in parts)


def template_text(parts: Sequence[Part], *, is_single: bool) -> str:
    """A pattern as a Jinja2 template; text that Jinja2 would read as its own is put in as a string."""
    pieces = []
    for number, part in enumerate(parts):
        if part.name:
            pieces.append("{{ input }}" if is_single else f"{{{{ input.{part.name} }}}}")
        else:
            text = part.text if number == len(parts) - 1 else part.text + "\ue000"  # its end is not the template's end
            pieces.append(_escaped(text).replace("\ue000", ""))
    return "".join(pieces)


def _escaped(text: str) -> str:
    inside = text.removesuffix("\ue000")
    if inside != text and inside.endswith("{"):  # a brace before our own would be read with it
        return _escaped(inside[:-1] + "\ue000") + '{{ "{" }}'
    return _SPECIAL.sub(lambda found: f"{{{{ {json.dumps(found.group())} }}}}", text)


def _parts(text: str, fields: Mapping[str, str]) -> tuple[Part, ...]:
    """A text cut where it holds a field's value, long values first."""
    parts = [Part(text=text)]
    for name, value in sorted(fields.items(), key=lambda field: -len(field[1])):
        if value:
            parts = [piece for part in parts for piece in _cut(part, name, value)]
    return tuple(part for part in parts if part.name or part.text)


def _cut(part: Part, name: str, value: str) -> list[Part]:
    if part.name:
        return [part]
    first, *others = part.text.split(value)
    return [Part(text=first), *(piece for other in others for piece in (Part(name=name), Part(text=other)))]


def _drafted(
    items: Sequence[LoggedItem],
    fields: Mapping[str, Mapping[str, Json]],
    patterns: tuple[tuple[Part, ...], tuple[Part, ...]],
    *,
    notes: tuple[str, ...] = (),
    is_logged: bool = True,
) -> Draft:
    """The draft: only fields that the prompt uses stay; a single one is the input itself."""
    used = tuple(dict.fromkeys(part.name for pattern in patterns for part in pattern if part.name))
    is_single = len(used) == 1 and not any(item.options for item in items)
    inputs: dict[str, Json] = {}
    for item in items:
        kept = {name: fields[item.id].get(name, "") for name in used}
        inputs[item.id] = kept[used[0]] if is_single else kept
        if item.options:
            inputs[item.id] = {**kept, OPTIONS_FIELD: list(item.options)}
    return Draft(
        system=template_text(patterns[0], is_single=is_single),
        user=template_text(patterns[1], is_single=is_single) if is_logged else _plain_prompt(used, is_single=is_single),
        inputs=inputs,
        is_logged=is_logged,
        notes=notes,
    )


def _plain_prompt(names: Sequence[str], *, is_single: bool) -> str:
    return "{{ input }}" if is_single else "\n".join(f"{name}: {{{{ input.{name} }}}}" for name in names)


def _named(item: LoggedItem) -> dict[str, Json]:
    """The fields under names that a template can say."""
    found: dict[str, Json] = {}
    for name, value in item.fields.items():
        plain = re.sub(r"\W", "_", name, flags=re.ASCII)
        safe = plain if _NAME.fullmatch(plain) else f"field_{plain}"
        found[f"{safe}_" if safe == OPTIONS_FIELD else safe] = value
    return found


def _as_text(fields: Mapping[str, Json]) -> dict[str, str]:
    """Fields as a template writes them: texts and numbers; a list or an object is written in too many ways."""
    return {
        name: str(value)
        for name, value in fields.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }


def _texts(turns: Sequence[Turn]) -> tuple[str, str]:
    """System and user text; several turns become one text that says who spoke. Ends are trimmed, as prompts are."""
    system = "\n\n".join(turn.text for turn in turns if turn.role == "system")
    others = [turn for turn in turns if turn.role != "system"]
    if len(others) <= 1:
        user = others[0].text if others else ""
    else:
        user = "\n\n".join(f"{turn.role.capitalize()}: {turn.text}" for turn in others)
    return system.strip(), user.strip()


def _flattened(items: Sequence[LoggedItem]) -> tuple[str, ...]:
    n_turns = max(sum(turn.role != "system" for turn in item.turns) for item in items)
    if n_turns <= 1:
        return ()
    note = (
        f"the log asked in up to {n_turns} turns (few-shot examples, a conversation); the prompt here tells them as "
        "one text, so the imported answers were given to turns and new ones will be given to a text"
    )
    return (note,)
