"""A server that answers every POST with the same chat completion of about 1 KB: all that is left is the client.

`python -m bench.throughput_server [LATENCY_S]` prints its port and serves until its input ends.
"""

import asyncio
import json
import sys

from bench.throughput_load import allow_files

CONTENT = "refund"
_BODY = json.dumps(
    {
        "id": "chatcmpl-Bq1zX8Qd0bE4mVn7cJ2kLrT5sYwHa",
        "object": "chat.completion",
        "created": 1_795_000_000,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": CONTENT, "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 211,
            "completion_tokens": 4,
            "total_tokens": 215,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
    }
).encode()
_HEADERS = (
    "HTTP/1.1 200 OK",
    "content-type: application/json",
    f"content-length: {len(_BODY)}",
    "x-request-id: req_0123456789abcdef0123456789abcdef",
    "openai-organization: org",
    "openai-processing-ms: 412",
    "openai-version: 2020-10-01",
    "x-ratelimit-limit-requests: 10000",
    "x-ratelimit-limit-tokens: 30000000",
    "x-ratelimit-remaining-requests: 9999",
    "x-ratelimit-remaining-tokens: 29999000",
    "x-ratelimit-reset-requests: 6ms",
    "x-ratelimit-reset-tokens: 0s",
    "strict-transport-security: max-age=31536000; includeSubDomains; preload",
)
RESPONSE = "\r\n".join(_HEADERS).encode() + b"\r\n\r\n" + _BODY


class Fixed(asyncio.Protocol):
    """One connection."""

    def __init__(self, latency_s: float = 0.0) -> None:
        self._latency_s = latency_s
        self._buffer = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request, at once or after the latency."""
        self._buffer += data
        while (n_bytes := whole(self._buffer)) and self._transport is not None:
            self._buffer = self._buffer[n_bytes:]
            if self._latency_s:
                asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, RESPONSE)
            else:
                self._transport.write(RESPONSE)


def whole(buffer: bytes) -> int:
    """Bytes of the first request, 0 where it is not whole."""
    head, end, body = buffer.partition(b"\r\n\r\n")
    if not end:
        return 0
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    n_body = int(length or 0)
    return len(head) + len(end) + n_body if len(body) >= n_body else 0


async def serve(latency_s: float) -> None:
    """Serve until the input ends."""
    allow_files()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Fixed(latency_s), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
