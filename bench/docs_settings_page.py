"""`docs/reference/settings.md`: every environment variable that is read, and the providers' keys from the catalogue."""

from datetime import date

from modelsearch.catalog.load import load_market
from modelsearch.settings import read_settings

HEAD = """# Settings

Made by `python -m bench.docs_pages`; do not edit. A test holds the list against the source: every `MODELSEARCH_*` that
the code reads is here, and nothing else. An empty value counts as unset.

| variable | by default | meaning |
|---|---|---|
"""
SETTINGS: dict[str, tuple[str, str]] = {
    "MODELSEARCH_HOME": (
        "`.modelsearch` in the current folder",
        "the project's home: runs, replies, nights, Prefect's own files",
    ),
    "MODELSEARCH_CATALOGS": ("the installed catalogue", "folder of catalogue files: models, providers, prices, plans"),
    "MODELSEARCH_TASKS": (
        "`tasks` in the home",
        "folder of registered tasks; or `s3://bucket/folder` ([storage](../storage.md))",
    ),
    "MODELSEARCH_STORAGE": (
        "nothing is published",
        "`s3://bucket/prefix` or a path: runs, nights and catalogue are shared there ([storage](../storage.md))",
    ),
    "MODELSEARCH_PUBLISH_S": ("30", "seconds between two publications of an open run, 1 to 3600"),
    "MODELSEARCH_DATABASE_URL": (
        "one machine, files",
        "PostgreSQL that several workers share ([workers](../workers.md)); may hold a password, is never shown",
    ),
    "MODELSEARCH_SHARE_NIGHTS": ("off", "`1`: several processes of one machine carry out one night together"),
    "MODELSEARCH_LEASE_S": ("30", "seconds of silence after which a worker counts as dead, 1 to 3600"),
    "MODELSEARCH_OWNER": ("`host:process`", "name of this worker in claims and leases; for tests"),
    "MODELSEARCH_SYNC_S": (
        "off",
        "sync the disk at least that often, in seconds, against power cuts; `kill -9` loses nothing without it",
    ),
    "MODELSEARCH_ALLOW_CODE_EXECUTION": (
        "off",
        "`1`: the scorer `code` may run programs that models write, walled in ([scorers](../scorers.md))",
    ),
    "MODELSEARCH_LOG": (
        "off",
        "`json`: what happens as JSON lines on standard error ([observability](../observability.md))",
    ),
    "MODELSEARCH_LOG_LEVEL": ("`info`", "`debug`, `info`, `warning` or `error`"),
    "MODELSEARCH_OTEL": (
        "off",
        "an OpenTelemetry collector's base URL, or `1` with the standard `OTEL_EXPORTER_OTLP_*`",
    ),
    "MODELSEARCH_OTEL_CALLS": ("0.1", "share of calls that are sent as spans, in [0, 1]; failed ones all are"),
    "MODELSEARCH_SERVE_AUTH": (
        "no password, loopback only",
        "`user:password` of the pages of `modelsearch serve` ([operations](../operations.md))",
    ),
    "MODELSEARCH_PAGES_URL": (
        "`serve` sets its own for its runs",
        "where browsers reach those pages: what Prefect's artifacts link to ([site](../site.md))",
    ),
    "MODELSEARCH_SERVE_KEY": (
        "no key, loopback only",
        "what clients of `modelsearch serve-candidate` must send; `--key-env` names another variable",
    ),
    "MODELSEARCH_FEEDBACK_KEYS": (
        "no endpoint",
        "`task=VARIABLE,...`: the variable that holds each task's key ([feedback](../feedback.md))",
    ),
    "MODELSEARCH_ALERTS": (
        "`alerts.yaml` in the home",
        "the file that says who is told of what ([operations](../operations.md#alerts))",
    ),
    "MODELSEARCH_ALERTS_SLACK": ("nobody", "webhook address, where there is no file"),
    "MODELSEARCH_ALERTS_TEAMS": ("nobody", "webhook address, where there is no file"),
    "MODELSEARCH_ALERTS_EMAIL": ("nobody", "`mailtos://user:password@server?from=...&to=...`, where there is no file"),
    "MODELSEARCH_ALERTS_WEBHOOK": ("nobody", "any URL that takes a POST, where there is no file"),
}
"""Variable -> (by default, meaning)."""
KEYS_HEAD = """
## Keys of providers

A key is read from the environment when it is needed, and is in no log, report, journal, parameter or error. A provider
whose key is not set is left out of the pool, and the first phase says so.

| provider | variable | wire format |
|---|---|---|
"""
TAIL = """
## Prefect

`PREFECT_API_URL` names a running Prefect server, `PREFECT_API_AUTH_STRING` its password. Without the first, a search
starts a server of its own in the project's home. What `modelsearch server` sets is in [operations](../operations.md).
"""


def page() -> str:
    """The page in Markdown."""
    rows = [f"| `{name}` | {default} | {meaning} |" for name, (default, meaning) in SETTINGS.items()]
    market = load_market(read_settings({}).catalogs, as_of=date(2026, 11, 1))
    keys = [
        f"| `{p.id}` | {f'`{p.key_env}`' if p.key_env else 'none'} | {p.dialect} |"
        for p in sorted(market.providers.values(), key=lambda p: p.id)
    ]
    return HEAD + "\n".join(rows) + "\n" + KEYS_HEAD + "\n".join(keys) + "\n" + TAIL
