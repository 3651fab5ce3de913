"""Arrays in, numbers out: knows no domain type and imports no room. float64, deterministic, seeds from outside.

`noninferiority`, `reference_bound` and `sequential` hold at every look; `intervals`, `paired` and `shrinkage` are for
one look; `multiplicity` shares a level; `power` says beforehand how many items a statement needs; `pareto` minimises
everything.
"""
