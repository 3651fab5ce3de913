"""A small made-up recorded table for the pages that compare plans: `python -m bench.docs_table FOLDER` (seed 0)."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

N_ITEMS, N_MODELS = 120, 12


def write(folder: Path) -> None:
    """Twelve models of rising price and quality on 120 items."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    hardness = rng.normal(size=N_ITEMS)
    price = np.geomspace(0.05, 10.0, N_MODELS)
    chance = 1 / (1 + np.exp(-(1.2 * np.log10(price)[:, None] + 2.0 - 1.5 * hardness)))
    right = rng.random(chance.shape) < chance
    rows = [
        {"model": f"model-{m:02}", "item": f"item-{i:03}", "score": float(right[m, i]), "cost_usd": price[m] * 4e-4}
        for m in range(N_MODELS)
        for i in range(N_ITEMS)
    ]
    pd.DataFrame(rows).to_parquet(folder / "outcomes.parquet")
    facts = {"provider": "made-up", "family": "made-up", "params_b": np.nan, "context_window": 32000}
    models = pd.DataFrame({"model": [f"model-{m:02}" for m in range(N_MODELS)], **facts})
    models["input_usd_per_mtok"], models["output_usd_per_mtok"] = price, price * 4
    models.to_csv(folder / "models.csv", index=False)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
