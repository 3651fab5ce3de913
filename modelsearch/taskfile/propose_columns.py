"""Which column is the input, the target, the id: guesses from names and from what stands in the columns."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from modelsearch.core.errors import OptionError
from modelsearch.core.ids import Json
from modelsearch.taskfile.propose_table import Table
from modelsearch.taskfile.scorer import did_you_mean

_INPUTS = """
input text message question prompt query body content document article review comment email ticket description utterance
sentence passage note transcript tweet post request problem source headline title subject frage nachricht anfrage texte
mensaje texto"""
_TARGETS = """
target label expected gold groundtruth truth reference answer correct category class intent topic sentiment solution
output result ideal completion summary desk tag kategorie klasse antwort etikett categorie etiqueta"""
_COMPANIONS = "subject title context passage question instruction instructions options choices headline"
_ANSWERS = "prediction predicted modeloutput modelanswer response gpt llm baseline currentanswer"
_CLUSTERS = "user customer client conversation thread session document group author speaker patient"
_IDS = "id key uid uuid guid number nr no index row"
INPUTS, TARGETS, COMPANIONS, ANSWERS, CLUSTERS, IDS = (
    words.split() for words in (_INPUTS, _TARGETS, _COMPANIONS, _ANSWERS, _CLUSTERS, _IDS)
)
"""Words that columns are named by; earlier ones weigh more."""
MAX_CLASSES = 60
_MIN_FILLED = 0.5
_MAX_ID_CHARS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What stands in a column. Lengths are in characters of the text of a value; counts are of rows with a value."""

    name: str
    n_filled: int
    n_distinct: int
    mean_chars: float
    share_filled: float

    @property
    def is_unique(self) -> bool:
        """No value is there twice."""
        return self.n_distinct == self.n_filled

    @property
    def is_classes(self) -> bool:
        """Few short values, most of them again and again."""
        few = 2 <= self.n_distinct <= min(MAX_CLASSES, max(2, self.n_filled // 3))
        return few and self.mean_chars <= 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which column holds what; "" = none does.

    Attributes:
        answers: what today's model answered.
    """

    inputs: tuple[str, ...]
    target: str
    id: str = ""
    cluster: str = ""
    answers: str = ""


def profiles(table: Table) -> tuple[Column, ...]:
    """One for each column, in order."""
    return tuple(_profile(name, [row[name] for _, row in table.rows if name in row], table) for name in table.columns)


def _profile(name: str, values: Sequence[Json], table: Table) -> Column:
    texts = [str(value) for value in values]
    return Column(
        name=name,
        n_filled=len(texts),
        n_distinct=len(set(texts)),
        mean_chars=sum(map(len, texts)) / max(1, len(texts)),
        share_filled=len(texts) / len(table.rows),
    )


def guess_roles(table: Table, *, inputs: Sequence[str] = (), target: str = "", taken: Sequence[str] = ()) -> Roles:
    """What each column most likely is; every guess is for a person to look at.

    Args:
        table: labelled rows.
        inputs: columns of the input, where they are known.
        target: the target's column, where it is known.
        taken: columns that are neither, nor anything else.

    Raises:
        OptionError: no column is left for the input or the target.
    """
    columns = [column for column in profiles(table) if column.name not in taken]
    rest = [column for column in columns if column.name not in inputs]
    target = target or _best(rest, lambda column: _as_target(column, columns), table, "the target").name
    rest = [column for column in rest if column.name != target]
    if not inputs:
        main = _best(rest, _as_input, table, "the input").name
        beside = {column.name for column in rest if _word(column.name) in COMPANIONS and _is_filled(column)}
        inputs = tuple(name for name in table.columns if name == main or name in beside)
        rest = [column for column in rest if column.name not in inputs]
    item_id = _first(rest, lambda column: _is_id(column, len(table.rows)))
    rest = [column for column in rest if column.name != item_id]
    return Roles(
        inputs=tuple(inputs),
        target=target,
        id=item_id,
        cluster=_first(rest, _is_cluster),
        answers=_first(rest, _is_answers),
    )


def check_column(name: str, table: Table, option: str) -> str:
    """The column of that name, however its case.

    Raises:
        OptionError: there is none.
    """
    by_fold = {column.casefold(): column for column in table.columns}
    found = name if name in table.columns else by_fold.get(name.strip().casefold())
    if found is None:
        near = did_you_mean(name, table.columns)
        message = f"{option}: expected a column of {table.path} ({', '.join(table.columns)}), got {name!r}{near}"
        raise OptionError(message)
    return found


def _best(columns: Sequence[Column], score: Callable[[Column], float], table: Table, role: str) -> Column:
    if not columns:
        message = f"{table.path}: expected a column for the input and another for the target, got none for {role}"
        raise OptionError(f"{message} among {', '.join(table.columns)}")
    return max(columns, key=score)


def _first(columns: Sequence[Column], fits: Callable[[Column], bool]) -> str:
    return next((column.name for column in columns if fits(column)), "")


def _as_target(column: Column, columns: Sequence[Column]) -> float:
    """A name that says so weighs most, then classes, then standing last."""
    named = 6.0 * _named(column.name, TARGETS)
    shape = 3.0 * column.is_classes
    last = column is columns[-1]
    is_id = _is_id(column, column.n_filled)
    other = _named(column.name, INPUTS) >= 1 or is_id or _is_answers(column)
    poor = 4.0 * other + 2.0 * is_id + 3.0 * (column.n_distinct == 1) + 5.0 * (column.share_filled < _MIN_FILLED)
    return named + shape + last - poor


def _as_input(column: Column) -> float:
    """A name that says so, and long texts that differ."""
    named = 4.0 * _named(column.name, INPUTS) * (1.0 if _word(column.name) not in COMPANIONS else 0.5)
    long = min(4.0, column.mean_chars / 25)
    varied = 2.0 * column.n_distinct / max(1, column.n_filled)
    poor = 5.0 * (column.share_filled < _MIN_FILLED) + 5.0 * (_is_id(column, column.n_filled) or _is_answers(column))
    return named + long + varied - poor


def _is_id(column: Column, n_rows: int) -> bool:
    words = _words(column.name)
    is_named = bool(words) and (words[-1] in IDS or _word(column.name) in IDS)
    return is_named and column.mean_chars <= _MAX_ID_CHARS and column.n_distinct >= 0.8 * n_rows


def _is_cluster(column: Column) -> bool:
    repeats = 1 < column.n_distinct < column.n_filled
    return repeats and bool(set(_words(column.name)) & set(CLUSTERS)) and _is_filled(column)


def _is_answers(column: Column) -> bool:
    return any(word in _word(column.name) for word in ANSWERS) and _is_filled(column)


def _is_filled(column: Column) -> bool:
    return column.share_filled >= _MIN_FILLED


def _named(name: str, words: Sequence[str]) -> float:
    """1 to 2 where the name is one of the words (earlier ones weigh more), half of it where it holds one; else 0."""
    place = {word: 2 - at / len(words) for at, word in enumerate(words)}
    whole = place.get(_word(name), 0.0)
    return whole or max((place.get(word, 0.0) / 2 for word in _words(name)), default=0.0)


def _word(name: str) -> str:
    return "".join(_words(name))


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+", spaced.casefold())
