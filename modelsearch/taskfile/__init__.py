"""A task spec in YAML and its items (JSONL, CSV, Parquet) become a `core.TaskSpec`, or one clear error."""
