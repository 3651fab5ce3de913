"""What `modelsearch init` asks, one question after the other; Enter takes what is proposed."""

from dataclasses import dataclass, replace
from pathlib import Path

from flows.init_telling import Done, Money, column_lines, endpoint_lines, kind_lines, prompt_lines, proof_lines
from flows.init_terminal import NOTHING, ask, completed, count_of, is_yes, listed, say
from modelsearch.api.first_search import near_endpoints, outlay_of, proof_of
from modelsearch.api.first_task import FirstTask, first_task, in_the_way, open_market, open_table, write_first_task
from modelsearch.core.errors import BaselineError, OptionError
from modelsearch.core.market import Market
from modelsearch.settings import Settings, read_settings
from modelsearch.taskfile.propose import Chosen
from modelsearch.taskfile.propose_prompt import PromptText
from modelsearch.taskfile.propose_table import Table
from modelsearch.taskfile.read import read_text

INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class InitOptions:
    """The options of the command, as in `taskfile.propose.Chosen` and beyond.

    Attributes:
        is_asked: a person is there to answer.
    """

    rows: Path | None = None
    out: Path = Path("my-task")
    inputs: tuple[str, ...] = ()
    target: str = ""
    id: str = ""
    cluster: str = ""
    answers: str = ""
    kind: str = ""
    scorer: str = ""
    labels: tuple[str, ...] = ()
    prompt_file: Path | None = None
    margin: float | None = None
    name: str = ""
    baseline: str = ""
    monthly_items: int | None = None
    is_every_copy_kept: bool = False
    is_replacing: bool = False
    is_asked: bool = True

    def chosen(self) -> Chosen:
        """What of it is about the task spec.

        Raises:
            TaskFileError: the prompt's file cannot be read.
        """
        names = ("inputs", "target", "id", "cluster", "answers", "kind", "scorer", "labels", "margin", "name")
        prompt = None if self.prompt_file is None else PromptText(user=read_text(self.prompt_file, "--prompt-file"))
        given = {name: getattr(self, name) for name in names}
        return Chosen(**given, prompt=prompt, is_every_copy_kept=self.is_every_copy_kept)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What is at hand before the first question."""

    table: Table
    market: Market
    settings: Settings


def told_table(options: InitOptions) -> Opened:
    """Open the rows; a person is shown the columns.

    Raises:
        InputError: there are no rows to be had.
    """
    settings = read_settings()
    market = open_market(settings)
    if not options.is_asked:
        if options.rows is None:
            message = "init: give a file of labelled rows, as in `modelsearch init rows.csv --yes`"
            raise OptionError(message)
        return Opened(table=open_table(options.rows), market=market, settings=settings)
    if options.rows is None:
        say("A CSV, JSON, JSONL or Parquet file with a row for each example: an input, and the right answer.")
        table = ask("file of labelled rows", "", lambda text: open_table(Path(text).expanduser()))
    else:
        table = open_table(options.rows)
    say(*column_lines(table), "", "Enter takes what is in brackets; Ctrl-C stops, and nothing is written.")
    return Opened(table=table, market=market, settings=settings)


def asked(options: InitOptions, opened: Opened) -> Done:
    """The answers, and the files written.

    Raises:
        InputError: an option, or what was answered with nobody there to ask again.
    """
    try:
        chosen = options.chosen()
        if options.is_asked:
            chosen = _prompted(_kinded(_columned(chosen, opened), opened), opened)
        first = first_task(opened.table, opened.market, chosen)
        if options.is_asked and options.margin is None:
            first = _margined(first, chosen, opened)
        baseline, monthly_items = _baseline(options, opened)
        money = _money(first, baseline, monthly_items, opened)
        out = _folder(first, options) if options.is_asked else options.out
        is_replacing = options.is_replacing or (options.is_asked and bool(in_the_way(first, out)))
        paths = write_first_task(first, out, is_replacing=is_replacing)
    except KeyboardInterrupt:
        stopped = OptionError("init: stopped, nothing was written")
        stopped.exit_code = INTERRUPTED
        raise stopped from None
    return Done(first=first, folder=out, paths=paths, proof=proof_of(first.task), money=money)


def _columned(chosen: Chosen, opened: Opened) -> Chosen:
    """Which column is what."""
    roles = first_task(opened.table, opened.market, chosen).proposal.roles

    def tried(**more: object) -> Chosen:
        return _tried(replace(chosen, **more), opened)  # type: ignore[arg-type]

    if not chosen.inputs:
        chosen = ask(
            "input column (several by comma)", ", ".join(roles.inputs), lambda text: tried(inputs=listed(text))
        )
    if not chosen.target:
        roles = first_task(opened.table, opened.market, chosen).proposal.roles
        chosen = ask("target column: the right answer", roles.target, lambda text: tried(target=text))
    roles = first_task(opened.table, opened.market, chosen).proposal.roles
    if not chosen.id:
        chosen = ask("id column (- for none)", roles.id or NOTHING, lambda text: tried(id=text))
    if not chosen.answers and roles.answers:
        question = "column of what today's model answered, so that it need not be bought again (- for none)"
        chosen = ask(question, roles.answers, lambda text: tried(answers=text))
    if not chosen.cluster and roles.cluster:
        question = "column of what belongs together, such as all of one customer (- for none)"
        chosen = ask(question, roles.cluster, lambda text: tried(cluster=text))
    return chosen


def _kinded(chosen: Chosen, opened: Opened) -> Chosen:
    if chosen.kind:
        return chosen
    proposal = first_task(opened.table, opened.market, chosen).proposal
    say("", *kind_lines(proposal))
    question = f"kind of task ({', '.join(sorted(opened.market.task_kinds))})"
    return ask(question, proposal.kind.kind, lambda text: _tried(replace(chosen, kind=text), opened))


def _prompted(chosen: Chosen, opened: Opened) -> Chosen:
    """Show the prompt, and take another one."""
    if chosen.prompt is not None:
        return chosen
    proposal = first_task(opened.table, opened.market, chosen).proposal
    say("", *prompt_lines(proposal))

    def given(text: str) -> Chosen:
        if text == "keep":
            return replace(chosen, prompt=proposal.prompt)
        user = read_text(Path(text.removeprefix("@")).expanduser(), "prompt")
        return _tried(replace(chosen, prompt=PromptText(user=user)), opened)

    return ask("Enter keeps it (edit it in task.yaml later), or give a file with your own", "keep", given)


def _tried(chosen: Chosen, opened: Opened) -> Chosen:
    first_task(opened.table, opened.market, chosen)
    return chosen


def _margined(first: FirstTask, chosen: Chosen, opened: Opened) -> FirstTask:
    say("", *proof_lines(proof_of(first.task)))

    def given(text: str) -> FirstTask:
        try:
            margin = float(text)
        except ValueError:
            message = f"margin: expected a number such as 0.02, got {text!r}"
            raise OptionError(message) from None
        return first_task(opened.table, opened.market, replace(chosen, margin=margin))

    return ask("largest loss of quality that you would accept", f"{first.proposal.margin:g}", given)


def _baseline(options: InitOptions, opened: Opened) -> tuple[str, int | None]:
    """Today's model as an endpoint's id, "" where it is not known, and the items a month."""
    if not options.is_asked:
        return (_endpoint(options.baseline, opened) if options.baseline else ""), options.monthly_items
    say("", "The model that does this today: `gpt-4o` or a whole id; Tab completes ids. Enter: not decided yet.")
    with completed(sorted(str(each) for each in opened.market.endpoints)):
        baseline = options.baseline or ask("today's model", NOTHING, str)
        while baseline not in {NOTHING, *opened.market.endpoints}:
            baseline = _nearer(baseline, opened)
    if baseline == NOTHING:
        return "", options.monthly_items
    monthly_items = options.monthly_items
    return baseline, ask(
        "items a month (Enter: not known)", NOTHING, count_of
    ) if monthly_items is None else monthly_items


def _nearer(text: str, opened: Opened) -> str:
    """One of the endpoints that may be meant, by its number, or something else that was typed."""
    near = near_endpoints(text, opened.market, opened.settings)
    if not near:
        say(f"  no endpoint is called like {text!r}: `modelsearch catalog list` shows all; Enter: not decided yet")
        return ask("today's model", NOTHING, str)
    say(*endpoint_lines(near, opened.market, opened.settings))
    answer = ask("which one (number, or another name)", "1", str)
    return near[int(answer) - 1] if answer.isdigit() and 1 <= int(answer) <= len(near) else answer


def _endpoint(text: str, opened: Opened) -> str:
    near = near_endpoints(text, opened.market, opened.settings)
    if text in near:
        return text
    message = f"--baseline: expected the id of an endpoint, got {text!r}"
    hint = f"; did you mean {', '.join(near)}?" if near else ": `modelsearch catalog list` shows all"
    raise BaselineError(message + hint)


def _money(first: FirstTask, baseline: str, monthly_items: int | None, opened: Opened) -> Money | None:
    if not baseline:
        return None
    outlay = outlay_of(first.task, baseline, opened.market, opened.settings, monthly_items=monthly_items)
    provider = opened.market.providers[opened.market.endpoints[baseline].provider_id]  # type: ignore[index]
    key_env = "" if provider.key_env is None or opened.settings.key(provider.key_env) else provider.key_env
    return Money(baseline=baseline, outlay=outlay, missing_key=key_env, monthly_items=monthly_items)


def _folder(first: FirstTask, options: InitOptions) -> Path:
    """Where to write; what is there already is replaced only if a person says so."""

    def given(text: str) -> Path:
        folder = Path(text).expanduser()
        others = [] if options.is_replacing else in_the_way(first, folder)
        names = ", ".join(path.name for path in others)
        if others and not ask(f"{folder} holds another {names} already: replace? (y/n)", "n", is_yes):
            message = "give another folder"
            raise OptionError(message)
        return folder

    say("")
    return ask("folder to write", str(options.out), given)
