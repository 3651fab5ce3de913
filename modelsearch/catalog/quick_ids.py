"""Endpoint ids straight from the files' text, some ms for all: for completion, which cannot wait for a catalogue.

Nothing is validated and no price is read. What a real read would refuse may be listed here; what it would take is.
"""

import re
from pathlib import Path

_PROVIDER = re.compile(r"^id:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)
_WIRE = re.compile(r"^-?\s*wire:\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s#]+))|^-\s*\{\s*wire:\s*([^\s,}]+)", re.MULTILINE)
_SYNCED = re.compile(r"\"endpoint_id\":\s*\"((?:[^\"\\]|\\.)+)\"")


def quick_endpoint_ids(catalogs: Path, synced: Path) -> list[str]:
    """Every endpoint id that the provider files and the last accepted sync name, sorted; none where there are none.

    Args:
        catalogs: folder of the catalogue.
        synced: file of the state that syncs have put in force; it need not exist.
    """
    found: set[str] = set()
    for path in sorted((catalogs / "providers").glob("*.yaml")):
        text = _text(path)
        provider = _PROVIDER.search(text)
        if provider is not None:
            found |= {f"{provider[1]}/{next(filter(None, wire.groups()))}" for wire in _WIRE.finditer(text)}
    found |= {match[1] for match in _SYNCED.finditer(_text(synced))}
    return sorted(found)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
