"""The limits of a search, and what is gone of them."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Hard limits: USD always, calls where given.

    There is none of time: a search that is killed and resumed would end elsewhere, and `max_rounds` of a phase bounds
    how long it can take.
    """

    spend_usd: Decimal
    calls: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """What is gone: settled in full, reserved for calls in flight, unknown for calls in flight at a kill."""

    settled_usd: Decimal = Decimal(0)
    reserved_usd: Decimal = Decimal(0)
    unknown_usd: Decimal = Decimal(0)
    n_calls: int = 0

    @property
    def committed_usd(self) -> Decimal:
        """The most that can have been spent."""
        return self.settled_usd + self.reserved_usd + self.unknown_usd
