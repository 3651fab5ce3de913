"""Claims of several processes on one machine; a `core.ports.Claims`."""

from secrets import token_hex

from modelsearch.core.claims import Claim
from modelsearch.core.errors import ClaimLostError
from modelsearch.store.local_workers import LocalWorkers

_WRITE = "UPDATE claims SET {column} = ? WHERE night = ? AND key = ? AND token = ? AND (result IS NULL OR result = ?)"
_NOTE, _DONE = _WRITE.format(column="note"), _WRITE.format(column="result")


class LocalClaims:
    """Whose a piece of work is: its owner's as long as the owner's process runs."""

    def __init__(self, workers: LocalWorkers) -> None:
        self._workers = workers

    def take(self, night: str, key: str) -> Claim | None:
        """Claim a piece of work; None where another owner is alive, or it is done."""
        token = token_hex(8)
        with self._workers.changing() as db:
            asked = "SELECT owner, token, note, result FROM claims WHERE night = ? AND key = ?"
            owner, _, note, result = db.execute(asked, (night, key)).fetchone() or ("", "", "", None)
            if result is not None or (owner and self._workers.is_alive(owner)):
                return None
            db.execute(
                "INSERT INTO claims (night, key, owner, token, note) VALUES (?, ?, ?, ?, '') "
                "ON CONFLICT (night, key) DO UPDATE SET owner = excluded.owner, token = excluded.token",
                (night, key, self._workers.id, token),
            )
        return Claim(night=night, key=key, token=token, note=note, is_takeover=bool(owner))

    def note(self, claim: Claim, text: str) -> None:
        """Leave word for whoever takes over.

        Raises:
            ClaimLostError: it is not ours any more.
        """
        self._write(_NOTE, claim, text)

    def done(self, claim: Claim, result: str) -> None:
        """Mark it done, with its result.

        Raises:
            ClaimLostError: it is not ours any more.
        """
        self._write(_DONE, claim, result)

    def give_back(self, claim: Claim) -> None:
        """Let others have it."""
        with self._workers.changing() as db:
            db.execute(
                "UPDATE claims SET owner = '', token = '' WHERE night = ? AND key = ? AND token = ? AND result IS NULL",
                (claim.night, claim.key, claim.token),
            )

    def result(self, night: str, key: str) -> str | None:
        """The result of what is done."""
        with self._workers.changing() as db:
            row = db.execute("SELECT result FROM claims WHERE night = ? AND key = ?", (night, key)).fetchone()
        return None if row is None else row[0]

    def _write(self, statement: str, claim: Claim, text: str) -> None:
        with self._workers.changing() as db:
            n_changed = db.execute(statement, (text, claim.night, claim.key, claim.token, text)).rowcount
        if n_changed == 0:
            message = (
                f"work {claim.key!r} of night {claim.night!r}: it is not ours any more, or it is done; its result "
                f"counts, this one is thrown away (what was paid is in the books)"
            )
            raise ClaimLostError(message)
