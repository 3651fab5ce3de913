"""What the three wire formats have in common: a request read, an answer or an error written."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from enum import StrEnum
from typing import ClassVar, Protocol

import msgspec

from modelsearch.emulator.replies import Asked, EmulatedReply

Headers = Mapping[bytes, bytes]
ENCODER = msgspec.json.Encoder(decimal_format="number")


class Trouble(StrEnum):
    """Why there is no answer; each format has its own status and words for it."""

    BAD_REQUEST = "bad_request"
    UNSUPPORTED = "unsupported"
    AUTH = "auth"
    NOT_FOUND = "not_found"
    RATE = "rate"
    QUOTA = "quota"
    SERVER = "server"
    OVERLOADED = "overloaded"


class WireError(Exception):
    """A request that gets an error instead of an answer."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class WireAnswer:
    """An HTTP response. `headers` come on top of content-type and content-length."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error to put into words.

    Attributes:
        is_date: tell `retry_after_s` as an HTTP date.
        status: instead of the format's own status for this trouble.
    """

    trouble: Trouble
    message: str
    retry_after_s: float | None = None
    is_date: bool = False
    status: int | None = None

    def retry_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Retry-After in seconds or as an HTTP date; none where nothing is to be told."""
        if self.retry_after_s is None:
            return ()
        if self.is_date:
            return ((b"retry-after", formatdate(time.time() + self.retry_after_s, usegmt=True).encode()),)
        return ((b"retry-after", f"{self.retry_after_s:g}".encode()),)


class WireFormat(Protocol):
    """One public format, seen from the server. `is_failure_billed`: an error inside a 200 tells its usage."""

    is_failure_billed: ClassVar[bool]

    def is_path(self, rest: str) -> bool:
        """Whether the path after the provider is this format's own."""
        ...

    def key_of(self, headers: Headers, query: bytes) -> str | None:
        """The key that the request carries."""
        ...

    def asked(self, provider_id: str, rest: str, headers: Headers, body: bytes) -> Asked:
        """The request.

        Raises:
            WireError: the body is not of this format.
        """
        ...

    def answer(self, reply: EmulatedReply, number: int) -> bytes:
        """The body of a 200; `number` makes its id."""
        ...

    def error_in_200(self, reply: EmulatedReply, number: int) -> bytes:
        """The body of a 200 that holds an error."""
        ...

    def error(self, failure: Failure) -> WireAnswer:
        """The response to a request that gets no answer."""
        ...


def encoded(value: object) -> bytes:
    """JSON; money as numbers."""
    return ENCODER.encode(value)
