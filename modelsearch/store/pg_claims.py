"""Claims of several workers in PostgreSQL; a `core.ports.Claims`."""

from secrets import token_hex

from modelsearch.core.claims import Claim
from modelsearch.core.errors import ClaimLostError
from modelsearch.store.pg import Database
from modelsearch.store.pg_workers import PgWorker

_TAKE = """
INSERT INTO modelsearch.claims AS c (night, key, owner, token)
VALUES (%(night)s, %(key)s, %(owner)s, %(token)s)
ON CONFLICT (night, key) DO UPDATE SET owner = EXCLUDED.owner, token = EXCLUDED.token, taken_at = now()
WHERE c.result IS NULL AND (c.token = EXCLUDED.token OR c.owner = '' OR NOT modelsearch.is_alive(c.owner))
RETURNING note
"""
_BEFORE = "SELECT owner <> '' FROM modelsearch.claims WHERE night = %s AND key = %s AND result IS NULL"
_NOTE = """
UPDATE modelsearch.claims SET note = %(text)s
WHERE night = %(night)s AND key = %(key)s AND token = %(token)s AND result IS NULL RETURNING true
"""
_DONE = """
UPDATE modelsearch.claims SET result = %(text)s
WHERE night = %(night)s AND key = %(key)s AND token = %(token)s AND (result IS NULL OR result = %(text)s) RETURNING true
"""
_GIVE_BACK = """
UPDATE modelsearch.claims SET owner = '', token = ''
WHERE night = %(night)s AND key = %(key)s AND token = %(token)s AND result IS NULL
"""


class PgClaims:
    """Whose a piece of work is. Its owner is alive as long as its worker is; each method is one or two statements."""

    def __init__(self, database: Database, worker: PgWorker) -> None:
        self._database = database
        self._worker = worker

    def take(self, night: str, key: str) -> Claim | None:
        """Claim a piece of work; None where another owner is alive, or it is done."""
        token = token_hex(8)
        before = self._database.ask(_BEFORE, (night, key))
        values = {"night": night, "key": key, "owner": self._worker.id, "token": token}
        rows = self._database.ask(_TAKE, values)
        if not rows:
            return None
        is_takeover = bool(before and before[0][0])
        return Claim(night=night, key=key, token=token, note=rows[0][0], is_takeover=is_takeover)

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
        self._database.ask(_GIVE_BACK, {"night": claim.night, "key": claim.key, "token": claim.token})

    def result(self, night: str, key: str) -> str | None:
        """The result of what is done."""
        rows = self._database.ask("SELECT result FROM modelsearch.claims WHERE night = %s AND key = %s", (night, key))
        return rows[0][0] if rows else None

    def _write(self, statement: str, claim: Claim, text: str) -> None:
        values = {"night": claim.night, "key": claim.key, "token": claim.token, "text": text}
        if not self._database.ask(statement, values):
            raise lost(claim)


def lost(claim: Claim) -> ClaimLostError:
    """What is said where a claim is not ours any more."""
    message = (
        f"work {claim.key!r} of night {claim.night!r}: another worker has taken it over, for this one was silent for "
        f"longer than its lease; its result counts, ours is thrown away (what was paid is in the books)"
    )
    return ClaimLostError(message)
