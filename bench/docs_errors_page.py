"""`docs/reference/errors.md`: the tree of errors with their exit codes, from `modelsearch.core.errors`."""

import inspect
from collections.abc import Iterator
from typing import NamedTuple

from modelsearch.core import errors

HEAD = """# Errors

Made from `modelsearch/core/errors.py` by `python -m bench.docs_pages`; do not edit.


An error made for people is one line on standard error that says what is wrong, whose it is, what is allowed, what it
got, and what to do. No message holds a key. In Python every error below is a class of `modelsearch.core.errors`;
`ModelsearchError`, `InputError` and `StoppedError` are public names of `modelsearch`.

```text
error: --margin: expected a number in [0, 1), got 2.0: give points as a fraction, such as 0.02
```

| error | exit code | meaning |
|---|---|---|
"""


class Told(NamedTuple):
    """One class of the tree."""

    depth: int
    cls: type[errors.ModelsearchError]


def tree() -> list[Told]:
    """Every class, parents before children, children in the order of the file."""
    return list(_walk(errors.ModelsearchError, 0))


def page() -> str:
    """The page in Markdown."""
    return HEAD + "\n".join(_row(each) for each in tree()) + "\n"


def _walk(cls: type[errors.ModelsearchError], depth: int) -> Iterator[Told]:
    yield Told(depth, cls)
    known = {each for each in vars(errors).values() if inspect.isclass(each)}
    for child in cls.__subclasses__():
        if child in known:
            yield from _walk(child, depth + 1)


def _row(told: Told) -> str:
    first = " ".join((told.cls.__doc__ or "").split("\n\n")[0].split())
    return f"| {'· ' * told.depth}`{told.cls.__name__}` | {told.cls.exit_code} | {first} |"
