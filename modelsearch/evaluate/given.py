"""An input that production asks, and what came of it: values of `serving`."""

from dataclasses import dataclass
from decimal import Decimal

from modelsearch.core.candidate import Single
from modelsearch.core.outcome import Outcome, Reply, Usage
from modelsearch.core.task import Item
from modelsearch.core.wire import Message
from modelsearch.evaluate.composite import UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One input.

    Attributes:
        item: without a target; its id is nobody else's.
        messages: to be sent as they are; None = the candidate's own prompt is applied to the item.
    """

    item: Item
    messages: tuple[Message, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One leg's own answer. `is_changed`: another model or host answered than the one that was evaluated."""

    single: Single
    outcome: Outcome
    reply: Reply
    is_changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What came of an input.

    Attributes:
        outcome: of the candidate, or of the baseline where it stood in; `answer` is the scorer's canonical form.
        text: the reply to hand on: that of the leg whose answer it is.
        parts: all that was asked, in the order in which it came back.
        is_fallback: the baseline stood in; `reason` says for what.
        is_short: money was short: a call was not made for it.
    """

    outcome: Outcome
    text: str
    finish_reason: str
    parts: tuple[Part, ...] = ()
    is_fallback: bool = False
    is_short: bool = False
    reason: str = ""

    @property
    def is_answered(self) -> bool:
        """Whether there is anything to hand on."""
        return self.outcome.status not in UNKNOWN

    @property
    def cost_usd(self) -> Decimal:
        """What all calls cost together, those before a fallback included."""
        return sum((part.outcome.spend_usd for part in self.parts), Decimal(0))

    @property
    def usage(self) -> Usage:
        """Tokens of all calls together."""
        names = ("input_tokens", "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
                 "output_tokens", "reasoning_tokens")  # fmt: skip
        return Usage(**{name: sum(getattr(part.reply.usage, name) for part in self.parts) for name in names})
