import json
from pathlib import Path

import pytest

from bench import servers, servers_checks
from bench.own_venv import NotAvailableError
from bench.servers_checks import Check, Target
from modelsearch.core.market import Endpoint
from modelsearch.core.wire import RawReply, WireRequest

TARGET = Target(name="t", url="http://127.0.0.1:1", model="m", context_tokens=64, is_model_free=False)


class Server:
    """Answers as a good server does, unless it is told to err."""

    def __init__(self, **faults: object) -> None:
        self.faults = faults

    async def send(self, wire: WireRequest, endpoint: Endpoint) -> RawReply:
        body = json.loads(wire.body)
        prompt = body["messages"][0]["content"]
        if len(prompt) > 300:
            return RawReply(
                http_status=int(str(self.faults.get("long_status", 400))), body=b'{"error":{"message":"x"}}'
            )
        if endpoint.wire_name != TARGET.model:
            return RawReply(http_status=404, body=b'{"error":{"message":"x"}}')
        told = next((c for name, c in servers_checks.ASKED.items() if name in prompt), "One")
        told = str(self.faults.get("text", told))
        is_short = body["max_tokens"] == servers_checks.SHORT_TOKENS
        choice = {
            "message": {"content": told},
            "finish_reason": self.faults.get("end", "length" if is_short else "stop"),
        }
        usage = {"prompt_tokens": self.faults.get("n_in", 9), "completion_tokens": 2}
        return RawReply(http_status=200, body=json.dumps({"choices": [choice], "usage": usage}).encode())


async def found(server: Server) -> dict[str, Check]:
    names = ("right_answers", "truncation", "unknown_model", "too_long", "many_at_once")
    return {name: await getattr(servers_checks, name)(server, TARGET) for name in names}


async def test_a_good_server_passes_every_check() -> None:
    assert all(check.is_ok for check in (await found(Server())).values())


@pytest.mark.parametrize(
    ("faults", "wrong"),
    [
        ({"text": "Nowhere"}, {"right_answers"}),
        ({"n_in": 0}, {"right_answers", "many_at_once"}),
        ({"end": "stop"}, {"truncation"}),
        ({"long_status": 429}, {"too_long"}),
    ],
)
async def test_what_is_wrong_is_found(faults: dict[str, object], wrong: set[str]) -> None:
    assert {name for name, check in (await found(Server(**faults))).items() if not check.is_ok} == wrong


def test_without_the_wheels_it_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_home: Path) -> None:
        raise NotAvailableError("no network")

    monkeypatch.setattr(servers, "HOME", tmp_path / "a")
    monkeypatch.setattr(servers, "WEIGHTS_HOME", tmp_path / "b")
    monkeypatch.setattr(servers, "installed", refuse)
    monkeypatch.setattr("sys.platform", "linux")
    assert servers.main() == 77
    assert "skipped: needs" in capsys.readouterr().out
