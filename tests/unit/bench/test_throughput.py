from bench.throughput_engine import make_load, probes_of
from bench.throughput_load import MODELS, N_CALLS, N_WARM_UP
from bench.throughput_server import RESPONSE, whole

REQUEST = b"POST / HTTP/1.1\r\nhost: x\r\nContent-Length: 5\r\n\r\nhello"


def test_a_request_is_whole_with_its_body_and_not_before() -> None:
    assert [whole(REQUEST[:n]) for n in range(len(REQUEST))] == [0] * len(REQUEST)
    assert whole(REQUEST + b"POST") == len(REQUEST)


def test_the_response_tells_its_own_length() -> None:
    assert whole(RESPONSE) == len(RESPONSE)


def test_warm_up_and_measured_part_are_all_cells_once() -> None:
    task, _ = make_load("http://127.0.0.1:9")
    parts = [probes_of(task, 0, N_WARM_UP), probes_of(task, N_WARM_UP, N_WARM_UP + N_CALLS)]
    cells = [[(probe.candidate_id, item) for probe in part for item in probe.item_ids] for part in parts]
    assert [len(part) for part in cells] == [N_WARM_UP, N_CALLS]
    assert len({*cells[0], *cells[1]}) == N_WARM_UP + N_CALLS <= len(MODELS) * len(task.items)
