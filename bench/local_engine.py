"""Runs llama.cpp's own server for one file of weights, until standard input closes.

A script for the environment that has `xllamacpp` and nothing else: it imports nothing of this project. One argument,
JSON: `model` (path), `template` (Jinja), `n_slots`, `n_ctx`, `n_threads`. Prints `READY <url>` once it serves.
"""

import json
import os
import sys

import xllamacpp


def main() -> None:
    """Serve on a free port of loopback."""
    config = json.loads(sys.argv[1])
    params = xllamacpp.CommonParams()
    params.model.path = config["model"]
    params.chat_template = config["template"]
    params.use_jinja = True
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_threads_http = 2
    params.ui = False
    params.verbosity = 0
    params.cpuparams.n_threads = config["n_threads"]
    params.cpuparams_batch.n_threads = config["n_threads"]
    # one slot for each prompt, so that its examples are computed once: a prefix shared by less than half is another one
    params.n_parallel = config["n_slots"]
    params.n_ctx = config["n_ctx"]
    params.slot_prompt_similarity = 0.5
    params.cache_ram_mib = 0
    params.swa_full = True  # a sliding window would forget the start of a kept prefix
    server = xllamacpp.Server(params)
    print(f"READY {server.listening_address}", flush=True)
    os.dup2(2, 1)  # whatever the library prints from here on goes to the log
    sys.stdin.buffer.read()
    os._exit(0)  # the library's own threads do not end by themselves


if __name__ == "__main__":
    main()
