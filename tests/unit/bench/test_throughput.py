from bench.throughput_engine import Load
from bench.throughput_load import model_names, read_items
from bench.throughput_server import RESPONSE, whole

REQUEST = b"POST / HTTP/1.1\r\nhost: x\r\nContent-Length: 5\r\n\r\nhello"


def test_a_request_is_whole_with_its_body_and_not_before() -> None:
    assert [whole(REQUEST[:n]) for n in range(len(REQUEST))] == [0] * len(REQUEST)
    assert whole(REQUEST + b"POST") == len(REQUEST)


def test_the_response_tells_its_own_length() -> None:
    assert whole(RESPONSE) == len(RESPONSE)


def test_items_are_those_of_the_file_again_and_again_no_two_the_same_call() -> None:
    rows = read_items(1001)
    assert len({row["id"] for row in rows}) == len({row["input"] for row in rows}) == 1001
    assert rows[0]["target"] == rows[400]["target"]


def test_the_market_has_the_models_by_the_names_that_the_bare_loop_uses() -> None:
    for n_models in (1, 6, 101):
        _, market = Load(url="http://127.0.0.1:9", n_in_flight=1, n_models=n_models, n_items=1).made()
        assert tuple(market.endpoints) == model_names(n_models)
