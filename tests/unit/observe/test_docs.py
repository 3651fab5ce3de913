"""docs/observability.md lists what there is, and nothing else."""

import re
from pathlib import Path

from modelsearch.observe import spans
from modelsearch.observe.metrics import METRICS
from modelsearch.observe.span_names import SPANS

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "observability.md").read_text(encoding="utf-8")


def rows_of(heading: str) -> list[list[str]]:
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [[cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in section.splitlines()
            if line.startswith("|")]  # fmt: skip
    return rows[2:]


def test_every_metric_is_told_as_it_is() -> None:
    assert rows_of("Metrics") == [
        [m.name, m.prometheus, m.kind, ", ".join(m.labels) or "-", m.meaning] for m in METRICS
    ]


def test_every_span_is_told_as_it_is() -> None:
    assert rows_of("Spans") == [list(pair) for pair in SPANS.items()]


def test_attributes_that_are_named_are_set() -> None:
    code = Path(spans.__file__).read_text(encoding="utf-8") + Path(spans.__file__).with_name("metrics.py").read_text()
    named = set(re.findall(r"`((?:gen_ai|modelsearch)\.[a-z_.]+)`", TEXT.split("\n## Spans\n")[1])) - set(SPANS)
    assert len(named) > 8
    assert [name for name in named if f'"{name}"' not in code] == []
