"""What to do each night with a task that lives on: pure decisions over its state and the catalogue's changes.

Why apart from `api`: a year of nights is simulated in process with the very same decisions that Prefect runs. Jobs are
values; whoever carries them out (`api.nights` with real calls, a bench with a made-up world) hands back results, and
only `nights` says what they mean for the task: who is screened, at which level, whether the recommendation moves, and
when somebody must be woken.

How it is driven: `plan_night(state, night, results)` until it gives no jobs, then `after_night(state, night, results)`;
`rerank(state, night)` whenever prices move between two nights. `Night.offers` is all that a decision knows of the
catalogue, so a lost event costs a day at most.
"""
