"""A made-up judge and a made-up embedding model, so that tasks which need them can be emulated too.

The judge reads what it is shown as any model would: the marked parts of its prompt. It holds an answer right that has
the reference in it, and errs at a known rate, by a draw of its own for every request and repetition; asked for the
better of two it may prefer a place. So what agreement, swapped positions and repeated judgements find can be held
against the truth.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from modelsearch.emulator.replies import Asked, Behaviour, EmulatedReply
from modelsearch.emulator.world_random import uniform

N_DIMENSIONS = 64
CHARS_PER_TOKEN = 4
_PART = re.compile(r"<([a-z-]+)-([0-9a-f]{8})>\n(.*?)\n</\1-\2>", re.DOTALL)
_RANGE = re.compile(r"Grade the answer from (-?[\d.]+) \(worst\) to (-?[\d.]+) \(best\)")
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class JudgeHabits:
    """How a made-up judge errs.

    Attributes:
        p_error: chance that a judgement is the opposite of the truth, drawn anew for each.
        p_unreadable: chance that it says no grade at all.
        p_first: chance that it names the first of two whatever they say.
    """

    p_error: float = 0.08
    p_unreadable: float = 0.0
    p_first: float = 0.1


@dataclass(kw_only=True)
class JudgedBehaviour:
    """A behaviour with a judge and an embedding model beside it. The n-th asking of a prompt has the n-th draw.

    Attributes:
        judge, embedding: (provider, wire name) of each, or None.
        seed: of the judge's errors.
    """

    inner: Behaviour
    judge: tuple[str, str] | None = None
    embedding: tuple[str, str] | None = None
    habits: JudgeHabits = field(default_factory=JudgeHabits)
    seed: int = 0
    targets: Mapping[str, str] = field(default_factory=dict)
    _n_asked: Counter[str] = field(default_factory=Counter, repr=False)

    def reply(self, asked: Asked) -> EmulatedReply | None:
        """The judge's or the embedding model's reply, or the inner behaviour's."""
        who = (asked.provider_id, asked.wire_name)
        if who == self.embedding:
            return _reply(asked, json.dumps(vector_of(asked.prompt_text)))
        return _reply(asked, self._judged(asked.prompt_text)) if who == self.judge else self.inner.reply(asked)

    def _judged(self, prompt: str) -> str:
        number = self._n_asked[prompt]
        self._n_asked[prompt] += 1
        subject = f"{prompt}/{number}"
        parts = {name: text for name, _, text in _PART.findall(prompt)}
        if self._draw("unreadable", subject) < self.habits.p_unreadable:
            return "Both have their merits; it is hard to say."
        reference = parts.get("reference") or self.targets.get(parts.get("task", ""), "")
        if "answer" in parts:
            return self._graded(prompt, is_right(parts["answer"], reference), subject)
        return self._preferred([is_right(parts.get(name, ""), reference) for name in ("answer-a", "answer-b")], subject)

    def _graded(self, prompt: str, is_good: bool, subject: str) -> str:
        low, high = next(iter(_RANGE.findall(prompt)), ("1", "5"))
        is_wrong = self._draw("error", subject) < self.habits.p_error
        return f"I compared it with the task.\nGrade: {high if is_good != is_wrong else low}"

    def _preferred(self, right: list[bool], subject: str) -> str:
        if self._draw("first", subject) < self.habits.p_first:
            return "The first one reads well.\nVerdict: A"
        if self._draw("error", subject) < self.habits.p_error:
            right.reverse()
        if right[0] == right[1]:
            return "They say the same.\nVerdict: tie"
        better = "A" if right[0] else "B"
        return f"I compared the two.\nVerdict: {better}"

    def _draw(self, what: str, subject: str) -> float:
        return uniform(f"judge/{self.seed}/{what}", subject)


def is_right(answer: str, reference: str) -> bool:
    """Whether the words of the reference stand in the answer, in order and together."""
    wanted = _words(reference)
    return bool(wanted) and f" {wanted} " in f" {_words(answer)} "


def vector_of(text: str) -> list[float]:
    """A bag of words, each hashed to a place and a sign; the same words give the same vector, of length 1."""
    found = [0.0] * N_DIMENSIONS
    for word in _WORDS.findall(text.casefold()):
        draw = uniform("embedding", word) * N_DIMENSIONS
        found[int(draw)] += 1.0 if draw % 1.0 < 0.5 else -1.0
    size = math.sqrt(sum(x * x for x in found)) or 1.0
    return [round(x / size, 6) for x in found]


def _words(text: str) -> str:
    return " ".join(_WORDS.findall(text.casefold()))


def _reply(asked: Asked, text: str) -> EmulatedReply:
    n_input, n_output = len(asked.prompt_text) // CHARS_PER_TOKEN + 1, len(text) // CHARS_PER_TOKEN + 1
    return EmulatedReply(
        text=text, input_tokens=n_input, output_tokens=n_output, latency_s=0.4, model=asked.wire_name,
        fingerprint="fp_judge",
    )  # fmt: skip
