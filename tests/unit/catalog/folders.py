"""A small valid catalogue on disk, and ways to spoil it."""

from pathlib import Path

FILES = {
    "models.yaml": """
models:
- id: m-1
  family: fam
  params_b: 8.5
  scores:
  - {benchmark: bench, metric: acc, value: 0.5, source: somewhere}
- {id: m-2, family: kid}
""",
    "families.yaml": """
families:
- {id: fam, prefixes: [m], strengths: [general]}
- {id: kid, lineage: fam}
""",
    "tiers.yaml": """
tiers:
- {name: low, min_usd_per_mtok: 0, max_usd_per_mtok: 1}
- {name: high, min_usd_per_mtok: 1}
""",
    "task_kinds.yaml": """
task_kinds:
- {id: coding, prefers: [general], avoids: [cheap], scorer: exact, margin: 0.02}
""",
    "specialisations.yaml": """
specialisations:
- {subject: family, id: fam, kind: coding, prior: 0.2, basis: opinion, evidence: somebody said so}
""",
    "complexity.yaml": """
weights: {a: 0.4, b: 0.6}
bands:
- {below: 0.5, max_params_b: 10}
- {below: 1.01, min_params_b: 10}
""",
    "providers/acme.yaml": """
id: acme
name: Acme
dialect: openai_chat
base_url: https://api.acme.example/v1
key_env: ACME_API_KEY
pricing_class: budget
strengths: [cheap]
endpoints:
- wire: m-1
  model: m-1
  context_tokens: 1000
  prices:
  - {input_mtok: 1, output_mtok: 3, cache_read_mtok: 0.1, observed_at: 2026-11-01, source: list}
- wire: m-2
  model: m-2
  prices:
  - {input_mtok: null, output_mtok: 3, observed_at: 2026-11-01, source: list}
""",
    "providers/home.yaml": """
id: home
name: Home
dialect: openai_chat
base_url: http://localhost:8000/v1
key_env: null
pricing_class: local
endpoints:
- wire: m-1
  model: m-1
  prices:
  - {input_mtok: 0, output_mtok: 0, per_second: 0.001, observed_at: 2026-11-01, source: own machine}
""",
}


def write_catalog(folder: Path) -> Path:
    """The catalogue, written into `folder`."""
    (folder / "providers").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def spoil(folder: Path, name: str, old: str, new: str) -> None:
    """Put `new` in the place of `old`, which must be there."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new), encoding="utf-8")
