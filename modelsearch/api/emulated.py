"""The emulator in this process: a recorded table or a synthetic world behind real HTTP on loopback."""

from contextlib import ExitStack

from modelsearch.api.request import SearchRequest
from modelsearch.api.scorer_models import scorer_endpoint, with_emulated_scorer_models
from modelsearch.core.ids import ItemId
from modelsearch.core.market import Endpoint, Market
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.task import TaskSpec
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.judge import JudgedBehaviour, JudgeHabits
from modelsearch.emulator.recorded import RecordedBehaviour
from modelsearch.emulator.replies import Behaviour
from modelsearch.emulator.server import emulated_market, emulator_server
from modelsearch.emulator.world import World
from modelsearch.emulator.world_make import make_world
from modelsearch.evaluate.judge_prompt import shown
from modelsearch.evaluate.prompt import PromptRenderer
from modelsearch.evaluate.recorded import RecordedReplies


def prompt_texts(task: TaskSpec, renderer: PromptRenderer) -> dict[str, ItemId]:
    """Prompt text (all message contents in order) -> item id, over every prompt of the task."""
    texts: dict[str, ItemId] = {}
    for item in task.items:
        for prompt in task.prompts:
            texts["\n".join(m.content for m in renderer.render(item, prompt.id))] = item.id
    return texts


def table_app(
    table: RecordedTable, task: TaskSpec, market: Market, options: EmulatorOptions | None = None
) -> EmulatorApp:
    """The emulator of a recorded table."""
    column = {item_id: column for column, item_id in enumerate(table.item_ids)}
    by_prompt = {text: column[item_id] for text, item_id in prompt_texts(task, PromptRenderer(task)).items()}
    replies = RecordedReplies(table=table)
    return EmulatorApp(
        RecordedBehaviour(table=table, column_by_prompt=by_prompt, reply_text=replies.text), market, options
    )


def serve_table(
    table: RecordedTable, task: TaskSpec, market: Market, request: SearchRequest, *, stack: ExitStack
) -> Market:
    """Serve a recorded table until `stack` closes, or name the server that runs already; the market that calls it."""
    url = request.emulator_url or stack.enter_context(emulator_server(table_app(table, task, market)))
    return emulated_market(market, url)


def serve_world(task: TaskSpec, base: Market, request: SearchRequest, *, stack: ExitStack) -> tuple[Market, str]:
    """Serve a synthetic world for a task, likewise; its market, with what the scorer asks, and default baseline."""
    world = make_world(task, seed=request.seed, base=base)
    market = with_emulated_scorer_models(world.market, task, base)
    url = request.emulator_url or stack.enter_context(emulator_server(world_app(world, task, market=market)))
    return emulated_market(market, url), world.default_baseline


def world_app(
    world: World, task: TaskSpec, options: EmulatorOptions | None = None, *, market: Market | None = None
) -> EmulatorApp:
    """The emulator of a synthetic world; `market` is the world's own with what the scorer asks besides.

    Without it a judge that the real catalogue has is emulated at a made-up price.
    """
    market = market or with_emulated_scorer_models(world.market, task, world.market)
    behaviour: Behaviour = world.behaviour(prompt_texts(task, PromptRenderer(task)))
    if (asked := scorer_endpoint(market, task)) is not None:
        behaviour = judged_behaviour(behaviour, asked, task, seed=world.seed)
    return EmulatorApp(behaviour, market, options)


def judged_behaviour(
    inner: Behaviour, asked: Endpoint, task: TaskSpec, *, seed: int = 0, habits: JudgeHabits | None = None
) -> JudgedBehaviour:
    """A behaviour with the made-up model that the task's scorer asks beside it."""
    is_judge = task.scorer.name == "judge"
    who = (asked.provider_id, asked.wire_name)
    return JudgedBehaviour(
        inner=inner,
        judge=who if is_judge else None,
        embedding=None if is_judge else who,
        habits=habits or JudgeHabits(),
        seed=seed,
        targets={shown(item.input): shown(item.target) for item in task.items},
    )
