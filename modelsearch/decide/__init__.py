"""Outcomes become estimates, verdicts and one recommendation. Pure: a view in, values out; called every round.

`estimates(view)` tells what is known of each candidate, `recommend(view, estimates)` what to use, `is_settled` whether
more outcomes could still change a certified answer.

What shaped this room:
- A certificate is worth its word however often a search looks and whatever it does next. So bets follow the shared
  order without holes (`evidence`), levels are fixed before any outcome and never handed on (`alpha`), and what may
  never happen (a composite, keeping the baseline) has its part set aside: all wrong certificates together have a chance
  of at most alpha.
- Complete rows ask one question of the baseline together (`complete_rows`), which costs one level however many they are
  and however they came to be, and on public tables about half of the baseline's items that each would need for itself.
- The claim about the population is another claim with its own level (`population`); reports show intervals that hold at
  every look (`anytime`).
- A stated probability must come true although the luckiest of many is chosen (`stats.gap_model`, `gaps`).
- Failed is not wrong: a failure has no score; certificates and probabilities take it at its worst, drops at its best.
- A certificate covers quality. Cost, latency and minimum quality are checked at a point and not certified.
Refused: betting on every pair there is (invalid where holes depend on the items), raising the others' level when a
candidate is dropped (a choice made by looking), recommending a likely one over a certified one (it is named instead).
"""
