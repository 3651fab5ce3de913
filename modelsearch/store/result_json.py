"""A finished search as JSON and back: amounts as text, so that nothing is lost."""

import math
from typing import Any

import msgspec
import numpy as np

from modelsearch.core.errors import StoreError
from modelsearch.core.result import SearchResult


def result_to_json(result: SearchResult) -> bytes:
    """UTF-8 JSON, indented for people. JSON knows no infinity and no NaN: they are written as text."""
    value = msgspec.to_builtins(result, enc_hook=_plain_number)
    return msgspec.json.format(msgspec.json.encode(_writable(value)), indent=1)


def result_from_json(content: bytes) -> SearchResult:
    """The search of `result_to_json`.

    Raises:
        StoreError: no JSON, or not that of a finished search.
    """
    try:
        # not strict, for the text that stands for infinity and NaN
        return msgspec.convert(msgspec.json.decode(content), SearchResult, strict=False)
    except msgspec.MsgspecError as error:
        message = (
            f"result.json: expected the JSON of a finished search: {error}; "
            "make it anew with `modelsearch resume`, or search again"
        )
        raise StoreError(message) from error


def _plain_number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    message = f"result: cannot write a {type(value).__name__}: {value!r}"
    raise TypeError(message)


def _writable(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {key: _writable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(part) for part in value]
    return value
