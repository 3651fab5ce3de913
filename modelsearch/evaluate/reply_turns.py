"""Whose turn it is to buy a reply, where several workers share the store: nobody pays for what another is buying.

With a store of one machine nothing is waited for, and nothing is held.
"""

from types import TracebackType

from modelsearch.core.ports import ReplyStore, SharedReplies
from modelsearch.core.wire import RawReply


class ReplyTurns:
    """Turns at the replies of a store."""

    def __init__(self, replies: ReplyStore) -> None:
        self.replies = replies
        self.shared = replies if isinstance(replies, SharedReplies) else None

    def at(self, key: str) -> "_Turn":
        """An async context: the stored reply, or None and our turn to buy it, which ends with the block."""
        return _Turn(self, key)


class _Turn:
    __slots__ = ("_is_ours", "_key", "_turns")

    def __init__(self, turns: ReplyTurns, key: str) -> None:
        self._turns, self._key, self._is_ours = turns, key, False

    async def __aenter__(self) -> RawReply | None:
        shared = self._turns.shared
        if shared is None:
            return self._turns.replies.get(self._key)
        raw = await shared.wanted(self._key)
        self._is_ours = raw is None
        return raw

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_ours and self._turns.shared is not None:
            self._turns.shared.dropped(self._key)
