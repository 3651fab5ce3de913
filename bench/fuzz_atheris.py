"""Feeds one target by atheris: `python -m bench.fuzz_atheris TARGET SECONDS CORPUS`, where atheris is installed."""

import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["modelsearch"]):
    from bench.fuzz import TARGETS, fed


def main() -> None:
    """Feed until the time is over, or something escapes."""
    name, seconds, corpus = sys.argv[1:4]
    one = fed(TARGETS[name], 0, 1).hypothesis.fuzz_one_input
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=4096", corpus], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
