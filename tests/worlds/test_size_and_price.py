"""What the facts of `decide/row_facts` rest on: size tells more of quality than price, once both are known.

On the recorded tables, where they lie beside the checkout: residual standard deviation of mean scores, over models of
known price, on an intercept and the named facts.
"""

from pathlib import Path

import numpy as np
import pytest

from modelsearch.core.recorded import RecordedTable
from modelsearch.core.search import Floats
from modelsearch.store.recorded import read_recorded_table

TABLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "outcomes"
FOLDERS = sorted(path for path in TABLES.glob("*") if path.is_dir())
MIN_MODELS = 12


@pytest.mark.skipif(not FOLDERS, reason="needs recorded tables in ../shared/data/outcomes")
@pytest.mark.timeout(60)
def test_size_tells_more_than_price_on_most_tables() -> None:
    tables = [read_recorded_table(folder) for folder in FOLDERS]
    both = [table for table in tables if np.isfinite(_logs(table)).all(axis=1).sum() >= MIN_MODELS]
    with_price = np.array([_residual_sd(table, [0]) for table in both])
    with_size = np.array([_residual_sd(table, [1]) for table in both])
    with_both = np.array([_residual_sd(table, [0, 1]) for table in both])
    assert len(both) >= 7
    assert (with_size < with_price).mean() > 0.7
    assert np.median(with_both / with_price) < 0.95


def _logs(table: RecordedTable) -> Floats:
    """(n_models, 2) logs of blended list price and of size, NaN where unknown."""
    prices = [3 * (m.input_usd_per_mtok or np.nan) + (m.output_usd_per_mtok or np.nan) for m in table.models]
    sizes = [model.params_b or np.nan for model in table.models]
    return np.log(np.array([prices, sizes], dtype=np.float64).T)


def _residual_sd(table: RecordedTable, columns: list[int]) -> float:
    """Of mean scores on the facts of those columns, over models of which all facts are known."""
    facts = _logs(table)
    is_known = np.isfinite(facts).all(axis=1)
    x = np.column_stack([np.ones(is_known.sum()), facts[is_known][:, columns]])
    y = table.score.mean(axis=1)[is_known]
    found, *_ = np.linalg.lstsq(x, y, rcond=None)
    return float(np.sqrt(((y - x @ found) ** 2).sum() / (len(y) - x.shape[1])))
