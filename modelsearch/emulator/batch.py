"""Batches served by the emulator: each request of one is decided and billed like a call, at the price of batches.

A batch is done at once and told so later: a client that is killed in between has been charged for all of it. The three
formats (`batch_wires`) differ in words and files alone.
"""

import hashlib
import itertools
import json
import random
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from modelsearch.catalog.price import prices_at
from modelsearch.core.errors import PriceUnknownError
from modelsearch.core.money import ZERO_USD, call_cost_usd
from modelsearch.emulator.bill import Bill, LogLine
from modelsearch.emulator.exchange import Decider, Exchange
from modelsearch.emulator.replies import Asked, EmulatedReply
from modelsearch.emulator.shelf import Shelf
from modelsearch.emulator.wire import Failure, Trouble, WireError, WireFormat

_UNIT = 2.0**-64
_HEADERS = {b"anthropic-version": b"2023-06-01"}
NOTE = "batch"
LineState = Literal["done", "error", "expired"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchHabits:
    """How batches behave.

    Attributes:
        delay_s: from the submission to the end of a batch.
        answer_s: before the reply to a submission that is booked already: time to be killed in.
        p_error, p_expired: share of items that end so, drawn by endpoint, prompt and attempt; such items are free.
        is_first_only: items fail at their first attempt only.
    """

    seed: int = 0
    delay_s: float = 0.0
    answer_s: float = 0.0
    p_error: float = 0.0
    p_expired: float = 0.0
    is_first_only: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One request of a batch."""

    custom_id: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of one: the body that a call would have had, and its status."""

    custom_id: str
    state: LineState
    status: int = 200
    body: bytes = b""


@dataclass(slots=True, kw_only=True)
class EmulatedBatch:
    """A batch, with all its results from the start."""

    id: str
    provider_id: str
    lines: tuple[Done, ...]
    created_s: float
    ends_s: float
    file_id: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ended(self) -> bool:
        """Whether its results may be told."""
        return time.time() >= self.ends_s

    def count(self, state: LineState) -> int:
        """Lines that ended so."""
        return sum(line.state == state for line in self.lines)


class BatchWork:
    """Does the requests of batches and books them; knows every file and batch by its id."""

    def __init__(self, decider: Decider, shelf: Shelf, bill: Bill, habits: BatchHabits) -> None:
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, EmulatedBatch] = {}
        self.habits = habits
        self._decider = decider
        self._shelf = shelf
        self._bill = bill
        self._numbers = itertools.count(1)

    def reset(self) -> None:
        """Forget files and batches."""
        self.files.clear()
        self.batches.clear()

    def file(self, content: bytes) -> str:
        """Keep a file; its id."""
        file_id = f"file-emulated-{next(self._numbers)}"
        self.files[file_id] = content
        return file_id

    def submit(
        self, wire: WireFormat, provider_id: str, lines: Iterable[Line], *, file_id: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> EmulatedBatch:  # fmt: skip
        """Do a batch.

        Raises:
            WireError: a custom id occurs twice, or there is no line.
        """
        given = list(lines)
        if not given or len({line.custom_id for line in given}) < len(given):
            raise WireError(Trouble.BAD_REQUEST, "requests: expected at least one, each with a custom_id of its own")
        number, now_s = next(self._numbers), time.time()
        done = [self._done(wire, provider_id, line) for line in given]
        random.Random(f"{self.habits.seed}/{number}").shuffle(done)
        batch = EmulatedBatch(
            id=f"batch-emulated-{number}", provider_id=provider_id, lines=tuple(done), created_s=now_s,
            ends_s=now_s + self.habits.delay_s, file_id=file_id, metadata=dict(metadata or {}),
        )  # fmt: skip
        self.batches[batch.id] = batch
        return batch

    def of(self, provider_id: str) -> list[EmulatedBatch]:
        """A provider's batches, newest first."""
        return [batch for batch in reversed(self.batches.values()) if batch.provider_id == provider_id]

    def batch(self, provider_id: str, batch_id: str) -> EmulatedBatch:
        """A provider's batch.

        Raises:
            WireError: there is none of this id.
        """
        found = self.batches.get(batch_id)
        if found is None or found.provider_id != provider_id:
            raise WireError(Trouble.NOT_FOUND, f"No batch with the id {batch_id!r}")
        return found

    def _done(self, wire: WireFormat, provider_id: str, line: Line) -> Done:
        """Decide and book one request."""
        exchange = Exchange(
            wire=wire, number=next(self._numbers), asked=Asked(provider_id=provider_id, wire_name="", prompt_text="")
        )
        try:
            exchange.asked = wire.asked(provider_id, "", _HEADERS, line.body)
            self._decider.decide(exchange, 1)
            reply = self._priced(exchange)
            is_expired = self._is_expired(exchange)
        except WireError as error:
            answer = wire.error(Failure(trouble=error.trouble, message=error.message))
            self._book(exchange, answer.status)
            return Done(custom_id=line.custom_id, state="error", status=answer.status, body=answer.body)
        if is_expired:
            self._book(exchange, 0)
            return Done(custom_id=line.custom_id, state="expired")
        self._book(exchange, 200)
        return Done(custom_id=line.custom_id, state="done", body=wire.answer(reply, exchange.number))

    def _priced(self, exchange: Exchange) -> EmulatedReply:
        """The reply at the price of batches, which the exchange is booked at.

        Raises:
            WireError: the model has no such price.
        """
        reply, asked = exchange.reply, exchange.asked
        if reply is None:
            raise WireError(Trouble.BAD_REQUEST, "the emulator knows no item with this prompt")
        usage = replace(reply.usage, reported_usd=None)
        on_sale = self._shelf.find(asked.provider_id, asked.wire_name, None)
        if on_sale is None:
            raise WireError(Trouble.NOT_FOUND, f"The model {asked.wire_name!r} does not exist")
        try:
            prices = prices_at(
                on_sale.endpoint, at=datetime.now(tz=UTC), prompt_tokens=usage.prompt_tokens, processing="batch"
            )
        except PriceUnknownError as error:
            raise WireError(Trouble.BAD_REQUEST, f"{asked.wire_name} does not support batches") from error
        exchange.cost_usd = call_cost_usd(usage, prices)
        return reply if reply.cost_usd is None else replace(reply, cost_usd=exchange.cost_usd)

    def _is_expired(self, exchange: Exchange) -> bool:
        """Whether an item expires; one that ends badly is free.

        Raises:
            WireError: it ends with an error.
        """
        habits = self.habits
        if habits.is_first_only and exchange.attempt > 0:
            return False
        subject = f"{habits.seed}|{exchange.asked.wire_name}|{exchange.prompt}|{exchange.attempt}"
        u = int.from_bytes(hashlib.blake2b(subject.encode(), digest_size=8).digest(), "big") * _UNIT
        if u < habits.p_error:
            raise WireError(Trouble.SERVER, "The server had an error while processing your request")
        return u < habits.p_error + habits.p_expired

    def _book(self, exchange: Exchange, status: int) -> None:
        asked, reply = exchange.asked, exchange.reply
        is_paid = status == 200
        self._bill.add(
            LogLine(
                at_s=time.time(), provider=asked.provider_id, model=asked.wire_name, host=asked.host or "",
                item=reply.item if reply else "", prompt=exchange.prompt, attempt=exchange.attempt, status=status,
                cost_usd=exchange.cost_usd if is_paid else ZERO_USD,
                fault=NOTE if is_paid else f"{NOTE} {'expired' if status == 0 else 'error'}",
            )
        )  # fmt: skip


def json_lines(content: bytes) -> list[dict[str, object]]:
    """The objects of a file of lines.

    Raises:
        WireError: a line is no object.
    """
    try:
        found = [json.loads(line) for line in content.splitlines() if line.strip()]
    except ValueError as error:
        raise WireError(Trouble.BAD_REQUEST, f"input file: {error}") from error
    if not all(isinstance(row, dict) for row in found):
        raise WireError(Trouble.BAD_REQUEST, "input file: expected one JSON object a line")
    return found
