"""Which search plan is best? Every plan on every recorded table, seeded, scored against the truth of the whole table.

`tables` reads a table and its truth, `cases` says which baselines to beat, `contenders` what competes (`peers` holds
the field's usual ways), `search` runs one search in memory, `run` runs them all on several cores, `metrics` scores a
row, `aggregate` and `report` tell what came of it.

What shaped this room:
- A search here is the product's own loop, fold, filters, samplers and decision; only the shop (`evaluate.in_memory`)
  and the missing journal differ, so what wins here wins in use.
- Where what a plan buys does not depend on its budget (`Plan.is_anytime`), one search to the largest share tells all
  shares: before the outcome that would pass a share's money, the decision of that moment is written down.
- Truth never leaks: a strategy sees prices and what it paid for. What is given on purpose (the baseline's outcomes,
  true mean costs) is an option that names the row.
Refused: scoring by tests instead of dollars, dropping the cases with nothing to find (they count when the choice is
wrong), and averaging without the wrong rate beside it.
"""
