from dataclasses import replace

from modelsearch.core.wire import WireRequest
from modelsearch.evaluate.keys import call_key
from modelsearch.testing.factories import make_endpoint

WIRE = WireRequest(path="/chat", body=b'{"a":1}')
URL = "https://api.example/v1"


def test_a_key_is_64_hex_digits_and_the_same_every_time() -> None:
    key = call_key(make_endpoint("m00"), URL, WIRE, 0)
    assert len(bytes.fromhex(key)) == 32
    assert key == call_key(make_endpoint("m00"), URL, WIRE, 0)


def test_everything_that_shapes_an_answer_shapes_the_key() -> None:
    endpoint = make_endpoint("m00")
    keys = {
        call_key(endpoint, URL, WIRE, 0),
        call_key(make_endpoint("m01"), URL, WIRE, 0),
        call_key(replace(endpoint, host="deepinfra"), URL, WIRE, 0),
        call_key(endpoint, "https://other.example/v1", WIRE, 0),
        call_key(endpoint, URL, replace(WIRE, path="/responses"), 0),
        call_key(endpoint, URL, replace(WIRE, body=b'{"a":2}'), 0),
        call_key(endpoint, URL, WIRE, 1),
        call_key(replace(endpoint, revision="fp8"), URL, WIRE, 0),
        call_key(endpoint, URL, WIRE, 0, "fp8"),
    }
    assert len(keys) == 9


def test_prices_and_headers_do_not_shape_the_key() -> None:
    endpoint = make_endpoint("m00")
    with_header = replace(WIRE, headers={"authorization": "Bearer secret"})
    assert call_key(endpoint, URL, with_header, 0) == call_key(endpoint, URL, WIRE, 0)
    assert call_key(replace(endpoint, rates=()), URL, WIRE, 0) == call_key(endpoint, URL, WIRE, 0)


def test_what_does_not_change_the_answer_is_left_out_of_the_key() -> None:
    endpoint = make_endpoint("m00")
    limited = replace(WIRE, body=b'{"a":1,"max_price":2}', key_body=WIRE.body)
    assert call_key(endpoint, URL, limited, 0) == call_key(endpoint, URL, WIRE, 0)
