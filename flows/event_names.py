"""Names of our events. Apart from `flows.announce`, which imports Prefect: what reads them may run before that."""

MODEL, ALARM, MOVED = "modelsearch.model", "modelsearch.alarm", "modelsearch.recommendation.moved"
