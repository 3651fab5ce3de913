"""Reading a journal as it grows: what has come since the last time, without a lock, and without what is torn."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from modelsearch.core.errors import JournalError
from modelsearch.core.events import CallReplied, Event
from modelsearch.store.event_codec import event_of, tag_of
from modelsearch.store.frames import HEAD_BYTES, frames_of
from modelsearch.store.journal import MAGIC
from modelsearch.store.layout import RunDir
from modelsearch.store.lock import LOCK_NAME

CHUNK_BYTES = 16 * 2**20
_REPLIED = tag_of(CallReplied)


@dataclass
class JournalTail:
    """A journal that is read on; a damaged one says so, and is read no further.

    Attributes:
        end_bytes: behind the last event that was read; 0 = not begun.
    """

    path: Path
    end_bytes: int = 0
    _chunk_bytes: int = field(default=CHUNK_BYTES, repr=False)

    def events(self) -> Iterator[Event]:
        """Events that are new since the last call, at most a few MB of them; none = there are none yet.

        Replies are left out: their bodies are the bulk of a journal, and no business of whoever only counts.

        Raises:
            JournalError: the file is no journal, or damaged; what is before the damage has come by then.
            OSError: it cannot be read.
        """
        with self.path.open("rb") as file:
            data = memoryview(self._read(file.fileno()))
        base_bytes = self.end_bytes
        is_header = base_bytes == 0
        if is_header and bytes(data[: len(MAGIC)]) != MAGIC[: len(data)]:
            raise JournalError(f"journal {self.path}: does not begin as one; is it another version's?")
        for offset, payload in frames_of(data, len(MAGIC) if is_header else 0, str(self.path)):
            self.end_bytes = base_bytes + offset + HEAD_BYTES + len(payload)
            if not is_header and payload[0] != _REPLIED:
                yield self._event(payload)
            is_header = False

    @property
    def is_at_end(self) -> bool:
        """Whether nothing was written behind what was read; True where the file is gone."""
        return not self.path.exists() or self.path.stat().st_size <= self.end_bytes

    def _read(self, fd: int) -> bytes:
        """A few MB from where we are, and more where one record is longer than that."""
        begin = 0 if self.end_bytes else len(MAGIC)
        data = os.pread(fd, max(self._chunk_bytes, begin + HEAD_BYTES), self.end_bytes)
        head = data[begin : begin + 4]
        n_wanted = begin + HEAD_BYTES + int.from_bytes(head, "little") if len(head) == 4 else 0
        return data if n_wanted <= len(data) else os.pread(fd, n_wanted, self.end_bytes)

    def _event(self, payload: memoryview) -> Event:
        try:
            return event_of(payload)
        except ValueError as error:
            raise JournalError(f"journal {self.path}: a record is no event: {error}") from error


def is_worked_on(run: RunDir) -> bool:
    """Whether the process that opened a run lives, and the run is not whole: by its number alone, for a look at the
    lock itself would stand in the way of whoever opens it at that moment.
    """
    if run.manifest.exists():
        return False
    try:
        os.kill(int((run.path / LOCK_NAME).read_text()), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def read_endpoints(run: RunDir) -> dict[str, tuple[str, str]]:
    """Provider and wire name of each endpoint that a run was begun with; empty where its copy cannot be read."""
    try:
        found = msgspec.json.decode(run.setting.read_bytes(), type=_File)
    except (OSError, msgspec.MsgspecError):
        return {}
    return {name: (each.provider_id, each.wire_name) for name, each in found.setting.market.endpoints.items()}


class _Endpoint(msgspec.Struct):
    provider_id: str
    wire_name: str


class _Market(msgspec.Struct):
    endpoints: dict[str, _Endpoint]


class _Setting(msgspec.Struct):
    market: _Market


class _File(msgspec.Struct):
    setting: _Setting
