"""What somebody should look at before money is spent on these rows: told by kind, with the first lines."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelsearch.core.ids import Json
from modelsearch.taskfile.propose_kind import Kind, folded, text_of
from modelsearch.taskfile.propose_text import told

CHARS_PER_TOKEN = 4
LONG_TOKENS = 8_000
FEW_ITEMS = 100
RARE_ITEMS = 5
_IMBALANCE = 0.6
_LEAKED = 0.5
_MIN_FOR_SHARES = 20
_N_SHOWN = 3
_MAX_LEAK_ROWS = 2_000
_PERSONAL: Mapping[str, re.Pattern[str]] = {
    "e-mail addresses": re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[A-Za-z]{2,}"),
    "phone numbers": re.compile(
        r"(?<![\w.])(?:\+|00)\d[\d ()/-]{7,17}\d(?!\w)|(?<!\w)\(?\d{3}\)?[ -]\d{3}-\d{4}(?!\w)"
    ),
    "card numbers": re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)"),
    "bank accounts": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
}
_PERSONAL_NAMES = re.compile(
    r"e-?mail|phone|mobile|birth|dob\b|ssn|passport|iban|address|surname|(first|last|full|user|customer)[ _]?name",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something about the rows.

    Attributes:
        code: for programs: `duplicate`, `conflict`, `leak`, ...
        lines: of the file, the first few.
    """

    code: str
    message: str
    n_rows: int = 0
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A row that can be an item: its line in the file, the input as it is and as text, the target."""

    line: int
    input: Json
    text: str
    target: Json


def doubt(code: str, lines: Sequence[int], message: str) -> Doubt:
    """A doubt about rows, which are told by their first lines."""
    shown = ", ".join(str(line) for line in lines[:_N_SHOWN])
    where = f"; line{'s' if len(lines) > 1 else ''} {shown}{', ...' if len(lines) > _N_SHOWN else ''}"
    return Doubt(code=code, n_rows=len(lines), lines=tuple(lines[:_N_SHOWN]), message=message + where)


def doubts_of(rows: Sequence[Labelled], kind: Kind) -> Iterator[Doubt]:
    """What is doubtful about the rows that are kept, the gravest first."""
    yield from _conflicts(rows)
    if kind.kind == "classification":
        yield from _leaks(rows, kind)
        yield from _classes(rows)
    yield from _personal(rows)
    yield from _long(rows)
    if len(rows) < FEW_ITEMS:
        few = (
            f"{told(len(rows), 'item is', 'items are')} few: what is found holds for them, and says little about others"
        )
        yield Doubt(code="few_items", n_rows=len(rows), message=few)
    if kind.advice:
        yield Doubt(code="scorer", message=kind.advice)


def personal_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Columns whose names say that they are about persons."""
    return tuple(name for name in names if _PERSONAL_NAMES.search(name))


def _conflicts(rows: Sequence[Labelled]) -> Iterator[Doubt]:
    by_input: dict[str, list[Labelled]] = defaultdict(list)
    for row in rows:
        by_input[" ".join(row.text.split()).casefold()].append(row)
    odd = [same for same in by_input.values() if len({text_of(row.target) for row in same}) > 1]
    if odd:
        lines = [row.line for same in odd for row in same]
        n_odd = told(len(odd), "input is", "inputs are")
        yield doubt("conflict", lines, f"{n_odd} there with different targets: no model can be right on all of them")


def _leaks(rows: Sequence[Labelled], kind: Kind) -> Iterator[Doubt]:
    """Where most inputs hold the name of their own class, and few that of another."""
    rows = rows[:_MAX_LEAK_ROWS]
    texts = [folded(row.text) for row in rows]
    own = [_holds(text, folded(text_of(row.target))) for text, row in zip(texts, rows, strict=True)]
    if len(rows) < _MIN_FOR_SHARES or sum(own) < _LEAKED * len(rows):
        return
    labels = [folded(label) for label in kind.labels]
    others = sum(
        any(_holds(text, label) for label in labels if label != folded(text_of(row.target)))
        for text, row in zip(texts, rows, strict=True)
    )
    if others < sum(own) / 2:
        lines = [row.line for row, is_own in zip(rows, own, strict=True) if is_own]
        message = (
            f"{sum(own)} of {len(rows)} inputs hold the very name of their target: if it is not there in real use, "
            "take it out, for every model then looks good"
        )
        yield doubt("leak", lines, message)


def _holds(text: str, label: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text) is not None


def _classes(rows: Sequence[Labelled]) -> Iterator[Doubt]:
    counts = Counter(text_of(row.target) for row in rows)
    (top, n_top), share = counts.most_common(1)[0], counts.most_common(1)[0][1] / len(rows)
    if share >= max(_IMBALANCE, 1.5 / len(counts)):
        message = (
            f"{share:.0%} of the items are {_short(top)}: always saying that scores {share:.2f}; the mean over classes "
            "(`metric: class_weighted_mean`) counts each class alike"
        )
        yield Doubt(code="imbalance", n_rows=n_top, message=message)
    rare = [label for label, count in counts.items() if count < RARE_ITEMS]
    if rare and len(rows) >= FEW_ITEMS:
        shown = ", ".join(_short(label) for label in rare[:_N_SHOWN]) + (", ..." if len(rare) > _N_SHOWN else "")
        n_rare = told(len(rare), "class has", "classes have")
        message = f"{n_rare} fewer than {RARE_ITEMS} items ({shown}): little can be said about that"
        yield Doubt(code="rare_class", n_rows=sum(counts[label] for label in rare), message=message)


def _personal(rows: Sequence[Labelled]) -> Iterator[Doubt]:
    """Kinds of personal data by their form; none of it is shown."""
    found: dict[str, list[int]] = {}
    for kind, pattern in _PERSONAL.items():
        is_right = _CHECKS.get(kind, bool)
        lines = [row.line for row in rows if any(is_right(hit.group()) for hit in pattern.finditer(row.text))]
        if lines:
            found[kind] = lines
    if found:
        lines = sorted({line for each in found.values() for line in each})
        kinds = ", ".join(f"{kind} in {len(each)}" for kind, each in found.items())
        message = (
            f"inputs look as if they held personal data ({kinds}): they go to every provider that is asked; mask them, "
            "or limit who is asked (`requirements:` providers, needs: [zdr])"
        )
        yield doubt("personal_data", lines, message)


def _is_card(text: str) -> bool:
    """Luhn's check digit."""
    digits = [int(char) for char in text if char.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) if at % 2 else digit for at, digit in enumerate(reversed(digits))]
    return len(set(digits)) > 1 and sum(doubled) % 10 == 0


def _is_account(text: str) -> bool:
    """ISO 7064 mod 97-10, as IBANs have it."""
    bare = text.replace(" ", "")
    turned = "".join(str(int(char, 36)) for char in bare[4:] + bare[:4])
    return int(turned) % 97 == 1


_CHECKS: Mapping[str, Callable[[str], bool]] = {"card numbers": _is_card, "bank accounts": _is_account}


def _long(rows: Sequence[Labelled]) -> Iterator[Doubt]:
    long = [row for row in rows if len(row.text) > LONG_TOKENS * CHARS_PER_TOKEN]
    if long:
        most = max(len(row.text) for row in long) // CHARS_PER_TOKEN
        n_long = told(len(long), "input is", "inputs are")
        message = (
            f"{n_long} longer than about {LONG_TOKENS:,} tokens, the longest about {most:,}: they cost most of the "
            "money, and models with too little context answer none of them"
        )
        yield doubt("long_input", [row.line for row in long], message)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
