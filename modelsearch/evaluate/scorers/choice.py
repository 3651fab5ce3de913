"""Scorer `choice`: one option out of a fixed list, named by letter or by label, found in natural text."""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar

from modelsearch.core.errors import PlanError
from modelsearch.core.registry import register
from modelsearch.core.task import Item

_SHORT_CHARS = 64
MAX_REPLY_CHARS = 20_000
_MARKER = re.compile(
    r"\b(?:answer|label|category|class|classification|choice|option|verdict)\b[\s*_`\"']*(?:is|are|:|=|-+>|\u2192)",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"(?:\bnot|n't|\bnever|\brather than|\binstead of)[\s*_`\"'(]*(?:(?:an?|the|about)\s+)?[\s*_`\"'(]*$", re.IGNORECASE
)
_OTHERS = re.compile(r"[\s*_`\"')]*(?:\bor\b|\band\b|[/,&|])", re.IGNORECASE)
_STOP = re.compile(r"[*_`\"')]*(?:[.;\u2013\u2014]|\s+-+\s|\s*\(|,?\s+(?:because|since|as)\b)", re.IGNORECASE)
# a letter standing as an option: (b)  B)  B.  B:  **B**  a bare capital, any at the end; "A" and "I" are also words
_LETTER = re.compile(
    r"\(\s*([A-Za-z])\s*\)|(?<![A-Za-z0-9'])([A-Za-z])(?=\s*[).:\]](?:\s|$|\*))|[*_`\"']+([A-Za-z])[*_`\"']+"
    r"|(?<![A-Za-z0-9'])([B-HJ-Z])(?![A-Za-z0-9'.])|(?<![A-Za-z0-9'])(A)(?=\s+(?:or|and)\b)"
    r"|(?<![A-Za-z0-9'])([A-Za-z])(?=[\s.]*$)"
)
_HEAD_LETTER = re.compile(r"[\W_]*([A-Z])(?![\w'])")


@register("scorer", "choice", source="Hendrycks et al. 2021, MMLU, section 3, https://arxiv.org/abs/2009.03300")
@dataclass(frozen=True, kw_only=True)
class Choice:
    """1 where the option that the reply settles on is the target, else 0.

    Looked at in turn: what follows the last "answer is", "label:" or the like; the whole reply; a last or first line
    that is an option and nothing else; a label that opens the reply as a statement; the last line; the first line.
    The first of them that names exactly one option gives the answer; options that a "not" stands before do not count.
    A reply that names several, or none, holds no answer.

    Attributes:
        labels: the options; the task's own labels unless given.
        options_field: a field of the item's input with a list of options, shown to the model as A, B, C, ...; where
            an item has it, a reply and the target may give the letter or the text of an option; the answer is the text.
        is_lettered: the labels are shown to the model as A, B, C, ... in this order, so letters name them too.
    """

    labels: tuple[str, ...] = ()
    options_field: str = "options"
    is_lettered: bool = False
    has_canonical_form: ClassVar[bool] = True
    reads_cut_replies: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not isinstance(self.labels, tuple) or not all(isinstance(label, str) for label in self.labels):
            raise PlanError(f"labels: expected a list of texts, got {self.labels!r}")
        folded = [_folded(label) for label in self.labels]
        if "" in folded or len(set(folded)) < len(folded):
            raise PlanError(f"labels: expected distinct, non-empty labels (case does not count), got {self.labels}")

    def canonical(self, reply: str, item: Item) -> str | None:
        options = self._item_options(item)
        finder = self._own_finder if options is None else _finder(options, is_lettered=True)
        return None if finder is None else finder.answer(reply[-MAX_REPLY_CHARS:])

    def score(self, answer: str, item: Item) -> float:
        return float(answer == self._target(item))

    def target_problem(self, item: Item) -> str:
        """Why the target can never be met; "" where it can."""
        if self._target(item) is not None:
            return ""
        options = self._item_options(item) or self.labels
        return f"expected the target to be one of {', '.join(options) or '(no labels given)'}, got {item.target!r}"

    def _target(self, item: Item) -> str | None:
        options = self._item_options(item)
        finder = self._own_finder if options is None else _finder(options, is_lettered=True)
        return None if finder is None else finder.exact(str(item.target))

    def _item_options(self, item: Item) -> tuple[str, ...] | None:
        found = item.input.get(self.options_field) if isinstance(item.input, Mapping) else None
        return tuple(str(option) for option in found) if isinstance(found, list | tuple) and found else None

    @cached_property
    def _own_finder(self) -> "_Finder | None":
        return _finder(self.labels, is_lettered=self.is_lettered) if self.labels else None


