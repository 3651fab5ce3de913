"""What is fed to the readers: good inputs with a few things wrong in them, and plain noise."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import strategies as st

Path = tuple[str | int, ...]
DEPTH = 100
WORDS = [
    *("", " ", "\n", "x", "yes", "no", "null", "-1", "1e999", "NaN", "0x10", "1_000", "{{ input }}", "{% for %}"),
    *("{{ input.a.b }}", "{{ 1/0 }}", "\u0000", "\ud800", "\u202e", "é" * 50, "a" * 5000, "2026-13-45", "HHMM", "."),
    *("refund", "exact", "regex", "(", "(a+)+$", "[", "\\", "max_tokens", "error", "429", "insufficient_quota", "-0"),
]
NUMBERS = [
    *(0, 1, -1, 2, 7, 10**6, 2**31, 2**63, -(2**63), 10**30, 10**15),
    *(0.5, -0.0, 1e-320, 1e25, 1e308, float("inf"), float("nan")),
]
leaves = (
    st.none()
    | st.booleans()
    | st.sampled_from(NUMBERS)
    | st.sampled_from(WORDS)
    | st.text(max_size=12)
    | st.integers()
    | st.floats()
)
junk: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)
OPERATIONS = ["replace", "delete", "double", "rename", "wrap", "unwrap", "deepen"]


def deep(value: Any) -> Any:
    """The value inside many lists."""
    for _ in range(DEPTH):
        value = [value]
    return value


def places(tree: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every node, the root first."""
    yield path
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from places(value, (*path, key))
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from places(value, (*path, index))


def at(tree: Any, path: Path) -> Any:
    """The node of a path."""
    for step in path:
        tree = tree[step]
    return tree


def changed(tree: Any, path: Path, operation: str, value: Any) -> Any:
    """A copy of a tree with one node replaced, deleted, doubled, renamed, wrapped, unwrapped or buried."""
    if not path:
        return {"wrap": [tree], "deepen": deep(tree), "delete": None}.get(operation, value)
    step, rest = path[0], path[1:]
    if isinstance(tree, dict):
        return _changed_dict(tree, path, operation, value)
    copy = list(tree)
    place = int(step)
    if rest:
        copy[place] = changed(tree[place], rest, operation, value)
    elif operation in ("delete", "double"):
        copy[place : place + 1] = [] if operation == "delete" else [tree[place]] * 2
    else:
        copy[place] = _new(tree[place], operation, value)
    return copy


def _changed_dict(tree: dict[Any, Any], path: Path, operation: str, value: Any) -> dict[Any, Any]:
    step, rest = path[0], path[1:]
    if rest:
        return {**tree, step: changed(tree[step], rest, operation, value)}
    if operation in ("delete", "rename"):
        kept = {key: inner for key, inner in tree.items() if key != step}
        return kept if operation == "delete" else {**kept, str(value)[:20]: tree[step]}
    return {**tree, step: _new(tree[step], operation, value)}


def _new(old: Any, operation: str, value: Any) -> Any:
    if operation == "wrap":
        return [old]
    if operation == "deepen":
        return deep(old)
    if operation == "unwrap" and isinstance(old, dict | list) and old:
        return next(iter(old.values())) if isinstance(old, dict) else old[0]
    return value


@st.composite
def spoilt(draw: st.DrawFn, trees: st.SearchStrategy[Any]) -> Any:
    """A good tree with up to three changes."""
    tree = draw(trees)
    for _ in range(draw(st.integers(0, 3))):
        numbers = [path for path in places(tree) if type(at(tree, path)) in (int, float)]
        wants_number: bool = draw(st.booleans())
        if numbers and wants_number:
            tree = changed(tree, draw(st.sampled_from(numbers)), "replace", draw(st.sampled_from(NUMBERS)))
        else:
            path = draw(st.sampled_from(list(places(tree))[:2000]))
            tree = changed(tree, path, draw(st.sampled_from(OPERATIONS)), draw(junk))
    return tree


@st.composite
def scarred(draw: st.DrawFn, contents: st.SearchStrategy[bytes]) -> bytes:
    """A text with up to three cuts, insertions or flipped bytes."""
    content = draw(contents)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 8))
        content = content[:at] + draw(st.binary(max_size=6)) + content[at + length :]
    return content


def plain(value: Any) -> Any:
    """A tree that JSON can tell: dates as text."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value
