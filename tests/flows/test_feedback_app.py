"""The door for feedback, knocked at by all sorts."""

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from flows.feedback_app import OPEN_PATH, FeedbackLimits, feedback_app, feedback_door, feedback_routes
from flows.pages import Served, pages_app
from modelsearch.core.errors import FeedbackError
from modelsearch.core.ids import TaskId
from modelsearch.settings import Settings, read_settings
from modelsearch.store.feedback import FeedbackStore

KEY, OTHER_KEY = "shop-key-0123456789", "bank-key-0123456789"
ENVIRON = {"MODELSEARCH_FEEDBACK_KEYS": "shop=SHOP_KEY,bank=BANK_KEY", "SHOP_KEY": KEY, "BANK_KEY": OTHER_KEY}
ROW = {"id": "r1", "candidate": "a", "item": "i1", "thumbs": "up"}


def settings_of(tmp_path: Path, **environ: str) -> Settings:
    return read_settings({**ENVIRON, "MODELSEARCH_HOME": str(tmp_path), **environ})


class Door:
    """The application, without a socket."""

    def __init__(self, tmp_path: Path, **limits: Any) -> None:
        self.store = FeedbackStore(tmp_path / "feedback.sqlite")
        self.app = feedback_app(settings_of(tmp_path), self.store, FeedbackLimits(**limits))

    async def send(
        self, method: str = "POST", task: str = "shop", key: str | None = KEY, **given: Any
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {key}"} if key is not None else {}
        headers |= given.pop("headers", {})
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://door") as client:
            return await client.request(method, f"/feedback/{task}", headers=headers, **given)

    def n_rows(self, task: str = "shop") -> int:
        return sum(tally.n_rows for tally in self.store.tallies(TaskId(task), before=date.max))


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


async def test_rows_are_kept_once_and_counted(door: Door) -> None:
    first = await door.send(json=[ROW, {**ROW, "id": "r2", "thumbs": "down"}])
    again = await door.send(json={"rows": [ROW]})
    lines = json.dumps({**ROW, "id": "r3"}) + "\n\n" + json.dumps(ROW)
    more = await door.send(content=lines, headers={"content-type": "application/x-ndjson"})
    assert [(answer.status_code, answer.json()["kept"]) for answer in (first, again, more)] == [
        (200, 2),
        (200, 0),
        (200, 1),
    ]
    told = await door.send("GET")
    assert told.json() == {"task": "shop", "rows": {"a": 3}}
    assert told.headers["cache-control"] == "no-store"


async def test_an_id_that_is_taken_by_another_row_is_told(door: Door) -> None:
    await door.send(json=ROW)
    answer = await door.send(json=[{**ROW, "thumbs": "down"}, {**ROW, "id": "r2"}])
    assert answer.status_code == 409
    assert answer.json() == {"kept": 1, "known": 0, "clashing": ["r1"]}


@pytest.mark.parametrize("key", [None, "", "wrong-key-0123456789", KEY[:-1], KEY + "x", KEY.upper(), "\udcff"])
@pytest.mark.parametrize("task", ["shop", "bank", "nobody"])
async def test_without_a_right_key_nothing_is_kept_or_said(door: Door, key: str | None, task: str) -> None:
    headers = {"authorization": b"Bearer \xff"} if key == "\udcff" else {}
    answer = await door.send(task=task, key=None if headers else key, json=ROW, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json() == {"error": "expected `Authorization: Bearer KEY`"}
    assert door.n_rows(task) == 0


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
async def test_another_scheme_is_no_key(door: Door, scheme: str) -> None:
    answer = await door.send(key=None, json=ROW, headers={"authorization": f"{scheme} {KEY}".strip()})
    assert answer.status_code == 401


async def test_a_key_in_the_query_opens_nothing(door: Door) -> None:
    assert (await door.send(key=None, json=ROW, params={"key": KEY})).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_key_opens_its_own_task_only_and_does_not_tell_which_others_exist(door: Door, method: str) -> None:
    answers = [await door.send(method, task=task, json=ROW) for task in ("bank", "nobody", "../shop", "SHOP")]
    assert [answer.status_code for answer in answers[:2]] == [403, 403]
    assert answers[0].content == answers[1].content
    assert all(answer.status_code in (403, 404) for answer in answers)
    assert door.n_rows("bank") == 0


async def test_a_row_for_another_task_is_refused_with_all_others(door: Door) -> None:
    answer = await door.send(json=[ROW, {**ROW, "id": "r2", "task": "bank"}])
    assert answer.status_code == 422
    assert (door.n_rows(), door.n_rows("bank")) == (0, 0)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"score": ' + b"9" * 10_000 + b"}", b'"text"', b"null", b"1", b"[]",
     b"[[]]", b'{"rows": 1}', b'{"rows": []}', b'{"rows": [1]}', b"[NaN]"],
)  # fmt: skip
async def test_what_is_no_rows_is_a_clear_4xx(door: Door, body: bytes) -> None:
    answer = await door.send(content=body)
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]
    assert door.n_rows() == 0


