"""A recommendation as the text of a file for production."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from modelsearch.api.deployed import deployed_incumbent, deployed_of, read_finished
from modelsearch.core.errors import OptionError
from modelsearch.core.task import TaskSpec
from modelsearch.interop.exports.as_json import recommendation_json
from modelsearch.interop.exports.deployed import Deployed
from modelsearch.interop.exports.environment import env_lines
from modelsearch.interop.exports.litellm import litellm_config
from modelsearch.interop.exports.openrouter import openrouter_settings
from modelsearch.interop.exports.snippet import python_snippet
from modelsearch.settings import Settings
from modelsearch.store.layout import write_whole

Writer = Callable[[Deployed, TaskSpec], str]
FORMATS: Mapping[str, Writer] = {
    "litellm": lambda deployed, _: litellm_config(deployed),
    "openrouter": lambda deployed, _: openrouter_settings(deployed),
    "env": lambda deployed, _: env_lines(deployed),
    "python": python_snippet,
    "json": lambda deployed, _: recommendation_json(deployed),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A file's text, and what it is in one sentence.

    Attributes:
        certainty: certified, likely or undecided.
        is_recommended: whether it is anything else than the baseline.
    """

    text: str
    sentence: str
    certainty: str
    is_recommended: bool


def exported(settings: Settings, *, run: str = "", task: str = "", kind: str = "litellm") -> Export:
    """The recommendation of a run, or what serves a registered task, in one of `FORMATS`.

    Raises:
        OptionError: neither or both are given, an unknown format, or one that cannot hold it.
        RunNotFoundError: there is no such run, or it has no result.
    """
    if (not run) == (not task):
        raise OptionError("export recommendation: give either a RUN or --task ID (`modelsearch runs` lists runs)")
    if kind not in FORMATS:
        raise OptionError(f"--format: expected one of {', '.join(FORMATS)}, got {kind!r}")
    if run:
        found = read_finished(settings, run)
        deployed = deployed_of(found)
    else:
        deployed, found = deployed_incumbent(settings, task)
    return Export(
        text=FORMATS[kind](deployed, found.setting.task),
        sentence=deployed.told[-2],
        certainty=deployed.certainty.value,
        is_recommended=not deployed.is_baseline,
    )


def write_export(found: Export, path: Path) -> None:
    """Write the file whole or not at all.

    Raises:
        FileWriteError: the disk does not take it.
    """
    write_whole(path, found.text.encode())
