"""Why a call came to nothing, without the provider's words: they may quote what was asked."""

import re

_CLASSED = re.compile(r"(none|rate|transient|auth|quota|gone|incapable)?:? ?HTTP (\d{3})")
_PLAIN = re.compile(r"[A-Z][A-Za-z]*(?:Error|Exception|Timeout)$")


def kind_of(reason: str) -> str:
    """`rate: HTTP 429`, the name of an exception, `timeout`, or `other`."""
    found = _CLASSED.match(reason)
    if found is not None:
        return f"{found[1]}: HTTP {found[2]}" if found[1] else f"HTTP {found[2]}"
    if _PLAIN.match(reason):
        return reason
    return "timeout" if "timeout" in reason.lower() else "other"
