"""Production traffic as a task: what users asked, what the model of today answered, what people thought of it.

Traffic is no evaluation: it has several tasks at once, the same question many times, text about people, and rarely
anybody who says what the right answer would have been. All of that is told, and none of it is made up.
"""

import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from modelsearch.core.errors import LogFileError
from modelsearch.core.ids import Json
from modelsearch.core.outcome import Status
from modelsearch.interop.fields import shown
from modelsearch.interop.logged import Evaluation, LeftOut, LoggedItem, LoggedOutcome, ScoredWith, Turn, Wanted

_ID_CHARS = 12
_SHOWN_GROUPS = 5
PERSONAL: Mapping[str, re.Pattern[str]] = {
    "e-mail addresses": re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}"),
    "phone numbers": re.compile(r"(?<![\w.])(?:\+|00)\d[\d ()/-]{7,17}\d(?!\w)|(?<!\d)\(\d{3}\) ?\d{3}-\d{4}(?!\d)"),
    "account or card numbers": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b|\b(?:\d{4}[ -]){3}\d{4}\b"),
    "social security numbers": re.compile(r"\b\d{3}-\d{2}-\d{4}\b"),
    "keys of APIs": re.compile(r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|\bAKIA[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}"),
}
"""Shapes of text about people; what has none of them may still be personal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of production.

    Attributes:
        group: what tells tasks apart in this log: a name, or the system prompt.
        fields, turns: as in `LoggedItem`.
        score: what people gave the answer, in [0, 1]; label: the right answer, as people said.
    """

    model: str
    group: str
    fields: Mapping[str, Json]
    turns: tuple[Turn, ...]
    status: Status = Status.OK
    answer: str | None = None
    score: float | None = None
    label: Json = None
    cost_usd: Decimal | None = None
    latency_s: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None

    @property
    def item_id(self) -> str:
        """The same for the same question, in every export."""
        asked = [self.turns, self.fields if not self.turns else None]
        return "req-" + _short_hash(json.dumps(asked, sort_keys=True, ensure_ascii=True))


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What an export of a tool holds."""

    tool: str
    requests: Sequence[Request]
    left_out: Sequence[LeftOut]
    notes: Sequence[str] = ()


def evaluation_of(traffic: Traffic, wanted: Wanted) -> Evaluation:
    """A task of the requests of one group: each question once, a sample of them, the answers of who served them.

    Raises:
        LogFileError: no request that can be used, or no such group or model.
    """
    if not traffic.requests:
        why = "; ".join(f"{n} {what}: {because}" for n, what, because in traffic.left_out)
        raise LogFileError(f"no request with its messages in this export ({why or 'it is empty'})")
    group, others = _chosen_group(traffic.requests, wanted)
    model, strangers = _chosen_model([r for r in traffic.requests if r.group == group], wanted)
    requests = [r for r in traffic.requests if r.group == group and r.model == model]
    first = _once(requests)
    drawn = sorted(random.Random(wanted.seed).sample(sorted(first), min(wanted.n_sampled, len(first))))
    kept = [first[item_id] for item_id in drawn]
    items = tuple(_item(request, wanted) for request in kept)
    n_again, n_undrawn = len(requests) - len(first), len(first) - len(kept)
    left_out = [
        *traffic.left_out,
        *others,
        *strangers,
        *_counted(n_again, "requests", "asked before: each question counts once"),
        *_counted(n_undrawn, "questions", f"{len(kept)} were drawn with seed {wanted.seed}: see --sample"),
    ]
    return Evaluation(
        tool=traffic.tool,
        name=_name_of(group),
        items=items,
        outcomes=tuple(_outcome(request) for request in kept),
        scored_with=ScoredWith(name="feedback of people" if any(r.score is not None for r in kept) else ""),
        left_out=tuple(left_out),
        notes=(*traffic.notes, *_notes(kept, items, wanted)),
        is_traffic=True,
    )


def _chosen_group(requests: Sequence[Request], wanted: Wanted) -> tuple[str, list[LeftOut]]:
    """The group asked for, else the largest; what the others are, and how to ask for them."""
    sizes = Counter(request.group for request in requests).most_common()
    codes = {group: _code(group) for group, _ in sizes}
    chosen = next((g for g, _ in sizes if wanted.task in (g, codes[g])), None) if wanted.task else sizes[0][0]
    if chosen is None:
        known = ", ".join(codes[group] for group, _ in sizes[:_SHOWN_GROUPS])
        raise LogFileError(f"--task: expected one of {known}, got {wanted.task!r}")
    others = [(group, n) for group, n in sizes if group != chosen]
    told = [
        LeftOut(n, f"requests of {shown(group[:40])}", f"of another task: choose it with --task {codes[group]}")
        for group, n in others[:_SHOWN_GROUPS]
    ]
    rest = others[_SHOWN_GROUPS:]
    return chosen, [*told, *_counted(sum(n for _, n in rest), "requests", f"of {len(rest)} further tasks")]


def _chosen_model(requests: Sequence[Request], wanted: Wanted) -> tuple[str, list[LeftOut]]:
    sizes = Counter(request.model for request in requests)
    chosen = wanted.model or sizes.most_common(1)[0][0]
    if chosen not in sizes:
        raise LogFileError(f"--model: expected one of {', '.join(sorted(sizes))}, got {chosen!r}")
    why = f"served by another model than {chosen}: choose with --model"
    return chosen, [LeftOut(n, f"requests to {model}", why) for model, n in sizes.most_common() if model != chosen]


def _once(requests: Sequence[Request]) -> dict[str, Request]:
    """Each question once: with what people said of it, if they did, else as it was answered first."""
    first: dict[str, Request] = {}
    for request in requests:
        known = first.setdefault(request.item_id, request)
        if _is_better(request, known):
            first[request.item_id] = request
    return first


def _is_better(request: Request, known: Request) -> bool:
    def told(each: Request) -> tuple[bool, bool, bool]:
        return each.label is not None, each.score is not None, each.answer is not None

    return told(request) > told(known)


def _item(request: Request, wanted: Wanted) -> LoggedItem:
    target = request.label
    if target is None and wanted.is_liked_target and request.score == 1.0:
        target = request.answer
    return LoggedItem(id=request.item_id, fields=request.fields, target=target, turns=request.turns)


def _outcome(request: Request) -> LoggedOutcome:
    is_ok = request.status not in {Status.ERROR, Status.TIMEOUT}
    return LoggedOutcome(
        model=request.model,
        item_id=request.item_id,
        status=request.status,
        answer=request.answer if is_ok else None,
        score=request.score if is_ok else None,
        cost_usd=request.cost_usd,
        latency_s=request.latency_s,
        input_tokens=request.input_tokens,
        output_tokens=request.output_tokens,
    )


def _notes(kept: Sequence[Request], items: Sequence[LoggedItem], wanted: Wanted) -> Iterator[str]:
    n_targets, n_liked = sum(item.target is not None for item in items), sum(r.score == 1.0 for r in kept)
    if not n_targets:
        yield (
            "NO TARGETS: nobody has said what the right answers are, so nothing can be scored yet; the answers are the "
            "baseline's own, not the truth. Label the items, or have a judge compare new answers with these: "
            "docs/imports.md"
        )
    if wanted.is_liked_target and n_liked:
        yield f"{n_liked} targets are the baseline's own answers that people liked: on these it comes out as perfect"
    elif n_liked and not n_targets:
        yield f"people gave {n_liked} answers full marks: --liked-are-targets takes these as targets"
    yield from personal_notes(kept)


def personal_notes(requests: Sequence[Request]) -> Iterator[str]:
    """What looks like text about people; these items would be sent to every candidate's provider."""
    found: Counter[str] = Counter()
    n_items = 0
    for request in requests:
        text = "\n".join((*(turn.text for turn in request.turns), json.dumps(request.fields), request.answer or ""))
        kinds = [kind for kind, pattern in PERSONAL.items() if pattern.search(text)]
        found.update(kinds)
        n_items += bool(kinds)
    if found:
        told = ", ".join(f"{kind} ({n})" for kind, n in found.most_common())
        yield (
            f"PERSONAL DATA: {n_items} of {len(requests)} items seem to hold {told}; a search sends items to the "
            "provider of every candidate: redact them, or allow few providers with --providers and --require zdr"
        )
    else:
        yield "no addresses, numbers or keys were seen in the items; names and stories are not looked for: read a few"


def without_cost(request: Request) -> Request:
    """The request as one whose cost and time say nothing: a cache answered."""
    return replace(request, cost_usd=None, latency_s=None)


def _counted(n: int, what: str, why: str) -> list[LeftOut]:
    return [LeftOut(n, what, why)] if n else []


def _code(group: str) -> str:
    """What `--task` takes: the group itself where it is a short name, else a mark of it."""
    return group if re.fullmatch(r"[\w.:-]{1,60}", group) else _short_hash(group)[:6]


def _name_of(group: str) -> str:
    return group if re.fullmatch(r"[\w .:-]{1,60}", group) else f"traffic-{_short_hash(group)[:6]}"


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_ID_CHARS]
