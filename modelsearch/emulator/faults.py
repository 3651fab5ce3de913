"""Faults on request, a function of (seed, endpoint, prompt, attempt): asking again draws again."""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from statistics import NormalDist
from typing import Literal

import msgspec

from modelsearch.core.errors import OptionError
from modelsearch.core.ids import Json

_UNIT = 2.0**-64


class FaultKind(StrEnum):
    """What goes wrong with a request. Billed in spite of it: see `BILLED`."""

    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    HANG = "hang"
    MALFORMED = "malformed"
    ERROR_IN_200 = "error_in_200"
    TRUNCATED = "truncated"
    SLOW = "slow"


BILLED = frozenset({FaultKind.RESET_AFTER, FaultKind.HANG, FaultKind.MALFORMED, FaultKind.TRUNCATED, FaultKind.SLOW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Time to the first byte in s: always `median_s`, or lognormal around it with shape `sigma`."""

    kind: Literal["fixed", "lognormal"] = "fixed"
    median_s: float = 0.0
    sigma: float = 0.5

    def at(self, p: float) -> float:
        """Quantile at `p` in (0, 1)."""
        if self.kind == "fixed":
            return self.median_s
        return self.median_s * math.exp(self.sigma * NormalDist().inv_cdf(min(max(p, 1e-9), 1 - 1e-9)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Rates are probabilities per request; at most one fault a request, so they may not sum to more than 1.

    Attributes:
        latency: before every answer, also a good one.
        retry_after_s: sent with a 429; `retry_after_date` sends it as an HTTP date instead of seconds.
        server_status: status of a server error.
        provider_down: providers that answer 503 to everything.
        quota_calls: calls that are served before every further one is told that the money is gone.
        max_in_flight: more requests than this at once get a 429.
        rate_limit: requests of a model that are let in within `rate_period_s`, told in headers; None = any number.
    """

    seed: int = 0
    latency: Latency | None = None
    p_rate_limit: float = 0.0
    p_server_error: float = 0.0
    p_reset_before: float = 0.0
    p_reset_after: float = 0.0
    p_hang: float = 0.0
    p_malformed: float = 0.0
    p_error_in_200: float = 0.0
    p_truncated: float = 0.0
    p_slow: float = 0.0
    retry_after_s: float = 1.0
    retry_after_date: bool = False
    server_status: int = 500
    hang_s: float = 3600.0
    slow_s: float = 1.0
    provider_down: frozenset[str] = field(default_factory=frozenset)
    quota_calls: int | None = None
    max_in_flight: int | None = None
    rate_limit: int | None = None
    rate_period_s: float = 60.0

    def __post_init__(self) -> None:
        """Check the rates.

        Raises:
            OptionError: a rate is outside [0, 1], or they sum to more than 1.
        """
        rates = dict(self._rates())
        wrong = [kind for kind, p in rates.items() if not 0 <= p <= 1]
        if wrong:
            raise OptionError(f"faults: p_{wrong[0]}: expected a rate in [0, 1], got {rates[wrong[0]]}")
        if sum(rates.values()) > 1 + 1e-9:
            raise OptionError(f"faults: rates: expected a sum of at most 1, got {sum(rates.values()):g}")

    def _rates(self) -> Iterator[tuple[FaultKind, float]]:
        for kind in FaultKind:
            yield kind, getattr(self, f"p_{kind.value}")

    @property
    def is_quiet(self) -> bool:
        """Whether no request can ever draw a fault or wait."""
        return self.latency is None and not any(p for _, p in self._rates())

    def pick(self, subject: str, attempt: int) -> tuple[FaultKind | None, float]:
        """The fault of a request, or None, and the seconds to wait before the first byte.

        Args:
            subject: endpoint and prompt.
            attempt: how often this subject was asked before.
        """
        if self.is_quiet:
            return None, 0.0
        digest = hashlib.blake2b(f"{self.seed}|{subject}|{attempt}".encode(), digest_size=16).digest()
        u = int.from_bytes(digest[:8], "big") * _UNIT
        wait_s = self.latency.at(int.from_bytes(digest[8:], "big") * _UNIT) if self.latency else 0.0
        for kind, p in self._rates():
            if u < p:
                return kind, wait_s + (self.slow_s if kind is FaultKind.SLOW else 0.0)
            u -= p
        return None, wait_s


def read_faults(given: Mapping[str, Json]) -> Faults:
    """Faults from JSON, as a process of its own gets them.

    Raises:
        OptionError: an unknown name or a value of the wrong type.
    """
    known = [each.name for each in fields(Faults)]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise OptionError(f"faults: expected names among {', '.join(known)}, got {unknown[0]!r}")
    try:
        return msgspec.convert(dict(given), Faults)
    except msgspec.ValidationError as error:
        raise OptionError(f"faults: {error}") from error
