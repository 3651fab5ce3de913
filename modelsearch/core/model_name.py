"""What a model's name says: which names mean the same model, which are versions of one, which are of one family.

Sources spell a model in many ways: "meta-llama/Meta-Llama-3.1-8B-Instruct", "llama3.1_8b", "llama-3-1-8b" and, with the
size told beside the name, "llama3.1". Three partitions, each coarser than the one before: `key` (the same model: only
spelling, host and storage of eight bits or more are set aside; versions, dates, effort, tuning and coarser quantisation
are kept), `line` (versions of a model of one size: dates, tuning, quantisation and marks of release set aside too) and
`family` (the first word). What is of one line is related, never the same.
"""

import re
from dataclasses import dataclass

_SIZE = re.compile(r"(?:\d+x)?\d+(?:\.\d+)?[bm]|[ae]\d+(?:\.\d+)?b")
_QUANTISED = re.compile(r"i?q([1-8])(?:_(?:k(?:_?[sml])?|[01]))?|(?:fp|bf|int)(4|8|16)|(awq|gptq|gguf)")
_QUANTISED_PART = re.compile(rf"(?<=[-_.:])(?:{_QUANTISED.pattern})(?![a-z0-9])")
_TUNED = {"instruct": "chat", "inst": "chat", "it": "chat", "chat": "chat"}
_VENDORS = frozenset({"meta", "c4ai", "ggml", "open", "mistralai", "nvidia", "microsoft", "community"})
_RELEASE = frozenset({"chat", "hf", "latest", "basic", "preview", "exp", "beta", "sys", "terminus"})
_REVISION = re.compile(r"v0\.?\d+|v1|00\d")
_DATE = re.compile(r"\d{4}|\d{8}")
_DAYS = (
    (3, re.compile(r"(?:20)?(\d\d)-(\d\d)-(\d\d)(?!\d)"), r"20\1\2\3"),
    (2, re.compile(r"(\d\d)-20(\d\d)(?!\d)"), r"\2\1"),
    (2, re.compile(r"(\d\d)-(\d\d)(?![\d.bmx])"), r"\1\2"),
)
"""Words, pattern and what they are made into: a day, a month as year and month, a day without its year."""
_TORN_SIZE = re.compile(r"(\d)-(\d+)b(?![a-z0-9])")
_TORN_VERSION = re.compile(r"(v?[1-9])-(\d)(?![\d.bmx])")
_SAME_SIZE_B = 0.05
_MIN_KEPT_BITS = 8
_N_DIGITS_OF_DAY = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelName:
    """A name, taken apart. Equal `key` = the same model; equal `line` = versions of one; equal `family` = relatives."""

    key: str
    line: str
    family: str


def model_name(name: str, params_b: float | None = None) -> ModelName:
    """Take a name apart.

    Args:
        name: an endpoint's or model's, as any source spells it.
        params_b: billions of parameters where known; they stand in for a size that the name does not tell, and tell
            "qwen3-1-7b" (1.7 billion) from a version 3.1.
    """
    spelled = name.lower().rsplit("/", 1)[-1].split("@", 1)[0].strip()
    tokens, bits = _unquantised(spelled)
    parts = _joined(_words(tokens), params_b)
    if params_b and not any(_SIZE.fullmatch(part) for part in parts):
        parts.append(f"{round(params_b, 1):g}b")
    family, rest = _family_of(parts)
    exact = sorted([_day(part) for part in rest] + bits)
    line = sorted(part for part in rest if not _is_version_mark(part))
    return ModelName(key="-".join((family, *exact)), line="-".join((family, *line)), family=family)


def _unquantised(spelled: str) -> tuple[str, list[str]]:
    """The name without its storage format, and that format where it is coarse enough to matter."""
    found = _QUANTISED_PART.search(spelled)
    if found is None:
        return spelled, []
    bits = found.group(1) or found.group(2)
    coarse = [f"q{bits}"] if bits and int(bits) < _MIN_KEPT_BITS else []
    return f"{spelled[: found.start()]}-{spelled[found.end() :]}", coarse


def _words(spelled: str) -> list[str]:
    """Split at signs, and where a word of three letters or more goes over into a number."""
    text = re.sub(r"(?<=\d)p(?=\d)", ".", spelled)
    text = re.sub(r"(?<![\d.])(\d)_(\d)(?![\d.bm])", r"\1.\2", text)
    text = re.sub(r"([a-z]{3,}|yi)(?=\d)", r"\1-", text)
    words = [word.strip(".") for word in re.split(r"[-_:\s]+", text)]
    return [_TUNED.get(word, word) for word in words if word]


def _joined(words: list[str], params_b: float | None) -> list[str]:
    """Numbers that signs tore apart: "3-5" is 3.5, "2024-05-13" a day, "08-2024" a month."""
    parts: list[str] = []
    at = 0
    while at < len(words):
        n_taken, part = _number_at(words[at : at + 3], params_b)
        parts.append(part)
        at += n_taken
    return parts


def _number_at(words: list[str], params_b: float | None) -> tuple[int, str]:
    """How many of the next words are one number, and that number."""
    told = "-".join(words)
    for n_words, pattern, made in _DAYS:
        if found := pattern.match(told):
            return n_words, found.expand(made)
    if size := _torn_size(told, params_b):
        return 2, size
    is_whole = bool(_torn_size("-".join(words[1:]), params_b))
    if not is_whole and (found := _TORN_VERSION.match(told)):
        return 2, f"{found[1]}.{found[2]}"
    return 1, words[0]


def _torn_size(told: str, params_b: float | None) -> str:
    """Read "1-7b" as 1.7b where it is a size: there is no version 0, else the size beside the name tells."""
    found = _TORN_SIZE.match(told)
    if found is None:
        return ""
    size_b = float(f"{found[1]}.{found[2]}")
    is_size = found[1] == "0" or (params_b is not None and abs(size_b - params_b) < _SAME_SIZE_B)
    return f"{found[1]}.{found[2]}b" if is_size else ""


def _family_of(parts: list[str]) -> tuple[str, list[str]]:
    while len(parts) > 1 and parts[0] in _VENDORS:
        parts = parts[1:]
    if not parts:
        return "", []
    return ("o", parts) if re.fullmatch(r"o\d", parts[0]) else (parts[0], parts[1:])


def _day(part: str) -> str:
    """A day without its year, as other sources tell it."""
    return part[4:] if _DATE.fullmatch(part) and len(part) == _N_DIGITS_OF_DAY else part


def _is_version_mark(part: str) -> bool:
    return part in _RELEASE or _DATE.fullmatch(part) is not None or _REVISION.fullmatch(part) is not None
