"""Catalogue YAML becomes a `core.Market`: validated, cross-checked, prices picked by date and prompt length.

Why so: prices are rows with a date and a source, appended and never edited, so that old spend keeps its price; one row
holds the prices that are valid together, so that the long-prompt row is a whole one. An unknown price is absent or
null; 0 is for local providers only, since every ledger that took "unknown" for 0 billed nothing in silence. The price
arithmetic is ours (`core.money`, `price`), held against genai-prices by tests: that package answers a batch quote that
it has no rate for with the standard price, and keeps one price table for the whole process.

`sources` reads what a provider tells of itself when a search begins (hosts, today's prices); none of it is shipped.

Refused: a list of models per tier (tiers are a price rule), guessing a model from a part of its name (an endpoint names
its model), and leaving out what has been shut down (its past calls still have a price; filters look at
`deprecated_on`).
"""
