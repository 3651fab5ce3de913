"""The notebook that `bench/notebook.py` runs: what docs/notebook.md shows, cell by cell."""

CELLS = (
    """import modelsearch

result = modelsearch.search("catalogs/examples/classification.yaml", is_emulated=True, budget_usd=1, plan="cheap")
result""",
    "result.plot_front()",
    """found = result.candidates_frame()
found[found.n_items > 0].head(8)[["candidate_id", "quality_low", "quality_high", "cost_usd_per_1k_items"]]""",
    "result.phases_frame()",
    'result.columns("candidates").head()',
    """outcomes = result.table("outcomes")
outcomes.groupby("candidate_id").agg(items=("item_id", "nunique"), quality=("score", "mean")).nlargest(5, "items")""",
    """import duckdb

duckdb.sql(f"SELECT endpoint_id, count(*) AS calls, sum(cost_usd) AS usd FROM "
           f"'{result.run_dir}/stages/*/calls.parquet' GROUP BY endpoint_id ORDER BY usd DESC LIMIT 5").df()""",
    """import polars as pl

pl.read_parquet(f"{result.run_dir}/stages/*/outcomes.parquet").group_by("status").len()""",
    'str(result.plot_front().save("front.svg"))',
    "modelsearch.read_result(result.run_id) == result",
)
"""Sources, in order."""
