"""The composition root: opens task, market, journal, ledger and evaluator, and runs a search from start to result.

`flows` runs the same `Session` phase by phase under Prefect; `search` runs it without.
"""

from modelsearch.api.request import SearchRequest
from modelsearch.api.run import asearch, search
from modelsearch.api.session import Session, open_session

__all__ = ["SearchRequest", "Session", "asearch", "open_session", "search"]