@pytest.mark.parametrize("text", ["=1+1", "@x", "+1", "-1", "\x1b[2J", "a\r\nb", "<script>" * 100, "\u202egnp.exe"])
async def test_formulas_and_control_characters_are_refused_and_not_repeated(door: Door, text: str) -> None:
    answer = await door.send(json={**ROW, "source": text})
    assert answer.status_code == 422
    assert answer.json()["error"].isprintable()
    assert "\x1b" not in answer.text


async def test_many_rows_at_once_and_many_requests_are_too_many(tmp_path: Path) -> None:
    door = Door(tmp_path, most_rows=3, a_minute=5)
    assert (await door.send(json=[{**ROW, "id": f"r{n}"} for n in range(4)])).status_code == 422
    answers = [await door.send(json=ROW) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await door.send(task="bank", key=OTHER_KEY, json=ROW)).status_code == 200


async def test_guessing_keys_is_slowed_and_locks_nobody_out(tmp_path: Path) -> None:
    door = Door(tmp_path, a_minute=3)
    guesses = [await door.send(key=f"guess-number-{n:08d}", json=ROW) for n in range(5)]
    assert [answer.status_code for answer in guesses] == [401] * 3 + [429] * 2
    assert (await door.send(json=ROW)).status_code == 200


async def test_a_long_body_is_refused_whether_it_says_so_or_not(tmp_path: Path) -> None:
    door, n_sent = Door(tmp_path, most_bytes=1000), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal n_sent
        while True:
            n_sent += 1
            yield b" " * 500

    assert (await door.send(content=b" " * 1001)).status_code == 413
    assert (await door.send(content=endless())).status_code == 413
    assert n_sent < 10


async def test_the_key_is_looked_at_before_the_body(tmp_path: Path) -> None:
    n_read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal n_read
        n_read += 1
        yield b"[]"

    assert (await Door(tmp_path).send(key="wrong-key-0123456789", content=body())).status_code == 401
    assert n_read == 0


async def test_a_store_that_fails_says_later_and_nothing_more(door: Door) -> None:
    door.store.path.write_bytes(b"no database" * 1000)
    for method in ("GET", "POST"):
        answer = await door.send(method, json=ROW)
        assert answer.status_code == 503
        assert str(door.store.path) not in answer.text


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"MODELSEARCH_FEEDBACK_KEYS": ""}, "no task has a key"),
        ({"SHOP_KEY": ""}, "SHOP_KEY"),
        ({"SHOP_KEY": "short"}, "16 characters"),
        ({"SHOP_KEY": OTHER_KEY}, "same key"),
    ],
)
def test_a_door_without_a_proper_key_does_not_open(tmp_path: Path, environ: dict[str, str], told: str) -> None:
    with pytest.raises(FeedbackError, match=told) as error:
        feedback_app(settings_of(tmp_path, **environ), FeedbackStore(tmp_path / "f.sqlite"))
    assert "short" not in str(error.value)
    assert OTHER_KEY not in str(error.value)


async def test_no_key_is_logged(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await door.send(json=ROW)
        await door.send(task="bank", json=ROW)
        await door.send(key="wrong-key-0123456789", json=ROW)
    assert KEY not in caplog.text
    assert "wrong-key" not in caplog.text


@pytest.mark.parametrize(("key", "status"), [(KEY, 200), ("wrong-key-0123456789", 401)])
async def test_beside_the_pages_it_asks_for_its_own_key_not_their_password(
    tmp_path: Path, key: str, status: int
) -> None:
    routes = feedback_routes(feedback_door(settings_of(tmp_path)))
    served = Served(settings=settings_of(tmp_path), password="user:password", routes=routes, open_paths=(OPEN_PATH,))
    transport = httpx.ASGITransport(app=pages_app(served))
    async with httpx.AsyncClient(transport=transport, base_url="http://pages") as client:
        answer = await client.post("/feedback/shop", json=ROW, headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == status
        assert (await client.get("/")).status_code == 401


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """A real server, which gives a body half a second and 100 kB."""
    app = Door(tmp_path, body_s=0.5, most_bytes=100_000).app
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    with socket.create_server(("127.0.0.1", 0)) as sock:
        thread = threading.Thread(target=lambda: server.run(sockets=[sock]), daemon=True)
        thread.start()
        yield sock.getsockname()[1]
        server.should_exit = True
        thread.join()


def head(n_bytes: int) -> bytes:
    return (
        f"POST /feedback/shop HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-length: {n_bytes}\r\n\r\n"
    ).encode()


async def status_of(port: int, sent: bytes) -> tuple[int, float]:
    """Status and seconds until it came, though no more is sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    started_s = time.monotonic()
    writer.write(sent)
    line = await asyncio.wait_for(reader.readline(), 20)
    writer.close()
    return int(line.split()[1]), time.monotonic() - started_s


async def test_100_megabytes_are_refused_before_they_arrive(port: int) -> None:
    status, _ = await status_of(port, head(100_000_000) + b" " * 1000)
    assert status == 413


async def test_a_body_that_dawdles_is_given_up_while_others_are_served(port: int) -> None:
    slow = asyncio.create_task(status_of(port, head(1000) + b"[{"))
    body = json.dumps(ROW).encode()
    status, _ = await status_of(port, head(len(body)) + body)
    assert status == 200
    assert not slow.done()
    status, seconds = await slow
    assert status == 408
    assert seconds < 15
