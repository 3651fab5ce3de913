"""Secrets out of text, whatever brought them there."""

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

MIN_LENGTH = 6
"""Shorter values are no secrets, and would blank half a line."""
BLANK = "***"
_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSW|AUTH|CREDENTIAL|HEADERS|DSN|WEBHOOK", re.IGNORECASE)


def secrets_of(environ: Mapping[str, str]) -> set[str]:
    """Values of variables whose names say that they are secret, and passwords within URLs."""
    found = {value for name, value in environ.items() if _NAMES.search(name)}
    for value in environ.values():
        if "://" in value and "@" in value:
            found |= _password(value)
    return {value for value in found if len(value) >= MIN_LENGTH}


class Scrubber:
    """Blanks secrets in text, JSON text too."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Blank these too."""
        new = {each for each in secrets if len(each) >= MIN_LENGTH} - self._secrets
        if not new:
            return
        self._secrets |= new
        forms = self._secrets | {json.dumps(each, ensure_ascii=is_ascii)[1:-1]
                                 for each in self._secrets for is_ascii in (True, False)}  # fmt: skip
        self._pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))

    def scrubbed(self, text: str) -> str:
        """The text without them."""
        return text if self._pattern is None else self._pattern.sub(BLANK, text)


def _password(url: str) -> set[str]:
    try:
        return {urlsplit(url).password or ""}
    except ValueError:
        return set()
