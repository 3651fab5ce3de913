"""The emulator in this process: a recorded table or a synthetic world behind real HTTP on loopback."""

from contextlib import ExitStack

from modelsearch.api.request import SearchRequest
from modelsearch.core.ids import ItemId
from modelsearch.core.market import Market
from modelsearch.core.recorded import RecordedTable
from modelsearch.core.task import TaskSpec
from modelsearch.emulator.app import EmulatorApp, EmulatorOptions
from modelsearch.emulator.recorded import RecordedBehaviour
from modelsearch.emulator.server import emulated_market, emulator_server
from modelsearch.emulator.world import World
from modelsearch.emulator.world_make import make_world
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
    """Serve a synthetic world for a task, likewise; its market and default baseline."""
    world = make_world(task, seed=request.seed, base=base)
    url = request.emulator_url or stack.enter_context(emulator_server(world_app(world, task)))
    return emulated_market(world.market, url), world.default_baseline


def world_app(world: World, task: TaskSpec, options: EmulatorOptions | None = None) -> EmulatorApp:
    """The emulator of a synthetic world."""
    behaviour = world.behaviour(prompt_texts(task, PromptRenderer(task)))
    return EmulatorApp(behaviour, world.market, options)
