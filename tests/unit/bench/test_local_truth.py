import json
from decimal import Decimal
from pathlib import Path

import pytest

from bench.local_gateway import log_line, question_key
from bench.local_truth import Logged, Truth, bill_usd, deserves_warning, questions, read_log, truths
from modelsearch.core.candidate import Single
from modelsearch.core.ids import EndpointId
from modelsearch.testing.factories import make_market, make_task

TASK, MARKET = make_task(4), make_market(2)
SINGLES = [Single(endpoint_id=EndpointId(name)) for name in ("m00", "m01")]
WANTED = list(questions(TASK, MARKET, SINGLES))


def _logged(question: str, answer: str, *, reason: str = "stop", seconds: str = "0.5") -> Logged:
    return Logged(model="m", question=question, answer=answer, finish_reason=reason, compute_seconds=Decimal(seconds))


def test_a_log_that_is_not_there_has_no_calls(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none") == []


@pytest.mark.parametrize("seconds", [0.1, 1e-6, 12.345678])
def test_a_logged_call_is_read_as_it_was_written(tmp_path: Path, seconds: float) -> None:
    choice = {"message": {"content": " yes"}, "finish_reason": "stop"}
    line = log_line("m", "text", {"choices": [choice], "usage": {"compute_seconds": seconds}})
    (tmp_path / "log").write_text(line + "\n" + line + "\n")
    assert read_log(tmp_path / "log") == [_logged(question_key("m", "text"), " yes", seconds=str(seconds))] * 2
    assert json.loads(line)["model"] == "m"


def test_the_bill_is_exact() -> None:
    calls = [_logged("q", "", seconds="0.100001")] * 3
    assert bill_usd(calls, Decimal("0.0001")) == Decimal("0.0000300003")


def test_every_item_is_a_question_to_every_model() -> None:
    assert [(q.candidate_id, q.item.id) for q in WANTED] == [
        (single.id, item.id) for single in SINGLES for item in TASK.items
    ]
    assert len({q.key for q in WANTED}) == 8


def test_the_truth_counts_first_answers_and_cut_ones_as_wrong() -> None:
    calls = [_logged(q.key, f" {q.item.target}") for q in WANTED]
    calls += [_logged(WANTED[0].key, "no", seconds="100")]
    calls[5] = _logged(WANTED[5].key, str(WANTED[5].item.target), reason="length")
    calls[6] = _logged(WANTED[6].key, "yes", seconds="0.1")
    calls[7] = _logged(WANTED[7].key, "yes")
    found = truths(TASK, WANTED, calls)
    assert found[SINGLES[0].id] == Truth(answers=("yes", "no", "yes", "no"), quality=1.0, cpu_s=0.5)
    assert found[SINGLES[1].id] == Truth(answers=("yes", None, "yes", "yes"), quality=0.5, cpu_s=0.4)


def test_a_question_without_answer_is_no_truth() -> None:
    with pytest.raises(KeyError):
        truths(TASK, WANTED, [_logged(WANTED[0].key, "yes")])


@pytest.mark.parametrize(
    ("answers", "targets", "is_deserved"),
    [
        (("a",) * 9 + ("b",), "ab" * 5, True),
        (("a",) * 8 + ("b",) * 2, "ab" * 5, False),
        (("a",) * 9 + (None,), "ab" * 5, True),
        (("a",) * 10, "a" * 10, False),
        ((None,) * 10, "ab" * 5, False),
    ],
)
def test_one_answer_to_nearly_all_deserves_a_warning_unless_the_targets_do_so_too(
    answers: tuple[str | None, ...], targets: str, *, is_deserved: bool
) -> None:
    assert deserves_warning(Truth(answers=answers, quality=0.5, cpu_s=0.1), list(targets)) is is_deserved
