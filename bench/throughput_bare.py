"""The yardstick: a bare aiohttp loop that builds and encodes, sends, decodes, scores and appends a line per reply.

No retries, limits, prices, ledger, cache or journal. `python -m bench.throughput_bare URL IN_FLIGHT WARM_UP CALLS`
prints CPU and wall per call in s.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from bench.throughput_load import LABELS, N_ITEMS, SYSTEM, allow_files, cpu_s, model_names, read_items

_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder().decode
Cell = tuple[str, dict[str, Any]]


async def main(url: str, n_in_flight: int, n_warm_up: int, n_calls: int) -> tuple[float, float]:
    """CPU and wall per call of the measured part, in s."""
    allow_files()
    n_models = -(-(n_warm_up + n_calls) // N_ITEMS)
    cells = iter(list(product(model_names(n_models), read_items()))[: n_warm_up + n_calls])
    with tempfile.TemporaryDirectory() as folder:
        fd = os.open(Path(folder) / "replies.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            await all_of(islice(cells, n_warm_up), session, url, fd, n_in_flight)
            start_cpu_s, start_s = cpu_s(), time.perf_counter()
            await all_of(cells, session, url, fd, n_in_flight)
            return (cpu_s() - start_cpu_s) / n_calls, (time.perf_counter() - start_s) / n_calls


async def all_of(cells: Iterator[Cell], session: aiohttp.ClientSession, url: str, fd: int, n_in_flight: int) -> None:
    """Every cell, with so many in flight."""

    async def work() -> None:
        for model, item in cells:
            await one(model, item, session, url, fd)

    await asyncio.gather(*(work() for _ in range(n_in_flight)))


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
    print(*asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:5]))))
