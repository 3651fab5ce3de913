"""From labelled rows and what a person has chosen to a task spec."""

import pytest

from modelsearch.core.errors import OptionError, TaskFileError
from modelsearch.core.task import ScorerSpec
from modelsearch.taskfile.load import KindDefaults
from modelsearch.taskfile.propose import NOTHING, Chosen, name_of, propose
from modelsearch.taskfile.propose_prompt import PromptText
from tests.unit.taskfile.labelled import DESKS, desks, table_of

KINDS = {
    "classification": KindDefaults(scorer=ScorerSpec(name="choice"), margin=0.02),
    "extraction": KindDefaults(scorer=ScorerSpec(name="json_fields")),
    "summarisation": KindDefaults(scorer=ScorerSpec(name="token_f1"), margin=0.03),
}


def test_what_is_not_chosen_is_guessed() -> None:
    found = propose(desks(), KINDS)
    assert (found.roles.inputs, found.roles.target, found.roles.id) == (("message",), "desk", "ticket_id")
    assert found.kind.kind == "classification"
    assert set(found.kind.labels) == set(DESKS)
    assert found.name == "rows"
    assert found.margin == 0.02
    assert [doubt.code for doubt in found.doubts] == ["few_items"]


def test_what_is_chosen_holds() -> None:
    prompt = PromptText(user="{{ input }}!")
    chosen = Chosen(
        inputs=("MESSAGE",), target="desk", id=NOTHING, scorer="exact", prompt=prompt, margin=0.1, name="mine"
    )
    found = propose(desks(), KINDS, chosen)
    assert (found.roles.id, found.kind.scorer, found.prompt, found.margin, found.name) == (
        "",
        "exact",
        prompt,
        0.1,
        "mine",
    )
    assert found.items.ids[0] == "row-0002"


def test_another_kind_takes_its_own_scorer() -> None:
    found = propose(desks(), KINDS, Chosen(kind="summarisation"))
    assert (found.kind.kind, found.kind.scorer, found.kind.labels) == ("summarisation", "token_f1", ())


def test_named_labels_leave_other_rows_out() -> None:
    found = propose(desks(), KINDS, Chosen(labels=("refund", "billing")))
    assert len(found.items.rows) == 40
    assert found.kind.labels == ("refund", "billing")


def test_a_margin_is_at_least_one_item() -> None:
    assert propose(desks(12), KINDS).margin == 0.09


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (Chosen(inputs=("desk",), target="desk"), "other columns than the target"),
        (Chosen(target="dsk"), "did you mean 'desk'"),
        (Chosen(kind="classifcation"), "did you mean 'classification'"),
        (Chosen(inputs=("ticket_id", "message", "desk")), "none for the target"),
    ],
)
def test_what_cannot_be_is_told(chosen: Chosen, told: str) -> None:
    with pytest.raises(OptionError, match=told):
        propose(desks(), KINDS, chosen)


def test_one_target_alone_is_no_task() -> None:
    with pytest.raises(TaskFileError, match="nothing to tell apart"):
        propose(table_of(("text", "label"), [[f"t{at}", "same"] for at in range(9)]), KINDS)


def test_no_whole_row_is_no_task() -> None:
    with pytest.raises(TaskFileError, match="no row has both"):
        propose(table_of(("text", "label"), [["a", None], [None, "b"]]), KINDS)


@pytest.mark.parametrize(
    ("stem", "name"), [("Anfragen März (2)", "anfragen-m-rz-2"), ("...", "my-task"), ("x" * 99, "x" * 60)]
)
def test_names(stem: str, name: str) -> None:
    assert name_of(stem) == name
