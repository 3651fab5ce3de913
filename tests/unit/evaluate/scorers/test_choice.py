import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelsearch.core.errors import PlanError
from modelsearch.core.ids import ItemId, Json
from modelsearch.core.task import Item
from modelsearch.evaluate.scorers.choice import Choice

ABCD = Choice(labels=("A", "B", "C", "D"))
DESKS = Choice(labels=("refund", "refund_status", "billing", "delivery"))


def _item(target: Json = "B", item_input: Json = "q") -> Item:
    return Item(id=ItemId("i"), input=item_input, target=target)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("B", "B"),
        ("b", "B"),
        ("(b)", "B"),
        ("B)", "B"),
        ("B.", "B"),
        ("**B**", "B"),
        ("Answer: B", "B"),
        ("The answer is (b)", "B"),
        ("**Answer:** B", "B"),
        ("Final answer: d", "D"),
        ("I would say C.", "C"),
        ("The answer is B because A is wrong.", "B"),
        ("First I thought the answer is A. But no: the answer is C.", "C"),
        ("A) is x, B) is y.\nAnswer: B", "B"),
        ("Answer:\nD", "D"),
        ("A or B", None),
        ("Both A and B fit", None),
        ("Answer: A or B", None),
        ("A dog barked.", None),
        ("I do not know", None),
        ("E", None),
        ("Not A.", None),
    ],
)
def test_letters_in_natural_text(reply: str, answer: str | None) -> None:
    assert ABCD.canonical(reply, _item()) == answer


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        ("refund", "refund"),
        ("Refund Status", "refund_status"),
        ("`refund-status`", "refund_status"),
        ("I think this is about billing.", "billing"),
        ('{"label": "delivery"}', "delivery"),
        ("Label: billing because the delivery is fine", "billing"),
        ("Not refund but billing.", "billing"),
        ("It could be a delivery matter.\nIt could be billing.\n\nbilling", "billing"),
        ("billing\n\nThe customer also mentions a refund.", "billing"),
        ("**billing** - the refund has come already", "billing"),
        ("billing. The refund is another matter.", "billing"),
        ("The message has to do with refund and billing.\nSo I choose billing.", "billing"),
        ("delivery, as the refund has come", "delivery"),
        ("Answer: **billing** (not refund)", "billing"),
        ("Refund: no. Billing: yes.", None),
        ("refund or billing", None),
        ("Category: refund, billing", None),
        ("refunded", None),
        ("something else", None),
    ],
)
def test_labels_in_natural_text(reply: str, answer: str | None) -> None:
    assert DESKS.canonical(reply, _item("billing")) == answer


def test_letters_name_labels_only_where_the_prompt_shows_them_so() -> None:
    labels = ("refund", "billing")
    assert Choice(labels=labels, is_lettered=True).canonical("B", _item()) == "billing"
    assert Choice(labels=labels).canonical("B", _item()) is None


@pytest.mark.parametrize("reply", ["Rome", "B", "(b) Rome", "The answer is Rome.", "B) Rome"])
@pytest.mark.parametrize("target", ["B", "Rome", "rome"])
def test_options_that_come_with_the_item(reply: str, target: str) -> None:
    item = _item(target, {"question": "Capital of Italy?", "options": ["Paris", "Rome", "Oslo"]})
    answer = Choice().canonical(reply, item)
    assert answer == "Rome"
    assert Choice().score(answer, item) == 1.0
    assert Choice().score("Oslo", item) == 0.0


def test_targets_that_are_no_option_are_told() -> None:
    assert "expected the target to be one of refund" in DESKS.target_problem(_item("parcel"))
    assert "(no labels given)" in Choice().target_problem(_item("parcel"))


@pytest.mark.parametrize("labels", [("a", "A"), ("x", ""), ("no way", "no_way")])
def test_labels_that_cannot_be_told_apart_are_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(PlanError, match="distinct, non-empty labels"):
        Choice(labels=labels)


parts = st.sampled_from(
    ["refund", "Billing", "DELIVERY", "refund_status", "not ", "Answer: ", "\n", " ", ". ", "(b)", "or", "*"]
)


@given(reply=st.lists(parts, max_size=12).map("".join))
def test_an_answer_is_an_option_that_the_reply_names(reply: str) -> None:
    answer = DESKS.canonical(reply, _item("billing"))
    assert answer is None or (answer in DESKS.labels and answer.replace("_", " ") in reply.lower().replace("_", " "))


@pytest.mark.parametrize("labels", ["yes", {"yes": 1}, (("yes", "no"),), (1, 2), ["yes", "no"]])
def test_labels_that_are_no_list_of_texts_are_refused(labels: object) -> None:
    with pytest.raises(PlanError, match="expected a list of texts"):
        Choice(labels=labels)  # type: ignore[arg-type]
