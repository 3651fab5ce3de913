import contextlib
import json
import socket
from collections.abc import Iterator

import httpx
import pytest

from modelsearch.emulator.app import EmulatorOptions
from modelsearch.emulator.faults import Faults
from tests.unit.emulator.small import Asker, endpoint_of, prompts, running_world, world

PROMPTS = tuple(prompts(world().task))
ENDPOINT = endpoint_of(world().market, "openai_chat")


def request(prompt: str, *headers: str) -> bytes:
    body = json.dumps({"model": ENDPOINT.wire_name, "messages": [{"role": "user", "content": prompt}]}).encode()
    head = [f"POST /p/{ENDPOINT.provider_id}/chat/completions HTTP/1.1", f"content-length: {len(body)}", *headers]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@contextlib.contextmanager
def connected(asker: Asker) -> Iterator[socket.socket]:
    host, port = asker.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=3) as sock:
        yield sock


def all_of(sock: socket.socket) -> bytes:
    parts = []
    while part := sock.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_a_reset_is_a_tcp_reset() -> None:
    options = EmulatorOptions(faults=Faults(p_reset_before=1.0))
    with running_world(options) as asker, connected(asker) as sock:
        sock.sendall(request(PROMPTS[0]))
        with pytest.raises(ConnectionResetError):
            sock.recv(1)


def test_requests_that_arrive_in_crumbs_or_all_at_once_are_answered_in_order() -> None:
    with running_world(EmulatorOptions()) as asker:
        with connected(asker) as sock:
            whole = request(PROMPTS[0])
            for start in range(0, len(whole), 7):
                sock.sendall(whole[start : start + 7])
            sock.sendall(request(PROMPTS[1]) + request(PROMPTS[2], "connection: close"))
            answers = all_of(sock)
        items = [line.item for line in asker.app.bill.lines]
    assert answers.count(b"HTTP/1.1 200 OK") == 3
    assert items == [item.id for item in world().task.items[:3]]


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST /p/x HTTP/1.1\r\ncontent-length: many\r\n\r\n", b"400"),
        (b"POST /p/x HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 70_000, b"431"),
    ],
)
def test_what_is_not_a_request_is_refused(raw: bytes, status: bytes) -> None:
    with running_world(EmulatorOptions()) as asker, connected(asker) as sock:
        sock.sendall(raw)
        assert all_of(sock).startswith(b"HTTP/1.1 " + status)


def test_a_client_that_waits_for_leave_to_send_gets_it() -> None:
    head, body = request(PROMPTS[0], "expect: 100-continue", "connection: close").split(b"\r\n\r\n", 1)
    with running_world(EmulatorOptions()) as asker, connected(asker) as sock:
        sock.sendall(head + b"\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 100 Continue")
        sock.sendall(body)
        assert all_of(sock).startswith(b"HTTP/1.1 200 OK")


def test_a_body_of_ten_megabytes_is_read() -> None:
    with running_world(EmulatorOptions()) as asker:
        response = asker.ask(ENDPOINT, "x" * 10_000_000)
    assert response.status_code == 400
    assert "knows no item" in response.text


def test_pages_that_are_not_there_are_404() -> None:
    with running_world(EmulatorOptions()) as asker:
        assert httpx.get(f"{asker.url}/nowhere").status_code == 404
