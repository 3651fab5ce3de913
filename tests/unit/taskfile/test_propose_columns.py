"""Which column is what."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelsearch.core.errors import OptionError
from modelsearch.taskfile.propose_columns import check_column, guess_roles, profiles
from tests.unit.taskfile.labelled import desks, table_of


def rows_of(columns: Sequence[str], n_rows: int = 30) -> list[list[object]]:
    """Cells that look like what the columns are called."""
    made: dict[str, Callable[[int], str]] = {
        "id": lambda at: f"T{at}",
        "long": lambda at: f"a rather long text that differs from all others, number {at}",
        "class": lambda at: ("red", "green", "blue")[at % 3],
        "who": lambda at: f"c{at % 5}",
    }
    return [[made[kind](at) for kind in columns] for at in range(n_rows)]


@pytest.mark.parametrize(
    ("names", "kinds", "expected"),
    [
        (("text", "label"), ("long", "class"), (("text",), "label", "", "", "")),
        (("label", "text"), ("class", "long"), (("text",), "label", "", "", "")),
        (("id", "question", "answer"), ("id", "long", "long"), (("question",), "answer", "id", "", "")),
        (("Nr", "Nachricht", "Kategorie"), ("id", "long", "class"), (("Nachricht",), "Kategorie", "Nr", "", "")),
        (("subject", "body", "intent"), ("class", "long", "class"), (("subject", "body"), "intent", "", "", "")),
        (("customer_id", "message", "desk"), ("who", "long", "class"), (("message",), "desk", "", "customer_id", "")),
        (("prompt", "response", "expected"), ("long",) * 3, (("prompt",), "expected", "", "", "response")),
        (("foo", "bar"), ("long", "class"), (("foo",), "bar", "", "", "")),
        (("bar", "foo"), ("class", "long"), (("foo",), "bar", "", "", "")),
    ],
)  # fmt: skip
def test_usual_files(names: Sequence[str], kinds: Sequence[str], expected: tuple[object, ...]) -> None:
    roles = guess_roles(table_of(names, rows_of(kinds)))
    assert (roles.inputs, roles.target, roles.id, roles.cluster, roles.answers) == expected


@settings(max_examples=40, deadline=None)
@given(st.permutations(["ticket_id", "message", "desk"]))
def test_the_order_of_well_named_columns_does_not_matter(names: list[str]) -> None:
    table = desks()
    turned = table_of(names, [[row[name] for name in names] for _, row in table.rows])
    roles = guess_roles(turned)
    assert (roles.inputs, roles.target, roles.id) == (("message",), "desk", "ticket_id")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.none() | st.text(max_size=5), min_size=3, max_size=3), min_size=1, max_size=10))
def test_roles_never_share_a_column(cells: list[list[str | None]]) -> None:
    roles = guess_roles(table_of(("a", "b", "c"), cells))
    used = [*roles.inputs, roles.target, *filter(None, (roles.id, roles.cluster, roles.answers))]
    assert len(used) == len(set(used))
    assert roles.inputs
    assert roles.target


def test_what_is_given_is_kept_and_the_rest_is_guessed() -> None:
    assert guess_roles(desks(), target="message").inputs == ("desk",)
    assert guess_roles(desks(), inputs=("desk",)).target == "message"
    assert guess_roles(desks(), taken=("ticket_id",)).id == ""


def test_one_column_is_too_few() -> None:
    with pytest.raises(OptionError, match="none for the input"):
        guess_roles(table_of(("a",), [["x"], ["y"]]))


def test_a_column_is_found_however_its_case_and_a_near_miss_is_told() -> None:
    assert check_column("DESK", desks(), "--target") == "desk"
    with pytest.raises(OptionError, match="did you mean 'message'"):
        check_column("mesage", desks(), "--input")


def test_a_profile_counts_rows_with_a_value() -> None:
    (column, _) = profiles(table_of(("a", "b"), [["xx", 1], [None, 2], ["xx", 3], ["yyyy", 4]]))
    assert (column.n_filled, column.n_distinct, column.share_filled) == (3, 2, 0.75)
    assert column.mean_chars == pytest.approx(8 / 3)
