"""What operators are told while searches, nights and syncs go on: logs, traces, metrics.

Why a room of its own: everything here only watches. The search hands over each event once it is durable and takes
nothing back, so whatever fails here (a collector that is down, a fault of ours) costs telemetry and never a search.
The only room that imports OpenTelemetry (an optional extra, imported where it is switched on) and prometheus_client.

- `metrics` lists every metric, `spans` every span; docs/observability.md shows both, and a test holds it to them.
- `tally` is the fold of a run's events into numbers. The Prometheus page folds journals, not memory: runs are other
  processes, and what is on the disk agrees with the ledger to the last digit, also after a kill.
- Nothing here holds text of items, prompts or replies, nor a provider's words, which may quote them: ids, codes,
  counts, amounts and times only.

Refused: prometheus_client's files of several processes (a set per process for ever, and floats for money); one label
per model, candidate or task (a year has thousands: they are in traces and logs).
"""
