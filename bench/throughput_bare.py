"""The yardstick: a bare aiohttp loop that builds and encodes, sends, decodes, scores and appends a line per reply.

No retries, limits, prices, ledger, cache or journal. `python -m bench.throughput_bare URL` prints CPU per call.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bench.throughput_load import LABELS, MODELS, N_CALLS, N_IN_FLIGHT, N_WARM_UP, SYSTEM, cpu_s, read_items

_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder().decode
Cell = tuple[str, dict[str, Any]]


async def main(url: str) -> float:
    """CPU seconds per call of the measured part."""
    cells = iter(list(product(MODELS, read_items()))[: N_WARM_UP + N_CALLS])
    with tempfile.TemporaryDirectory() as folder:
        fd = os.open(Path(folder) / "replies.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            await all_of(islice(cells, N_WARM_UP), session, url, fd)
            start_s = cpu_s()
            await all_of(cells, session, url, fd)
            return (cpu_s() - start_s) / N_CALLS


async def all_of(cells: Iterator[Cell], session: aiohttp.ClientSession, url: str, fd: int) -> None:
    """Every cell, with so many in flight."""

    async def work() -> None:
        for model, item in cells:
            await one(model, item, session, url, fd)

    await asyncio.gather(*(work() for _ in range(N_IN_FLIGHT)))


async def one(model: str, item: dict[str, Any], session: aiohttp.ClientSession, url: str, fd: int) -> None:
    """One call, from item to line."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": item["input"]}]
    body = _ENCODE({"model": model, "messages": messages, "max_tokens": 64, "temperature": 0.0})
    headers = {"content-type": "application/json", "authorization": "Bearer sk-0123456789abcdef"}
    async with session.post(url + "/chat/completions", data=body, headers=headers) as reply:
        data = await reply.read()
    decoded = _DECODE(data)
    text = decoded["choices"][0]["message"]["content"].strip().lower()
    score = float(text in LABELS and text == item["target"])
    line = {"model": model, "item": item["id"], "score": score, "usage": decoded["usage"], "text": text}
    os.write(fd, _ENCODE(line) + b"\n")


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1])))
