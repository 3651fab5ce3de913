"""Trims what `make bench-interop` left to the golden files of the tests: `python -m bench.interop_goldens`.

Few samples, no transcripts, no machine paths, no times of ours; what is kept is the tools' own, byte for byte.
"""

import json
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench.interop import HOME
from bench.interop_tools import fresh
from modelsearch.store.zip_members import ZipMembers, zip_members

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "unit" / "interop" / "imports" / "golden"
N_ITEMS = 8
MODELS = ("corrigan-1b", "okapine-24b")
_NOT_KEPT = ("events", "events_data", "attachments", "store", "timelines", "error_retries", "uuid")


def main() -> None:
    """Write the golden files anew."""
    fresh(GOLDEN)
    for path in sorted((HOME / "inspect").glob("*.eval")):
        with zip_members(path) as members:
            _trimmed_log(members)
    _trimmed_samples()
    _trimmed_results()


def _trimmed_log(members: ZipMembers) -> None:
    """A log of the first items; its figures are those of the whole, so the test re-computes them from its samples."""
    header = json.loads(members.read("header.json"))
    model = header["eval"]["model"].rsplit("/", 1)[-1]
    if model not in MODELS:
        return
    header["eval"]["dataset"].pop("location", None)
    header["eval"]["dataset"].pop("sample_ids", None)
    for name in ("stats", "plan"):
        header.pop(name, None)
    contents = {"header.json": header}
    for number in range(1, N_ITEMS + 1):
        for epoch in (1, 2):
            name = f"samples/msg-{number:03d}_epoch_{epoch}.json"
            contents[name] = _trimmed_sample(json.loads(members.read(name)))
    _zip_zstd(GOLDEN / f"{model}.eval", {name: json.dumps(value).encode() for name, value in contents.items()})


def _trimmed_sample(sample: dict[str, Any]) -> dict[str, Any]:
    if sample.get("error"):
        sample["error"] = {"message": sample["error"]["message"]}  # its traceback names folders of the machine
    return {name: value for name, value in sample.items() if name not in _NOT_KEPT}


def _zip_zstd(path: Path, contents: dict[str, bytes]) -> None:
    """A zip whose members are packed in zstd, as Inspect writes them."""
    with zipfile.ZipFile(path, "w") as target:
        for name, content in contents.items():
            packed = pa.compress(content, codec="zstd", asbytes=True)
            info = zipfile.ZipInfo(name)
            target.writestr(info, packed)
    marked = _as_zstd(path, {name: (content, zlib.crc32(content)) for name, content in contents.items()})
    path.write_bytes(marked)


def _as_zstd(path: Path, contents: dict[str, tuple[bytes, int]]) -> bytes:
    """The file with method 93, and size and checksum of the unpacked contents, in both headers of each member."""
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as source:
        infos, start = source.infolist(), source.start_dir
    place = start
    for info in infos:
        content, checksum = contents[info.filename]
        for at, method, crc, size in ((info.header_offset, 8, 14, 22), (place, 10, 16, 24)):
            raw[at + method : at + method + 2] = (93).to_bytes(2, "little")
            raw[at + crc : at + crc + 4] = checksum.to_bytes(4, "little")
            raw[at + size : at + size + 4] = len(content).to_bytes(4, "little")
        place += 46 + len(info.filename.encode())
    return bytes(raw)


def _trimmed_samples() -> None:
    """Sample files and results of lm-evaluation-harness: the task and the figures, no machine."""
    for model in MODELS:
        source, target = HOME / "lm-eval" / model, GOLDEN / "lm-eval" / model
        target.mkdir(parents=True)
        samples = next(source.glob("samples_*.jsonl"))
        lines = [line for line in samples.read_text().splitlines() if json.loads(line)["doc_id"] < N_ITEMS]
        (target / samples.name).write_text("".join(f"{line}\n" for line in lines))
        results = json.loads(next(source.glob("results_*.json")).read_text())
        kept = {name: results[name] for name in ("results", "configs", "lm_eval_version", "model_name")}
        wanted = ("task", "output_type", "filter_list", "metric_list", "generation_kwargs")
        config = kept["configs"]["support_desk"]
        kept["configs"] = {"support_desk": {name: config[name] for name in wanted}}
        (target / next(source.glob("results_*.json")).name).write_text(json.dumps(kept, indent=1) + "\n")


def _trimmed_results() -> None:
    """Results of promptfoo for the first tests and two providers; the figures of the columns are those of the whole."""
    whole = json.loads((HOME / "promptfoo" / "results.json").read_text())
    results = whole["results"]
    kept = [n for n, prompt in enumerate(results["prompts"]) if prompt["provider"].rsplit(":", 1)[-1] in MODELS]
    rows = [row for row in results["results"] if row["promptIdx"] in kept and row["testIdx"] < N_ITEMS]
    for row in rows:
        row["promptIdx"] = kept.index(row["promptIdx"])
        row.pop("metadata", None)
        row["response"].pop("metadata", None)
    results["results"], results["prompts"] = rows, [results["prompts"][n] for n in kept]
    told = {"evalId": whole["evalId"], "results": results, "config": {"description": whole["config"]["description"]}}
    told["metadata"] = {"promptfooVersion": whole["metadata"]["promptfooVersion"]}
    (GOLDEN / "promptfoo.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    shutil.rmtree(GOLDEN, ignore_errors=True)
    main()
