"""Two calls share a key exactly when endpoint, host, URL, path, body and repeat are the same; no field runs into the
next, and no secret is in it.
"""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from modelsearch.core.ids import EndpointId
from modelsearch.core.market import Endpoint
from modelsearch.core.wire import Message, ModelRequest, WireRequest
from modelsearch.evaluate.caller import dialect_of
from modelsearch.evaluate.keys import call_key
from modelsearch.testing.factories import make_endpoint

names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=6)
parts = st.tuples(names, st.none() | names, names, names, st.binary(max_size=8), st.integers(0, 3))


def key_of(endpoint_id: str, host: str | None, url: str, path: str, body: bytes, repeat: int) -> str:
    endpoint: Endpoint = replace(make_endpoint(), id=EndpointId(endpoint_id), host=host)
    return call_key(endpoint, url, WireRequest(path=path, body=body), repeat)


@given(parts, parts)
def test_equal_keys_are_equal_calls(
    left: tuple[str, str | None, str, str, bytes, int], right: tuple[str, str | None, str, str, bytes, int]
) -> None:
    assume(left[1] != "None")
    assume(right[1] != "None")
    assert (key_of(*left) == key_of(*right)) == (left == right)


@given(parts, st.integers(0, 3), st.integers(1, 4))
def test_text_that_moves_from_one_field_to_the_next_makes_another_call(
    call: tuple[str, str | None, str, str, bytes, int], place: int, n_chars: int
) -> None:
    fields = [call[0], call[1] or "h", call[2], call[3]]
    assume(place < 3)
    assume(len(fields[place]) > n_chars)
    moved = list(fields)
    moved[place], moved[place + 1] = fields[place][:-n_chars], fields[place][-n_chars:] + fields[place + 1]
    one, two = ((f[0], f[1], f[2], f[3], call[4], call[5]) for f in (fields, moved))
    assert key_of(*one) != key_of(*two)


@given(st.sampled_from(["openai_chat", "anthropic_messages", "google_generate"]), st.text(min_size=1, max_size=30))
def test_the_same_request_is_the_same_bytes_in_every_dialect(dialect: str, text: str) -> None:
    assume(not any(0xD800 <= ord(c) <= 0xDFFF for c in text))
    request = ModelRequest(messages=(Message(role="user", content=text),), max_output_tokens=5, temperature=0.0)
    one, two = (dialect_of(dialect).encode(request, make_endpoint()) for _ in range(2))
    assert call_key(make_endpoint(), "u", one, 0) == call_key(make_endpoint(), "u", two, 0)
