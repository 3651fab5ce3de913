"""`modelsearch propose`: a model writes prompts from what today's gets wrong; they go into a task file of their own."""

from pathlib import Path
from typing import Annotated

import typer

from flows.json_option import Json, tell


def propose(
    spec: Annotated[Path, typer.Argument(help="The task spec to propose prompts for.")],
    endpoint: Annotated[str, typer.Option(help="Who is asked with the prompts, by id.")],
    proposer: Annotated[str, typer.Option(help="Who writes them, by id.")],
    budget_usd: Annotated[str, typer.Option(help="Hard limit for all calls of both, in USD.")],
    out: Annotated[Path, typer.Option(help="Folder for the new task file and its items.")],
    items: Annotated[int, typer.Option(help="Items to learn from; the new task is without them.")] = 40,
    prompts: Annotated[int, typer.Option(help="Proposals a round.")] = 4,
    rounds: Annotated[int, typer.Option(help="Rounds of proposing.")] = 2,
    seed: Annotated[int, typer.Option(help="Which items are drawn.")] = 0,
    as_json: Json = False,
) -> None:
    """Have a model write better prompts, judge them on a slice of the items, and write a task with the best of them."""
    import asyncio
    from datetime import UTC, datetime

    from modelsearch.api.market import market_in_force
    from modelsearch.api.night_asked import usd_of
    from modelsearch.api.propose import ProposeRequest
    from modelsearch.api.propose import propose as propose_prompts
    from modelsearch.api.session import Opening
    from modelsearch.api.source import read_task
    from modelsearch.core.money import ZERO_USD
    from modelsearch.settings import read_settings
    from modelsearch.taskfile.proposed import write_proposed

    settings = read_settings()
    task = read_task(spec, market_in_force(settings, datetime.now(UTC).date()))
    request = ProposeRequest(
        endpoint=endpoint, proposer=proposer, budget_usd=usd_of(budget_usd) or ZERO_USD, n_items=items,
        n_prompts=prompts, n_rounds=rounds, seed=seed,
    )  # fmt: skip
    found = asyncio.run(propose_prompts(task, request, Opening(settings=settings)))
    path = write_proposed(spec, task, [each.prompt for each in found.proposals], found.slice_ids, out)
    lines = [
        f"today's prompt: {found.today:.3f} on {len(found.slice_ids)} items",
        *(f"{each.prompt.id}: {each.slice_quality:.3f}" for each in found.proposals),
        f"spent ${found.spend_usd:.4f}; proposals were chosen by these shares: the search tells how good they are",
        f"task with all of them, without those items: {path}",
    ]
    tell(lines, {"proposed": found, "task": path}, is_json=as_json)