@dataclass(frozen=True)
class _Finder:
    """Finds options in text. `by_letter` and `by_label` give the canonical answer of a letter, of a folded label."""

    by_letter: Mapping[str, str]
    by_label: Mapping[str, str]
    pattern: re.Pattern[str] | None

    def answer(self, reply: str) -> str | None:
        """The one option that the reply settles on."""
        whole = self.exact(reply)
        if whole is not None:
            return whole
        tail = _after_last_marker(reply)
        if tail:
            committed = self._head(tail) or self._only(tail)
            if committed is not None or self._named(tail):
                return committed  # None: it commits itself to several
        return self._only(reply) or self._of_lines([line for line in reply.splitlines() if line.strip()])

    def _of_lines(self, lines: list[str]) -> str | None:
        """The option of a reply that names several: a line that is an option, the opening, a line that names one."""
        if not lines:
            return None
        last, first = lines[-1], lines[0]
        return self.exact(last) or self.exact(first) or self._opening(first) or self._only(last) or self._only(first)

    def _only(self, text: str) -> str | None:
        named = self._named(text)
        return named.pop() if len(named) == 1 else None

    def _opening(self, line: str) -> str | None:
        """The label that a line starts with as a statement of its own: "billing. The refund is fine"."""
        text = line.lstrip(string.whitespace + string.punctuation)
        label = None if self.pattern is None else self.pattern.match(text)
        is_alone = label is not None and _STOP.match(text, label.end())
        return self.by_label[_folded(label.group())] if label is not None and is_alone else None

    def exact(self, text: str) -> str | None:
        """The option that the text is, or None."""
        folded = _folded(text)
        return self.by_label.get(folded) or self.by_letter.get(folded.upper())

    def _head(self, tail: str) -> str | None:
        """The option that a committed answer opens with, unless it goes on with "or" and the like."""
        text = tail.lstrip(string.whitespace + string.punctuation)
        label = None if self.pattern is None else self.pattern.match(text)
        if label is not None:
            return None if _OTHERS.match(text, label.end()) else self.by_label[_folded(label.group())]
        letter = _HEAD_LETTER.match(tail)
        if letter is None or _OTHERS.match(tail, letter.end()):
            return None
        return self.by_letter.get(letter.group(1))

    def _named(self, text: str) -> set[str]:
        named = set()
        rest = text
        if self.pattern is not None:
            for match in self.pattern.finditer(text):
                if not _NOT.search(text[max(0, match.start() - 40) : match.start()]):
                    named.add(self.by_label[_folded(match.group())])
            rest = self.pattern.sub(" ", text)
        return named or self._lettered(rest)

    def _lettered(self, text: str) -> set[str]:
        if not self.by_letter:
            return set()
        found = set()
        for match in _LETTER.finditer(text):
            letter = next(group for group in match.groups() if group).upper()
            if letter in self.by_letter and not _NOT.search(text[max(0, match.start() - 40) : match.start()]):
                found.add(self.by_letter[letter])
        return found


@lru_cache(maxsize=4096)
def _finder(options: tuple[str, ...], *, is_lettered: bool) -> _Finder:
    """The finder of these options; answers are letters where the item brings options, else labels."""
    letters = dict(zip(string.ascii_uppercase, options, strict=False))
    single = {label.upper(): label for label in options if len(label) == 1 and label.isalpha()}
    words = [label for label in options if label not in single.values()]
    by_letter = single or (letters if is_lettered else {})
    by_label = {_folded(label): label for label in words}
    # longest first, so that "refund status" is not read as "refund"; separators of a label may differ in the reply
    alternatives = [r"[\s_\-]+".join(map(re.escape, _folded(label).split())) for label in sorted(words, key=len)[::-1]]
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)", re.IGNORECASE) if alternatives else None
    return _Finder(by_letter, by_label, pattern)


def _folded(text: str) -> str:
    """Lower case, white space and separators as single spaces, decoration at the ends gone."""
    return _short_folded(text) if len(text) <= _SHORT_CHARS else _fold(text)


@lru_cache(maxsize=4096)
def _short_folded(text: str) -> str:
    """Labels and bare answers come again and again."""
    return _fold(text)


def _fold(text: str) -> str:
    return " ".join(re.sub(r"[\s_\-]+", " ", text.casefold()).strip(string.punctuation + string.whitespace).split())


def _after_last_marker(reply: str) -> str:
    """The rest of the line after the last "answer is"; the next line where nothing follows; "" without a marker."""
    matches = list(_MARKER.finditer(reply))
    if not matches:
        return ""
    tail = reply[matches[-1].end() :].strip(string.whitespace + "*_`:")
    return re.split(r"\n|(?<=[a-z]{2})\.\s", tail, maxsplit=1)[0]
